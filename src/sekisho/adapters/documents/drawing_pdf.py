"""A drawing as a tagged PDF (PDF/UA-1): one A3 page per sheet, the same in sentences as its alternative text.

The same drawing and time give the same bytes on every machine.
"""

import json
from datetime import UTC, datetime

from sekisho.adapters.documents.glyphs import substituted
from sekisho.adapters.documents.pdf import typeset
from sekisho.adapters.drawings.svg import draw_svg
from sekisho.domain.drawing.parts import Drawing
from sekisho.domain.text import Text

_MOST_SENTENCES = 400
"""A longer alternative text helps nobody: the sentences stand beside the drawing on the screen as well."""
_PAGE = Text("{title}（{number}ページ）", "{title} (page {number})")
_TEMPLATE = b"""
#let data = json(bytes(sys.inputs.data))
#set document(title: data.title, author: "Sekisho", date: datetime(
  year: data.date.at(0), month: data.date.at(1), day: data.date.at(2),
  hour: data.date.at(3), minute: data.date.at(4), second: data.date.at(5),
))
#set text(font: "BIZ UDPGothic", lang: data.language)
#set page(width: 420mm, height: 297mm, margin: 0mm)
#for (index, sheet) in data.sheets.enumerate() {
  if index > 0 { pagebreak() }
  image(bytes(sheet), format: "svg", width: 420mm, height: 297mm, alt: data.alternatives.at(index))
}
"""


def draw_pdf(drawing: Drawing, language: str = "ja", *, made_at: datetime) -> bytes:
    """Return `drawing` as PDF. `made_at` (aware) is the only date in it.

    Raises:
        DocumentFailed: the typesetting failed.
    """
    at = made_at.astimezone(UTC)
    data = {
        "title": drawing.title.within(language),
        "language": "en" if language.startswith("en") else "ja",
        "date": [at.year, at.month, at.day, at.hour, at.minute, at.second],
        "sheets": [draw_svg(drawing, language, page=page.number) for page in drawing.pages],
        "alternatives": [_alternative(drawing, page.number, language) for page in drawing.pages],
    }
    return typeset(
        _TEMPLATE,
        {"data": json.dumps(substituted(data, set()), ensure_ascii=False)},
        format="pdf",
        pdf_standards="ua-1",
        timestamp=int(made_at.timestamp()),
    )


def _alternative(drawing: Drawing, page: int, language: str) -> str:
    """Return the whole drawing in sentences for its first sheet; the others only say which they are."""
    if page > 1:
        return _PAGE.filled(title=drawing.title, number=page).within(language)
    said = (drawing.title, drawing.summary, *drawing.sentences[:_MOST_SENTENCES])
    return " ".join(sentence.within(language) for sentence in said)
