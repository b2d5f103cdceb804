"""The pages of the secretariat: every product of every hospital, who has a CVE, notices and the mails about them."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from sekisho.apps.register.exports import answer_with
from sekisho.apps.vulnerabilities import letters, products, search, sources, watch
from sekisho.apps.vulnerabilities.models import WatchMail
from sekisho.domain.tri import Tri
from sekisho.foundation.accounts.mails import PROBLEM_TEXTS, MailProblem
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import SignedInRequest
from sekisho.foundation.tenancy.scope import all_hospitals
from sekisho.foundation.ui.lists import Empty, ListPattern, render_list

_REASON = "the secretariat looks for a weakness in all hospitals"
MOST_MAILS = 50


def _exports(name: str, **kwargs: str) -> list[tuple[str, str]]:
    return [
        (file_format.upper(), reverse(name, kwargs={**kwargs, "file_format": file_format}))
        for file_format in ("csv", "xlsx")
    ]


@requires(Permission.WEAKNESS_OVERSEE)
@require_GET
def product_list(request: SignedInRequest) -> HttpResponse:
    """Every device and service of every hospital; by product or version it is the search for who has it."""
    asked = request.GET.get("cve", "")
    if asked:
        if cve := search.cve_in(asked):
            return redirect("weaknesses:cve", cve=cve)
        messages.error(request, _("CVE の番号は「CVE-2024-21762」のように書いてください。"))
    with all_hospitals(reason=_REASON):
        page = search.PRODUCTS.page(
            request,
            products.in_use(),
            empty=Empty(_("まだ、どの病院の台帳にも装置がありません。")),
            export_urls=_exports("weaknesses:product_export"),
        )
        context: dict[str, object] = {"problems": sources.problems(timezone.now()), "asked": asked}
        return render_list(request, "vulnerabilities/products.html", page, context)


@requires(Permission.WEAKNESS_OVERSEE)
@require_GET
def product_export(request: SignedInRequest, file_format: str) -> HttpResponse:
    """The same list as a file."""
    with all_hospitals(reason=_REASON):
        return _export(request, search.PRODUCTS, products.in_use(), file_format, _("機器の弱点"))


def _export(request: SignedInRequest, pattern: ListPattern, rows: Any, file_format: str, title: str) -> HttpResponse:
    heads, values = pattern.export(request.GET, rows)
    return answer_with(file_format, heads, values, hospital=None, title=title, by=request.user)


def _weakness(cve: str) -> search.Weakness:
    if search.cve_in(cve) != cve:
        raise Http404
    return search.weakness(cve)


@requires(Permission.WEAKNESS_OVERSEE)
@require_GET
def cve(request: SignedInRequest, cve: str) -> HttpResponse:
    """The hospitals that have what one CVE affects, or may."""
    found = _weakness(cve)
    with all_hospitals(reason=_REASON):
        by_verdict = search.products_with(found)
        rows = search.uses_with(by_verdict)
        page = search.HAVING.page(
            request,
            rows,
            empty=Empty(
                _(
                    "台帳と診断の結果には、この弱点に当てはまる機器が見つかりません。型番や版が書かれていない機器は、ここに出ません。"
                )
            ),
            export_urls=_exports("weaknesses:cve_export", cve=cve),
        )
        sure = rows.filter(product_id__in=by_verdict[Tri.YES])
        context = {
            "weakness": found,
            "hospitals_sure": sure.order_by().values("hospital").distinct().count(),
            "hospitals": rows.order_by().aggregate(n=Count("hospital", distinct=True))["n"],
            "problems": sources.problems(timezone.now()),
        }
        return render_list(request, "vulnerabilities/cve.html", page, context)


@requires(Permission.WEAKNESS_OVERSEE)
@require_GET
def cve_export(request: SignedInRequest, cve: str, file_format: str) -> HttpResponse:
    """The same list as a file."""
    with all_hospitals(reason=_REASON):
        rows = search.uses_with(search.products_with(_weakness(cve)))
        return _export(request, search.HAVING, rows, file_format, cve)


@requires(Permission.WEAKNESS_OVERSEE)
@require_GET
def notices(request: SignedInRequest) -> HttpResponse:
    """Every notice of every hospital, and what became of the mails."""
    with all_hospitals(reason=_REASON):
        page = search.NOTICES.page(
            request,
            search.all_notices(),
            empty=Empty(
                _("まだお知らせはありません。弱点の情報を取り込むと、病院の機器に関わるものがここに並びます。")
            ),
            export_urls=_exports("weaknesses:notice_export"),
        )
        not_sent = WatchMail.objects.filter(state__in=(WatchMail.State.FAILED, WatchMail.State.UNSURE))
        context = {
            "mails": [(mail, _why(mail)) for mail in not_sent.select_related("letter__hospital")[:MOST_MAILS]],
            "mail_count": not_sent.count(),
            "waiting": WatchMail.objects.filter(state=WatchMail.State.WAITING).count(),
        }
        return render_list(request, "vulnerabilities/notices.html", page, context)


def _why(mail: WatchMail) -> str:
    if mail.state == WatchMail.State.UNSURE:
        return _(
            "送っている途中で作業が止まりました。届いたかもしれません。宛先の方に確かめてから、送り直してください。"
        )
    return str(PROBLEM_TEXTS[MailProblem(mail.problem)]) if mail.problem else ""


@requires(Permission.WEAKNESS_OVERSEE)
@require_GET
def notice_export(request: SignedInRequest, file_format: str) -> HttpResponse:
    """The same list as a file."""
    with all_hospitals(reason=_REASON):
        title = pgettext("file name", "弱点のお知らせ")
        return _export(request, search.NOTICES, search.all_notices(), file_format, title)


@requires(Permission.WEAKNESS_OVERSEE)
@require_POST
def mail_again(request: SignedInRequest, mail_id: int) -> HttpResponse:
    """Send one mail once more."""
    mail = get_object_or_404(WatchMail.objects.select_related("letter__hospital"), pk=mail_id)
    if letters.send_again(mail, by=request.user):
        watch.look_soon()
        messages.success(request, _("もう一度送ります。送れたかどうかは、このページに出ます。"))
    return redirect("weaknesses:notices")


@requires(Permission.WEAKNESS_OVERSEE)
@require_POST
def mails_again(request: SignedInRequest) -> HttpResponse:
    """Send every mail once more that failed for certain."""
    failed = WatchMail.objects.filter(state=WatchMail.State.FAILED).select_related("letter__hospital")
    count = sum(letters.send_again(mail, by=request.user) for mail in failed)
    if count:
        watch.look_soon()
        messages.success(request, _("%(n)s通をもう一度送ります。") % {"n": count})
    return redirect("weaknesses:notices")
