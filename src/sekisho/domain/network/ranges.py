"""Sets of whole numbers as sorted spans: the one shape in which addresses, services and ports are compared."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Span = tuple[int, int]
"""First and last number, both inside."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """A set of whole numbers. `spans` are sorted, disjoint and not adjacent; both ends are inside. Make it by `of`."""

    spans: tuple[Span, ...] = ()

    @classmethod
    def of(cls, spans: Iterable[Span]) -> "Ranges":
        """Return the union of `spans`, in any order, overlapping or not.

        Raises:
            ValueError: a span ends before it begins.
        """
        ordered = sorted(spans)
        if len(ordered) == 1 and ordered[0][0] <= ordered[0][1]:
            return cls((ordered[0],))
        joined: list[Span] = []
        for first, last in ordered:
            if last < first:
                raise ValueError(f"{first}-{last}")
            if joined and first <= joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], max(joined[-1][1], last))
            else:
                joined.append((first, last))
        return cls(tuple(joined))

    @classmethod
    def single(cls, number: int) -> "Ranges":
        """Return the set of one number."""
        return cls(((number, number),))

    def __hash__(self) -> int:  # much compared: faster than what a dataclass makes
        return hash(self.spans)

    def __eq__(self, other: object) -> bool:
        return self.spans == other.spans if isinstance(other, Ranges) else NotImplemented

    def __contains__(self, number: int) -> bool:
        position = bisect_right(self.spans, (number, _BEYOND)) - 1
        return position >= 0 and self.spans[position][1] >= number

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __iter__(self) -> Iterator[int]:
        for first, last in self.spans:
            yield from range(first, last + 1)

    def __or__(self, other: "Ranges") -> "Ranges":
        return Ranges.of((*self.spans, *other.spans))

    def __and__(self, other: "Ranges") -> "Ranges":
        if self is other:
            return self
        shared: list[Span] = []
        mine, theirs = 0, 0
        while mine < len(self.spans) and theirs < len(other.spans):
            first = max(self.spans[mine][0], other.spans[theirs][0])
            last = min(self.spans[mine][1], other.spans[theirs][1])
            if first <= last:
                shared.append((first, last))
            if self.spans[mine][1] < other.spans[theirs][1]:
                mine += 1
            else:
                theirs += 1
        return Ranges(tuple(shared))

    def __sub__(self, other: "Ranges") -> "Ranges":
        left: list[Span] = []
        for first, last in self.spans:
            start = first
            for cut_first, cut_last in other.spans:
                if cut_last < start or cut_first > last:
                    continue
                if cut_first > start:
                    left.append((start, cut_first - 1))
                start = cut_last + 1
            if start <= last:
                left.append((start, last))
        return Ranges(tuple(left))

    def covers(self, other: "Ranges") -> bool:
        """Return whether every number of `other` is in this set; the empty set is covered by all."""
        position = 0
        for first, last in other.spans:
            while position < len(self.spans) and self.spans[position][1] < first:
                position += 1
            if position == len(self.spans) or not self.spans[position][0] <= first <= last <= self.spans[position][1]:
                return False
        return True

    def overlaps(self, other: "Ranges") -> bool:
        """Return whether the two sets share a number."""
        return bool(self & other)

    @property
    def size(self) -> int:
        """Return how many numbers are in the set."""
        if len(self.spans) == 1:
            return self.spans[0][1] - self.spans[0][0] + 1
        return sum(last - first + 1 for first, last in self.spans)

    @property
    def first(self) -> int:
        """Return the smallest number.

        Raises:
            IndexError: the set is empty.
        """
        return self.spans[0][0]


_BEYOND = 1 << 200
EMPTY = Ranges()
