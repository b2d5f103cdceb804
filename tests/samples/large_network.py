"""A network of the largest size that is promised: 500 segments, 20,000 rules, 5,000 nodes, 40 lines; made up."""

from collections.abc import Iterator

SEGMENTS, RULES, NODES, LINES = 500, 20_000, 5_000, 40
PLACES = [f"10.{number // 250}.{number % 250}" for number in range(SEGMENTS)]


def large_network() -> bytes:
    """Return its network.yaml: a core that joins all segments, a router for each line, 40 rules at each segment.

    Whoever is in one segment gets to the hosts of two others by tcp/445; the other rules open one service each.
    """
    parts = [*_segments(), *_nodes(), *_devices(), *_lines(), *_rulesets()]
    return "\n".join(parts).encode()


def _segments() -> Iterator[str]:
    yield "segments:"
    for number, place in enumerate(PLACES):
        yield f"- {{id: s{number}, cidr: {place}.0/24, zone: z{number % 20}, gateway: core}}"


def _nodes() -> Iterator[str]:
    yield "nodes:"
    for number in range(NODES):
        place, critical = PLACES[number % SEGMENTS], 3 if number % 250 == 7 else 0
        address = f"{place}.{10 + number // SEGMENTS}"
        yield f"- {{id: n{number}, addresses: [{address}], critical: {critical}, listens: [tcp/445, tcp/{1000 + number % 9}]}}"


def _devices() -> Iterator[str]:
    yield "devices:"
    yield "- id: core"
    yield "  interfaces:"
    for number, place in enumerate(PLACES):
        yield f"  - {{id: v{number}, segment: s{number}, address: {place}.1/24}}"
    yield "  routes:"
    for number in range(LINES):
        yield f"  - {{prefix: 172.16.{number}.0/24, via: {PLACES[number * 12]}.250}}"
    for number in range(LINES):
        place = PLACES[number * 12]
        yield f"- id: r{number}"
        yield f"  interfaces: [{{id: wan}}, {{id: lan, segment: s{number * 12}, address: {place}.250/24}}]"
        yield f"  routes: [{{prefix: 10.0.0.0/8, via: {place}.1}}, {{prefix: 172.16.{number}.0/24, interface: wan}}]"


def _lines() -> Iterator[str]:
    yield "lines:"
    for number in range(LINES):
        ends = f"terminates: {{device: r{number}, interface: wan}}"
        yield f"- {{id: l{number}, source: [172.16.{number}.0/24], auth: {{mfa: false}}, {ends}}}"


def _rulesets() -> Iterator[str]:
    yield "rulesets:"
    for number in range(SEGMENTS):
        yield f"- device: core\n  at: {{interface: v{number}, direction: in}}\n  default: deny\n  rules:"
        for rule in range(1, RULES // SEGMENTS + 1):
            first = rule == 1
            near = ", ".join(f"{PLACES[(2 * number + one) % SEGMENTS]}.0/24" for one in (1, 2))
            target = near if first else f"{PLACES[rule * 7 % SEGMENTS]}.10"
            yield f"  - seq: {rule}\n    action: permit\n    src: [{PLACES[number]}.0/24]\n    dst: [{target}]"
            yield f"    service: [tcp/{445 if first else 1000 + rule}]"
