"""Addresses of this app's pages with their questions."""

from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from sekisho.domain.network.services import service_text


def page(code: str, name: str, **query: object) -> str:
    """Return the address of a page of hospital `code`; queries that are "" or None are left out."""
    asked = {key: value for key, value in query.items() if value not in ("", None)}
    return reverse(f"network:{name}", kwargs={"hospital_code": code}) + (f"?{urlencode(asked)}" if asked else "")


def why(code: str, source: str, target: str, service: int | str = "") -> str:
    """Return where it is explained whether `source` can talk to `target`."""
    return whys(code)(source, target, service)


def whys(code: str) -> Callable[[str, str, int | str], str]:
    """Return what gives the address of `why`, for a page with thousands of them: it is looked up once."""
    start = page(code, "why")

    def url(source: str, target: str, service: int | str) -> str:
        text = service_text(service) if isinstance(service, int) else service
        asked = {"src": source, "dst": target} | ({"service": text} if text else {})
        return f"{start}?{urlencode(asked)}"

    return url


def entry(code: str, line: str, target: str = "") -> str:
    """Return the page of one line, with the way to `target`."""
    return page(code, "entry", line=line, to=target)


def register_line(code: str, record: UUID) -> str:
    """Return the page of a line of the register."""
    return reverse("register:line_detail", kwargs={"hospital_code": code, "record_id": record})


def configuration(code: str, configuration_id: str, line: int | None = None) -> str:
    """Return the page of a configuration, at a line of it."""
    url = reverse("network:configuration", kwargs={"hospital_code": code, "configuration_id": configuration_id})
    return url if line is None else f"{url}?line={line}#line-{line}"
