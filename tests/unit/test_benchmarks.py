"""The runner of the benchmarks tells which bounds were missed."""

import pytest

from benchmarks.__main__ import misses


@pytest.mark.parametrize(
    ("row", "missed"),
    [
        ({"lines": 5, "ms": 90.0, "target_ms": 100.0}, 0),
        ({"lines": 5, "ms": 110.0, "target_ms": 100.0}, 1),
        ({"per_second": 120, "least_per_second": 100}, 0),
        ({"per_second": 80, "least_per_second": 100}, 1),
        ({"ms": 110.0, "target_ms": None}, 0),
        ({"ms": None, "target_ms": 1.0}, 1),
        ({"a": 1, "b": 3, "target_b": 2, "c": 9, "least_c": 10}, 2),
    ],
)
def test_a_bound_is_of_the_figure_before_it(row, missed):
    assert len(list(misses(row))) == missed
