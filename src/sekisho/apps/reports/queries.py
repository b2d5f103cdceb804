"""Every read of the reports app."""

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from sekisho.apps.reports.models import IssuedReport, ReportFile, ReportTemplate
from sekisho.foundation.tenancy.models import Hospital


def reports_of(hospital: Hospital) -> QuerySet[IssuedReport]:
    """Return the issued reports, newest first, with their files."""
    files = Prefetch("files", queryset=ReportFile.objects.select_related("file").order_by("pk"), to_attr="documents")
    return IssuedReport.objects.filter(hospital=hospital).select_related("issued_by").prefetch_related(files)


def latest_report(hospital: Hospital) -> IssuedReport | None:
    """Return the newest report that was not withdrawn."""
    return IssuedReport.objects.filter(hospital=hospital, withdrawn_at__isnull=True).first()


def last_issue_subquery() -> Subquery:
    """Return when the newest report was issued, for lists over many hospitals."""
    issued = IssuedReport.objects.filter(hospital=OuterRef("pk"), withdrawn_at__isnull=True).order_by("-issue")
    return Subquery(issued.values("issued_at")[:1])


def template_in_use() -> ReportTemplate | None:
    """Return the secretariat's template; None: the built-in one is used."""
    return ReportTemplate.objects.filter(retired_at__isnull=True).first()


def templates() -> QuerySet[ReportTemplate]:
    """Return all templates, newest first."""
    return ReportTemplate.objects.select_related("added_by")
