"""The issued report tells the stored findings once, and stays as it was issued whatever becomes of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sekisho.apps.findings import moves, queries
from sekisho.apps.findings.models import Finding, Observation
from sekisho.apps.findings.reports import take_in
from sekisho.apps.findings.runs import keep_run
from sekisho.apps.judgement import case_files
from sekisho.apps.reports import actions as reports
from sekisho.domain.diagnosis.results import Covered
from sekisho.domain.diagnosis.statuses import Status
from sekisho.domain.reporting.document import SurveyReport, Table
from sekisho.domain.reporting.frozen import report_from_json
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast
from tests.factories.findings import RDP, a_result, a_run, a_scan, nessus_xml, nmap_xml

pytestmark = pytest.mark.django_db
SMB_SIGNING = [(57608, "SMB Signing not required", 445, "2")]


@pytest.fixture(autouse=True)
def _scope(cast: Cast) -> Any:
    with hospital_scope(cast.hospital):
        yield


def diagnosis_of(report: SurveyReport) -> list[str]:
    """Return the cells of the table of the diagnosis, a row a line."""
    tables = [block for section in report.sections for block in section.blocks if isinstance(block, Table)]
    table = next(table for table in tables if table.id == "diagnosis")
    return [" | ".join(cell.text.ja for cell in row) for row in table.rows]


def report_now(cast: Cast) -> SurveyReport:
    from sekisho.assessment.assess import assess

    return assess(case_files.case_of(cast.hospital, at=timezone.localtime())).report


def test_two_sources_and_two_runs_tell_each_thing_once(cast: Cast, line: Any) -> None:
    now = timezone.now()
    for days in (20, 10):
        keep_run(a_run(cast.hospital, line), a_result(a_scan(RDP, at=now - timedelta(days=days))))
    take_in(cast.hospital, name="a.xml", content=nmap_xml(("tcp", 3389), at=now - timedelta(days=5)), by=None)
    take_in(cast.hospital, name="b.nessus", content=nessus_xml(SMB_SIGNING, at=now - timedelta(days=1)), by=None)
    rows = diagnosis_of(report_now(cast))
    assert len([row for row in rows if "3389/tcp" in row]) == 1
    signing = queries.spoken(Finding.objects.get(kind="smb-signing")).title.ja
    assert "\n".join(rows).count(signing) == 1


def test_port_that_a_recheck_found_shut_is_not_in_the_report(cast: Cast, line: Any) -> None:
    now = timezone.now()
    keep_run(a_run(cast.hospital, line), a_result(a_scan(RDP, at=now - timedelta(days=10))))
    assert any("3389/tcp" in row for row in diagnosis_of(report_now(cast)))
    only = (Covered("tcp", ((3389, 3389),)),)
    keep_run(a_run(cast.hospital, line), a_result(a_scan(at=now - timedelta(days=1), covered=only)))
    assert not any("3389/tcp" in row for row in diagnosis_of(report_now(cast)))


def test_false_positive_is_left_out_and_accepted_says_until_when(cast: Cast, line: Any) -> None:
    nessus = nessus_xml([(99999, "A weakness", 443, "3"), (99998, "Another", 443, "3")], at=timezone.now())
    take_in(cast.hospital, name="b.nessus", content=nessus, by=None)
    first, second = Finding.objects.filter(kind="imported").order_by("number")
    until = timezone.localdate() + timedelta(days=30)
    moves.move(first, moves.Wish(Status.ACCEPTED, "来月替える", expires_on=until), version=1, by=cast.alice)
    moves.move(second, moves.Wish(Status.FALSE_POSITIVE, "別の装置", "画面で確認"), version=1, by=cast.dai)
    said = "\n".join(diagnosis_of(report_now(cast)))
    names = {first.facts["title"], second.facts["title"]}
    assert names == {"A weakness", "Another"}
    assert f"{until}まで、理由があって残す" in said
    assert first.facts["title"] in said
    assert second.facts["title"] not in said


def test_issued_report_stays_when_the_finding_is_settled(cast: Cast, line: Any) -> None:
    now = timezone.now()
    keep_run(a_run(cast.hospital, line), a_result(a_scan(RDP, at=now - timedelta(days=10))))
    issued = reports.issue_report(cast.hospital, language="ja", by=cast.alice)
    before = diagnosis_of(report_from_json(issued.content))
    assert any("3389/tcp" in row for row in before)
    keep_run(a_run(cast.hospital, line), a_result(a_scan(at=now - timedelta(days=1))))
    issued.refresh_from_db()
    assert diagnosis_of(report_from_json(issued.content)) == before
    assert not any("3389/tcp" in row for row in diagnosis_of(report_now(cast)))


def test_scan_handed_in_for_the_level_is_an_observation_and_is_told_once(cast: Cast, line: Any) -> None:
    content = nmap_xml(("tcp", 3389), at=timezone.now() - timedelta(days=2))
    case_files.add(cast.hospital, kind="scan", name="line.xml", content=content, by=cast.alice)
    assert Observation.objects.get().file.name == "line.xml"
    case = case_files.case_of(cast.hospital, at=timezone.localtime())
    assert len(case.scans) == 1
    assert [one.path for one in case.sources] == ["line.xml"]
    rows = [row for row in diagnosis_of(report_now(cast)) if "3389/tcp" in row]
    assert len(rows) == 1


def test_hospital_without_any_observation_keeps_none(cast: Cast, line: Any) -> None:
    assert case_files.case_of(cast.hospital, at=timezone.localtime()).kept_findings is None
