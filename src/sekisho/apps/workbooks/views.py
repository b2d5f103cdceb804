"""The pages of uploading a workbook."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from sekisho.apps.workbooks import actions, pages, queries
from sekisho.apps.workbooks.intake import intake_of
from sekisho.apps.workbooks.models import Upload
from sekisho.apps.workbooks.reading import take_in
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.files.actions import content_of
from sekisho.foundation.files.serving import file_response
from sekisho.foundation.files.sniffing import XLSX, FileRefused
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest
from sekisho.foundation.ui.notices import undoable
from sekisho.foundation.ui.texts import listed, speak


@requires(Permission.WORKBOOK_DOWNLOAD)
@require_GET
def start(request: HospitalRequest) -> HttpResponse:
    """Take the form, hand it in, see what was handed in."""
    return _start(request)


def _start(request: HospitalRequest, error: str = "", status: int = 200) -> HttpResponse:
    context = {
        "uploads": queries.uploads_of(request.hospital),
        "limit": settings.UPLOAD_LIMIT_BYTES,
        "error": error,
    }
    return render(request, "workbooks/start.html", context, status=status)


@requires(Permission.WORKBOOK_DOWNLOAD)
@require_GET
def blank(request: HospitalRequest) -> HttpResponse:
    """The empty form."""
    return file_response(
        actions.blank_workbook(), name=pgettext("file name", "別紙2-1_1.0版") + ".xlsx", content_type=XLSX
    )


@requires(Permission.WORKBOOK_DOWNLOAD)
@require_GET
def prefilled(request: HospitalRequest) -> HttpResponse:
    """The form filled with what the register knows."""
    content = actions.prefilled_workbook(request.hospital, by=request.user)
    name = f"{request.hospital.code}_{pgettext('file name', '別紙2-1')}_{timezone.localdate():%Y%m%d}.xlsx"
    return file_response(content, name=name, content_type=XLSX)


@requires(Permission.WORKBOOK_UPLOAD)
@require_POST
def upload(request: HospitalRequest) -> HttpResponse:
    """Read and check a workbook; nothing is taken over yet."""
    sent = request.FILES.get("file")
    if sent is None:
        return _start(request, _("ファイルを選んでから送ってください。"), 422)
    try:
        taken = take_in(request.hospital, upload=sent, by=request.user)
    except FileRefused as refused:
        return _start(request, speak(refused.message), 422)
    return redirect("workbooks:detail", hospital_code=request.hospital.code, upload_id=taken.pk)


@requires(Permission.WORKBOOK_DOWNLOAD)
@require_GET
def detail(request: HospitalRequest, upload_id: uuid.UUID) -> HttpResponse:
    """What an upload says, what would change, what is held back and why."""
    return _detail(request, _upload(upload_id))


def _upload(upload_id: uuid.UUID) -> Upload:
    return get_object_or_404(Upload.objects.select_related("hospital", "marked"), pk=upload_id)


def _detail(request: HospitalRequest, found: Upload, status: int = 200) -> HttpResponse:
    intake = intake_of(found)
    held = pages.held_shown(intake)
    context = {
        "upload": found,
        "intake": intake,
        "groups": pages.diff_groups(intake),
        "held": held,
        "ready": len(intake.candidates) - len(held),
        "gaps": sum(candidate.only_gaps for candidate in intake.held(accept_gaps=False)),
        "problems": pages.problem_rows(intake.problems),
    }
    return render(request, "workbooks/detail.html", context, status=status)


@requires(Permission.WORKBOOK_UPLOAD)
@require_POST
def accept(request: HospitalRequest, upload_id: uuid.UUID) -> HttpResponse:
    """Take over what is not held back."""
    found = _upload(upload_id)
    try:
        actions.accept(
            found,
            accept_gaps=request.POST.get("accept_gaps") == "1",
            fingerprint=request.POST.get("fingerprint", ""),
            by=request.user,
        )
    except actions.AlreadyDecided:
        messages.info(request, _("このファイルは、もう取り込むかどうかが決まっています。"))
    except actions.RegisterMoved:
        messages.warning(
            request,
            _(
                "見ている間に台帳が変わりました。まだ何も取り込んでいません。下の新しい結果を見て、もう一度決めてください。"
            ),
        )
        return _detail(request, found, 409)
    else:
        undo_url = request.path.replace("/accept/", "/undo/")
        undoable(request, _("台帳に取り込みました。"), undo_url=undo_url)
        return redirect("register:line_list", hospital_code=request.hospital.code)
    return redirect("workbooks:detail", hospital_code=request.hospital.code, upload_id=found.pk)


@requires(Permission.WORKBOOK_UPLOAD)
@require_POST
def discard(request: HospitalRequest, upload_id: uuid.UUID) -> HttpResponse:
    """Take nothing over."""
    try:
        actions.discard(_upload(upload_id), by=request.user)
    except actions.AlreadyDecided:
        messages.info(request, _("このファイルは、もう取り込むかどうかが決まっています。"))
    else:
        messages.success(request, _("取り込まないことにしました。台帳は変わっていません。"))
    return redirect("workbooks:start", hospital_code=request.hospital.code)


@requires(Permission.WORKBOOK_UPLOAD)
@require_POST
def undo(request: HospitalRequest, upload_id: uuid.UUID) -> HttpResponse:
    """Put back what was taken over."""
    try:
        left = actions.undo(_upload(upload_id), by=request.user)
    except actions.AlreadyDecided:
        messages.info(request, _("取り消せる取り込みではありません。"))
    else:
        messages.success(request, _("取り込みを取り消しました。"))
        if left:
            messages.warning(
                request,
                _("取り込んだ後にだれかが変えた項目は、そのまま残しました：%(records)s") % {"records": listed(left)},
            )
    return redirect("workbooks:detail", hospital_code=request.hospital.code, upload_id=upload_id)


@requires(Permission.WORKBOOK_DOWNLOAD)
@require_GET
def marked(request: HospitalRequest, upload_id: uuid.UUID) -> HttpResponse:
    """The same file back, with the cells marked and explained."""
    found = _upload(upload_id)
    if found.marked is None:
        raise Http404
    return file_response(content_of(found.marked), name=found.marked.name, content_type=XLSX)
