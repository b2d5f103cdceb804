"""Error pages that need more than a template."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the page was open for too long, instead of Django's technical page."""
    return render(request, "403_csrf.html", status=403)


class RedisAwayMiddleware:
    """Answers with a page that says so when the Redis that counts tries to sign in is away.

    Nobody is let in uncounted meanwhile; whoever is signed in goes on working, because sessions are in the database.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page for an error of Redis, None for any other."""
        if not isinstance(error, RedisError):
            return None
        logger.error("Redis cannot be reached: %s", type(error).__name__)
        response = render(request, "503.html", status=503)
        response["Retry-After"] = "30"
        return response
