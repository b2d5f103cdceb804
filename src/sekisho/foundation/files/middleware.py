"""Says on a page of its own that a stored file is damaged, wherever it was asked for."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sekisho.foundation.files.actions import FileDamaged

logger = logging.getLogger(__name__)


class DamagedFileMiddleware:
    """Answers with a page that says what is lost, what is not, and how to get the file back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page for a damaged file, None for any other error. The access check was made before."""
        if not isinstance(error, FileDamaged):
            return None
        logger.error("Stored file %s is damaged or gone: %s", error.stored.pk, error.stored.path)
        return render(request, "files/damaged.html", {"stored": error.stored}, status=410)
