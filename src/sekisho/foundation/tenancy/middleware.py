"""Puts the hospital named in the address in scope for the whole request."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from sekisho.foundation.tenancy import access
from sekisho.foundation.tenancy.scope import Scope, _scope


class HospitalScopeMiddleware:
    """For an address with `<hospital_code>`: 404 unless the hospital exists for the person; else `request.hospital`.

    The view is called without the code. Every other address runs without a hospital in scope, so that a query for a
    hospital's data there raises.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.hospital = None  # type: ignore[attr-defined]
        token = _scope.set(None)
        try:
            return self.get_response(request)
        finally:
            _scope.reset(token)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Fetch the hospital; `__call__` takes it out of scope again."""
        code = kwargs.pop("hospital_code", None)
        if code is None or not request.user.is_authenticated:
            return
        hospital = access.hospital_for(request.user, code)
        request.hospital = hospital  # type: ignore[attr-defined]
        _scope.set(Scope(hospital.pk))
