"""The files of an assessment: complete, readable back, deterministic, all or none."""

import io
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest
from docx import Document
from openpyxl import load_workbook

from sekisho.assessment import outputs
from sekisho.assessment.assess import assess
from sekisho.assessment.outputs import OutputRefused, overview_pictures, render_outputs, write_outputs
from sekisho.domain.sheets.snapshot import snapshot
from tests.unit.assessment.cases import empty_case, full_case
from tests.unit.domain.sheets.hospitals import hospital

NAMES = ["assessment.json", "overview.drawio", "overview.svg", "report.docx", "report.pdf", "report.xlsx"]


@pytest.fixture(scope="module")
def made() -> Mapping[str, bytes]:
    return render_outputs(assess(full_case()))


def test_render_outputs_makes_every_file(made: Mapping[str, bytes]) -> None:
    assert sorted(made) == NAMES


def test_render_outputs_is_the_same_twice(made: Mapping[str, bytes]) -> None:
    again = render_outputs(assess(full_case()))
    assert {name: again[name] == content for name, content in made.items()} == dict.fromkeys(made, True)


def test_render_outputs_names_every_line_in_every_document(made: Mapping[str, bytes]) -> None:
    pdf = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made["report.pdf"])).pages)
    document = Document(io.BytesIO(made["report.docx"]))
    docx = "".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    book = load_workbook(io.BytesIO(made["report.xlsx"]))
    xlsx = "".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    for text in (pdf, docx, xlsx, made["overview.svg"].decode(), made["overview.drawio"].decode()):
        assert "CAF00001" in text
        assert "みなとシステム" in "".join(text.split())


def test_render_outputs_speaks_english_when_asked() -> None:
    made = render_outputs(assess(full_case()), language="en")
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made["report.pdf"])).pages)
    assert "Survey report of external connections" in text
    assert json.loads(made["assessment.json"])["level"]["summary"]["ja"].startswith("レベル1")


def test_render_outputs_makes_the_pdf_last_because_it_takes_the_most_memory() -> None:
    order: list[str] = []
    render_outputs(assess(empty_case()), progress=order.append)
    assert order == ["overview.svg", "report.docx", "report.xlsx", "report.pdf"]


def test_case_with_a_network_gets_its_sheets_with_the_name_of_the_hospital() -> None:
    case = replace(full_case(), network=hospital(5))
    made = render_outputs(assess(case))
    sheets = ["matrix.svg", *(f"paths-line-{at}.svg" for at in range(1, 5)), "segments.svg", "survival.svg"]
    assert sorted(made) == sorted([*NAMES, *sheets])
    for name in sheets:
        assert case.register.basics.name in made[name].decode()
        assert snapshot(hospital(5))[:12] in made[name].decode()


def test_overview_pictures_are_named_as_the_report_asks_for_them() -> None:
    drawing = assess(full_case()).drawing
    assert list(overview_pictures(drawing)) == [
        "overview" if number == 1 else f"overview-{number}" for number in range(1, len(drawing.pages) + 1)
    ]


def test_write_outputs_makes_the_folder_and_returns_what_it_wrote(tmp_path: Path) -> None:
    out = tmp_path / "new" / "結果"
    paths = write_outputs(assess(empty_case()), out)
    assert [path.name for path in paths] == NAMES
    assert sorted(os.listdir(out)) == NAMES
    assert all(path.stat().st_size > 0 for path in paths)
    assert os.listdir(out.parent) == ["結果"]


def test_write_outputs_replaces_its_files_and_leaves_others_alone(tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_text("old")
    (tmp_path / "memo.txt").write_text("mine")
    write_outputs(assess(empty_case()), tmp_path)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "memo.txt").read_text() == "mine"


def test_write_outputs_leaves_everything_as_it_was_when_a_document_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.pdf").write_text("old")

    def breaks(*args: object, **options: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(outputs, "render_xlsx", breaks)
    with pytest.raises(MemoryError):
        write_outputs(assess(empty_case()), tmp_path)
    assert os.listdir(tmp_path) == ["report.pdf"]
    assert (tmp_path / "report.pdf").read_text() == "old"


def test_write_outputs_says_when_the_folder_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputRefused) as refused:
        write_outputs(assess(empty_case()), tmp_path / "out")
    assert "--out" in refused.value.message.ja
    assert os.listdir(tmp_path) == ["out"]


def test_write_outputs_leaves_no_draft_behind_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputRefused) as refused:
        write_outputs(assess(empty_case()), tmp_path / "out")
    assert "No space left" in refused.value.message.en
    assert os.listdir(tmp_path) == []
