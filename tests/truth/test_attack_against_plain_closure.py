"""The spread of attacks against a closure worked out host by host: what falls, after how many steps, and by which way.

The plain closure (tests/oracles) knows the words of the description and asks for one connection at a time.
"""

from dataclasses import replace
from random import Random

import pytest

from sekisho.domain.network import floods
from sekisho.domain.network.addresses import ANY_ADDRESS
from sekisho.domain.network.attack import Attack
from sekisho.domain.network.explain import Explainer
from sekisho.domain.network.intrusion import Entry, EntryKind
from sekisho.domain.network.model import Action, MediaControl, Rule
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.taking import How
from sekisho.domain.tri import Tri
from tests.oracles.plain_closure import closure
from tests.oracles.random_hospitals import ASKED, INTRUSION, random_hospital, split, with_groups

BLOCKS, A_BLOCK = 15, 20
INTRUSIONS = (INTRUSION, replace(INTRUSION, needs_credentials=True))


def _seeds(block):
    return range(block * A_BLOCK, (block + 1) * A_BLOCK)


def _attacks(network):
    reach = Reachability(network, ASKED)
    return [Attack(reach, intrusion) for intrusion in INTRUSIONS]


def _entries(network, seed):
    node = Random(seed).choice(network.nodes)
    return [*(Entry(EntryKind.LINE, line.id) for line in network.lines), Entry(EntryKind.NODE, node.id)]


@pytest.mark.parametrize("block", range(BLOCKS))
def test_what_falls_and_after_how_many_steps_is_what_the_plain_closure_finds(block):
    for seed in _seeds(block):
        network = random_hospital(Random(seed))
        for attack in _attacks(network):
            for entry in _entries(network, seed):
                spread = attack.spread(entry)
                sure = closure(attack.reach, attack.intrusion, entry, surely=True)
                perhaps = closure(attack.reach, attack.intrusion, entry, surely=False)
                where = f"seed {seed} {entry}"
                assert {node: spread.takings[node].steps for node in spread.surely} == sure, where
                maybe = {node: steps for node, steps in perhaps.items() if node not in sure}
                assert {node: spread.takings[node].steps for node in spread.maybe} == maybe, where
                assert all(spread.takings.steps(node) == spread.takings[node].steps for node in spread.takings)


@pytest.mark.parametrize("least_kept", [1, floods.LEAST_KEPT])
@pytest.mark.parametrize("block", range(0, BLOCKS, 3))
def test_the_closure_without_ways_takes_the_same_classes_as_the_spread(block, least_kept, monkeypatch):
    monkeypatch.setattr(floods, "LEAST_KEPT", least_kept)
    for seed in _seeds(block):
        network = random_hospital(Random(seed))
        for attack in _attacks(network):
            for entry in _entries(network, seed):
                spread = attack.spread(entry)
                surely, maybe = attack.closure(entry, surely=True), attack.closure(entry, surely=False)
                assert (surely, surely | maybe) == (spread.classes_surely, spread.classes_maybe), f"seed {seed} {entry}"


@pytest.mark.parametrize("block", range(0, BLOCKS, 3))
def test_a_group_of_hosts_falls_as_its_hosts_do_one_by_one(block):
    for seed in _seeds(block):
        network = with_groups(Random(seed), random_hospital(Random(seed)))
        apart = split(network)
        counts = {node.id: node.count for node in apart.nodes}
        reach = Reachability(apart, ASKED)
        for attack in _attacks(network):
            for entry in attack.entries():
                spread = attack.spread(entry)
                sure = closure(reach, attack.intrusion, entry, surely=True)
                perhaps = closure(reach, attack.intrusion, entry, surely=False)
                steps: dict[str, int] = {}
                for host, step in sure.items():
                    group = host.partition("#")[0]
                    steps[group] = min(step, steps.get(group, step))
                assert {node: spread.takings[node].steps for node in spread.surely} == steps, f"seed {seed} {entry}"
                assert spread.hosts_surely == sum(counts[host] for host in sure), f"seed {seed} {entry}"
                assert spread.hosts_maybe == sum(counts[host] for host in perhaps), f"seed {seed} {entry}"


def test_the_random_hospitals_hold_every_kind_of_step():
    made = set()
    for seed in range(BLOCKS * A_BLOCK):
        network = random_hospital(Random(seed))
        for attack in _attacks(network):
            for entry in _entries(network, seed):
                made |= {(taking.how, taking.surely) for taking in attack.spread(entry).takings.values()}
    assert made == {(how, sure) for how in How if how not in (How.VENDOR, How.SAME_HOST) for sure in (True, False)}


@pytest.mark.parametrize("block", range(0, BLOCKS, 2))
def test_the_quick_closure_and_the_spread_take_the_same_classes(block):
    for seed in _seeds(block):
        network = random_hospital(Random(seed))
        for attack in _attacks(network):
            for entry in _entries(network, seed):
                spread = attack.spread(entry)
                surely, perhaps = (attack.closure(entry, surely=sure) for sure in (True, False))
                assert surely == spread.classes_surely, f"seed {seed} {entry}"
                assert surely | perhaps == spread.classes_maybe, f"seed {seed} {entry}"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_way_is_a_chain_of_real_steps_from_the_entry(block):
    for seed in _seeds(block):
        network = with_groups(Random(seed), random_hospital(Random(seed)))
        for attack in _attacks(network):
            explainer = Explainer(attack.reach)
            for entry in _entries(network, seed):
                spread = attack.spread(entry)
                for node in spread.takings:
                    _check_way(attack, explainer, spread, node)


def _check_way(attack, explainer, spread, node):
    network, way = attack.reach.network, spread.way_to(node)
    assert way[0].origin in _beginnings(network, spread.entry)
    assert [step.origin for step in way[1:]] == [step.node for step in way[:-1]]
    assert [step.steps for step in way] == sorted({step.steps for step in way})
    assert way[-1] == spread.takings[node]
    assert len({step.surely for step in way}) == 1
    hosts = {one.id: one for one in network.nodes}
    for step in way:
        if step.origin in hosts and step.origin != spread.entry.id:
            assert not hosts[step.origin].is_jump_host
        _check_step(attack, explainer, hosts[step.node], step)


def _check_step(attack, explainer, target, step):
    if step.how in (How.SERVICE, How.CONSOLE):
        found = {explainer.between(step.sender, step.target, step.service).reached}
        found.add(attack.reach.answer(step.origin, step.node, step.service) if step.origin != step.node else Tri.YES)
        assert found == {Tri.YES} if step.surely else Tri.NO not in found
        services = attack.intrusion.takeover if step.how is How.SERVICE else attack.intrusion.consoles[target.role]
        assert step.service in services
        assert step.with_credentials or not (step.how is How.CONSOLE or attack.intrusion.needs_credentials)
    elif step.how is How.HYPERVISOR:
        assert target.runs_on == step.origin
    else:
        assert step.how is How.MEDIA
        paths = [path for path in attack.reach.network.media if (path.source, path.target) == (step.origin, step.node)]
        allowed = {MediaControl.NONE} if step.surely else set(MediaControl) - {MediaControl.ENFORCED}
        assert {path.control for path in paths} & allowed


def _beginnings(network, entry):
    vendor = next((line.vendor for line in network.lines if line.id == entry.id), "")
    return {entry.id} | {line.id for line in network.lines if vendor and line.vendor == vendor}


@pytest.mark.parametrize("block", range(0, BLOCKS, 2))
def test_one_more_permit_never_saves_anybody(block):
    for seed in _seeds(block):
        network = random_hospital(Random(seed))
        random = Random(seed)
        if not network.rulesets:
            continue
        at = random.randrange(len(network.rulesets))
        first = Rule(1, Action.PERMIT, ANY_ADDRESS, random.choice(network.segments).addresses)
        ruleset = network.rulesets[at]
        opened = replace(ruleset, rules=(first, *ruleset.rules))
        more = network.with_rulesets((*network.rulesets[:at], opened, *network.rulesets[at + 1 :]))
        for before, after in zip(_attacks(network), _attacks(more), strict=True):
            for entry in _entries(network, seed):
                old, new = before.spread(entry), after.spread(entry)
                assert set(old.surely) <= set(new.surely), f"seed {seed} {entry}"
                assert set(old.takings) <= set(new.takings), f"seed {seed} {entry}"
