"""Reads a configuration of Cisco IOS or IOS XE (routers and layer 3 switches).

Read: access lists and object groups, where they are applied, inspection, reflexive lists, VLAN filters, the zone-based
firewall, interfaces, static routes, NAT, address pools. Told as not understood: VRFs, policy routing, routing protocols.
Crypto maps select what is encrypted; their lists are no filters.

Source: Cisco IOS command references as named in the modules `cisco_ios_*`. Uncertain: which release a configuration is
from is not asked; releases before 12.3(8)T look at packets of an IPsec tunnel twice.
"""

from sekisho.adapters.configurations.cisco_ios.interfaces import Ports
from sekisho.adapters.configurations.cisco_ios.lists import Lists
from sekisho.adapters.configurations.cisco_ios.nat import Translation
from sekisho.adapters.configurations.cisco_ios.rules import Filters
from sekisho.adapters.configurations.cisco_ios.zones import NO_ZONE, Zones
from sekisho.adapters.configurations.cisco_like.text import (
    NOT_KNOWN,
    ROUTES_BY_POLICY,
    ROUTES_LEARNED,
    Account,
    Block,
    Line,
    blocks,
    likeness_by,
    words_of,
)
from sekisho.domain.network.configuration import Bearing, DeviceConfiguration

_MARKS = (
    (r"^version 1\d\.\d+\s*$", 0.35),
    (r"^Current configuration : \d+ bytes", 0.25),
    (r"^service timestamps (?:debug|log)", 0.25),
    (
        r"^interface (?:GigabitEthernet|FastEthernet|TenGigabitEthernet|Vlan|Dialer|Serial|Ethernet|BVI|Loopback)\s?\d",
        0.3,
    ),
    (r"^ip access-list (?:standard|extended) \S", 0.25),
    (r"^ ?ip (?:access-group|nat (?:inside|outside))\b", 0.15),
    (r"^access-list \d{1,4} (?:permit|deny|remark) ", 0.15),
    (r"^(?:boot-start-marker|enable secret \d|line vty \d|ip forward-protocol nd)", 0.15),
    (
        r"^(?:ASA Version|NGFW Version|PIX Version| ?nameif |access-group \S+ (?:in|out) interface |same-security-traffic )",
        -0.9,
    ),
    (r"^(?:interface (?:port\d+\.\d+\.\d+|vlan\d|eth\d|ppp\d)|access-list hardware|awplus)", -0.6),
    (r"^(?:ip access-list \S+ (?:permit|deny) |interface Giga(?:Ethernet)\d\.\d|config firewall |ip filter \d)", -0.5),
)
_IRRELEVANT = words_of(
    """aaa access-session alias ap app-hosting archive arp authentication auto autonomic banner bfd boot
    boot-start-marker boot-end-marker cable call call-home call-manager-fallback card cdp cef channel-group
    chat-script clns clock config-register configuration control-plane controller cos cts default device-sensor
    device-tracking diagnostic dial-peer dialer dialer-list dot11 dot1x dspfarm dying-gasp eap enable end energywise
    environment epm errdisable ethernet event exception exit export facility-alarm fabric fhrp file fips flow ftp
    gatekeeper gateway guestshell hostname hw-module identity install iox ipc isdn kerberos key kron l2 l2tp-class
    lacp ldap license line lldp location log logging login mab mac mac-address-table macro map-class mdns-sd
    mdns memory memory-size metadata mgcp mls mmi modemcap monitor multilink nac netconf netconf-yang network-clock
    network-clock-participate nmsp no ntp nvram parser password performance performance-monitor platform pnp
    port-channel power ppp priority-list privilege process prompt pseudowire-class qos queue-list radius
    radius-server rate-limit redundancy restconf rmon role-based route-tag rtr sampler sccp scheduler script sdm
    secure security sensor service service-routing service-template sip-ua snmp snmp-server sntp spanning-tree spd
    ssh stack-mac stackwise-virtual standby storm-control subscriber subscription switch switchport system
    table-map tacacs tacacs-server telemetry telephony-service template terminal tftp-server track transceiver
    transport-map trunk udld upgrade username version virtual-service vlan voice voice-card voice-port vpdn vrf
    vpdn-group vstack vtp warm-reboot web-auth wireless wsma xsd vlan-configuration parameter-map ephone ephone-dn
    cellular gsm lte credentials quit crypto webvpn global-address-family image"""
)
_IRRELEVANT_IP = words_of(
    """admission arp as-path audit auth-proxy bgp-community bootp bt cef classless community-list ddns default-gateway
    device dhcp dhcp-client dhcp-relay dns domain domain-list domain-lookup domain-name dvmrp extcommunity-list finger
    flow flow-aggregation flow-cache flow-capture flow-export flow-top-talkers forward-protocol ftp gratuitous-arps
    host host-routing http icmp identd igmp ips kerberos load-sharing mfib mroute msdp mtu multicast multicast-routing
    name-server nbar nhrp options ospf pim port-map prefix-list radius rcmd reflexive-list rip routing rsvp rtcp sap
    scp security service sip sla source-route spd sqlnet ssh subnet-zero tacacs tcp telnet tftp tftp-server
    trigger-authentication udp urlfilter verify wccp ggsn sdee tunnel vrf source bridge""",
)


def likeness(text: str) -> float:
    """Return from 0 to 1 how much `text` looks like a Cisco IOS configuration."""
    return likeness_by(text, _MARKS)


def read(text: str) -> DeviceConfiguration:
    """Return what a Cisco IOS configuration, free of secrets, says. Never raises for what is written in it."""
    return _Reader(text).configuration()


class _Reader:
    """Reads one configuration: first every block for itself, then what they say together."""

    def __init__(self, text: str) -> None:
        self.account = Account(text)
        self.lists = Lists(self.account)
        self.ports = Ports(self.account)
        self.filters = Filters(self.account, self.lists, self.ports.all)
        self.zones = Zones(self.account, self.lists)
        self.translation = Translation(self.account, self.lists, self.ports.all)
        self.hostname = self.model = ""
        for block in blocks(self.account.lines, belongs):
            self._block(block)
        self.lists.settle()

    def configuration(self) -> DeviceConfiguration:
        """Return everything that was read."""
        ports = {name: port for name, port in self.ports.all.items() if port.is_kept}
        fallback = NO_ZONE if self.zones.in_use(ports) else ""
        rulesets = [*self.filters.rulesets(), *self.zones.rulesets(ports)]
        static_nats, source_nats = self.translation.nats()
        crypto_maps = {port.crypto_map: port.name for port in ports.values() if port.crypto_map}
        return DeviceConfiguration(
            "cisco-ios",
            self.model,
            self.hostname,
            tuple(one for port in ports.values() for one in port.interfaces(port.zone or fallback)),
            self.translation.routes(),
            tuple(rulesets),
            static_nats,
            source_nats,
            self.translation.vpn_pools(crypto_maps),
            self.account.unparsed,
            tuple(self.account.notices),
            self.account.understood,
        )

    def _block(self, block: Block) -> None:
        head = block.head
        match head.words:
            case ["interface", *_]:
                self.ports.read(block)
            case ["access-list", *_]:
                self.lists.numbered(head)
            case ["object-group", *_]:
                self.lists.group(block)
            case ["time-range", *_]:
                self.lists.time_range(block)
            case ["ip", *rest] if rest:
                self._ip(block, rest)
            case ["ipv6", *rest]:
                self._ipv6(block, rest)
            case ["zone", *_]:
                self.zones.zone(block)
            case ["zone-pair", *_]:
                self.zones.pair(block)
            case ["class-map", *_]:
                self.zones.class_map(block)
            case ["policy-map", *_]:
                self.zones.policy_map(block)
            case ["route-map", *_]:
                self.translation.route_map(block)
            case ["crypto" | "webvpn", *_]:
                self.filters.crypto(block)
                self.translation.remote_users(block)
            case ["vlan", "access-map", *_]:
                self.filters.vlan_map(block)
            case ["vlan", "filter", *_]:
                self.filters.vlan_filter(head)
            case ["hostname", name, *_]:
                self.hostname = name
            case ["license", "udi", "pid", model, *_]:
                self.model = model
            case ["switch", _, "provision", model] if not self.model:
                self.model = model.upper()
            case _:
                self._other(head)

    def _other(self, head: Line) -> None:
        word = head.words[0]
        if word == "router" or word in ("mpls", "lisp", "nve"):
            self.account.unread(head, ROUTES_LEARNED, Bearing.ROUTE)
        elif word not in _IRRELEVANT or head.indent:
            self.account.unread(head, NOT_KNOWN, _bearing(head))

    def _ip(self, block: Block, rest: list[str]) -> None:
        head = block.head
        match rest:
            case ["route", *_]:
                self.translation.route(head)
            case ["access-list", "resequence" | "logging" | "log-update" | "match-local-traffic" | "persistent", *_]:
                pass
            case ["access-list", "role-based", *_]:
                self.account.unread(head, NOT_KNOWN, Bearing.FILTER)
            case ["access-list", *_]:
                self.lists.named(block, is_v6=False)
            case ["nat", *_]:
                self.translation.nat(head)
            case ["inspect", *_]:
                self.filters.inspect(head)
            case ["local", "pool", *_]:
                self.translation.local_pool(head)
            case ["local", "policy", *_]:
                pass  # packets of the device itself
            case ["default-network", *_]:
                self.account.unread(head, ROUTES_BY_POLICY, Bearing.ROUTE)
            case [word, *_] if word in _IRRELEVANT_IP:
                pass
            case _:
                self.account.unread(head, NOT_KNOWN, _bearing(head))

    def _ipv6(self, block: Block, rest: list[str]) -> None:
        match rest:
            case ["access-list", "log-update" | "role-based", *_]:
                pass
            case ["access-list", *_]:
                self.lists.named(block, is_v6=True)
            case ["route", *_]:
                self.translation.route(block.head)
            case ["router", *_]:
                self.account.unread(block.head, ROUTES_LEARNED, Bearing.ROUTE)
            case ["nat" | "inspect", *_]:
                self.account.unread(block.head, NOT_KNOWN, _bearing(block.head))


def _bearing(line: Line) -> Bearing:
    text = line.text.lower()
    if "access-" in text or "filter" in text or "acl" in text or "firewall" in text or "inspect" in text:
        return Bearing.FILTER
    if "nat" in line.words:
        return Bearing.NAT
    if "route" in text or "policy" in text:
        return Bearing.ROUTE
    return Bearing.OTHER


_ENTRY_WORDS = frozenset({"permit", "deny", "remark", "evaluate"})
_MEMBER_WORDS = words_of(
    "host range group-object any tcp udp icmp esp ahp gre ip description network-object service-object port-object"
)
_INTERFACE_WORDS = words_of(
    """description shutdown switchport encapsulation duplex speed nameif security-level zone-member bandwidth mtu
    tunnel keepalive pppoe pppoe-client dialer ppp standby vrrp spanning-tree channel-group service-policy vrf"""
)
_INTERFACE_IP = words_of(
    "address access-group unnumbered policy helper-address mtu tcp proxy-arp redirects unreachables"
)


def belongs(head: Line, line: Line) -> bool:
    """Return whether `line`, written without indentation, belongs to the block that `head` opens."""
    words, first = line.words, line.words[0]
    match head.words:
        case ["interface", *_]:
            if first in ("ip", "ipv6") and len(words) > 1:
                second = words[1]
                return (
                    second in _INTERFACE_IP
                    or second == "traffic-filter"
                    or (second == "nat" and len(words) == 3)
                    or (second == "inspect" and words[-1] in ("in", "out"))
                )
            if first == "no":
                return len(words) > 1 and words[1] in ("shutdown", "switchport", "ip", "keepalive", "cdp")
            return first in _INTERFACE_WORDS or (first == "crypto" and len(words) == 3 and words[1] == "map")
        case ["ip" | "ipv6", "access-list", *_]:
            return first in _ENTRY_WORDS or (first.isdecimal() and len(words) > 1 and words[1] in _ENTRY_WORDS)
        case ["object-group", *_]:
            return first in _MEMBER_WORDS or (first[:1].isdecimal() and len(words) < 3)
        case ["crypto", "map" | "dynamic-map", *_] | ["route-map" | "class-map", *_]:
            return first in ("match", "set")
        case ["policy-map", *_]:
            return first in ("class", "inspect", "pass", "drop")
        case ["zone-pair", *_]:
            return first == "service-policy"
        case ["vlan", "access-map", *_]:
            return first in ("match", "action")
    return False
