"""How fast to ask: gently until a port is known that answers, then as fast as consented, unless the line or a device minds.

The controller sees one block after another and, while one runs, the questions to a port known to answer (the canary).
Lost canaries or growing delay mean that the rate is too high for something on the way; the rate is halved, what was
asked meanwhile is asked again, and the way back up is careful: half of the distance to where it failed. Where a lower
rate loses just as much, the line itself loses, and the rate goes back.

Rates are packets per second of all kinds together; `blind` ones are asked without a canary.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sekisho.domain.diagnosis.completeness import NOTHING_ASKED, Tally, as_bad_by_chance
from sekisho.domain.text import Text

GENTLE_RATE = 80.0
"""The rate of the first ports, when nothing is known of the line."""
BLIND_RATE = 500.0
"""The most where no port is known to answer: measured to trouble no device that limits or blocks."""
SLOWEST = 40.0
"""No limit is known that is lower, and no line so thin: slower than this, only a block or a consent makes the pace."""
CANARY_SHARE, CANARY_MOST, CANARY_LEAST = 0.01, 16.0, 2.0
"""Questions to the canary, as a share of the rate; and their bounds, each second."""
TRYING_SHARE = 0.06
"""Their share while a rate is being tried out: trouble has to show within seconds."""
ORDINARY = Tally(100, 5)
"""What a line is taken to lose by itself until more is known, and how surely."""
MOST_STEPS = 4
"""So often may going up fail; then the pace stays."""
LONG_AFTER = 150
"""Canaries without trouble, after which a rate that once failed is tried again."""
ENOUGH_TO_COMPARE = 32
"""Fewer canaries than this do not tell a limit from a line that loses."""
LONGEST_ANSWER_S = 0.95
DELAY_GROWTH_S = 0.15
"""A canary answering so much later than it used to: a queue on the way fills."""


@dataclass(frozen=True, slots=True)
class CanaryAnswer:
    """One question to the canary: when it was put (seconds, monotonic), and how long the answer took; None = none."""

    at_s: float
    delay_s: float | None


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace at one address. `asked` is what is consented; `good` was seen to work, `bad` (if any) was not.

    `tallies` are the canary's, by rate, of blocks without trouble. `first_bad` and `first_tally` are the rate at which
    trouble began and what it lost. `delay_s` is the usual delay. `steps` counts tries that failed; `is_line` says that
    halving did not lessen the loss.
    """

    asked: float
    rate: float = GENTLE_RATE
    good: float = 0.0
    bad: float | None = None
    tallies: tuple[tuple[float, Tally], ...] = ()
    first_bad: float | None = None
    first_tally: Tally = NOTHING_ASKED
    delay_s: float | None = None
    steps: int = 0
    is_line: bool = False
    was_blocked: bool = False

    @property
    def is_trying(self) -> bool:
        """Return True while the present rate has not been seen to work."""
        return self.rate > self.good * 1.001

    def lost_up_to(self, rate: float) -> Tally:
        """Return what was lost at rates of at most `rate`."""
        return sum((tally for at, tally in self.tallies if at <= rate), NOTHING_ASKED)

    @property
    def slower(self) -> tuple[Tally, ...]:
        """Return what is lost at each rate clearly slower than now of which enough is known."""
        tallies = (tally for at, tally in self.tallies if at <= self.rate * 0.8)
        return tuple(tally for tally in tallies if tally.asked >= ENOUGH_TO_COMPARE)

    def with_tally(self, tally: Tally) -> "Pace":
        """Return the pace with `tally` added to what is known of the present rate."""
        there = {at: known for at, known in self.tallies}
        there[self.rate] = there.get(self.rate, NOTHING_ASKED) + tally
        return replace(self, tallies=tuple(sorted(there.items(), key=lambda one: one[0])))


def starting_pace(asked: float) -> Pace:
    """Return the pace before anything was asked. `asked` is the most that is consented."""
    return Pace(asked=asked, rate=min(asked, GENTLE_RATE))


def canary_rate(pace: Pace) -> float:
    """Return how many questions a second go to the canary; their place is within the pace's rate."""
    share = TRYING_SHARE if pace.is_trying else CANARY_SHARE
    return max(min(pace.rate * share, CANARY_MOST), min(CANARY_LEAST, pace.rate / 10))


def answer_seconds(pace: Pace) -> float:
    """Return how long an answer is waited for: well above what is usual, so that a growing delay is seen before it is loss.

    A TCP repeats its answer after a second: longer would count repeated answers as first ones.
    """
    return LONGEST_ANSWER_S if pace.delay_s is None else min(LONGEST_ANSWER_S, 0.25 + 3 * pace.delay_s)


def block_seconds(pace: Pace, longest: float, *, is_blind: bool) -> float:
    """Return how long a block should take: short while a rate is being tried, so that little has to be asked again."""
    if is_blind:
        return min(longest, 5.0 if pace.rate < BLIND_RATE / 2 else 10.0)
    trying = max(2.5 if pace.bad is None else 4.0, ENOUGH_TO_COMPARE * 1.25 / canary_rate(pace))
    return min(longest, trying if pace.is_trying else 20.0 if pace.bad is not None else longest)


def is_silenced(pace: Pace, answers: Sequence[CanaryAnswer]) -> bool:
    """Return True when so many canaries in a row went without answer that it is no chance: a device blocks.

    `answers` are those of the present block whose time to answer is over.
    """
    in_a_row = 0
    for answer in reversed(answers):
        if answer.delay_s is not None:
            break
        in_a_row += 1
    usual = ORDINARY + pace.lost_up_to(pace.rate)
    share = usual.missed / usual.asked
    return in_a_row >= 4 and share**in_a_row < 1e-5


def is_limited(pace: Pace, answers: Sequence[CanaryAnswer], *, at_end: bool = False) -> bool:
    """Return True when more is lost than the line loses, or answers come later and later.

    While a block runs this is asked many times, so a chance has to be far smaller than `at_end`, where it is asked once.
    """
    tally = _tally(answers if at_end else answers[-64:])
    tells = at_end or bool(pace.slower) or tally.asked >= ENOUGH_TO_COMPARE
    is_too_much = tally.missed >= 3 and tells and _is_too_much(pace, tally, at_end=at_end)
    return is_too_much or is_delayed(pace, answers)


def _is_too_much(pace: Pace, tally: Tally, *, at_end: bool) -> bool:
    """Compare with what is lost when asking slower, and with what was lost at this rate before."""
    # A false alarm costs little while a rate is being tried, and much at the end of a long block.
    surely = 1e-5 if not at_end else 1e-3 if pace.is_trying else 1e-4
    before = ORDINARY + pace.lost_up_to(pace.rate)
    if pace.rate <= SLOWEST:
        return False
    if pace.slower:
        # Each by itself: together, rates that already lost a little would hide that the slowest lost nothing.
        so_far = tally + dict(pace.tallies).get(pace.rate, NOTHING_ASKED) if at_end else tally
        chances = [as_bad_by_chance(so_far, other) for other in pace.slower]
        return min(as_bad_by_chance(tally, before), *chances) < surely
    # Nothing is known of slower: a mere suspicion is worth trying it.
    return as_bad_by_chance(tally, before) < (1e-2 if at_end and not pace.is_line else surely)


def is_delayed(pace: Pace, answers: Sequence[CanaryAnswer]) -> bool:
    """Return True when the last answers took far longer than usual."""
    delays = sorted(answer.delay_s for answer in answers[-12:] if answer.delay_s is not None)
    return (
        pace.delay_s is not None and len(delays) >= 6 and delays[len(delays) // 2] > pace.delay_s * 2 + DELAY_GROWTH_S
    )


def after_good_block(pace: Pace, answers: Sequence[CanaryAnswer]) -> Pace:
    """Return the pace after a block during which the canary answered as usual; it goes up if there is room."""
    tally = _tally(answers)
    delays = sorted(answer.delay_s for answer in answers if answer.delay_s is not None)
    delay = delays[len(delays) // 2] if delays else None
    known = replace(
        pace.with_tally(tally),
        good=max(pace.good, pace.rate) if tally.asked >= _enough(pace.rate) else pace.good,
        delay_s=min(x for x in (pace.delay_s, delay) if x is not None) if delay is not None else pace.delay_s,
    )
    if known.good < known.rate:
        return known
    if _may_forget(known):
        known = replace(known, bad=None, first_bad=None)
    return replace(known, rate=_next_rate(known))


def _may_forget(pace: Pace) -> bool:
    """Return True when trouble may have been chance: long after, nothing is amiss, and no device ever blocked."""
    return not pace.was_blocked and pace.steps < MOST_STEPS and dict(pace.tallies)[pace.rate].asked >= LONG_AFTER


def _enough(rate: float) -> int:
    """Return how many canaries vouch for a rate. A slow rate troubles nothing, and has few canaries."""
    return 30 if rate > 150 else 3


def after_blind_block(pace: Pace, *, finds_canary: bool = False) -> Pace:
    """Return the pace after a block without a canary: faster, up to what troubles no device.

    `finds_canary`: a port is known now that answers, so that the half of what is consented can be tried.
    """
    if finds_canary:
        return replace(pace, rate=max(min(pace.rate, pace.asked), pace.asked / 2))
    return replace(pace, rate=min(pace.asked, BLIND_RATE, pace.rate * 4))


def _next_rate(pace: Pace) -> float:
    """Return the rate after the present one worked."""
    if pace.rate >= pace.asked:
        return pace.asked
    if pace.bad is None or pace.is_line:
        # From gentle to everything in two steps: the first half shows whether the line bears it.
        return pace.asked if pace.good >= pace.asked / 2 else pace.asked / 2
    if pace.was_blocked or pace.steps >= MOST_STEPS or pace.bad - pace.good < 0.15 * pace.bad:
        return pace.good
    return min(pace.asked, (pace.good + pace.bad) / 2)


def after_trouble(pace: Pace, answers: Sequence[CanaryAnswer], *, blocked: bool) -> Pace:
    """Return the pace after a block that has to be asked again. `blocked`: nothing was answered any more."""
    tally = _tally(answers)
    if not blocked and _is_alike(pace, tally):
        # Half the rate lost as much: the rate is not to blame.
        return replace(pace.with_tally(tally), is_line=True, bad=None, first_bad=None, good=pace.rate)
    rate = max(min(SLOWEST, pace.rate), pace.rate / 2)
    if pace.good and not blocked:
        # What worked before is better than half; at the limit itself a little less is enough.
        rate = max(rate, min(pace.good, pace.rate * 0.8))
    rate = min(rate, pace.rate)
    is_first = pace.first_bad is None
    return replace(
        pace,
        rate=rate,
        bad=min(pace.bad or pace.rate, pace.rate),
        first_bad=pace.rate if is_first else pace.first_bad,
        first_tally=tally if is_first else pace.first_tally,
        good=min(pace.good, rate),
        steps=pace.steps + 1,
        was_blocked=pace.was_blocked or blocked,
    )


def _is_alike(pace: Pace, now: Tally) -> bool:
    """Return True when the present rate, half of where trouble began or less, loses as much as then.

    A limit lets as much pass as before, so that of half as many questions twice the share is answered; a line that
    loses answers the same share. Between them lies the root of the ratio.
    """
    before = pace.first_tally
    if pace.first_bad is None or pace.first_bad < 1.8 * pace.rate:
        return False
    if min(before.asked, now.asked) < ENOUGH_TO_COMPARE * 3 // 4:
        return False
    ratio: float = (pace.first_bad / pace.rate) ** 0.5
    return (1 - now.share) < (1 - before.share) * ratio


def _tally(answers: Sequence[CanaryAnswer]) -> Tally:
    return Tally(len(answers), sum(1 for answer in answers if answer.delay_s is None))


def sending_rate(pace: Pace, canary: float, open_share: float) -> float:
    """Return the rate for the scanner itself: what the canaries and the resets of opened connections leave of the pace.

    Every open port costs a second packet, the reset that ends the half-made connection; `open_share` is the share of
    ports of which that is to be expected. A canary costs two.
    """
    return max(1.0, (pace.rate - 2 * canary) / (1.0 + open_share))


SAID: dict[str, Text] = {
    "start": Text("ゆっくり始めます。", "Starts gently."),
    "up": Text("応答に変わりがないため、速くします。", "Answers as usual, so it goes faster."),
    "line": Text(
        "遅くしても失われる割合が変わりません。速さのせいではなく、回線そのものの損失です。",
        "Slower loses just as much: the line itself loses packets, whatever the rate.",
    ),
    "limited": Text(
        "この速さでは応答が失われるか遅れます。遅くして、その間に調べた分をもう一度調べます。",
        "At this rate answers are lost or late. Slower now, and what was asked meanwhile is asked again.",
    ),
    "blocked": Text(
        "応答が途絶えました。装置が通信を止めたとみて、応答が戻るまで待ち、遅くして調べ直します。",
        "All answers stopped: a device seems to block. It waits until they return, then asks again, slower.",
    ),
}
"""Why the pace changed."""
