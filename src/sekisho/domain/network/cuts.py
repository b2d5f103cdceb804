"""The smallest set of changes that parts the entries from what must not fall, proved by the engine that found the ways.

Every way of an attack is a chain of connections; a set of changes is enough when it breaks every chain. Chains are
found one after another: solve for the cheapest changes that break all chains known so far (a weighted hitting set,
HiGHS), apply them, let the engine search again, and take the chains that are still there as new ones. When none is
left, the changes are enough; as every chain known so far must be broken by any answer, they are also the cheapest of
the kinds offered. Declared needs keep working: a change carries along exact permits for them. A chain that only breaks
together with a declared need, or by nothing offered, is not cut but shown as a conflict.

Source: implicit hitting sets, Moreno-Centeno and Karp (Operations Research 61, 2013).
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum

from sekisho.domain.network.addresses import ANY_ADDRESS
from sekisho.domain.network.attack import Attack, Entry, EntryKind, How, Intrusion, Spread, Taking
from sekisho.domain.network.changes import (
    Change,
    CloseLine,
    DisableRule,
    InsertDeny,
    IsolateSegment,
    NarrowRule,
    PutJumpHost,
    TakeOffline,
    changed,
)
from sekisho.domain.network.classes import EndpointClass, Kind, positions
from sekisho.domain.network.explain import Decision, Explainer, Explanation
from sekisho.domain.network.model import Action, AtInterface, DeclaredFlow, Direction, Isolation, Network, Rule, State
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.services import ANY_PORT, WITH_PORTS, port_of, ports_of, protocol_of
from sekisho.domain.network.survival import credentials_giver, fate_of
from sekisho.domain.tri import Tri

CHAINS_A_ROUND = 4
"""Chains that one entry adds in one round."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What a change costs in effort and risk, in any unit; only their relation counts. A hospital may set its own."""

    disable_rule: float = 1.0
    narrow_rule: float = 1.2
    insert_deny: float = 1.5
    attach_filter: float = 3.0
    isolate_segment: float = 4.0
    close_line: float = 5.0
    take_offline: float = 2.0
    per_kept_flow: float = 0.1
    """Added for each declared need that a change must carry along: one more line to get right."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be parted from what. `targets` are nodes that must not fall, `copies` backups that must survive.

    A copy counts as lost when its place surely falls, or its credentials are surely held, and its medium does not save it.
    """

    entries: tuple[Entry, ...]
    targets: tuple[str, ...]
    copies: tuple[str, ...] = ()
    today: date | None = None
    """Declared needs that ended before this day are not kept; None keeps all."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A way that stays: it breaks only with a declared need, or with nothing that is offered."""

    entry: Entry
    target: str
    way: tuple[Taking, ...]
    flows: tuple[DeclaredFlow, ...] = ()
    jump_host: PutJumpHost | None = None


class Bound(Enum):
    """How good the answer is."""

    MINIMAL = "proved-minimal"
    WITHIN = "within"
    NOT_SEPARATED = "not-separated"
    """Time ran out before every way was broken."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The changes, their cost, and a proven lower bound of what any answer costs."""

    changes: tuple[Change, ...]
    cost: float
    lower_bound: float
    bound: Bound
    conflicts: tuple[Conflict, ...] = ()
    before: Mapping[str, Spread] = field(default_factory=dict)
    after: Mapping[str, Spread] = field(default_factory=dict)
    network: Network | None = None
    flows_broken: tuple[DeclaredFlow, ...] = ()
    rounds: int = 0

    @property
    def is_separated(self) -> bool:
        """Return whether no entry reaches a target any more, conflicts aside."""
        return self.bound is not Bound.NOT_SEPARATED


def critical_goal(network: Network, *, least: int = 3, today: date | None = None) -> Goal:
    """Return the usual goal: every external line parted from every node of at least this importance (`critical`)."""
    entries = tuple(Entry(EntryKind.LINE, line.id) for line in network.lines)
    return Goal(entries, tuple(node.id for node in network.nodes if node.critical >= least), today=today)


def smallest_cut(
    reach: Reachability,
    intrusion: Intrusion,
    goal: Goal,
    *,
    costs: Costs | None = None,
    time_limit_s: float = 20.0,
) -> Cut:
    """Return the cheapest changes that part the entries of `goal` from its targets and keep its declared needs.

    `reach` must ask about every service of `intrusion` and of the declared flows. Only sure ways are cut; what may be
    reached through something unknown needs the unknown to be supplied first.

    Raises:
        KeyError: `goal` names a node or an entry that is not there.
    """
    return _Search(reach, intrusion, goal, costs or Costs(), time_limit_s).cut()


class _Search:
    """One search: the chains known so far and the changes that break them."""

    def __init__(
        self, reach: Reachability, intrusion: Intrusion, goal: Goal, costs: Costs, time_limit_s: float
    ) -> None:
        self.base, self.intrusion, self.goal, self.costs = reach, intrusion, goal, costs
        known = {node.id for node in reach.network.nodes} | {copy.id for copy in reach.network.backups}
        for name in (*goal.targets, *goal.copies):
            if name not in known:
                raise KeyError(name)
        self.deadline = time.monotonic() + time_limit_s
        self.offers = _Offers(reach, intrusion, goal, costs)
        self.changes: list[Change] = []
        self.number: dict[Change, int] = {}
        self.chains: list[_Chain] = []
        self.denies_at: dict[tuple[str, str], list[int]] = {}
        self.conflicts: dict[tuple[Entry, str], Conflict] = {}

    def cut(self) -> Cut:
        first = Attack(self.base, self.intrusion)
        before = {entry.id: first.spread(entry) for entry in self.goal.entries}
        chosen: tuple[Change, ...] = ()
        lower, rounds, reach, spread, is_optimal = 0.0, 0, self.base, before, True
        while self._collect(reach, spread, chosen):
            if time.monotonic() > self.deadline:
                return self._answer(chosen, lower, Bound.NOT_SEPARATED, before, spread, reach, rounds)
            rounds += 1
            chosen, lower, is_optimal = self._cheapest()
            reach = self.base.after(changed(self.base.network, chosen))
            attack = first.after(reach)
            spread = {entry.id: attack.spread(entry) for entry in self.goal.entries if _is_there(entry, reach.network)}
        bound = Bound.MINIMAL if is_optimal else Bound.WITHIN
        return self._answer(chosen, lower, bound, before, spread, reach, rounds)

    def _answer(
        self,
        chosen: tuple[Change, ...],
        lower: float,
        bound: Bound,
        before: Mapping[str, Spread],
        after: Mapping[str, Spread],
        reach: Reachability,
        rounds: int,
    ) -> Cut:
        broken = tuple(flow for flow in self.offers.needs if not _works(reach, flow))
        cost = sum(map(self._cost, chosen))
        conflicts = tuple(self.conflicts.values())
        return Cut(chosen, cost, lower, bound, conflicts, before, after, reach.network, broken, rounds)

    # ---- chains ----

    def _collect(self, reach: Reachability, spreads: Mapping[str, Spread], chosen: tuple[Change, ...]) -> bool:
        """Add the chains that are still there; return whether the cheapest answer has to be found anew."""
        found = _Found(reach, Explainer(reach), {id(ruleset): at for at, ruleset in enumerate(reach.network.rulesets)})
        is_new = False
        for entry in self.goal.entries:
            spread = spreads.get(entry.id)
            fallen = sorted(self._lost(entry, spread, reach.network)) if spread is not None else []
            # The nearest few: what parts the entry from them mostly parts it from the rest; the next round tells.
            for _, target, node, copy in fallen[:CHAINS_A_ROUND]:
                if spread is None:
                    continue
                steps = spread.needed_for(node)
                chain = self._chain(entry, steps, found, copy, node)
                chain.pairs.add((entry, target))
                # What is chosen and did not break it does not break it; an exposed later permit is such a case.
                chain.options -= {self.number[change] for change in chosen if change in self.number}
                if chain.options:
                    is_new = True
                    self._add(chain)
                else:
                    self.conflicts[entry, target] = self._conflict(entry, target, spread.way_to(node))
                    # What was chosen against it alone is chosen no more.
                    is_new |= any((entry, target) in known.pairs for known in self.chains)
        return is_new

    def _add(self, chain: "_Chain") -> None:
        for known in self.chains:
            if chain.options == known.options:
                known.pairs |= chain.pairs
                return
        self.chains.append(chain)

    def _lost(self, entry: Entry, spread: Spread, network: Network) -> Iterator[tuple[int, str, str, str]]:
        """Yield what surely falls and must not: after how many steps, its name, the node to be kept, the copy it is."""
        for node in self.goal.targets:
            if spread.fallen(node) is Tri.YES and (entry, node) not in self.conflicts:
                yield self._steps(spread, node), node, node, ""
        copies = {copy.id: copy for copy in network.backups}
        for name in self.goal.copies:
            copy = copies[name]
            if (entry, name) in self.conflicts or fate_of(copy, spread, network).survives is Tri.YES:
                continue
            if copy.on is not None and spread.fallen(copy.on) is Tri.YES:
                yield self._steps(spread, copy.on), name, copy.on, name
            elif (giver := credentials_giver(copy, spread, network)) is not None:
                yield self._steps(spread, giver), name, giver, name

    @staticmethod
    def _steps(spread: Spread, node: str) -> int:
        return spread.takings.steps(node) if node in spread.takings else 0

    def _chain(self, entry: Entry, steps: tuple[Taking, ...], found: "_Found", copy: str, giver: str) -> "_Chain":
        witnesses = [
            (step, found.explainer.between(step.sender, step.target, step.service))
            for step in steps
            if step.how in (How.SERVICE, How.CONSOLE)
        ]
        offered = [change for step, witness in witnesses for change in self.offers.against(step, witness, found)]
        lines = {line.id for line in self.base.network.lines}
        for line in dict.fromkeys([entry.id, giver, *(step.credentials_from for step in steps)]):
            if line in lines:
                offered += self.offers.closing(Entry(EntryKind.LINE, line))
        if copy:
            offered.append(TakeOffline(copy))
        places = frozenset((step.device, step.entering) for _, witness in witnesses for step in witness.steps)
        numbers = {self._numbered(change) for change in offered}
        chain = _Chain(numbers, tuple(witness for _, witness in witnesses), places)
        # A deny found for another chain may break this one too.
        known = {at for place in chain.places for at in self.denies_at.get(place, ())}
        chain.options |= {at for at in known if chain.meets(self.changes[at])}
        return chain

    def _numbered(self, change: Change) -> int:
        number = self.number.get(change)
        if number is None:
            number = self.number[change] = len(self.changes)
            self.changes.append(change)
            if isinstance(change, InsertDeny):
                place = (change.device, change.at.interface)
                self.denies_at.setdefault(place, []).append(number)
                for chain in self.chains:
                    if place in chain.places and chain.meets(change):
                        chain.options.add(number)
        return number

    def _conflict(self, entry: Entry, target: str, way: tuple[Taking, ...]) -> Conflict:
        flows = tuple(
            flow
            for taking in way
            if taking.how is How.SERVICE
            for flow in self.offers.needs
            if (flow.source, flow.target) == (taking.origin, taking.node) and taking.service in flow.service
        )
        hosts = [node.id for node in self.base.network.nodes if node.is_jump_host or node.role == "jump-host"]
        jump = PutJumpHost(entry.id, hosts[0]) if hosts and entry.kind is EntryKind.LINE else None
        return Conflict(entry, target, way, flows, jump)

    # ---- the cheapest answer so far ----

    def _cheapest(self) -> tuple[tuple[Change, ...], float, bool]:
        """Return the cheapest changes that break every chain known so far, and a bound below which none is."""
        import numpy as np  # only here: reading the command line's help must not wait for it
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_matrix

        chains = sorted(sorted(chain.options) for chain in self.chains if not chain.pairs <= self.conflicts.keys())
        if not chains:
            return (), 0.0, True
        rows = [row for row, chain in enumerate(chains) for _ in chain]
        columns = [number for chain in chains for number in chain]
        matrix = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(chains), len(self.changes)))
        # Of equally cheap answers always the same one: earlier found changes are a hair cheaper.
        price = np.array([self._cost(change) + 1e-7 * at for at, change in enumerate(self.changes)])
        result = milp(
            price,
            integrality=np.ones(len(price), dtype=int),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(matrix, lb=1),
            options={"time_limit": max(0.5, self.deadline - time.monotonic()), "mip_rel_gap": 0.0},
        )
        if result.x is None:  # out of time without any answer: everything together breaks every chain
            return tuple(self.changes), 0.0, False
        chosen = tuple(change for change, taken in zip(self.changes, result.x, strict=True) if taken > 0.5)
        if result.status == 0:
            return chosen, sum(map(self._cost, chosen)), True
        return chosen, max(0.0, float(result.mip_dual_bound) - 1e-7 * len(price) ** 2), False

    def _cost(self, change: Change) -> float:
        return self.offers.cost(change)


@dataclass(frozen=True, slots=True)
class _Found:
    """Where chains are found: the network as changed so far, and where its rule sets stand."""

    reach: Reachability
    explainer: Explainer
    positions: Mapping[int, int]


@dataclass(slots=True)
class _Chain:
    """One way of an attack: the changes, by number, of which one at least must be made, and its connections."""

    options: set[int]
    witnesses: tuple[Explanation, ...]
    places: frozenset[tuple[str, str]] = frozenset()
    """Device and interface of every entry into a device on the way."""
    pairs: set[tuple[Entry, str]] = field(default_factory=set)
    """For which entries and targets it must be broken."""

    def meets(self, change: Change) -> bool:
        """Return whether a deny stands in the way of one of the connections."""
        if not isinstance(change, InsertDeny):
            return False
        return any(
            witness.source_address in change.src
            and witness.target_address in change.dst
            and witness.service in change.services
            and any((step.device, step.entering) == (change.device, change.at.interface) for step in witness.steps)
            and not any(witness_matches(keep, witness) for keep in change.keeps)
            for witness in self.witnesses
        )


class _Offers:
    """The changes that are offered against one connection, none of which breaks a declared need."""

    def __init__(self, reach: Reachability, intrusion: Intrusion, goal: Goal, costs: Costs) -> None:
        self.reach, self.costs = reach, costs
        self.network = reach.network
        self.services = Ranges.of((service, service) for service in intrusion.services)
        self.takeover = Ranges.of((service, service) for service in intrusion.takeover)
        needs = [flow for flow in self.network.flows if goal.today is None or not flow.is_expired(goal.today)]
        self.needs = tuple(flow for flow in needs if _works(reach, flow))
        self._segments = {segment.id: segment for segment in self.network.segments}
        self._lines = {line.id: line for line in self.network.lines}
        self._passing = _Passing(reach, self.needs)
        self._positions = {(ruleset.device, ruleset.at): at for at, ruleset in enumerate(self.network.rulesets)}
        self._original = {
            (position, rule.seq): rule
            for position, ruleset in enumerate(self.network.rulesets)
            for rule in ruleset.rules
        }

    def cost(self, change: Change) -> float:
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

    def against(self, taking: Taking, witness: Explanation, found: _Found) -> Iterator[Change]:
        """Yield every offered change that breaks the connection of a taking as its witness shows it."""
        classes = found.reach.classes
        sender, target = classes.items[taking.sender], classes.items[taking.target]
        if sender.kind is Kind.LINE:
            yield from self.closing(Entry(EntryKind.LINE, sender.place))
        if not witness.steps:
            place = self._lines[sender.place].segment if sender.kind is Kind.LINE else sender.place
            yield from self._isolation(place or "")
            return
        yield from self._rules(witness, found.positions)
        yield from self._denies(sender, target, witness)

    def closing(self, entry: Entry) -> Iterator[Change]:
        """Yield that a line is switched off, where no declared need comes in by it."""
        if entry.kind is EntryKind.LINE and not any(flow.source == entry.id for flow in self.needs):
            yield CloseLine(entry.id)

    def _isolation(self, segment_id: str) -> Iterator[Change]:
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
            keeps = self._passing.kept(position, original)
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
        keeps = self._passing.through(device, at, src, dst, services)
        return InsertDeny(device, at, src, dst, services, keeps, attaches=position is None)


class _Passing:
    """Where the declared needs pass today, and the exact permits that keep them."""

    def __init__(self, reach: Reachability, needs: Sequence[DeclaredFlow]) -> None:
        self._by_rule: dict[tuple[int, int], list[Rule]] = {}
        self._by_place: dict[tuple[str, str], list[Rule]] = {}
        self._positions = {id(ruleset): at for at, ruleset in enumerate(reach.network.rulesets)}
        explainer = Explainer(reach)
        for flow in needs:
            for service in _asked(flow, reach):
                for sender in positions(reach.senders(flow.source)):
                    surely, _ = reach.passing(sender, service)
                    there = reach.classes.of_node[flow.target] & reach.listening[service]
                    for at in positions(surely & there):
                        self._note(reach, flow, explainer.between(sender, at, service))

    def _note(self, reach: Reachability, flow: DeclaredFlow, witness: Explanation) -> None:
        asked = _need(reach.network, flow, witness.service)
        for step in witness.steps:
            at_entry = asked
            for decision in step.decisions:
                if decision.rule is None:
                    continue
                need = _as_seen(asked, decision, witness.service)
                need = replace(need, service=need.service - _stopped_before(decision, need))
                exact = _within(_reply_of(need) if decision.is_reply else need, decision.rule)
                if not (exact.src and exact.dst and exact.service):
                    continue
                if decision.ruleset.at == AtInterface(step.entering, Direction.IN) and not decision.is_reply:
                    at_entry = exact
                position = self._positions[id(decision.ruleset)]
                self._by_rule.setdefault((position, decision.rule.seq), []).append(exact)
            self._by_place.setdefault((step.device, step.entering), []).append(at_entry)

    def kept(self, position: int, rule: Rule) -> tuple[Rule, ...]:
        """Return the exact permits for the needs that a rule lets pass today."""
        return tuple(dict.fromkeys(self._by_rule.get((position, rule.seq), ())))

    def through(self, device: str, at: AtInterface, src: Ranges, dst: Ranges, services: Ranges) -> tuple[Rule, ...]:
        """Return the exact permits for the needs that enter at an interface and that a deny there would hit."""
        needs = dict.fromkeys(self._by_place.get((device, at.interface), ()))
        return tuple(
            need
            for need in needs
            if need.src.overlaps(src) and need.dst.overlaps(dst) and need.service.overlaps(services)
        )


def _need(network: Network, flow: DeclaredFlow, service: int) -> Rule:
    """Return the need as a permit: of its services those of the span around `service` that is of one protocol."""
    nodes = {node.id: node.addresses for node in network.nodes}
    lines = {line.id: line.source for line in network.lines}
    source = nodes[flow.source] if flow.source in nodes else lines[flow.source]
    around = next(
        span for span in (flow.service & ports_of(protocol_of(service))).spans if span[0] <= service <= span[1]
    )
    return Rule(0, Action.PERMIT, source, nodes[flow.target], Ranges((around,)), name="sekisho")


def _as_seen(need: Rule, decision: Decision, service: int) -> Rule:
    """Return a need as the packets look where a rule set judges them: with translated addresses and service."""
    packet = decision.packet
    if packet is None:
        return need
    first = packet.answered() if decision.is_reply else packet
    return replace(
        need,
        src=need.src if first.source in need.src else Ranges.single(first.source),
        dst=need.dst if first.target in need.dst else Ranges.single(first.target),
        service=need.service if first.service == service else Ranges.single(first.service),
    )


def _stopped_before(decision: Decision, need: Rule) -> Ranges:
    """Return the services that rules before the deciding one do not let pass between the ends of a need."""
    stopped: list[Span] = []
    if decision.is_reply or decision.packet is None:  # a rule over replies names the port of the sender
        return Ranges()
    for rule in decision.ruleset.rules:
        if rule is decision.rule:
            break
        meets = rule.takes_part and rule.src.overlaps(need.src) and rule.dst.overlaps(need.dst)
        if meets and rule.action is not Action.PERMIT:
            stopped += rule.service.spans
    return Ranges.of(stopped) - Ranges.single(decision.packet.service)


def _within(need: Rule, rule: Rule) -> Rule:
    """Return the part of a need that a rule lets pass: a permit that stands in for the rule opens nothing new."""
    return replace(
        need,
        src=need.src & rule.src,
        dst=need.dst & rule.dst,
        service=need.service & rule.service,
        source_ports=need.source_ports & rule.source_ports,
        entering=rule.entering,
        leaving=rule.leaving,
    )


def _reply_of(need: Rule) -> Rule:
    protocol = protocol_of(need.service.first)
    ports = tuple((port_of(first), port_of(last)) for first, last in need.service.spans)
    return Rule(
        0,
        Action.PERMIT,
        need.dst,
        need.src,
        ports_of(protocol),
        Ranges(ports) if protocol in WITH_PORTS else ANY_PORT,
        State.ESTABLISHED,
        name="sekisho",
    )


def witness_matches(keep: Rule, witness: Explanation) -> bool:
    """Return whether a permit that is kept would let the witness pass all the same."""
    return (
        keep.state is not State.ESTABLISHED
        and witness.source_address in keep.src
        and (witness.target_address in keep.dst or witness.dialled in keep.dst)
        and witness.service in keep.service
    )


def _asked(flow: DeclaredFlow, reach: Reachability) -> list[int]:
    return [service for service in reach.asked if service in flow.service]


def _works(reach: Reachability, flow: DeclaredFlow) -> bool:
    """Return whether a declared need surely works; one between unknown ends, or not asked about, does not."""
    try:
        answers = [reach.answer(flow.source, flow.target, service) for service in _asked(flow, reach)]
    except KeyError:
        return False
    return bool(answers) and Tri.YES in answers


def _is_there(entry: Entry, network: Network) -> bool:
    return entry.kind is not EntryKind.LINE or any(line.id == entry.id for line in network.lines)


def broken_flows(before: Reachability, after: Reachability, flows: Iterable[DeclaredFlow]) -> list[DeclaredFlow]:
    """Return the declared needs that worked before and no longer do."""
    return [flow for flow in flows if _works(before, flow) and not _works(after, flow)]
