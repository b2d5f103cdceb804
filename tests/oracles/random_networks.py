"""Random networks with everything that an answer may depend on, large where it pays and small enough to be read.

`random_network` takes any `random.Random`: a seeded one for many networks at once, hypothesis's own where a
counter-example must shrink (`networks`).
"""

from collections import deque
from dataclasses import dataclass, field, replace
from random import Random

from hypothesis import strategies as st

from sekisho.domain.network.addresses import ANY_ADDRESS, ANY_V4, address_number, parse_addresses, prefix_span
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    AtZones,
    Device,
    Direction,
    Everywhere,
    ExternalLine,
    Interface,
    Isolation,
    Network,
    Node,
    Place,
    Route,
    Rule,
    RuleSet,
    Segment,
    SourceNat,
    State,
    StaticNat,
)
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, parse_services

SERVICES = ("tcp/22", "tcp/80", "tcp/443", "tcp/445", "tcp/8443", "udp/53", "udp/161", "icmp")
RULE_SERVICES = (
    "any", "any", "tcp", "udp", "icmp", "tcp/22", "tcp/443", "tcp/445", "tcp/1-1023", "tcp/400-500", "udp/53", "tcp/8443",
)  # fmt: skip
SOURCE_PORTS = (
    Ranges(((53, 53),)),
    Ranges(((1024, 65_535),)),
    Ranges(((1, 1023),)),
    Ranges(((443, 443), (40_000, 40_000))),
)
ZONES = ("", "inside", "dmz", "outside")


@dataclass(frozen=True)
class Shape:
    """How a random network is made. Chances are between 0 and 1."""

    devices: tuple[int, int] = (2, 8)
    forms: tuple[str, ...] = ("row", "tree", "ring")
    lans: tuple[int, int] = (0, 2)
    nodes: tuple[int, int] = (1, 2)
    rules: tuple[int, int] = (0, 5)
    filtered: float = 0.35
    """Of one side of an interface having a rule set."""
    unknown: float = 0.05
    """Of any one thing being unknown: an action, a default, a device's filters or routes, the end of a line."""
    translated: float = 0.3
    odd: float = 0.08
    """Of a route missing, leading astray, in a circle; of two routers on one segment without a gateway."""


@dataclass
class _Plan:
    """A network being made."""

    random: Random
    shape: Shape
    segments: list[Segment] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    interfaces: list[list[Interface]] = field(default_factory=list)
    neighbours: list[dict[int, int]] = field(default_factory=list)
    """Of each device: the next hop's address by neighbouring device."""

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def between(self, both: tuple[int, int]) -> int:
        return self.random.randint(*both)


def random_network(random: Random, shape: Shape | None = None) -> Network:
    """Return a network of its own for every state of `random`."""
    plan = _Plan(random, shape or Shape())
    _add_devices(plan)
    _add_lans(plan)
    _add_nodes(plan)
    devices = [_device(plan, number) for number in range(len(plan.interfaces))]
    lines = [_line(plan, devices, number) for number in range(random.randint(1, 3))]
    static_nats, source_nats = _translations(plan, devices)
    network = Network(
        segments=tuple(_with_gateway(plan, segment) for segment in plan.segments),
        nodes=tuple(plan.nodes),
        lines=tuple(lines),
        devices=tuple(devices),
        static_nats=static_nats,
        source_nats=source_nats,
    )
    return replace(network, rulesets=tuple(_rulesets(plan, network)))


def networks(shape: Shape | None = None) -> st.SearchStrategy[Network]:
    """Return networks that hypothesis can shrink."""
    return st.randoms(use_true_random=False).map(lambda random: random_network(random, shape))


# ---- devices, links, segments ----


def _add_devices(plan: _Plan) -> None:
    """Join the devices in a row, a tree or a ring by links of four addresses."""
    count = plan.between(plan.shape.devices)
    plan.interfaces = [[] for _ in range(count)]
    plan.neighbours = [{} for _ in range(count)]
    form = plan.random.choice(plan.shape.forms)
    joined = [(plan.random.randrange(number) if form == "tree" else number - 1, number) for number in range(1, count)]
    if form == "ring" and count > 2:
        joined.append((count - 1, 0))
    for link, (one, other) in enumerate(joined):
        base = address_number(f"10.255.{link}.0")
        segment = Segment(f"link{link}", Ranges(((base, base + 3),)), zone=_zone(plan))
        plan.segments.append(segment)
        for device, address in ((one, base + 1), (other, base + 2)):
            _attach(plan, device, segment, address)
        plan.neighbours[one][other] = base + 2
        plan.neighbours[other][one] = base + 1
    for number in range(count):
        if number == 0 or plan.chance(0.2):
            address = address_number(f"203.0.113.{number * 8 + 1}")
            plan.interfaces[number].append(Interface(f"wan{number}", None, address, zone=_zone(plan)))


def _attach(plan: _Plan, device: int, segment: Segment, address: int) -> None:
    network = segment.addresses.spans[0] if plan.chance(0.5) else None
    zone = _zone(plan) if plan.chance(0.3) else ""
    plan.interfaces[device].append(Interface(f"if-{segment.id}", segment.id, address, network, zone))


def _zone(plan: _Plan) -> str:
    return plan.random.choice(ZONES)


def _add_lans(plan: _Plan) -> None:
    for device in range(len(plan.interfaces)):
        for number in range(plan.between(plan.shape.lans)):
            base = address_number(f"10.{device}.{number}.0")
            isolation = Isolation.PORT if plan.chance(0.12) else Isolation.NONE
            segment = Segment(f"lan{device}-{number}", Ranges(((base, base + 63),)), _zone(plan), isolation)
            plan.segments.append(segment)
            _attach(plan, device, segment, base + 1)
            if plan.chance(2 * plan.shape.odd):
                other = plan.random.randrange(len(plan.interfaces))
                if other != device:
                    _attach(plan, other, segment, base + 2)


def _with_gateway(plan: _Plan, segment: Segment) -> Segment:
    touching = [
        f"d{number}" for number, own in enumerate(plan.interfaces) if any(one.segment == segment.id for one in own)
    ]
    if len(touching) == 1 and plan.chance(0.5):
        return segment
    return segment if plan.chance(plan.shape.odd) else replace(segment, gateway=plan.random.choice(touching))


def _device(plan: _Plan, number: int) -> Device:
    return Device(
        f"d{number}",
        tuple(plan.interfaces[number]),
        tuple(_routes(plan, number)),
        filters_known=not plan.chance(plan.shape.unknown),
        routes_known=not plan.chance(plan.shape.unknown),
    )


def _routes(plan: _Plan, device: int) -> list[Route]:
    """Return routes to every segment, or a default and some of them; now and then one is missing or leads astray."""
    first_hops = _first_hops(plan, device)
    by_default = plan.random.choice(sorted(plan.neighbours[device]) or [None]) if plan.chance(0.5) else None
    routes = []
    for other, hop in sorted(first_hops.items()):
        if hop == by_default:
            continue
        for interface in plan.interfaces[other]:
            if interface.segment is not None and not plan.chance(plan.shape.odd):
                span = next(one for one in plan.segments if one.id == interface.segment).addresses.spans[0]
                routes.append(_route(plan, device, span, hop))
    if by_default is not None:
        routes.append(_route(plan, device, ANY_V4.spans[0], by_default))
    elif any(interface.segment is None for interface in plan.interfaces[device]) and plan.chance(0.5):
        wan = next(interface for interface in plan.interfaces[device] if interface.segment is None)
        routes.append(Route(ANY_V4.spans[0], None, wan.id))
    if plan.chance(0.2):
        routes.append(
            Route(prefix_span("203.0.113.0/24"), plan.random.choice([*plan.neighbours[device].values(), None]))
        )
    plan.random.shuffle(routes)
    return list(dict.fromkeys(routes))


def _route(plan: _Plan, device: int, prefix: Span, hop: int) -> Route:
    if plan.chance(plan.shape.odd):
        astray = [
            Route(prefix, plan.random.choice(list(plan.neighbours[device].values()))),
            Route(prefix, plan.neighbours[device][hop] // 4 * 4 + 3),
            Route(prefix, address_number("192.0.2.1")),
            Route(prefix, None, plan.random.choice(plan.interfaces[device]).id),
            Route(prefix),
        ]
        return plan.random.choice(astray)
    return Route(prefix, plan.neighbours[device][hop])


def _first_hops(plan: _Plan, device: int) -> dict[int, int]:
    """Return the neighbour that leads to each other device by the fewest hops."""
    found: dict[int, int] = {}
    waiting = deque((neighbour, neighbour) for neighbour in plan.neighbours[device])
    while waiting:
        at, hop = waiting.popleft()
        if at not in found and at != device:
            found[at] = hop
            waiting.extend((following, hop) for following in plan.neighbours[at])
    return found


# ---- nodes and lines ----


def _add_nodes(plan: _Plan) -> None:
    lans = [segment for segment in plan.segments if segment.id.startswith("lan")] or plan.segments
    for segment in lans:
        for number in range(plan.between(plan.shape.nodes)):
            plan.nodes.append(_node(plan, segment, lans, number))


def _node(plan: _Plan, segment: Segment, lans: list[Segment], number: int) -> Node:
    base = segment.addresses.first
    usable = base + 10 + 4 * number if segment.id.startswith("lan") else base + 3
    spans = [(usable, usable + plan.random.choice((0, 0, 0, 3)) if segment.id.startswith("lan") else usable)]
    if plan.chance(0.15):
        other = plan.random.choice(lans)
        second = other.addresses.first + (40 + len(plan.nodes) % 20 if other.id.startswith("lan") else 3)
        spans.append((second, second))
    if plan.chance(plan.shape.unknown / 2):
        spans = plan.random.choice([[], [(address_number("172.16.0.1"),) * 2]])
    listens = plan.random.sample(SERVICES, plan.random.randint(1, 4))
    return Node(f"n{len(plan.nodes)}", Ranges.of(spans), listens=parse_services(listens), count=len(spans) or 1)


def _line(plan: _Plan, devices: list[Device], number: int) -> ExternalLine:
    sources = [parse_addresses("198.51.100.0/24"), ANY_ADDRESS, plan.random.choice(plan.segments).addresses]
    line = ExternalLine(f"line{number}", plan.random.choice(sources))
    if plan.chance(plan.shape.unknown):
        return line
    if plan.chance(0.15):
        return replace(line, segment=plan.random.choice(plan.segments).id)
    outer = [(device, one) for device in devices for one in device.interfaces if one.segment is None]
    if plan.chance(0.1):
        outer = [(device, one) for device in devices for one in device.interfaces]
    device, interface = plan.random.choice(outer)
    return replace(line, device=device.id, interface=interface.id)


# ---- translations ----


def _translations(plan: _Plan, devices: list[Device]) -> tuple[tuple[StaticNat, ...], tuple[SourceNat, ...]]:
    static: list[StaticNat] = []
    source: list[SourceNat] = []
    for device in devices:
        for interface in device.interfaces:
            if plan.chance(plan.shape.translated / len(device.interfaces)):
                nat = _static_nat(plan, device, interface)
                if not any(nat.outside.overlaps(other.outside) for other in static):  # one outside address, one meaning
                    static.append(nat)
            if plan.chance(plan.shape.translated / len(device.interfaces)):
                inside = plan.random.choice(
                    [parse_addresses("10.0.0.0/8"), plan.random.choice(plan.segments).addresses]
                )
                source.append(SourceNat(device.id, interface.id, inside, interface.address or 1))
    return tuple(static), tuple(source)


def _static_nat(plan: _Plan, device: Device, interface: Interface) -> StaticNat:
    """Let an address of the interface's own network, or one far outside, stand for a node."""
    node = plan.random.choice(plan.nodes)
    inside = plan.random.choice(list(node.addresses) or [address_number("10.0.0.10")])
    segment = next((one for one in plan.segments if one.id == interface.segment), None)
    outside = address_number("203.0.113.100") + 4 * plan.random.randrange(8)
    if segment is not None and segment.id.startswith("lan") and plan.chance(0.7):
        outside = segment.addresses.first + 60
    count = plan.random.choice((1, 1, 2))
    form = plan.random.choice(("all", "same", "moved", "several"))
    service, inside_port = ANY_SERVICE, None
    if form == "same":
        service = node.listens if len(node.listens.spans) == 1 else parse_services("tcp/443")
    elif form == "moved":
        service, inside_port = (
            parse_services(plan.random.choice(("tcp/10443", "tcp/443"))),
            plan.random.choice((443, 22)),
        )
    elif form == "several":
        service, inside_port = parse_services("tcp/5000-5003"), 443
    return StaticNat(
        device.id,
        interface.id,
        Ranges(((outside, outside + count - 1),)),
        inside,
        service,
        inside_port,
        plan.chance(0.6),
    )


# ---- rule sets ----


def _rulesets(plan: _Plan, network: Network) -> list[RuleSet]:
    return [
        _ruleset(plan, network, device, place)
        for device in network.devices
        for place, share in _places(plan, device)
        if plan.chance(share)
    ]


def _places(plan: _Plan, device: Device) -> list[tuple[Place, float]]:
    filtered = plan.shape.filtered
    sides: list[tuple[Place, float]] = [
        (AtInterface(interface.id, direction), filtered) for interface in device.interfaces for direction in Direction
    ]
    zones = [AtZones(plan.random.choice(ZONES), plan.random.choice(ZONES)) for _ in range(2)]
    return [*sides, *((place, filtered / 2) for place in dict.fromkeys(zones)), (Everywhere(), filtered / 3)]


def _ruleset(plan: _Plan, network: Network, device: Device, place: Place) -> RuleSet:
    stateful = plan.chance(0.5)
    default = plan.random.choice((Action.PERMIT, Action.DENY))
    if plan.chance(2 * plan.shape.unknown):
        default = Action.UNKNOWN
    rules = tuple(_rule(plan, network, device, 10 * at + 10) for at in range(plan.between(plan.shape.rules)))
    tracked: tuple[Rule, ...] = ()
    if not stateful and plan.chance(0.4):
        tracked = tuple(_rule(plan, network, device, 1000 + at) for at in range(plan.random.randint(1, 2)))
    return RuleSet(device.id, place, default, rules, stateful, tracked)


def _rule(plan: _Plan, network: Network, device: Device, seq: int) -> Rule:
    unknown = plan.shape.unknown
    action = plan.random.choice((Action.PERMIT, Action.PERMIT, Action.DENY))
    return Rule(
        seq=seq,
        action=Action.UNKNOWN if plan.chance(unknown) else action,
        src=_addresses(plan, network),
        dst=_addresses(plan, network),
        service=parse_services(plan.random.choice(RULE_SERVICES)),
        source_ports=plan.random.choice(SOURCE_PORTS) if plan.chance(0.15) else ANY_PORT,
        state=plan.random.choice((State.ANY, State.ANY, State.NEW, State.ESTABLISHED)),
        entering=_some_interfaces(plan, device),
        leaving=_some_interfaces(plan, device),
        is_exact=not plan.chance(unknown),
        enabled=not plan.chance(0.05),
        schedule="平日" if plan.chance(0.05) else "",
    )


def _some_interfaces(plan: _Plan, device: Device) -> frozenset[str] | None:
    if not plan.chance(0.08):
        return None
    return frozenset(plan.random.sample([one.id for one in device.interfaces], min(2, len(device.interfaces))))


def _addresses(plan: _Plan, network: Network) -> Ranges:
    """Return what a rule may name: everything, a segment, a node or part of it, a line, an outer name."""
    nodes = [node.addresses for node in network.nodes if node.addresses]
    named = [
        ANY_ADDRESS,
        parse_addresses("10.0.0.0/8"),
        plan.random.choice(network.segments).addresses,
        plan.random.choice(nodes or [ANY_V4]),
        Ranges.single(plan.random.choice(nodes or [ANY_V4]).first),
        plan.random.choice(network.lines).source,
        plan.random.choice([nat.outside for nat in network.static_nats] or [ANY_V4]),
        Ranges.single(plan.random.choice([nat.outside for nat in network.source_nats] or [0])),
        plan.random.choice(nodes or [ANY_V4]) | plan.random.choice(network.segments).addresses,
    ]
    return plan.random.choice([ANY_ADDRESS, *named])
