"""The pages of the overview drawing."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from sekisho.apps.overview import actions, queries
from sekisho.domain.overview.description import describe
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.audit.remembered import remembered
from sekisho.foundation.files.serving import file_response
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest

DRAWIO = "application/vnd.jgraph.mxfile"


@requires(Permission.OVERVIEW_VIEW)
@require_GET
def page(request: HospitalRequest) -> HttpResponse:
    """The drawing on screen: pan, zoom, click to the record; and the same in sentences."""
    language = get_language() or "ja"
    today = timezone.localdate()
    drawing = remembered(
        f"overview:{today}", request.hospital, lambda: queries.drawing_of(request.hospital, at=timezone.localtime())
    )
    ids = queries.line_ids()

    def link(record: str) -> str:
        kind, _dash, number = record.rpartition("-")
        if kind != "line" or not number.isdigit() or int(number) not in ids:
            return ""
        kwargs = {"hospital_code": request.hospital.code, "record_id": ids[int(number)]}
        return reverse("register:line_detail", kwargs=kwargs)

    try:
        number = int(request.GET.get("page", "1"))
        drawn = remembered(
            f"overview-svg:{today}:{language}:{number}",
            request.hospital,
            lambda: actions.on_screen(drawing, language=language, link=link, page=number),
        )
    except ValueError as error:
        raise Http404 from error
    context = {
        "svg": mark_safe(drawn),  # noqa: S308 - every text in it was escaped by `draw_svg`
        "number": number,
        "pages": [sheet.number for sheet in drawing.pages],
        "sentences": describe(drawing, language),
    }
    return render(request, "overview/page.html", context)


@requires(Permission.OVERVIEW_VIEW)
@require_GET
def thumbnail(request: HospitalRequest) -> HttpResponse:
    """The first sheet as a picture for other pages. Seeing it is not taking a copy."""
    language = get_language() or "ja"
    drawn = remembered(
        f"overview-thumbnail:{timezone.localdate()}:{language}",
        request.hospital,
        lambda: actions.on_screen(
            queries.drawing_of(request.hospital, at=timezone.localtime()),
            language=language,
            link=lambda _record: "",
            page=1,
        ),
    )
    return HttpResponse(drawn, content_type="image/svg+xml; charset=utf-8")


@requires(Permission.OVERVIEW_VIEW)
@require_GET
def svg(request: HospitalRequest) -> HttpResponse:
    """The drawing as an SVG file, all sheets."""
    return _copy(request, "svg", "image/svg+xml")


@requires(Permission.OVERVIEW_VIEW)
@require_GET
def drawio(request: HospitalRequest) -> HttpResponse:
    """The drawing as a draw.io file, to be edited there."""
    return _copy(request, "drawio", DRAWIO)


def _copy(request: HospitalRequest, kind: str, content_type: str) -> HttpResponse:
    drawing = queries.drawing_of(request.hospital, at=timezone.localtime())
    name, content = actions.take_copy(
        drawing, hospital=request.hospital, kind=kind, language=get_language() or "ja", by=request.user
    )
    return file_response(content, name=name, content_type=content_type)
