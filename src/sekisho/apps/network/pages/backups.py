"""The board of backups: every copy in the attack through every line, systems without a surviving copy first."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sekisho.apps.network.analysis import Analysis
from sekisho.apps.network.pages import links
from sekisho.apps.network.words import BECAUSE, Names, line_label
from sekisho.domain.network.model import BackupCopy, Connect
from sekisho.domain.network.survival import CopyFate, SystemFate
from sekisho.domain.tri import Tri

CONNECTS: dict[Connect, Promise] = {
    Connect.ALWAYS_ON: _("つないだまま"),
    Connect.TIMED_LINK: _("時間を決めてつなぐ"),
    Connect.MANUAL_EJECT: _("抜いて保管"),
    Connect.IMMUTABLE: _("書き換え禁止"),
    Connect.UNKNOWN: _("不明"),
}
_WORSE = {Tri.NO: 0, Tri.UNKNOWN: 1, Tri.YES: 2}


def board_context(code: str, analysis: Analysis) -> dict[str, Any]:
    """Return the board. Lines through which nothing falls are counted, not drawn."""
    names = Names(analysis.network)
    dangerous = [line for line in analysis.network.lines if analysis.assessed.spreads[line.id].takings]
    heads = [
        {
            "number": line.number,
            "label": line_label(line),
            "url": links.entry(code, line.id),
            "surely": bool(analysis.assessed.spreads[line.id].surely),
        }
        for line in dangerous
    ]
    by_line = {line.id: {fate.node: fate for fate in analysis.assessed.fates[line.id]} for line in dangerous}
    nodes = list(dict.fromkeys(node for fates in analysis.assessed.fates.values() for node in (f.node for f in fates)))
    systems = [_system(names, node, [by_line[line.id][node] for line in dangerous]) for node in nodes]
    critical = {node.id: node.critical for node in analysis.network.nodes}
    systems.sort(key=lambda system: (_WORSE[system["survives"]], not system["falls"], -critical.get(system["id"], 0)))
    return {
        "heads": heads,
        "systems": systems,
        "harmless": len(analysis.network.lines) - len(dangerous),
        "without": sum(system["survives"] is not Tri.YES for system in systems if system["falls"]),
        "has_copies": bool(analysis.network.backups),
    }


def _system(names: Names, node: str, fates: list[SystemFate]) -> dict[str, Any]:
    attacked = [fate for fate in fates if fate.falls is not Tri.NO]
    answers = (fate.restorable for fate in attacked)
    worst = min((answer for answer in answers if answer is not None), key=_WORSE.__getitem__, default=Tri.YES)
    copies = [copy.copy for copy in fates[0].copies] if fates else []
    return {
        "id": node,
        "name": names.end(node),
        "falls": bool(attacked),
        "survives": worst,
        "days": _days(fates),
        "copies": [_copy(names, copy, fates) for copy in copies],
    }


def _days(fates: list[SystemFate]) -> float | None:
    days = [fate.days_lost for fate in fates if fate.survives is Tri.YES and fate.falls is not Tri.NO]
    known = [day for day in days if day is not None]
    return max(known) if known and len(known) == len(days) else None


def _copy(names: Names, copy: BackupCopy, fates: list[SystemFate]) -> dict[str, Any]:
    mine = [next(one for one in fate.copies if one.copy.id == copy.id) for fate in fates]
    worst = min(mine, key=lambda fate: _WORSE[fate.survives])
    return {
        "name": names.copy(copy.id),
        "on": names.end(copy.on) if copy.on else "",
        "connect": CONNECTS[copy.connect],
        "generations": copy.generations,
        "tested": copy.restore_tested_on,
        "cells": [_cell(fate) for fate in mine],
        "survives": worst.survives,
        "because": BECAUSE[worst.because],
    }


def _cell(fate: CopyFate) -> dict[str, Any]:
    return {"survives": fate.survives, "because": BECAUSE[fate.because]}
