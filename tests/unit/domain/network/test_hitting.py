"""The cheapest hitting set against trying every set."""

from itertools import combinations
from random import Random

import pytest

from sekisho.domain.network.hitting import cheapest_hit


def _cheapest_price(groups, prices):
    sets = (set(some) for size in range(len(prices) + 1) for some in combinations(range(len(prices)), size))
    return min(sum(prices[at] for at in some) for some in sets if all(some & set(group) for group in groups))


@pytest.mark.parametrize("seed", range(40))
def test_no_set_that_hits_every_group_is_cheaper(seed):
    random = Random(seed)
    prices = [random.choice((1.0, 1.2, 1.5, 3.0, 5.0)) for _ in range(8)]
    groups = [random.sample(range(8), random.randint(1, 4)) for _ in range(random.randint(1, 9))]
    hit = cheapest_hit(groups, prices, seconds=20)
    assert all(set(group) & set(hit.chosen) for group in groups)
    assert hit.is_optimal
    assert sum(prices[at] for at in hit.chosen) == pytest.approx(_cheapest_price(groups, prices))
    assert hit.lower_bound == pytest.approx(_cheapest_price(groups, prices))


def test_of_equally_cheap_answers_it_is_the_earlier_one():
    assert cheapest_hit([[2, 0, 1]], [1.0, 1.0, 1.0], seconds=20).chosen == (0,)


def test_without_groups_nothing_is_chosen():
    hit = cheapest_hit([], [1.0, 2.0], seconds=0)
    assert (hit.chosen, hit.lower_bound, hit.is_optimal) == ((), 0.0, True)
