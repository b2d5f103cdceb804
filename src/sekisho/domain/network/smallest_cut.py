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
from collections.abc import Iterator, Mapping

from sekisho.domain.network.attack import Attack
from sekisho.domain.network.chains import Chain
from sekisho.domain.network.changes import Change, InsertDeny, PutJumpHost, TakeOffline, changed
from sekisho.domain.network.cut import Bound, Conflict, Cut
from sekisho.domain.network.explain import Explainer
from sekisho.domain.network.goals import Costs, Goal
from sekisho.domain.network.hitting import Hit, cheapest_hit
from sekisho.domain.network.intrusion import Entry, EntryKind, Intrusion
from sekisho.domain.network.kept_needs import works
from sekisho.domain.network.model import Network
from sekisho.domain.network.offers import Found, Offers
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.spread import Spread
from sekisho.domain.network.survival import credentials_giver, fate_of
from sekisho.domain.network.taking import How, Taking
from sekisho.domain.tri import Tri

CHAINS_A_ROUND = 4
"""Chains that one entry adds in one round."""


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
    return CutSearch(reach, intrusion, goal, costs or Costs(), time_limit_s).cut()


class CutSearch:
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
        self.offers = Offers(reach, intrusion, goal, costs)
        self.changes: list[Change] = []
        self.number: dict[Change, int] = {}
        self.chains: list[Chain] = []
        self.denies_at: dict[tuple[str, str], list[int]] = {}
        self.conflicts: dict[tuple[Entry, str], Conflict] = {}

    def cut(self) -> Cut:
        """Return the cheapest changes, or the best there are when the time is over."""
        first = Attack(self.base, self.intrusion)
        before = {entry.id: first.spread(entry) for entry in self.goal.entries}
        chosen: tuple[Change, ...] = ()
        lower, rounds, reach, spread, bound = 0.0, 0, self.base, before, Bound.MINIMAL
        while self._collect(reach, spread, chosen):
            if time.monotonic() > self.deadline:
                return self._answer(chosen, lower, Bound.NOT_SEPARATED, before, spread, reach, rounds)
            rounds += 1
            hit = self._cheapest()
            chosen, lower = tuple(self.changes[at] for at in hit.chosen), hit.lower_bound
            bound = Bound.MINIMAL if hit.is_optimal else Bound.WITHIN
            reach = self.base.after(changed(self.base.network, chosen))
            attack = first.after(reach)
            spread = {entry.id: attack.spread(entry) for entry in self.goal.entries if _is_there(entry, reach.network)}
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
        broken = tuple(flow for flow in self.offers.needs if not works(reach, flow))
        cost = sum(map(self.offers.cost, chosen))
        conflicts = tuple(self.conflicts.values())
        return Cut(chosen, cost, lower, bound, conflicts, before, after, reach.network, broken, rounds)

    # ---- chains ----

    def _collect(self, reach: Reachability, spreads: Mapping[str, Spread], chosen: tuple[Change, ...]) -> bool:
        """Add the chains that are still there; return whether the cheapest answer has to be found anew."""
        found = Found(reach, Explainer(reach), {id(ruleset): at for at, ruleset in enumerate(reach.network.rulesets)})
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

    def _add(self, chain: Chain) -> None:
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

    def _chain(self, entry: Entry, steps: tuple[Taking, ...], found: Found, copy: str, giver: str) -> Chain:
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
        chain = Chain(numbers, tuple(witness for _, witness in witnesses), places)
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

    def _cheapest(self) -> Hit:
        """Return the cheapest changes, by number, that break every chain known so far."""
        chains = sorted(sorted(chain.options) for chain in self.chains if not chain.pairs <= self.conflicts.keys())
        prices = [self.offers.cost(change) for change in self.changes]
        return cheapest_hit(chains, prices, seconds=max(0.5, self.deadline - time.monotonic()))


def _is_there(entry: Entry, network: Network) -> bool:
    return entry.kind is not EntryKind.LINE or any(line.id == entry.id for line in network.lines)
