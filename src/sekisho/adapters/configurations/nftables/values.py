"""Values as the JSON of nftables writes them: addresses, ports and protocols, by number or by name.

Source: libnftables-json(5), nft(8).
"""

from typing import Any

from sekisho.adapters.configurations.statements import prefix
from sekisho.domain.network.addresses import address_number, address_span
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import PORTS, PROTOCOL_NUMBERS

Json = Any
"""A value as `json.loads` makes it."""
_SERVICE_NAMES = {
    "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "domain": 53, "bootps": 67, "bootpc": 68, "tftp": 69, "http": 80, "kerberos": 88,
    "pop3": 110, "sunrpc": 111, "ntp": 123, "epmap": 135, "netbios-ns": 137, "netbios-dgm": 138, "netbios-ssn": 139, "imap2": 143,
    "snmp": 161, "snmp-trap": 162, "ldap": 389, "https": 443, "microsoft-ds": 445, "submissions": 465, "isakmp": 500, "syslog": 514,
    "submission": 587, "ldaps": 636, "imaps": 993, "pop3s": 995, "ms-sql-s": 1433, "nfs": 2049, "mysql": 3306, "ms-wbt-server": 3389,
    "ipsec-nat-t": 4500, "postgresql": 5432, "http-alt": 8080,
}  # fmt: skip
PROTOCOLS = {
    **PROTOCOL_NUMBERS,
    "ip": 0, "hopopt": 0, "icmp": 1, "igmp": 2, "ggp": 3, "ipencap": 4, "st": 5, "tcp": 6, "egp": 8, "igp": 9, "pup": 12,
    "udp": 17, "hmp": 20, "xns-idp": 22, "rdp": 27, "iso-tp4": 29, "dccp": 33, "xtp": 36, "ddp": 37, "idpr-cmtp": 38,
    "ipv6": 41, "ipv6-route": 43, "ipv6-frag": 44, "idrp": 45, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "skip": 57,
    "ipv6-icmp": 58, "ipv6-nonxt": 59, "ipv6-opts": 60, "rspf": 73, "vmtp": 81, "eigrp": 88, "ospf": 89, "ax.25": 93,
    "ipip": 94, "etherip": 97, "encap": 98, "pim": 103, "ipcomp": 108, "vrrp": 112, "l2tp": 115, "isis": 124, "sctp": 132,
    "fc": 133, "mobility-header": 135, "udplite": 136, "mpls-in-ip": 137, "manet": 138, "hip": 139, "shim6": 140, "wesp":
    141, "rohc": 142, "ethernet": 143,
}  # fmt: skip
"""Protocols by the names that nft prints, which are those of /etc/protocols (IANA protocol numbers)."""


class NotUnderstood(ValueError):
    """The match is of a kind that is not read."""


def ends_of(element: Json) -> tuple[Json, Json] | None:
    """Return the two ends of a range; None for anything else."""
    found = element.get("range") if isinstance(element, dict) else None
    return (found[0], found[1]) if isinstance(found, list) and len(found) == 2 else None


def addresses_of(elements: list[Json]) -> Ranges:
    """Return the addresses of a set's elements: addresses, prefixes and ranges.

    Raises:
        NotUnderstood: one of them is none.
    """
    spans = []
    for element in elements:
        ends = ends_of(element)
        network = element.get("prefix") if isinstance(element, dict) else None
        try:
            if ends:
                spans.append((address_number(str(ends[0])), address_number(str(ends[1]))))
            elif isinstance(network, dict):
                spans.append(address_span(f"{network.get('addr')}/{network.get('len')}"))
            elif isinstance(element, str):
                spans.append(_address_span(element))
            else:
                raise NotUnderstood("address")
        except ValueError:
            raise NotUnderstood("address") from None
    try:
        return Ranges.of(spans)
    except ValueError:
        raise NotUnderstood("address") from None


def _address_span(text: str) -> Span:
    """Return the span of an address, a prefix or a range; the commonest, one IPv4 address, soonest."""
    return prefix(text).spans[0] if text.replace(".", "").isdecimal() else address_span(text)


def port(value: Json) -> int:
    """Return a port by number or name.

    Raises:
        NotUnderstood: it is none.
    """
    number = _SERVICE_NAMES.get(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < PORTS:
        raise NotUnderstood("port")
    return number


def ports_in(elements: list[Json]) -> Ranges:
    """Return the ports of a set's elements: numbers, names and ranges.

    Raises:
        NotUnderstood: one of them is none.
    """
    spans = []
    for element in elements:
        ends = ends_of(element)
        first, last = (port(ends[0]), port(ends[1])) if ends else (port(element), port(element))
        if last < first:
            raise NotUnderstood("port")
        spans.append((first, last))
    return Ranges.of(spans)


def protocol_number(value: Json) -> int:
    """Return a protocol by number or name.

    Raises:
        NotUnderstood: it is none.
    """
    number = PROTOCOLS.get(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 256:
        raise NotUnderstood("protocol")
    return number
