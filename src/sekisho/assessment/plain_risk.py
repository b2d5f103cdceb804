"""Threats, assumptions, next measures, forms and the network as JSON values, for `assessment.json` and `sekisho judge`."""

from typing import Any

from sekisho.assessment.judgement import Judgement
from sekisho.domain.judgement.connection_forms import Advice, FormAdvice
from sekisho.domain.judgement.crss import Score, rounded
from sekisho.domain.judgement.network_grounds import LineGround, NetworkGrounds, PairGround, Passage
from sekisho.domain.judgement.network_proofs import NearestMiss
from sekisho.domain.judgement.solutions import NextMeasure
from sekisho.domain.judgement.threats import (
    AssumptionVerdict,
    ControlState,
    Found,
    PathState,
    SharedFinding,
    ThreatsVerdict,
    ThreatVerdict,
)
from sekisho.domain.judgement.verdict import Evidence, Missing
from sekisho.domain.reporting.risk import SmallestChanges

Plain = dict[str, Any]


def risk_to_plain(judgement: Judgement) -> Plain:
    """Return the keys `threats`, `assumptions`, `next_measures`, `forms` and `network` (null without a network)."""
    verdict, risk = judgement.threats, judgement.risk
    return {
        "threats": _threats(verdict),
        "assumptions": [_assumption(one) for one in verdict.assumptions],
        "premise": {"number": verdict.premise.number, "title": verdict.premise.title.as_dict()},
        "next_measures": [_measure(measure) for measure in judgement.measures],
        "forms": _forms(judgement.advice),
        "network": _network(risk.grounds, risk.miss, risk.changes) if risk.grounds is not None else None,
    }


# ---- threats ----


def _threats(verdict: ThreatsVerdict) -> Plain:
    return {
        "rules_version": verdict.version,
        "source": verdict.source.as_dict(),
        "total": _number(verdict.total, "0.01"),
        "verdicts": [_threat(one) for one in verdict.threats],
        "controls": [_control(state) for state in verdict.states.values()],
        "shared": [_shared(one) for one in verdict.shared],
        "paths": [_path(path) for path in verdict.paths],
    }


def _threat(verdict: ThreatVerdict) -> Plain:
    threat = verdict.threat
    return {
        "rule": verdict.rule_id,
        "version": verdict.version,
        "id": threat.id,
        "path": threat.path,
        "who": threat.who.as_dict(),
        "when": threat.when.as_dict(),
        "why": threat.why.as_dict(),
        "what": threat.what.as_dict(),
        "assets": list(threat.assets),
        "goals": list(threat.goals),
        "applies": verdict.applies.value,
        "absence": _found(verdict.absence) if verdict.threat.absent_when else None,
        "starting": {"vector": str(threat.vector), **_score(verdict.starting), "certainty": threat.certainty.value},
        "score": {"vector": str(verdict.vector), **_score(verdict.score)},
        "best": {"vector": str(verdict.best), **_score(verdict.best_score)},
        "level": verdict.level.value if verdict.level else None,
        "lowered_by": [state.control.id for state in verdict.lowered_by],
        "not_lowered_by": [
            {"control": state.control.id, "outcome": state.outcome.value} for state in verdict.could_be_lowered_by
        ],
        "shares": threat.shares or None,
        "witness": verdict.witness.as_dict() if verdict.witness.ja else None,
        "missing": [_missing(asked) for asked in verdict.missing],
    }


def _score(score: Score) -> Plain:
    return {
        "ease": _number(score.ease, "0.001"),
        "effect": _number(score.effect, "0.001"),
        "risk": _number(score.risk, "0.01"),
        "shown": float(score.shown),
        "level": score.level.value,
    }


def _number(number: Any, unit: str) -> float:
    return float(rounded(number, unit))


def _control(state: ControlState) -> Plain:
    control = state.control
    return {
        "rule": f"control.{control.id}",
        "id": control.id,
        "title": control.title.as_dict(),
        "moves": {move.metric: move.cap.value if move.cap else "step" for move in control.moves},
        "certainty": control.certainty.value,
        "source": control.source.as_dict(),
        "remedy": control.remedy.as_dict(),
        **_found(state.found),
    }


def _found(found: Found) -> Plain:
    return {
        "outcome": found.outcome.value,
        "because": found.said.as_dict(),
        "inputs": [_evidence(seen) for seen in found.evidence],
        "missing": [_missing(asked) for asked in found.missing],
    }


def _evidence(seen: Evidence) -> Plain:
    return {
        "label": seen.label.as_dict(),
        "value": seen.value.as_dict(),
        "source": seen.source.as_dict(),
        "witness": seen.witness,
    }


def _missing(asked: Missing) -> Plain:
    return {"fact": asked.fact, "question": asked.question.as_dict()}


def _shared(shared: SharedFinding) -> Plain:
    return {
        "id": shared.id,
        "title": shared.title.as_dict(),
        "threats": list(shared.threats),
        "outcome": shared.outcome.value,
        "because": shared.said.as_dict(),
    }


def _path(path: PathState) -> Plain:
    return {
        "path": path.path,
        "title": path.title.as_dict(),
        "open": path.open.value,
        "leaves": [
            {"leaf": leaf.leaf.value, "holds": leaf.holds.value, "missing": [control.id for control in leaf.missing]}
            for leaf in path.leaves
        ],
        "cut": [control.id for control in path.cut],
    }


def _assumption(verdict: AssumptionVerdict) -> Plain:
    return {
        "rule": verdict.rule_id,
        "version": verdict.version,
        "number": verdict.assumption.number,
        "title": verdict.assumption.title.as_dict(),
        "said": verdict.said.as_dict(),
        "understates": list(verdict.assumption.understates),
        "remedy": verdict.assumption.remedy.as_dict(),
        **_found(verdict.found),
    }


# ---- what to do ----


def _measure(measure: NextMeasure) -> Plain:
    option = measure.option
    return {
        "id": option.id,
        "kind": option.kind.value,
        "layer": option.layer,
        "title": option.title.as_dict(),
        "what": option.what.as_dict(),
        "effort": option.effort,
        "certainty": option.certainty.value,
        "removed": _number(measure.removed, "0.01"),
        "removed_alone": _number(measure.alone, "0.01"),
        "per_effort": round(float(measure.per_effort), 2),
        "because": measure.because.as_dict(),
        "puts": list(option.puts),
        "lowers": [
            {"threat": one.threat, "before": float(one.before.shown), "after": float(one.after.shown)}
            for one in measure.lowers
        ],
        "ask_first": [control.id for control in measure.unknown],
        "measure": option.measure or None,
    }


def _forms(advice: Advice) -> Plain:
    return {
        "version": advice.version,
        "needed": advice.needed,
        "note": advice.note.as_dict(),
        "order_is": "sekisho",
        "ranked": [_form(one) for one in advice.ranked],
        "missing": [_missing(asked) for asked in advice.missing],
    }


def _form(advice: FormAdvice) -> Plain:
    form = advice.form
    return {
        "id": form.id,
        "number": form.number,
        "title": form.title.as_dict(),
        "views": {view.value: text.as_dict() for view, text in form.views.items()},
        "comment": form.comment.as_dict(),
        "trial": form.trial.value,
        "points": advice.points,
        "reasons": [
            {"trait": rule.trait, "fact": rule.fact, "points": rule.points, "because": rule.because.as_dict()}
            for rule in advice.reasons
        ],
    }


# ---- network ----


def _network(grounds: NetworkGrounds, miss: NearestMiss | None, changes: SmallestChanges | None) -> Plain:
    return {
        "coverage": round(grounds.coverage, 4),
        "gateways": grounds.gateways,
        "gateways_known": grounds.gateways_known,
        "unread": grounds.unread,
        "hosts": grounds.hosts_all,
        "lines": [_line(line) for line in grounds.lines],
        "departments": {
            "groups": list(grounds.groups),
            "pairs": [_pair(pair) for pair in grounds.pairs],
            "nearest_miss": _miss(miss) if miss is not None else None,
        },
        "systems": [
            {"name": system.name, "offline_copy": system.offline.value, "lost_from": list(system.lost_from)}
            for system in grounds.systems
        ],
        "cut": _changes(changes) if changes is not None else None,
    }


def _line(line: LineGround) -> Plain:
    return {
        "id": line.id,
        "number": line.number,
        "name": line.name,
        "path": line.path.value if line.path else None,
        "where": line.where,
        "ends_at_device": line.ends_at_device.value,
        "open_rule": line.open_rule or None,
        "undeclared": [_passage(passage) for passage in line.undeclared],
        "undeclared_count": line.undeclared_count,
        "doubtful_count": line.doubtful_count,
        "systems": list(line.systems),
        "systems_maybe": list(line.systems_maybe),
        "hosts": line.hosts,
        "hosts_maybe": line.hosts_maybe,
        "steps": line.steps,
        "critical": line.critical.value,
        "way": [{"at": place, "by": how} for place, how in line.way],
        "copies": {
            "surviving": line.copies_surviving,
            "lost": line.copies_lost,
            "unknown": line.copies_unknown,
            "systems_without": list(line.without_copy),
        },
    }


def _passage(passage: Passage) -> Plain:
    return {
        "source": passage.source,
        "target": passage.target,
        "service": passage.service,
        "rule": passage.rule,
        "surely": passage.surely,
        "line": passage.line or None,
        "text": passage.text or None,
    }


def _pair(pair: PairGround) -> Plain:
    return {
        "source": pair.source,
        "target": pair.target,
        "state": pair.state.value,
        "count": pair.count,
        "passages": [_passage(passage) for passage in pair.passages],
    }


def _miss(miss: NearestMiss) -> Plain:
    return {
        "said": miss.said.as_dict(),
        "pairs": miss.pairs_all,
        "open": len(miss.open),
        "unguarded": miss.unguarded,
        "unknown": miss.unknown,
        "unexplained": miss.unexplained,
        "rules": [
            {"rule": rule.rule, "pairs": rule.pairs, "passages": [_passage(passage) for passage in rule.passages]}
            for rule in miss.rules
        ],
        "lines": miss.lines_all,
        "lines_open": [line.id for line in miss.lines_open],
        "lines_unknown": miss.lines_unknown,
    }


def _changes(changes: SmallestChanges) -> Plain:
    return {
        "changes": [change.as_dict() for change in changes.changes],
        "bound": changes.bound.as_dict(),
        "proved_minimal": changes.is_minimal,
        "separated": changes.is_separated,
        "conflicts": [conflict.as_dict() for conflict in changes.conflicts],
        "declared_needs_broken": changes.broken_needs,
    }
