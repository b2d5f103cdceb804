"""The pages of the feeds: how old each source is, handing in a file, what became of it, taking it back."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sekisho.apps.vulnerabilities import feeds, sources, watch, words
from sekisho.apps.vulnerabilities.models import FeedBundle, FeedLoad
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import SignedInRequest
from sekisho.foundation.tenancy.scope import all_hospitals
from sekisho.foundation.ui.texts import speak

_REASON = "jobs about feeds are of no hospital"
MOST_LOADS = 100
MOST_FILES = 60
"""At once: NVD by year is about 25."""


@requires(Permission.FEEDS_VIEW)
@require_GET
def listed(request: SignedInRequest) -> HttpResponse:
    """Every source with its age, handing in more, and what was handed in."""
    return _listed(request)


def _listed(request: SignedInRequest, error: str = "", status: int = 200) -> HttpResponse:
    with all_hospitals(reason=_REASON):
        loads = list(FeedLoad.objects.select_related("made_by", "bundle", "job")[:MOST_LOADS])
        last = Job.objects.filter(kind=watch.JOB_KIND, state=Job.State.DONE).order_by("-ended_at").first()
        failed = Job.objects.filter(kind=watch.JOB_KIND, state=Job.State.FAILED).order_by("-ended_at").first()
    context: dict[str, Any] = {
        "sources": sources.sources(timezone.now()),
        "loads": [
            {"load": load, "kind": words.KINDS.get(load.kind, ""), "may_undo": feeds.may_undo(load)} for load in loads
        ],
        "limit": settings.FEEDS_LIMIT_BYTES,
        "error": error,
        "last_look": last.ended_at if last else None,
        "look_failed": failed is not None and (last is None or failed.created_at > last.created_at),
        "bundles": FeedBundle.objects.select_related("made_by")[:5],
        "has_key": bool(settings.FEEDS_KEY),
    }
    return render(request, "vulnerabilities/feeds.html", context, status=status)


@requires(Permission.FEEDS_LOAD)
@require_POST
def upload(request: SignedInRequest) -> HttpResponse:
    """Take in feeds and bundles, and start reading them."""
    sent = request.FILES.getlist("file")[:MOST_FILES]
    if not sent:
        return _listed(request, _("ファイルを選んでから送ってください。"), 422)
    taken: list[FeedLoad] = []
    refused: list[str] = []
    for file in sent:
        try:
            taken += feeds.take_in(name=file.name or "", chunks=file.chunks(), by=request.user)
        except feeds.FeedRefused as error:
            refused.append(_("%(name)s：%(why)s") % {"name": file.name, "why": speak(error.message)})
    if refused and not taken:
        return _listed(request, " ".join(refused[:5]), 422)
    for text in refused[:10]:
        messages.warning(request, text)
    if len(taken) == 1:
        return redirect("feeds:load", load_id=taken[0].pk)
    messages.success(request, _("%(n)s個のファイルを預かりました。順に取り込みます。") % {"n": len(taken)})
    return redirect("feeds:list")


@requires(Permission.FEEDS_VIEW)
@require_GET
def load(request: SignedInRequest, load_id: uuid.UUID) -> HttpResponse:
    """One file: how far it is, what it brought, or why it was refused; to htmx only the part that changes."""
    with all_hospitals(reason=_REASON):
        found = get_object_or_404(FeedLoad.objects.select_related("made_by", "bundle", "job"), pk=load_id)
        context = {
            "load": found,
            "kind": words.KINDS.get(found.kind, ""),
            "may_undo": feeds.may_undo(found),
            "may_read_again": found.state in {FeedLoad.State.REFUSED, FeedLoad.State.UNDONE},
            "job_url": reverse("feeds:load", kwargs={"load_id": found.pk}),
        }
        template = "vulnerabilities/_load.html" if request.htmx else "vulnerabilities/load.html"
        return render(request, template, context)


@requires(Permission.FEEDS_LOAD)
@require_POST
def undo(request: SignedInRequest, load_id: uuid.UUID) -> HttpResponse:
    """Take a load back."""
    try:
        feeds.undo(get_object_or_404(FeedLoad, pk=load_id), by=request.user)
    except feeds.NotUndoable:
        messages.error(request, _("この取り込みは取り消せません。同じ種類でいちばん新しいものだけを取り消せます。"))
    return redirect("feeds:load", load_id=load_id)


@requires(Permission.FEEDS_LOAD)
@require_POST
def read_again(request: SignedInRequest, load_id: uuid.UUID) -> HttpResponse:
    """Read a refused file, or one taken back, once more."""
    try:
        feeds.read_again(get_object_or_404(FeedLoad, pk=load_id), by=request.user)
    except feeds.NotUndoable:
        messages.error(request, _("このファイルは、もう一度読み込めません。ファイルをもう一度渡してください。"))
    return redirect("feeds:load", load_id=load_id)


@requires(Permission.FEEDS_LOAD)
@require_POST
def look(request: SignedInRequest) -> HttpResponse:
    """Have the watch look now."""
    watch.look_soon()
    messages.success(
        request, _("すべての病院の機器を、いまの情報と照らし合わせます。終わるまで数分かかることがあります。")
    )
    return redirect("feeds:list")
