"""Reads PAN-OS configurations (XML): security rules, NAT, zones, interfaces, static routes, GlobalProtect pools.

All rules of a vsys make one stateful rule set that every packet through the device meets; each rule names the interfaces
of its zones. Order: pre-rules pushed by Panorama, the firewall's own rules, post-rules, the two default rules. A file
without any security rules (a firewall whose rules live in Panorama) is unknown, not closed.

Source: PAN-OS administrator's guide 9.1 to 11.1 and the XML that `show config running`/`show config merged` print. Uncertain:
standard ports of applications outside the short table here count as every port.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sekisho.adapters.configurations.notes import Notes
from sekisho.adapters.configurations.panos.network import Between, Fabric, nats_of, read_network, vpn_pools
from sekisho.adapters.configurations.panos.objects import Objects
from sekisho.adapters.configurations.panos.rules import SecurityRules, Zones
from sekisho.adapters.configurations.panos.tables import NETWORK_UNDERSTOOD, RULEBASE_UNDERSTOOD, VSYS_UNDERSTOOD
from sekisho.adapters.configurations.panos.translated import seen_inside
from sekisho.adapters.configurations.panos.tree import Document, Element, parse
from sekisho.adapters.configurations.panos.writer import emit
from sekisho.domain.network.configuration import Bearing, DeviceConfiguration, VpnPool
from sekisho.domain.network.model import (
    Action,
    Everywhere,
    Interface,
    Origin,
    Route,
    Rule,
    RuleSet,
    SourceNat,
    StaticNat,
)
from sekisho.domain.text import Text

__all__ = ["emit", "likeness", "read"]

_LOOKED_AT = 20_000
_MARKS = (
    "<rulebase>",
    "<vsys>",
    "<devices>",
    "<security>",
    "<virtual-router>",
    "localhost.localdomain",
    "<mgt-config>",
)
_STEP = 10

_BROKEN = Text(
    "ファイルがここで壊れているか、途中までになっています。この先の規則が分からないため、通信の可否を「不明」として扱います。設定をもう一度、最後まで出力してください。",
    "The file is damaged or breaks off here. What follows is not known, so what it could decide counts as unknown. Please export it again.",
)
_NO_RULES = Text(
    "規則（security rules）がファイルにありません。Panoramaで管理している装置では、「show config merged」で出力してください。",
    "The file has no security rules. For a device managed by Panorama, please export “show config merged”.",
)
_UNKNOWN_SECTION = Text(
    "この種類の設定は、まだ読めません。通信の可否に関わるおそれがあります。",
    "This kind of setting cannot be read yet. It may decide who can talk to whom.",
)
_PBF = Text("ポリシーで経路を変える設定（PBF）は計算に入りません。", "Policy-based forwarding is not computed.")
_SEVERAL = Text(
    "この装置は{count}個のvsys（仮想的に分けた装置）に分かれています。規則はvsysごとに分けて読みました。vsysどうしをつなぐ通信は計算していません。",
    "This device is split into {count} virtual systems. Their rules were read apart; traffic from one to another is not computed.",
)
_GROUPS = Text(
    "Panoramaの設定です。装置グループ{count}個の規則を読みました。装置ごとの設定（show config merged）のほうが確かです。",
    "This is a Panorama configuration. The rules of {count} device groups were read; each device's own merged configuration is surer.",
)


def likeness(text: str) -> float:
    """Return from 0 to 1 how much `text` looks like a PAN-OS configuration."""
    head = text[:_LOOKED_AT].lstrip("\ufeff \r\n\t")
    if not head.startswith("<"):
        return 0.0
    marks = sum(mark in text[: _LOOKED_AT * 10] for mark in _MARKS)
    if re.match(r"(<\?xml[^>]*>\s*)?(<response[^>]*>\s*<result[^>]*>\s*)?<config\b", head):
        return 1.0 if marks or "urldb" in head[:400] else 0.6
    return 0.7 if marks >= 2 else 0.1


def read(text: str) -> DeviceConfiguration:
    """Return what a PAN-OS configuration, free of secrets, says. Never raises."""
    return _Reading(parse(text)).configuration() if text.strip() else DeviceConfiguration("panos")


@dataclass(slots=True)
class _Found:
    interfaces: dict[str, Interface] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    static_nats: list[StaticNat] = field(default_factory=list)
    source_nats: list[SourceNat] = field(default_factory=list)
    pools: list[VpnPool] = field(default_factory=list)
    has_rules: bool = False


class _Reading:
    """One file while it is read."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._notes = Notes()
        self._found = _Found()
        self._leaves = 0
        self._seq = 0
        if document.root is not None:
            self._leaves = sum(not element.children for element in document.root.walk())
            self._read(_config(document.root))
        if document.broken_at is not None:
            self._leaves += 1
            self._notes.unparsed(document.broken_at, "(…)", _BROKEN, Bearing.FILTER)

    def configuration(self) -> DeviceConfiguration:
        """Return what was found."""
        found, root = self._found, self._document.root
        is_whole = found.has_rules and self._document.broken_at is None
        if not found.has_rules:
            self._notes.notice(1, "panos.no-rules", _NO_RULES)
        rules = tuple(found.rules)
        default = Action.DENY if is_whole else Action.UNKNOWN
        unparsed = self._notes.unparsed_lines
        return DeviceConfiguration(
            vendor="panos",
            hostname=_hostname(root) if root else "",
            interfaces=tuple(found.interfaces.values()),
            routes=tuple(found.routes),
            rulesets=(RuleSet("", Everywhere(), default, rules, source="parsed", name="security rules"),),
            static_nats=tuple(found.static_nats),
            source_nats=tuple(found.source_nats),
            vpn_pools=tuple(found.pools),
            unparsed=unparsed,
            notices=self._notes.notices,
            understood=max(0, self._leaves - len(unparsed)),
        )

    def _read(self, config: Element) -> None:
        devices = config.entries("devices") or [config]
        shared = [one for one in (config.child("shared"), config.child("panorama/shared")) if one]
        for device in devices:
            network = device.child("network")
            fabric = read_network(network, self._notes) if network else Fabric()
            self._found.interfaces |= fabric.interfaces
            self._found.routes += fabric.routes
            if network:
                self._judge(network, NETWORK_UNDERSTOOD, Bearing.OTHER)
            systems = device.entries("vsys")
            groups = device.entries("device-group")
            if not systems and not groups:
                systems = [device] if device.child("rulebase") else []
            if len(systems) > 1:
                self._notes.notice(systems[0].line, "panos.vsys", _SEVERAL.filled(count=len(systems)))
            if groups:
                self._notes.notice(groups[0].line, "panos.panorama", _GROUPS.filled(count=len(groups)))
            for system in (*systems, *groups):
                pushed = [one for one in config.entries("panorama/vsys") if one.name == system.name]
                several = len(systems) + len(groups) > 1
                self._read_vsys(system, [system, *pushed, *shared], network, several)
        if not self._found.has_rules and shared:
            self._read_vsys(shared[0], shared, None, False)

    def _read_vsys(self, system: Element, scopes: list[Element], network: Element | None, several: bool) -> None:
        found = self._found
        self._judge(system, VSYS_UNDERSTOOD, Bearing.OTHER)
        zones = self._zones(scopes, several)
        objects = Objects(scopes, self._notes)
        makes = SecurityRules(objects, zones, self._notes)
        rules: list[Rule] = []
        for entry in _in_order(scopes, "security/rules"):
            found.has_rules = True
            self._seq += _STEP
            rules += makes.rules_of(entry, self._seq)
        between = Between(zones.members, found.interfaces)
        static, source = nats_of(list(_in_order(scopes, "nat/rules")), between, objects, self._notes)
        every = frozenset(found.interfaces)
        found.rules += [*self._unknown_sections(scopes, zones), *seen_inside(rules, static, every)]
        if found.has_rules and self._document.broken_at is None:
            found.rules += self._defaults(scopes, zones)
        found.static_nats += static
        found.source_nats += source
        for pool in vpn_pools(system, network, self._notes):
            found.pools.append(pool)
            found.routes += [Route(span, interface=pool.interface) for span in pool.addresses.spans]

    def _zones(self, scopes: list[Element], several: bool) -> Zones:
        """Read which interfaces are in which zone; a zone that a shortened file only names stands for itself."""
        members: dict[str, frozenset[str]] = {}
        for scope in reversed(scopes):
            for zone in scope.entries("zone"):
                kinds = zone.child("network")
                names = [
                    text
                    for kind in (kinds.children if kinds else [])
                    for text in (kinds.members(kind.tag) if kinds else [])
                ]
                members[zone.name] = frozenset(names)
        if not members:
            named = {
                name
                for entry in _in_order(scopes, "security/rules")
                for key in ("from", "to")
                for name in entry.members(key)
            }
            members = {name: frozenset({name}) for name in named - {"any", "multicast"}}
        for name, interfaces in members.items():
            for interface in sorted(interfaces):
                known = self._found.interfaces.get(interface)
                if known is not None:
                    self._found.interfaces[interface] = Interface(
                        known.id, known.segment, known.address, known.network, name, known.name
                    )
                elif interface == name:
                    self._found.interfaces[interface] = Interface(interface, zone=name)
        every = frozenset(one for interfaces in members.values() for one in interfaces)
        return Zones(members, every if several else None)

    def _defaults(self, scopes: list[Element], zones: Zones) -> Iterator[Rule]:
        """Yield what the two default rules say; without change: within a zone yes, between zones no."""
        changed: dict[str, Element] = {}
        for path in ("rulebase/default-security-rules/rules", "post-rulebase/default-security-rules/rules"):
            for scope in reversed(scopes):
                changed |= {entry.name: entry for entry in scope.entries(path)}
        within, across = changed.get("intrazone-default"), changed.get("interzone-default")
        self._seq += _STEP
        is_open = within is None or within.value("action") in ("allow", "")
        for name, interfaces in sorted(zones.members.items()):
            if interfaces:
                action = Action.PERMIT if is_open else Action.DENY
                origin = Origin(within.line if within else 0, f"intrazone-default ({name})")
                yield Rule(
                    self._seq, action, entering=interfaces, leaving=interfaces, name="intrazone-default", origin=origin
                )
        if across is not None and across.value("action") == "allow":
            every = frozenset(one for interfaces in zones.members.values() for one in interfaces)
            origin = Origin(across.line, "interzone-default")
            self._seq += _STEP
            yield Rule(self._seq, Action.PERMIT, entering=every, leaving=every, name="interzone-default", origin=origin)

    def _unknown_sections(self, scopes: list[Element], zones: Zones) -> Iterator[Rule]:
        """Note the parts of the rulebases that are not read; yield a rule for what may decide there."""
        for scope in scopes:
            for path in ("pre-rulebase", "rulebase", "post-rulebase"):
                base = scope.child(path)
                for section in base.children if base else []:
                    if section.tag == "pbf":
                        for entry in section.entries("rules"):
                            self._notes.unparsed(entry.line, f'pbf "{entry.name}"', _PBF, Bearing.ROUTE)
                    elif section.tag not in RULEBASE_UNDERSTOOD and section.children:
                        self._notes.unparsed(section.line, f"<{section.tag}>", _UNKNOWN_SECTION, Bearing.FILTER)
                        origin = Origin(section.line, f"<{section.tag}>")
                        yield Rule(
                            section.line,
                            Action.UNKNOWN,
                            entering=zones.all,
                            leaving=zones.all,
                            is_exact=False,
                            origin=origin,
                        )

    def _judge(self, element: Element, understood: frozenset[str], bearing: Bearing) -> None:
        for one in element.children:
            if one.tag not in understood and (one.children or one.text):
                self._notes.unparsed(one.line, f"<{one.tag}>", _UNKNOWN_SECTION, bearing)


def _config(root: Element) -> Element:
    """Return the configuration inside what an interface call wraps around it."""
    return next((element for element in root.walk() if element.tag == "config"), root)


def _hostname(root: Element) -> str:
    found = [one for one in root.walk() if one.tag == "deviceconfig"]
    return found[0].value("system/hostname") if found else ""


def _in_order(scopes: list[Element], path: str) -> Iterator[Element]:
    """Yield rules in the order in which they are judged: pre-rules from the widest scope, own rules, post-rules."""
    for scope in reversed(scopes):
        yield from scope.entries(f"pre-rulebase/{path}")
    for scope in scopes:
        yield from scope.entries(f"rulebase/{path}")
    for scope in scopes:
        yield from scope.entries(f"post-rulebase/{path}")
