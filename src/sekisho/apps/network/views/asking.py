"""What the pages of a network share: the version in force, its analysis, and the page for a hospital without a map."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from sekisho.apps.network import queries
from sekisho.apps.network.analysis import Analysis, analysis_of
from sekisho.apps.network.models import NetworkPlan
from sekisho.apps.network.pages import links
from sekisho.foundation.tenancy.requests import HospitalRequest


def current(request: HospitalRequest) -> tuple[NetworkPlan, Analysis] | None:
    """Return the version of the map in force and what follows from it; None when the hospital has no map."""
    plan = queries.current_plan(request.hospital)
    return (plan, analysis_of(plan)) if plan is not None else None


def without_map(request: HospitalRequest) -> HttpResponse:
    """Return the page that teaches how a map comes about."""
    return render(request, "network/empty.html", {"limit": settings.UPLOAD_LIMIT_BYTES})


class Opener:
    """Finds where a line of a configuration is shown; each file is looked up once."""

    def __init__(self, request: HospitalRequest) -> None:
        self._request = request
        self._known: dict[str, str] = {}

    def __call__(self, file: str, line: int) -> str:
        """Return the address that shows `line` of `file`, "" when the file is not here."""
        name = file.rsplit("/", 1)[-1]
        if name not in self._known:
            found = queries.configuration_named(self._request.hospital, name)
            self._known[name] = str(found.pk) if found else ""
        if not self._known[name]:
            return ""
        return links.configuration(self._request.hospital.code, self._known[name], line)
