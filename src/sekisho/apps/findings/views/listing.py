"""The list of findings, the same as a file, and moving many at once."""

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sekisho.apps.findings import moves, queries, taking_away
from sekisho.apps.findings.forms import BulkForm
from sekisho.apps.findings.lists import ACTIVE, FINDINGS
from sekisho.apps.findings.models import BulkMove, Finding
from sekisho.domain.diagnosis.statuses import Demand, Status
from sekisho.domain.diagnosis.statuses import moves as moves_by
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy import access
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest
from sekisho.foundation.ui.list_query import Parameters
from sekisho.foundation.ui.lists import BulkAction, Empty, render_list
from sekisho.foundation.ui.notices import undoable
from sekisho.foundation.ui.texts import speak


def _url(request: HospitalRequest, name: str, **more: Any) -> str:
    return reverse(f"findings:{name}", kwargs={"hospital_code": request.hospital.code, **more})


@requires(Permission.FINDING_VIEW)
@require_GET
def listed(request: HospitalRequest) -> HttpResponse:
    """Everything that was found. Without a condition in the address, what is not settled yet."""
    may = access.permissions_of(request.user, request.hospital)
    if not request.GET and not request.htmx:
        return redirect(f"{_url(request, 'list')}?f.status={ACTIVE}")
    rows = queries.findings_visible_to(request.user, request.hospital)
    page = FINDINGS.page(
        request,
        rows,
        empty=_empty(request, may),
        bulk=[BulkAction(_("状態をまとめて変える"), _url(request, "bulk"))] if Permission.FINDING_MOVE in may else [],
        export_urls=[
            (_("CSV で書き出す"), _url(request, "export", file_format="csv")),
            (_("Excel で書き出す"), _url(request, "export", file_format="xlsx")),
        ]
        if Permission.FINDING_EXPORT in may
        else [],
    )
    return render_list(request, "findings/list.html", page, {"last": queries.observations_of(request.hospital).first()})


def _empty(request: HospitalRequest, may: frozenset[Permission]) -> Empty:
    text = _("まだ何も見つかっていません。診断が終わるか、診断の結果のファイルを取り込むと、ここに並びます。")
    if Permission.DIAGNOSIS_VIEW not in may:
        return Empty(_("御社の回線で見つかったことは、いまはありません。"))
    start = reverse("diagnosis:start", kwargs={"hospital_code": request.hospital.code})
    return Empty(text, _("脆弱性診断のページを開く"), start)


@requires(Permission.FINDING_EXPORT)
@require_GET
def export(request: HospitalRequest, file_format: str) -> HttpResponse:
    """The list as a file: exactly what its filters show."""
    rows = queries.findings_visible_to(request.user, request.hospital)
    heads, cells = FINDINGS.export(cast("Parameters", request.GET), rows)
    return taking_away.list_as_file(file_format, heads, cells, hospital=request.hospital, by=request.user)


# --- Many at once -------------------------------------------------------------------------------------------------------
@requires(Permission.FINDING_MOVE)
@require_POST
def bulk(request: HospitalRequest) -> HttpResponse:
    """Show what a move of the chosen findings would do; nothing is changed."""
    rows = queries.findings_visible_to(request.user, request.hospital)
    chosen = list(FINDINGS.selected(cast("Parameters", request.POST), rows)[: moves.MOST_AT_ONCE])
    if not chosen:
        messages.info(request, _("先に、変えたいものを一つ以上選んでください。"))
        return redirect(_url(request, "list"))
    return _preview(request, chosen, BulkForm(targets=_targets(request, chosen)))


def _targets(request: HospitalRequest, chosen: list[Finding]) -> list[Status]:
    """Return where the person may move at least one of the findings without evidence of its own."""
    actors = moves.actors_of(request.user, request.hospital)
    stand = {finding.standing().status for finding in chosen}
    possible = [one for actor in actors for status in stand for one in moves_by(status, actor)]
    return list(dict.fromkeys(one.to for one in possible if Demand.EVIDENCE not in one.demands))


def _preview(request: HospitalRequest, chosen: list[Finding], form: BulkForm, status: int = 200) -> HttpResponse:
    wish = _wish(form) if form.is_bound and form.is_valid() else None
    context = {
        "form": form,
        "chosen": chosen,
        "preview": moves.preview(chosen, wish, by=request.user) if wish else None,
        "target": speak(wish.to.word) if wish else "",
        "can_any": bool(form.fields["to"].choices),  # type: ignore[attr-defined]
    }
    return render(request, "findings/bulk.html", context, status=status)


def _wish(form: BulkForm) -> moves.Wish:
    given = form.cleaned_data
    return moves.Wish(Status(given["to"]), reason=given["reason"], expires_on=given.get("expires_on"))


@requires(Permission.FINDING_MOVE)
@require_POST
def bulk_move(request: HospitalRequest) -> HttpResponse:
    """Show what would be moved and what not; with `confirmed`, move."""
    versions = _versions(request)
    visible = queries.findings_visible_to(request.user, request.hospital)
    chosen = list(visible.filter(pk__in=versions))
    form = BulkForm(request.POST, targets=_targets(request, chosen))
    if not chosen or not form.is_valid():
        return _preview(request, chosen, form, 422) if chosen else redirect(_url(request, "list"))
    if request.POST.get("confirmed") != "1":
        return _preview(request, chosen, form)
    mine = {finding.pk: versions[finding.pk] for finding in chosen}
    batch, left_out = moves.move_many(request.hospital, mine, _wish(form), by=request.user)
    if batch.before:
        text = _("%(n)s件を「%(status)s」にしました。") % {
            "n": len(batch.before),
            "status": speak(Status(batch.to).word),
        }
        undoable(request, text, undo_url=_url(request, "bulk_undo", batch_id=batch.pk))
    if left_out:
        messages.warning(request, _("%(n)s件は変えられなかったので、そのままです。") % {"n": left_out})
    return redirect(_url(request, "list"))


def _versions(request: HospitalRequest) -> dict[uuid.UUID, int]:
    """Return the versions that the preview showed, by finding; what cannot be read is left out."""
    found: dict[uuid.UUID, int] = {}
    for word in request.POST.getlist("finding")[: moves.MOST_AT_ONCE]:
        key, _colon, version = word.partition(":")
        try:
            found[uuid.UUID(key)] = int(version) if len(version) < 9 else 0
        except ValueError:
            continue
    return found


@requires(Permission.FINDING_MOVE)
@require_POST
def bulk_undo(request: HospitalRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Take back a move of many; only who made it may."""
    batch = get_object_or_404(BulkMove.objects.all(), pk=batch_id)
    if batch.made_by_id != request.user.pk:
        messages.warning(
            request, _("まとめて変えたことを元に戻せるのは、変えた本人だけです。一件ずつなら変えられます。")
        )
        return redirect(_url(request, "list"))
    try:
        done, left = moves.undo(batch, by=request.user)
    except moves.AlreadyUndone:
        messages.info(request, _("もう元に戻してあります。"))
    else:
        messages.success(request, _("%(n)s件を元の状態に戻しました。") % {"n": done})
        if left:
            messages.warning(request, _("%(n)s件は、その後に変わっていたので戻していません。") % {"n": left})
    return redirect(_url(request, "list"))
