"""FortiOS policies as rules of one rule set.

Policies are judged in the order in which they are written; their ids are names. A policy with a virtual IP as its
destination matches what was rewritten by that virtual IP and sees the inside address and port. A denying policy without
one does not touch such packets unless `match-vip` is on (the default from 7.2.4): its rule is written so that it leaves
them to the policies below. What the virtual IP opens can then also be reached by a packet that names the inside address
itself; the shape of a rule cannot tell the two apart, and the wider reading is the safe one.

Source: FortiOS administration guide, "Policies", "Virtual IPs", "Zone"; CLI reference, `config firewall policy`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from sekisho.adapters.configurations.fortios.objects import Objects, VirtualIp
from sekisho.adapters.configurations.fortios.tables import POLICY_NARROWED_BY, POLICY_READ, POLICY_UNDERSTOOD
from sekisho.adapters.configurations.fortios.tree import Node, shown
from sekisho.adapters.configurations.notes import Notes
from sekisho.domain.network.addresses import ANY_V4, ANY_V6
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Action, Origin, Rule
from sekisho.domain.network.ranges import EMPTY, Ranges
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE
from sekisho.domain.text import Text

POLICY6_SEQ = 6_000_000_000
"""Added to the ids of `firewall policy6`, which counts its policies apart from `firewall policy`."""
_MOST_VIPS = 64
_TOLD = (
    "name",
    "srcintf",
    "dstintf",
    "srcaddr",
    "dstaddr",
    "srcaddr6",
    "dstaddr6",
    "service",
    "action",
    "schedule",
    "status",
)
_ACTIONS = {
    "accept": Action.PERMIT,
    "deny": Action.DENY,
    "": Action.DENY,
    "ipsec": Action.PERMIT,
    "learn": Action.PERMIT,
}
_MATCH_VIP_SINCE = (7, 2, 4)
_DATE = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})")
_SERVICES_BY_SOURCE = tuple[tuple[Ranges, Ranges], ...]

_UNKNOWN_NAME = Text(
    "「{name}」という名前の定義が、このファイルにありません。この規則は「不明」として扱います。定義を含む設定全体を出力し直してください。",
    "“{name}” is not defined in this file. The rule counts as unknown. Please export the whole configuration.",
)
_UNKNOWN_SETTING = Text(
    "この指定の意味を確かめられないため、規則が当てはまる範囲を「不明」として扱います。",
    "The meaning of this setting is not known, so what the rule matches counts as unknown.",
)
_NO_POLICY_LINE = Text(
    "規則の一部と思われますが、読めませんでした。この場所の規則を「不明」として扱います。",
    "This seems to be part of a rule but could not be read. The rule at this place counts as unknown.",
)
_MISSING = Text(
    "規則に「{key}」がありません。規則を「不明」として扱います。設定の出力が途中で切れていないか確かめてください。",
    "The rule has no “{key}”. It counts as unknown. Please check that the export is complete.",
)
_NO_ACTION = Text(
    "動作「{name}」を読めませんでした。規則を「不明」として扱います。",
    "Action “{name}” could not be read. The rule counts as unknown.",
)


@dataclass(frozen=True, slots=True)
class Place:
    """What the policies of one VDOM stand among.

    `groups_of` are interfaces by the name of their zone; `interfaces` is None when the file lists none. `all` are the
    interfaces that `any` means, None for every one. `vpn_groups` are the groups and users who may log in to SSL-VPN, None
    when its settings are not in the file.
    """

    groups_of: dict[str, frozenset[str]] = field(default_factory=dict)
    interfaces: frozenset[str] | None = None
    all: frozenset[str] | None = None
    vpn_groups: frozenset[str] | None = None
    version: tuple[int, ...] = ()
    has_central_nat: bool = False
    schedules: dict[str, date | None] = field(default_factory=dict)


@dataclass(slots=True)
class _Doubt:
    """What makes one policy not exact, or unknown altogether."""

    is_exact: bool = True
    is_unknown: bool = False


class Policies:
    """Makes rules of the policies of one VDOM."""

    def __init__(self, objects: Objects, place: Place, notes: Notes, used_vips: Iterable[VirtualIp]) -> None:
        self._objects = objects
        self._place = place
        self._notes = notes
        self._used_vips = () if place.has_central_nat else tuple(used_vips)

    def rules(self, section: Node, family: int = 4) -> Iterator[Rule]:
        """Yield the rules of `firewall policy` (`family` 4) or `firewall policy6` (6) in order."""
        strays = list(section.strays)
        for position, entry in enumerate(section.entries):
            while strays and strays[0].line < entry.line:
                stray = strays.pop(0)
                yield self._stray_rule(stray.line, stray.text)
            yield from self._rules_of(entry, family, position)
        for stray in strays:
            yield self._stray_rule(stray.line, stray.text)

    def _stray_rule(self, line: int, text: str) -> Rule:
        self._notes.unparsed(line, text, _NO_POLICY_LINE, Bearing.FILTER)
        everywhere = self._place.all
        origin = Origin(line, text)
        return Rule(line, Action.UNKNOWN, entering=everywhere, leaving=everywhere, is_exact=False, origin=origin)

    def _rules_of(self, entry: Node, family: int, position: int) -> Iterator[Rule]:
        doubt = self._doubts(entry)
        seq = (
            int(entry.name)
            if entry.name.isascii() and entry.name.isdecimal() and len(entry.name) < 11
            else (position + 1) * 10
        )
        schedule, is_never = self._schedule(entry)
        outline = Rule(
            seq=seq + (POLICY6_SEQ if family == 6 else 0),
            action=self._action(entry, doubt),
            entering=self._interfaces(entry, "srcintf", doubt),
            leaving=self._interfaces(entry, "dstintf", doubt),
            enabled=entry.get("status") != "disable" and not is_never,
            schedule=schedule,
            until=self._until(entry),
            name=entry.get("name"),
            objects=tuple(dict.fromkeys(name for key in _TOLD[3:8] for name in entry.values(key))),
            origin=Origin(entry.line, policy_text(entry)),
        )
        self._judge_groups(entry, outline, doubt)
        src = self._side(entry, "src", family, doubt)
        services = self._services(entry, doubt)
        pieces = list(self._pieces(entry, outline, src, services, family, doubt))
        for piece in pieces:
            rule = replace(piece, is_exact=piece.is_exact and doubt.is_exact)
            if doubt.is_unknown:
                rule = replace(rule, action=Action.UNKNOWN, is_exact=False)
            yield rule
            if entry.get("action") == "ipsec" and entry.is_on("inbound"):
                yield replace(
                    rule, src=rule.dst, dst=rule.src, entering=rule.leaving, leaving=rule.entering, is_exact=False
                )

    def _doubts(self, entry: Node) -> _Doubt:
        doubt = _Doubt(is_unknown=not entry.is_closed)
        for stray in entry.strays:
            self._notes.unparsed(stray.line, stray.text, _NO_POLICY_LINE, Bearing.FILTER)
            doubt.is_unknown = True
        for section in entry.sections:
            self._notes.unparsed(section.line, shown(f"config {section.name}"), _UNKNOWN_SETTING, Bearing.FILTER)
            doubt.is_exact = False
        for key, setting in entry.settings.items():
            if key in POLICY_NARROWED_BY:
                if key not in ("groups", "users", "fsso-groups") and setting.first not in ("disable", "0x00", "0", ""):
                    doubt.is_exact = False
            elif key not in POLICY_READ and key not in POLICY_UNDERSTOOD:
                self._notes.unparsed(setting.line, shown(f"set {key}"), _UNKNOWN_SETTING, Bearing.FILTER)
                doubt.is_exact = False
        return doubt

    def _action(self, entry: Node, doubt: _Doubt) -> Action:
        text = entry.get("action")
        if text not in _ACTIONS:
            known = shown(text) if text != "ssl-vpn" else text
            why = _NO_ACTION.filled(name=known)
            self._notes.unparsed(entry.line_of("action"), f"set action {known}", why, Bearing.FILTER)
            doubt.is_unknown = True
        return _ACTIONS.get(text, Action.UNKNOWN)

    def _interfaces(self, entry: Node, key: str, doubt: _Doubt) -> frozenset[str] | None:
        names = entry.values(key)
        if not names:
            self._missing(entry, key, doubt)
        if not names or "any" in names:
            return self._place.all
        found: set[str] = set()
        for name in names:
            members = self._place.groups_of.get(name)
            if members is not None:
                found |= members
            elif self._place.interfaces is None or name in self._place.interfaces:
                found.add(name)
            else:
                self._unknown_name(entry, key, name, doubt)
                return self._place.all
        return frozenset(found)

    def _judge_groups(self, entry: Node, rule: Rule, doubt: _Doubt) -> None:
        """Let a policy for users be exact where only those users can come from: SSL-VPN that lets in nobody else."""
        who = {name for key in ("groups", "users", "fsso-groups") for name in entry.values(key)}
        if not who:
            return
        is_vpn = bool(rule.entering) and all(name.startswith("ssl.") for name in rule.entering or ())
        allowed = self._place.vpn_groups
        if not (is_vpn and allowed is not None and allowed <= who):
            doubt.is_exact = False

    def _missing(self, entry: Node, key: str, doubt: _Doubt) -> None:
        self._notes.unparsed(
            entry.line, f"edit {entry.name}"[:40] + f" ({key})", _MISSING.filled(key=key), Bearing.FILTER
        )
        doubt.is_unknown = True

    def _unknown_name(self, entry: Node, key: str, name: str, doubt: _Doubt) -> None:
        text = f'set {key} "{name}"'
        self._notes.unparsed(entry.line_of(key), text, _UNKNOWN_NAME.filled(name=name), Bearing.FILTER)
        doubt.is_unknown = True

    def _side(self, entry: Node, side: str, family: int, doubt: _Doubt) -> Ranges:
        """Return the source addresses, or the destination addresses that are no virtual IPs."""
        total = EMPTY
        keys = ((f"{side}addr", family), (f"{side}addr6", 6))
        service = "internet-service-src" if side == "src" else "internet-service"
        service6 = service.replace("service", "service6")
        is_given = False
        for (key, kind), by_service in zip(keys, (service, service6), strict=True):
            anything = ANY_V4 if kind == 4 else ANY_V6
            if entry.is_on(by_service):
                doubt.is_exact, is_given = False, True
                total |= anything
            elif names := entry.values(key):
                is_given = True
                total |= self._resolved(entry, key, names, kind, doubt)
        if not is_given:
            self._missing(entry, keys[0][0], doubt)
            return ANY_V4 | ANY_V6
        return total

    def _resolved(self, entry: Node, key: str, names: list[str], family: int, doubt: _Doubt) -> Ranges:
        anything = ANY_V4 if family == 4 else ANY_V6
        plain = [name for name in names if not key.startswith("dst") or self._objects.virtual_ips_of(name) is None]
        found = self._objects.addresses(plain, family)
        for name in found.unknown:
            self._unknown_name(entry, key, name, doubt)
        if found.unknown:
            return anything
        if not found.is_exact:
            doubt.is_exact = False
        if entry.is_on(f"{key}-negate"):
            return anything - found.ranges if found.is_exact else anything
        return found.ranges

    def _services(self, entry: Node, doubt: _Doubt) -> _SERVICES_BY_SOURCE:
        names = entry.values("service")
        if not names:
            if not any(entry.is_on(key) for key in ("internet-service", "internet-service6")):
                self._missing(entry, "service", doubt)
            return ((ANY_SERVICE, ANY_PORT),)
        found = self._objects.services(names)
        for name in found.unknown:
            self._unknown_name(entry, "service", name, doubt)
        if found.unknown:
            return ((ANY_SERVICE, ANY_PORT),)
        if not found.is_exact:
            doubt.is_exact = False
        if not entry.is_on("service-negate"):
            return found.pieces
        if not found.is_exact or any(sources != ANY_PORT for _, sources in found.pieces):
            doubt.is_exact = False
            return ((ANY_SERVICE, ANY_PORT),)
        left_out = Ranges.of(span for service, _ in found.pieces for span in service.spans)
        return ((ANY_SERVICE - left_out, ANY_PORT),)

    def _pieces(
        self, entry: Node, outline: Rule, src: Ranges, services: _SERVICES_BY_SOURCE, family: int, doubt: _Doubt
    ) -> Iterator[Rule]:
        outline = replace(outline, src=src)
        vips = self._virtual_ips(entry, doubt)
        names = entry.values("dstaddr") + entry.values("dstaddr6")
        has_plain = any(self._objects.virtual_ips_of(name) is None for name in names) or not names
        dst = self._side(entry, "dst", family, doubt) if has_plain else EMPTY
        for service, sources in services:
            rule = replace(outline, service=service, source_ports=sources)
            yield from self._towards_vips(rule, vips)
            if dst and outline.action is Action.DENY:
                yield from self._denied(entry, replace(rule, dst=dst))
            elif dst:
                yield replace(rule, dst=dst)

    def _virtual_ips(self, entry: Node, doubt: _Doubt) -> list[VirtualIp]:
        found: list[VirtualIp] = []
        for key in ("dstaddr", "dstaddr6"):
            for name in entry.values(key):
                members = self._objects.virtual_ips_of(name) or []
                found += [vip for vip in members if vip is not None]
                if None in members:
                    self._unknown_name(entry, key, name, doubt)
        if found and entry.is_on("dstaddr-negate"):
            doubt.is_exact = False
        return found

    def _towards_vips(self, rule: Rule, vips: list[VirtualIp]) -> Iterator[Rule]:
        alike: dict[tuple[object, ...], Rule] = {}
        for vip in vips:
            src = rule.src if vip.sources is None else rule.src & vip.sources
            service = rule.service & vip.mapped
            if not (src and service):
                continue
            entering = rule.entering
            if vip.interface != "any" and (entering is None or vip.interface in entering):
                entering = frozenset({vip.interface})
            key = (src, service, entering, vip.is_exact)
            dst = vip.inside | (alike[key].dst if key in alike else EMPTY)
            is_exact = rule.is_exact and vip.is_exact
            alike[key] = replace(rule, src=src, dst=dst, service=service, entering=entering, is_exact=is_exact)
        yield from alike.values()

    def _denied(self, entry: Node, rule: Rule) -> Iterator[Rule]:
        """Yield a denying rule without what virtual IPs carry past it."""
        vips = [
            vip for vip in self._used_vips if self._may_enter(vip, rule) and rule.dst.overlaps(vip.inside | vip.outside)
        ]
        mode = self._matches_vips(entry)
        exact, maybe = [(rule.dst, rule.service)], list[tuple[Ranges, Ranges]]()
        for vip in vips:
            if mode and rule.dst.covers(vip.outside | vip.inside):
                continue
            if len(vips) > _MOST_VIPS:
                mode = None
            exact, passed = _without(exact, vip)
            if mode is not False:
                maybe += passed or ([(vip.inside, rule.service & vip.mapped)] if rule.dst.overlaps(vip.outside) else [])
        for dst, service in exact:
            yield replace(rule, dst=dst, service=service)
        for dst, service in maybe:
            if dst and service:
                yield replace(rule, dst=dst, service=service, is_exact=False)

    def _may_enter(self, vip: VirtualIp, rule: Rule) -> bool:
        return vip.interface == "any" or rule.entering is None or vip.interface in rule.entering

    def _matches_vips(self, entry: Node) -> bool | None:
        """Return whether a denying policy stops packets for virtual IPs; None when the version leaves it open."""
        if said := entry.get("match-vip"):
            return said == "enable"
        if not self._place.version:
            return None
        return self._place.version >= _MATCH_VIP_SINCE

    def _schedule(self, entry: Node) -> tuple[str, bool]:
        name = entry.get("schedule")
        if name in ("", "always"):
            return "", False
        return ("", True) if name == "none" else (name, False)

    def _until(self, entry: Node) -> date | None:
        if entry.is_on("policy-expiry"):
            return day_of(" ".join(entry.values("policy-expiry-date") or entry.values("policy-expiry-date-utc")))
        return self._place.schedules.get(entry.get("schedule"))


def _without(
    pieces: list[tuple[Ranges, Ranges]], vip: VirtualIp
) -> tuple[list[tuple[Ranges, Ranges]], list[tuple[Ranges, Ranges]]]:
    """Return `pieces` (addresses, services) without what `vip` carries, and what was taken out of them."""
    kept: list[tuple[Ranges, Ranges]] = []
    taken: list[tuple[Ranges, Ranges]] = []
    for dst, service in pieces:
        inside, carried = dst & vip.inside, service & vip.mapped
        if not (inside and carried):
            kept.append((dst, service))
            continue
        taken.append((inside, carried))
        kept += [piece for piece in ((dst - inside, service), (inside, service - carried)) if piece[0] and piece[1]]
    return kept, taken


def day_of(text: str) -> date | None:
    """Return the day in `23:59 2026/11/30` or `2026-11-30 00:00:00`, None when there is none."""
    match = _DATE.search(text)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def policy_text(entry: Node) -> str:
    """Return a policy on one line, as far as it says who can talk to whom."""
    parts = [f"edit {entry.name}"]
    for key in _TOLD:
        if values := entry.values(key):
            parts.append(f"set {key} " + " ".join(f'"{value}"' if " " in value else value for value in values[:20]))
    return " / ".join(parts)[:600]
