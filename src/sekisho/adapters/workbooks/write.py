"""Writes 別紙2-1: a blank form, or one prefilled with what the register knows."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sekisho.adapters.workbooks.cells import cell_at, put_text
from sekisho.adapters.workbooks.form_sheets import write_form
from sekisho.adapters.workbooks.guide_sheets import TITLE as GUIDE_TITLE
from sekisho.adapters.workbooks.guide_sheets import write_guide
from sekisho.adapters.workbooks.packing import packed
from sekisho.adapters.workbooks.place_sheets import write_places
from sekisho.adapters.workbooks.pulldowns import PullDowns
from sekisho.adapters.workbooks.sheet_heads import Head, head_of
from sekisho.adapters.workbooks.table_sheets import Record, write_table
from sekisho.domain.register.records import Line, Register, Terminal
from sekisho.domain.workbook.rows import ReadValue
from sekisho.domain.workbook.schema import Edition
from sekisho.domain.workbook.stamp import SHEET_TITLE, Stamp, checksum_of

Target = Path | str | IO[bytes]
_NOTES = {
    "basic": "黄色の欄は必ず書きます。右の説明を見て、左の欄に書いてください。",
    "lines": "1行に1本の回線を書きます。分からない欄には「不明」と書いてください。見出しに触れると説明が出ます。",
    "terminals": "調査する端末（Windowsのパソコン）を5台書きます。電子カルテから1台、ほかの主な部門から1台ずつ選んでください。",
    "places": "左の表は、ほかのシートに書くと自動で入ります。右の枠に平面図を貼ってください。",
}


def write_blank(target: Target, edition: Edition) -> None:
    """Write the empty form of `edition` to `target`, a path or a binary file. The same edition gives the same bytes."""
    _save(target, _book_bytes(edition, Register(), "", None))


def write_prefilled(
    target: Target,
    edition: Edition,
    register: Register,
    hospital_code: str,
    *,
    generated_at: datetime | None = None,
) -> None:
    """Write the form filled with `register`, each row with its hidden identity.

    Args:
        target: a path or a binary file.
        edition: the form.
        register: what the hospital's register knows; lines and terminals keep their numbers.
        hospital_code: goes to the hidden sheet, so that a file sent for another hospital is noticed.
        generated_at: goes to the hidden sheet; the same moment and register give the same bytes.
    """
    _save(target, _book_bytes(edition, register, hospital_code, generated_at))


def _save(target: Target, content: bytes) -> None:
    if isinstance(target, str | Path):
        Path(target).write_bytes(content)
    else:
        target.write(content)


def _book_bytes(edition: Edition, register: Register, hospital_code: str, at: datetime | None) -> bytes:
    book = Workbook()
    guide: Worksheet = book.worksheets[0]
    guide.title = GUIDE_TITLE
    sheets: dict[str, Worksheet] = {s.key: book.create_sheet(s.title.ja) for s in edition.sheets}
    pulldowns = PullDowns(book, edition)
    whose = _whose(register, hospital_code)
    heads = {s.key: head_of(edition, s, whose, _NOTES[s.key]) for s in edition.sheets}
    write_guide(guide, edition, Head(edition.title.ja, heads["basic"].edition, whose, "はじめにお読みください。"))
    _write_basic(sheets["basic"], edition, register, pulldowns, heads["basic"])
    lines = [_line_record(line) for line in register.lines]
    terminals = [_terminal_record(terminal) for terminal in register.terminals]
    for key, records in (("lines", lines), ("terminals", terminals)):
        write_table(sheets[key], edition, edition.sheet(key), records, pulldowns, heads[key])
    shown = write_places(sheets["places"], edition, edition.sheet("places"), sheets, heads["places"])
    row_ids = [record.row_id or "" for record in (*lines, *terminals)]
    _write_stamp(book, Stamp(edition.name, hospital_code, at.isoformat() if at else "", checksum_of(row_ids)))
    book.active = 1
    return packed(book, shown={sheets["places"].title: shown}, at=at)


def _whose(register: Register, hospital_code: str) -> str:
    name = register.basics.name if isinstance(register.basics.name, str) else ""
    return "　".join(part for part in (hospital_code and f"施設コード {hospital_code}", name) if part)


def _write_basic(ws: Worksheet, edition: Edition, register: Register, pulldowns: PullDowns, head: Head) -> None:
    answers = _answers(register.basics)
    parts = [_answers(contact) for contact in register.basics.contacts]
    write_form(ws, edition, edition.sheet("basic"), answers, parts, pulldowns, head)


def _answers(record: Any) -> Mapping[str, ReadValue]:
    """Return the fields of a record by name; those that are no column are never asked for."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _line_record(line: Line) -> Record:
    return Record(line.number, line.row_id, _answers(line), _device_slots(line))


def _device_slots(line: Line) -> tuple[Mapping[str, ReadValue], ...]:
    """Return the devices at their positions, with empty places between them where some are missing."""
    by_position = {device.position: _answers(device) for device in line.devices}
    return tuple(by_position.get(position, {}) for position in range(1, max(by_position, default=0) + 1))


def _terminal_record(terminal: Terminal) -> Record:
    return Record(terminal.number, terminal.row_id, _answers(terminal))


def _write_stamp(book: Workbook, stamp: Stamp) -> None:
    ws = book.create_sheet(SHEET_TITLE)
    ws.sheet_state = "hidden"
    for row, (name, value) in enumerate(stamp.cells(), start=1):
        put_text(cell_at(ws, row, 1), name)
        put_text(cell_at(ws, row, 2), value)
