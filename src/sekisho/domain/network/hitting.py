"""The cheapest hitting set: of numbered things with a price, some of every group, for the least in all.

By HiGHS; imported when first needed, for reading the command line's help must not wait for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

_HAIR = 1e-7
"""Of equally cheap answers always the same one: of two things the earlier is a hair cheaper."""


@dataclass(frozen=True, slots=True)
class Hit:
    """What is chosen, by number, and a proven lower bound of what any answer costs."""

    chosen: tuple[int, ...]
    lower_bound: float
    is_optimal: bool


def cheapest_hit(groups: Sequence[Sequence[int]], prices: Sequence[float], *, seconds: float) -> Hit:
    """Return the cheapest numbers of which every group has one; the best found when the time is over."""
    if not groups:
        return Hit((), 0.0, is_optimal=True)
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_matrix

    rows = [row for row, group in enumerate(groups) for _ in group]
    columns = [number for group in groups for number in group]
    matrix = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(groups), len(prices)))
    result = milp(
        np.array([price + _HAIR * at for at, price in enumerate(prices)]),
        integrality=np.ones(len(prices), dtype=int),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, lb=1),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    if result.x is None:  # out of time without any answer: everything together hits every group
        return Hit(tuple(range(len(prices))), 0.0, is_optimal=False)
    chosen = tuple(at for at, taken in enumerate(result.x) if taken > 0.5)
    if result.status == 0:
        return Hit(chosen, sum(prices[at] for at in chosen), is_optimal=True)
    return Hit(chosen, max(0.0, float(result.mip_dual_bound) - _HAIR * len(prices) ** 2), is_optimal=False)
