"""Messages that carry a way back: "deleted — undo"."""

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

_UNDO = "undo:"


def undoable(request: HttpRequest, text: str, *, undo_url: str) -> None:
    """Show `text` on the next page, with a button that POSTs to `undo_url`, an address of this portal.

    Raises:
        ValueError: the address would lead away from this portal.
    """
    if not undo_url.startswith("/") or undo_url.startswith("//") or any(c.isspace() or c == "\\" for c in undo_url):
        raise ValueError(f"Not an address of this portal: {undo_url!r}")
    messages.success(request, text, extra_tags=_UNDO + undo_url)


def undo_url(message: Message) -> str:
    """Return where to POST to undo what `message` tells, or ""."""
    tags = message.extra_tags or ""
    return tags.removeprefix(_UNDO) if tags.startswith(_UNDO) else ""
