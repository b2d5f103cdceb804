"""Nessus and Greenbone: what becomes of their items, what is never kept, and files that only pretend."""

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.adapters.scan_reports.read import findings_in, read_report
from sekisho.adapters.scan_reports.severities import of_cvss, of_qod
from sekisho.adapters.scan_reports.streaming import ReportUnreadable, ScanReport
from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.domain.diagnosis.findings import Certainty, Finding, Severity, merged

SAMPLES = Path(__file__).parents[3] / "samples" / "scan_reports"
NMAP = Path(__file__).parents[3] / "samples" / "nmap"
KNOWN = load_finding_knowledge()
TODAY = date(2026, 11, 21)
HERE = "203.0.113.10"


def read(raw: bytes, name: str = "file") -> ScanReport:
    return read_report(BytesIO(raw), knowledge=KNOWN, evidence=name)


def sample(name: str) -> ScanReport:
    return read((SAMPLES / name).read_bytes(), name)


def found(name: str) -> dict[tuple[str, str, str], Finding]:
    return {(one.port_name, one.kind, one.subject): one for one in sample(name).findings}


# ---- Nessus ----


def test_nessus_items_become_our_kinds_cves_or_imports() -> None:
    assert set(found("hospital.nessus")) == {
        ("445/tcp", "smb-signing", ""),
        ("443/tcp", "vulnerable-version", "CVE-2022-42475"),
        ("443/tcp", "imported", "nessus:153953"),
        ("53/udp", "dns-open-resolver", ""),
    }


def test_nessus_keeps_remedy_severity_and_where_it_was_read() -> None:
    one = found("hospital.nessus")["443/tcp", "vulnerable-version", "CVE-2022-42475"]
    assert one.severity is Severity.URGENT
    assert one.facts["remedy"].startswith("Upgrade to Fortinet FortiOS version 6.4.11")
    assert one.facts["scanner_severity"] == "Nessus: Critical"
    (piece,) = one.evidence
    assert (piece.source, piece.check, piece.file) == ("Nessus", "nessus:160000", "hospital.nessus")
    assert piece.seen_at == datetime.fromtimestamp(1795258800, tz=UTC)


def test_nessus_gives_ports_and_what_was_covered() -> None:
    (scan,) = sample("hospital.nessus").scans
    assert (scan.address, scan.is_complete) == (HERE, True)
    assert [port.name for port in scan.open_ports] == ["53/tcp", "443/tcp", "445/tcp", "53/udp"]
    assert scan.was_asked("tcp", 3389)
    assert not scan.was_asked("udp", 161)
    assert [port.service for port in scan.open_ports] == ["domain", "http", "microsoft-ds", "domain"]


def test_a_host_without_address_is_left_out_and_named() -> None:
    (warning,) = sample("hospital.nessus").warnings
    assert "printer.hospital.example" in warning.ja


@pytest.mark.parametrize("name", ["hospital.nessus", "greenbone.xml"])
def test_no_secret_of_a_report_survives(name: str) -> None:
    raw = (SAMPLES / name).read_text(encoding="utf-8")
    kept = repr(sample(name)) + repr(findings_in(sample(name), today=TODAY, knowledge=KNOWN))
    for secret in ("Made-up-Secret-1", "made-up-password"):
        assert secret in raw or name != "hospital.nessus"
        assert secret not in kept


def test_a_nessus_host_without_end_is_not_complete() -> None:
    raw = (SAMPLES / "hospital.nessus").read_bytes()
    cut = raw.replace(b'<tag name="HOST_END">Sat Nov 21 11:20:00 2026</tag>', b"").replace(
        b'<tag name="HOST_END_TIMESTAMP">1795260000</tag>', b""
    )
    (scan,) = read(cut).scans
    assert not scan.is_complete


@pytest.mark.parametrize(
    ("severity", "expected"),
    [("4", Severity.URGENT), ("3", Severity.SOON), ("2", Severity.PLANNED), ("1", Severity.NOTE)],
)
def test_nessus_severities_are_mapped(severity: str, expected: Severity) -> None:
    raw = nessus(f'<ReportItem port="80" protocol="tcp" severity="{severity}" pluginID="999" pluginName="x"/>')
    assert [one.severity for one in read(raw).findings] == [expected]


@pytest.mark.parametrize("severity", ["0", "", "5", "-1", "４", "high"])
def test_nessus_items_without_a_severity_are_no_findings(severity: str) -> None:
    raw = nessus(f'<ReportItem port="80" protocol="tcp" severity="{severity}" pluginID="999" pluginName="x"/>')
    assert read(raw).findings == ()
    assert [port.name for port in read(raw).scans[0].open_ports] == ["80/tcp"]


def nessus(items: str, *, name: str = HERE) -> bytes:
    return (
        '<?xml version="1.0" ?><NessusClientData_v2><Report name="r">'
        f'<ReportHost name="{name}"><HostProperties><tag name="host-ip">{name}</tag>'
        '<tag name="HOST_END_TIMESTAMP">1795260000</tag></HostProperties>'
        f"{items}</ReportHost></Report></NessusClientData_v2>"
    ).encode()


@pytest.mark.parametrize("port", ["99999", "-1", "x", "", "８０", "0"])
def test_ports_that_cannot_be_are_about_the_host(port: str) -> None:
    raw = nessus(f'<ReportItem port="{port}" protocol="tcp" severity="3" pluginID="9" pluginName="x"/>')
    (one,) = read(raw).findings
    assert (one.port, one.protocol) == (0, "")
    assert read(raw).scans[0].ports == ()


def test_an_ipv6_host_is_read_in_canonical_form() -> None:
    (scan,) = read(nessus("", name="2001:0DB8::0001")).scans
    assert scan.address == "2001:db8::1"


# ---- Greenbone ----


def test_greenbone_results_become_our_kinds_cves_or_imports() -> None:
    told = found("greenbone.xml")
    assert set(told) == {
        ("443/tcp", "cert-expired", ""),
        ("443/tcp", "vulnerable-version", "CVE-2022-42475"),
        ("", "imported", "openvas:80091"),
    }
    assert told["443/tcp", "cert-expired", ""].certainty is Certainty.CONFIRMED
    assert told["443/tcp", "vulnerable-version", "CVE-2022-42475"].certainty is Certainty.STATED
    assert told["", "imported", "openvas:80091"].certainty is Certainty.ROUGH
    assert (
        told["443/tcp", "vulnerable-version", "CVE-2022-42475"].facts["remedy"] == "Update to version 6.4.11 or later."
    )


def test_greenbone_says_what_it_left_out() -> None:
    said = " ".join(warning.ja for warning in sample("greenbone.xml").warnings)
    assert "pacs.hospital.example" in said
    assert "1件" in said


def test_a_greenbone_scan_that_was_stopped_is_not_complete() -> None:
    raw = (SAMPLES / "greenbone.xml").read_bytes().replace(b"Done<", b"Stopped<")
    report = read(raw)
    assert not report.scans[0].is_complete
    assert any("Stopped" in warning.ja for warning in report.warnings)


@pytest.mark.parametrize(
    ("value", "certainty"),
    [
        ("100", Certainty.CONFIRMED), ("95", Certainty.CONFIRMED), ("80", Certainty.STATED), ("70", Certainty.STATED),
        ("30", Certainty.ROUGH), ("0", Certainty.ROUGH), ("", Certainty.UNKNOWN), ("x", Certainty.UNKNOWN),
    ],
)  # fmt: skip
def test_quality_of_detection_says_how_sure_it_is(value: str, certainty: Certainty) -> None:
    assert of_qod(value) is certainty


@pytest.mark.parametrize(
    ("score", "severity"),
    [
        (10.0, Severity.URGENT), (9.0, Severity.URGENT), (8.9, Severity.SOON), (7.0, Severity.SOON), (4.0, Severity.PLANNED),
        (0.1, Severity.NOTE), (0.0, Severity.UNKNOWN), (-1.0, Severity.UNKNOWN), (11.0, Severity.UNKNOWN), (float("nan"), Severity.UNKNOWN),
    ],
)  # fmt: skip
def test_scores_become_severities(score: float, severity: Severity) -> None:
    assert of_cvss(score) is severity


# ---- all of them ----


def test_duplicates_of_several_tools_become_one_with_all_their_evidence() -> None:
    together = merged([*sample("hospital.nessus").findings, *sample("greenbone.xml").findings])
    (one,) = [finding for finding in together if finding.subject == "CVE-2022-42475"]
    assert {piece.source for piece in one.evidence} == {"Nessus", "Greenbone"}


def test_a_finding_of_nmap_and_of_nessus_is_one() -> None:
    nmap_file = (NMAP / "checks_udp.xml").read_bytes()
    ours = findings_in(read(nmap_file), today=TODAY, knowledge=KNOWN)
    theirs = findings_in(sample("hospital.nessus"), today=TODAY, knowledge=KNOWN)
    (one,) = [finding for finding in merged([*ours, *theirs]) if finding.kind == "dns-open-resolver"]
    assert {piece.source for piece in one.evidence} == {"nmap 7.93", "Nessus"}
    assert one.certainty is Certainty.CONFIRMED


def test_reading_twice_changes_nothing() -> None:
    once = findings_in(sample("hospital.nessus"), today=TODAY, knowledge=KNOWN)
    assert merged([*once, *findings_in(sample("hospital.nessus"), today=TODAY, knowledge=KNOWN)]) == once


def test_every_imported_finding_can_be_spoken() -> None:
    for name in ("hospital.nessus", "greenbone.xml"):
        for finding in findings_in(sample(name), today=TODAY, knowledge=KNOWN):
            assert KNOWN.spoken(finding).title.ja.isprintable()


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>%s&b;'
XXE = b'<!DOCTYPE NessusClientData_v2 [<!ENTITY f SYSTEM "file:///etc/passwd">]><NessusClientData_v2>&f;</NessusClientData_v2>'


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "空のファイル"),
        (b"PK\x03\x04", "読める診断の結果ではありません"),
        (b"<html><body/></html>", "読める診断の結果ではありません"),
        (b'{"format": "x"}', "読める診断の結果ではありません"),
        (b"<NessusClientData_v2>", "切れているか壊れています"),
        (b"<NessusClientData_v2><Report><ReportHost>", "切れているか壊れています"),
        (b"<report><results><result></report>", "1行目"),
        (BOMB % b"<NessusClientData_v2>", "文書型や実体"),
        (b"<!DOCTYPE report><report/>", "文書型や実体"),
        (XXE, "文書型や実体"),
        (b"<NessusClientData_v2>" + b"<a>" * 100, "入れ子"),
        (b"<nmaprun><host/>", "ファイルの終わりがありません"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused_with_a_reason(raw: bytes, said: str) -> None:
    with pytest.raises(ReportUnreadable) as refused:
        read(raw)
    assert said in refused.value.message.ja
    assert "root:" not in refused.value.message.en


@pytest.mark.parametrize("name", ["hospital.nessus", "greenbone.xml"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.95, 0.999])
def test_a_file_that_breaks_off_is_never_half_a_result(name: str, share: float) -> None:
    raw = (SAMPLES / name).read_bytes().rstrip()
    with pytest.raises(ReportUnreadable) as refused:
        read(raw[: int(len(raw) * share)])
    assert "行目" in refused.value.message.ja


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=6), st.sampled_from(["hospital.nessus", "greenbone.xml"]))
def test_damage_anywhere_is_refused_or_read_without_breaking(place: int, damage: bytes, name: str) -> None:
    raw = (SAMPLES / name).read_bytes()
    at = place % len(raw)
    with suppress(ReportUnreadable):
        report = read(raw[:at] + damage + raw[at + len(damage) :])
        for finding in findings_in(report, today=TODAY, knowledge=KNOWN):
            assert KNOWN.spoken(finding).title.ja


class Endless:
    """A file of many megabytes that is made while it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left, self.total = pieces, b"", 0

    def read(self, size: int = -1) -> bytes:
        while len(self._left) < (size if size >= 0 else 65536):
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._left += piece
        taken, self._left = (self._left[:size], self._left[size:]) if size >= 0 else (self._left, b"")
        self.total += len(taken)
        return taken


def big(count: int) -> Iterator[bytes]:
    yield b'<NessusClientData_v2><Report name="r">'
    for host in range(count):
        properties = b'<HostProperties><tag name="host-ip">198.51.100.%d</tag></HostProperties>' % (host % 250)
        yield b'<ReportHost name="h%d">%s' % (host, properties)
        item = b'<ReportItem port="80" protocol="tcp" severity="0" pluginID="1" pluginName="x"><plugin_output>%s</plugin_output></ReportItem>'
        yield item % (b"A" * 60_000) * 10
        yield b"</ReportHost>"
    yield b"</Report></NessusClientData_v2>"


def test_sixty_megabytes_are_streamed_in_little_memory() -> None:
    stream = Endless(big(100))
    tracemalloc.start()
    try:
        started = time.perf_counter()
        report = read_report(stream, knowledge=KNOWN)  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert stream.total > 60_000_000
    assert len(report.scans) == 100
    assert peak < 40_000_000
    assert time.perf_counter() - started < 60


def test_a_file_without_end_is_refused_and_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sekisho.adapters.scan_reports.streaming.MAX_BYTES", 3_000_000)
    with pytest.raises(ReportUnreadable) as refused:
        read_report(Endless(big(1_000_000)), knowledge=KNOWN)  # type: ignore[arg-type]
    assert "大きすぎます" in refused.value.message.ja
