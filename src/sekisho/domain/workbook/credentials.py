"""Finds accounts and passwords in a workbook, so that they can be dropped before anything else sees them.

Three ways in which people hand them over although nobody asked:

* the sheet of accounts and passwords, filled in;
* a column or a label that means an account or a password, in any sheet;
* a remark: 「ID: admin / PW: xxxx」.

Finding too much costs a person one look at a cell; finding too little costs a hospital its router. So a filled cell
under such a heading counts unless it clearly says that nothing is written there. Nothing here keeps or returns a
value: results are places only.

Source: the programme's rule that the account and password list is not handed in（提出不要）.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from sekisho.domain.workbook.cleaning import matching_key, plain
from sekisho.domain.workbook.giving_away import (
    HINTING_PAIR,
    HINTS,
    holds_credentials,
    looks_like_a_password,
    means_a_password,
)

_EMPTY_ANSWERS = frozenset(
    matching_key(word)
    for word in (
        "なし", "無し", "無", "不要", "提出不要", "記入不要", "入力不要", "該当なし", "n/a", "不明", "わからない", "未記入", "記入しない",
        "別途", "別途連絡", "あり", "有", "必須", "任意", "required", "optional", "none", "変更不可", "対象外", "秘密", "非開示", "記入例", "例",
    )
) | {""}  # fmt: skip
_MASKED = re.compile(r"[*＊●・\s-]+\Z")

_MOST_REMEMBERED, _LONGEST_REMEMBERED = 20_000, 500

__all__ = ["CredentialFinder", "holds_credentials"]

Grid = Sequence[Sequence[object]]
Place = tuple[int, int]


class CredentialFinder:
    """Knows the headings and sheet names of one edition that mean accounts and passwords."""

    def __init__(
        self,
        titles: Sequence[str],
        headings: Sequence[str],
        other_headings: Sequence[str],
        printed: Iterable[str] = (),
    ) -> None:
        """Take the names of the sheets and headings that mean credentials, those of others, and what the form prints."""
        self._titles = tuple(key for title in titles if (key := matching_key(title)))
        self._headings = frozenset(key for heading in headings if (key := matching_key(heading)))
        self._printed = frozenset(printed)
        self._clean: set[str] = set(self._printed)
        self._silent: set[str] = set()
        self._hinted = _with_hints(sorted(self._printed))
        self._others = frozenset(matching_key(heading) for heading in other_headings) - self._headings

    def is_credential_sheet(self, title: str) -> bool:
        """True when the name of a sheet means accounts and passwords."""
        key = matching_key(title)
        return any(known in key for known in self._titles)

    def is_credential_heading(self, text: object) -> bool:
        """True when a heading or label means an account or a password."""
        if not isinstance(text, str) or not text or len(text) > 60:
            return False
        return self._is_heading_key(matching_key(text)) or means_a_password(text)

    def _is_heading_key(self, key: str) -> bool:
        return key in self._headings or (key[-1:].isdigit() and key.rstrip("0123456789") in self._headings)

    def gives_away(self, text: str) -> bool:
        """True when a text beside the cells gives a password away; what the form itself says there does not."""
        if text in self._silent:
            return False
        said = text
        for sentence in self._hinted:
            said = said.replace(sentence, " ")
        if holds_credentials(said):
            return True
        # Apart from the texts of cells: 「パスワード」 gives nothing away in a comment, and is a heading in a cell.
        if len(self._silent) > _MOST_REMEMBERED:
            self._silent.clear()
        if len(text) <= _LONGEST_REMEMBERED:
            self._silent.add(text)
        return False

    def places(self, grid: Grid) -> Iterator[Place]:
        """Yield (row, column), from 0, of every cell that holds an account, a password or a sentence with one."""
        texts = list({cell for row in grid for cell in row if type(cell) is str} - self._clean)
        headings = {
            text for text, key in zip(texts, _each(matching_key, texts), strict=True) if self._is_heading_key(key)
        }
        hinted = _with_hints(texts)
        headings |= {text for text in hinted if means_a_password(text)}
        sentences = {text for text in hinted - headings if holds_credentials(text)}
        self._remember(set(texts) - headings - sentences)
        if not headings and not sentences:
            return
        found: set[Place] = set()
        for row, cells in enumerate(grid):
            for column, cell in enumerate(cells):
                if cell in sentences:
                    found.add((row, column))
                elif cell in headings:
                    found.update(self._filled_from(grid, row, column))
        yield from sorted(found)

    def is_filled_without_headings(self, grid: Grid) -> bool:
        """True when a sheet of accounts has no heading that we know, but more than a title and a remark."""
        cells = [cell for row in grid for cell in row if cell not in (None, "")]
        says_more = len(cells) > 3 or any(looks_like_a_password(cell) for cell in cells if isinstance(cell, str))
        return says_more and not any(map(self.is_credential_heading, cells))

    def _remember(self, clean: set[str]) -> None:
        """Keep the texts that are no credentials: the form prints the same ones in every workbook."""
        if len(self._clean) > _MOST_REMEMBERED:
            self._clean = set(self._printed)
        self._clean.update(text for text in clean if len(text) <= _LONGEST_REMEMBERED)

    def _filled_from(self, grid: Grid, row: int, column: int) -> Iterator[Place]:
        """Yield what stands below a heading, or else beside a label."""
        below = [(r, column) for r in range(row + 1, len(grid)) if self._is_answer(grid, r, column)]
        yield from below
        if not below and not self._is_header_row(grid[row]):
            beside = next((c for c in range(column + 1, len(grid[row])) if grid[row][c] not in (None, "")), None)
            if beside is not None and self._is_answer(grid, row, beside):
                yield row, beside

    def _is_header_row(self, cells: Sequence[object]) -> bool:
        headings = sum(self._is_any_heading(cell) for cell in cells)
        return headings > 2 or (headings > 1 and headings == sum(cell not in (None, "") for cell in cells))

    def _is_any_heading(self, cell: object) -> bool:
        return isinstance(cell, str) and (self.is_credential_heading(cell) or matching_key(cell) in self._others)

    def _is_answer(self, grid: Grid, row: int, column: int) -> bool:
        cell = grid[row][column] if column < len(grid[row]) else None
        if cell is None or cell == "":
            return False
        if not isinstance(cell, str):
            return True
        return not (self._is_any_heading(cell) or matching_key(cell) in _EMPTY_ANSWERS or _MASKED.match(plain(cell)))


# A sheet has thousands of cells and hardly ever a password. So its texts are folded all at once, joined by a character of
# private use that neither folding touches, and only those that hold a hint are looked at one by one.
_SEPARATOR = "\ue000"


def _each(fold: Callable[[str], str], texts: Sequence[str]) -> Sequence[str]:
    """Return `fold` of each text, by one call over all of them."""
    folded = fold(_SEPARATOR.join(texts)).split(_SEPARATOR)
    return folded if len(folded) == len(texts) else [fold(text) for text in texts]


def _with_hints(texts: Sequence[str]) -> set[str]:
    """Return those of `texts` that hold a word without which no sentence gives a password away."""
    folded = [text.lower() for text in _each(plain, texts)]
    joined = _SEPARATOR.join(folded)
    hints = [re.escape(hint) for hint in HINTS if hint in joined]
    hints += [HINTING_PAIR.pattern] if HINTING_PAIR.search(joined) else []
    if not hints:
        return set()
    found = re.compile("|".join(hints)).search
    return {text for text, low in zip(texts, folded, strict=True) if found(low)}
