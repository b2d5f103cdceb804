"""The gate against real scanners: nothing but granted packets gets out, whatever they try; never too many in a second."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from sekisho.adapters.gate.gate import Gate, NotGranted
from sekisho.domain.diagnosis.grants import asked_rate
from tests.network.diagnosis.gates import (
    FREE,
    HOSTS,
    OPEN,
    OTHER,
    SILENT,
    SIX,
    flood,
    gate_in,
    run,
    running,
)
from tests.scan_lab import Lab, lab

pytestmark = pytest.mark.network
IMPATIENT = ("--max-retries", "0", "--initial-rtt-timeout", "200ms", "--max-rtt-timeout", "200ms")
A_SCAN = ("nmap", "-n", "-Pn", "--max-retries", "1", "--min-rate", "370", "--max-rate", "370")


@pytest.fixture(scope="module")
def net() -> Iterator[Lab]:
    with lab(hosts=HOSTS, seconds=300) as made:
        yield made


@pytest.fixture(scope="module")
def gate(net: Lab) -> Iterator[Gate]:
    """A gate where OPEN (both families) and SILENT are open, and OTHER is not."""
    with gate_in(net, OPEN, SIX, SILENT) as made:
        yield made


def outside(net: Lab) -> int:
    """Return every packet that the router saw to anything but the granted addresses."""
    seen = net.counters()
    return sum(seen.outside.values()) + seen.packets(OTHER)


def test_a_scan_of_a_granted_address_finds_what_is_open(gate: Gate) -> None:
    found = run(gate, *A_SCAN, "-sS", "-p", "20-450", OPEN).stdout
    assert [line.split("/")[0] for line in found.splitlines() if "/tcp" in line and " open " in line] == [
        "22",
        "80",
        "443",
    ]
    assert "closed tcp ports (reset)" in found


def test_ipv6_udp_and_icmp_errors_come_through(gate: Gate) -> None:
    six = run(gate, *A_SCAN, "-6", "-sS", "-p", "20-100", SIX).stdout
    assert "22/tcp open" in six
    assert "closed tcp ports (reset)" in six
    udp = run(gate, *A_SCAN, "-sU", "-p", "53,54", "--reason", OPEN).stdout
    assert "53/udp open" in udp
    assert "port-unreach" in udp


def test_real_connections_and_version_detection_come_through(gate: Gate) -> None:
    found = run(gate, *A_SCAN, "-sT", "-sV", "--version-light", "-p", "22", OPEN).stdout
    assert "22/tcp open" in found


@pytest.mark.parametrize(
    "argv",
    [
        ("nmap", "-n", "-Pn", "-sS", "-F", "--min-rate", "500", *IMPATIENT, OTHER),
        ("nmap", "-n", "-Pn", "-sS", "-p1-50", "--send-eth", *IMPATIENT, OTHER),
        ("nmap", "-n", "-Pn", "-sS", "-p1-50", "--send-ip", *IMPATIENT, OTHER),
        ("nmap", "-n", "-Pn", "-sU", "-p52,53", *IMPATIENT, OTHER),
        ("nmap", "-n", "-sn", "-PE", "-PS22", OTHER),
        (sys.executable, "-I", "-c", "import socket; socket.socket(2, 2).sendto(b'name?', ('198.18.0.53', 53))"),
        ("nmap", "-n", "-Pn", "-6", "-sS", "-p1-50", *IMPATIENT, "2001:db8:ffff:ffff::1"),
        ("masscan", "-p1-100", "--rate", "1000", "--wait", "0", OTHER),
        ("nping", "--tcp", "-p1-50", "--rate", "500", "-c", "1", "--hide-sent", OTHER),
        ("nping", "--icmp", "-c", "3", "--rate", "100", "--hide-sent", OTHER),
        ("nping", "--udp", "-p53", "-c", "3", "--rate", "100", "--hide-sent", "192.0.2.1"),
    ],
    ids=lambda argv: " ".join(argv[:1] + argv[-1:]),
)
def test_no_scanner_reaches_what_is_not_granted(net: Lab, gate: Gate, argv: tuple[str, ...]) -> None:
    before, dropped = outside(net), gate.counts().outside or 0
    run(gate, *argv)
    assert outside(net) == before == 0
    assert (gate.counts().outside or 0) > dropped


@pytest.mark.parametrize(
    "argv",
    [
        ("nmap", "-n", "-Pn", "-sS", "-f", "-p1-20", *IMPATIENT, OPEN),
        ("nping", "--tcp", "-p1-20", "-S", "192.0.2.77", "-c", "1", "--rate", "100", "--hide-sent", OPEN),
        ("nping", "--icmp", "-c", "3", "--rate", "100", "--hide-sent", OPEN),
        ("nmap", "-n", "-Pn", "-sO", "-p", "1,2,47,50,132", *IMPATIENT, OPEN),
        (sys.executable, "-I", "-c", f"import socket; socket.socket(2, 2).sendto(bytes(4000), ('{OPEN}', 53))"),
    ],
    ids=["fragments", "foreign source", "icmp", "other protocols", "longer than the line takes"],
)
def test_what_a_granted_address_may_not_get_is_dropped_and_counted(net: Lab, gate: Gate, argv: tuple[str, ...]) -> None:
    before, counts = net.counters().packets(OPEN), gate.counts()
    run(gate, *argv)
    after = gate.counts()
    assert net.counters().packets(OPEN) == before
    assert (after.refused or 0) > (counts.refused or 0)


def test_a_protocol_that_is_not_granted_stays_inside(net: Lab) -> None:
    with gate_in(net, FREE, protocols=frozenset({"tcp"})) as other:
        run(other, "nmap", "-n", "-Pn", "-sS", "-p53", *IMPATIENT, FREE, through=FREE)
        seen = net.counters().sent[FREE]
        run(other, "nmap", "-n", "-Pn", "-sU", "-p53", *IMPATIENT, FREE, through=FREE)
        assert net.counters().sent[FREE] == seen
        assert seen["tcp"] >= 1
        assert (other.counts().refused or 0) >= 1


def test_what_the_gate_counted_is_what_the_router_saw(net: Lab, gate: Gate) -> None:
    run(gate, *A_SCAN, "-sS", "-p", "1-200", OPEN)
    counted, seen = gate.counts(), net.counters()
    assert {str(one): counts.passed for one, counts in counted.addresses.items()} == {
        address: seen.packets(address) for address in (OPEN, SIX, SILENT)
    }


def test_nothing_inside_has_the_power_to_leave_the_namespace(gate: Gate) -> None:
    tries = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for pid in ("1", os.environ["OUTSIDE"]):
    try:
        place = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    except OSError as error:
        print("unseen", error.errno)
        continue
    print(libc.setns(place, 0), ctypes.get_errno())
print(libc.unshare(0x40000000), ctypes.get_errno())
"""
    command = gate.command(["env", f"OUTSIDE={os.getpid()}", sys.executable, "-I", "-c", tries], ip_address(OPEN))
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(said) == 3
    assert all(line in ("-1 1", "unseen 13") for line in said), said
    for power in (
        ["ip", "link", "set", "out", "down"],
        ["nft", "list", "ruleset"],
        ["ip", "route", "flush", "table", "main"],
    ):
        assert subprocess.run(gate.command(power, ip_address(OPEN)), capture_output=True, check=False).returncode != 0


def test_without_leave_for_an_address_there_is_no_command(gate: Gate) -> None:
    with pytest.raises(NotGranted, match="No grant"):
        gate.command(["nmap", OTHER], ip_address(OTHER))


# ---- rates: one lab each, captured at the router ----


@pytest.mark.parametrize("consented", [100, 1000])
def test_no_second_has_more_packets_than_consented_however_fast_the_scanners_send(net: Lab, consented: int) -> None:
    with gate_in(net, FREE, rate=consented) as wild:
        with (
            net.capture() as seen,
            running(wild, *flood(FREE, rate=3000), through=FREE),
            running(wild, "masscan", "-p1-60000", "--rate", "3000", FREE, through=FREE),
        ):
            time.sleep(3)
        over = wild.counts().addresses[ip_address(FREE)].over_rate
    assert len(seen.to(FREE)) > 2 * 0.9 * consented
    assert seen.most_in_a_second(FREE) <= consented
    assert over > consented


@pytest.mark.parametrize("consented", [100, 1000])
def test_nmap_at_the_asked_rate_loses_next_to_nothing(net: Lab, consented: int) -> None:
    asked, ports, dropped = str(asked_rate(consented)), 2 * consented, []
    scan = ("nmap", "-n", "-Pn", "-sS", "-p", f"1-{ports}", "--min-rate", asked, "--max-rate", asked, *IMPATIENT, FREE)
    for _ in range(3):  # a machine that stands still for a moment makes nmap hurry: judged is the best of three
        with gate_in(net, FREE, rate=consented) as calm, net.capture() as seen:
            run(calm, *scan, through=FREE)
            counts = calm.counts().addresses[ip_address(FREE)]
        assert counts.passed + counts.over_rate == ports
        assert seen.most_in_a_second(FREE) <= consented
        dropped.append(counts.over_rate)
        if counts.over_rate <= ports * 0.01:
            break
    assert min(dropped) <= ports * 0.01
