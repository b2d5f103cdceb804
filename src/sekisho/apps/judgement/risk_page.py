"""What the risk page shows: what to do next, the threats with their scores, broken assumptions, ways to the cloud."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sekisho.apps.judgement import case_files
from sekisho.assessment.judgement import Judgement
from sekisho.catalogue.solution_tables import load_forms, load_solutions
from sekisho.domain.judgement.connection_forms import FormAdvice
from sekisho.domain.judgement.crss import RiskLevel
from sekisho.domain.judgement.solutions import NextMeasure
from sekisho.domain.judgement.threats import ThreatVerdict
from sekisho.domain.reporting.sections.threats import LEVELS
from sekisho.domain.tri import Tri
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest
from sekisho.foundation.ui.statuses import Status

MOST_MEASURES = 6
"""Six first; the rest on request."""
_STATUS = {RiskLevel.DANGER: Status.DANGER, RiskLevel.WARNING: Status.WARNING, RiskLevel.CAUTION: Status.CAUTION}


@requires(Permission.LEVEL_VIEW)
@require_GET
def risk(request: HospitalRequest) -> HttpResponse:
    """The threats with their scores, what to do next, and the ways to cloud services."""
    return render(request, "judgement/risk.html", risk_context(case_files.judgement_of(request.hospital)))


def risk_context(judgement: Judgement) -> dict[str, Any]:
    """Return what the page shows of one judgement."""
    measures = [_measure(measure) for measure in judgement.measures if measure.removed]
    threats = judgement.threats
    return {
        "measures": measures[:MOST_MEASURES],
        "later": measures[MOST_MEASURES:],
        "threats": [_threat(verdict) for verdict in threats.by_risk],
        "counts": _counts(threats.threats),
        "broken": threats.broken,
        "doubtful": [verdict for verdict in threats.assumptions if verdict.outcome is Tri.UNKNOWN],
        "shared": [finding for finding in threats.shared if finding.outcome is not Tri.YES],
        "advice": judgement.advice,
        "forms": [_form(advice) for advice in judgement.advice.ranked],
        "viewpoints": list(load_forms().viewpoints.values()),
        "has_network": judgement.network is not None,
        "version": threats.version,
        "source": threats.source,
    }


def _counts(verdicts: tuple[ThreatVerdict, ...]) -> list[tuple[Status, Any, int]]:
    return [
        (_STATUS[level], LEVELS[level][0], sum(verdict.level is level for verdict in verdicts)) for level in RiskLevel
    ]


def _measure(measure: NextMeasure) -> dict[str, Any]:
    option = measure.option
    return {
        "title": option.title,
        "what": option.what,
        "needs": option.needs,
        "effort": option.effort,
        "layer": load_solutions().layers.get(option.layer),
        "because": measure.because,
        "unknown": [control.title for control in measure.unknown],
    }


def _threat(verdict: ThreatVerdict) -> dict[str, Any]:
    level = verdict.level
    return {
        "id": verdict.threat.id,
        "who": verdict.threat.who,
        "what": verdict.threat.what,
        "why": verdict.threat.why,
        "level": LEVELS[level][0] if level is not None else None,
        "status": _STATUS[level] if level is not None else Status.NO,
        "absence": verdict.absence.said,
        "score": verdict.score.shown,
        "starting": verdict.starting.shown,
        "best": verdict.best_score.shown,
        "witness": verdict.witness if verdict.witness.ja else None,
        "in_place": [state.control.title for state in verdict.lowered_by],
        "could": [
            (state.control.title, _("不明") if state.outcome is Tri.UNKNOWN else "")
            for state in verdict.could_be_lowered_by
        ],
        "missing": verdict.missing,
        "rule": f"{verdict.rule_id} {verdict.version}",
    }


def _form(advice: FormAdvice) -> dict[str, Any]:
    return {
        "title": advice.form.title,
        "number": advice.form.number,
        "points": advice.points,
        "views": list(advice.form.views.values()),
        "comment": advice.form.comment,
        "reasons": [rule.because for rule in advice.reasons],
        "open": [rule.because for rule in advice.open],
    }
