"""People with a role in the whole programme."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import SignedInRequest
from sekisho.foundation.tenancy.views import membership


@requires(Permission.STAFF_INVITE)
@require_GET
def staff_list(request: SignedInRequest) -> HttpResponse:
    return membership.show_list(request, None)


@requires(Permission.STAFF_INVITE)
@require_http_methods(["GET", "POST"])
def invite(request: SignedInRequest) -> HttpResponse:
    return membership.show_invite(request, None)


@requires(Permission.STAFF_INVITE)
@require_POST
def resend(request: SignedInRequest, invitation_id: int) -> HttpResponse:
    return membership.do_resend(request, None, invitation_id)


@requires(Permission.STAFF_INVITE)
@require_POST
def revoke(request: SignedInRequest, invitation_id: int) -> HttpResponse:
    return membership.do_revoke(request, None, invitation_id)


@requires(Permission.STAFF_INVITE)
@require_http_methods(["GET", "POST"])
def end(request: SignedInRequest, assignment_id: int) -> HttpResponse:
    return membership.show_end(request, None, assignment_id)
