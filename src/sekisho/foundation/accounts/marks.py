"""Marks of views that need no permission: every address says who may open it, or is public on purpose.

The mark for everything else, `requires(Permission)`, is in `tenancy.guard`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase

View = Callable[..., HttpResponseBase]


def signed_in(view: View) -> View:
    """Let the view run for everybody who is signed in, whatever their roles."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    guarded.permission = "signed-in"  # type: ignore[attr-defined]
    return guarded


def public(view: View) -> View:
    """Mark a view that needs no sign-in. `tests/conventions` keeps the list of them."""

    @wraps(view)
    def open_to_all(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    open_to_all.permission = "public"  # type: ignore[attr-defined]
    return open_to_all
