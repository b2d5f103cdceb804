"""Random networks with what an attack and a defence depend on: credentials, hypervisors, media, vendors, needs, backups."""

from dataclasses import replace
from datetime import date
from random import Random

from sekisho.domain.network.intrusion import Intrusion
from sekisho.domain.network.model import (
    BackupCopy,
    Connect,
    CredentialDomain,
    DeclaredFlow,
    ExternalLine,
    MediaControl,
    MediaPath,
    Network,
    Node,
)
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.services import parse_services
from sekisho.domain.tri import Tri
from tests.oracles.random_networks import SERVICES, Shape, random_network

TAKEOVER = tuple(parse_services(text).first for text in ("tcp/22", "tcp/445"))
CONSOLES = {
    "backup": frozenset({parse_services("tcp/443").first}),
    "hypervisor": frozenset({parse_services("tcp/443").first, parse_services("tcp/8443").first}),
}
INTRUSION = Intrusion(frozenset(TAKEOVER), CONSOLES)
ASKED = tuple(parse_services(text).first for text in SERVICES)
SMALL = Shape(devices=(1, 3), lans=(1, 2), nodes=(1, 3), rules=(0, 3), filtered=0.4)
"""Few enough devices for every set of changes to be tried."""
_CREDENTIALS = ("local", "domain", "maker")
_ROLES = ("pc", "pc", "ehr", "backup", "hypervisor")


def random_hospital(random: Random, shape: Shape | None = None) -> Network:
    """Return a network with nodes that are one host each, and everything else that an attack may use."""
    network = random_network(random, shape)
    nodes = tuple(_node(random, node, network.nodes) for node in network.nodes)
    return replace(
        network,
        nodes=nodes,
        lines=tuple(_line(random, line) for line in network.lines),
        credentials=tuple(CredentialDomain(name) for name in _CREDENTIALS),
        media=tuple(_media(random, nodes) for _ in range(random.randint(0, 2))),
        flows=tuple(_flow(random, network) for _ in range(random.randint(0, 3))),
        backups=tuple(_backup(random, nodes, number) for number in range(random.randint(0, 2))),
    )


def with_groups(random: Random, network: Network) -> Network:
    """Return the network with some nodes of several addresses as groups of alike hosts, one address each."""
    named = {end for path in network.media for end in (path.source, path.target)}
    named |= {node.runs_on for node in network.nodes if node.runs_on} | {copy.on for copy in network.backups}
    groups = {node.id for node in network.nodes if len(node.addresses.spans) == 1 and node.id not in named}
    return replace(
        network,
        nodes=tuple(
            replace(node, count=node.addresses.size) if node.id in groups and random.random() < 0.8 else node
            for node in network.nodes
        ),
    )


def with_needs(random: Random, network: Network) -> Network:
    """Return the network with some of the connections that work as declared needs, a few of them expired."""
    working = [flow for flow in Reachability(network, ASKED).flows() if flow.reached is Tri.YES]
    chosen = random.sample(working, min(len(working), random.randint(0, 4)))
    needs = tuple(
        DeclaredFlow(
            flow.source, flow.target, Ranges.single(flow.service), "担当", random.choice((None, None, date(2020, 1, 1)))
        )
        for flow in chosen
    )
    return replace(network, flows=needs)


def split(network: Network) -> Network:
    """Return the network with each group taken apart into nodes "group#number" of one host."""
    nodes: list[Node] = []
    for node in network.nodes:
        if len(node.addresses.spans) != 1 or not 1 < node.count == node.addresses.size:
            nodes.append(node)
            continue
        for number, address in enumerate(node.addresses):
            nodes.append(replace(node, id=f"{node.id}#{number}", addresses=Ranges.single(address), count=1))
    return replace(network, nodes=tuple(nodes), flows=())


def _some(random: Random, share: float) -> tuple[str, ...]:
    return tuple(name for name in _CREDENTIALS if random.random() < share)


def _node(random: Random, node: Node, others: tuple[Node, ...]) -> Node:
    host = random.choice(others).id if random.random() < 0.1 else None
    return replace(
        node,
        role=random.choice(_ROLES),
        critical=random.choice((0, 1, 2, 3, 3)),
        credentials=_some(random, 0.3),
        runs_on=host if host != node.id else None,
        is_jump_host=random.random() < 0.08,
    )


def _line(random: Random, line: ExternalLine) -> ExternalLine:
    return replace(line, vendor=random.choice(("", "", "甲社", "乙社")), credentials=_some(random, 0.2))


def _media(random: Random, nodes: tuple[Node, ...]) -> MediaPath:
    return MediaPath(random.choice(nodes).id, random.choice(nodes).id, random.choice(list(MediaControl)))


def _flow(random: Random, network: Network) -> DeclaredFlow:
    sources = [one.id for one in (*network.nodes, *network.lines)]
    target = random.choice(network.nodes)
    service = random.choice([*target.listens.spans, parse_services("tcp/445").spans[0]])
    until = random.choice((None, None, date(2020, 1, 1)))
    return DeclaredFlow(random.choice(sources), target.id, Ranges((service,)), "担当", until)


def _backup(random: Random, nodes: tuple[Node, ...], number: int) -> BackupCopy:
    place = random.choice([*(node.id for node in nodes), None])
    connect, credentials = random.choice(list(Connect)), _some(random, 0.3)
    return BackupCopy(f"copy{number}", random.choice(nodes).id, place, connect, 2, credentials=credentials)
