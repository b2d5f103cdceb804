"""What was open when: every port that ever answered at one place, over all looks at it.

Five answers, for "not asked" and "no telling" are not "shut" (`Glimpse`). Looks without a time come first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from sekisho.domain.diagnosis.results import AddressScan, ObservedPort
from sekisho.domain.text import Text


class Glimpse(Enum):
    """What one look tells of one port. A word and a shape."""

    OPEN = "open"
    SHUT = "shut"
    UNCLEAR = "unclear"
    NOT_ASKED = "not_asked"

    @property
    def word(self) -> Text:
        """Return the word that screens and reports print."""
        return _WORDS[self]

    @property
    def shape(self) -> str:
        """Return the sign that stands before the word."""
        return {"open": "●", "shut": "○", "unclear": "？", "not_asked": "－"}[self.value]


_WORDS = {
    Glimpse.OPEN: Text("開いている", "open"),
    Glimpse.SHUT: Text("閉じている", "shut"),
    Glimpse.UNCLEAR: Text("分からない", "cannot tell"),
    Glimpse.NOT_ASKED: Text("調べていない", "not asked"),
}


@dataclass(frozen=True, slots=True)
class PortLife:
    """One port over all looks: `seen` in their order, each with what answered ("" where nothing did).

    `first_open_at` and `last_open_at` are the first and last look that saw it open, None when that look has no time.
    """

    protocol: str
    port: int
    seen: tuple[tuple[Glimpse, str], ...]
    first_open_at: datetime | None
    last_open_at: datetime | None

    @property
    def name(self) -> str:
        """Return "443/tcp"."""
        return f"{self.port}/{self.protocol}"

    @property
    def now(self) -> Glimpse:
        """Return what the last look tells that asked this port at all."""
        told = [glimpse for glimpse, _ in self.seen if glimpse is not Glimpse.NOT_ASKED]
        return told[-1] if told else Glimpse.NOT_ASKED

    @property
    def is_open(self) -> bool:
        """Return True until a look has shown that it is shut: one that cannot tell changes nothing."""
        decided = [glimpse for glimpse, _ in self.seen if glimpse in {Glimpse.OPEN, Glimpse.SHUT}]
        return decided[-1] is Glimpse.OPEN


def glimpse_of(scan: AddressScan, protocol: str, number: int) -> Glimpse:
    """Return what `scan` tells of one port. Silence shuts a TCP port only where the scan shows that it missed nothing."""
    port = scan.port(protocol, number)
    if port is not None and port.state in {"open", "closed"}:
        return Glimpse.OPEN if port.state == "open" else Glimpse.SHUT
    if not scan.was_asked(protocol, number):
        return Glimpse.NOT_ASKED
    if scan.is_undecided(protocol, number) or not (scan.is_complete and scan.is_up):
        return Glimpse.UNCLEAR
    return Glimpse.SHUT


def port_history(scans: Sequence[AddressScan]) -> tuple[PortLife, ...]:
    """Return every port that was ever open in `scans` (in the order of time), TCP first, by number."""
    ever = sorted({(port.protocol, port.port) for scan in scans for port in scan.open_ports})
    return tuple(_life(scans, protocol, number) for protocol, number in ever)


def standing_scan(scans: Sequence[AddressScan]) -> AddressScan:
    """Return all looks at one place (in the order of time, at least one) as one: the ports that are open by the last look
    that asked each, and what the last look says of the rest. A look at one port alone does not hide the others.
    """
    last = scans[-1]
    open_now = [life for life in port_history(scans) if life.is_open]
    return replace(
        last,
        is_up=any(scan.is_up for scan in scans),
        is_complete=any(scan.is_complete for scan in scans),
        ports=tuple(_last_seen(scans, life) for life in open_now),
        covered=tuple(dict.fromkeys(covered for scan in scans for covered in scan.covered)),
    )


def _last_seen(scans: Sequence[AddressScan], life: PortLife) -> ObservedPort:
    seen = [
        port for scan in scans for port in scan.open_ports if (port.protocol, port.port) == (life.protocol, life.port)
    ]
    return seen[-1]


def _life(scans: Sequence[AddressScan], protocol: str, number: int) -> PortLife:
    seen = tuple((glimpse_of(scan, protocol, number), _answer(scan.port(protocol, number))) for scan in scans)
    open_at = [scan.started_at for scan, (glimpse, _) in zip(scans, seen, strict=True) if glimpse is Glimpse.OPEN]
    return PortLife(protocol, number, seen, open_at[0], open_at[-1])


def _answer(port: ObservedPort | None) -> str:
    if port is None or port.state != "open":
        return ""
    return " ".join(part for part in (port.product, port.version) if part) or port.service
