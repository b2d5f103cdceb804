"""What the filters and translations of a NEC UNIVERGE IX interface mean as values of the model.

Source: see `interfaces`. Interfaces that carry both families keep one rule set per side: when only one family is
filtered there, a last rule lets the other pass, as the device does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sekisho.adapters.configurations.nec_ix.interfaces import Applied, Face, PoolNat
from sekisho.adapters.configurations.nec_ix.lists import Lists
from sekisho.adapters.configurations.statements import (
    MOST_RULES,
    NO_SUCH_LIST,
    TOO_MANY_RULES,
    UNKNOWN_NAT,
    UNKNOWN_OUTSIDE,
    Account,
)
from sekisho.domain.network.addresses import ANY_V4, ANY_V6
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    Direction,
    Origin,
    Rule,
    RuleSet,
    SourceNat,
    StaticNat,
)
from sekisho.domain.network.ranges import EMPTY, Ranges

STEP = 10
DYNAMIC = "dynamic "
"""Begins the object name of rules that stand in a dynamic list."""
_OPPOSITE = {Direction.IN: Direction.OUT, Direction.OUT: Direction.IN}
MOST_HOSTS = 4096
_MOST_ORDERED = 1000
"""Of longer lists that say whose addresses are translated, every permit counts, whatever is denied before it."""


@dataclass(slots=True)
class Filters:
    """Turns the lists applied to interfaces into rule sets, `left` rules at most."""

    v4: Lists
    v6: Lists
    account: Account
    left: int = MOST_RULES

    def rulesets(self, face: Face) -> Iterator[RuleSet]:
        """Yield the rule set of each side of `face` that has a filter, in before out."""
        for direction in Direction:
            applied = list(face.applied(direction))
            if applied:
                rules = [rule for one in applied for rule in self._rules(one)]
                rules += _unfiltered(face, {one.version for one in applied})
                tracked = (rule for one in face.applied(_OPPOSITE[direction]) for rule in self._tracked(one))
                yield RuleSet(
                    device="",
                    at=AtInterface(face.name, direction),
                    default=Action.DENY,
                    rules=_numbered(rules),
                    stateful=False,
                    tracked=_numbered(tracked),
                    source="parsed",
                )

    def _lists(self, applied: Applied) -> Lists:
        return self.v6 if applied.version == 6 else self.v4

    def _rules(self, applied: Applied) -> list[Rule]:
        """Return the rules of one applied list. A dynamic list of the same name goes before a static one."""
        lists = self._lists(applied)
        dynamic = lists.dynamic.get(applied.name)
        if dynamic is None:
            return self._entries(lists, applied, applied.name) or [_anything(applied, lists)]
        rules = [_doubted(rule, applied.name) for rule in self._entries(lists, applied, dynamic.trigger)]
        return rules if dynamic.is_exact and rules else [*rules, _anything(applied, lists, dynamic=True)]

    def _tracked(self, applied: Applied) -> list[Rule]:
        """Return the rules over first packets whose replies a dynamic list lets pass on the other side."""
        lists = self._lists(applied)
        dynamic = lists.dynamic.get(applied.name)
        if dynamic is None:
            return []
        rules = [_doubted(rule, applied.name) for rule in self._entries(lists, applied, dynamic.trigger)]
        return rules if dynamic.is_exact and rules else [*rules, _anything(applied, lists, dynamic=True)]

    def _entries(self, lists: Lists, applied: Applied, name: str) -> list[Rule]:
        """Return the entries of a list; none, and a note, when it has none or would make too many rules."""
        known = lists.static.get(name)
        size = len(known.entries) if known is not None else 0
        if known is not None and 0 < size <= self.left:
            self.left -= size
            return list(known.rules())
        if name:
            why = TOO_MANY_RULES if size else NO_SUCH_LIST
            self.account.take_back(applied.origin.line, applied.origin.text, Bearing.FILTER, why, name)
        return []


def _doubted(rule: Rule, name: str) -> Rule:
    """Return a trigger's rule: what its deny does, drop or go on to the next filter, is not documented."""
    is_exact = rule.is_exact and rule.action is not Action.DENY
    return replace(rule, is_exact=is_exact, objects=(f"{DYNAMIC}{name}",))


def _anything(applied: Applied, lists: Lists, dynamic: bool = False) -> Rule:
    return Rule(
        seq=0,
        action=Action.UNKNOWN,
        src=lists.anywhere,
        dst=lists.anywhere,
        is_exact=False,
        name=applied.name,
        objects=(f"{DYNAMIC}{applied.name}",) if dynamic else (),
        origin=applied.origin,
    )


def _unfiltered(face: Face, versions: set[int]) -> list[Rule]:
    """Return a rule for the family that passes freely because no filter of its own is applied."""
    if 6 not in versions and face.has_v6:
        return [Rule(seq=0, action=Action.PERMIT, src=ANY_V6, dst=ANY_V6, name="no ipv6 filter")]
    if 4 not in versions and face.has_v4:
        return [Rule(seq=0, action=Action.PERMIT, src=ANY_V4, dst=ANY_V4, name="no ip filter")]
    return []


def _numbered(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple(replace(rule, seq=at * STEP) for at, rule in enumerate(rules, 1))


@dataclass(slots=True)
class Translations:
    """Turns what interfaces say about NAT and NAPT into values; `pools` are first addresses by name.

    Static translations of whole networks are written out host by host for what leaves, `hosts_left` in all.
    """

    v4: Lists
    pools: dict[str, int]
    own: frozenset[int]
    account: Account
    hosts_left: int = MOST_HOSTS

    def static(self, face: Face) -> Iterator[StaticNat]:
        """Yield the outer addresses and ports that lead inside; those that end at the router itself lead nowhere."""
        for one in face.forwardings:
            enabled = face.nat_enabled if one.outside is not None else face.napt_enabled
            if enabled and one.inside.first not in self.own:
                yield StaticNat(
                    device="",
                    interface=face.name,
                    outside=one.outside or Ranges.single(_outer(face)),
                    inside=one.inside.first,
                    service=one.service,
                    inside_port=one.inside_port,
                    filters_see_inside=False,
                    origin=one.origin,
                )

    def source(self, face: Face) -> Iterator[SourceNat]:
        """Yield what leaves with another address: static translations host by host before the shared address."""
        if face.nat_enabled:
            for one in face.forwardings:
                if one.outside is not None and one.inside.size <= self.hosts_left:
                    self.hosts_left -= one.inside.size
                    for inside, outside in zip(one.inside, one.outside, strict=True):
                        yield SourceNat("", face.name, Ranges.single(inside), outside, one.origin)
            for pool in face.pools:
                yield from self._pooled(face, pool)
        if face.napt_enabled:
            shared, origin = self._inside(face)
            if shared:
                yield SourceNat("", face.name, shared, _outer(face), origin)

    def _pooled(self, face: Face, pool: PoolNat) -> Iterator[SourceNat]:
        inside = self._permitted(pool.name, pool.origin)
        if pool.pool not in self.pools:
            self.account.take_back(pool.origin.line, pool.origin.text, Bearing.NAT, UNKNOWN_NAT, pool.pool)
        elif inside:
            yield SourceNat("", face.name, inside, self.pools[pool.pool], pool.origin)

    def _inside(self, face: Face) -> tuple[Ranges, Origin | None]:
        if not face.napt_inside:
            return ANY_V4, None
        parts = [self._permitted(name, origin) for name, origin in face.napt_inside]
        return Ranges.of(span for part in parts for span in part.spans), face.napt_inside[0][1]

    def _permitted(self, name: str, origin: Origin) -> Ranges:
        """Return the sources that a list permits, as far as it is only about sources."""
        known = self.v4.static.get(name)
        if known is None:
            self.account.take_back(origin.line, origin.text, Bearing.NAT, NO_SUCH_LIST, name)
            return EMPTY
        if len(known.entries) > _MOST_ORDERED:
            return Ranges.of(span for rule in known.rules() if rule.action is Action.PERMIT for span in rule.src.spans)
        found = denied = EMPTY
        for rule in known.rules():
            if rule.action is Action.PERMIT:
                found |= rule.src - denied
            else:
                denied |= rule.src
        return found


def _outer(face: Face) -> int:
    if face.napt_address is not None:
        return face.napt_address
    return face.address if face.address is not None else UNKNOWN_OUTSIDE
