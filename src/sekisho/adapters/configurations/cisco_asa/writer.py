"""Writes a configuration in the syntax of Cisco ASA: interfaces, rule sets, NAT, routes, nothing else.

What is written means the same when it is read again. Rules that came from the global list, or let VPN traffic past the
list, are written into the list of each interface. Security levels are counted anew: only their order has a meaning. A
rule that is not exact, or was not understood, ends with `UNREADABLE`, so that the device refuses it.
"""

from sekisho.adapters.configurations.cisco_asa.rules import HIGHER_LEVEL, SAME_LEVEL
from sekisho.adapters.configurations.cisco_like.writing import (
    UNREADABLE,
    base_name,
    by_port,
    list_name,
    mask_of,
    ports_text,
    protocol_word,
    protocols_of,
    remark,
    single_protocol,
)
from sekisho.domain.network.addresses import (
    ANY_ADDRESS,
    ANY_V4,
    ANY_V6,
    V6_BASE,
    address_text,
    prefix_span,
    prefixes_of,
)
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Action, AtInterface, Direction, Everywhere, Interface, Rule, RuleSet, State
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, ICMP, ICMP6, WITH_PORTS, ports_of

MANAGEMENT = "management-only"


def emit(configuration: DeviceConfiguration) -> str:
    """Return `configuration` as the text of a Cisco ASA configuration."""
    return _Writer(configuration).text()


class _Writer:
    """Collects the parts of one text; objects and lists get their names as they are needed."""

    def __init__(self, configuration: DeviceConfiguration) -> None:
        self._configuration = configuration
        self._groups: dict[tuple[str, Ranges, Ranges], str] = {}
        self._objects: list[str] = []
        self._lists: list[str] = []
        self._applied: list[str] = []
        self._ranges: dict[str, str] = {}
        self._taken: set[str] = set()
        self._ports = by_port(configuration)
        self._nameif = {name: one[0].zone or f"if{at}" for at, (name, one) in enumerate(self._ports.items())}
        self._sets = {
            (ruleset.at.interface, ruleset.at.direction): ruleset
            for ruleset in configuration.rulesets
            if isinstance(ruleset.at, AtInterface)
        }

    def text(self) -> str:
        is_old = any(not nat.filters_see_inside for nat in self._configuration.static_nats)
        for (interface, direction), ruleset in self._sets.items():
            if interface in self._ports and ruleset.name not in (HIGHER_LEVEL, MANAGEMENT):
                self._list(interface, direction, ruleset)
        nats = self._old_nats() if is_old else self._nats()
        ranges = [line for name, end in self._ranges.items() for line in (f"time-range {name}", end) if line]
        parts = [
            f"ASA Version {'8.2(5)' if is_old else '9.16(1)'}",
            f"hostname {self._configuration.hostname or 'firewall'}",
            *self._interfaces(),
            *self._same_security(),
            *ranges,
            *self._objects,
            *self._lists,
            *nats,
            *self._applied,
            *self._routes(),
        ]
        return "\n".join(parts) + "\n"

    # ---- interfaces and levels ----

    def _interfaces(self) -> list[str]:
        lines: list[str] = []
        levels = self._levels()
        given = {base_name(one.interface or "") for one in self._configuration.routes if one.via is None}
        for name, interfaces in self._ports.items():
            ruleset = self._sets.get((name, Direction.IN))
            lines += [f"interface {name}"]
            lines += [f" description {remark(interfaces[0].name)}"] if interfaces[0].name else []
            lines += [f" nameif {self._nameif[name]}", f" security-level {levels[name]}"]
            lines += [" management-only"] if ruleset is not None and ruleset.name == MANAGEMENT else []
            lines += [_address(one, sets_route=name in given) for one in interfaces]
        return lines

    def _levels(self) -> dict[str, int]:
        """Return security levels that let the same interfaces send to the same others.

        An interface without a list tells which ones are lower; one with a list stands right below the lowest of those
        that may send to it. Interfaces that are told to be of one level get the same.
        """
        lower = {name: self._targets(name, HIGHER_LEVEL) for name in self._ports if self._is_by_level(name)}
        alike = {name: name for name in self._ports}
        for group in self._of_one_level():
            first = min((alike[one] for one in group), key=list(self._ports).index)
            alike |= {name: first for name in self._ports if alike[name] in {alike[one] for one in group}}
        ranks = sorted({len(one) for one in lower.values()})
        found: dict[str, int] = {}
        for name in self._ports:
            tells = [one for one in self._ports if alike[one] == alike[name] and one in lower]
            if tells:
                found[name] = min(10 * ranks.index(len(lower[tells[0]])) + 9, 100)
                continue
            above = [len(below) for below in lower.values() if name in below]
            rank = ranks.index(min(above)) if above else len(ranks)
            step = [one for one in self._ports if one not in lower and alike[one] == one].index(alike[name])
            found[name] = min(10 * rank + step % 9, 100)
        return found

    def _is_by_level(self, name: str) -> bool:
        ruleset = self._sets.get((name, Direction.IN))
        return ruleset is not None and ruleset.name == HIGHER_LEVEL

    def _targets(self, name: str, of_name: str) -> set[str]:
        ruleset = self._sets.get((name, Direction.IN))
        rules = ruleset.rules if ruleset is not None else ()
        return {base_name(one) for rule in rules if rule.name == of_name for one in rule.leaving or () if one}

    def _of_one_level(self) -> list[set[str]]:
        """Return the sets of interfaces that rules tell to be of one level."""
        found = [{base_name(one) for one in rule.leaving or ()} for one in self._everywhere() for rule in one.rules]
        found += [self._targets(name, SAME_LEVEL) for name in self._ports]
        return [group for group in found if len(group) > 1 and group <= set(self._ports)]

    def _everywhere(self) -> list[RuleSet]:
        found = self._configuration.rulesets
        return [one for one in found if isinstance(one.at, Everywhere) and one.name == SAME_LEVEL]

    def _same_security(self) -> list[str]:
        rules = [rule for ruleset in self._everywhere() for rule in ruleset.rules]
        turns = not rules or any(rule.action is Action.PERMIT for rule in rules)
        apart = {base_name(one) for rule in rules if rule.action is Action.DENY for one in rule.leaving or ()}
        is_each_for_itself = bool(rules) and all(
            rule.action is Action.DENY and len({base_name(one) for one in rule.leaving or ()}) == 1 for rule in rules
        )
        lines = ["same-security-traffic permit intra-interface"] if turns else []
        if not rules or (is_each_for_itself and len(apart) > 1):
            lines.append("same-security-traffic permit inter-interface")
        return lines

    # ---- lists ----

    def _list(self, interface: str, direction: Direction, ruleset: RuleSet) -> None:
        name = list_name(ruleset.name or f"{interface}-{direction.value}", self._taken)
        rules = [rule for rule in ruleset.rules if rule.leaving is None and rule.entering is None]
        said = ""
        for rule in rules:
            if rule.name and rule.name != said:
                self._lists.append(f"access-list {name} remark {remark(rule.name)}")
            said = rule.name
            self._lists.append(f"access-list {name} extended {self._entry(rule)}")
        if ruleset.default is not Action.DENY or not rules:
            how = "deny" if ruleset.default is Action.DENY else "permit"
            end = f" {UNREADABLE}" if ruleset.default is Action.UNKNOWN else ""
            self._lists.append(f"access-list {name} extended {how} ip any any{end}")
        self._applied.append(f"access-group {name} {direction.value} interface {self._nameif[interface]}")

    def _entry(self, rule: Rule) -> str:
        action = "deny" if rule.action is Action.DENY else "permit"
        what, source, target = self._service(rule)
        text = f"{action} {what} {self._addresses(rule.src)}{source} {self._addresses(rule.dst)}{target}"
        if rule.state is State.ESTABLISHED and rule.service in (ports_of(ICMP), ports_of(ICMP6)):
            text += " echo-reply"
        if rule.schedule:
            text += f" time-range {rule.schedule}"
            self._ranges[rule.schedule] = f" absolute end 23:59 {rule.until:%d %B %Y}" if rule.until is not None else ""
        if not rule.enabled:
            text += " inactive"
        return text if rule.is_exact and rule.action is not Action.UNKNOWN else f"{text} {UNREADABLE}"

    def _service(self, rule: Rule) -> tuple[str, str, str]:
        is_any_source = rule.source_ports == ANY_PORT
        if rule.service == ANY_SERVICE and is_any_source:
            return "ip", "", ""
        one = single_protocol(rule.service)
        if one is not None and (is_any_source or len(rule.source_ports.spans) == 1):
            protocol, low, high = one
            if protocol == ICMP6:
                return "icmp6", "", ""
            if protocol not in WITH_PORTS:
                return protocol_word(protocol), "", ""
            source = "" if is_any_source else ports_text(*rule.source_ports.spans[0])
            return protocol_word(protocol), source, ports_text(low, high)
        key = ("service", rule.service, rule.source_ports)
        if key not in self._groups:
            self._groups[key] = list_name(f"SERVICE-{len(self._groups) + 1}", self._taken)
            self._objects += [f"object-group service {self._groups[key]}", *_members(rule)]
        return f"object-group {self._groups[key]}", "", ""

    def _addresses(self, addresses: Ranges) -> str:
        for known, word in ((ANY_ADDRESS, "any"), (ANY_V4, "any4"), (ANY_V6, "any6")):
            if addresses == known:
                return word
        if len(addresses.spans) == 1:
            first, last = addresses.spans[0]
            masks = mask_of((first, last))
            if first == last:
                return f"host {address_text(first)}"
            if masks is not None:
                return f"{masks[0]} {masks[1]}"
            if first >= V6_BASE and len(prefixes_of((first, last))) == 1:
                return prefixes_of((first, last))[0]
        return f"object-group {self._group(addresses)}"

    def _group(self, addresses: Ranges) -> str:
        key = ("network", addresses, ANY_PORT)
        if key not in self._groups:
            name = self._groups[key] = list_name(f"NETWORK-{len(self._groups) + 1}", self._taken)
            members = []
            for at, (first, last) in enumerate(addresses.spans, 1):
                if first == last:
                    members.append(f" network-object host {address_text(first)}")
                    continue
                one = list_name(f"{name}-{at}", self._taken)
                self._objects += [f"object network {one}", f" range {address_text(first)} {address_text(last)}"]
                members.append(f" network-object object {one}")
            self._objects += [f"object-group network {name}", *members]
        return self._groups[key]

    # ---- NAT and routes ----

    def _object(self, first: int, last: int) -> str:
        name = list_name("NAT", self._taken)
        range_text = (
            f"host {address_text(first)}" if first == last else f"range {address_text(first)} {address_text(last)}"
        )
        self._objects += [f"object network {name}", f" {range_text}"]
        return name

    def _nats(self) -> list[str]:
        own = {one.id: one.address for one in self._configuration.interfaces}
        lines: list[str] = []
        for nat in self._configuration.static_nats:
            width = nat.outside.size - 1
            first = nat.outside.first
            is_own = first in (0, own.get(nat.interface))
            to = "interface" if is_own else self._object(first, first + width)
            where = self._nameif[base_name(nat.interface)]
            if nat.service == ANY_SERVICE:
                inside = self._object(nat.inside, nat.inside + width)
                lines.append(f"nat (any,{where}) source static {inside} {to}")
            for protocol, low, high in protocols_of(nat.service) if nat.service != ANY_SERVICE else ():
                for port in range(low, high + 1):
                    there = (nat.inside_port if nat.inside_port is not None else low) + port - low
                    inside = self._object(nat.inside, nat.inside + width)
                    forwarded = f"service {protocol_word(protocol)} {there} {port}"
                    lines += [f"object network {inside}", f" nat (any,{where}) static {to} {forwarded}"]
        for masked in self._configuration.source_nats:
            where = self._nameif[base_name(masked.interface)]
            is_own = masked.outside in (0, own.get(masked.interface))
            to = "interface" if is_own else self._object(masked.outside, masked.outside)
            inside = "any" if masked.inside == ANY_V4 else self._group(masked.inside)
            lines.append(f"nat (any,{where}) after-auto source dynamic {inside} {to}")
        return lines

    def _old_nats(self) -> list[str]:
        own = {one.id: one.address for one in self._configuration.interfaces}
        lines: list[str] = []
        for nat in self._configuration.static_nats:
            where = self._nameif[base_name(nat.interface)]
            real = next((name for name in self._nameif.values() if name != where), "inside")
            masks = mask_of((nat.outside.first, nat.outside.first + nat.outside.size - 1))
            mask = masks[1] if masks is not None else "255.255.255.255"
            is_own = nat.outside.first in (0, own.get(nat.interface))
            to, inside = "interface" if is_own else address_text(nat.outside.first), address_text(nat.inside)
            if nat.service == ANY_SERVICE:
                lines.append(f"static ({real},{where}) {to} {inside} netmask {mask}")
            for protocol, low, high in protocols_of(nat.service) if nat.service != ANY_SERVICE else ():
                for port in range(low, high + 1):
                    there = (nat.inside_port if nat.inside_port is not None else low) + port - low
                    word = protocol_word(protocol)
                    lines.append(f"static ({real},{where}) {word} {to} {port} {inside} {there} netmask {mask}")
        for number, masked in enumerate(self._configuration.source_nats, 1):
            where = self._nameif[base_name(masked.interface)]
            real = next((name for name in self._nameif.values() if name != where), "inside")
            is_own = masked.outside in (0, own.get(masked.interface))
            lines.append(f"global ({where}) {number} {'interface' if is_own else address_text(masked.outside)}")
            for span in masked.inside.spans:
                for masks in (mask_of(prefix_span(prefix)) for prefix in prefixes_of(span)):
                    lines += [f"nat ({real}) {number} {masks[0]} {masks[1]}"] if masks is not None else []
        return lines

    def _routes(self) -> list[str]:
        lines = []
        for route in self._configuration.routes:
            where = self._nameif.get(base_name(route.interface or ""), "Null0")
            masks = mask_of(route.prefix)
            if route.via is None:
                continue  # given by the provider, with the address
            via = address_text(route.via)
            if masks is not None:
                lines.append(f"route {where} {masks[0]} {masks[1]} {via} 1")
            else:
                lines.append(f"ipv6 route {where} {prefixes_of(route.prefix)[0]} {via}")
        return lines


def _address(interface: Interface, *, sets_route: bool) -> str:
    if interface.address is None or interface.network is None:
        return f" ip address dhcp{' setroute' if sets_route else ''}"
    if interface.address >= V6_BASE:
        return f" ipv6 address {address_text(interface.address)}/{prefixes_of(interface.network)[0].partition('/')[2]}"
    masks = mask_of(interface.network)
    return f" ip address {address_text(interface.address)} {masks[1] if masks is not None else '255.255.255.255'}"


def _members(rule: Rule) -> list[str]:
    lines = []
    for protocol, low, high in protocols_of(rule.service):
        word = "icmp6" if protocol == ICMP6 else protocol_word(protocol)
        if protocol not in WITH_PORTS:
            lines.append(f" service-object {word}")
            continue
        for span in rule.source_ports.spans:
            source, target = ports_text(*span), ports_text(low, high)
            source, target = f" source{source}" if source else "", f" destination{target}" if target else ""
            lines.append(f" service-object {word}{source}{target}")
    return lines
