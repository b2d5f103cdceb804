"""Scripts, what was covered, and what a stranger may put into them."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.adapters.nmap.parse import NmapUnreadable, parse_nmap_xml
from sekisho.adapters.nmap.scripts import MAX_ELEMENTS, MAX_SCRIPTS
from sekisho.domain.diagnosis.results import AddressScan

SAMPLES = Path(__file__).parents[3] / "samples" / "nmap"


def scan_of(name: str) -> AddressScan:
    return parse_nmap_xml((SAMPLES / name).read_bytes(), evidence=name).scans[0]


def with_port(inside: str, *, info: str = "", args: str = "nmap -p443", extra: str = "") -> AddressScan:
    raw = f"""<?xml version="1.0"?><nmaprun scanner="nmap" version="7.93" start="1" args="{args}">{info}
<host><status state="up"/><address addr="203.0.113.10" addrtype="ipv4"/><ports>{extra}
<port protocol="tcp" portid="443"><state state="open" reason="syn-ack"/>{inside}</port></ports></host>
<runstats><finished exit="success"/></runstats></nmaprun>"""
    return parse_nmap_xml(raw.encode()).scans[0]


def test_tables_are_laid_flat_in_their_order() -> None:
    script = scan_of("checks_tls.xml").ports[0].script("ssl-enum-ciphers")
    assert script is not None
    assert script.tables()[:2] == ("TLSv1.0", "TLSv1.1")
    assert script.value("TLSv1.3/ciphers/0/name") == "TLS_AKE_WITH_AES_128_GCM_SHA256"
    assert script.value("least strength") == "F"
    assert script.value("nothing/here") == ""


def test_services_are_read_with_cpe_and_with_how_they_are_known() -> None:
    ssh = scan_of("checks_sv.xml").port("tcp", 22)
    assert ssh is not None
    assert ssh.cpes == ("cpe:/a:openbsd:openssh:9.2p1", "cpe:/o:linux:linux_kernel")
    assert (ssh.basis, ssh.extra, ssh.os, ssh.reason) == ("probed", "protocol 2.0", "Linux", "syn-ack")
    guessed = scan_of("checks_misc.xml").port("tcp", 22)
    assert guessed is not None
    assert guessed.basis == "table"


def test_what_was_asked_is_read_from_the_file() -> None:
    scan = scan_of("checks_sv.xml")
    assert scan.asked_services
    assert scan.was_asked("tcp", 443)
    assert not scan.was_asked("tcp", 444)
    assert not scan.was_asked("udp", 443)
    scripts = scan_of("checks_misc.xml")
    assert not scripts.asked_services
    assert {"ftp-anon", "ssh2-enum-algos", "sshv1"} <= scripts.asked_scripts


@pytest.mark.parametrize(
    ("args", "services", "scripts"),
    [
        ("nmap -sV -p1-", True, set()),
        ("nmap -sSV -p1-", True, set()),
        ("nmap -A host", True, set()),
        ("nmap -sS -oX -sV.xml", False, set()),
        ("nmap --script default", False, set()),
        ("nmap --script=ssl-cert,+http-title -p443", False, {"ssl-cert", "http-title"}),
        ("nmap --script &quot;smb-*&quot;", False, set()),
    ],
)
def test_options_say_what_was_asked(args: str, services: bool, scripts: set[str]) -> None:
    scan = with_port("", args=args)
    assert (scan.asked_services, scan.asked_scripts) == (services, scripts)


@pytest.mark.parametrize(
    ("services", "asked"),
    [
        ("1-65535", True),
        ("443", True),
        ("80,443", True),
        ("1-442,444-65535", False),
        ("99999", False),
        ("9-1", False),
        ("x-y", False),
        ("", False),
        ("４４３", False),
        ("444-", False),
    ],
)
def test_ranges_that_cannot_be_cover_nothing(services: str, asked: bool) -> None:
    scan = with_port("", info=f'<scaninfo type="syn" protocol="tcp" services="{services}"/>')
    assert any(covered.has(443) for covered in scan.covered) is asked


def test_silent_udp_is_undecided_with_and_without_its_numbers() -> None:
    info = '<scaninfo type="udp" protocol="udp" services="500,4500"/>'
    named = with_port(
        "",
        info=info,
        extra='<extraports state="open|filtered" count="1">'
        '<extrareasons reason="no-response" count="1" proto="udp" ports="4500"/></extraports>',
    )
    assert named.is_undecided("udp", 4500)
    assert not named.is_undecided("udp", 500)
    bare = with_port("", info=info, extra='<extraports state="open|filtered" count="2"/>')
    assert bare.is_undecided("udp", 500)
    closed = with_port("", info=info, extra='<extraports state="closed" count="2"/>')
    assert not closed.is_undecided("udp", 500)


def test_terminal_escapes_and_long_outputs_are_made_visible_and_bounded() -> None:
    # XML forbids the escape itself; what it allows beside it (C1, reordering) is what a service can still send.
    inside = f'<service name="http&#x9b;31m" product="&#x202e;xinign" method="probed"/><script id="x" output="{"A" * 100_000}"/>'
    port = with_port(inside).ports[0]
    assert port.service == "http\\x9b31m"
    assert port.product == "\\u202exinign"
    assert len(port.scripts[0].output) < 5000


def test_numbers_of_scripts_and_elements_are_bounded() -> None:
    many = "".join(f'<script id="s{number}" output="x"/>' for number in range(MAX_SCRIPTS + 50))
    assert len(with_port(many).ports[0].scripts) == MAX_SCRIPTS
    elements = "<elem>x</elem>" * (MAX_ELEMENTS + 500)
    assert len(with_port(f'<script id="s" output="x">{elements}</script>').ports[0].scripts[0].elements) == MAX_ELEMENTS


def test_deep_tables_do_not_break_the_reading() -> None:
    deep = '<table key="a">' * 500 + "<elem>x</elem>" + "</table>" * 500
    assert with_port(f'<script id="s" output="x">{deep}</script>').ports[0].scripts[0].elements == ()


def test_secrets_of_certificates_and_long_keys_are_left_out() -> None:
    script = scan_of("checks_tls.xml").ports[0].script("ssl-cert")
    assert script is not None
    assert not [name for name, _ in script.elements if name.endswith(("pem", "modulus"))]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_a_reason(raw: bytes) -> None:
    with suppress(NmapUnreadable):
        assert isinstance(parse_nmap_xml(raw).scans, tuple)


@given(st.integers(0, 40_000), st.binary(min_size=1, max_size=4))
def test_a_damaged_real_file_never_breaks_the_reading(place: int, damage: bytes) -> None:
    raw = (SAMPLES / "checks_misc.xml").read_bytes()
    at = place % len(raw)
    with suppress(NmapUnreadable):
        assert len(parse_nmap_xml(raw[:at] + damage + raw[at + len(damage) :]).scans) <= 1
