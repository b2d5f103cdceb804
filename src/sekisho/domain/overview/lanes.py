"""Vertical lanes between two columns: edges that change rows there must not run on top of one another."""

from collections.abc import Hashable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Channel:
    """The gap between two columns, from x `left` to `right`. Each trunk is one vertical run with a key of its own."""

    left: float
    right: float
    trunks: dict[Hashable, tuple[float, float]] = field(default_factory=dict)
    _lanes: dict[Hashable, int] = field(default_factory=dict)
    _count: int = 0

    def claim(self, key: Hashable, *ys: float) -> None:
        """Let the trunk `key` reach from the least to the greatest of `ys`, besides what it covers already."""
        low, high = self.trunks.get(key, (ys[0], ys[0]))
        self.trunks[key] = (min(low, *ys), max(high, *ys))

    def settle(self) -> None:
        """Give every trunk a lane such that trunks of one lane keep apart; upper and longer trunks choose first."""
        ends: list[float] = []
        for key, (low, high) in sorted(self.trunks.items(), key=lambda item: (item[1][0], -item[1][1], repr(item[0]))):
            lane = next((index for index, end in enumerate(ends) if end < low), len(ends))
            ends[lane : lane + 1] = [high]
            self._lanes[key] = lane
        self._count = len(ends)

    def x(self, key: Hashable) -> float:
        """Return the x of the trunk's lane, after `settle`."""
        spacing = (self.right - self.left - 8) / max(1, self._count + 1)
        return self.left + 3 + min(spacing, 5.0) * (self._lanes[key] + 1)
