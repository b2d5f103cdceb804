"""The device configurations: dropped, read, tied to devices, their riddles ticked off."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sekisho.apps.network import actions, configurations, queries
from sekisho.apps.network.models import DeviceConfigurationFile, UnparsedConfigurationLine
from sekisho.apps.network.pages.entry import lines_at
from sekisho.apps.network.pages.tidiness import untidy_rules
from sekisho.apps.network.views.asking import Opener, current
from sekisho.apps.network.views.plans import moved_words, number_seen
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.files.serving import file_response
from sekisho.foundation.files.sniffing import XLSX, FileRefused
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest
from sekisho.foundation.ui.notices import undoable
from sekisho.foundation.ui.texts import speak

MOST_FILES = 100
"""At once; a hospital has some dozens of devices."""
MOST_LINES = 300
"""Lines not understood that one page lists."""


@requires(Permission.NETWORK_VIEW)
@require_GET
def listed(request: HospitalRequest) -> HttpResponse:
    """Every configuration with how much of it was understood; to drop more, and to tie them to devices."""
    return _listed(request)


def _listed(request: HospitalRequest, error: str = "", status: int = 200) -> HttpResponse:
    found = current(request)
    network = found[1].network if found else None
    places = queries.places_for(request.hospital, network)
    rows: list[dict[str, Any]] = [
        {"found": configuration, "suggested": queries.suggested(configuration, places, network)}
        for configuration in queries.configurations_of(request.hospital)
    ]
    for row in rows:
        row["vendor"] = configurations.vendor_name(row["found"].vendor)
    context = {
        "rows": rows,
        "places": places,
        "plan": found[0] if found else None,
        "untidy": untidy_rules(found[1], Opener(request)) if found else [],
        "can_tie": any(row["found"].state == DeviceConfigurationFile.State.READ for row in rows),
        "error": error,
        "limit": settings.UPLOAD_LIMIT_BYTES,
    }
    return render(request, "network/configurations.html", context, status=status)


@requires(Permission.NETWORK_VIEW)
@require_GET
def form(request: HospitalRequest) -> HttpResponse:
    """The empty table of rules, for a device whose configuration nobody can read."""
    name = pgettext("file name", "通信の規則") + ".xlsx"
    return file_response(configurations.empty_table(get_language() or "ja"), name=name, content_type=XLSX)


@requires(Permission.NETWORK_EDIT)
@require_POST
def upload(request: HospitalRequest) -> HttpResponse:
    """Take in configurations, without their secrets, and start reading them."""
    sent = request.FILES.getlist("file")[:MOST_FILES]
    if not sent:
        return _listed(request, _("ファイルを選んでから送ってください。"), 422)
    added: list[DeviceConfigurationFile] = []
    refused: list[str] = []
    for file in sent:
        if (file.size or 0) > settings.UPLOAD_LIMIT_BYTES:
            limit = settings.UPLOAD_LIMIT_BYTES // 2**20
            why = _("ファイルが大きすぎます。%(limit)s MB までにしてください。") % {"limit": limit}
            refused.append(_("%(name)s：%(why)s") % {"name": file.name, "why": why})
            continue
        try:
            taken, is_new = configurations.take_in(
                request.hospital, name=file.name or "", content=file.read(), by=request.user
            )
        except FileRefused as error:
            refused.append(_("%(name)s：%(why)s") % {"name": file.name, "why": speak(error.message)})
            continue
        if is_new or taken.state == DeviceConfigurationFile.State.WAITING:
            added.append(taken)
    for text in refused[:10]:
        messages.warning(request, text)
    if not added:
        if not refused:
            messages.info(request, _("同じファイルがもう入っています。"))
        return redirect("network:configurations", hospital_code=request.hospital.code)
    job = configurations.start_reading(request.hospital, added, by=request.user)
    return redirect("jobs:detail", hospital_code=request.hospital.code, job_id=job.pk)


@requires(Permission.NETWORK_EDIT)
@require_POST
def tie(request: HospitalRequest) -> HttpResponse:
    """Put the configurations into the map as those of the chosen devices."""
    found = {str(one.pk): one for one in queries.configurations_of(request.hospital)}
    choices = {
        found[name.removeprefix("place-")]: str(key)
        for name, key in request.POST.items()
        if name.startswith("place-") and key and name.removeprefix("place-") in found
    }
    chosen = list(choices.values())
    if len(set(chosen)) < len(chosen):
        return _listed(
            request, _("同じ装置を二つの設定に選んでいます。一つの装置には、設定を一つだけ選んでください。"), 422
        )
    try:
        plan = configurations.tie(request.hospital, choices=choices, by=request.user, base=number_seen(request))
    except configurations.NothingChosen:
        return _listed(request, _("どの装置の設定かを、一つ以上選んでください。"), 422)
    except actions.PlanMoved:
        return _listed(request, moved_words(), 409)
    if plan is None:
        messages.info(request, _("地図は前と同じ内容でした。結び付けだけを保存しました。"))
    else:
        messages.success(request, _("設定を地図に入れました（第%(number)s版）。") % {"number": plan.number})
    return redirect("network:start", hospital_code=request.hospital.code)


def _one(configuration_id: uuid.UUID) -> DeviceConfigurationFile:
    return get_object_or_404(
        DeviceConfigurationFile.objects.select_related("file", "hospital", "uploaded_by"), pk=configuration_id
    )


@requires(Permission.NETWORK_VIEW)
@require_GET
def detail(request: HospitalRequest, configuration_id: uuid.UUID) -> HttpResponse:
    """One configuration: how much was understood, the lines that were not, and the text around a line."""
    found = _one(configuration_id)
    asked = request.GET.get("line", "")
    line = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 9 else 0
    map_now = current(request)
    network = map_now[1].network if map_now else None
    unread = found.unparsed_lines.select_related("ticked_by").order_by("ticked_at", "line")
    context: dict[str, Any] = {
        "found": found,
        "vendor": configurations.vendor_name(found.vendor),
        "lines": list(unread[:MOST_LINES]),
        "left_out": max(0, unread.count() - MOST_LINES),
        "around": configurations.lines_around(found, line) if line else [],
        "line": line,
        "notices": found.notices,
        "here": found.name,
        "record": queries.device_record(found, request.hospital, network),
        "ends": lines_at(request.hospital.code, network, found.device),
    }
    return render(request, "network/configuration.html", context)


@requires(Permission.NETWORK_EDIT)
@require_POST
def set_aside(request: HospitalRequest, configuration_id: uuid.UUID) -> HttpResponse:
    """Use a configuration no longer."""
    found = _one(configuration_id)
    if configurations.set_aside(found, by=request.user):
        undo = request.path.replace("/set-aside/", "/take-up/")
        undoable(
            request, _("「%(name)s」を外しました。地図の内容は変わりません。") % {"name": found.name}, undo_url=undo
        )
    return redirect("network:configurations", hospital_code=request.hospital.code)


@requires(Permission.NETWORK_EDIT)
@require_POST
def take_up(request: HospitalRequest, configuration_id: uuid.UUID) -> HttpResponse:
    """Use a configuration again."""
    found = _one(configuration_id)
    if configurations.take_up(found, by=request.user):
        messages.success(request, _("「%(name)s」を戻しました。") % {"name": found.name})
    return redirect("network:configurations", hospital_code=request.hospital.code)


@requires(Permission.NETWORK_EDIT)
@require_POST
def tick(request: HospitalRequest, unread_id: int) -> HttpResponse:
    """Note that a line was looked at, or take the note away; to htmx only the line."""
    found = get_object_or_404(
        UnparsedConfigurationLine.objects.select_related("configuration", "ticked_by"), pk=unread_id
    )
    given = request.POST.get("version", "")
    version = int(given) if given.isascii() and given.isdecimal() and len(given) < 9 else -1
    error, status = "", 200
    try:
        if request.POST.get("undo"):
            found = configurations.untick(found, version=version, by=request.user)
        else:
            found = configurations.tick(found, remark=request.POST.get("remark", ""), version=version, by=request.user)
    except configurations.RemarkMissing:
        error, status = _("確かめたことを一言書いてください（例：時刻合わせの行で、通信の許可には関わらない）。"), 422
    except configurations.TickedMeanwhile:
        found = UnparsedConfigurationLine.objects.select_related("configuration", "ticked_by").get(pk=found.pk)
        error, status = _("見ている間に、ほかの人がこの行を確かめました。いまの内容を見てください。"), 422
    context = {"line": found, "error": error, "configuration": found.configuration}
    if request.htmx:
        return render(request, "network/_line.html", context, status=status)
    if error:
        messages.error(request, error)
    return redirect(
        "network:configuration", hospital_code=request.hospital.code, configuration_id=found.configuration_id
    )
