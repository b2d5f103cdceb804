"""Tell a script where to go instead of letting it fetch the next page itself."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

FOLLOW_HEADER = "X-Sekisho-Location"


class LocationForScriptsMiddleware:
    """Answer a script's upload with 204 and the address of the next page, in place of a redirect.

    A script cannot see a redirect: it would fetch the next page unseen, and the messages meant for the reader with it.
    The script says that it understands by sending `X-Sekisho-Location: ?`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if FOLLOW_HEADER not in request.headers or response.status_code not in {301, 302, 303}:
            return response
        answer = HttpResponse(status=204, headers={FOLLOW_HEADER: response["Location"]})
        answer.cookies = response.cookies
        return answer
