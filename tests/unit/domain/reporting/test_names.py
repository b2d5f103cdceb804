"""File names: 施設コード_文書名_日付_版, sortable and valid everywhere."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.reporting.document import ReportIssue
from sekisho.domain.reporting.names import document_file_name
from sekisho.domain.text import Text
from tests.factories.reporting import ASSESSED_AT

TITLE = Text("調査報告書", "Survey report")


def name(code: str, issue: ReportIssue | None = None, language: str = "ja") -> str:
    return document_file_name(
        code=code, title=TITLE, on=date(2026, 11, 21), issue=issue, extension="pdf", language=language
    )


def test_file_name_has_code_title_date_and_edition():
    assert name("H001", ReportIssue(2, ASSESSED_AT)) == "H001_調査報告書_20261121_第2版.pdf"
    assert name("H001", ReportIssue(2, ASSESSED_AT), "en") == "H001_Survey-report_20261121_v2.pdf"
    assert name("H001") == "H001_調査報告書_20261121_下書き.pdf"


@pytest.mark.parametrize(
    ("code", "start"),
    [
        ("../../etc/passwd", "etc-passwd_"),
        ("CON", "CON-_"),
        ("a_b", "a-b_"),
        ("", "-_"),
        ("C:\\x", "C--x_"),
        ("a\x00b\u202e", "a-b_"),
    ],
)
def test_file_name_is_safe_whatever_the_code(code, start):
    assert name(code).startswith(start)


@given(st.text(max_size=400))
def test_file_name_fits_every_file_system(code):
    made = name(code)
    assert len(made.encode()) <= 200
    assert not set(made) & set('<>:"/\\|?*\x00')
    assert made.count("_") == 3
    assert made.endswith("_調査報告書_20261121_下書き.pdf")
