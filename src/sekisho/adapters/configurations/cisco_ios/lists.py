"""Access lists, object groups and time ranges of a Cisco IOS configuration, before anything uses them.

Source: Cisco IOS Security Command Reference ("access-list", "ip access-list", "ipv6 access-list", "object-group",
"time-range"). Entries stand in the order of their sequence numbers; where none are written they count 10, 20, 30.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from sekisho.adapters.configurations.cisco_like.lists import Dialect, Entry, comparison, read_entry, read_standard
from sekisho.adapters.configurations.cisco_like.objects import (
    ANY_PART,
    Group,
    NotRead,
    Objects,
    Part,
    ServicePart,
    icmp_part,
    icmp_type,
    mask_bits,
    masked_span,
    prefix,
    v4_number,
    wildcard,
)
from sekisho.adapters.configurations.cisco_like.services import protocol_services
from sekisho.adapters.configurations.cisco_like.text import RULE_NOT_READ, Account, Block, Line, safe
from sekisho.domain.network.addresses import ANY_ADDRESS, ANY_V4, ANY_V6
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Action, Rule
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import (
    ANY_PORT,
    ANY_SERVICE,
    ICMP,
    ICMP6,
    TCP,
    WITH_PORTS,
    ports_of,
    protocol_of,
)

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
EVALUATE, REFLECT = "evaluate ", "reflect "
"""A reflexive list is kept as a disabled rule where it stands, and among the objects of the rules that fill it."""
MOST_COMPARED = 128
"""More denies than this are not compared one by one; the answer is then that it is not sure."""
_WIDE = ServicePart(ANY_SERVICE, is_exact=False)


@dataclass(slots=True)
class AccessList:
    """One access list: its entries by sequence number. `line` is where it is first written."""

    name: str
    line: Line
    is_standard: bool = False
    is_v6: bool = False
    remark: str = ""
    last: int = 0
    entries: list[tuple[int, Entry]] = field(default_factory=list)
    _rules: tuple[Rule, ...] | None = None

    def in_order(self) -> list[Entry]:
        """Return the entries as they are tried."""
        return [entry for _, entry in sorted(self.entries, key=lambda one: one[0])]

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules as they are tried; asked for once all entries are known."""
        if self._rules is None:
            self._rules = tuple(rule for entry in self.in_order() for rule in entry.rules)
        return self._rules


class Lists:
    """All access lists of one configuration by name; IPv6 lists have names of their own."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.objects = Objects(account)
        self.v4: dict[str, AccessList] = {}
        self.v6: dict[str, AccessList] = {}
        self.ends: dict[str, date] = {}
        self._waiting: list[tuple[AccessList, int, int, str, Line]] = []
        self._dialects = {
            False: Dialect(self.objects, ANY_V4),
            True: Dialect(self.objects, ANY_V6),
        }

    # ---- collecting ----

    def numbered(self, line: Line) -> None:
        """Take a line "access-list 101 permit ..."."""
        words = line.words
        if len(words) < 3:
            self.account.unread(line, RULE_NOT_READ, Bearing.FILTER)
            return
        number = int(words[1]) if words[1].isdecimal() and len(words[1]) < 6 else -1
        is_standard, is_extended = (
            1 <= number <= 99 or 1300 <= number <= 1999,
            100 <= number <= 199 or 2000 <= number <= 2699,
        )
        if not is_standard and not is_extended:
            self.account.unread(line, bearing=Bearing.OTHER if 200 <= number <= 1299 else Bearing.FILTER)
            return
        access_list = self.v4.setdefault(words[1], AccessList(words[1], line, is_standard))
        self._entry(access_list, line, 2)

    def named(self, block: Block, *, is_v6: bool) -> None:
        """Take a block "ip access-list extended NAME" or "ipv6 access-list NAME" with its entries."""
        words = block.head.words[2:]
        is_standard = bool(words) and words[0] == "standard"
        if words and words[0] in ("standard", "extended"):
            words = words[1:]
        if not words:
            self.account.unread(block.head, RULE_NOT_READ, Bearing.FILTER)
            return
        known = self.v6 if is_v6 else self.v4
        access_list = known.setdefault(words[0], AccessList(words[0], block.head, is_standard, is_v6))
        for line in block.body:
            self._entry(access_list, line, 0)

    def _entry(self, access_list: AccessList, line: Line, start: int) -> None:
        words = line.words
        seq = access_list.last + 10
        if words[start] == "sequence" and len(words) > start + 1:
            start += 1
        if words[start].isdecimal() and len(words[start]) < 11:
            seq, start = int(words[start]), start + 1
        word = words[start] if start < len(words) else ""
        if word == "remark":
            access_list.remark = " ".join(words[start + 1 :])
        elif word in ("permit", "deny") or (word == "evaluate" and len(words) > start + 1):
            access_list.last = seq
            self._waiting.append((access_list, seq, start, access_list.remark, line))
            access_list.remark = ""
        elif word not in ("exit", "no", "description", "end", "default"):
            access_list.last = seq
            self._waiting.append((access_list, seq, start, "", line))

    def group(self, block: Block) -> None:
        """Take a block "object-group network|service NAME"."""
        words = block.head.words
        kind = words[1].removeprefix("v6-") if len(words) > 2 else ""
        if kind not in ("network", "service"):
            self.account.unread(block.head, bearing=Bearing.FILTER)
            return
        group = self.objects.define(words[2], kind, block.head)
        for line in block.body:
            self._member(group, line)

    def _member(self, group: Group, line: Line) -> None:
        if line.words[0] in ("description", "exit"):
            return
        try:
            if line.words[0] == "group-object" and len(line.words) > 1:
                group.names.append((line.words[1], line))
            elif group.kind == "network":
                group.parts.append(network_member(line.words))
            else:
                group.services.append(service_member(line.words))
        except (NotRead, IndexError):
            self.account.unread(line, RULE_NOT_READ, Bearing.FILTER)
            group.parts.append(ANY_PART)
            group.services.append(_WIDE)

    def time_range(self, block: Block) -> None:
        """Take a block "time-range NAME"; only the last day of an absolute one is kept."""
        for line in block.body:
            end = end_of(line.words)
            if end is not None and len(block.head.words) > 1:
                self.ends[block.head.words[1]] = end

    # ---- once everything is known ----

    def settle(self) -> None:
        """Read the entries, now that every object group is known."""
        for access_list, seq, start, remark, line in self._waiting:
            dialect = self._dialects[access_list.is_v6]
            if line.words[start : start + 1] == ["evaluate"]:
                reflexive = line.words[start + 1]
                mark = Rule(seq, Action.PERMIT, enabled=False, name=f"{EVALUATE}{reflexive}", origin=line.origin)
                access_list.entries.append((seq, Entry((mark,), evaluate=reflexive)))
                continue
            read = read_standard if access_list.is_standard else read_entry
            entry = read(line, start, dialect, seq, safe(remark) if remark else "")
            if entry.why is not None:
                self.account.unread(line, entry.why, Bearing.FILTER)
            if entry.reflect:
                kept = tuple(replace(rule, objects=(*rule.objects, REFLECT + entry.reflect)) for rule in entry.rules)
                entry = replace(entry, rules=kept)
            if self.ends:
                entry = replace(entry, rules=tuple(self._until(rule) for rule in entry.rules))
            access_list.entries.append((seq, entry))
        self._waiting = []

    def _until(self, rule: Rule) -> Rule:
        end = self.ends.get(rule.schedule)
        return rule if end is None else replace(rule, until=end)


def network_member(words: list[str]) -> Part:
    """Return what a member of a network group stands for. Masks are subnet masks; a wildcard mask is taken as meant.

    Raises:
        NotRead, IndexError: it cannot be read.
    """
    if words[0] == "any":
        return Part(ANY_ADDRESS)
    if words[0] == "range":
        first, last = prefix(words[1])[0], prefix(words[2])[1]
        if last < first:
            raise NotRead(words[2])
        return Part(Ranges(((first, last),)))
    if words[0] == "host":
        if v4_number(words[1]) is None and ":" not in words[1]:
            return ANY_PART if re.fullmatch(r"[\w.-]+", words[1]) else _refuse(words[1])
        return Part(Ranges((prefix(words[1]),)))
    address = v4_number(words[0])
    if address is None or len(words) == 1:
        return Part(Ranges((prefix(words[0]),)))
    if words[1].startswith("/"):
        return Part(Ranges((prefix(words[0] + words[1]),)))
    mask = v4_number(words[1])
    if mask is None:
        raise NotRead(words[1])
    return Part(Ranges((masked_span(address, mask),))) if mask_bits(mask) is not None else wildcard(address, mask)


def _refuse(word: str) -> Part:
    raise NotRead(word)


def service_member(words: list[str]) -> ServicePart:
    """Return what a member of a service group stands for: "tcp source gt 1023 eq 443", "icmp echo", "esp".

    Raises:
        NotRead, IndexError: it cannot be read.
    """
    services = protocol_services(words[0])
    if services is None:
        raise NotRead(words[0])
    rest = words[1:]
    if services in (ports_of(ICMP), ports_of(ICMP6)) and rest:
        return icmp_part(icmp_type(rest[0], is_v6=services != ports_of(ICMP)), is_v6=services != ports_of(ICMP))
    source = ANY_PORT
    protocol = protocol_of(services.first)
    if rest and protocol not in WITH_PORTS:
        raise NotRead(rest[0])
    if rest and rest[0] == "source":
        length = 4 if rest[1] == "range" else 3 if rest[1] in ("eq", "gt", "lt", "neq") else 2
        source, rest = _ports(rest[1:length], protocol), rest[length:]
    if rest and rest[0] == "destination":
        rest = rest[1:]
    if rest:
        ports = _ports(rest, protocol)
        both = {protocol_of(first) for first, _ in services.spans}
        services = Ranges.of(span for one in both for span in ports_of(one, ports).spans)
    return ServicePart(services, source)


def _ports(words: list[str], protocol: int) -> Ranges:
    return comparison(["eq", *words] if len(words) == 1 else words, protocol if protocol in WITH_PORTS else TCP)


def end_of(words: list[str]) -> date | None:
    """Return the last day of "absolute [start ...] end 17:00 31 March 2027"."""
    if words[0] != "absolute" or "end" not in words:
        return None
    parts = words[words.index("end") + 1 :][1:4]
    if len(parts) != 3 or not all(part.isalnum() and part.isascii() for part in parts):
        return None
    day, month, year = parts
    number = _MONTHS.get(month.lower()[:3])
    if number is None or not (day.isdecimal() and year.isdecimal() and len(year) == 4):
        return None
    try:
        return date(int(year), number, int(day))
    except ValueError:
        return None


def matching(rules: Iterable[Rule]) -> Iterator[Rule]:
    """Yield what a list that only selects (for a class, a map) selects: its permits.

    A deny takes packets out of the selection again: a later permit that shares some with it is then not exact, and
    after more than `MOST_COMPARED` denies none is.
    """
    denied: list[Rule] = []
    for rule in rules:
        if rule.action is Action.DENY and rule.takes_part:
            denied.append(rule)
        elif rule.action is Action.PERMIT:
            is_cut = len(denied) > MOST_COMPARED or any(overlaps(one, rule) for one in denied)
            yield replace(rule, is_exact=False) if is_cut else rule
        elif rule.action is Action.UNKNOWN:
            yield replace(rule, action=Action.PERMIT, is_exact=False)


def overlaps(one: Rule, other: Rule) -> bool:
    """Return whether some packet matches both rules."""
    return (
        one.src.overlaps(other.src)
        and one.dst.overlaps(other.dst)
        and one.service.overlaps(other.service)
        and one.source_ports.overlaps(other.source_ports)
    )
