"""The report as a tagged PDF."""

from collections.abc import Mapping

from sekisho.domain.reporting.document import SurveyReport


def render_pdf(report: SurveyReport, pictures: Mapping[str, str], *, language: str = "ja") -> bytes:
    """Return the report as PDF. `pictures` maps a picture's name ("overview") to its SVG."""
    raise NotImplementedError
