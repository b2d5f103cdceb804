"""Reader of Fujitsu (Fsas) Si-R configurations: one command a line, `lan N ...`, `remote N ...`, `acl N ...`.

Source: Si-R 30B command reference (`remote ip filter`, `answer ip filter`, `remote ip route`) and published
configurations of Si-R G (addresses, VLANs, NAT, IPsec, `acl`). What the filters' words mean, and what is uncertain in
them, stands in `filters`. Further uncertain: without `ip filter default` the rest is taken to pass, and people are
told; a filter on a WAN is taken to see inside addresses (a published configuration only works that way); a kind of
`default` other than pass and reject makes the rest unknown. `ip nat static default reject` is not taken into account.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sekisho.adapters.configurations.si_r.filters import (
    ACTIONS,
    SEQ_OF_V6,
    Acl,
    narrowed,
    read_acl,
    read_filter,
    rules,
)
from sekisho.adapters.configurations.si_r.interfaces import (
    Face,
    interface_of,
    is_number,
    read_address,
    read_nat,
    read_route,
    routes_of,
    source_nats,
    static_nats,
)
from sekisho.adapters.configurations.si_r.words import GLOBAL, INTERFACE, INTERFACE_IP
from sekisho.adapters.configurations.statements import (
    CUT_SHORT,
    LEARNED_ROUTES,
    MOST_TEXT,
    NO_SUCH_LIST,
    UNKNOWN_FILTER,
    Account,
    NotRead,
    guarded,
    said_by,
)
from sekisho.domain.network.addresses import ANY_V4, ANY_V6
from sekisho.domain.network.configuration import Bearing, DeviceConfiguration
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    Direction,
    Origin,
    Rule,
    RuleSet,
)
from sekisho.domain.text import Text

DEFAULT_PASS = Text(
    "このインタフェースには「ip filter default」の指定がなく、どの条件にも合わない通信は通るものとして扱いました。"
    "通すつもりがなければ「ip filter default reject」を加えてください。",
    'No "ip filter default" is set here, so what no filter matches is taken to pass. Add "ip filter default reject"'
    " unless that is meant.",
)
LEARNS_BY_RIP = Text(
    "RIPで経路を受け取る設定です。受け取った経路はこの設定に書かれていないため、計算に入っていません。",
    "Routes are learned by RIP. They are not written in this configuration and are not part of the computation.",
)
TELNET_OPEN = Text(
    "telnetで設定できるようになっています。通信が暗号化されないため、SSHに替えてください。",
    "Telnet access is on. It is not encrypted: use SSH instead.",
)

_SIGNS = [
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^ ?(?:lan|remote) (?:\d+ )?ip filter (?:\d+ (?:pass|reject|restrict)|default) ",
        r"^ ?lan \d+ (?:ip address \S+/\S+ [0-3]|vlan \d+|ip route \d+ \S+ \S+ \d)",
        r"^ ?remote \d+ (?:name|ap \d+|ip|mtu|ppp) ",
        r"^ ?ether \d+ [\d-]+ (?:vlan|use|mode|duplex|snmp) ",
        r"^ ?acl \d+ (?:ip|tcp|udp|icmp|ip6) ",
        r"^ ?(?:consoleinfo|telnetinfo) autologout ",
        r"^ ?(?:proxydns (?:domain|address) \d+|resource system vlan|terminal (?:charset|pager)) ?",
        r"^ ?(?:lan|remote) \d+ ip nat mode ",
        r"^ ?template \d+ ",
    )
]
_MODEL = re.compile(r"Si-R ?(?:brin ?)?(G?\d{2,4}[A-Z]?)")
_PROMPT = re.compile(r"(?:Si-R[ \w-]{0,16}|[\w.-]{1,32})(?:\(config[\w-]{0,16}\))?[#>]\s")
_FACES = ("lan", "remote", "template", "answer")


def likeness(text: str) -> float:
    """Return from 0 to 1 how much `text` looks like a Si-R configuration."""
    head = text[:200_000]
    return min(0.95, 0.35 * sum(1 for sign in _SIGNS if sign.search(head)))


def read(text: str) -> DeviceConfiguration:
    """Return what a configuration without secrets says."""
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        reader.line(number, line)
    return reader.result()


@dataclass(slots=True)
class _Reader:
    """Everything read so far."""

    account: Account = field(default_factory=Account)
    hostname: str = ""
    model: str = ""
    faces: dict[str, Face] = field(default_factory=dict)
    acls: dict[str, Acl] = field(default_factory=dict)

    def line(self, number: int, line: str) -> None:
        """Take in one line."""
        if not self.model and (found := _MODEL.search(line[:120])):
            self.model = f"Si-R {found.group(1)}"
        prompt = _PROMPT.match(line)
        text = (line[prompt.end() :] if prompt else line).strip()
        words = text.split()
        if not words or words[0][0] in "#!" or words[0] in ("show", "***"):
            return
        try:
            bearing = self._command(said_by(number, text), words)
        except NotRead as missed:
            self._missed(Origin(number, text[: 2 * MOST_TEXT]), words, missed)
        else:
            if bearing is None:
                self.account.understood += 1
            else:
                self.account.miss(number, text, bearing)

    def _command(self, origin: Origin, words: list[str]) -> Bearing | None:
        """Return None for a line that was understood, else what it could change."""
        match words:
            case ["sysname", name, *_]:
                self.hostname = name.strip('"')
            case ["acl", number, *rest] if number.isdecimal():
                read_acl(self.acls.setdefault(number, Acl()), rest)
            case [("ospf" | "bgp" | "routemanage" | "rip"), *_]:
                raise NotRead(LEARNED_ROUTES)
            case [word, *_] if word in _FACES:
                face, rest = self._face(words)
                return self._inside(face, origin, rest)
            case ["serverinfo", "telnet", "ip", "on", *_]:
                self.account.notice(origin.line, "telnet-open", TELNET_OPEN)
            case [word, *_] if word in GLOBAL and "filter" not in words[1:5]:
                pass
            case ["serverinfo", *_]:
                pass
            case _:
                return _bearing(words)
        return None

    def _face(self, words: list[str]) -> tuple[Face, list[str]]:
        """Return the interface a line speaks of, number 0 where none is written, and the words behind it."""
        numbered = len(words) > 1 and words[1].isascii() and words[1].isdecimal()
        rest = words[2:] if numbered else words[1:]
        name = words[0] if words[0] == "answer" else f"{words[0]}{int(words[1][:6]) if numbered else 0}"
        if len(rest) > 2 and rest[0] == "ap" and rest[1].isdecimal() and rest[2] == "ip":
            rest = rest[2:]
        return self.faces.setdefault(name, Face(name)), rest

    def _inside(self, face: Face, origin: Origin, words: list[str]) -> Bearing | None:
        match words:
            case []:
                raise NotRead(CUT_SHORT)
            case ["ip", *rest]:
                return self._ip(face, origin, 4, rest)
            case ["ip6", *rest]:
                face.has_v6 = rest[:2] != ["use", "off"]
                return self._ip(face, origin, 6, rest)
            case ["name", *rest]:
                face.description = guarded("name " + " ".join(rest).strip('"')).removeprefix("name").strip()
            case ["use", "off"]:
                face.is_used = False
            case [_, *rest] if "filter" in rest[:2]:
                face.filters[4].unread.append(Origin(origin.line, guarded(origin.text)))
                return Bearing.FILTER
            case [word, *_] if word in INTERFACE:
                pass
            case _:
                return _bearing(words)
        return None

    def _ip(self, face: Face, origin: Origin, version: int, words: list[str]) -> Bearing | None:
        match words:
            case []:
                raise NotRead(CUT_SHORT)
            case ["filter", *rest]:
                self._filter(face, origin, version, rest)
            case ["route", *rest]:
                read_route(face, version, rest)
            case ["address", *rest]:
                read_address(face, version, rest)
            case ["nat", *rest] if version == 4:
                read_nat(face, origin, rest)
            case ["spi", *_] | ["vpn", *_] | ["ids", *_]:
                self._unread(face, origin, version)
                raise NotRead(UNKNOWN_FILTER, words[0])
            case ["rip", "use", _, received, *_]:
                if received not in ("off", "0"):
                    self.account.notice(origin.line, "routes-learned", LEARNS_BY_RIP)
            case [("ospf" | "bgp"), *_]:
                raise NotRead(LEARNED_ROUTES)
            case [word, *_] if word in INTERFACE_IP or (version == 6 and word not in ("policy", "nat")):
                pass
            case _:
                return _bearing(["ip", *words])
        return None

    def _filter(self, face: Face, origin: Origin, version: int, words: list[str]) -> None:
        face.last_filter = origin.line
        filters = face.filters[version]
        match words:
            case ["default", word]:
                filters.default = ACTIONS.get(word, Action.UNKNOWN)
                if word not in ACTIONS:
                    raise NotRead(UNKNOWN_FILTER, word)
            case [number, action, *rest] if is_number(number):
                try:
                    filters.filters[int(number)] = read_filter(int(number), action, rest, version, origin)
                except NotRead:
                    seen = Origin(origin.line, guarded(origin.text))
                    filters.filters[int(number)] = narrowed(int(number), rest, version, seen)
                    raise
            case _:
                self._unread(face, origin, version)
                raise NotRead(UNKNOWN_FILTER if words else CUT_SHORT, words[0] if words else "")

    def _unread(self, face: Face, origin: Origin, version: int) -> None:
        face.filters[version].unread.append(Origin(origin.line, guarded(origin.text)))

    def _missed(self, origin: Origin, words: list[str], missed: NotRead) -> None:
        self.account.miss(origin.line, origin.text, _bearing(words), missed.why, missed.part)

    def result(self) -> DeviceConfiguration:
        """Return everything that was read."""
        faces = [face for face in self.faces.values() if face.is_used]
        self._check_acls(faces)
        rulesets = tuple(one for face in faces for one in self._rulesets(face))
        return DeviceConfiguration(
            vendor="si-r",
            model=self.model,
            hostname=self.hostname,
            interfaces=tuple(interface_of(face) for face in faces),
            routes=tuple(routes_of(faces)),
            rulesets=rulesets,
            static_nats=tuple(nat for face in faces for nat in static_nats(face)),
            source_nats=tuple(nat for face in faces for nat in source_nats(face)),
            unparsed=tuple(sorted(self.account.unparsed, key=lambda one: one.line)),
            notices=tuple(sorted(self.account.notices, key=lambda one: one.line)),
            understood=self.account.understood,
        )

    def _check_acls(self, faces: list[Face]) -> None:
        for face in faces:
            for filters in face.filters.values():
                for one in filters.filters.values():
                    if one.acl and one.acl not in self.acls:
                        line, text = one.origin.line, one.origin.text
                        self.account.take_back(line, text, Bearing.FILTER, NO_SUCH_LIST, f"acl {one.acl}")

    def _rulesets(self, face: Face) -> Iterator[RuleSet]:
        """Yield the rule sets of both sides of an interface that has any filter."""
        v4, v6 = face.filters[4], face.filters[6]
        if not v4 and not v6:
            return
        if (v4.filters or v4.unread) and v4.default is None:
            self.account.notice(face.last_filter, "default-pass", DEFAULT_PASS)
        default = v4.otherwise if v4 else v6.otherwise
        for direction in Direction:
            found = [*rules(v4, self.acls, direction, 4), *rules(v6, self.acls, direction, 6)]
            yield RuleSet(
                device="",
                at=AtInterface(face.name, direction),
                default=default,
                rules=(*found, *_other_family(face, default)),
                stateful=False,
                source="parsed",
            )


def _other_family(face: Face, default: Action) -> Iterator[Rule]:
    """Yield a last rule for the family whose rest is treated otherwise than `default` says."""
    v4, v6 = face.filters[4], face.filters[6]
    if v4 and (face.has_v6 or v6) and v6.otherwise is not default:
        yield Rule(seq=2 * SEQ_OF_V6, action=v6.otherwise, src=ANY_V6, dst=ANY_V6, name="ip6 filter default")
    if not v4 and v4.otherwise is not default:
        yield Rule(seq=2 * SEQ_OF_V6, action=v4.otherwise, src=ANY_V4, dst=ANY_V4, name="ip filter default")


def _bearing(words: list[str]) -> Bearing:
    said = set(words[:6])
    if said & {"filter", "acl", "spi", "ids", "access-list"}:
        return Bearing.FILTER
    if "nat" in said:
        return Bearing.NAT
    if said & {"route", "ospf", "bgp", "routemanage", "rip", "policy"}:
        return Bearing.ROUTE
    return Bearing.INTERFACE if "address" in said else Bearing.OTHER
