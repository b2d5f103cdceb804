"""Reader of NEC UNIVERGE IX configurations (`show running-config`).

Source: UNIVERGE IX command reference and function manual (version 10), their sections on access lists, packet filters,
dynamic filters, NAT/NAPT, static routes and sub-interfaces. A filter names an access list; several lists stand on one
side of an interface by sequence number, and what none of them matches is dropped. Lists that only IPsec, a proxy or a
management service uses are no filters. A dynamic list lets the replies to what it permits pass on the same interface.

Left out: routing protocols (said so), filters on MAC addresses (a rule that may deny anything), policy routes (unparsed).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from sekisho.adapters.configurations.nec_ix.interfaces import Face, FaceReader
from sekisho.adapters.configurations.nec_ix.lists import Lists
from sekisho.adapters.configurations.nec_ix.rules import Filters, Translations
from sekisho.adapters.configurations.nec_ix.words import GLOBAL, GLOBAL_IP
from sekisho.adapters.configurations.statements import (
    CUT_SHORT,
    LEARNED_ROUTES,
    NOT_AN_ADDRESS,
    UNKNOWN_ROUTE,
    WRONG_FAMILY,
    Account,
    prefix,
)
from sekisho.domain.network.addresses import ANY_V4, ANY_V6, V6_BASE, NotAnAddress, address_number
from sekisho.domain.network.configuration import Bearing, DeviceConfiguration, VpnPool
from sekisho.domain.network.model import (
    AtInterface,
    Route,
    RuleSet,
    StaticNat,
)
from sekisho.domain.network.ranges import EMPTY, Ranges
from sekisho.domain.text import Text

TELNET_OPEN = Text(
    "telnetで設定できるようになっています。通信が暗号化されないため、SSHに替えて telnet-server を止めてください。",
    "Telnet access is on. It is not encrypted: use SSH instead and turn telnet-server off.",
)
HTTP_OPEN = Text(
    "Webの設定画面が、接続元を限らずに開いています。http-server ip access-list で管理用の端末だけに絞ってください。",
    "The web console is open without a limit on who may connect. Limit it with http-server ip access-list.",
)
NAT_ORDER = Text(
    "アドレス変換とフィルタの順番は公開の資料で確かめられないため、外から入る通信のフィルタは変換前の宛先を見るものと"
    "しています。外向けの公開がある場合は、業者に確かめてください。",
    "The order of translation and filter is not in public documents; filters on the way in are taken to see the address"
    " before translation. Where something is published to the outside, ask the supplier.",
)

_SIGNS = [
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^! (?:NEC Portable Internetwork Core|IX Series IX)",
        r"^\s*ip(?:v6)? access-list \S+ (?:\d+ )?(?:permit|deny) \S+ (?:src|type) ",
        r"^\s*(?:interface|device) (?:Giga|Fast)Ethernet\d+(?::\d+)?(?:\.\d+)?\s*$",
        r"^\s+ip(?:v6)? filter \S+ \d+ (?:in|out)",
        r"^\s+ip napt (?:enable|static|service) ?",
        r"^ip ufs-cache ",
        r"^ipsec autokey-(?:proposal|map) ",
        r"^ikev2 (?:authentication|profile|default-profile)",
        r"^\s+tunnel mode (?:ipsec|ipsec-ikev2|ether-ip|4-over-6|l2tp)",
    )
]
_BANNER_MODEL = re.compile(r"IX Series (IX[\w-]{2,12})")
_PROMPT = re.compile(r"[\w.-]{1,32}(?:\(config[\w.:/-]{0,32}\))?#\s*")
_PREAMBLE = ("Building configuration", "Using ", "Current configuration")
_FACE_WORDS = frozenset({"filter", "napt", "nat", "address", "unnumbered", "tcp", "proxy-arp", "mtu"})
_FACE_COMMANDS = frozenset({"description", "shutdown", "encapsulation", "auto-connect", "tunnel"})


def likeness(text: str) -> float:
    """Return from 0 to 1 how much `text` looks like an IX configuration."""
    head = text[:200_000]
    if _SIGNS[0].search(head):
        return 1.0
    return min(0.95, 0.3 * sum(1 for sign in _SIGNS[1:] if sign.search(head)))


def read(text: str) -> DeviceConfiguration:
    """Return what a configuration without secrets says."""
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        reader.line(number, line)
    return reader.result()


@dataclass(slots=True)
class _Profile:
    """What `ppp profile` says about addresses handed to remote users."""

    addresses: Ranges = EMPTY
    line: int = 0


@dataclass(slots=True)
class _Reader:
    """The state between lines: which block they belong to, and everything read so far."""

    account: Account = field(default_factory=Account)
    hostname: str = ""
    model: str = ""
    faces: dict[str, Face] = field(default_factory=dict)
    routes: list[tuple[int, Route]] = field(default_factory=list)
    pools: dict[str, int] = field(default_factory=dict)
    profiles: dict[str, _Profile] = field(default_factory=dict)
    services: dict[str, int] = field(default_factory=dict)
    closed_devices: set[str] = field(default_factory=set)
    limited: set[str] = field(default_factory=set)
    block: Callable[[int, str, list[str]], None] | None = None
    v4: Lists = field(init=False)
    v6: Lists = field(init=False)
    face_reader: FaceReader = field(init=False)

    def __post_init__(self) -> None:
        self.v4, self.v6 = Lists(4, self.account), Lists(6, self.account)
        self.face_reader = FaceReader(self.account)

    def line(self, number: int, line: str) -> None:
        """Take in one line."""
        prompt = _PROMPT.match(line)
        text = line[prompt.end() :] if prompt else line
        words = text.split()
        if not words or words[0].startswith("!"):
            self._comment(text)
        elif self.block is not None and (line[0] in " \t" or self._belongs_to_face(words)):
            self.block(number, text, words)
        elif not text.startswith(_PREAMBLE) and words[0] not in ("show", "***"):
            self.block = self._unknown_block
            self._command(number, text, words)

    def _comment(self, text: str) -> None:
        if text.strip() == "!":
            self.block = None
        if not self.model and (found := _BANNER_MODEL.search(text[:200])):
            self.model = found.group(1)

    def _belongs_to_face(self, words: list[str]) -> bool:
        """Return whether a line that lost its indentation can only stand inside the interface before it."""
        if self.block in (None, self._unknown_block, self._silent_block):
            return False
        said = words[1:] if words[0] == "no" else words
        if said[:1] and said[0] in ("ip", "ipv6"):
            return len(said) > 1 and said[1] in _FACE_WORDS
        return bool(said) and said[0] in _FACE_COMMANDS

    def _command(self, number: int, text: str, words: list[str]) -> None:
        match words:
            case ["hostname", name, *_]:
                self.hostname = name
                self._understood()
            case ["interface", name, *_] if _INTERFACE_NAME.fullmatch(name):
                self._open_face(name)
            case ["device", name, *_]:
                self._open_device(name)
            case ["ppp", "profile", name, *_]:
                self._open_profile(name)
            case ["router", *_]:
                self.account.miss(number, text, Bearing.ROUTE, LEARNED_ROUTES)
                self.block = self._silent_block
            case ["no", ("ip" | "ipv6") as family, "access-list", *rest]:
                (self.v6 if family == "ipv6" else self.v4).remove(rest)
            case [("ip" | "ipv6") as family, *rest]:
                self._ip(number, text, 6 if family == "ipv6" else 4, rest)
            case [word, *_] if word in GLOBAL:
                self._silent(number, words)
            case _:
                self.account.miss(number, text, _bearing(words))

    def _ip(self, number: int, text: str, version: int, words: list[str]) -> None:
        match words:
            case ["access-list", *rest]:
                (self.v6 if version == 6 else self.v4).read(number, text, rest)
            case ["route", *rest]:
                self._route(number, text, version, rest)
            case ["nat", "pool", name, first, _]:
                self._pool(number, text, name, first)
            case [word, *_] if word in GLOBAL_IP:
                self._understood()
                self.block = self._silent_block
            case [("nat" | "napt"), word, *_] if word in ("translation", "access-log", "alg"):
                self._understood()
            case _:
                self.account.miss(number, text, _bearing(words))

    def _understood(self) -> None:
        self.account.understood += 1

    def _silent(self, number: int, words: list[str]) -> None:
        """Take a command without bearing on what passes; some of them open a management service."""
        self._understood()
        self.block = self._silent_block
        if words[0] in ("telnet-server", "http-server") and words[1:2] == ["ip"]:
            if words[2:3] == ["enable"]:
                self.services[words[0]] = number
            elif words[2:3] == ["access-list"]:
                self.limited.add(words[0])

    def _unknown_block(self, number: int, text: str, words: list[str]) -> None:
        """Take an indented line below a command that opens no known block."""
        if words[0] in ("ip", "ipv6") or words[0] in GLOBAL or words[0] == "no":
            self._command(number, text.strip(), words)
        else:
            self.account.miss(number, text, _bearing(words))

    def _silent_block(self, _number: int, _text: str, _words: list[str]) -> None:
        self._understood()

    def _open_face(self, name: str) -> None:
        self._understood()
        face = self.faces.setdefault(name, Face(name))
        self.block = lambda number, text, words: self.face_reader.read(face, number, text, words)

    def _open_device(self, name: str) -> None:
        self._understood()

        def inside(_number: int, _text: str, words: list[str]) -> None:
            if words == ["shutdown"]:
                self.closed_devices.add(name)
            self._understood()

        self.block = inside

    def _open_profile(self, name: str) -> None:
        self._understood()
        profile = self.profiles.setdefault(name, _Profile())

        def inside(number: int, text: str, words: list[str]) -> None:
            match words:
                case ["ipcp", "provide-ip-address", "range", first, last]:
                    self._remote_users(profile, number, text, first, last)
                case _:
                    self._understood()

        self.block = inside

    def _remote_users(self, profile: _Profile, number: int, text: str, first: str, last: str) -> None:
        try:
            profile.addresses, profile.line = Ranges.of([(address_number(first), address_number(last))]), number
        except ValueError:
            self.account.miss(number, text, Bearing.INTERFACE, NOT_AN_ADDRESS, first)
        else:
            self._understood()

    def _pool(self, number: int, text: str, name: str, first: str) -> None:
        try:
            self.pools[name] = address_number(first)
        except NotAnAddress:
            self.account.miss(number, text, Bearing.NAT, NOT_AN_ADDRESS, first)
        else:
            self._understood()

    def _route(self, number: int, text: str, version: int, words: list[str]) -> None:
        if len(words) < 2:
            self.account.miss(number, text, Bearing.ROUTE, CUT_SHORT)
            return
        target, *way = words
        if _is_dotted(target) and _is_mask(way[0]) and len(way) > 1:
            target, way = f"{target}/{way[0]}", way[1:]
        anywhere = ANY_V6 if version == 6 else ANY_V4
        try:
            span = (anywhere if target == "default" else prefix(target)).spans[0]
        except NotAnAddress:
            self.account.miss(number, text, Bearing.ROUTE, NOT_AN_ADDRESS, target)
            return
        if (span[0] >= V6_BASE) != (version == 6):
            self.account.miss(number, text, Bearing.ROUTE, WRONG_FAMILY, target)
            return
        route = _route_by(span, way)
        if route is None:
            self.account.miss(number, text, Bearing.ROUTE, UNKNOWN_ROUTE, way[0])
            return
        self._understood()
        self.routes.append((_distance(way), route))

    def result(self) -> DeviceConfiguration:
        """Return everything that was read."""
        faces = [face for face in self.faces.values() if self._is_up(face)]
        filters = Filters(self.v4, self.v6, self.account)
        own = frozenset(face.address for face in faces if face.address is not None)
        translations = Translations(self.v4, self.pools, own, self.account)
        rulesets = tuple(one for face in faces for one in filters.rulesets(face))
        statics = tuple(one for face in faces for one in translations.static(face))
        sources = tuple(one for face in faces for one in translations.source(face))
        self._note_services(statics, rulesets)
        return DeviceConfiguration(
            vendor="nec-ix",
            model=self.model,
            hostname=self.hostname,
            interfaces=tuple(face.interface for face in faces),
            routes=tuple(self._all_routes(faces)),
            rulesets=rulesets,
            static_nats=statics,
            source_nats=sources,
            vpn_pools=tuple(self._vpn_pools(faces)),
            unparsed=tuple(sorted(self.account.unparsed, key=lambda one: one.line)),
            notices=tuple(sorted(self.account.notices, key=lambda one: one.line)),
            understood=self.account.understood,
        )

    def _is_up(self, face: Face) -> bool:
        device = re.split(r"[.:]", face.name, maxsplit=1)[0]
        return face.is_up and not face.name.startswith("Null") and device not in self.closed_devices

    def _all_routes(self, faces: list[Face]) -> Iterator[Route]:
        """Yield the routes by distance, then the further networks of each interface."""
        yield from (route for _, route in sorted(self.routes, key=lambda one: one[0]))
        for face in faces:
            for _, span in face.secondary:
                if span != face.interface.network:
                    yield Route(span, interface=face.name)

    def _vpn_pools(self, faces: list[Face]) -> Iterator[VpnPool]:
        for face in faces:
            profile = self.profiles.get(face.binding)
            if profile is not None and profile.addresses:
                yield VpnPool(face.name, profile.addresses, face.binding, profile.line)

    def _note_services(self, statics: tuple[StaticNat, ...], rulesets: tuple[RuleSet, ...]) -> None:
        if "telnet-server" in self.services:
            self.account.notice(self.services["telnet-server"], "telnet-open", TELNET_OPEN)
        if "http-server" in self.services and "http-server" not in self.limited:
            self.account.notice(self.services["http-server"], "http-open", HTTP_OPEN)
        filtered = {one.at.interface for one in rulesets if isinstance(one.at, AtInterface)}
        published = next((nat.origin for nat in statics if nat.interface in filtered), None)
        if published is not None:
            self.account.notice(published.line, "nat-order", NAT_ORDER)


def _bearing(words: list[str]) -> Bearing:
    said = set(words[:4])
    if said & {"access-list", "filter", "access-group", "url-filter", "ids", "firewall"}:
        return Bearing.FILTER
    if said & {"nat", "napt"}:
        return Bearing.NAT
    if said & {"route", "policy", "vrf", "route-map"}:
        return Bearing.ROUTE
    return Bearing.INTERFACE if "interface" in said else Bearing.OTHER


def _is_dotted(text: str) -> bool:
    return text.count(".") == 3 and "/" not in text and text[:1].isdigit()


def _is_mask(text: str) -> bool:
    return _is_dotted(text) and text.split(".")[0] in ("0", "128", "192", "224", "240", "248", "252", "254", "255")


_INTERFACE_NAME = re.compile(r"[A-Z][A-Za-z-]{1,24}\d[\d:/.]{0,12}")


def _route_by(span: tuple[int, int], way: list[str]) -> Route | None:
    """Return the route to `span`; a next hop behind an interface name counts before the interface."""
    interface = way[0] if _INTERFACE_NAME.fullmatch(way[0]) else None
    hops = way[1:2] if interface else way[:1]
    if not interface and "%" in way[0]:
        hop, _, interface = way[0].partition("%")
        hops = [hop]
    try:
        via = address_number(hops[0]) if hops else None
    except NotAnAddress:
        via = None
    if via is not None:
        return Route(span, via=via, interface=interface)
    return Route(span, interface=interface) if interface else None


def _distance(way: list[str]) -> int:
    """Return the administrative distance, 1 when none is written."""
    for word, value in pairwise(way):
        if word == "distance" and value.isascii() and value.isdecimal():
            return int(value[:6])
    return 1
