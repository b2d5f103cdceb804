"""The runner of the benchmarks tells which bounds were missed."""

import ast
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import benchmarks
from benchmarks import diagnosis
from benchmarks.__main__ import misses
from benchmarks.timing import least_ms
from tests.scan_lab import Host


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


LIMITED = diagnosis.Cell("1 % lost, 20 ms", "limits SYNs", 400, Host(diagnosis.ADDRESS, closed="drop"), 200)


@pytest.mark.parametrize(
    ("cell", "passes", "rate"),
    [
        (replace(LIMITED, limit=None, host=Host(diagnosis.ADDRESS)), 1.02, 400),
        (replace(LIMITED, limit=None), 3, 400),  # 12 ports x 0.0199 ** 3 is the first below 0.001
        (LIMITED, 3, 200),
        (replace(LIMITED, line="1 % lost, 20 ms, 256 kbit/s", rate=1000, limit=None), 3, 500),  # frames of 64 bytes
        (replace(LIMITED, line="1 % lost, 20 ms, 256 kbit/s", limit=None), 3, 400),
    ],
)
def test_the_floor_of_a_scan_is_what_its_packets_need(cell, passes, rate):
    assert cell.passes == pytest.approx(passes, abs=0.001)
    assert cell.rate_there == rate


def test_the_table_of_scans_has_every_device_at_both_rates():
    table = diagnosis.cells(diagnosis.FULL)
    assert len(table) == len({(cell.line, cell.device, cell.rate) for cell in table}) == 20
    assert {cell.host.block.seconds for cell in table if cell.host.block} == {60}
    assert (diagnosis.FULL.ports, diagnosis.FULL.runs, diagnosis.FULL.most_ratio) == (65_535, 20, 1.25)


def test_labs_wait_until_the_machine_can_carry_them():
    machine, order = diagnosis._Machine(10), []

    def one(name, weight):
        with machine.share(weight):
            order.append(name)
            assert machine.free >= 0

    with ThreadPoolExecutor(2) as pool:
        with machine.share(8):
            large = pool.submit(one, "large", 5)
            pool.submit(one, "small", 2).result(5)
            assert order == ["small"]
        large.result(5)
    assert order == ["small", "large"]
    assert machine.free == 10
