"""The hash on every sheet: the same for the same network, another for any other."""

import subprocess
import sys
from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from sekisho.domain.network.model import Action, Network, Rule
from sekisho.domain.sheets.snapshot import snapshot
from tests.unit.domain.sheets.hospitals import hospital
from tests.unit.domain.sheets.sheets import networks

_ELSEWHERE = (
    "from tests.unit.domain.sheets.test_snapshot import WITH_SETS;"
    "from sekisho.domain.sheets.snapshot import snapshot; print(snapshot(WITH_SETS))"
)
WITH_SETS = replace(
    hospital(5),
    rulesets=tuple(
        replace(one, rules=(Rule(1, Action.DENY, entering=frozenset({"a", "b", "c", "d"})),))
        for one in hospital(5).rulesets
    ),
)


def test_snapshot_is_the_same_in_every_run() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", _ELSEWHERE],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(path for path in sys.path if path) + ":."},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2", "3")
    }
    assert found == {snapshot(WITH_SETS)}


@given(networks())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_snapshot_changes_with_anything_in_the_network(network: Network) -> None:
    base = snapshot(network)
    assert len(base) == 64
    assert snapshot(replace(network, segments=network.segments[1:])) != base
    first = network.segments[0]
    renamed = (replace(first, name=f"{first.name}'"), *network.segments[1:])
    assert snapshot(replace(network, segments=renamed)) != base


def test_snapshot_tells_a_text_from_a_number_and_one_field_from_the_next() -> None:
    one, other = hospital(5), hospital(5)
    a = replace(one, segments=(replace(one.segments[0], name="ab", department="c"),))
    b = replace(other, segments=(replace(other.segments[0], name="a", department="bc"),))
    assert snapshot(a) != snapshot(b)
