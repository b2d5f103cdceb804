"""The report's tables as XLSX, one sheet per table."""

from sekisho.domain.reporting.document import SurveyReport


def render_xlsx(report: SurveyReport, *, language: str = "ja") -> bytes:
    """Return every table of the report as a sheet."""
    raise NotImplementedError
