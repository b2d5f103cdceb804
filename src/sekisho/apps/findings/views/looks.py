"""The looks from outside: all of them, files handed in, two side by side, the ports of one connection over time."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sekisho.apps.findings import comparing, queries, reports
from sekisho.apps.findings.forms import ComparisonForm
from sekisho.apps.findings.models import Observation, ObservedAddress
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.files.sniffing import FileRefused
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest
from sekisho.foundation.ui.calendar_words import moment_words
from sekisho.foundation.ui.texts import sign, speak

MOST_SHOWN = 200


@requires(Permission.DIAGNOSIS_VIEW)
@require_GET
def looks(request: HospitalRequest) -> HttpResponse:
    """Every run and file, and what can be handed in."""
    return _looks(request)


def _looks(request: HospitalRequest, error: str = "", status: int = 200) -> HttpResponse:
    found = list(queries.observations_of(request.hospital)[:MOST_SHOWN])
    context = {
        "looks": found,
        "places": queries.latest_by_place(request.hospital),
        "error": error,
        "limit": settings.UPLOAD_LIMIT_BYTES,
    }
    return render(request, "findings/looks.html", context, status=status)


@requires(Permission.FINDING_IMPORT)
@require_POST
def upload(request: HospitalRequest) -> HttpResponse:
    """Take in a scanner's file and say what it did."""
    sent = request.FILES.get("file")
    if sent is None:
        return _looks(request, _("ファイルを選んでから送ってください。"), 422)
    content = sent.read(settings.UPLOAD_LIMIT_BYTES + 1)
    try:
        made = reports.take_in(request.hospital, name=sent.name or "", content=content, by=request.user)
    except FileRefused as refused:
        return _looks(request, speak(refused.message), 422)
    if not made.is_new:
        messages.info(request, _("同じファイルがもう入っています。"))
    else:
        text = _(
            "取り込みました。新しい：%(new)s件、まだ残っている：%(still)s件、直った：%(fixed)s件、再び見つかった：%(again)s件。"
        )
        taken = made.taken
        numbers = {"new": taken.new, "still": taken.still, "fixed": taken.fixed, "again": taken.reopened}
        messages.success(request, text % numbers)
        for note in made.observation.notes:
            messages.warning(request, note)
    return redirect("findings:looks", hospital_code=request.hospital.code)


@requires(Permission.DIAGNOSIS_VIEW)
@require_GET
def compare(request: HospitalRequest) -> HttpResponse:
    """What became of every finding between two looks."""
    found = list(queries.observations_of(request.hospital)[:MOST_SHOWN])
    usual = comparing.usual_pair(found)
    start = {"earlier": str(usual[0].pk), "later": str(usual[1].pk)} if usual else {}
    asked = {name: request.GET.get(name, "") for name in ("earlier", "later")}
    form = ComparisonForm(
        asked if any(asked.values()) else start, choices=[(str(one.pk), _choice(one)) for one in found]
    )
    context: dict[str, Any] = {"form": form, "count": len(found), "groups": None}
    if found and form.is_valid():
        by_id = {str(one.pk): one for one in found}
        earlier, later = (by_id[form.cleaned_data[name]] for name in ("earlier", "later"))
        context |= {"earlier": earlier, "later": later}
        if earlier == later:
            form.add_error(None, _("前と後に、別々の診断を選んでください。"))
        else:
            context["groups"] = comparing.comparison_of(request.hospital, earlier, later)
            context["is_backwards"] = bool(earlier.began_at and later.began_at and earlier.began_at > later.began_at)
    return render(request, "findings/compare.html", context)


def _choice(observation: Observation) -> str:
    when = moment_words(observation.began_at) if observation.began_at else _("日時は不明")
    return f"{observation}{sign('（')}{when}{sign('）')}"


@requires(Permission.DIAGNOSIS_VIEW)
@require_GET
def ports(request: HospitalRequest, seen_id: int) -> HttpResponse:
    """Every port of one connection that was ever open, look by look."""
    row = get_object_or_404(ObservedAddress.objects.all(), pk=seen_id)
    return render(request, "findings/ports.html", comparing.ports_context(request.hospital, row.place))
