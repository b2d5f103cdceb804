"""First pages: by role, of one hospital, and the list of all."""

from django.contrib import messages
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_GET, require_http_methods

from sekisho.apps.judgement import case_files
from sekisho.apps.judgement import queries as judgement
from sekisho.apps.portal import guidance, hospitals
from sekisho.apps.portal.deeds import deed_of, labels
from sekisho.apps.portal.next_things import way_of
from sekisho.apps.reports import queries as reports
from sekisho.apps.vulnerabilities import pages as weaknesses
from sekisho.domain.judgement.summary import summarise
from sekisho.foundation.accounts.permissions import ROLE_LABELS, Permission, Role
from sekisho.foundation.audit.kept_texts import retold
from sekisho.foundation.audit.queries import events_of_hospital
from sekisho.foundation.tenancy import access
from sekisho.foundation.tenancy.guard import public, requires, signed_in
from sekisho.foundation.tenancy.requests import HospitalRequest, SignedInRequest
from sekisho.foundation.ui.lists import Column, Empty, ListPattern, render_list

HISTORY = ListPattern(
    name="portal.history",
    noun=_lazy("変更の記録"),
    columns=[
        Column("at", _lazy("日時"), order=("id",), fixed=True),
        Column("actor_label", _lazy("だれが")),
        Column("object_label", _lazy("何を"), value=lambda event: retold(event.object_label)),
        Column("verb", _lazy("どうした"), value=lambda event: deed_of(event.verb)),
        Column("reason", _lazy("理由"), value=lambda event: retold(event.reason)),
    ],
    search_fields=("actor_label", "object_label", "reason"),
    search_labels={"verb": labels},
    search_hint=_lazy("人、回線ID、したこと（例：変更した）など"),
    default_order=("-id",),
)


@signed_in
@require_GET
def start(request: SignedInRequest) -> HttpResponse:
    """Lead each person to where they work."""
    roles = access.all_roles_of(request.user)
    if Permission.HOSPITALS_LIST in access.permissions_of_roles(roles):
        return redirect("portal:hospital_list")
    visible = list(access.hospitals_visible_to(request.user)[:2])
    if len(visible) == 1:
        return redirect(hospitals.home_url(visible[0]))
    context = {
        "hospitals": access.hospitals_visible_to(request.user),
        "roles": [ROLE_LABELS[role] for role in Role if role in roles],
        "is_ministry": Role.MINISTRY in roles,
        "may_invite_staff": Permission.STAFF_INVITE in access.permissions_of_roles(roles),
        "may_load_feeds": Permission.FEEDS_LOAD in access.permissions_of_roles(roles),
    }
    return render(request, "portal/start.html", context)


@requires(Permission.HOSPITALS_LIST)
@require_GET
def hospital_list(request: SignedInRequest) -> HttpResponse:
    """All hospitals, for the secretariat."""
    page = hospitals.HOSPITALS.page(
        request,
        hospitals.with_figures(access.hospitals_visible_to(request.user)),
        empty=Empty(_("まだ医療機関がありません。"), _("医療機関を登録する"), reverse("portal:hospital_add")),
    )
    return render_list(request, "portal/hospitals.html", page)


@requires(Permission.HOSPITAL_CREATE)
@require_http_methods(["GET", "POST"])
def hospital_add(request: SignedInRequest) -> HttpResponse:
    """Register a hospital."""
    form = hospitals.HospitalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        hospital = hospitals.add_hospital(form, by=request.user)
        messages.success(
            request, _("%(hospital)s を登録しました。次に、担当者を招待してください。") % {"hospital": hospital}
        )
        return redirect("members:list", hospital_code=hospital.code)
    return render(request, "portal/hospital_add.html", {"form": form}, status=422 if form.errors else 200)


@requires(Permission.HOSPITAL_VIEW)
@require_GET
def hospital_home(request: HospitalRequest) -> HttpResponse:
    """A hospital's first page: the one next thing, and where it stands."""
    may = access.permissions_of(request.user, request.hospital)
    if Permission.REGISTER_VIEW not in may:
        return redirect("register:own_lines", hospital_code=request.hospital.code)
    verdict = case_files.verdict_of(request.hospital)
    context = {
        "way": way_of(request.hospital, on=timezone.localdate(), may=may),
        "verdict": verdict,
        "summary": summarise(verdict),
        "override": judgement.override_in_force(request.hospital),
        "report": reports.latest_report(request.hospital),
        "weaknesses": weaknesses.open_notices(request.hospital).count(),
    }
    return render(request, "portal/home.html", context)


@requires(Permission.HISTORY_VIEW)
@require_GET
def hospital_history(request: HospitalRequest) -> HttpResponse:
    """Everything that was done for a hospital."""
    return render_list(request, "portal/history.html", HISTORY.page(request, events_of_hospital(request.hospital)))


@signed_in
@require_GET
def guide_start(request: SignedInRequest) -> HttpResponse:
    """The first page of the guide."""
    return redirect("guide:page", name=guidance.PAGES[0])


@signed_in
@require_GET
def guide_page(request: SignedInRequest, name: str) -> HttpResponse:
    """A page of the guide, in the reader's language."""
    try:
        context = guidance.guide_context(name, get_language() or "ja")
    except KeyError as error:
        raise Http404 from error
    return render(request, "portal/guide.html", context)


@public
@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """Say that the portal and its database answer, to a monitor."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
