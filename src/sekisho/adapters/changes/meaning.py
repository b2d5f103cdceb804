"""Whether two rule sets do the same with every packet: a proof, not a sample.

Packets that no rule of the two sets tells apart are one cell; the two sets are asked about every cell. Where both hold
the same rules in the same order nothing has to be asked: only what stands between is compared, as what it decides, what
it leaves open for the rules below, and by what it makes a later answer unsure.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import product

from sekisho.adapters.changes.written import anywhere, cut_to, of_family, sayable
from sekisho.domain.network.addresses import address_text
from sekisho.domain.network.model import Action, AtInterface, Direction, Rule, RuleSet, State
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import service_text

MOST_CELLS = 2_000_000
_OTHER = "\0other"
Outcome = tuple[frozenset[Action], tuple[Action, str] | None]
"""What may happen besides, and what surely decides (action, schedule): None leaves it to the rules below."""
_Meaning = tuple[object, ...]
_PASSES = RuleSet("", AtInterface("", Direction.IN), Action.PERMIT)


class TooManyCells(Exception):
    """The two sets are too different to be compared within reason."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A packet that the two sets treat differently, by its numbers."""

    source: int
    target: int
    service: int

    def __str__(self) -> str:
        return f"{address_text(self.source)} > {address_text(self.target)} {service_text(self.service)}"


def difference(one: RuleSet | None, other: RuleSet | None, families: Sequence[int]) -> Difference | None:
    """Return a packet that the sets treat differently, None when there is none. No set at all lets everything pass.

    A set with state judges first packets only; the replies count unless both keep state.

    Raises:
        TooManyCells: see there.
    """
    first, second = one or _PASSES, other or _PASSES
    replies = not (first.stateful and second.stateful)
    for family in families:
        mine, theirs = _meant(first, family), _meant(second, family)
        found = _differs(mine, theirs, replies=replies)
        if found is not None:
            return found
        if replies and one is not None and other is not None:
            tracked = {_meaning(rule) for rule in of_family(one.tracked, family)}
            if tracked != {_meaning(rule) for rule in of_family(other.tracked, family)}:
                return Difference(anywhere(family).first, anywhere(family).first, 0)
    return None


def sources_cut_off(old: RuleSet | None, new: RuleSet, target: int, service: int, family: int) -> Ranges:
    """Return the senders whose first packets for one address and service passed before and do not any more."""
    before, after = _meant(old or _PASSES, family), _meant(new, family)
    rules = [rule for rule in (*before, *after) if target in rule.dst and service in rule.service]
    whole = anywhere(family)
    lost = []
    for first, last in _elementary([rule.src for rule in rules], whole):
        if _first_answer(before, first, target, service) and not _first_answer(after, first, target, service):
            lost.append((first, last))
    return Ranges.of(lost)


def _first_answer(rules: Sequence[Rule], source: int, target: int, service: int) -> bool:
    for rule in rules:
        if (
            source in rule.src
            and target in rule.dst
            and service in rule.service
            and rule.state is not State.ESTABLISHED
        ):
            return rule.action is not Action.DENY
    return False


def _meant(ruleset: RuleSet, family: int) -> list[Rule]:
    """Return the rules that can match in one family, and what happens to the rest as a last one."""
    whole = anywhere(family)
    rest = Rule(0, ruleset.default, whole, whole)
    rules = (cut_to(rule, family) for rule in of_family(ruleset.rules, family) if rule.takes_part)
    said = (replace(rule, service=_sayable(rule.service)) for rule in rules)
    return [*(rule for rule in said if rule.service), rest]


@lru_cache(maxsize=1 << 12)
def _sayable(services: Ranges) -> Ranges:
    return sayable(services)


def _meaning(rule: Rule) -> _Meaning:
    return (
        rule.action,
        rule.src,
        rule.dst,
        rule.service,
        rule.source_ports,
        rule.state,
        rule.entering,
        rule.leaving,
        rule.is_exact,
        rule.schedule,
    )


def _differs(mine: list[Rule], theirs: list[Rule], *, replies: bool) -> Difference | None:
    keys = [_meaning(rule) for rule in mine], [_meaning(rule) for rule in theirs]
    if keys[0] == keys[1]:
        return None
    matcher = SequenceMatcher(None, *keys, autojunk=False)
    blocks = [code[1:] for code in matcher.get_opcodes() if code[0] != "equal"]
    if all(_cell_difference(mine[a:b], theirs[c:d], replies=replies) is None for a, b, c, d in blocks):
        return None
    focus = [at for a, b, _, _ in blocks for at in range(a, b)]
    focus += [len(mine) + at for _, _, c, d in blocks for at in range(c, d)]
    return _cell_difference(mine, theirs, replies=replies, focus=frozenset(focus))


def _cell_difference(
    mine: list[Rule], theirs: list[Rule], *, replies: bool, focus: frozenset[int] | None = None
) -> Difference | None:
    """Return a packet that two lists treat differently, of those that meet one of the rules in `focus` (None: any)."""
    left = MOST_CELLS
    rules = [*mine, *theirs]
    for matching, numbers in _cells(rules, tuple(range(len(rules))), focus, 0, replies=replies):
        left -= len(matching) + 1
        if left < 0:
            raise TooManyCells
        first = _outcome(rules, [at for at in matching if at < len(mine)])
        second = _outcome(rules, [at for at in matching if at >= len(mine)])
        if first != second:
            return Difference(*numbers[:3])
    return None


_AXES: tuple[Callable[[Rule], Ranges], ...] = (
    lambda rule: rule.src,
    lambda rule: rule.dst,
    lambda rule: rule.service,
    lambda rule: rule.source_ports,
)
_Cell = tuple[tuple[int, ...], tuple[int, ...]]


def _cells(
    rules: list[Rule], active: tuple[int, ...], focus: frozenset[int] | None, axis: int, *, replies: bool
) -> Iterator[_Cell]:
    """Yield each set of rules that some packet meets, by position, with that packet's numbers; axis by axis."""
    if focus is not None and focus.isdisjoint(active):
        return
    if axis < len(_AXES):
        sets = {at: _AXES[axis](rules[at]) for at in active}
        if focus is not None:  # what lies outside the rules in focus need not be taken apart
            limit = Ranges.of(span for at in active if at in focus for span in sets[at].spans)
            sets = {at: shared for at in active if (shared := sets[at] & limit)}
        for part, number in _parts(list(sets.values())).items():
            inside = tuple(at for place, at in enumerate(sets) if part >> place & 1)
            for matching, numbers in _cells(rules, inside, focus, axis + 1, replies=replies):
                yield matching, (number, *numbers)
        return
    chosen = [rules[at] for at in active]
    sides = product(_names([one.entering for one in chosen]), _names([one.leaving for one in chosen]))
    for (entering, leaving), state in product(sides, _states(chosen, replies=replies)):
        both = entering & leaving & state
        yield tuple(at for place, at in enumerate(active) if both >> place & 1), ()


def _outcome(rules: list[Rule], matching: Sequence[int]) -> Outcome:
    besides: set[Action] = set()
    for rule in (rules[at] for at in matching):
        if rule.is_exact:
            return frozenset(besides), (rule.action, rule.schedule)
        besides.add(rule.action)
    return frozenset(besides), None


def _parts(sets: list[Ranges]) -> dict[int, int]:
    """Return the numbers as parts that no set tells apart: the sets that hold each part as bits, and one number.

    What lies in none of them is the part 0.
    """
    found: dict[int, int] = {0: 0}
    for first, _ in _elementary(sets, None):
        mask = sum(1 << at for at, one in enumerate(sets) if first in one)
        found.setdefault(mask, first)
    return found


def _elementary(sets: list[Ranges], whole: Ranges | None) -> Iterator[tuple[int, int]]:
    """Yield the spans between all ends of the sets (and of `whole`, if given, within it)."""
    limits = [whole] if whole is not None else []
    starts = {first for one in [*sets, *limits] for first, _ in one.spans}
    starts |= {last + 1 for one in [*sets, *limits] for _, last in one.spans}
    ordered = sorted(starts)
    for at, first in enumerate(ordered):
        if whole is None or first in whole:
            yield first, (ordered[at + 1] - 1 if at + 1 < len(ordered) else first)


def _names(sets: list[frozenset[str] | None]) -> dict[int, int]:
    names = {name for one in sets for name in one or ()} | {_OTHER}
    masks = {sum(1 << at for at, one in enumerate(sets) if one is None or name in one) for name in names}
    return dict.fromkeys(masks, 0)


def _states(rules: list[Rule], *, replies: bool) -> dict[int, int]:
    """Return which rules look at first packets, and, where they count, at replies."""
    everything = (1 << len(rules)) - 1
    first = sum(1 << at for at, rule in enumerate(rules) if rule.state is not State.ESTABLISHED)
    return dict.fromkeys([first, everything] if replies else [first], 0)
