"""An assessment as JSON values: a stable form with sorted keys, for other programs and for comparing two runs.

`schema` names the form; within one schema keys are only added. Every verdict carries rule id and version, its inputs
and what is missing. Texts carry both languages. Nothing here holds a credential: the readers dropped them.
"""

import json
from collections.abc import Sequence
from typing import Any

from sekisho.assessment.assess import Assessment
from sekisho.assessment.case import Case
from sekisho.assessment.judgement import Judgement
from sekisho.assessment.plain_risk import risk_to_plain
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.facts import to_plain
from sekisho.domain.judgement.level import ControlVerdict, LevelVerdict
from sekisho.domain.judgement.override import LevelOverride
from sekisho.domain.judgement.summary import summarise
from sekisho.domain.judgement.verdict import PredicateVerdict
from sekisho.domain.reporting.frozen import report_hash
from sekisho.domain.workbook.schema import Problem

SCHEMA = "sekisho.assessment/1"
JUDGEMENT_SCHEMA = "sekisho.judgement/1"

Plain = dict[str, Any]


def assessment_to_plain(assessment: Assessment) -> Plain:
    """Return the whole assessment but for its drawing and report, which are files of their own."""
    case = assessment.case
    return {
        "schema": SCHEMA,
        "hospital": _hospital(case),
        "assessed_at": case.assessed_at.isoformat(),
        "level": _level(assessment.level, assessment.judged.override, assessment.judged.effective_level),
        **risk_to_plain(assessment.judgement),
        "declarations": _declarations(case),
        "lines": [_line(line.number, line.reference, to_plain(line.ehr_connection)) for line in case.register.lines],
        "sightings": [
            {"number": seen.number, "location": seen.location, "line_number": seen.line_number}
            for seen in case.survey.sightings
        ],
        "scans": [_scan(scan) for scan in case.scans],
        "problems": problems_to_plain(case.problems),
        "notes": [note.as_dict() for note in case.notes],
        "sources": _sources(case),
        "report": {
            "sha256": report_hash(assessment.report),
            "rules": [{"name": rule.name.as_dict(), "version": rule.version} for rule in assessment.report.rules],
        },
    }


def judgement_to_plain(judgement: Judgement) -> Plain:
    """Return the verdicts alone, as `sekisho judge` prints them."""
    case, level = judgement.case, judgement.level
    return {
        "schema": JUDGEMENT_SCHEMA,
        "hospital": _hospital(case),
        "assessed_at": case.assessed_at.isoformat(),
        "level": _level(level, None, level.level),
        **risk_to_plain(judgement),
        "problems": problems_to_plain(case.problems),
        "notes": [note.as_dict() for note in case.notes],
        "sources": _sources(case),
    }


def to_json(plain: object) -> str:
    """Return JSON as we write it: keys sorted, two spaces, Japanese as it is, a line end at the end."""
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False) + "\n"


def problems_to_plain(problems: Sequence[Problem]) -> list[Plain]:
    """Return problems in the order they were found."""
    return [
        {
            "sheet": problem.sheet,
            "cell": problem.cell,
            "rule": problem.rule,
            "severity": problem.severity.value,
            "message": problem.message.as_dict(),
        }
        for problem in problems
    ]


def _hospital(case: Case) -> Plain:
    return {"code": case.code, "name": to_plain(case.register.basics.name), "beds": to_plain(case.register.basics.beds)}


def _line(number: int, reference: str, ehr_connection: object) -> Plain:
    return {"number": number, "reference": reference, "ehr_connection": ehr_connection}


def _level(verdict: LevelVerdict, override: LevelOverride | None, effective_level: int) -> Plain:
    return {
        "level": verdict.level,
        "effective_level": effective_level,
        "best_possible": verdict.best_possible,
        "urgent": verdict.urgent,
        "summary": summarise(verdict).as_dict(),
        "notes": [note.as_dict() for note in verdict.notes],
        "controls": [_control(control) for control in verdict.controls],
        "nearest_miss": [miss.rule_id for miss in verdict.nearest_miss],
        "missing": [{"fact": asked.fact, "question": asked.question.as_dict()} for asked in verdict.missing],
        "rules_version": verdict.rules_version,
        "override": _override(override),
    }


def _override(override: LevelOverride | None) -> Plain | None:
    if override is None:
        return None
    return {
        "level": override.level,
        "reason": override.reason,
        "by": override.by,
        "at": override.at.isoformat(),
    }


def _control(control: ControlVerdict) -> Plain:
    return {
        "control": control.control.value,
        "grade": control.grade.value,
        "at_least": control.at_least.value,
        "at_most": control.at_most.value,
        "predicates": [_predicate(predicate) for predicate in control.predicates],
    }


def _predicate(verdict: PredicateVerdict) -> Plain:
    return {
        "rule": verdict.rule_id,
        "version": verdict.version,
        "title": verdict.title.as_dict(),
        "outcome": verdict.outcome.value,
        "because": verdict.because.as_dict(),
        "remedy": verdict.remedy.as_dict(),
        "inputs": [
            {
                "label": seen.label.as_dict(),
                "value": seen.value.as_dict(),
                "source": seen.source.as_dict(),
                "witness": seen.witness,
            }
            for seen in verdict.evidence
        ],
        "missing": [{"fact": asked.fact, "question": asked.question.as_dict()} for asked in verdict.missing],
        "source": verdict.source.as_dict(),
    }


def _declarations(case: Case) -> Plain:
    return {
        fact: {"value": to_plain(declared.value), "remark": declared.remark, "source": declared.source}
        for fact, declared in case.declarations.facts.items()
    }


def _scan(scan: AddressScan) -> Plain:
    return {
        "address": scan.address,
        "started_at": scan.started_at.isoformat() if scan.started_at else None,
        "is_up": scan.is_up,
        "evidence": scan.evidence,
        "tool": scan.tool,
        "ports": [
            {"port": port.name, "state": port.state, "service": port.service, "product": port.product,
             "version": port.version}
            for port in scan.ports
        ],
    }  # fmt: skip


def _sources(case: Case) -> list[Plain]:
    return [{"path": s.path, "sha256": s.sha256, "size_bytes": s.size_bytes} for s in case.sources]
