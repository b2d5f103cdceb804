"""What a list's address says: search words, filters, order, columns, page. Hostile addresses become harmless ones.

    q=ルータ&f.state=open&f.state=late&sort=-due&cols=name&cols=due&size=50&page=2

Only what the list declares gets through; everything else is dropped, so a query can be handed to the database and
written back into links.
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlencode

SEARCH_MAX_LENGTH = 200
MAX_WORDS = 8
FILTER_PREFIX = "f."


class Parameters(Protocol):
    """The part of Django's QueryDict that is read here."""

    def get(self, key: str, /) -> str | None: ...
    def getlist(self, key: str, /) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a list lets through. `filters`: key to the values it may take; None lets any value through (free text)."""

    sorts: Collection[str]
    columns: Collection[str]
    filters: Mapping[str, Collection[str] | None]
    page_sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A cleaned query. `sort` is a column key, with "-" before it for the other way round; "" is the list's own order.

    `columns` empty means the columns that the list shows by itself. `page` counts from 1.
    """

    search: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""
    columns: tuple[str, ...] = ()
    page: int = 1
    page_size: int = 0

    @property
    def words(self) -> list[str]:
        """Return the search words, at most `MAX_WORDS`; each must be found."""
        return self.search.split()[:MAX_WORDS]

    @property
    def narrows(self) -> bool:
        """Return True when the query shows less than everything."""
        return bool(self.search or self.filters)

    def pairs(self) -> list[tuple[str, str]]:
        """Return the query as name and value pairs, in a fixed order, without what is at rest."""
        pairs = [("q", self.search)] if self.search else []
        for key in sorted(self.filters):
            pairs += [(FILTER_PREFIX + key, value) for value in self.filters[key]]
        if self.sort:
            pairs.append(("sort", self.sort))
        pairs += [("cols", key) for key in self.columns]
        if self.page_size:
            pairs.append(("size", str(self.page_size)))
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        return pairs

    def on_page_one_pairs(self) -> list[tuple[str, str]]:
        """Return the pairs without the page: for forms, which begin anew."""
        return replace(self, page=1).pairs()

    def encoded(self) -> str:
        """Return the query for an address, "" or beginning with "?"."""
        pairs = self.pairs()
        return "?" + urlencode(pairs) if pairs else ""

    def on_page(self, page: int) -> "ListQuery":
        """Return the same list at another page."""
        return replace(self, page=page)

    def sorted_by(self, sort: str) -> "ListQuery":
        """Return the same list in another order, at its first page."""
        return replace(self, sort=sort, page=1)

    def without_search(self) -> "ListQuery":
        """Return the same list with no search words."""
        return replace(self, search="", page=1)

    def without_filter(self, key: str, value: str) -> "ListQuery":
        """Return the same list with one filter value less."""
        filters = {k: tuple(v for v in values if (k, v) != (key, value)) for k, values in self.filters.items()}
        return replace(self, filters={k: values for k, values in filters.items() if values}, page=1)

    def cleared(self) -> "ListQuery":
        """Return the whole list in the same order and columns."""
        return replace(self, search="", filters={}, page=1)


def _plain(text: str, limit: int) -> str:
    """Return `text` without control characters and halves of surrogate pairs, which databases refuse."""
    kept = "".join(c if unicodedata.category(c) not in {"Cc", "Cs"} else " " for c in text[: limit * 2])
    return " ".join(kept.split())[:limit]


def _number(text: str | None, default: int) -> int:
    """Return a small whole number; anything else is `default`."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 7 else default


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _filters(parameters: Parameters, allowed: Allowed) -> dict[str, tuple[str, ...]]:
    found = {}
    for key, choices in allowed.filters.items():
        values = _unique(_plain(value, SEARCH_MAX_LENGTH) for value in parameters.getlist(FILTER_PREFIX + key)[:50])
        values = tuple(v for v in values if v and (choices is None or v in choices))
        if values:
            found[key] = values
    return found


def read_query(parameters: Parameters, allowed: Allowed) -> ListQuery:
    """Return the query that `parameters` ask for, as far as `allowed` permits."""
    sort = parameters.get("sort") or ""
    columns = _unique(key for key in parameters.getlist("cols") if key in allowed.columns)
    size = _number(parameters.get("size"), 0)
    return ListQuery(
        search=_plain(parameters.get("q") or "", SEARCH_MAX_LENGTH),
        filters=_filters(parameters, allowed),
        sort=sort if sort.removeprefix("-") in allowed.sorts else "",
        columns=columns,
        page=max(1, _number(parameters.get("page"), 1)),
        page_size=size if size in allowed.page_sizes else 0,
    )
