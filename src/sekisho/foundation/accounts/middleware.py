"""The language of the person who is signed in."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation


class LanguageOfUserMiddleware:
    """Show pages in the language that the person keeps in the profile.

    The language switch sets a cookie, which wins: it is the latest thing that somebody asked for in this browser.
    Without a cookie the profile wins over what the browser prefers, because on a shared PC that is somebody else's.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # LocaleMiddleware stands before and puts the language back after the response.
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)
