"""IPv4 and IPv6 addresses as numbers on one line, so that every rule and route is a set of numbers.

IPv4 stands at 0 to 2^32 - 1 and IPv6 from `V6_BASE` on; a gap between them keeps spans of the two from touching.
"""

import ipaddress
from collections.abc import Iterable

from sekisho.domain.network.ranges import Ranges, Span

V6_BASE = 1 << 40
ANY_V4 = Ranges(((0, (1 << 32) - 1),))
ANY_V6 = Ranges(((V6_BASE, V6_BASE + (1 << 128) - 1),))
ANY_ADDRESS = ANY_V4 | ANY_V6


class NotAnAddress(ValueError):
    """The text is no address, prefix or range. The text itself is the only argument."""


def address_number(text: str) -> int:
    """Return the number of one address, "10.0.0.1" or "2001:db8::1".

    Raises:
        NotAnAddress: see there.
    """
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        raise NotAnAddress(text) from None
    return int(address) + (V6_BASE if address.version == 6 else 0)


def prefix_span(text: str) -> Span:
    """Return first and last number of "10.0.0.0/24" or of one address; bits of the host part are cleared.

    Raises:
        NotAnAddress: see there.
    """
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise NotAnAddress(text) from None
    base = V6_BASE if network.version == 6 else 0
    return int(network.network_address) + base, int(network.broadcast_address) + base


def address_span(text: str) -> Span:
    """Return first and last number of an address, a prefix, or a range "10.0.0.1-10.0.0.9" (also "10.0.0.1-9").

    Raises:
        NotAnAddress: also for a range that ends before it begins or mixes IPv4 with IPv6.
    """
    first, dash, last = (part.strip() for part in text.partition("-"))
    if not dash:
        return prefix_span(text)
    if last.isdecimal() and "." in first:
        last = f"{first.rpartition('.')[0]}.{last}"
    start, end = address_number(first), address_number(last)
    if end < start or (start >= V6_BASE) != (end >= V6_BASE):
        raise NotAnAddress(text)
    return start, end


def parse_addresses(texts: str | Iterable[str]) -> Ranges:
    """Return the union of what `texts` say; "any" is every address of both families.

    Raises:
        NotAnAddress: the first text that cannot be read.
    """
    spans: list[Span] = []
    for text in [texts] if isinstance(texts, str) else texts:
        if text.strip().lower() == "any":
            return ANY_ADDRESS
        spans.append(address_span(text))
    return Ranges.of(spans)


def address_text(number: int) -> str:
    """Return the address of a number as people write it."""
    if number >= V6_BASE:
        return str(ipaddress.IPv6Address(number - V6_BASE))
    return str(ipaddress.IPv4Address(number))


def span_texts(span: Span) -> tuple[str, ...]:
    """Return the shortest writing of a span: an address, one prefix, else "first-last"."""
    first, last = span
    if first == last:
        return (address_text(first),)
    base = V6_BASE if first >= V6_BASE else 0
    size = last - first + 1
    if size & (size - 1) == 0 and (first - base) % size == 0:
        bits = 128 if base else 32
        return (f"{address_text(first)}/{bits - size.bit_length() + 1}",)
    return (f"{address_text(first)}-{address_text(last)}",)


def addresses_text(addresses: Ranges) -> list[str]:
    """Return the writing of a set that `parse_addresses` reads back: ["any"], or one text per span."""
    if addresses == ANY_ADDRESS:
        return ["any"]
    return [text for span in addresses.spans for text in span_texts(span)]


def prefixes_of(span: Span) -> list[str]:
    """Return the fewest prefixes ("10.0.0.0/30") that make up `span`, in order."""
    base = V6_BASE if span[0] >= V6_BASE else 0
    kind = ipaddress.IPv6Address if base else ipaddress.IPv4Address
    first, last = kind(span[0] - base), kind(span[1] - base)
    return [str(network) for network in ipaddress.summarize_address_range(first, last)]
