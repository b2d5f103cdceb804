"""What the match expressions of an nftables rule let through, as sets of numbers.

A match becomes a list of `Match` values of which any may hold. What cannot be told keeps the widest reading and is not
exact. Only the first packet of a connection and its replies matter here: packets that belong to no connection, that
have a wrong source or are meant for the device itself match nothing.

Source: libnftables-json(5), nft(8); netfilter's connection tracking states.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sekisho.adapters.configurations.nftables.values import (
    PROTOCOLS,
    Json,
    NotUnderstood,
    addresses_of,
    ends_of,
    ports_in,
    protocol_number,
)
from sekisho.domain.network.addresses import ANY_ADDRESS, ANY_V4, ANY_V6, V6_BASE
from sekisho.domain.network.model import State
from sekisho.domain.network.ranges import EMPTY, Ranges
from sekisho.domain.network.services import (
    ANY_PORT,
    ANY_SERVICE,
    ICMP,
    ICMP6,
    PORTS,
    WITH_PORTS,
    ports_of,
)

MOST_ALTERNATIVES = 4096
_FLAGS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128}
_SYN = 2
_ECHO = {"icmp": ("echo-request", 8), "icmpv6": ("echo-request", 128)}
_TH_PROTOCOLS = tuple(sorted(WITH_PORTS))


@dataclass(frozen=True, slots=True)
class Match:
    """What a rule matches; `is_exact` False: at most that."""

    src: Ranges = ANY_ADDRESS
    dst: Ranges = ANY_ADDRESS
    service: Ranges = ANY_SERVICE
    sources: Ranges = ANY_PORT
    entering: frozenset[str] | None = None
    leaving: frozenset[str] | None = None
    state: State = State.ANY
    is_exact: bool = True

    def __and__(self, other: "Match") -> "Match | None":
        """Return what both match, None when that is nothing."""
        if self.state is not other.state and State.ANY not in (self.state, other.state):
            return None
        return other if self is ANYTHING and other.can_match else narrowed(self, (other,))

    @property
    def can_match(self) -> bool:
        """Return whether any packet can match."""
        return bool(
            self.src.spans
            and self.dst.spans
            and self.service.spans
            and self.sources.spans
            and (self.entering is None or self.entering)
            and (self.leaving is None or self.leaving)
        )


ANYTHING = Match()
UNSURE = Match(is_exact=False)


_FAMILIES = {"inet": ANYTHING, "ip": Match(ANY_V4, ANY_V4), "ip6": Match(ANY_V6, ANY_V6)}


def narrowed(match: Match, others: Iterable[Match]) -> Match | None:
    """Return what `match` and all `others` match, None when that is nothing.

    A match mostly narrows one of its parts; the others are the very sets that stand for anything.
    """
    src, dst, service, sources = match.src, match.dst, match.service, match.sources
    entering, leaving, state, is_exact = match.entering, match.leaving, match.state, match.is_exact
    for other in others:
        if other.src is not ANY_ADDRESS and other.src is not src:
            src = _met(src, other.src)
        if other.dst is not ANY_ADDRESS and other.dst is not dst:
            dst = _met(dst, other.dst)
        if other.service is not ANY_SERVICE:
            service = other.service if service is ANY_SERVICE else service & other.service
        if other.sources is not ANY_PORT:
            sources = other.sources if sources is ANY_PORT else sources & other.sources
        if other.entering is not None:
            entering = other.entering if entering is None else entering & other.entering
        if other.leaving is not None:
            leaving = other.leaving if leaving is None else leaving & other.leaving
        if other.state is not State.ANY:
            if state is not other.state and state is not State.ANY:
                return None
            state = other.state
        is_exact = is_exact and other.is_exact
    both = Match(src, dst, service, sources, entering, leaving, state, is_exact)
    return both if both.can_match else None


def _met(mine: Ranges, theirs: Ranges) -> Ranges:
    """Return the addresses in both sets; what stands for a whole family is mostly around the other."""
    if mine is ANY_ADDRESS or (mine is ANY_V4 and _is_v4(theirs)):
        return theirs
    return mine if theirs is ANY_V4 and _is_v4(mine) else mine & theirs


def _is_v4(addresses: Ranges) -> bool:
    return bool(addresses.spans) and addresses.spans[-1][1] < V6_BASE


def combined(mine: list[Match], theirs: list[Match]) -> list[Match]:
    """Return the alternatives in which one of `mine` and one of `theirs` hold.

    Raises:
        NotUnderstood: there are too many.
    """
    if len(mine) * len(theirs) > MOST_ALTERNATIVES:
        raise NotUnderstood("too many")
    return [both for one in mine for other in theirs if (both := one & other) is not None]


@dataclass(frozen=True, slots=True)
class Sets:
    """The named sets and maps of one table: their elements, and whether they change by themselves."""

    elements: dict[str, list[Json]]
    changing: frozenset[str] = frozenset()

    def of(self, right: Json) -> tuple[list[Json], bool]:
        """Return the elements that the right side of a match means, and whether they stay as they are.

        Raises:
            NotUnderstood: a set that nobody defined.
        """
        if isinstance(right, str) and right.startswith("@"):
            if right[1:] not in self.elements:
                raise NotUnderstood(right)
            return [_plain(one) for one in self.elements[right[1:]]], right[1:] not in self.changing
        if isinstance(right, dict) and "set" in right:
            inner = right["set"]
            return [_plain(one) for one in (inner if isinstance(inner, list) else [inner])], True
        if isinstance(right, list):
            return [_plain(one) for one in right], True
        return [right], True


def _plain(element: Json) -> Json:
    """Return the value of a set's element without its timeout, counter and comment."""
    if isinstance(element, dict) and isinstance(element.get("elem"), dict):
        return element["elem"].get("val")
    return element


def alternatives(match: Json, sets: Sets) -> list[Match]:
    """Return what one `match` expression means.

    Raises:
        NotUnderstood: it cannot be told.
    """
    left, operator, right = match.get("left"), match.get("op", "=="), match.get("right")
    if isinstance(right, list) and isinstance(left, dict) and "&" in left:
        right = {"|": right}  # several flags at once, not one of several
    elements, is_fixed = sets.of(right)
    found = matched(left, elements, operator)
    return found if is_fixed else [replace(one, is_exact=False) for one in found]


def matched(left: Json, elements: list[Json], operator: str = "==") -> list[Match]:
    """Return what `left` being one of `elements` means.

    Raises:
        NotUnderstood: it cannot be told.
    """
    if not isinstance(left, dict) or len(left) != 1:
        raise NotUnderstood(str(type(left)))
    kind, inner = next(iter(left.items()))
    if kind == "concat" and operator in ("==", "in"):
        return _concatenated(inner, elements)
    if kind == "payload" and isinstance(inner, dict):
        return _payload(str(inner.get("protocol")), str(inner.get("field")), elements, operator)
    if kind == "meta" and isinstance(inner, dict):
        return _meta(str(inner.get("key")), elements, operator)
    if kind == "ct" and isinstance(inner, dict) and inner.get("key") == "state":
        return _ct_state(elements, operator)
    if kind == "&" or (kind == "payload" and operator == "in"):
        return _flags(inner, elements, operator)
    if kind == "fib" and isinstance(inner, dict):
        return _fib(inner, elements, operator)
    raise NotUnderstood(kind)


def _concatenated(parts: Json, elements: list[Json]) -> list[Match]:
    if not isinstance(parts, list):
        raise NotUnderstood("concat")
    found: list[Match] = []
    for element in elements:
        values = element.get("concat") if isinstance(element, dict) else None
        if not isinstance(values, list) or len(values) != len(parts):
            raise NotUnderstood("concat")
        alike = [ANYTHING]
        for part, value in zip(parts, values, strict=True):
            alike = combined(alike, matched(part, [value]))
        found += alike
    return found


def _payload(protocol: str, field: str, elements: list[Json], operator: str) -> list[Match]:
    if protocol in ("ip", "ip6"):
        whole = ANY_V4 if protocol == "ip" else ANY_V6
        if field in ("saddr", "daddr"):
            addresses = _compared(addresses_of(elements), whole, operator)
            if not addresses:
                return []
            return [Match(addresses, whole) if field == "saddr" else Match(whole, addresses)]
        if field in ("protocol", "nexthdr"):
            return combined([Match(whole, whole)], _protocol(elements, operator))
    if field in ("dport", "sport") and protocol in ("tcp", "udp", "sctp", "th"):
        ports = _compared(ports_in(elements), ANY_PORT, operator)
        service = _services(protocol, ANY_PORT if field == "sport" else ports)
        if not ports:
            return []
        return [Match(service=service, sources=ports) if field == "sport" else Match(service=service)]
    if protocol in _ECHO and field == "type" and operator in ("==", "in"):
        is_echo = any(name in elements for name in _ECHO[protocol])
        return [Match(service=ports_of(ICMP if protocol == "icmp" else ICMP6), is_exact=is_echo)]
    if protocol == "tcp" and field == "flags":
        return _flags([{"payload": {"protocol": "tcp", "field": "flags"}}, 255], elements, operator)
    raise NotUnderstood(f"{protocol} {field}")


def _services(protocol: str, ports: Ranges) -> Ranges:
    """Return the services of one protocol with ports, or of all of them ("th")."""
    if protocol != "th":
        return ports_of(PROTOCOLS[protocol], ports)
    return Ranges.of([span for number in _TH_PROTOCOLS for span in ports_of(number, ports).spans])


def _meta(key: str, elements: list[Json], operator: str) -> list[Match]:
    if key in ("iifname", "oifname", "iif", "oif"):
        return _interfaces(key.startswith("i"), elements, operator)
    if key == "l4proto":
        return _protocol(elements, operator)
    if key in ("nfproto", "protocol"):
        words = {str(element) for element in elements}
        known = {"ipv4": ANY_V4, "ip": ANY_V4, "2": ANY_V4, "8": ANY_V4, "ipv6": ANY_V6, "ip6": ANY_V6, "10": ANY_V6}
        if not words <= set(known):
            raise NotUnderstood(key)
        families = {known[word] for word in words}
        named = families.pop() if len(families) == 1 else Ranges.of(span for one in families for span in one.spans)
        whole = _compared(named, ANY_ADDRESS, operator)
        return [Match(src=whole, dst=whole)] if whole else []
    if key == "pkttype":
        holds = ("host" in elements or "unicast" in elements) == (operator in ("==", "in"))
        return [ANYTHING] if holds else []
    raise NotUnderstood(key)


def _interfaces(is_entering: bool, elements: list[Json], operator: str) -> list[Match]:
    names = {element for element in elements if isinstance(element, str)}
    if len(names) < len(elements) or any("*" in name for name in names):
        return [UNSURE]
    if operator == "!=":
        # Which other interfaces there are is not said here. Nothing that is forwarded comes from or goes to the device.
        return [ANYTHING] if names == {"lo"} else [UNSURE]
    found = frozenset(names - {"lo"})
    if not found:
        return []
    return [Match(entering=found) if is_entering else Match(leaving=found)]


def _protocol(elements: list[Json], operator: str) -> list[Match]:
    spans = []
    for element in elements:
        first, last = ends_of(element) or (element, element)
        low, high = protocol_number(first), protocol_number(last)
        if high < low:
            raise NotUnderstood("protocol")
        spans.append((low * PORTS, high * PORTS + PORTS - 1))
    service = Ranges.of(spans)
    found = Match(service=_compared(service, ANY_SERVICE, operator))
    return [found] if found.can_match else []


def _ct_state(elements: list[Json], operator: str) -> list[Match]:
    words = {str(word) for element in elements for word in (element if isinstance(element, list) else [element])}
    if operator == "!=":
        words = {"new", "established", "related", "invalid", "untracked"} - words
    found = []
    if "new" in words:
        found.append(Match(state=State.NEW))
    if "established" in words:
        found.append(Match(state=State.ESTABLISHED))
    return found


def _flags(inner: Json, elements: list[Json], operator: str) -> list[Match]:
    """Judge a match on TCP flags by a first packet, which carries SYN alone."""
    if not (isinstance(inner, list) and len(inner) == 2):
        raise NotUnderstood("&")
    left = inner[0].get("payload") if isinstance(inner[0], dict) else None
    if left != {"protocol": "tcp", "field": "flags"}:
        raise NotUnderstood("&")
    mask, wanted = _bits(inner[1]), [_bits(element) for element in elements]
    if operator == "in":
        holds = any(_SYN & mask & bits for bits in wanted)
    else:
        holds = (_SYN & mask in wanted) == (operator == "==")
    return [Match(service=ports_of(6), state=State.NEW if holds else State.ESTABLISHED, is_exact=holds)]


def _bits(value: Json) -> int:
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value in _FLAGS:
        return _FLAGS[value]
    if isinstance(value, list):
        return sum({_bits(one) for one in value})
    if isinstance(value, dict) and isinstance(value.get("|"), list):
        total = 0
        for one in value["|"]:
            total |= _bits(one)
        return total
    raise NotUnderstood("flags")


def _fib(inner: Json, elements: list[Json], operator: str) -> list[Match]:
    flags = inner.get("flags")
    flags = flags if isinstance(flags, list) else [flags]
    if inner.get("result") in ("oif", "oifname") and "saddr" in flags:
        is_missing = elements in ([False], ["missing"], [0]) if operator == "==" else elements in ([True], ["exists"])
        return [] if is_missing else [ANYTHING]
    if inner.get("result") == "type" and "daddr" in flags and operator in ("==", "in"):
        here = {str(element) for element in elements}
        if here <= {"local", "broadcast", "multicast", "anycast"}:
            return []
    raise NotUnderstood("fib")


def _compared(values: Ranges, whole: Ranges, operator: str) -> Ranges:
    """Return the part of `whole` that is one of `values`, or is less or more than they are."""
    if operator in ("==", "in"):
        return values if whole.covers(values) else values & whole
    if operator == "!=":
        return whole - values
    if not values:
        raise NotUnderstood(operator)
    first, last = whole.spans[0][0], whole.spans[-1][1]
    limit = values.first
    bounds = {"<": (first, limit - 1), "<=": (first, limit), ">": (limit + 1, last), ">=": (limit, last)}
    if operator not in bounds:
        raise NotUnderstood(operator)
    low, high = bounds[operator]
    return whole & Ranges(((low, high),)) if low <= high else EMPTY


def family_match(family: str) -> Match | None:
    """Return what a table of `family` sees, None when it does not see packets that are routed."""
    return _FAMILIES.get(family)


def is_v6(number: int) -> bool:
    """Return whether an address number is of IPv6."""
    return number >= V6_BASE
