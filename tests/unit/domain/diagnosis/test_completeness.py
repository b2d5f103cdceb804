"""Bounds of a measured loss."""

import random
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.diagnosis.completeness import Tally, as_bad_by_chance, at_least, at_most, upper_bound


@pytest.mark.parametrize(
    ("missed", "asked", "bound"),
    # Rule of three for none missed; the others from published tables of exact one-sided 95 % limits.
    [(0, 59, 0.0495), (0, 299, 0.00997), (1, 46, 0.0991), (5, 100, 0.1023), (10, 10, 1.0), (0, 0, 1.0)],
)
def test_upper_bound_is_the_exact_one(missed: int, asked: int, bound: float) -> None:
    assert upper_bound(missed, asked, 0.95) == pytest.approx(bound, abs=2e-4)


def test_probabilities_of_both_sides_are_one_together() -> None:
    assert at_most(3, 50, 0.1) + at_least(4, 50, 0.1) == pytest.approx(1.0)
    assert at_least(0, 5, 0.5) == 1.0
    assert (at_most(0, 7, 0.0), at_most(6, 7, 1.0)) == (1.0, 0.0)


def test_bound_holds_as_often_as_it_says() -> None:
    dice = random.Random(4)
    held = 0
    for _ in range(1000):
        missed = sum(dice.random() < 0.02 for _ in range(400))
        held += upper_bound(missed, 400, 0.95) >= 0.02
    assert held >= 930


def test_large_tallies_are_fast_and_finite() -> None:
    assert 0.0205 < Tally(65_000, 1_320).bound() < 0.0215


def test_nothing_asked_bounds_nothing() -> None:
    assert Tally().bound() == 1.0
    assert Tally().share == 1.0


@given(st.integers(1, 60), st.integers(0, 60), st.floats(0.001, 0.999))
def test_probability_is_that_of_the_sum_of_all_terms(asked: int, missed: int, share: float) -> None:
    missed = min(missed, asked)
    terms = [comb(asked, k) * share**k * (1 - share) ** (asked - k) for k in range(missed + 1)]
    assert at_most(missed, asked, share) == pytest.approx(sum(terms), abs=1e-9)


def test_chance_of_a_difference_is_fishers() -> None:
    # The lady tasting tea: 3 of 4 right or better by chance.
    assert as_bad_by_chance(Tally(4, 3), Tally(4, 1)) == pytest.approx(17 / 70)
    assert as_bad_by_chance(Tally(64, 17), Tally(64, 1)) < 1e-4
    assert as_bad_by_chance(Tally(10, 0), Tally(10, 5)) == pytest.approx(1.0)
