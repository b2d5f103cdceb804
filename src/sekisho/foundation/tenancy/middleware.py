"""Asks staff for their second factor, and puts the hospital named in the address in scope for the whole request."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext

from sekisho.foundation.accounts import second_factor
from sekisho.foundation.tenancy import access
from sekisho.foundation.tenancy.scope import Scope, _scope


class SecondFactorMiddleware:
    """People in staff roles reach nothing but the way to their second factor until they have proved it.

    None set up yet: to the set-up page. Set up, but not used in this session (the role came after the sign-in): to
    the page that asks for it. It stands here and not in `accounts`, because roles are held in assignments. It runs
    before `HospitalScopeMiddleware`, so that it does not show which hospitals exist.
    """

    ALWAYS = frozenset({"account_logout", "set_language"})
    TO_SET_UP = ALWAYS | {"account_reauthenticate", "mfa_index", "mfa_activate_totp", "mfa_add_webauthn"}
    # Whoever has only the password may not add a factor of their own beside the one that exists.
    TO_PROVE = ALWAYS | {"mfa_reauthenticate", "mfa_reauthenticate_webauthn"}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Redirect, or return None to go on."""
        if not request.user.is_authenticated or not access.needs_second_factor(request.user):
            return None
        factors = second_factor.factors_of(request.user)
        if factors and second_factor.was_used(request):
            return None
        page = request.resolver_match.view_name if request.resolver_match else ""
        if page in (self.TO_PROVE if factors else self.TO_SET_UP):
            return None
        if factors:
            return redirect(self._ask(request, factors))
        messages.warning(
            request, gettext("あなたの役割では、2つ目の確認手段が要ります。次のどちらかを登録してください。")
        )
        return redirect("mfa_index")

    @staticmethod
    def _ask(request: HttpRequest, factors: frozenset[str]) -> str:
        name = "mfa_reauthenticate" if Authenticator.Type.TOTP in factors else "mfa_reauthenticate_webauthn"
        target = request.get_full_path() if request.method == "GET" else reverse("portal:start")
        return f"{reverse(name)}?{urlencode({'next': target})}"


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
