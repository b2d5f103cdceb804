"""What if: switch rules, lines and cables, see what comes of it at once, and keep it as a change request."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sekisho.apps.network import actions, queries
from sekisho.apps.network.comparison import compared
from sekisho.apps.network.models import ChangeRequest
from sekisho.apps.network.pages.changes import change_context, commands_text, proposals_shown
from sekisho.apps.network.pages.what_if import (
    NoSuchChoice,
    answer_context,
    changes_chosen,
    proposal_keys,
    switches,
)
from sekisho.apps.network.views.asking import current, without_map
from sekisho.apps.network.views.plans import moved_words, number_seen
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.audit.remembered import remembered
from sekisho.foundation.files.serving import file_response
from sekisho.foundation.files.sniffing import PLAIN
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest


@requires(Permission.NETWORK_VIEW)
@require_GET
def page(request: HospitalRequest) -> HttpResponse:
    """Everything that can be switched, and what comes of what is chosen; to htmx only the answer."""
    found = current(request)
    if found is None:
        return without_map(request)
    plan, analysis = found
    keys = request.GET.getlist("change")
    asked = request.GET.get("cut", "")
    context: dict[str, Any] = {"plan": plan}
    try:
        if asked.isascii() and asked.isdecimal() and len(asked) < 9:
            keys = [*keys, *proposal_keys(analysis, int(asked))]
        changes = changes_chosen(analysis, keys)
        if changes:
            comparison = compared(analysis, analysis.after(changes))
            context |= answer_context(request.hospital.code, analysis, keys, changes, comparison)
    except (NoSuchChoice, IndexError, LookupError):
        # The map has changed since the address was made: nothing is chosen any more.
        keys, context = [], {"plan": plan, "gone": True}
    if request.htmx:
        return render(request, "network/_answer.html", context)
    context["groups"] = switches(analysis, set(keys))
    context["chosen"] = set(keys)
    return render(request, "network/what_if.html", context)


@requires(Permission.NETWORK_EDIT)
@require_POST
def save(request: HospitalRequest) -> HttpResponse:
    """Keep what was tried as a change request."""
    found = current(request)
    if found is None:
        return redirect("network:start", hospital_code=request.hospital.code)
    plan, analysis = found
    if number_seen(request) != plan.number:
        messages.warning(request, moved_words())
        return redirect("network:what_if", hospital_code=request.hospital.code)
    try:
        changes = changes_chosen(analysis, request.POST.getlist("change"))
        saved = actions.save_change_request(
            plan,
            title=request.POST.get("title", ""),
            reason=request.POST.get("reason", ""),
            changes=changes,
            comparison=compared(analysis, analysis.after(changes)),
            by=request.user,
        )
    except (NoSuchChoice, LookupError, actions.NotPossible):
        messages.error(request, _("変えるところを一つ以上選び、表題を書いてから保存してください。"))
        return redirect("network:what_if", hospital_code=request.hospital.code)
    messages.success(request, _("変更の依頼として保存しました。まだだれにも送っていません。"))
    return redirect("network:change", hospital_code=request.hospital.code, change_id=saved.pk)


@requires(Permission.NETWORK_VIEW)
@require_GET
def changes(request: HospitalRequest) -> HttpResponse:
    """Every change request, by state."""
    state = request.GET.get("state", "")
    counts = queries.change_counts(request.hospital)
    tabs = [("", _("すべて"), sum(counts.values()))]
    tabs += [(value, str(label), counts.get(value, 0)) for value, label in ChangeRequest.State.choices]
    found = queries.change_requests_of(request.hospital, state=state)
    return render(request, "network/changes.html", {"found": found, "state": state, "tabs": tabs})


def _one(change_id: uuid.UUID) -> ChangeRequest:
    return get_object_or_404(
        ChangeRequest.objects.select_related("plan", "plan__file", "made_by", "moved_by", "hospital"), pk=change_id
    )


@requires(Permission.NETWORK_VIEW)
@require_GET
def change(request: HospitalRequest, change_id: uuid.UUID) -> HttpResponse:
    """One change request: what is to be done, before and after, how far it is."""
    return _change(request, _one(change_id))


def _change(request: HospitalRequest, found: ChangeRequest, error: str = "", status: int = 200) -> HttpResponse:
    context = change_context(found, queries.current_plan(request.hospital)) | {"error": error}
    # What is proposed hangs on the request's own map and configurations, which never change.
    context["proposals"] = _proposals(request, found)
    return render(request, "network/change.html", context, status=status)


def _proposals(request: HospitalRequest, found: ChangeRequest) -> list[dict[str, Any]]:
    language = get_language() or "ja"
    return remembered(f"proposals {found.pk} {language}", request.hospital, lambda: proposals_shown(found))


@requires(Permission.NETWORK_EXPORT)
@require_GET
def commands(request: HospitalRequest, change_id: uuid.UUID) -> HttpResponse:
    """What is handed to the vendors as a text file: of one device the change or the way back alone, else everything."""
    found = _one(change_id)
    proposals = _proposals(request, found)
    device, part = request.GET.get("device", ""), request.GET.get("part", "change")
    if not device:
        text, name = commands_text(found, proposals), "all"
    else:
        key = {"change": "text", "rollback": "rollback"}.get(part)
        if key is None or not (device.isascii() and device.isdecimal() and len(device) < 6):
            raise Http404
        if int(device) >= len(proposals):
            raise Http404
        one = proposals[int(device)]
        text, name = one[key], f"{one['id'] or int(device) + 1}_{part}"
    file, content = actions.take_commands(found, text, part=name, by=request.user)
    return file_response(content, name=file, content_type=f"{PLAIN}; charset=utf-8")


@requires(Permission.NETWORK_EDIT)
@require_POST
def move(request: HospitalRequest, change_id: uuid.UUID) -> HttpResponse:
    """Send a change request, note it as done, or give it back."""
    found = _one(change_id)
    given = request.POST.get("version", "")
    version = int(given) if given.isascii() and given.isdecimal() and len(given) < 9 else 0
    to = request.POST.get("to", "")
    try:
        actions.move_change_request(
            found, to=to, answer=request.POST.get("answer", ""), version=version, by=request.user
        )
    except actions.ChangedMeanwhile:
        error = _("見ている間に、ほかの人がこの依頼を進めました。いまの状態を見てください。")
        return _change(request, _one(change_id), error, 409)
    except actions.NotPossible:
        error = _("差し戻すときは、理由を書いてください。")
        if to != ChangeRequest.State.RETURNED:
            error = _("いまの状態からは、そこへは進めません。")
        return _change(request, found, error, 422)
    messages.success(request, _("依頼の状態を変えました。"))
    return redirect("network:change", hospital_code=request.hospital.code, change_id=found.pk)
