"""The style page and the small answers that its living parts need. Nothing here is stored."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sekisho.domain.facts import Unknown
from sekisho.domain.tri import Tri
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.style import samples
from sekisho.foundation.style.forms import ComponentsForm
from sekisho.foundation.style.listing import ROWS, rows
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.ui.icons import ICONS
from sekisho.foundation.ui.lists import BulkAction, Empty, render_list
from sekisho.foundation.ui.notices import undoable
from sekisho.foundation.ui.statuses import Status

UPLOAD_LIMIT_BYTES = 1_000_000
ERROR_PAGES = {
    400: "400.html",
    403: "403.html",
    404: "404.html",
    409: "409.html",
    419: "403_csrf.html",
    500: "500.html",
}


@requires(Permission.STYLE_VIEW)
@require_GET
def components(request: HttpRequest) -> HttpResponse:
    """Show every component in every state."""
    mistakes = {"name": "x", "lines": "100", "firmware": "1.0", "firmware_unknown": "1"}
    wrong = ComponentsForm({f"wrong-{key}": value for key, value in mistakes.items()}, prefix="wrong")
    context = {
        "statuses": list(Status),
        "tris": list(Tri),
        "answers": ["RTX830", True, False, Unknown(), Unknown(_("契約書が見当たらない")), None, samples.AT],
        "icons": sorted(ICONS),
        "steps": samples.STEPS,
        "tabs": samples.TABS,
        "coverage": samples.COVERAGE,
        "diff": samples.DIFF,
        "checks": samples.CHECKS,
        "jobs": samples.JOBS,
        "next_things": samples.next_things(timezone.localdate()),
        "form": ComponentsForm(initial={"firmware": Unknown(_("保守会社に確認中"))}),
        "wrong_form": wrong,
        "upload_limit": UPLOAD_LIMIT_BYTES,
    }
    return render(request, "style/components.html", context)


@requires(Permission.STYLE_VIEW)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Show the list pattern; `?empty` shows it without rows."""
    page = ROWS.page(
        request,
        rows().none() if "empty" in request.GET else rows(),
        empty=Empty(
            _("まだ行がありません。最初の一つを足すと、ここに並びます。"), _("足す"), reverse("style:components")
        ),
        bulk=[BulkAction(_("まとめて確かめる"), reverse("style:undo"))],
        export_urls=[(_("CSVで書き出す"), reverse("style:list"))],
    )
    return render_list(request, "style/list.html", page)


@requires(Permission.STYLE_VIEW)
@require_GET
def record(request: HttpRequest) -> HttpResponse:
    """Show the record pattern."""
    return render(request, "style/record.html", {"record": samples.RECORD, "tabs": samples.TABS})


@requires(Permission.STYLE_VIEW)
@require_POST
def autosave(request: HttpRequest) -> HttpResponse:
    """Check one field as a real form would; the note "conflict" plays the second editor."""
    field = request.POST.get("field", "")
    form = ComponentsForm(request.POST)
    version = int(request.POST.get("version") or 0)
    if problems := form.first_problems(field):
        return JsonResponse({"errors": problems}, status=422)
    if field == "note" and request.POST.get("note") == "conflict" and version < 100:
        theirs = _("ほかの人が書いた備考")
        return JsonResponse(
            {"version": 100, "theirs": theirs, "values": {"note": [theirs]}, "by": "佐藤 一郎"}, status=409
        )
    return JsonResponse({"version": version + 1})


@requires(Permission.STYLE_VIEW)
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Look at the size of a file and forget it."""
    file = request.FILES.get("file")
    size = file.size or 0 if file else 0
    if size == 0:
        error = _("ファイルの中身がありません。保存し直してから、もう一度選んでください。")
        context = {"upload_error": error, "upload_limit": UPLOAD_LIMIT_BYTES}
        return render(request, "style/upload.html", context, status=422)
    messages.success(request, _("ファイルを受け取りました（%(size)s バイト）。") % {"size": size})
    return redirect("style:components")


@requires(Permission.STYLE_VIEW)
@require_GET
def job(request: HttpRequest, done: int) -> HttpResponse:
    """Show a job that goes one step further each time it is asked for; three steps and it is over."""
    over = done >= 3
    state, word = ("done", _("完了")) if over else ("running", _("実行中"))
    sample = samples.SampleJob("live", state, word, min(done, 3), 3)
    url = reverse("style:job", args=[done + 1])
    template = "ui/_job_progress.html" if "HX-Request" in request.headers else "style/job.html"
    return render(request, template, {"job": sample, "url": url})


@requires(Permission.STYLE_VIEW)
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Show a message with a way back; called again by that way back."""
    if request.POST.getlist("selected") or request.POST.get("all"):
        chosen = ROWS.selected(request.POST, rows()).count()
        undoable(request, _("%(count)s件を確かめました。") % {"count": chosen}, undo_url=reverse("style:undo"))
    else:
        messages.info(request, _("元に戻しました。"))
    return redirect("style:list")


@requires(Permission.STYLE_VIEW)
@require_GET
def error(request: HttpRequest, number: int) -> HttpResponse:
    """Show an error page (419 stands for the one of an outdated form)."""
    context = {"changes": samples.DIFF[1].changes, "by": "佐藤 一郎", "retry_url": reverse("style:components")}
    return render(request, ERROR_PAGES.get(number, "404.html"), context)
