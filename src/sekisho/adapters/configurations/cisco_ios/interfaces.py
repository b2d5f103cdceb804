"""Interfaces of a Cisco IOS configuration: addresses, and what is applied to them.

Source: Cisco IOS Interface and IP Addressing Command References. Left out: ports of a switch, which route nothing,
unless a filter is applied to them; interfaces that are shut down.
"""

from dataclasses import dataclass, field

from sekisho.adapters.configurations.cisco_like.objects import NotRead, mask_bits, masked_span, prefix, v4_number
from sekisho.adapters.configurations.cisco_like.text import (
    NOT_AN_ADDRESS,
    NOT_KNOWN,
    ROUTES_APART,
    ROUTES_BY_POLICY,
    Account,
    Block,
    Line,
    safe,
    words_of,
)
from sekisho.domain.network.addresses import V6_BASE
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Direction, Interface
from sekisho.domain.network.ranges import Span

DIRECTIONS = {"in": Direction.IN, "out": Direction.OUT}
_IRRELEVANT = words_of(
    """access-session aggregate-port alarm arp atm authentication auto autostate bandwidth bfd carrier-delay cdp cellular
    channel-group channel-protocol class clns clock clock-source cts dampening default delay description
    device-tracking dialer dialer-group dot1x dsl duplex encapsulation energywise ethernet exit fair-queue fec flow
    flowcontrol full-duplex glbp half-duplex hold-queue isdn keepalive lacp lan-name lldp load-interval logging
    mab mac macro map-group max-reserved-bandwidth mdix media-type mls mop mtu nac negotiation nmsp no ntp peer
    physical-layer pim platform plim port-type power ppp pppoe pppoe-client priority-queue profile pulse-time pvc qos
    queue-set random-detect rate-limit rmon routing service service-instance service-policy shape snmp source
    source-interface spanning-tree speed srr-queue storm-control subscriber switch tag-switching trunk-group trust
    tunnel tx-ring-limit udld virtual-reassembly vtp wrr-queue bridge-domain mka macsec template authentication
    private-vlan protocol load-balancing nhrp multilink vpdn isis ospfv3 radio-profile subscribe resource"""
)
_IRRELEVANT_IP = words_of(
    """accounting admission arp authentication auth-proxy bandwidth-percent bgp broadcast-address cef cgmp ddns dhcp
    directed-broadcast dns dvmrp eigrp flow flowspec hello-interval helper-address hold-time http icmp igmp
    information-reply ips irdp load-sharing local-proxy-arp mask-reply mfib mobile mrm mroute-cache mtu multicast
    nbar next-hop-self nhrp nhs ospf pim probe proxy-arp rarp-server redirects rip route-cache rsvp rtp sap sdr
    security sip sla sla split-horizon source sticky-arp subscriber summary-address tcp tftp traffic-export
    traffic-shape trigger-authentication unreachables urlfilter verify virtual-reassembly wccp ftm host-routing
    device lisp options prefix-delegation router vrrp hsrp neighbor"""
)


@dataclass(slots=True)
class Port:
    """One interface as written. `networks` holds (address or None, connected span), the primary one first."""

    name: str
    line: Line
    description: str = ""
    networks: list[tuple[int, Span]] = field(default_factory=list)
    virtual: list[int] = field(default_factory=list)
    is_down: bool = False
    is_switched: bool = False
    is_routed: bool = False
    uses_dhcp: bool = False
    filters: dict[tuple[Direction, bool], tuple[str, Line]] = field(default_factory=dict)
    inspected: dict[Direction, tuple[str, Line]] = field(default_factory=dict)
    nat: str = ""
    zone: str = ""
    crypto_map: str = ""
    pool: str = ""

    @property
    def is_kept(self) -> bool:
        """Return whether packets are routed, or filtered, here."""
        return not self.is_down and (bool(self.filters) or (self.is_routed and not self.is_switched))

    def ids(self) -> list[str]:
        """Return the ids of its interfaces: its name, then "name:2" ... for further addresses (each one of theirs)."""
        more = max(len(self.networks) + len(self.virtual), 1)
        return [self.name] + [f"{self.name}:{number}" for number in range(2, more + 1)]

    def interfaces(self, zone: str) -> list[Interface]:
        """Return it as interfaces, one for each address."""
        found: list[tuple[int | None, Span | None]] = [*self.networks]
        found += [(address, self._network_of(address)) for address in self.virtual]
        if not found:
            found = [(None, None)]
        return [
            Interface(name, address=address, network=network, zone=zone, name=self.description)
            for name, (address, network) in zip(self.ids(), found, strict=True)
        ]

    def _network_of(self, address: int) -> Span | None:
        return next((span for _, span in self.networks[:64] if span[0] <= address <= span[1]), None)

    @property
    def address(self) -> int | None:
        """Return its first IPv4 address."""
        return next((address for address, _ in self.networks if address < V6_BASE), None)

    @property
    def has_v6(self) -> bool:
        """Return whether it has an IPv6 address."""
        return any(address >= V6_BASE for address, _ in self.networks)


class Ports:
    """Reads interface blocks."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.all: dict[str, Port] = {}

    def read(self, block: Block) -> None:
        """Take a block "interface NAME"."""
        name = interface_name(block.head.words[1:])
        if not name or name.startswith("range"):
            self._account.unread(block.head, NOT_KNOWN, Bearing.INTERFACE)
            return
        port = self.all.setdefault(name, Port(name, block.head))
        if name.lower().startswith(("tunnel", "dialer", "cellular", "virtual-template")):
            port.is_routed = True
        for line in block.body:
            self._line(port, line)

    def _line(self, port: Port, line: Line) -> None:
        words = line.words
        match words:
            case ["shutdown"]:
                port.is_down = True
            case ["no", "shutdown"]:
                port.is_down = False
            case ["description", *_]:
                port.description = safe(line.text[len("description") :])
            case ["ip", *rest]:
                self._ip(port, line, rest)
            case ["ipv6", *rest]:
                self._ipv6(port, line, rest)
            case ["switchport", *_] | ["no", "switchport"]:
                port.is_switched = words[0] != "no"
            case ["vrf", "forwarding", *_]:
                self._account.unread(line, ROUTES_APART, Bearing.ROUTE)
            case ["zone-member", "security", zone]:
                port.zone = zone
                port.is_routed = True
            case ["crypto", "map", name, *_]:
                port.crypto_map = name
            case ["crypto", *_]:
                pass
            case ["peer", "default", "ip", "address", "pool", pool, *_]:
                port.pool = pool
            case ["standby" | "vrrp", *rest]:
                self._virtual(port, rest)
            case ["mpls" | "bridge-group" | "xconnect" | "l2transport", *_]:
                self._account.unread(line, NOT_KNOWN, Bearing.INTERFACE)
            case [word, *_] if word not in _IRRELEVANT:
                self._account.unread(line, NOT_KNOWN, _bearing(line))

    def _ip(self, port: Port, line: Line, rest: list[str]) -> None:
        match rest:
            case ["address", "dhcp" | "negotiated" | "dhcp-client" as how, *_]:
                port.is_routed = True
                port.uses_dhcp = how == "dhcp"
            case ["address", "pool", *_] | ["unnumbered", *_]:
                port.is_routed = True
            case ["address", address, *mask]:
                self._address(port, line, address, mask)
            case ["access-group", name, "in" | "out" as side, *_]:
                port.filters[DIRECTIONS[side], False] = name, line
            case ["nat", "inside" | "outside" as side, *_]:
                port.nat = side
            case ["nat", "enable", *_]:
                self._account.unread(line, NOT_KNOWN, Bearing.NAT)
            case ["inspect", name, "in" | "out" as side, *_]:
                port.inspected[DIRECTIONS[side]] = name, line
            case ["policy", *_]:
                self._account.unread(line, ROUTES_BY_POLICY, Bearing.ROUTE)
            case ["vrf", "forwarding", *_]:
                self._account.unread(line, ROUTES_APART, Bearing.ROUTE)
            case ["vrf", "receive" | "select", *_]:
                self._account.unread(line, ROUTES_APART, Bearing.ROUTE)
            case [word, *_] if word in _IRRELEVANT_IP:
                pass
            case _:
                self._account.unread(line, NOT_KNOWN, _bearing(line))

    def _address(self, port: Port, line: Line, written: str, rest: list[str]) -> None:
        address, mask = v4_number(written), v4_number(rest[0]) if rest else None
        try:
            if "/" in written:
                host = v4_number(written.partition("/")[0])
                span = prefix(written)
            elif address is None or mask is None or mask_bits(mask) is None:
                raise NotRead(written)
            else:
                host, span = address, masked_span(address, mask)
        except NotRead:
            self._account.unread(line, NOT_AN_ADDRESS, Bearing.INTERFACE)
            return
        port.is_routed = True
        if host is not None:
            known = port.networks
            known.insert(len(known) if "secondary" in rest else 0, (host, span))

    def _ipv6(self, port: Port, line: Line, rest: list[str]) -> None:
        match rest:
            case ["address", written, *kind] if "/" in written and "link-local" not in kind:
                host = written.partition("/")[0]
                try:
                    port.networks.append((prefix(host)[0], prefix(written)))
                    port.is_routed = True
                except NotRead:
                    self._account.unread(line, NOT_AN_ADDRESS, Bearing.INTERFACE)
            case ["traffic-filter", name, "in" | "out" as side, *_]:
                port.filters[DIRECTIONS[side], True] = name, line
            case ["access-group" | "inspect" | "policy", *_]:
                self._account.unread(line, NOT_KNOWN, _bearing(line))
            case ["traffic-filter", *_]:
                self._account.unread(line, NOT_KNOWN, Bearing.FILTER)

    def _virtual(self, port: Port, rest: list[str]) -> None:
        """Keep the shared address of "standby 1 ip 10.0.0.254" and "vrrp 1 ip 10.0.0.254"."""
        if "ip" in rest[:2] and (found := v4_number(rest[-1])) is not None:
            port.virtual.append(found)


def interface_name(words: list[str]) -> str:
    """Return the name of an interface as one word ("GigabitEthernet 0/0" is "GigabitEthernet0/0"), "" for none."""
    if len(words) > 1 and words[1][:1].isdecimal() and words[0][-1].isalpha():
        return words[0] + words[1]
    return words[0] if words else ""


def _bearing(line: Line) -> Bearing:
    """Return what an unknown line of an interface could change, by its words."""
    text = line.text.lower()
    if any(word in text for word in ("access-group", "filter", "acl", "firewall", "inspect", "access-list")):
        return Bearing.FILTER
    if "nat" in line.words:
        return Bearing.NAT
    return (
        Bearing.ROUTE
        if "route" in text or "policy" in text
        else Bearing.INTERFACE
        if line.words[0] == "ip"
        else Bearing.OTHER
    )
