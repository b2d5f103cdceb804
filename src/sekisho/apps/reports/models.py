"""Issued reports, frozen, and the templates that the secretariat edits."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from sekisho.foundation.audit.kept_texts import kept
from sekisho.foundation.tenancy.scope import HospitalOwned

REPORT = kept(gettext_noop("調査報告書 %(issue)d"))


class ReportTemplate(models.Model):
    """A DOCX template of the secretariat. The newest in use makes the editable report; without one the built-in does."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("名前"), max_length=100)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-added_at"]

    def __str__(self) -> str:
        return self.name


class IssuedReport(HospitalOwned):
    """One issue（版）of a hospital's survey report. `content` is all that was in it; printing it again gives the same."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    issue = models.PositiveIntegerField(_("版"))
    language = models.CharField(_("言語"), max_length=5, default="ja")
    issued_at = models.DateTimeField(default=timezone.now, editable=False)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    content = models.TextField()
    content_hash = models.CharField(max_length=64)
    pictures = models.JSONField(default=dict)
    """The drawings printed in it, as SVG by the name under which the report asks for them."""
    template = models.ForeignKey(ReportTemplate, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    level = models.PositiveSmallIntegerField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-issue"]
        constraints = [models.UniqueConstraint(fields=["hospital", "issue"], name="report_issue_unique")]

    def __str__(self) -> str:
        return gettext(REPORT) % {"issue": self.issue}


class ReportFile(HospitalOwned):
    """One document of an issued report, re-read and checked before it was stored."""

    class Kind(models.TextChoices):
        PDF = "pdf", "PDF"
        DOCX = "docx", "Word"
        XLSX = "xlsx", "Excel"
        SVG = "svg", _("俯瞰図（SVG）")
        DRAWIO = "drawio", _("俯瞰図（draw.io）")
        JSON = "json", _("判定の記録（JSON）")

    report = models.ForeignKey(IssuedReport, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    file = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["report", "id"]
        constraints = [models.UniqueConstraint(fields=["report", "kind"], name="one_report_file_per_kind")]

    def __str__(self) -> str:
        return str(self.file)
