"""Reads a configuration of Allied Telesis AlliedWare Plus (CentreCOM x-series switches, AR-series routers).

Semantics kept here:
- hardware access lists look at what enters (there is no other direction), one after the other in the order in which
  they are applied; what none of them matches passes;
- a VLAN access map filters what enters the switch by that VLAN, and so what is routed from it;
- standard and extended lists select for management and routing protocols: they are no filters of forwarded traffic;
- the firewall of AR-series routers works once `protect` is written: rules by number, between entities, everything else
  is dropped, replies pass, and destinations are seen as they are after port forwarding.
Long because one dispatch over commands reads better in one place. A port of a switch routes nothing: a filter on one
is read, but which hosts are behind it only the plan of the network tells.

Source: AlliedWare Plus command references of the x310, x510 and IE340 series ("IPv4 Hardware Access Control List
Commands", "access-group", "vlan access-map", "vlan filter"); technical guide "Firewall and Network Address Translation"
of the AR-series. Uncertain: the number an entry gets when none is written (steps of 10 here; newer versions use 4), and
whether what is sent to the CPU or a mirror port is forwarded all the same (treated as unknown).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sekisho.adapters.configurations.alliedware_plus.firewall import Firewall
from sekisho.adapters.configurations.cisco_ios.rules import PORT_FILTER, numbers_of
from sekisho.adapters.configurations.cisco_like.lists import Dialect, Entry, read_entry
from sekisho.adapters.configurations.cisco_like.objects import NotRead, Objects, masked_span, prefix, v4_number
from sekisho.adapters.configurations.cisco_like.text import (
    NO_SUCH_LIST,
    NOT_AN_ADDRESS,
    NOT_KNOWN,
    ROUTES_APART,
    ROUTES_BY_POLICY,
    ROUTES_LEARNED,
    RULE_NOT_READ,
    Account,
    Block,
    Line,
    blocks,
    likeness_by,
    safe,
    words_of,
)
from sekisho.domain.network.addresses import ANY_V4, ANY_V6
from sekisho.domain.network.configuration import Bearing, DeviceConfiguration
from sekisho.domain.network.model import Action, AtInterface, Direction, Everywhere, Interface, Route, Rule, RuleSet
from sekisho.domain.network.ranges import Span
from sekisho.domain.text import Text

QOS_FILTER = Text(
    "フィルターのリストが QoS の設定から使われています。通すか止めるかは「分からない」と扱います。",
    "QoS uses a filter list. Whether it lets packets pass is treated as unknown.",
)
_MARKS = (
    (r"^interface port\d+\.\d+\.\d+", 0.45),
    (r"^interface vlan\d", 0.15),
    (r"^access-list hardware \S|^access-list 3[0-6]\d\d ", 0.4),
    (
        r"^(?:no )?(?:service (?:telnet|http|ssh|manager)|autoboot|atmf |lacp global-passive|log buffered level|spanning-tree mode)",
        0.15,
    ),
    (r"^(?:vlan database|zone \S+$|firewall$|nat$|no service dhcp-server|no ip multicast-routing)", 0.2),
    (r"(?i)alliedware plus|^awplus|^hostname awplus", 0.5),
    (r"^ ?ip address \d+\.\d+\.\d+\.\d+/\d+", 0.1),
    (r"^version 1\d\.|^interface (?:GigabitEthernet|Vlan)|^ ?nameif |^ip access-list extended", -0.5),
)
_FORWARDED = frozenset({"permit", "copy-to-cpu", "copy-to-mirror"})
_REDIRECTED = frozenset({"send-to-cpu", "send-to-mirror", "send-to-vlan-port"})
_ACTIONS = _FORWARDED | _REDIRECTED | {"deny"}
_IRRELEVANT = words_of(
    """aaa access-class acl-group-set active-discovery alias antivirus arp arp-reply-bc-dmac atmf auth auto autoboot
    awplus-mib banner bandwidth-limit boot bridge cable-diagnostics cdp class-map clock cnpd configuration copy
    cpu-mem-monitoring cpu-threshold crypto ddns ddns-update-method debug default-action dhcp dns do domain-list
    domain-name dos dot1x dpi ecofriendly email enable end environment epsr ethernet event exception exit
    fiber-monitoring findme flowcontrol ftp garp gvrp hostname hw http https icmp igmp instance ip-reputation ips
    isakmp key l2tp l2tp-profile lacp lldp license line linkflap local-proxy-arp log login loop-protection mac
    mac-learning mail maintain malware-protection management max-fib-routes max-static-routes mirror mls modbus monitor mstp mtu
    multicast netconf no ntp openflow password ping-poll platform police policy-map port-vlan-forwarding-priority
    power-inline ppp pppoe-relay private-vlan privilege prompt proxy-autoconfig-file qos radius radius-server raps
    rate-limit reboot region remote-command rmon rsvp security-password service service-policy sflow smtp snmp
    snmp-server software spanning-tree speed ssh ssl stack storm-protection strict-user-process-control switch system
    tacacs tacacs-server tcp telnet test tftp time timezone traffic-control track trigger tunnel ufo undebug unmount
    update url-filter usb username version virtual-chassis vlan vty wireless wrr-queue www xem lrp web-control web-server
    vcs vrf-lite repository trustpoint flow thrash-limiting udld isis dpi-provider upnp utm update-interval wan-bypass
    http-server web-redirect proxy process nd data-base database map priority-queue"""
)
_IRRELEVANT_IP = words_of(
    """as-path bootp community-list ddns dhcp dhcp-client dhcp-relay dhcp-server directed-broadcast dns domain
    domain-list domain-lookup domain-name extcommunity-list forwarding gratuitous-arp gratuitous-arp-link helper-address icmp
    icmp-timestamp igmp irdp limited-local-proxy-arp local-proxy-arp mroute mtu multicast multicast-routing
    name-server ospf pim policy-based-routing prefix-list proxy-arp radius redirects rip route-cache source
    source-guard ssh summary-address tcp tftp tos udp unreachables verify vrf tcp-adjust-mss flow advertise irdp
    rsvp security ping-poll tunnel sla nhrp""",
)
_INTERFACE_WORDS = words_of(
    """arp-security arp auth authentication auto bandwidth bridge-group channel-group crosspad crypto description
    dot1x duplex egress-rate-limit egress-vlan-id encapsulation epsr ethernet fiber flowcontrol ip-reputation keepalive lacp
    lldp linkflap load-interval loop-protection mac mdix mirror mls mstp mtu mru no optimistic-nd platform polarity port
    power-inline ppp pppoe private-vlan qos rmon security server service snmp spanning-tree speed static-channel-group
    storm-control storm-protection switchport thrash-limiting traffic-shaping trust tunnel udld vlan vrrp wrr-queue
    stackport resiliencylink service-policy dialer cellular apn ddns exit ecofriendly ipv6 dhcp queue raps gvrp
    wan-bypass macsec mka lrp atmf cfm l2tp l3-filtering multicast pim source-guard"""
)


@dataclass(slots=True)
class _Port:
    """One interface as written. `groups` are the filters on it, in the order in which they are applied."""

    name: str
    line: Line
    description: str = ""
    networks: list[tuple[int, Span]] = field(default_factory=list)
    groups: list[tuple[str, Line]] = field(default_factory=list)
    groups6: list[tuple[str, Line]] = field(default_factory=list)
    is_down: bool = False
    is_routed: bool = False
    is_switched: bool = False

    @property
    def is_kept(self) -> bool:
        return not self.is_down and (self.is_routed or bool(self.groups or self.groups6))

    def ids(self) -> list[str]:
        more = max(len(self.networks), 1)
        return [self.name] + [f"{self.name}:{number}" for number in range(2, more + 1)]


def likeness(text: str) -> float:
    """Return from 0 to 1 how much `text` looks like an AlliedWare Plus configuration."""
    return likeness_by(text, _MARKS)


def read(text: str) -> DeviceConfiguration:
    """Return what an AlliedWare Plus configuration, free of secrets, says. Never raises for what is written in it."""
    return _Reader(text).configuration()


class _Reader:
    """Reads one configuration: first every block for itself, then what they say together."""

    def __init__(self, text: str) -> None:
        self.account = Account(text)
        objects = Objects(self.account)
        self.dialects = {
            False: Dialect(objects, ANY_V4, has_hardware_addresses=True),
            True: Dialect(objects, ANY_V6, has_hardware_addresses=True),
        }
        self.lists: dict[str, list[tuple[int, Entry]]] = {}
        self.ports: dict[str, _Port] = {}
        self.maps: dict[str, list[tuple[str, Line]]] = {}
        self.vlans: list[tuple[int, str, Line]] = []
        self.everywhere: list[tuple[str, Line]] = []
        self.routes: list[tuple[Route, int]] = []
        self.classes: set[str] = set()
        self.policies: dict[str, set[str]] = {}
        self.firewall = Firewall(self.account)
        self.hostname = ""
        self.known: dict[tuple[str, ...], tuple[Rule, ...]] = {}
        self.room = 100_000  # how many ports and VLANs may still be named, each time counted
        for block in blocks(self.account.lines, _belongs):
            self._block(block)

    def configuration(self) -> DeviceConfiguration:
        """Return everything that was read."""
        ports = [port for port in self.ports.values() if port.is_kept]
        rulesets = [*self._rulesets(ports), *self.firewall.rulesets()]
        interfaces = [one for port in ports for one in _interfaces(port)]
        static_nats, source_nats = self.firewall.nats(interfaces)
        best: dict[Span, int] = {}
        for route, distance in self.routes:
            best[route.prefix] = min(best.get(route.prefix, 256), distance)
        return DeviceConfiguration(
            "alliedware-plus",
            "",
            self.hostname,
            tuple(interfaces),
            tuple(route for route, distance in self.routes if distance == best[route.prefix]),
            tuple(rulesets),
            static_nats,
            source_nats,
            (),
            self.account.unparsed,
            tuple(self.account.notices),
            self.account.understood,
        )

    def _block(self, block: Block) -> None:
        head = block.head
        match head.words:
            case ["interface", *names]:
                for name in _names(",".join(names)):
                    self.room -= 1
                    if self.room > 0:
                        self._interface(name, block)
                if self.room <= 0 or not names:
                    self.account.unread(head, NOT_KNOWN, Bearing.INTERFACE)
            case ["access-list", *_]:
                self._access_list(block)
            case ["access-group", name, *_]:
                self.everywhere.append((name, head))
            case ["acl-group", *_]:
                self.account.unread(head, RULE_NOT_READ, Bearing.FILTER)
            case ["ip", "route", *rest]:
                self._route(head, rest)
            case ["ipv6", "route", *rest]:
                self._route(head, rest)
            case ["ipv6", "access-list", *names] if names:
                self._hardware(names[-1], block, is_v6=True)
            case ["ip", "access-list", *_] | ["ipv6", *_]:
                pass
            case ["ip", "policy-based-routing", *_]:
                self.account.unread(head, ROUTES_BY_POLICY, Bearing.ROUTE)
            case ["ip", word, *_] if word in _IRRELEVANT_IP:
                pass
            case ["vlan", "access-map", name]:
                known = self.maps.setdefault(name, [])
                known += [
                    (line.words[2], line)
                    for line in block.body
                    if line.starts("match", "access-group") and len(line.words) > 2
                ]
            case ["vlan", "filter", name, "vlan-list", *rest]:
                numbers = "".join(word for word in rest if word not in ("input", "output"))
                found = list(numbers_of(numbers)) if self.room > 0 else []
                self.room -= len(found)
                self.vlans += [(vlan, name, head) for vlan in found]
                if not found or "output" in rest:
                    self.account.unread(head, NOT_KNOWN, Bearing.FILTER)
            case ["class-map", name]:
                if any(line.starts("match", "access-group") for line in block.body):
                    self.classes.add(name)
            case ["policy-map", name]:
                self.policies[name] = {
                    line.words[1] for line in block.body if line.words[0] == "class" and len(line.words) > 1
                }
            case ["zone", name]:
                self.firewall.zone(name, block)
            case ["application", name]:
                self.firewall.application(name, block)
            case ["firewall", *_]:
                self.firewall.rules(block)
            case ["nat", *_]:
                self.firewall.translations(block)
            case ["router", "vrrp", *_]:
                self._vrrp(block)
            case ["router", *_]:
                self.account.unread(head, ROUTES_LEARNED, Bearing.ROUTE)
            case ["route-map", *_] | ["ip", "vrf", *_]:
                pass
            case ["hostname", name, *_]:
                self.hostname = name
            case [word, *_] if word not in _IRRELEVANT or head.indent:
                self.account.unread(head, NOT_KNOWN, _bearing(head))

    # ---- access lists ----

    def _access_list(self, block: Block) -> None:
        words = block.head.words
        if len(words) > 2 and words[1] == "hardware":
            self._hardware(words[2], block, is_v6=False)
        elif len(words) > 2 and words[1].isdecimal() and 3000 <= int(words[1][:5]) <= 4699:
            self._entry(words[1], block.head, 2, is_v6=False)
            for line in block.body:
                self._entry(words[1], line, 0, is_v6=False)
        elif len(words) < 3 or not (words[1] in ("standard", "extended") or words[1].isdecimal()):
            self.account.unread(block.head, RULE_NOT_READ, Bearing.FILTER)

    def _hardware(self, name: str, block: Block, *, is_v6: bool) -> None:
        self.lists.setdefault(name, [])
        for line in block.body:
            if line.words[0] not in ("remark", "description", "exit", "no", "commit"):
                self._entry(name, line, 0, is_v6=is_v6)

    def _entry(self, name: str, line: Line, start: int, *, is_v6: bool) -> None:
        entries = self.lists.setdefault(name, [])
        words = line.words
        first = int(name) if name.isdecimal() and len(name) < 6 else 10  # a numbered list is known by its number
        seq = entries[-1][0] + 10 if entries else first
        if words[start].isdecimal() and len(words[start]) < 6 and len(words) > start + 1:
            seq, start = int(words[start]), start + 1
        what = words[start]
        if what in _REDIRECTED or what in _FORWARDED:
            rest = words[start + 1 :]
            if what == "send-to-vlan-port":
                rest = rest[4:]  # "vlan 10 port port1.0.1"
            line = replace(line, words=[*words[:start], "permit", *rest])
        if line.words[start + 1 : start + 2] == ["mac"] or (name.isdecimal() and int(name) >= 4000):
            entry = _by_hardware_address(line, start, seq, name)
        else:
            entry = read_entry(line, start, self.dialects[is_v6], seq, name)
        if entry.why is not None:
            self.account.unread(line, entry.why, Bearing.FILTER)
        elif what in _REDIRECTED:
            entry = replace(entry, rules=tuple(replace(rule, action=Action.UNKNOWN) for rule in entry.rules))
        entries.append((seq, entry))

    def _rules(self, applied: list[tuple[str, Line]]) -> tuple[Rule, ...]:
        """Return the rules of lists that are applied one after the other."""
        key = tuple(name for name, _ in applied)
        if key not in self.known or any(name not in self.lists for name in key):
            self.known[key] = tuple(self._rules_of(applied))
        return self.known[key]

    def _rules_of(self, applied: list[tuple[str, Line]]) -> list[Rule]:
        found: list[Rule] = []
        for name, line in applied:
            known = self.lists.get(name)
            if known is None:
                self.account.unread(line, NO_SUCH_LIST.filled(name=name), Bearing.FILTER)
                found.append(Rule(1, Action.UNKNOWN, is_exact=False, name=name, origin=line.origin))
                continue
            for _, entry in sorted(known, key=lambda one: one[0]):
                found += entry.rules
        return _counted(found)

    def _rulesets(self, ports: list[_Port]) -> Iterator[RuleSet]:
        by_vlan = self._by_vlan()
        for port in ports:
            applied = [*by_vlan.pop(port.name, []), *port.groups, *port.groups6]
            if applied:
                name = " + ".join(dict.fromkeys(one for one, _ in applied))
                for one in port.ids():
                    place = AtInterface(one, Direction.IN)
                    rules = self._rules(applied)
                    yield RuleSet("", place, Action.PERMIT, rules, stateful=False, source="parsed", name=name)
                if port.is_switched or (port.name.startswith("port") and not port.is_routed):
                    self.account.tell(applied[0][1], "port-filter", PORT_FILTER)
        if self.everywhere:
            rules = self._rules(self.everywhere)
            yield RuleSet("", Everywhere(), Action.PERMIT, rules, stateful=False, source="parsed", name="access-group")

    def _by_vlan(self) -> dict[str, list[tuple[str, Line]]]:
        found: dict[str, list[tuple[str, Line]]] = {}
        for vlan, name, line in self.vlans:
            lists = self.maps.get(name)
            found.setdefault(f"vlan{vlan}", []).extend(lists if lists else [(name, line)])
        return found

    # ---- interfaces and routes ----

    def _interface(self, name: str, block: Block) -> None:
        port = self.ports.setdefault(name, _Port(name, block.head))
        for line in block.body:
            match line.words:
                case ["shutdown"]:
                    port.is_down = True
                case ["no", "shutdown"]:
                    port.is_down = False
                case ["description", *_]:
                    port.description = safe(line.text[len("description") :])
                case ["no", "switchport"]:
                    port.is_switched = False
                case ["switchport", *_]:
                    port.is_switched = True
                case (
                    ["access-group", group, *_] | ["ip", "access-group", group, *_] | ["mac", "access-group", group, *_]
                ):
                    port.groups.append((group, line))
                case ["ipv6", "traffic-filter", group, *_]:
                    port.groups6.append((group, line))
                case ["ip" | "ipv6", "address", "dhcp" | "negotiated" | "autoconfig", *_] | ["ip", "unnumbered", *_]:
                    port.is_routed = True
                case ["ip" | "ipv6", "address", address, *rest] if address != "suffix":
                    self._address(port, line, address, rest)
                case ["ip" | "vrf", "vrf" | "forwarding", *_]:
                    self.account.unread(line, ROUTES_APART, Bearing.ROUTE)
                case ["ip", "policy-map" | "policy-route" | "policy", *_]:
                    self.account.unread(line, ROUTES_BY_POLICY, Bearing.ROUTE)
                case ["service-policy", "input", policy, *_] if self._filters_by_qos(policy):
                    self.account.unread(line, QOS_FILTER, Bearing.FILTER)
                    port.groups.append((policy, line))
                case ["ip", word, *_] if word in _IRRELEVANT_IP:
                    pass
                case [word, *_] if word not in _INTERFACE_WORDS:
                    self.account.unread(line, NOT_KNOWN, _bearing(line))

    def _filters_by_qos(self, policy: str) -> bool:
        return bool(self.policies.get(policy, set()) & self.classes)

    def _address(self, port: _Port, line: Line, written: str, rest: list[str]) -> None:
        try:
            if "/" in written:
                host, span = prefix(written.partition("/")[0])[0], prefix(written)
            else:
                address, mask = v4_number(written), v4_number(rest[0]) if rest else None
                if address is None or mask is None:
                    raise NotRead(written)
                host, span = address, masked_span(address, mask)
        except NotRead:
            self.account.unread(line, NOT_AN_ADDRESS, Bearing.INTERFACE)
            return
        port.is_routed = True
        port.networks.insert(len(port.networks) if "secondary" in rest or host >= 1 << 32 else 0, (host, span))

    def _vrrp(self, block: Block) -> None:
        """Take a block "router vrrp 1 vlan10"; the address that devices share is one more of the interface."""
        port = self.ports.get(block.head.words[-1])
        for line in block.body:
            if line.starts("virtual-ip") and len(line.words) > 1 and port is not None:
                address = v4_number(line.words[1])
                span = next(
                    (one for _, one in port.networks if address is not None and one[0] <= address <= one[1]), None
                )
                if address is not None and span is not None and "owner" not in line.words:
                    port.networks.append((address, span))

    def _route(self, line: Line, rest: list[str]) -> None:
        if rest[:1] == ["vrf"]:
            self.account.unread(line, ROUTES_APART, Bearing.ROUTE)
            return
        try:
            if "/" in rest[0]:
                span, rest = prefix(rest[0]), rest[1:]
            else:
                address, mask = v4_number(rest[0]), v4_number(rest[1])
                if address is None or mask is None:
                    raise NotRead(rest[0])
                span, rest = masked_span(address, mask), rest[2:]
            number = v4_number(rest[0])
            via = number if number is not None else prefix(rest[0])[0] if ":" in rest[0] else None
            route = Route(span, via, None if via is not None else rest[0])
            if via is None and not rest[0][:1].isalpha():
                raise NotRead(rest[0])
            numbers = [int(word) for word in rest[1:] if word.isdecimal() and len(word) < 4]
            self.routes.append((route, numbers[0] if numbers else 1))
        except (NotRead, IndexError):
            self.account.unread(line, NOT_AN_ADDRESS, Bearing.ROUTE)


def _by_hardware_address(line: Line, start: int, seq: int, name: str) -> Entry:
    """Return an entry that looks at MAC addresses: which IP addresses have them is not known."""
    rest = [word for word in line.words[start + 1 :] if word not in ("mac", "vlan", "log")]
    is_any = rest[:2] == ["any", "any"] and len(rest) == 2
    if line.words[start] not in ("permit", "deny") or not rest:
        rule = Rule(seq, Action.UNKNOWN, is_exact=False, name=name, origin=line.origin)
        return Entry((rule,), RULE_NOT_READ)
    action = Action.PERMIT if line.words[start] == "permit" else Action.DENY
    return Entry((Rule(seq, action, is_exact=is_any, name=name, origin=line.origin),))


def _counted(rules: list[Rule]) -> list[Rule]:
    """Return the rules with numbers that go up: those of a later list are shifted where they would come again."""
    found: list[Rule] = []
    shift, last, list_name = 0, 0, ""
    for rule in rules:
        if rule.name != list_name and rule.seq + shift <= last:
            shift += 10 ** len(str(last))
        list_name, last = rule.name, rule.seq + shift
        found.append(replace(rule, seq=last) if shift else rule)
    return found


def _interfaces(port: _Port) -> list[Interface]:
    networks: list[tuple[int | None, Span | None]] = [*port.networks]
    return [
        Interface(name, address=address, network=network, name=port.description)
        for name, (address, network) in zip(port.ids(), networks or [(None, None)], strict=True)
    ]


def _names(text: str) -> Iterator[str]:
    """Yield the interfaces of "port1.0.1-1.0.4,port1.0.7" or "vlan10", at most 1,024 in all."""
    count = 0
    for part in text.split(","):
        first, _, last = part.partition("-")
        stem, number = _split(first)
        _, end = _split(last)
        if not last or not stem.startswith(("port", "vlan")) or number is None or end is None or end < number:
            yield part
            count += 1
        else:
            for one in range(number, min(end, number + 1023) + 1):
                yield f"{stem}{one}"
                count += 1
        if count > 1024:
            return


def _split(name: str) -> tuple[str, int | None]:
    """Return a name without the number at its end, and the number."""
    stem = name.rstrip("0123456789")
    digits = name[len(stem) :]
    return stem, int(digits) if digits and len(digits) < 5 and digits.isascii() else None


def _bearing(line: Line) -> Bearing:
    text = line.text.lower()
    if any(word in text for word in ("access-", "filter", "acl", "firewall", "permit", "deny")):
        return Bearing.FILTER
    return Bearing.NAT if "nat" in line.words else Bearing.ROUTE if "route" in text else Bearing.OTHER


def _belongs(head: Line, line: Line) -> bool:
    """Return whether `line`, written without indentation, belongs to the block that `head` opens."""
    words, first = line.words, line.words[0]
    match head.words:
        case ["interface", *_]:
            if first in ("ip", "ipv6"):
                return len(words) > 1 and words[1] in ("address", "access-group", "traffic-filter", "unnumbered")
            return first in ("switchport", "shutdown", "description", "access-group", "encapsulation") or (
                first == "no" and words[1:2] in (["shutdown"], ["switchport"])
            )
        case ["access-list", "hardware", *_] | ["ipv6", "access-list", *_]:
            return first in _ACTIONS or (first.isdecimal() and words[1:2] != [] and words[1] in _ACTIONS)
        case ["zone", *_]:
            return first in ("network", "host") or line.starts("ip", "subnet") or line.starts("ip", "address")
        case ["firewall"] | ["nat"]:
            return first in ("rule", "protect", "enable")
        case ["vlan", "access-map", *_] | ["class-map", *_]:
            return first == "match"
    return False
