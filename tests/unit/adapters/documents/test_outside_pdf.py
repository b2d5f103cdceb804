"""The page for the director is one page, says what the view says, and is the same bytes every time."""

from datetime import date, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import pypdf
import pytest

from sekisho.adapters.documents.outside_pdf import outside_pdf
from sekisho.adapters.documents.pdf_text import page_texts
from sekisho.domain.diagnosis.findings import Severity
from sekisho.domain.diagnosis.outside import Deed, Door, OutsideView, SeenLine, Sight, outside_view
from sekisho.domain.text import Text

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
VPN = Text("VPN（暗号化した通り道）", "VPN (an encrypted tunnel)")


def view(size: int, text: str) -> OutsideView:
    doors = tuple(Door(f"{40_000 + n}/tcp", VPN, tuple(Severity)[n % 5]) for n in range(size))
    why = Text(f"理由{text}", f"why {text}")
    lines = [
        SeenLine(f"{n}{text}", text, "2001:db8:1234:5678:9abc:def0:1234:5678", sight, doors, 0, date(2026, 11, 20), why)
        for n in range(size)
        for sight in Sight
    ]
    title = Text(f"題{text}", f"title {text}")
    deed = Deed(Severity.URGENT, title, text, Text(f"依頼{text}", f"ask {text}"), Text("保守会社", "the vendor"))
    return outside_view(f"病院{text}", NOW, lines, [deed] * size)


def text_of(raw: bytes) -> str:
    return "".join("".join(page_texts(pypdf.PdfReader(BytesIO(raw)))).split())


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(
    ("size", "text"),
    [(0, ""), (1, "x"), (3, "長い名前の回線"), (40, "長い名前" * 60), (40, "W" * 400), (25, "\x00\u202e〓😀" * 50)],
)
def test_it_is_one_page_whatever_is_on_it(size: int, text: str, language: str) -> None:
    raw = outside_pdf(view(size, text), language)
    assert len(pypdf.PdfReader(BytesIO(raw)).pages) == 1


def test_it_says_what_the_view_says() -> None:
    made = view(1, "かなめ")
    said = text_of(outside_pdf(made))
    for wanted in (made.answer.ja, "題かなめ", "依頼かなめ", "保守会社", "40000/tcp", "理由かなめ", "2026年11月20日"):
        assert "".join(wanted.split()) in said


def test_what_had_no_room_is_counted() -> None:
    made = view(40, "長い名前" * 60)
    said = text_of(outside_pdf(made))
    assert "ほかに回線が" in said
    assert "ほかに36件" in said


def test_same_view_gives_the_same_bytes() -> None:
    assert outside_pdf(view(2, "x")) == outside_pdf(view(2, "x"))
