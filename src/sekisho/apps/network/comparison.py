"""Before and after: what a set of changes does to the numbers, to who reaches whom, and to declared needs."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sekisho.apps.network.analysis import Analysis
from sekisho.domain.network.classes import positions
from sekisho.domain.network.kept_needs import broken_flows
from sekisho.domain.network.matrix import groups_of_nodes
from sekisho.domain.network.services import service_text
from sekisho.domain.network.survival import without_surviving_copy
from sekisho.domain.tri import Tri

CRITICAL = 3
"""Importance of a system without which care stops."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The state in one glance. `hosts` is the most computers that one line costs for sure, `hosts_maybe` with doubt.

    Lines count by what they reach of the most important systems: surely, perhaps, not. `hosts_total` adds up what every line costs for sure.
    """

    lines: int
    lines_sure: int
    lines_maybe: int
    lines_none: int
    hosts: int
    hosts_maybe: int
    hosts_all: int
    hosts_total: int
    systems_without_copy: int
    copies_lost: int

    def as_plain(self) -> dict[str, int]:
        """Return the figures by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two groups or a line and a group between which connections open or close, with how many and one example."""

    source: str
    target: str
    count: int
    source_id: str
    target_id: str
    service: str

    def as_plain(self) -> dict[str, Any]:
        """Return the pair as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class BrokenNeed:
    """A declared need that would stop working."""

    source: str
    target: str
    services: tuple[str, ...]
    owner: str

    def as_plain(self) -> dict[str, Any]:
        """Return the need as JSON values."""
        return asdict(self) | {"services": list(self.services)}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changes do. `closed` and `opened` count sure connections on the services by which hosts are taken."""

    before: Figures
    after: Figures
    closed: tuple[Pair, ...] = ()
    opened: tuple[Pair, ...] = ()
    broken: tuple[BrokenNeed, ...] = ()


def line_verdict(analysis: Analysis, line: str) -> Tri:
    """Return whether an intruder who comes by `line` takes one of the most important systems."""
    spread = analysis.assessed.spreads[line]
    fallen = [spread.fallen(node.id) for node in analysis.network.nodes if node.critical >= CRITICAL]
    return Tri.YES if Tri.YES in fallen else Tri.UNKNOWN if Tri.UNKNOWN in fallen else Tri.NO


def figures_of(analysis: Analysis) -> Figures:
    """Return the state of a network in numbers."""
    assessed = analysis.assessed
    verdicts = [line_verdict(analysis, line.id) for line in analysis.network.lines]
    blasts = assessed.blasts.values()
    return Figures(
        lines=len(verdicts),
        lines_sure=verdicts.count(Tri.YES),
        lines_maybe=verdicts.count(Tri.UNKNOWN),
        lines_none=verdicts.count(Tri.NO),
        hosts=max((blast.hosts for blast in blasts), default=0),
        hosts_maybe=max((blast.hosts + blast.hosts_maybe for blast in blasts), default=0),
        hosts_total=sum(blast.hosts for blast in blasts),
        hosts_all=sum(node.count for node in analysis.network.nodes),
        systems_without_copy=len(lost_systems(analysis)),
        copies_lost=len(
            {
                copy.copy.id
                for fates in assessed.fates.values()
                for fate in fates
                for copy in fate.copies
                if copy.survives is not Tri.YES
            }
        ),
    )


def lost_systems(analysis: Analysis) -> list[str]:
    """Return the nodes that fall, surely or perhaps, in some attack that no copy surely outlives, worst first."""
    lost: dict[str, None] = {}
    for fates in analysis.assessed.fates.values():
        lost |= dict.fromkeys(without_surviving_copy(fates))
    critical = {node.id: node.critical for node in analysis.network.nodes}
    return sorted(lost, key=lambda node: -critical.get(node, 0))


def compared(before: Analysis, after: Analysis) -> Comparison:
    """Return what lies between two states of one network."""
    closed, opened = _pairs(before, after)
    reach, changed_reach = before.assessed.reach, after.assessed.reach
    broken = broken_flows(reach, changed_reach, before.network.flows)
    return Comparison(
        figures_of(before),
        figures_of(after),
        closed,
        opened,
        tuple(
            BrokenNeed(
                flow.source,
                flow.target,
                tuple(service_text(first) for first, _last in flow.service.spans),
                flow.owner,
            )
            for flow in broken
        ),
    )


def _pairs(before: Analysis, after: Analysis) -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
    groups = groups_of_nodes(before.network, before.assessed.reach)
    closed: dict[tuple[str, str], Pair] = {}
    opened: dict[tuple[str, str], Pair] = {}
    services = sorted(before.assessed.intrusion.takeover)
    for source in [*(node.id for node in before.network.nodes), *(line.id for line in before.network.lines)]:
        for service in services:
            was, now = set(_reached(before, source, service)), set(_reached(after, source, service))
            for found, targets in ((closed, was - now), (opened, now - was)):
                for target in targets:
                    _count(found, groups, source, target, service)
    return _sorted(closed), _sorted(opened)


def _reached(analysis: Analysis, source: str, service: int) -> Iterator[str]:
    reach = analysis.assessed.reach
    try:
        surely, _maybe = reach.reached_from(source, service)
    except KeyError:  # a line that was closed
        return
    for at in positions(surely):
        yield from (node for node in reach.classes.items[at].nodes if node != source)


def _count(
    found: dict[tuple[str, str], Pair], groups: dict[str, tuple[str, ...]], source: str, target: str, service: int
) -> None:
    for a in groups.get(source) or (source,):
        for b in groups.get(target) or (target,):
            known = found.get((a, b))
            count = known.count + 1 if known else 1
            example = (
                (known.source_id, known.target_id, known.service) if known else (source, target, service_text(service))
            )
            found[a, b] = Pair(a, b, count, *example)


def _sorted(found: dict[tuple[str, str], Pair]) -> tuple[Pair, ...]:
    return tuple(sorted(found.values(), key=lambda pair: (-pair.count, pair.source, pair.target)))
