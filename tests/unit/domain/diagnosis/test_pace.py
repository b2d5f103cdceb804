"""The pace against simulated lines: it finds what they bear, quickly, and is never above what is consented."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.diagnosis.completeness import Tally
from sekisho.domain.diagnosis.pace import (
    BLIND_RATE,
    SLOWEST,
    CanaryAnswer,
    Pace,
    after_blind_block,
    after_good_block,
    after_trouble,
    block_seconds,
    canary_rate,
    is_delayed,
    is_limited,
    is_silenced,
    sending_rate,
    starting_pace,
)

Way = Callable[[float, random.Random], float | None]
"""What becomes of one canary at a rate: the delay of its answer in seconds, None = lost."""


def follow(way: Way, *, asked: float, seconds: float, seed: int = 1) -> tuple[Pace, list[tuple[float, float, str]]]:
    """Run the controller for some simulated seconds; returns the pace and (when, rate, fate) of each block."""
    dice = random.Random(seed)
    pace, now, history = starting_pace(asked), 0.0, []
    pace = after_blind_block(replace(pace, rate=min(asked, 200.0)))
    while now < seconds:
        length, per_second = block_seconds(pace, 25.0, is_blind=False), canary_rate(pace)
        answers: list[CanaryAnswer] = []
        fate = "good"
        for at in range(max(1, int(length * per_second))):
            answers.append(CanaryAnswer(now + at / per_second, way(pace.rate, dice)))
            if is_silenced(pace, answers):
                fate = "silenced"
            elif is_limited(pace, answers):
                fate = "limited"
            if fate != "good":
                break
        now += len(answers) / per_second + 1
        if fate == "good" and is_limited(pace, answers, at_end=True):
            fate = "limited"
        history.append((now, pace.rate, fate))
        pace = (
            after_good_block(pace, answers)
            if fate == "good"
            else after_trouble(pace, answers, blocked=fate == "silenced")
        )
        assert pace.rate <= asked
    return pace, history


def losing(share: float) -> Way:
    return lambda rate, dice: None if dice.random() < share else 0.04


def limited(limit: float, share: float = 0.02) -> Way:
    def way(rate: float, dice: random.Random) -> float | None:
        passed = min(1.0, limit / rate) * (1 - share)
        return 0.04 if dice.random() < passed else None

    return way


def queued(limit: float) -> Way:
    return lambda rate, dice: 0.04 if rate <= limit else 0.04 + 0.6


@pytest.mark.parametrize("share", [0.0, 0.02, 0.05, 0.15, 0.25])
def test_a_line_that_only_loses_is_asked_at_the_consented_rate(share: float) -> None:
    rates = [follow(losing(share), asked=376, seconds=300, seed=seed)[0].rate for seed in range(12)]
    assert sum(rate == 376 for rate in rates) >= 10
    assert min(rates) >= SLOWEST


@pytest.mark.parametrize("share", [0.0, 0.02, 0.05])
def test_ordinary_loss_is_next_to_never_taken_for_trouble(share: float) -> None:
    blocks = [fate for seed in range(12) for _, _, fate in follow(losing(share), asked=376, seconds=500, seed=seed)[1]]
    assert blocks.count("good") >= len(blocks) * 0.98


@pytest.mark.parametrize("limit", [150.0, 300.0, 500.0, 700.0])
def test_a_limit_is_found_soon_and_kept_to(limit: float) -> None:
    for seed in range(5):
        pace, history = follow(limited(limit), asked=940, seconds=300, seed=seed)
        settled = [rate for at, rate, _ in history if at > 75]
        assert settled
        assert sum(rate > limit * 1.25 for rate in settled) <= len(settled) * 0.34
        assert pace.rate > limit * 0.45


def test_a_queue_that_fills_slows_down_before_anything_is_lost() -> None:
    pace, _ = follow(queued(533), asked=940, seconds=120)
    assert 300 < pace.rate <= 533


def test_a_device_that_blocks_is_never_tried_that_fast_again() -> None:
    pace, _ = follow(lambda rate, dice: None if rate > 600 else 0.04, asked=940, seconds=300)
    assert pace.was_blocked
    assert 400 <= pace.rate <= 600


def test_a_silent_stretch_is_noticed_within_seconds_whatever_the_rate() -> None:
    known = replace(starting_pace(376), rate=376, good=376, tallies=((376, Tally(300, 6)),))
    lost = [CanaryAnswer(float(at), None) for at in range(4)]
    assert is_silenced(known, [CanaryAnswer(0, 0.04), *lost])
    assert not is_silenced(known, [*lost, CanaryAnswer(9, 0.04)])
    assert 4 / canary_rate(known) < 2


def test_delay_growth_is_told_from_one_late_answer() -> None:
    pace = replace(starting_pace(376), delay_s=0.04)
    assert not is_delayed(pace, [CanaryAnswer(0, 0.04)] * 11 + [CanaryAnswer(1, 0.9)])
    assert is_delayed(pace, [CanaryAnswer(0, 0.5)] * 7)


@given(
    asked=st.floats(5, 940), rate=st.floats(5, 940), share=st.floats(0, 1), good=st.floats(0, 940),
)  # fmt: skip
def test_scanner_canary_and_resets_together_keep_the_pace(asked: float, rate: float, share: float, good: float) -> None:
    pace = Pace(asked=asked, rate=min(rate, asked), good=good)
    canary = canary_rate(pace)
    sent = sending_rate(pace, canary, share) * (1 + share) + 2 * canary
    assert sent <= max(pace.rate, 2 + 2 * canary) + 1e-6


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 60), st.integers(0, 60)), max_size=40),
    st.integers(5, 940),
)
def test_pace_is_never_above_what_is_consented(steps: list[tuple[bool, bool, int, int]], asked: int) -> None:
    pace = starting_pace(asked)
    for good, blocked, answered, lost in steps:
        answers = [CanaryAnswer(0, 0.05)] * answered + [CanaryAnswer(0, None)] * lost
        if not answers:
            pace = after_blind_block(pace)
            assert pace.rate <= max(BLIND_RATE, 0)
        else:
            pace = after_good_block(pace, answers) if good else after_trouble(pace, answers, blocked=blocked)
        assert 0 < pace.rate <= asked
