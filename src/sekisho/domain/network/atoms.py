"""The packets that are asked about: services, times the kinds of source port that some rule tells apart.

A sender chooses its source port freely. A rule that looks at it ("from port 53"), or a filter without state that looks
at the port of a reply, splits the ports into kinds; one port of each kind is tried, and a service is reached when it is
from any of them. An atom is one service with one such port; a set of atoms is one whole number, atoms of one service
lying together.

How the parts of the engine play together: docs/explanation/reachability.md.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from sekisho.domain.network.model import Rule, RuleSet
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, PORTS, TCP, UDP, WITH_PORTS, port_of, protocol_of

FREE_PORTS = Ranges(((1, PORTS - 1),))


class Atoms:
    """The atoms of some services. `services` are sorted; `ports` holds one source port of each kind, highest first."""

    def __init__(self, services: Iterable[int], rulesets: Iterable[RuleSet]) -> None:
        self.services = tuple(sorted(set(services)))
        self.ports = _kinds_of_ports(rulesets)
        self.all = (1 << len(self.services) * len(self.ports)) - 1
        self._each = (1 << len(self.ports)) - 1
        self._first: dict[tuple[Ranges, Ranges], int] = {}
        self._first_from_any: dict[tuple[Span, ...], int] = {}
        self._whole: dict[int, bool] = {}
        self._replies: dict[tuple[Ranges, Ranges], int] = {}

    def of_service(self, position: int) -> int:
        """Return the atoms of the service at `position` of `services`."""
        return self._each << position * len(self.ports)

    def services_of(self, atoms: int) -> Iterator[int]:
        """Yield the positions of the services that have an atom in `atoms`."""
        width, position = len(self.ports), 0
        while atoms:
            skip = ((atoms & -atoms).bit_length() - 1) // width
            position += skip
            yield position
            atoms >>= (skip + 1) * width
            position += 1

    def is_whole(self, atoms: int) -> bool:
        """Return whether each service has all of its atoms in `atoms`, or none."""
        if len(self.ports) == 1:
            return True
        known = self._whole.get(atoms)
        if known is None:
            known = self._whole[atoms] = atoms == sum(self.of_service(at) for at in self.services_of(atoms))
        return known

    def first_packets(self, rule: Rule) -> int:
        """Return the atoms whose first packet has the service and source port that `rule` asks for."""
        if rule.source_ports is ANY_PORT:  # nearly always
            known = self._first_from_any.get(rule.service.spans)
            if known is None:
                known = self._first_packets(rule.service, ANY_PORT)
                self._first_from_any[rule.service.spans] = known
            return known
        key = (rule.service, rule.source_ports)
        known = self._first.get(key)
        if known is None:
            known = self._first[key] = self._first_packets(*key)
        return known

    def replies(self, rule: Rule) -> int:
        """Return the atoms whose reply does: the service becomes the source port, the source port the destination."""
        key = (rule.service, rule.source_ports)
        known = self._replies.get(key)
        if known is None:
            known = self._replies[key] = self._reply_packets(*key)
        return known

    def _first_packets(self, service: Ranges, source_ports: Ranges) -> int:
        if service == ANY_SERVICE and source_ports == ANY_PORT:
            return self.all
        allowed = self._port_bits(source_ports)
        bits = 0
        for first, last in service.spans:
            low, high = bisect_left(self.services, first), bisect_right(self.services, last)
            if allowed == self._each:
                width = len(self.ports)
                bits |= (1 << high * width) - (1 << low * width)
                continue
            for position in range(low, high):
                kinds = allowed if protocol_of(self.services[position]) in WITH_PORTS else 0
                bits |= kinds << position * len(self.ports)
        return bits

    def _reply_packets(self, service: Ranges, source_ports: Ranges) -> int:
        bits = 0
        kinds = {protocol: self._port_bits(_ports_in(service, protocol)) for protocol in WITH_PORTS}
        for position, asked in enumerate(self.services):
            protocol = protocol_of(asked)
            if protocol not in WITH_PORTS:
                hits = self._each if asked in service and source_ports == ANY_PORT else 0
            elif port_of(asked) not in source_ports:
                hits = 0
            else:
                hits = kinds[protocol]
            bits |= hits << position * len(self.ports)
        return bits

    def _port_bits(self, ports: Ranges) -> int:
        return sum(1 << at for at, port in enumerate(self.ports) if port in ports)


def _kinds_of_ports(rulesets: Iterable[RuleSet]) -> tuple[int, ...]:
    """Return one source port of each kind that the rules tell apart, highest first: the usual client port leads."""
    compared: set[Ranges] = set()
    for ruleset in rulesets:
        for rule in (*ruleset.rules, *ruleset.tracked):
            compared.add(rule.source_ports)
            if not ruleset.stateful:
                compared |= {_ports_in(rule.service, protocol) for protocol in (TCP, UDP)}
    edges = sorted({edge for ports in compared for span in ports.spans for edge in (span[0], span[1] + 1)} | {1, PORTS})
    ordered = sorted(compared, key=lambda ports: ports.spans)
    kinds: dict[tuple[bool, ...], int] = {}
    for port in reversed([edge for edge in edges if 1 <= edge < PORTS]):
        last = edges[bisect_right(edges, port)] - 1
        kinds.setdefault(tuple(last in ports for ports in ordered), last)
    return tuple(kinds.values())


def _ports_in(service: Ranges, protocol: int) -> Ranges:
    base = protocol * PORTS
    inside = service & Ranges(((base, base + PORTS - 1),))
    return Ranges(tuple((first - base, last - base) for first, last in inside.spans))
