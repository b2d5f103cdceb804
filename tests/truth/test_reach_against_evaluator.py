"""The engine against a plain evaluator that walks one packet at a time: 100,000 flows, no difference.

The evaluator (tests/oracles) was written from the description of the network alone, by somebody who had not seen the
engine. Where they once differed, the description decided who was mended.
"""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from sekisho.adapters.network.write import network_yaml
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.services import parse_services, service_text
from tests.oracles.network_evaluator import answers
from tests.oracles.random_networks import SERVICES, Shape, networks, random_network

ASKED = [parse_services(text).first for text in SERVICES]
BLOCKS, NETWORKS_A_BLOCK, LEAST_FLOWS = 20, 10, 100_000


def _differences(network, asked=ASKED):
    wanted = answers(network, asked)
    reach = Reachability(network, asked)
    return [
        (source, target, service_text(service), answer.value, found.value)
        for (source, target, service), answer in wanted.items()
        if (found := reach.answer(source, target, service)) is not answer
    ]


@pytest.mark.parametrize("block", range(BLOCKS))
def test_the_engine_and_the_evaluator_agree_on_random_networks(block):
    for seed in range(block * NETWORKS_A_BLOCK, (block + 1) * NETWORKS_A_BLOCK):
        assert _differences(random_network(Random(seed))) == [], f"seed {seed}"


def test_the_blocks_hold_a_hundred_thousand_flows():
    networks_ = [random_network(Random(seed)) for seed in range(BLOCKS * NETWORKS_A_BLOCK)]
    flows = sum(len(n.nodes) * (len(n.nodes) - 1 + len(n.lines)) * len(ASKED) for n in networks_)
    assert flows >= LEAST_FLOWS


@given(networks(Shape(devices=(2, 4), rules=(0, 3))))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_difference_would_shrink_to_a_small_network(network):
    assert _differences(network, ASKED[2:5]) == [], network_yaml(network).decode()


@pytest.mark.parametrize("seed", range(300, 312))
def test_what_if_is_the_same_as_computing_anew(seed):
    """Disable one rule after another: the shared computation must answer like a fresh one."""
    from dataclasses import replace

    network = random_network(Random(seed))
    reach = Reachability(network, ASKED)
    list(reach.flows())
    for at, ruleset in enumerate(network.rulesets[:6]):
        for rule in ruleset.rules[:2]:
            rules = tuple(replace(one, enabled=False) if one is rule else one for one in ruleset.rules)
            changed = replace(ruleset, rules=rules)
            after = network.with_rulesets((*network.rulesets[:at], changed, *network.rulesets[at + 1 :]))
            assert list(reach.after(after).flows()) == list(Reachability(after, ASKED).flows())
