"""The start page: the state in one glance, the next thing to do, what is unknown, every line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sekisho.apps.network.analysis import Analysis
from sekisho.apps.network.comparison import Figures, figures_of, line_verdict, lost_systems
from sekisho.apps.network.pages import links
from sekisho.apps.network.queries import LineTies, RegisterLine
from sekisho.apps.network.words import Names, line_label
from sekisho.domain.network.model import Action, Device, ExternalLine
from sekisho.domain.tri import Tri
from sekisho.foundation.ui.components import NextThing
from sekisho.foundation.ui.statuses import Status

VERDICTS: dict[Tri, Status] = {Tri.YES: Status.DANGER, Tri.UNKNOWN: Status.UNKNOWN, Tri.NO: Status.OK}


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that is not known, and what to supply."""

    what: str
    supply: str
    url: str


def start_context(code: str, analysis: Analysis, *, open_lines: int, ties: LineTies) -> dict[str, Any]:
    """Return what the start page shows of a network; lines that only the register has count as unknown."""
    figures = with_missing(figures_of(analysis), len(ties.missing))
    unknowns = [*missing_lines(code, ties.missing), *unknowns_of(code, analysis)]
    rows = lines_shown(code, analysis, ties)
    return {
        "figures": figures,
        "lines": rows,
        "missing": ties.missing,
        "unknowns": unknowns,
        "coverage": coverage_of(analysis),
        "lost": [Names(analysis.network).end(node) for node in lost_systems(analysis)],
        "next": _next(code, analysis, figures, rows, unknowns, open_lines),
    }


def with_missing(figures: Figures, missing: int) -> Figures:
    """Return the figures with lines that the map lacks: each may reach everything, for all that is known."""
    if not missing:
        return figures
    return replace(
        figures,
        lines=figures.lines + missing,
        lines_maybe=figures.lines_maybe + missing,
        hosts_maybe=figures.hosts_all,
    )


def missing_lines(code: str, missing: Iterable[RegisterLine]) -> Iterator[Unknown]:
    """Yield the lines that the register has and the map has not, each with what to supply."""
    for line in missing:
        yield Unknown(
            _("台帳の「%(line)s」が地図にありません。") % {"line": line.label},
            _(
                "院内のどこで終わるか（どの装置のどの口か）を回線終端装置から線をたどって確かめ、"
                "network.yaml の lines に number: %(number)s の回線として書き足してください。"
            )
            % {"number": line.number},
            links.page(code, "plan"),
        )


def verdict_word(verdict: Tri) -> str:
    """Return how far an intruder comes, in words."""
    return {
        Tri.YES: _("重要な仕組みまで届く"),
        Tri.UNKNOWN: _("届くかもしれない"),
        Tri.NO: _("重要な仕組みには届かない"),
    }[verdict]


def lines_shown(code: str, analysis: Analysis, ties: LineTies) -> list[dict[str, Any]]:
    """Return every line with what a break-in through it costs, the worst first; those not in the map before safe ones."""
    rows = [_line(code, analysis, line, ties) for line in analysis.network.lines]
    order = {Tri.YES: 0, Tri.UNKNOWN: 1, Tri.NO: 2}
    rows.sort(key=lambda row: (order[row["verdict"]], -row["blast"].hosts, -row["blast"].hosts_maybe))
    safe = [row for row in rows if row["verdict"] is Tri.NO]
    return [*rows[: len(rows) - len(safe)], *(_missing_line(code, line) for line in ties.missing), *safe]


def _missing_line(code: str, line: RegisterLine) -> dict[str, Any]:
    return {
        "label": line.label,
        "verdict": Tri.UNKNOWN,
        "status": Status.UNKNOWN,
        "word": _("地図にないので分かりません"),
        "blast": None,
        "url": links.register_line(code, line.record),
        "number": line.number,
    }


def _line(code: str, analysis: Analysis, line: ExternalLine, ties: LineTies) -> dict[str, Any]:
    verdict = line_verdict(analysis, line.id)
    return {
        "id": line.id,
        "label": line_label(line),
        "verdict": verdict,
        "status": VERDICTS[verdict],
        "word": verdict_word(verdict),
        "blast": analysis.assessed.blasts[line.id],
        "percent": round(analysis.assessed.blasts[line.id].share * 100),
        "url": links.entry(code, line.id),
        "record": ties.records.get(line.id),
    }


def coverage_of(analysis: Analysis) -> dict[str, int]:
    """Return of how many devices that pass packets on the rules are known, and how many lines could not be read."""
    passing = [device for device in analysis.network.devices if len(device.interfaces) > 1]
    known = [device for device in passing if is_known(analysis, device)]
    parsed = {ruleset.device for ruleset in analysis.network.rulesets if ruleset.source.startswith("parsed:")}
    return {
        "devices": len(passing),
        "known": len(known),
        "percent": len(known) * 100 // len(passing) if passing else 0,
        "read": len({device.id for device in passing} & (parsed | {d.id for d in passing if d.source})),
        "unread": len(analysis.network.unread),
    }


def is_known(analysis: Analysis, device: Device) -> bool:
    """Return whether nothing about a device's filters and routes is unknown."""
    mine = [ruleset for ruleset in analysis.network.rulesets if ruleset.device == device.id]
    return (
        device.filters_known
        and device.routes_known
        and all(ruleset.default is not Action.UNKNOWN for ruleset in mine)
        and not any(line.device == device.id for line in analysis.network.unread)
    )


def unknowns_of(code: str, analysis: Analysis) -> Iterator[Unknown]:
    """Yield what is not known of a network, each with what to supply."""
    names = Names(analysis.network)
    configurations = links.page(code, "configurations")
    plan = links.page(code, "plan")
    for device in analysis.network.devices:
        if len(device.interfaces) > 1 and not is_known(analysis, device):
            unread = sum(line.device == device.id for line in analysis.network.unread)
            yield Unknown(_unknown_of(names, device, unread), _supply_of(unread), configurations)
    for line in analysis.network.lines:
        if (line.device is None or line.interface is None) and line.segment is None:
            yield Unknown(
                _("「%(line)s」が院内のどこにつながるか分かりません。") % {"line": line_label(line)},
                _("回線終端装置から線をたどり、つながる装置を書いてください。"),
                plan,
            )
    for copy in analysis.network.backups:
        if copy.on is None:
            yield Unknown(
                _("控え「%(copy)s」の置き場所が分かりません。") % {"copy": names.copy(copy.id)},
                _("どの装置に置いてあるかを書き足してください。"),
                plan,
            )


def _unknown_of(names: Names, device: Device, unread: int) -> str:
    name = {"device": names.device(device.id)}
    if not unread:
        mine = [rules for rules in names.network.rulesets if rules.device == device.id]
        if not device.filters_known or any(rules.default is Action.UNKNOWN for rules in mine):
            return _("「%(device)s」が何を通すか分かりません。") % name
        return _("「%(device)s」の経路（どこへ渡すかの表）が全部は分かりません。") % name
    said = ngettext(
        "「%(device)s」の設定に、読み取れない行が%(n)s行あります。",
        "「%(device)s」の設定に、読み取れない行が%(n)s行あります。",
        unread,
    )
    return said % (name | {"n": unread})


def _supply_of(unread: int) -> str:
    if unread:
        return _("その行が通信に関わるかを、保守会社に確かめてください。")
    return _("この装置の設定ファイルを保守会社に出してもらい、入れてください。")


def _next(
    code: str,
    analysis: Analysis,
    figures: Figures,
    rows: list[dict[str, Any]],
    unknowns: list[Unknown],
    open_lines: int,
) -> NextThing | None:
    if figures.lines_sure:
        worst = rows[0]
        return NextThing(
            what=_("「%(line)s」から重要な仕組みまでの道を断つ") % {"line": worst["label"]},
            why=_("この回線から入られると、%(hosts)s台が奪われます。どの設定を変えれば止まるかを計算してあります。")
            % {"hosts": worst["blast"].hosts},
            action=_("この回線を見る"),
            url=worst["url"],
            status=Status.DANGER,
        )
    if unknowns:
        return NextThing(
            what=_("分からないことを一つ減らす：%(what)s") % {"what": unknowns[0].what},
            why=_("分からないままの装置があると、守れているかどうかを言えません。%(supply)s")
            % {"supply": unknowns[0].supply},
            action=_("入れるところを開く"),
            url=unknowns[0].url,
            status=Status.CAUTION,
        )
    if open_lines:
        said = ngettext("読み取れなかった%(n)s行を確かめる", "読み取れなかった%(n)s行を確かめる", open_lines)
        return NextThing(
            what=said % {"n": open_lines},
            why=_("通信に関わる行かもしれません。保守会社に聞いたことを書き留めて、印を付けてください。"),
            action=_("装置の設定を開く"),
            url=links.page(code, "configurations"),
        )
    if figures.systems_without_copy:
        return NextThing(
            what=_("侵入されても残る控えを用意する"),
            why=_("どの控えも残らない仕組みがあります。抜いて保管する媒体を一つ足すだけで変わります。"),
            action=_("控えの表を見る"),
            url=links.page(code, "backups"),
            status=Status.WARNING,
        )
    return None
