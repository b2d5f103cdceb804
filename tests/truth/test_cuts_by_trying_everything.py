"""Smallest cuts of small random hospitals: they part, keep what is declared, open nothing, and nothing cheaper does.

What a cut promises is looked up in the changed network computed anew, not in what the search kept in mind.
"""

from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import combinations
from random import Random

import pytest

from sekisho.domain.network.attack import Attack
from sekisho.domain.network.changes import CloseLine, DisableRule, NarrowRule, TakeOffline, changed
from sekisho.domain.network.cut import Bound
from sekisho.domain.network.goals import Costs, critical_goal
from sekisho.domain.network.model import Action
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.smallest_cut import CutSearch
from sekisho.domain.network.survival import fate_of
from sekisho.domain.tri import Tri
from tests.oracles.random_hospitals import ASKED, INTRUSION, SMALL, random_hospital, with_groups, with_needs

SEEDS = range(180)
BLOCKS = [range(at, at + 20) for at in range(0, len(SEEDS), 20)]
TODAY = date(2026, 11, 21)
MOST_CHANGES_TRIED = 9
_RANK = {Tri.NO: 0, Tri.UNKNOWN: 1, Tri.YES: 2}


class Case:
    """One random hospital, its usual goal with its backup copies, and the cut found."""

    def __init__(self, seed):
        network = random_hospital(Random(seed), SMALL)
        self.network = with_groups(Random(seed), with_needs(Random(seed), network))
        self.reach = Reachability(self.network, ASKED)
        self.intrusion = replace(INTRUSION, needs_credentials=seed % 5 == 0)
        goal = critical_goal(self.network, today=TODAY)
        self.goal = replace(goal, copies=tuple(copy.id for copy in self.network.backups))
        self.search = CutSearch(self.reach, self.intrusion, self.goal, Costs(), 20.0)
        self.cut = self.search.cut()
        self.conflicts = {(conflict.entry, conflict.target) for conflict in self.cut.conflicts}
        self.seed = seed

    def after(self, changes):
        return Reachability(changed(self.network, changes), ASKED)

    def lost(self, reach):
        """Return the pairs of an entry and a target, node or copy, that is surely lost."""
        attack, network = Attack(reach, self.intrusion), reach.network
        found = set()
        for entry in self.goal.entries:
            if all(line.id != entry.id for line in network.lines):
                continue
            spread = attack.spread(entry)
            found |= {(entry, node) for node in self.goal.targets if spread.fallen(node) is Tri.YES}
            for copy in network.backups:
                is_hit = copy.on is not None and spread.fallen(copy.on) is Tri.YES
                if fate_of(copy, spread, network).survives is not Tri.YES and (
                    is_hit or spread.held_surely & set(copy.credentials)
                ):
                    found.add((entry, copy.id))
        return found


@cache
def case(seed):
    return Case(seed)


def test_the_cases_are_of_every_kind():
    kinds = Counter()
    for seed in SEEDS:
        one = case(seed)
        kinds.update(type(change).__name__ for change in one.search.changes)
        kinds["conflict"] += bool(one.conflicts)
        kinds["cut"] += bool(one.cut.changes)
        kinds["nat"] += bool(one.network.static_nats or one.network.source_nats)
        kinds["stateless"] += any(not ruleset.stateful for ruleset in one.network.rulesets)
        kinds["keeps"] += any(getattr(change, "keeps", ()) for change in one.cut.changes)
        kinds["tried"] += len(one.search.changes) <= MOST_CHANGES_TRIED
    assert kinds["tried"] >= 150
    offered = {"DisableRule", "NarrowRule", "InsertDeny", "CloseLine", "IsolateSegment", "TakeOffline"}
    assert {kind for kind, count in kinds.items() if count} >= {*offered, "conflict", "nat", "stateless", "keeps"}
    assert kinds["cut"] >= 60


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_after_the_changes_nothing_is_lost_but_the_conflicts(block):
    for one in map(case, block):
        assert one.lost(one.after(one.cut.changes)) <= one.conflicts, one.seed
        assert one.cut.bound is Bound.MINIMAL
        assert one.cut.is_separated


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_what_is_declared_and_worked_goes_on_working(block):
    for one in map(case, block):
        after = one.after(one.cut.changes)
        assert one.cut.flows_broken == ()
        for flow in one.network.flows:
            for service in ASKED:
                is_needed = service in flow.service and not flow.is_expired(TODAY)
                if is_needed and one.reach.answer(flow.source, flow.target, service) is Tri.YES:
                    assert after.answer(flow.source, flow.target, service) is Tri.YES, (one.seed, flow)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_the_changes_open_nothing(block):
    for one in map(case, block):
        before = {(flow.source, flow.target, flow.service): flow.reached for flow in one.reach.flows()}
        for flow in one.after(one.cut.changes).flows():
            assert _RANK[flow.reached] <= _RANK[before[flow.source, flow.target, flow.service]], (one.seed, flow)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_no_cheaper_set_of_what_is_offered_parts_as_well(block):
    for one in map(case, block):
        offered = one.search.changes
        if len(offered) > MOST_CHANGES_TRIED:
            continue
        price = {change: one.search.offers.cost(change) for change in offered}
        assert one.cut.cost == pytest.approx(sum(price[change] for change in one.cut.changes))
        for size in range(len(offered) + 1):
            for some in combinations(offered, size):
                if sum(price[change] for change in some) < one.cut.cost - 1e-6:
                    assert not one.lost(one.after(some)) <= one.conflicts, (one.seed, some)


def _everything(one):
    """Return every change of the kinds offered that keeps the declared needs, and the denies that were thought of."""
    offers, network = one.search.offers, one.network
    found = dict.fromkeys(one.search.changes)
    for at, ruleset in enumerate(network.rulesets):
        for rule in ruleset.rules:
            if rule.action is Action.PERMIT and rule.takes_part:
                keeps = offers.kept.of_rule(at, rule)
                found[DisableRule(at, rule.seq, keeps)] = None
                if rule.service - offers.services:
                    inside = tuple(keep for keep in keeps if keep.service & offers.services)
                    found[NarrowRule(at, rule.seq, offers.services, inside)] = None
    needed = {flow.source for flow in offers.needs}
    found |= dict.fromkeys(CloseLine(line.id) for line in network.lines if line.id not in needed)
    found |= dict.fromkeys(change for segment in network.segments for change in offers.isolating(segment.id))
    found |= dict.fromkeys(TakeOffline(copy.id) for copy in network.backups)
    return list(found)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_no_cheaper_set_of_anything_of_these_kinds_parts_as_well(block):
    for one in map(case, block):
        every = _everything(one)
        if len(every) > MOST_CHANGES_TRIED:
            continue
        price = {change: one.search.offers.cost(change) for change in every}
        for size in range(len(every) + 1):
            for some in combinations(every, size):
                if sum(price[change] for change in some) < one.cut.cost - 1e-6:
                    assert not one.lost(one.after(some)) <= one.conflicts, (one.seed, some)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_conflict_stays_with_everything_offered_done_at_once(block):
    for one in map(case, block):
        if one.conflicts:
            assert one.lost(one.after(one.search.changes)) >= one.conflicts, one.seed


@pytest.mark.parametrize("seed", SEEDS[::9])
def test_without_time_the_answer_is_honest(seed):
    one = case(seed)
    cut = CutSearch(one.reach, one.intrusion, one.goal, Costs(), 0.0).cut()
    left = one.lost(one.after(cut.changes)) - {(conflict.entry, conflict.target) for conflict in cut.conflicts}
    assert cut.is_separated == (not left)
    assert cut.lower_bound <= one.cut.cost + 1e-6
    assert cut.bound is not Bound.MINIMAL or cut.cost == pytest.approx(one.cut.cost)
