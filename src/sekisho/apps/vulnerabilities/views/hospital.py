"""The pages of one hospital: its products, one product's weaknesses, and answers to notices."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from sekisho.apps.vulnerabilities import pages, sources, watch
from sekisho.apps.vulnerabilities.models import HospitalProduct, WatchNotice
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy import access
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest
from sekisho.foundation.ui.components import Tab

VERDICTS = ("yes", "unknown", "no")
ANSWERED = (WatchNotice.State.DONE, WatchNotice.State.NOT_OURS)


def _may_edit(request: HospitalRequest) -> bool:
    return Permission.REGISTER_EDIT in access.permissions_of(request.user, request.hospital)


@requires(Permission.WEAKNESS_VIEW)
@require_GET
def start(request: HospitalRequest) -> HttpResponse:
    """What a hospital has, what is known of it, and what waits for an answer."""
    return _start(request)


def _start(request: HospitalRequest, *, error_at: uuid.UUID | None = None, status: int = 200) -> HttpResponse:
    rows = pages.rows_of(request.hospital, can_answer=_may_edit(request))
    context = {
        "rows": rows,
        "problems": sources.problems(timezone.now()),
        "notices": pages.notices_of(request.hospital, [WatchNotice.State.OPEN]),
        "answered": pages.notices_of(request.hospital, ANSWERED),
        "error_at": error_at,
    }
    return render(request, "vulnerabilities/start.html", context, status=status)


@requires(Permission.WEAKNESS_VIEW)
@require_GET
def product(request: HospitalRequest, product_id: uuid.UUID) -> HttpResponse:
    """One device or service: what it is, which weaknesses it has, cannot be told to have, or has not."""
    use = get_object_or_404(HospitalProduct.objects.select_related("product", "hospital", "line"), pk=product_id)
    wanted = request.GET.get("show", "")
    wanted = wanted if wanted in VERDICTS else ""
    today = timezone.localdate()
    matches, counts = pages.matches_shown(use, wanted or "yes", today=today)
    if not wanted and not matches and counts["unknown"]:
        wanted = "unknown"
        matches, counts = pages.matches_shown(use, wanted, today=today)
    wanted = wanted or "yes"
    shown_use = pages.judged(use)
    context = {
        "use": shown_use,
        "row": pages.row_of(shown_use, can_judge=pages.can_judge_versions(), can_answer=_may_edit(request)),
        "support": pages.support_text(shown_use, today=today),
        "matches": matches,
        "left_out": max(0, counts[wanted] - len(matches)),
        "wanted": wanted,
        "tabs": [
            Tab(word, f"?show={value}", current=value == wanted, count=counts[value])
            for value, word in _verdicts().items()
        ],
        "problems": sources.problems(timezone.now()),
    }
    return render(request, "vulnerabilities/product.html", context)


def _verdicts() -> dict[str, str]:
    return {"yes": _("当てはまる"), "unknown": _("分からない"), "no": pgettext("weakness", "当てはまらない")}


@requires(Permission.WEAKNESS_ANSWER)
@require_POST
def answer(request: HospitalRequest, notice_id: uuid.UUID) -> HttpResponse:
    """Say of a notice that it is done, does not apply, or is open again."""
    notice = get_object_or_404(WatchNotice.objects.all(), pk=notice_id)
    try:
        watch.answer(
            notice, state=request.POST.get("state", ""), reason=request.POST.get("reason", ""), by=request.user
        )
    except watch.NoReason:
        messages.error(request, _("当てはまらない理由を書いてください。例：この機器は先月撤去した。"))
        return _start(request, error_at=notice.pk, status=422)
    except ValueError:
        messages.error(request, _("「対応した」か「当てはまらない」を選んでください。"))
        return _start(request, error_at=notice.pk, status=422)
    messages.success(request, _("お知らせの答えを記録しました。"))
    return redirect("vulnerabilities:start", hospital_code=request.hospital.code)
