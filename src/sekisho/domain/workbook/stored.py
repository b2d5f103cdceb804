"""A read workbook as JSON values and back, so that what was read can wait for a person's decision."""

from collections.abc import Mapping
from typing import Any

from sekisho.domain.facts import from_plain, to_plain
from sekisho.domain.text import Text
from sekisho.domain.workbook.rows import CLEARED, ReadBook, ReadPart, ReadRow, ReadSheet, ReadValue
from sekisho.domain.workbook.schema import Problem, Severity

_CLEARED_JSON = {"cleared": True}


def book_to_json(book: ReadBook) -> dict[str, Any]:
    """Return `book` as JSON values."""
    return {
        "edition": book.edition,
        "hospital_code": book.hospital_code,
        "sheets": [
            {
                "key": sheet.key,
                "title": sheet.title,
                "columns": dict(sheet.columns),
                "pictures": sheet.pictures,
                "rows": [_row_to_json(row) for row in sheet.rows if row.row_id or not row.is_blank],
            }
            for sheet in book.sheets
        ],
    }


def book_from_json(stored: Mapping[str, Any]) -> ReadBook:
    """Return the book that `book_to_json` wrote. Blank rows are kept only when they carry an identity."""
    return ReadBook(
        edition=stored["edition"],
        hospital_code=stored["hospital_code"],
        sheets=tuple(
            ReadSheet(
                key=sheet["key"],
                title=sheet["title"],
                columns=sheet["columns"],
                pictures=sheet["pictures"],
                rows=tuple(_row_from_json(row) for row in sheet["rows"]),
            )
            for sheet in stored["sheets"]
        ),
    )


def problem_to_json(problem: Problem) -> dict[str, Any]:
    """Return `problem` as JSON values."""
    return {
        "sheet": problem.sheet,
        "cell": problem.cell,
        "rule": problem.rule,
        "severity": problem.severity.value,
        "message": problem.message.as_dict(),
        "value": problem.value,
        "column": problem.column,
        "row": problem.row,
    }


def problem_from_json(stored: Mapping[str, Any]) -> Problem:
    """Return the problem that `problem_to_json` wrote."""
    plain = {key: stored[key] for key in ("sheet", "cell", "rule", "value", "column", "row")}
    return Problem(severity=Severity(stored["severity"]), message=Text(**stored["message"]), **plain)


def _row_to_json(row: ReadRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "row_id": row.row_id,
        "label_cell": row.label_cell,
        "parts": [{"position": part.position, **_cells_to_json(part)} for part in row.parts],
        **_cells_to_json(row),
    }


def _row_from_json(stored: Mapping[str, Any]) -> ReadRow:
    return ReadRow(
        number=stored["number"],
        row_id=stored["row_id"],
        label_cell=stored["label_cell"],
        parts=tuple(ReadPart(position=part["position"], **_cells_from_json(part)) for part in stored["parts"]),
        **_cells_from_json(stored),
    )


def _cells_to_json(part: ReadRow | ReadPart) -> dict[str, Any]:
    values = {key: _CLEARED_JSON if value is CLEARED else to_plain(value) for key, value in part.values.items()}
    return {"values": values, "cells": dict(part.cells), "raw": dict(part.raw)}


def _cells_from_json(stored: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, ReadValue] = {key: _value_from_json(value) for key, value in stored["values"].items()}
    return {"values": values, "cells": stored["cells"], "raw": stored["raw"]}


def _value_from_json(plain: object) -> Any:
    return CLEARED if plain == _CLEARED_JSON else from_plain(plain)
