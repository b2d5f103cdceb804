"""The zone-based firewall of a Cisco IOS configuration, as rule sets between zones.

Semantics kept here: an interface in a zone talks to another zone only through a zone pair with a policy, and never with
an interface in no zone; within one zone, and between interfaces in none, everything passes. In a policy the first class
that matches decides: `inspect` lets the connection and its replies pass, `pass` the packets of this direction alone,
everything else is dropped. Left out: pairs with the zone `self` (packets for the device itself).

Source: Cisco IOS Security Configuration Guide, "Zone-Based Policy Firewall".
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sekisho.adapters.configurations.cisco_ios.interfaces import Port
from sekisho.adapters.configurations.cisco_ios.lists import Lists, matching
from sekisho.adapters.configurations.cisco_like.services import APPLICATIONS
from sekisho.adapters.configurations.cisco_like.text import NO_SUCH_LIST, NOT_KNOWN, Account, Block, Line
from sekisho.domain.network.addresses import ANY_ADDRESS
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Action, AtZones, Rule, RuleSet
from sekisho.domain.network.services import TCP, UDP, ports_of
from sekisho.domain.text import Text

NO_ZONE = "no-zone"
"""Stands for the interfaces of such a device that are in no zone."""
MOST_COMBINED = 512
MOST_ZONES = 100
PASS_AND_INSPECT = Text(
    "同じ装置の中で pass と inspect が混ざっています。pass の通信は「分からない」と扱います。",
    "“pass” and “inspect” are mixed on this device. What “pass” lets through is treated as unknown.",
)


@dataclass(slots=True)
class _ClassMap:
    """A class: its criteria, all of which (or any of which) must match."""

    line: Line
    needs_all: bool
    criteria: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class _Pair:
    """A zone pair and the policy on it, "" for none."""

    source: str
    target: str
    line: Line
    policy: str = ""


class Zones:
    """Collects classes, policies and zone pairs, and makes rule sets of them."""

    def __init__(self, account: Account, lists: Lists) -> None:
        self._account, self._lists = account, lists
        self._classes: dict[str, _ClassMap] = {}
        self._policies: dict[str, list[tuple[str, str, Line]]] = {}
        self._pairs: list[_Pair] = []
        self._zones: list[str] = []

    def zone(self, block: Block) -> None:
        """Take a line "zone security NAME"."""
        if block.head.starts("zone", "security") and len(block.head.words) > 2:
            self._zones.append(block.head.words[2])

    def class_map(self, block: Block) -> None:
        """Take a block "class-map type inspect match-any NAME"; classes of other kinds do not filter."""
        words = block.head.words
        if words[1:3] != ["type", "inspect"] or len(words) < 4:
            return
        known = self._classes.setdefault(words[-1], _ClassMap(block.head, "match-any" not in words))
        known.criteria += [line for line in block.body if line.words[0] == "match"]

    def policy_map(self, block: Block) -> None:
        """Take a block "policy-map type inspect NAME"; policies of other kinds do not filter."""
        words = block.head.words
        if words[1:3] != ["type", "inspect"] or len(words) != 4:
            return
        known = self._policies.setdefault(words[3], [])
        for inner in _classes_of(block.body):
            action = next(
                (line.words[0] for line in inner.body if line.words[0] in ("inspect", "pass", "drop")), "drop"
            )
            known.append((inner.head.words[-1], action, inner.head))

    def pair(self, block: Block) -> None:
        """Take a block "zone-pair security NAME source A destination B"."""
        words = block.head.words
        if "source" not in words[:-1] or "destination" not in words[:-1]:
            self._account.unread(block.head, NOT_KNOWN, Bearing.FILTER)
            return
        source, target = words[words.index("source") + 1], words[words.index("destination") + 1]
        pair = _Pair(_zone(source), _zone(target), block.head)
        for line in block.body:
            if line.starts("service-policy", "type", "inspect") and len(line.words) > 3:
                pair.policy = line.words[3]
        self._pairs.append(pair)

    def in_use(self, ports: dict[str, Port]) -> bool:
        """Return whether some interface is in a zone."""
        return any(port.zone for port in ports.values())

    def rulesets(self, ports: dict[str, Port]) -> list[RuleSet]:
        """Return a rule set for every ordered pair of different zones that interfaces are in."""
        if not self.in_use(ports):
            return []
        zones = list(dict.fromkeys(port.zone or NO_ZONE for port in ports.values() if port.is_kept))
        for port in ports.values():
            if port.zone in zones[MOST_ZONES:]:
                self._account.unread(port.line, NOT_KNOWN, Bearing.FILTER)
        zones = zones[:MOST_ZONES]
        pairs = {(pair.source, pair.target): pair for pair in self._pairs if "self" not in (pair.source, pair.target)}
        actions = {
            action
            for pair in pairs.values()
            for _, action, _ in self._policies.get(pair.policy, [])
            if action != "drop"
        }
        found = []
        for source in zones:
            for target in zones:
                pair = pairs.get((source, target))
                if source == target and pair is None:
                    continue
                rules = tuple(self._pair_rules(pair, is_mixed=len(actions) > 1)) if pair is not None else ()
                name = pair.line.words[2] if pair is not None and len(pair.line.words) > 2 else ""
                place = AtZones(source, target)
                is_stateful = actions != {"pass"}
                found.append(RuleSet("", place, Action.DENY, rules, is_stateful, source="parsed", name=name))
        return found

    def _pair_rules(self, pair: _Pair, *, is_mixed: bool) -> Iterator[Rule]:
        policy = self._policies.get(pair.policy)
        if policy is None:
            if pair.policy:
                self._account.unread(pair.line, NO_SUCH_LIST.filled(name=pair.policy), Bearing.FILTER)
                yield Rule(10, Action.UNKNOWN, is_exact=False, origin=pair.line.origin)
            return
        seq = 0
        for name, action, line in policy:
            if action == "pass" and is_mixed:
                self._account.unread(line, PASS_AND_INSPECT, Bearing.FILTER)
            for rule in self._selected(name, line, ()):
                seq += 10
                yield replace(
                    rule,
                    seq=seq,
                    action=Action.DENY if action == "drop" else Action.PERMIT,
                    is_exact=rule.is_exact and not (action == "pass" and is_mixed),
                    name=name,
                )

    def _selected(self, name: str, line: Line, above: tuple[str, ...]) -> list[Rule]:
        """Return what a class selects, as permits."""
        if name == "class-default":
            return [Rule(0, Action.PERMIT, origin=line.origin)]
        known = self._classes.get(name)
        if known is None or name in above or len(above) > 20:
            self._account.unread(line, NO_SUCH_LIST.filled(name=name), Bearing.FILTER)
            return [Rule(0, Action.PERMIT, is_exact=False, origin=line.origin)]
        criteria = [self._criterion(one, (*above, name)) for one in known.criteria]
        if not known.needs_all:
            return [rule for rules in criteria for rule in rules]
        selected = [Rule(0, Action.PERMIT, origin=known.line.origin)]
        for rules in criteria:
            selected = [both for one in selected for other in rules if (both := _both(one, other)) is not None]
            if len(selected) > MOST_COMBINED:
                self._account.unread(known.line, NOT_KNOWN, Bearing.FILTER)
                return [Rule(0, Action.PERMIT, is_exact=False, origin=known.line.origin)]
        return selected if criteria else []

    def _criterion(self, line: Line, above: tuple[str, ...]) -> list[Rule]:
        match line.words[1:]:
            case ["protocol", word, *rest]:
                services = APPLICATIONS.get(word.lower())
                is_exact = services is not None and not rest
                if services is None:
                    services = ports_of(TCP) | ports_of(UDP)
                return [
                    Rule(0, Action.PERMIT, ANY_ADDRESS, ANY_ADDRESS, services, is_exact=is_exact, origin=line.origin)
                ]
            case ["access-group", *words] if words:
                access_list = self._lists.v4.get(words[-1]) or self._lists.v6.get(words[-1])
                if access_list is not None:
                    return list(matching(access_list.rules()))
            case ["class-map", name]:
                return self._selected(name, line, above)
        self._account.unread(line, NO_SUCH_LIST.filled(name=line.words[-1]), Bearing.FILTER)
        return [Rule(0, Action.PERMIT, is_exact=False, origin=line.origin)]


def _zone(word: str) -> str:
    return NO_ZONE if word == "default" else word


def _classes_of(body: list[Line]) -> list[Block]:
    """Return the classes of a policy with their actions, whether the actions are indented deeper or not."""
    found: list[Block] = []
    for line in body:
        if line.words[0] == "class" and len(line.words) > 1:
            found.append(Block(line))
        elif found:
            found[-1].body.append(line)
    return found


def _both(one: Rule, other: Rule) -> Rule | None:
    """Return what two permits select together, None for nothing."""
    src, dst, service = one.src & other.src, one.dst & other.dst, one.service & other.service
    ports = one.source_ports & other.source_ports
    if not (src and dst and service and ports):
        return None
    is_exact = one.is_exact and other.is_exact
    return replace(other, src=src, dst=dst, service=service, source_ports=ports, is_exact=is_exact)
