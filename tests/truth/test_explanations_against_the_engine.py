"""Explanations follow one packet rule by rule; the engine computes sets of them. Both must say the same."""

from random import Random

import pytest

from sekisho.domain.network.explain import Explainer, Way
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.services import parse_services
from sekisho.domain.tri import Tri
from tests.oracles.random_hospitals import SMALL
from tests.oracles.random_networks import SERVICES, random_network

ASKED = [parse_services(text).first for text in SERVICES]


@pytest.mark.parametrize("seed", range(60))
def test_every_answer_is_explained_as_it_is(seed):
    reach = Reachability(random_network(Random(seed), SMALL), ASKED)
    explainer = Explainer(reach)
    for flow in reach.flows():
        found = explainer.explain(flow.source, flow.target, flow.service)
        assert found.reached is flow.reached
        _check(found, (seed, flow))


def _check(found, where):
    if found.reached is Tri.YES:
        assert {decision.passes for decision in found.decisions} <= {Tri.YES}, where
        assert found.doubts == (), where
    if found.reached is Tri.NO and found.way is Way.ROUTED:
        assert Tri.NO in {decision.passes for decision in found.decisions}, where
    if found.reached is Tri.UNKNOWN:
        assert found.doubts or Tri.UNKNOWN in {decision.passes for decision in found.decisions} or _is_open(found), (
            where
        )
    assert found.rule_reference, where


def _is_open(found):
    """Of several equal routes one lets it through: nobody knows which is taken."""
    return found.way is not Way.NO_WAY and {decision.passes for decision in found.decisions} <= {Tri.YES}
