"""On-site observations as plain values: unlisted terminators, and the state of the surveyed PCs."""

from dataclasses import dataclass
from datetime import date

from sekisho.domain.facts import Answer


@dataclass(frozen=True, slots=True)
class Sighting:
    """A line terminator seen on site. `line_number` ties it to a line of the register; None when no list has it."""

    number: int
    kind: Answer[str]
    location: str
    line_number: int | None = None
    photo: str = ""
    remarks: str = ""


@dataclass(frozen=True, slots=True)
class TerminalState:
    """What was read on one surveyed PC. `number` is its number in the register."""

    number: int
    host_name: Answer[str] = None
    os_name: Answer[str] = None
    os_state: Answer[str] = None
    antivirus: Answer[str] = None
    signature_on: date | None = None
    usb_storage: Answer[str] = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class SurveyObservations:
    """All observations of one survey. `surveyed_on` is None when no survey has taken place yet."""

    surveyed_on: date | None = None
    sightings: tuple[Sighting, ...] = ()
    terminals: tuple[TerminalState, ...] = ()
