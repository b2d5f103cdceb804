"""Takes from network.yaml what the overview drawing needs: systems, their zones, and the lines that lead to them.

The file is read by `sekisho.adapters.network`; here only the drawing's own choices are made.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sekisho.adapters.network.read import read_network_model
from sekisho.adapters.yaml_file import FileProblem
from sekisho.domain.network.model import Network, Node, Segment
from sekisho.domain.overview.systems import InsideSystem
from sekisho.domain.register.records import Line

OUTER_ZONES = frozenset({"outside", "internet", "guest", "office"})
"""Zones that are not part of the medical network."""
_DRAWN = frozenset(
    f"network.{rule}"
    for rule in (
        "id-missing", "id-twice", "not-a-list", "not-an-entry", "not-a-text", "name-is-secret", "critical", "address",
        "address-is-network", "cidr",
    )
)  # fmt: skip
"""Rules that bear on the drawing; the others belong to the question who can talk to whom."""


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """What the overview takes from network.yaml, and what was wrong with it; `network` is the whole of it."""

    systems: tuple[InsideSystem, ...]
    problems: tuple[FileProblem, ...] = ()
    network: Network = field(default_factory=Network)


def read_network(
    raw: bytes, lines: Sequence[Line] = (), *, configurations: Mapping[str, bytes] | None = None
) -> NetworkFile:
    """Return the systems of a network.yaml. `lines` are those of the register, to say which of them lead where.

    With `configurations` (the files that its devices name, by their paths) every problem of the file is told, for the
    question who can talk to whom; without, only those that bear on the drawing.

    A line leads to a system when a declared flow says so. A line of the file is a line of the register by its
    `number`, else by its id: a circuit id, "回線3" or "line-3". Left out are PCs, and systems in a zone that does not
    belong to the medical network unless they hold a backup. A system's zone is the name of its segment, else the
    segment's zone code, else its id.

    Raises:
        YamlUnreadable: the file as a whole cannot be read.
    """
    numbers = {name: line.number for line in lines for name in _names(line)}
    reading = read_network_model(raw, configurations=configurations, other_sources=frozenset(numbers))
    told = configurations is not None
    problems = tuple(problem for problem in reading.problems if told or problem.rule in _DRAWN)
    return NetworkFile(tuple(_systems(reading.network, numbers)), problems, reading.network)


def _names(line: Line) -> tuple[str, ...]:
    return names_of_line(line.number, line.reference)


def names_of_line(number: int, circuit_id: str = "") -> tuple[str, ...]:
    """Return every name by which a network.yaml may call a line of the register."""
    return tuple(name for name in (circuit_id, f"回線{number}", f"line-{number}") if name)


def _systems(network: Network, numbers: Mapping[str, int]) -> Iterator[InsideSystem]:
    leading = _leading_lines(network, numbers)
    backed = {copy.on for copy in network.backups}
    for node in network.nodes:
        segment = _segment_of(node, network)
        system = InsideSystem(
            id=node.id,
            name=node.name or node.id,
            zone=(segment.name or segment.zone or segment.id) if segment else "",
            critical=node.critical,
            line_numbers=tuple(sorted(leading.get(node.id, ()))),
            is_backup=node.id in backed or node.role == "backup",
        )
        is_outside = segment is not None and segment.zone in OUTER_ZONES
        if node.role != "pc" and (system.is_backup or not is_outside):
            yield system


def _segment_of(node: Node, network: Network) -> Segment | None:
    """Return the segment of the node's lowest address that lies in one."""
    around = [segment for segment in network.segments if segment.addresses.overlaps(node.addresses)]
    return min(around, key=lambda segment: (segment.addresses & node.addresses).first, default=None)


def _leading_lines(network: Network, numbers: Mapping[str, int]) -> dict[str, set[int]]:
    """Return the numbers of the register's lines from which a declared flow leads to each node."""
    known = set(numbers.values())
    by_source = {**numbers, **{line.id: line.number for line in network.lines if line.number in known}}
    found: dict[str, set[int]] = {}
    for flow in network.flows:
        if (number := by_source.get(flow.source)) is not None:
            found.setdefault(flow.target, set()).add(number)
    return found
