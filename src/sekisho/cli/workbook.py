"""`sekisho workbook`: a blank 別紙2-1, the check of a filled one, and the same file back with its problems marked."""

import json
from argparse import Namespace
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sekisho.adapters.workbooks.check import CheckedWorkbook, check_workbook
from sekisho.adapters.workbooks.refusals import UnreadableWorkbook
from sekisho.cli.main import DONE, PROBLEMS, CannotDo, Parser, both
from sekisho.domain.facts import Unknown
from sekisho.domain.text import Text
from sekisho.domain.workbook.rows import CLEARED, ReadPart, ReadRow, ReadValue
from sekisho.domain.workbook.schema import Column, Problem, Severity, Sheet

UNKNOWN, CLEARED_WORD = "不明", "（削除）"


def register(parser: Parser) -> None:
    """Add the subcommands template, check and mark."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)

    template = commands.add_parser("template", help=both("空の様式を作る", "write a blank workbook"))
    template.add_argument("out", type=Path, metavar="OUT.xlsx", help=both("作るファイル", "the file to write"))
    template.set_defaults(run=write_template)

    check = commands.add_parser("check", help=both("記入したファイルを確かめる", "check a filled workbook"))
    check.add_argument("file", type=Path, metavar="FILE", help=both("確かめるファイル", "the file to check"))
    check.add_argument(
        "--text", action="store_true", help=both("人が読む形で出す（既定はJSON）", "print for people; JSON by default")
    )
    check.set_defaults(run=check_file)

    mark = commands.add_parser("mark", help=both("問題のセルに印と説明を付ける", "mark and explain problem cells"))
    mark.add_argument("file", type=Path, metavar="FILE", help=both("確かめるファイル", "the file to check"))
    mark.add_argument(
        "out", type=Path, metavar="OUT.xlsx", help=both("印を付けて書くファイル", "the marked file to write")
    )
    mark.set_defaults(run=mark_file)


def check_file(options: Namespace) -> int:
    """Print what the workbook says and what is wrong with it."""
    checked = _checked(options.file)
    if options.text and not options.json:
        print("\n".join(summary_lines(checked, options.lang)))
    else:
        _print_json(check_document(checked, options.lang))
    return PROBLEMS if checked.problems else DONE


def _checked(file: Path) -> CheckedWorkbook:
    try:
        return check_workbook(file)
    except UnreadableWorkbook as error:
        raise CannotDo(Text(f"{file.name}：{error.text.ja}", f"{file.name}: {error.text.en}")) from None


# ---- the document ----


def check_document(checked: CheckedWorkbook, language: str) -> dict[str, Any]:
    """Return the JSON document of `sekisho workbook check`.

    Records are flat: the keys of the columns with the workbook's own words (「インターネットVPN」), 不明 for an explicit
    unknown (its reason under `reasons`), null for what nobody has answered. `cells` tells where each answer stands.
    """
    from sekisho.catalogue.workbooks import load_edition

    edition, book = load_edition(), checked.book
    lines, terminals, basic = (edition.sheet(key) for key in ("lines", "terminals", "basic"))
    forms = book.sheet("basic")
    return {
        "edition": book.edition,
        "sheets": [
            {
                "key": sheet.key,
                "title": sheet.title,
                "rows": sum(1 for _ in sheet.filled_rows()),
                "pictures": sheet.pictures,
            }
            for sheet in book.sheets
        ],
        "lines": [_record(lines, row, "devices") for row in book.rows("lines")],
        "terminals": [_record(terminals, row) for row in book.rows("terminals")],
        "basic": _record(basic, forms.rows[0], "contacts") if forms and forms.rows else {},
        "problems": [_problem(problem, language) for problem in checked.problems],
    }


def _record(sheet: Sheet, row: ReadRow, parts: str = "") -> dict[str, Any]:
    record: dict[str, Any] = {} if sheet.layout == "form" else {"number": row.number, "row_id": row.row_id}
    record |= _answers(sheet.columns, row)
    if parts:
        filled = (part for part in row.parts if not part.is_blank)
        record[parts] = [{"position": part.position} | _answers(sheet.group, part) for part in filled]
    return record


def _answers(columns: Iterable[Column], record: ReadRow | ReadPart) -> dict[str, Any]:
    answers: dict[str, Any] = {c.key: _said(c, record.values.get(c.key)) for c in columns}
    reasons = {k: v.reason for k, v in record.values.items() if isinstance(v, Unknown) and v.reason}
    return answers | ({"reasons": reasons} if reasons else {}) | {"cells": dict(record.cells)}


def _said(column: Column, value: ReadValue) -> str | int | None:
    if isinstance(value, Unknown):
        return UNKNOWN
    if value is CLEARED:
        return CLEARED_WORD
    option = column.option(value) if column.options else None
    return option.label.ja if option else value


def _problem(problem: Problem, language: str) -> dict[str, Any]:
    return {
        "sheet": problem.sheet,
        "cell": problem.cell,
        "rule": problem.rule,
        "severity": problem.severity.value,
        "message": problem.message.within(language),
        "message_en": problem.message.en,
        "value": problem.value,
        "column": problem.column,
        "row": problem.row,
    }


def _print_json(document: dict[str, Any]) -> None:
    # In one piece: written piece by piece, the library leaves its fast way and takes twenty times as long.
    print(json.dumps(document, ensure_ascii=False))


# ---- for people ----

_SEVERITIES: Mapping[Severity, Text] = {
    Severity.ERROR: Text("×要修正", "x error"),
    Severity.WARNING: Text("△確認", "! warning"),
}


def summary_lines(checked: CheckedWorkbook, language: str) -> list[str]:
    """Return the summary that `--text` prints: counts, then each problem with its place."""
    from sekisho.domain.workbook.checks import place_and_message

    errors = sum(problem.severity is Severity.ERROR for problem in checked.problems)
    counts = Text(
        "{edition}版：回線 {lines}件、端末 {terminals}台。直すところ {errors}件、確かめるところ {warnings}件。",
        "Edition {edition}: {lines} lines, {terminals} PCs. {errors} errors, {warnings} warnings.",
    ).filled(
        edition=checked.book.edition,
        lines=len(checked.book.rows("lines")),
        terminals=len(checked.book.rows("terminals")),
        errors=errors,
        warnings=len(checked.problems) - errors,
    )
    said = (
        f"{_SEVERITIES[problem.severity].within(language)} {place_and_message(problem).within(language)}"
        for problem in checked.problems
    )
    return [counts.within(language), *said]


# ---- files ----


def write_template(options: Namespace) -> int:
    """Write a blank workbook."""
    from sekisho.adapters.workbooks.write import write_blank
    from sekisho.catalogue.workbooks import load_edition
    from sekisho.cli.files import write_whole

    _check_suffix(options.out)
    write_whole(options.out, lambda path: write_blank(path, load_edition()))
    return _told_written(options, [])


def mark_file(options: Namespace) -> int:
    """Write the same workbook with its problem cells marked and explained."""
    from sekisho.adapters.workbooks.mark import mark_problems
    from sekisho.cli.files import write_whole

    _check_suffix(options.out)
    if options.out.exists() and options.file.exists() and options.out.samefile(options.file):
        raise CannotDo(
            Text(
                "元のファイルに上書きはできません。別の名前を指定してください。",
                "The original is never overwritten. Please name another file.",
            )
        )
    checked = _checked(options.file)
    write_whole(options.out, lambda path: mark_problems(options.file, checked.problems, path))
    return _told_written(options, checked.problems)


def _check_suffix(out: Path) -> None:
    if out.suffix.lower() != ".xlsx":
        raise CannotDo(
            Text(f"「{out.name}」の終わりを .xlsx にしてください。", f"The name “{out.name}” must end with .xlsx.")
        )


def _told_written(options: Namespace, problems: Iterable[Problem]) -> int:
    problems = list(problems)
    if options.json:
        written = {"written": str(options.out), "problems": [_problem(problem, options.lang) for problem in problems]}
        _print_json(written)
    else:
        said = Text("{path} を書きました（問題 {count}件）。", "Wrote {path} ({count} problems).")
        print(said.filled(path=options.out, count=len(problems)).within(options.lang))
    return PROBLEMS if problems else DONE
