"""How many open ports a run may have missed: what was lost is measured while it runs, and bounded from above."""

from dataclasses import dataclass
from functools import lru_cache
from math import exp, lgamma, log, log1p

from sekisho.domain.text import Text

ENOUGH = 0.001
"""A run is complete when fewer open ports than this are expected to be missed."""
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Tally:
    """Questions put to ports that are known to answer, and how many stayed without an answer."""

    asked: int = 0
    missed: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.asked + other.asked, self.missed + other.missed)

    @property
    def share(self) -> float:
        """Return the share that stayed without an answer; 1.0 where nothing was asked."""
        return self.missed / self.asked if self.asked else 1.0

    def bound(self, confidence: float = CONFIDENCE) -> float:
        """Return the most that the true share can be, at `confidence` (Clopper-Pearson, one-sided)."""
        return upper_bound(self.missed, self.asked, confidence)


NOTHING_ASKED = Tally()


@dataclass(frozen=True, slots=True)
class Loss:
    """Loss of one question and its answer together (`both`, with its bound), and of each way where it can be told.

    `outgoing` and `returning` are estimates from answers that the other side repeated, None where nothing told them
    apart.
    """

    tally: Tally
    both: float
    bound: float
    outgoing: float | None = None
    returning: float | None = None


@dataclass(frozen=True, slots=True)
class Completeness:
    """`expected_missed` open ports by the upper bound, None where it cannot be told. `why` explains `is_shown` = False."""

    expected_missed: float | None
    is_shown: bool
    why: Text | None = None


@lru_cache(maxsize=1024)
def upper_bound(missed: int, asked: int, confidence: float = CONFIDENCE) -> float:
    """Return the greatest share under which `missed` or fewer of `asked` still happens with 1 - `confidence`.

    Source: Clopper and Pearson, Biometrika 26 (1934), one-sided.
    """
    if missed >= asked:
        return 1.0
    low, high = missed / asked, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        if at_most(missed, asked, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def at_most(missed: int, asked: int, share: float) -> float:
    """Return how likely `missed` or fewer of `asked` are lost when each is lost with `share`."""
    if share <= 0:
        return 1.0
    if share >= 1:
        return 1.0 if missed >= asked else 0.0
    if missed >= asked:
        return 1.0
    if missed < asked * share:
        return min(1.0, _side(missed, asked, share))
    # The likelier side is what is left of the other: summed from its greatest term on, each sum ends soon.
    return max(0.0, 1.0 - _side(asked - missed - 1, asked, 1 - share))


def _side(missed: int, asked: int, share: float) -> float:
    """Return the sum of the binomial terms up to `missed`, which is below the mean, from the greatest down."""
    chosen = lgamma(asked + 1) - lgamma(missed + 1) - lgamma(asked - missed + 1)
    term = exp(chosen + missed * log(share) + (asked - missed) * log1p(-share))
    total, odds = 0.0, (1 - share) / share
    for k in range(missed, -1, -1):
        total += term
        if term < total * 1e-16:
            break
        term *= k / (asked - k + 1) * odds
    return total


def at_least(missed: int, asked: int, share: float) -> float:
    """Return how likely `missed` or more of `asked` are lost when each is lost with `share`."""
    return 1.0 if missed <= 0 else max(0.0, 1.0 - at_most(missed - 1, asked, share))


def as_bad_by_chance(one: Tally, other: Tally) -> float:
    """Return how likely `one` has so many of all the misses, or more, if it loses no more than `other` does.

    Source: Fisher's exact test, one-sided.
    """
    asked, missed = one.asked + other.asked, one.missed + other.missed
    whole = _log_choose(asked, missed)
    most = min(missed, one.asked)
    logs = (
        _log_choose(one.asked, k) + _log_choose(other.asked, missed - k) - whole for k in range(one.missed, most + 1)
    )
    return min(1.0, sum(exp(one_log) for one_log in logs))


def _log_choose(of: int, some: int) -> float:
    return lgamma(of + 1) - lgamma(some + 1) - lgamma(of - some + 1) if 0 <= some <= of else float("-inf")
