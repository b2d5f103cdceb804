"""Reads FortiOS (FortiGate) configurations: interfaces, zones, policies, virtual IPs, static routes, remote-access pools.

All policies of a VDOM make one stateful rule set that every packet through the device meets; each rule names the
interfaces it holds between. What no policy matches is denied. With several VDOMs `read` keeps their policies apart by
the interfaces they own and says so; `read_parts` returns each as a device of its own.

Not computed, and told: central NAT, policy routes, routing protocols, traffic that leaves by the interface it came in
(FortiOS lets it pass without a policy), local-in policies (they guard the device itself), the proxy.

Source: FortiOS administration guide and CLI reference 5.6 to 7.6. Uncertain: which of several equal default routes (SD-WAN) a
session takes; what `match-vip` defaults to in 7.2.0 to 7.2.3 (taken for off).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sekisho.adapters.configurations.fortios import network, sections
from sekisho.adapters.configurations.fortios.objects import Objects
from sekisho.adapters.configurations.fortios.policies import Place, Policies, day_of
from sekisho.adapters.configurations.fortios.tree import Node, Tree, parse, shown
from sekisho.adapters.configurations.fortios.writer import emit
from sekisho.adapters.configurations.notes import Notes
from sekisho.domain.network.addresses import ANY_V4, NotAnAddress
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
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.text import Text

__all__ = ["emit", "likeness", "read", "read_parts"]

_LOOKED_AT = 400
_VERSION = re.compile(r"#config-version=([A-Z0-9]+)-(\d+)\.(\d+)\.(\d+)")
_FAMILIES = {"FGT": "FortiGate", "FG": "FortiGate", "FWF": "FortiWiFi", "FW": "FortiWiFi", "FGVM": "FortiGate VM"}
_MODEL = re.compile(r"(FGVM|FGT|FWF|FG|FW)(\w*)")
_COMMAND = re.compile(r"\s*(config [a-z]|edit \S|set [a-z][a-z0-9-]* ?|unset [a-z]|next\s*$|end\s*$)")

_BAD_INTERFACE = Text(
    "インタフェース「{name}」のアドレスを読めませんでした。", "The address of interface “{name}” could not be read."
)
_BAD_POOL = Text(
    "VPNで配るアドレスの値を読めませんでした。", "The addresses that this VPN hands out could not be read."
)


def likeness(text: str) -> float:
    """Return from 0 to 1 how much `text` looks like a FortiOS configuration."""
    lines = [line for line in text[: _LOOKED_AT * 80].split("\n")[:_LOOKED_AT] if line.strip()]
    if not lines:
        return 0.0
    if _VERSION.match(lines[0]):
        return 1.0
    share = sum(bool(_COMMAND.match(line)) for line in lines) / len(lines)
    has_blocks = any(re.match(r"\s*config (firewall|system|router|vpn|vdom|global)\b", line) for line in lines)
    return round(min(0.99, share if has_blocks else share * 0.2), 3)


def read(text: str) -> DeviceConfiguration:
    """Return what a FortiOS configuration, free of secrets, says. Never raises."""
    reading = _Reading(parse(text))
    return reading.merged()


def read_parts(text: str) -> tuple[DeviceConfiguration, ...]:
    """Return one configuration for each VDOM; one for a device without VDOMs. All carry the notes of the whole file."""
    reading = _Reading(parse(text))
    return tuple(reading.configuration([part]) for part in reading.parts)


@dataclass(slots=True)
class _Part:
    """What was read of one VDOM."""

    name: str
    node: Node
    interfaces: list[Interface] = field(default_factory=list)
    extra_routes: list[Route] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    static_nats: list[StaticNat] = field(default_factory=list)
    source_nats: list[SourceNat] = field(default_factory=list)
    pools: list[VpnPool] = field(default_factory=list)
    is_whole: bool = True


class _Reading:
    """One file while it is read."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._notes = Notes()
        root = tree.root
        self._global = root.section("global") or root
        vdoms = root.section("vdom")
        self._has_vdoms = bool(vdoms and vdoms.entries)
        nodes = vdoms.entries if vdoms and vdoms.entries else [root]
        self.parts = [_Part(node.name or "root", node) for node in nodes]
        header = _VERSION.match(tree.header)
        self._version = tuple(map(int, header.groups()[1:])) if header else ()
        self._model = _model(header.group(1)) if header else ""
        self._read()

    def _read(self) -> None:
        nodes = [self._tree.root, self._global, *(part.node for part in self.parts)]
        for node in {id(node): node for node in nodes}.values():
            sections.judge_sections(node, self._notes)
            sections.notices_of(node, self._notes)
        for part in self.parts:
            self._read_part(part)
        if len(self.parts) > 1:
            self._notes.notice(self.parts[0].node.line, "fortios.vdoms", _SEVERAL.filled(count=len(self.parts)))
        if self._tree.broken_at is not None:
            sections.truncated(self._tree.broken_at, self._notes)

    def merged(self) -> DeviceConfiguration:
        return self.configuration(self.parts)

    def configuration(self, parts: list[_Part]) -> DeviceConfiguration:
        """Return `parts` as one device."""
        system = self._global.section("system global")
        rules = tuple(rule for part in parts for rule in part.rules)
        default = Action.DENY if all(part.is_whole for part in parts) else Action.UNKNOWN
        hostname = system.get("hostname") if system else ""
        if self._has_vdoms and len(parts) < len(self.parts):
            hostname = f"{hostname}/{parts[0].name}"
        unparsed = self._notes.unparsed_lines
        return DeviceConfiguration(
            vendor="fortios",
            model=self._model,
            hostname=hostname,
            interfaces=tuple(one for part in parts for one in part.interfaces),
            routes=tuple(route for part in parts for route in [*part.extra_routes, *part.routes]),
            rulesets=(
                RuleSet("", Everywhere(), default, rules, stateful=True, source="parsed", name="firewall policy"),
            )
            if self._tree.lines
            else (),
            static_nats=tuple(nat for part in parts for nat in part.static_nats),
            source_nats=tuple(nat for part in parts for nat in part.source_nats),
            vpn_pools=tuple(pool for part in parts for pool in part.pools),
            unparsed=unparsed,
            notices=self._notes.notices,
            understood=max(0, self._tree.lines - len({one.line for one in unparsed})),
        )

    def _read_part(self, part: _Part) -> None:
        known = self._interfaces(part)
        networks = {one.id: one.network for one in part.interfaces if one.network}
        objects = Objects(part.node, self._notes, networks)
        self._pools(part, objects)
        known = None if known is None else known | {one.id for one in part.interfaces} | _built_in(part.name)
        place = self._place(part, known)
        self._rules(part, objects, place)
        self._name_interfaces(part)
        self._nats(part, objects, place)
        part.routes += network.static_routes(part.node, objects, self._notes)
        lan = {one.id for one in part.interfaces if one.network and not _is_wan(self._global, one.id)}
        sections.tell_same_interface(part.node, lan, self._notes)

    def _rules(self, part: _Part, objects: Objects, place: Place) -> None:
        section = part.node.section("firewall policy")
        part.is_whole = section is not None and section.is_closed
        vips = network.used_virtual_ips(part.node, objects)
        if not part.is_whole:  # a policy that is missing may let any of them through
            vips = [vip for vip in objects.virtual_ips.values() if vip is not None]
        policies = Policies(objects, place, self._notes, vips)
        for origin in sections.hidden_policies(part.node):
            everywhere = place.all
            part.rules.append(
                Rule(0, Action.UNKNOWN, entering=everywhere, leaving=everywhere, is_exact=False, origin=origin)
            )
        for name, family in (("firewall policy", 4), ("firewall policy6", 6)):
            section = part.node.section(name)
            if section:
                part.rules += policies.rules(section, family)
        if part.node.section("firewall policy") is None and self._tree.lines:
            sections.tell_no_policy(part.node.line, self._notes)
        part.rules += self._within_zones(part, place)

    def _interfaces(self, part: _Part) -> frozenset[str] | None:
        """Read the interfaces of a VDOM; return the names of all, shut ones too, or None when the file lists none."""
        section = self._global.section("system interface") or part.node.section("system interface")
        if section is None:
            return None
        zones = _zones(part.node)
        names: set[str] = set()
        for entry in section.entries:
            if self._has_vdoms and (entry.get("vdom") or "root") != part.name:
                continue
            names.add(entry.name)
            sections.judge_interface(entry, self._notes)
            if entry.get("status") != "down":
                part.interfaces.append(self._interface(entry, zones.get(entry.name, "")))
                part.extra_routes += network.secondary_routes(entry)
        return frozenset(names)

    def _interface(self, entry: Node, zone: str) -> Interface:
        address, span = None, None
        try:
            address, span = network.address_of(entry)
        except (NotAnAddress, IndexError):
            why = _BAD_INTERFACE.filled(name=entry.name)
            self._notes.unparsed(entry.line_of("ip"), f"set ip ({entry.name})", why, Bearing.INTERFACE)
        return Interface(entry.name, None, address, span, zone, entry.get("alias") or entry.get("description"))

    def _place(self, part: _Part, known: frozenset[str] | None) -> Place:
        zones = {zone.name: frozenset(zone.values("interface")) for zone in network.entries(part.node, "system zone")}
        settings = part.node.section("system settings")
        onetime = network.entries(part.node, "firewall schedule onetime")
        return Place(
            groups_of=zones | network.sdwan_zones(part.node),
            interfaces=known,
            all=frozenset(one.id for one in part.interfaces) if len(self.parts) > 1 and known is not None else None,
            vpn_groups=network.vpn_groups(part.node),
            version=self._version,
            has_central_nat=bool(settings and settings.is_on("central-nat")),
            schedules={one.name: day_of(" ".join(one.values("end"))) for one in onetime},
        )

    def _within_zones(self, part: _Part, place: Place) -> Iterator[Rule]:
        """Yield what a zone lets pass between its own interfaces once no policy has matched."""
        for seq, zone in enumerate(network.entries(part.node, "system zone"), start=1):
            members = place.groups_of[zone.name]
            if zone.get("intrazone") == "allow" and len(members) > 1:
                origin = Origin(zone.line, f"edit {zone.name} / set intrazone allow")
                name = f"intrazone {zone.name}"
                yield Rule(
                    _INTRAZONE_SEQ + seq, Action.PERMIT, entering=members, leaving=members, name=name, origin=origin
                )

    def _name_interfaces(self, part: _Part) -> None:
        """List the interfaces that exist without a line of their own: those of a shortened file, and `ssl.root`."""
        section = self._global.section("system interface") or part.node.section("system interface")
        listed = {one.id for one in part.interfaces} | {one.name for one in (section.entries if section else [])}
        named = {name for rule in part.rules for names in (rule.entering, rule.leaving) for name in names or ()}
        zones = _zones(part.node)
        part.interfaces += [Interface(name, zone=zones.get(name, "")) for name in sorted(named - listed)]

    def _pools(self, part: _Part, objects: Objects) -> None:
        for one in network.handed_out(part.node, part.name, objects):
            line, ranges = one.entry.line_of(one.key), one.found.ranges
            if not one.found.is_exact or not ranges:
                self._notes.unparsed(line, shown(f"set {one.key}"), _BAD_POOL, Bearing.INTERFACE)
                continue
            if (one.interface, ranges) not in {(pool.interface, pool.addresses) for pool in part.pools}:
                part.pools.append(VpnPool(one.interface, ranges, one.entry.name, line))
                part.extra_routes += [Route(span, interface=one.interface) for span in ranges.spans]
            if one.interface not in {known.id for known in part.interfaces}:
                part.interfaces.append(Interface(one.interface))

    def _nats(self, part: _Part, objects: Objects, place: Place) -> None:
        own = {one.id: one.address for one in part.interfaces}
        for vip in objects.virtual_ips.values():
            if vip is not None and vip.is_exact and vip.inside:
                part.static_nats += network.static_nats(vip, own)
        if place.has_central_nat:
            return
        pools = {entry.name: entry for entry in network.entries(part.node, "firewall ippool")}
        found: dict[tuple[str, Ranges, int], SourceNat] = {}
        rules = {rule.origin.line: rule for rule in part.rules if rule.origin and rule.enabled}
        for entry in network.entries(part.node, "firewall policy"):
            rule = rules.get(entry.line)
            if rule and entry.is_on("nat") and entry.get("action") == "accept":
                for nat in network.source_nats(entry, own, rule.leaving, rule.src & ANY_V4, pools):
                    found.setdefault((nat.interface, nat.inside, nat.outside), nat)
        part.source_nats += found.values()


_INTRAZONE_SEQ = 5_000_000_000
_SEVERAL = Text(
    "この装置は{count}個のVDOM（仮想的に分けた装置）に分かれています。規則はVDOMごとに分けて読みました。VDOMどうしをつなぐ通信は計算していません。",
    "This device is split into {count} VDOMs. Their policies were read apart; traffic that crosses from one VDOM to another is not computed.",
)


def _model(code: str) -> str:
    match = _MODEL.match(code)
    return f"{_FAMILIES[match.group(1)]} {match.group(2)}".strip() if match else code


def _zones(part: Node) -> dict[str, str]:
    """Return the zone of each interface that is in one."""
    return {name: zone.name for zone in network.entries(part, "system zone") for name in zone.values("interface")}


def _built_in(vdom: str) -> frozenset[str]:
    """Return the interfaces that every VDOM has without a line of their own."""
    return frozenset({f"ssl.{vdom}", f"l2t.{vdom}", f"naf.{vdom}"})


def _is_wan(part: Node, name: str) -> bool:
    section = part.section("system interface")
    entry = section.children.get(("edit", name)) if section else None
    return entry is not None and (entry.get("role") == "wan" or name.startswith("wan"))
