"""Where the facts behind a verdict come from, and which source is believed: proven before observed before declared.

A hospital declares; a survey observes; an engine proves from device configurations. A source answers only what it
knows and stays silent otherwise, so that a higher one never hides what a lower one knows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from sekisho.domain.facts import Answer, is_known
from sekisho.domain.judgement.declarations import Declarations
from sekisho.domain.survey.observations import SurveyObservations, TerminalState
from sekisho.domain.text import Text


class Basis(Enum):
    """What an answer stands on, strongest first."""

    PROVEN = "proven"
    OBSERVED = "observed"
    DECLARED = "declared"

    @property
    def rank(self) -> int:
        """Return 0 for the strongest."""
        return list(Basis).index(self)


@dataclass(frozen=True, slots=True)
class FactReading:
    """What one source says of one fact. `value` is an option code; `witness` the exact place it was seen."""

    value: Answer[str]
    basis: Basis
    source: Text
    witness: str = ""
    remark: str = ""


class FactSource(Protocol):
    """Anything that can answer facts of the level catalogue."""

    def reading(self, fact: str) -> FactReading | None:
        """Return what the source says of `fact`, None when it says nothing."""
        ...


@dataclass(frozen=True, slots=True)
class DeclaredFacts:
    """What the hospital says of itself."""

    declarations: Declarations

    def reading(self, fact: str) -> FactReading | None:
        """Return the hospital's own answer, None when it gave none."""
        declared = self.declarations.of(fact)
        if declared.value is None:
            return None
        source = Text(declared.source or "病院の回答", declared.source or "The hospital's answer")
        return FactReading(declared.value, Basis.DECLARED, source, remark=declared.remark)


USB_OPEN = "unrestricted"
USB_BARRED = frozenset({"blocked", "read_only", "allowed_only"})


@dataclass(frozen=True, slots=True)
class ObservedFacts:
    """What an on-site survey disproves. Five PCs and one walk never prove that all is well, so it confirms nothing.

    `listed` are the numbers of the register's lines: a sighting that names no line, or one that is not there, is
    unlisted.
    """

    survey: SurveyObservations = field(default_factory=SurveyObservations)
    listed: frozenset[int] = frozenset()

    def reading(self, fact: str) -> FactReading | None:
        """Return an answer when something seen on site decides `fact`."""
        if fact == "lines_checked":
            return self._unlisted_terminators()
        if fact == "usb_enforced":
            return self._open_usb()
        return None

    def _unlisted_terminators(self) -> FactReading | None:
        unlisted = [sighting for sighting in self.survey.sightings if sighting.line_number not in self.listed]
        if not unlisted:
            return None
        places = "、".join(sighting.location or f"No.{sighting.number}" for sighting in unlisted)
        source = Text(
            f"現地調査：一覧にない回線終端装置 {len(unlisted)}台",
            f"On-site survey: {len(unlisted)} unlisted terminators",
        )
        return FactReading("no", Basis.OBSERVED, source, places)

    def _open_usb(self) -> FactReading | None:
        unbarred = [pc for pc in self.survey.terminals if pc.usb_storage == USB_OPEN]
        if not unbarred:
            return None
        is_barred_elsewhere = any(pc.usb_storage in USB_BARRED for pc in self.survey.terminals if _usb_is_known(pc))
        source = Text(
            f"現地調査：USBメモリを使えたPC {len(unbarred)}台",
            f"On-site survey: {len(unbarred)} PCs that take USB sticks",
        )
        witness = "、".join(f"No.{pc.number}" for pc in unbarred)
        return FactReading("partly" if is_barred_elsewhere else "no", Basis.OBSERVED, source, witness)


def _usb_is_known(terminal: TerminalState) -> bool:
    return is_known(terminal.usb_storage)


def readings_of(fact: str, sources: Iterable[FactSource]) -> tuple[FactReading, ...]:
    """Return what every source says of `fact`, the one to believe first.

    A known answer is believed before any "unknown", then the stronger basis, then the earlier source.
    """
    given = [reading for source in sources if (reading := source.reading(fact)) is not None]
    return tuple(sorted(given, key=lambda reading: (not is_known(reading.value), reading.basis.rank)))
