"""What is asked next: every port once, then again those that kept silent, until what may be missed is small enough.

A block is a run of the scanner over some ports of one protocol. Blocks are added in the order in which they ended; the
same blocks always give the same state, so that a run resumes from its ledger alone. A block that later proves to have
met a closed door (a device that blocked the scanner for a while) is voided: its silent ports count as never asked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sekisho.domain.diagnosis.completeness import ENOUGH, NOTHING_ASKED, Tally, at_least

ENOUGH_EACH = ENOUGH / 2
"""What one protocol may miss, so that both together stay below the whole."""
MOST_PASSES = 8
"""A port that kept silent so often is asked no more: the line loses too much for a figure."""
SILENT_PASSES = 2
"""How often ports are asked where nothing answers at all, so that no figure can follow."""


@dataclass(frozen=True, slots=True)
class Block:
    """One finished block: `number` by order, what was asked and what answered how.

    `canary` counts questions to a port known to answer, put while the block ran; `rate` is in packets per second.
    `opened` are open ports, `closed` those that answered otherwise for themselves (RST, port unreachable), `refused`
    those for which a filter answered (ICMP prohibited and the like). All other asked ports kept silent.
    `unanswered_at_end` counts the canaries in a row that had no answer when the block ended.
    """

    number: int
    protocol: str
    asked: tuple[int, ...]
    opened: frozenset[int] = frozenset()
    closed: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()
    rate: float = 0.0
    canary: Tally = NOTHING_ASKED
    canary_is_open: bool = True
    unanswered_at_end: int = 0

    @property
    def answered(self) -> frozenset[int]:
        """Return the ports that need not be asked again."""
        return self.opened | self.closed | self.refused

    @property
    def silent(self) -> tuple[int, ...]:
        """Return the ports that gave no answer."""
        answered = self.answered
        return tuple(port for port in self.asked if port not in answered)


@dataclass(slots=True)
class Asking:
    """How far the ports of one protocol at one address have come."""

    ports: tuple[int, ...]
    silent: dict[int, int] = field(init=False)
    """How often each port that has not answered was asked in a block that counts."""
    opened: dict[int, int] = field(init=False, default_factory=dict)
    """Each open port, and how often it had kept silent before."""
    closed: dict[int, int] = field(init=False, default_factory=dict)
    refused: dict[int, int] = field(init=False, default_factory=dict)
    blocks: dict[int, Block] = field(init=False, default_factory=dict)
    """Blocks that count, by number."""
    voided: set[int] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.silent = dict.fromkeys(self.ports, 0)

    def add(self, block: Block) -> None:
        """Take in one finished block. Answers always count; silence counts once a block."""
        self.blocks[block.number] = block
        answered = block.answered  # made anew at every look
        for port in block.asked:
            before = self.silent.get(port)
            if before is None:
                continue
            if port in answered:
                del self.silent[port]
                self._take(block, port, before)
            else:
                self.silent[port] = before + 1

    def _take(self, block: Block, port: int, before: int) -> None:
        if port in block.opened:
            self.opened[port] = before
        elif port in block.closed:
            self.closed[port] = before
        else:
            self.refused[port] = before

    def void(self, numbers: Iterable[int]) -> None:
        """Count the silence of these blocks as not asked. Their answers stay: nobody answers what was not asked."""
        for number in numbers:
            block = self.blocks.pop(number, None)
            if block is None:
                continue
            self.voided.add(number)
            for port in block.silent:
                if port in self.silent:
                    self.silent[port] -= 1
                for found in (self.opened, self.closed, self.refused):
                    if found.get(port, 0) > 0:
                        found[port] -= 1

    def doubtful(self) -> tuple[int, ...]:
        """Return the last blocks whose end nobody vouches for: no canary, or none that answered any more."""
        numbers: list[int] = []
        for number in sorted(self.blocks, reverse=True):
            block = self.blocks[number]
            if block.canary.asked and block.unanswered_at_end < 2:
                break
            numbers.append(number)
        return tuple(numbers)

    @property
    def least_asked(self) -> int:
        """Return how often the silent port that was asked least was asked; a large number when none is silent."""
        return min(self.silent.values(), default=MOST_PASSES)

    @property
    def has_answer(self) -> bool:
        """Return True when any port answered."""
        return bool(self.opened or self.closed or self.refused)

    def behind(self, passes: int) -> int:
        """Return how many silent ports were asked fewer than `passes` times."""
        return sum(1 for times in self.silent.values() if times < passes)

    def next_ports(self, size: int, passes: int, common: Sequence[int] = ()) -> tuple[int, ...]:
        """Return at most `size` ports to ask next, those asked least often; empty when all were asked `passes` times."""
        least = self.least_asked
        if least >= passes:
            return ()
        if least == 0 and not self.blocks and (first := [p for p in common if p in self.silent][:size]):
            return tuple(first)
        chosen: list[int] = []
        for port, times in self.silent.items():
            if times == least:
                chosen.append(port)
                if len(chosen) == size:
                    break
        return tuple(chosen)


def tally_of(asking: Asking) -> tuple[Tally, Tally]:
    """Return what the ports that answered in the end say about loss: (open ports, closed ports).

    Removal method: of what answers, each asking takes the same share, so those found by askings 2 to k are to those
    found by askings 1 to k-1 as the loss. The first asking alone says nothing. Source: Zippin, Biometrics 12 (1956).
    """
    closed = [*asking.closed.values(), *asking.refused.values()]
    passes = asking.least_asked if asking.silent else max([0, *asking.opened.values(), *closed]) + 1
    return _removed(asking.opened.values(), passes), _removed(closed, passes)


def _removed(silences: Iterable[int], passes: int) -> Tally:
    found = [0] * passes
    for times in silences:
        if times < passes:
            found[times] += 1
    asked = sum(found[:-1])
    return Tally(asked, min(asked, sum(found[1:])))


@dataclass(frozen=True, slots=True)
class Estimate:
    """What may have been missed: `missed` open ports by the upper bound, after each silent port was asked `passes` times.

    `loss` is what it rests on. `limits_refusals` is True when closed ports answer far less often than open ones.
    """

    missed: float
    passes: int
    loss: Tally
    bound: float
    limits_refusals: bool = False


def estimate_of(asking: Asking, canary: Tally, *, canary_is_open: bool = True) -> Estimate:
    """Return how many open ports may have been missed so far.

    As many open ports as were found, and one more (what was found may by chance be too few), each missed as often as
    it was asked. Where the answers of closed ports are limited (RST, ICMP), they say nothing about open ones.
    """
    opened, closed = tally_of(asking)
    trusted = opened + canary if canary_is_open else opened
    doubtful = closed if canary_is_open else closed + canary
    limits = is_worse(doubtful, trusted) and trusted.asked >= 20
    loss = trusted if limits else trusted + doubtful
    bound = loss.bound() if loss.asked else 1.0
    passes = asking.least_asked
    candidates = min(len(asking.opened) + 1, len(asking.opened) + len(asking.silent))
    return Estimate(candidates * bound**passes if asking.silent else 0.0, passes, loss, bound, limits)


def is_worse(one: Tally, other: Tally) -> bool:
    """Return True when the loss of `one` is above what `other` bounds, surely and by a lot."""
    if one.asked == 0 or other.asked == 0:
        return False
    bound = other.bound(0.99)
    return one.share > 1.5 * bound and at_least(one.missed, one.asked, bound) < 0.001


def passes_needed(asking: Asking, canary: Tally, *, canary_is_open: bool = True) -> int:
    """Return how often every silent port has to be asked, as far as can be told now; never less than was done."""
    if not asking.has_answer and canary.asked == 0:
        return SILENT_PASSES
    estimate = estimate_of(asking, canary, canary_is_open=canary_is_open)
    candidates = len(asking.opened) + 1
    passes = 1
    while passes < MOST_PASSES and candidates * estimate.bound**passes >= ENOUGH_EACH:
        passes += 1
    return passes
