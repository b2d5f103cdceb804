"""Department by department: is there anything in the one that opens something in the other?

The table that shows whether the inside is divided: for each ordered pair of groups, whether a host of the first
reaches a service of the second on one of the watched services (remote administration, file sharing, or all). A
connection that is open only because a declared, unexpired need asks for it is an exception, with its owner and its end.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from sekisho.domain.network.classes import positions
from sekisho.domain.network.model import DeclaredFlow, Network
from sekisho.domain.network.reach import Reachability


class Cell(Enum):
    """What one group may do with another."""

    BLOCKED = "blocked"
    ALLOWED = "allowed"
    EXCEPTION = "exception"
    """Open, and every open connection is a declared need."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Opening:
    """One connection that makes a cell open: node to node on a service, sure or possible."""

    source: str
    target: str
    service: int
    surely: bool
    flow: DeclaredFlow | None = None


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One pair of groups. `openings` are some of the connections, undeclared ones first; `count` is how many."""

    source: str
    target: str
    cell: Cell
    openings: tuple[Opening, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class Matrix:
    """The table. `groups` in the order of the network's segments; cells by (source group, target group)."""

    groups: tuple[str, ...]
    cells: Mapping[tuple[str, str], MatrixCell]
    services: tuple[int, ...]

    def counted(self) -> dict[Cell, int]:
        """Return how many cells of each kind there are."""
        counts = dict.fromkeys(Cell, 0)
        for cell in self.cells.values():
            counts[cell.cell] += 1
        return counts


SHOWN_OPENINGS = 12


def group_of_segments(network: Network) -> dict[str, str]:
    """Return the group of each segment: its department, else its name, else its id."""
    return {segment.id: segment.department or segment.name or segment.id for segment in network.segments}


def groups_of_nodes(network: Network, reach: Reachability) -> dict[str, tuple[str, ...]]:
    """Return the groups that each node belongs to: its own department, else those of the segments it stands in."""
    by_segment = group_of_segments(network)
    found: dict[str, tuple[str, ...]] = {}
    for node in network.nodes:
        places = (reach.classes.items[at].place for at in positions(reach.classes.of_node.get(node.id, 0)))
        own = (node.department,) if node.department else tuple(by_segment[place] for place in places if place)
        found[node.id] = tuple(dict.fromkeys(own))
    return found


def department_matrix(reach: Reachability, services: Iterable[int], *, today: date | None = None) -> Matrix:
    """Return the matrix of a network over `services`, which `reach` must ask about.

    A declared need that ended before `today` is no exception. Groups without a node that listens stay: nothing opens
    there, and the table says so.
    """
    network = reach.network
    watched = tuple(service for service in sorted(set(services)) if service in reach.listening)
    members = groups_of_nodes(network, reach)
    groups = tuple(dict.fromkeys(group for groups in _in_segment_order(network, members) for group in groups))
    flows = _flows(network, today)
    found: dict[tuple[str, str], list[Opening]] = {(a, b): [] for a in groups for b in groups if a != b}
    for source in network.nodes:
        for service in watched:
            surely, maybe = reach.reached_from(source.id, service)
            for target in _owners(reach, maybe):
                if target == source.id:
                    continue
                is_sure = bool(surely & reach.classes.of_node[target])
                opening = Opening(source.id, target, service, is_sure, _need(flows, source.id, target, service))
                for a in members[source.id]:
                    for b in members[target]:
                        if a != b:
                            found[a, b].append(opening)
    return Matrix(groups, {pair: _cell(pair, openings) for pair, openings in found.items()}, watched)


def _in_segment_order(network: Network, members: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    by_segment = group_of_segments(network)
    used = {group for groups in members.values() for group in groups}
    ordered = [tuple(group for group in [by_segment[segment.id]] if group in used) for segment in network.segments]
    return [*ordered, *members.values()]


def _owners(reach: Reachability, classes: int) -> list[str]:
    return list(dict.fromkeys(node for at in positions(classes) for node in reach.classes.items[at].nodes))


def _flows(network: Network, today: date | None) -> dict[tuple[str, str], list[DeclaredFlow]]:
    found: dict[tuple[str, str], list[DeclaredFlow]] = {}
    for flow in network.flows:
        if today is None or not flow.is_expired(today):
            found.setdefault((flow.source, flow.target), []).append(flow)
    return found


def _need(
    flows: Mapping[tuple[str, str], list[DeclaredFlow]], source: str, target: str, service: int
) -> DeclaredFlow | None:
    return next((flow for flow in flows.get((source, target), ()) if service in flow.service), None)


def _cell(pair: tuple[str, str], openings: list[Opening]) -> MatrixCell:
    sure = [opening for opening in openings if opening.surely]
    if not openings:
        kind = Cell.BLOCKED
    elif any(opening.flow is None for opening in sure):
        kind = Cell.ALLOWED
    elif any(opening.flow is None for opening in openings):
        kind = Cell.UNKNOWN
    else:
        kind = Cell.EXCEPTION
    shown = sorted(openings, key=lambda opening: (opening.flow is not None, not opening.surely))
    return MatrixCell(*pair, kind, tuple(shown[:SHOWN_OPENINGS]), len(openings))
