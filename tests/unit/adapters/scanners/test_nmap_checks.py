"""nmap's commands for checks, and what counts as their result."""

from ipaddress import ip_address
from pathlib import Path

import pytest

from sekisho.adapters.scanners.nmap_checks import NoOutput, check_command, read_check
from sekisho.adapters.scanners.tools import Tool
from sekisho.catalogue.checks import load_checks
from sekisho.domain.diagnosis.checks import PlannedCheck

TOOL = Tool("nmap", "/usr/bin/nmap", "7.93")
HERE = ip_address("203.0.113.10")
SAMPLES = Path(__file__).parents[3] / "samples" / "nmap"


def planned(name: str, port: int, protocol: str = "tcp") -> PlannedCheck:
    return PlannedCheck(load_checks().check(name), protocol, port)


def argv(name: str, port: int, protocol: str = "tcp", **more: object) -> list[str]:
    return check_command(TOOL, HERE, planned(name, port, protocol), Path("/x/out.xml"), rate=100, **more)  # type: ignore[arg-type]


NMAP_CHECKS = [check for check in load_checks().checks if check.tool == "nmap"]


@pytest.mark.parametrize("check", NMAP_CHECKS, ids=lambda check: check.id)
def test_commands_send_to_one_address_and_ask_no_name_server(check) -> None:
    name = sorted(check.ports)[0]
    number, protocol = name.split("/")
    command = argv(check.id, int(number), protocol)
    assert command[-1] == "203.0.113.10"
    assert {"-n", "-Pn", "--disable-arp-ping"} <= set(command)
    assert command[command.index("-p") + 1] == number
    assert ("-sU" in command) is (protocol == "udp")
    assert command[command.index("--script") + 1] == ",".join(check.scripts)
    assert not {"-A", "-sC", "-O", "--traceroute"} & set(command)


def test_scripts_are_forced_only_where_the_port_is_unusual() -> None:
    assert "+rdp-enum-encryption" not in argv("rdp-security", 3389)[argv("rdp-security", 3389).index("--script") + 1]
    moved = argv("rdp-security", 3390)
    assert moved[moved.index("--script") + 1].startswith("+rdp-enum-encryption,")
    assert "-d1" in moved


def test_versions_are_asked_only_where_nmap_does_not_know_of_tls() -> None:
    assert "-sV" not in argv("web-product", 443)
    assert "-sV" in argv("web-product", 10443)


def test_without_raw_packets_connections_are_whole() -> None:
    command = argv("ssh", 22, raw=False)
    assert "-sT" in command
    assert "-sS" not in command


def test_ipv6_is_said() -> None:
    command = check_command(TOOL, ip_address("2001:db8::10"), planned("ssh", 22), Path("/x"), rate=10)
    assert "-6" in command
    assert command[-1] == "2001:db8::10"


def test_read_check_returns_what_its_own_scripts_wrote() -> None:
    raw = (SAMPLES / "checks_misc.xml").read_bytes()
    answer = read_check(raw, HERE, planned("ftp", 21))
    assert [output.id for output in answer.outputs] == ["ftp-anon"]
    assert {output.id for output in read_check(raw, HERE, planned("ssh", 22)).outputs} == {"ssh2-enum-algos"}


@pytest.mark.parametrize(
    ("name", "port", "protocol", "address", "rule"),
    [
        ("ike-product", 500, "udp", "203.0.113.10", "silent-now"),
        ("ftp", 2121, "tcp", "203.0.113.10", "silent-now"),
        ("ftp", 21, "tcp", "203.0.113.99", "silent-now"),
    ],
)
def test_a_port_that_is_silent_now_is_no_result(name: str, port: int, protocol: str, address: str, rule: str) -> None:
    sample = "checks_udp.xml" if protocol == "udp" else "checks_misc.xml"
    with pytest.raises(NoOutput) as nothing:
        read_check((SAMPLES / sample).read_bytes(), ip_address(address), planned(name, port, protocol))
    assert nothing.value.rule == rule


def test_a_broken_file_is_no_result() -> None:
    with pytest.raises(NoOutput) as nothing:
        read_check((SAMPLES / "checks_misc.xml").read_bytes()[:2000], HERE, planned("ftp", 21))
    assert nothing.value.rule == "unreadable"
