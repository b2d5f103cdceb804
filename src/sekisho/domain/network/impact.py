"""What the fall of hosts means: systems, computers, departments. Counts only; no invented chances."""

from collections.abc import Sequence
from dataclasses import dataclass

from sekisho.domain.network.attack import Attack
from sekisho.domain.network.matrix import groups_of_nodes
from sekisho.domain.network.model import Network, Node
from sekisho.domain.network.spread import Spread
from sekisho.domain.network.survival import SystemFate
from sekisho.domain.tri import Tri

TERMINALS = frozenset({"pc", "thin-client", "handheld", "terminal"})
"""Roles of what people sit at or carry; everything else is a system."""


@dataclass(frozen=True, slots=True)
class Blast:
    """What one entry costs. Computers are hosts, not nodes; shares are of all hosts of the network."""

    entry: str
    systems: tuple[Node, ...]
    systems_maybe: tuple[Node, ...]
    hosts: int
    hosts_maybe: int
    hosts_all: int
    terminals: int
    departments: tuple[str, ...]
    departments_all: int
    steps: int
    first_critical_steps: int | None
    copies_lost: int
    copies_unknown: int
    copies_surviving: int
    systems_without_copy: tuple[str, ...]

    @property
    def share(self) -> float:
        """Return the share of computers that surely fall, 0 to 1."""
        return self.hosts / self.hosts_all if self.hosts_all else 0.0


def blast_of(network: Network, attack: Attack, spread: Spread, fates: Sequence[SystemFate]) -> Blast:
    """Return what one spread costs. `hosts_maybe` counts those that may fall besides those that surely do."""
    nodes = {node.id: node for node in network.nodes}
    groups = groups_of_nodes(network, attack.reach)
    sure = [nodes[name] for name in spread.surely]
    departments = dict.fromkeys(group for node in sure for group in groups[node.id])
    steps = [spread.takings.steps(node.id) for node in sure]
    critical = [spread.takings.steps(node.id) for node in sure if node.critical >= 3]
    copies = [copy for fate in fates for copy in fate.copies]
    return Blast(
        entry=spread.entry.id,
        systems=_systems(sure),
        systems_maybe=_systems([nodes[name] for name in spread.maybe]),
        hosts=spread.hosts_surely,
        hosts_maybe=max(0, spread.hosts_maybe - spread.hosts_surely),
        hosts_all=sum(node.count for node in network.nodes),
        terminals=sum(attack.hosts(_classes(attack, node, spread)) for node in sure if node.role in TERMINALS),
        departments=tuple(departments),
        departments_all=len({group for its_groups in groups.values() for group in its_groups}),
        steps=max(steps, default=0),
        first_critical_steps=min(critical, default=None),
        copies_lost=sum(copy.survives is Tri.NO for copy in copies),
        copies_unknown=sum(copy.survives is Tri.UNKNOWN for copy in copies),
        copies_surviving=sum(copy.survives is Tri.YES for copy in copies),
        systems_without_copy=tuple(
            fate.node for fate in fates if fate.falls is Tri.YES and fate.survives is Tri.NO and fate.copies
        ),
    )


def _systems(nodes: Sequence[Node]) -> tuple[Node, ...]:
    systems = (node for node in nodes if node.role not in TERMINALS)
    return tuple(sorted(systems, key=lambda node: (-node.critical, node.id)))


def _classes(attack: Attack, node: Node, spread: Spread) -> int:
    return attack.reach.classes.of_node[node.id] & spread.classes_surely
