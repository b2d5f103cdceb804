"""The printable sheets of the network: on screen, with the same in words, and as files."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sekisho.apps.network import actions
from sekisho.apps.network.analysis import Analysis
from sekisho.apps.network.views.asking import current, without_map
from sekisho.apps.network.words import Names
from sekisho.assessment.sheets import MATRIX, PATHS, SEGMENTS, SURVIVAL
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.files.serving import file_response
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest
from sekisho.foundation.ui.texts import speak

TYPES = {"svg": "image/svg+xml", "pdf": "application/pdf", "drawio": "application/vnd.jgraph.mxfile"}


@requires(Permission.NETWORK_VIEW)
@require_GET
def page(request: HospitalRequest) -> HttpResponse:
    """One sheet on screen; the others to choose from."""
    found = current(request)
    if found is None:
        return without_map(request)
    plan, analysis = found
    sheets = analysis.sheets_for(request.hospital.name)
    name = request.GET.get("name", SEGMENTS)
    if name not in sheets.names:
        raise Http404
    drawing = sheets[name]
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 5 else 1
    try:
        drawn = actions.on_screen(drawing, get_language() or "ja", number)
    except ValueError as error:
        raise Http404 from error
    context = {
        "plan": plan,
        "name": name,
        "choices": _choices(analysis),
        "svg": mark_safe(drawn),  # noqa: S308 - every text in it was escaped by `draw_svg`
        "label": speak(drawing.title),
        "pages": [sheet.number for sheet in drawing.pages],
        "number": number,
        "sentences": [speak(sentence) for sentence in (drawing.summary, *drawing.sentences)],
    }
    return render(request, "network/sheets.html", context)


def _choices(analysis: Analysis) -> list[tuple[str, str]]:
    names = Names(analysis.network)
    first = [(SEGMENTS, _("区画と装置")), (SURVIVAL, _("残る控え")), (MATRIX, _("部門の表"))]
    lines = [
        (f"{PATHS}{line.id}", _("%(line)sからの道") % {"line": names.end(line.id)}) for line in analysis.network.lines
    ]
    return first + lines


@requires(Permission.NETWORK_EXPORT)
@require_GET
def take(request: HospitalRequest) -> HttpResponse:
    """One sheet as a file."""
    found = current(request)
    if found is None:
        return redirect("network:start", hospital_code=request.hospital.code)
    plan, analysis = found
    sheets, kind = analysis.sheets_for(request.hospital.name), request.GET.get("kind", "pdf")
    name = request.GET.get("name", SEGMENTS)
    if name not in sheets.names or kind not in TYPES:
        raise Http404
    language = get_language() or "ja"
    file, content = actions.take_sheet(plan, name=name, kind=kind, language=language, sheets=sheets, by=request.user)
    return file_response(content, name=file, content_type=TYPES[kind])
