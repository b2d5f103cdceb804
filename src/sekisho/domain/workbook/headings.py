"""Finds which column of a sheet a printed heading means, whatever people have done to it.

Headings come back reordered, over two rows（装置① above メーカー）, with marks（※必須）, with numbers, in an older wording.
They are compared by `cleaning.matching_key`; nothing is matched by likeness alone, because two columns that differ by
one character（回線ID, 回線番号）must never be swapped.
"""

import re
from functools import lru_cache

from sekisho.domain.values import dataclass
from sekisho.domain.workbook.cleaning import matching_key, plain
from sekisho.domain.workbook.schema import Column, Edition, Sheet

_NOTE = re.compile(r"[(（\[［【<＜][^()（）\[\]［］【】<>＜＞]*[)）\]］】>＞]")
_NEED_WORDS = re.compile(r"必須|任意|入力必須|記入必須|required|optional", re.IGNORECASE)
_LEADING_NUMBER = re.compile(r"\A\d{1,2}(?=\D)")
_POSITION = re.compile(r"(\d{1,2})")
_MOST_POSITIONS = 40


@dataclass(frozen=True, slots=True)
class Match:
    """The column that a heading means. `position` is its repetition from 1 for a column of the group, else None.

    `by_order` is True when a group's heading does not say which repetition it is: the first one is the first.
    """

    key: str
    position: int | None = None
    by_order: bool = False


def heading_keys(text: str) -> list[str]:
    """Return the forms in which a heading is looked up, the closest first."""
    bare = _NEED_WORDS.sub("", _NOTE.sub("", plain(text)))
    # Most headings carry neither a note nor such a word: then the three are one.
    forms = list(map(matching_key, dict.fromkeys((text, _NEED_WORDS.sub("", text), bare))))
    numbered = [_LEADING_NUMBER.sub("", form) for form in forms if form[:1].isdecimal()]
    return [form for form in dict.fromkeys((*forms, *numbered)) if form]


class HeadingIndex:
    """The headings of one sheet, ready to be looked up: `match(lower, upper)`, with the heading above."""

    def __init__(self, edition: Edition, sheet: Sheet) -> None:
        self._columns = _names(sheet.columns)
        self._group = _names(sheet.group)
        self._titles: dict[str, int] = {}
        if sheet.group:
            for position in range(1, _MOST_POSITIONS + 1):
                title = edition.group_title(sheet.key, position)
                for name in (title.ja, title.en):
                    self._titles[matching_key(name)] = position
        # The same headings come with every workbook; what stands on a sheet has had its passwords struck out by now.
        self.match = lru_cache(maxsize=8192)(self._match)
        self._title_words = {_POSITION.sub("", title) for title in self._titles}

    def _match(self, lower: str, upper: str = "") -> Match | None:
        """Return the column meant by a heading and the heading above it, None when it is no heading of the sheet."""
        keys = heading_keys(lower) if lower else []
        above = heading_keys(upper) if upper else []
        for parent in above:
            if (position := self.position(parent)) and (key := _first(self._group, keys)):
                return Match(key, position)
        combined = [parent + key for parent in above for key in keys]
        return self._alone(combined) or self._alone(keys)

    def position(self, key: str) -> int | None:
        """Return which repetition a group's title names（装置② is 2）, None when it is no such title."""
        if key in self._titles:
            return self._titles[key]
        found = _POSITION.search(key)
        if found and _POSITION.sub("", key, count=1) in self._title_words and 1 <= int(found.group()) <= 99:
            return int(found.group())
        return None

    def _alone(self, keys: list[str]) -> Match | None:
        if key := _first(self._columns, keys):
            return Match(key)
        for form in keys:
            if match := self._numbered(form):
                return match
        return Match(key, None, by_order=True) if (key := _first(self._group, keys)) else None

    def _numbered(self, form: str) -> Match | None:
        """Match a one-row heading that carries its repetition: 装置①メーカー, メーカー2."""
        found = _POSITION.search(form) if self._group else None
        if not found or not 1 <= int(found.group()) <= 99:
            return None
        before, after, position = form[: found.start()], form[found.end() :], int(found.group())
        if before in self._title_words and after in self._group:
            return Match(self._group[after], position)
        if not after and before in self._group:
            return Match(self._group[before], position)
        return None


def _names(columns: tuple[Column, ...]) -> dict[str, str]:
    names: dict[str, str] = {}
    for column in columns:
        for name in (column.heading.ja, column.heading.en, *column.headings):
            for form in heading_keys(name):
                names.setdefault(form, column.key)
    # An exact heading wins over a shortened form of another column's.
    for column in columns:
        names[matching_key(column.heading.ja)] = column.key
    return names


def _first(names: dict[str, str], keys: list[str]) -> str | None:
    return next((names[key] for key in keys if key in names), None)
