"""The departments by each other: a word, a shape and a colour for each pair, and the needs that are exceptions."""

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sekisho.adapters.network.needs_table import NeedChange, NeedRow, NeedsReading
from sekisho.apps.network.analysis import Analysis
from sekisho.apps.network.pages import links
from sekisho.apps.network.words import REACHED, Names
from sekisho.domain.network.matrix import Cell, MatrixCell, groups_of_nodes
from sekisho.domain.network.model import DeclaredFlow
from sekisho.domain.network.services import services_text
from sekisho.domain.tri import Tri
from sekisho.foundation.ui.components import DiffRow, FieldChange
from sekisho.foundation.ui.texts import listed

WORDS: dict[Cell, Promise] = {
    Cell.ALLOWED: _("通じる"),
    Cell.BLOCKED: _("通じない"),
    Cell.UNKNOWN: _("不明"),
    Cell.EXCEPTION: _("届け出だけ"),
}


def matrix_context(code: str, analysis: Analysis) -> dict[str, Any]:
    """Return the table and the needs."""
    matrix = analysis.assessed.matrix
    names, representatives, why = Names(analysis.network), _representatives(analysis), links.whys(code)
    rows = [
        {
            "name": source,
            "cells": [
                _cell(why, names, matrix.cells[source, target], representatives) if source != target else None
                for target in matrix.groups
            ],
        }
        for source in matrix.groups
    ]
    counts = matrix.counted()
    return {
        "groups": matrix.groups,
        "rows": rows,
        "counts": [(cell.value, WORDS[cell], counts[cell]) for cell in Cell],
        "needs": [_need(code, analysis, names, flow) for flow in analysis.network.flows],
        "today": analysis.assessed.today,
    }


def _representatives(analysis: Analysis) -> dict[str, tuple[str, int]]:
    """Return a node of each group and one of the watched services, to explain a pair in which nothing is open."""
    reach, watched = analysis.assessed.reach, analysis.assessed.matrix.services
    groups = groups_of_nodes(analysis.network, reach)
    found: dict[str, tuple[str, int]] = {}
    for node in analysis.network.nodes:
        heard = [service for service in watched if service in node.listens] or [
            service for service in reach.asked if service in node.listens
        ]
        for group in groups.get(node.id, ()) if node.id in reach.classes.of_node else ():
            if group not in found or (heard and not found[group][1]):
                found[group] = (node.id, heard[0] if heard else 0)
    return found


def _cell(
    why: Callable[[str, str, int], str],
    names: Names,
    cell: MatrixCell,
    representatives: dict[str, tuple[str, int]],
) -> dict[str, Any]:
    if cell.openings:
        first = cell.openings[0]
        url = why(first.source, first.target, first.service)
    else:
        source, (target, service) = representatives[cell.source][0], representatives[cell.target]
        url = why(source, target, service) if service else ""
    exceptions = [opening.flow for opening in cell.openings if opening.flow is not None]
    owner = exceptions[0] if cell.cell is Cell.EXCEPTION and exceptions else None
    return {
        "kind": cell.cell.value,
        "word": str(WORDS[cell.cell]),
        "count": cell.count,
        "url": url,
        "source": names.end(cell.source),
        "target": names.end(cell.target),
        "owner": owner.owner if owner else "",
        "until": owner.until if owner else None,
    }


def _need(code: str, analysis: Analysis, names: Names, flow: DeclaredFlow) -> dict[str, Any]:
    reach, service = analysis.assessed.reach, flow.service.first
    try:
        reached = reach.answer(flow.source, flow.target, service)
    except KeyError:
        reached = Tri.UNKNOWN
    return {
        "source": names.end(flow.source),
        "target": names.end(flow.target),
        "services": listed(services_text(flow.service)),
        "owner": flow.owner,
        "until": flow.until,
        "expired": flow.is_expired(analysis.assessed.today),
        "reason": flow.reason,
        "reached": reached,
        "word": REACHED[reached],
        "url": links.why(code, flow.source, flow.target, service),
    }


def reading_context(analysis: Analysis, reading: NeedsReading) -> dict[str, Any]:
    """Return what a table of needs would change, as the dry run shows it."""
    names = Names(analysis.network)
    rows = [_diff_row(names, row) for row in reading.rows if row.change is not NeedChange.SAME]
    same = sum(row.change is NeedChange.SAME for row in reading.rows)
    ended = [
        {"label": _label(names, row.flow), "owner": row.flow.owner, "row": row.row}
        for row in reading.rows
        if row.change is NeedChange.ENDED
    ]
    return {
        "diff": [row for row in rows if row is not None],
        "ended": ended,
        "same": same,
        "left": len(reading.left),
        "problems": reading.problems,
        "changes": len(rows),
    }


def _label(names: Names, flow: DeclaredFlow) -> str:
    return f"{names.end(flow.source)} → {names.end(flow.target)} {listed(services_text(flow.service))}"


def _diff_row(names: Names, row: NeedRow) -> DiffRow | None:
    if row.change is NeedChange.ENDED:
        return None
    before = row.before
    pairs = (
        (_("届け出た部署"), before.owner if before else "", row.flow.owner),
        (_("いつまで"), _day(before), _day(row.flow)),
        (_("理由"), before.reason if before else "", row.flow.reason),
    )
    changes = [FieldChange(label, old, new) for label, old, new in pairs if old != new]
    if row.change is NeedChange.NEW:
        return DiffRow("new", _label(names, row.flow), changes, str(row.row))
    return DiffRow("changed", _label(names, row.flow), changes, str(row.row))


def _day(flow: DeclaredFlow | None) -> str:
    return flow.until.isoformat() if flow is not None and flow.until is not None else ""
