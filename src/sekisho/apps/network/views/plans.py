"""The versions of the map: taken in, looked at, taken out, put back."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sekisho.apps.network import actions, queries
from sekisho.apps.network.models import NetworkPlan
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.files.serving import file_response
from sekisho.foundation.files.sniffing import PLAIN, FileRefused
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest
from sekisho.foundation.ui.texts import speak


@requires(Permission.NETWORK_VIEW)
@require_GET
def versions(request: HospitalRequest) -> HttpResponse:
    """Every version of the map, what was wrong in the newest, and the way in for a new one."""
    return _versions(request)


def _versions(request: HospitalRequest, error: str = "", status: int = 200) -> HttpResponse:
    plans = list(queries.plans_of(request.hospital)[:50])
    context = {
        "plans": plans,
        "current": plans[0] if plans else None,
        "error": error,
        "limit": settings.UPLOAD_LIMIT_BYTES,
    }
    return render(request, "network/plan.html", context, status=status)


@requires(Permission.NETWORK_EDIT)
@require_POST
def upload(request: HospitalRequest) -> HttpResponse:
    """Take in a network.yaml as the new version of the map."""
    sent = request.FILES.get("file")
    if sent is None:
        return _versions(request, _("ファイルを選んでから送ってください。"), 422)
    if (sent.size or 0) > settings.UPLOAD_LIMIT_BYTES:
        limit = settings.UPLOAD_LIMIT_BYTES // 2**20
        return _versions(
            request, _("ファイルが大きすぎます。%(limit)s MB までにしてください。") % {"limit": limit}, 422
        )
    try:
        reading = actions.read_plan(request.hospital, sent.read())
        plan = actions.add_plan(
            request.hospital,
            network=reading.network,
            source=NetworkPlan.Source.UPLOAD,
            by=request.user,
            base=number_seen(request),
            note=request.POST.get("note", ""),
            problems=reading.problems,
        )
    except FileRefused as refused:
        return _versions(request, speak(refused.message), 422)
    except actions.PlanMoved:
        return _versions(request, moved_words(), 409)
    except actions.NothingChanged:
        messages.info(request, _("いまの地図と同じ内容です。新しい版は作っていません。"))
    else:
        _tell(request, plan, len(reading.problems))
    return redirect("network:plan", hospital_code=request.hospital.code)


def number_seen(request: HospitalRequest) -> int:
    """Return the number of the version that the person saw; 0 for none."""
    seen = request.POST.get("base", "")
    return int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 9 else 0


def moved_words() -> str:
    """Return what is said when somebody else was faster."""
    return _(
        "見ている間に、だれかが新しい版を作りました。まだ何も変えていません。新しい版を見てから、もう一度送ってください。"
    )


def _tell(request: HospitalRequest, plan: NetworkPlan, problems: int) -> None:
    if problems:
        text = _("第%(number)s版を作りました。読めなかったところが%(n)s件あり、そこは「分からない」として計算します。")
        messages.warning(request, text % {"number": plan.number, "n": problems})
    else:
        messages.success(request, _("第%(number)s版を作りました。") % {"number": plan.number})


@requires(Permission.NETWORK_EXPORT)
@require_GET
def download(request: HospitalRequest, plan_id: uuid.UUID) -> HttpResponse:
    """One version as network.yaml."""
    plan = get_object_or_404(NetworkPlan.objects.select_related("file", "hospital"), pk=plan_id)
    name = f"{request.hospital.code}_network_{timezone.localtime(plan.made_at):%Y%m%d}_{plan.number}.yaml"
    return file_response(actions.take_plan(plan, by=request.user), name=name, content_type=PLAIN)


@requires(Permission.NETWORK_EDIT)
@require_POST
def restore(request: HospitalRequest, plan_id: uuid.UUID) -> HttpResponse:
    """Put an earlier version in force again."""
    plan = get_object_or_404(NetworkPlan.objects.select_related("file", "hospital"), pk=plan_id)
    try:
        made = actions.restore_plan(plan, by=request.user, base=number_seen(request))
    except actions.PlanMoved:
        return _versions(request, moved_words(), 409)
    except actions.NothingChanged:
        messages.info(request, _("この版と同じ内容が、いま使われています。"))
    else:
        text = _("第%(old)s版の内容を、第%(new)s版として使います。") % {"old": plan.number, "new": made.number}
        messages.success(request, text)
    return redirect("network:plan", hospital_code=request.hospital.code)
