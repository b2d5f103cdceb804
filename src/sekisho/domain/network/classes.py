"""Endpoints that no rule, route or segment tells apart, merged into classes; a set of classes is one whole number.

The idea of atomic predicates and Delta-net's atoms, restricted to addresses that somebody has: thousands of hosts become
some hundred classes, and a set of destinations becomes a bit set in a Python int, which ANDs and ORs at memory speed.
Bits are in the order of addresses, so that the classes inside a prefix are one run of bits.

Source: Horn et al., Delta-net (arXiv 1702.07375); Yang and Lam, atomic predicates (IEEE/ACM ToN 2016).

How the parts of the engine play together: docs/explanation/reachability.md.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import compress, count

from sekisho.domain.network.addresses import ANY_V4, ANY_V6
from sekisho.domain.network.model import ExternalLine, Network, Node, Segment
from sekisho.domain.network.ranges import EMPTY, Ranges, Span

MAX_MAPPED_SINGLY = 1024
"""Static NATs of more addresses are taken as one block: rules that name a part of it are not told apart."""


class Kind(Enum):
    """What the members of a class are."""

    HOST = "host"
    LINE = "line"
    """Senders beyond an external line."""
    GHOST = "ghost"
    """A device that no list has, on a free address of a segment: it sends, nothing is sent to it."""
    ALIAS = "alias"
    """An outside address that a static NAT maps to an inside host."""
    MASK = "mask"
    """The address that a source NAT puts in place of the sender's."""


@dataclass(slots=True)  # never changed; one for each address of a hospital
class Member:
    """A span of addresses with its owner, before merging. `ident` keeps apart what must not be merged."""

    kind: Kind
    span: Span
    place: str
    ident: object
    node: str | None = None


@dataclass(frozen=True, slots=True)
class _Mapping:
    """Which static NAT, and which span of its inside addresses, an ALIAS stands for."""

    number: int
    inside: Span


@dataclass(frozen=True, slots=True)
class EndpointClass:
    """Alike endpoints. `address` stands for all; `place` is the segment id (HOST, GHOST) or the line id (LINE)."""

    kind: Kind
    address: int
    place: str
    signature: int
    members: tuple[tuple[str, Span], ...] = ()
    """Node id and span of addresses of each part; empty unless HOST."""
    mapping: int | None = None
    """Of an ALIAS, the position of its static NAT in the network."""
    inside: Span = (0, -1)
    """Of an ALIAS, the inside addresses that it stands for."""

    @property
    def nodes(self) -> tuple[str, ...]:
        """Return the ids of the nodes with members here, each once."""
        if len(self.members) == 1:  # nearly always
            return (self.members[0][0],)
        return tuple(dict.fromkeys(node for node, _ in self.members))


class Classes:
    """The classes of one network, and the bit sets of addresses, segments and nodes over them."""

    def __init__(self, network: Network, *, with_ghosts: bool = False) -> None:
        self.objects: dict[tuple[Span, ...], int] = {}
        """The sets of addresses that something compares with, numbered, by their spans, which hash faster."""
        for spans in _compared(network):
            self.objects.setdefault(spans, len(self.objects))
        self._cuts, self._signatures = _sweep(self.objects)
        self._masks: dict[tuple[Span, ...], int] = {}
        self.items = self._merged(_members(network, self, with_ghosts))
        self._addresses = [item.address for item in self.items]
        self.of_segment = self._bits_by((item.place, item.kind is Kind.HOST) for item in self.items)
        self.of_line = self._bits_by((item.place, item.kind is Kind.LINE) for item in self.items)
        self.of_ghost = self._bits_by((item.place, item.kind is Kind.GHOST) for item in self.items)
        self.of_node = {node.id: 0 for node in network.nodes}
        for position, item in enumerate(self.items):
            for node, _ in item.members:
                self.of_node[node] = self.of_node.get(node, 0) | 1 << position
        self.hosts = sum(1 << at for at, item in enumerate(self.items) if item.kind is Kind.HOST)
        self.aliases = sum(1 << at for at, item in enumerate(self.items) if item.kind is Kind.ALIAS)
        self.v4, self.v6 = self.mask(ANY_V4), self.mask(ANY_V6)

    def __len__(self) -> int:
        return len(self.items)

    def mask(self, addresses: Ranges) -> int:
        """Return the bits of the classes whose addresses are in `addresses`, which must be one that cuts classes."""
        known = self._masks.get(addresses.spans)
        if known is None:
            known = self._masks[addresses.spans] = self.mask_of_spans(addresses.spans)
        return known

    def mask_of_spans(self, spans: Iterable[Span]) -> int:
        """Return the bits of the classes that stand at addresses inside `spans`."""
        bits = 0
        for first, last in spans:
            low, high = bisect_left(self._addresses, first), bisect_right(self._addresses, last)
            bits |= (1 << high) - (1 << low)
        return bits

    def family(self, position: int) -> int:
        """Return the bits of the classes of the same address family as class `position`."""
        return self.v4 if self.v4 >> position & 1 else self.v6

    def mask_class(self, address: int) -> int:
        """Return the position of the MASK class of a source NAT's outside address."""
        return next(at for at, item in enumerate(self.items) if item.kind is Kind.MASK and item.address == address)

    def signature_at(self, address: int) -> int:
        """Return the set of compared objects that hold `address`, as bits by object number."""
        return self._signatures[bisect_right(self._cuts, address)]

    def pieces(self, addresses: Ranges) -> Iterator[Span]:
        """Yield `addresses` cut wherever a compared object begins or ends."""
        for first, last in addresses.spans:
            start = first
            for cut in self._cuts[bisect_right(self._cuts, first) : bisect_right(self._cuts, last)]:
                yield start, cut - 1
                start = cut
            yield start, last

    def _merged(self, members: Iterable[Member]) -> list[EndpointClass]:
        merged: dict[object, list[Member]] = {}
        for member in members:
            key = (member.kind, member.place, self.signature_at(member.span[0]), member.ident)
            merged.setdefault(key, []).append(member)
        items = []
        for group in merged.values():
            first = group[0] if len(group) == 1 else min(group, key=lambda member: member.span)
            parts = tuple((member.node, member.span) for member in group if member.node is not None)
            item = EndpointClass(first.kind, _shown(first), first.place, self.signature_at(first.span[0]), parts)
            if isinstance(first.ident, _Mapping):
                item = replace(item, mapping=first.ident.number, inside=first.ident.inside)
            items.append(item)
        return sorted(items, key=lambda item: (item.address, item.kind.value, item.place))

    @staticmethod
    def _bits_by(pairs: Iterable[tuple[str, bool]]) -> dict[str, int]:
        found: dict[str, int] = {}
        for position, (place, counts) in enumerate(pairs):
            if counts:
                found[place] = found.get(place, 0) | 1 << position
        return found


def _shown(member: Member) -> int:
    """Return the address that stands for a span: for a line's senders not the network's own, which nobody has."""
    first, last = member.span
    return first + 1 if member.kind is Kind.LINE and last > first + 1 else first


def positions(bits: int) -> Iterator[int]:
    """Return the positions of the bits that are set, lowest first.

    One by one costs the length of `bits` each time, so that from some ten on its digits are gone through instead.
    """
    many = bits.bit_count()
    if many <= _FEW:
        return _one_by_one(bits)
    digits = bin(bits)[:1:-1]
    if many * _DENSE < len(digits):
        return _searched(digits)
    return compress(count(), digits.encode().translate(_TRUTH))


_FEW, _DENSE = 10, 6
_TRUTH = bytes(digit == ord("1") for digit in range(256))


def _one_by_one(bits: int) -> Iterator[int]:
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def _searched(digits: str) -> Iterator[int]:
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)


def _compared(network: Network) -> Iterator[tuple[Span, ...]]:
    """Yield the spans of every set of addresses that something compares an address with."""
    yield ANY_V4.spans
    yield ANY_V6.spans
    for ruleset in network.rulesets:
        for rule in (*ruleset.rules, *ruleset.tracked):
            yield rule.src.spans
            yield rule.dst.spans
    for device in network.devices:
        for route in device.routes:
            yield (route.prefix,)
        for interface in device.interfaces:
            if interface.network is not None:
                yield (interface.network,)
    for masked in network.source_nats:
        yield masked.inside.spans
    for mapped in network.static_nats:
        # One by one where that stays small: rules may name single outside addresses.
        step = 1 if mapped.outside.size <= MAX_MAPPED_SINGLY else mapped.outside.size
        for first in range(mapped.inside, mapped.inside + mapped.outside.size, step):
            yield ((first, first + step - 1),)


def _sweep(objects: dict[tuple[Span, ...], int]) -> tuple[list[int], list[int]]:
    """Return the addresses at which some object begins or has ended, and the objects that hold each part between."""
    toggles: dict[int, int] = {}
    for spans, number in objects.items():
        for first, last in spans:
            toggles[first] = toggles.get(first, 0) ^ 1 << number
            toggles[last + 1] = toggles.get(last + 1, 0) ^ 1 << number
    cuts = sorted(toggles)
    signatures = [0]
    for cut in cuts:
        signatures.append(signatures[-1] ^ toggles[cut])
    return cuts, signatures


def _members(network: Network, classes: Classes, with_ghosts: bool) -> Iterator[Member]:
    places = Places(network.segments)
    special = _kept_apart(network)
    for node in network.nodes:
        yield from _host_members(node, places, classes, special)
    for line in network.lines:
        for piece in classes.pieces(line_senders(line, places.inside, network)):
            yield Member(Kind.LINE, piece, line.id, line.id)
    for number, mapped in enumerate(network.static_nats):
        for inside in classes.pieces(Ranges(((mapped.inside, mapped.inside + mapped.outside.size - 1),))):
            first = mapped.outside.first + inside[0] - mapped.inside
            span = (first, first + inside[1] - inside[0])
            yield Member(Kind.ALIAS, span, mapped.device, _Mapping(number, inside))
    for address in dict.fromkeys(masked.outside for masked in network.source_nats):
        yield Member(Kind.MASK, (address, address), "", address)
    if with_ghosts:
        yield from _ghosts(network, classes)


def _kept_apart(network: Network) -> set[str]:
    """Return the nodes that something else names, so that no class mixes them with others."""
    named = {end for path in network.media for end in (path.source, path.target)}
    named |= {end for copy in network.backups for end in (copy.of, copy.on) if end}
    named |= {node.runs_on for node in network.nodes if node.runs_on}
    return named | {end for flow in network.flows for end in (flow.source, flow.target)}


def _host_members(node: Node, places: "Places", classes: Classes, special: set[str]) -> Iterator[Member]:
    placed = [(part, place) for piece in classes.pieces(node.addresses) for part, place in places.parts(piece)]
    apart = node.id in special or is_many_homed(node) or len({place for _, place in placed}) > 1
    alike: object = (node.listens, node.credentials, node.role, node.runs_on, node.is_jump_host, node.critical)
    for piece, place in placed:
        yield Member(Kind.HOST, piece, place, node.id if apart else alike, node.id)


def is_many_homed(node: Node) -> bool:
    """Return whether each host of the node has several addresses, as far as their number tells."""
    return node.count < node.addresses.size


class Places:
    """Which segment an address lies in: the narrowest one around it, "" where none is."""

    def __init__(self, segments: Iterable[Segment]) -> None:
        spans = sorted(
            ((span, segment.id) for segment in segments for span in segment.addresses.spans),
            key=lambda pair: (pair[0][0] - pair[0][1], pair[0], pair[1]),
        )
        self.inside = Ranges.of(span for span, _ in spans)
        self._edges = sorted({edge for span, _ in spans for edge in (span[0], span[1] + 1)})
        self._owners = [""] * (len(self._edges) + 1)
        for (first, last), segment in spans:  # widest first, so that the narrowest stays
            for at in range(bisect_right(self._edges, first), bisect_right(self._edges, last) + 1):
                self._owners[at] = segment

    def at(self, address: int) -> str:
        """Return the id of the segment at `address`, "" for none."""
        return self._owners[bisect_right(self._edges, address)]

    def parts(self, span: Span) -> Iterator[tuple[Span, str]]:
        """Yield `span` cut where segments begin and end, each part with its segment id."""
        start = span[0]
        for edge in self._edges[bisect_right(self._edges, span[0]) : bisect_right(self._edges, span[1])]:
            yield (start, edge - 1), self.at(start)
            start = edge
        yield (start, span[1]), self.at(start)


def line_senders(line: ExternalLine, inside: Ranges, network: Network) -> Ranges:
    """Return the addresses that packets from a line may come from.

    What lies inside the hospital is taken out of a wide source (the internet), for replies to it would not go back
    over the line; a source that lies inside whole (a far site that is a segment) is kept.
    """
    if line.segment is not None:
        home = next((segment.addresses for segment in network.segments if segment.id == line.segment), EMPTY)
        return (line.source & home) or (line.source - inside) or line.source
    return (line.source - inside) or line.source


def _ghosts(network: Network, classes: Classes) -> Iterator[Member]:
    taken = Ranges.of(span for node in network.nodes for span in node.addresses.spans)
    owned = Ranges.of(
        (interface.address, interface.address)
        for device in network.devices
        for interface in device.interfaces
        if interface.address is not None
    )
    for segment in network.segments:
        free = segment.addresses - taken - owned
        pieces = list(classes.pieces(free))
        if pieces:
            # The address that fewest rules name: an unlisted device is nobody's exception.
            piece = min(pieces, key=lambda span: (classes.signature_at(span[0]).bit_count(), span))
            address = piece[0] + (piece[0] == segment.addresses.first and piece[1] > piece[0])
            yield Member(Kind.GHOST, (address, address), segment.id, segment.id)
