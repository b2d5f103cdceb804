"""Where no namespace can be made, only unprivileged connect scans run, after the same check; and the gate says so."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.network.diagnosis.gates import FREE, HOSTS, OPEN, OTHER, names_here
from tests.scan_lab import Lab, lab

pytestmark = pytest.mark.network
PROGRAM = Path(__file__).with_name("connect_program.py")
NOBODY = ("unshare", "--user", "--map-user=65534", "--map-group=65534", "--")
"""Another number and none of root's powers; files can be read as before, wherever the project lies."""


@pytest.fixture(scope="module")
def net() -> Iterator[Lab]:
    with lab(hosts=HOSTS, seconds=300) as made:
        yield made


def tried(net: Lab, what: str, granted: str, folder: Path) -> dict[str, Any]:
    """Return what the unprivileged program says."""
    program = [*NOBODY, sys.executable, PROGRAM, what, granted, OTHER, folder]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(place for place in sys.path if place)}
    done = net.run(program, timeout=40, env=environment)
    assert done.stdout, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_without_privilege_connect_scans_run_and_nothing_else(net: Lab, tmp_path: Path) -> None:
    said = tried(net, "look", OPEN, tmp_path)
    assert said["uid"] == 65534
    assert said["kind"] == "connect"
    assert "接続スキャン" in said["notice"]["ja"]
    assert "only unprivileged connect scans" in said["notice"]["en"]
    assert said["counts"] is None
    assert said["status"] == 0
    assert "22/tcp open" in said["found"]
    assert "80/tcp open" in said["found"]
    assert said["private"] == "never-scanned"
    assert said["before"].startswith("No grant")
    assert said["other"].startswith("No grant")
    assert "-sS" in said["raw"]
    assert "nothing but nmap" in said["masscan"]
    assert OPEN in said["two targets"]
    seen = net.counters()
    assert seen.packets(OTHER) == 0
    assert seen.outside == {}
    assert "skg" not in names_here(net)


@pytest.mark.parametrize(
    ("what", "why"),
    [("stop", "emergency stop"), ("revoke", "taken back"), ("window", "over"), ("keeper", "has ended")],
)
def test_a_connect_scan_ends_in_its_middle_too(net: Lab, tmp_path: Path, what: str, why: str) -> None:
    with net.capture() as seen:
        said = tried(net, what, FREE, tmp_path)
    assert said["status"] == 75
    assert said["seconds"] < 1.5
    assert why in said["why"]
    packets = seen.to(FREE)
    assert len(packets) > 50
    assert packets[-1].at - said["at"] < 1.0


def test_a_connect_scan_does_not_outlive_its_program(net: Lab, tmp_path: Path) -> None:
    with net.capture() as seen:
        said = tried(net, "die", FREE, tmp_path)
        subprocess.run(["sleep", "1.5"], check=True)
    packets = seen.to(FREE)
    assert len(packets) > 50
    assert packets[-1].at - said["at"] < 1.0
