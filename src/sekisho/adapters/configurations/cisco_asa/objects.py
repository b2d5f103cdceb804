"""Names, objects, groups and access lists of a Cisco ASA configuration.

Source: Cisco ASA Series command reference ("object", "object-group", "access-list extended", "name"). An entry's number
is its line within its list, remarks counted, as "show access-list" prints it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from sekisho.adapters.configurations.cisco_ios.lists import end_of, network_member, service_member
from sekisho.adapters.configurations.cisco_like.lists import Dialect, comparison, read_entry, read_standard
from sekisho.adapters.configurations.cisco_like.objects import (
    ANY_PART,
    Group,
    NotRead,
    Objects,
    Part,
    ServicePart,
    icmp_part,
    icmp_type,
    v4_number,
)
from sekisho.adapters.configurations.cisco_like.services import protocol_services
from sekisho.adapters.configurations.cisco_like.text import NOT_KNOWN, RULE_NOT_READ, Account, Block, Line, safe
from sekisho.domain.network.addresses import ANY_ADDRESS, address_text
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Rule
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_SERVICE, TCP, UDP, ports_of

_WIDE = ServicePart(ANY_SERVICE, is_exact=False)
_KINDS = {"network": "network", "service": "service", "protocol": "service", "icmp-type": "service"}


@dataclass(slots=True)
class _List:
    """The lines of one access list: number within the list, word at which the entry begins, remark, line."""

    count: int = 0
    remark: str = ""
    entries: list[tuple[int, int, str, Line, bool]] = field(default_factory=list)
    rules: list[Rule] | None = None


class Named:
    """Everything with a name in one configuration."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.objects = Objects(account)
        self.hosts: dict[str, int] = {}
        self.own: dict[str, Ranges] = {}
        self.ends: dict[str, date] = {}
        self._lists: dict[str, _List] = {}

    def name(self, line: Line) -> None:
        """Take a line "name 10.0.0.1 server"."""
        address = v4_number(line.words[1]) if len(line.words) > 2 else None
        if address is not None:
            self.hosts[line.words[2]] = address

    def plain(self, words: list[str]) -> list[str]:
        """Return `words` with names replaced by the addresses they stand for."""
        if not self.hosts:
            return words
        return [address_text(self.hosts[word]) if word in self.hosts else word for word in words]

    # ---- objects ----

    def object(self, block: Block) -> list[Line]:
        """Take a block "object network|service NAME" and return its "nat" lines."""
        words = block.head.words
        if len(words) < 3 or words[1] not in _KINDS:
            self.account.unread(block.head, NOT_KNOWN, Bearing.FILTER)
            return []
        group = self.objects.define(words[2], _KINDS[words[1]], block.head)
        for line in block.body:
            if line.words[0] not in ("nat", "description"):
                self._take(group, line, self._defined)
        return [line for line in block.body if line.words[0] == "nat"]

    def _defined(self, group: Group, line: Line) -> None:
        match self.plain(line.words):
            case ["host" | "range" | "subnet" as kind, *rest]:
                group.parts.append(network_member(rest if kind == "subnet" else [kind, *rest]))
            case ["fqdn", *_]:
                group.parts.append(ANY_PART)
            case ["service", *rest]:
                group.services.append(service_member(rest))
            case _:
                raise NotRead(line.text)

    def group(self, block: Block) -> None:
        """Take a block "object-group network|service|protocol|icmp-type NAME [tcp|udp|tcp-udp]"."""
        words = block.head.words
        kind = _KINDS.get(words[1]) if len(words) > 2 else None
        if kind is None:
            self.account.unread(block.head, NOT_KNOWN, Bearing.FILTER)
            return
        group = self.objects.define(words[2], kind, block.head)
        protocol = words[3] if len(words) > 3 else ""
        for line in block.body:
            if line.words[0] != "description":
                self._take(group, line, lambda one, member: self._member(one, member, protocol))

    def _take(self, group: Group, line: Line, read: Callable[[Group, Line], None]) -> None:
        try:
            read(group, line)
        except (NotRead, IndexError, KeyError):
            self.account.unread(line, RULE_NOT_READ, Bearing.FILTER)
            group.parts.append(ANY_PART)
            group.services.append(_WIDE)

    def _member(self, group: Group, line: Line, protocol: str) -> None:
        match self.plain(line.words):
            case ["group-object", name] | ["network-object" | "service-object", "object" | "object-group", name]:
                group.names.append((name, line))
            case ["network-object", *rest]:
                group.parts.append(network_member(rest))
            case ["port-object", *rest]:
                numbers = {"tcp": (TCP,), "udp": (UDP,), "tcp-udp": (TCP, UDP)}[protocol] if protocol else (TCP, UDP)
                for number in numbers:
                    group.services.append(ServicePart(ports_of(number, comparison(rest, number))))
            case ["service-object", *rest]:
                group.services.append(service_member(rest))
            case ["protocol-object", word]:
                services = protocol_services(word)
                if services is None:
                    raise NotRead(word)
                group.services.append(ServicePart(services))
            case ["icmp-object", word]:
                group.services.append(icmp_part(icmp_type(word)))
            case _:
                raise NotRead(line.text)

    def addresses(self, word: str) -> Part | None:
        """Return what a word of a NAT line stands for: an object, a group, an address, "any"."""
        if word in ("any", "any4", "any6"):
            return Part(ANY_ADDRESS)
        address = self.hosts.get(word, v4_number(word))
        if address is not None:
            return Part(Ranges.single(address))
        return self.objects.network(word)

    # ---- lists ----

    def entry(self, line: Line) -> None:
        """Take a line "access-list NAME extended permit ..."."""
        words = line.words
        if len(words) < 4:
            if words[1:2] not in (["deny-flow-max"], ["alert-interval"], ["cached"]):
                self.account.unread(line, RULE_NOT_READ, Bearing.FILTER)
            return
        known = self._lists.setdefault(words[1], _List())
        start, seq = 2, known.count + 1
        if words[2] == "line" and words[3].isdecimal() and len(words[3]) < 8:
            start, seq = 4, int(words[3])
        kind = words[start] if start < len(words) else ""
        if kind == "remark":
            known.count, known.remark = seq, " ".join(words[start + 1 :])
            return
        if kind in ("webtype", "ethertype"):
            return
        start += kind in ("extended", "standard")
        known.count = seq
        known.entries.append((seq, start, known.remark, line, kind == "standard"))
        known.remark = ""

    def is_defined(self, name: str) -> bool:
        """Return whether a list has entries."""
        return name in self._lists and bool(self._lists[name].entries)

    def rules(self, name: str) -> list[Rule]:
        """Return the rules of a list, none for one that is not defined."""
        known = self._lists.get(name)
        if known is None:
            return []
        if known.rules is None:
            dialect = Dialect(
                self.objects, ANY_ADDRESS, masks_are_wildcards=False, is_stateful=True, hosts=self.hosts, own=self.own
            )
            known.rules = []
            for seq, start, remark, line, is_standard in known.entries:
                entry = (read_standard if is_standard else read_entry)(line, start, dialect, seq, safe(remark))
                if entry.why is not None:
                    self.account.unread(line, entry.why, Bearing.FILTER)
                known.rules += [self._until(rule) for rule in entry.rules]
        return known.rules

    def read_all(self) -> None:
        """Read every list, also those that nothing uses, so that what is unreadable is told."""
        for name in self._lists:
            self.rules(name)

    def _until(self, rule: Rule) -> Rule:
        end = self.ends.get(rule.schedule)
        return rule if end is None else replace(rule, until=end)

    def time_range(self, block: Block) -> None:
        """Take a block "time-range NAME"; only the last day of an absolute one is kept."""
        for line in block.body:
            end = end_of(line.words)
            if end is not None and len(block.head.words) > 1:
                self.ends[block.head.words[1]] = end
