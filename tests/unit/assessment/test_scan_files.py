"""Scans of a case folder: nmap, Nessus, Greenbone and our own result, each as evidence of the same kind."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sekisho.assessment.assess import assess
from sekisho.assessment.folder import read_case
from sekisho.domain.diagnosis.findings import Finding
from sekisho.domain.diagnosis.results import AddressScan, Covered, ObservedPort
from sekisho.domain.diagnosis.run_document import document_of
from sekisho.domain.diagnosis.runs import AddressResult, RunResult, State
from tests.unit.assessment.cases import AT, full_case
from tests.unit.assessment.folders import write_case

SAMPLES = Path(__file__).parents[2] / "samples"
LINE_ADDRESS = "121.119.249.222"


def printed(folder: Path) -> str:
    return "\n".join(row[4].text.ja for row in assess(read_case(folder, AT)).report.table("diagnosis").rows)


@pytest.mark.parametrize(("name", "sample"), [("scan.nessus", "hospital.nessus"), ("greenbone.xml", "greenbone.xml")])
def test_reports_of_other_scanners_are_read(tmp_path: Path, name: str, sample: str) -> None:
    folder = write_case(tmp_path / "case")
    raw = (SAMPLES / "scan_reports" / sample).read_bytes().replace(b"203.0.113.10", LINE_ADDRESS.encode())
    (folder / "nmap" / name).write_bytes(raw)
    case = read_case(folder, AT)
    assert f"nmap/{name}" in {source.path for source in case.sources}
    assert {scan.evidence for scan in case.scans} == {"nmap/line1.xml", f"nmap/{name}"}
    assert any(finding.subject == "CVE-2022-42475" for finding in case.scan_findings)
    assert "CVE-2022-42475" in printed(folder)


def test_a_result_of_our_own_is_read_and_its_completeness_counts(tmp_path: Path) -> None:
    folder = write_case(tmp_path / "case")
    (folder / "nmap" / "line1.xml").unlink()
    write_result(folder, State.INCOMPLETE)
    case = read_case(folder, AT)
    assert [(scan.address, scan.is_complete) for scan in case.scans] == [(LINE_ADDRESS, False)]
    assert "調べ残しがないとは言えません" in printed(folder)
    write_result(folder, State.COMPLETE)
    assert "調べ残しがないとは言えません" not in printed(folder)


def write_result(folder: Path, state: State) -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    scan = AddressScan(LINE_ADDRESS, at, True, (), covered=(Covered("tcp", ((1, 65535),)),))
    one = AddressResult(LINE_ADDRESS, "H001", ("CAF1",), state, scan=scan, started_at=at, ended_at=at)
    (folder / "diagnosis").mkdir(exist_ok=True)
    document = document_of(RunResult(at, at, "namespace", {}, (one,)))
    (folder / "diagnosis" / "result.json").write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.parametrize("raw", [b"{", b'{"format": "x"}', b"\xff\xfe\x00"])
def test_a_broken_result_is_told_and_the_rest_is_read(tmp_path: Path, raw: bytes) -> None:
    folder = write_case(tmp_path / "case")
    (folder / "diagnosis").mkdir()
    (folder / "diagnosis" / "result.json").write_bytes(raw)
    case = read_case(folder, AT)
    assert [scan.evidence for scan in case.scans] == ["nmap/line1.xml"]
    assert any(problem.sheet == "diagnosis/result.json" for problem in case.problems)
    assert any("diagnosis/result.json" in note.ja for note in case.notes)


def test_a_case_made_from_records_may_carry_findings() -> None:
    finding = Finding("smb-v1", "198.51.100.7", protocol="tcp", port=445)
    port = ObservedPort("tcp", 445, "open")
    case = replace(full_case(), scans=(AddressScan("198.51.100.7", AT, True, (port,)),), scan_findings=(finding,))
    rows = assess(case).report.table("diagnosis").rows
    assert any("感染を広げた古い方式" in row[4].text.ja for row in rows)
