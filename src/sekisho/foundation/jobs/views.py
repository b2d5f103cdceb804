"""Show how far a job is."""

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.jobs import actions
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest


@requires(Permission.REGISTER_VIEW)
@require_GET
def detail(request: HospitalRequest, job_id: uuid.UUID) -> HttpResponse:
    """The job's page; to htmx only the part that changes. A finished job leads on to `result["url"]`."""
    job = get_object_or_404(Job.objects.all(), pk=job_id)
    url = job.result.get("url", "")
    if request.htmx:
        response = render(request, "jobs/_progress.html", {"job": job})
        if job.state == Job.State.DONE and url:
            response["HX-Redirect"] = url
        return response
    if job.state == Job.State.DONE and url:
        return redirect(url)
    return render(request, "jobs/detail.html", {"job": job})


@requires(Permission.REGISTER_EDIT)
@require_POST
def cancel(request: HospitalRequest, job_id: uuid.UUID) -> HttpResponse:
    """Ask the job to stop."""
    job = get_object_or_404(Job.objects.all(), pk=job_id)
    actions.cancel(job, by=request.user)
    return redirect("jobs:detail", hospital_code=request.hospital.code, job_id=job.pk)
