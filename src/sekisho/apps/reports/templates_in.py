"""Taking in the secretariat's report templates: each is tried on a report before it is used."""

from datetime import datetime

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from sekisho.adapters.documents.docx import TemplateRefused, built_in_template
from sekisho.apps.reports import actions
from sekisho.apps.reports.models import ReportTemplate
from sekisho.assessment.assess import assess
from sekisho.assessment.case import Case
from sekisho.domain.register.records import Basics, Line, Register
from sekisho.domain.reporting.document import SurveyReport
from sekisho.foundation.accounts.models import User
from sekisho.foundation.files.sniffing import DOCX, FileRefused, sniff


def built_in() -> bytes:
    """Return the template that the secretariat starts from."""
    return built_in_template()


def take(*, name: str, upload: UploadedFile[bytes], by: User) -> ReportTemplate:
    """Put an uploaded template in use.

    Raises:
        FileRefused: it is no DOCX file, or a report cannot be printed with it.
    """
    file = sniff(
        name=upload.name or "",
        content=upload.read(),
        allowed=frozenset({DOCX}),
        limit_bytes=settings.UPLOAD_LIMIT_BYTES,
    )
    try:
        return actions.add_template(name=name, content=file.content, sample=_trial(timezone.localtime()), by=by)
    except TemplateRefused as refused:
        raise FileRefused(refused.message) from refused


def _trial(at: datetime) -> SurveyReport:
    """Return a small report to try a template on."""
    register = Register(basics=Basics(name="ためし病院"), lines=(Line(number=1, circuit_id="CAF00000"),))
    return assess(Case(code="TRIAL", register=register, assessed_at=at)).report
