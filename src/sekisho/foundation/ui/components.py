"""What components show, as plain values. Views make them, the templates in `templates/ui` draw them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.utils.functional import Promise

from sekisho.foundation.ui.statuses import Status

Words = str | Promise
"""Text for a reader, already translated or still to be."""


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the navigation. `count` is shown beside it when it is not zero (things that wait for the reader)."""

    label: Words
    url: str
    current: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True)
class NextThing:
    """The one thing to do next: what, until when, why, and the one button. `due` None means no date is set."""

    what: Words
    why: Words
    action: Words
    url: str
    due: date | None = None
    status: Status = Status.INFO


@dataclass(frozen=True, slots=True)
class Step:
    """One step on a way. A step with `url` can be opened."""

    label: Words
    state: Literal["done", "current", "todo"]
    url: str = ""
    note: Words = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """One view of the same record; each has its own address."""

    label: Words
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after. "" is an empty field."""

    label: Words
    before: str
    after: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class DiffRow:
    """What an upload would do with one record. `missing`: it stands in the register but not in the file; it stays."""

    kind: Literal["new", "changed", "unchanged", "missing"]
    label: str
    changes: Sequence[FieldChange] = ()
    place: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a record: value, where it comes from and when it was learnt. `status` marks what needs care.

    `value` is an answer of `sekisho.domain.facts`: a value, `Unknown`, or None when nobody has answered.
    """

    label: Words
    value: object
    source: Words = ""
    on: date | datetime | None = None
    status: Status | None = None
    note: Words = ""
    edit_url: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that a record still lacks, why it matters, and where to give it."""

    what: Words
    why: Words
    url: str = ""
    status: Status = Status.UNANSWERED


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Who changed what, when, and from what to what."""

    at: datetime
    by: str
    what: Words
    changes: Sequence[FieldChange] = ()


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file that belongs to a record."""

    name: str
    url: str
    size_bytes: int
    at: datetime | None = None
    by: str = ""
    kind: Words = ""


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One check of a hand-in gate. `accepted` is the reason why a warning was let pass, "" when it was not."""

    kind: Literal["blocker", "warning", "passed"]
    what: Words
    how: Words = ""
    url: str = ""
    accepted: Words = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Two numbers for progress: of `total` questions, `answered` have an answer and `satisfied` a good one."""

    answered: int
    satisfied: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.satisfied <= self.answered <= self.total:
            raise ValueError(f"Not 0 <= {self.satisfied} <= {self.answered} <= {self.total}.")


@dataclass(frozen=True, slots=True)
class Record:
    """What the record page shows beside its own content."""

    facts: Sequence[Fact] = ()
    missing: Sequence[Missing] = ()
    history: Sequence[HistoryEntry] = ()
    files: Sequence[FileEntry] = ()
