"""Changes on NEC UNIVERGE IX: a new access list beside the old one, then the old one taken off the interface.

Lists are tried in the order of their numbers on the interface, and the new list lets nothing pass that the old one did
not, so there is no moment at which more passes than before. The old list stays defined: going back is putting it on
again. Other places that use the old list keep it.

Source: UNIVERGE IX command reference, chapters on access lists and packet filters.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sekisho.adapters.changes.words import certain, checked
from sekisho.adapters.changes.written import (
    Added,
    Edit,
    Item,
    Kept,
    NotWritable,
    Task,
    Written,
    anywhere,
    cut_to,
    laid_out,
)
from sekisho.adapters.configurations.nec_ix.rules import DYNAMIC
from sekisho.adapters.configurations.nec_ix.writer import rule_lines
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Action, AtInterface, Rule
from sekisho.domain.text import Text

COMMENT = "!"
MOST_ORDER = 65535
_PROMPT = re.compile(r"[\w.-]{1,32}(?:\(config[\w.:/-]{0,32}\))?#\s*")
SAVE = Text(
    "ここまでの変更は、電源を切ると消えます。通信を確かめてから write memory で保存してください。",
    "The change is lost when the power goes off. Check that everything works, then enter: write memory",
)
NO_ROOM = Text(
    "{place} のフィルタの順番の番号に空きがなく、間に入れられません。業者に番号を振り直してもらってください。",
    "There is no free number among the filters of {place} to put the new one in. Ask the supplier to number them anew.",
)
IN_DYNAMIC = Text(
    "{place} で変える規則は、動的フィルタのリスト「{name}」の中にあります。このリストの書き換えは確かめきれないため、コマンドは提案しません。",
    "What is to change at {place} stands in the dynamic list “{name}”. Rewriting it cannot be proved right, so no"
    " commands are offered.",
)


@dataclass(frozen=True, slots=True)
class _Applied:
    """One list on one side of an interface: its number in the order, its name, and what stands behind the direction."""

    order: int
    name: str
    options: str = ""


@dataclass(slots=True)
class _Site:
    """What the text says of filters: lists by interface, family and direction, and every list's name."""

    applied: dict[tuple[str, int, str], list[_Applied]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)

    def new_name(self) -> str:
        """Return, and take, a name that no list has."""
        at = 1
        while f"sekisho-{at}" in self.names:
            at += 1
        self.names.add(f"sekisho-{at}")
        return f"sekisho-{at}"


def fitted(edits: tuple[Edit, ...], existing: tuple[Edit, ...], configuration: DeviceConfiguration) -> tuple[Edit, ...]:
    """Return the edits as they are: each side of an interface has its own lists."""
    del existing, configuration
    return edits


def write(task: Task) -> Written:
    """Return the commands of a task.

    Raises:
        NotWritable: see there.
    """
    site = _site(task.text)
    lists: list[str] = []
    on: list[str] = []
    back: list[str] = []
    gone: list[str] = []
    for edit in task.edits:
        if not isinstance(edit.at, AtInterface):
            raise NotWritable(NO_ROOM.filled(place=edit.at))
        for family in edit.families:
            swap = _swap(edit, edit.at, family, site)
            if swap is None:
                continue
            lists += swap.lines
            on += [f"interface {edit.at.interface}", *swap.on, "  exit"]
            back += [f"interface {edit.at.interface}", *swap.back, "  exit"]
            gone += swap.gone
    commands = tuple(one for one in checked([*lists, *on]))
    return Written(commands, (*back, *gone), (SAVE,), ("configure",), ("exit",))


def applied(text: str, commands: Sequence[str]) -> str:
    """Return the configuration after the commands: the reader takes later commands as the device does."""
    typed = [line for line in commands if line.strip() != "exit"]
    return "\n".join([text, "!", *typed, ""]) if typed else text


@dataclass(frozen=True, slots=True)
class _Swap:
    """New lists, what puts them on an interface, what brings the old ones back, and what takes the new ones away."""

    lines: list[str]
    on: list[str]
    back: list[str]
    gone: list[str]


def _swap(edit: Edit, at: AtInterface, family: int, site: _Site) -> _Swap | None:
    laid = laid_out(edit, family)
    if not laid.gone and not any(isinstance(item, Added) for item in laid.items):
        return None
    key = (at.interface, family, at.direction.value)
    old = sorted(site.applied.get(key, []), key=lambda one: one.order)
    word = "ipv6" if family == 6 else "ip"
    if not old:
        return _attached(edit, at, family, site, laid.items, word)
    groups = _groups(old, laid.items)
    changed = [
        at_list
        for at_list, one in enumerate(old)
        if any(isinstance(item, Added) for item in groups[at_list])
        or any(_list_of(rule) == one.name for line in laid.gone for rule in line.rules)
    ]
    first, last = changed[0], changed[-1]
    order, last = _room(old, first, last, at)
    for one in range(first, last + 1):
        if any(_is_dynamic(rule) for item in groups[one] if isinstance(item, Kept) for rule in item.rules) or any(
            _is_dynamic(rule) and _list_of(rule) == old[one].name for line in laid.gone for rule in line.rules
        ):
            raise NotWritable(IN_DYNAMIC.filled(place=at, name=old[one].name))
    items = [item for one in range(first, last + 1) for item in groups[one]]
    name = site.new_name()
    lines = list(_list(name, items, family, site))
    if not lines:
        if len(old) > last - first + 1:
            order = 0
        else:
            whole = anywhere(family)
            lines = rule_lines(name, Rule(0, Action.DENY, whole, whole))
    side = at.direction.value
    put = [f"  {word} filter {name} {order} {side}"] if order else []
    taken = [f"  no {word} filter {one.name} {one.order} {side}" for one in old[first : last + 1]]
    again = [f"  {word} filter {one.name} {one.order} {side}{one.options}" for one in old[first : last + 1]]
    off = [f"  no {word} filter {name} {order} {side}"] if order else []
    return _Swap(lines, [*put, *taken], [*again, *off], [f"no {word} access-list {name}"] if lines else [])


def _attached(edit: Edit, at: AtInterface, family: int, site: _Site, items: Sequence[Item], word: str) -> _Swap | None:
    added = [item for item in items if isinstance(item, Added)]
    if not added:
        return None
    name, whole = site.new_name(), anywhere(family)
    lines = [*_list(name, added, family, site), *rule_lines(name, Rule(0, Action.PERMIT, whole, whole))]
    if edit.new.default is Action.DENY and edit.old is None:
        lines.pop()
    place = f"{word} filter {name} 10 {at.direction.value}"
    return _Swap(lines, [f"  {place}"], [f"  no {place}"], [f"no {word} access-list {name}"])


def _room(old: list[_Applied], first: int, last: int, at: AtInterface) -> tuple[int, int]:
    """Return a free number of the order for a list in the place of those from `first` on, and the last it replaces."""
    for end in range(last, len(old)):
        following = old[end + 1].order if end + 1 < len(old) else MOST_ORDER + 1
        if old[end].order + 1 < following:
            return old[end].order + 1, end
    before = old[first - 1].order if first else 0
    if old[first].order - 1 > before:
        return old[first].order - 1, last
    raise NotWritable(NO_ROOM.filled(place=at))


def _groups(old: list[_Applied], items: Sequence[Item]) -> list[list[Item]]:
    """Return the items by the list they belong to; a new rule goes with the line that follows, else with the last."""
    places = {one.name: at for at, one in reversed(list(enumerate(old)))}
    groups: list[list[Item]] = [[] for _ in old]
    waiting: list[Item] = []
    here = 0
    for item in items:
        if isinstance(item, Added):
            waiting.append(item)
            continue
        here = places.get(_list_of(item.rules[0]), len(old) - 1)
        if waiting and any(_is_dynamic(rule) for rule in item.rules) and here and groups[here - 1]:
            groups[here - 1] += waiting
        else:
            groups[here] += waiting
        waiting = []
        groups[here].append(item)
    anchor = next((item.instead_of for item in waiting if isinstance(item, Added) and item.instead_of), None)
    groups[places.get(_list_of(anchor), here) if anchor is not None else here] += waiting
    return groups


def _list(name: str, items: Sequence[Item], family: int, site: _Site) -> Iterator[str]:
    for item in items:
        if isinstance(item, Added):
            certain(item.rule)
            yield from rule_lines(name, cut_to(item.rule, family))
        elif item.line > 0:
            yield _copied(site.lines[item.line - 1], name)


def _copied(line: str, name: str) -> str:
    """Return a line of a list as a line of another one, without its number in the sequence."""
    prompt = _PROMPT.match(line)
    words = (line[prompt.end() :] if prompt else line).split()
    rest = words[3:]
    if rest and rest[0].isdecimal():
        rest = rest[1:]
    return " ".join([*words[:2], name, *rest])


def _list_of(rule: Rule) -> str:
    """Return the name of the list that is applied: the dynamic one, where the rule stands in one."""
    if _is_dynamic(rule):
        return rule.objects[0][len(DYNAMIC) :]
    return rule.name


def _is_dynamic(rule: Rule) -> bool:
    return bool(rule.objects) and rule.objects[0].startswith(DYNAMIC)


def _site(text: str) -> _Site:
    site = _Site(lines=text.split("\n"))
    face = ""
    for line in site.lines:
        prompt = _PROMPT.match(line)
        words = (line[prompt.end() :] if prompt else line).split()
        match words:
            case ["interface", name, *_]:
                face = name
            case [("ip" | "ipv6"), "access-list", "dynamic", name, *_] | [("ip" | "ipv6"), "access-list", name, *_]:
                site.names.add(name)
            case [("ip" | "ipv6") as word, "filter", name, order, ("in" | "out") as side, *more] if (
                order.isdecimal() and face
            ):
                key = (face, 6 if word == "ipv6" else 4, side)
                one = _Applied(int(order), name, "".join(f" {option}" for option in more))
                if one not in site.applied.setdefault(key, []):
                    site.applied[key].append(one)
            case ["no", ("ip" | "ipv6") as word, "filter", name, order, ("in" | "out") as side, *_] if (
                order.isdecimal()
            ):
                key = (face, 6 if word == "ipv6" else 4, side)
                left = [one for one in site.applied.get(key, []) if (one.order, one.name) != (int(order), name)]
                site.applied[key] = left
    return site
