"""Networks of hospitals in any size, for measuring: seeded, so that every run asks the same question.

Shape: a core that routes between the VLANs of departments and filters on the way in from each; servers in their own
VLANs, PCs and devices in the others; maintenance lines that end on small routers behind which the core filters again.
Rules are what one finds: own prefix or single hosts towards prefixes, single servers or anything, on a few usual
services and many rare ports, in no good order. A `Sketch` is the plain numbers, `built` makes the model of it.
"""

from dataclasses import dataclass
from random import Random

from sekisho.domain.network.addresses import ANY_ADDRESS
from sekisho.domain.network.attack import Attack
from sekisho.domain.network.intrusion import Intrusion
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    BackupCopy,
    Connect,
    Device,
    Direction,
    ExternalLine,
    Interface,
    Network,
    Node,
    Place,
    Route,
    Rule,
    RuleSet,
    Segment,
)
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.services import ANY_SERVICE, TCP, service_number

TAKEOVER_PORTS = (21, 22, 23, 80, 135, 139, 443, 445, 1433, 1521, 3306, 3389, 5432, 5900, 5985, 8080)
TAKEOVER = tuple(service_number(TCP, port) for port in TAKEOVER_PORTS)
"""The 16 services by which hosts are taken in these measurements."""
INTRUSION = Intrusion(frozenset(TAKEOVER))
RARE_PORTS = 534
"""Further services that rules name: about 550 in all."""
FIRST = 10 << 24
OUTSIDE = (172 << 24) + (16 << 16)
DEPARTMENTS = 20
SERVER_EVERY = 5
"""Each fifth segment holds servers."""
HOSTS_FROM, ROUTERS_FROM = 10, 250
SHARE_PERMITS, SHARE_ANY_SOURCE, SHARE_ANY_TARGET, SHARE_ANY_SERVICE, SHARE_RARE = 0.7, 0.2, 0.03, 0.05, 0.8


@dataclass(frozen=True, slots=True)
class Size:
    """How large a hospital is."""

    segments: int
    rules: int
    hosts: int
    lines: int


LARGE = Size(500, 20_000, 5_000, 40)
MIX = (
    (0.70, Size(20, 200, 200, 4)),
    (0.22, Size(60, 1_200, 600, 8)),
    (0.07, Size(200, 6_000, 2_000, 20)),
    (0.01, LARGE),
)
"""Hospitals of a whole country by share."""

_RuleSketch = tuple[bool, tuple[Span, ...], tuple[Span, ...], tuple[Span, ...]]
ANY = ANY_ADDRESS.spans


@dataclass(frozen=True, slots=True)
class Sketch:
    """A network as plain numbers: what a reader has in hand before it makes the model."""

    size: Size
    hosts: tuple[tuple[int, int, tuple[int, ...]], ...]
    """Segment, address, services listened on."""
    rules: tuple[tuple[_RuleSketch, ...], ...]
    """Per segment."""
    lines: tuple[tuple[int, int, tuple[_RuleSketch, ...]], ...]
    """Segment behind the router, address of the router there, its rules."""


def sketched(size: Size, seed: int = 1) -> Sketch:
    """Return the numbers of one hospital."""
    random = Random(seed)
    prefixes = [(FIRST + at * 256, FIRST + at * 256 + 255) for at in range(size.segments)]
    listens = [tuple(random.sample(TAKEOVER, random.randint(0, 4))) for _ in range(12)]
    hosts = [
        (at % size.segments, prefixes[at % size.segments][0] + HOSTS_FROM + at // size.segments, random.choice(listens))
        for at in range(size.hosts)
    ]
    named = [random.choice(hosts)[:2] for _ in range(size.segments * 2)]
    ports = random.sample(range(1024, 65_000), RARE_PORTS)
    services = [*TAKEOVER, *(service_number(TCP, port) for port in ports)]
    rules = []
    for at in range(size.segments):
        own = [prefixes[at], *((address, address) for segment, address in named if segment == at)]
        aims = (*prefixes, *((address, address) for _, address in named))
        rules.append(tuple(_rule(random, own, aims, services) for _ in range(size.rules // size.segments)))
    lines = []
    for number in range(size.lines):
        segment, source = random.randrange(size.segments), ((_outside(number)),)
        there = (True, source, (prefixes[segment],), ((random.choice(TAKEOVER),) * 2,))
        beyond = (True, source, (random.choice(prefixes),), ANY_SERVICE.spans)
        lines.append((segment, prefixes[segment][0] + ROUTERS_FROM - number % 40, (there, beyond)))
    return Sketch(size, tuple(hosts), tuple(rules), tuple(lines))


def _rule(random: Random, own: list[Span], aims: tuple[Span, ...], services: list[int]) -> _RuleSketch:
    common, rare = services[: len(TAKEOVER)], services[len(TAKEOVER) :]
    source = ANY if random.random() < SHARE_ANY_SOURCE else (random.choice(own),)
    target = ANY if random.random() < SHARE_ANY_TARGET else (random.choice(aims),)
    service: tuple[Span, ...] = ((random.choice(rare if random.random() < SHARE_RARE else common),) * 2,)
    if random.random() < SHARE_ANY_SERVICE:
        service = ANY_SERVICE.spans
    return random.random() < SHARE_PERMITS, source, target, service


def _outside(number: int) -> Span:
    return OUTSIDE + number * 256, OUTSIDE + number * 256 + 255


def built(sketch: Sketch, *, stateful: bool = True, direction: Direction = Direction.IN) -> Network:
    """Return the model; `stateful` False makes the core a switch whose filters judge replies as well."""
    segments = range(sketch.size.segments)
    prefixes = [(FIRST + at * 256, FIRST + at * 256 + 255) for at in segments]
    whole = (FIRST, prefixes[-1][1])
    core = Device("core", tuple(Interface(f"vlan{at}", f"s{at}", prefixes[at][0] + 1) for at in segments))
    routers = [
        Device(
            f"rt{number}", (Interface("wan"), Interface("lan", f"s{at}", address)), (Route(whole, prefixes[at][0] + 1),)
        )
        for number, (at, address, _) in enumerate(sketch.lines)
    ]
    nodes = tuple(
        Node(
            f"h{number}", Ranges.single(address), "server" if at % SERVER_EVERY == 0 else "pc",
            3 if number % 97 == 0 else 0, Ranges.of((one, one) for one in listens),
        )
        for number, (at, address, listens) in enumerate(sketch.hosts)
    )  # fmt: skip
    at_core = (
        _ruleset("core", AtInterface(f"vlan{at}", direction), rules, stateful) for at, rules in enumerate(sketch.rules)
    )
    at_routers = (
        _ruleset(f"rt{n}", AtInterface("wan", Direction.IN), rules) for n, (_, _, rules) in enumerate(sketch.lines)
    )
    return Network(
        tuple(
            Segment(
                f"s{at}",
                Ranges((prefixes[at],)),
                f"z{at % DEPARTMENTS}",
                gateway="core",
                department=f"d{at % DEPARTMENTS}",
            )
            for at in segments
        ),
        nodes,
        tuple(
            ExternalLine(f"l{number}", Ranges((_outside(number),)), f"rt{number}", "wan")
            for number in range(sketch.size.lines)
        ),
        (core, *routers),
        (*at_core, *at_routers),
        backups=_backups(nodes),
    )


def _ruleset(device: str, place: Place, rules: tuple[_RuleSketch, ...], stateful: bool = True) -> RuleSet:
    made = (
        Rule(at * 10 + 10, Action.PERMIT if permits else Action.DENY, Ranges(src), Ranges(dst), Ranges(service))
        for at, (permits, src, dst, service) in enumerate(rules)
    )
    return RuleSet(device, place, Action.DENY, tuple(made), stateful)


def _backups(nodes: tuple[Node, ...]) -> tuple[BackupCopy, ...]:
    critical = [node.id for node in nodes if node.critical]
    return tuple(
        BackupCopy(f"b-{node}", node, nodes[(97 * at + 5) % len(nodes)].id, Connect.ALWAYS_ON, 14, 0, 24)
        for at, node in enumerate(critical)
    )


def closures(network: Network) -> Attack:
    """Answer the whole question: what falls from each line on the 16 services."""
    attack = Attack(Reachability(network, TAKEOVER), INTRUSION)
    for entry in attack.entries():
        attack.closure(entry, surely=True)
    return attack


def whole_question(stateful: bool) -> None:
    """Ask the whole question once, and compute every row besides."""
    attack = closures(built(sketched(LARGE), stateful=stateful))
    for at in range(len(attack.reach.classes)):
        attack.reach.rows(at)
