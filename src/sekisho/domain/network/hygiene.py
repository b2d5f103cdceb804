"""What is wrong with rules as rules: shadowed, never deciding, any to any, past their end, open management.

A rule is shadowed when one rule before it decides everything that it matches. It never decides when, of all packets
between addresses that somebody has, none is left for it. Both are safe to take out; the second only as long as the
list of hosts is complete.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum

from sekisho.domain.network.classes import Kind, positions
from sekisho.domain.network.filtering import Crossing
from sekisho.domain.network.model import Action, Network, Rule, RuleSet, State
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.services import ANY_SERVICE, TCP, service_number


class Flaw(Enum):
    """What is wrong with a rule."""

    SHADOWED = "shadowed"
    NEVER_DECIDES = "never-decides"
    ANY_TO_ANY = "any-to-any"
    ANY_SERVICE = "any-service"
    EXPIRED = "expired"
    DISABLED = "disabled"
    CLEAR_TEXT_MANAGEMENT = "clear-text-management"
    NOT_UNDERSTOOD = "not-understood"


@dataclass(frozen=True, slots=True)
class Untidiness:
    """One flaw of one rule; `by` is the rule that shadows it."""

    ruleset: RuleSet
    rule: Rule
    flaw: Flaw
    by: Rule | None = None

    @property
    def reference(self) -> str:
        """Return how reports name the rule."""
        return self.ruleset.reference(self.rule)


CLEAR_TEXT = tuple(service_number(TCP, port) for port in (21, 23, 80))
WIDE = 1 << 24
"""A side of this many addresses or more (a /8) counts as any."""


def untidy_rules(reach: Reachability, *, today: date | None = None) -> tuple[Untidiness, ...]:
    """Return the flaws of every rule, in the order of rule sets and rules; the worst flaw of a rule only.

    `reach` should ask about a service of each rule, else rules for other services are not said to never decide.
    """
    deciding = _deciding(reach)
    found = []
    for position, ruleset in enumerate(reach.network.rulesets):
        for number, rule in enumerate(ruleset.rules):
            flaw = _flaw(reach, ruleset, number, rule, deciding.get(position), today)
            if flaw is not None:
                found.append(flaw)
    return tuple(found)


def _flaw(
    reach: Reachability, ruleset: RuleSet, number: int, rule: Rule, deciding: set[int] | None, today: date | None
) -> Untidiness | None:
    if not rule.enabled:
        return Untidiness(ruleset, rule, Flaw.DISABLED)
    if not rule.is_exact and rule.action is Action.UNKNOWN:
        return Untidiness(ruleset, rule, Flaw.NOT_UNDERSTOOD)
    if rule.until is not None and today is not None and rule.until < today:
        return Untidiness(ruleset, rule, Flaw.EXPIRED)
    shadow = next((earlier for earlier in ruleset.rules[:number] if covers(earlier, rule)), None)
    if shadow is not None:
        return Untidiness(ruleset, rule, Flaw.SHADOWED, shadow)
    if rule.action is Action.PERMIT and rule.state is not State.ESTABLISHED:
        wide = _too_wide(rule)
        if wide is not None:
            return Untidiness(ruleset, rule, wide)
    if deciding is not None and rule.seq not in deciding and _could_decide(reach, rule):
        return Untidiness(ruleset, rule, Flaw.NEVER_DECIDES)
    return None


def _too_wide(rule: Rule) -> Flaw | None:
    is_wide = rule.src.size >= WIDE and rule.dst.size >= WIDE
    if rule.service == ANY_SERVICE:
        return Flaw.ANY_TO_ANY if is_wide else Flaw.ANY_SERVICE
    if any(service in rule.service for service in CLEAR_TEXT) and rule.service.size < WIDE and rule.src.size >= WIDE:
        return Flaw.CLEAR_TEXT_MANAGEMENT
    return None


def covers(earlier: Rule, later: Rule) -> bool:
    """Return whether `earlier`, standing before `later`, decides all that `later` matches."""
    if not (earlier.takes_part and earlier.is_exact):
        return False
    return (
        earlier.state in (State.ANY, later.state)
        and earlier.src.covers(later.src)
        and earlier.dst.covers(later.dst)
        and earlier.service.covers(later.service)
        and earlier.source_ports.covers(later.source_ports)
        and _wider(earlier.entering, later.entering)
        and _wider(earlier.leaving, later.leaving)
    )


def _wider(earlier: frozenset[str] | None, later: frozenset[str] | None) -> bool:
    return earlier is None or (later is not None and later <= earlier)


def _could_decide(reach: Reachability, rule: Rule) -> bool:
    """Return whether the rule looks at first packets between ends that the network lists, for a service asked about."""
    return (
        rule.state is not State.ESTABLISHED
        and bool(reach.classes.mask(rule.dst) & reach.classes.hosts)
        and bool(reach.classes.mask(rule.src) & ~reach.classes.aliases)
        and any(service in rule.service for service in reach.atoms.services)
    )


def _deciding(reach: Reachability) -> dict[int, set[int]]:
    """Return, per rule set that something crosses, the numbers of the rules that decide for some sender."""
    crossed: dict[int, set[Crossing]] = {}
    for sender in _senders(reach):
        reach.rows(sender)
        for crossing in reach.crossed(sender):
            crossed.setdefault(crossing.ruleset, set()).add(crossing)
    return {
        ruleset: {seq for crossing in crossings for seq in reach.filtering.view(crossing).deciding}
        for ruleset, crossings in crossed.items()
    }


def _senders(reach: Reachability) -> Iterator[int]:
    wanted = (Kind.HOST, Kind.LINE, Kind.GHOST)
    return (at for at, item in enumerate(reach.classes.items) if item.kind in wanted)


def services_to_ask(network: Network, base: Iterable[int]) -> set[int]:
    """Return `base` and one service of each rule, so that a rule for a service nobody listens on is seen as well."""
    asked = set(base)
    for ruleset in network.rulesets:
        for rule in ruleset.rules:
            asked.update(first for first, _ in rule.service.spans)
    return asked


def loops(reach: Reachability) -> dict[str, tuple[str, ...]]:
    """Return, per device that packets pass twice, the nodes to which they never come."""
    for sender in _senders(reach):
        next(reach.crossed(sender), None)
    return {
        device: tuple(dict.fromkeys(n for at in positions(bits) for n in reach.classes.items[at].nodes))
        for device, bits in reach.forwarding.loops.items()
    }
