"""The departments by each other, and the table of declared needs: out, in with a dry run, taken over."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sekisho.apps.network import actions, needs
from sekisho.apps.network.analysis import analysis_of
from sekisho.apps.network.models import NeedsTable, NetworkPlan
from sekisho.apps.network.pages.matrix import matrix_context, reading_context
from sekisho.apps.network.views.asking import current, without_map
from sekisho.apps.network.views.plans import moved_words
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.files.serving import file_response
from sekisho.foundation.files.sniffing import XLSX, FileRefused
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest
from sekisho.foundation.ui.texts import speak


@requires(Permission.NETWORK_VIEW)
@require_GET
def page(request: HospitalRequest) -> HttpResponse:
    """The table of the departments, and the declared needs."""
    return _page(request)


def _page(request: HospitalRequest, error: str = "", status: int = 200) -> HttpResponse:
    found = current(request)
    if found is None:
        return without_map(request)
    plan, analysis = found
    context = matrix_context(request.hospital.code, analysis)
    context |= {"plan": plan, "error": error, "limit": settings.UPLOAD_LIMIT_BYTES}
    return render(request, "network/matrix.html", context, status=status)


@requires(Permission.NETWORK_EXPORT)
@require_GET
def export(request: HospitalRequest) -> HttpResponse:
    """The declared needs as an Excel table."""
    found = current(request)
    if found is None:
        return redirect("network:start", hospital_code=request.hospital.code)
    plan, _analysis = found
    content = needs.take_table(plan, language=get_language() or "ja", by=request.user)
    name = f"{request.hospital.code}_{pgettext('file name', '必要な通信')}_{timezone.localdate():%Y%m%d}.xlsx"
    return file_response(content, name=name, content_type=XLSX)


@requires(Permission.NETWORK_EDIT)
@require_POST
def upload(request: HospitalRequest) -> HttpResponse:
    """Show what a table of needs would change; nothing is taken over yet."""
    found, sent = current(request), request.FILES.get("file")
    if found is None:
        return redirect("network:start", hospital_code=request.hospital.code)
    if sent is None:
        return _page(request, _("ファイルを選んでから送ってください。"), 422)
    if (sent.size or 0) > settings.UPLOAD_LIMIT_BYTES:
        limit = settings.UPLOAD_LIMIT_BYTES // 2**20
        return _page(request, _("ファイルが大きすぎます。%(limit)s MB までにしてください。") % {"limit": limit}, 422)
    try:
        table = needs.take_in(found[0], name=sent.name or "", content=sent.read(), by=request.user)
    except FileRefused as refused:
        return _page(request, speak(refused.message), 422)
    return redirect("network:needs", hospital_code=request.hospital.code, table_id=table.pk)


def _table(table_id: uuid.UUID) -> NeedsTable:
    return get_object_or_404(NeedsTable.objects.select_related("plan", "plan__file", "hospital"), pk=table_id)


@requires(Permission.NETWORK_VIEW)
@require_GET
def check(request: HospitalRequest, table_id: uuid.UUID) -> HttpResponse:
    """What a table of needs would change."""
    table = _table(table_id)
    context = reading_context(analysis_of(table.plan), needs.reading_of(table)) | {"table": table, "here": table.name}
    return render(request, "network/needs.html", context)


@requires(Permission.NETWORK_EDIT)
@require_POST
def decide(request: HospitalRequest, table_id: uuid.UUID) -> HttpResponse:
    """Take a table of needs over, or not."""
    table = _table(table_id)
    try:
        if request.POST.get("discard"):
            needs.discard(table, by=request.user)
            messages.success(request, _("取り込まないことにしました。届け出は変わっていません。"))
        else:
            plan = needs.accept(table, by=request.user)
            _tell(request, plan)
    except needs.AlreadyDecided:
        messages.info(request, _("この表は、もう取り込むかどうかが決まっています。"))
    except actions.PlanMoved:
        messages.warning(request, moved_words())
    return redirect("network:matrix", hospital_code=request.hospital.code)


def _tell(request: HospitalRequest, plan: NetworkPlan | None) -> None:
    if plan is None:
        messages.info(request, _("いまの届け出と同じ内容です。新しい版は作っていません。"))
    else:
        messages.success(request, _("必要な通信を取り込みました（第%(number)s版）。") % {"number": plan.number})
