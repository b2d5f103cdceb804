"""The sheets of a workbook that passed the gate, as plain tables of values with what Excel knows about them.

Values come from python-calamine, which neither runs macros nor follows links; formulas give what Excel last computed.
"""

import io
import re
from collections.abc import Callable, Iterator
from posixpath import dirname, join, normpath
from typing import TypeVar, cast
from xml.parsers import expat

import python_calamine

from sekisho.adapters.workbooks.refusals import Refusal, UnreadableWorkbook
from sekisho.adapters.workbooks.safety import Package
from sekisho.adapters.workbooks.sheet_xml import SheetFacts, check_extent, column_letters, facts_of, unescaped
from sekisho.domain.values import dataclass, field
from sekisho.domain.workbook.normalise import Raw

T = TypeVar("T")
Span = tuple[int, int, int, int]
"""First row, first column, last row, last column of merged cells, from 0."""

_MOST_SHEETS = 100
_MOST_TEXT = 2_000_000
"""Characters on one sheet; 300 lines with long remarks have a tenth of it."""
_LONGEST_CELL = 32_767
"""Excel's own limit."""
_MOST_COVERED = 100_000
_PICTURE = re.compile(rb"<(?:\w+:)?pic[\s/>]")
_TEXT = re.compile(rb"<(?:\w+:)?t(?:\s[^<>]*)?>([^<]*)<")
_PARAGRAPH_END = re.compile(rb"</(?:\w+:)?(?:p|comment|text)>")


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet: `rows` of values from A1, "" where a cell is empty. `side_texts` are its comments and text boxes."""

    title: str
    rows: list[list[Raw]]
    merged: tuple[Span, ...] = ()
    facts: SheetFacts = field(default_factory=SheetFacts)
    is_hidden: bool = False
    pictures: int = 0
    side_texts: tuple[str, ...] = ()

    def value(self, row: int, column: int) -> Raw:
        """Return the value of a cell, "" outside the table."""
        cells = self.rows[row] if 0 <= row < len(self.rows) else ()
        return cells[column] if 0 <= column < len(cells) else ""

    def covered(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Return for each cell inside merged cells, but their first, where its value stands. Clipped to the table."""
        places: dict[tuple[int, int], tuple[int, int]] = {}
        width = max(map(len, self.rows), default=0)
        budget = _MOST_COVERED
        for top, left, bottom, right in self.merged:
            last_row, last_column = min(bottom, len(self.rows) - 1), min(right, width - 1)
            budget -= max(0, last_row - top + 1) * max(0, last_column - left + 1)
            if budget < 0:
                break
            for row in range(top, last_row + 1):
                for column in range(left, last_column + 1):
                    places[row, column] = (top, left)
        return places


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell at `row` and `column` from 0: (11, 12) is "M12"."""
    return f"{column_letters(column)}{row + 1}"


def read_grids(package: Package) -> Iterator[Grid]:
    """Yield every sheet of cells in the workbook's order; chart sheets have none and are left out.

    Raises:
        UnreadableWorkbook: the reader cannot make sense of the file, or a sheet is too large to be read.
    """
    parts = _sheet_parts(package)
    if len(parts) > _MOST_SHEETS:
        raise UnreadableWorkbook(Refusal.TOO_MANY_SHEETS, count=len(parts))
    # Every sheet is measured before the reader may touch any.
    contents = [package.read(part) for _, part, _ in parts]
    _check_extents(package, {part.lower(): title for title, part, _ in parts})
    book = _calamine(lambda: python_calamine.load_workbook(io.BytesIO(package.content)))
    for (title, part, is_hidden), xml in zip(parts, contents, strict=True):
        if "chartsheet" in part or "dialogsheet" in part or "macrosheet" in part:
            continue
        if not xml:
            raise UnreadableWorkbook(Refusal.TRUNCATED)
        yield _grid(book, package, title, part, xml, is_hidden=is_hidden)


def _check_extents(package: Package, titles: dict[str, str]) -> None:
    """Measure every part that could be a sheet, referred to or not: readers may follow relations differently."""
    for name in package.parts:
        if name.endswith((".xml", ".bin")) and b"sheetData" in (xml := package.read(name)):
            check_extent(xml, titles.get(name, name))


def _grid(
    book: python_calamine.CalamineWorkbook, package: Package, title: str, part: str, xml: bytes, *, is_hidden: bool
) -> Grid:
    sheet = _calamine(lambda: book.get_sheet_by_name(title))
    rows = cast(list[list[Raw]], _calamine(lambda: sheet.to_python(skip_empty_area=False)))
    _check_texts(rows, title, len(xml) + len(package.read("xl/sharedStrings.xml")))
    merged = tuple((a, b, c, d) for (a, b), (c, d) in (sheet.merged_cell_ranges or ()))
    facts = facts_of(xml)
    drawings, comments = _side_parts(package, part)
    pictures = sum(len(_PICTURE.findall(package.read(name))) for name in drawings) + facts.in_cell_pictures
    texts = tuple(text for name in (*drawings, *comments) for text in _paragraphs(package.read(name)))
    return Grid(title, rows, merged, facts, is_hidden, pictures, texts)


def _check_texts(rows: list[list[Raw]], title: str, room: int) -> None:
    """Refuse more text than anybody writes: looking through it for passwords would take minutes.

    `room` is how many bytes its parts have; what cannot hold too much is not counted.
    """
    if room <= _MOST_TEXT:
        return
    texts = {cell for cells in rows for cell in cells if type(cell) is str}
    if any(len(text) > _LONGEST_CELL for text in texts) or sum(map(len, texts)) > _MOST_TEXT:
        raise UnreadableWorkbook(Refusal.TOO_MUCH_TEXT, sheet=title[:40])


def _calamine(call: Callable[[], T]) -> T:
    """Return what `call` returns; any way in which the reader gives up becomes one refusal.

    A Rust panic arrives as a `BaseException` that no `except Exception` sees.
    """
    try:
        return call()
    except python_calamine.PasswordError as error:
        raise UnreadableWorkbook(Refusal.ENCRYPTED) from error
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        raise UnreadableWorkbook(Refusal.TRUNCATED) from error


def _sheet_parts(package: Package) -> list[tuple[str, str, bool]]:
    """Return (title, part name, hidden?) of each sheet in order."""
    targets = _relations(package, "xl/workbook.xml")
    sheets: list[tuple[str, str, bool]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "sheet" and "name" in attributes:
            identity = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), "")
            sheets.append(
                (attributes["name"], targets.get(identity, ""), attributes.get("state", "visible") != "visible")
            )

    _walk(package.read("xl/workbook.xml"), start)
    return sheets


def _relations(package: Package, part: str) -> dict[str, str]:
    """Return by id the parts that `part` refers to; external targets are left out."""
    folder, _, name = part.rpartition("/")
    targets: dict[str, str] = {}

    def start(element: str, attributes: dict[str, str]) -> None:
        if element.rpartition(":")[2] == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "").replace("\\", "/")
            path = target.lstrip("/") if target.startswith("/") else normpath(join(folder, target))
            targets[attributes.get("Id", "")] = path

    if xml := package.read(f"{folder}/_rels/{name}.rels"):
        _walk(xml, start)
    return targets


def _walk(xml: bytes, start: Callable[[str, dict[str, str]], None]) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise UnreadableWorkbook(Refusal.TRUNCATED) from error


def _side_parts(package: Package, part: str) -> tuple[list[str], list[str]]:
    """Return the drawings and the comments that belong to a sheet."""
    if f"{dirname(part)}/_rels/{part.rpartition('/')[2]}.rels".lower() not in package.parts:
        return [], []
    targets = [target.lower() for target in _relations(package, part).values()]
    drawings = [target for target in targets if "/drawings/drawing" in target]
    return drawings, [target for target in targets if "comment" in target and target.endswith(".xml")]


def _paragraphs(xml: bytes) -> list[str]:
    """Return the texts of a drawing or of comments. Runs of one paragraph belong together: formatting splits words."""
    blocks = (b"".join(_TEXT.findall(block)) for block in _PARAGRAPH_END.split(xml))
    return [unescaped(text.decode("utf-8", errors="replace")) for text in blocks if text]
