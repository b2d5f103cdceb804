"""The pages of basic information and of the terms."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sekisho.apps.programme import actions, queries
from sekisho.apps.programme.forms import CheckForm, TermsForm, WithdrawForm
from sekisho.apps.programme.models import Terms
from sekisho.apps.register import basics_pages
from sekisho.apps.register.conflicts import ChangedMeanwhile
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy import access
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest

MAX_CONTACTS = 4


@requires(Permission.BASICS_VIEW)
@require_GET
def basics(request: HospitalRequest) -> HttpResponse:
    """What is known of the hospital itself, its contacts, and the check "is this right?"."""
    context = {
        "record": basics_pages.basics_record(request.hospital),
        "contacts": basics_pages.contacts_shown(request.hospital),
        "check": queries.latest_check(request.hospital),
        "form": CheckForm(),
    }
    return render(request, "programme/basics.html", context)


@requires(Permission.BASICS_EDIT)
@require_http_methods(["GET", "POST"])
def basics_edit(request: HospitalRequest) -> HttpResponse:
    """The form of the hospital's own facts."""
    return _edit(request, basics_pages.BasicsEditor(request.hospital))


@requires(Permission.BASICS_EDIT)
@require_http_methods(["GET", "POST"])
def contact_edit(request: HospitalRequest, position: int) -> HttpResponse:
    """The form of contact 1 to 4."""
    if not 1 <= position <= MAX_CONTACTS:
        raise Http404
    return _edit(request, basics_pages.ContactEditor(request.hospital, position))


def _edit(request: HospitalRequest, editor: basics_pages.Editor) -> HttpResponse:
    form = editor.form(request.POST or None)
    context: dict[str, Any] = {"form": form, "title": editor.title}
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                saved = editor.save(form, by=request.user)
            except ChangedMeanwhile as met:
                context |= {"conflicts": editor.conflict_rows(met), "form": editor.rebased(form)}
                status = 409
            else:
                if saved:
                    messages.success(request, _("保存しました。"))
                else:
                    messages.info(request, _("何も書かれていなかったので、担当者は登録していません。"))
                return redirect(_home(request))
        else:
            status = 422
    return render(request, "programme/edit.html", context, status=status)


@requires(Permission.BASICS_EDIT)
@require_POST
def check(request: HospitalRequest) -> HttpResponse:
    """Answer the check of basic information."""
    form = CheckForm(request.POST)
    if not form.is_valid():
        context = {
            "record": basics_pages.basics_record(request.hospital),
            "contacts": basics_pages.contacts_shown(request.hospital),
            "check": queries.latest_check(request.hospital),
            "form": form,
        }
        return render(request, "programme/basics.html", context, status=422)
    actions.answer_check(
        request.hospital,
        answer=form.cleaned_data["answer"],
        remarks=form.cleaned_data["remarks"],
        by=request.user,
    )
    messages.success(request, _("確認の結果を受け取りました。ありがとうございます。"))
    return redirect(_home(request))


@requires(Permission.HOSPITALS_LIST)
@require_POST
def ask(request: HospitalRequest) -> HttpResponse:
    """The secretariat asks the hospital to check once more."""
    actions.ask_to_check(request.hospital, by=request.user)
    messages.success(request, _("基本情報の確認を病院に頼みました。"))
    return redirect(_home(request))


@requires(Permission.BASICS_VIEW)
@require_http_methods(["GET", "POST"])
def terms(request: HospitalRequest) -> HttpResponse:
    """The terms in force, and agreeing to them."""
    in_force = queries.terms_in_force(timezone.localdate())
    form = TermsForm(request.POST or None, initial={"version": _read_version(in_force)})
    status = 200
    if request.method == "POST":
        answer = _agree(request, form)
        if answer is not None:
            return answer
        status = 422
    context = {"terms": in_force, "consent": queries.consent_in_force(request.hospital, in_force), "form": form}
    return render(request, "programme/terms.html", context, status=status)


def _read_version(terms: Terms | None) -> str:
    """Return the word for what the page shows: version and text, which may change until somebody has agreed."""
    return f"{terms.version}:{terms.sha256}" if terms else ""


def _agree(request: HospitalRequest, form: TermsForm) -> HttpResponse | None:
    """Agree with a valid form; None when the form must be shown again."""
    if Permission.TERMS_ACCEPT not in access.permissions_of(request.user, request.hospital):
        raise PermissionDenied
    in_force = queries.terms_in_force(timezone.localdate())
    if in_force is None or not form.is_valid():
        return None
    if form.cleaned_data["version"] != _read_version(in_force):
        messages.warning(request, _("読んでいる間に規約が新しくなりました。もう一度読んでから同意してください。"))
        return redirect("programme:terms", hospital_code=request.hospital.code)
    try:
        actions.agree(request.hospital, terms=in_force, signed_name=form.cleaned_data["signed_name"], by=request.user)
    except actions.TermsChanged:
        messages.warning(request, _("読んでいる間に規約が新しくなりました。もう一度読んでから同意してください。"))
    except actions.AlreadyAgreed:
        messages.info(request, _("この版には、もう同意しています。"))
    except actions.SignatureMissing:
        form.add_error("signed_name", _("同意する方の氏名を書いてください。"))
        return None
    else:
        messages.success(request, _("同意を記録しました。"))
    return redirect("programme:terms", hospital_code=request.hospital.code)


@requires(Permission.TERMS_ACCEPT)
@require_POST
def terms_withdraw(request: HospitalRequest) -> HttpResponse:
    """Take the consent back."""
    consent = queries.consent_in_force(request.hospital, queries.terms_in_force(timezone.localdate()))
    if consent is not None:
        form = WithdrawForm(request.POST)
        if form.is_valid():
            actions.withdraw_consent(consent, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(request, _("同意を取り消しました。取り消したことも記録に残ります。"))
        else:
            messages.error(request, _("取り消す理由を書いてください。"))
    return redirect("programme:terms", hospital_code=request.hospital.code)


def _home(request: HospitalRequest) -> str:
    return reverse("programme:basics", kwargs={"hospital_code": request.hospital.code})
