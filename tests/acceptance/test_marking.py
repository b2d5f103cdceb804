"""The same file back with its problems marked: nothing lost, nothing changed, every mark explained."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.worksheet.datavalidation import DataValidation

from tests.acceptance.running import check, run
from tests.acceptance.workbooks import LINES, filled, line, place

WRONG = {place("グローバルIPアドレス"), place("通信形態", 3)}


def picture() -> Image:
    """Return a small PNG made here, byte for byte."""
    chunks = [
        (b"IHDR", struct.pack(">2I5B", 4, 4, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0" + b"\xff" * 12 + b"\0" * 39)),
    ]
    data = b"\x89PNG\r\n\x1a\n"
    for kind, content in [*chunks, (b"IEND", b"")]:
        data += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    return Image(BytesIO(data))


def faulty() -> Workbook:
    book = filled([line(1, グローバルIPアドレス="192.168.1.1"), line(2, 通信形態=None)])
    validation = DataValidation(type="list", formula1='"インターネットVPN,インターネット"')
    validation.add("K2:K99")
    book[LINES].add_data_validation(validation)
    book[LINES]["H2"].comment = Comment("請求書で確認済み", "総務")
    book[LINES].freeze_panes = "C2"
    book.worksheets[3].add_image(picture(), "E6")
    book.create_sheet("メモ")["B2"] = "=1+1"
    return book


def values(path: Path) -> dict[tuple[str, str], object]:
    book = load_workbook(path)
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> tuple[Path, Path]:
    source = tmp_path_factory.mktemp("marking") / "book.xlsx"
    faulty().save(source)
    marked = source.with_name("marked.xlsx")
    done = run("workbook", "mark", source, marked)
    assert (done.returncode, done.stderr) == (1, "")
    return source, marked


def test_every_value_stands_where_it_stood(files):
    before, after = values(files[0]), values(files[1])
    assert {place: after.get(place) for place in before} == before


def test_pull_downs_pictures_comments_and_panes_are_kept(files):
    sheet = load_workbook(files[1])[LINES]
    assert any("K2" in validation.cells for validation in sheet.data_validations.dataValidation)
    assert "請求書で確認済み" in sheet["H2"].comment.text
    assert sheet.freeze_panes == "C2"
    assert len(load_workbook(files[1])["設置場所記入シート"]._images) == 1


def test_the_wrong_cells_alone_are_marked_and_say_why(files):
    sheet = load_workbook(files[1])[LINES]
    messages = {p["cell"]: p["message"] for p in check(files[0])["problems"] if p["sheet"] == LINES and p["cell"]}
    assert set(messages) == WRONG
    for cell, message in messages.items():
        assert message in sheet[cell].comment.text
        assert sheet[cell].fill.fill_type == "solid"
    assert sheet[place("回線ID", 3)].comment is None


def test_a_marked_file_says_the_same_and_marking_it_again_changes_nothing(files, tmp_path):
    def problems(path):
        return [(p["sheet"], p["cell"], p["rule"]) for p in check(path)["problems"]]

    again = tmp_path / "again.xlsx"
    assert problems(files[1]) == problems(files[0])
    assert run("workbook", "mark", files[1], again).returncode == 1
    assert values(again) == values(files[1])
    for cell in WRONG:
        assert load_workbook(again)[LINES][cell].comment.text == load_workbook(files[1])[LINES][cell].comment.text


def test_the_source_is_left_as_it_was(files, tmp_path):
    copy = tmp_path / "book.xlsx"
    faulty().save(copy)
    before = copy.read_bytes()
    run("workbook", "mark", copy, tmp_path / "out.xlsx")
    assert copy.read_bytes() == before
