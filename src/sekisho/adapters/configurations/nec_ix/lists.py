"""Access lists of NEC UNIVERGE IX: one line each, `ip access-list NAME [SEQ] permit|deny PROTOCOL src A ... dest B ...`.

Source: UNIVERGE IX command reference, chapters on access lists (IPv4 and IPv6, sequence mode, options) and dynamic access
lists. Uncertain and therefore never exact: TCP flags one by one, ICMP types, DSCP and the like, names in place of
addresses, and lines of a dynamic list other than `access`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sekisho.adapters.configurations.statements import (
    CUT_SHORT,
    MANY_SPANS,
    MOST_SPANS,
    NOT_AN_ADDRESS,
    PORT_NAMES,
    UNKNOWN_FILTER,
    WRONG_FAMILY,
    Account,
    NotRead,
    guarded,
    is_v6,
    port,
    prefix,
    said_by,
    services,
    up_to,
    wildcard,
)
from sekisho.domain.network.addresses import ANY_V4, ANY_V6, NotAnAddress
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Action, Origin, Rule, State
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import (
    ANY_PORT,
    ANY_SERVICE,
    ICMP,
    ICMP6,
    PROTOCOL_NUMBERS,
    TCP,
    UDP,
)

_NEEDS_VALUE = frozenset({"tos", "precedence", "dscp", "tc", "code", "type", "ttl", "length"})
_FLAGS = frozenset({"ack", "rst", "fin", "psh", "syn", "urg", "fragments", "fragment"})
_WITHOUT_BEARING = frozenset({"log", "logging", "nolog"})


@dataclass(slots=True)
class AccessList:
    """The entries of one list by the words behind its name: sequence number or 0, and the rule without its number.

    An entry said twice stands where it was said first, as on the device.
    """

    entries: dict[tuple[str, ...], tuple[int, Rule]] = field(default_factory=dict)
    last: int = 0
    """The largest sequence number; 0 while no entry has one."""

    def rules(self) -> Iterator[Rule]:
        """Yield the rules in the order in which the device looks at them."""
        if self.last:
            return (rule for _, rule in sorted(self.entries.values(), key=lambda entry: entry[0]))
        return (rule for _, rule in self.entries.values())


@dataclass(frozen=True, slots=True)
class DynamicList:
    """A dynamic list: packets that its trigger permits pass, and open the way for their replies."""

    trigger: str
    line: int
    is_exact: bool


@dataclass(slots=True)
class Lists:
    """All access lists of one family (`version` 4 or 6) of a configuration."""

    version: int
    account: Account
    static: dict[str, AccessList] = field(default_factory=dict)
    dynamic: dict[str, DynamicList] = field(default_factory=dict)
    spans_left: int = MOST_SPANS

    @property
    def anywhere(self) -> Ranges:
        """Return every address of the family."""
        return ANY_V6 if self.version == 6 else ANY_V4

    def read(self, line: int, text: str, words: list[str]) -> None:
        """Read one line; `words` begin behind `ip access-list`."""
        if not words:
            self.account.miss(line, text, Bearing.FILTER, CUT_SHORT)
        elif words[0] == "dynamic":
            self._dynamic(line, text, words[1:])
        elif words[0] in ("sequence-mode", "cache") or words[1:2] == ["option"]:
            self.account.understood += 1
        else:
            self._entry(line, text, words[0], words[1:])

    def remove(self, words: list[str]) -> None:
        """Take away the list or the entry that `no ip access-list ...` names."""
        if words[:1] == ["dynamic"]:
            self.dynamic.pop(words[1] if len(words) > 1 else "", None)
        elif len(words) == 1:
            self.static.pop(words[0], None)
        elif words and words[0] in self.static:
            self.static[words[0]].entries.pop(tuple(words[1:]), None)
        self.account.understood += 1

    def _entry(self, line: int, text: str, name: str, words: list[str]) -> None:
        known = self.static.setdefault(name, AccessList())
        number, rest = _numbered(words)
        if words and not number and known.last:
            number = known.last + 10
        known.last = max(known.last, number)
        entry = _EntryReader(self.version, rest, min(MANY_SPANS, self.spans_left))
        try:
            action, is_exact = entry.read()
        except NotRead as missed:
            self.account.miss(line, text, Bearing.FILTER, missed.why, missed.part)
            rule = entry.rule(Action.UNKNOWN, False, name, Origin(line, guarded(text)))
        else:
            self.account.understood += 1
            rule = entry.rule(action, is_exact, name, said_by(line, text))
        self.spans_left -= entry.spans
        known.entries.setdefault(tuple(words), (number, rule))

    def _dynamic(self, line: int, text: str, words: list[str]) -> None:
        if words[:1] == ["cache"] or words[:1] == ["timer"]:
            self.account.understood += 1
        elif len(words) == 3 and words[1] == "access":
            self.dynamic[words[0]] = DynamicList(words[2], line, True)
            self.account.understood += 1
        else:
            trigger = words[2] if len(words) > 2 and words[1] == "access" else ""
            if words:
                self.dynamic[words[0]] = DynamicList(trigger, line, False)
            part = words[3] if trigger else " ".join(words[1:2])
            self.account.miss(line, text, Bearing.FILTER, UNKNOWN_FILTER if part else CUT_SHORT, part)


def _numbered(words: list[str]) -> tuple[int, list[str]]:
    if words and words[0].isascii() and words[0].isdecimal() and len(words[0]) <= 10:
        return int(words[0]), words[1:]
    return 0, words


class _EntryReader:
    """Reads one entry word by word, so that what was read before an unknown word still narrows the rule."""

    def __init__(self, version: int, words: list[str], most_spans: int) -> None:
        self.spans = 0
        """How many spans wildcards took, `most_spans` for each side at most."""
        self._most_spans = most_spans
        self._version = version
        self._words = words
        self._at = 0
        self._anywhere = ANY_V6 if version == 6 else ANY_V4
        self._protocol: int | None = None
        self._sides: dict[str, Ranges] = {}
        self._ports: dict[str, Ranges] = {}
        self._state = State.ANY
        self._is_exact = True

    def read(self) -> tuple[Action, bool]:
        """Return what the entry does, and whether it matches exactly what it says.

        Raises:
            NotRead: see there; `rule` then returns what was read up to that word.
        """
        action = {"permit": Action.PERMIT, "deny": Action.DENY}.get(self._next())
        self._protocol = self._read_protocol()
        while self._at < len(self._words):
            self._clause(self._next())
        if self._protocol not in (ICMP, ICMP6) and len(self._sides) < 2:
            raise NotRead(CUT_SHORT)
        if action is None:
            raise NotRead(UNKNOWN_FILTER, self._words[0])
        return action, self._is_exact

    def rule(self, action: Action, is_exact: bool, name: str, origin: Origin) -> Rule:
        """Return a rule over what was read."""
        return Rule(
            seq=0,
            action=action,
            src=self._sides.get("src", self._anywhere),
            dst=self._sides.get("dest", self._anywhere),
            service=self._service(),
            source_ports=self._ports.get("sport", ANY_PORT),
            state=self._state,
            is_exact=is_exact,
            name=name,
            origin=origin,
        )

    def _service(self) -> Ranges:
        if self._protocol is None or self._protocol < 0:
            return ANY_SERVICE
        return services(self._protocol, self._ports.get("dport", ANY_PORT))

    def _next(self) -> str:
        if self._at >= len(self._words):
            raise NotRead(CUT_SHORT)
        self._at += 1
        return self._words[self._at - 1]

    def _peek(self) -> str:
        return self._words[self._at] if self._at < len(self._words) else ""

    def _read_protocol(self) -> int:
        word = self._next().lower()
        if word == "ip":
            return -1
        if word.isascii() and word.isdecimal() and len(word) <= 3 and int(word) < 256:
            return int(word)
        number = PROTOCOL_NUMBERS.get(word)
        if number is None:
            raise NotRead(UNKNOWN_FILTER, word)
        return ICMP6 if number == ICMP and self._version == 6 else number

    def _clause(self, word: str) -> None:
        if word in ("src", "dest"):
            self._sides[word] = self._address()
        elif word in ("sport", "dport") and self._protocol in (TCP, UDP):
            self._ports[word] = self._port_range()
        elif word == "established" and self._protocol == TCP:
            self._state = State.ESTABLISHED
        elif word in _NEEDS_VALUE:
            self._next()
            self._is_exact = False
        elif word in _FLAGS:
            self._is_exact = False
        elif word not in _WITHOUT_BEARING:
            raise NotRead(UNKNOWN_FILTER, word)

    def _address(self) -> Ranges:
        word = self._next()
        if word.lower() == "any":
            return self._anywhere
        try:
            addresses = prefix(word)
            if "/" not in word and _looks_like_address(self._peek()):
                addresses = self._wildcard(word, self._next())
        except NotAnAddress:
            raise NotRead(NOT_AN_ADDRESS, word) from None
        if is_v6(addresses) != (self._version == 6):
            raise NotRead(WRONG_FAMILY, word)
        return addresses

    def _wildcard(self, address: str, free: str) -> Ranges:
        addresses, is_exact = wildcard(address, free, self._most_spans)
        self.spans += len(addresses.spans)
        if free.startswith("255."):
            # Written like a mask where the device takes wildcard bits, so either may be meant. Too many networks to
            # list are left out: read as wildcard bits they would hold only addresses that end in zeros.
            meant = prefix(f"{address}/{free}")
            addresses, is_exact = (addresses | meant) if is_exact else meant, False
        self._is_exact = self._is_exact and is_exact
        return addresses

    def _port_range(self) -> Ranges:
        word = self._next().lower()
        if word == "any":
            return ANY_PORT
        if word == "range":
            first, last = self._port(self._next()), self._port(self._next())
            if last < first:
                raise NotRead(UNKNOWN_FILTER, self._words[self._at - 1])
            return Ranges(((first, last),))
        number = self._port(self._next())
        match word:
            case "eq":
                return Ranges.single(number)
            case "gt":
                return ANY_PORT - up_to(number)
            case "lt":
                return up_to(number - 1)
            case "neq":
                return ANY_PORT - Ranges.single(number)
        raise NotRead(UNKNOWN_FILTER, word)

    def _port(self, word: str) -> int:
        number = port(word, PORT_NAMES)
        if number is None:
            raise NotRead(UNKNOWN_FILTER, word)
        return number


def _looks_like_address(word: str) -> bool:
    return (word[:1].isdigit() and "." in word) or ":" in word
