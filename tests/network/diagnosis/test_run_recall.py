"""Every open port is found at every kind of host, and where that cannot be shown, the run says so."""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.network.diagnosis.running import consent, finished, opened, result_of, started, write_consents
from tests.scan_lab import ALL_PORTS, Answer, Block, Host, Lab, Line, lab

pytestmark = pytest.mark.network

PORTS = 600
DICE = random.Random(20261121)
OPEN = {name: sorted(DICE.sample(range(1, PORTS + 1), 9)) for name in ("a", "b", "c", "d", "e", "f", "g", "h")}
LOSSY = Line(loss_out=0.01, loss_in=0.01, delay_ms=10)
RESETS, DROPS, CLEAN, LIMITS, RARELY, BLOCKS, THIN, SIX = (
    "203.0.113.10", "203.0.113.11", "203.0.113.12", "203.0.113.13", "203.0.113.14", "203.0.113.15", "203.0.113.16",
    "2001:db8::17",
)  # fmt: skip
SILENT, EVERYTHING, PROXY, REFUSES, NEVER = (
    "203.0.113.20", "203.0.113.21", "203.0.113.22", "203.0.113.23", "203.0.113.99",
)  # fmt: skip
HOSTS = [
    Host(RESETS, tcp=OPEN["a"], line=LOSSY, udp={53: Answer(speaks="dns"), 123: Answer(speaks="ntp")}),
    Host(
        DROPS, tcp={port: Answer(greeting=b"SSH-2.0-OpenSSH_8.4\r\n") for port in OPEN["b"]}, closed="drop", line=LOSSY
    ),
    Host(CLEAN, tcp=OPEN["c"], closed="drop"),
    Host(LIMITS, tcp=OPEN["d"], closed="drop", syn_per_second=250, line=Line(loss_out=0.01)),
    Host(RARELY, tcp=OPEN["e"], rst_per_second=20),
    Host(BLOCKS, tcp=OPEN["f"], block=Block(above=120, seconds=5)),
    Host(THIN, tcp=OPEN["g"], closed="drop", line=Line(loss_out=0.01, delay_ms=10, kbit=150)),
    Host(SIX, tcp=OPEN["h"], closed="drop", line=Line(loss_in=0.02)),
    Host(SILENT, closed="drop"),
    Host(EVERYTHING, tcp=ALL_PORTS),
    Host(PROXY, syn_proxy=True, tcp=[80]),
    Host(REFUSES, closed="reject"),
    Host(NEVER, tcp=[443]),
]
FOUND = {RESETS: "a", DROPS: "b", CLEAN: "c", LIMITS: "d", RARELY: "e", BLOCKS: "f", THIN: "g", SIX: "h"}
NAMES = dict(zip(FOUND, ("resets", "drops", "clean", "limits-syn", "limits-rst", "blocks", "thin", "six"), strict=True))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, dict[str, Any], Path]]:
    folder = tmp_path_factory.mktemp("recall")
    entries = [consent(host.address) for host in HOSTS if host.address != NEVER]
    entries[0]["protocols"] = ["tcp", "udp"]
    with lab(hosts=HOSTS, seconds=400) as it:
        run = started(
            it, write_consents(folder / "c.json", entries), folder / "out", "--udp", "53,69,123,500", tcp=f"1-{PORTS}"
        )
        status, document = finished(run, timeout=240)
        assert status == 1  # some cannot be shown to be complete
        yield it, document, folder / "out"


@pytest.mark.parametrize("address", FOUND, ids=NAMES.values())
def test_every_open_port_is_found(done: tuple[Lab, dict[str, Any], Path], address: str) -> None:
    result = result_of(done[1], address)
    assert opened(result) == set(OPEN[FOUND[address]])
    assert result["state"] == "complete", result["why"]
    assert result["completeness"]["expected_missed"] < 0.001


def test_no_packet_goes_elsewhere(done: tuple[Lab, dict[str, Any], Path]) -> None:
    it, document, _ = done
    assert it.counters().packets(NEVER) == 0
    assert document["packets_outside"] == 0
    assert document["gate"] == "namespace"


def test_packets_are_those_that_the_router_saw(done: tuple[Lab, dict[str, Any], Path]) -> None:
    it, document, _ = done
    for result in document["addresses"]:
        assert result["packets"] == it.counters().packets(result["address"])


def test_udp_services_that_answer_are_found(done: tuple[Lab, dict[str, Any], Path]) -> None:
    assert opened(result_of(done[1], RESETS), "udp") == {53, 123}


def test_a_host_that_never_answers_is_never_called_clean(done: tuple[Lab, dict[str, Any], Path]) -> None:
    result = result_of(done[1], SILENT)
    assert result["state"] == "incomplete"
    assert not result["completeness"]["is_shown"]
    assert "device is on" in result["why"]["en"]
    assert result["passes"] == {"tcp": 2}


def test_a_host_that_is_open_at_every_port_is_recognised(done: tuple[Lab, dict[str, Any], Path]) -> None:
    result = result_of(done[1], EVERYTHING)
    assert opened(result) == set(range(1, PORTS + 1))
    assert any("look open" in note["en"] for note in result["notes"])


def test_a_device_that_answers_for_all_hosts_is_recognised(done: tuple[Lab, dict[str, Any], Path]) -> None:
    result = result_of(done[1], PROXY)
    assert result["state"] == "incomplete"
    assert "SYN proxy" in result["why"]["en"]


def test_a_host_that_refuses_by_icmp_has_no_open_port(done: tuple[Lab, dict[str, Any], Path]) -> None:
    result = result_of(done[1], REFUSES)
    assert opened(result) == set()
    assert result["state"] == "complete"


def test_a_device_that_limits_or_blocks_slows_the_run_and_is_named(done: tuple[Lab, dict[str, Any], Path]) -> None:
    for address, word in ((BLOCKS, "block"), (LIMITS, "lost or late")):
        said = [change["why"]["en"] for change in result_of(done[1], address)["pace"]]
        assert any(word in why for why in said), said


def test_loss_that_was_measured_is_that_of_the_line(done: tuple[Lab, dict[str, Any], Path]) -> None:
    loss = result_of(done[1], RESETS)["loss"]
    assert loss["both"] < 0.06
    assert loss["both"] <= loss["bounds"]["both"]
    assert result_of(done[1], SILENT)["loss"] is None


def test_every_command_is_kept_with_its_evidence(done: tuple[Lab, dict[str, Any], Path]) -> None:
    _, document, out = done
    for result in document["addresses"]:
        finished_ones = [one for one in result["commands"] if one["outcome"] == "finished"]
        assert finished_ones
        for command in finished_ones:
            raw = (out / command["file"]).read_bytes()
            assert hashlib.sha256(raw).hexdigest() == command["sha256"]
            assert command["argv"][0].endswith("nmap")
            assert command["version"].startswith("7.")
            assert {"-n", "-Pn"} <= set(command["argv"])
