"""The `sekisho` command: finds the subcommand, speaks the user's language, and keeps the promises of every command.

Promises: exit status 0 (done, nothing wrong), 1 (done, problems found and printed), 2 (cannot do it: one clear line on
stderr, no traceback, nothing half-written); `--json` prints one JSON document on stdout and nothing else.

To add a command, write a module `sekisho/cli/<name>.py` with `register(parser)` and give it a line in `COMMANDS`. The
module is imported only when its command is called. `register` adds arguments to the parser and sets `run`, a function
that takes the parsed arguments and returns the exit status:

    def register(parser: Parser) -> None:
        parser.add_argument("file", type=Path, help=both("読むファイル", "the file to read"))
        parser.set_defaults(run=read)

A command that cannot do its work raises `CannotDo` with what to tell the user. Subcommands of a command are made with
`parser.add_subparsers`; `--lang` and `--json` are added to each of them here.
"""

import gc
import os
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any, NoReturn

from sekisho.domain.text import Text

COMMANDS: dict[str, tuple[str, Text]] = {
    "workbook": ("sekisho.cli.workbook", Text("別紙2-1（Excel）を作る・確かめる・印を付ける", "make, check and mark annex 2-1 workbooks")),
    "assess": ("sekisho.cli.assess", Text("資料のフォルダから、レベル・俯瞰図・報告書を作る", "level, drawing and report from a folder of files")),
    "judge": ("sekisho.cli.judge", Text("資料のフォルダから、レベルと理由を出す", "level and reasons from a folder of files")),
    "config": ("sekisho.cli.config", Text("ルータやファイアウォールの設定を読む", "read configurations of routers and firewalls")),
    "network": ("sekisho.cli.network", Text("誰が誰と通信できるか・何が奪われるか・止める最小の変更", "who can talk to whom, what falls, what stops it")),
    "vulnerabilities": ("sekisho.cli.vulnerabilities", Text("機器の脆弱性を調べる", "find the vulnerabilities of devices")),
    "feeds": ("sekisho.cli.feeds", Text("脆弱性情報を取り込む・持ち運ぶ", "take over and carry feeds of vulnerabilities")),
    "diagnose": ("sekisho.cli.diagnose", Text("同意のあるアドレスを診断する", "scan consented addresses")),
    "load-sample": ("sekisho.cli.load_sample", Text("見本の病院を読み込む", "load the sample hospitals")),
    "serve": ("sekisho.cli.serve", Text("ポータルを動かす", "serve the portal")),
    "work": ("sekisho.cli.work", Text("裏の作業を動かす", "run background work")),
    "terms": ("sekisho.cli.terms", Text("規約を公開する", "publish the programme's terms")),
    "user": ("sekisho.cli.user", Text("アカウントを作る・止める・役割を与える", "make and disable accounts, give roles")),
}  # fmt: skip
"""By its name, the module of each command and what it does."""

DONE, PROBLEMS, CANNOT = 0, 1, 2


class CannotDo(Exception):
    """The command cannot do its work. `text` tells the user why, and what to do about it, in one line."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.ja)


def both(ja: str, en: str) -> str:
    """Return a help text in both languages."""
    return f"{ja} / {en}"


class _Help(RawDescriptionHelpFormatter):
    """Help in 110 columns: asking how wide the terminal is would load the archive libraries at every start."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=110)


class Parser(ArgumentParser):
    """A parser whose every command knows `--lang` and `--json`, and which complains in one line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_Help, add_help=False, allow_abbrev=False, **options)
        self.add_argument("-h", "--help", action="help", help=both("この説明を表示する", "show this help"))
        # SUPPRESS: given before or after the subcommand, it is never overwritten by a default.
        self.add_argument(
            "--lang", choices=("ja", "en"), default=SUPPRESS, help=both("メッセージの言語", "language of messages")
        )
        self.add_argument(
            "--json",
            action="store_true",
            default=SUPPRESS,
            help=both("結果をJSONだけで出す", "print one JSON document only"),
        )

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments in one line."""
        raise CannotDo(
            Text(
                f"{self.prog}: 引数が正しくありません（{message}）。「{self.prog} --help」で使い方を確かめてください。",
                f"{self.prog}: {message}. See “{self.prog} --help”.",
            )
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command of `arguments` (those of the process when None) and return its exit status."""
    if arguments is None:
        try:
            return main(sys.argv[1:])
        finally:
            # The process ends here: what is left need not be looked through for garbage, which takes a tenth of a short command.
            gc.freeze()
    given = list(arguments)
    # A command makes many objects at its start and ends soon: looking for garbage among them is a tenth of its time.
    gc.set_threshold(50_000, 20, 50)
    _speak_utf8()
    language = _language(given)
    try:
        return _run(given)
    except CannotDo as error:
        _complain(error.text.within(language))
    except KeyboardInterrupt:
        _complain(Text("中断しました。", "Interrupted.").within(language))
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nobody is left to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return PROBLEMS
    except MemoryError:
        _complain(Text("メモリが足りません。", "Out of memory.").within(language))
    except Exception as error:
        if os.environ.get("SEKISHO_DEBUG"):
            raise
        # Only the kind: its text may quote what a file holds.
        _complain(_UNEXPECTED.filled(kind=type(error).__name__).within(language))
    return CANNOT


_UNEXPECTED = Text(
    "思わぬ不具合で止まりました（{kind}）。環境変数 SEKISHO_DEBUG=1 を付けてもう一度動かすと、開発者に伝える詳しい記録が出ます。",
    "Stopped by an unexpected fault ({kind}). Run again with SEKISHO_DEBUG=1 for details to pass to the developers.",
)


def _run(given: list[str]) -> int:
    name = next((word for word in given if not word.startswith("-") and word not in ("ja", "en")), None)
    parser = Parser(
        prog="sekisho",
        description=both("病院の外部接続を見えるように", "makes hospitals' external connections visible"),
    )
    parser.add_argument("--version", action="store_true", help=both("版を表示する", "show the version"))
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for command in _offered(given, name):
        module, purpose = COMMANDS[command]
        subparser = commands.add_parser(
            command, help=both(purpose.ja, purpose.en), description=both(purpose.ja, purpose.en)
        )
        if command == name:
            import_module(module).register(subparser)
    options = parser.parse_args(given)
    return _called(parser, options)


def _offered(given: list[str], name: str | None) -> Iterable[str]:
    """Return the commands to make a parser for: the one named; all where help is asked before it, or none is known."""
    if name not in COMMANDS or not {"-h", "--help"}.isdisjoint(given[: given.index(name)]):
        return COMMANDS
    return (name,)


def _called(parser: Parser, options: Namespace) -> int:
    if options.version:
        from sekisho import __version__

        print(__version__)
        return DONE
    run = getattr(options, "run", None)
    if run is None:
        parser.print_help(sys.stderr)
        return CANNOT
    options.lang = _language([]) if not hasattr(options, "lang") else options.lang
    options.json = getattr(options, "json", False)
    status: int = run(options)
    sys.stdout.flush()
    return status


def _language(given: list[str]) -> str:
    """Return "en" or "ja": as asked, else as the system speaks; Japanese where it says neither."""
    for index, word in enumerate(given):
        asked = word.removeprefix("--lang=") if word.startswith("--lang=") else ""
        if word == "--lang" and index + 1 < len(given):
            asked = given[index + 1]
        if asked in ("ja", "en"):
            return asked
    system = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if system.startswith("en") else "ja"


def _speak_utf8() -> None:
    """Write UTF-8 whatever the locale says: file names and Japanese must never stop a command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _complain(message: str) -> None:
    print(" ".join(message.splitlines()), file=sys.stderr)


if __name__ == "__main__":
    # As `python -m` this module is a second copy; the commands raise the `CannotDo` of the first.
    sys.exit(import_module("sekisho.cli.main").main())
