"""The shape of 別紙2-1: sheets, columns, options, and the conditional rules between columns.

The catalogue (`catalogue/workbook/`) fills these types; the web form, the Excel pull-downs, the instructions printed
in the sheet and the server's checks are all made from them, so that none can contradict another.
"""

from enum import Enum

from sekisho.domain.text import Text
from sekisho.domain.values import dataclass


class Kind(Enum):
    """What a cell holds, and so how it is read and normalised."""

    TEXT = "text"
    CHOICE = "choice"
    OPEN_CHOICE = "open_choice"
    """A pull-down that also takes free text."""
    INTEGER = "integer"
    YEAR = "year"
    GLOBAL_ADDRESS = "global_address"
    """A public IPv4 or IPv6 address, no prefix length."""
    INTERFACE_ADDRESS = "interface_address"
    """A host address, with or without a prefix length (192.168.1.131/24)."""
    HOST_NAME = "host_name"
    FQDN = "fqdn"
    POSTAL_CODE = "postal_code"
    PHONE = "phone"
    EMAIL = "email"
    KANA = "kana"


class Need(Enum):
    """How much a column is asked for."""

    REQUIRED = "required"
    CONDITIONAL = "conditional"
    """Required only where a rule of the sheet says so."""
    RECOMMENDED = "recommended"
    """Blank gives a warning, never an error."""
    OPTIONAL = "optional"
    OFFICE = "office"
    """Filled by the secretariat."""


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a pull-down. `spellings` are other ways in which people write it."""

    code: str
    label: Text
    spellings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One question of a sheet. `headings` are the other headings under which older editions and people print it."""

    key: str
    heading: Text
    kind: Kind
    need: Need
    help: Text
    options: tuple[Option, ...] = ()
    example: str = ""
    headings: tuple[str, ...] = ()
    unknown_allowed: bool = True
    unknown_needs_reason: bool = False
    """An unknown without its reason gives a warning."""
    max_length: int = 200
    band: Text | None = None
    """The printed heading over a run of neighbouring columns（調査希望, 脆弱性診断当日記入欄 ...）."""
    minimum: int | None = None
    maximum: int | None = None
    """Bounds of INTEGER and YEAR, both included."""

    def option(self, code: object) -> Option | None:
        """Return the option with `code`, or None."""
        return next((option for option in self.options if option.code == code), None)


def circled(number: int) -> str:
    """Return `number` as printed after 装置: ① to ⑳, then plain figures in brackets."""
    return chr(0x2460 + number - 1) if 1 <= number <= 20 else f"({number})"


class Severity(Enum):
    """An error holds the row back; a warning lets it pass and is shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Condition:
    """True when the answer of `column` is one of `values`. The value "*" means any answer, "" means unanswered."""

    column: str
    values: tuple[str, ...]


class Demand(Enum):
    """What a rule asks of its column once its conditions hold."""

    FILLED = "filled"
    """A value or an explicit unknown."""
    EMPTY = "empty"
    ONE_OF = "one_of"
    NOTE = "note"
    """Asks nothing; tells the person something they should know."""


@dataclass(frozen=True, slots=True)
class Rule:
    """If every condition holds then `column` must meet `demand`.

    `instruction` is the sentence printed for the person who fills the sheet; `message` is said when the rule is
    broken. Both take `{heading}` and `{value}`.
    """

    id: str
    when: tuple[Condition, ...]
    column: str
    demand: Demand
    values: tuple[str, ...]
    severity: Severity
    instruction: Text
    message: Text
    source: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. `layout` is "form" (label beside value) or "table" (one row per record)."""

    key: str
    title: Text
    layout: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...] = ()
    titles: tuple[str, ...] = ()
    """Other names under which people keep this sheet."""
    rows: int | None = None
    """How many records are asked for; None when any number."""
    group: tuple[Column, ...] = ()
    """Columns that repeat: per network device（装置①, 装置② ...） on "lines", per contact（担当者1 ...） on "basic"."""
    group_blocks: int = 0
    """How many repetitions a blank workbook offers; reading takes any number."""
    row_label: Text | None = None
    """How a record is called in the first column（回線{number}）; None for a form."""
    blank_rows: int = 0
    """How many empty records a blank workbook offers."""
    waived_when: tuple[Condition, ...] = ()
    """When all hold, a blank required column is no problem: the record is out of scope."""

    def column(self, key: str) -> Column:
        """Return the column with `key`, of the sheet or of its repeating group.

        Raises:
            KeyError: no such column.
        """
        for column in (*self.columns, *self.group):
            if column.key == key:
                return column
        raise KeyError(key)


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of the whole workbook, e.g. 1.0."""

    name: str
    issued_on: str
    title: Text
    sheets: tuple[Sheet, ...]
    credential_titles: tuple[str, ...]
    """Sheet names that mean accounts and passwords: dropped on reading, never stored."""
    credential_headings: tuple[str, ...]
    """Column headings that mean an account or a password wherever they stand."""
    unknown_words: tuple[str, ...]
    """What people write for "I do not know"."""
    blank_words: tuple[str, ...] = ()
    """What people write for "nothing to write here"（入力不要, —, 該当なし）: read as unanswered, unless an option says so."""
    clear_words: tuple[str, ...] = ()
    """What a person writes to empty a value that the register knows（（削除））: read as `rows.CLEARED`."""
    example_words: tuple[str, ...] = ("記入例",)
    """What the first cell of the printed example row says; such a row is no record."""
    group_titles: tuple[tuple[str, Text], ...] = ()
    """By sheet key, how one repetition of its group is printed（装置{position}, 担当者{position}）."""

    def group_title(self, sheet_key: str, position: int) -> Text:
        """Return how repetition `position` (from 1) of the sheet's group is called."""
        return dict(self.group_titles)[sheet_key].filled(position=position, circled=circled(position))

    def sheet(self, key: str) -> Sheet:
        """Return the sheet with `key`.

        Raises:
            KeyError: no such sheet.
        """
        for sheet in self.sheets:
            if sheet.key == key:
                return sheet
        raise KeyError(key)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, with where it is, which rule says so and how to mend it.

    `cell` is "M12", or "" for a whole sheet; `row` is the record's number (回線3 -> 3), None outside tables.
    """

    sheet: str
    cell: str
    rule: str
    severity: Severity
    message: Text
    value: str = ""
    column: str = ""
    row: int | None = None
