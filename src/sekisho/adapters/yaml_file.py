"""Reads YAML files that people wrote or that strangers sent: bounded, without surprises, with line numbers.

Refused with a message: files too large or nested too deeply, references that grow ("alias bombs") or lead to
themselves, objects of programs, keys given twice, characters that no text has. No message repeats what the file says,
since a case file may hold a password by mistake.
"""

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from sekisho.adapters.yaml_messages import (
    MORE_PROBLEMS,
    NO_MAPPING,
    NOT_A_LIST,
    NOT_AN_ENTRY,
    NOT_TEXT,
    STRANGE_CHARACTER,
    TAB,
    TOO_LARGE,
    WRONG_FORM,
)
from sekisho.adapters.yaml_messages import YamlUnreadable as YamlUnreadable
from sekisho.adapters.yaml_tree import Parts, build, part_lines
from sekisho.domain.text import Text

MAX_BYTES = 5_000_000
MAX_PARTS = 400_000
"""Bounds the parts of a file, keys included, with every reference written out."""
MAX_PROBLEMS = 10_000
"""More than anyone mends by hand; a file of other things can break a rule with every word."""

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One thing wrong in a file: the line it begins on (None when unknown), the rule broken, and what to do."""

    line: int | None
    rule: str
    message: Text


@dataclass(frozen=True)
class YamlDocument:
    """A mapping, and the line (from 1) on which each of its parts begins, by the path of keys and positions to it.

    Lines are looked up in `text` when somebody first asks: most files have nothing wrong.
    """

    value: dict[str, Any]
    text: str = ""

    @cached_property
    def _parts(self) -> Parts:
        return part_lines(self.text)

    def line_of(self, *path: str | int) -> int | None:
        """Return the line of the part at `path`, or of the nearest part around it."""
        line, parts = None, self._parts
        for step in path:
            part = parts.get(step)
            if part is None:
                break
            if isinstance(part, int):
                return part
            line, parts = part
        return line


class YamlReading:
    """One pass over a document: goes through its lists and collects what is wrong, so that the rest can be kept.

    `area` begins the code of each problem's rule ("survey" makes survey.not-a-list); `example` is one entry as it
    should be written, shown to who wrote it otherwise.
    """

    area = ""
    example = ""

    def __init__(self, document: YamlDocument) -> None:
        self.document = document
        self.problems: list[FileProblem] = []

    def entries(self, key: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        """Yield path and mapping of each entry of a top-level list; tell what is no list or no mapping."""
        entries = self.document.value.get(key)
        if entries is None:
            return
        if not isinstance(entries, list):
            self.problem("not-a-list", NOT_A_LIST.filled(example=self.example), key)
            return
        for position, entry in enumerate(entries):
            if isinstance(entry, dict):
                yield (key, position), entry
            else:
                self.problem("not-an-entry", NOT_AN_ENTRY.filled(example=self.example), key, position)

    def problem(self, rule: str, message: Text, *path: str | int) -> None:
        """Tell that the part at `path` breaks `rule`; after `MAX_PROBLEMS` only that there are more."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(FileProblem(self.document.line_of(*path), f"{self.area}.{rule}", message))
        elif len(self.problems) == MAX_PROBLEMS:
            more = MORE_PROBLEMS.filled(told=MAX_PROBLEMS)
            self.problems.append(FileProblem(self.document.line_of(*path), f"{self.area}.more-problems", more))


def read_yaml(raw: bytes, *, max_bytes: int = MAX_BYTES, max_parts: int = MAX_PARTS) -> YamlDocument:
    """Return the mapping that `raw` holds; an empty file is an empty mapping.

    UTF-8 and UTF-16 are told by their marks; what is no UTF-8 is read as the Shift_JIS of older Japanese Windows.

    Raises:
        YamlUnreadable: see the module.
    """
    if len(raw) > max_bytes:
        raise YamlUnreadable(TOO_LARGE.filled(limit=max_bytes // 1_000_000))
    text = _decoded(raw)
    try:
        value = build(text, max_parts)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise YamlUnreadable(_explained(text, line), line) from None
    except yaml.reader.ReaderError:
        raise YamlUnreadable(STRANGE_CHARACTER) from None
    if value is None:
        return YamlDocument({})
    if not isinstance(value, dict):
        raise YamlUnreadable(NO_MAPPING, 1)
    return YamlDocument(value, text)


def _decoded(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp932")
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise YamlUnreadable(NOT_TEXT)


def _explained(text: str, line: int | None) -> Text:
    written = text.splitlines()[line - 1 : line] if line else []
    if any("\t" in here[: len(here) - len(here.lstrip())] for here in written):
        return TAB
    return WRONG_FORM
