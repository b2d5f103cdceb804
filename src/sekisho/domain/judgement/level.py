"""Network security level 1 to 3 from three controls: outside connections, storage media, inside network.

Source: FY2023 research report, figure 5 (level table). The engine that proves the predicates from device
configurations replaces their declared inputs later; the rule ids stay.
"""

from dataclasses import dataclass
from enum import Enum

from sekisho.domain.judgement.verdict import Missing, PredicateVerdict
from sekisho.domain.text import Text


class Control(Enum):
    """The three columns of the level table."""

    EXTERNAL = "external"
    MEDIA = "media"
    INTERNAL = "internal"


class Grade(Enum):
    """How far a control is in place: × / △ / ○ / ?."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ControlVerdict:
    """One control with the predicates that gave its grade.

    `at_least` is what the known facts prove, `at_most` what remains possible (NONE, PARTIAL or FULL, never UNKNOWN);
    `grade` is their common value, UNKNOWN while they differ.
    """

    control: Control
    grade: Grade
    predicates: tuple[PredicateVerdict, ...]
    at_least: Grade = Grade.NONE
    at_most: Grade = Grade.FULL


@dataclass(frozen=True, slots=True)
class LevelVerdict:
    """The level that the known facts prove, and how far it could rise if every unknown turned out well.

    `level` is 1, 2 or 3; `best_possible` >= `level`; equal when no unknown matters. `urgent` is True when the
    medical network is not separated from the internet (shown as 要緊急確認 beside level 1). `nearest_miss` holds
    the predicates that stand between the hospital and `level + 1`, least effort first; () at level 3. `notes` are
    things about the level that a reader would otherwise ask.
    """

    level: int
    best_possible: int
    urgent: bool
    controls: tuple[ControlVerdict, ...]
    nearest_miss: tuple[PredicateVerdict, ...]
    rules_version: str
    notes: tuple[Text, ...] = ()

    @property
    def missing(self) -> tuple[Missing, ...]:
        """Return every fact that nobody has given yet, each once, in the order of the controls."""
        found = (missing for control in self.controls for verdict in control.predicates for missing in verdict.missing)
        return tuple({missing.fact: missing for missing in found}.values())

    def control(self, control: Control) -> ControlVerdict:
        """Return the verdict on `control`."""
        return next(verdict for verdict in self.controls if verdict.control is control)
