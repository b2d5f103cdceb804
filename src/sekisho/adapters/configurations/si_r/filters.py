"""Packet filters of Fujitsu Si-R: the written-out form, and the form that names an `acl` (Si-R G and brin).

Source: Si-R 30B command reference, `remote ip filter` and `answer ip filter` (form, sorting by number, a number given
twice changes the first definition, `restrict`); Si-R G and brin configurations for TOS, direction, ICMP and `acl N ip`.

Uncertain, and treated so:
- `tcpconnect no` is read as "all but the first packet of a TCP connection".
- Without a direction a filter holds both ways. `reverse` holds as written on the way in and with the two sides exchanged
  on the way out; that it may also hold the other way round makes a rule that is not exact.
- Ports beside the protocol `any` are read as those of TCP and UDP. An `acl` whose ports do not fit its protocol, a TOS
  other than `any`, and ICMP types are never exact.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sekisho.adapters.configurations.statements import (
    CUT_SHORT,
    NOT_AN_ADDRESS,
    PORT_NAMES,
    UNKNOWN_FILTER,
    WRONG_FAMILY,
    NotRead,
    is_v6,
    port,
    prefix,
    services,
)
from sekisho.domain.network.addresses import ANY_V4, ANY_V6, NotAnAddress
from sekisho.domain.network.model import Action, Direction, Origin, Rule, State
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import (
    ANY_PORT,
    ANY_SERVICE,
    ICMP,
    ICMP6,
    PROTOCOL_NUMBERS,
    TCP,
    UDP,
)

ACTIONS = {"pass": Action.PERMIT, "restrict": Action.PERMIT, "reject": Action.DENY}
_DIRECTIONS = frozenset({"any", "in", "out", "reverse"})
_TCP = services(TCP, ANY_PORT)


SEQ_OF_V6 = 10_000
"""Added to the numbers of IPv6 filters, which the device counts apart."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a filter looks at. `connect` False leaves out the first packets of TCP connections; `protocol` -1 is any."""

    version: int
    src: Ranges
    dst: Ranges
    protocol: int = -1
    sport: Ranges = ANY_PORT
    dport: Ranges = ANY_PORT
    connect: bool = True
    is_exact: bool = True
    objects: tuple[str, ...] = ()

    def exchanged(self) -> "Match":
        """Return the same with sender and receiver exchanged."""
        return replace(self, src=self.dst, dst=self.src, sport=self.dport, dport=self.sport)

    def rules(self, base: Rule) -> Iterator[Rule]:
        """Yield `base` narrowed to this match: two rules where TCP is looked at otherwise than the rest."""
        for service, state in self._services():
            yield Rule(
                seq=base.seq,
                action=base.action,
                src=self.src,
                dst=self.dst,
                service=service,
                source_ports=self.sport,
                state=state,
                is_exact=base.is_exact and self.is_exact,
                name=base.name,
                objects=self.objects,
                origin=base.origin,
            )

    def _services(self) -> Iterator[tuple[Ranges, State]]:
        has_ports = self.sport != ANY_PORT or self.dport != ANY_PORT
        tcp_state = State.ANY if self.connect else State.ESTABLISHED
        if self.protocol >= 0:
            yield services(self.protocol, self.dport), tcp_state if self.protocol == TCP else State.ANY
        elif self.connect:
            yield (services(TCP, self.dport) | services(UDP, self.dport)) if has_ports else ANY_SERVICE, State.ANY
        else:
            yield services(TCP, self.dport), tcp_state
            yield services(UDP, self.dport) if has_ports else ANY_SERVICE - _TCP, State.ANY


@dataclass(slots=True)
class Acl:
    """One `acl` definition: parts as they were read, or marked broken."""

    ip: Match | None = None
    tcp: tuple[Ranges, Ranges, bool] | None = None
    udp: tuple[Ranges, Ranges] | None = None
    is_narrower: bool = False
    """ICMP types, MAC addresses, a part that could not be read: it matches less than is written here."""
    is_broken: bool = False

    def matches(self, version: int, name: str) -> list[Match]:
        """Return what the acl matches, in one or more parts."""
        anywhere = ANY_V6 if version == 6 else ANY_V4
        ip = self.ip or Match(version, anywhere, anywhere, is_exact=False)
        ip = replace(ip, objects=(name,), is_exact=ip.is_exact and not self.is_narrower)
        parts = []
        if self.tcp is not None and ip.protocol in (TCP, -1):
            sport, dport, connect = self.tcp
            parts.append(replace(ip, protocol=TCP, sport=sport, dport=dport, connect=connect))
        if self.udp is not None and ip.protocol in (UDP, -1):
            parts.append(replace(ip, protocol=UDP, sport=self.udp[0], dport=self.udp[1]))
        if not parts:
            return [ip]
        # With "any" as its protocol, whether the acl also matches what has no part of its own is not documented.
        return parts if ip.protocol >= 0 else [*parts, replace(ip, is_exact=False)]


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter line: its number, what it does, what it matches or the acl it names, and which way it looks."""

    number: int
    action: Action
    origin: Origin
    version: int
    match: Match | None = None
    acl: str = ""
    direction: str = "any"


@dataclass(slots=True)
class FilterList:
    """The filters of one interface and family, by number, and what happens to the rest (None: not said)."""

    filters: dict[int, Filter] = field(default_factory=dict)
    unread: list[Origin] = field(default_factory=list)
    default: Action | None = None

    def __bool__(self) -> bool:
        return bool(self.filters or self.unread or self.default is not None)

    @property
    def otherwise(self) -> Action:
        """Return what happens to packets that no filter matches."""
        return Action.PERMIT if self.default is None else self.default


def rules(filters: FilterList, acls: dict[str, Acl], direction: Direction, version: int) -> Iterator[Rule]:
    """Yield the rules of one family on one side, in order. A line without a readable number comes first."""
    anywhere = ANY_V6 if version == 6 else ANY_V4
    first = SEQ_OF_V6 if version == 6 else 0
    for origin in filters.unread:
        yield Rule(seq=first, action=Action.UNKNOWN, src=anywhere, dst=anywhere, is_exact=False, origin=origin)
    for number in sorted(filters.filters):
        yield from _of_filter(filters.filters[number], acls, direction, anywhere)


def _of_filter(one: Filter, acls: dict[str, Acl], direction: Direction, anywhere: Ranges) -> Iterator[Rule]:
    if one.direction not in ("any", "reverse", direction.value):
        return
    base = Rule(
        seq=one.number + (SEQ_OF_V6 if one.version == 6 else 0),
        action=one.action,
        is_exact=one.action is not Action.UNKNOWN,
        name="ip6 filter" if one.version == 6 else "",
        origin=one.origin,
    )
    for match in _matches(one, acls, anywhere):
        if one.acl and (one.acl not in acls or acls[one.acl].is_broken):
            base = replace(base, action=Action.UNKNOWN, is_exact=False)
        if one.direction == "reverse":
            sure, other = (match, match.exchanged()) if direction is Direction.IN else (match.exchanged(), match)
            yield from sure.rules(base)
            if sure != other:
                yield from replace(other, is_exact=False).rules(base)
        else:
            yield from match.rules(base)


def _matches(one: Filter, acls: dict[str, Acl], anywhere: Ranges) -> list[Match]:
    if one.acl in acls:
        return acls[one.acl].matches(one.version, f"acl {one.acl}")
    return [one.match or Match(one.version, anywhere, anywhere, objects=(f"acl {one.acl}",) if one.acl else ())]


def read_filter(number: int, action: str, words: list[str], version: int, origin: Origin) -> Filter:
    """Return the filter that `words` behind its action say.

    Raises:
        NotRead: see there; `narrowed` returns what was certain.
    """
    done = ACTIONS.get(action)
    if done is None:
        raise NotRead(UNKNOWN_FILTER, action)
    if words[:1] == ["acl"]:
        if len(words) < 2:
            raise NotRead(CUT_SHORT)
        if len(words) > 3 or not words[1].isdecimal():
            raise NotRead(UNKNOWN_FILTER, words[-1])
        return Filter(number, done, origin, version, acl=words[1], direction=_direction(words[2:3]))
    if len(words) < 6:
        raise NotRead(CUT_SHORT)
    if len(words) > 10:
        raise NotRead(UNKNOWN_FILTER, words[10])
    match = _Written(words, version)
    return Filter(number, done, origin, version, match.whole(), direction=_direction(words[7:8]))


def narrowed(number: int, words: list[str], version: int, origin: Origin) -> Filter:
    """Return a filter that may do anything, narrowed by the words that could be read, up to the first that could not."""
    written = _Written(words, version)
    try:
        written.whole()
        direction = _direction(words[7:8])
    except (NotRead, IndexError):
        direction = "any"
    return Filter(number, Action.UNKNOWN, origin, version, written.match, direction=direction)


class _Written:
    """Source, its port, destination, its port, protocol, tcpconnect, and what may follow; read word by word."""

    def __init__(self, words: list[str], version: int) -> None:
        self._words, self._version = words, version
        self._src = self._dst = ANY_V6 if version == 6 else ANY_V4
        self._sport = self._dport = ANY_PORT
        self._protocol, self._connect, self._is_exact = -1, True, True

    @property
    def match(self) -> Match:
        """Return what was read so far."""
        return Match(
            self._version,
            self._src,
            self._dst,
            self._protocol,
            self._sport,
            self._dport,
            self._connect,
            self._is_exact,
        )

    def whole(self) -> Match:
        """Return the match.

        Raises:
            NotRead: `match` then holds what was read before.
            IndexError: there are fewer than six words; likewise.
        """
        words, version = self._words, self._version
        self._src = _address(words[0], version)
        self._sport = _ports(words[1])
        self._dst = _address(words[2], version)
        self._dport = _ports(words[3])
        self._protocol = _protocol(words[4], version)
        if words[5] not in ("yes", "no"):
            raise NotRead(UNKNOWN_FILTER, words[5])
        self._connect = words[5] == "yes"
        self._is_exact = all(word == "any" for word in (*words[6:7], *words[8:10]))
        return self.match


def _direction(words: list[str]) -> str:
    if not words:
        return "any"
    if words[0] not in _DIRECTIONS:
        raise NotRead(UNKNOWN_FILTER, words[0])
    return words[0]


def _address(text: str, version: int) -> Ranges:
    if text == "any":
        return ANY_V6 if version == 6 else ANY_V4
    try:
        addresses = prefix(text)
    except NotAnAddress:
        raise NotRead(NOT_AN_ADDRESS, text) from None
    if is_v6(addresses) != (version == 6):
        raise NotRead(WRONG_FAMILY, text)
    return addresses


def _ports(text: str) -> Ranges:
    """Return the ports of "any", "80", "1024-65535" or several of these with commas."""
    if text == "any":
        return ANY_PORT
    spans = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        low, high = port(first, PORT_NAMES), port(last if dash else first, PORT_NAMES)
        if low is None or high is None or high < low:
            raise NotRead(UNKNOWN_FILTER, part)
        spans.append((low, high))
    return Ranges.of(spans)


def _protocol(text: str, version: int = 4) -> int:
    if text == "any":
        return -1
    if text.isascii() and text.isdecimal() and len(text) <= 3 and int(text) < 256:
        return int(text)
    if text not in PROTOCOL_NUMBERS:
        raise NotRead(UNKNOWN_FILTER, text)
    return ICMP6 if version == 6 and PROTOCOL_NUMBERS[text] == ICMP else PROTOCOL_NUMBERS[text]


def read_acl(acl: Acl, words: list[str]) -> None:
    """Take one line of an acl into `acl`; `words` begin behind its number.

    Raises:
        NotRead: the acl then counts as broken, and filters that name it as unknown.
    """
    try:
        _read_part(acl, words)
    except NotRead:
        acl.is_broken = True
        raise


def _read_part(acl: Acl, words: list[str]) -> None:
    match words:
        case [("ip" | "ip6") as family, src, dst, protocol, *rest] if len(rest) < 3:
            version = 6 if family == "ip6" else 4
            is_exact = all(word == "any" for word in rest)
            acl.ip = Match(
                version, _address(src, version), _address(dst, version), _protocol(protocol, version), is_exact=is_exact
            )
        case ["tcp", sport, dport, *connect] if connect in ([], ["yes"], ["no"]):
            acl.tcp = _ports(sport), _ports(dport), connect != ["no"]
        case ["udp", sport, dport]:
            acl.udp = _ports(sport), _ports(dport)
        case ["icmp", *types]:
            acl.is_narrower = acl.is_narrower or any(word != "any" for word in types)
        case [("description" | "name"), *_]:
            pass
        case [("mac" | "vlan" | "ethertype"), *_]:
            acl.is_narrower = True
        case [word, *rest]:
            raise NotRead(UNKNOWN_FILTER, (rest or [word])[-1])
        case _:
            raise NotRead(CUT_SHORT)
