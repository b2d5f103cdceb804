"""Reading back what a PDF draws, checked against poppler and against hand-made streams."""

import io
import subprocess
from collections import Counter

import pypdf
import pytest

from sekisho.adapters.documents.pdf import render_pdf
from sekisho.adapters.documents.pdf_text import _code_map, _drawn, page_texts
from tests.factories.hostile_report import hostile_report
from tests.factories.reporting import report

LETTERS = {code: chr(code) for code in range(32, 127)}


def read(stream: bytes) -> str:
    return "".join(_drawn(stream, {"f0": LETTERS}))


@pytest.mark.parametrize(
    ("stream", "text"),
    [
        (b"/f0 9 Tf <00410042> Tj", "AB"),
        (b"/f0 9 Tf [<0041> -20 (\\000B)] TJ", "AB"),
        (b"/f0 9 Tf (\\000\\(\\000\\)\\000\\\\) Tj", "()\\"),
        (b"/f0 9 Tf (\0(\0)) Tj", "()"),
        (b"/f0 9 Tf (\\000\\101) Tj", "A"),
        (b"/Artifact<</Type/Pagination>>BDC /f0 9 Tf <0041> Tj EMC /Span<</MCID 0>>BDC <0042> Tj EMC", "B"),
        (b"/Span<</ActualText(EMC)>>BDC /f0 9 Tf <0042> Tj EMC", "B"),
        (b"/f0 9 Tf <FFFF> Tj", "\ufffd"),
    ],
)
def test_drawn_text_is_read(stream, text):
    assert read(stream) == text


def test_a_string_without_end_is_an_error():
    with pytest.raises(ValueError, match="no end"):
        read(b"/f0 9 Tf (abc")


def test_code_map_reads_characters_and_ranges():
    body = b"1 beginbfchar\n<0001> <65BD>\nendbfchar 1 beginbfrange\n<0002> <0004> <0041>\nendbfrange"
    assert _code_map(body) == {1: "施", 2: "A", 3: "B", 4: "C"}


@pytest.mark.parametrize("made", [report(18), hostile_report()], ids=["sample", "hostile"])
def test_every_drawn_character_is_also_what_poppler_reads(made):
    data = render_pdf(made, {})
    ours = Counter("".join(page_texts(pypdf.PdfReader(io.BytesIO(data)))))
    poppler = subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True, check=True).stdout.decode()
    theirs = Counter(poppler)
    # Poppler also reads running heads and repeated heads of tables, and composes what it calls spaces by itself.
    assert not [char for char, n in ours.items() if not char.isspace() and n > theirs[char]]
    assert sum(ours.values()) > 0.8 * sum(n for char, n in theirs.items() if not char.isspace()) - 2_000
