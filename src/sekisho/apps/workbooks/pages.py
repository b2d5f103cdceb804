"""What the page of an upload shows."""

from typing import Any

from django.utils.translation import gettext as _

from sekisho.apps.register.display import as_text, line_label
from sekisho.apps.workbooks.intake import Candidate, Intake
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.facts import known
from sekisho.domain.register.diff import Change, Fate, FieldChange, RecordChange
from sekisho.domain.register.records import Line, Terminal
from sekisho.domain.workbook.schema import Problem, Severity
from sekisho.foundation.ui.components import DiffRow
from sekisho.foundation.ui.components import FieldChange as ShownChange
from sekisho.foundation.ui.texts import speak


def diff_groups(intake: Intake) -> list[dict[str, Any]]:
    """Return what would happen to the records that are not held back, by kind of change, with the kind in words."""
    kinds = {"new": _("新しい"), "changed": _("変わる"), "unchanged": _("そのまま"), "missing": _("ファイルにない")}
    rows = diff_rows(intake, held=False)
    return [{"kind": kind, "word": word, "rows": [r for r in rows if r.kind == kind]} for kind, word in kinds.items()]


def diff_rows(intake: Intake, *, held: bool) -> list[DiffRow]:
    """Return the records that would be taken over (or, with `held`, those held back), and those the file lacks."""
    by_record = {id(candidate.record): candidate for candidate in intake.candidates}
    rows = []
    for record in intake.change.records:
        candidate = by_record.get(id(record))
        if (candidate is not None and candidate.is_held(accept_gaps=False)) is held:
            rows.append(
                DiffRow(
                    record.change.value,
                    label_of(record),
                    [_shown(record.sheet, c) for c in record.changes],
                    _place(record),
                )
            )
    return rows


def label_of(record: RecordChange) -> str:
    """Return what people call a record."""
    after = record.after
    if isinstance(after, Line):
        return line_label(after.number, known(after.circuit_id) or "")
    if isinstance(after, Terminal):
        return known(after.host_name) or f"No.{after.number}"
    return _("基本情報")


def _place(record: RecordChange) -> str:
    return record.row.label_cell if record.row else ""


def _shown(sheet: str, change: FieldChange) -> ShownChange:
    column = load_edition().sheet(sheet).column(change.key)
    label = speak(column.heading)
    if change.part is not None:
        label = (_("担当者%(n)s：%(label)s") if sheet == "basic" else _("装置%(n)s：%(label)s")) % {
            "n": change.part,
            "label": label,
        }
    after = _("（削除）") if change.fate is Fate.CLEARED else as_text(column, change.new)
    return ShownChange(label, as_text(column, change.old), after)


def held_shown(intake: Intake) -> list[dict[str, Any]]:
    """Return the records held back with their reasons."""
    return [_held(candidate) for candidate in intake.held(accept_gaps=False)]


def _held(candidate: Candidate) -> dict[str, Any]:
    # What would change is shown before somebody may take over rows in which only answers are missing.
    is_shown = candidate.only_gaps and candidate.record.change is Change.CHANGED
    return {
        "changes": [_shown(candidate.record.sheet, c) for c in candidate.record.changes] if is_shown else [],
        "label": label_of(candidate.record),
        "only_gaps": candidate.only_gaps,
        "reasons": [problem_row(problem) for problem in candidate.errors],
    }


def problem_rows(problems: tuple[Problem, ...]) -> list[dict[str, Any]]:
    """Return all problems, errors first, each with its place."""
    ordered = sorted(problems, key=lambda problem: problem.severity is not Severity.ERROR)
    return [problem_row(problem) for problem in ordered]


def problem_row(problem: Problem) -> dict[str, Any]:
    """Return one problem in words."""
    return {
        "sheet": problem.sheet,
        "cell": problem.cell,
        "value": problem.value,
        "is_error": problem.severity is Severity.ERROR,
        "message": speak(problem.message),
        "rule": problem.rule,
    }
