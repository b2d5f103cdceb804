"""Real packets through real kernels: what the engine and the plain evaluator say is what happens."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import psutil
import pytest

import sekisho
from sekisho.adapters.lab.filters import NotInTheLab
from sekisho.adapters.lab.run import Flow, LabUnavailable, run_lab
from sekisho.adapters.network.read import read_network_model
from sekisho.domain.network.model import Network
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.services import parse_services
from sekisho.domain.tri import Tri
from tests.oracles.network_evaluator import Evaluator
from tests.oracles.random_networks import Shape, random_network

pytestmark = pytest.mark.network

AOBA = Path(sekisho.__file__).parent / "catalogue" / "samples" / "aoba" / "network.yaml"
THREE_IN_A_ROW = Shape(
    devices=(3, 3), forms=("row",), lans=(13, 14), nodes=(1, 2), rules=(1, 6), filtered=0.2, unknown=0.01, odd=0.01
)
INSIDE = "sekisho.adapters.lab.inside"
Expectation = Callable[[str, str, int], Tri]


def services(*texts: str) -> list[int]:
    return [parse_services(text).first for text in texts]


def engine(asked: list[int]) -> Callable[[Network], Expectation]:
    return lambda network: Reachability(network, asked).answer


def evaluator(network: Network) -> Expectation:
    return Evaluator(network).reach


def test_forty_segments_behind_three_filtering_devices_in_a_row() -> None:
    network = random_network(Random(2), THREE_IN_A_ROW)
    asked = services("tcp/22", "udp/53")
    report = run_lab(network, asked, engine(asked))
    assert report.differences == ()
    assert len(network.segments) >= 40
    assert len(network.devices) == 3
    assert {rules.device for rules in network.rulesets} == {"d0", "d1", "d2"}
    assert report.flows >= 5_000
    assert report.seconds < 60
    assert len(report.passed) > 500
    assert report.flows - len(report.passed) > 500
    across = {flow for flow in report.passed if _end(network, flow.source, "d0") and _end(network, flow.target, "d2")}
    assert len(across) > 50


def _end(network: Network, node: str, device: str) -> bool:
    """Return whether a node is on a segment of its own of `device`, the first or the last of the row."""
    addresses = next((one.addresses for one in network.nodes if one.id == node), None)
    own = [one for one in network.segments if one.id.startswith(f"lan{device[1:]}-")]
    return addresses is not None and any(one.addresses.covers(addresses) for one in own)


def test_the_sample_hospital() -> None:
    network = read_network_model(AOBA.read_bytes()).network
    asked = services("tcp/445", "tcp/3389")
    report = run_lab(network, asked, engine(asked))
    assert report.differences == ()
    assert report.flows > 3_500
    lets_in = {flow.target for flow in report.passed if flow.source == "line-4"}
    assert "catering-sv" in lets_in
    assert "vm-host" not in lets_in


@pytest.mark.parametrize("seed", [0, 2, 6])
def test_random_networks_with_everything_in_them(seed: int) -> None:
    """Translations, rule sets without state, tracked rules, zones, two-homed hosts, isolated ports, odd routes."""
    report = run_lab(random_network(Random(seed)), services("tcp/22", "tcp/443", "udp/53"), evaluator)
    assert report.differences == ()
    assert report.passed


SMALL = """
segments:
  - {id: a, cidr: 10.1.0.0/24}
  - {id: b, cidr: 10.2.0.0/24, isolation: port}
nodes:
  - {id: a1, addresses: [10.1.0.10]}
  - {id: b1, addresses: [10.2.0.10], listens: [tcp/80]}
  - {id: b2, addresses: [10.2.0.11]}
lines: [{id: vendor, terminates: {device: r, interface: wan}, source: 198.51.100.0/24}]
devices:
  - id: r
    interfaces: [{id: ge0, segment: a, address: 10.1.0.1}, {id: ge1, segment: b, address: 10.2.0.1}, {id: wan}]
"""


def passing(raw: str, *asked: str) -> set[tuple[str, str]]:
    network = read_network_model(raw.encode()).network
    report = run_lab(network, services(*asked), evaluator)
    assert report.differences == ()
    return {(flow.source, flow.target) for flow in report.passed}


def test_a_closed_port_answers_and_an_isolated_neighbour_does_not() -> None:
    everything = {
        ("a1", "b1"),
        ("a1", "b2"),
        ("b1", "a1"),
        ("b2", "a1"),
        *(("vendor", one) for one in ("a1", "b1", "b2")),
    }
    assert passing(SMALL, "tcp/80") == everything
    assert passing(SMALL, "udp/53") == everything


STATELESS = """
rulesets:
  - device: r
    at: {interface: ge0, direction: in}
    default: permit
  - device: r
    at: {interface: wan, direction: in}
    default: permit
  - device: r
    at: {interface: ge1, direction: in}
    default: deny
    stateful: false
    rules: [RULE]
"""


@pytest.mark.parametrize(
    ("rule", "are_answered"),
    [
        ("{seq: 10, action: deny}", False),
        ("{seq: 10, action: permit, service: tcp, state: established}", True),
        ("{seq: 10, action: permit, service: tcp/443}", True),
        ("{seq: 10, action: permit, service: tcp, source_ports: [80]}", True),
        ("{seq: 10, action: permit, service: tcp, source_ports: [81]}", False),
        ("{seq: 10, action: permit, service: udp}", False),
    ],
)
def test_a_filter_without_state_must_let_the_reply_pass(rule: str, are_answered: bool) -> None:
    found = passing(SMALL + STATELESS.replace("RULE", rule), "tcp/80")
    assert (("a1", "b1") in found) == are_answered
    assert (("vendor", "b2") in found) == are_answered


def test_the_lab_would_notice_a_wrong_answer() -> None:
    network = read_network_model(SMALL.encode()).network
    for wrong, contradicted in ((Tri.NO, 7), (Tri.YES, 2), (Tri.UNKNOWN, 0)):
        report = run_lab(network, services("tcp/80"), lambda model, wrong=wrong: lambda *flow: wrong)
        assert len(report.differences) == contradicted
        assert all(difference.has_passed == (wrong is Tri.NO) for difference in report.differences)
        assert report.undecided == (9 if wrong is Tri.UNKNOWN else 0)


def test_only_chosen_flows_are_tried() -> None:
    network = read_network_model(SMALL.encode()).network
    report = run_lab(network, services("tcp/80"), evaluator, flows=lambda flow: flow.source == "vendor")
    assert {flow.source for flow in report.passed} == {"vendor"}
    assert report.flows == 3
    assert Flow("vendor", "b1", services("tcp/80")[0]) in report.passed


def test_an_ordinary_user_may_run_the_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert ("vendor", "b1") in passing(SMALL, "tcp/80")


def test_other_protocols_are_not_tried() -> None:
    with pytest.raises(NotInTheLab):
        run_lab(read_network_model(SMALL.encode()).network, services("icmp"), evaluator)


def test_a_missing_tool_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabUnavailable, match="nft"):
        run_lab(read_network_model(SMALL.encode()).network, services("tcp/80"), evaluator)


LARGE_RUN = """
from random import Random
from sekisho.adapters.lab.run import run_lab
from sekisho.domain.tri import Tri
from tests.network.test_lab import THREE_IN_A_ROW, services
from tests.oracles.random_networks import random_network
run_lab(random_network(Random(2), THREE_IN_A_ROW), services("tcp/22"), lambda model: lambda *flow: Tri.YES)
"""


def _inside() -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if INSIDE in (process.info["cmdline"] or []) and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def _until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_a_lab_that_is_killed_leaves_nothing_behind() -> None:
    before = {process.pid for process in _inside()}
    spaces = os.listdir("/run/netns") if os.path.isdir("/run/netns") else []
    with subprocess.Popen([sys.executable, "-c", LARGE_RUN], cwd=Path(__file__).parents[2]) as running:
        assert _until(lambda: len({one.pid for one in _inside()} - before) > 0)
        time.sleep(1)
        running.send_signal(signal.SIGKILL)
    assert _until(lambda: {one.pid for one in _inside()} <= before)
    assert (os.listdir("/run/netns") if os.path.isdir("/run/netns") else []) == spaces


def test_a_lab_ends_in_time() -> None:
    network = random_network(Random(2), THREE_IN_A_ROW)
    before = {process.pid for process in _inside()}
    began = time.monotonic()
    with pytest.raises(LabUnavailable):
        run_lab(network, services("tcp/22"), lambda model: lambda *flow: Tri.YES, seconds=2)
    assert time.monotonic() - began < 20
    assert _until(lambda: {process.pid for process in _inside()} <= before)
