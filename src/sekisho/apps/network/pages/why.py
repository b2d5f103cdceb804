"""Why one thing can, or cannot, talk to another: the verdict, hop by hop, and what would be needed to know."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sekisho.apps.network.analysis import Analysis
from sekisho.apps.network.pages import links
from sekisho.apps.network.words import (
    REACHED,
    Names,
    addresses_label,
    doubt_label,
    place_label,
    rule_label,
    service_label,
)
from sekisho.domain.network.addresses import address_text
from sekisho.domain.network.explain import Decision, Explanation, Step, Way
from sekisho.domain.network.matrix import groups_of_nodes
from sekisho.domain.network.model import Rule, RuleSet
from sekisho.domain.network.services import NotAService, service_span, service_text
from sekisho.domain.tri import Tri

OpensConfiguration = Callable[[str, int], str]
"""Returns where a line of a configuration file is shown, "" when the file is not here."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked; parts not chosen or not in the map are ""/None."""

    source: str = ""
    target: str = ""
    service: int | None = None


def asked_of(analysis: Analysis, source: str, target: str, service: str) -> Asked:
    """Return the question as far as it names what is in the map; a service that was not computed counts as none."""
    ends = {node.id for node in analysis.network.nodes} | {line.id for line in analysis.network.lines}
    nodes = set(analysis.assessed.reach.classes.of_node)
    number = None
    try:
        number = service_span(service)[0] if service else None
    except NotAService:
        number = None
    if number not in analysis.assessed.reach.asked:
        number = None
    return Asked(source if source in ends else "", target if target in nodes else "", number)


def choices_of(analysis: Analysis) -> dict[str, Any]:
    """Return what can be chosen: lines, hosts by department, services by target."""
    names = Names(analysis.network)
    groups = groups_of_nodes(analysis.network, analysis.assessed.reach)
    by_group: dict[str, list[tuple[str, str]]] = {}
    for node in analysis.network.nodes:
        for group in groups.get(node.id, ())[:1] or ("",):
            by_group.setdefault(group, []).append((node.id, names.end(node.id)))
    services = [(service_text(service), service_label(service)) for service in analysis.assessed.reach.asked]
    return {
        "line_choices": [(line.id, names.end(line.id)) for line in analysis.network.lines],
        "node_choices": list(by_group.items()),
        "service_choices": services,
    }


def answers_of(code: str, analysis: Analysis, asked: Asked) -> list[dict[str, Any]]:
    """Return the answer for every service of the target that something can listen on."""
    reach = analysis.assessed.reach
    listens = {node.id: node.listens for node in analysis.network.nodes}[asked.target]
    shown = [service for service in reach.asked if service in listens]
    answers = []
    for service in shown:
        reached = reach.answer(asked.source, asked.target, service)
        answers.append(
            {
                "label": service_label(service),
                "reached": reached,
                "word": REACHED[reached],
                "url": links.why(code, asked.source, asked.target, service),
                "current": service == asked.service,
            }
        )
    return answers


def why_context(code: str, analysis: Analysis, asked: Asked, opens: OpensConfiguration) -> dict[str, Any]:
    """Return the explanation of one question as the page shows it."""
    assert asked.service is not None  # noqa: S101  (the view asks only with a service)
    names = Names(analysis.network)
    found = analysis.assessed.explainer.explain(asked.source, asked.target, asked.service)
    unsure = {doubt.what for doubt in found.doubts}
    steps = [_step(names, number, step, opens, unsure) for number, step in enumerate(found.steps, 1)]
    return {
        "reached": found.reached,
        "word": REACHED[found.reached],
        "because": _because(names, found),
        "steps": steps,
        "source_name": names.end(asked.source),
        "target_name": names.end(asked.target),
        "service_name": service_label(asked.service),
        "source_address": address_text(found.source_address) if found.source_address else "",
        "target_address": address_text(found.target_address) if found.target_address else "",
        "dialled": address_text(found.dialled) if found.dialled not in (0, found.target_address) else "",
        "doubts": list(dict.fromkeys(doubt_label(names, doubt) for doubt in found.doubts)) + _tainted(names, found),
        "need": _need(analysis, asked),
    }


def _need(analysis: Analysis, asked: Asked) -> Any:
    flows = (
        flow
        for flow in analysis.network.flows
        if (flow.source, flow.target) == (asked.source, asked.target) and (asked.service or 0) in flow.service
    )
    flow = next(flows, None)
    if flow is None:
        return None
    return {
        "owner": flow.owner,
        "until": flow.until,
        "expired": flow.is_expired(analysis.assessed.today),
        "reason": flow.reason,
    }


def _because(names: Names, found: Explanation) -> str:
    """Return in one sentence what decides."""
    if found.way is Way.NOT_LISTENING:
        return _("相手がこのサービスを受け付けていません。")
    if found.way is Way.NO_WAY:
        return _("ここからそこへ向かう経路がありません。")
    if found.way is Way.SAME_SEGMENT:
        return _("同じ区画の中なので、間に止める装置がありません。")
    deciding = next((one for one in found.decisions if one.passes is not Tri.YES), None)
    if found.reached is Tri.NO and deciding is not None:
        return _("「%(device)s」が止めます（%(rule)s）。") % {
            "device": names.device(deciding.ruleset.device),
            "rule": rule_name(deciding.ruleset, deciding.rule),
        }
    if found.reached is Tri.UNKNOWN:
        return _("途中に分からないところがあるので、通るとも通らないとも言えません。")
    permits = [one for one in found.decisions if one.rule is not None and not one.is_reply]
    if not permits:
        return _("途中のどの装置にも、ここを絞る規則がありません。")
    return _("「%(device)s」が通します（%(rule)s）。") % {
        "device": names.device(permits[-1].ruleset.device),
        "rule": rule_name(permits[-1].ruleset, permits[-1].rule),
    }


def rule_name(ruleset: RuleSet, rule: Rule | None) -> str:
    """Return what people call a rule of a set: its number, else that none of the rules matched."""
    if rule is None:
        return _("どの規則にも当てはまらないときの扱い")
    return _("規則 %(seq)s") % {"seq": rule.seq}


def _tainted(names: Names, found: Explanation) -> list[tuple[str, str]]:
    """Return the rules that could not be read for sure and that might decide otherwise."""
    if found.reached is not Tri.UNKNOWN:
        return []
    told = []
    for decision in found.decisions:
        device = names.device(decision.ruleset.device)
        for rule in decision.tainted_by:
            what = _("「%(device)s」の%(rule)sが、この通信に当てはまるか分かりません。")
            told.append(
                (
                    what % {"device": device, "rule": rule_name(decision.ruleset, rule)},
                    _("設定のこの行の意味を、保守会社に確かめてください。"),
                )
            )
        if decision.passes is Tri.UNKNOWN and not decision.tainted_by:
            what = _("「%(device)s」の規則が分かりません。")
            told.append(
                (what % {"device": device}, _("この装置の設定ファイルを保守会社に出してもらい、入れてください。"))
            )
    return list(dict.fromkeys(told))


def _step(names: Names, number: int, step: Step, opens: OpensConfiguration, unsure: set[str]) -> dict[str, Any]:
    return {
        "unsure": step.device in unsure,
        "number": number,
        "device": names.device(step.device),
        "entering": names.interface(step.device, step.entering),
        "leaving": names.interface(step.device, step.leaving),
        "decisions": [_decision(names, decision, opens) for decision in step.decisions],
    }


def _decision(names: Names, decision: Decision, opens: OpensConfiguration) -> dict[str, Any]:
    rule, ruleset = decision.rule, decision.ruleset
    return {
        "place": place_label(names, ruleset.device, ruleset.at),
        "is_reply": decision.is_reply,
        "passes": decision.passes,
        "word": {Tri.YES: _("通す"), Tri.NO: _("止める"), Tri.UNKNOWN: _("分からない")}[decision.passes],
        "rule": rule_name(ruleset, rule),
        "text": rule_label(rule) if rule is not None else "",
        **_origin(ruleset, rule, opens),
        "next_stop": _next_stop(decision, opens),
        "stops_by_default": decision.would_stop_by_default,
    }


def _origin(ruleset: RuleSet, rule: Rule | None, opens: OpensConfiguration) -> dict[str, Any]:
    if rule is None or rule.origin is None:
        return {"line": None, "written": "", "file": "", "url": ""}
    file = ruleset.source.removeprefix("parsed:") if ruleset.source.startswith("parsed:") else ""
    return {
        "line": rule.origin.line,
        "written": rule.origin.text,
        "file": file,
        "url": opens(file, rule.origin.line) if file else "",
    }


def _next_stop(decision: Decision, opens: OpensConfiguration) -> dict[str, Any] | None:
    rule = decision.next_stop
    if rule is None:
        return None
    shown = {"rule": rule_name(decision.ruleset, rule), "text": rule_label(rule)}
    return shown | _origin(decision.ruleset, rule, opens)


def line_source(analysis: Analysis, line: str) -> str:
    """Return from which addresses a line's packets come."""
    return next((addresses_label(one.source) for one in analysis.network.lines if one.id == line), "")
