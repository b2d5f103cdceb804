"""Sets of ports: as ranges for people, command lines and ledgers, and cut into blocks for single runs of a scanner."""

from collections.abc import Iterable, Iterator, Sequence

from sekisho.domain.diagnosis.results import ranges_of

Ranges = tuple[tuple[int, int], ...]
"""Ports as ranges with both ends included, ascending, none touching the next."""
LAST_PORT = 65_535
ALL_TCP: Ranges = ((1, LAST_PORT),)
"""All TCP ports. Port 0 is reserved and cannot be listened on by any ordinary means (RFC 6335, 6)."""


class NotPorts(ValueError):
    """The text names no ports, or some that do not exist."""


def ranges_text(ports: Iterable[int]) -> str:
    """Return `ports` as nmap takes them: "1-1023,3389". "" for none."""
    return spans_text(ranges_of(ports))


def spans_text(ranges: Ranges) -> str:
    """Return ranges as nmap takes them."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def ranges_from(text: str) -> Ranges:
    """Return the ranges that "1-1023,3389" means; touching and overlapping ones become one.

    Raises:
        NotPorts: not of that form, a range that runs backwards, or a port beyond 1 to 65535.
    """
    spans = sorted(_span(part) for part in text.split(",")) if text else []
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


def _span(part: str) -> tuple[int, int]:
    first, dash, last = part.strip().partition("-")
    ends = (first.strip(), (last if dash else first).strip())
    if not all(end.isascii() and end.isdigit() and len(end) <= 5 for end in ends):
        raise NotPorts(part)
    low, high = int(ends[0]), int(ends[1])
    if not 1 <= low <= high <= LAST_PORT:
        raise NotPorts(part)
    return low, high


def numbers_in(ranges: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Yield every port of `ranges`, in their order."""
    for first, last in ranges:
        yield from range(first, last + 1)


def count_of(ranges: Iterable[tuple[int, int]]) -> int:
    """Return how many ports `ranges` hold."""
    return sum(last - first + 1 for first, last in ranges)


def first_of(ports: Sequence[int], common: Sequence[int], size: int) -> tuple[int, ...]:
    """Return the `size` first of `ports` to ask: those of `common` in its order; any others when there is none of them."""
    there = set(ports)
    chosen = [port for port in common if port in there][:size]
    return tuple(chosen or ports[:size])
