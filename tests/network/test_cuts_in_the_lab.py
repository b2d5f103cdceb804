"""Proposed cuts tried with real packets: after the changes nothing enters that did before, and what is declared passes."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from random import Random

import pytest

import sekisho
from sekisho.adapters.lab.filters import NotInTheLab
from sekisho.adapters.lab.run import run_lab
from sekisho.adapters.network.read import read_network_model
from sekisho.catalogue.intrusion import load_intrusion
from sekisho.domain.network.goals import critical_goal
from sekisho.domain.network.intrusion import Intrusion
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.services import TCP, UDP, parse_services, protocol_of
from sekisho.domain.network.smallest_cut import smallest_cut
from sekisho.domain.network.taking import How
from sekisho.domain.tri import Tri
from tests.oracles.random_hospitals import random_hospital, with_needs
from tests.oracles.random_networks import Shape

pytestmark = pytest.mark.network

AOBA = Path(sekisho.__file__).parent / "catalogue" / "samples" / "aoba" / "network.yaml"
TODAY = date(2026, 11, 21)
LAB = Shape(devices=(2, 4), lans=(1, 2), nodes=(1, 2), rules=(0, 4), unknown=0.0, odd=0.0)
TAKEOVER = frozenset(parse_services(["tcp/22", "tcp/445"]))
"""No consoles, no credentials, no media: only connections, which a packet can show."""


@cache
def _seeds(wanted):
    """Return random hospitals whose cut changes something that a lab can build."""
    found = []
    for seed in range(400):
        network = _plain(random_hospital(Random(seed), LAB), seed)
        cut, _, _ = _cut(network, Intrusion(TAKEOVER))
        if cut.changes and any(spread.surely for spread in cut.before.values()) and not network.static_nats:
            found.append(seed)
        if len(found) == wanted:
            return found
    raise AssertionError(found)


def _plain(network, seed):
    nodes = tuple(replace(node, runs_on=None, credentials=(), is_jump_host=False) for node in network.nodes)
    return with_needs(Random(seed), replace(network, nodes=nodes, media=(), backups=()))


def _cut(network, intrusion, targets=None):
    needed = {service for flow in network.flows for service, _ in flow.service.spans}
    reach = Reachability(network, intrusion.services | needed)
    goal = critical_goal(network, today=TODAY)
    goal = goal if targets is None else replace(goal, targets=targets)
    return smallest_cut(reach, intrusion, goal), reach, goal


def _entered(cut):
    """Return the connections by which what a cut protects was entered directly from a line."""
    return {
        (taking.origin, node, taking.service)
        for spread in cut.before.values()
        for node, taking in spread.takings.items()
        if taking.surely and taking.how is How.SERVICE and taking.steps == 1
    }


def _tried(network, cut, reach):
    """Return the lab's report of the changed network, and the needs that worked and can be tried."""
    needs = {
        (flow.source, flow.target, service)
        for flow in network.flows
        if not flow.is_expired(TODAY)
        for service, _ in flow.service.spans
        if protocol_of(service) in (TCP, UDP) and reach.answer(flow.source, flow.target, service) is Tri.YES
    }
    asked = {service for _, _, service in needs | _entered(cut)}
    wanted = needs | _entered(cut)
    lines = {line.id for line in cut.network.lines}
    nodes = {node.id for node in cut.network.nodes}
    report = run_lab(
        cut.network,
        asked,
        lambda model: Reachability(model, asked).answer,
        flows=lambda flow: (flow.source, flow.target, flow.service) in wanted and flow.source in lines | nodes,
        seconds=60,
    )
    return report, needs


def _check(network, cut, reach, goal):
    report, needs = _tried(network, cut, reach)
    assert report.differences == ()
    passed = {(flow.source, flow.target, flow.service) for flow in report.passed}
    assert needs <= passed
    kept = {(conflict.entry.id, conflict.target) for conflict in cut.conflicts}
    for source, target, service in _entered(cut) & passed:
        is_told = (source, target) in kept or (source, target, service) in needs
        assert is_told or target not in goal.targets, (source, target, service)
    return passed


@pytest.mark.parametrize("number", range(4))
def test_the_cut_of_a_random_hospital_stops_real_packets_and_keeps_what_is_declared(number):
    seed = _seeds(4)[number]
    network = _plain(random_hospital(Random(seed), LAB), seed)
    cut, reach, goal = _cut(network, Intrusion(TAKEOVER))
    try:
        _check(network, cut, reach, goal)
    except NotInTheLab as error:
        raise AssertionError(f"seed {seed}: {error}") from error


def test_the_cut_of_the_sample_hospital_stops_real_packets_and_keeps_what_is_declared():
    network = read_network_model(AOBA.read_bytes()).network
    only = {"line-4", "line-5", "line-6"}
    cut, reach, goal = _cut(network, load_intrusion().intrusion)
    entered = {one for one in _entered(cut) if one[0] in only}
    assert {("line-4", "catering-sv"), ("line-6", "lis-sv")} <= {(source, target) for source, target, _ in entered}
    passed = _check(network, cut, reach, goal)
    assert not entered & passed
