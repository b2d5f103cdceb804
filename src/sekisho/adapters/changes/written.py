"""What goes into a writer of commands and what comes out of it, the same for every vendor.

A writer is a module with

    write(task: Task) -> Written            the commands, and those that take them back
    applied(text: str, commands) -> str     the configuration after somebody has typed the commands

`applied` knows exactly the commands that `write` makes; it is how a proposal is read back before it is offered.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sekisho.domain.network.addresses import ANY_V4, ANY_V6
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Place, Rule, RuleSet
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_SERVICE, PORTS, WITH_PORTS
from sekisho.domain.text import Text

MOST_LINES = 400
"""More new lines than this nobody can check by eye; the change is refused."""


class NotWritable(Exception):
    """A change that cannot be offered as commands; `text` says why and what to do instead."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.ja)
        self.text = text


@dataclass(frozen=True, slots=True)
class Edit:
    """One rule set before and after. `old` is None where a filter is put on a side that had none.

    `families` are those (4, 6) in which something changes; nothing is written for the others.
    """

    at: Place
    old: RuleSet | None
    new: RuleSet
    families: tuple[int, ...] = (4,)


@dataclass(frozen=True, slots=True)
class Task:
    """What a writer is asked for: the configuration's text without secrets, as read, and what is to change in it."""

    text: str
    configuration: DeviceConfiguration
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """The commands without comments, those that take them back, and what people should know.

    `opening` and `closing` stand around either on the screen (entering and leaving configuration mode); they change
    nothing and are not applied.
    """

    change: tuple[str, ...]
    rollback: tuple[str, ...]
    notes: tuple[Text, ...] = ()
    opening: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of the old rule set, kept as it is: its number in the file and all rules it gave."""

    line: int
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Added:
    """A rule that has no line of its own yet. `instead_of` is the first of the old rules that it stands for."""

    rule: Rule
    instead_of: Rule | None = None


Item = Kept | Added


@dataclass(slots=True)
class Laid:
    """The new rule set as a list of kept lines and new rules, and the lines that go."""

    items: list[Item] = field(default_factory=list)
    gone: list[Kept] = field(default_factory=list)


def laid_out(edit: Edit, family: int | None) -> Laid:
    """Return the new rule set of one family of addresses (4 or 6; None: of both together), line by line.

    A line of which only some rules are kept goes, and what is kept of it is added again.
    """
    old = edit.old.rules if edit.old is not None else ()
    lines = _lines(of_family(old, family))
    line_of = {rule: line for line in lines for rule in line.rules}
    wanted = [rule for rule in of_family(edit.new.rules, family) if rule.enabled or rule in line_of]
    present = set(wanted)
    whole = {id(line) for line in lines if present.issuperset(line.rules)}
    laid = Laid(gone=[line for line in lines if id(line) not in whole])
    listed: set[int] = set()
    for rule in wanted:
        line = line_of.get(rule)
        if line is not None and id(line) in whole:
            if id(line) not in listed:
                listed.add(id(line))
                laid.items.append(line)
        elif rule.enabled and (service := sayable(rule.service)):
            laid.items.append(Added(replace(rule, service=service), _replaced(rule, laid.gone)))
    return laid


def of_family(rules: Iterable[Rule], family: int | None) -> list[Rule]:
    """Return the rules that are about one family of addresses (all for None), in order."""
    if family is None:
        return list(rules)
    whole = ANY_V6 if family == 6 else ANY_V4
    return [rule for rule in rules if rule.src.overlaps(whole) and rule.dst.overlaps(whole)]


def anywhere(family: int) -> Ranges:
    """Return every address of a family."""
    return ANY_V6 if family == 6 else ANY_V4


def cut_to(rule: Rule, family: int) -> Rule:
    """Return the part of a rule that is about one family."""
    whole = anywhere(family)
    return replace(rule, src=rule.src & whole, dst=rule.dst & whole)


def sayable(services: Ranges) -> Ranges:
    """Return a set of services in which a protocol without ports is there as a whole or not at all.

    Such a protocol has the port 0 only; what stands beside it in a span is no packet.
    """
    if services == ANY_SERVICE:
        return services
    whole = [(protocol * PORTS, protocol * PORTS + PORTS - 1) for protocol in range(256)]
    without = [span for at, span in enumerate(whole) if at not in WITH_PORTS and span[0] in services]
    with_ports = Ranges(tuple(whole[at] for at in sorted(WITH_PORTS)))
    return Ranges.of([*without, *(services & with_ports).spans])


def _lines(rules: list[Rule]) -> list[Kept]:
    found: dict[tuple[int, int], list[Rule]] = {}
    for at, rule in enumerate(rules):
        line = rule.origin.line if rule.origin is not None else -1 - at
        found.setdefault((line, rule.seq), []).append(rule)
    return [Kept(line, tuple(group)) for (line, _), group in found.items()]


def _replaced(rule: Rule, gone: list[Kept]) -> Rule | None:
    """Return the old rule that a new one stands for: the one of its own number, else the one that covers it."""
    olds = [one for line in gone for one in line.rules]
    same = next((one for one in olds if one.seq == rule.seq and one.origin == rule.origin), None)
    if same is not None:
        return same
    return next((one for one in olds if _covers(one, rule)), None)


def _covers(old: Rule, new: Rule) -> bool:
    return (
        old.action is new.action
        and old.src.covers(new.src)
        and old.dst.covers(new.dst)
        and old.service.covers(new.service)
    )
