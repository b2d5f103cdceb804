"""What the internet sees: on the screen and as one page of paper."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from sekisho.apps.findings import outside as page
from sekisho.domain.diagnosis.outside import Sight
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.files.serving import file_response
from sekisho.foundation.files.sniffing import PDF
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest
from sekisho.foundation.ui.statuses import Status

SHOWN = {
    Sight.DANGER: Status.DANGER,
    Sight.CARE: Status.CAUTION,
    Sight.UNKNOWN: Status.UNKNOWN,
    Sight.QUIET: Status.OK,
    Sight.NOT_MEANT: Status.NO,
}


@requires(Permission.DIAGNOSIS_VIEW)
@require_GET
def outside(request: HospitalRequest) -> HttpResponse:
    """The page for the director, on the screen."""
    view = page.outside_of(request.hospital)
    context = {
        "view": view,
        "status": SHOWN[view.sight],
        "counts": [(SHOWN[sight], sight, count) for sight, count in view.counts if count],
        "lines": [(line, SHOWN[line.sight]) for line in view.lines],
    }
    return render(request, "findings/outside.html", context)


@requires(Permission.DIAGNOSIS_VIEW)
@require_GET
def outside_pdf(request: HospitalRequest) -> HttpResponse:
    """The same as a PDF of one page; who took it is recorded."""
    name, content = page.taken(request.hospital, language=get_language() or "ja", by=request.user)
    return file_response(content, name=name, content_type=PDF)
