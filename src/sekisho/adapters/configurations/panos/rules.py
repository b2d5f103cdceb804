"""PAN-OS security rules as rules of one rule set.

The first rule that matches decides. `universal` rules hold between any of their zones, `intrazone` rules only within
each, `interzone` rules only from one to another. Below them traffic within a zone passes and between zones does not,
unless the default rules were changed. A rule for applications is never exact: an application is told by what it says.

Source: PAN-OS administrator's guide, "Security policy", "Components of a security policy rule".
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sekisho.adapters.configurations.notes import Notes
from sekisho.adapters.configurations.panos.objects import Objects
from sekisho.adapters.configurations.panos.tables import RULE_NARROWED_BY, RULE_READ, RULE_UNDERSTOOD
from sekisho.adapters.configurations.panos.tree import Element
from sekisho.domain.network.addresses import ANY_ADDRESS
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Action, Origin, Rule
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE
from sekisho.domain.text import Text

_ACTIONS = {
    "allow": Action.PERMIT,
    "deny": Action.DENY,
    "drop": Action.DENY,
    "reset-client": Action.DENY,
    "reset-server": Action.DENY,
    "reset-both": Action.DENY,
}
_TOLD = ("from", "to", "source", "destination", "application", "service", "action", "rule-type", "disabled")
Interfaces = frozenset[str] | None

_UNKNOWN_NAME = Text(
    "「{name}」という名前の定義が、このファイルにありません。この規則は「不明」として扱います。定義を含む設定全体を出力し直してください。",
    "“{name}” is not defined in this file. The rule counts as unknown. Please export the whole configuration.",
)
_UNKNOWN_ELEMENT = Text(
    "この項目の意味を確かめられないため、規則が当てはまる範囲を「不明」として扱います。",
    "The meaning of this element is not known, so what the rule matches counts as unknown.",
)
_UNKNOWN_ACTION = Text(
    "規則の動作を読めませんでした。規則を「不明」として扱います。",
    "The rule's action could not be read. The rule counts as unknown.",
)
_MISSING = Text(
    "規則に「{key}」がありません。規則を「不明」として扱います。設定の出力が途中で切れていないか確かめてください。",
    "The rule has no “{key}”. It counts as unknown. Please check that the export is complete.",
)


@dataclass(frozen=True, slots=True)
class Zones:
    """The interfaces of each zone of one vsys; `all` are those that "any" means, None for every one."""

    members: dict[str, frozenset[str]]
    all: Interfaces = None


@dataclass(slots=True)
class _Doubt:
    is_exact: bool = True
    is_unknown: bool = False


class SecurityRules:
    """Makes rules of the security rules of one vsys."""

    def __init__(self, objects: Objects, zones: Zones, notes: Notes) -> None:
        self._objects = objects
        self._zones = zones
        self._notes = notes

    def rules_of(self, entry: Element, seq: int) -> Iterator[Rule]:
        """Yield the rules that one security rule stands for, all of number `seq`."""
        doubt = self._doubts(entry)
        outline = Rule(
            seq=seq,
            action=self._action(entry, doubt),
            src=self._addresses(entry, "source", doubt),
            dst=self._addresses(entry, "destination", doubt),
            enabled=entry.value("disabled") != "yes",
            schedule=entry.value("schedule"),
            name=entry.name,
            objects=tuple(dict.fromkeys(name for key in _TOLD[2:6] for name in entry.members(key) if name != "any")),
            origin=Origin(entry.line, rule_text(entry)),
        )
        services = self._services(entry, doubt)
        for entering, leaving in self._sides(entry, doubt):
            for service, sources in services:
                yield replace(
                    outline,
                    action=Action.UNKNOWN if doubt.is_unknown else outline.action,
                    service=service,
                    source_ports=sources,
                    entering=entering,
                    leaving=leaving,
                    is_exact=doubt.is_exact and not doubt.is_unknown,
                )

    def _doubts(self, entry: Element) -> _Doubt:
        doubt = _Doubt(is_unknown=not entry.is_whole)
        for one in entry.children:
            if one.tag in RULE_NARROWED_BY and set(entry.members(one.tag)) - {"any"}:
                doubt.is_exact = False
            elif one.tag == "target":
                doubt.is_exact = doubt.is_exact and not one.entries("devices") and one.value("negate") != "yes"
            elif one.tag not in RULE_READ and one.tag not in RULE_UNDERSTOOD:
                self._notes.unparsed(one.line, f"<{one.tag}>", _UNKNOWN_ELEMENT, Bearing.FILTER)
                doubt.is_exact = False
        return doubt

    def _action(self, entry: Element, doubt: _Doubt) -> Action:
        action = _ACTIONS.get(entry.value("action"))
        if action is None:
            self._notes.unparsed(entry.line, f'entry "{entry.name}"', _UNKNOWN_ACTION, Bearing.FILTER)
            doubt.is_unknown = True
        return action or Action.UNKNOWN

    def _unknown(self, entry: Element, key: str, name: str, doubt: _Doubt) -> None:
        found = entry.child(key)
        line = found.line if found else entry.line
        self._notes.unparsed(line, f"<{key}> {name}", _UNKNOWN_NAME.filled(name=name), Bearing.FILTER)
        doubt.is_unknown = True

    def _missing(self, entry: Element, key: str, doubt: _Doubt) -> None:
        self._notes.unparsed(entry.line, f'entry "{entry.name}" ({key})', _MISSING.filled(key=key), Bearing.FILTER)
        doubt.is_unknown = True

    def _addresses(self, entry: Element, key: str, doubt: _Doubt) -> Ranges:
        names = entry.members(key)
        if not names:
            self._missing(entry, key, doubt)
            return ANY_ADDRESS
        found = self._objects.addresses(names)
        for name in found.unknown:
            self._unknown(entry, key, name, doubt)
        if found.unknown:
            return ANY_ADDRESS
        if not found.is_exact:
            doubt.is_exact = False
        if entry.value(f"negate-{key}") == "yes":
            return ANY_ADDRESS - found.ranges if found.is_exact else ANY_ADDRESS
        return found.ranges

    def _services(self, entry: Element, doubt: _Doubt) -> tuple[tuple[Ranges, Ranges], ...]:
        names, applications = entry.members("service"), entry.members("application")
        if not names and not applications:
            self._missing(entry, "service", doubt)
        found = self._objects.services(names or ["any"], applications or ["any"])
        for name in found.unknown:
            self._unknown(entry, "service", name, doubt)
        if found.unknown:
            return ((ANY_SERVICE, ANY_PORT),)
        doubt.is_exact = doubt.is_exact and found.is_exact
        return found.pieces

    def _sides(self, entry: Element, doubt: _Doubt) -> list[tuple[Interfaces, Interfaces]]:
        """Return between which interfaces a rule holds."""
        sources = self._zone_names(entry, "from", doubt)
        kind = entry.value("rule-type") or "universal"
        if kind == "intrazone":
            names = sources if sources is not None else sorted(self._zones.members)
            return [(self._zones.members[name], self._zones.members[name]) for name in names]
        targets = self._zone_names(entry, "to", doubt)
        if kind == "interzone":
            return self._interzone(sources, targets)
        return [(self._interfaces(sources), self._interfaces(targets))]

    def _interzone(self, sources: list[str] | None, targets: list[str] | None) -> list[tuple[Interfaces, Interfaces]]:
        every = sorted(self._zones.members)
        sides: list[tuple[Interfaces, Interfaces]] = []
        for name in every if sources is None else sources:
            others = [other for other in (every if targets is None else targets) if other != name]
            if others:
                sides.append((self._zones.members[name], self._interfaces(others)))
        return sides

    def _zone_names(self, entry: Element, key: str, doubt: _Doubt) -> list[str] | None:
        """Return the zones that a rule names, None for any."""
        names = entry.members(key)
        if not names:
            self._missing(entry, key, doubt)
            return None
        if "any" in names or "multicast" in names:
            return None
        for name in names:
            if name not in self._zones.members:
                self._unknown(entry, key, name, doubt)
                return None
        return names

    def _interfaces(self, names: list[str] | None) -> Interfaces:
        if names is None:
            return self._zones.all
        return frozenset(interface for name in names for interface in self._zones.members[name])


def rule_text(entry: Element) -> str:
    """Return a rule on one line, as far as it says who can talk to whom."""
    parts = [f'security "{entry.name}"']
    parts += [f"{key} {' '.join(values[:20])}" for key in _TOLD if (values := entry.members(key))]
    if entry.value("action") not in _ACTIONS:
        parts = [part for part in parts if not part.startswith("action ")]
    return " / ".join(parts)[:600]
