"""The ledger of consents: looked at, prepared, signed, taken back."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sekisho.apps.diagnosis import consents as actions
from sekisho.apps.diagnosis import pages, runs
from sekisho.apps.diagnosis.forms import (
    ConditionsForm,
    MonitoringForm,
    PrepareForm,
    SignForm,
    conditions_of,
    usual_conditions,
)
from sekisho.apps.diagnosis.models import ScanConsent
from sekisho.apps.programme import queries as programme
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest
from sekisho.foundation.ui.texts import sign


def consent_of(consent_id: uuid.UUID) -> ScanConsent:
    """Return a consent of the hospital in scope; a discarded one is as good as gone."""
    rows = ScanConsent.objects.filter(discarded_at__isnull=True)
    return get_object_or_404(rows.select_related("line", "hospital", "terms_consent", "signed_by"), pk=consent_id)


@requires(Permission.CONSENT_VIEW)
@require_GET
def consents(request: HospitalRequest) -> HttpResponse:
    """The ledger, line by line."""
    return render(request, "diagnosis/consents.html", pages.ledger_context(request.hospital))


@requires(Permission.CONSENT_EDIT)
@require_http_methods(["GET", "POST"])
def consent_add(request: HospitalRequest) -> HttpResponse:
    """Prepare consents for several lines at once."""
    rows = [row for row in pages.ledger_context(request.hospital)["rows"] if row.kind == "ready"]
    lines = {str(row.line.pk): row.line for row in rows}
    choices = [(str(row.line.pk), _choice(row)) for row in rows]
    start = usual_conditions() | {"lines": request.GET.getlist("line") or list(lines)}
    form = PrepareForm(request.POST or None, lines=choices, initial=start)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                made = actions.prepare(
                    request.hospital,
                    lines=[lines[pk] for pk in form.cleaned_data["lines"]],
                    conditions=form.conditions(),
                    by=request.user,
                )
            except actions.NotAllowedByRules as refused:
                form.refuse(refused.problems)
            except actions.LineNotReady:
                form.add_error("lines", _("見ている間に台帳が変わりました。もう一度選んでください。"))
            else:
                words = _("%(n)s件の同意を用意しました。まだ署名されていないので、診断は始まりません。")
                messages.success(request, words % {"n": len(made)})
                return redirect("diagnosis:consents", hospital_code=request.hospital.code)
        status = 422
    title = _("診断の同意を用意する")
    context = {"form": form, "is_empty": not rows, "title": title, "here": title}
    return render(request, "diagnosis/consent_form.html", context, status=status)


def _choice(row: pages.LineRow) -> str:
    words = " ".join(part for part in (str(row.line), row.purpose) if part)
    address = row.address or _("動的IP")
    return f"{words} {address}"


@requires(Permission.CONSENT_EDIT)
@require_http_methods(["GET", "POST"])
def consent_edit(request: HospitalRequest, consent_id: uuid.UUID) -> HttpResponse:
    """Change a consent before it is signed."""
    row = consent_of(consent_id)
    if row.signed_at is not None:
        messages.info(request, _("署名された同意は直せません。取り下げて、新しい同意を用意してください。"))
        return _back(request, row)
    form = ConditionsForm(request.POST or None, initial=conditions_of(row))
    context: dict[str, Any] = {"form": form, "title": str(row), "here": str(row), "found": row}
    if request.method == "GET":
        return render(request, "diagnosis/consent_form.html", context)
    status = 422
    if form.is_valid():
        try:
            actions.change(row, conditions=form.conditions(), version=_version(request), by=request.user)
        except actions.NotAllowedByRules as refused:
            form.refuse(refused.problems)
        except actions.LineNotReady as refused:
            for words, _key in pages.spoken_obstacles(refused.obstacles):
                form.add_error(None, words)
        except (actions.ChangedMeanwhile, actions.AlreadySigned):
            messages.warning(request, _changed())
            return _back(request, row)
        else:
            messages.success(request, _("保存しました。"))
            return _back(request, row)
    return render(request, "diagnosis/consent_form.html", context, status=status)


def _version(request: HospitalRequest, name: str = "version") -> int:
    written = request.POST.get(name, "")
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 9 else 0


def _changed() -> str:
    return _(
        "見ている間に、だれかが内容を変えました。まだ何も書いていません。いまの内容を見てから、もう一度お願いします。"
    )


def _back(request: HospitalRequest, row: ScanConsent) -> HttpResponse:
    return redirect("diagnosis:consent", hospital_code=request.hospital.code, consent_id=row.pk)


@requires(Permission.CONSENT_VIEW)
@require_GET
def consent(request: HospitalRequest, consent_id: uuid.UUID) -> HttpResponse:
    """One consent: what, who, when, what is missing, what happened to it."""
    return _consent(request, consent_of(consent_id))


def _consent(request: HospitalRequest, row: ScanConsent, status: int = 200, **more: Any) -> HttpResponse:
    context = pages.consent_context(row)
    start = {"monitoring": row.monitoring, "note": row.monitoring_note}
    context |= {"monitoring_form": MonitoringForm(initial=start), "found": row}
    if context["standing"] is not None:
        context["status"] = pages.status_of(context["standing"])
    return render(request, "diagnosis/consent.html", context | more, status=status)


@requires(Permission.CONSENT_EDIT)
@require_POST
def consent_discard(request: HospitalRequest, consent_id: uuid.UUID) -> HttpResponse:
    """Take away what was prepared."""
    row = consent_of(consent_id)
    try:
        actions.discard(row, by=request.user)
    except (actions.AlreadySigned, actions.ChangedMeanwhile):
        messages.warning(request, _("署名された同意は、やめるかわりに取り下げてください。"))
        return _back(request, row)
    messages.success(request, _("用意した同意をやめました。"))
    return redirect("diagnosis:consents", hospital_code=request.hospital.code)


@requires(Permission.CONSENT_SIGN)
@require_http_methods(["GET", "POST"])
def consents_sign(request: HospitalRequest) -> HttpResponse:
    """Read what was prepared and sign it: one name for all that are chosen."""
    terms = programme.terms_in_force(timezone.localdate())
    agreed = programme.consent_in_force(request.hospital, terms)
    context = pages.ledger_context(request.hospital)
    waiting = context["unsigned"]
    form = SignForm(request.POST if request.method == "POST" else None)
    chosen = [row for row in waiting if str(row.pk) in request.POST.getlist("consent")]
    status = 200
    if request.method == "POST":
        if form.is_valid() and chosen and agreed is not None and _sign(request, chosen, form):
            return redirect("diagnosis:consents", hospital_code=request.hospital.code)
        if not chosen:
            form.add_error(None, _("署名する同意を一つ以上選んでください。"))
        status = 422
    shown = [(row, pages.facts_of(row), request.method == "GET" or row in chosen) for row in waiting]
    context |= {"form": form, "waiting": shown, "terms": terms, "agreed": agreed, "here": _("診断に同意する")}
    return render(request, "diagnosis/sign.html", context, status=status)


def _sign(request: HospitalRequest, chosen: list[ScanConsent], form: SignForm) -> bool:
    done = 0
    for row in chosen:
        try:
            version = _version(request, f"version-{row.pk}")
            actions.sign(row, signed_name=form.cleaned_data["signed_name"], version=version, by=request.user)
            done += 1
        except (actions.ChangedMeanwhile, actions.AlreadySigned):
            messages.warning(request, f"{row}{sign('：')}{_changed()}")
        except actions.LineNotReady as refused:
            for text, _key in pages.spoken_obstacles(refused.obstacles):
                messages.warning(request, f"{row}{sign('：')}{text}")
        except actions.TermsNotAgreed:
            messages.warning(request, _("先に、規約への同意が要ります。"))
        except actions.NameMissing:
            form.add_error("signed_name", _("同意する方の氏名を書いてください。"))
            return False
    if done:
        runs.wake_waiting(request.hospital)
        messages.success(request, _("%(n)s件の同意に署名しました。") % {"n": done})
    return True


@requires(Permission.CONSENT_SIGN)
@require_POST
def consent_accounts(request: HospitalRequest, consent_id: uuid.UUID) -> HttpResponse:
    """Sign, apart from the rest, that default accounts may be tried."""
    row = consent_of(consent_id)
    try:
        actions.sign_for_accounts(row, signed_name=request.POST.get("signed_name", ""), by=request.user)
    except actions.NameMissing:
        messages.error(request, _("同意する方の氏名を書いてください。"))
    except actions.NotInForce:
        messages.error(request, _("先に、診断そのものへの同意が要ります。"))
    else:
        messages.success(request, _("初期アカウントを試すことへの同意を記録しました。"))
    return _back(request, row)


@requires(Permission.CONSENT_WITHDRAW)
@require_POST
def consent_withdraw(request: HospitalRequest, consent_id: uuid.UUID) -> HttpResponse:
    """Take a consent back."""
    row = consent_of(consent_id)
    try:
        actions.withdraw(row, reason=request.POST.get("reason", ""), by=request.user)
    except actions.ReasonMissing:
        messages.error(request, _("取り下げる理由を書いてください。"))
    except actions.NotInForce:
        messages.info(request, _("この同意は、もう効いていません。"))
    else:
        messages.success(request, _("同意を取り下げました。診断中なら、このアドレスへの送信は2秒以内に止まります。"))
    return _back(request, row)


@requires(Permission.CONSENT_EDIT)
@require_POST
def consent_monitoring(request: HospitalRequest, consent_id: uuid.UUID) -> HttpResponse:
    """Note whether the company that watches the line was told."""
    row = consent_of(consent_id)
    form = MonitoringForm(request.POST)
    if not form.is_valid():
        return _consent(request, row, 422, monitoring_form=form)
    try:
        actions.note_monitoring(
            row, monitoring=form.cleaned_data["monitoring"], note=form.cleaned_data["note"], by=request.user
        )
    except actions.ReasonMissing:
        form.add_error("note", _("誰に、いつ知らせたかを書いてください。"))
        return _consent(request, row, 422, monitoring_form=form)
    messages.success(request, _("保存しました。"))
    return _back(request, row)
