"""Members of one hospital."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest
from sekisho.foundation.tenancy.views import membership


@requires(Permission.MEMBERS_VIEW)
@require_GET
def member_list(request: HospitalRequest) -> HttpResponse:
    return membership.show_list(request, request.hospital)


@requires(Permission.MEMBERS_INVITE)
@require_http_methods(["GET", "POST"])
def invite(request: HospitalRequest) -> HttpResponse:
    return membership.show_invite(request, request.hospital)


@requires(Permission.MEMBERS_INVITE)
@require_POST
def resend(request: HospitalRequest, invitation_id: int) -> HttpResponse:
    return membership.do_resend(request, request.hospital, invitation_id)


@requires(Permission.MEMBERS_INVITE)
@require_POST
def revoke(request: HospitalRequest, invitation_id: int) -> HttpResponse:
    return membership.do_revoke(request, request.hospital, invitation_id)


@requires(Permission.MEMBERS_INVITE)
@require_http_methods(["GET", "POST"])
def end(request: HospitalRequest, assignment_id: int) -> HttpResponse:
    return membership.show_end(request, request.hospital, assignment_id)
