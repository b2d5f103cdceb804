"""Why one thing can, or cannot, talk to another: the way packet by packet, with the rule that decides at each place.

The sets of `reach` say what is so; this module takes one witness out of them, an address on each side and one source
port, and follows it rule by rule. Where nothing gets through, the witness is the one that comes farthest.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from sekisho.domain.network.classes import positions
from sekisho.domain.network.filtering import Crossing, applicable
from sekisho.domain.network.legs import Doubt, Leg, Unsure
from sekisho.domain.network.mapped import outer_service
from sekisho.domain.network.model import Action, Rule, RuleSet, State
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.services import ANY_PORT, PORTS, WITH_PORTS, port_of, protocol_of
from sekisho.domain.tri import Tri, all_of


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet as a rule set sees it. Addresses and service as numbers; ports are 0 where there are none."""

    source: int
    target: int
    protocol: int
    source_port: int
    target_port: int
    is_reply: bool = False

    @property
    def service(self) -> int:
        """Return the service number of the destination port."""
        return self.protocol * PORTS + self.target_port

    def answered(self) -> "Packet":
        """Return the reply to it."""
        return Packet(self.target, self.source, self.protocol, self.target_port, self.source_port, is_reply=True)


@dataclass(frozen=True, slots=True)
class Decision:
    """What one rule set does with the packet or its reply.

    `rule` decided, None for the default; `tainted_by` are rules before it that might have decided otherwise.
    `next_stop` is, where the packet passes, the rule that would have stopped it had `rule` not been there: None when
    none would, the rule set's default as `Rule`-less `would_stop_by_default`. `packet` is what was judged.
    """

    ruleset: RuleSet
    rule: Rule | None
    passes: Tri
    is_reply: bool = False
    tainted_by: tuple[Rule, ...] = ()
    next_stop: Rule | None = None
    would_stop_by_default: bool = False
    packet: Packet | None = None

    @property
    def reference(self) -> str:
        """Return how reports name the deciding rule."""
        return self.ruleset.reference(self.rule)


@dataclass(frozen=True, slots=True)
class Step:
    """One device on the way, with what its rule sets decide, in the order in which they are met."""

    device: str
    entering: str
    leaving: str
    decisions: tuple[Decision, ...] = ()


class Way(Enum):
    """How two ends are joined."""

    SAME_SEGMENT = "same-segment"
    ROUTED = "routed"
    NO_WAY = "no-way"
    NOT_LISTENING = "not-listening"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Explanation:
    """One witness: the addresses and the source port tried, the devices passed, and why the answer is what it is.

    `dialled` is the outside address when a static NAT stands between, else equal to `target_address`.
    """

    source: str
    target: str
    service: int
    reached: Tri
    way: Way
    source_address: int = 0
    target_address: int = 0
    dialled: int = 0
    source_port: int = 0
    steps: tuple[Step, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Return every decision on the way."""
        return tuple(decision for step in self.steps for decision in step.decisions)

    @property
    def rule_reference(self) -> str:
        """Return the one rule (or other reason) that says most: what stops it, makes it unsure, or lets it through."""
        for wanted in (Tri.NO, Tri.UNKNOWN):
            stopping = [decision for decision in self.decisions if decision.passes is wanted]
            if self.reached is wanted and stopping:
                return stopping[0].reference
        if self.doubts and self.reached is not Tri.YES:
            return f"{self.doubts[0].why.value}:{self.doubts[0].what}"
        ruled = [decision for decision in self.decisions if decision.rule is not None]
        permits = [decision for decision in ruled if not decision.is_reply] or ruled
        if self.reached is Tri.YES and permits:
            return permits[-1].reference
        return "no-filter" if self.way is Way.ROUTED else self.way.value


class Explainer:
    """Explains the answers of one `Reachability`."""

    def __init__(self, reach: Reachability) -> None:
        self._reach = reach
        self._known: dict[tuple[int, int, int], Explanation] = {}

    def explain(self, source: str, target: str, service: int) -> Explanation:
        """Return the best witness for `service` from a node or line to a node: one that gets through if any does.

        Raises:
            KeyError: as `Reachability.answer`.
        """
        reached = self._reach.answer(source, target, service)
        there = self._reach.classes.of_node[target]
        if reached is Tri.UNKNOWN and not (there and self._reach.senders(source)):
            doubt = Doubt(Unsure.PLACE_UNKNOWN, source if there else target)
            return Explanation(source, target, service, reached, Way.UNSURE, doubts=(doubt,))
        if not self._reach.listening[service] & there:
            return Explanation(source, target, service, Tri.NO, Way.NOT_LISTENING)
        best: Explanation | None = None
        for sender, at in self._pairs(source, there, service, reached):
            found = self._between(sender, at, service)
            if best is None or _merit(found) > _merit(best):
                best = found
            if found.reached is reached is not Tri.NO:
                break
        found = best or Explanation(source, target, service, Tri.NO, Way.NO_WAY)
        return Explanation(
            source,
            target,
            service,
            reached,
            found.way,
            found.source_address,
            found.target_address,
            found.dialled,
            found.source_port,
            found.steps,
            found.doubts,
        )

    def between(self, sender: int, target: int, service: int) -> Explanation:
        """Return the best witness between two classes, by their positions (-1: no known address); ids are left empty."""
        if sender < 0 or target < 0:
            doubt = Doubt(Unsure.PLACE_UNKNOWN, "")
            return Explanation("", "", service, Tri.UNKNOWN, Way.UNSURE, doubts=(doubt,))
        return self._between(sender, target, service)

    def _pairs(self, source: str, there: int, service: int, reached: Tri) -> Iterator[tuple[int, int]]:
        """Yield pairs of classes that show the answer; for NO all of them, few as they mostly are."""
        for sender in positions(self._reach.senders(source)):
            surely, maybe = self._reach.passing(sender, service)
            listening = there & self._reach.listening[service]
            shown = {Tri.YES: surely, Tri.UNKNOWN: maybe & ~surely, Tri.NO: ~maybe}[reached] & listening
            for at in positions(shown):
                yield sender, at

    def _between(self, sender: int, at: int, service: int) -> Explanation:
        key = (sender, at, service)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._followed(sender, at, service)
        return known

    def _followed(self, sender: int, at: int, service: int) -> Explanation:
        classes = self._reach.classes
        if not classes.family(sender) >> at & 1:
            return Explanation("", "", service, Tri.NO, Way.NO_WAY)
        best = Explanation(
            "", "", service, Tri.NO, Way.NO_WAY, classes.items[sender].address, classes.items[at].address
        )
        ports = self._reach.atoms.ports if protocol_of(service) in WITH_PORTS else (0,)
        for leg in self._reach.legs(sender):
            if not leg.destinations >> at & 1:
                continue
            for port in ports:
                found = self._along(leg, sender, at, service, port)
                if _merit(found) > _merit(best):
                    best = found
                if best.reached is Tri.YES:
                    return best
        return best

    def _along(self, leg: Leg, sender: int, at: int, service: int, port: int) -> Explanation:
        classes = self._reach.classes
        start, end = classes.items[sender].address, classes.items[at].address
        dialled, dialled_service = end, service
        if leg.alias >= 0:
            alias = classes.items[leg.alias]
            outer = outer_service(self._reach.network.static_nats[alias.mapping or 0], service)
            if outer is None:
                return Explanation("", "", service, Tri.NO, Way.NO_WAY, start, end)
            dialled, dialled_service = alias.address, outer
        decided: list[tuple[Crossing, Decision]] = []
        for number, met in enumerate(leg.met):
            seen = start if met.sender < 0 else classes.items[met.sender].address
            to, asked = (dialled, dialled_service) if number < leg.mapped_after else (end, service)
            packet = Packet(seen, to, protocol_of(asked), port, port_of(asked))
            decided.append((met.crossing, self._decision(met.crossing, packet)))
        passes = all_of(decision.passes for _, decision in decided)
        if leg.doubts:
            passes &= Tri.UNKNOWN
        steps = tuple(self._steps(leg, decided, at))
        way = Way.SAME_SEGMENT if not leg.hops else Way.ROUTED
        if leg.doubts and not leg.hops:
            way = Way.UNSURE
        return Explanation("", "", service, passes, way, start, end, dialled, port, steps, leg.doubts)

    def _decision(self, crossing: Crossing, first: Packet) -> Decision:
        ruleset = self._reach.network.rulesets[crossing.ruleset]
        if crossing.is_reply:
            reply = first.answered()
            return replace(decide(ruleset, reply, crossing.leaving, crossing.entering, first), packet=reply)
        return replace(decide(ruleset, first, crossing.entering, crossing.leaving), packet=first)

    def _steps(self, leg: Leg, decided: list[tuple[Crossing, Decision]], at: int) -> Iterator[Step]:
        for number, hop in enumerate(leg.hops):
            is_last = number == len(leg.hops) - 1
            leaving = (
                self._reach.forwarding.routing.exact_exit(hop.device, at) if is_last else hop.leaving
            ) or hop.leaving
            mine = tuple(
                decision
                for crossing, decision in decided
                if decision.ruleset.device == hop.device and crossing.entering == hop.entering
            )
            yield Step(hop.device, hop.entering, leaving, mine)


def _merit(found: Explanation) -> tuple[int, int]:
    """Order witnesses: the better answer first, then the one that passes more rule sets before it is stopped."""
    rank = {Tri.NO: 0, Tri.UNKNOWN: 1, Tri.YES: 2}[found.reached]
    passed = 0
    for decision in found.decisions:
        if decision.passes is Tri.NO:
            break
        passed += 1
    return rank, passed + (found.way is not Way.NO_WAY)


def decide(
    ruleset: RuleSet, packet: Packet, entering: str, leaving: str, first_packet: Packet | None = None
) -> Decision:
    """Return what a rule set does with one packet that enters and leaves its device by these interfaces.

    `first_packet` is given with a reply, for the rules that track connections. The first rule that surely matches
    decides; one before it that may match makes the outcome unknown unless it would do the same.
    """
    rules = [
        rule
        for rule in applicable(ruleset.rules, entering, leaving)
        if matches(rule, packet, stateful=ruleset.stateful)
    ]
    judged = _first_match(ruleset, rules, ruleset.default, packet.is_reply)
    if first_packet is None or judged.passes is Tri.YES:
        return judged
    first = [
        rule for rule in applicable(ruleset.tracked, leaving, entering) if matches(rule, first_packet, stateful=True)
    ]
    tracked = _first_match(ruleset, first, Action.DENY, packet.is_reply)
    return replace(tracked, passes=judged.passes | tracked.passes) if tracked.passes is not Tri.NO else judged


def _first_match(ruleset: RuleSet, rules: list[Rule], default: Action, is_reply: bool) -> Decision:
    doubtful: list[Rule] = []
    for number, rule in enumerate(rules):
        if not rule.is_exact:
            doubtful.append(rule)
            continue
        passes, taint = _outcome(rule.action, doubtful)
        stop, by_default = _next_stop(ruleset, rules[number + 1 :]) if passes is not Tri.NO else (None, False)
        return Decision(ruleset, rule, passes, is_reply, taint, stop, by_default)
    passes, taint = _outcome(default, doubtful)
    return Decision(ruleset, taint[0] if taint else None, passes, is_reply, taint)


def _outcome(action: Action, doubtful: list[Rule]) -> tuple[Tri, tuple[Rule, ...]]:
    otherwise = tuple(rule for rule in doubtful if rule.action is not action)
    if action is Action.UNKNOWN or otherwise:
        return Tri.UNKNOWN, otherwise
    return Tri.of(action is Action.PERMIT), ()


def _next_stop(ruleset: RuleSet, later: list[Rule]) -> tuple[Rule | None, bool]:
    for rule in later:
        if rule.action is Action.DENY:
            return rule, False
        if rule.action is Action.PERMIT and rule.is_exact:
            return None, False
    return None, ruleset.default is Action.DENY


def matches(rule: Rule, packet: Packet, *, stateful: bool) -> bool:
    """Return whether a rule may match a packet, interfaces aside."""
    if rule.state is State.ESTABLISHED and not packet.is_reply:
        return False
    if stateful and packet.is_reply:
        return False
    has_ports = packet.protocol in WITH_PORTS
    return (
        packet.source in rule.src
        and packet.target in rule.dst
        and packet.service in rule.service
        and (packet.source_port in rule.source_ports if has_ports else rule.source_ports == ANY_PORT)
    )
