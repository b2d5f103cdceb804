"""Single values of network.yaml: each is read for what it must be, or told and left out."""

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar

from sekisho.adapters.network.messages import MESSAGES
from sekisho.adapters.yaml_file import Path, YamlDocument, YamlReading
from sekisho.domain.network.addresses import (
    NotAnAddress,
    address_number,
    address_span,
    address_text,
    parse_addresses,
    prefix_span,
)
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import NotAService, parse_services
from sekisho.domain.tri import Tri
from sekisho.domain.workbook.credentials import holds_credentials

Entry = Mapping[str, Any]
E = TypeVar("E", bound=Enum)
MAX_NAME = 100
MAX_NUMBER = (1 << 31) - 1
MAX_CRITICAL = 3
_MOST_GUESSES = 500
_UNKNOWN = frozenset({"unknown", "不明", "?"})
_TRUTHS = {"true": Tri.YES, "yes": Tri.YES, "on": Tri.YES, "false": Tri.NO, "no": Tri.NO, "off": Tri.NO}


class NetworkFields(YamlReading):
    """One pass over network.yaml with what its parts have in common."""

    area = "network"
    example = "id: ..."

    def __init__(self, document: YamlDocument) -> None:
        super().__init__(document)
        self._guesses: dict[tuple[str, tuple[str, ...]], str | None] = {}
        self._parsed: dict[tuple[str, str], tuple[Span, ...]] = {}

    def tell(self, rule: str, *path: str | int, **values: object) -> None:
        """Collect the message of `rule` for the part at `path`."""
        message = MESSAGES[rule]
        self.problem(rule, message.filled(**values) if values else message, *path)

    def each(self, path: Path, entry: Entry, key: str) -> Iterator[tuple[Path, Entry | None]]:
        """Yield path and mapping of each entry of the list under `key`; None for what is no mapping."""
        for place, value in self.items(path, entry, key):
            yield place, value if isinstance(value, dict) else None

    def items(self, path: Path, entry: Entry, key: str) -> Iterator[tuple[Path, Any]]:
        """Yield path and value of each item under `key`; one value stands for a list of one."""
        value = entry.get(key)
        if isinstance(value, list):
            yield from (((*path, key, position), item) for position, item in enumerate(value))
        elif value is not None:
            yield (*path, key), value

    def check_keys(self, path: Path, entry: Entry, known: tuple[str, ...]) -> None:
        """Tell keys that nobody knows but that look like a known one: they would go unheard."""
        for key in entry:
            if key not in known and (near := self._near(str(key)[:MAX_NAME], known)):
                self.tell("misspelt-key", *path, str(key), written=str(key)[:MAX_NAME], known=near)

    def _near(self, key: str, known: tuple[str, ...]) -> str | None:
        """Return the known key that `key` must mean; nothing once a file has shown too many keys of its own."""
        if (key, known) not in self._guesses and len(self._guesses) < _MOST_GUESSES:
            self._guesses[key, known] = next(iter(difflib.get_close_matches(key, known, 1, 0.84)), None)
        return self._guesses.get((key, known))

    def name(self, entry: Entry, key: str) -> str | None:
        """Return a name that others refer to; None when there is none."""
        value = entry.get(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            value = value.isoformat()
        if isinstance(value, str | int) and not isinstance(value, bool):
            return " ".join(str(value).split())[:MAX_NAME] or None
        return None

    def identity(self, path: Path, entry: Entry, taken: Collection[str]) -> str | None:
        """Return the entry's id when it has one of its own; else tell and return None."""
        name = self.name(entry, "id")
        if name is None:
            self.tell("id-missing", *path)
        elif name in taken:
            self.tell("id-twice", *path)
            return None
        return name

    def text(self, path: Path, entry: Entry, key: str) -> str:
        """Return free text; what gives a password away is told and dropped."""
        value = entry.get(key)
        if value is None:
            return ""
        written = self.name(entry, key)
        if written is None:
            if value != "":
                self.tell("not-a-text", *path, key)
            return ""
        if holds_credentials(written):
            self.tell("name-is-secret", *path, key)
            return ""
        return written

    def names(self, path: Path, entry: Entry, key: str) -> tuple[str, ...]:
        """Return a list of names, each once, in order."""
        found: dict[str, None] = {}
        for place, item in self.items(path, entry, key):
            name = self.name({"name": item}, "name")
            if name is None:
                self.tell("not-a-text", *place)
            else:
                found[name] = None
        return tuple(found)

    def number(self, path: Path, entry: Entry, key: str, default: int | None = None, least: int = 0) -> int | None:
        """Return a whole number from `least` up; `default` when absent or told."""
        value = entry.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= MAX_NUMBER:
            return value
        if value is not None:
            self.tell("number", *path, key, least=least)
        return default

    def day(self, path: Path, entry: Entry, key: str) -> date | None:
        """Return a day; None when absent or told."""
        value = entry.get(key)
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return None if value is None else date.fromisoformat(str(value).strip())
        except ValueError:
            self.tell("date", *path, key)
            return None

    def truth(self, path: Path, entry: Entry, key: str) -> Tri:
        """Return yes, no, or unknown; unknown when absent or told."""
        value = entry.get(key)
        if value is None or isinstance(value, bool):
            return Tri.of(value)
        word = str(value).strip().lower()
        if word not in _TRUTHS and word not in _UNKNOWN:
            self.tell("truth", *path, key)
        return _TRUTHS.get(word, Tri.UNKNOWN)

    def flag(self, path: Path, entry: Entry, key: str) -> bool:
        """Return whether a key says true; false when absent or told."""
        return entry.get(key) is not None and self.truth(path, entry, key) is Tri.YES

    def word(self, path: Path, entry: Entry, key: str, kind: type[E], default: E) -> E:
        """Return one of the words of `kind`; `default` when absent or told."""
        value = entry.get(key)
        if value is None:
            return default
        try:
            return kind(str(value).strip().lower())
        except ValueError:
            self.tell("word", *path, key, words=", ".join(str(one.value) for one in kind))
            return default

    def addresses(self, path: Path, entry: Entry, key: str, rule: str = "address") -> tuple[Ranges, bool]:
        """Return the union of the addresses, prefixes and ranges that can be read, and whether all could."""
        return self._union(path, entry, key, parse_addresses, rule)

    def services(self, path: Path, entry: Entry, key: str) -> tuple[Ranges, bool]:
        """Return the union of the services that can be read, and whether all could."""
        return self._union(path, entry, key, parse_services, "service")

    def _union(
        self, path: Path, entry: Entry, key: str, parse: Callable[[str], Ranges], rule: str
    ) -> tuple[Ranges, bool]:
        spans: list[Span] = []
        whole = True
        for place, item in self.items(path, entry, key):
            try:
                spans.extend(self._spans(_written(item), parse))
            except (NotAnAddress, NotAService):
                self.tell(rule, *place)
                whole = False
        return Ranges.of(spans), whole

    def _spans(self, written: str, parse: Callable[[str], Ranges]) -> tuple[Span, ...]:
        """Return the spans of a text; files name the same few addresses and services in thousands of rules."""
        key = (parse.__name__, written)
        if key not in self._parsed:
            self._parsed[key] = parse(written).spans
        return self._parsed[key]

    def hosts(self, path: Path, entry: Entry, key: str) -> Ranges:
        """Return addresses of hosts: "10.10.0.10/24" is the one host that people mean by it."""
        spans: list[Span] = []
        for place, item in self.items(path, entry, key):
            try:
                spans.append(self._host_span(place, _written(item)))
            except NotAnAddress:
                self.tell("address", *place)
        return Ranges.of(spans)

    def _host_span(self, place: Path, written: str) -> Span:
        span = address_span(written)
        alone, slash, _ = written.partition("/")
        if slash and (number := address_number(alone)) != span[0]:
            self.tell("address-is-network", *place, address=address_text(number))
            return number, number
        return span

    def address(self, path: Path, entry: Entry, key: str) -> int | None:
        """Return one address; None when absent or told."""
        value = entry.get(key)
        try:
            return None if value is None else address_number(_written(value))
        except NotAnAddress:
            self.tell("address", *path, key)
            return None

    def address_with_prefix(self, path: Path, entry: Entry, key: str) -> tuple[int | None, Span | None]:
        """Return the address of "10.10.0.1/24" and its connected network; None for what is absent or told."""
        value = entry.get(key)
        if value is None:
            return None, None
        written = _written(value)
        try:
            number = address_number(written.partition("/")[0])
            return number, prefix_span(written) if "/" in written else None
        except NotAnAddress:
            self.tell("address", *path, key)
            return None, None


def _written(value: object) -> str:
    """Return what a person wrote; values that YAML takes for something else (1.0, a mapping) are no address."""
    return value if isinstance(value, str) else ""
