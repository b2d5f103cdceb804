"""Reads each exported report back and compares it with the report it was made from, before anyone is offered it."""

from sekisho.domain.reporting.document import SurveyReport
from sekisho.domain.text import Text


class ExportDiffers(Exception):
    """An exported file does not say what the report says. `message` tells the user."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message


def verify_pdf(data: bytes, report: SurveyReport, *, language: str = "ja") -> None:
    """Raise ExportDiffers unless the PDF says everything that `report` says."""
    raise NotImplementedError


def verify_docx(data: bytes, report: SurveyReport, *, language: str = "ja") -> None:
    """Raise ExportDiffers unless the DOCX says everything that `report` says."""
    raise NotImplementedError


def verify_xlsx(data: bytes, report: SurveyReport, *, language: str = "ja") -> None:
    """Raise ExportDiffers unless the XLSX says everything that `report` says."""
    raise NotImplementedError
