"""Which changes are offered against one connection: never one that breaks a declared need."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sekisho.domain.network.addresses import ANY_ADDRESS
from sekisho.domain.network.changes import (
    Change,
    CloseLine,
    DisableRule,
    InsertDeny,
    IsolateSegment,
    NarrowRule,
    TakeOffline,
)
from sekisho.domain.network.classes import EndpointClass, Kind
from sekisho.domain.network.explain import Explainer, Explanation
from sekisho.domain.network.goals import Costs, Goal
from sekisho.domain.network.intrusion import Entry, EntryKind, Intrusion
from sekisho.domain.network.kept_needs import KeptNeeds, witness_matches, works
from sekisho.domain.network.model import Action, AtInterface, Direction, Isolation
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.taking import Taking


@dataclass(frozen=True, slots=True)
class Found:
    """Where chains are found: the network as changed so far, and where its rule sets stand."""

    reach: Reachability
    explainer: Explainer
    positions: Mapping[int, int]


class Offers:
    """The changes that are offered against one connection, none of which breaks a declared need."""

    def __init__(self, reach: Reachability, intrusion: Intrusion, goal: Goal, costs: Costs) -> None:
        self.reach, self.costs = reach, costs
        self.network = reach.network
        self.services = Ranges.of((service, service) for service in intrusion.services)
        self.takeover = Ranges.of((service, service) for service in intrusion.takeover)
        needs = [flow for flow in self.network.flows if goal.today is None or not flow.is_expired(goal.today)]
        self.needs = tuple(flow for flow in needs if works(reach, flow))
        self._segments = {segment.id: segment for segment in self.network.segments}
        self._lines = {line.id: line for line in self.network.lines}
        self.kept = KeptNeeds(reach, self.needs)
        self._positions = {(ruleset.device, ruleset.at): at for at, ruleset in enumerate(self.network.rulesets)}
        self._original = {
            (position, rule.seq): rule
            for position, ruleset in enumerate(self.network.rulesets)
            for rule in ruleset.rules
        }

    def cost(self, change: Change) -> float:
        """Return what a change costs, with the declared needs that it carries along."""
        kept = len(getattr(change, "keeps", ())) * self.costs.per_kept_flow
        if isinstance(change, InsertDeny):
            return (self.costs.attach_filter if change.attaches else self.costs.insert_deny) + kept
        flat = {
            DisableRule: self.costs.disable_rule,
            NarrowRule: self.costs.narrow_rule,
            IsolateSegment: self.costs.isolate_segment,
            CloseLine: self.costs.close_line,
            TakeOffline: self.costs.take_offline,
        }
        return flat[type(change)] + kept

    def against(self, taking: Taking, witness: Explanation, found: Found) -> Iterator[Change]:
        """Yield every offered change that breaks the connection of a taking as its witness shows it."""
        classes = found.reach.classes
        sender, target = classes.items[taking.sender], classes.items[taking.target]
        if sender.kind is Kind.LINE:
            yield from self.closing(Entry(EntryKind.LINE, sender.place))
        if not witness.steps:
            place = self._lines[sender.place].segment if sender.kind is Kind.LINE else sender.place
            yield from self.isolating(place or "")
            return
        yield from self._rules(witness, found.positions)
        yield from self._denies(sender, target, witness)

    def closing(self, entry: Entry) -> Iterator[Change]:
        """Yield that a line is switched off, where no declared need comes in by it."""
        if entry.kind is EntryKind.LINE and not any(flow.source == entry.id for flow in self.needs):
            yield CloseLine(entry.id)

    def isolating(self, segment_id: str) -> Iterator[Change]:
        """Yield that hosts of a segment no longer hear each other, where no declared need lies inside."""
        segment = self._segments.get(segment_id)
        if segment is None or segment.isolation is Isolation.PORT:
            return
        if not any(
            self._is_inside(flow.source, segment_id) and self._is_inside(flow.target, segment_id) for flow in self.needs
        ):
            yield IsolateSegment(segment_id)

    def _is_inside(self, end: str, segment_id: str) -> bool:
        if end in self._lines:
            return self._lines[end].segment == segment_id
        bits = self.reach.classes.of_node.get(end, 0)
        return bool(bits & self.reach.classes.of_segment.get(segment_id, 0))

    def _rules(self, witness: Explanation, positions_of: Mapping[int, int]) -> Iterator[Change]:
        for decision in witness.decisions:
            rule = decision.rule
            if rule is None or rule.action is not Action.PERMIT or decision.is_reply:
                continue
            position = positions_of[id(decision.ruleset)]
            original = self._original.get((position, rule.seq))
            if original is None:
                continue  # a permit that an earlier change keeps for a declared need
            keeps = self.kept.of_rule(position, original)
            if any(witness_matches(keep, witness) for keep in keeps):
                continue
            yield DisableRule(position, rule.seq, keeps)
            if original.service - self.services:
                inside = tuple(keep for keep in keeps if keep.service & self.services)
                yield NarrowRule(position, rule.seq, self.services, inside)

    def _denies(self, sender: EndpointClass, target: EndpointClass, witness: Explanation) -> Iterator[Change]:
        home = self._segments.get(target.place)
        scopes = [ANY_ADDRESS] if home is None else [home.addresses, ANY_ADDRESS]
        services = self.takeover if witness.service in self.takeover else self.services
        for step in witness.steps:
            at = AtInterface(step.entering, Direction.IN)
            source = self._scope_of(sender.place, sender.kind is Kind.LINE)
            for scope in scopes:
                change = self._deny(step.device, at, source, scope, services)
                if not any(witness_matches(keep, witness) for keep in change.keeps):
                    yield change

    def _scope_of(self, place: str, is_line: bool) -> Ranges:
        return self._lines[place].source if is_line else self._segments[place].addresses

    def _deny(self, device: str, at: AtInterface, src: Ranges, dst: Ranges, services: Ranges) -> InsertDeny:
        position = self._positions.get((device, at))
        keeps = self.kept.of_place(device, at, src, dst, services)
        return InsertDeny(device, at, src, dst, services, keeps, attaches=position is None)
