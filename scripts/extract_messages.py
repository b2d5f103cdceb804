#!/usr/bin/env python3
"""Write the messages of templates and Django code into the English catalogue, keeping its translations.

    scripts/extract_messages.py            add new messages, keep the rest
    scripts/extract_messages.py --prune    also drop messages that no code uses any more
    scripts/extract_messages.py --check    change nothing; say what is missing, untranslated or unused

Pure Python: gettext's tools need not be installed. Messages are Japanese, so a message in plain ASCII (a product's
name, a message of Django's own) needs no entry. The catalogue is sorted and holds no line numbers and no dates: two
people who add messages seldom touch the same lines.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polib
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "sekisho"
CATALOGUE = PACKAGE / "locale" / "en" / "LC_MESSAGES" / "django.po"
CODE_FOLDERS = ("config", "foundation", "apps")
HEADER = {
    "Project-Id-Version": "Sekisho",
    "Language": "en",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}

# Which arguments of each function hold context, message and plural.
FUNCTIONS = {
    "gettext": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "pgettext": (0, 1, None),
    "ngettext": (None, 0, 1),
    "npgettext": (0, 1, 2),
}
_STRING = r"""u?(?P<q>"|')(?:\\.|(?!(?P=q)).)*(?P=q)"""
_CALL = re.compile(r"(?<![\w.])(?P<name>n?p?gettext|_)\s*\(")


@dataclass(frozen=True, order=True)
class Message:
    """One message as the code asks for it. `place` is where it was seen first, for the reader of a complaint."""

    text: str
    context: str = ""
    plural: str = ""
    place: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Return what tells messages apart in a catalogue."""
        return self.context, self.text


class NotLiteral(Exception):
    """A translation function was called with a text put together at run time, which no catalogue can hold."""


def _strings_after(text: str, start: int) -> list[str]:
    """Return the string literals at the beginning of an argument list."""
    found: list[str] = []
    pattern = re.compile(r"\s*,?\s*(" + _STRING + ")", re.DOTALL)
    while match := pattern.match(text, start):
        found.append(ast.literal_eval(match.group(1)))
        start = match.end()
    return found


def of_template(source: str, place: str) -> Iterator[Message]:
    """Yield the messages of a Django template."""
    text = templatize(source, origin=place)
    for call in _CALL.finditer(text):
        name = "gettext" if call["name"] == "_" else call["name"]
        strings = _strings_after(text, call.end())
        context, message, plural = FUNCTIONS[name]
        yield Message(
            strings[message],
            strings[context] if context is not None else "",
            strings[plural] if plural is not None else "",
            place,
        )


def _names(tree: ast.Module) -> dict[str, str]:
    """Return the names under which a module knows Django's translation functions."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            for alias in node.names:
                function = alias.name.removesuffix("_lazy")
                if function in FUNCTIONS:
                    names[alias.asname or alias.name] = function
    return names


def _literal(call: ast.Call, index: int | None, place: str) -> str:
    """Return the text of an argument; "" for a variable, whose values are marked with `gettext_noop`."""
    if index is None:
        return ""
    argument = call.args[index] if index < len(call.args) else None
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    formats = isinstance(argument, ast.Call) and getattr(argument.func, "attr", "") == "format"
    if not isinstance(argument, ast.JoinedStr | ast.BinOp) and not formats:
        return ""
    raise NotLiteral(f"{place}:{call.lineno}: translate a literal text, and fill places in afterwards with %")


def of_code(source: str, place: str) -> Iterator[Message]:
    """Yield the messages of a Python module.

    Raises:
        NotLiteral: a message is put together at run time, so that no catalogue can hold it.
    """
    tree = ast.parse(source, place)
    names = _names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            context, message, plural = FUNCTIONS[names[node.func.id]]
            yield Message(
                _literal(node, message, place), _literal(node, context, place), _literal(node, plural, place), place
            )


def messages() -> dict[tuple[str, str], Message]:
    """Return every message of the portal that needs an English text."""
    found: dict[tuple[str, str], Message] = {}
    for folder in CODE_FOLDERS:
        for path in sorted((PACKAGE / folder).rglob("*")):
            if path.suffix not in {".py", ".html", ".txt"} or "migrations" in path.parts or "static" in path.parts:
                continue
            if path.suffix != ".py" and "templates" not in path.parts:
                continue
            read = of_code if path.suffix == ".py" else of_template
            for message in read(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))):
                if not message.text.isascii():  # "" for variables, too
                    found.setdefault(message.key, message)
    return found


def read_catalogue() -> polib.POFile:
    """Return the catalogue, an empty one when there is none yet."""
    if CATALOGUE.exists():
        return polib.pofile(str(CATALOGUE), wrapwidth=10_000)
    return polib.POFile(wrapwidth=10_000)


def key_of(entry: polib.POEntry) -> tuple[str, str]:
    """Return what tells an entry from others."""
    return entry.msgctxt or "", entry.msgid


def is_translated(entry: polib.POEntry) -> bool:
    """Return True when every form of the entry has an English text."""
    texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    return bool(texts) and all(texts) and not entry.fuzzy


def new_entry(message: Message) -> polib.POEntry:
    """Return an entry without a translation."""
    entry = polib.POEntry(msgid=message.text, msgctxt=message.context or None)
    if message.plural:
        entry.msgid_plural = message.plural
        entry.msgstr_plural = {0: "", 1: ""}
    if re.search(r"%\(\w+\)[sd]", message.text):
        entry.flags.append("python-format")
    return entry


def problems(wanted: dict[tuple[str, str], Message], catalogue: polib.POFile) -> list[str]:
    """Return what is wrong with the catalogue, one line each."""
    entries = {key_of(entry): entry for entry in catalogue}
    lines = []
    for key, message in sorted(wanted.items()):
        entry = entries.get(key)
        if entry is None:
            lines.append(f"not in the catalogue: {message.text!r} ({message.place})")
        elif bool(entry.msgid_plural) != bool(message.plural):
            lines.append(f"plural in one of code and catalogue only: {message.text!r} ({message.place})")
        elif not is_translated(entry):
            lines.append(f"no English: {message.text!r} ({message.place})")
        elif trouble := broken_places(entry):
            lines.append(f"{trouble}: {message.text!r} ({message.place})")
    lines += [f"unused: {entry.msgid!r}" for key, entry in sorted(entries.items()) if key not in wanted]
    return lines


def broken_places(entry: polib.POEntry) -> str:
    """Return what a translation does wrong with the %(places)s of its message, or ""."""
    places = set(re.findall(r"%\(\w+\)[sd]", entry.msgid))
    for text in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
        extra = set(re.findall(r"%\(\w+\)[sd]", text)) - places
        if extra:
            return f"English has places that the message lacks, {sorted(extra)}"
        if not entry.msgid_plural and set(re.findall(r"%\(\w+\)[sd]", text)) != places:
            return f"English lacks places, {sorted(places)}"
    return ""


def update(wanted: dict[tuple[str, str], Message], catalogue: polib.POFile, *, prune: bool) -> None:
    """Bring the catalogue to what the code asks for and write it."""
    entries = {key_of(entry): entry for entry in catalogue}
    for key, message in wanted.items():
        entry = entries.get(key)
        if entry is None or bool(entry.msgid_plural) != bool(message.plural):
            entries[key] = new_entry(message)
    if prune:
        entries = {key: entry for key, entry in entries.items() if key in wanted}
    result = polib.POFile(wrapwidth=10_000)
    result.metadata = dict(HEADER)
    for _key, entry in sorted(entries.items(), key=lambda item: (item[0][1], item[0][0])):
        entry.occurrences = []
        result.append(entry)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    result.save(str(CATALOGUE))


def main() -> int:
    """Update or check the catalogue; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, say what is wrong")
    parser.add_argument("--prune", action="store_true", help="drop messages that no code uses")
    arguments = parser.parse_args()
    if not settings.configured:
        settings.configure(USE_I18N=True)
    try:
        wanted = messages()
    except NotLiteral as error:
        print(error, file=sys.stderr)
        return 1
    if not arguments.check:
        update(wanted, read_catalogue(), prune=arguments.prune)
    found = problems(wanted, read_catalogue())
    print("\n".join(found) or f"{len(wanted)} messages, all in English too.")
    return 1 if found and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
