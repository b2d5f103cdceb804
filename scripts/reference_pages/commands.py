"""The command line, from the parsers themselves."""

import argparse
from collections.abc import Iterator
from importlib import import_module

from scripts.reference_pages.markdown import code, page, table
from sekisho.cli.main import COMMANDS, Parser
from sekisho.domain.text import Text

GENERAL = {"help", "lang", "json"}


def parsers() -> dict[str, Parser]:
    """Return the parser of each command and subcommand by how it is called, "sekisho workbook check" for one."""
    found: dict[str, Parser] = {}
    for name, (module, _purpose) in COMMANDS.items():
        parser = Parser(prog=f"sekisho {name}")
        import_module(module).register(parser)
        found.update(_with_subcommands(parser.prog, parser))
    return found


def _with_subcommands(called: str, parser: Parser) -> Iterator[tuple[str, Parser]]:
    yield called, parser
    for action in _subcommands(parser):
        for name, inner in action.choices.items():
            yield from _with_subcommands(f"{called} {name}", inner)


def _subcommands(parser: Parser) -> list["argparse._SubParsersAction[Parser]"]:
    return [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]


def purposes() -> dict[str, str]:
    """Return what each command and subcommand does, in both languages as `--help` prints it."""
    found = {f"sekisho {name}": f"{purpose.ja} / {purpose.en}" for name, (_module, purpose) in COMMANDS.items()}
    for called, parser in parsers().items():
        for action in _subcommands(parser):
            found |= {f"{called} {choice.dest}": choice.help or "" for choice in action._choices_actions}
    return found


def spoken(help_text: str, language: str) -> str:
    """Return one language of a help text "日本語 / English"."""
    ja, _slash, en = help_text.partition(" / ")
    return ja if language == "ja" else en or ja


def commands(language: str) -> str:
    """Return the page."""
    told = purposes()
    parts = [
        Text(
            "すべてのコマンドに共通の約束：終了の状態は 0（済んだ、問題なし）、1（済んだ、問題があり表示した）、2（できない。標準エラーに\n"
            "1行だけ理由を書き、何も書きかけにしない）。`--json` は JSON を1つだけ標準出力に出します。`--lang ja|en` で言葉を選びます。\n"
            "`--help` はどのコマンドにもあります。",
            "Promises of every command: exit status 0 (done, nothing wrong), 1 (done, problems found and printed), 2 (cannot do "
            "it: one\nline on standard error, nothing half-written). `--json` prints one JSON document on standard output and "
            "nothing else;\n`--lang ja|en` chooses the language. Every command has `--help`.",
        ).within(language)
    ]
    for called, parser in parsers().items():
        parts.append(f"## `{called}`")
        parts.append(spoken(told[called], language))
        if not _subcommands(parser):
            parts += _arguments(called, parser, language)
    return page(Text("コマンド", "Command line").within(language), "src/sekisho/cli/", language, *parts)


def _arguments(called: str, parser: Parser, language: str) -> list[str]:
    actions = [action for action in parser._actions if action.dest not in GENERAL]
    usage = " ".join((called, *map(_usage, actions)))
    if not actions:
        return [f"```\n{usage}\n```"]
    heads = Text("引数,意味,既定", "argument,meaning,default").within(language).split(",")
    rows = ([code(_name(action)), spoken(action.help or "", language), code(_default(action))] for action in actions)
    return [f"```\n{usage}\n```", table(heads, rows)]


def _name(action: argparse.Action) -> str:
    if not action.option_strings:
        return str(action.metavar or action.dest)
    return " ".join(filter(None, (action.option_strings[-1], _value(action))))


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    return "|".join(action.choices) if action.choices else str(action.metavar or action.dest.upper())


def _usage(action: argparse.Action) -> str:
    shown = f"[{_name(action)} ...]" if action.nargs == "*" else _name(action)
    return shown if action.required or not action.option_strings else f"[{shown}]"


def _default(action: argparse.Action) -> str:
    return (
        ""
        if action.default in (None, False, "", argparse.SUPPRESS) or action.nargs in (0, "*")
        else str(action.default)
    )
