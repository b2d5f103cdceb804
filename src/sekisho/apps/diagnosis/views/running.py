"""Runs: what one click would scan, the live page, what was found, the raw evidence."""

import hashlib
import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sekisho.apps.diagnosis import evidence as evidence_files
from sekisho.apps.diagnosis import pages, runs, stops
from sekisho.apps.diagnosis.models import DiagnosisRun, RunAddress, RunEvidence, ScanConsent
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.files.serving import file_response
from sekisho.foundation.tenancy import access
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest


def run_of(run_id: uuid.UUID) -> DiagnosisRun:
    """Return a run of the hospital in scope."""
    found = DiagnosisRun.objects.select_related("hospital", "job", "made_by")
    return runs.settle(get_object_or_404(found, pk=run_id))


@requires(Permission.DIAGNOSIS_VIEW)
@require_GET
def start(request: HospitalRequest) -> HttpResponse:
    """Where the diagnosis of this hospital stands."""
    may_run = Permission.DIAGNOSIS_RUN in access.permissions_of(request.user, request.hospital)
    return render(request, "diagnosis/start.html", pages.start_context(request.hospital, may_run) | _region(request))


def _region(request: HospitalRequest) -> dict[str, str]:
    return {"region": runs.region_of(request.hospital)}


@requires(Permission.DIAGNOSIS_RUN)
@require_http_methods(["GET", "POST"])
def run_start(request: HospitalRequest) -> HttpResponse:
    """Show what would be scanned and what not, and start it."""
    if request.method == "POST":
        try:
            run = runs.start_run(request.hospital, by=request.user)
        except runs.AlreadyRunning as already:
            messages.info(request, _("この回線の診断は、もう始まっています。"))
            run = already.run
        except runs.NothingToScan:
            messages.warning(
                request, _("いま診断してよい回線がありません。同意の台帳で、足りないものを確かめてください。")
            )
            return redirect("diagnosis:consents", hospital_code=request.hospital.code)
        except runs.Stopped as stopped:
            messages.error(
                request, _("緊急停止が押されているので、始められません（%(by)s）。") % {"by": stopped.stop.by}
            )
            return redirect("diagnosis:start", hospital_code=request.hospital.code)
        return redirect("diagnosis:run", hospital_code=request.hospital.code, run_id=run.pk)
    seen = runs.preview(request.hospital, timezone.now())
    context = {"preview": seen, "stops": list(stops.in_force(request.hospital))} | _region(request)
    unknown = ScanConsent.Monitoring.UNKNOWN
    context["not_told"] = [one.row for one in (*seen.now, *seen.later) if one.row.monitoring == unknown]
    context["here"] = _("診断を始める")
    context["refused"] = [(one, pages.status_of(one)) for one in seen.refused]
    return render(request, "diagnosis/preview.html", context)


@requires(Permission.DIAGNOSIS_VIEW)
@require_GET
def run(request: HospitalRequest, run_id: uuid.UUID) -> HttpResponse:
    """One run; to htmx only the part that changes."""
    found = run_of(run_id)
    template = "diagnosis/_live.html" if request.htmx else "diagnosis/run.html"
    return render(request, template, pages.run_context(found))


@requires(Permission.DIAGNOSIS_RUN)
@require_POST
def run_resume(request: HospitalRequest, run_id: uuid.UUID) -> HttpResponse:
    """Go on with a run that was stopped or could not go on."""
    found = run_of(run_id)
    try:
        runs.resume(found, by=request.user)
    except runs.NotOver:
        messages.info(request, _("この診断は、続ける必要がありません。"))
    except runs.Stopped as stopped:
        messages.error(request, _("緊急停止が解かれていないので、続けられません（%(by)s）。") % {"by": stopped.stop.by})
    else:
        messages.success(request, _("続きから再開します。終わったところは、もう一度調べません。"))
    return redirect("diagnosis:run", hospital_code=request.hospital.code, run_id=found.pk)


@requires(Permission.DIAGNOSIS_VIEW)
@require_GET
def run_address(request: HospitalRequest, address_id: int) -> HttpResponse:
    """What was found at one address, how surely nothing was missed, and with which commands."""
    row = get_object_or_404(RunAddress.objects.select_related("run__hospital"), pk=address_id)
    return render(request, "diagnosis/address.html", pages.address_context(row))


@requires(Permission.DIAGNOSIS_EVIDENCE)
@require_GET
def evidence(request: HospitalRequest, evidence_id: int) -> HttpResponse:
    """A raw file, as the tool wrote it, when it is still what was hashed."""
    row = get_object_or_404(RunEvidence.objects.select_related("run__hospital"), pk=evidence_id)
    try:
        content = evidence_files.content_of(row)
    except FileNotFoundError as error:
        raise Http404 from error
    if hashlib.sha256(content).hexdigest() != row.sha256:
        messages.error(
            request, _("このファイルは、記録した照合番号と合いません。証拠として使えないので、お渡しできません。")
        )
        return redirect("diagnosis:run_address", hospital_code=request.hospital.code, address_id=row.run_address_id)
    evidence_files.record_download(row, by=request.user)
    name = f"{request.hospital.code}_{row.path.replace('/', '_')}"
    return file_response(content, name=name, content_type="application/octet-stream")


@requires(Permission.DIAGNOSIS_RUN)
@require_POST
def region(request: HospitalRequest) -> HttpResponse:
    """Say from where this hospital is scanned."""
    try:
        runs.set_region(request.hospital, region=request.POST.get("region", ""), by=request.user)
    except LookupError:
        messages.error(request, _("その地域は設定にありません。"))
    else:
        messages.success(request, _("保存しました。"))
    return redirect("diagnosis:start", hospital_code=request.hospital.code)
