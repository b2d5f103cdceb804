"""Three-valued truth after Kleene: a missing fact never reads as yes or as no."""

from collections.abc import Iterable
from enum import Enum


class Tri(Enum):
    """Yes, no, or unknown."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, value: bool | None) -> "Tri":
        """Return YES or NO for a known truth value and UNKNOWN for None."""
        if value is None:
            return cls.UNKNOWN
        return cls.YES if value else cls.NO

    def __and__(self, other: "Tri") -> "Tri":
        if Tri.NO in (self, other):
            return Tri.NO
        return Tri.YES if self is other is Tri.YES else Tri.UNKNOWN

    def __or__(self, other: "Tri") -> "Tri":
        if Tri.YES in (self, other):
            return Tri.YES
        return Tri.NO if self is other is Tri.NO else Tri.UNKNOWN

    def __invert__(self) -> "Tri":
        return {Tri.YES: Tri.NO, Tri.NO: Tri.YES, Tri.UNKNOWN: Tri.UNKNOWN}[self]

    def __bool__(self) -> bool:
        raise TypeError("A three-valued truth has no two-valued one: compare with Tri.YES or Tri.NO.")


def all_of(values: Iterable[Tri]) -> Tri:
    """Return the conjunction of `values`; YES when there are none."""
    result = Tri.YES
    for value in values:
        result &= value
    return result


def any_of(values: Iterable[Tri]) -> Tri:
    """Return the disjunction of `values`; NO when there are none."""
    result = Tri.NO
    for value in values:
        result |= value
    return result
