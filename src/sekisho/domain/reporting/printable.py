"""Makes text from strangers safe to print: what no printer can show becomes 〓, never nothing.

The substitutes are characters that end a document early (NUL), reorder its lines (bidirectional overrides) or cannot
be stored (unpaired surrogates). Characters that only one font lacks are the adapters' matter.
"""

import unicodedata
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast

from sekisho.domain.text import Text

SUBSTITUTE = "〓"
"""The geta mark, which Japanese printers put where a type is missing."""

_UNPRINTABLE = frozenset({"Cc", "Cs", "Co", "Cn"})
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_SPACES = {"\t": " ", "\v": " ", "\f": " ", "\u2028": "\n", "\u2029": "\n", "\u0085": "\n"}
_INVISIBLE = frozenset("\u200b\u2060\ufeff\u00ad")
"""Marks without width that say nothing; kept, they would hide a difference between two identifiers."""


def printable(text: str) -> str:
    """Return `text` with line ends as "\\n", and 〓 for each character that cannot or must not be printed."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_printable(char) for char in text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def printable_text(text: Text) -> Text:
    """Return both languages of `text` made printable."""
    return Text(printable(text.ja), printable(text.en))


Part = TypeVar("Part")


def all_printable(part: Part) -> Part:
    """Return a part of a report with every text in it made printable, whatever its makers forgot."""
    if isinstance(part, Text):
        return cast(
            Part, part if part.ja.isascii() and part.ja is part.en and part.ja.isprintable() else printable_text(part)
        )
    if isinstance(part, tuple):
        return cast(Part, tuple(all_printable(item) for item in part))
    if is_dataclass(part) and not isinstance(part, type):
        changed = {field.name: all_printable(getattr(part, field.name)) for field in fields(part)}
        return cast(Part, replace(part, **changed))
    return part


def _printable(char: str) -> str:
    if char == "\n":
        return char
    if char in _SPACES:
        return _SPACES[char]
    if char in _INVISIBLE:
        return ""
    if char in _REORDERING or unicodedata.category(char) in _UNPRINTABLE:
        return SUBSTITUTE
    return char
