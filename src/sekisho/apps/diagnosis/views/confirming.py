"""Look up the address of a dynamic line on the day: by screen, and by a mailed link that needs no account."""

import uuid

from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from sekisho.apps.diagnosis import confirmations, ledger, runs
from sekisho.apps.diagnosis.forms import AddressForm, LinkForm
from sekisho.apps.diagnosis.models import AddressConfirmation
from sekisho.apps.register import queries as register
from sekisho.foundation.accounts import mails
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy.guard import public, requires
from sekisho.foundation.tenancy.requests import HospitalRequest
from sekisho.foundation.tenancy.scope import hospital_scope
from sekisho.foundation.ui.texts import speak

_IN_SESSION = "confirmation_token"


def _line(line_id: uuid.UUID) -> register.Line:
    lines = register.lines_in_use().filter(address_assignment="dynamic")
    found: register.Line = get_object_or_404(lines, pk=line_id)
    return found


@requires(Permission.CONSENT_CONFIRM)
@require_http_methods(["GET", "POST"])
def confirm(request: HospitalRequest, line_id: uuid.UUID) -> HttpResponse:
    """Write down today's address of a line."""
    line = _line(line_id)
    told = ledger.confirmations([line.pk]).get(line.pk)
    form = AddressForm(request.POST or None, initial={"said_by": request.user.name})
    status = 200
    if request.method == "POST":
        if form.is_valid() and _confirmed(request, line, form):
            return redirect("diagnosis:consents", hospital_code=request.hospital.code)
        status = 422
    context = {"line": line, "form": form, "told": told, "today": confirmations.today(), "here": str(line)}
    return render(request, "diagnosis/confirm.html", context, status=status)


def _confirmed(request: HospitalRequest, line: register.Line, form: AddressForm) -> bool:
    try:
        done = confirmations.confirm(
            line,
            address=form.cleaned_data["address"],
            said_by=form.cleaned_data["said_by"],
            way=AddressConfirmation.Way.SCREEN,
            by=request.user,
        )
    except confirmations.NotAnAddress as refused:
        form.add_error("address", speak(refused.text))
        return False
    runs.wake_waiting(request.hospital)
    text = _("%(line)sの今日のアドレスを %(address)s と記録しました。今日のうちだけ効きます。")
    messages.success(request, text % {"line": line, "address": done.address})
    return True


@requires(Permission.CONSENT_EDIT)
@require_http_methods(["GET", "POST"])
def link(request: HospitalRequest, line_id: uuid.UUID) -> HttpResponse:
    """Mail somebody at the line a link with which they look its address up."""
    line = _line(line_id)
    form = LinkForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid() and _sent(request, line, form):
            return redirect("diagnosis:consents", hospital_code=request.hospital.code)
        status = 422
    context = {"line": line, "form": form, "here": str(line)}
    return render(request, "diagnosis/link.html", context, status=status)


def _sent(request: HospitalRequest, line: register.Line, form: LinkForm) -> bool:
    try:
        sent = confirmations.send_link(
            line, email=form.cleaned_data["email"], language=form.cleaned_data["language"], by=request.user
        )
    except confirmations.TooManyLinks:
        form.add_error(
            None, _("この回線には、今日もう何度も送りました。届かないときは、電話で聞いて画面で記録してください。")
        )
        return False
    if sent.send_error:
        messages.warning(request, str(mails.PROBLEM_TEXTS[mails.MailProblem(sent.send_error)]))
    else:
        text = _("%(email)s に、今日だけ使えるリンクを送りました。")
        messages.success(request, text % {"email": sent.email})
    return True


# --- Without an account -------------------------------------------------------------------------------------------------
@public
@never_cache
@require_GET
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Take the secret out of the address, so that it does not stay in the history of the browser.

    Only looking changes nothing: mail servers open links to check them.
    """
    request.session[_IN_SESSION] = token
    return redirect("confirmation:address")


@public
@never_cache
@require_http_methods(["GET", "POST"])
def address(request: HttpRequest) -> HttpResponse:
    """Show the one line of the link and take its address of today."""
    token = str(request.session.get(_IN_SESSION, ""))
    found = confirmations.link_of(token)
    if found is None:
        return _void(request, "unknown", 404)
    if not confirmations.is_open(found):
        return _void(request, "used" if found.used_at else "over", 410)
    form = AddressForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if not ratelimit.consume(request, action="confirm_address", key=str(found.pk)):
            return _void(request, "often", 429)
        if form.is_valid() and _taken(request, token, form):
            with hospital_scope(found.hospital):
                runs.wake_waiting(found.hospital)
            del request.session[_IN_SESSION]
            shown = {"line": str(found.line), "address": form.cleaned_data["address"].strip()}
            return render(request, "diagnosis/confirmed.html", {"link": found} | shown)
        status = 422
    return render(request, "diagnosis/confirm_public.html", {"link": found, "form": form}, status=status)


def _taken(request: HttpRequest, token: str, form: AddressForm) -> bool:
    try:
        confirmations.confirm_by_link(token, address=form.cleaned_data["address"], said_by=form.cleaned_data["said_by"])
    except confirmations.NotAnAddress as refused:
        form.add_error("address", speak(refused.text))
    except confirmations.NotDynamic:
        form.add_error(None, _("この回線は、番号が変わらない回線になりました。何もしなくて大丈夫です。"))
    except confirmations.LinkVoid:  # in another window, a moment ago
        form.add_error(None, _("このリンクは、いま使われました。"))
    else:
        return True
    return False


def _void(request: HttpRequest, why: str, status: int) -> HttpResponse:
    return render(request, "diagnosis/link_void.html", {"why": why}, status=status)
