"""Takes a rule apart into pieces that one line of a simple filter language can say: one protocol, one span of ports."""

from collections.abc import Iterator
from dataclasses import dataclass

from sekisho.domain.network.addresses import prefixes_of
from sekisho.domain.network.model import Rule, State
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, PORTS, TCP, UDP

ALL_PORTS: Span = (0, PORTS - 1)


@dataclass(frozen=True, slots=True)
class Piece:
    """One protocol (-1: every one) with one span of source and of destination ports."""

    protocol: int
    sport: Span = ALL_PORTS
    dport: Span = ALL_PORTS
    is_established: bool = False

    @property
    def has_ports(self) -> bool:
        """Return whether the protocol has ports that filters can name."""
        return self.protocol in (TCP, UDP)


def addresses(wanted: Ranges, anywhere: Ranges) -> list[str]:
    """Return "any" for `anywhere`, else the fewest prefixes."""
    if wanted == anywhere:
        return ["any"]
    return [text for span in wanted.spans for text in prefixes_of(span)]


def pieces(rule: Rule) -> Iterator[Piece]:
    """Yield the pieces of a rule's services and source ports; together they match what the rule does.

    A rule over established connections is written for TCP only: filter languages know the state of no other protocol.
    """
    established = rule.state is State.ESTABLISHED
    if rule.service == ANY_SERVICE and rule.source_ports == ANY_PORT and not established:
        yield Piece(-1)
        return
    for protocol, dport in _spans(rule.service):
        if established and protocol != TCP:
            continue
        if protocol not in (TCP, UDP):
            yield Piece(protocol)
            continue
        for sport in rule.source_ports.spans:
            yield Piece(protocol, sport, dport, established)


def _spans(services: Ranges) -> Iterator[tuple[int, Span]]:
    for first, last in services.spans:
        for protocol in range(first // PORTS, last // PORTS + 1):
            yield protocol, (max(first - protocol * PORTS, 0), min(last - protocol * PORTS, PORTS - 1))
