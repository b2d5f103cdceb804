"""Messages that carry a way back: "deleted — undo"."""

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse
from django_htmx.http import trigger_client_event

_UNDO = "undo:"


def _checked(url: str) -> str:
    if not url.startswith("/") or url.startswith("//") or any(c.isspace() or c == "\\" for c in url):
        raise ValueError(f"Not an address of this portal: {url!r}")
    return url


def undoable(request: HttpRequest, text: str, *, undo_url: str) -> None:
    """Show `text` on the next page, with a button that POSTs to `undo_url`, an address of this portal.

    Raises:
        ValueError: the address would lead away from this portal.
    """
    messages.success(request, text, extra_tags=_UNDO + _checked(undo_url))


def undo_url(message: Message) -> str:
    """Return where to POST to undo what `message` tells, or ""."""
    tags = message.extra_tags or ""
    return tags.removeprefix(_UNDO) if tags.startswith(_UNDO) else ""


def toast(response: HttpResponse, text: str, *, undo_url: str = "") -> HttpResponse:
    """Let the answer to an htmx request show `text` at the bottom of the page, with "undo" when an address is given."""
    return trigger_client_event(response, "toast", {"text": text, "undo": _checked(undo_url) if undo_url else ""})
