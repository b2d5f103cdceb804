"""Reads 別紙2-1 as people really send it: `read_workbook`.

The order matters. The file passes the safety gate; accounts and passwords are found and struck out; only then are
sheets recognised (by name, else by their headings, in any order) and their answers read. Nothing that was struck out
appears in a result, a message, an exception or a representation.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path

from sekisho.adapters.workbooks.forms import FormReader
from sekisho.adapters.workbooks.grids import Grid, cell_name, read_grids
from sekisho.adapters.workbooks.margins import margin_texts
from sekisho.adapters.workbooks.messages import Findings
from sekisho.adapters.workbooks.refusals import Refusal, UnreadableWorkbook
from sekisho.adapters.workbooks.safety import Limits, Package, open_package
from sekisho.adapters.workbooks.tables import TableReader
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.values import dataclass, replace
from sekisho.domain.workbook.cleaning import folded, matching_key
from sekisho.domain.workbook.credentials import CredentialFinder, holds_credentials
from sekisho.domain.workbook.rows import ReadBook, ReadSheet
from sekisho.domain.workbook.schema import Edition, Problem, Sheet
from sekisho.domain.workbook.stamp import SHEET_TITLE, Stamp, stamp_from

_MOST_PROBLEMS = 500
_PICTURES = "places"
_WITHHELD_TITLE = "（シート名を伏せました）"
_EDITION = re.compile(r"(\d{1,2}\.\d{1,2})\s*版")
_GUIDE_TITLES = tuple(
    map(matching_key, ("はじめに", "書き方", "記入方法", "使い方", "説明", "選択肢", "プルダウン", "リスト", "表紙", "目次", "確認結果", "instructions", "how to", "readme", "list"))
)  # fmt: skip
_LEAST_SCORE = 4
"""How many headings must agree before a sheet of a strange name is taken for one of ours."""


@dataclass(frozen=True, slots=True)
class WorkbookReading:
    """A workbook as read: its answers, what reading has to say, and whether credentials were dropped."""

    book: ReadBook
    problems: tuple[Problem, ...] = ()
    credentials_dropped: bool = False


def read_workbook(
    source: Path | bytes, edition: Edition | None = None, limits: Limits | None = None
) -> WorkbookReading:
    """Return what the workbook at `source` says, read against `edition` (the current one when None).

    Raises:
        UnreadableWorkbook: the file is no workbook of ours, or cannot be read safely; its text says what to do.
    """
    package = open_package(source, limits or Limits())
    reader = _current_reader() if edition is None else BookReader(edition)
    return reader.read(package)


@lru_cache(maxsize=1)
def _current_reader() -> "BookReader":
    """Return the reader of the current edition, kept: what it knows of headings and choices is worth keeping."""
    return BookReader(load_edition())


class BookReader:
    """Reads workbooks of one edition."""

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        self._tables = {sheet.key: TableReader(edition, sheet) for sheet in edition.sheets if sheet.layout == "table"}
        self._forms = {sheet.key: FormReader(edition, sheet) for sheet in edition.sheets if sheet.layout == "form"}
        self._names = {
            matching_key(name): sheet.key
            for sheet in reversed(edition.sheets)
            for name in (sheet.title.ja, sheet.title.en, *sheet.titles)
        }
        self._long_names = sorted(
            ((name, key) for name, key in self._names.items() if len(name) >= 4), key=lambda item: -len(item[0])
        )
        columns = [column for sheet in edition.sheets for column in (*sheet.columns, *sheet.group)]
        self._credentials = CredentialFinder(
            edition.credential_titles,
            edition.credential_headings,
            [column.heading.ja for column in columns],
            printed=[column.help.ja for column in columns],
        )

    def read(self, package: Package) -> WorkbookReading:
        """Return what the workbook in `package` says."""
        problems: list[Problem] = []
        grids = [self._struck(grid, problems) for grid in read_grids(package)]
        if any(map(holds_credentials, margin_texts(package))):
            Findings.into(problems, "").add("credentials-present")
        dropped = bool(problems)
        grids = [grid for grid in grids if not self._credentials.is_credential_sheet(grid.title)]
        problems += _about_the_file(package)
        chosen = self._chosen(grids, problems)
        if not chosen:
            titles = "、".join(grid.title for grid in grids)
            raise UnreadableWorkbook(Refusal.NOT_THIS_WORKBOOK, sheets=titles[:120] or "-")
        sheets = tuple(self._sheet(key, chosen[key], problems) for key in chosen)
        stamp = stamp_of(grids)
        book = ReadBook(
            edition=self._stated_edition(stamp, chosen, problems),
            sheets=sheets,
            hospital_code=(stamp.hospital_code[:100] or None) if stamp else None,
        )
        return WorkbookReading(book, tuple(problems), dropped)

    # ---- accounts and passwords ----

    def _struck(self, grid: Grid, problems: list[Problem]) -> Grid:
        """Return `grid` without the cells that hold accounts or passwords, and a problem for each."""
        if holds_credentials(grid.title):
            grid = replace(grid, title=_WITHHELD_TITLE)
            Findings.into(problems, grid.title).add("credentials-present")
        findings = Findings.into(problems, grid.title)
        places = list(self._credentials.places(grid.rows))
        if self._credentials.is_credential_sheet(grid.title):
            # Nothing of such a sheet is wanted: one word about it is enough.
            if places or self._credentials.is_filled_without_headings(grid.rows):
                findings.add("credentials-present", cell_name(*places[0]) if places else "")
            return Grid(grid.title, [])
        for row, column in places:
            grid.rows[row][column] = ""
            if len(problems) < _MOST_PROBLEMS:
                findings.add("credentials-present", cell_name(row, column))
        if any(map(self._credentials.gives_away, grid.side_texts)):
            findings.add("credentials-present")
        return replace(grid, side_texts=())

    # ---- which sheet is which ----

    def _chosen(self, grids: list[Grid], problems: list[Problem]) -> dict[str, Grid]:
        """Return by key, in the edition's order, the grid to read each sheet from."""
        candidates: dict[str, list[Grid]] = {sheet.key: [] for sheet in self._edition.sheets}
        strangers: list[Grid] = []
        for grid in grids:
            key = self._key_by_name(grid.title)
            (candidates[key] if key else strangers).append(grid)
        for grid in strangers:
            key = self._key_by_headings(grid, {key for key, found in candidates.items() if not found})
            if key:
                candidates[key].append(grid)
            else:
                _about_stranger(grid, problems)
        chosen = {}
        for sheet in self._edition.sheets:
            if found := candidates[sheet.key]:
                chosen[sheet.key] = self._best(sheet, found, problems)
        return chosen

    def _key_by_name(self, title: str) -> str | None:
        key = matching_key(title)
        if key in self._names:
            return self._names[key]
        # 「回線・機器情報記入シート (2)」「関所病院_基本情報記入シート」: the whole name stands inside another.
        return next((known for name, known in self._long_names if name in key), None)

    def _key_by_headings(self, grid: Grid, wanted: set[str]) -> str | None:
        """Return the sheet whose headings stand on a grid of a strange name; None when too few do."""
        scores = {key: self._score(key, grid) for key in sorted(wanted)}
        best = max(scores, key=lambda key: scores[key], default=None)
        return best if best and scores[best] >= _LEAST_SCORE else None

    def _score(self, key: str, grid: Grid) -> int:
        return self._tables[key].finder.score(grid) if key in self._tables else self._forms[key].score(grid)

    def _best(self, sheet: Sheet, found: list[Grid], problems: list[Problem]) -> Grid:
        """Return the grid to read when a person kept several; the one with the printed name and most in it."""
        if len(found) == 1:
            return found[0]
        printed = {matching_key(sheet.title.ja), matching_key(sheet.title.en)}
        ranked = sorted(found, key=lambda grid: (matching_key(grid.title) in printed, not grid.is_hidden), reverse=True)
        Findings.into(problems, ranked[1].title).add("sheet-repeated", sheet=sheet.title, read=ranked[0].title)
        return ranked[0]

    # ---- reading ----

    def _sheet(self, key: str, grid: Grid, problems: list[Problem]) -> ReadSheet:
        findings = Findings.into(problems, grid.title)
        if grid.is_hidden:
            findings.add("sheet-hidden")
        if key in self._forms:
            return self._forms[key].read(grid, findings)
        table = self._tables[key]
        layout = table.finder.layout(grid)
        if layout:
            return table.read(grid, layout, findings)
        # The floor plans' sheet is a place for pictures: its small table may be gone.
        if key != _PICTURES:
            turned = table.finder.layout(
                Grid(grid.title, [list(cells) for cells in zip_longest(*grid.rows[:60], fillvalue="")])
            )
            findings.add("sheet-transposed" if turned else "sheet-without-table", sheet=table.sheet.title)
        return ReadSheet(key, grid.title, pictures=grid.pictures)

    def _stated_edition(self, stamp: Stamp | None, chosen: dict[str, Grid], problems: list[Problem]) -> str:
        """Return the edition that the file says it is of, the one it was read as when it says nothing."""
        if stamp and stamp.edition == self._edition.name:
            return stamp.edition
        for grid in chosen.values():
            for row, cells in enumerate(grid.rows[:12]):
                for column, cell in enumerate(cells[:40]):
                    if isinstance(cell, str) and "版" in cell and (match := _EDITION.search(folded(cell))):
                        if match.group(1) != self._edition.name:
                            place = cell_name(row, column)
                            Findings.into(problems, grid.title).add(
                                "edition-differs", place, found=match.group(1), current=self._edition.name
                            )
                        return match.group(1)
        return self._edition.name


def _about_stranger(grid: Grid, problems: list[Problem]) -> None:
    """Say that a sheet was left out, unless it is one that belongs to the form without asking anything."""
    key = matching_key(grid.title)
    filled = any(cell not in ("", None) for cells in grid.rows for cell in cells)
    if filled and not grid.is_hidden and not any(word in key for word in _GUIDE_TITLES):
        Findings.into(problems, grid.title).add("sheet-ignored")


def _about_the_file(package: Package) -> Iterator[Problem]:
    """Yield what to say about parts of the file that are never opened."""
    findings = Findings("")
    if "xl/vbaproject.bin" in package.parts:
        findings.add("macros-ignored")
    if any(name.startswith("xl/externallinks/") for name in package.parts):
        findings.add("external-links")
    if any(name.startswith("xl/embeddings/") for name in package.parts):
        findings.add("embedded-files")
    yield from findings.problems


def stamp_of(grids: list[Grid]) -> Stamp | None:
    """Return what a workbook that we made says of itself on its hidden sheet, None for any other file."""
    return next((stamp_from(grid.rows) for grid in grids if grid.title == SHEET_TITLE), None)
