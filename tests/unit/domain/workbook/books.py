"""Makes read workbooks for tests: a complete one, and copies of it with some answers changed."""

from dataclasses import replace
from typing import Any

from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.facts import Unknown
from sekisho.domain.workbook.normalise import read_cell
from sekisho.domain.workbook.rows import CLEARED, ReadBook, ReadPart, ReadRow, ReadSheet
from sekisho.domain.workbook.schema import Column, Edition, Sheet

EDITION = load_edition()

BASIC = {
    "consent": "同意する",
    "name": "医療法人関所会 関所中央病院",
    "name_kana": "いりょうほうじんせきしょかい せきしょちゅうおうびょういん",
    "postal_code": "100-0001",
    "address": "東京都架空区関所町1-2-3",
    "address_kana": "とうきょうとかくうくせきしょちょう1-2-3",
    "beds": "320",
    "confirmed_by": "関所 太郎",
}
CONTACT = {
    "family_name": "関所",
    "given_name": "太郎",
    "kana": "セキショ タロウ",
    "phone": "03-0000-0000",
    "email": "joho@example.jp",
}
LINE = {
    "device_check_wanted": "調査希望あり",
    "scan_wanted": "調査希望あり",
    "ehr_connection": "あり",
    "purpose": "電子カルテ",
    "line_kind": "光回線",
    "circuit_id": "CAF00001",
    "communication": "インターネットVPN",
    "global_ip": "あり",
    "address_assignment": "固定IP",
    "global_address": "8.8.4.1",
    "scan_day_check": "入力不要",
    "terminator_location": "本館 3F サーバ室",
}
DEVICE = {"maker": "ヤマハ", "model": "RTX1220", "software_version": "Rev.15.04.06"}
TERMINAL = {
    "system_kind": "電子カルテ",
    "thin_client": "いいえ",
    "host_name": "PC0001",
    "address": "192.168.1.11/24",
    "location": "西棟 2F",
}


def letters(index: int) -> str:
    """Return the name of the column `index` (from 1) of a spreadsheet."""
    name = ""
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def _read(columns: tuple[Column, ...], answers: dict[str, Any], row: int, first: int) -> dict[str, dict[str, Any]]:
    """Return values, cells and raw as the reader leaves them; a str is read as a cell, all else is a value."""
    values: dict[str, Any] = {}
    raw: dict[str, str] = {}
    cells = {column.key: f"{letters(first + place)}{row}" for place, column in enumerate(columns)}
    assert set(answers) <= set(cells), set(answers) - set(cells)
    for column in columns:
        answer = answers.get(column.key)
        if isinstance(answer, str):
            values[column.key] = read_cell(column, answer, EDITION).answer
            raw[column.key] = answer
        else:
            values[column.key] = answer
            raw[column.key] = {None: "", CLEARED: "（削除）"}.get(
                answer, "不明" if isinstance(answer, Unknown) else str(answer)
            )
    return {"values": values, "cells": cells, "raw": raw}


def row_of(
    sheet: Sheet,
    answers: dict[str, Any],
    parts: list[dict[str, Any]] | None = None,
    number: int = 1,
    row_id: str | None = None,
) -> ReadRow:
    """Return one row of `sheet`. `parts` are the answers of its devices or contacts; default: one blank repetition."""
    place = number + 10
    width = len(sheet.columns)
    read_parts = tuple(
        ReadPart(position, **_read(sheet.group, part, place, 2 + width + (position - 1) * len(sheet.group)))
        for position, part in enumerate(parts if parts is not None else [{}], start=1)
        if sheet.group
    )
    return ReadRow(
        number=number,
        row_id=row_id,
        parts=read_parts,
        label_cell=f"A{place}",
        **_read(sheet.columns, answers, place, 2),
    )


def sheet_of(sheet: Sheet, rows: list[ReadRow], pictures: int | None = None) -> ReadSheet:
    """Return `rows` as a sheet in which every column was found."""
    columns = {column.key: f"{letters(2 + place)}9" for place, column in enumerate((*sheet.columns, *sheet.group))}
    return ReadSheet(sheet.key, sheet.title.ja, tuple(rows), columns, pictures)


def line(
    number: int = 1, devices: list[dict[str, Any]] | None = None, row_id: str | None = None, **changes: Any
) -> ReadRow:
    """Return a complete line in which `changes` are made; None makes an answer blank."""
    own = {"circuit_id": f"CAF{number:05}", "global_address": f"8.8.4.{number}"}
    devices = [DEVICE] if devices is None else devices
    return row_of(EDITION.sheet("lines"), {**LINE, **own, **changes}, devices, number, row_id)


def terminal(number: int = 1, row_id: str | None = None, **changes: Any) -> ReadRow:
    """Return a complete PC in which `changes` are made."""
    own = {"host_name": f"PC{number:04}", "address": f"192.168.1.{10 + number}/24"}
    return row_of(EDITION.sheet("terminals"), {**TERMINAL, **own, **changes}, number=number, row_id=row_id)


def basics(contacts: list[dict[str, Any]] | None = None, **changes: Any) -> ReadRow:
    """Return a complete hospital in which `changes` are made."""
    contacts = [CONTACT] if contacts is None else contacts
    return row_of(EDITION.sheet("basic"), {**BASIC, **changes}, contacts)


def book(
    *, basic: ReadRow | None = None, lines: list[ReadRow] | None = None, terminals: list[ReadRow] | None = None
) -> ReadBook:
    """Return a workbook without any problem, but for the rows given instead."""
    edition: Edition = EDITION
    return ReadBook(
        edition.name,
        (
            sheet_of(edition.sheet("basic"), [basic or basics()]),
            sheet_of(edition.sheet("lines"), lines if lines is not None else [line()]),
            sheet_of(
                edition.sheet("terminals"), terminals if terminals is not None else [terminal(n) for n in range(1, 6)]
            ),
            sheet_of(edition.sheet("places"), [], pictures=1),
        ),
    )


def without_sheet(whole: ReadBook, key: str) -> ReadBook:
    """Return `whole` without one sheet."""
    return replace(whole, sheets=tuple(sheet for sheet in whole.sheets if sheet.key != key))


def without_column(whole: ReadBook, sheet_key: str, key: str) -> ReadBook:
    """Return `whole` in which one column of a sheet was deleted."""

    def cut(record: Any) -> Any:
        kept = {
            name: {k: v for k, v in getattr(record, name).items() if k != key} for name in ("values", "cells", "raw")
        }
        parts = {"parts": tuple(cut(part) for part in record.parts)} if isinstance(record, ReadRow) else {}
        return replace(record, **kept, **parts)

    sheets = [
        replace(
            sheet,
            columns={k: v for k, v in sheet.columns.items() if k != key},
            rows=tuple(cut(row) for row in sheet.rows),
        )
        if sheet.key == sheet_key
        else sheet
        for sheet in whole.sheets
    ]
    return replace(whole, sheets=tuple(sheets))
