"""Every read about a hospital's level, and the hospital as the case that the main job takes."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from sekisho.apps.judgement.models import CaseFile, CurrentLevel, DeclaredFact, LevelOverride
from sekisho.apps.register.queries import register_of
from sekisho.catalogue.levels import load_level_rules
from sekisho.catalogue.threat_tables import load_threats
from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.judgement.declarations import Declaration, Declarations
from sekisho.domain.judgement.fact_sources import FactSource
from sekisho.domain.judgement.level import LevelVerdict
from sekisho.domain.judgement.level_rules import judge_level
from sekisho.domain.judgement.level_schema import Fact
from sekisho.domain.survey.observations import SurveyObservations
from sekisho.domain.text import Text
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.tenancy.models import Hospital


def facts() -> tuple[Fact, ...]:
    """Return the questions of the level catalogue and those behind the threats, in the order of the catalogues."""
    return (*load_level_rules().facts, *load_threats().own_questions)


def is_offered(fact: str, answer: Answer[str]) -> bool:
    """Return True when `answer` is one that question `fact` offers; unknown and unanswered always are."""
    question = next((question for question in facts() if question.key == fact), None)
    if question is None:
        return False
    return answer is None or isinstance(answer, Unknown) or question.option(answer) is not None


def declared_facts(hospital: Hospital) -> dict[str, DeclaredFact]:
    """Return the hospital's current answers by fact key."""
    return {
        declared.fact: declared
        for declared in DeclaredFact.objects.filter(hospital=hospital).select_related("declared_by")
    }


def declarations_of(hospital: Hospital) -> Declarations:
    """Return the hospital's answers as the domain takes them."""
    return Declarations({key: _declaration(declared) for key, declared in declared_facts(hospital).items()})


def _declaration(declared: DeclaredFact) -> Declaration:
    value: Answer[str] = Unknown(declared.remark) if declared.is_unknown else declared.value or None
    who = declared.declared_by.name if declared.declared_by else "Sekisho"
    source = declared.source or f"{who} {declared.declared_at:%Y-%m-%d}"
    return Declaration(value=value, remark=declared.remark, source=source)


def case_files(hospital: Hospital) -> list[CaseFile]:
    """Return the files beside the register that the hospital is judged by now."""
    return list(CaseFile.objects.filter(hospital=hospital, replaced_at__isnull=True).select_related("file"))


def judge(hospital: Hospital, survey: SurveyObservations, *, proven: Sequence[FactSource] = ()) -> LevelVerdict:
    """Return the level of `hospital` from the register, its declarations, what was seen on site and what is proven."""
    return judge_level(register_of(hospital), declarations_of(hospital), survey, load_level_rules(), proven=proven)


def current_level(hospital: Hospital) -> CurrentLevel | None:
    """Return the level as computed last, None when it never was."""
    return CurrentLevel.objects.filter(hospital=hospital).first()


def override_in_force(hospital: Hospital) -> LevelOverride | None:
    """Return the person's level that stands in place of the computed one, None when there is none."""
    return LevelOverride.objects.filter(hospital=hospital, withdrawn_at__isnull=True).select_related("made_by").first()


def verdict_as_json(value: Any) -> Any:
    """Return a verdict as plain JSON values, every field by name."""
    if isinstance(value, Text):
        return value.as_dict()
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: verdict_as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [verdict_as_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): verdict_as_json(item) for key, item in value.items()}
    return value


def unanswered_facts(hospital: Hospital) -> int:
    """Return how many questions nobody has answered, not even with "unknown"."""
    answered = {key for key, declared in declared_facts(hospital).items() if declared.value or declared.is_unknown}
    return sum(question.key not in answered for question in facts())


def level_subquery() -> Subquery:
    """Return the level computed last, for lists over many hospitals."""
    return Subquery(CurrentLevel.objects.filter(hospital=OuterRef("pk")).values("level")[:1])


def declaration_events(hospital: Hospital) -> QuerySet[AuditEvent]:
    """Return the audit events about the hospital's declarations."""
    return AuditEvent.objects.filter(hospital=hospital, verb="judgement.fact.declared")
