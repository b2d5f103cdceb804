"""The runner of the benchmarks tells which bounds were missed."""

import ast
from pathlib import Path

import pytest

import benchmarks
from benchmarks.__main__ import misses
from benchmarks.timing import least_ms


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


def test_a_step_is_timed_by_its_best_run_and_run_as_often_as_said() -> None:
    work = iter([20_000, 2_000_000, 20_000])
    took = least_ms(lambda: sum(range(next(work))), repeat=3)
    assert next(work, None) is None
    assert took < least_ms(lambda: sum(range(2_000_000)), repeat=1)


def test_the_timer_stands_in_one_place() -> None:
    """Two timers drift apart, and figures that look alike are not."""
    modules = {path: ast.parse(path.read_text(encoding="utf-8")) for path in Path(benchmarks.__path__[0]).glob("*.py")}
    named = [(path.name, node.name) for path, tree in modules.items() for node in ast.walk(tree)
             if isinstance(node, ast.FunctionDef) and "least_ms" in node.name]  # fmt: skip
    assert named == [("timing.py", "least_ms")]
