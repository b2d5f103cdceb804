"""Which addresses make sense as the public address of a line, and which as the address of a device inside.

Sources: IANA special-purpose address registries (IPv4, IPv6); RFC 1918 and 4193 (private), 6598 (shared by a carrier),
3927 and 4291 (link-local), 5737, 3849 and 9637 (documentation).
"""

import ipaddress
from functools import lru_cache
from typing import TypeAlias

from sekisho.domain.workbook import messages
from sekisho.domain.workbook.messages import Saying

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")
_CARRIER_SHARED = ("100.64.0.0/10",)
_DOCUMENTATION = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")
# In full, not left to `ipaddress`: what it calls global differs between releases of Python.
_RESERVED = (
    *("0.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4"),
    *("64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2002::/16", "5f00::/16"),
)


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


_KNOWN = {
    messages.PRIVATE: _networks(*_PRIVATE),
    messages.CARRIER_SHARED: _networks(*_CARRIER_SHARED),
    messages.DOCUMENTATION: _networks(*_DOCUMENTATION),
    messages.RESERVED: _networks(*_RESERVED),
}


_ORDINARY_BLOCKS = frozenset(map(str, range(1, 224))) - {"10", "100", "127", "169", "172", "192", "198", "203"}
"""First numbers of IPv4 addresses under which nothing is special: four lines of five need no more than this look."""
_ORDINARY_INSIDE = ("192.168.", "10.")
_ORDINARY_PREFIXES = frozenset(map(str, range(8, 25)))


@lru_cache(maxsize=4096)
def global_address_fault(text: str) -> Saying | None:
    """Return what is wrong with `text` (canonical, no prefix) as the public address of a line, None when nothing."""
    if text.partition(".")[0] in _ORDINARY_BLOCKS:
        return None
    address = ipaddress.ip_address(text)
    if address.is_unspecified:
        return messages.UNSPECIFIED
    if address.is_loopback:
        return messages.LOOPBACK
    if address.is_link_local:
        return messages.LINK_LOCAL
    if address.is_multicast:
        return messages.MULTICAST
    for saying, networks in _KNOWN.items():
        if any(address.version == network.version and address in network for network in networks):
            return saying
    return None if address.is_global and not address.is_reserved else messages.RESERVED


@lru_cache(maxsize=4096)
def interface_address_fault(text: str, *, of_pc: bool) -> Saying | None:
    """Return what is wrong with `text` ("192.168.1.131/24" or bare) as the address of one device inside.

    A PC with a public address gives a warning; a network device may well have one.
    """
    if _is_ordinary_inside(text):
        return None
    interface = ipaddress.ip_interface(text)
    address = interface.ip
    if address.is_unspecified:
        return messages.INSIDE_UNSPECIFIED
    if address.is_loopback:
        return messages.INSIDE_LOOPBACK
    if address.is_link_local and address.version == 4:
        return messages.INSIDE_LINK_LOCAL
    if address.is_multicast:
        return messages.INSIDE_MULTICAST
    if _is_broadcast(interface):
        return messages.BROADCAST
    return messages.PUBLIC_INSIDE if of_pc and address.is_global else None


def _is_ordinary_inside(text: str) -> bool:
    """True for a private address such as 192.168.1.131/24, told by its text. A broadcast address there ends in .255."""
    address, slash, prefix = text.partition("/")
    inside = address.startswith(_ORDINARY_INSIDE) and not address.endswith(".255")
    return inside and (not slash or prefix in _ORDINARY_PREFIXES)


def _is_broadcast(interface: ipaddress.IPv4Interface | ipaddress.IPv6Interface) -> bool:
    if interface.version == 6:
        return False
    has_hosts = interface.network.prefixlen < 31
    return int(interface.ip) == 0xFFFFFFFF or (has_hosts and interface.ip == interface.network.broadcast_address)
