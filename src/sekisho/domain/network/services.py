"""IP protocols and ports as numbers on one line: protocol number x 65536 + destination port (0 where there are none).

Source: IANA protocol numbers and the names that configurations use for them.
"""

from collections.abc import Iterable

from sekisho.domain.network.ranges import Ranges, Span

PORTS = 1 << 16
ANY_SERVICE = Ranges(((0, 256 * PORTS - 1),))
ANY_PORT = Ranges(((0, PORTS - 1),))
TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
PROTOCOL_NUMBERS = {
    "icmp": ICMP,
    "igmp": 2,
    "ipip": 4,
    "tcp": TCP,
    "egp": 8,
    "udp": UDP,
    "ipv6": 41,
    "rsvp": 46,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "icmpv6": ICMP6,
    "icmp6": ICMP6,
    "eigrp": 88,
    "ospf": 89,
    "pim": 103,
    "vrrp": 112,
    "l2tp": 115,
    "sctp": 132,
}
_NAMES = {number: name for name, number in reversed(PROTOCOL_NUMBERS.items())}
WITH_PORTS = frozenset({TCP, UDP, 132})


class NotAService(ValueError):
    """The text names no service. The text itself is the only argument."""


def service_number(protocol: int, port: int = 0) -> int:
    """Return the number of one destination port of one protocol."""
    return protocol * PORTS + port


def protocol_of(service: int) -> int:
    """Return the protocol number of a service number."""
    return service // PORTS


def port_of(service: int) -> int:
    """Return the destination port of a service number; 0 for protocols without ports."""
    return service % PORTS


def ports_of(protocol: int, ports: Ranges = ANY_PORT) -> Ranges:
    """Return the services of `protocol` with destination ports `ports`."""
    return Ranges(tuple((protocol * PORTS + first, protocol * PORTS + last) for first, last in ports.spans))


def service_span(text: str) -> Span:
    """Return the span of "tcp/443", "tcp/1000-2000", "udp" (every port), "icmp", "esp", or "ip/47" (by number).

    Raises:
        NotAService: see there.
    """
    name, slash, ports = text.strip().lower().partition("/")
    if name in ("ip", "proto"):
        if not (ports.isdecimal() and int(ports) < 256):
            raise NotAService(text)
        return int(ports) * PORTS, int(ports) * PORTS + PORTS - 1
    protocol = PROTOCOL_NUMBERS.get(name)
    if protocol is None:
        raise NotAService(text)
    first, dash, last = ports.partition("-")
    if not slash:
        first, last = "0", str(PORTS - 1)
    elif not dash:
        last = first
    if not (_is_port(first) and _is_port(last) and int(first) <= int(last)):
        raise NotAService(text)
    return protocol * PORTS + int(first), protocol * PORTS + int(last)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text) < PORTS


def parse_services(texts: str | Iterable[str]) -> Ranges:
    """Return the union of what `texts` say; "any" is every protocol and port.

    Raises:
        NotAService: the first text that cannot be read.
    """
    spans: list[Span] = []
    for text in [texts] if isinstance(texts, str) else texts:
        if text.strip().lower() in ("any", "ip"):
            return ANY_SERVICE
        spans.append(service_span(text))
    return Ranges.of(spans)


def service_text(service: int) -> str:
    """Return "tcp/443", "icmp", "esp" or "ip/200" for a service number."""
    protocol, port = divmod(service, PORTS)
    name = _NAMES.get(protocol)
    if name is None:
        return f"ip/{protocol}"
    return f"{name}/{port}" if protocol in WITH_PORTS else name


def services_text(services: Ranges) -> list[str]:
    """Return the writing of a set that `parse_services` reads back: ["any"], or one text per protocol and span."""
    if services == ANY_SERVICE:
        return ["any"]
    texts: list[str] = []
    for first, last in services.spans:
        for protocol in range(first // PORTS, last // PORTS + 1):
            low = max(first, protocol * PORTS) % PORTS
            high = min(last, protocol * PORTS + PORTS - 1) % PORTS
            texts.append(_span_text(protocol, low, high))
    return texts


def _span_text(protocol: int, low: int, high: int) -> str:
    name = _NAMES.get(protocol)
    if name is None:
        return f"ip/{protocol}"
    if (low, high) == (0, PORTS - 1):
        return name
    return f"{name}/{low}" if low == high else f"{name}/{low}-{high}"
