"""The pages that show what follows from the map: start, why, one line, backups."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sekisho.apps.network import actions, queries
from sekisho.apps.network.pages import links
from sekisho.apps.network.pages.backups import board_context
from sekisho.apps.network.pages.entry import cut_context, entry_context
from sekisho.apps.network.pages.start import start_context
from sekisho.apps.network.pages.why import answers_of, asked_of, choices_of, why_context
from sekisho.apps.network.views.asking import Opener, current, without_map
from sekisho.apps.network.words import Names
from sekisho.assessment.sheets import PATHS
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest


@requires(Permission.NETWORK_VIEW)
@require_GET
def start(request: HospitalRequest) -> HttpResponse:
    """The state in one glance and the next thing to do; without a map, how to get one."""
    found = current(request)
    if found is None:
        return without_map(request)
    plan, analysis = found
    context = start_context(
        request.hospital.code,
        analysis,
        open_lines=queries.open_lines(request.hospital),
        ties=queries.line_ties(request.hospital, analysis.network),
    )
    changes = queries.change_counts(request.hospital)
    return render(request, "network/start.html", context | {"plan": plan, "change_counts": changes})


@requires(Permission.NETWORK_VIEW)
@require_GET
def why(request: HospitalRequest) -> HttpResponse:
    """Whether one thing can talk to another, and why."""
    found = current(request)
    if found is None:
        return without_map(request)
    _plan, analysis = found
    given = {key: request.GET.get(key, "") for key in ("src", "dst", "service")}
    asked = asked_of(analysis, given["src"], given["dst"], given["service"])
    context = choices_of(analysis) | {"asked": asked, "chosen": given}
    if asked.source and asked.target:
        context["answers"] = answers_of(request.hospital.code, analysis, asked)
        if asked.service is not None:
            context["found"] = why_context(request.hospital.code, analysis, asked, Opener(request))
    return render(request, "network/why.html", context)


@requires(Permission.NETWORK_VIEW)
@require_GET
def entry(request: HospitalRequest) -> HttpResponse:
    """One line: the way in, what falls, what is left."""
    found = current(request)
    if found is None:
        return without_map(request)
    _plan, analysis = found
    line = request.GET.get("line", "")
    if not line:
        return redirect("network:start", hospital_code=request.hospital.code)
    if line not in analysis.assessed.spreads:
        raise Http404
    context = entry_context(request.hospital.code, analysis, line, request.GET.get("to", ""))
    if context["hops"]:
        drawing = analysis.sheets_for(request.hospital.name)[f"{PATHS}{line}"]
        # Every text in it was escaped by `draw_svg`.
        context["svg"] = mark_safe(actions.on_screen(drawing, get_language() or "ja", 1))  # noqa: S308
    record = queries.line_ties(request.hospital, analysis.network).records.get(line)
    return render(request, "network/entry.html", context | {"record": record})


@requires(Permission.NETWORK_VIEW)
@require_GET
def line_way(request: HospitalRequest, record_id: uuid.UUID) -> HttpResponse:
    """From a line of the register to its page here; a line that the map lacks leads to what is said of it."""
    line = queries.register_line(request.hospital, record_id)
    if line is None:
        raise Http404
    found = current(request)
    if found is None:
        return redirect("network:start", hospital_code=request.hospital.code)
    known = queries.line_ties(request.hospital, found[1].network).in_map(record_id)
    if known:
        return redirect(links.entry(request.hospital.code, known))
    return redirect(f"{links.page(request.hospital.code, 'start')}#line-{line.number}")


@requires(Permission.NETWORK_VIEW)
@require_GET
def device_rules(request: HospitalRequest, record_id: uuid.UUID) -> HttpResponse:
    """From a device of the register to its configuration; without one, to where configurations are put in."""
    device = next((one for one in queries.register_devices(request.hospital) if one.record == record_id), None)
    if device is None:
        raise Http404
    found = current(request)
    configuration = queries.configuration_of(device, request.hospital, found[1].network if found else None)
    if configuration is not None:
        return redirect(links.configuration(request.hospital.code, str(configuration.pk)))
    text = _("「%(device)s」の設定は、まだ決まっていません。設定のファイルを入れて、どの装置の設定かを選んでください。")
    messages.info(request, text % {"device": device.label})
    return redirect("network:configurations", hospital_code=request.hospital.code)


@requires(Permission.NETWORK_VIEW)
@require_GET
def entry_cut(request: HospitalRequest) -> HttpResponse:
    """The smallest changes that stop a break-in through one line; a part of its page, or a page of its own."""
    found = current(request)
    if found is None:
        return without_map(request)
    _plan, analysis = found
    line = request.GET.get("line", "")
    if line not in analysis.assessed.spreads:
        return redirect("network:start", hospital_code=request.hospital.code)
    context = cut_context(request.hospital.code, analysis, line)
    if request.htmx:
        return render(request, "network/_cut.html", context)
    return render(request, "network/cut.html", context | {"line": line, "label": Names(analysis.network).end(line)})


@requires(Permission.NETWORK_VIEW)
@require_GET
def backups(request: HospitalRequest) -> HttpResponse:
    """The board of backups: copies by lines."""
    found = current(request)
    if found is None:
        return without_map(request)
    _plan, analysis = found
    return render(request, "network/backups.html", board_context(request.hospital.code, analysis))
