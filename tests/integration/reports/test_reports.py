"""Reports from the button to the shelf: made by a real worker, frozen, printed again, withdrawn, never half there."""

import io
import os
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections

from sekisho.adapters.documents.docx import built_in_template
from sekisho.adapters.documents.verify import ExportDiffers, verify_docx, verify_pdf, verify_xlsx
from sekisho.apps.register import actions as register
from sekisho.apps.register.models import Line
from sekisho.apps.reports import actions
from sekisho.apps.reports.models import IssuedReport, ReportFile, ReportTemplate
from sekisho.domain.reporting.frozen import report_from_json
from sekisho.domain.text import Text
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.files.actions import content_of
from sekisho.foundation.files.models import StoredFile
from sekisho.foundation.jobs import actions as jobs
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast, signed_in
from tests.integration.workbooks.desk import three_lines

pytestmark = pytest.mark.django_db

HOME = "/h/MINATO/reports/"


def database_url() -> str:
    """Return where this test's database is, for another process."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return f"postgres://{found['USER']}@{quote(found['HOST'], safe='')}/{found['NAME']}"


@contextmanager
def worker(folder: Path) -> Iterator[None]:
    """Run `sekisho work` beside the test, on the same database and files."""
    environment = {**os.environ, "SEKISHO_STATE_DIR": str(folder), "DATABASE_URL": database_url()}
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sekisho.cli.main", "work"], env=environment, stdout=log, stderr=log
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def job_of(answer: Any) -> str:
    assert answer.status_code == 302
    return str(answer["Location"]).rstrip("/").rsplit("/", 1)[-1]


def wait_for(cast: Cast, job_id: str, *, log: Path) -> tuple[Job, list[str]]:
    """Return the job once it is over, and the states in which it was seen."""
    seen: list[str] = []
    deadline = time.monotonic() + 90
    with hospital_scope(cast.hospital):
        while time.monotonic() < deadline:
            job = Job.objects.get(pk=job_id)
            if f"{job.state} {job.done}" not in seen:
                seen.append(f"{job.state} {job.done}")
            if job.is_over:
                return job, seen
            time.sleep(0.03)
    raise AssertionError(log.read_text(errors="replace")[-3000:])


def issue(cast: Cast, **options: Any) -> IssuedReport:
    with hospital_scope(cast.hospital):
        return actions.issue_report(cast.hospital, language="ja", by=cast.alice, **options)


def stored(report: IssuedReport) -> dict[str, bytes]:
    return {document.kind: content_of(document.file) for document in report.files.select_related("file")}


@pytest.mark.django_db(transaction=True)
def test_report_is_made_by_a_worker_and_frozen(cast: Cast, tmp_path: Path, storage: Path) -> None:
    three_lines(cast.hospital, cast.alice)
    client = signed_in(cast.alice)
    job_id = job_of(client.post(f"{HOME}issue/", {"language": "ja"}))
    page = client.get(f"/h/MINATO/jobs/{job_id}/")
    assert "順番待ち" in page.content.decode()
    with worker(tmp_path):
        job, seen = wait_for(cast, job_id, log=tmp_path / "worker.log")
    assert job.state == "done", job.message
    assert seen[0] == "queued 0"
    assert any(state.startswith("running") for state in seen)
    assert client.get(f"/h/MINATO/jobs/{job_id}/")["Location"] == HOME
    with hospital_scope(cast.hospital):
        report = IssuedReport.objects.get()
        documents = stored(report)
        content = report_from_json(report.content)
        assert set(documents) == set(ReportFile.Kind.values)
        verify_pdf(documents["pdf"], content)
        verify_docx(documents["docx"], content)
        verify_xlsx(documents["xlsx"], content)
        assert (report.issue, report.issued_by_id) == (1, cast.alice.pk)
        _printed_again_is_the_same(report, documents)
        line = Line.objects.get(number=1)
        register.change_answers(line, answers={"remarks": "報告書の後で変えた"}, by=cast.alice)
        _printed_again_is_the_same(report, documents)
    verbs = list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs.index("jobs.job.started") < verbs.index("reports.report.issued") < verbs.index("jobs.job.done")


def _printed_again_is_the_same(report: IssuedReport, documents: dict[str, bytes]) -> None:
    printed = actions.print_again(report)
    assert {kind.value for kind in printed} == {"pdf", "docx", "xlsx"}
    for kind, content in printed.items():
        assert content == documents[kind.value], f"{kind} printed again differs"


@pytest.mark.django_db(transaction=True)
def test_two_issues_at_once_get_two_numbers(cast: Cast, monkeypatch) -> None:
    three_lines(cast.hospital, cast.alice)
    both_are_printing = threading.Barrier(2, timeout=60)
    faults: list[BaseException] = []
    real = actions._records

    def together(*args: Any) -> Any:
        if not both_are_printing.broken:
            with suppress(threading.BrokenBarrierError):
                both_are_printing.wait()
            both_are_printing.abort()  # they meet once: the loser's second try goes on alone
        return real(*args)

    def make() -> None:
        try:
            issue(cast)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    monkeypatch.setattr(actions, "_records", together)
    threads = [threading.Thread(target=make) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert faults == []
    with hospital_scope(cast.hospital):
        reports = list(IssuedReport.objects.order_by("issue"))
        assert [report.issue for report in reports] == [1, 2]
        assert [report.files.count() for report in reports] == [6, 6]
        for report in reports:
            assert report_from_json(report.content).issue.number == report.issue


@pytest.mark.parametrize("format_", ["pdf", "docx", "xlsx"])
def test_document_that_does_not_say_what_the_report_says_leaves_no_report(
    cast: Cast, storage: Path, monkeypatch, format_: str
) -> None:
    def differs(*args: Any, **options: Any) -> None:
        raise ExportDiffers(Text("3ページの表が本文と違います。", "The table on page 3 differs."))

    monkeypatch.setattr(actions, f"verify_{format_}", differs)
    with hospital_scope(cast.hospital):
        job = Job.objects.create(hospital=cast.hospital, kind=actions.JOB_KIND, title="報告書", created_by=cast.alice)
    jobs.run_job.func(str(job.pk))
    with hospital_scope(cast.hospital):
        job.refresh_from_db()
        assert (job.state, job.message) == ("failed", "3ページの表が本文と違います。")
        assert not IssuedReport.objects.exists()
        assert not StoredFile.objects.exists()
    assert not list(storage.rglob("*"))
    assert "3ページの表が本文と違います。" in signed_in(cast.alice).get(f"/h/MINATO/jobs/{job.pk}/").content.decode()


def test_fault_while_storing_leaves_no_half_report(cast: Cast, monkeypatch) -> None:
    def full(*args: Any, **options: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(actions, "keep_level", full)  # the last write of the transaction
    with pytest.raises(OSError, match="No space"):
        issue(cast)
    with hospital_scope(cast.hospital):
        assert not IssuedReport.objects.exists()
        assert not ReportFile.objects.exists()
        assert not StoredFile.objects.exists()
    assert not AuditEvent.objects.exists()
    monkeypatch.undo()
    assert issue(cast).issue == 1, "the number was not used up"


def test_cancelled_report_is_not_stored(cast: Cast) -> None:
    def step(done: int, message: str) -> None:
        if done == 3:
            raise jobs.JobCancelled

    with pytest.raises(jobs.JobCancelled):
        issue(cast, step=step)
    with hospital_scope(cast.hospital):
        assert not IssuedReport.objects.exists()


def test_report_of_a_hospital_with_nothing_in_it_says_what_is_missing(cast: Cast) -> None:
    report = issue(cast)
    with hospital_scope(cast.hospital):
        assert set(stored(report)) == set(ReportFile.Kind.values)
    assert report.level == 1


def test_english_report_is_english(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        report = actions.issue_report(cast.hospital, language="en", by=cast.alice)
        documents = stored(report)
        verify_pdf(documents["pdf"], report_from_json(report.content), language="en")
        assert all(
            "survey" in d.file.name or "overview" in d.file.name or "assess" in d.file.name for d in report.files.all()
        )


def test_documents_are_given_out_with_a_record_and_never_run_in_the_browser(cast: Cast) -> None:
    report = issue(cast)
    client = signed_in(cast.bob)
    with hospital_scope(cast.hospital):
        documents = list(report.files.select_related("file"))
        contents = stored(report)
    for document in documents:
        answer = client.get(f"{HOME}documents/{document.pk}/")
        assert answer.content == contents[document.kind]
        assert answer["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"
    taken = AuditEvent.objects.filter(verb="reports.document.downloaded", actor=cast.bob)
    assert taken.count() == len(documents) == 6


def test_withdrawn_report_stays_with_its_first_reason(cast: Cast) -> None:
    report = issue(cast)
    client = signed_in(cast.sumi)
    assert (
        "取り下げる理由を書いてください。"
        in client.post(f"{HOME}{report.pk}/withdraw/", {"reason": " "}, follow=True).content.decode()
    )
    client.post(f"{HOME}{report.pk}/withdraw/", {"reason": "回線7が抜けていた"})
    body = client.post(f"{HOME}{report.pk}/withdraw/", {"reason": "別の理由"}, follow=True).content.decode()
    assert "もう取り下げられています" in body
    assert "回線7が抜けていた" in body
    with hospital_scope(cast.hospital):
        kept = IssuedReport.objects.get()
        document = kept.files.first()
    assert kept.withdrawn_reason == "回線7が抜けていた"
    assert AuditEvent.objects.filter(verb="reports.report.withdrawn").count() == 1
    assert client.get(f"{HOME}documents/{document.pk}/").status_code == 200
    assert issue(cast).issue == 2


def test_director_reads_reports_and_makes_none(cast: Cast) -> None:
    report = issue(cast)
    client = signed_in(cast.bob)
    assert client.get(HOME).status_code == 200
    assert client.post(f"{HOME}issue/").status_code == 403
    assert client.post(f"{HOME}{report.pk}/withdraw/", {"reason": "x"}).status_code == 403


# --- templates -------------------------------------------------------------------------------------------------------
def with_paragraph(text: str) -> bytes:
    """Return the built-in template with one more paragraph at its end."""
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(built_in_template())) as old, zipfile.ZipFile(into, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "word/document.xml":
                head, mark, rest = content.rpartition(b"<w:sectPr")
                content = head + f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>".encode() + mark + rest
            new.writestr(name, content)
    return into.getvalue()


def hand_in(client: Any, content: bytes, name: str = "事務局のひな形") -> Any:
    return client.post("/templates/", {"name": name, "file": SimpleUploadedFile("ひな形.docx", content)})


def test_template_of_the_secretariat_is_used_for_the_next_report_and_stays_with_it(cast: Cast) -> None:
    client = signed_in(cast.sumi)
    assert hand_in(client, with_paragraph("事務局だけの一文です。")).status_code == 302
    report = issue(cast)
    assert hand_in(client, with_paragraph("次のひな形です。"), "二つ目").status_code == 302
    first, second = ReportTemplate.objects.order_by("added_at")
    assert (first.retired_at is None, second.retired_at is None) == (False, True)
    with hospital_scope(cast.hospital):
        documents = stored(report)
        assert "事務局だけの一文です。".encode() in zipfile.ZipFile(io.BytesIO(documents["docx"])).read(
            "word/document.xml"
        )
        _printed_again_is_the_same(report, documents)
    client.post(f"/templates/{second.pk}/retire/")
    client.post(f"/templates/{second.pk}/retire/")
    verbs = AuditEvent.objects.filter(verb__startswith="reports.template").order_by("pk").values_list("verb", flat=True)
    added, retired = "reports.template.added", "reports.template.retired"
    assert list(verbs) == [added, retired, added, retired]


HOSTILE = {
    "not a document": b"just text",
    "empty": b"",
    "a workbook's head": b"PK\x03\x04" + bytes(200),
    "no such place": with_paragraph("{{ report.no_such_thing.at_all }}"),
    "broken syntax": with_paragraph("{% if %}"),
    "reaches for python": with_paragraph("{{ report.__class__.__mro__ }}"),
    "runs for ever": with_paragraph("{% for i in range(999999999) %}x{% endfor %}"),
    "reads a file": with_paragraph("{% include '/etc/passwd' %}"),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_template_that_cannot_be_used_is_refused_with_words(cast: Cast, name: str) -> None:
    answer = hand_in(signed_in(cast.sumi), HOSTILE[name])
    body = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="事務局のひな形"' in body, "what was typed is kept"
    assert "ください" in body
    assert not ReportTemplate.objects.exists()
    assert not AuditEvent.objects.filter(verb__startswith="reports.template").exists()


def test_templates_are_the_secretariats_only(cast: Cast) -> None:
    for person in (cast.alice, cast.bob, cast.ada, cast.mina):
        assert hand_in(signed_in(person), built_in_template()).status_code == 403
    assert not ReportTemplate.objects.exists()
