"""Rule sets of a Cisco IOS configuration: which list is applied where, and which replies pass all the same.

Semantics kept here:
- a list that is applied but not defined, or has no entries, lets everything pass; any other ends with "deny all";
- an IPv4 list says nothing about IPv6 packets of the same interface, and the other way round;
- inspection (`ip inspect`, CBAC) opens the way back for connections it has seen, on the interface where it is applied
  and on the one at the other end of the connection; a reflexive list does so where `evaluate` stands;
- what comes out of an IPsec tunnel of a crypto map, or goes into one, is not looked at by the interface's list.

Source: Cisco IOS Security Configuration Guide, "IP Access List Overview", "Configuring Context-Based Access Control",
"Configuring IP Session Filtering (Reflexive Access Lists)", and "Crypto Access Check on Clear-Text Packets"
(12.3(8)T and later; older systems did look twice).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sekisho.adapters.configurations.cisco_ios.interfaces import Port
from sekisho.adapters.configurations.cisco_ios.lists import MOST_COMPARED, AccessList, Lists, matching, overlaps
from sekisho.adapters.configurations.cisco_like.services import APPLICATIONS
from sekisho.adapters.configurations.cisco_like.text import NO_SUCH_LIST, NOT_KNOWN, Account, Block, Line
from sekisho.domain.network.addresses import ANY_V4, ANY_V6
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Action, AtInterface, Direction, Origin, Rule, RuleSet, State
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_SERVICE, TCP, UDP, ports_of
from sekisho.domain.text import Text

OPPOSITE = {Direction.IN: Direction.OUT, Direction.OUT: Direction.IN}
LIST_IS_MISSING = Text(
    "フィルター「{name}」は適用されていますが、定義がありません。この向きはすべて通ります。",
    "The filter “{name}” is applied but not defined: everything passes in this direction.",
)
PORT_FILTER = Text(
    "スイッチのポートのフィルターです。このポートの先にある機器は設定からは分からないため、到達の計算には入りません。",
    "This filter is on a switch port. The configuration does not tell what is behind the port, so it takes no part.",
)
VLAN_FILTER = Text(
    "VLAN のフィルター「{name}」が、インターフェースのフィルターと重なっています。合わせた結果は「分からない」と扱います。",
    "The VLAN filter “{name}” works together with a filter of the interface. The result is treated as unknown.",
)
TUNNEL_FILTER = Text(
    "IPsec を通る通信に別のフィルターがかかっています。この通信は「分からない」と扱います。",
    "Traffic through IPsec meets a filter of its own. It is treated as unknown.",
)


@dataclass(slots=True)
class CryptoEntry:
    """One entry of a crypto map: which list selects what is encrypted."""

    line: Line
    list_name: str = ""
    has_filter: bool = False


@dataclass(slots=True)
class VlanMap:
    """One step of a VLAN access map: lists that select, and whether what they select is forwarded."""

    seq: int
    line: Line
    lists: list[str] = field(default_factory=list)
    forwards: bool = True
    is_plain: bool = True


class Filters:
    """Collects what is applied to interfaces and makes rule sets of it."""

    def __init__(self, account: Account, lists: Lists, ports: dict[str, Port]) -> None:
        self._account, self._lists, self._ports = account, lists, ports
        self._inspection: dict[str, list[tuple[str, Line]]] = {}
        self._crypto: dict[str, list[CryptoEntry]] = {}
        self._maps: dict[str, list[VlanMap]] = {}
        self._vlans: dict[int, tuple[str, Line]] = {}
        self._selections: dict[str, list[Rule]] = {}
        self._memories: dict[str, list[Rule]] = {}
        self._inspecting: list[Port] = []
        self._room = 100_000  # how many VLANs may still be named, each time counted

    # ---- collecting ----

    def inspect(self, line: Line) -> None:
        """Take a line "ip inspect name NAME tcp ..."; timers and thresholds have no bearing."""
        if line.starts("ip", "inspect", "name") and len(line.words) > 4 and line.words[4] != "parameter":
            self._inspection.setdefault(line.words[3], []).append((line.words[4].lower(), line))

    def crypto(self, block: Block) -> None:
        """Take a block "crypto map NAME 10 ipsec-isakmp" (or a dynamic one); its keys and proposals are left alone."""
        words = block.head.words
        if len(words) < 4 or words[1] not in ("map", "dynamic-map") or not words[3].isdecimal():
            return
        entry = CryptoEntry(block.head)
        for line in block.body:
            if line.starts("match", "address") and len(line.words) > 2:
                entry.list_name, entry.line = line.words[2], line
            elif line.starts("set", "ip", "access-group"):
                entry.has_filter = True
                self._account.unread(line, TUNNEL_FILTER, Bearing.FILTER)
        self._crypto.setdefault(words[2], []).append(entry)
        if "dynamic" in words[4:] and words[-1] != "dynamic":
            self._crypto[words[2]].append(CryptoEntry(block.head, f"\0{words[-1]}"))

    def vlan_map(self, block: Block) -> None:
        """Take a block "vlan access-map NAME 10"."""
        words = block.head.words
        if len(words) < 3:
            self._account.unread(block.head, NOT_KNOWN, Bearing.FILTER)
            return
        steps = self._maps.setdefault(words[2], [])
        seq = int(words[3]) if len(words) > 3 and words[3].isdecimal() else 10 * (len(steps) + 1)
        step = VlanMap(seq, block.head)
        for line in block.body:
            match line.words:
                case ["match", "ip", "address", *names]:
                    step.lists += names
                case ["match", *_]:
                    step.is_plain = False
                    self._account.unread(line, NOT_KNOWN, Bearing.FILTER)
                case ["action", what, *_]:
                    step.forwards = what.startswith(("forward", "redirect"))
        steps.append(step)

    def vlan_filter(self, line: Line) -> None:
        """Take a line "vlan filter NAME vlan-list 10,20-29"."""
        words = line.words
        vlans = list(numbers_of("".join(words[4:]))) if words[3:4] == ["vlan-list"] and self._room > 0 else []
        self._room -= len(vlans)
        if not vlans:
            self._account.unread(line, NOT_KNOWN, Bearing.FILTER)
        for vlan in vlans:
            self._vlans[vlan] = words[2], line

    # ---- rule sets ----

    def rulesets(self) -> list[RuleSet]:
        """Return the rule sets on interfaces, in the order of the interfaces."""
        found: dict[tuple[str, Direction], RuleSet] = {}
        for port in self._ports.values():
            for direction in Direction:
                ruleset = self._ruleset(port, direction)
                if ruleset is not None:
                    found[port.name, direction] = ruleset
        self._vlan_filters(found)
        self._open_ways_back(found)
        return [
            replace(ruleset, at=AtInterface(name, direction))
            for (name_of_port, direction), ruleset in found.items()
            for name in self._ports[name_of_port].ids()
        ]

    def _ruleset(self, port: Port, direction: Direction) -> RuleSet | None:
        if not port.is_kept:
            return None
        applied = {is_v6: port.filters.get((direction, is_v6)) for is_v6 in (False, True)}
        if not any(applied.values()):
            return None
        rules: tuple[Rule, ...] = ()
        names, default = [], Action.DENY
        for is_v6, binding in applied.items():
            family = ANY_V6 if is_v6 else ANY_V4
            found = self._defined(binding, is_v6=is_v6)
            if found is not None:
                names.append(found.name)
                rules += _after(rules, found.rules())
            elif binding is not None and applied[not is_v6] is None:
                names.append(binding[0])
                default = Action.PERMIT
            elif binding is not None or not is_v6 or port.has_v6:
                rules += _after(rules, (_implied(family, port.line.origin, _NO_FILTER[is_v6]),))
        if port.is_switched:
            self._account.tell(next(one for one in applied.values() if one)[1], "port-filter", PORT_FILTER)
        tunnels = tuple(self._tunnels(port, direction))
        return RuleSet(
            "",
            AtInterface(port.name, direction),
            default,
            tunnels + _after(tunnels, rules),
            stateful=False,
            source="parsed",
            name=" + ".join(names),
        )

    def _defined(self, binding: tuple[str, Line] | None, *, is_v6: bool) -> AccessList | None:
        """Return the list of a binding; None when there is none or it is empty, which lets everything pass."""
        if binding is None:
            return None
        name, line = binding
        access_list = (self._lists.v6 if is_v6 else self._lists.v4).get(name)
        if access_list is None or not access_list.entries:
            self._account.tell(line, "list-not-defined", LIST_IS_MISSING.filled(name=name))
            return None
        return access_list

    def _tunnels(self, port: Port, direction: Direction) -> Iterator[Rule]:
        """Yield what passes because it travels inside IPsec."""
        seq = 0
        for entry in self._crypto_entries(port.crypto_map):
            access_list = self._lists.v4.get(entry.list_name)
            for rule in self._selected(entry.list_name) if access_list is not None else ():
                seq += 1
                sides = (rule.dst, rule.src) if direction is Direction.IN else (rule.src, rule.dst)
                yield replace(
                    rule,
                    seq=seq,
                    src=sides[0],
                    dst=sides[1],
                    is_exact=rule.is_exact and not entry.has_filter,
                    name=f"IPsec {port.crypto_map}",
                )

    def _selected(self, name: str) -> list[Rule]:
        """Return what the list of a crypto map selects; asked for at every interface that carries the map."""
        if name not in self._selections:
            self._selections[name] = list(matching(self._lists.v4[name].rules()))
        return self._selections[name]

    def _crypto_entries(self, name: str) -> Iterator[CryptoEntry]:
        for entry in self._crypto.get(name, []):
            if entry.list_name.startswith("\0"):
                yield from self._crypto.get(entry.list_name[1:], [])
            elif entry.list_name:
                yield entry

    # ---- VLAN filters ----

    def _vlan_filters(self, found: dict[tuple[str, Direction], RuleSet]) -> None:
        by_name = {port.name.lower(): port for port in self._ports.values()}
        for vlan, (name, line) in sorted(self._vlans.items()):
            port = by_name.get(f"vlan{vlan}")
            if port is None or not port.is_kept:
                continue
            rules = self._map_rules(name, line)
            for direction in Direction:
                known = found.get((port.name, direction))
                if known is not None or rules is None:
                    found[port.name, direction] = self._doubted(port, direction, name, line, known)
                else:
                    place = AtInterface(port.name, direction)
                    found[port.name, direction] = RuleSet(
                        "", place, Action.DENY, tuple(rules), stateful=False, source="parsed", name=name
                    )

    def _doubted(self, port: Port, direction: Direction, name: str, line: Line, known: RuleSet | None) -> RuleSet:
        self._account.unread(line, VLAN_FILTER.filled(name=name), Bearing.FILTER)
        doubt = Rule(1, Action.UNKNOWN, is_exact=False, name=name, origin=line.origin)
        if known is None:
            place = AtInterface(port.name, direction)
            return RuleSet("", place, Action.PERMIT, (doubt,), stateful=False, source="parsed", name=name)
        return replace(known, rules=(doubt, *_after((doubt,), known.rules)))

    def _map_rules(self, name: str, line: Line) -> list[Rule] | None:
        """Return a VLAN access map as rules, None when it cannot be told."""
        rules: list[Rule] = []
        for step in sorted(self._maps.get(name, []), key=lambda one: one.seq):
            action = Action.PERMIT if step.forwards else Action.DENY
            if not step.is_plain:
                return None
            if not step.lists:
                rules.append(Rule(0, action, ANY_V4, ANY_V4, origin=step.line.origin))
            for one in step.lists:
                access_list = self._lists.v4.get(one)
                if access_list is None:
                    self._account.unread(step.line, NO_SUCH_LIST.filled(name=one), Bearing.FILTER)
                    return None
                rules += [replace(rule, action=action) for rule in matching(access_list.rules())]
        if not rules:
            self._account.unread(line, NO_SUCH_LIST.filled(name=name), Bearing.FILTER)
            return None
        return [replace(rule, seq=10 * number) for number, rule in enumerate(rules, 1)]

    # ---- ways back ----

    def _open_ways_back(self, found: dict[tuple[str, Direction], RuleSet]) -> None:
        tracked: dict[tuple[str, Direction], list[Rule]] = {}
        inspecting = [port for port in self._ports.values() if port.inspected and not port.is_down]
        for port in inspecting[MOST_COMPARED:]:
            self._account.unread(port.line, NOT_KNOWN, Bearing.FILTER)
        self._inspecting = inspecting[:MOST_COMPARED]
        for key in found:
            tracked[key] = list(self._evaluated(*key)) + list(self._inspected(*key))
        for key, rules in tracked.items():
            if rules:
                exact_first = sorted(rules, key=lambda rule: not rule.is_exact)
                found[key] = replace(found[key], tracked=tuple(exact_first))

    def _inspected(self, name: str, direction: Direction) -> Iterator[Rule]:
        for port in self._inspecting:
            for side, (inspection, line) in port.inspected.items():
                if port.name == name and side is not direction:
                    yield from self._inspection_rules(inspection, line)
                elif port.name != name and side is direction:
                    ids = frozenset(port.ids())
                    for rule in self._inspection_rules(inspection, line):
                        sides = (ids, None) if side is Direction.IN else (None, ids)
                        yield replace(rule, entering=sides[0], leaving=sides[1])

    def _inspection_rules(self, name: str, line: Line) -> list[Rule]:
        protocols = self._inspection.get(name)
        if protocols is None:
            self._account.unread(line, NO_SUCH_LIST.filled(name=name), Bearing.FILTER)
            return []
        rules: list[Rule] = []
        for word, written in protocols:
            services = APPLICATIONS.get(word)
            if word == "fragment":
                continue
            if services is None:
                self._account.unread(written, NOT_KNOWN, Bearing.FILTER)
            rules.append(
                Rule(
                    10 * (len(rules) + 1),
                    Action.PERMIT,
                    ANY_V4,
                    ANY_V4,
                    services if services is not None else ports_of(TCP) | ports_of(UDP),
                    state=State.NEW,
                    is_exact=services is not None,
                    name=f"ip inspect {name}",
                    origin=written.origin,
                )
            )
        return rules

    def _evaluated(self, name: str, direction: Direction) -> Iterator[Rule]:
        """Yield the reflecting entries whose replies pass where `evaluate` stands in a list applied here."""
        for is_v6 in (False, True):
            binding = self._ports[name].filters.get((direction, is_v6))
            access_list = (self._lists.v6 if is_v6 else self._lists.v4).get(binding[0]) if binding else None
            denied: list[Rule] = []
            for entry in access_list.in_order() if access_list is not None else ():
                denied += [rule for rule in entry.rules if rule.action is not Action.PERMIT and rule.takes_part]
                if entry.evaluate:
                    if entry.evaluate not in self._memories:
                        self._memories[entry.evaluate] = list(self._reflecting(entry.evaluate))
                    remembered = self._memories[entry.evaluate]
                    is_too_much = len(denied) * len(remembered) > MOST_COMPARED**2
                    for rule in remembered:
                        yield replace(rule, is_exact=False) if is_too_much else _despite(rule, denied)

    def _reflecting(self, reflexive: str) -> Iterator[Rule]:
        for access_list in (*self._lists.v4.values(), *self._lists.v6.values()):
            passed: list[Rule] = []
            for entry in access_list.in_order():
                for rule in entry.rules:
                    if entry.reflect == reflexive:
                        is_hidden = len(passed) > MOST_COMPARED or any(overlaps(rule, one) for one in passed)
                        yield replace(rule, is_exact=rule.is_exact and not is_hidden)
                    elif rule.action is not Action.DENY:
                        passed.append(rule)


def _despite(rule: Rule, denied: list[Rule]) -> Rule:
    """Return the part of a reflecting rule whose replies are not denied above `evaluate`."""
    peers = rule.dst
    for one in denied:
        backwards = replace(one, src=one.dst, dst=one.src, service=ANY_SERVICE)
        if not overlaps(rule, backwards):
            continue
        covers = (one.service, one.action, one.state) == (ANY_SERVICE, Action.DENY, State.ANY) and one.dst.covers(
            rule.src
        )
        if not covers or not one.is_exact:
            return replace(rule, is_exact=False)
        peers = peers - one.src
    return replace(rule, dst=peers)


_NO_FILTER = {
    False: "IPv4 のフィルターなし / no IPv4 filter",
    True: "IPv6 のフィルターなし / no IPv6 filter",
}


def _implied(family: Ranges, origin: Origin, name: str) -> Rule:
    return Rule(10, Action.PERMIT, family, family, name=name, origin=origin)


def _after(before: tuple[Rule, ...], rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Return `rules` with sequence numbers that none of `before` has: shifted by the next power of ten."""
    if not before or not rules:
        return rules
    taken = {rule.seq for rule in before}
    if not any(rule.seq in taken for rule in rules):
        return rules
    shift = 10 ** len(str(max(*taken, 1)))
    return tuple(replace(rule, seq=rule.seq + shift) for rule in rules)


def numbers_of(text: str) -> Iterator[int]:
    """Yield the numbers of a list such as "10,20-29", at most 4,094 in all; nothing for anything else."""
    count = 0
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not (first.isdecimal() and (last or first).isdecimal() and len(first) < 5 and len(last) < 5):
            return
        for number in range(int(first), int(last or first) + 1):
            count += 1
            if count > 4094:
                return
            yield number
