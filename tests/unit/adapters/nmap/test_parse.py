"""nmap's own files, and files that only pretend to be."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sekisho.adapters.nmap.parse import NmapUnreadable, parse_nmap_xml
from sekisho.domain.reporting.attention import merge

SAMPLES = Path(__file__).parents[3] / "samples" / "nmap"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def test_parse_nmap_xml_reads_ports_with_product_and_version() -> None:
    (scan,) = parse_nmap_xml(sample("tcp_versions.xml"), evidence="nmap/a.xml").scans
    assert (scan.address, scan.is_up, scan.tool, scan.evidence) == ("127.0.0.2", True, "nmap 7.93", "nmap/a.xml")
    assert scan.started_at == datetime(2026, 11, 21, 11, 45, 21, tzinfo=UTC)
    assert [port.name for port in scan.open_ports] == ["2222/tcp", "8080/tcp"]
    ssh = scan.open_ports[0]
    assert (ssh.service, ssh.product, ssh.version) == ("ssh", "OpenSSH", "7.4")
    assert [(port.name, port.state) for port in scan.ports if port.state != "open"] == [
        ("22/tcp", "closed"),
        ("8443/tcp", "closed"),
    ]


def test_parse_nmap_xml_keeps_open_or_filtered_apart_from_open() -> None:
    (scan,) = parse_nmap_xml(sample("udp.xml")).scans
    assert {port.name: port.state for port in scan.ports}["123/udp"] == "open|filtered"
    assert [port.name for port in scan.open_ports] == ["161/udp", "500/udp"]


def test_parse_nmap_xml_reads_every_host() -> None:
    scans = parse_nmap_xml(sample("several_hosts.xml")).scans
    assert [(scan.address, [port.name for port in scan.open_ports]) for scan in scans] == [
        ("127.0.0.2", ["2222/tcp", "8080/tcp"]),
        ("127.0.0.3", ["8443/tcp"]),
        ("127.0.0.4", []),
    ]


def test_parse_nmap_xml_reads_ipv6_in_canonical_form() -> None:
    raw = sample("ipv6.xml").replace(b'addr="::1"', b'addr="2001:0DB8:0:0::0001"')
    assert parse_nmap_xml(raw).scans[0].address == "2001:db8::1"


def test_parse_nmap_xml_reads_a_host_with_nothing_open() -> None:
    run = parse_nmap_xml(sample("nothing_open.xml"))
    assert run.scans[0].is_up
    assert run.scans[0].open_ports == ()
    assert run.warnings == ()


def test_parse_nmap_xml_tells_down_from_up() -> None:
    assert [scan.is_up for scan in parse_nmap_xml(sample("host_down.xml")).scans] == [False]


@pytest.mark.parametrize(("name", "said"), [("host_timeout.xml", "192.0.2.77"), ("target_skipped.xml", "飛ばされた")])
def test_parse_nmap_xml_never_lets_a_missing_result_look_clean(name: str, said: str) -> None:
    run = parse_nmap_xml(sample(name))
    assert run.scans == ()
    assert said in run.warnings[0].ja


def test_parse_nmap_xml_says_when_no_host_is_in_it() -> None:
    raw = sample("nothing_open.xml")
    without = raw[: raw.index(b"<host ")] + raw[raw.index(b"<runstats") :]
    assert len(parse_nmap_xml(without).warnings) == 1


def test_parse_nmap_xml_marks_a_service_inside_tls() -> None:
    raw = sample("tcp_versions.xml").replace(b'<service name="http"', b'<service name="http" tunnel="ssl"')
    assert {port.service for port in parse_nmap_xml(raw).scans[0].open_ports} == {"ssh", "ssl/http"}


def test_parse_nmap_xml_takes_no_mac_address_for_an_address() -> None:
    mac = b'<address addr="02:00:00:00:00:01" addrtype="mac" vendor="x"/>\n<address addr="127.0.0.4" addrtype="ipv4"/>'
    raw = sample("nothing_open.xml").replace(b'<address addr="127.0.0.4" addrtype="ipv4"/>', mac)
    assert parse_nmap_xml(raw).scans[0].address == "127.0.0.4"


@pytest.mark.parametrize("cut", [50, 200, 600, 1000, 1500, -20, -1])
def test_parse_nmap_xml_refuses_a_truncated_file(cut: int) -> None:
    raw = sample("tcp_versions.xml").rstrip()
    with pytest.raises(NmapUnreadable):
        parse_nmap_xml(raw[:cut])


def test_parse_nmap_xml_refuses_an_interrupted_run_saying_so() -> None:
    with pytest.raises(NmapUnreadable) as refused:
        parse_nmap_xml(sample("interrupted.xml"))
    assert "ファイルの終わりがありません" in refused.value.message.ja


def test_parse_nmap_xml_refuses_a_run_that_failed() -> None:
    with pytest.raises(NmapUnreadable) as refused:
        parse_nmap_xml(sample("udp.xml").replace(b'exit="success"', b'exit="error" errormsg="x"'))
    assert "エラーで終わっている" in refused.value.message.ja


def test_parse_nmap_xml_refuses_a_closed_file_without_an_end_of_run() -> None:
    raw = sample("udp.xml")
    with pytest.raises(NmapUnreadable):
        parse_nmap_xml(raw[: raw.index(b"<runstats")] + b"</nmaprun>")


BOMB = b"""<?xml version="1.0"?><!DOCTYPE nmaprun [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<nmaprun><host><address addr="&b;"/></host><runstats><finished exit="success"/></runstats></nmaprun>"""
XXE = b"""<!DOCTYPE nmaprun [<!ENTITY f SYSTEM "file:///etc/passwd">]><nmaprun args="&f;"/>"""


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\x00" * 100, b"Nmap scan report for 203.0.113.1", b"<html></html>", b"<nmaprun", BOMB, XXE,
        b"\xff\xfe<\x00n\x00", b'<?xml version="1.0" encoding="no-such"?><nmaprun/>',
        b"PK\x03\x04 something zipped", b"<nmaprun/>",
    ],
)  # fmt: skip
def test_parse_nmap_xml_refuses_what_is_not_a_result(raw: bytes) -> None:
    with pytest.raises(NmapUnreadable) as refused:
        parse_nmap_xml(raw)
    assert refused.value.message.ja
    assert "passwd" not in refused.value.message.en


@pytest.mark.parametrize("port", ["99999999", "-1", "x", "", "１２"])
def test_parse_nmap_xml_leaves_out_ports_that_cannot_be(port: str) -> None:
    raw = sample("udp.xml").replace(b'portid="500"', f'portid="{port}"'.encode())
    assert [p.name for p in parse_nmap_xml(raw).scans[0].open_ports] == ["161/udp"]


def test_parse_nmap_xml_survives_times_that_cannot_be() -> None:
    raw = sample("udp.xml").replace(b'starttime="', b'starttime="9999999999999999').replace(b' start="', b' start="x')
    assert parse_nmap_xml(raw).scans[0].started_at is None


def masscan(*answers: str, end: str = "") -> bytes:
    """Return a file in masscan's form: an element for each answer, and an end that is written after Ctrl-C as well."""
    head = """<?xml version="1.0"?>\r\n<!-- masscan v1.0 scan -->\r\n
<nmaprun scanner="masscan" start="1763712000" version="1.0-BETA"  xmloutputversion="1.03">\r
<scaninfo type="syn" protocol="tcp" />\r\n"""
    end = (
        end
        or """<runstats>\r\n<finished time="1763712060" timestr="2025-11-21 08:01:00" elapsed="60" />\r
<hosts up="1" down="0" total="1" />\r\n</runstats>\r\n"""
    )
    return "\r\n".join((head.replace("\n\n", "\n"), *answers, f"{end}</nmaprun>\r\n")).encode()


def answer(address: str, port: int, service: str = "") -> str:
    return (
        f'<host endtime="1763712030"><address addr="{address}" addrtype="ipv4"/><ports><port protocol="tcp" portid="{port}">'
        f'<state state="open" reason="syn-ack" reason_ttl="55"/>{service}</port></ports></host>'
    )


def test_parse_nmap_xml_reads_the_answers_of_masscan_and_says_what_they_do_not_prove() -> None:
    banner = '<service name="http" banner="Server: nginx"></service>'
    run = parse_nmap_xml(
        masscan(answer("203.0.113.5", 443), answer("203.0.113.5", 80), answer("203.0.113.5", 80, banner))
    )
    seen = merge(run.scans)["203.0.113.5"]
    assert [(port.name, port.service) for port in seen.open_ports] == [("80/tcp", "http"), ("443/tcp", "")]
    (warning,) = run.warnings
    assert "閉じている証拠になりません" in warning.ja
    assert "not proven closed" in warning.en


def test_parse_nmap_xml_warns_that_masscan_without_an_answer_proves_nothing() -> None:
    warnings = parse_nmap_xml(masscan()).warnings
    assert [
        said
        for said in ("診断したアドレスが一つもありません", "masscan の結果です")
        if any(said in w.ja for w in warnings)
    ] == [
        "診断したアドレスが一つもありません",
        "masscan の結果です",
    ]


def test_parse_nmap_xml_gives_no_such_warning_for_nmap() -> None:
    assert parse_nmap_xml(sample("tcp_versions.xml")).warnings == ()


NO_END = masscan(answer("203.0.113.5", 80), end=" ")
UNCLOSED = masscan(answer("203.0.113.5", 80).replace("</host>", '<mac addr="02:00:00:00:00:01"></host>'))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (NO_END, "masscan の結果ですが、診断が終わったという記録"),
        (UNCLOSED, "行目の書き方が XML として正しくない"),
        (masscan(answer("203.0.113.5", 80))[:-30], "ファイルの終わりがありません"),
        (sample("tcp_versions.xml").replace(b"<host ", b"<host <", 1), "行目の書き方が XML として正しくない"),
        (b"", "空のファイル"),
        (b" \r\n", "空のファイル"),
    ],
    ids=["no-end", "unclosed", "cut-off", "edited", "empty", "blank"],
)
def test_parse_nmap_xml_says_what_is_really_wrong_with_the_file(raw: bytes, said: str) -> None:
    with pytest.raises(NmapUnreadable) as refused:
        parse_nmap_xml(raw)
    assert said in refused.value.message.ja
