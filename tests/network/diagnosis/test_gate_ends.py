"""Sending ends when it has to, whatever the scanner does and whoever dies; nothing stays behind, nobody gets in twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from sekisho.adapters.gate.gate import Gate, GateUnavailable, NotGranted, open_gate
from sekisho.adapters.signing import SigningKey
from sekisho.domain.diagnosis.grants import LONGEST_LIFE, PURPOSE, REFUSALS, GrantRefused, write_grant
from tests.network.diagnosis.gates import (
    FREE,
    HOSTS,
    KEY,
    OPEN,
    OTHER,
    SILENT,
    flood,
    gate_in,
    grant,
    names_here,
    processes_in,
    running,
    signed,
    wait_for_packets,
)
from tests.scan_lab import Lab, lab

pytestmark = pytest.mark.network
PROGRAM = Path(__file__).with_name("sending_program.py")
ADDRESS = ip_address(FREE)
FORWARDING = "/proc/sys/net/ipv{}/conf/{}/forwarding"


@pytest.fixture(scope="module")
def net() -> Iterator[Lab]:
    with lab(hosts=HOSTS, seconds=300) as made:
        yield made


def sends_until(net: Lab, gate: Gate, end: Callable[[], object], wait: float = 1.0) -> float:
    """Let a scanner send at full speed, do `end`, and return how many seconds later the last packet was seen."""
    with net.capture() as seen, running(gate, *flood(FREE), through=FREE):
        wait_for_packets(net, FREE, net.counters().packets(FREE) + 100)
        began = time.time()
        end()
        time.sleep(wait)
    return seen.to(FREE)[-1].at - began


def is_clean(net: Lab) -> bool:
    """Return True when nothing of a gate is left on the scanner's machine."""
    return "skg" not in names_here(net)


# ---- ends in the middle of a run ----


def test_revoking_ends_it_while_other_addresses_go_on(net: Lab) -> None:
    with gate_in(net, FREE, SILENT) as gate:
        assert sends_until(net, gate, lambda: gate.revoke(ADDRESS)) < 1.0
        assert gate.open_until(ADDRESS) is None
        assert gate.open_until(ip_address(SILENT)) is not None
        with pytest.raises(NotGranted) as refused:
            gate.command(["nmap", FREE], ADDRESS)
        assert refused.value.reason == REFUSALS["revoked"]


def test_the_end_of_the_window_ends_it_on_time(net: Lab) -> None:
    with gate_in(net, FREE, seconds=2.5) as gate:
        ends_at = gate.open_until(ADDRESS)
        assert ends_at is not None
        with net.capture() as seen, running(gate, *flood(FREE), through=FREE):
            time.sleep(2.0)
        last = seen.to(FREE)[-1].at
        assert ends_at.timestamp() - 1.2 < last < ends_at.timestamp()
        with pytest.raises(NotGranted, match="over"):
            gate.command(["nmap", FREE], ADDRESS)


def test_the_kernel_ends_it_when_nobody_else_can(net: Lab) -> None:
    with gate_in(net, FREE, seconds=2.5) as gate:
        ends_at = gate.open_until(ADDRESS)
        assert ends_at is not None
        gate._keeper.send_signal(signal.SIGSTOP)
        try:
            with net.capture() as seen, running_without_asking(gate, FREE):
                time.sleep(2.0)
        finally:
            gate._keeper.send_signal(signal.SIGCONT)
    assert ends_at.timestamp() - 1.2 < seen.to(FREE)[-1].at < ends_at.timestamp()


def running_without_asking(gate: Gate, address: str) -> "subprocess.Popen[bytes]":
    """Start a scanner in the namespace of a gate whose keeper does not answer."""
    place = f"--net=/proc/{os.getpid()}/fd/{gate._places[0]}"
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        ["timeout", "-s", "KILL", "2", "nsenter", place, "--", *flood(address)], stdin=quiet, stdout=quiet, stderr=quiet
    )


def test_the_stop_file_ends_everything_within_two_seconds(net: Lab, tmp_path: Path) -> None:
    stop = tmp_path / "STOP"
    with gate_in(net, FREE, SILENT, stop_file=stop) as gate:
        assert sends_until(net, gate, stop.touch) < 1.0
        assert processes_in(gate) == []
        assert is_clean(net)
        assert gate.closed_because() == REFUSALS["stopped"]
        with pytest.raises(NotGranted, match="emergency stop"):
            gate.command(["nmap", FREE], ADDRESS)
        stop.unlink()  # lifting it starts nothing again
        with pytest.raises(GrantRefused, match="stopped"):
            gate.admit(signed(grant(gate, FREE)))


def test_a_stop_folder_that_goes_away_counts_as_a_stop(net: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    with gate_in(net, FREE, stop_file=folder / "STOP") as gate:
        assert sends_until(net, gate, folder.rmdir) < 1.0
        assert gate.closed_because() == REFUSALS["stopped"]


def test_closing_ends_it_and_keeps_the_counts(net: Lab) -> None:
    with gate_in(net, FREE) as gate:
        before = net.counters().packets(FREE)
        assert sends_until(net, gate, gate.close_all) < 1.0
        assert gate.counts().addresses[ADDRESS].passed == net.counters().packets(FREE) - before
        assert is_clean(net)
        assert gate.closed_because() == REFUSALS["closed"]
        with pytest.raises(GrantRefused, match="closed"):
            gate.admit(signed(grant(gate, FREE)))


@pytest.mark.parametrize("word", ["die", "term", "orphan", "both"])
def test_when_program_or_keeper_is_killed_sending_ends_and_the_next_gate_finds_a_clean_machine(
    net: Lab, word: str
) -> None:
    forwarding = [net.run(["cat", FORWARDING.format(*one)]).stdout for one in ((4, "all"), (4, "uplink"), (6, "all"))]
    program = net.popen([sys.executable, PROGRAM, FREE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                        env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)})  # fmt: skip
    try:
        assert program.stdout is not None
        assert program.stdin is not None
        assert program.stdout.readline() == "sending\n"
        with net.capture() as seen:
            wait_for_packets(net, FREE, net.counters().packets(FREE) + 100)
            began = time.time()
            program.stdin.write(word + "\n")
            program.stdin.flush()
            time.sleep(1.4)
        assert seen.to(FREE)[-1].at - began < 1.0
        if word in ("die", "term"):
            assert is_clean(net)
        with gate_in(net, SILENT):
            assert names_here(net).count("skg") == 2
            if word != "orphan":  # the orphan is alive, and may hold its namespace
                assert "skg1" not in names_here(net)
    finally:
        program.kill()
        program.communicate()
    assert is_clean(net)
    after = [net.run(["cat", FORWARDING.format(*one)]).stdout for one in ((4, "all"), (4, "uplink"), (6, "all"))]
    assert after == forwarding


# ---- who gets in ----


def test_two_gates_on_one_machine_do_not_touch_each_other(net: Lab) -> None:
    with gate_in(net, FREE) as one, gate_in(net, SILENT) as two:
        # Neither reaches the inside of the other, nor its addresses.
        command = ["nping", "--tcp", "-p80", "-c", "1", "--hide-sent", SILENT, "169.254.64.5", "169.254.64.6"]
        subprocess.run(one.command(command, ADDRESS), capture_output=True, check=False, timeout=10)
        assert (one.counts().outside or 0) >= 3
        assert two.counts().addresses[ip_address(SILENT)].passed == 0
        two.close_all()
        assert one.open_until(ADDRESS) is not None
        with running(one, *flood(FREE), through=FREE):
            wait_for_packets(net, FREE, net.counters().packets(FREE))
    assert is_clean(net)


def test_one_address_is_open_in_one_gate_at_a_time(net: Lab) -> None:
    with gate_in(net, FREE), gate_in(net) as second:
        with pytest.raises(GrantRefused, match="in-use"):
            second.admit(signed(grant(second, FREE)))
        assert second.counts().addresses == {}
    with gate_in(net, FREE) as third:
        assert third.open_until(ADDRESS) is not None


def test_grants_that_are_changed_strange_or_spent_are_refused_in_words(net: Lab) -> None:
    with gate_in(net, FREE) as gate:
        sound, stranger = grant(gate, FREE), SigningKey.new()
        raw, now = signed(sound), datetime.now(UTC)
        old = replace(sound, issued_at=now - LONGEST_LIFE, expires_at=now)
        tries = {
            "unsigned": [
                raw[:-1],
                raw.replace(b'"packets_per_second":400', b'"packets_per_second":900'),
                raw.replace(FREE.encode(), OTHER.encode()),
                stranger.sign(write_grant(sound), PURPOSE),
                KEY.sign(write_grant(sound), "sekisho-feeds"),
                b"",
            ],
            "unreadable": [KEY.sign(write_grant(sound).replace(b'113.21"', b'113.0/24"'), PURPOSE)],
            "another-gate": [signed(replace(sound, gate="f" * 32))],
            "another-hospital": [signed(grant(gate, FREE, hospital="midori"))],
            "expired": [signed(old)],
            "not-yet": [signed(replace(sound, issued_at=now + timedelta(60), expires_at=now + timedelta(60, 30)))],
            "never-scanned": [signed(grant(gate, "169.254.64.1")), signed(grant(gate, FREE, "10.0.0.1"))],
            "own-address": [signed(grant(gate, "192.0.2.2"))],
        }
        for rule, documents in tries.items():
            for document in documents:
                with pytest.raises(GrantRefused) as refused:
                    gate.admit(document)
                assert refused.value.rule == rule
                assert refused.value.reason == REFUSALS[rule]
        gate.admit(raw)
        gate.revoke(ADDRESS)
        with pytest.raises(GrantRefused, match="revoked"):
            gate.admit(raw)
        assert gate.open_until(ADDRESS) is None
        gate.admit(signed(grant(gate, FREE)))
        assert gate.open_until(ADDRESS) is not None


def test_the_machine_forwards_nothing_but_the_gate_and_as_before_afterwards(net: Lab) -> None:
    def forwarding() -> list[str]:
        listed = net.run(
            ["sh", "-c", "grep . /proc/sys/net/ipv[46]/conf/*/forwarding /proc/sys/net/ipv6/conf/*/accept_ra"]
        )
        return sorted(line for line in listed.stdout.splitlines() if "skg" not in line)

    # The usual machine: it learns its route from a router, and would forget it when it became one itself.
    device = net.run(["ip", "route", "show", "default"]).stdout.split("dev ")[1].split()[0]
    listens = f"/proc/sys/net/ipv6/conf/{device}/accept_ra"
    net.run(["sh", "-c", f"echo 1 > {listens}"], check=True)
    before = forwarding()
    assert f"{listens}:1" in before
    with gate_in(net, FREE, "2001:db8::10") as one:
        during = forwarding()
        assert any(line.endswith("ipv6/conf/all/forwarding:1") for line in during)
        assert [line for line in during if "accept_ra" in line and device in line] == [f"{listens}:2"]
        with gate_in(net, SILENT):
            one.close_all()
            assert sum("ipv4" in line and line.endswith(":1") for line in forwarding()) >= 1  # the other one needs it
    assert forwarding() == before


def test_a_host_behind_the_machine_cannot_use_what_the_gate_opened(net: Lab) -> None:
    beyond = "198.18.77.7"  # the router is made to send it through the scanner's machine, which would send it back
    net.run(["ip", "route", "add", beyond, "via", "192.0.2.2"], space="router", check=True)
    knock = [sys.executable, "-I", "-c", f"import socket; socket.socket(2, 2).sendto(b'x', ('{beyond}', 9))"]
    with gate_in(net, FREE):
        table = net.run(["nft", "list", "tables"]).stdout.split()[-1]
        net.run(knock, space="router", check=True)
        assert beyond not in net.counters().outside
        # The other way round: without our rule it would have passed.
        net.run(["nft", "flush", "chain", "inet", table, "stay_closed"], check=True)
        net.run(knock, space="router", check=True)
        assert net.counters().outside.get(beyond) == 1


def test_while_the_stop_is_on_no_gate_opens(net: Lab, tmp_path: Path) -> None:
    stop = tmp_path / "STOP"
    stop.touch()
    with net.inside(), pytest.raises(GateUnavailable) as refused:
        open_gate(KEY.verify_key, stop_file=stop)
    assert str(stop) in refused.value.reason.ja
    with net.inside(), pytest.raises(GateUnavailable, match="folder"):
        open_gate(KEY.verify_key, stop_file=tmp_path / "missing" / "STOP")
    assert is_clean(net)


def test_the_first_packet_waits_a_second_and_a_renewal_does_not(net: Lab) -> None:
    with gate_in(net) as gate:
        began = time.monotonic()
        gate.admit(signed(grant(gate, OPEN)))
        assert time.monotonic() - began >= 1.0
        passed = gate.counts()
        until = gate.open_until(ip_address(OPEN))
        gate.admit(signed(grant(gate, OPEN)))
        later = gate.open_until(ip_address(OPEN))
        assert until is not None
        assert later is not None
        assert later > until
        assert gate.counts() == passed
