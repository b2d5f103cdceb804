"""Entries of access lists as Cisco IOS, Cisco ASA and AlliedWare Plus write them, as rules.

One grammar with a few switches (`Dialect`): action, protocol, source, ports, destination, ports, then qualifiers. What
cannot be read makes a rule with an unknown action that is as narrow as what was read before it. Long on purpose: one
recursive-descent reader, one method for each part of an entry.

Source: Cisco IOS Security Command Reference ("permit (IP)", "deny (IP)", "ip access-list", "object-group"), Cisco ASA
Series command reference ("access-list extended"), AlliedWare Plus command references (hardware ACL commands).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from sekisho.adapters.configurations.cisco_like.objects import (
    NotRead,
    Objects,
    Part,
    ServicePart,
    icmp_part,
    icmp_type,
    joined,
    masked_span,
    prefix,
    v4_number,
    wildcard,
)
from sekisho.adapters.configurations.cisco_like.services import port_number, protocol_services
from sekisho.adapters.configurations.cisco_like.text import NO_SUCH_OBJECT, RULE_NOT_READ, Line
from sekisho.domain.network.addresses import ANY_ADDRESS, ANY_V4, ANY_V6
from sekisho.domain.network.model import Action, Rule, State
from sekisho.domain.network.ranges import EMPTY, Ranges
from sekisho.domain.network.services import (
    ANY_PORT,
    ANY_SERVICE,
    ICMP,
    ICMP6,
    PORTS,
    TCP,
    WITH_PORTS,
    ports_of,
    protocol_of,
)
from sekisho.domain.text import Text

ACTIONS = {"permit": Action.PERMIT, "deny": Action.DENY}
_COMPARISONS = frozenset({"eq", "neq", "gt", "lt", "range"})
_LOG_LEVELS = frozenset(
    [
        "disable",
        "default",
        "alerts",
        "critical",
        "debugging",
        "emergencies",
        "errors",
        "informational",
        "notifications",
        "warnings",
    ]
)
_TAKES_ONE = frozenset({"dscp", "precedence", "tos", "option", "flow-label", "dest-option-type", "routing-type"})
_INEXACT_ALONE = frozenset(
    {"dest-option", "hbh", "mobility", "routing", "undetermined-transport", "auth", "psh", "urg"}
)


_MAC = re.compile(r"^[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}$")


class NoSuchObject(NotRead):
    """A line names an object that is not defined. The name is the only argument."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one vendor writes addresses in access lists.

    `any_address` is what "any" stands for. `masks_are_wildcards`: "10.0.0.0 0.0.0.255" instead of 255.255.255.0.
    `is_stateful`: whether replies are let pass by the device. `hosts` are names of single addresses, `own` what
    "interface NAME" stands for. `has_hardware_addresses`: MAC addresses may follow those of IP (AlliedWare Plus).
    """

    objects: Objects
    any_address: Ranges = ANY_V4
    masks_are_wildcards: bool = True
    is_stateful: bool = False
    hosts: Mapping[str, int] = field(default_factory=dict)
    own: Mapping[str, Ranges] = field(default_factory=dict)
    has_hardware_addresses: bool = False

    @property
    def is_v6(self) -> bool:
        """Return whether these lists are about IPv6 alone."""
        return self.any_address == ANY_V6


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as rules: several only where ports of the sender differ by service. `why`: what was not understood.

    `reflect` names the reflexive list that remembers what this entry passes; `evaluate` the one that stands here.
    """

    rules: tuple[Rule, ...]
    why: Text | None = None
    reflect: str = ""
    evaluate: str = ""


@dataclass(slots=True)
class _Draft:
    """What was read of an entry so far; whatever is still to come is as wide as can be."""

    action: Action = Action.UNKNOWN
    src: Ranges = ANY_ADDRESS
    dst: Ranges = ANY_ADDRESS
    services: tuple[ServicePart, ...] = (ServicePart(ANY_SERVICE),)
    state: State = State.ANY
    is_exact: bool = True
    enabled: bool = True
    schedule: str = ""
    reflect: str = ""
    objects: list[str] = field(default_factory=list)


class _Words:
    """The words of an entry, taken from the left."""

    def __init__(self, words: list[str], start: int) -> None:
        self._words, self._at = words, start

    @property
    def next(self) -> str:
        """The word that comes next, "" at the end."""
        return self._words[self._at] if self._at < len(self._words) else ""

    def ahead(self, count: int) -> str:
        """The word `count` after the next one."""
        return self._words[self._at + count] if self._at + count < len(self._words) else ""

    def take(self) -> str:
        if self._at >= len(self._words):
            raise NotRead("")
        self._at += 1
        return self._words[self._at - 1]

    def skip(self, word: str) -> bool:
        """Take the next word if it is this one."""
        if self.next != word:
            return False
        self._at += 1
        return True


def read_entry(line: Line, start: int, dialect: Dialect, seq: int, name: str = "") -> Entry:
    """Return the entry whose action is the word number `start` of the line. `name` is what its remark said."""
    words, draft = _Words(line.words, start), _Draft(src=dialect.any_address, dst=dialect.any_address)
    why: Text | None = None
    try:
        _Reader(words, draft, dialect).entry()
    except NoSuchObject as missing:
        why = NO_SUCH_OBJECT.filled(name=str(missing))
    except NotRead:
        why = RULE_NOT_READ
    return _finished(draft, why, line, dialect, seq, name)


def read_standard(line: Line, start: int, dialect: Dialect, seq: int, name: str = "") -> Entry:
    """Return the entry of a standard list: action and source alone."""
    words, draft = _Words(line.words, start), _Draft(src=dialect.any_address, dst=dialect.any_address)
    why: Text | None = None
    try:
        reader = _Reader(words, draft, dialect)
        draft.action = reader.action()
        draft.src = reader.address(alone=True)
        reader.qualifiers()
    except NoSuchObject as missing:
        why = NO_SUCH_OBJECT.filled(name=str(missing))
    except NotRead:
        why = RULE_NOT_READ
    return _finished(draft, why, line, dialect, seq, name)


def _finished(draft: _Draft, why: Text | None, line: Line, dialect: Dialect, seq: int, name: str) -> Entry:
    origin = line.origin
    rules = []
    for part in joined(draft.services) or (ServicePart(EMPTY),):
        # "deny echo" lets other messages and every answer pass, which a rule over the whole of ICMP would not
        is_exact = part.is_exact and not (part.is_echo and draft.action is Action.DENY and not dialect.is_stateful)
        rules.append(
            Rule(
                seq,
                draft.action if why is None else Action.UNKNOWN,
                draft.src,
                draft.dst,
                part.service,
                part.source_ports,
                draft.state if draft.state is not State.ANY else part.state,
                is_exact=is_exact and draft.is_exact and why is None,
                enabled=draft.enabled,
                schedule=draft.schedule,
                name=name,
                objects=tuple(draft.objects),
                origin=origin,
            )
        )
    return Entry(tuple(rules), why, draft.reflect)


class _Reader:
    """Reads one entry into a draft, from left to right."""

    def __init__(self, words: _Words, draft: _Draft, dialect: Dialect) -> None:
        self.words, self.draft, self.dialect = words, draft, dialect

    def entry(self) -> None:
        action = self.action()
        self.draft.services = self.protocol()
        self.draft.src = self.address()
        source_ports = self.ports(is_source=True)
        if source_ports is not None:
            self.draft.services = tuple(
                replace(part, source_ports=source_ports) if _has_ports(part.service) else part
                for part in self.draft.services
            )
        self.draft.dst = self.address()
        self.destination_ports()
        self.qualifiers()
        self.draft.action = action

    def action(self) -> Action:
        action = ACTIONS.get(self.words.take())
        if action is None:
            raise NotRead
        return action

    def protocol(self) -> tuple[ServicePart, ...]:
        word = self.words.take()
        if word in ("object-group", "object"):
            return self._service_object(self.words.take())
        if word == "proto":
            word = self.words.take()
        services = protocol_services(word, is_v6=self.dialect.is_v6)
        if services is None:
            raise NotRead(word)
        return (ServicePart(services),)

    def _service_object(self, name: str) -> tuple[ServicePart, ...]:
        services = self.dialect.objects.service(name)
        if services is None:
            raise NoSuchObject(name)
        self.draft.objects.append(name)
        return services

    # ---- addresses ----

    def address(self, *, alone: bool = False) -> Ranges:
        """Return the addresses that come next. `alone`: one address without a mask may stand for itself."""
        part = self._address(alone)
        self.draft.is_exact &= part.is_exact
        return part.addresses

    def _address(self, alone: bool) -> Part:
        word = self.words.take()
        dialect = self.dialect
        if word == "any":
            return Part(dialect.any_address)
        if word in ("any4", "any6"):
            return Part(ANY_V4 if word == "any4" else ANY_V6)
        if word == "host":
            return Part(Ranges((self._host(self.words.take()),)))
        if word in ("object-group", "object", "host-group", "addrgroup"):
            return self._network_object(self.words.take())
        if word == "interface":
            return self._own(self.words.take())
        address = v4_number(word)
        if address is None:
            address = dialect.hosts.get(word)
        if address is None or dialect.is_v6:
            return Part(Ranges((self._host(word),)))
        mask = v4_number(self.words.next)
        if mask is None:
            if not alone:
                raise NotRead(word)
            return Part(Ranges.single(address))
        self.words.take()
        return wildcard(address, mask) if dialect.masks_are_wildcards else Part(Ranges((masked_span(address, mask),)))

    def _host(self, word: str) -> tuple[int, int]:
        known = self.dialect.hosts.get(word)
        span = (known, known) if known is not None else prefix(word)
        if not Ranges((span,)) & self.dialect.any_address:
            raise NotRead(word)  # of the other family
        return span

    def _network_object(self, name: str) -> Part:
        part = self.dialect.objects.network(name)
        if part is None:
            raise NoSuchObject(name)
        self.draft.objects.append(name)
        return Part(part.addresses & self.dialect.any_address, part.is_exact)

    def _own(self, name: str) -> Part:
        own = self.dialect.own.get(name)
        if own is None:
            raise NoSuchObject(name)
        return Part(own)

    # ---- ports ----

    def ports(self, *, is_source: bool) -> Ranges | None:
        """Return the ports that come next, None when none do."""
        word = self.words.next
        if word in _COMPARISONS:
            protocols = {protocol_of(span[0]) for part in self.draft.services for span in part.service.spans}
            protocol = next(iter(protocols)) if len(protocols) == 1 else TCP
            if not any(_has_ports(part.service) for part in self.draft.services):
                raise NotRead(word)
            return read_ports(self.words, protocol)
        is_group = is_source and word == "object-group"
        if is_group and self.dialect.objects.kind(self.words.ahead(1)) == "service":
            self.words.take()
            services = self._service_object(self.words.take())
            return Ranges.of((span[0] % PORTS, span[1] % PORTS) for part in services for span in part.service.spans)
        return None

    def destination_ports(self) -> None:
        ports = self.ports(is_source=False)
        if ports is not None:
            self.draft.services = tuple(
                replace(part, service=_with_ports(part.service, ports)) for part in self.draft.services
            )
        elif self.words.next in ("object-group", "object") and self.dialect.objects.kind(self.words.ahead(1)):
            self.words.take()
            wanted = self._service_object(self.words.take())
            self.draft.services = tuple(
                replace(one, service=shared, source_ports=one.source_ports & part.source_ports)
                for part in self.draft.services
                for one in wanted
                if (shared := part.service & one.service)
            )
        elif self.words.next and all(_is_icmp(part.service) for part in self.draft.services):
            self._icmp_message()

    def _icmp_message(self) -> None:
        try:
            number = icmp_type(self.words.next, is_v6=self.dialect.is_v6)
        except NotRead:
            self.words.skip("icmp-type")  # AlliedWare Plus names the field
            if not self.words.next.isdecimal():
                return
            number = icmp_type(self.words.next)
        self.words.take()
        if self.words.next.isdecimal():
            self.words.take()  # the code within the type
        self.draft.services = (icmp_part(number, is_v6=self.dialect.is_v6),)

    # ---- what follows ----

    def qualifiers(self) -> None:
        while word := self.words.next:
            self.words.take()
            if word in ("log", "log-input"):
                self._log()
            elif word == "established":
                self.draft.state = State.ESTABLISHED
            elif word == "time-range":
                self.draft.schedule = self.words.take()
            elif word == "inactive":
                self.draft.enabled = False
            elif word == "fragments":
                self.draft.enabled = False  # later fragments alone: they decide no connection
            elif word == "reflect":
                self.draft.reflect = self.words.take()
            elif word in ("timeout", "sequence"):
                self.words.take()
            else:
                self._narrowing(word)

    def _log(self) -> None:
        if self.words.next in _LOG_LEVELS or self.words.next.isdecimal():
            self.words.take()
        if self.words.skip("interval"):
            self.words.take()

    def _narrowing(self, word: str) -> None:
        """Read a qualifier that makes an entry match less than its addresses and ports say."""
        if self.dialect.has_hardware_addresses and word == "any":
            return  # any MAC address
        if self.dialect.has_hardware_addresses and _MAC.match(word):
            self.words.skip("0000.0000.0000")
        elif word in _TAKES_ONE or word in ("vlan", "inner-vlan"):
            self.words.take()
        elif word == "ttl":
            self.words.take()
            while self.words.next.isdecimal():
                self.words.take()
        elif word in ("match-all", "match-any"):
            self._flags(word)
            return
        elif word in ("ack", "rst"):
            self.draft.state = State.ESTABLISHED
            return
        elif word not in _INEXACT_ALONE and word not in ("syn", "fin"):
            raise NotRead(word)
        self.draft.is_exact = False

    def _flags(self, how: str) -> None:
        flags = set()
        while self.words.next[:1] in ("+", "-") and len(self.words.next) > 1:
            flags.add(self.words.take())
        if not flags:
            raise NotRead(how)
        if flags <= {"+ack", "+rst"} or (how == "match-all" and "+ack" in flags):
            self.draft.state = State.ESTABLISHED
            self.draft.is_exact &= flags <= {"+ack", "+rst"}
        else:
            self.draft.is_exact = False


def read_ports(words: _Words, protocol: int) -> Ranges:
    """Return the ports of "eq 80 443", "neq 23", "gt 1023", "lt 1024" or "range 20 21".

    Raises:
        NotRead: see there.
    """
    how = words.take()
    first = _port(words.take(), protocol)
    if how == "range":
        last = _port(words.take(), protocol)
        return Ranges(((min(first, last), max(first, last)),))
    if how == "gt":
        return Ranges.of([(first + 1, PORTS - 1)] if first < PORTS - 1 else [])
    if how == "lt":
        return Ranges.of([(0, first - 1)] if first else [])
    ports = [first]
    while words.next and (more := port_number(words.next, protocol)) is not None and not _is_option(words):
        words.take()
        ports.append(more)
    named = Ranges.of((port, port) for port in ports)
    return ANY_PORT - named if how == "neq" else named


def _is_option(words: _Words) -> bool:
    """Return whether a word that could name a port begins something else: an address follows it ("eq 80 host ...")."""
    return words.next == "host"


def _port(word: str, protocol: int) -> int:
    number = port_number(word, protocol)
    if number is None:
        raise NotRead(word)
    return number


def _has_ports(services: Ranges) -> bool:
    return bool(services) and all(
        (protocol_of(first) == protocol_of(last) and protocol_of(first) in WITH_PORTS) or _is_tcp_udp(first, last)
        for first, last in services.spans
    )


def _is_tcp_udp(first: int, last: int) -> bool:
    return protocol_of(first) in WITH_PORTS and protocol_of(last) in WITH_PORTS


def _is_icmp(services: Ranges) -> bool:
    return services in (ports_of(ICMP), ports_of(ICMP6))


@lru_cache(maxsize=1 << 12)
def _with_ports(services: Ranges, ports: Ranges) -> Ranges:
    protocols = {protocol_of(first) for first, _ in services.spans}
    return Ranges.of(span for protocol in sorted(protocols) for span in ports_of(protocol, ports).spans)


def comparison(words: list[str], protocol: int) -> Ranges:
    """Return the ports of a comparison that makes up all the words.

    Raises:
        NotRead: see `read_ports`; also when words are left.
    """
    taken = _Words(words, 0)
    ports = read_ports(taken, protocol)
    if taken.next:
        raise NotRead(taken.next)
    return ports
