"""Every sheet of a network, and what tests ask of any drawing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from random import Random

from hypothesis import strategies as st

from sekisho.assessment.network import NetworkAssessment, assess_network
from sekisho.assessment.sheets import NetworkSheets
from sekisho.domain.drawing.parts import Area, Box, Drawing
from sekisho.domain.network.model import BackupCopy, Connect, Network
from sekisho.domain.text import Text
from tests.oracles.random_networks import Shape, random_network
from tests.unit.domain.overview.strategies import HOSTILE

TODAY = date(2026, 11, 21)
HOSPITAL = Text("みなと市民病院", "Minato Municipal Hospital")
SLACK = 0.01


def assessed(network: Network) -> NetworkAssessment:
    return assess_network(network, today=TODAY)


def sheets_of(network: Network) -> NetworkSheets:
    return NetworkSheets(assessed(network), hospital=HOSPITAL)


def named(network: Network, random: Random) -> Network:
    """Return `network` with names as people and strangers write them, departments, criticality and backups."""

    def name() -> str:
        return random.choice((*HOSTILE, "", "サーバ室", "給食 管理", "Server room", "WWWW" * 9))

    nodes = tuple(
        replace(node, name=name(), critical=random.randrange(4), role=random.choice(("pc", "ehr", "backup", "")))
        for node in network.nodes
    )
    return replace(
        network,
        segments=tuple(
            replace(
                one,
                name=name(),
                department=random.choice(("", "内科", *HOSTILE[:2])),
                zone=random.choice(("ehr", "dmz", "")),
            )
            for one in network.segments
        ),
        nodes=nodes,
        lines=tuple(
            replace(
                line, name=name(), number=random.choice((None, at, 1000 + at)), kind=random.choice(("mobile", "x", ""))
            )
            for at, line in enumerate(network.lines)
        ),
        devices=tuple(replace(device, name=name()) for device in network.devices),
        backups=tuple(
            BackupCopy(
                f"copy-{at}",
                random.choice(nodes).id,
                random.choice((None, *(node.id for node in nodes))),
                random.choice(tuple(Connect)),
                random.choice((None, 1, 3)),
                name=name(),
            )
            for at in range(random.randrange(6) if nodes else 0)
        ),
    )


def networks() -> st.SearchStrategy[Network]:
    """Return random networks with hostile names."""
    shape = Shape(devices=(2, 5), lans=(1, 4), unknown=0.15)

    def network(seed: int) -> Network:
        # A seed instead of hypothesis' own random: a network asks for more numbers than hypothesis keeps in one case.
        random = Random(seed)
        return named(random_network(random, shape), random)

    return st.integers(0, 2**32 - 1).map(network)


def boxes(drawing: Drawing) -> Iterator[Box]:
    for page in drawing.pages:
        yield from page.boxes


def ids(drawing: Drawing, prefix: str) -> list[str]:
    return [box.id.removeprefix(prefix) for box in boxes(drawing) if box.id.startswith(prefix)]


def within(inner: Area, outer: Area) -> bool:
    return (
        inner.x >= outer.x - SLACK
        and inner.y >= outer.y - SLACK
        and inner.right <= outer.right + SLACK
        and inner.bottom <= outer.bottom + SLACK
    )
