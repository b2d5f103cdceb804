"""Changes on Cisco IOS: by sequence numbers in a named list, else a new list that takes the place of the old one.

In place is only written where every entry shows its number, there is room between them, and nothing else uses the list.
Everywhere else (numbered lists, lists that several places use, lists without numbers) a copy gets a new name and the
interface is told to use it: that takes effect at once and as a whole, and going back is naming the old list again.

Source: Cisco IOS Security Command Reference, "ip access-list", "ip access-group"; Security Configuration Guide, "IP Access
List Entry Sequence Numbering".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from sekisho.adapters.changes.words import UNSURE_RULE, certain, checked
from sekisho.adapters.changes.written import Added, Edit, Item, Kept, NotWritable, Task, Written, cut_to, laid_out
from sekisho.adapters.configurations.cisco_ios.interfaces import interface_name
from sekisho.adapters.configurations.cisco_ios.reader import belongs
from sekisho.adapters.configurations.cisco_like.text import Account, Block, blocks
from sekisho.adapters.configurations.cisco_like.writing import base_name, mask_of, ports_text, protocol_word
from sekisho.adapters.configurations.rule_pieces import ALL_PORTS, pieces
from sekisho.domain.network.addresses import ANY_V4, ANY_V6, address_text, prefix_span, prefixes_of
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Action, AtInterface, Rule
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.text import Text

COMMENT = "!"
_LIST = {4: "ip access-list extended", 6: "ipv6 access-list"}
_ON = {4: "ip access-group", 6: "ipv6 traffic-filter"}
SAVE = Text(
    "ここまでの変更は、電源を切ると消えます。通信を確かめてから copy running-config startup-config で保存してください。",
    "The change is lost when the power goes off. Check that everything works, then enter:"
    " copy running-config startup-config",
)
ALL_ADDRESSES = Text(
    "{interface} には複数のアドレスがあり、規則はそのすべてに同じように効きます。",
    "{interface} has several addresses; the rules hold for all of them.",
)
NO_LIST = Text(
    "{place} の規則は、インタフェースに当てた access-list ではないため（ゾーンの規則、VLANのフィルタなど）、コマンドは提案しません。",
    "The rules at {place} are no access list on an interface (but of a zone or a VLAN filter), so no commands are offered.",
)


@dataclass(slots=True)
class _Entry:
    """One line of a list: its number in the file, its sequence number, whether that is written, and its words."""

    line: int
    seq: int
    text: str
    is_numbered: bool


@dataclass(slots=True)
class _List:
    """One access list: whether it is standard or without a name, and its entries in the order of the file."""

    is_standard: bool = False
    is_named: bool = False
    entries: list[_Entry] = field(default_factory=list)


@dataclass(slots=True)
class _Site:
    """The lists of one configuration by family and name, what is on interfaces, and how often a list is named."""

    lists: dict[tuple[int, str], _List] = field(default_factory=dict)
    applied: dict[tuple[str, str, int], str] = field(default_factory=dict)
    uses: dict[str, int] = field(default_factory=dict)

    def new_name(self) -> str:
        """Return, and take, a name that no list has."""
        at, names = 1, {name for _, name in self.lists}
        while f"SEKISHO-{at}" in names:
            at += 1
        self.lists[4, f"SEKISHO-{at}"] = _List()
        return f"SEKISHO-{at}"


def fitted(edits: tuple[Edit, ...], existing: tuple[Edit, ...], configuration: DeviceConfiguration) -> tuple[Edit, ...]:
    """Return the edits for all addresses of an interface: the model has a rule set for each, the device one list."""
    found = {str(edit.at): edit for edit in edits}
    olds = {str(edit.at): edit.old for edit in existing}
    for edit in edits:
        for interface in configuration.interfaces if isinstance(edit.at, AtInterface) else ():
            at = AtInterface(interface.id, edit.at.direction) if isinstance(edit.at, AtInterface) else None
            if at is not None and isinstance(edit.at, AtInterface) and _is_sibling(edit.at, at):
                new = replace(edit.new, at=at)
                found.setdefault(str(at), replace(edit, at=at, old=olds.get(str(at)), new=new))
    return tuple(found.values())


def _is_sibling(one: AtInterface, other: AtInterface) -> bool:
    return one != other and one.direction is other.direction and base_name(one.interface) == base_name(other.interface)


def write(task: Task) -> Written:
    """Return the commands of a task.

    Raises:
        NotWritable: see there.
    """
    site = _site(task.text)
    change: list[str] = []
    back: list[str] = []
    written: set[tuple[str, str]] = set()
    for edit in task.edits:
        if not isinstance(edit.at, AtInterface):
            raise NotWritable(NO_LIST.filled(place=edit.at))
        place = (base_name(edit.at.interface), edit.at.direction.value)
        if place in written:
            continue
        written.add(place)
        for family in edit.families:
            done = _one_list(edit, edit.at, family, site)
            change += done[0]
            back = [*done[1], *back]
    shared = [edit.at.interface for edit in task.edits if isinstance(edit.at, AtInterface)]
    several = {base_name(one) for one in shared if one != base_name(one)}
    notes = (*(ALL_ADDRESSES.filled(interface=one) for one in sorted(several)), SAVE)
    return Written(tuple(checked(change)), tuple(back), notes, ("configure terminal",), ("end",))


def _one_list(edit: Edit, at: AtInterface, family: int, site: _Site) -> tuple[list[str], list[str]]:
    laid = laid_out(edit, family)
    if not laid.gone and not any(isinstance(item, Added) for item in laid.items):
        return [], []
    at = replace(at, interface=base_name(at.interface))
    name = site.applied.get((at.interface, at.direction.value, family))
    known = site.lists.get((family, name)) if name is not None else None
    if name is None or known is None or not known.entries:
        implied = all(not isinstance(item, Kept) or _is_implied(item, edit.at) for item in laid.items)
        if (edit.old is not None and not implied) or laid.gone:
            raise NotWritable(NO_LIST.filled(place=at))
        return _swapped(at, family, site, name, [*_added(laid.items, family), f"permit {_any(family)}"])
    lines = {one.line for one in known.entries}
    if any(one.line not in lines for one in laid.gone):
        raise NotWritable(NO_LIST.filled(place=at))
    if known.is_named and not known.is_standard and family == 4 and site.uses.get(name, 0) == 1:
        in_place = _in_place(name, known, laid.items, {one.line for one in laid.gone})
        if in_place is not None:
            return in_place
    entries = [
        text
        for item in laid.items
        for text in (_added([item], family) if isinstance(item, Added) else _verbatim(known, item))
    ]
    return _swapped(at, family, site, name, entries or [f"deny {_any(family)}"])


def _in_place(name: str, known: _List, items: Sequence[Item], gone: set[int]) -> tuple[list[str], list[str]] | None:
    """Return the commands by sequence numbers, None where there is no room or the numbers are not certain."""
    if not all(one.is_numbered for one in known.entries):
        return None
    by_line = {one.line: one for one in known.entries}
    taken = {one.seq for one in known.entries}
    add: list[str] = []
    undo: list[str] = []
    last, at = 0, 0
    while at < len(items):
        item = items[at]
        if isinstance(item, Kept):
            last, at = max(last, by_line[item.line].seq if item.line in by_line else last), at + 1
            continue
        texts: list[str] = []
        while at < len(items) and isinstance(new := items[at], Added):
            texts += _added([new], 4)
            at += 1
        following = items[at] if at < len(items) else None
        end = by_line[following.line].seq if isinstance(following, Kept) and following.line in by_line else None
        numbers = _between(last, end, len(texts), taken)
        if numbers is None:
            return None
        taken |= set(numbers)
        add += [f" {number} {text}" for number, text in zip(numbers, texts, strict=True)]
        undo += [f" no {number}" for number in numbers]
        last = numbers[-1] if numbers else last
    removed = [one for one in known.entries if one.line in gone]
    permits = [line for line in add if line.split()[1] == "permit"]
    denies = [line for line in add if line.split()[1] != "permit"]
    head = f"{_LIST[4]} {name}"
    left = len(known.entries) - len(removed) + len(add)
    if not left:
        return None
    change = [head, *permits, *denies, *(f" no {one.seq}" for one in removed), " exit"]
    return change, [head, *(f" {one.seq} {one.text}" for one in removed), *undo, " exit"]


def _between(last: int, end: int | None, count: int, taken: set[int]) -> list[int] | None:
    """Return `count` free numbers above `last` and below `end`."""
    if end is None:
        return [last + 10 * at for at in range(1, count + 1)]
    free = [number for number in range(last + 1, min(end, last + 1 + 10 * (count + 1))) if number not in taken]
    return free[:count] if len(free) >= count else None


def _swapped(
    at: AtInterface, family: int, site: _Site, old: str | None, entries: Sequence[str]
) -> tuple[list[str], list[str]]:
    name, side = site.new_name(), at.direction.value
    new = f" {_ON[family]} {name} {side}"
    change = [f"{_LIST[family]} {name}", *(f" {text}" for text in entries), " exit"]
    change += [f"interface {at.interface}", new, " exit"]
    again = f" {_ON[family]} {old} {side}" if old is not None else f" no{new}"
    back = [f"interface {at.interface}", again, " exit", f"no {_LIST[family]} {name}"]
    return change, back


def _verbatim(known: _List, item: Kept) -> Iterator[str]:
    """Yield an entry as it was read; one of a standard list in the words of an extended one."""
    found = next((one for one in known.entries if one.line == item.line), None)
    if found is None:
        return
    if not known.is_standard:
        yield found.text
        return
    for rule in item.rules:
        yield from _texts(rule, 4)


def _added(items: Sequence[Item], family: int) -> list[str]:
    return [text for item in items if isinstance(item, Added) for text in _texts(item.rule, family)]


def _texts(rule: Rule, family: int) -> Iterator[str]:
    """Yield what stands behind the sequence number, one text for each entry that a rule needs."""
    certain(rule)
    part = cut_to(rule, family)
    action = "permit" if rule.action is Action.PERMIT else "deny"
    is_v6 = family == 6
    for src in _addresses(part.src, is_v6=is_v6):
        for dst in _addresses(part.dst, is_v6=is_v6):
            for piece in pieces(rule):
                word = ("ipv6" if is_v6 else "ip") if piece.protocol < 0 else protocol_word(piece.protocol, is_v6=is_v6)
                sport = "" if piece.sport == ALL_PORTS else ports_text(*piece.sport)
                dport = ports_text(*piece.dport) if piece.has_ports else ""
                end = " established" if piece.is_established else ""
                yield f"{action} {word} {src}{sport if piece.has_ports else ''} {dst}{dport}{end}"


def _addresses(addresses: Ranges, *, is_v6: bool) -> Iterator[str]:
    if addresses == (ANY_V6 if is_v6 else ANY_V4):
        yield "any"
        return
    for span in addresses.spans:
        for text in prefixes_of(span):
            yield _address(text, is_v6=is_v6)


def _address(prefix: str, *, is_v6: bool) -> str:
    first, last = prefix_span(prefix)
    if first == last:
        return f"host {address_text(first)}"
    if is_v6:
        return prefix
    masks = mask_of((first, last))
    if masks is None:
        raise NotWritable(UNSURE_RULE)
    return f"{masks[0]} {masks[2]}"


def _any(family: int) -> str:
    return "ipv6 any any" if family == 6 else "ip any any"


def _is_implied(item: Item, at: object) -> bool:
    """Return whether a kept rule only says that a family without a list of its own passes."""
    del at
    return isinstance(item, Kept) and all(
        rule.action is Action.PERMIT and rule.src in (ANY_V4, ANY_V6) and rule.src == rule.dst for rule in item.rules
    )


# ---- reading and applying ----


def _blocks(text: str) -> list[Block]:
    return blocks(Account(text).lines, belongs)


def _site(text: str) -> _Site:
    site = _Site()
    words_of_lines: list[list[str]] = []
    for block in _blocks(text):
        match block.head.words:
            case ["interface", *name]:
                _interface(site, interface_name(name), block)
            case ["access-list", number, *rest]:
                _entry(site.lists.setdefault((4, number), _List(_is_standard(number))), block.head.number, rest)
                continue
            case ["ip", "access-list", ("standard" | "extended") as kind, name, *_]:
                own = site.lists.setdefault((4, name), _List(kind == "standard", is_named=not name.isdecimal()))
                _entries(own, block)
                continue
            case ["ipv6", "access-list", name, *_]:
                _entries(site.lists.setdefault((6, name), _List(is_named=True)), block)
                continue
        words_of_lines += [block.head.words, *(line.words for line in block.body)]
    for words in words_of_lines:
        for word in set(words):
            site.uses[word] = site.uses.get(word, 0) + 1
    return site


def _interface(site: _Site, name: str, block: Block) -> None:
    for line in block.body:
        match line.words:
            case ["ip", "access-group", one, ("in" | "out") as side, *_]:
                site.applied[name, side, 4] = one
            case ["ipv6", "traffic-filter", one, ("in" | "out") as side, *_]:
                site.applied[name, side, 6] = one


def _entries(own: _List, block: Block) -> None:
    for line in block.body:
        _entry(own, line.number, line.words)


def _entry(own: _List, number: int, words: list[str]) -> None:
    rest = words[1:] if words[:1] == ["sequence"] else words
    is_numbered = bool(rest) and rest[0].isdecimal()
    seq = int(rest[0]) if is_numbered else (own.entries[-1].seq if own.entries else 0) + 10
    rest = rest[1:] if is_numbered else rest
    if rest and rest[0] not in ("remark", "exit", "description", "no", "end", "default"):
        own.entries.append(_Entry(number, seq, " ".join(rest), is_numbered))


def _is_standard(number: str) -> bool:
    return number.isdecimal() and (1 <= int(number) <= 99 or 1300 <= int(number) <= 1999)


def applied(text: str, commands: Sequence[str]) -> str:
    """Return the configuration after the commands, written anew block by block."""
    known: list[tuple[str, list[str]]] = [
        (block.head.text, [" " * max(1, line.indent) + line.text for line in block.body]) for block in _blocks(text)
    ]
    open_at = -1
    for command in commands:
        words = command.split()
        if command.startswith(" ") and open_at >= 0:
            if words != ["exit"]:
                _inside(known[open_at][1], words)
        elif words[:1] == ["no"]:
            known = [one for one in known if one[0].split() != words[1:]]
            open_at = -1
        else:
            open_at = next((at for at, one in enumerate(known) if _is_head(one[0].split(), words)), len(known))
            if open_at == len(known):
                known.append((command, []))
    return "\n".join(line for head, body in known for line in (head, *body)) + "\n"


def _is_head(head: list[str], words: list[str]) -> bool:
    if head[:1] == words[:1] == ["interface"]:
        return interface_name(head[1:]) == interface_name(words[1:])
    return head == words


def _inside(body: list[str], words: list[str]) -> None:
    """Do one command within an access list or an interface."""
    if words[0] == "no" and words[1].isdecimal():
        body[:] = [line for line in body if line.split()[0] != words[1]]
    elif words[0] == "no":
        body[:] = [line for line in body if line.split() != words[1:]]
    else:
        if words[1:2] in (["access-group"], ["traffic-filter"]):
            body[:] = [line for line in body if line.split()[:2] != words[:2] or line.split()[3:4] != words[3:4]]
        body.append(f" {' '.join(words)}")
