"""The lab of scans does what it says: otherwise nothing that is shown in it is shown."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from tests.scan_lab import ALL_PORTS, Answer, Block, Host, Line, lab
from tests.scan_lab.answers import UDP_KINDS
from tests.scan_lab.plan import NAME_SERVER
from tests.scan_lab.relay import Way
from tests.scan_lab.services import (
    MEGABYTES,
    TAR_PIT,
    TERMINAL_ESCAPES,
    certificate,
    dnsmasq,
    nginx,
    openssh,
    snmpd,
    strongswan,
    vsftpd,
)
from tests.scan_lab.traffic import SENDER, connecting, nmap, send, talked, until, within

pytestmark = pytest.mark.network

ROOT = Path(__file__).resolve().parents[3]
ONE, TWO, SIX = "203.0.113.10", "198.51.100.20", "2001:db8::30"
OPEN = re.compile(r"^\d+/tcp\s+open\s", re.MULTILINE)
INSIDE = "tests.scan_lab.inside"


# ---- hosts ----


def test_a_reset_host_a_silent_host_and_one_that_rejects() -> None:
    hosts = [
        Host(ONE, tcp=[22, 40_000], filtered=range(135, 140)),
        Host(TWO, tcp=[443], closed="drop"),
        Host("203.0.113.30", closed="reject"),
    ]
    with lab(hosts) as it:
        said = nmap(it, "--reason", "-p22,23,138,443,40000", "--max-retries", "1", ONE, TWO, "203.0.113.30")
        one, two, three = said.split("Nmap scan report for ")[1:]
    assert "22/tcp    open     ssh" in one
    assert "reset" in one.split("23/tcp")[1].splitlines()[0]
    assert "no-response" in one.split("138/tcp")[1].splitlines()[0]
    assert "40000/tcp open" in one
    assert two.count("no-response") >= 4
    assert "443/tcp   open" in two
    assert three.count("admin-prohibited") == 5


def test_every_port_may_be_open_and_each_says_which_it_is() -> None:
    said = {at: Answer(greeting=f"port {at}\r\n".encode()) for at in (1, 999, 65_535)}
    with lab([Host(ONE, tcp=ALL_PORTS), Host(TWO, tcp=said)]) as it:
        assert len(OPEN.findall(nmap(it, "-p1-500,30000-30499,65036-65535", ONE))) == 1_500
        for port, answer in said.items():
            assert talked(it, TWO, port) == answer.greeting


def test_stand_ins_answer_close_hold_and_flood() -> None:
    answers = {
        1: Answer(greeting=b"hello "),
        2: Answer(reply=b"you said something"),
        3: TERMINAL_ESCAPES,
        4: MEGABYTES,
        5: TAR_PIT,
        6: Answer(greeting=b"220 ", reply=b"500 no\r\n", end="hold"),
    }
    with lab([Host(ONE, tcp=answers, closed="drop")]) as it:
        assert talked(it, ONE, 1) == b"hello "
        assert talked(it, ONE, 2, b"anything") == b"you said something"
        assert b"\x1b]0;" in talked(it, ONE, 3)
        assert len(talked(it, ONE, 4, most=5_000_000)) >= 5_000_000
        began = time.monotonic()
        assert talked(it, ONE, 5, b"hello") == b""
        assert time.monotonic() - began >= 2
        assert talked(it, ONE, 6, b"hello") == b"220 500 no\r\n"


def test_udp_ports_answer_only_what_they_understand() -> None:
    kinds = {53: "dns", 123: "ntp", 1900: "ssdp", 30_123: "echo"}
    host = Host(
        ONE, udp={port: Answer(speaks=kind) for port, kind in kinds.items()} | {7000: Answer(reply=b"!")}, closed="drop"
    )
    with lab([host]) as it:
        said = nmap(it, "-sU", "-p53,54,123,1900,7000,30123", "--max-retries", "2", ONE)
        assert send(it, ONE, port=30_123, count=5)[0] == 5
        assert send(it, ONE, port=123, count=5)[0] == 0
    states = {int(line.split("/")[0]): line.split()[1] for line in said.splitlines() if "/udp" in line}
    assert states.pop(54) == "open|filtered"
    assert states == dict.fromkeys((*kinds, 7000), "open")


def test_a_stand_in_for_sip_gives_back_what_belongs_to_the_call() -> None:
    asked = b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP lab;branch=z9\r\nCSeq: 1 OPTIONS\r\nContact: x\r\n\r\n"
    said = UDP_KINDS["sip"](asked)
    assert said is not None
    assert said.startswith(b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP lab;branch=z9\r\nCSeq: 1 OPTIONS\r\nServer: ")
    assert [UDP_KINDS["sip"](other) for other in (b"", b"OPTIONS * HTTP/1.1\r\n", asked[3:])] == [None] * 3


def test_a_syn_proxy_shakes_hands_for_every_port_with_window_0() -> None:
    with lab([Host(ONE, tcp=[22], syn_proxy=True)]) as it, it.capture() as wire:
        assert len(OPEN.findall(nmap(it, "-p1-300", ONE))) == 300
    assert {packet.flags for packet in wire.packets if packet.source == ONE} == {0x12}


def test_ipv6_is_counted_and_lost_alike() -> None:
    with lab([Host(SIX, tcp=[22], udp=[7]), Host(ONE, also=("2001:db8:1::1",))], Line(loss_out=0.2)) as it:
        assert connecting(it, SIX) < 30
        before = it.counters().sent[SIX].get("udp", 0)
        back, _ = send(it, SIX, count=2000)
        assert it.counters().sent[SIX]["udp"] - before == 2000
        assert within(back, 2000, 0.8)
        assert it.counters().packets("2001:DB8:1:0::1") == 0


def test_real_services_come_up_together_and_are_what_they_say() -> None:
    real = (openssh(2222), nginx(8443, with_certificate=certificate("lab.example")), vsftpd(), snmpd(), dnsmasq())
    with lab([Host(ONE, closed="drop", services=real), Host(TWO, services=(strongswan(),))]) as it:
        assert talked(it, ONE, 2222, b"x\r\n").startswith(b"SSH-2.0-OpenSSH")
        assert talked(it, ONE, 21, b"QUIT\r\n").startswith(b"220")
        script = "import ssl; print(ssl.get_server_certificate(('203.0.113.10', 8443), timeout=5))"
        assert "BEGIN CERTIFICATE" in it.run([sys.executable, "-c", script], check=True).stdout
        said = nmap(it, "-sSU", "-pT:53,U:53,161", "--max-retries", "3", ONE)
        assert re.findall(r"(\d+/\w+)\s+open\s", said) == ["53/tcp", "53/udp", "161/udp"]
        assert "1 returned handshake" in it.run(["ike-scan", TWO], check=True).stdout


# ---- lines ----


@pytest.mark.parametrize("line", [Line(loss_out=0.01, loss_in=0.05), Line(loss_out=0.01, loss_in=0.05, delay_ms=5)])
def test_losses_each_way_are_what_was_asked_for(line: Line) -> None:
    with lab([Host(ONE, udp=[7]), Host(TWO, udp=[7], line=Line())], line) as it:
        back, _ = send(it, ONE, count=10_000, per_second=4_000, patience=1)
        sent, arrived = it.counters().packets(ONE), it.host_counters(ONE)["arrived"]
        assert sent == 10_000
        assert within(sent - arrived, sent, 0.01)
        assert within(arrived - back, arrived, 0.05)
        assert back == it.counters().back[ONE]
        assert send(it, TWO, count=2_000, per_second=4_000)[0] == 2_000


def test_delay_is_added_each_way() -> None:
    with lab([Host(ONE, tcp=[22]), Host(TWO, tcp=[22], line=Line(delay_ms=60))], Line(delay_ms=20)) as it:
        for address, least in ((ONE, 0.040), (TWO, 0.120)):
            times = [connecting(it, address)]
            while min(times) > least + 0.05 and len(times) < 30:  # the machine may be busy
                times.append(connecting(it, address))
            assert least <= min(times) < least + 0.05


def test_a_thin_line_has_a_speed_and_a_queue() -> None:
    with lab([Host(ONE, udp=[7]), Host(TWO, udp=[7])], Line(kbit=256, queue_bytes=8_000)) as it:
        back, last = send(
            it, ONE, count=500, patience=1.5
        )  # at once: what the queue holds comes back, the rest is lost
        assert 70 <= back <= 8_000 / 64 + 500 * last + 10
        began = it.counters().back[ONE]
        _, last = send(it, ONE, count=1_500, per_second=1_000, patience=1)
        carried = it.counters().back[ONE] - began
        assert carried <= 500 * last + 8_000 / 64 + 10  # frames of 64 bytes: 500 a second
        assert carried >= 0.3 * 500 * last


def test_hosts_behind_one_line_share_it() -> None:
    with lab([Host(ONE, udp=[7]), Host(TWO, udp=[7])], Line(kbit=256, queue_bytes=8_000)) as it:
        other = it.popen([sys.executable, "-c", SENDER, TWO, "7", "1500", "1000", "16", "1"], stdout=subprocess.DEVNULL)
        _, last = send(it, ONE, count=1_500, per_second=1_000, patience=1)
        other.wait(30)
        back = it.counters().back
        assert back[ONE] + back[TWO] <= 500 * (last + 1.5) + 8_000 / 64


def test_the_relay_carries_thousands_of_packets_a_second() -> None:
    with lab([Host(ONE, udp=[7])], Line(delay_ms=10)) as it:
        tries = (send(it, ONE, count=9_000, per_second=3_000, patience=2)[0] for _ in range(3))
        assert 9_000 in tries  # 6,000 a second with the answers; others may need the machine for a moment


def test_a_policer_on_the_way() -> None:
    with lab([Host(ONE, udp=[7])], Line(packets_per_second=100)) as it:
        back, last = send(it, ONE, count=1_000, per_second=500)
        assert 50 <= back <= 100 * (last + 0.5) + 10


def way(
    *, kbit: float | None = None, delay_ms: float = 0, jitter_ms: float = 0, queue_bytes: int = 1_000, dead: object = ()
) -> tuple[Way, int]:
    read, write = os.pipe()
    line = {"kbit": kbit, "delay_ms": delay_ms, "jitter_ms": jitter_ms, "queue_bytes": queue_bytes, "dead": dead}
    os.set_blocking(read, False)
    return Way(write, line, Random(1), 0.0), read


def test_a_way_drops_what_its_queue_cannot_hold_and_never_reorders() -> None:
    one, read = way(
        kbit=8, delay_ms=100, jitter_ms=50, queue_bytes=645
    )  # 1,000 bytes a second: ten frames wait at most
    for at in range(30):
        one.take(bytes([at]) * 20, 0.0)
    assert one.dropped == 20
    times = [at for at, _ in one.under_way]
    assert times == sorted(times)
    assert 0.164 <= times[0] <= 0.214
    assert 0.74 <= times[-1] <= 0.791
    one.give(0.05)
    with pytest.raises(BlockingIOError):
        os.read(read, 1)
    one.give(1.0)
    assert os.read(read, 4_000) == b"".join(bytes([at]) * 20 for at in range(10))
    os.close(read)
    os.close(one.out)


def test_a_dead_line_lets_nothing_pass_and_comes_back() -> None:
    one, read = way(dead=((5, 6), (8.5, 9)))
    for tenth in range(100):
        one.take(bytes([tenth]), tenth / 10)
    one.give(10)
    assert list(os.read(read, 200)) == [at for at in range(100) if not (50 <= at < 60 or 85 <= at < 90)]
    os.close(read)
    os.close(one.out)
    with lab([Host(ONE, udp=[7])], Line(dead=((0, 600),))) as it:
        assert send(it, ONE, count=50, per_second=500)[0] == 0


# ---- devices that limit and block ----


def test_a_device_that_limits_syns() -> None:
    with lab([Host(ONE, tcp=[22], syn_per_second=100)]) as it, it.capture() as wire:
        nmap(it, "-p1-1000", "--min-rate", "1000", "--max-rate", "1000", "--max-retries", "0", ONE)
        limited = it.host_counters(ONE)["limited"]
    back = [packet for packet in wire.packets if packet.source == ONE]
    asked = wire.to(ONE)
    seconds = asked[-1].at - asked[0].at
    assert len(back) <= 100 * seconds + 15
    assert len(back) >= 40 * seconds
    assert limited == len([packet for packet in asked if packet.flags == 0x02]) - len(back)


def test_a_device_that_limits_resets_and_icmp() -> None:
    hosts = [Host(ONE, rst_per_second=50), Host(TWO, icmp_per_second=10)]
    with lab(hosts) as it, it.capture() as wire:
        nmap(it, "-p1-500", "--min-rate", "500", "--max-rate", "500", "--max-retries", "0", ONE)
        send(it, TWO, count=500, per_second=250)
    for address, limit, burst in ((ONE, 50, 6), (TWO, 10, 2)):
        asked = wire.to(address)
        back = [packet for packet in wire.packets if packet.source == address]
        seconds = asked[-1].at - asked[0].at
        assert 0.4 * limit * seconds <= len(back) <= limit * (seconds + 0.2) + burst


@pytest.mark.parametrize("renews", [False, True])
def test_a_device_that_blocks_who_is_too_fast(renews: bool) -> None:
    with lab([Host(ONE, udp=[7], block=Block(above=200, seconds=6, renews=renews))]) as it:
        assert send(it, ONE, count=100, per_second=100)[0] == 100
        back, _ = send(it, ONE, count=1_000, patience=0.3)
        assert 200 <= back < 900
        assert it.host_counters(ONE)["blocked"] == 1_000 - back
        assert send(it, ONE, count=5, per_second=20, patience=0.1)[0] == 0  # also slowly
        if renews:
            assert send(it, ONE, count=40, per_second=5)[0] == 0
        assert until(lambda: time.sleep(0 if not renews else 7) or send(it, ONE, count=1)[0] == 1, 60)
        assert send(it, ONE, count=50, per_second=100)[0] == 50


# ---- what is counted ----


def test_the_router_counts_every_packet_by_destination_and_what_leads_outside() -> None:
    with lab([Host(ONE), Host(TWO, closed="drop")], Line(loss_out=0.5)) as it:
        assert it.counters().sent == {ONE: {}, TWO: {}}
        send(it, ONE, count=100)
        it.run(["nmap", "-n", "-Pn", "-p1-50", "--max-retries", "0", TWO])
        send(it, "192.0.2.1", count=3)  # the router itself is no host
        send(it, "10.1.2.3", count=4, port=53)
        send(it, "2001:db8:9::9", count=5)
        it.run(["nping", "--icmp", "-c", "2", "--rate", "10", ONE])
        it.run([sys.executable, "-c", "import socket; socket.getaddrinfo('hospital.example', 80)"])
        counted = it.counters()
        assert it.host_counters(ONE)["arrived"] < 100
    assert counted.sent == {ONE: {"udp": 100, "icmp": 2}, TWO: {"tcp": 50}}
    assert counted.packets(ONE) == 102
    names = counted.outside[NAME_SERVER]
    assert names > 0
    assert counted.outside == {"192.0.2.1": 3, "10.1.2.3": 4, "2001:db8:9::9": 5, NAME_SERVER: names}


def test_a_raw_frame_to_a_stranger_is_counted_too() -> None:
    with lab([Host(ONE)]) as it:
        it.run(["masscan", "-p1-5", "198.51.100.99", "--rate", "100", "--wait", "1"], timeout=30, check=True)
        assert it.counters().outside["198.51.100.99"] >= 5


def test_a_recording_has_times_ports_and_flags() -> None:
    with lab([Host(ONE, tcp=[22])]) as it, it.capture() as wire:
        nmap(it, "-p22,23", "-g", "5555", ONE)
        send(it, ONE, count=40, per_second=20, size=100)
    asked = [(packet.source_port, packet.target_port, packet.flags) for packet in wire.to(ONE) if packet.protocol == 6]
    assert sorted(asked) == [(5555, 22, 0x02), (5555, 22, 0x04), (5555, 23, 0x02)]
    assert {packet.size for packet in wire.to(ONE) if packet.protocol == 17} == {128}
    times = [packet.at for packet in wire.to(ONE)]
    assert wire.most_in_a_second(ONE) == max(sum(at <= other < at + 1 for other in times) for at in times)
    assert abs(wire.packets[0].at - time.time()) < 60
