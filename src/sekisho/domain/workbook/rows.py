"""What was read from a workbook: values that still know their cells, before anything is accepted into the register.

The reader fills these types and the web form may; `checks` says what is wrong with them, `diff` compares them with
the register and `to_register` turns them into plain records.

How one question of one record stands, for a column key `k` of a `ReadRow` or a `ReadPart`:

* `k` not in `cells`: the file has no such column (the web form: the field was not sent);
* `raw[k]` missing or "": the cell is blank, and `values[k]` is None;
* `raw[k]` given and `values[k]` None: the text could not be understood as the kind of its column; checks say why;
* `values[k]` an `Unknown`: a person wrote 不明, perhaps with a reason;
* `values[k]` is `CLEARED`: a person wrote （削除）: the register shall forget its value;
* else `values[k]` is the value: an option code for a choice (for an open choice: the code, or the person's own
  text), an int for INTEGER and YEAR, canonical text of `ipaddress` for addresses, cleaned text otherwise. An
  address that can be read is a value even where it may not stand (a private address as the global one).

A word of `Edition.blank_words` is read as a blank: `values[k]` None and `raw[k]` "", but for a choice the spellings of its
options come first（「なし」 is an answer there）.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TypeAlias

from sekisho.domain.facts import Answer
from sekisho.domain.values import dataclass, field


class Cleared(Enum):
    """The one value that says: forget what the register knows here."""

    CLEARED = "cleared"


CLEARED = Cleared.CLEARED

ReadValue: TypeAlias = Answer[str] | Answer[int] | Cleared


@dataclass(frozen=True, slots=True)
class ReadPart:
    """One repetition of a sheet's group: a device of a line, or a contact of the hospital. `position` from 1."""

    position: int
    values: Mapping[str, ReadValue] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        """True when nobody wrote anything here."""
        return not any(self.raw.values()) and all(value is None for value in self.values.values())


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One record: a line, a terminal, or the hospital itself (sheet "basic": one row, `number` 1).

    `number` is 回線n or No.n as the sheet says, None when it does not; `row_id` is what the hidden column holds.
    `label_cell` is where the number stands ("A7"), "" when nowhere: whole-row problems point there.
    """

    number: int | None = None
    row_id: str | None = None
    values: Mapping[str, ReadValue] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[ReadPart, ...] = ()
    label_cell: str = ""

    @property
    def is_blank(self) -> bool:
        """True when nobody wrote anything: an empty row of the form, even when it carries a number or a row id."""
        return (
            not any(self.raw.values())
            and all(value is None for value in self.values.values())
            and all(part.is_blank for part in self.parts)
        )


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """One sheet as found. `title` is its name in the file; `columns` maps the column keys found to the heading's cell.

    `rows` are in the order of the file, blank ones may be among them. For a repeating group `columns` holds each key
    once, from its first repetition. `pictures` counts images on the sheet, None when the reader could not tell.
    """

    key: str
    title: str
    rows: tuple[ReadRow, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    pictures: int | None = None

    def filled_rows(self) -> Iterator[ReadRow]:
        """Yield the rows in which somebody wrote something."""
        return (row for row in self.rows if not row.is_blank)


@dataclass(frozen=True, slots=True)
class ReadBook:
    """A whole workbook as read. A sheet that the file lacks is absent from `sheets`."""

    edition: str
    sheets: tuple[ReadSheet, ...] = ()
    hospital_code: str | None = None
    """What the hidden sheet of a prefilled workbook says."""

    def sheet(self, key: str) -> ReadSheet | None:
        """Return the sheet with `key`, or None when the file lacks it."""
        return next((sheet for sheet in self.sheets if sheet.key == key), None)

    def rows(self, key: str) -> tuple[ReadRow, ...]:
        """Return the filled rows of the sheet with `key`; none when the file lacks it."""
        sheet = self.sheet(key)
        return tuple(sheet.filled_rows()) if sheet else ()
