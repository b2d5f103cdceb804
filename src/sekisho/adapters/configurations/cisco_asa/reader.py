"""Reads a configuration of Cisco ASA (also of the ASA software that carries Firepower), as one routed firewall.

Semantics kept here:
- a list applied to an interface decides about connections that enter there; then the global list; then all is denied.
  Without any list, connections pass from a higher security level to a lower one;
- between interfaces of one level, and back out of the same interface, `same-security-traffic` must permit it first;
- what comes out of a VPN is not looked at by the interface's list (`sysopt connection permit-vpn`, the default), but by
  the `vpn-filter` of its group policy;
- a management-only interface lets nothing through.
An interface's id is its hardware name, its zone is its `nameif`. Left out, and told: transparent mode, contexts,
bridge groups, entries by user or security group. Replies to pings are taken to pass, as `inspect icmp` makes them.

Source: Cisco ASA Series Firewall CLI Configuration Guide, "Access Rules", "Objects for Access Control"; General
Operations guide, "Routed Interfaces"; VPN guide, "Connection Profiles, Group Policies, and Users".
"""

import re
from dataclasses import dataclass, field

from sekisho.adapters.configurations.cisco_asa.nat import Side, Translation
from sekisho.adapters.configurations.cisco_asa.objects import Named
from sekisho.adapters.configurations.cisco_asa.rules import Filters, Guarded
from sekisho.adapters.configurations.cisco_ios.interfaces import interface_name
from sekisho.adapters.configurations.cisco_like.objects import NotRead, masked_span, prefix, v4_number
from sekisho.adapters.configurations.cisco_like.text import (
    NOT_AN_ADDRESS,
    NOT_KNOWN,
    ROUTES_BY_POLICY,
    ROUTES_LEARNED,
    Account,
    Block,
    Line,
    blocks,
    likeness_by,
    safe,
    words_of,
)
from sekisho.domain.network.configuration import Bearing, DeviceConfiguration, VpnPool
from sekisho.domain.network.model import Interface, Route
from sekisho.domain.network.ranges import EMPTY, Ranges, Span
from sekisho.domain.text import Text

TRANSPARENT = Text(
    "この装置は、ルータではなく透過型（ブリッジ）か、複数の仮想装置として動いています。計算には入りません。",
    "This device works as a bridge or as several virtual devices. That is not part of the calculation.",
)
_MARKS = (
    (r"^(?:ASA|PIX|NGFW) Version \d", 0.6),
    (r"^ ?nameif \S", 0.3),
    (r"^ ?security-level \d", 0.2),
    (r"^access-list \S+ (?:line \d+ )?extended (?:permit|deny) ", 0.3),
    (r"^access-group \S+ (?:in|out) interface \S|^access-group \S+ global", 0.2),
    (r"^(?:same-security-traffic |object network \S|: Saved|threat-detection |xlate |sysopt )", 0.15),
    (r"^(?:nat|static|global) \(", 0.15),
    (r"^service timestamps|^ip access-list |^line vty", -0.4),
)
_MODEL = re.compile(r"^: Hardware:\s+([A-Za-z0-9-]+)", re.MULTILINE)
_IRRELEVANT = words_of(
    """aaa aaa-server app-agent arp arp-inspection asdm asp auth-prompt banner boot call-home checkheaps class
    class-map client-update clock cluster compression configure console coredump crashinfo crypto ctl-file ctl-provider
    cts ddns default-domain dhcp dhcp-client dhcpd dhcprelay dns dns-group domain-name dynamic-access-policy-record
    dynamic-filter dynamic-map eigrp email enable end event exit failover feature fips firewall fixup flow-export
    flow-offload fragment ftp ftp-map group-policy hostname hpm http http-map icmp igmp imap4s ip ipsec ipv6 isakmp jumbo-frame
    key-chain l2tp lacp ldap license logging logout mac-address mac-address-table management-access match
    media-termination mount mtu multicast-routing names netconf no ntp object-group-search pager parameters passwd
    password phone-proxy pim policy-list policy-map pop3s prefix-list prf priority-queue privilege profile prompt
    quit quota redundant regex route-map router rip rest-api scansafe service service-interface service-module
    service-policy set shun sla smtp-server smtps snmp snmp-map snmp-server software-version ssh ssl sunrpc-server sysopt
    tcp-map telnet terminal tftp-server threat-detection timeout tls-proxy track trust-point tunnel-group
    tunnel-group-map uc-ime url-block url-cache url-server user-identity username version virtual vlan vpdn vpn
    vpn-addr-assign vpn-load-balancing vpn-sessiondb vpnclient vpnsetup wccp webvpn xlate zonelabs-integrity
    anyconnect anyconnect-essentials saml subject-name enrollment keypair crl authentication encryption hash group
    lifetime integrity default-group-policy activex alias dynamic-access-policy-config terminate quit service-object
    aggregate-auth member-interface nve segment-id ntp-server privilege power-supply hw-module setup gtp-map bfd bfd-template
    client-bypass-protocol diagnostic location policy cluster-member-limit app-id ngips""",
)
_INTERFACE_WORDS = words_of(
    """description speed duplex mac-address delay channel-group lacp port-channel flowcontrol hold-time ospf eigrp rip pim
    igmp member-interface switchport authentication pppoe dhcp dhcprelay vlan fec encapsulation hello-interval no
    power split-horizon summary-address tunnel cts isis track fragment nve-only poll-timer forward mfib multicast bfd
    ddns exit allow-ssc-mgmt negotiation l2-member cluster lldp vpdn"""
)


@dataclass(slots=True)
class _Port:
    """One interface as written."""

    name: str
    line: Line
    description: str = ""
    nameif: str = ""
    level: int | None = None
    networks: list[tuple[int | None, Span]] = field(default_factory=list)
    is_down: bool = False
    is_management: bool = False
    sets_route: bool = False

    @property
    def is_kept(self) -> bool:
        return bool(self.nameif) and not self.is_down

    @property
    def security(self) -> int:
        """Return its security level; "inside" has 100 where none is written, all others 0."""
        return self.level if self.level is not None else 100 if self.nameif == "inside" else 0

    def ids(self) -> list[str]:
        more = max(len(self.networks), 1)
        return [self.name] + [f"{self.name}:{number}" for number in range(2, more + 1)]


def likeness(text: str) -> float:
    """Return from 0 to 1 how much `text` looks like a Cisco ASA configuration."""
    return likeness_by(text, _MARKS)


def read(text: str) -> DeviceConfiguration:
    """Return what a Cisco ASA configuration, free of secrets, says. Never raises for what is written in it."""
    return _Reader(text).configuration()


class _Reader:
    """Reads one configuration: first every block for itself, then what they say together."""

    def __init__(self, text: str) -> None:
        self.account = Account(text, "!:", has_long_banners=False)
        self.named = Named(self.account)
        self.ports: dict[str, _Port] = {}
        self.sides: dict[str, Side] = {}
        self.translation = Translation(self.account, self.named, self.sides)
        self.filters = Filters(self.account, self.named)
        self.routes: list[tuple[Span, str, int | None, int, Line]] = []
        self.hostname = ""
        model = _MODEL.search(text[:2000])
        self.model = model[1] if model is not None else ""
        found = blocks(self.account.lines, _belongs)
        for block in found:
            if block.head.starts("name"):
                self.named.name(block.head)
        for block in found:
            self._block(block)

    def configuration(self) -> DeviceConfiguration:
        """Return everything that was read."""
        ports = [port for port in self.ports.values() if port.is_kept]
        guarded = {}
        for port in ports:
            first = next((address for address, _ in port.networks if address is not None), None)
            self.sides[port.nameif] = Side(port.name, first)
            own = EMPTY if first is None else Ranges.single(first)
            self.named.own[port.nameif] = own
            guarded[port.nameif] = Guarded(port.ids(), port.nameif, port.security, port.is_management, port.line.origin)
        self.named.read_all()
        static_nats, source_nats = self.translation.values()
        return DeviceConfiguration(
            "cisco-asa",
            self.model,
            self.hostname,
            tuple(one for port in ports for one in _interfaces(port)),
            tuple(self._routes()),
            tuple(self.filters.rulesets(guarded)),
            static_nats,
            source_nats,
            tuple(
                VpnPool(
                    self.sides[pool.interface].id if pool.interface in self.sides else "",
                    pool.addresses,
                    pool.name,
                    pool.line,
                )
                for pool in self.filters.pools()
            ),
            self.account.unparsed,
            tuple(self.account.notices),
            self.account.understood,
        )

    def _block(self, block: Block) -> None:
        head = block.head
        match head.words:
            case ["interface", *_]:
                self._interface(block)
            case ["access-list", *_]:
                self.named.entry(head)
            case ["access-group", *rest]:
                self.filters.applied(head, rest)
            case ["object", *_]:
                for line in self.named.object(block):
                    self.translation.take(line, head.words[2])
            case ["object-group", *_]:
                self.named.group(block)
            case ["time-range", *_]:
                self.named.time_range(block)
            case ["name", *_]:
                pass
            case ["nat" | "static" | "global", place, *_] if place.startswith("("):
                self.translation.take(head)
            case ["route", *_]:
                self._route(head, head.words[1:], is_v6=False)
            case ["ipv6", "route", *rest]:
                self._route(head, rest, is_v6=True)
            case ["same-security-traffic", "permit", what, *_]:
                self.filters.same_security.add(what)
            case ["ip", "local", "pool", *_] | ["ipv6", "local", "pool", *_]:
                self.filters.pool(head)
            case ["crypto", *_]:
                self.filters.crypto(block)
            case ["webvpn"]:
                self.filters.web_vpn(block)
            case ["group-policy" | "tunnel-group", *_]:
                self.filters.remote_users(block)
            case ["no", "sysopt", "connection", "permit-vpn"]:
                self.filters.bypasses = False
            case ["firewall", "transparent"] | ["mode", "multiple"] | ["context", *_]:
                self.account.unread(head, TRANSPARENT, Bearing.FILTER)
            case ["router", *_]:
                self.account.unread(head, ROUTES_LEARNED, Bearing.ROUTE)
            case ["ASA" | "PIX" | "NGFW", "Version", version, *_]:
                self.translation.sees_inside = not re.match(r"(?:[1-7]\.|8\.[0-2]\b)", version)
            case ["hostname", name, *_]:
                self.hostname = name
            case [word, *_] if word not in _IRRELEVANT or head.indent:
                self.account.unread(head, NOT_KNOWN, _bearing(head))

    # ---- interfaces and routes ----

    def _interface(self, block: Block) -> None:
        name = interface_name(block.head.words[1:])
        if not name:
            self.account.unread(block.head, NOT_KNOWN, Bearing.INTERFACE)
            return
        port = self.ports.setdefault(name, _Port(name, block.head))
        for line in block.body:
            match self.named.plain(line.words):
                case ["nameif", nameif]:
                    port.nameif = nameif
                case ["security-level", level] if level.isdecimal() and len(level) < 4:
                    port.level = int(level)
                case ["shutdown"]:
                    port.is_down = True
                case ["management-only", *_]:
                    port.is_management = True
                case ["description", *_]:
                    port.description = safe(line.text[len("description") :])
                case ["ip", "address", "dhcp" | "pppoe", *rest] | ["ip", "address", _, _, "pppoe", *rest]:
                    port.sets_route = "setroute" in rest
                case ["ip", "address", address, *mask]:
                    self._address(port, line, address, mask)
                case ["ipv6", "address", address, *_] if "/" in address:
                    self._address(port, line, address, [])
                case ["ipv6", *_] | ["zone-member", *_]:
                    pass
                case ["policy-route", *_]:
                    self.account.unread(line, ROUTES_BY_POLICY, Bearing.ROUTE)
                case ["bridge-group", *_]:
                    self.account.unread(line, TRANSPARENT, Bearing.FILTER)
                case [word, *_] if word not in _INTERFACE_WORDS:
                    self.account.unread(line, NOT_KNOWN, _bearing(line))

    def _address(self, port: _Port, line: Line, written: str, mask: list[str]) -> None:
        try:
            if "/" in written:
                port.networks.append((prefix(written.partition("/")[0])[0], prefix(written)))
                return
            address, ones = v4_number(written), v4_number(mask[0])
            if address is None or ones is None:
                raise NotRead(written)
            port.networks.insert(0, (address, masked_span(address, ones)))
        except (NotRead, IndexError):
            self.account.unread(line, NOT_AN_ADDRESS, Bearing.INTERFACE)

    def _route(self, line: Line, rest: list[str], *, is_v6: bool) -> None:
        words = self.named.plain(rest)
        try:
            if is_v6:
                span, words = prefix(words[1]), [words[0], *words[1:]]
            else:
                address, mask = v4_number(words[1]), v4_number(words[2])
                address = 0 if words[1] == "0" else address
                mask = 0 if words[2] == "0" else mask
                if address is None or mask is None:
                    raise NotRead(words[1])
                span = masked_span(address, mask)
                words = [words[0], *words[2:]]
            via = prefix(words[2])[0] if words[0].lower() != "null0" else None
            metric = int(words[3]) if len(words) > 3 and words[3].isdecimal() and len(words[3]) < 4 else 1
            self.routes.append((span, words[0], via, metric, line))
        except (NotRead, IndexError):
            self.account.unread(line, NOT_AN_ADDRESS, Bearing.ROUTE)

    def _routes(self) -> list[Route]:
        """Return the routes that hold: of those to the same destination, the ones of the best metric."""
        best: dict[Span, int] = {}
        for span, _, _, metric, _ in self.routes:
            best[span] = min(best.get(span, 256), metric)
        found = []
        for span, nameif, via, metric, _ in self.routes:
            side = self.sides.get(nameif)
            if metric == best[span] and (side is not None or via is None):
                found.append(Route(span, via, side.id if side is not None else nameif))
        default = prefix("0.0.0.0/0")
        found += [
            Route(default, interface=port.name) for port in self.ports.values() if port.is_kept and port.sets_route
        ]
        return found


def _interfaces(port: _Port) -> list[Interface]:
    networks: list[tuple[int | None, Span | None]] = [*port.networks]
    return [
        Interface(name, address=address, network=network, zone=port.nameif, name=port.description)
        for name, (address, network) in zip(port.ids(), networks or [(None, None)], strict=True)
    ]


def _bearing(line: Line) -> Bearing:
    text = line.text.lower()
    if "access-" in text or "filter" in text or "acl" in text:
        return Bearing.FILTER
    if line.words[0] in ("nat", "static", "global"):
        return Bearing.NAT
    return Bearing.ROUTE if "route" in text else Bearing.OTHER


_INSIDE_INTERFACE = _INTERFACE_WORDS - {"no", "exit"} | {"nameif", "security-level", "shutdown", "management-only"}


def _belongs(head: Line, line: Line) -> bool:
    """Return whether `line`, written without indentation, belongs to the block that `head` opens."""
    first = line.words[0]
    match head.words:
        case ["interface", *_]:
            return first in _INSIDE_INTERFACE or line.starts("ip", "address") or line.starts("no", "shutdown")
        case ["object", *_]:
            return first in ("host", "subnet", "range", "fqdn", "service", "description") or (
                first == "nat" and not line.starts("nat", "(") and len(line.words) > 2 and "source" not in line.words
            )
        case ["object-group", *_]:
            return first.endswith("-object") or first in ("group-object", "description")
        case ["group-policy" | "tunnel-group", *_]:
            return first in ("address-pool", "address-pools", "vpn-filter", "default-group-policy")
    return False
