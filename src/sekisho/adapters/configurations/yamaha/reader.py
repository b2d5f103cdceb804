"""Reads configurations of YAMAHA routers: RTX, NVR, FWX and older RT series (`show config`, saved files, console logs).

What is understood: static and dynamic filters of IPv4 and IPv6, their sets, where they are applied (lan, vlan, bridge, pp,
tunnel), addresses, routes, NAT descriptors, remote access pools, tunnels and their templates. Told as not understood:
policy filters, inbound filters, filters by MAC address, routes by kind of packet, learned routes, joined LANs.

A filter without state looks at every packet in the order of the line that applies it; what none matches is dropped; an
interface without such a line passes all. IPv4 and IPv6 are filtered apart: a list for one says nothing about the other.
Filter numbers are the `seq` of rules; an IPv6 filter with the number of an IPv4 one of the same list is `SEQ_IPV6` + number.

Source: YAMAHA router command reference (RTX830, RTX1210, NVR510, FWX120 and others in one volume): IP configuration, packet
filters, NAT descriptor, PPP, tunnels. Uncertain, and therefore unknown in the result: what happens to a packet that a
dynamic filter matches and no static one does; a static filter that is applied but not defined.
"""

import re
from contextlib import suppress

from sekisho.adapters.configurations.statements import LEARNED_ROUTES, UNKNOWN_NAT
from sekisho.adapters.configurations.yamaha import ip as yamaha_ip
from sekisho.adapters.configurations.yamaha import nat as yamaha_nat
from sekisho.adapters.configurations.yamaha.faces import (
    BRIDGED_TUNNEL,
    ETHERNET_FILTER,
    HTTP_OPEN,
    MOST_TUNNELS,
    TELNET_OPEN,
    Face,
    Gathered,
    face_name,
)
from sekisho.adapters.configurations.yamaha.filters import number_of
from sekisho.adapters.configurations.yamaha.lines import Command, commands_of
from sekisho.adapters.configurations.yamaha.result import configuration_of
from sekisho.adapters.configurations.yamaha.words import IRRELEVANT
from sekisho.domain.network.addresses import NotAnAddress, address_number, address_span
from sekisho.domain.network.configuration import Bearing, DeviceConfiguration
from sekisho.domain.network.model import Action, Origin
from sekisho.domain.network.ranges import Ranges

_HEAD = re.compile(r"#[ \t]*((?:RTX?|NVR|FWX|SRT|vRX)[\w-]{0,12})[ \t]+(?:BootROM[ \t]+)?Rev\.")
MOST_ORIGIN = 500
_TELLING = (
    ("ip ", re.compile(r"^[ \t]*ip (?:filter|route|pp|tunnel|lan\d)[ \t]", re.MULTILINE)),
    ("select", re.compile(r"^[ \t]*(?:pp|tunnel) select[ \t]", re.MULTILINE)),
    ("nat descriptor", re.compile(r"^[ \t]*nat descriptor[ \t]", re.MULTILINE)),
    ("filter", re.compile(r"^[ \t]*ip(?:v6)? filter (?:dynamic )?\d+[ \t]", re.MULTILINE)),
    ("secure filter", re.compile(r"^[ \t]*ip(?:v6)? \S+ secure filter[ \t]", re.MULTILINE)),
    ("address", re.compile(r"^[ \t]*ip (?:lan|vlan|bridge)\d+(?:[/.]\d+)? address[ \t]", re.MULTILINE)),
    ("gateway", re.compile(r"^[ \t]*ip route \S+ gateway[ \t]", re.MULTILINE)),
    (
        "",
        re.compile(
            r"^[ \t]*(?:pp enable|tunnel enable|pppoe use|ipsec tunnel|telnetd host|dhcp scope)[ \t]", re.MULTILINE
        ),
    ),
)
"""What lines of a YAMAHA begin with, each with words that stand in it: they are looked for sooner than a pattern."""
_IN_BLOCKS = frozenset(
    ("pp", "tunnel", "ppp", "pppoe", "pptp", "l2tp", "ipsec", "isdn", "description", "mobile", "bgp", "ospf")
)
_OTHERS = re.compile(r"^[ \t]*(?:interface[ \t]+\S|hostname[ \t]|config[ \t]+\S|remote[ \t]+\d+[ \t])", re.MULTILINE)


def likeness(text: str) -> float:
    """Return from 0 to 1 how much `text` looks like a YAMAHA configuration."""
    if _HEAD.search(text[:4000]):
        return 1.0
    found = sum(1 for words, pattern in _TELLING if words in text and pattern.search(text))
    score = min(1.0, found * 0.3)
    return score * 0.5 if score and _OTHERS.search(text) else score


def read(text: str) -> DeviceConfiguration:
    """Return what `text`, free of secrets, says. Never raises."""
    commands, comments = commands_of(text)
    gathered = Gathered()
    for comment in comments:
        head = _HEAD.match(comment)
        if head and not gathered.model:
            gathered.model = head[1]
    for command in commands:
        _take(gathered, command)
    return configuration_of(gathered)


# ---- one command ----


def _take(gathered: Gathered, command: Command) -> None:
    words = command.text.split()
    negated = words[0] == "no" and len(words) > 1
    words = words[1:] if negated else words
    origin = Origin(command.line, command.text[:MOST_ORIGIN])
    gathered.account.understood += 1
    first = words[0]
    if first not in _IN_BLOCKS and not (first in ("ip", "ipv6") and words[1:2] in (["pp"], ["tunnel"])):
        gathered.open_block = ""
    if first in ("ip", "ipv6"):
        yamaha_ip.take(gathered, words[1:], origin, v6=first == "ipv6", negated=negated)
    elif first in ("pp", "tunnel") and len(words) > 1:
        _context(gathered, words, origin, negated=negated)
    elif first == "nat" and words[1:2] == ["descriptor"]:
        if not yamaha_nat.note(gathered, words[2:], origin, negated=negated):
            gathered.miss(origin, Bearing.NAT, UNKNOWN_NAT)
    elif first == "ethernet":
        _ethernet(gathered, words[1:], origin, negated=negated)
    elif first not in IRRELEVANT:
        gathered.miss(origin, Bearing.OTHER)
    elif not negated:
        _rest(gathered, words, command, origin)


def _rest(gathered: Gathered, words: list[str], command: Command, origin: Origin) -> None:
    match words:
        case ["description", name, *_] if face_name(name) or name in ("pp", "tunnel"):
            face = yamaha_ip.face_meant(gathered, name, origin)
            if face is not None:
                face.name = _quoted(command.text, name)
        case ["vlan", name, "802.1q", *options] if face_name(name):
            named = [option[5:] for option in options if option.startswith("name=")]
            gathered.face(name, origin.line).name = named[0] if named else ""
        case ["lan", "shutdown", name]:
            gathered.face(name, origin.line).enabled = False
        case ["bridge", "member", _, *members] if any(member.startswith("tunnel") for member in members):
            gathered.miss(origin, Bearing.INTERFACE, BRIDGED_TUNNEL)
        case ["rip" | "ospf" | "bgp", "use", "on", *_]:
            gathered.miss(origin, Bearing.ROUTE, LEARNED_ROUTES)
        case ["dhcp", "scope", _, addresses_word, *_]:
            _scope(gathered, addresses_word)
        case ["telnetd", "host", "any"]:
            gathered.account.notice(origin.line, "telnet-open", TELNET_OPEN)
        case ["httpd", "host", "any"]:
            gathered.account.notice(origin.line, "http-open", HTTP_OPEN)
        case ["console", "prompt", *_]:
            gathered.prompt = _quoted(command.text, "prompt").strip()
        case _:
            pass


def _quoted(text: str, after: str) -> str:
    rest = text.partition(f" {after} ")[2].strip()
    return rest[1:-1] if len(rest) > 1 and rest[0] == rest[-1] == '"' else rest


def _scope(gathered: Gathered, word: str) -> None:
    with suppress(NotAnAddress):
        gathered.scopes.append(Ranges((address_span(word.partition("/")[0]),)))


# ---- pp and tunnel ----


def _context(gathered: Gathered, words: list[str], origin: Origin, *, negated: bool) -> None:
    kind, what, rest = words[0], words[1], words[2:]
    if what == "select" and rest:
        selected = "" if rest[0] == "none" or negated else f"{kind}{_anonymous(rest[0])}"
        if kind == "pp":
            gathered.pp = selected
        else:
            gathered.tunnel = selected
        if selected:
            gathered.face(selected, origin.line).needs_enabling = True
            gathered.open_block = selected
        return
    if what in ("enable", "disable") and rest:
        _enable(gathered, kind, rest[0], origin, on=(what == "enable") != negated)
        return
    face = gathered.faces.get(gathered.pp if kind == "pp" else gathered.tunnel)
    if face is None:
        return
    if kind == "tunnel" and what == "encapsulation" and rest:
        face.layer2 = rest[0].startswith(("l2tp", "pptp")) and not negated
    elif kind == "tunnel" and what == "template":
        _template(gathered, face, rest, origin)
    elif kind == "pp" and what == "bind":
        _bind(gathered, rest, origin)
    elif kind == "pp" and what == "auth" and rest[:1] == ["username"]:
        _fixed_address(face, rest[1:], origin)


def _anonymous(word: str) -> str:
    return "-anonymous" if word == "anonymous" else word


def _enable(gathered: Gathered, kind: str, word: str, origin: Origin, *, on: bool) -> None:
    if word == "all":
        for face in gathered.faces.values():
            if face.id.startswith(kind):
                face.enabled = on
        return
    face = gathered.face(f"{kind}{_anonymous(word)}", origin.line)
    face.needs_enabling, face.enabled = True, on


def _numbers(words: list[str], most: int) -> list[int] | None:
    """Return the numbers of "2-20 30"; None when a part is none or there are more than `most`."""
    found: list[int] = []
    for word in words:
        first, dash, last = word.removeprefix("tunnel").partition("-")
        ends = [number_of(first), number_of(last.removeprefix("tunnel") if dash else first)]
        low, high = ends
        if low is None or high is None or high < low or high > most:
            return None
        found += range(low, high + 1)
        if len(found) > most:
            return None
    return found


def _template(gathered: Gathered, face: Face, words: list[str], origin: Origin) -> None:
    copies = _numbers(words, MOST_TUNNELS)
    if copies is None:
        gathered.miss(origin, Bearing.INTERFACE)
    else:
        face.copies = copies


def _bind(gathered: Gathered, words: list[str], origin: Origin) -> None:
    """A tunnel that carries the PPP sessions of a pp is no way of its own."""
    for number in _numbers([word for word in words if word.startswith("tunnel")], MOST_TUNNELS) or ():
        gathered.face(f"tunnel{number}", origin.line).layer2 = True


def _fixed_address(face: Face, words: list[str], origin: Origin) -> None:
    """Add the address that a user of remote access always gets: "username NAME PASSWORD [ADDRESS]"."""
    for word in words[2:3]:
        try:
            given = Ranges.single(address_number(word))
        except NotAnAddress:
            return
        face.pool = given if face.pool is None else face.pool | given
        face.pool_line = face.pool_line or origin.line


# ---- frames ----


def _ethernet(gathered: Gathered, words: list[str], origin: Origin, *, negated: bool) -> None:
    if negated or words[:1] == ["filter"]:
        return
    direction = yamaha_ip.direction_of(words[2:3])
    if len(words) < 4 or words[1] != "filter" or not face_name(words[0]) or direction is None:
        gathered.miss(origin, Bearing.FILTER, ETHERNET_FILTER)
        return
    # Such a filter can only take away from what the others pass.
    yamaha_ip.be_unsure(gathered.face(words[0], origin.line), direction, Action.DENY, origin)
    gathered.miss(origin, Bearing.FILTER, ETHERNET_FILTER)
