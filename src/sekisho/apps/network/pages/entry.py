"""The page of one line: the way in, hop by hop; what falls; which copies are left; the smallest change that stops it."""

from typing import Any

from django.utils.translation import gettext as _

from sekisho.apps.network.analysis import Analysis
from sekisho.apps.network.comparison import CRITICAL, line_verdict
from sekisho.apps.network.pages import links
from sekisho.apps.network.pages.start import VERDICTS, verdict_word
from sekisho.apps.network.pages.why import rule_name
from sekisho.apps.network.words import (
    BECAUSE,
    HOW,
    Names,
    addresses_label,
    change_label,
    line_label,
    party_label,
    service_label,
)
from sekisho.domain.network.cut import Bound, Conflict, Cut
from sekisho.domain.network.explain import Explanation
from sekisho.domain.network.impact import TERMINALS
from sekisho.domain.network.model import Network, Node
from sekisho.domain.network.services import service_text, services_text
from sekisho.domain.network.spread import Spread
from sekisho.domain.network.survival import SystemFate
from sekisho.domain.network.taking import How, Taking
from sekisho.domain.tri import Tri
from sekisho.foundation.ui.texts import listed


def entry_context(code: str, analysis: Analysis, line: str, target: str) -> dict[str, Any]:
    """Return what the page of a line shows; `target` is the node whose way in is drawn, "" for the worst.

    Raises:
        KeyError: the map has no such line.
    """
    names = Names(analysis.network)
    spread, blast = analysis.assessed.spreads[line], analysis.assessed.blasts[line]
    found = next(one for one in analysis.network.lines if one.id == line)
    verdict = line_verdict(analysis, line)
    drawn = target if target in spread.takings else _worst(analysis, spread)
    return {
        "line": found,
        "label": names.end(line),
        "ends_at": _end(names, found.device, found.interface, found.segment),
        "source": addresses_label(found.source),
        "party": party_label(found),
        "verdict": verdict,
        "status": VERDICTS[verdict],
        "word": verdict_word(verdict),
        "blast": blast,
        "percent": round(blast.share * 100),
        "target": drawn,
        "target_name": names.end(drawn) if drawn else "",
        "hops": hops_of(code, analysis, spread.way_to(drawn)) if drawn else [],
        "systems": _systems(code, analysis, spread, line),
        "terminals": _terminals(analysis, spread),
        "departments": blast.departments,
        "backups": [_fate(names, fate) for fate in analysis.assessed.fates[line] if fate.falls is not Tri.NO],
        "answer_url": links.page(code, "entry_cut", line=line),
    }


def lines_at(code: str, network: Network | None, device: str) -> list[dict[str, str]]:
    """Return the lines that end at a device, with their pages."""
    ending = [line for line in network.lines if device and line.device == device] if network is not None else []
    return [{"label": line_label(line), "url": links.entry(code, line.id)} for line in ending]


def _end(names: Names, device: str | None, interface: str | None, segment: str | None) -> str:
    if device is not None:
        shown = names.interface(device, interface) if interface else ""
        return f"{names.device(device)} {shown}".strip()
    return names.segment(segment) if segment else ""


def _worst(analysis: Analysis, spread: Spread) -> str:
    """Return the most important node that falls, the surest and nearest first."""
    nodes = {node.id: node for node in analysis.network.nodes}
    fallen = sorted(
        spread.takings.values(), key=lambda taking: (not taking.surely, -nodes[taking.node].critical, taking.steps)
    )
    return fallen[0].node if fallen else ""


def hops_of(code: str, analysis: Analysis, way: tuple[Taking, ...]) -> list[dict[str, Any]]:
    """Return the steps of a way in, each with the rule that lets it through and where it is explained."""
    names = Names(analysis.network)
    return [_hop(code, analysis, names, number, taking) for number, taking in enumerate(way, 1)]


def _hop(code: str, analysis: Analysis, names: Names, number: int, taking: Taking) -> dict[str, Any]:
    by_service = taking.how in (How.SERVICE, How.CONSOLE)
    hop = {
        "number": number,
        "source": names.end(taking.origin),
        "target": names.end(taking.node),
        "target_id": taking.node,
        "how": HOW[taking.how],
        "service": service_label(taking.service) if by_service else "",
        "surely": taking.surely,
        "with_credentials": taking.with_credentials,
        "url": links.why(code, taking.origin, taking.node, taking.service) if by_service else "",
        "rule": "",
    }
    if by_service:
        witness = analysis.assessed.explainer.between(taking.sender, taking.target, taking.service)
        hop["rule"] = _deciding(names, witness)
    return hop


def _deciding(names: Names, witness: Explanation) -> str:
    if not witness.steps:
        return _("同じ区画の中なので、止める装置がありません")
    permits = [one for one in witness.decisions if one.rule is not None and not one.is_reply]
    if not permits:
        return _("%(devices)s には、ここを絞る規則がありません") % {
            "devices": listed(names.device(step.device) for step in witness.steps)
        }
    return listed(
        _("%(device)s の%(rule)s")
        % {"device": names.device(one.ruleset.device), "rule": rule_name(one.ruleset, one.rule)}
        for one in permits
    )


def _systems(code: str, analysis: Analysis, spread: Spread, line: str) -> list[dict[str, Any]]:
    nodes = {node.id: node for node in analysis.network.nodes}
    fallen = [(nodes[name], taking) for name, taking in spread.takings.items() if nodes[name].role not in TERMINALS]
    fallen.sort(key=lambda pair: (not pair[1].surely, -pair[0].critical, pair[1].steps))
    return [
        {
            "name": node.name or node.id,
            "importance": importance_word(node.critical),
            "critical": node.critical,
            "count": node.count,
            "steps": taking.steps,
            "surely": taking.surely,
            "url": links.entry(code, line, node.id) + "#way",
        }
        for node, taking in fallen
    ]


def importance_word(critical: int) -> str:
    """Return how important a system is, in words."""
    words = {3: _("止まると診療が止まる"), 2: _("止まると診療が遅れる"), 1: _("手作業で代われる")}
    return words.get(critical, _("影響なし"))


def _terminals(analysis: Analysis, spread: Spread) -> list[dict[str, Any]]:
    nodes = {node.id: node for node in analysis.network.nodes}
    fallen: list[tuple[Node, Taking]] = [
        (nodes[name], taking) for name, taking in spread.takings.items() if nodes[name].role in TERMINALS
    ]
    return [
        {"name": node.name or node.id, "count": node.count, "steps": taking.steps, "surely": taking.surely}
        for node, taking in fallen
    ]


def _fate(names: Names, fate: SystemFate) -> dict[str, Any]:
    return {
        "system": names.end(fate.node),
        "survives": fate.restorable,
        "copies": [
            {
                "name": names.copy(copy.copy.id),
                "survives": copy.survives,
                "because": BECAUSE[copy.because],
                "days": copy.days_lost,
            }
            for copy in fate.copies
        ],
    }


def cut_context(code: str, analysis: Analysis, line: str) -> dict[str, Any]:
    """Return the smallest changes that part a line from every critical system.

    Raises:
        KeyError: the map has no such line.
    """
    names = Names(analysis.network)
    cut = analysis.cut_of(line)
    position = [one.id for one in analysis.network.lines].index(line)
    before, after = cut.before.get(line), cut.after.get(line)
    return {
        "cut": cut,
        "changes": [change_label(names, change) for change in cut.changes],
        "proof": proof_words(cut),
        "is_proved": cut.bound is Bound.MINIMAL,
        "conflicts": [_conflict(code, names, analysis, conflict) for conflict in _distinct(cut.conflicts)],
        "before": before.hosts_surely if before else analysis.assessed.blasts[line].hosts,
        "after": after.hosts_surely if after else None,
        "try_url": links.page(code, "what_if", cut=position),
        "targets": sum(node.critical >= CRITICAL for node in analysis.network.nodes),
    }


def proof_words(cut: Cut) -> str:
    """Return how sure it is that no smaller set of changes is enough."""
    if cut.bound is Bound.MINIMAL:
        return _("これより手間の少ない組み合わせでは止められないことを、計算で確かめました。")
    if cut.bound is Bound.WITHIN:
        return _(
            "時間内に最も少ない組み合わせとまでは言えませんでした（手間の目安 %(cost).1f、少なくとも %(least).1f）。"
        ) % {
            "cost": cut.cost,
            "least": cut.lower_bound,
        }
    return _("時間内に、すべての道を断つ組み合わせを見つけられませんでした。もう一度開くと続きから探します。")


def _distinct(conflicts: tuple[Conflict, ...]) -> list[Conflict]:
    """Return one conflict for each first step: the others of it break by the same means."""
    found: dict[tuple[str, int], Conflict] = {}
    for conflict in conflicts:
        first = conflict.way[0] if conflict.way else None
        found.setdefault((first.node, first.service) if first else (conflict.target, 0), conflict)
    return list(found.values())


def _conflict(code: str, names: Names, analysis: Analysis, conflict: Conflict) -> dict[str, Any]:
    first = conflict.way[0]
    return {
        "source": names.end(first.origin),
        "target": names.end(first.node),
        "service": service_label(first.service) if first.service else "",
        "url": links.why(code, first.origin, first.node, first.service) if first.service else "",
        "needs": [
            {"owner": flow.owner, "until": flow.until, "services": listed(services_text(flow.service))}
            for flow in conflict.flows
        ],
        "jump_host": names.end(conflict.jump_host.host) if conflict.jump_host else "",
        "code": service_text(first.service) if first.service else "",
    }
