"""What the names in a PAN-OS rule stand for: addresses, services, applications, and groups of them.

A name is looked up where the rule stands first, then in what was pushed or is shared. Source: PAN-OS administrator's
guide, "Policy Object"; XML as exported by `show config running`.
"""

from functools import cached_property

from sekisho.adapters.configurations.found import MOST_DEPTH, Found, FoundServices, wildcard_addresses
from sekisho.adapters.configurations.notes import Notes
from sekisho.adapters.configurations.panos.tables import APPLICATION_PORTS, EXACT_APPLICATIONS, PREDEFINED_SERVICES
from sekisho.adapters.configurations.panos.tree import Element
from sekisho.domain.network.addresses import ANY_ADDRESS, NotAnAddress, address_span
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import (
    ANY_PORT,
    ANY_SERVICE,
    PORTS,
    WITH_PORTS,
    NotAService,
    parse_services,
    ports_of,
    service_span,
)
from sekisho.domain.text import Text

_PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}
_BAD_OBJECT = Text(
    "「{name}」の値を読めませんでした。この名前を使う規則は「不明」として扱います。",
    "The value of “{name}” could not be read. Rules that use it count as unknown.",
)
_CIRCLE = Text(
    "グループ「{name}」が自分自身を含んでいます。繰り返しはそこで打ち切り、使う規則は「不明」として扱います。",
    "Group “{name}” contains itself. The circle is cut there; rules that use it count as unknown.",
)


class Objects:
    """The named objects that rules of one vsys can use. `scopes` are searched in order."""

    def __init__(self, scopes: list[Element], notes: Notes) -> None:
        self._scopes = scopes
        self._notes = notes
        self._addresses: dict[str, Found | None] = {}
        self._services: dict[str, FoundServices | None] = {}
        self._application_ports: dict[str, Ranges | None] = {}
        self._open: set[tuple[str, str]] = set()

    def _index(self, *paths: str) -> dict[str, Element]:
        found: dict[str, Element] = {}
        for scope in self._scopes:
            for path in paths:
                for entry in scope.entries(path):
                    found.setdefault(entry.name, entry)
        return found

    @cached_property
    def _address_entries(self) -> dict[str, Element]:
        return self._index("address", "address-group")

    @cached_property
    def _service_entries(self) -> dict[str, Element]:
        return self._index("service", "service-group")

    @cached_property
    def _application_entries(self) -> dict[str, Element]:
        return self._index("application", "application-group", "application-filter")

    @cached_property
    def _widest_names(self) -> frozenset[str]:
        """Return names whose addresses change by themselves: lists fetched from elsewhere, regions."""
        return frozenset(self._index("external-list", "region"))

    def addresses(self, names: list[str]) -> Found:
        """Return what `names` stand for together."""
        return Found.together(self._address(name, 0) or Found.undefined(name) for name in names)

    def _address(self, name: str, depth: int) -> Found | None:
        if name in self._addresses:
            return self._addresses[name]
        entry, key = self._address_entries.get(name), ("address", name)
        if entry is None:
            found = self._literal(name)
        elif depth > MOST_DEPTH or key in self._open:
            return self._circle(entry)
        elif entry.child("static") or entry.child("dynamic"):
            self._open.add(key)
            found = self._address_group(entry, depth)
            self._open.discard(key)
        else:
            found = self._single(entry)
        self._addresses[name] = found
        return found

    def _literal(self, name: str) -> Found | None:
        if name == "any":
            return Found(ANY_ADDRESS)
        try:
            return Found(Ranges.of([address_span(name)]))
        except NotAnAddress:
            is_country = len(name) == 2 and name.isascii() and name.isalpha() and name.isupper()
            return Found(ANY_ADDRESS, False) if is_country or name in self._widest_names else None

    def _circle(self, entry: Element) -> Found:
        self._notes.unparsed(entry.line, f'entry "{entry.name}"', _CIRCLE.filled(name=entry.name), Bearing.FILTER)
        return Found(ANY_ADDRESS, False, (entry.name,))

    def _address_group(self, entry: Element, depth: int) -> Found:
        if entry.child("dynamic"):
            return Found(ANY_ADDRESS, False)
        return Found.together(
            self._address(name, depth + 1) or Found.undefined(name) for name in entry.members("static")
        )

    def _single(self, entry: Element) -> Found:
        try:
            if entry.child("fqdn"):
                return Found(ANY_ADDRESS, False)
            if wildcard := entry.value("ip-wildcard"):
                address, _, mask = wildcard.partition("/")
                inverted = ".".join(str(255 - int(part)) for part in mask.split("."))
                return wildcard_addresses(address, inverted)
            return Found(Ranges.of([address_span(entry.value("ip-netmask") or entry.value("ip-range"))]))
        except (ValueError, IndexError):
            self._fault(entry)
            return Found(ANY_ADDRESS, False, (entry.name,))

    def _fault(self, entry: Element) -> None:
        why = _BAD_OBJECT.filled(name=entry.name)
        self._notes.unparsed(entry.line, f'entry "{entry.name}"', why, Bearing.FILTER)

    def services(self, names: list[str], applications: list[str]) -> FoundServices:
        """Return what the services and applications of a rule let through at most."""
        found = FoundServices.together(self._named(name, applications) for name in names)
        if "application-default" in names or "any" in applications or not applications:
            return found
        if not all(name in EXACT_APPLICATIONS for name in applications):
            return FoundServices(found.pieces, False, found.unknown)
        own = self._by_application(applications).pieces[0][0]
        pieces = tuple((service & own, sources) for service, sources in found.pieces if service & own)
        return FoundServices(pieces, found.is_exact, found.unknown)

    def _named(self, name: str, applications: list[str]) -> FoundServices:
        if name == "application-default":
            return self._by_application(applications)
        return self._service(name, 0) or FoundServices.undefined(name)

    def _by_application(self, applications: list[str]) -> FoundServices:
        if not applications or "any" in applications:
            return FoundServices.of(ANY_SERVICE, is_exact=False)
        ports = [self._ports(name, 0) for name in applications]
        spans = [span for one in ports for span in (one or ANY_SERVICE).spans]
        is_exact = all(name in EXACT_APPLICATIONS for name in applications)
        return FoundServices.of(Ranges.of(spans), is_exact)

    def _ports(self, name: str, depth: int) -> Ranges | None:
        """Return the standard ports of an application, None when they are not known."""
        if name not in self._application_ports:
            self._application_ports[name] = None  # what a group that contains itself finds
            self._application_ports[name] = self._ports_anew(name, depth)
        return self._application_ports[name]

    def _ports_anew(self, name: str, depth: int) -> Ranges | None:
        entry = self._application_entries.get(name)
        if entry is None:
            return parse_services(APPLICATION_PORTS[name]) if name in APPLICATION_PORTS else None
        if members := entry.members("members"):
            ports = [self._ports(member, depth + 1) if depth < MOST_DEPTH else None for member in members]
            known = [one for one in ports if one is not None]
            return Ranges.of(span for one in known for span in one.spans) if len(known) == len(ports) else None
        try:
            texts = entry.members("default/port")
            return parse_services([part for text in texts for part in _port_texts(text)]) if texts else None
        except NotAService:
            return None

    def _service(self, name: str, depth: int) -> FoundServices | None:
        if name in self._services:
            return self._services[name]
        entry, key = self._service_entries.get(name), ("service", name)
        if entry is None:
            known = PREDEFINED_SERVICES.get(name)
            found = FoundServices.of(parse_services(known)) if known else None
        elif depth > MOST_DEPTH or key in self._open:
            circle = self._circle(entry)
            return FoundServices(((ANY_SERVICE, ANY_PORT),), False, circle.unknown)
        elif entry.child("members"):
            self._open.add(key)
            found = self._service_group(entry, depth)
            self._open.discard(key)
        else:
            found = self._single_service(entry)
        self._services[name] = found
        return found

    def _service_group(self, entry: Element, depth: int) -> FoundServices:
        return FoundServices.together(
            self._service(name, depth + 1) or FoundServices.undefined(name) for name in entry.members("members")
        )

    def _single_service(self, entry: Element) -> FoundServices:
        pieces: list[tuple[Ranges, Ranges]] = []
        try:
            for tag, protocol in _PROTOCOLS.items():
                if port := entry.value(f"protocol/{tag}/port"):
                    sources = entry.value(f"protocol/{tag}/source-port")
                    pieces.append((ports_of(protocol, _port_ranges(port)), _port_ranges(sources or "0-65535")))
        except ValueError:
            pieces = []
        if not pieces:
            self._fault(entry)
            return FoundServices(((ANY_SERVICE, ANY_PORT),), False, (entry.name,))
        return FoundServices(tuple(pieces))


def _port_ranges(text: str) -> Ranges:
    """Return the ports of "80,443,8000-8010".

    Raises:
        ValueError: there is something else.
    """
    spans: list[Span] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        span = int(first), int(last or first)
        if not 0 <= span[0] <= span[1] < PORTS:
            raise ValueError(text)
        spans.append(span)
    return Ranges.of(spans)


def _port_texts(text: str) -> list[str]:
    """Return "tcp/80,443" as "tcp/80" and "tcp/443"; "dynamic" stands for every port."""
    protocol, _, ports = text.partition("/")
    if ports == "dynamic" or not ports:
        return [protocol]
    texts = [f"{protocol}/{port.strip()}" for port in ports.split(",")]
    if service_span(texts[0])[0] // PORTS not in WITH_PORTS:
        return [protocol]
    return texts
