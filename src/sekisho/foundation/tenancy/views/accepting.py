"""The way in for somebody who got an invitation by mail."""

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from sekisho.foundation.accounts.actions import AddressTaken
from sekisho.foundation.accounts.marks import public
from sekisho.foundation.accounts.models import User
from sekisho.foundation.tenancy import actions, queries
from sekisho.foundation.tenancy.forms import AcceptForm
from sekisho.foundation.tenancy.models import Invitation

_IN_SESSION = "invitation_token"


@public
@never_cache
@require_GET
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Take the secret out of the address, so that it does not stay in the history of the browser.

    Only looking changes nothing: mail servers open links to check them.
    """
    request.session[_IN_SESSION] = token
    return redirect("invitations:accept")


@public
@never_cache
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest) -> HttpResponse:
    """Show who invites to what; a new person gives name and password, a known one signs in and agrees."""
    token = request.session.get(_IN_SESSION, "")
    invitation = queries.invitation_of_token(token)
    if invitation is None or not actions.can_be_accepted(invitation):
        return _refused(request, invitation)
    owner = User.objects.filter(email__iexact=invitation.email).first()
    if request.user.is_authenticated:
        return _accept_signed_in(request, invitation, token)
    if owner is not None:
        messages.info(
            request, gettext("このメールアドレスのアカウントがあります。サインインすると、招待を受けられます。")
        )
        return redirect_to_login(reverse("invitations:accept"))
    return _accept_new(request, invitation, token)


def _refused(request: HttpRequest, invitation: Invitation | None) -> HttpResponse:
    """Say why the link cannot be used and what to do; 410, or 404 for a link that never was."""
    if invitation is None:
        why, status = "unknown", 404
    elif invitation.accepted_at is not None:
        why, status = "accepted", 410
    elif invitation.revoked_at is None and invitation.expires_at <= timezone.now():
        why, status = "expired", 410
    else:
        why, status = "revoked", 410
    return render(request, "tenancy/accept_refused.html", {"why": why, "invitation": invitation}, status=status)


def _accept_signed_in(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 for the type checker
    is_other = user.email.lower() != invitation.email
    if request.method == "POST" and not is_other:
        try:
            actions.accept_as(user, token=token)
        except actions.NotOpen:
            return _refused(request, queries.invitation_of_token(token))
        del request.session[_IN_SESSION]
        messages.success(request, gettext("招待を受けました。"))
        return redirect("portal:start")
    context = {"invitation": invitation, "is_other": is_other}
    return render(request, "tenancy/accept_signed_in.html", context, status=403 if is_other else 200)


def _accept_new(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    form = AcceptForm(request.POST if request.method == "POST" else None, email=invitation.email)
    if request.method == "POST" and form.is_valid():
        try:
            actions.accept(token=token, name=form.cleaned_data["name"], password=form.cleaned_data["password1"])
        except (actions.NotOpen, AddressTaken):  # in another window, a moment ago
            return redirect("invitations:accept")
        del request.session[_IN_SESSION]
        messages.success(
            request, gettext("アカウントができました。メールアドレスと、今決めたパスワードでサインインしてください。")
        )
        return redirect("account_login")
    context = {"invitation": invitation, "form": form}
    return render(request, "tenancy/accept_new.html", context, status=422 if form.errors else 200)
