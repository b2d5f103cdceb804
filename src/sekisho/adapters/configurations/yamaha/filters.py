"""Static and dynamic filters of YAMAHA routers, one line at a time.

    ip filter NUMBER pass|reject|restrict[-log|-nolog] SRC[/MASK] [DST[/MASK] [PROTOCOL [SRC_PORT [DST_PORT]]]]
    ip filter dynamic NUMBER SRC DST APPLICATION [option ...]
    ip filter dynamic NUMBER SRC DST filter N ... [in N ...] [out N ...] [option ...]

Source: YAMAHA router command reference, "IP packet filter", "definition of dynamic filters". `established` looks at the
ACK bit; `tcpfin` and `tcprst` see no packet that opens a connection. `restrict` passes while the line is up and is a permit.
Of the filters a dynamic filter names, only protocol and ports count. Uncertain: `tcpflag` with SYN alone in a filter
without state (told as not exact), host names in place of addresses (not exact).
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from sekisho.adapters.configurations.statements import prefix, wildcard
from sekisho.adapters.configurations.yamaha.words import APPLICATIONS, PORTS_BY_NAME, PROTOCOLS
from sekisho.domain.network.addresses import ANY_V4, ANY_V6, V6_BASE, NotAnAddress, address_number, address_span
from sekisho.domain.network.model import Action, Origin, Rule, State
from sekisho.domain.network.ranges import EMPTY, Ranges
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, ICMP, ICMP6, TCP, UDP, ports_of

ACTIONS = {"pass": Action.PERMIT, "restrict": Action.PERMIT, "reject": Action.DENY}
_SYN, _ACK = 0x02, 0x10
MAX_NUMBER = 2_147_483_647


class NotAFilter(ValueError):
    """A part of a filter that cannot be read. The part is the only argument."""


@dataclass(frozen=True, slots=True)
class Dynamic:
    """A dynamic filter: the rules over first packets that open a way, and whether that says all."""

    number: int
    rules: tuple[Rule, ...] = ()
    filters: tuple[int, ...] = ()
    src: Ranges = ANY_V4
    dst: Ranges = ANY_V4
    is_exact: bool = True
    origin: Origin | None = None


def number_of(word: str) -> int | None:
    """Return the number of a filter; None for anything else."""
    if not (word.isascii() and word.isdecimal()) or len(word) > 10:
        return None
    return int(word) if 1 <= int(word) <= MAX_NUMBER else None


def action_of(word: str) -> Action | None:
    """Return what "pass", "reject-nolog", "restrict-log" ... does; None for anything else."""
    name, _, log = word.partition("-")
    return ACTIONS.get(name) if log in ("", "log", "nolog") else None


def static_rule(words: list[str], origin: Origin, *, v6: bool) -> Rule:
    """Return the rule of `words`: number, action, source and what follows.

    Raises:
        NotAFilter: with the part that cannot be read.
    """
    number = number_of(words[0]) if words else None
    if number is None:
        raise NotAFilter(words[0] if words else "")
    action = action_of(words[1]) if len(words) > 1 else None
    if action is None:
        raise NotAFilter(words[1] if len(words) > 1 else "")
    if len(words) < 3:
        raise NotAFilter("")
    if len(words) > 7:
        raise NotAFilter(words[7])
    src, dst, protocol, src_port, dst_port = (*words[2:], *["*"] * (7 - len(words)))
    sources, exact_src = addresses(src, v6=v6)
    targets, exact_dst = addresses(dst, v6=v6)
    rule = Rule(number, action, sources, targets, origin=origin, is_exact=exact_src and exact_dst)
    return _with_service(rule, protocol.lower(), src_port.lower(), dst_port.lower(), v6=v6)


@lru_cache(maxsize=1 << 14)
def addresses(text: str, *, v6: bool) -> tuple[Ranges, bool]:
    """Return what "*", an address, a range, a list or a host name covers at most, and whether that is exact.

    Raises:
        NotAFilter: no address of this family, nor a host name.
    """
    if text == "*":
        return (ANY_V6 if v6 else ANY_V4), True
    spans: list[tuple[int, int]] = []
    exact = True
    for part in text.split(","):
        if not v6 and any(c.isalpha() for c in part) and "." in part and "/" not in part and ":" not in part:
            return ANY_V4, False
        found, is_exact = _one_address(part, text)
        exact = exact and is_exact
        spans += found.spans
    result = Ranges.of(spans)
    if any((first >= V6_BASE) != v6 or (last >= V6_BASE) != v6 for first, last in result.spans):
        raise NotAFilter(text)
    return result, exact


def _one_address(part: str, text: str) -> tuple[Ranges, bool]:
    try:
        if "*" in part:
            octets = part.split(".")
            if len(octets) != 4:
                raise NotAFilter(text)
            base = ".".join("0" if octet == "*" else octet for octet in octets)
            return wildcard(base, ".".join("255" if octet == "*" else "0" for octet in octets))
        if "-" in part:
            return Ranges((address_span(part),)), True
        address, slash, mask = part.partition("/")
        if mask.lower().startswith("0x") and len(mask) == 10:
            number = int(mask, 16)
            mask = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
        if "." in mask:
            free = ((1 << 32) - 1) ^ address_number(mask)
            return wildcard(address, ".".join(str(free >> shift & 255) for shift in (24, 16, 8, 0)))
        return prefix(f"{address}{slash}{mask}"), True
    except (NotAnAddress, ValueError):
        raise NotAFilter(text) from None


def ports(text: str) -> Ranges:
    """Return the ports of "*", "80", "www", "1024-65535", "137-139,445".

    Raises:
        NotAFilter: a part that is no port.
    """
    if text == "*":
        return ANY_PORT
    spans: list[tuple[int, int]] = []
    for part in text.split(","):
        whole = _port(part)
        if whole is not None:
            spans.append(whole)
            continue
        low, dash, high = _range_ends(part)
        first, last = _port(low) if low else (0, 0), _port(high) if high else (65535, 65535)
        if not dash or not (low or high) or first is None or last is None or last[1] < first[0]:
            raise NotAFilter(text)
        spans.append((first[0], last[1]))
    return Ranges.of(spans)


def _range_ends(part: str) -> tuple[str, str, str]:
    """Split "netbios_ns-netbios_ssn" and "ms-rpc-ms-ds" where both sides are ports."""
    for at, character in enumerate(part):
        if character == "-" and (at == 0 or _port(part[:at])) and (at == len(part) - 1 or _port(part[at + 1 :])):
            return part[:at], "-", part[at + 1 :]
    return part, "", ""


def _port(text: str) -> tuple[int, int] | None:
    if text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) < 65536:
        return int(text), int(text)
    return PORTS_BY_NAME.get(text)


def _with_service(rule: Rule, protocol: str, src_port: str, dst_port: str, *, v6: bool) -> Rule:
    names = protocol.split(",")
    if len(names) == 1 and names[0] in ("established", "tcpfin", "tcprst"):
        return _flagged(rule, names[0], ports(src_port), ports(dst_port))
    if protocol.startswith("tcpflag"):
        return _with_flags(rule, protocol, ports(src_port), ports(dst_port))
    if protocol == "*" and src_port == "*" and dst_port == "*":
        return replace(rule, service=ANY_SERVICE)
    services, exact, with_ports = EMPTY, True, False
    for name in ["tcp", "udp"] if protocol == "*" else names:
        service, is_exact, takes_ports = _service(name, src_port, dst_port, v6=v6)
        services, exact, with_ports = services | service, exact and is_exact, with_ports or takes_ports
    return replace(
        rule,
        service=services,
        source_ports=ports(src_port) if with_ports else ANY_PORT,
        is_exact=rule.is_exact and exact and protocol != "*",
    )


def _service(name: str, src_port: str, dst_port: str, *, v6: bool) -> tuple[Ranges, bool, bool]:
    """Return the services of one protocol, whether they are exact, and whether its packets have ports."""
    number = _protocol(name)
    if number in (TCP, UDP):
        return ports_of(number, ports(dst_port)), True, True
    if name in ("icmp-error", "icmp-info"):
        # An echo and its answer are informational messages; an error alone is no connection.
        return ports_of(ICMP6 if v6 else ICMP), name == "icmp-info", False
    if name in ("established", "tcpfin", "tcprst"):
        return ports_of(TCP, ports(dst_port)), False, True
    if number is None:
        raise NotAFilter(name)
    # What stands in the places of the ports is type and code of ICMP; other protocols have nothing there.
    return ports_of(number), number not in (ICMP, ICMP6) or src_port == dst_port == "*", False


def _protocol(name: str) -> int | None:
    if name.isascii() and name.isdecimal() and len(name) <= 3 and int(name) < 256:
        return int(name)
    return PROTOCOLS.get(name)


def _flagged(rule: Rule, name: str, src: Ranges, dst: Ranges) -> Rule:
    if name == "established":
        return replace(rule, service=ports_of(TCP, dst), source_ports=src, state=State.ESTABLISHED)
    # FIN and RST end a connection; neither the packet that opens one nor the answer to it carries them.
    return replace(rule, service=EMPTY, source_ports=src, name=name)


def _with_flags(rule: Rule, text: str, src: Ranges, dst: Ranges) -> Rule:
    """Return the rule of "tcpflag=VALUE/MASK" or "tcpflag!=VALUE/MASK", by whether SYN and SYN+ACK match."""
    body = text.removeprefix("tcpflag")
    equal = not body.startswith("!=")
    value, slash, mask = body.lstrip("!=").partition("/")
    if not slash or body[:1] not in "=!" or not body:
        raise NotAFilter(text)
    try:
        wanted, looked_at = int(value, 16), int(mask, 16)
    except ValueError:
        raise NotAFilter(text) from None
    opens, answers = (((flags & looked_at) == wanted) == equal for flags in (_SYN, _SYN | _ACK))
    rule = replace(rule, service=ports_of(TCP, dst), source_ports=src)
    if opens and answers:
        return rule
    if answers:
        return replace(rule, state=State.ESTABLISHED)
    return replace(rule, is_exact=False) if opens else replace(rule, service=EMPTY, name=text)


# ---- dynamic filters ----

_OPTIONS = ("syslog=", "timeout=")


def dynamic_filter(words: list[str], origin: Origin, *, v6: bool) -> Dynamic:
    """Return the dynamic filter of `words`: number, source, target and what follows.

    Raises:
        NotAFilter: with the part that cannot be read.
    """
    words = [word for word in words if not word.startswith(_OPTIONS)]
    number = number_of(words[0]) if words else None
    if number is None or len(words) < 4:
        raise NotAFilter(words[0] if words and number is None else "")
    src, exact_src = addresses(words[1], v6=v6)
    dst, exact_dst = addresses(words[2], v6=v6)
    exact = exact_src and exact_dst
    if words[3] == "filter":
        lists = _lists(words[3:])
        if not lists.get("filter"):
            raise NotAFilter("filter")
        # What comes back is narrowed by `in`: then at most the answers pass.
        return Dynamic(number, (), lists["filter"], src, dst, exact and "in" not in lists, origin)
    service = APPLICATIONS.get(words[3].lower())
    if service is None or len(words) > 4:
        raise NotAFilter(words[3] if service is None else words[4])
    rule = Rule(number, Action.PERMIT, src, dst, service, is_exact=exact, name=words[3].lower(), origin=origin)
    return Dynamic(number, (rule,), (), src, dst, exact, origin)


def _lists(words: list[str]) -> dict[str, tuple[int, ...]]:
    lists: dict[str, tuple[int, ...]] = {}
    key = ""
    for word in words:
        number = number_of(word)
        if word in ("filter", "in", "out"):
            key = word
            lists.setdefault(key, ())
        elif number is None:
            raise NotAFilter(word)
        else:
            lists[key] = (*lists[key], number)
    return lists


def resolved(dynamic: Dynamic, static: dict[int, Rule]) -> tuple[Rule, ...] | None:
    """Return the rules over first packets of `dynamic`; None when a filter it names is not there."""
    if dynamic.rules:
        return dynamic.rules
    if any(number not in static for number in dynamic.filters):
        return None
    return tuple(
        Rule(
            dynamic.number,
            Action.PERMIT,
            dynamic.src,
            dynamic.dst,
            static[number].service,
            static[number].source_ports,
            is_exact=dynamic.is_exact and static[number].state is State.ANY,
            name=f"filter {number}",
            origin=dynamic.origin,
        )
        for number in dynamic.filters
    )
