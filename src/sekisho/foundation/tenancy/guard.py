"""Guards of views: each view names the one permission it needs, or is in the short list of public ones."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from sekisho.foundation.accounts.marks import View, public, signed_in
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy import access

__all__ = ["public", "requires", "signed_in"]


def requires(permission: Permission) -> Callable[[View], View]:
    """Let the view run only for people who hold `permission` (for the hospital in the address, when there is one).

    Nobody signed in: to the sign-in page. Signed in without the permission: 403. A hospital that does not exist for
    the person was answered with 404 before (`HospitalScopeMiddleware`).
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if permission not in access.permissions_of(request.user, request.hospital):  # type: ignore[attr-defined]
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return guard
