"""Issue a report, print it again, withdraw it; keep the secretariat's templates."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from sekisho.adapters.documents.docx import TemplateRefused, check_report_template, render_docx
from sekisho.adapters.documents.pdf import render_pdf
from sekisho.adapters.documents.verify import ExportDiffers, verify_docx, verify_pdf, verify_xlsx
from sekisho.adapters.documents.xlsx import render_xlsx
from sekisho.adapters.drawings.drawio import draw_drawio
from sekisho.adapters.drawings.svg import draw_svg
from sekisho.apps.judgement import queries as judgement
from sekisho.apps.judgement.actions import keep_level
from sekisho.apps.judgement.case_files import case_of
from sekisho.apps.reports import queries
from sekisho.apps.reports.models import IssuedReport, ReportFile, ReportTemplate
from sekisho.assessment.assess import Assessment, assess
from sekisho.assessment.outputs import overview_pictures
from sekisho.assessment.plain import assessment_to_plain, to_json
from sekisho.domain.judgement.override import LevelOverride
from sekisho.domain.reporting.document import ReportIssue, SurveyReport
from sekisho.domain.reporting.frozen import report_from_json, report_hash, report_to_json
from sekisho.domain.reporting.names import document_file_name
from sekisho.domain.text import Text
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.files.actions import store
from sekisho.foundation.files.sniffing import DOCX, PDF, XLSX, SniffedFile
from sekisho.foundation.jobs import actions as jobs
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.models import Hospital

JOB_KIND = "reports.issue"
_TYPES = {
    ReportFile.Kind.PDF: PDF,
    ReportFile.Kind.DOCX: DOCX,
    ReportFile.Kind.XLSX: XLSX,
    ReportFile.Kind.SVG: "image/svg+xml",
    ReportFile.Kind.DRAWIO: "application/vnd.jgraph.mxfile",
    ReportFile.Kind.JSON: "application/json",
}
_TITLES = {
    ReportFile.Kind.SVG: Text("俯瞰図", "overview"),
    ReportFile.Kind.DRAWIO: Text("俯瞰図", "overview"),
    ReportFile.Kind.JSON: Text("判定の記録", "assessment"),
}
_REPORT_TITLE = Text("調査報告書", "survey-report")

Step = Callable[[int, str], None]
_ATTEMPTS = 5


class AlreadyWithdrawn(Exception):
    """The report was withdrawn before."""


class NumberTaken(Exception):
    """Somebody else has issued a report with this number meanwhile."""


def _silent(done: int, message: str) -> None:
    """Tell nobody how far it is."""


def start_issue(hospital: Hospital, *, language: str, by: User) -> Job:
    """Queue the making of a report and return its job."""
    return jobs.start(
        hospital=hospital, kind=JOB_KIND, title=_("調査報告書を作る"), by=by, arguments={"language": language}
    )


@jobs.runs(JOB_KIND)
def run_issue(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Make a report in a worker; the job's page then leads to the list of reports."""
    total = 6
    try:
        report = issue_report(
            job.hospital,
            language=job.arguments.get("language", "ja"),
            by=job.created_by,
            step=lambda done, message: progress.report(done, total, message),
        )
    except (ExportDiffers, TemplateRefused) as refused:
        raise jobs.JobFailed(refused.message.within(job.created_by.language if job.created_by else "ja")) from refused
    return {"report": str(report.pk), "url": f"/h/{job.hospital.code}/reports/"}


def issue_report(hospital: Hospital, *, language: str, by: User | None, step: Step = _silent) -> IssuedReport:
    """Judge the hospital now, freeze what the report says, and store its documents, each read back and checked.

    Nothing is stored unless everything could be made.

    Raises:
        ExportDiffers: a document does not say what the report says.
        TemplateRefused: the secretariat's template does not fit.
    """
    for _attempt in range(_ATTEMPTS):
        try:
            return _issue_as(_next_number(hospital), hospital, language=language, by=by, step=step)
        except NumberTaken:
            continue
    raise NumberTaken


def _next_number(hospital: Hospital) -> int:
    return (IssuedReport.objects.filter(hospital=hospital).aggregate(n=Max("issue"))["n"] or 0) + 1


def _issue_as(number: int, hospital: Hospital, *, language: str, by: User | None, step: Step) -> IssuedReport:
    """Make issue `number`. Printing takes seconds and stays outside the transaction, so that nobody else waits.

    Raises:
        NumberTaken: somebody else issued this number meanwhile.
    """
    now = timezone.localtime()
    step(0, _("台帳と答えを集めています"))
    issue = ReportIssue(number=number, issued_at=now, issued_by=str(by) if by else "")
    assessment = assess(case_of(hospital, at=now), override=_override(hospital), issue=issue)
    template = queries.template_in_use()
    pictures = overview_pictures(assessment.drawing, language)
    documents = _documents(assessment.report, pictures, template=template, language=language, step=step)
    documents |= _records(assessment, language)
    step(5, _("書類を保管しています"))
    with transaction.atomic():
        # One after the other, so that two reports never meet on one number.
        Hospital.objects.select_for_update().get(pk=hospital.pk)
        if IssuedReport.objects.filter(hospital=hospital, issue__gte=number).exists():
            raise NumberTaken
        report = IssuedReport.objects.create(
            hospital=hospital,
            issue=number,
            language=language,
            issued_at=now,
            issued_by=by,
            content=report_to_json(assessment.report),
            content_hash=report_hash(assessment.report),
            pictures=pictures,
            template=template,
            level=assessment.judged.effective_level,
        )
        _store(report, documents, issue=issue, by=by)
        keep_level(hospital, verdict=assessment.level, at=now)
        record(
            "reports.report.issued",
            report,
            by=by,
            changes={"issue": [None, number], "content_hash": [None, report.content_hash]},
        )
    return report


def _override(hospital: Hospital) -> LevelOverride | None:
    found = judgement.override_in_force(hospital)
    if found is None:
        return None
    return LevelOverride(level=found.level, reason=found.reason, by=str(found.made_by), at=found.made_at)


def _documents(
    report: SurveyReport, pictures: dict[str, str], *, template: ReportTemplate | None, language: str, step: Step
) -> dict[ReportFile.Kind, bytes]:
    """Print the report in its three formats and check each against what the report says."""
    made: dict[ReportFile.Kind, bytes] = {}
    # The PDF last, for its memory: see `render_outputs`.
    step(1, _("Word の書類を作っています"))
    own = bytes(template.content) if template else None
    made[ReportFile.Kind.DOCX] = render_docx(report, own, pictures=pictures, language=language)
    verify_docx(made[ReportFile.Kind.DOCX], report, language=language, is_complete=own is None)
    step(2, _("Excel の書類を作っています"))
    made[ReportFile.Kind.XLSX] = render_xlsx(report, language=language)
    verify_xlsx(made[ReportFile.Kind.XLSX], report, language=language)
    step(3, _("PDF を作っています"))
    made[ReportFile.Kind.PDF] = render_pdf(report, pictures, language=language)
    verify_pdf(made[ReportFile.Kind.PDF], report, language=language)
    step(4, _("俯瞰図を書き出しています"))
    return made


def _records(assessment: Assessment, language: str) -> dict[ReportFile.Kind, bytes]:
    return {
        ReportFile.Kind.SVG: draw_svg(assessment.drawing, language).encode(),
        ReportFile.Kind.DRAWIO: draw_drawio(assessment.drawing, language).encode(),
        ReportFile.Kind.JSON: to_json(assessment_to_plain(assessment)).encode(),
    }


def _store(
    report: IssuedReport, documents: dict[ReportFile.Kind, bytes], *, issue: ReportIssue, by: User | None
) -> None:
    for kind, content in documents.items():
        name = document_file_name(
            code=report.hospital.code,
            title=_TITLES.get(kind, _REPORT_TITLE),
            on=timezone.localdate(report.issued_at),
            issue=issue,
            extension=kind.value,
            language=report.language,
        )
        file = SniffedFile(name=name, content_type=_TYPES[kind], content=content)
        stored = store(hospital=report.hospital, file=file, by=by)
        ReportFile.objects.create(hospital=report.hospital, report=report, kind=kind, file=stored)


def print_again(report: IssuedReport) -> dict[ReportFile.Kind, bytes]:
    """Print an issued report from its frozen content. The documents are those that were issued, byte for byte.

    Raises:
        ReportUnreadable: the stored content is damaged.
    """
    content = report_from_json(report.content)
    return _documents(content, report.pictures, template=report.template, language=report.language, step=_silent)


@transaction.atomic
def withdraw(report: IssuedReport, *, reason: str, by: User) -> None:
    """Mark a report as withdrawn; it stays readable with the mark and the reason.

    Raises:
        AlreadyWithdrawn: it was withdrawn before; time and reason of then stand.
    """
    in_force = IssuedReport.objects.filter(pk=report.pk, withdrawn_at__isnull=True)
    if not in_force.update(withdrawn_at=timezone.now(), withdrawn_reason=reason[:500]):
        raise AlreadyWithdrawn
    record("reports.report.withdrawn", report, by=by, reason=reason)


@transaction.atomic
def record_download(document: ReportFile, *, by: User) -> None:
    """Note that `by` took a copy of a document."""
    record("reports.document.downloaded", document.report, by=by, changes={"file": [None, document.file.name]})


@transaction.atomic
def add_template(*, name: str, content: bytes, sample: SurveyReport, by: User) -> ReportTemplate:
    """Put a template in use after it was tried on `sample`; the former one is retired.

    Raises:
        TemplateRefused: it cannot be used; the message says what and where.
    """
    check_report_template(content, sample)
    for former in ReportTemplate.objects.filter(retired_at__isnull=True).defer("content"):
        retire_template(former, by=by)
    template = ReportTemplate.objects.create(
        name=name[:100], content=content, sha256=hashlib.sha256(content).hexdigest(), added_by=by
    )
    record("reports.template.added", template, by=by, changes={"sha256": [None, template.sha256]})
    return template


@transaction.atomic
def retire_template(template: ReportTemplate, *, by: User) -> None:
    """Take a template out of use: the built-in one is used again. Nothing happens when it is out of use."""
    if ReportTemplate.objects.filter(pk=template.pk, retired_at__isnull=True).update(retired_at=timezone.now()):
        record("reports.template.retired", template, by=by)
