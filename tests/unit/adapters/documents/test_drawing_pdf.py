"""Drawings as PDF: A3 pages, tagged, with the sentences for those who cannot see them, the same bytes every time."""

from datetime import UTC, datetime
from io import BytesIO

import pypdf
import pytest

from sekisho.adapters.documents.drawing_pdf import draw_pdf
from sekisho.domain.drawing.parts import Drawing
from tests.unit.domain.overview.strategies import HOSTILE
from tests.unit.domain.sheets.hospitals import hospital
from tests.unit.domain.sheets.sheets import sheets_of

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def matrix() -> Drawing:
    return sheets_of(hospital(30))["matrix"]


def test_every_sheet_is_one_a3_page() -> None:
    drawing = sheets_of(hospital(120))["segments"]
    reader = pypdf.PdfReader(BytesIO(draw_pdf(drawing, made_at=AT)))
    assert len(reader.pages) == len(drawing.pages) == 4
    sizes = {(round(page.mediabox.width), round(page.mediabox.height)) for page in reader.pages}
    assert sizes == {(1191, 842)}


def test_same_drawing_gives_the_same_bytes(matrix: Drawing) -> None:
    assert draw_pdf(matrix, made_at=AT) == draw_pdf(matrix, made_at=AT)


@pytest.mark.parametrize(("language", "tag"), [("ja", "ja"), ("en", "en")])
def test_document_is_tagged_titled_and_speaks_its_language(matrix: Drawing, language: str, tag: str) -> None:
    reader = pypdf.PdfReader(BytesIO(draw_pdf(matrix, language, made_at=AT)))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == tag
    assert reader.metadata is not None
    assert reader.metadata.title == matrix.title.within(language)


def test_picture_carries_the_sentences_as_alternative_text(matrix: Drawing) -> None:
    reader = pypdf.PdfReader(BytesIO(draw_pdf(matrix, made_at=AT)))
    texts = [
        str(found["/Alt"])
        for at in range(len(reader.xref[0]) + 200)
        if isinstance(found := reader.get_object(at) if at else None, dict) and "/Alt" in found
    ]
    assert any(matrix.summary.ja in text and matrix.sentences[0].ja in text for text in texts)


def test_letters_are_in_the_page_as_text(matrix: Drawing) -> None:
    reader = pypdf.PdfReader(BytesIO(draw_pdf(matrix, made_at=AT)))
    assert "みなと市民病院" in reader.pages[0].extract_text()


def test_letters_that_the_font_lacks_do_not_stop_it() -> None:
    network = hospital(5)
    from dataclasses import replace

    hostile = replace(
        network, segments=tuple(replace(one, name=HOSTILE[at]) for at, one in enumerate(network.segments))
    )
    assert draw_pdf(sheets_of(hostile)["segments"], made_at=AT).startswith(b"%PDF")
