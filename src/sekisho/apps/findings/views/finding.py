"""One finding: read, moved, asked about again, its evidence taken."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sekisho.apps.diagnosis import runs
from sekisho.apps.findings import moves, pages, queries, rechecks, taking_away
from sekisho.apps.findings.forms import MoveForm
from sekisho.apps.findings.models import Finding, FindingEvidence
from sekisho.domain.diagnosis.statuses import MoveRefused, Status
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.files.sniffing import FileRefused
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest
from sekisho.foundation.ui.calendar_words import moment_words
from sekisho.foundation.ui.texts import speak


def finding_of(request: HospitalRequest, finding_id: uuid.UUID) -> Finding:
    """Return a finding that exists for the person."""
    found: Finding = get_object_or_404(queries.findings_visible_to(request.user, request.hospital), pk=finding_id)
    return found


@requires(Permission.FINDING_VIEW)
@require_GET
def finding(request: HospitalRequest, finding_id: uuid.UUID) -> HttpResponse:
    """What it is, why it matters here, what to do, who does it, how to check; evidence and history."""
    return _page(request, finding_of(request, finding_id))


def _page(request: HospitalRequest, found: Finding, status: int = 200, form: MoveForm | None = None) -> HttpResponse:
    context = pages.finding_context(found, request.user)
    context["evidence"] = [(one, pages.evidence_url(one, request.hospital.code)) for one in context["evidence"]]
    if context["transitions"]:
        start = {"version": found.version}
        context["form"] = form or MoveForm(initial=start, transitions=context["transitions"])
    return render(request, "findings/finding.html", context, status=status)


@requires(Permission.FINDING_MOVE)
@require_POST
def move(request: HospitalRequest, finding_id: uuid.UUID) -> HttpResponse:
    """Move a finding; what the table demands and refuses is said at the form."""
    found = finding_of(request, finding_id)
    form = MoveForm(request.POST, request.FILES, transitions=moves.moves_for(found, request.user))
    if not form.is_valid():
        return _page(request, found, 422, form)
    try:
        wish = _wish(form.cleaned_data)
        moves.move(found, wish, version=form.cleaned_data["version"], by=request.user)
    except FileRefused as refused:
        form.add_error("proof_file", speak(refused.message))
    except MoveRefused as refused:
        form.add_error(_field_of(refused, form), speak(refused.reason))
    except moves.ChangedMeanwhile:
        text = _(
            "見ている間に、だれかが状態を変えました。まだ何も書いていません。いまの状態を見てから、もう一度お願いします。"
        )
        messages.warning(request, text)
        return _page(request, finding_of(request, finding_id), 409)
    else:
        messages.success(request, _("「%(status)s」にしました。") % {"status": speak(wish.to.word)})
        return _back(request, found)
    return _page(request, found, 422, form)


def _wish(given: dict[str, Any]) -> moves.Wish:
    upload = given.get("proof_file")
    content = (upload.name or "", upload.read(settings.UPLOAD_LIMIT_BYTES + 1)) if upload else None
    proof = given.get("proof", "") or (upload.name if upload else "")
    return moves.Wish(Status(given["to"]), given["reason"], proof[:500], content, given.get("expires_on"))


def _field_of(refused: MoveRefused, form: MoveForm) -> str | None:
    field = {
        "no-reason": "reason",
        "no-evidence": "proof",
        "no-expiry": "expires_on",
        "expiry-too-far": "expires_on",
    }.get(refused.rule)
    return field if field in form.fields else None


def _back(request: HospitalRequest, found: Finding) -> HttpResponse:
    return redirect("findings:finding", hospital_code=request.hospital.code, finding_id=found.pk)


@requires(Permission.FINDING_RECHECK)
@require_POST
def recheck(request: HospitalRequest, finding_id: uuid.UUID) -> HttpResponse:
    """Ask about this one finding again, now, inside the consent."""
    found = finding_of(request, finding_id)
    try:
        run = rechecks.start(found, by=request.user)
    except rechecks.NotConsented as refused:
        text = _("いま効いている同意がないので、調べられません。同意の台帳で、いつ調べてよいかを決めてください。")
        if refused.opens_at is not None:
            text = _("同意の時間帯の外なので、まだ調べられません。%(at)sから調べられます。") % {
                "at": moment_words(refused.opens_at)
            }
        messages.warning(request, text)
    except runs.AlreadyRunning as already:
        messages.info(request, _("この回線は、いま診断しているところです。終わると、ここにも結果が出ます。"))
        return redirect("diagnosis:run", hospital_code=request.hospital.code, run_id=already.run.pk)
    except (runs.Stopped, runs.NothingToScan):
        messages.error(request, _("緊急停止が押されているか、同意が終わったので、調べられません。"))
    else:
        return redirect("diagnosis:run", hospital_code=request.hospital.code, run_id=run.pk)
    return _back(request, found)


@requires(Permission.DIAGNOSIS_EVIDENCE)
@require_GET
def evidence(request: HospitalRequest, piece_id: int) -> HttpResponse:
    """The raw file behind a piece of evidence, when it is still what was hashed; who took it is recorded."""
    rows = FindingEvidence.objects.select_related("finding", "hospital", "raw__run__hospital", "observation__file")
    piece = get_object_or_404(rows, pk=piece_id)
    try:
        return taking_away.evidence_as_file(piece, by=request.user)
    except LookupError as error:
        raise Http404 from error
    except taking_away.EvidenceDamaged:
        messages.error(
            request, _("このファイルは、記録した照合番号と合いません。証拠として使えないので、お渡しできません。")
        )
        return _back(request, piece.finding)
