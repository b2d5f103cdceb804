"""The report as an editable DOCX."""

from collections.abc import Mapping

from sekisho.domain.reporting.document import SurveyReport


def render_docx(
    report: SurveyReport,
    template: bytes | None = None,
    *,
    pictures: Mapping[str, str] | None = None,
    language: str = "ja",
) -> bytes:
    """Return the report as DOCX, from the secretariat's `template` or the built-in one."""
    raise NotImplementedError
