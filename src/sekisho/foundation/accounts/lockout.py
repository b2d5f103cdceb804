"""What happens after too many wrong passwords: who is counted, and the page that says when to try again.

django-axes counts in the database; it must be told where django-allauth keeps the name that somebody signs in with.
"""

from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone


def name_of(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Return the e-mail address that somebody tries, in lower case."""
    credentials = credentials or {}
    name = credentials.get("email") or credentials.get("login") or credentials.get("username")
    return str(name or request.POST.get("login", ""))[:255].lower()


def address_of(request: HttpRequest) -> str | None:
    """Return the client's address; behind proxies the one that the nearest trusted proxy saw.

    None for a request that came over no network.
    """
    if "REMOTE_ADDR" not in request.META:
        return None
    return str(get_adapter().get_client_ip(request))


def locked_page(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """Say when the next try is possible, and who can help before."""
    attempt = (
        AccessAttempt.objects.filter(username=name_of(request, credentials), ip_address=address_of(request))
        .order_by("-attempt_time")
        .first()
    )
    cool_off = get_cool_off(request) or timedelta()
    until = (attempt.attempt_time if attempt else timezone.now()) + cool_off
    # Rounded up to the minute, so that a try at the time shown does succeed.
    until = until.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return render(request, "account/locked.html", {"until": until}, status=429)
