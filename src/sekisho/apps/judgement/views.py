"""The pages of a hospital's level."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import BoundField
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sekisho.apps.judgement import actions, case_files, queries
from sekisho.apps.judgement.forms import CaseFileForm, FactsForm, OverrideForm, answer_of
from sekisho.apps.judgement.models import DeclaredFact
from sekisho.apps.network.queries import current_plan
from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.judgement.level import Control, Grade, LevelVerdict
from sekisho.domain.judgement.level_schema import Fact
from sekisho.domain.judgement.summary import summarise
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.audit.seen import Seen, unseen_change
from sekisho.foundation.files.sniffing import FileRefused
from sekisho.foundation.tenancy import access
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest
from sekisho.foundation.ui.components import Coverage
from sekisho.foundation.ui.texts import speak

CONTROL_LABELS = {
    Control.EXTERNAL: _lazy("外との接続を管理しているか"),
    Control.MEDIA: _lazy("USBメモリなどを管理しているか"),
    Control.INTERNAL: _lazy("院内の中の仕切りがあるか"),
}
GRADE_MARKS = {Grade.FULL: "○", Grade.PARTIAL: "△", Grade.NONE: "×", Grade.UNKNOWN: "?"}
GRADE_WORDS = {
    Grade.FULL: _lazy("できている"),
    Grade.PARTIAL: _lazy("一部できている"),
    Grade.NONE: _lazy("できていない"),
    Grade.UNKNOWN: _lazy("分からない"),
}


def level_context(request: HospitalRequest, verdict: LevelVerdict) -> dict[str, Any]:
    """Return what the level's templates need."""
    controls = [
        {
            "label": CONTROL_LABELS[verdict_.control],
            "mark": GRADE_MARKS[verdict_.grade],
            "word": GRADE_WORDS[verdict_.grade],
            "grade": verdict_.grade.value,
            "predicates": verdict_.predicates,
        }
        for verdict_ in verdict.controls
    ]
    return {
        "verdict": verdict,
        "summary": summarise(verdict),
        "controls": controls,
        "override": queries.override_in_force(request.hospital),
    }


@requires(Permission.LEVEL_VIEW)
@require_GET
def level(request: HospitalRequest) -> HttpResponse:
    """The level with every reason, what is missing, and the way to the next one."""
    verdict = case_files.verdict_of(request.hospital)
    actions.keep_level(request.hospital, verdict=verdict, at=timezone.now())
    context = {
        **level_context(request, verdict),
        "override_form": OverrideForm(),
        "case_file_form": CaseFileForm(),
        "case_files": queries.case_files(request.hospital),
        "notes": case_files.notes_of(request.hospital),
        "plan": current_plan(request.hospital),
    }
    return render(request, "judgement/level.html", context)


@requires(Permission.LEVEL_VIEW)
@require_http_methods(["GET", "POST"])
def fact_list(request: HospitalRequest) -> HttpResponse:
    """All questions about the hospital's controls. Each answer is saved by itself; without scripts, all at once."""
    facts = queries.facts()
    form = FactsForm(request.POST or None, facts=facts, declared=queries.declared_facts(request.hospital))
    if request.method == "POST":
        _may_declare(request)
        return _save_all(request, form)
    declared = queries.declared_facts(request.hospital).values()
    answered = [d for d in declared if d.value or d.is_unknown]
    context = {
        "form": form,
        "groups": _groups(form),
        "seen": str(Seen.now()),
        "coverage": Coverage(len(answered), sum(1 for d in answered if not d.is_unknown), len(facts)),
    }
    return render(request, "judgement/facts.html", context)


def _save_all(request: HospitalRequest, form: FactsForm) -> HttpResponse:
    if not form.is_valid():
        return _facts_again(request, form, 422)
    with transaction.atomic():
        actions.lock(request.hospital)
        declared = queries.declared_facts(request.hospital)
        changed = [f for f in form.facts if form.cleaned_data[f.key] != answer_of(declared.get(f.key))]
        if _mark_conflicts(request, form, changed, declared):
            return _facts_again(request, form, 409)
        for fact in changed:
            actions.declare(request.hospital, fact=fact.key, answer=form.cleaned_data[fact.key], by=request.user)
    messages.success(request, _("答えを保存しました。"))
    return redirect("judgement:level", hospital_code=request.hospital.code)


def _facts_again(request: HospitalRequest, form: FactsForm, status: int) -> HttpResponse:
    # After a conflict the reader has seen what is there now; after a mistake, no more than before.
    seen = str(Seen.now()) if status == 409 else request.POST.get("seen", "")
    return render(request, "judgement/facts.html", {"form": form, "groups": _groups(form), "seen": seen}, status=status)


def _groups(form: FactsForm) -> list[tuple[object, list[BoundField]]]:
    """Return the questions as the page shows them: by control of the level, then those behind the threats."""
    by_control: list[tuple[object, list[BoundField]]] = [
        (CONTROL_LABELS[control], form.of_control(control.value)) for control in Control
    ]
    return [*by_control, (_("脅威の点数と、クラウドへのつなぎ方に使うこと"), form.of_control(""))]


def _mark_conflicts(
    request: HospitalRequest, form: FactsForm, changed: list[Fact], declared: dict[str, DeclaredFact]
) -> bool:
    """Say at each answer that somebody else has changed meanwhile what they answered; return True when there is one."""
    seen = Seen.parse(request.POST.get("seen", ""))
    events = queries.declaration_events(request.hospital)
    for fact in changed:
        other = unseen_change(events, fact.key, seen, by=request.user)
        if other is not None:
            theirs = _conflict(fact, declared.get(fact.key), seen, other.actor_label)["theirs"]
            text = _("見ている間に、%(by)s が「%(theirs)s」に変えました。もう一度保存すると、あなたの答えになります。")
            form.add_error(fact.key, text % {"by": other.actor_label, "theirs": theirs or _("未回答")})
    return bool(form.errors)


def _may_declare(request: HospitalRequest) -> None:
    """Raise `PermissionDenied` unless the person may answer for the hospital."""
    if Permission.LEVEL_DECLARE not in access.permissions_of(request.user, request.hospital):
        raise PermissionDenied


@requires(Permission.LEVEL_DECLARE)
@require_POST
def fact_save(request: HospitalRequest) -> HttpResponse:
    """Save the answer to one question; see `ui/js/autosave.js` for what goes to and fro."""
    key = request.POST.get("field", "")
    seen = Seen.parse(request.POST.get("version", ""))
    fact = next((fact for fact in queries.facts() if fact.key == key), None)
    if fact is None:
        return JsonResponse({"errors": [_("この質問はもうありません。ページを開き直してください。")]}, status=422)
    form = FactsForm(request.POST, facts=(fact,), declared={})
    if not form.is_valid():
        return JsonResponse({"errors": [str(e) for e in form.errors[key]]}, status=422)
    answer = form.cleaned_data[key]
    with transaction.atomic():
        actions.lock(request.hospital)  # nobody's answer can come between looking for one and saving
        other = unseen_change(queries.declaration_events(request.hospital), key, seen, by=request.user)
        current = queries.declared_facts(request.hospital).get(key)
        if other is not None and answer != answer_of(current):
            return JsonResponse(_conflict(fact, current, seen.including(key, other.pk), other.actor_label), status=409)
        if answer != answer_of(current):
            actions.declare(request.hospital, fact=key, answer=answer, by=request.user)
    return JsonResponse({"version": str(seen)})


def _conflict(fact: Any, current: Any, seen: Seen, by: str) -> dict[str, Any]:
    answer: Answer[str] = answer_of(current)
    values: dict[str, list[str]] = {}
    shown = ""
    if isinstance(answer, Unknown):
        shown = _("不明")
        values = {f"{fact.key}_unknown": ["1"], f"{fact.key}_reason": [answer.reason]}
    elif answer:
        option = fact.option(answer)
        shown = speak(option.label) if option else answer
        values = {fact.key: [answer]}
    return {"version": str(seen), "theirs": shown, "values": values, "by": by}


@requires(Permission.LEVEL_OVERRIDE)
@require_POST
def override(request: HospitalRequest) -> HttpResponse:
    """Put a person's level in place of the computed one."""
    form = OverrideForm(request.POST)
    if form.is_valid():
        verdict = case_files.verdict_of(request.hospital)
        actions.override_level(
            request.hospital,
            level=form.cleaned_data["level"],
            verdict=verdict,
            reason=form.cleaned_data["reason"],
            by=request.user,
        )
        messages.success(request, _("レベルを変えました。計算したレベルも並べて残ります。"))
    else:
        messages.error(request, _("レベルと理由の両方を入れてください。"))
    return redirect("judgement:level", hospital_code=request.hospital.code)


@requires(Permission.LEVEL_OVERRIDE)
@require_POST
def override_withdraw(request: HospitalRequest) -> HttpResponse:
    """Let the computed level stand again."""
    if actions.withdraw_override(request.hospital, by=request.user):
        messages.success(request, _("計算したレベルに戻しました。"))
    return redirect("judgement:level", hospital_code=request.hospital.code)


@requires(Permission.REPORT_ISSUE)
@require_POST
def case_file_add(request: HospitalRequest) -> HttpResponse:
    """Add a file that the hospital is judged by."""
    form = CaseFileForm(request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            case_files.add(
                request.hospital,
                kind=form.cleaned_data["kind"],
                name=upload.name,
                content=upload.read(),
                by=request.user,
            )
        except FileRefused as refused:
            messages.error(request, speak(refused.message))
        else:
            messages.success(request, _("ファイルを加えました。判定に使います。"))
    else:
        messages.error(request, _("種類とファイルを選んでください。"))
    return redirect("judgement:level", hospital_code=request.hospital.code)
