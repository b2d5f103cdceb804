"""Writes a configuration in the syntax of AlliedWare Plus: hardware lists, the firewall, interfaces, routes, NAT.

What is written means the same when it is read again. Hardware lists know prefixes and single ranges of ports alone, so
one rule may become several entries that follow one another. A rule that is not exact is tied to a VLAN, which says no
more; one that was not understood ends with `UNREADABLE`, so that a device refuses it.
"""

from collections.abc import Iterator

from sekisho.adapters.configurations.cisco_like.writing import (
    UNREADABLE,
    base_name,
    by_port,
    family,
    list_name,
    mask_of,
    ports_text,
    protocol_word,
    protocols_of,
    remark,
)
from sekisho.domain.network.addresses import ANY_V4, ANY_V6, V6_BASE, address_text, prefixes_of
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Action, AtInterface, Everywhere, Rule, RuleSet
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, ICMP, ICMP6, PORTS, WITH_PORTS

_NOT_FIXED = 0


def emit(configuration: DeviceConfiguration) -> str:
    """Return `configuration` as the text of an AlliedWare Plus configuration."""
    return _Writer(configuration).text()


class _Writer:
    """Collects the parts of one text; lists, entities and applications get their names as they are needed."""

    def __init__(self, configuration: DeviceConfiguration) -> None:
        self._configuration = configuration
        self._lists: list[str] = []
        self._entities: dict[tuple[Ranges, str], str] = {}
        self._applications: dict[tuple[int, int, int, tuple[int, int]], str] = {}
        self._definitions: list[str] = []
        self._at: dict[str, list[str]] = {}
        self._global: list[str] = []
        self._taken: set[str] = set()

    def text(self) -> str:
        firewall: list[str] = []
        for ruleset in self._configuration.rulesets:
            if isinstance(ruleset.at, Everywhere) and ruleset.stateful:
                firewall = self._firewall(ruleset)
            elif isinstance(ruleset.at, Everywhere):
                self._global += [f"access-group {name}" for name, is_v6 in self._hardware(ruleset) if not is_v6]
            elif isinstance(ruleset.at, AtInterface) and ruleset.at.interface == base_name(ruleset.at.interface):
                for name, is_v6 in self._hardware(ruleset):
                    how = "ipv6 traffic-filter" if is_v6 else "access-group"
                    self._at.setdefault(ruleset.at.interface, []).append(f" {how} {name}")
        nats = self._nats()
        parts = [
            f"hostname {self._configuration.hostname or 'awplus'}",
            *self._definitions,
            *firewall,
            *nats,
            *self._lists,
            *self._ports(),
            *self._global,
            *self._routes(),
            "end",
        ]
        return "\n".join(parts) + "\n"

    # ---- hardware lists ----

    def _hardware(self, ruleset: RuleSet) -> Iterator[tuple[str, bool]]:
        """Write a rule set as one list for each family, and yield their names."""
        rules = ruleset.rules
        if ruleset.default is not Action.PERMIT:
            rules = (*rules, Rule(0, ruleset.default))
        for is_v6 in (False, True):
            entries = [text for rule in rules for text in _entries(rule, is_v6=is_v6)]
            if entries:
                name = list_name(ruleset.name or str(ruleset.at), self._taken)
                self._lists.append(f"ipv6 access-list {name}" if is_v6 else f"access-list hardware {name}")
                self._lists += [f" {10 * number} {text}" for number, text in enumerate(entries, 1)]
                yield name, is_v6

    # ---- the firewall ----

    def _firewall(self, ruleset: RuleSet) -> list[str]:
        lines, number = ["firewall"], 0
        for rule in ruleset.rules:
            action = "deny" if rule.action is Action.DENY else "permit"
            end = "" if rule.is_exact and rule.action is not Action.UNKNOWN else " no-state-enforcement"
            for application in self._named(rule):
                source = self._entity(rule.src, next(iter(rule.entering or ()), ""))
                target = self._entity(rule.dst, next(iter(rule.leaving or ()), ""))
                number += 10
                what = "" if rule.action is not Action.UNKNOWN else f" {UNREADABLE}"
                lines.append(
                    f" rule {number} {action} {application} from {source} to {target if not what else UNREADABLE}{end}"
                )
        return [*lines, " protect"]

    def _named(self, rule: Rule) -> Iterator[str]:
        """Yield the applications that make up the services of a rule."""
        if rule.service == ANY_SERVICE and rule.source_ports == ANY_PORT:
            yield "any"
            return
        for protocol, low, high in protocols_of(rule.service):
            for source in rule.source_ports.spans if protocol in WITH_PORTS else ((0, PORTS - 1),):
                key = (protocol, low, high, source)
                if key not in self._applications:
                    name = self._applications[key] = list_name(f"app-{len(self._applications) + 1}", self._taken)
                    self._definitions += [f"application {name}", f" protocol {protocol_word(protocol)}"]
                    if protocol in WITH_PORTS:
                        self._definitions += [f" sport {source[0]}-{source[1]}", f" dport {low}-{high}"]
                yield self._applications[key]

    def _entity(self, addresses: Ranges, interface: str) -> str:
        key = (addresses, interface)
        if key not in self._entities:
            name = self._entities[key] = list_name(f"zone-{len(self._entities) + 1}", self._taken)
            self._definitions += [f"zone {name}", " network net"]
            where = f" interface {interface}" if interface else ""
            for first, last in addresses.spans:
                for prefix in prefixes_of((first, last)):
                    self._definitions.append(f"  ip{'v6' if first >= V6_BASE else ''} subnet {prefix}{where}")
        return self._entities[key]

    def _nats(self) -> list[str]:
        lines: list[str] = []
        own = {one.id: one.address for one in self._configuration.interfaces}
        for masked in self._configuration.source_nats:
            source, target = self._entity(masked.inside, ""), self._entity(ANY_V4, masked.interface)
            mask = ""
            if masked.outside not in (_NOT_FIXED, own.get(masked.interface)):
                mask = f" with src {self._entity(Ranges.single(masked.outside), masked.interface)}"
            lines.append(f" rule {10 * (len(lines) + 1)} masq any from {source} to {target}{mask}")
        for nat in self._configuration.static_nats:
            source = self._entity(ANY_V4, nat.interface)
            inside = self._entity(Ranges(((nat.inside, nat.inside + nat.outside.size - 1),)), "")
            to = (
                ""
                if nat.outside.first in (_NOT_FIXED, own.get(nat.interface))
                else f" to {self._entity(nat.outside, '')}"
            )
            port = f" dport {nat.inside_port}" if nat.inside_port is not None else ""
            for application in self._named(Rule(0, Action.PERMIT, service=nat.service)):
                number = 10 * (len(lines) + 1)
                lines.append(f" rule {number} portfwd {application} from {source}{to} with dst {inside}{port}")
        return ["nat", *lines, " enable"] if lines else []

    # ---- the rest ----

    def _ports(self) -> list[str]:
        lines: list[str] = []
        for name, interfaces in by_port(self._configuration).items():
            lines.append(f"interface {name}")
            lines += [f" description {remark(interfaces[0].name)}"] if interfaces[0].name else []
            has_primary = False
            for one in interfaces:
                if one.address is None or one.network is None:
                    lines += [] if name.startswith("port") else [" ip address dhcp"]
                    continue
                bits = prefixes_of(one.network)[0].partition("/")[2]
                is_v6 = one.address >= V6_BASE
                secondary = " secondary" if has_primary and not is_v6 else ""
                has_primary |= not is_v6
                lines.append(f" {'ipv6' if is_v6 else 'ip'} address {address_text(one.address)}/{bits}{secondary}")
            lines += self._at.get(name, [])
        return lines

    def _routes(self) -> list[str]:
        return [
            f"{'ip' if mask_of(route.prefix) is not None else 'ipv6'} route {prefixes_of(route.prefix)[0]} "
            f"{address_text(route.via) if route.via is not None else route.interface}"
            for route in self._configuration.routes
        ]


def _entries(rule: Rule, *, is_v6: bool) -> Iterator[str]:
    """Yield the entries that together say what a rule says about one family of addresses."""
    src, dst = family(rule.src, is_v6=is_v6), family(rule.dst, is_v6=is_v6)
    if not src or not dst or not rule.enabled or (is_v6 and rule.src == rule.dst == ANY_V4):
        return
    action = "deny" if rule.action is Action.DENY else "permit"
    end = f" {UNREADABLE}" if rule.action is Action.UNKNOWN else "" if rule.is_exact else " vlan 1"
    for service, source_ports, ports in _services(rule, is_v6=is_v6):
        for source in _places(src, is_v6=is_v6):
            for target in _places(dst, is_v6=is_v6):
                yield f"{action} {service} {source}{source_ports} {target}{ports}{end}"


def _services(rule: Rule, *, is_v6: bool) -> Iterator[tuple[str, str, str]]:
    if rule.service == ANY_SERVICE and rule.source_ports == ANY_PORT:
        yield ("ipv6" if is_v6 else "ip"), "", ""
        return
    for protocol, low, high in protocols_of(rule.service):
        word = protocol_word(protocol, is_v6=is_v6)
        if protocol not in WITH_PORTS:
            yield (word if protocol in (ICMP, ICMP6) and not word.isdecimal() else f"proto {protocol}"), "", ""
            continue
        for span in rule.source_ports.spans:
            yield word, ports_text(*span), ports_text(low, high)


def _places(addresses: Ranges, *, is_v6: bool) -> list[str]:
    if addresses == (ANY_V6 if is_v6 else ANY_V4):
        return ["any"]
    return [prefix for span in addresses.spans for prefix in prefixes_of(span)]
