"""Writes a configuration in the syntax of Cisco IOS: rule sets, interfaces, routes and NAT, nothing else.

What is written means the same when it is read again. Sets of addresses and services that no entry can hold become
object groups. A rule that is not exact is written with a qualifier that no packet is known to carry or not; one that
was not understood ends with `UNREADABLE`, so that a device refuses it. Not written: rule sets everywhere, which IOS has
not, and the secrets of tunnels.
"""

from dataclasses import replace

from sekisho.adapters.configurations.cisco_ios.lists import EVALUATE, REFLECT
from sekisho.adapters.configurations.cisco_ios.zones import NO_ZONE
from sekisho.adapters.configurations.cisco_like.writing import (
    UNREADABLE,
    base_name,
    by_port,
    family,
    list_name,
    mask_of,
    numbered,
    ports_text,
    protocol_word,
    protocols_of,
    remark,
    single_protocol,
)
from sekisho.domain.network.addresses import ANY_V4, ANY_V6, V6_BASE, address_text, prefixes_of
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Action, AtInterface, AtZones, Direction, Interface, Rule, RuleSet, State
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, WITH_PORTS

_INSPECT = "ip inspect "


def emit(configuration: DeviceConfiguration) -> str:
    """Return `configuration` as the text of a Cisco IOS configuration."""
    return _Writer(configuration).text()


class _Writer:
    """Collects the parts of one text; groups and lists get their names as they are needed."""

    def __init__(self, configuration: DeviceConfiguration) -> None:
        self._configuration = configuration
        self._groups: dict[tuple[str, Ranges, Ranges], str] = {}
        self._group_lines: list[str] = []
        self._lists: list[str] = []
        self._policies: list[str] = []
        self._inspections: dict[str, None] = {}
        self._ranges: dict[str, str] = {}
        self._at: dict[str, list[str]] = {}
        self._taken: set[str] = set()

    def text(self) -> str:
        for ruleset in self._configuration.rulesets:
            if isinstance(ruleset.at, AtInterface) and ruleset.at.interface == base_name(ruleset.at.interface):
                self._on_interface(ruleset, ruleset.at)
            elif isinstance(ruleset.at, AtZones):
                self._between_zones(ruleset, ruleset.at)
        nats = self._nats()
        ranges = [line for name, end in self._ranges.items() for line in (f"time-range {name}", end) if line]
        parts = [
            "version 15.9",
            f"hostname {self._configuration.hostname or 'router'}",
            *ranges,
            *self._inspections,
            *self._group_lines,
            *self._policies,
            *self._ports(),
            *nats,
            *self._routes(),
            *self._lists,
            "end",
        ]
        return "\n".join(parts) + "\n"

    # ---- rule sets ----

    def _on_interface(self, ruleset: RuleSet, at: AtInterface) -> None:
        rules = ruleset.rules
        if ruleset.default is not Action.DENY:
            last = max([rule.seq for rule in rules], default=0) + 10
            rules = (
                *rules,
                Rule(last, ruleset.default, ANY_V4, ANY_V4),
                Rule(last + 1, ruleset.default, ANY_V6, ANY_V6),
            )
        lines = self._at.setdefault(at.interface, [])
        for is_v6 in (False, True):
            mine = tuple(cut for rule in rules if (cut := _of_family(rule, is_v6=is_v6)) is not None)
            if is_v6 and not mine:
                continue
            name = list_name(ruleset.name or f"{at.interface}-{at.direction.value}", self._taken)
            self._lists += [f"ipv6 access-list {name}" if is_v6 else f"ip access-list extended {name}"]
            self._lists += self._entries(mine, is_v6=is_v6) or [" deny ip any any"]
            how = "ipv6 traffic-filter" if is_v6 else "ip access-group"
            lines.append(f" {how} {name} {at.direction.value}")
        self._inspect(ruleset, at)

    def _inspect(self, ruleset: RuleSet, at: AtInterface) -> None:
        opposite = "out" if at.direction is Direction.IN else "in"
        for rule in ruleset.tracked:
            if not rule.name.startswith(_INSPECT) or rule.origin is None:
                continue
            self._inspections[rule.origin.text] = None
            name = rule.name[len(_INSPECT) :]
            sides = [(at.interface, opposite)]
            if rule.entering is not None or rule.leaving is not None:
                side = "in" if rule.entering is not None else "out"
                sides = [(base_name(one), side) for one in sorted(rule.entering or rule.leaving or ())]
            for interface, side in sides:
                line = f" ip inspect {name} {side}"
                if line not in self._at.setdefault(interface, []):
                    self._at[interface].append(line)

    def _between_zones(self, ruleset: RuleSet, at: AtZones) -> None:
        if NO_ZONE in (at.source, at.target):
            return
        name = list_name(f"{at.source}-{at.target}", self._taken)
        permitted = "inspect" if ruleset.stateful else "pass"
        classes: list[str] = []
        for number, rule in enumerate(ruleset.rules, 1):
            action = "drop" if rule.action is Action.DENY else permitted
            selects = replace(rule, action=Action.PERMIT if rule.action is Action.DENY else rule.action, seq=10)
            for is_v6 in (False, True):
                cut = _of_family(selects, is_v6=is_v6)
                if cut is None:
                    continue
                selected = list_name(f"{name}-{number}{'-v6' if is_v6 else ''}", self._taken)
                head = f"ipv6 access-list {selected}" if is_v6 else f"ip access-list extended {selected}"
                self._lists += [head, *self._entries((cut,), is_v6=is_v6)]
                self._policies += [
                    f"class-map type inspect match-all {selected}",
                    f" match access-group name {selected}",
                ]
                classes += [f" class type inspect {selected}", f"  {action}"]
        self._policies += [f"policy-map type inspect {name}", *classes, " class class-default", "  drop"]
        pair = f"zone-pair security {name} source {at.source} destination {at.target}"
        self._policies += [pair, f" service-policy type inspect {name}"]

    def _entries(self, rules: tuple[Rule, ...], *, is_v6: bool) -> list[str]:
        lines: list[str] = []
        for seq, rule in zip(numbered(rules), rules, strict=True):
            if rule.name and not rule.name.startswith(EVALUATE):
                lines.append(f" remark {remark(rule.name)}")
            head = f" sequence {seq}" if is_v6 else f" {seq}"
            if rule.name.startswith(EVALUATE):
                lines.append(f"{head} {rule.name}")
            else:
                lines.append(f"{head} {self._entry(rule, is_v6=is_v6)}")
        return lines

    def _entry(self, rule: Rule, *, is_v6: bool) -> str:
        action = "deny" if rule.action is Action.DENY else "permit"
        what, source, target = self._service(rule, is_v6=is_v6)
        text = f"{action} {what} {self._addresses(rule.src, is_v6=is_v6)}{source}"
        text += f" {self._addresses(rule.dst, is_v6=is_v6)}{target}"
        if rule.state is State.ESTABLISHED:
            text += " established" if what == "tcp" else " echo-reply"
        for one in rule.objects:
            text += f" {one}" if one.startswith(REFLECT) else ""
        if rule.schedule:
            text += f" time-range {rule.schedule}"
            end = f" absolute end 23:59 {rule.until:%d %B %Y}" if rule.until is not None else ""
            self._ranges[rule.schedule] = end
        if not rule.enabled:
            text += " fragments"
        if rule.action is Action.UNKNOWN:
            return f"{text} {UNREADABLE}"
        return text if rule.is_exact else f"{text} dscp default"

    def _service(self, rule: Rule, *, is_v6: bool) -> tuple[str, str, str]:
        """Return the word for protocol or group, the ports of the sender, and those of the target."""
        is_any_source = rule.source_ports == ANY_PORT
        if rule.service == ANY_SERVICE and is_any_source:
            return ("ipv6" if is_v6 else "ip"), "", ""
        one = single_protocol(rule.service)
        if one is not None and (is_any_source or len(rule.source_ports.spans) == 1):
            protocol, low, high = one
            if protocol not in WITH_PORTS:
                return protocol_word(protocol, is_v6=is_v6), "", ""
            source = "" if is_any_source else ports_text(*rule.source_ports.spans[0])
            return protocol_word(protocol, is_v6=is_v6), source, ports_text(low, high)
        return f"object-group {self._service_group(rule.service, rule.source_ports)}", "", ""

    def _service_group(self, services: Ranges, source_ports: Ranges) -> str:
        key = ("service", services, source_ports)
        if key not in self._groups:
            name = self._groups[key] = list_name(f"SERVICE-{len(self._groups) + 1}", self._taken)
            self._group_lines.append(f"object-group service {name}")
            for protocol, low, high in protocols_of(services):
                if protocol not in WITH_PORTS:
                    self._group_lines.append(f" {protocol_word(protocol)}")
                    continue
                for span in source_ports.spans:
                    source = ports_text(*span)
                    source = f" source{source}" if source else ""
                    self._group_lines.append(f" {protocol_word(protocol)}{source}{ports_text(low, high)}")
        return self._groups[key]

    def _addresses(self, addresses: Ranges, *, is_v6: bool) -> str:
        if addresses == (ANY_V6 if is_v6 else ANY_V4):
            return "any"
        if len(addresses.spans) == 1:
            first, last = addresses.spans[0]
            if first == last:
                return f"host {address_text(first)}"
            prefixes = prefixes_of((first, last))
            if is_v6 and len(prefixes) == 1:
                return prefixes[0]
            masks = mask_of((first, last))
            if masks is not None:
                return f"{masks[0]} {masks[2]}"
        key = ("network", addresses, ANY_PORT)
        if key not in self._groups:
            name = self._groups[key] = list_name(f"NETWORK-{len(self._groups) + 1}", self._taken)
            self._group_lines.append(f"object-group {'v6-network' if is_v6 else 'network'} {name}")
            for first, last in addresses.spans:
                self._group_lines.append(
                    f" host {address_text(first)}"
                    if first == last
                    else f" range {address_text(first)} {address_text(last)}"
                )
        return f"object-group {self._groups[key]}"

    # ---- the rest ----

    def _ports(self) -> list[str]:
        lines: list[str] = []
        outer = {base_name(nat.interface) for nat in self._configuration.static_nats}
        outer |= {base_name(nat.interface) for nat in self._configuration.source_nats}
        pools = {pool.interface: pool.name for pool in self._configuration.vpn_pools}
        ports = by_port(self._configuration)
        zones = {one.zone for group in ports.values() for one in group if one.zone and one.zone != NO_ZONE}
        lines += [f"zone security {zone}" for zone in sorted(zones)]
        for name, interfaces in ports.items():
            lines.append(f"interface {name}")
            lines += self._port(interfaces)
            if outer:
                lines.append(f" ip nat {'outside' if name in outer else 'inside'}")
            if name in pools:
                lines.append(f" peer default ip address pool {pools[name]}")
            lines += self._at.get(name, [])
        return lines

    @staticmethod
    def _port(interfaces: list[Interface]) -> list[str]:
        lines = [f" description {remark(interfaces[0].name)}"] if interfaces[0].name else []
        zone = interfaces[0].zone
        lines += [f" zone-member security {zone}"] if zone and zone != NO_ZONE else []
        has_primary = False
        for one in interfaces:
            masks = mask_of(one.network) if one.network is not None else None
            if one.address is None:
                lines.append(" ip address negotiated")
            elif one.address >= V6_BASE:
                bits = prefixes_of(one.network or (one.address, one.address))[0].partition("/")[2]
                lines.append(f" ipv6 address {address_text(one.address)}/{bits}")
            elif masks is not None:
                secondary = " secondary" if has_primary else ""
                lines.append(f" ip address {address_text(one.address)} {masks[1]}{secondary}")
                has_primary = True
        return lines

    def _routes(self) -> list[str]:
        lines = []
        for route in self._configuration.routes:
            target = " ".join(
                word for word in (route.interface, address_text(route.via) if route.via is not None else None) if word
            )
            masks = mask_of(route.prefix)
            if masks is not None:
                lines.append(f"ip route {masks[0]} {masks[1]} {target or 'dhcp'}")
            else:
                lines.append(f"ipv6 route {prefixes_of(route.prefix)[0]} {target}")
        for pool in self._configuration.vpn_pools:
            for first, last in pool.addresses.spans:
                lines.append(f"ip local pool {pool.name} {address_text(first)} {address_text(last)}")
        return lines

    def _nats(self) -> list[str]:
        own = {one.id: one.address for one in self._configuration.interfaces}
        lines: dict[str, None] = {}
        for nat in self._configuration.static_nats:
            if nat.interface != base_name(nat.interface):
                continue
            first, size = nat.outside.first, nat.outside.size
            is_own = first == 0 or first == own.get(nat.interface)
            outside = f"interface {nat.interface}" if is_own else address_text(first)
            inside = address_text(nat.inside)
            if nat.service == ANY_SERVICE and size > 1:
                mask = mask_of((first, first + size - 1))
                for offset in range(0 if mask is None else size, size):
                    line = f"ip nat inside source static {address_text(nat.inside + offset)} {address_text(first + offset)}"
                    lines[line] = None
                if mask is not None:
                    lines[f"ip nat inside source static network {inside} {outside} {mask[1]}"] = None
            elif nat.service == ANY_SERVICE:
                lines[f"ip nat inside source static {inside} {outside}"] = None
            for protocol, low, high in protocols_of(nat.service) if nat.service != ANY_SERVICE else ():
                for port in range(low, high + 1):
                    there = (nat.inside_port if nat.inside_port is not None else low) + port - low
                    word = protocol_word(protocol)
                    lines[f"ip nat inside source static {word} {inside} {there} {outside} {port}"] = None
        for number, masked in enumerate(self._configuration.source_nats, 1):
            if masked.interface != base_name(masked.interface):
                continue
            selected = list_name(f"NAT-{number}", self._taken)
            entry = f" permit ip {self._addresses(masked.inside & ANY_V4, is_v6=False)} any"
            self._lists += [f"ip access-list extended {selected}", entry]
            to = f"interface {masked.interface}"
            if masked.outside not in (0, own.get(masked.interface)):
                address = address_text(masked.outside)
                lines[f"ip nat pool {selected} {address} {address} prefix-length 32"] = None
                to = f"pool {selected}"
            lines[f"ip nat inside source list {selected} {to} overload"] = None
        return list(lines)


def _of_family(rule: Rule, *, is_v6: bool) -> Rule | None:
    """Return the part of a rule that is about one family of addresses, None for no part."""
    src, dst = family(rule.src, is_v6=is_v6), family(rule.dst, is_v6=is_v6)
    return replace(rule, src=src, dst=dst) if src and dst else None
