"""The survey report as plain values: sections of paragraphs, points, tables and pictures, each text in both languages.

Nothing here knows PDF, DOCX or XLSX; every adapter prints the same values, so that no format says more or less than
another. A report is frozen data (`frozen.py`): printed again later from its stored form, it is the same report.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import TypeAlias

from sekisho.domain.text import Text


class Mark(Enum):
    """How a reader should take a value. Printed as a shape, a word and a colour, never as a colour alone."""

    BAD = "bad"
    CAUTION = "caution"
    UNKNOWN = "unknown"
    GOOD = "good"
    OUT_OF_SCOPE = "out_of_scope"


def same(value: object) -> Text:
    """Return `value` as a text that reads the same in both languages (a name, an address, an identifier)."""
    return Text(str(value), str(value))


NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table. `value` is the typed value behind the text, for formats that have types (XLSX)."""

    text: Text
    mark: Mark | None = None
    value: int | date | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `width` is its share of the table's width, in any unit.

    The first line of each cell stands out when `has_lead` (a title above its explanation).
    """

    heading: Text
    width: float
    has_lead: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `empty` is what stands in its place when there is no row: why, and what to do.

    `id` is unique in the report and names the sheet of an XLSX.
    """

    id: str
    caption: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: Text
    note: Text = NOTHING


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a record and its answer; `is_answered` is False when nobody has answered."""

    label: Text
    text: Text
    is_answered: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """One thing with all that is known of it. `number` and `key` are what people call it（回線3, CAF0000003）."""

    number: int
    key: Text
    title: Text
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Records:
    """Every value of many things, each under its own title. An XLSX prints one row per record."""

    id: str
    caption: Text
    key_heading: Text
    records: tuple[Record, ...]
    empty: Text


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of running text."""

    text: Text


@dataclass(frozen=True, slots=True)
class Subheading:
    """A heading inside a section, listed among the bookmarks."""

    text: Text


@dataclass(frozen=True, slots=True)
class Point:
    """One entry of a list."""

    text: Text
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Points:
    """A short list under an optional question."""

    heading: Text
    items: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Callout:
    """A framed message that must not be overlooked."""

    mark: Mark
    title: Text
    body: Text


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a whole: how many, and what they have in common."""

    label: Text
    count: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class LevelChart:
    """The small picture of page one: the three steps of the level, and the lines by what is known of them."""

    name: str
    caption: Text
    alternative: Text
    level: int
    best_possible: int
    shares: tuple[Share, ...]
    unit: Text


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing that the caller hands in under `name`, on a page of its own. `missing` is said when it does not."""

    name: str
    caption: Text
    alternative: Text
    missing: Text


Block: TypeAlias = Paragraph | Subheading | Points | Callout | Table | Records | LevelChart | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report with its heading; an annex follows the sections that everybody reads."""

    id: str
    heading: Text
    blocks: tuple[Block, ...]
    is_annex: bool = False


@dataclass(frozen=True, slots=True)
class RulesVersion:
    """A set of rules and the version that was used, so that a verdict can be followed later."""

    name: Text
    version: str


@dataclass(frozen=True, slots=True)
class ReportIssue:
    """One issue of the report. `number` counts from 1（版）; `issued_at` is aware; `issued_by` a person, "" if none."""

    number: int
    issued_at: datetime
    issued_by: str = ""


@dataclass(frozen=True, slots=True)
class SurveyReport:
    """Everything a survey report says. `issue` is None while it is a draft.

    `code` is the facility code（施設コード）, `assessed_at` the aware time of the judgement.
    """

    code: str
    title: Text
    hospital: Text
    surveyed_on: date | None
    assessed_at: datetime
    issue: ReportIssue | None
    rules: tuple[RulesVersion, ...]
    sections: tuple[Section, ...]

    @property
    def tables(self) -> Iterator[Table]:
        """Yield every table in the order of the report."""
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Table):
                    yield block

    def table(self, table_id: str) -> Table:
        """Return the table with `table_id`.

        Raises:
            KeyError: no such table.
        """
        for table in self.tables:
            if table.id == table_id:
                return table
        raise KeyError(table_id)

    def section(self, section_id: str) -> Section:
        """Return the section with `section_id`.

        Raises:
            KeyError: no such section.
        """
        for section in self.sections:
            if section.id == section_id:
                return section
        raise KeyError(section_id)

    @property
    def dated_at(self) -> datetime:
        """Return the time that the printed report carries: that of its issue, else that of the judgement."""
        return self.issue.issued_at if self.issue else self.assessed_at
