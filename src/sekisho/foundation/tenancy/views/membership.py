"""What the members page of a hospital and the staff page of the programme have in common.

`hospital` None means the programme. Each page has its own addresses and its own permission; the rules are the same.
"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from sekisho.foundation.accounts import mails
from sekisho.foundation.accounts.permissions import Role
from sekisho.foundation.tenancy import actions, queries
from sekisho.foundation.tenancy.forms import EndForm, InvitationForm
from sekisho.foundation.tenancy.member_lists import MEMBERS, STAFF
from sekisho.foundation.tenancy.models import Hospital, Invitation
from sekisho.foundation.tenancy.requests import SignedInRequest
from sekisho.foundation.ui.lists import Empty, render_list


def _urls(hospital: Hospital | None) -> dict[str, str]:
    if hospital is None:
        return {"list": reverse("invitations:staff"), "invite": reverse("invitations:staff_invite")}
    code = hospital.code
    return {"list": reverse("members:list", args=[code]), "invite": reverse("members:invite", args=[code])}


def show_list(request: SignedInRequest, hospital: Hospital | None) -> HttpResponse:
    """Members, with search and filter, and below them the invitations that wait for an answer."""
    may_give = actions.roles_that_may_be_given(request.user, hospital)
    urls = _urls(hospital)
    page = (STAFF if hospital is None else MEMBERS).page(
        request,
        queries.members(hospital),
        empty=Empty(gettext("まだだれも参加していません。"), gettext("招待する"), urls["invite"] if may_give else ""),
    )
    context: dict[str, object] = {
        "hospital": hospital,
        "invitations": [
            {"invitation": i, "problem": _problem(i), "is_expired": not i.is_open(at=timezone.now())}
            for i in queries.open_invitations(hospital)
        ],
        "may_give": {role.value for role in may_give},
        "urls": urls,
    }
    return render_list(request, "tenancy/members.html", page, context)


def _problem(invitation: Invitation) -> object:
    if not invitation.send_error:
        return ""
    try:
        return mails.PROBLEM_TEXTS[mails.MailProblem(invitation.send_error)]
    except ValueError:
        return mails.PROBLEM_TEXTS[mails.MailProblem.OTHER]


def show_invite(request: SignedInRequest, hospital: Hospital | None) -> HttpResponse:
    """Form to invite somebody."""
    may_give = actions.roles_that_may_be_given(request.user, hospital)
    form = InvitationForm(request.POST if request.method == "POST" else None, roles=may_give)
    if request.method == "POST" and form.is_valid():
        values = {**form.cleaned_data, "role": Role(form.cleaned_data["role"])}
        try:
            invitation = actions.invite(hospital=hospital, by=request.user, **values)
        except actions.NotForOneself:
            form.add_error(
                "email", gettext("自分自身は招待できません。役割を変えたいときは、ほかの担当者に頼んでください。")
            )
        except actions.AlreadyMember:
            form.add_error("email", gettext("この人は、この役割ですでに参加しています。"))
        except actions.AlreadyInvited:
            form.add_error(
                "email", gettext("この役割の招待状がすでにあります。一覧の「もう一度送る」を使ってください。")
            )
        else:
            _tell(request, invitation)
            return redirect(_urls(hospital)["list"])
    return render(
        request,
        "tenancy/invite.html",
        {"hospital": hospital, "form": form, "urls": _urls(hospital)},
        status=422 if form.errors else 200,
    )


def _tell(request: SignedInRequest, invitation: Invitation) -> None:
    """Say what became of the mail; a failure is said here and stays visible in the list."""
    problem = _problem(invitation)
    if problem:
        text = gettext("%(email)s への招待状は作りましたが、送れていません。%(problem)s")
        messages.error(request, text % {"email": invitation.email, "problem": problem})
    else:
        messages.success(request, gettext("%(email)s へ招待状を送りました。") % {"email": invitation.email})


def do_resend(request: SignedInRequest, hospital: Hospital | None, invitation_id: int) -> HttpResponse:
    """Send an invitation again."""
    invitation = get_object_or_404(queries.open_invitations(hospital), pk=invitation_id)
    try:
        actions.resend(invitation, by=request.user)
    except actions.NotOpen:
        messages.warning(request, gettext("この招待状は、もう使われたか取り消されています。"))
    else:
        invitation.refresh_from_db()
        _tell(request, invitation)
    return redirect(_urls(hospital)["list"])


def do_revoke(request: SignedInRequest, hospital: Hospital | None, invitation_id: int) -> HttpResponse:
    """Make an invitation void."""
    invitation = get_object_or_404(queries.open_invitations(hospital), pk=invitation_id)
    try:
        actions.revoke(invitation, by=request.user)
    except actions.NotOpen:
        messages.warning(request, gettext("この招待状は、もう使われたか取り消されています。"))
    else:
        messages.success(request, gettext("%(email)s への招待状を取り消しました。") % {"email": invitation.email})
    return redirect(_urls(hospital)["list"])


def show_end(request: SignedInRequest, hospital: Hospital | None, assignment_id: int) -> HttpResponse:
    """Ask for the reason, then end the role."""
    assignment = get_object_or_404(queries.members(hospital), pk=assignment_id)
    user = request.user
    if assignment.role not in actions.roles_that_may_be_given(user, hospital):
        raise PermissionDenied
    is_oneself = assignment.user_id == user.pk
    form = EndForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.end_assignment(assignment, by=user, reason=form.cleaned_data["reason"])
        except actions.LastOne:
            form.add_error(None, gettext("あなたが最後の一人です。先に、後任の人を招待して参加してもらってください。"))
        except actions.NotOpen:
            messages.warning(request, gettext("この役割は、もう終わっています。"))
            return redirect(_urls(hospital)["list"])
        else:
            messages.success(request, gettext("%(name)s さんの役割を終えました。") % {"name": assignment.user})
            return redirect("portal:start" if is_oneself else _urls(hospital)["list"])
    context = {
        "hospital": hospital,
        "assignment": assignment,
        "form": form,
        "is_oneself": is_oneself,
        "is_last": is_oneself and actions.is_last_of_its_kind(assignment),
        "urls": _urls(hospital),
    }
    return render(request, "tenancy/end.html", context, status=422 if form.errors else 200)
