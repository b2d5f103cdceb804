"""What a sheet's XML says and a fast reader does not tell: how far values reach, what is hidden, what Excel could not compute.

The reader keeps a dense table from the first to the last value, so one stray value in XFD1048576 would cost it
hundreds of gigabytes: the extent is measured here first. Ordinary files are measured with one regular expression over
the bytes; whenever a file is written in any unusual way, a streaming parser measures it exactly.
"""

import re
from xml.parsers import expat

from sekisho.adapters.workbooks.refusals import Refusal, UnreadableWorkbook
from sekisho.domain.values import dataclass, field

MOST_CELLS = 720_000
"""The largest table, in cells, that the reader may hold: about 60 MB there."""

_MOST_MERGED = 50_000
"""The form has some hundred merged cells; a reader keeps every one."""
# Looked for before a pattern is tried, in every byte of every sheet: each ends in a letter that is rare there, so that the
# search skips ahead. What they find may still be something else.
_MAY_BE_MERGED, _MAY_BE_HIDDEN, _MAY_BE_A_PICTURE = b"mergeC", b"hidd", b" vm"
_NEAR_CELL = re.compile(rb'<c r="[A-Z]{1,2}[0-9]{1,3}"')
# As texts, which `re` compiles when they are first asked for: an ordinary file needs none of them.
_USUAL_CELL = rb'<c r="([A-Z]{1,3})([0-9]{1,7})"'
_ANY_CELL = rb"<(?:[^\s<>/:!?\"'=]{1,40}:)?c[\s/>]"
# Within a tag only [^<>] is ever skipped: an unclosed tag cannot make a search run over the whole file again and again.
_HIDDEN_ROW = rb'<(?:\w+:)?row\b(?=[^<>]*\shidden\s*=\s*["\'](?:1|true))[^<>]*?\sr\s*=\s*["\'](\d{1,7})["\']'
_HIDDEN_COLUMN = rb'<(?:\w+:)?col\b(?=[^<>]*\shidden\s*=\s*["\'](?:1|true))[^<>]*>'
_BOUND = rb'\s(min|max)\s*=\s*["\'](\d{1,5})["\']'
_UNCOMPUTED = rb'<c r="([A-Z]{1,3}[0-9]{1,7})"(?![^<>]*\st="str")[^<>]*><f(?:\s[^<>]*)?(?:/>|>[^<]*</f>)(?:<v\s*/>|<v>\s*</v>)?</c>'
_ERROR = rb'<c r="([A-Z]{1,3}[0-9]{1,7})"(?![^<>]*\svm=)[^<>]*\st="e"[^<>]*>(?:<f[^<>]*(?:/>|>[^<]*</f>))?<v>([^<]{1,20})</v>'
_IN_CELL_PICTURE = rb'<c r="[A-Z]{1,3}[0-9]{1,7}"[^<>]*\svm="'


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """Facts of one sheet. Rows and columns count from 0; cells are named as in Excel ("M12")."""

    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    uncomputed: frozenset[str] = frozenset()
    """Formulas that no program has computed: a reader sees them as blank."""
    errors: dict[str, str] = field(default_factory=dict)
    """Cells that show #REF! and the like, with what they show."""
    in_cell_pictures: int = 0


def column_index(letters: str) -> int:
    """Return the position of a column from 0: "A" is 0, "AA" is 26."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def column_letters(index: int) -> str:
    """Return the letters of the column at `index` from 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def check_extent(xml: bytes, title: str) -> None:
    """Refuse a sheet whose values reach so far that reading it would fill the memory.

    Raises:
        UnreadableWorkbook: too many cells; its text names the farthest one.
    """
    if xml.count(_MAY_BE_MERGED) > _MOST_MERGED:
        raise UnreadableWorkbook(Refusal.BOMB)
    # Most sheets end before column AAA and row 1000, and their cells are written in the usual way: no more to measure.
    body = _body(xml)
    has_prefix = b":" in body and b":c" in body
    if not has_prefix and len(_NEAR_CELL.findall(body)) == body.count(b"<c"):
        return
    cells = re.findall(_USUAL_CELL, xml)
    if len(cells) == len(re.findall(_ANY_CELL, xml)):
        if not cells:
            return
        rows = max(int(row) for _, row in cells)
        columns = max(column_index(letters.decode()) for letters in {letters for letters, _ in cells}) + 1
        if rows * columns <= MOST_CELLS:
            return
    rows, columns = _exact_extent(xml)
    if rows * columns > MOST_CELLS:
        cell = f"{column_letters(columns - 1)}{rows}"
        raise UnreadableWorkbook(Refusal.TOO_MANY_CELLS, sheet=title[:40], cell=cell)


def _body(xml: bytes) -> bytes:
    """Return the part of a sheet that holds its rows: there, every tag that begins with c is a cell."""
    start = max(xml.find(b"sheetData"), 0)
    return xml[start : max(xml.rfind(b"sheetData"), start)]


def _exact_extent(xml: bytes) -> tuple[int, int]:
    """Return how many rows and columns the table of values spans, counted from A1, by a streaming parse."""
    extent = _Extent()
    parser = expat.ParserCreate()
    parser.StartElementHandler = extent.start
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise UnreadableWorkbook(Refusal.TRUNCATED) from error
    return extent.rows, extent.columns


class _Extent:
    """Follows the cells of a sheet: those without a reference stand right of the one before, as readers take it."""

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self._row = self._column = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "row":
            self._row = _number(attributes.get("r"), self._row + 1)
            self._column = 0
        elif local == "c":
            self._place(attributes.get("r", "").upper())
        elif local in ("v", "is"):
            # The element, not its text: some readers keep an empty text as a value.
            self.rows, self.columns = max(self.rows, self._row), max(self.columns, self._column)

    def _place(self, reference: str) -> None:
        letters = reference.rstrip("0123456789")
        if letters and letters.isascii() and letters.isalpha():
            self._column = column_index(letters[:8]) + 1
            self._row = _number(reference[len(letters) :], self._row)
        else:
            self._column += 1


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 9 else otherwise


def facts_of(xml: bytes) -> SheetFacts:
    """Return what else the sheet's XML tells. Cheap for a sheet that has none of it."""
    head, body = xml[: max(xml.find(b"sheetData"), 0)], _body(xml)
    return SheetFacts(
        frozenset(int(row) - 1 for row in re.findall(_HIDDEN_ROW, body)) if _MAY_BE_HIDDEN in body else frozenset(),
        _hidden_columns(head) if _MAY_BE_HIDDEN in head else frozenset(),
        frozenset(cell.decode() for cell in re.findall(_UNCOMPUTED, body)) if b"<f" in body else frozenset(),
        {cell.decode(): shown.decode(errors="replace") for cell, shown in re.findall(_ERROR, body)}
        if b't="e"' in body
        else {},
        len(re.findall(_IN_CELL_PICTURE, body)) if _MAY_BE_A_PICTURE in body else 0,
    )


def _hidden_columns(xml: bytes) -> frozenset[int]:
    hidden: set[int] = set()
    for tag in re.findall(_HIDDEN_COLUMN, xml):
        bounds = {name: int(value) for name, value in re.findall(_BOUND, tag)}
        first, last = bounds.get(b"min", 1), min(bounds.get(b"max", 0), 16_384)
        hidden.update(range(first - 1, last))
    return frozenset(hidden)


def unescaped(text: str) -> str:
    """Return XML text with its five entities as characters. (The library's own way loads sockets and TLS at start.)"""
    for entity, sign in _ENTITIES:
        text = text.replace(entity, sign)
    return text


# The ampersand last: 「&amp;lt;」 means the four letters 「&lt;」.
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
