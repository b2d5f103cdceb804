"""How a step is timed."""

from collections.abc import Callable
from time import process_time


def least_ms(step: Callable[[], object], repeat: int = 9) -> float:
    """Return the least processor time of `repeat` runs: what the step costs, whatever else the machine does."""
    times: list[float] = []
    for _ in range(repeat):
        start = process_time()
        step()
        times.append((process_time() - start) * 1000)
    return min(times)
