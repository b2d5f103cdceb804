"""What the names in a firewall's rules stand for, whichever vendor's: sets of numbers, and how sure they are."""

from collections.abc import Iterable
from dataclasses import dataclass

from sekisho.domain.network.addresses import address_number
from sekisho.domain.network.ranges import EMPTY, Ranges, Span
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE

MOST_DEPTH = 60
"""Groups inside groups; deeper ones are taken for groups that contain themselves."""
_MOST_WILDCARD_SPANS = 4096


@dataclass(frozen=True, slots=True)
class Found:
    """What a name stands for: numbers, whether that is exactly it (else at most), and names nobody defined."""

    ranges: Ranges
    is_exact: bool = True
    unknown: tuple[str, ...] = ()

    @classmethod
    def together(cls, parts: Iterable["Found"]) -> "Found":
        """Return what several names stand for together; each undefined name once."""
        spans: list[Span] = []
        is_exact, unknown = True, dict[str, None]()
        for part in parts:
            spans.extend(part.ranges.spans)
            is_exact = is_exact and part.is_exact
            unknown |= dict.fromkeys(part.unknown)
        return cls(Ranges.of(spans), is_exact, tuple(unknown))

    @classmethod
    def undefined(cls, name: str) -> "Found":
        """Return what a name stands for that nobody defined."""
        return cls(EMPTY, False, (name,))


@dataclass(frozen=True, slots=True)
class FoundServices:
    """Destination services by the source ports they come from, whether that is exactly it, and undefined names."""

    pieces: tuple[tuple[Ranges, Ranges], ...]
    is_exact: bool = True
    unknown: tuple[str, ...] = ()

    @classmethod
    def of(cls, services: Ranges, is_exact: bool = True) -> "FoundServices":
        """Return `services` from any source port."""
        return cls(((services, ANY_PORT),) if services else (), is_exact)

    @classmethod
    def together(cls, parts: Iterable["FoundServices"]) -> "FoundServices":
        """Return what several names stand for together: one piece for each set of source ports."""
        by_source: dict[Ranges, list[Span]] = {}
        is_exact, unknown = True, dict[str, None]()
        for part in parts:
            is_exact = is_exact and part.is_exact
            unknown |= dict.fromkeys(part.unknown)
            for service, sources in part.pieces:
                by_source.setdefault(sources, []).extend(service.spans)
        pieces = tuple((Ranges.of(spans), sources) for sources, spans in by_source.items())
        return cls(pieces, is_exact, tuple(unknown))

    @classmethod
    def undefined(cls, name: str) -> "FoundServices":
        """Return what a name stands for that nobody defined."""
        return cls((), False, (name,))


ANY_SERVICES = FoundServices.of(ANY_SERVICE)


def wildcard_addresses(address: str, mask: str) -> Found:
    """Return the IPv4 addresses that agree with `address` where `mask` has ones; the mask may have gaps.

    With very many gaps the result is the prefix around them and not exact.

    Raises:
        NotAnAddress: one of the two is no address.
    """
    base, free = address_number(address), ~address_number(mask) & 0xFFFFFFFF
    low = 0
    while free >> low & 1:
        low += 1
    gaps = [bit for bit in range(low, 32) if free >> bit & 1]
    if 1 << len(gaps) > _MOST_WILDCARD_SPANS:
        top = gaps[-1] + 1
        base = base >> top << top
        return Found(Ranges.of([(base, base + (1 << top) - 1)]), False)
    starts = [base & ~free]
    for bit in gaps:
        starts += [start | 1 << bit for start in starts]
    return Found(Ranges.of((start, start + (1 << low) - 1) for start in starts))
