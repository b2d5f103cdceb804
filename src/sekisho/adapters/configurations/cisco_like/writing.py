"""What the writers of Cisco-like configurations share: addresses, services and names as text."""

import ipaddress
import re
from collections.abc import Iterator
from itertools import pairwise

from sekisho.domain.network.addresses import ANY_V4, ANY_V6, V6_BASE, address_text, prefixes_of
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Interface, Rule
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import ANY_SERVICE, ICMP, ICMP6, PORTS, WITH_PORTS

UNREADABLE = "unreadable"
"""Ends an entry that was not understood: no device takes it, and no reader of Sekisho takes it for certain."""
_WORDS = {6: "tcp", 17: "udp", 1: "icmp", 47: "gre", 50: "esp", 89: "ospf", 88: "eigrp", 103: "pim", 2: "igmp"}


def mask_of(network: Span) -> tuple[str, str, str] | None:
    """Return address, subnet mask and wildcard mask of a span of IPv4 that is one prefix, None for any other."""
    first, last = network
    size = last - first + 1
    if last >= V6_BASE or size & (size - 1) or first % size:
        return None
    return address_text(first), str(ipaddress.IPv4Address(2**32 - size)), str(ipaddress.IPv4Address(size - 1))


def family(addresses: Ranges, *, is_v6: bool) -> Ranges:
    """Return the addresses of one family."""
    return addresses & (ANY_V6 if is_v6 else ANY_V4)


def protocols_of(services: Ranges) -> Iterator[tuple[int, int, int]]:
    """Yield (protocol, first port, last port) for what makes up a set of services."""
    for first, last in services.spans:
        for protocol in range(first // PORTS, last // PORTS + 1):
            low = max(first, protocol * PORTS) % PORTS
            yield protocol, low, min(last, protocol * PORTS + PORTS - 1) % PORTS


def protocol_word(protocol: int, *, is_v6: bool = False) -> str:
    """Return the word for a protocol."""
    if protocol == ICMP6:
        return "icmp" if is_v6 else "58"
    if protocol == ICMP and is_v6:
        return "1"
    return _WORDS.get(protocol, str(protocol))


def ports_text(low: int, high: int) -> str:
    """Return " eq 443", " range 20 21" or "" for every port."""
    if (low, high) == (0, PORTS - 1):
        return ""
    return f" eq {low}" if low == high else f" range {low} {high}"


def single_protocol(services: Ranges) -> tuple[int, int, int] | None:
    """Return the protocol and ports of a set that one entry can name, None for any other and for everything."""
    if services == ANY_SERVICE:
        return None
    found = list(protocols_of(services)) if len(services.spans) == 1 else []
    return found[0] if len(found) == 1 and (found[0][0] in WITH_PORTS or found[0][1:] == (0, PORTS - 1)) else None


def list_name(text: str, taken: set[str]) -> str:
    """Return a name for a list that no other has: letters, digits, "-" and "_", never a number alone."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", text.partition(" + ")[0]).strip("-")[:40]
    stem = f"ACL-{stem}" if not stem or stem[0].isdecimal() else stem
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name)
    return name


def by_port(configuration: DeviceConfiguration) -> dict[str, list[Interface]]:
    """Return the interfaces by their name without ":2", ":3" ..., which stand for further addresses."""
    found: dict[str, list[Interface]] = {}
    for interface in configuration.interfaces:
        found.setdefault(base_name(interface.id), []).append(interface)
    return found


def base_name(interface: str) -> str:
    """Return the name of an interface without the number of its address."""
    stem, colon, number = interface.rpartition(":")
    return stem if colon and number.isdecimal() else interface


def numbered(rules: tuple[Rule, ...]) -> list[int]:
    """Return the sequence numbers to write: their own where they go up, else 10, 20, 30."""
    own = [rule.seq for rule in rules]
    if all(one < other for one, other in pairwise(own)) and (not own or 0 < own[-1] < 2**31):
        return own
    return [10 * at for at in range(1, len(own) + 1)]


def remark(text: str) -> str:
    """Return text that may stand in one line."""
    return re.sub(r"\s+", " ", text).strip()[:100]


def v4_prefixes(addresses: Ranges) -> list[str]:
    """Return the fewest IPv4 and IPv6 prefixes that make up `addresses`."""
    return [text for span in addresses.spans for text in prefixes_of(span)]
