"""Which backup copies outlive an attack, and how many days of data are lost where one does.

A copy is lost when the node it lies on falls, or when the intruder holds the credentials that rule it. It survives when
no way leads there, when its medium is out of the drive, or when it cannot be changed for as long as an intruder may
have been inside. The worst moment is assumed: the link of a timed copy is up, the only tape is in the drive.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from sekisho.domain.network.model import BackupCopy, Connect, Network
from sekisho.domain.network.spread import Spread
from sekisho.domain.tri import Tri, any_of

DWELL_DAYS = 14
"""How long an intruder is assumed to be inside unnoticed, unless a hospital sets another figure."""


class Because(Enum):
    """Why a copy survives, is lost, or nobody can tell."""

    NOT_REACHED = "not-reached"
    DETACHED = "detached"
    UNCHANGEABLE = "unchangeable"
    PLACE_FALLS = "place-falls"
    PLACE_MAY_FALL = "place-may-fall"
    PLACE_UNKNOWN = "place-unknown"
    ONLY_GENERATION = "only-generation"
    GENERATIONS_UNKNOWN = "generations-unknown"
    LINK_MAY_BE_UP = "link-may-be-up"
    UNCHANGEABLE_TOO_SHORT = "unchangeable-too-short"
    CONNECT_UNKNOWN = "connect-unknown"
    CREDENTIALS_HELD = "credentials-held"


@dataclass(frozen=True, slots=True)
class CopyFate:
    """What becomes of one copy in one attack. `days_lost` is the most that is lost when it is restored, None unknown."""

    copy: BackupCopy
    entry: str
    survives: Tri
    because: Because
    days_lost: float | None = None


@dataclass(frozen=True, slots=True)
class SystemFate:
    """One backed-up node over all its copies in one attack. `days_lost` is that of the best surviving copy."""

    node: str
    entry: str
    falls: Tri
    survives: Tri
    copies: tuple[CopyFate, ...]
    days_lost: float | None = None

    @property
    def restorable(self) -> Tri | None:
        """Return whether the system can be brought back; None when it does not fall.

        One that only may fall and has no copy is unknown, not lost: a definite loss would claim that it falls.
        """
        if self.falls is Tri.NO:
            return None
        return self.survives if Tri.YES in (self.falls, self.survives) else Tri.UNKNOWN


def fate_of(copy: BackupCopy, spread: Spread, network: Network, *, dwell_days: int = DWELL_DAYS) -> CopyFate:
    """Return what becomes of a copy in an attack."""
    survives, because = _judged(copy, spread, network, dwell_days)
    days = copy.interval_hours / 24 if copy.interval_hours is not None and survives is not Tri.NO else None
    return CopyFate(copy, spread.entry.id, survives, because, days)


def _judged(copy: BackupCopy, spread: Spread, network: Network, dwell_days: int) -> tuple[Tri, Because]:
    is_placed = copy.on is not None and spread.knows(copy.on)
    place = spread.fallen(copy.on) if copy.on is not None and is_placed else Tri.UNKNOWN
    held = _is_held(copy, spread)
    attacked = place | held
    if attacked is Tri.NO:
        return Tri.YES, Because.NOT_REACHED
    if attacked is not place:
        return _protected(copy, attacked, Because.CREDENTIALS_HELD, dwell_days)
    if not is_placed:
        return _protected(copy, place, Because.PLACE_UNKNOWN, dwell_days)
    because = Because.PLACE_FALLS if place is Tri.YES else Because.PLACE_MAY_FALL
    return _protected(copy, place, because, dwell_days)


def _protected(copy: BackupCopy, attacked: Tri, because: Because, dwell_days: int) -> tuple[Tri, Because]:
    """Return what the kind of medium makes of an attack on its place."""
    lost = Tri.NO if attacked is Tri.YES else Tri.UNKNOWN
    if copy.connect is Connect.MANUAL_EJECT:
        if copy.generations is None:
            return Tri.UNKNOWN, Because.GENERATIONS_UNKNOWN
        return (Tri.YES, Because.DETACHED) if copy.generations > 1 else (lost, Because.ONLY_GENERATION)
    if copy.connect is Connect.IMMUTABLE:
        if copy.immutable_days >= dwell_days:
            return Tri.YES, Because.UNCHANGEABLE
        return Tri.UNKNOWN, Because.UNCHANGEABLE_TOO_SHORT
    if copy.connect is Connect.TIMED_LINK:
        return Tri.UNKNOWN, Because.LINK_MAY_BE_UP
    if copy.connect is Connect.UNKNOWN:
        return Tri.UNKNOWN, Because.CONNECT_UNKNOWN
    return lost, because


def _is_held(copy: BackupCopy, spread: Spread) -> Tri:
    """Return whether the intruder holds credentials of the copy at the end."""
    if spread.held_surely & set(copy.credentials):
        return Tri.YES
    return Tri.UNKNOWN if spread.held_maybe & set(copy.credentials) else Tri.NO


def credentials_giver(copy: BackupCopy, spread: Spread, network: Network) -> str | None:
    """Return who gives away the credentials of a copy: "" the entry itself, a line of the same company, or a node.

    None when they are not surely held.
    """
    if _is_held(copy, spread) is not Tri.YES:
        return None
    wanted = set(copy.credentials)
    holders = [line for line in network.lines if wanted & set(line.credentials)]
    own = next((line for line in network.lines if line.id == spread.entry.id), None)
    if own is not None and own in holders:
        return ""
    for line in holders if own is not None and own.vendor else ():
        if own is not None and line.vendor == own.vendor and line.source.overlaps(own.source):
            return line.id
    nodes = {node.id for node in network.nodes if wanted & set(node.credentials)}
    return next((node for node in spread.surely if node in nodes), "")


def fates(network: Network, spread: Spread, *, dwell_days: int = DWELL_DAYS) -> tuple[SystemFate, ...]:
    """Return every backed-up or critical node in one attack: those without a surviving copy first, critical ones first.

    A critical node (2 or more) without any copy appears with none.
    """
    copies: dict[str, list[CopyFate]] = {
        node.id: [] for node in network.nodes if node.critical >= _CRITICAL and node.role not in _KEEPS_NO_DATA
    }
    for copy in network.backups:
        copies.setdefault(copy.of, []).append(fate_of(copy, spread, network, dwell_days=dwell_days))
    critical = {node.id: node.critical for node in network.nodes if node.id in copies}
    found = [_system(node, spread, tuple(its_copies)) for node, its_copies in copies.items()]
    return tuple(sorted(found, key=lambda fate: (_worst_first(fate), -critical.get(fate.node, 0), fate.node)))


def _system(node: str, spread: Spread, copies: tuple[CopyFate, ...]) -> SystemFate:
    survives = any_of(copy.survives for copy in copies)
    kept = [copy.days_lost for copy in copies if copy.survives is Tri.YES]
    known = [days for days in kept if days is not None]
    days = min(known) if known and len(known) == len(kept) else None
    return SystemFate(node, spread.entry.id, spread.fallen(node), survives, copies, days)


def _worst_first(fate: SystemFate) -> tuple[int, int]:
    order = {Tri.NO: 0, Tri.UNKNOWN: 1, Tri.YES: 2}
    falls = {Tri.YES: 0, Tri.UNKNOWN: 1, Tri.NO: 2}
    return order[fate.survives], falls[fate.falls]


def without_surviving_copy(all_fates: Iterable[SystemFate]) -> list[str]:
    """Return the nodes that fall and of which, in some attack, no copy surely survives, each once."""
    lost = (fate.node for fate in all_fates if fate.falls is not Tri.NO and fate.survives is not Tri.YES)
    return list(dict.fromkeys(lost))


_CRITICAL = 2
_KEEPS_NO_DATA = frozenset({"backup", "modality", "pc", "thin-client", "hypervisor", "gateway"})
