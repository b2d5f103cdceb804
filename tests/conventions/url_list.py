"""Every address of the project, walked from the URL configuration: new ones are in every test by themselves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from sekisho.foundation.accounts.permissions import Permission


@dataclass(frozen=True)
class Url:
    """One address. `name` has its namespaces; `kwargs` are the names of what stands in angle brackets."""

    name: str
    route: str
    kwargs: frozenset[str]
    view: Callable[..., Any]

    @property
    def mark(self) -> Permission | str | None:
        """Return "public", "signed-in", a permission, or None when somebody forgot the mark."""
        return getattr(self.view, "permission", None)

    @property
    def of_hospital(self) -> bool:
        return "hospital_code" in self.kwargs

    @property
    def objects(self) -> frozenset[str]:
        return self.kwargs - {"hospital_code"}

    def at(self, **kwargs: Any) -> str:
        return reverse(self.name, kwargs={key: value for key, value in kwargs.items() if key in self.kwargs})

    def __str__(self) -> str:
        return self.name


def _walk(
    patterns: list[URLPattern | URLResolver], route: str, namespaces: tuple[str, ...], kwargs: frozenset[str]
) -> Iterator[Url]:
    for pattern in patterns:
        here = kwargs | frozenset(pattern.pattern.regex.groupindex)
        full = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from _walk(pattern.url_patterns, full, inner, here)
        else:
            yield Url(":".join((*namespaces, pattern.name or "(no name)")), full, here, pattern.callback)


def all_urls() -> list[Url]:
    """Return every address, sorted by name."""
    return sorted(_walk(get_resolver().url_patterns, "/", (), frozenset()), key=lambda url: url.name)
