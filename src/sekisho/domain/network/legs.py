"""A way through the network as values: where it goes, what it crosses, and what is not known of it."""

from dataclasses import dataclass
from enum import Enum

from sekisho.domain.network.filtering import Crossing
from sekisho.domain.network.model import SourceNat


class Unsure(Enum):
    """Why a way cannot be followed for sure."""

    FILTERS_UNKNOWN = "filters-unknown"
    """The device's configuration is missing."""
    GATEWAY_UNKNOWN = "gateway-unknown"
    """Several devices touch the segment and none is named as its gateway."""
    NEXT_HOP_UNKNOWN = "next-hop-unknown"
    """The next hop lies in a known segment but belongs to no known device."""
    ROUTES_UNKNOWN = "routes-unknown"
    """The device may have routes or interfaces that are not known."""
    TERMINATION_UNKNOWN = "termination-unknown"
    """Nobody knows where the line ends."""
    PLACE_UNKNOWN = "place-unknown"
    """The node's address lies in no known segment."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason to be unsure, and what it is about: a device, a segment, a line, a node or an address."""

    why: Unsure
    what: str


@dataclass(frozen=True, slots=True)
class Met:
    """A rule set met on the way, as whom the sender is seen there: a class position, or -1 for itself."""

    crossing: Crossing
    sender: int = -1


@dataclass(frozen=True, slots=True)
class Hop:
    """One device on the way."""

    device: str
    entering: str
    leaving: str


@dataclass(frozen=True, slots=True)
class Leg:
    """Destinations that share one way.

    `alias` is -1, else the position of the outside address that was dialled for them: rule sets up to `mapped_after`
    saw that address, and the service that the static NAT forwards.
    """

    destinations: int
    met: tuple[Met, ...] = ()
    hops: tuple[Hop, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    alias: int = -1
    mapped_after: int = 0
    is_alternative: bool = False
    """One of several equal routes: nobody knows which is taken, so only what all of them agree on is sure."""
    is_dead: bool = False
    """An alternative by which the destinations are not reached at all."""
    fan: "Fanned | None" = None
    """Many exits of the last device taken as one; `met` lacks the rule sets of the exits themselves."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a set of destinations has come so far."""

    device: str
    entering: str
    destinations: int
    met: tuple[Met, ...] = ()
    hops: tuple[Hop, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    sender: int = -1
    visited: frozenset[str] = frozenset()
    alias: int = -1
    mapped_after: int = 0
    is_alternative: bool = False
    sees_outer: bool = False
    """The filters on the interface of entry look at the packet before its address is mapped."""


@dataclass(frozen=True, slots=True)
class Fanned:
    """How a way ends that leaves the last device by any of `exits` (interface, destinations): from where and as whom."""

    walk: Walk
    exits: tuple[tuple[str, int], ...]
    masked: tuple[SourceNat, ...]
