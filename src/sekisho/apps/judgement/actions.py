"""Every write about a hospital's level: declarations, the files it is judged by, overrides."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from sekisho.apps.judgement import queries
from sekisho.apps.judgement.models import CaseFile, CurrentLevel, DeclaredFact, LevelOverride
from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.judgement.level import LevelVerdict
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.files.models import StoredFile
from sekisho.foundation.tenancy.models import Hospital


class DeclaredMeanwhile(Exception):
    """Somebody else has answered this question since the page was opened. Nothing was written."""

    def __init__(self, current: DeclaredFact) -> None:
        super().__init__(current.fact)
        self.current = current


class AnswerNotOffered(Exception):
    """The answer is not one of the question's options."""


class ReasonMissing(Exception):
    """An override needs a reason."""


def lock(hospital: Hospital) -> None:
    """Let everybody else who writes about the hospital's level wait until this transaction ends."""
    Hospital.objects.select_for_update().get(pk=hospital.pk)


@transaction.atomic
def declare(
    hospital: Hospital,
    *,
    fact: str,
    answer: Answer[str],
    by: User | None,
    remark: str = "",
    base_version: int | None = None,
    source: str = "",
) -> DeclaredFact:
    """Set the hospital's answer to one question of the level catalogue. `base_version` 0 means: none was seen.

    Raises:
        AnswerNotOffered: the question or the option does not exist.
        DeclaredMeanwhile: another answer came in since `base_version`.
    """
    if not queries.is_offered(fact, answer):
        raise AnswerNotOffered(f"{fact}={answer}")
    lock(hospital)
    current = DeclaredFact.objects.select_for_update().filter(hospital=hospital, fact=fact).first()
    value = answer if isinstance(answer, str) else ""
    unknown = isinstance(answer, Unknown)
    remark = remark or (answer.reason if isinstance(answer, Unknown) else "")
    if current is not None and (current.value, current.is_unknown, current.remark) == (value, unknown, remark[:500]):
        return current
    if base_version is not None and base_version != (current.version if current else 0):
        if current is not None:
            raise DeclaredMeanwhile(current)
        base_version = 0
    before = _readable(current)
    declared = current or DeclaredFact(hospital=hospital, fact=fact, version=0)
    declared.value, declared.is_unknown, declared.remark = value, unknown, remark[:500]
    declared.declared_at, declared.declared_by, declared.source = timezone.now(), by, source[:200]
    declared.version += 1
    declared.save()
    record("judgement.fact.declared", declared, by=by, changes={fact: [before, _readable(declared)]})
    return declared


def _readable(declared: DeclaredFact | None) -> Any:
    if declared is None:
        return None
    answer = {"unknown": declared.remark} if declared.is_unknown else declared.value or None
    return f"{answer} ({declared.remark})" if declared.remark and not declared.is_unknown else answer


@transaction.atomic
def add_case_file(hospital: Hospital, *, kind: str, file: StoredFile, by: User | None) -> CaseFile:
    """Judge the hospital by `file` too. A new network or survey file replaces the former one; scans add up."""
    lock(hospital)
    if kind != CaseFile.Kind.SCAN:
        CaseFile.objects.filter(hospital=hospital, kind=kind, replaced_at__isnull=True).update(
            replaced_at=timezone.now()
        )
    added = CaseFile.objects.create(hospital=hospital, kind=kind, file=file)
    record("judgement.case-file.added", added, by=by, changes={"kind": [None, kind], "sha256": [None, file.sha256]})
    return added


@transaction.atomic
def keep_level(hospital: Hospital, *, verdict: LevelVerdict, at: datetime) -> CurrentLevel:
    """Keep the computed level for lists over many hospitals."""
    current, _created = CurrentLevel.objects.update_or_create(
        hospital=hospital,
        defaults={
            "level": verdict.level,
            "best_possible": verdict.best_possible,
            "urgent": verdict.urgent,
            "rules_version": verdict.rules_version,
            "verdict": queries.verdict_as_json(verdict),
            "computed_at": at,
        },
    )
    return current


@transaction.atomic
def override_level(hospital: Hospital, *, level: int, verdict: LevelVerdict, reason: str, by: User) -> LevelOverride:
    """Put `level` in place of the computed one. An override in force is withdrawn first; nothing is lost.

    Raises:
        ReasonMissing: `reason` is blank.
    """
    if not reason.strip():
        raise ReasonMissing
    lock(hospital)
    withdraw_override(hospital, by=by)
    override = LevelOverride.objects.create(
        hospital=hospital,
        level=level,
        computed_level=verdict.level,
        reason=reason.strip(),
        rules_version=verdict.rules_version,
        verdict=queries.verdict_as_json(verdict),
        made_by=by,
    )
    record(
        "judgement.level.overridden", override, by=by, changes={"level": [verdict.level, level]}, reason=reason.strip()
    )
    return override


@transaction.atomic
def withdraw_override(hospital: Hospital, *, by: User) -> bool:
    """Let the computed level stand again; return False when no override is in force."""
    override = queries.override_in_force(hospital)
    if override is None:
        return False
    LevelOverride.objects.filter(pk=override.pk).update(withdrawn_at=timezone.now(), withdrawn_by=by)
    record(
        "judgement.level.override-withdrawn",
        override,
        by=by,
        changes={"level": [override.level, override.computed_level]},
    )
    return True
