"""The first page after signing in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from sekisho.foundation.accounts.models import User
from sekisho.foundation.tenancy import access
from sekisho.foundation.tenancy.guard import signed_in


@signed_in
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """The hospitals that exist for the person."""
    assert isinstance(request.user, User)  # noqa: S101 `signed_in` saw to it
    hospitals = access.hospitals_visible_to(request.user)
    return render(request, "portal/start.html", {"hospitals": hospitals, "roles": access.all_roles_of(request.user)})
