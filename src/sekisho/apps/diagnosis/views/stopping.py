"""The emergency stop, pressed and lifted; and what of all hospitals is under way."""

import uuid

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sekisho.apps.diagnosis import pages, runs, stops
from sekisho.apps.diagnosis.models import DiagnosisRun, EmergencyStop
from sekisho.apps.diagnosis.views.running import run_of
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest, SignedInRequest
from sekisho.foundation.tenancy.scope import all_hospitals


def _reason(request: SignedInRequest) -> str:
    written = request.POST.get("why", "").strip() or request.POST.get("reason", "").strip()
    return written or pages.stop_reasons()[0]


def _pressed(request: SignedInRequest) -> None:
    messages.warning(request, _("止めました。送信は2秒以内に終わります。解くまで、新しい診断も始まりません。"))


@requires(Permission.DIAGNOSIS_STOP)
@require_POST
def stop_run(request: HospitalRequest, run_id: uuid.UUID) -> HttpResponse:
    """Stop one run."""
    found = run_of(run_id)
    stops.press(hospital=request.hospital, run=found, reason=_reason(request), by=request.user)
    messages.warning(request, _("この診断を止めました。送信は2秒以内に終わります。"))
    return redirect("diagnosis:run", hospital_code=request.hospital.code, run_id=found.pk)


@requires(Permission.DIAGNOSIS_STOP)
@require_POST
def stop_hospital(request: HospitalRequest) -> HttpResponse:
    """Stop everything of this hospital."""
    stops.press(hospital=request.hospital, reason=_reason(request), by=request.user)
    _pressed(request)
    return redirect("diagnosis:start", hospital_code=request.hospital.code)


@requires(Permission.DIAGNOSIS_STOP_EVERYWHERE)
@require_POST
def stop_everywhere(request: HospitalRequest) -> HttpResponse:
    """Stop everything everywhere, from the page of a hospital."""
    stops.press(hospital=None, reason=_reason(request), by=request.user)
    _pressed(request)
    return redirect("diagnosis:start", hospital_code=request.hospital.code)


@requires(Permission.DIAGNOSIS_LIFT)
@require_POST
def lift(request: HospitalRequest, stop_id: int) -> HttpResponse:
    """Lift a stop that bears on this hospital."""
    bears = Q(hospital=request.hospital) | Q(hospital__isnull=True)
    stop = get_object_or_404(EmergencyStop.objects.filter(bears), pk=stop_id)
    _lift(request, stop)
    if stop.run_id is not None:
        return redirect("diagnosis:run", hospital_code=request.hospital.code, run_id=stop.run_id)
    return redirect("diagnosis:start", hospital_code=request.hospital.code)


def _lift(request: SignedInRequest, stop: EmergencyStop) -> None:
    try:
        stops.lift(stop, reason=request.POST.get("reason", ""), by=request.user)
    except stops.ReasonMissing:
        messages.error(request, _("解く理由を書いてください。何を確かめたかが分かるようにします。"))
    except stops.AlreadyLifted:
        messages.info(request, _("この停止は、もう解かれています。"))
    else:
        messages.success(request, _("緊急停止を解きました。止めた診断は、「続きから再開」を押すと続きます。"))


# --- All hospitals ------------------------------------------------------------------------------------------------------
@requires(Permission.DIAGNOSIS_OVERSEE)
@require_GET
def office(request: SignedInRequest) -> HttpResponse:
    """What is under way everywhere, and the stop for all of it."""
    with all_hospitals(reason="the secretariat sees and stops every diagnosis"):
        active = DiagnosisRun.objects.filter(state__in=runs.ACTIVE).select_related("hospital", "job", "made_by")
        recent = DiagnosisRun.objects.exclude(state__in=runs.ACTIVE).select_related("hospital", "made_by")
        context = {
            "active": [(run, pages.run_status(run)) for run in active.order_by("hospital__code", "number")[:200]],
            "recent": [(run, pages.run_status(run)) for run in recent.order_by("-ended_at")[:30]],
            "stops": list(EmergencyStop.objects.filter(lifted_at__isnull=True).select_related("by", "hospital", "run")),
            "reasons": pages.stop_reasons(),
        }
        return render(request, "diagnosis/office.html", context)


@requires(Permission.DIAGNOSIS_OVERSEE)
@require_POST
def office_stop(request: SignedInRequest) -> HttpResponse:
    """Stop everything everywhere."""
    stops.press(hospital=None, reason=_reason(request), by=request.user)
    _pressed(request)
    return redirect("scans:office")


@requires(Permission.DIAGNOSIS_OVERSEE)
@require_POST
def office_lift(request: SignedInRequest, stop_id: int) -> HttpResponse:
    """Lift any stop."""
    with all_hospitals(reason="the secretariat sees and stops every diagnosis"):
        _lift(request, get_object_or_404(EmergencyStop, pk=stop_id))
    return redirect("scans:office")
