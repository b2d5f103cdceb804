"""Reads `rulesets:`. A rule that cannot be read stays at its place as one that may decide anything."""

from dataclasses import replace

from sekisho.adapters.network.fields import Entry, NetworkFields
from sekisho.adapters.network.known import Known
from sekisho.adapters.yaml_file import Path
from sekisho.domain.network.addresses import ANY_ADDRESS
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    AtZones,
    Device,
    Direction,
    Everywhere,
    Origin,
    Place,
    Rule,
    RuleSet,
    State,
)
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE
from sekisho.domain.text import Text

KEYS = ("device", "at", "default", "rules", "stateful", "tracked", "source", "name")
RULE_KEYS = (
    "seq", "action", "src", "dst", "service", "source_ports", "state", "entering", "leaving", "exact", "enabled", "schedule",
    "until", "name", "objects", "origin",
)  # fmt: skip
ACTIONS = {
    "permit": Action.PERMIT, "allow": Action.PERMIT, "accept": Action.PERMIT, "pass": Action.PERMIT,
    "deny": Action.DENY, "drop": Action.DENY, "reject": Action.DENY, "block": Action.DENY,
    "unknown": Action.UNKNOWN, "不明": Action.UNKNOWN,
}  # fmt: skip
MAX_PORT = 65_535
_PARTS = {
    "action": Text("動作（action）", "action"),
    "src": Text("送り元（src）", "source (src)"),
    "dst": Text("宛先（dst）", "destination (dst)"),
    "service": Text("サービス（service）", "service"),
    "source_ports": Text("送り元ポート（source_ports）", "source_ports"),
    "state": Text("状態（state）", "state"),
    "entering": Text("入る側（entering）", "entering"),
    "leaving": Text("出る側（leaving）", "leaving"),
    "enabled": Text("有効・無効（enabled）", "enabled"),
    "exact": Text("exact", "exact"),
}


def read_rulesets(fields: NetworkFields, known: Known) -> None:
    """Put the rule sets into `known.rulesets`, parsed ones first."""
    for rules in known.parsed.rulesets:
        _add(known, rules)
    for path, entry in fields.entries("rulesets"):
        fields.check_keys(path, entry, KEYS)
        device = known.devices.get(fields.name(entry, "device") or "")
        if device is None:
            fields.tell("unknown-device", *path, "device", name=fields.name(entry, "device") or "")
            continue
        place = _place(fields, known, path, entry, device)
        if place is None:
            known.unsure_filters.add(device.id)
        elif not _add(known, _ruleset(fields, known, path, entry, device, place)):
            fields.tell("place-twice", *path, "at")


def _add(known: Known, rules: RuleSet) -> bool:
    """Add a rule set; a second one for a place is left out and leaves the device's filters unknown."""
    if rules.id in known.rulesets:
        known.unsure_filters.add(rules.device)
        return False
    known.rulesets[rules.id] = rules
    return True


def _place(fields: NetworkFields, known: Known, path: Path, entry: Entry, device: Device) -> Place | None:
    at = entry.get("at")
    if at == "global":
        return Everywhere()
    if isinstance(at, dict):
        zones = at.get("zones")
        if isinstance(zones, list) and len(zones) == 2 and set(at) == {"zones"}:
            return _zones(fields, known, path, device, [str(zone) for zone in zones])
        interface = fields.name(at, "interface")
        if interface is not None and at.get("direction") in ("in", "out"):
            if device.interface(interface) is not None:
                return AtInterface(interface, Direction(at["direction"]))
            # A device whose configuration is missing has been told already.
            if device.routes_known or device.interfaces:
                fields.tell("unknown-interface", *path, "at", device=device.id, name=interface)
            return None
    fields.tell("place", *path, "at")
    return None


def _zones(fields: NetworkFields, known: Known, path: Path, device: Device, zones: list[str]) -> Place:
    for zone in zones:
        if zone not in zones_of(device, known):
            fields.tell("unknown-zone", *path, "at", name=zone)
    return AtZones(zones[0], zones[1])


def zones_of(device: Device, known: Known) -> set[str]:
    """Return the zones of a device's interfaces: their own, else those of their segments."""
    return {one.zone or (known.segments[one.segment].zone if one.segment else "") for one in device.interfaces}


def _ruleset(fields: NetworkFields, known: Known, path: Path, entry: Entry, device: Device, place: Place) -> RuleSet:
    return RuleSet(
        device=device.id,
        at=place,
        default=_default(fields, path, entry),
        rules=_rules(fields, path, entry, "rules", device),
        stateful=_stateful(fields, known, path, entry, device),
        tracked=_rules(fields, path, entry, "tracked", device),
        source=fields.text(path, entry, "source") or "declared",
        name=fields.text(path, entry, "name"),
    )


def _default(fields: NetworkFields, path: Path, entry: Entry) -> Action:
    action = ACTIONS.get(str(entry.get("default")).strip().lower())
    if action is None:
        fields.tell("default", *path, "default")
    return action or Action.UNKNOWN


def _stateful(fields: NetworkFields, known: Known, path: Path, entry: Entry, device: Device) -> bool:
    written = entry.get("stateful", True)
    if not isinstance(written, bool):
        fields.tell("stateful", *path, "stateful")
        known.unsure_filters.add(device.id)
        return True
    return written


def _rules(fields: NetworkFields, path: Path, entry: Entry, key: str, device: Device) -> tuple[Rule, ...]:
    """Return the rules in the order of the file, each with a number of its own."""
    rules: list[Rule] = []
    taken: set[int] = set()
    highest = 0
    for place, written in fields.each(path, entry, key):
        if written is None:
            fields.tell("rule-not-an-entry", *place)
        seq = fields.number(place, written or {}, "seq")
        if seq is None or seq in taken:
            free = highest // 10 * 10 + 10
            if seq is not None:
                fields.tell("seq-twice", *place, "seq", seq=seq, other=free)
            seq = free
        taken.add(seq)
        highest = max(highest, seq)
        rules.append(
            Rule(seq, Action.UNKNOWN, is_exact=False) if written is None else _rule(fields, place, written, seq, device)
        )
    return tuple(rules)


def _rule(fields: NetworkFields, path: Path, entry: Entry, seq: int, device: Device) -> Rule:
    fields.check_keys(path, entry, RULE_KEYS)
    parts = _Parts(fields, path, entry, device)
    read = Rule(
        seq=seq,
        action=parts.action(),
        src=parts.addresses("src"),
        dst=parts.addresses("dst"),
        service=parts.services(),
        source_ports=parts.ports(),
        state=parts.state(),
        entering=parts.interfaces("entering"),
        leaving=parts.interfaces("leaving"),
        enabled=parts.flag("enabled"),
        is_exact=parts.flag("exact"),
        schedule=fields.text(path, entry, "schedule"),
        until=fields.day(path, entry, "until"),
        name=fields.text(path, entry, "name"),
        objects=fields.names(path, entry, "objects"),
        origin=origin(fields, path, entry),
    )
    return replace(read, action=Action.UNKNOWN, is_exact=False, schedule="") if parts.is_unreadable else read


def origin(fields: NetworkFields, path: Path, entry: Entry) -> Origin | None:
    """Return where an entry stood in the configuration that it was read from."""
    written = entry.get("origin")
    if not isinstance(written, dict):
        return None
    line = fields.number((*path, "origin"), written, "line", least=1)
    text = written.get("text", "")
    return Origin(line, text if isinstance(text, str) else "") if line is not None else None


class _Parts:
    """The parts of one rule. One that is there but cannot be read matches all, and the rule may decide only."""

    def __init__(self, fields: NetworkFields, path: Path, entry: Entry, device: Device) -> None:
        self.fields, self.path, self.entry, self.device = fields, path, entry, device
        self.is_unreadable = False

    def _wrong(self, part: str) -> None:
        self.is_unreadable = True
        self.fields.tell("rule", *self.path, part, part=_PARTS[part])

    def action(self) -> Action:
        action = ACTIONS.get(str(self.entry.get("action")).strip().lower())
        if action is None:
            self._wrong("action")
        return action or Action.UNKNOWN

    def addresses(self, part: str) -> Ranges:
        return self._union(part, ANY_ADDRESS)

    def services(self) -> Ranges:
        return self._union("service", ANY_SERVICE)

    def _union(self, part: str, widest: Ranges) -> Ranges:
        if part not in self.entry:
            return widest
        before = len(self.fields.problems)
        if part == "service":
            read, whole = self.fields.services(self.path, self.entry, part)
        else:
            read, whole = self.fields.addresses(self.path, self.entry, part)
        if read and whole:
            return read
        del self.fields.problems[before:]  # told once, for the rule
        self._wrong(part)
        return widest

    def ports(self) -> Ranges:
        if "source_ports" not in self.entry:
            return ANY_PORT
        spans = [_port_span(item) for _, item in self.fields.items(self.path, self.entry, "source_ports")]
        read = [span for span in spans if span is not None]
        if not read or len(read) < len(spans):
            self._wrong("source_ports")
            return ANY_PORT
        return Ranges.of(read)

    def state(self) -> State:
        try:
            return State(str(self.entry.get("state", "any")).strip().lower())
        except ValueError:
            self._wrong("state")
            return State.ANY

    def flag(self, part: str) -> bool:
        value = self.entry.get(part, True)
        if not isinstance(value, bool):
            self._wrong(part)
        return value is not False

    def interfaces(self, part: str) -> frozenset[str] | None:
        if part not in self.entry:
            return None
        names = frozenset(self.fields.names(self.path, self.entry, part))
        if not names or any(self.device.interface(name) is None for name in names):
            self._wrong(part)
            return None
        return names


def _port_span(written: object) -> Span | None:
    first, dash, last = str(written).partition("-")
    if not (first.isdecimal() and (last.isdecimal() or not dash)):
        return None
    low, high = int(first), int(last or first)
    return (low, high) if low <= high <= MAX_PORT else None
