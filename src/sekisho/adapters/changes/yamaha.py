"""Changes on YAMAHA routers: new filters under free numbers, then the whole line that applies them, written again.

The line that applies filters takes effect at once and as a whole: there is no moment without a filter. Filters that are
no longer applied stay defined, so that going back is the old line alone. `save` is left to the person.

Source: YAMAHA router command reference, "IP packet filter" (at most ten ports in one list).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sekisho.adapters.changes.words import by_protocol, certain, checked, chunks, pairs, span_text
from sekisho.adapters.changes.written import (
    Added,
    Edit,
    Kept,
    NotWritable,
    Task,
    Written,
    anywhere,
    laid_out,
)
from sekisho.adapters.configurations.yamaha.filters import MAX_NUMBER, number_of
from sekisho.adapters.configurations.yamaha.lines import commands_of
from sekisho.adapters.configurations.yamaha.result import SEQ_DYNAMIC, SEQ_IPV6, SEQ_UNFILTERED
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Action, AtInterface, Rule, State
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, ICMP, ICMP6, TCP, UDP
from sekisho.domain.text import Text

COMMENT = "#"
MOST_PORTS = 10
MOST_APPLIED = 128
"""Older models take no more filters in one line than this."""
_NAMES = {TCP: "tcp", UDP: "udp", ICMP: "icmp", 47: "gre", 50: "esp", 51: "ah"}
SAVE = Text(
    "ここまでの変更は、電源を切ると消えます。通信を確かめてから save と入力して保存してください。",
    "The change is lost when the power goes off. Check that everything works, then enter: save",
)
MANY_FILTERS = Text(
    "1行に並ぶフィルタが{count}個あります。古い機種は{most}個までのことがあります。入力したときに誤りが表示されたら中止してください。",
    "The line applies {count} filters. Older models take {most} at most; stop if the router refuses the line.",
)
IN_A_SET = Text(
    "{place} のフィルタは、名前の付いた組（ip filter set）で当てられています。組は他の場所でも使われることがあるため、"
    "コマンドの提案はしません。業者と一緒に変更してください。",
    "The filters at {place} are applied as a named set, which other places may use too. No commands are offered; please"
    " change it together with the supplier.",
)
NOT_BY_NUMBER = Text(
    "{place} で当てられている規則のうち、番号の分からないものは変更できません。",
    "At {place} a rule without a number of its own cannot be changed.",
)


@dataclass(slots=True)
class _Site:
    """What is applied where: the words of the last line for (interface, direction, is IPv6), and all numbers in use."""

    applied: dict[tuple[str, str, bool], list[str]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    taken: set[int] = field(default_factory=set)

    def free(self, after: int) -> int:
        """Return, and take, the next number above `after` that nothing uses."""
        number = after + 1
        while number in self.taken:
            number += 1
        self.taken.add(number)
        return number


def fitted(edits: tuple[Edit, ...], existing: tuple[Edit, ...], configuration: DeviceConfiguration) -> tuple[Edit, ...]:
    """Return the edits as they are: each side of an interface has its own list."""
    del existing, configuration
    return edits


def write(task: Task) -> Written:
    """Return the commands of a task.

    Raises:
        NotWritable: see there.
    """
    site = _site(task.text)
    filters: list[str] = []
    lines: list[str] = []
    back: list[str] = []
    notes: list[Text] = []
    for edit in task.edits:
        if not isinstance(edit.at, AtInterface):
            raise NotWritable(NOT_BY_NUMBER.filled(place=edit.at))
        for family in edit.families:
            change = _Applying(edit, edit.at, family, site)
            if not change.is_needed:
                continue
            filters += change.filters()
            new = change.line()
            lines += [*_selected(edit.at.interface), new]
            back += [*_selected(edit.at.interface), change.old_line()]
            if len(change.words) > MOST_APPLIED:
                notes.append(MANY_FILTERS.filled(count=len(change.words), most=MOST_APPLIED))
    gone = [f"no {' '.join(line.split()[:3])}" for line in filters]
    return Written(tuple(checked([*filters, *lines])), (*back, *gone), (*notes, SAVE))


def applied(text: str, commands: Sequence[str]) -> str:
    """Return the configuration after the commands: the router takes each as if it stood at the end."""
    known, comments = commands_of(text)
    return "\n".join([*comments, *(one.text for one in known), *commands, ""])


class _Applying:
    """The line of one side of one interface for one family."""

    def __init__(self, edit: Edit, at: AtInterface, family: int, site: _Site) -> None:
        self.at, self.v6, self.family, self.site = at, family == 6, family, site
        self.laid = laid_out(edit, family)
        self.old = site.applied.get((at.interface, at.direction.value, self.v6))
        self.added = [item for item in self.laid.items if isinstance(item, Added)]
        self.words: list[str] = []
        kept = [rule for item in self.laid.items if isinstance(item, Kept) for rule in item.rules]
        self.attaches = self.old is None and all(rule.seq == SEQ_UNFILTERED for rule in kept)
        if not self.is_needed:
            return
        if at.interface in site.named:
            raise NotWritable(IN_A_SET.filled(place=at))
        if self.old is None and not self.attaches:
            raise NotWritable(NOT_BY_NUMBER.filled(place=at))

    @property
    def is_needed(self) -> bool:
        """Return whether anything changes here."""
        return bool(self.added or self.laid.gone)

    def filters(self) -> Iterator[str]:
        """Yield the new filters; the words of the new line are put together on the way."""
        words = list(self.old or [])
        gone = {str(_number(rule, self.at)) for line in self.laid.gone for rule in line.rules}
        static, dynamic = _split(words)
        for at, item in enumerate(self.laid.items):
            if isinstance(item, Added):
                numbers = []
                for line in self._defined(item.rule):
                    numbers.append(line.split()[2])
                    yield line
                place = self._place(static, at)
                static[place:place] = numbers
        static = [word for word in static if word not in gone]
        if self.attaches:
            whole = anywhere(self.family)
            last = list(self._defined(Rule(0, Action.PERMIT, whole, whole)))
            static += [line.split()[2] for line in last]
            yield from last
        if not static or (dynamic and self._opens_dynamic()):
            # A line that applies nothing passes everything, and what a dynamic filter does with packets that no static
            # one matches is not certain: what was stopped by what goes must go on being stopped.
            whole = anywhere(self.family)
            last = list(self._defined(Rule(0, Action.DENY, whole, whole)))
            static += [line.split()[2] for line in last]
            yield from last
        self.words = static + dynamic

    def _opens_dynamic(self) -> bool:
        """Return whether the list had a filter that matches everything and has none any more."""
        whole = anywhere(self.family)
        every = {(whole, whole, ANY_SERVICE, State.ANY)}
        gone = (rule for line in self.laid.gone for rule in line.rules)
        left = (rule for one in self.laid.items for rule in (one.rules if isinstance(one, Kept) else (one.rule,)))
        had, has = (
            any((rule.src, rule.dst, rule.service, rule.state) in every and rule.is_exact for rule in rules)
            for rules in (gone, left)
        )
        return had and not has

    def line(self) -> str:
        """Return the new line; `filters` has been asked for before."""
        return f"{self._head} {' '.join(self.words)}"

    def old_line(self) -> str:
        """Return what brings the old state back."""
        return f"no {self._head}" if self.old is None else f"{self._head} {' '.join(self.old)}"

    @property
    def _head(self) -> str:
        kind = _kind(self.at.interface)[0]
        return f"{'ipv6' if self.v6 else 'ip'} {kind} secure filter {self.at.direction.value}"

    def _place(self, static: list[str], at: int) -> int:
        """Return where in the line a new filter goes: before the next that stays. Dynamic filters come after all."""
        for item in self.laid.items[at + 1 :]:
            word = str(item.rules[0].seq % SEQ_IPV6) if isinstance(item, Kept) else ""
            if word in static:
                return static.index(word)
        return len(static)

    def _defined(self, rule: Rule) -> Iterator[str]:
        numbers = [int(word) for word in _split(self.old or [])[0] if number_of(word) is not None]
        for text in filter_texts(rule, self.family):
            number = self.site.free(max(numbers, default=100_000))
            yield f"{'ipv6' if self.v6 else 'ip'} filter {number} {text}"


def filter_texts(rule: Rule, family: int) -> Iterator[str]:
    """Yield what stands after the number of a filter, one text for each line that a rule needs.

    Raises:
        NotWritable: a line cannot say it.
    """
    certain(rule)
    action = "pass" if rule.action is Action.PERMIT else "reject"
    whole = anywhere(family).spans[0]
    services = list(_services(rule))
    for src, dst in pairs(rule, family):
        ends = " ".join("*" if span == whole else span_text(span) for span in (src, dst))
        for service in services:
            yield f"{action} {ends} {service}".strip()


def _services(rule: Rule) -> Iterator[str]:
    for protocol, ports in by_protocol(rule.service):
        if rule.state is State.ESTABLISHED:
            for some in chunks(ports.spans, MOST_PORTS):
                yield f"established {_ports(rule.source_ports)} {_ports(some)}"
        elif protocol < 0 and rule.source_ports == ANY_PORT:
            yield "* * *"
        elif protocol in (TCP, UDP):
            for some in chunks(ports.spans, MOST_PORTS):
                yield f"{_NAMES[protocol]} {_ports(rule.source_ports)} {_ports(some)}"
        elif protocol == ICMP6:
            yield "icmp6"
        else:
            yield _NAMES.get(protocol, str(protocol))


def _ports(ports: Ranges) -> str:
    if ports == ANY_PORT:
        return "*"
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ports.spans)


def _number(rule: Rule, at: AtInterface) -> int:
    number = rule.seq - SEQ_IPV6 if SEQ_IPV6 < rule.seq < SEQ_DYNAMIC else rule.seq
    if not 0 < number <= MAX_NUMBER:
        raise NotWritable(NOT_BY_NUMBER.filled(place=at))
    return number


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    at = words.index("dynamic") if "dynamic" in words else len(words)
    return words[:at], words[at:]


def _kind(interface: str) -> tuple[str, str]:
    for kind in ("pp", "tunnel"):
        rest = interface.removeprefix(kind)
        if rest != interface and (rest.isdecimal() or rest == "-anonymous"):
            return kind, rest.removeprefix("-")
    return interface, ""


def _selected(interface: str) -> list[str]:
    kind, number = _kind(interface)
    return [f"{kind} select {number}"] if number else []


def _site(text: str) -> _Site:
    site = _Site()
    selected = {"pp": "", "tunnel": ""}
    for command in commands_of(text)[0]:
        words = command.text.split()
        negated = words[0] == "no"
        words = words[1:] if negated else words
        match words:
            case [("pp" | "tunnel") as kind, "select", which, *_]:
                selected[kind] = f"{kind}-{which}" if which == "anonymous" else f"{kind}{which}"
            case [("ip" | "ipv6"), "filter", *rest]:
                site.taken |= {number for word in rest[:2] if (number := number_of(word)) is not None}
            case [("ip" | "ipv6") as family, name, "secure", "filter", direction, *rest]:
                face = selected.get(name, name)
                if direction == "name":
                    site.named.add(face)
                elif negated:
                    site.applied.pop((face, direction, family == "ipv6"), None)
                else:
                    site.applied[face, direction, family == "ipv6"] = rest
    return site
