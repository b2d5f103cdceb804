"""A register as the workbook that would hold it, so that the workbook's checks judge the register too."""

from collections.abc import Iterable
from typing import Any

from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.register.records import Contact, Device, Line, Register, Terminal
from sekisho.domain.workbook.rows import ReadBook, ReadPart, ReadRow, ReadSheet
from sekisho.domain.workbook.schema import Column, Edition


def book_of(register: Register, edition: Edition) -> ReadBook:
    """Return `register` as a read workbook without cells. Floor plans are not part of a register: their sheet is left out."""
    sheets = {sheet.key: sheet for sheet in edition.sheets}
    rows = {
        "basic": (
            ReadRow(
                number=1,
                parts=tuple(_contact(sheets["basic"].group, i, c) for i, c in enumerate(register.basics.contacts, 1)),
                **_cells(sheets["basic"].columns, register.basics),
            ),
        ),
        "lines": tuple(_line(sheets["lines"].columns, sheets["lines"].group, line) for line in register.lines),
        "terminals": tuple(_terminal(sheets["terminals"].columns, terminal) for terminal in register.terminals),
    }
    return ReadBook(
        edition=edition.name,
        sheets=tuple(
            ReadSheet(
                key=key,
                title=sheets[key].title.ja,
                rows=found,
                columns={column.key: "" for column in (*sheets[key].columns, *sheets[key].group)},
            )
            for key, found in rows.items()
        ),
    )


def _line(columns: Iterable[Column], group: Iterable[Column], line: Line) -> ReadRow:
    parts = tuple(_device(group, device) for device in line.devices)
    return ReadRow(number=line.number, row_id=line.row_id, parts=parts, **_cells(columns, line))


def _terminal(columns: Iterable[Column], terminal: Terminal) -> ReadRow:
    return ReadRow(number=terminal.number, row_id=terminal.row_id, **_cells(columns, terminal))


def _device(group: Iterable[Column], device: Device) -> ReadPart:
    return ReadPart(position=device.position, **_cells(group, device))


def _contact(group: Iterable[Column], position: int, contact: Contact) -> ReadPart:
    return ReadPart(position=position, **_cells(group, contact))


def _cells(columns: Iterable[Column], record: object) -> dict[str, Any]:
    values = {column.key: getattr(record, column.key) for column in columns}
    return {
        "values": values,
        "cells": dict.fromkeys(values, ""),
        "raw": {key: _raw(answer) for key, answer in values.items()},
    }


def _raw(answer: Answer[Any]) -> str:
    if answer is None:
        return ""
    return f"不明（{answer.reason}）" if isinstance(answer, Unknown) else str(answer)
