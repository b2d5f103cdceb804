"""The one list pattern: filter, search, order, columns, pages, saved views, bulk actions and export of one queryset.

An app declares a `ListPattern` once, as a module constant, and each view asks it for a `ListPage`:

    LINES = ListPattern(
        name="register.lines",
        noun=_("接続"),
        columns=[Column("code", _("回線ID"), order=("code",), link=line_url, fixed=True), ...],
        filters=[Filter("state", _("状態"), choices=STATES, condition=lambda values: Q(state__in=values))],
        search_fields=["code", "purpose"],
        default_order=("code",),
    )

    def lines(request):
        page = LINES.page(request, queries.lines(), export_urls=[(_("CSV"), export_url)])
        return render_list(request, "register/lines.html", page)

The template extends `ui/list.html`; to htmx only the part that changes is sent. What is filtered is what is exported:
`LINES.filtered(request.GET, queryset)` and `LINES.export(...)` read the same address.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from sekisho.foundation.ui.components import Words
from sekisho.foundation.ui.list_query import Allowed, ListQuery, Parameters, read_query
from sekisho.foundation.ui.list_search import Labels, every_word_found

PAGE_SIZES = (25, 50, 100)
Choices = Sequence[tuple[str, Words]]


@dataclass(frozen=True)
class Column:
    """One column. A column can be sorted by only when `order` names the database fields to sort by.

    `value` gives a cell's plain value (for export and, without a template, for the screen): a function of the record,
    or the name of an attribute, the key by default. `template` draws the cell, with `record` and `value` in context.
    A `fixed` column is always shown; the others are chosen by the reader, `shown` says which at first.
    """

    key: str
    label: Words
    value: str | Callable[[Any], Any] = ""
    order: tuple[str, ...] = ()
    template: str = ""
    link: Callable[[Any], str] | None = None
    shown: bool = True
    fixed: bool = False
    numeric: bool = False

    def of(self, record: Any) -> Any:
        """Return the plain value of the cell in `record`'s row."""
        if callable(self.value):
            return self.value(record)
        value = record
        for part in (self.value or self.key).split("__"):
            value = getattr(value, part, None)
        return value() if callable(value) else value


@dataclass(frozen=True)
class Filter:
    """One filter. `condition` turns the chosen values (all among `choices`) into a condition on the queryset.

    `choices` may be a function, for choices that come from the data.
    """

    key: str
    label: Words
    choices: Choices | Callable[[], Choices]
    condition: Callable[[Sequence[str]], Q]

    def options(self) -> list[tuple[str, Words]]:
        """Return the choices now."""
        return list(self.choices() if callable(self.choices) else self.choices)


@dataclass(frozen=True)
class BulkAction:
    """Something to do with the chosen records. `url` answers a POST with a preview, never with the deed itself."""

    label: Words
    url: str
    kind: str = "secondary"


@dataclass(frozen=True)
class Empty:
    """What an empty list says: what is not there yet, what to do, and the button that does it."""

    text: Words
    action: Words = ""
    url: str = ""


@dataclass(frozen=True)
class ListPattern:
    """The declaration of a list. `name` keeps its saved views apart from other lists'; `noun` is what it lists."""

    name: str
    noun: Words
    columns: Sequence[Column]
    default_order: tuple[str, ...]
    filters: Sequence[Filter] = ()
    search_fields: Sequence[str] = ()
    search_labels: Labels = field(default_factory=dict)
    search_hint: Words = ""
    page_size: int = PAGE_SIZES[0]

    def __post_init__(self) -> None:
        for kind, keys in (("column", [c.key for c in self.columns]), ("filter", [f.key for f in self.filters])):
            if len(set(keys)) != len(keys):
                raise ValueError(f"List {self.name}: two with the same {kind} key.")

    def query(self, parameters: Parameters) -> ListQuery:
        """Return what an address asks of this list."""
        return read_query(
            parameters,
            Allowed(
                sorts=[c.key for c in self.columns if c.order],
                columns=[c.key for c in self.columns],
                filters={f.key: [value for value, _label in f.options()] for f in self.filters},
                page_sizes=PAGE_SIZES,
            ),
        )

    def shown_columns(self, query: ListQuery) -> list[Column]:
        """Return the columns to show, in the list's own order."""
        return [c for c in self.columns if c.fixed or (c.key in query.columns if query.columns else c.shown)]

    def apply(self, query: ListQuery, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return `queryset` filtered, searched and ordered as `query` asks. Ties are broken by the primary key."""
        for filter_ in self.filters:
            if values := query.filters.get(filter_.key):
                queryset = queryset.filter(filter_.condition(values))
        if query.words and (self.search_fields or self.search_labels):
            queryset = queryset.filter(every_word_found(query.words, self.search_fields, self.search_labels))
        return queryset.order_by(*self._order(query), "pk")

    def filtered(self, parameters: Parameters, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return all the records that the address shows, over all pages."""
        return self.apply(self.query(parameters), queryset)

    def selected(self, parameters: Parameters, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the records that a bulk form chose: those ticked, or all that the list shows (`all=1`).

        What is not in `queryset` cannot be chosen.
        """
        records = self.filtered(parameters, queryset)
        if parameters.get("all") == "1":
            return records
        primary_key = queryset.model._meta.pk
        keys = []
        for text in parameters.getlist("selected"):
            try:
                keys.append(primary_key.to_python(text))
            except Exception:  # noqa: S112 - whatever a field raises for a key that cannot be one
                continue
        return records.filter(pk__in=keys)

    def export(self, parameters: Parameters, queryset: QuerySet[Any]) -> tuple[list[str], Iterator[list[Any]]]:
        """Return the column heads and the rows of plain values for a file: the shown columns, all pages."""
        query = self.query(parameters)
        columns = self.shown_columns(query)
        records = self.apply(query, queryset)
        return [str(c.label) for c in columns], ([c.of(r) for c in columns] for r in records.iterator(2000))

    def page(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        *,
        empty: Empty | None = None,
        bulk: Sequence[BulkAction] = (),
        export_urls: Sequence[tuple[Words, str]] = (),
    ) -> "ListPage":
        """Return the page of the list that the request's address asks for."""
        return ListPage(
            pattern=self,
            path=request.path,
            query=self.query(request.GET),
            everything=queryset,
            user=getattr(request, "user", None),
            empty=empty or Empty(_("まだ何もありません。")),
            bulk=tuple(bulk),
            export_urls=tuple(export_urls),
        )

    def _order(self, query: ListQuery) -> list[str]:
        key = query.sort.removeprefix("-")
        fields = next((c.order for c in self.columns if c.key == key and key), None)
        if fields is None:
            return list(self.default_order)
        if query.sort.startswith("-"):
            return [name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in fields]
        return list(fields)


@dataclass(frozen=True)
class Head:
    """One column head: where a click on it leads, and how the list is ordered by it now."""

    column: Column
    url: str
    order: str  # the value of aria-sort; "" when the column cannot be sorted by


@dataclass(frozen=True)
class Chip:
    """One condition in force, and the address without it."""

    label: str
    url: str


@dataclass
class ListPage:
    """One page of one list, for the template `ui/list.html`."""

    pattern: ListPattern
    path: str
    query: ListQuery
    everything: QuerySet[Any]
    user: Any
    empty: Empty
    bulk: tuple[BulkAction, ...]
    export_urls: tuple[tuple[Words, str], ...]

    @property
    def id(self) -> str:
        """Return the id of the part that htmx swaps."""
        return "list-" + self.pattern.name.replace(".", "-")

    @cached_property
    def columns(self) -> list[Column]:
        return self.pattern.shown_columns(self.query)

    @cached_property
    def records(self) -> QuerySet[Any]:
        """Return every record that the query finds, over all pages."""
        return self.pattern.apply(self.query, self.everything)

    @cached_property
    def count(self) -> int:
        return self.records.count()

    @cached_property
    def total(self) -> int:
        """Return how many there are without search and filters."""
        return self.everything.count() if self.query.narrows else self.count

    @property
    def page_sizes(self) -> tuple[int, ...]:
        return PAGE_SIZES

    @property
    def page_size(self) -> int:
        return self.query.page_size or self.pattern.page_size

    @cached_property
    def page_count(self) -> int:
        return max(1, -(-self.count // self.page_size))

    @cached_property
    def number(self) -> int:
        """Return the page shown: an address beyond the end shows the last one."""
        return min(self.query.page, self.page_count)

    @property
    def first(self) -> int:
        return (self.number - 1) * self.page_size + 1 if self.count else 0

    @property
    def last(self) -> int:
        return min(self.number * self.page_size, self.count)

    @cached_property
    def rows(self) -> list[tuple[Model, list[tuple[Column, Any, str]]]]:
        """Return the records of this page, each with its cells: column, plain value, address it links to or ""."""
        start = (self.number - 1) * self.page_size
        return [
            (record, [(c, c.of(record), c.link(record) if c.link else "") for c in self.columns])
            for record in self.records[start : start + self.page_size]
        ]

    def url_of(self, query: ListQuery) -> str:
        """Return the address of this list for `query`."""
        return self.path + query.encoded()

    @property
    def heads(self) -> list[Head]:
        """Return the column heads."""
        return [self._head(column) for column in self.columns]

    def _head(self, column: Column) -> Head:
        if not column.order:
            return Head(column, "", "")
        rising = self.query.sort == column.key
        order = "ascending" if rising else "descending" if self.query.sort == f"-{column.key}" else "none"
        return Head(column, self.url_of(self.query.sorted_by(f"-{column.key}" if rising else column.key)), order)

    @property
    def chips(self) -> list[Chip]:
        """Return the conditions in force, each with the address without it."""
        chips = []
        if self.query.search:
            label = _("検索「%(words)s」") % {"words": self.query.search}
            chips.append(Chip(label, self.url_of(self.query.without_search())))
        for filter_ in self.pattern.filters:
            labels = {value: str(label) for value, label in filter_.options()}
            for value in self.query.filters.get(filter_.key, ()):
                label = _("%(filter)s：%(value)s") % {"filter": filter_.label, "value": labels.get(value, value)}
                chips.append(Chip(label, self.url_of(self.query.without_filter(filter_.key, value))))
        return chips

    @property
    def filter_states(self) -> list[tuple[Filter, list[tuple[str, Words, bool]]]]:
        """Return each filter with its choices and whether each is chosen."""
        return [
            (f, [(value, label, value in self.query.filters.get(f.key, ())) for value, label in f.options()])
            for f in self.pattern.filters
        ]

    @property
    def column_choices(self) -> list[tuple[Column, bool]]:
        """Return the columns that can be hidden, and whether each is shown."""
        return [(c, c in self.columns) for c in self.pattern.columns if not c.fixed]

    @property
    def sort_choices(self) -> list[tuple[str, str]]:
        """Return every order that can be asked for, for a menu: on a phone the column heads are not shown."""
        choices = []
        for column in self.pattern.columns:
            if column.order:
                choices.append((column.key, _("%(column)s（昇順）") % {"column": column.label}))
                choices.append((f"-{column.key}", _("%(column)s（降順）") % {"column": column.label}))
        return choices

    @property
    def pages(self) -> list[tuple[int, str]]:
        """Return the page numbers to offer with their addresses; 0 stands for a gap."""
        near = {1, 2, self.page_count - 1, self.page_count} | set(range(self.number - 1, self.number + 2))
        numbers: list[int] = []
        for number in sorted(n for n in near if 1 <= n <= self.page_count):
            if numbers and number > numbers[-1] + 1:
                numbers.append(0)
            numbers.append(number)
        return [(n, self.url_of(self.query.on_page(n)) if n else "") for n in numbers]

    @property
    def previous_url(self) -> str:
        return self.url_of(self.query.on_page(self.number - 1)) if self.number > 1 else ""

    @property
    def next_url(self) -> str:
        return self.url_of(self.query.on_page(self.number + 1)) if self.number < self.page_count else ""

    @property
    def clear_url(self) -> str:
        return self.url_of(self.query.cleared())

    @property
    def exports(self) -> list[tuple[Words, str]]:
        """Return the export links: the same search, filters, order and columns, all pages."""
        suffix = self.query.on_page(1).encoded()
        return [
            (label, url + (suffix if "?" not in url else suffix.replace("?", "&", 1)))
            for label, url in self.export_urls
        ]


def render_list(
    request: HttpRequest, template: str, page: ListPage, context: dict[str, object] | None = None
) -> HttpResponse:
    """Answer with the page, or with the part that changes when htmx asks for it."""
    wanted = request.headers.get("HX-Target") == page.id and "HX-Request" in request.headers
    restoring = request.headers.get("HX-History-Restore-Request") == "true"
    name = "ui/list/_table.html" if wanted and not restoring else template
    response = render(request, name, {**(context or {}), "list": page})
    # The same address has two answers: without this a browser's cache could show the part as the page.
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
