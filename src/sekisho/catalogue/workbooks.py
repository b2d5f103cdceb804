"""Loads the editions of the 別紙2-1 workbook, checked so that a slip in the file stops at once.

The source of an edition is its YAML file. Beside it lies the same document as JSON, which is read thirty times as fast:
checking a workbook takes a few hundredths of a second, and YAML alone would take as long again. The JSON names the
checksum of the YAML it was made from; when that differs, the YAML is read and checked instead.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

from sekisho.catalogue.errors import CatalogueError
from sekisho.domain.text import Text
from sekisho.domain.workbook.cleaning import matching_key, plain
from sekisho.domain.workbook.schema import (
    Column,
    Condition,
    Demand,
    Edition,
    Kind,
    Need,
    Option,
    Rule,
    Severity,
    Sheet,
)

CURRENT = "1.0"
"""The edition that is handed out today."""

Entry = Mapping[str, Any]

_FOLDER = Path(__file__).parent / "workbook"

# Fields of the records that are no column: they come from the row itself.
_OF_THE_ROW = frozenset({"number", "row_id", "position", "devices", "contacts"})
_WITH_OPTIONS = frozenset({Kind.CHOICE, Kind.OPEN_CHOICE})
_WITH_BOUNDS = frozenset({Kind.INTEGER, Kind.YEAR})


def load_edition(name: str = CURRENT) -> Edition:
    """Return the bundled edition `name`, read once.

    Raises:
        CatalogueError: there is no such edition, or its file contradicts itself; see the message.
    """
    return _loaded(name)


@cache
def _loaded(name: str) -> Edition:
    # The current edition is there; looking for others would take longer than reading it.
    if name != CURRENT and name not in edition_names():
        raise CatalogueError(f"workbook/betten2-1_{name}.yaml: no such edition; there are {', '.join(edition_names())}")
    path = _FOLDER / f"betten2-1_{name}.yaml"
    source, file = path.read_bytes(), f"workbook/{path.name}"
    document = _compiled_document(path.with_suffix(".json"), source)
    # What was compiled had been checked then.
    return _edition(document, file) if document is not None else parse_edition(source.decode(), file)


def _compiled_document(path: Path, source: bytes) -> Entry | None:
    """Return the document that was compiled from `source`, None when there is none or it was made from another."""
    try:
        compiled = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return compiled["document"] if compiled.get("crc32") == crc32(source) else None


def compiled_edition(name: str) -> str:
    """Return the JSON text to lie beside the YAML file of edition `name`.

    Raises:
        CatalogueError: the file contradicts itself; nothing unsound is ever compiled.
    """
    source = (_FOLDER / f"betten2-1_{name}.yaml").read_bytes()
    parse_edition(source.decode(), name)
    compiled = {"crc32": crc32(source), "document": _document(source.decode())}
    return json.dumps(compiled, ensure_ascii=False, separators=(",", ":")) + "\n"


@cache
def edition_names() -> tuple[str, ...]:
    """Return the names of the bundled editions, the oldest first."""
    return tuple(sorted(path.stem.removeprefix("betten2-1_") for path in _FOLDER.glob("betten2-1_*.yaml")))


def parse_edition(document: str, file: str = "edition") -> Edition:
    """Return the edition that `document` (YAML) holds. `file` is what error messages call it.

    Raises:
        CatalogueError: it is not one, or its parts do not fit together. Every slip found is named.
    """
    try:
        edition = _edition(_document(document), file)
    except CatalogueError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CatalogueError(f"{file}: {type(error).__name__}: {error}") from error
    slips = [slip for sheet in edition.sheets for slip in _slips(sheet)] + list(_edition_slips(edition))
    if slips:
        raise CatalogueError(f"{file}: " + "; ".join(slips))
    return edition


def _document(text: str) -> Any:
    """Return what YAML says. Raises ValueError when it is none."""
    import yaml  # here, because the compiled form does without it

    # libyaml reads eight times as fast; the wheel has it, a build from source may not.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, loader)  # noqa: S506  # a safe loader, whichever it is
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


# Reading


def _edition(entry: Entry, file: str) -> Edition:
    option_lists = {name: tuple(map(_option, options)) for name, options in entry["option_lists"].items()}
    sheets = tuple(_sheet(sheet, option_lists, file) for sheet in entry["sheets"])
    return Edition(
        name=entry["name"],
        issued_on=entry["issued_on"],
        title=_text(entry["title"]),
        sheets=sheets,
        credential_titles=_words(entry, "credential_titles"),
        credential_headings=_words(entry, "credential_headings"),
        unknown_words=_words(entry, "unknown_words"),
        blank_words=_words(entry, "blank_words"),
        clear_words=_words(entry, "clear_words"),
        example_words=_words(entry, "example_words"),
        group_titles=tuple((key, _text(title)) for key, title in entry["group_titles"].items()),
    )


def _sheet(entry: Entry, option_lists: Mapping[str, tuple[Option, ...]], file: str) -> Sheet:
    row_label = entry.get("row_label")
    return Sheet(
        key=entry["key"],
        title=_text(entry["title"]),
        layout=entry["layout"],
        columns=tuple(_named(file, entry["key"], column, option_lists) for column in entry["columns"]),
        rules=tuple(map(_rule, entry.get("rules", ()))),
        titles=_words(entry, "titles"),
        rows=entry.get("rows"),
        group=tuple(_named(file, entry["key"], column, option_lists) for column in entry.get("group", ())),
        group_blocks=entry.get("group_blocks", 0),
        row_label=_text(row_label) if row_label else None,
        blank_rows=entry.get("blank_rows", 0),
        waived_when=tuple(map(_condition, entry.get("waived_when", ()))),
    )


def _named(file: str, sheet: str, entry: Entry, option_lists: Mapping[str, tuple[Option, ...]]) -> Column:
    """Return one column; what is wrong with it is told with its place."""
    try:
        return _column(entry, option_lists)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        key = entry.get("key") if isinstance(entry, Mapping) else entry
        raise CatalogueError(f"{file}: {sheet}.{key}: {type(error).__name__}: {error}") from error


def _column(entry: Entry, option_lists: Mapping[str, tuple[Option, ...]]) -> Column:
    _known_keys(entry, _COLUMN_KEYS)
    return Column(
        key=entry["key"],
        heading=_text(entry["heading"]),
        kind=Kind(entry["kind"]),
        need=Need(entry["need"]),
        help=_text(entry["help"]),
        options=option_lists[entry["options"]] if "options" in entry else (),
        example=entry["example"],
        headings=_words(entry, "headings"),
        unknown_allowed=entry.get("unknown_allowed", True),
        unknown_needs_reason=entry.get("unknown_needs_reason", False),
        max_length=entry.get("max_length", 200),
        band=_text(entry["band"]) if "band" in entry else None,
        minimum=entry.get("minimum"),
        maximum=entry.get("maximum"),
    )


_COLUMN_KEYS = {*Column.__match_args__, "source"}
_RULE_KEYS = set(Rule.__match_args__)


def _rule(entry: Entry) -> Rule:
    _known_keys(entry, _RULE_KEYS)
    return Rule(
        id=entry["id"],
        when=tuple(map(_condition, entry.get("when", ()))),
        column=entry["column"],
        demand=Demand(entry["demand"]),
        values=tuple(entry.get("values", ())),
        severity=Severity(entry["severity"]),
        instruction=_text(entry["instruction"]),
        message=_text(entry["message"]),
        source=entry["source"],
    )


def _condition(entry: Entry) -> Condition:
    return Condition(entry["column"], tuple(entry["values"]))


def _option(entry: Entry) -> Option:
    return Option(entry["code"], _text(entry["label"]), _words(entry, "spellings"))


def _words(entry: Entry, key: str) -> tuple[str, ...]:
    words = tuple(entry.get(key, ()))
    for word in words:
        if not isinstance(word, str):
            raise ValueError(f"{key}: {word!r} must stand in quotes")
    return words


def _text(entry: Entry) -> Text:
    ja, en = entry["ja"], entry["en"]
    if not (isinstance(ja, str) and ja.strip() and isinstance(en, str) and en.strip()):
        raise ValueError(f"{entry!r} must say something in both languages")
    return Text(ja, en)


def _known_keys(entry: Entry, known: set[str]) -> None:
    if unknown := set(entry) - known:
        raise ValueError(f"unknown keys {sorted(unknown)}")


# Checking


@cache
def _records() -> Mapping[str, tuple[type, type | None]]:
    """Return by sheet what its rows and their parts become. Loaded for checking a catalogue, which reading one is not."""
    from sekisho.domain.register.records import Basics, Contact, Device, Line, Terminal

    return {"basic": (Basics, Contact), "lines": (Line, Device), "terminals": (Terminal, None)}


def _slips(sheet: Sheet) -> Iterator[str]:
    """Yield what is wrong with one sheet."""
    yield from _key_slips(sheet)
    yield from _heading_slips(sheet)
    for column in (*sheet.columns, *sheet.group):
        yield from (f"{sheet.key}.{column.key}: {slip}" for slip in _column_slips(column))
    for rule in sheet.rules:
        yield from (f"{sheet.key} rule {rule.id}: {slip}" for slip in _rule_slips(sheet, rule))
    for condition in sheet.waived_when:
        yield from (f"{sheet.key} waived_when: {slip}" for slip in _condition_slips(sheet, condition))
    if sheet.layout not in ("form", "table"):
        yield f"{sheet.key}: layout {sheet.layout!r} is neither form nor table"


def _key_slips(sheet: Sheet) -> Iterator[str]:
    keys = [column.key for column in (*sheet.columns, *sheet.group)]
    yield from (f"{sheet.key}.{key}: stands twice" for key in _repeated(keys))
    record, part = _records().get(sheet.key, (None, None))
    if record:
        yield from _field_slips(sheet.key, [column.key for column in sheet.columns], record)
    if part:
        yield from _field_slips(f"{sheet.key} group", [column.key for column in sheet.group], part)


def _field_slips(where: str, keys: list[str], record: type) -> Iterator[str]:
    from dataclasses import fields

    asked, held = set(keys), {field.name for field in fields(record)} - _OF_THE_ROW
    yield from (f"{where}.{key}: {record.__name__} has no such field" for key in sorted(asked - held))
    yield from (f"{where}: the field {key} of {record.__name__} is not asked" for key in sorted(held - asked))


def _heading_slips(sheet: Sheet) -> Iterator[str]:
    """Yield headings that mean two columns of the sheet, or of its group."""
    for columns in (sheet.columns, sheet.group):
        seen = [matching_key(heading) for column in columns for heading in _own_headings(column)]
        yield from (f"{sheet.key}: the heading {heading!r} means two columns" for heading in _repeated(seen))
        bands = {matching_key(column.band.ja) for column in columns if column.band}
        # A reader would take the band for the question itself.
        yield from (f"{sheet.key}: the band {band!r} is also a heading" for band in sorted(bands & set(seen)))


def _own_headings(column: Column) -> set[str]:
    """Return the headings of one column, folded, so that a spelling given twice for it counts once."""
    return {matching_key(heading) for heading in (column.heading.ja, *column.headings)}


def _column_slips(column: Column) -> Iterator[str]:
    if (column.kind in _WITH_OPTIONS) != bool(column.options):
        yield f"kind {column.kind.value} and options do not fit"
    if column.kind not in _WITH_BOUNDS and (column.minimum is not None or column.maximum is not None):
        yield f"kind {column.kind.value} takes no bounds"
    yield from (f"the option {code!r} stands twice" for code in _repeated(option.code for option in column.options))
    spellings = [spelling for option in column.options for spelling in {matching_key(word) for word in _said(option)}]
    yield from (f"the spelling {spelling!r} means two options" for spelling in _repeated(spellings))
    if "" in spellings:
        yield "a spelling is a lone sign that comparing strips"


def _said(option: Option) -> tuple[str, ...]:
    return (option.code, option.label.ja, option.label.en, *option.spellings)


def _rule_slips(sheet: Sheet, rule: Rule) -> Iterator[str]:
    column = next((c for c in (*sheet.columns, *sheet.group) if c.key == rule.column), None)
    if column is None:
        yield f"there is no column {rule.column}"
        return
    if (rule.demand is Demand.ONE_OF) != bool(rule.values):
        yield f"demand {rule.demand.value} and values do not fit"
    yield from (f"{rule.column} has no option {value!r}" for value in rule.values if column.option(value) is None)
    if rule.demand is Demand.FILLED and not rule.when and column.need is not Need.REQUIRED:
        yield f"{rule.column} is asked without condition but not marked required"
    for condition in rule.when:
        yield from _condition_slips(sheet, condition)
    yield from _place_slips(rule)


def _condition_slips(sheet: Sheet, condition: Condition) -> Iterator[str]:
    column = next((column for column in sheet.columns if column.key == condition.column), None)
    if column is None:
        yield f"there is no column {condition.column} outside the group"
        return
    for value in condition.values:
        if value not in ("*", "") and column.option(value) is None:
            yield f"{condition.column} has no option {value!r}"


def _place_slips(rule: Rule) -> Iterator[str]:
    """Yield texts with a `{place}` that nobody fills."""
    for text in (rule.instruction, rule.message):
        try:
            text.filled(heading="", value="")
        except (KeyError, IndexError, ValueError) as error:
            yield f"the text has a wrong place: {error}"


def _edition_slips(edition: Edition) -> Iterator[str]:
    yield from (f"the sheet {key} stands twice" for key in _repeated(sheet.key for sheet in edition.sheets))
    yield from (
        f"the sheet {key} is missing" for key in sorted({*_records()} - {sheet.key for sheet in edition.sheets})
    )
    rules = [rule.id for sheet in edition.sheets for rule in sheet.rules]
    yield from (f"the rule {rule} stands twice" for rule in _repeated(rules))
    titles = [title for sheet in edition.sheets for title in {matching_key(t) for t in (sheet.title.ja, *sheet.titles)}]
    titles += {matching_key(title) for title in edition.credential_titles}
    yield from (f"the sheet title {title!r} means two sheets" for title in _repeated(titles))
    grouped = {sheet.key for sheet in edition.sheets if sheet.group}
    if grouped != {key for key, _ in edition.group_titles}:
        yield f"group_titles must name exactly the sheets with a group: {sorted(grouped)}"
    lists = (edition.unknown_words, edition.clear_words, edition.blank_words, edition.example_words)
    meanings = [key for words in lists for key in {matching_key(word) or plain(word) for word in words}]
    yield from (f"the word {word!r} means two things" for word in _repeated(meanings))


def _repeated(values: Iterable[str]) -> list[str]:
    return sorted(value for value, count in Counter(values).items() if count > 1)
