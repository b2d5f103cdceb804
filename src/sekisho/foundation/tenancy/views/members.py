"""Members of one hospital."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.views import membership


def _hospital(request: HttpRequest) -> Hospital:
    hospital = request.hospital  # type: ignore[attr-defined]
    assert isinstance(hospital, Hospital)  # noqa: S101 the address names one
    return hospital


@requires(Permission.MEMBERS_VIEW)
@require_GET
def member_list(request: HttpRequest) -> HttpResponse:
    return membership.show_list(request, _hospital(request))


@requires(Permission.MEMBERS_INVITE)
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    return membership.show_invite(request, _hospital(request))


@requires(Permission.MEMBERS_INVITE)
@require_POST
def resend(request: HttpRequest, invitation_id: int) -> HttpResponse:
    return membership.do_resend(request, _hospital(request), invitation_id)


@requires(Permission.MEMBERS_INVITE)
@require_POST
def revoke(request: HttpRequest, invitation_id: int) -> HttpResponse:
    return membership.do_revoke(request, _hospital(request), invitation_id)


@requires(Permission.MEMBERS_INVITE)
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, assignment_id: int) -> HttpResponse:
    return membership.show_end(request, _hospital(request), assignment_id)
