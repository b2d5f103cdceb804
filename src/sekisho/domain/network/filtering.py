"""First-match filtering of whole sets: for one sender, which destinations and services a rule set lets pass.

A row is computed once for all senders that a rule set cannot tell apart. Three values are two sets: what surely passes
and what may pass. A rule that may not match, or whose action is unknown, leaves its packets undecided but tainted: a
later permit is then no longer sure, and a later deny no longer a sure stop.

How the parts of the engine play together: docs/explanation/reachability.md.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sekisho.domain.network.atoms import Atoms
from sekisho.domain.network.classes import Classes, positions
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    AtZones,
    Direction,
    Everywhere,
    Network,
    Rule,
    RuleSet,
    State,
)

Row = tuple[tuple[int, int, int], ...]
"""Parts of (atoms, destinations that surely pass, destinations that may pass). Where parts share atoms, each counts."""

_EXACT_PERMIT, _EXACT_DENY, _EXACT_UNKNOWN, _MAY_PERMIT, _MAY_DENY, _MAY_EITHER = range(6)


@dataclass(frozen=True, slots=True)
class Crossing:
    """One rule set met on the way, with the interfaces by which the first packet enters and leaves the device."""

    ruleset: int
    entering: str
    leaving: str
    is_reply: bool = False


@dataclass(slots=True)  # never changed; one for each rule and view, and a frozen one takes three times as long to make
class _Compiled:
    """A rule as numbers: the object of the sender's address, destinations, atoms, and what it does."""

    sender: int
    destinations: int
    atoms: int
    effect: int
    seq: int


class View:
    """The rules of one rule set that can decide at one crossing, and the rows computed from them."""

    def __init__(
        self,
        ruleset: RuleSet,
        rules: list[_Compiled],
        atoms: int,
        everyone: int,
        whole: Callable[[int], bool],
        tracked: "View | None" = None,
        default: Action | None = None,
    ) -> None:
        self._atoms, self._everyone = atoms, everyone
        self._rules = rules
        self._tracked = tracked
        self._default = default or ruleset.default
        self._ruleset = ruleset  # views are shared by the identity of their rule set, which must therefore live on
        self._by_sender: dict[int, list[int]] = {}
        for position, rule in enumerate(rules):
            self._by_sender.setdefault(rule.sender, []).append(position)
        self.senders = sum(1 << sender for sender in self._by_sender)
        """The objects that tell senders apart here, as bits by object number."""
        self.tells_ports = any(not whole(rule.atoms) for rule in rules)
        """Whether one source port may pass where another does not."""
        if tracked is not None:
            self.senders |= tracked.senders
            self.tells_ports |= tracked.tells_ports
        self._rows: dict[int, Row] = {}
        self.deciding: set[int] = set()
        """Numbers (`seq`) of the rules that decided something in the rows computed so far."""

    def row(self, signature: int) -> Row:
        """Return what passes for a sender whose address lies in the objects `signature`."""
        key = signature & self.senders
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = self.computed(key)
        return row

    def computed(self, signature: int) -> Row:
        """Return the same as `row` without keeping it: for who keeps what follows from it in a smaller shape."""
        key = signature & self.senders
        row = self._decided(key)
        return row if self._tracked is None else either(row, self._tracked.computed(key))

    def _decided(self, key: int) -> Row:
        matching = sorted(at for sender in positions(key) for at in self._by_sender.get(sender, ()))
        parts = [_Part(self._atoms, self._everyone)]
        for at in matching:
            rule = self._rules[at]
            for part in parts[:]:
                inside = part.atoms & rule.atoms
                if not inside or not part.undecided & rule.destinations:
                    continue
                if inside != part.atoms:
                    parts.append(part.split(part.atoms ^ inside))
                part.meet(rule.effect, rule.destinations)
                self.deciding.add(rule.seq)
        for part in parts:
            part.meet(_DEFAULTS[self._default], self._everyone)
        return tuple((part.atoms, part.surely, part.maybe) for part in parts)


_DEFAULTS = {Action.PERMIT: _EXACT_PERMIT, Action.DENY: _EXACT_DENY, Action.UNKNOWN: _EXACT_UNKNOWN}


class _Part:
    """Atoms that have met the same rules so far, and what became of each destination."""

    __slots__ = ("atoms", "may_deny", "may_permit", "maybe", "surely", "undecided")

    def __init__(self, atoms: int, undecided: int) -> None:
        self.atoms, self.undecided = atoms, undecided
        self.surely = self.maybe = self.may_permit = self.may_deny = 0

    def split(self, atoms: int) -> "_Part":
        """Take `atoms` out of this part and return them as a part of their own, in the same state."""
        other = _Part(atoms, self.undecided)
        other.surely, other.maybe = self.surely, self.maybe
        other.may_permit, other.may_deny = self.may_permit, self.may_deny
        self.atoms ^= atoms
        return other

    def meet(self, effect: int, destinations: int) -> None:
        """Apply one rule to what is still undecided among `destinations`."""
        met = self.undecided & destinations
        if effect == _EXACT_PERMIT:
            self.surely |= met & ~self.may_deny
            self.maybe |= met
        elif effect == _EXACT_DENY:
            self.maybe |= met & self.may_permit
        elif effect == _EXACT_UNKNOWN:
            self.maybe |= met
        else:
            if effect != _MAY_DENY:
                self.may_permit |= met
            if effect != _MAY_PERMIT:
                self.may_deny |= met
            return
        self.undecided ^= met


def either(one: Row, other: Row) -> Row:
    """Return what passes at least one of two rows, each of which has a part for every atom."""
    return tuple(
        (inside, surely | other_surely, maybe | other_maybe)
        for atoms, surely, maybe in one
        for other_atoms, other_surely, other_maybe in other
        if (inside := atoms & other_atoms)
    )


def joined(rows: Iterable[Row], atoms: int, everyone: int) -> Row:
    """Return what passes every one of `rows`."""
    parts: list[tuple[int, int, int]] = [(atoms, everyone, everyone)]
    for row in rows:
        parts = [
            (inside, surely & part[1], maybe & part[2])
            for inside_row, surely, maybe in row
            for part in parts
            if part[2] and (inside := inside_row & part[0])
        ]
    return tuple(part for part in parts if part[2])


class Filtering:
    """The rule sets of a network over its classes and atoms."""

    def __init__(
        self, network: Network, classes: Classes, atoms: Atoms, known: dict[tuple[object, ...], View] | None = None
    ) -> None:
        self.network, self.classes, self.atoms = network, classes, atoms
        self._everyone = (1 << len(classes)) - 1
        self._at: dict[tuple[str, object], list[int]] = {}
        for number, ruleset in enumerate(network.rulesets):
            self._at.setdefault((ruleset.device, ruleset.at), []).append(number)
        self._has_zones = {ruleset.device for ruleset in network.rulesets if isinstance(ruleset.at, AtZones)}
        self._zones = {segment.id: segment.zone for segment in network.segments}
        self._devices = {device.id: device for device in network.devices}
        self._views: dict[Crossing, View] = {}
        self._watched: dict[str, set[str]] = {}
        self._named: dict[int, set[str]] = {}
        self._by_name: dict[str, set[str]] = {}
        self._shared = {} if known is None else known

    def crossings(self, device: str, entering: str, leaving: str) -> list[Crossing]:
        """Return the rule sets that a connection meets on one device, those that judge its replies too.

        With `leaving` "" nobody knows by which interface it leaves: only what judges it whichever way counts.
        """
        if not leaving:
            numbers = self._on_way(device, entering, leaving)
            return [Crossing(number, entering, leaving) for number in numbers if self._is_blind(number)]
        found = [Crossing(number, entering, leaving) for number in self._on_way(device, entering, leaving)]
        for number in self._on_way(device, leaving, entering):
            if not self.network.rulesets[number].stateful:
                found.append(Crossing(number, entering, leaving, is_reply=True))
        return found

    def _is_blind(self, number: int) -> bool:
        ruleset = self.network.rulesets[number]
        return not isinstance(ruleset.at, AtZones) and all(rule.leaving is None for rule in ruleset.rules)

    def _on_way(self, device: str, entering: str, leaving: str) -> list[int]:
        numbers = [
            *self._at.get((device, AtInterface(entering, Direction.IN)), ()),
            *self._at.get((device, Everywhere()), ()),
        ]
        if device in self._has_zones:
            zones = AtZones(self._zone(device, entering), self._zone(device, leaving))
            numbers += self._at.get((device, zones), ())
        return [*numbers, *self._at.get((device, AtInterface(leaving, Direction.OUT)), ())]

    def _zone(self, device: str, interface_id: str) -> str:
        interface = self._devices[device].interface(interface_id)
        if interface is None:
            return ""
        return interface.zone or self._zones.get(interface.segment or "", "")

    def view(self, crossing: Crossing) -> View:
        """Return the rules that decide at `crossing`; crossings at which the same rules count share one view."""
        view = self._views.get(crossing)
        if view is None:
            view = self._views[crossing] = self._shared_view(crossing)
        return view

    def _shared_view(self, crossing: Crossing) -> View:
        ruleset = self.network.rulesets[crossing.ruleset]
        sides = (crossing.entering, crossing.leaving) if self._named_in(ruleset) else ()
        key = (crossing.is_reply, id(ruleset), *sides)
        known = self._shared.get(key)
        if known is None:
            view = self._reply_view if crossing.is_reply else self._first_view
            known = self._shared[key] = view(ruleset, crossing)
        return known

    def _named_in(self, ruleset: RuleSet) -> set[str]:
        """Return the interfaces that the rules of a set name."""
        named = self._named.get(id(ruleset))
        if named is None:
            named = self._named[id(ruleset)] = set()
            for rule in (*ruleset.rules, *ruleset.tracked):
                named.update(rule.entering or (), rule.leaving or ())
        return named

    def looks_alike(self, number: int, other: "Filtering") -> bool:
        """Return whether two versions of a rule set look at the same interfaces, so that ways split where they did."""
        return self._named_in(self.network.rulesets[number]) == other._named_in(other.network.rulesets[number])

    def exit_likeness(self, device: str, interface: str) -> object:
        """Return a key that is equal for interfaces of a device between which, as a way out, no rule set differs."""
        if device not in self._watched:
            self._watched[device] = self._watched_exits(device)
        return interface if interface in self._watched[device] else self.zone_likeness(device, interface)

    def zone_likeness(self, device: str, interface: str) -> object:
        """Return a key that is equal for interfaces which rule sets between zones do not tell apart."""
        return ("", self._zone(device, interface)) if device in self._has_zones else ""

    def fans_out(self, device: str, interface: str) -> bool:
        """Return whether, as a way out, an interface differs from others by nothing but its own rule sets."""
        if device not in self._by_name:
            rulesets = [ruleset for ruleset in self.network.rulesets if ruleset.device == device]
            self._by_name[device] = {name for ruleset in rulesets for name in self._named_in(ruleset)}
        return interface not in self._by_name[device] and not any(
            self._named_in(self.network.rulesets[crossing.ruleset])
            for crossing in self.own_crossings(device, interface)
        )

    def own_crossings(self, device: str, leaving: str) -> list[Crossing]:
        """Return the rule sets of an interface that judge what leaves by it, or its replies."""
        out = self._at.get((device, AtInterface(leaving, Direction.OUT)), ())
        back = self._at.get((device, AtInterface(leaving, Direction.IN)), ())
        return [Crossing(number, "", leaving) for number in out] + [
            Crossing(number, "", leaving, is_reply=True)
            for number in back
            if not self.network.rulesets[number].stateful
        ]

    def _watched_exits(self, device: str) -> set[str]:
        watched: set[str] = set()
        for ruleset in self.network.rulesets:
            if ruleset.device != device:
                continue
            watched |= self._named_in(ruleset)
            if isinstance(ruleset.at, AtInterface) and (ruleset.at.direction is Direction.OUT or not ruleset.stateful):
                watched.add(ruleset.at.interface)
        return watched

    def _first_view(self, ruleset: RuleSet, crossing: Crossing) -> View:
        rules = self._compiled(applicable(ruleset.rules, crossing.entering, crossing.leaving))
        return View(ruleset, rules, self.atoms.all, self._everyone, self.atoms.is_whole)

    def _reply_view(self, ruleset: RuleSet, crossing: Crossing) -> View:
        """Seen from the sender of the first packet, to whom the reply goes: the rule's two sides change places."""
        rules = [
            _Compiled(self.classes.objects[rule.dst.spans], self.classes.mask(rule.src), atoms, _effect(rule), rule.seq)
            for rule in applicable(ruleset.rules, crossing.leaving, crossing.entering)
            if (atoms := self.atoms.replies(rule))
        ]
        tracked = None
        if ruleset.tracked:
            first = self._compiled(applicable(ruleset.tracked, crossing.entering, crossing.leaving))
            tracked = View(ruleset, first, self.atoms.all, self._everyone, self.atoms.is_whole, default=Action.DENY)
        return View(ruleset, rules, self.atoms.all, self._everyone, self.atoms.is_whole, tracked)

    def _compiled(self, rules: Iterable[Rule]) -> list[_Compiled]:
        return [
            _Compiled(self.classes.objects[rule.src.spans], self.classes.mask(rule.dst), atoms, _effect(rule), rule.seq)
            for rule in rules
            if rule.state is not State.ESTABLISHED and (atoms := self.atoms.first_packets(rule))
        ]


def applicable(rules: Iterable[Rule], entering: str, leaving: str) -> list[Rule]:
    """Return the rules that can decide about a packet that enters and leaves by these interfaces, in order."""
    return [
        rule
        for rule in rules
        if rule.takes_part
        and (rule.entering is None or entering in rule.entering)
        and (rule.leaving is None or leaving in rule.leaving)
    ]


def _effect(rule: Rule) -> int:
    """Return what a rule does as a number; asked for each rule, and an enum is slow to look up by."""
    if rule.action is Action.PERMIT:
        return _EXACT_PERMIT if rule.is_exact else _MAY_PERMIT
    if rule.action is Action.DENY:
        return _EXACT_DENY if rule.is_exact else _MAY_DENY
    return _EXACT_UNKNOWN if rule.is_exact else _MAY_EITHER
