"""Answer with a file's bytes so that no browser runs them."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def file_response(content: bytes, *, name: str, content_type: str, inline: bool = False) -> HttpResponse:
    """Return a download (or, for pictures, an inline answer) that is sandboxed and never cached by others."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(not inline, name) or "attachment"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
