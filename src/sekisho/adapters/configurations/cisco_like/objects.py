"""Named addresses and services of Cisco-like configurations: objects and groups, resolved without running in circles."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from sekisho.adapters.configurations.cisco_like.services import ICMP6_TYPES, ICMP_TYPES, REPLY_TYPES, REPLY_TYPES6
from sekisho.adapters.configurations.cisco_like.text import GROUP_IN_ITSELF, NO_SUCH_OBJECT, Account, Line
from sekisho.domain.network.addresses import ANY_ADDRESS, NotAnAddress, prefix_span
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import State
from sekisho.domain.network.ranges import EMPTY, Ranges, Span
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, ICMP, ICMP6, ports_of

MOST_NESTED = 50
MOST_WILDCARD_SPANS = 256
_ALL_ONES = (1 << 32) - 1


class NotRead(ValueError):
    """A part of a line cannot be read."""


@dataclass(frozen=True, slots=True)
class Part:
    """Addresses as far as they are known. Not exact: at most these, perhaps fewer."""

    addresses: Ranges
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class ServicePart:
    """Services as far as they are known. `is_echo`: of ICMP, only the request."""

    service: Ranges
    source_ports: Ranges = ANY_PORT
    state: State = State.ANY
    is_exact: bool = True
    is_echo: bool = False


ANY_PART = Part(ANY_ADDRESS, is_exact=False)
"""What something unreadable may stand for."""


@lru_cache(maxsize=1 << 14)
def v4_number(word: str) -> int | None:
    """Return the number of an IPv4 address written with dots, None for anything else."""
    parts = word.split(".")
    if len(parts) != 4 or not word.isascii():
        return None
    number = 0
    for part in parts:
        if not part.isdecimal() or len(part) > 3 or int(part) > 255:
            return None
        number = number << 8 | int(part)
    return number


def mask_bits(mask: int) -> int | None:
    """Return the prefix length of a subnet mask as a number, None when its ones are not together."""
    inverted = mask ^ _ALL_ONES
    return 32 - inverted.bit_length() if inverted & (inverted + 1) == 0 else None


def masked_span(address: int, mask: int) -> Span:
    """Return first and last address of a subnet.

    Raises:
        NotRead: the mask is none.
    """
    bits = mask_bits(mask)
    if bits is None:
        raise NotRead(str(mask))
    return address & mask, address & mask | mask ^ _ALL_ONES


@lru_cache(maxsize=1 << 12)
def wildcard(address: int, free: int) -> Part:
    """Return the addresses that agree with `address` where `free` (a wildcard mask) has zeros.

    Exact while they make at most `MOST_WILDCARD_SPANS` spans, else everything from the first to the last of them.
    """
    low = (free ^ (free + 1)) >> 1 & free  # the ones at the right end
    scattered = free & ~low
    base = address & ~free & _ALL_ONES
    if scattered.bit_count() > MOST_WILDCARD_SPANS.bit_length() - 1:
        return Part(Ranges(((base, base | free),)), is_exact=False)
    spans, subset = [], 0
    while True:
        spans.append((base | subset, base | subset | low))
        subset = (subset - scattered) & scattered
        if subset == 0:
            return Part(Ranges.of(spans))


@lru_cache(maxsize=1 << 14)
def prefix(word: str) -> Span:
    """Return the span of "10.0.0.0/24", "2001:db8::/32" or a single address of either family.

    Raises:
        NotRead: see there.
    """
    written, _, bits = word.partition("/")
    number = v4_number(written)
    if number is not None:
        if not bits and "/" not in word:
            return number, number
        if not (bits.isascii() and bits.isdecimal() and len(bits) < 3 and int(bits) < 33):
            raise NotRead(word)
        host = (1 << 32 - int(bits)) - 1
        return number & ~host, number | host
    if "%" in word or ":" not in word:
        raise NotRead(word)
    try:
        return prefix_span(word)
    except NotAnAddress:
        raise NotRead(word) from None


def icmp_type(word: str, *, is_v6: bool = False) -> int:
    """Return the number of an ICMP type by name or number.

    Raises:
        NotRead: see there.
    """
    if word.isdecimal() and word.isascii() and len(word) < 4:
        return int(word)
    number = (ICMP6_TYPES if is_v6 else ICMP_TYPES).get(word.lower())
    if number is None:
        raise NotRead(word)
    return number


def icmp_part(number: int, *, is_v6: bool = False) -> ServicePart:
    """Return what an ICMP type stands for here, where "icmp" asks for a ping: request, something answering, or other."""
    service = ports_of(ICMP6 if is_v6 else ICMP)
    if number == (128 if is_v6 else 8):
        return ServicePart(service, is_echo=True)
    if number in (REPLY_TYPES6 if is_v6 else REPLY_TYPES):
        return ServicePart(service, state=State.ESTABLISHED)
    return ServicePart(service, is_exact=False)


@dataclass(slots=True)
class Group:
    """One object or group as defined: what it holds itself and which others it names."""

    line: Line
    kind: str
    parts: list[Part] = field(default_factory=list)
    services: list[ServicePart] = field(default_factory=list)
    names: list[tuple[str, Line]] = field(default_factory=list)


class Objects:
    """The objects and groups of one configuration by name. `kind` is "network" or "service"."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._groups: dict[str, Group] = {}
        self._networks: dict[str, Part] = {}
        self._services: dict[str, tuple[ServicePart, ...]] = {}

    def define(self, name: str, kind: str, line: Line) -> Group:
        """Return the group of that name, made when it is new."""
        group = self._groups.get(name)
        if group is None or group.kind != kind:
            group = self._groups[name] = Group(line, kind)
        self._networks.clear()
        self._services.clear()
        return group

    def kind(self, name: str) -> str:
        """Return the kind of a name, "" when it is not defined."""
        group = self._groups.get(name)
        return group.kind if group is not None else ""

    def network(self, name: str) -> Part | None:
        """Return the addresses of a name, None when it is not defined as such."""
        if self.kind(name) != "network":
            return None
        return self._network(name, ())

    def _network(self, name: str, above: tuple[str, ...]) -> Part:
        known = self._networks.get(name)
        if known is not None:
            return known
        parts = list(self._groups[name].parts)
        for other in self._named(name, above, "network"):
            parts.append(ANY_PART if other is None else self._network(other, (*above, name)))
        whole = Part(_union(part.addresses for part in parts), all(part.is_exact for part in parts))
        self._networks[name] = whole
        return whole

    def service(self, name: str) -> tuple[ServicePart, ...] | None:
        """Return the services of a name, None when it is not defined as such."""
        if self.kind(name) != "service":
            return None
        return self._service(name, ())

    def _service(self, name: str, above: tuple[str, ...]) -> tuple[ServicePart, ...]:
        known = self._services.get(name)
        if known is not None:
            return known
        parts = list(self._groups[name].services)
        for other in self._named(name, above, "service"):
            unknown = (ServicePart(ANY_SERVICE, is_exact=False),)
            parts += unknown if other is None else self._service(other, (*above, name))
        self._services[name] = joined(parts)
        return self._services[name]

    def _named(self, name: str, above: tuple[str, ...], kind: str) -> Iterable[str | None]:
        """Yield the groups that a group names; None for one that is not defined or leads back."""
        for other, line in self._groups[name].names:
            if self.kind(other) != kind:
                self._account.unread(line, NO_SUCH_OBJECT.filled(name=other), Bearing.FILTER)
                yield None
            elif other == name or other in above or len(above) >= MOST_NESTED:
                self._account.unread(line, GROUP_IN_ITSELF.filled(name=other), Bearing.FILTER)
                yield None
            else:
                yield other


def _union(sets: Iterable[Ranges]) -> Ranges:
    spans = [span for one in sets for span in one.spans]
    return Ranges.of(spans) if spans else EMPTY


def joined(parts: Iterable[ServicePart]) -> tuple[ServicePart, ...]:
    """Return as few parts as say the same: those that differ in the service alone become one."""
    parts = tuple(parts)
    if len(parts) < 2:
        return parts
    alike: dict[ServicePart, list[Ranges]] = {}
    for part in parts:
        alike.setdefault(replace(part, service=EMPTY), []).append(part.service)
    return tuple(replace(part, service=_union(services)) for part, services in alike.items())
