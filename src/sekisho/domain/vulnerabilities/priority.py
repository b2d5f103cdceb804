"""What to do first: a level with its reasons, from exploitation, exposure, likelihood, severity and what lies behind."""

from enum import IntEnum

from sekisho.domain.text import Text
from sekisho.domain.tri import Tri
from sekisho.domain.values import dataclass


class Urgency(IntEnum):
    """How soon to act. 1 is first."""

    NOW = 1
    SOON = 2
    PLANNED = 3
    WATCHED = 4
    NONE = 9


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the product stands. `exposed`: reachable from outside over this line; `reach`: how many nodes an intruder on
    the device reaches behind it, `critical` of them critical to care; None is unknown (no network was described)."""

    exposed: Tri = Tri.UNKNOWN
    reach: int | None = None
    critical: int | None = None


@dataclass(frozen=True, slots=True)
class Priority:
    """The level, and why it is that, the weightiest reason first."""

    urgency: Urgency
    reasons: tuple[Text, ...] = ()
