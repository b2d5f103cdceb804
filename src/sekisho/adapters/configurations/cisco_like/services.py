"""Names of protocols, ports and ICMP types in Cisco-like configurations, as `domain.network.services` numbers.

Source: Cisco IOS Security Command Reference, "access-list (IP extended)" (keywords of ports and ICMP messages); Cisco
ASA Series CLI configuration guide, appendix "Addresses, protocols, and ports"; AlliedWare Plus command references,
"access-list (numbered hardware ACL for TCP or UDP)". A long table on purpose: the union of their keywords.
"""

from functools import lru_cache

from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import (
    ANY_SERVICE,
    ICMP,
    ICMP6,
    PORTS,
    PROTOCOL_NUMBERS,
    TCP,
    UDP,
    parse_services,
    ports_of,
)

PROTOCOLS = {
    **{name: number for name, number in PROTOCOL_NUMBERS.items() if name != "ipv6"},
    "ahp": 51,
    "igrp": 9,
    "ipinip": 4,
    "nos": 94,
    "pcp": 108,
    "snp": 109,
    "pptp": 47,
    "ipsec": 50,
    "icmp6": ICMP6,
}
"""Number of each protocol by the name that configurations use; "ip" and "ipv6" are not here, they mean any."""

_BOTH = {
    "discard": 9,
    "echo": 7,
    "domain": 53,
    "dns": 53,
    "kerberos": 750,
    "nfs": 2049,
    "pim-auto-rp": 496,
    "sip": 5060,
    "sunrpc": 111,
    "tacacs": 49,
    "talk": 517,
    "time": 37,
    "cifs": 3020,
    "www": 80,
    "http": 80,
    "https": 443,
}
_TCP = {
    "aol": 5190,
    "bgp": 179,
    "chargen": 19,
    "citrix-ica": 1494,
    "cmd": 514,
    "connectedapps-plain": 15001,
    "connectedapps-tls": 15002,
    "ctiqbe": 2748,
    "daytime": 13,
    "exec": 512,
    "finger": 79,
    "ftp": 21,
    "ftp-data": 20,
    "gopher": 70,
    "h323": 1720,
    "hostname": 101,
    "ident": 113,
    "imap4": 143,
    "irc": 194,
    "klogin": 543,
    "kshell": 544,
    "ldap": 389,
    "ldaps": 636,
    "login": 513,
    "lotusnotes": 1352,
    "lpd": 515,
    "msrpc": 135,
    "netbios-ssn": 139,
    "nntp": 119,
    "onep-plain": 15001,
    "onep-tls": 15002,
    "pcanywhere-data": 5631,
    "pop2": 109,
    "pop3": 110,
    "pptp": 1723,
    "rsh": 514,
    "rtsp": 554,
    "smtp": 25,
    "sqlnet": 1521,
    "ssh": 22,
    "syslog": 514,
    "tacacs-ds": 49,
    "telnet": 23,
    "uucp": 540,
    "whois": 43,
    "drip": 3949,
}
_UDP = {
    "biff": 512,
    "bootpc": 68,
    "bootps": 67,
    "dnsix": 195,
    "isakmp": 500,
    "ike": 500,
    "mobile-ip": 434,
    "nameserver": 42,
    "netbios-dgm": 138,
    "netbios-ns": 137,
    "netbios-ss": 139,
    "non500-isakmp": 4500,
    "ntp": 123,
    "pcanywhere-status": 5632,
    "radius": 1645,
    "radius-acct": 1646,
    "rip": 520,
    "ripv6": 521,
    "secureid-udp": 5510,
    "snmp": 161,
    "snmptrap": 162,
    "syslog": 514,
    "tacacs-ds": 49,
    "tftp": 69,
    "vxlan": 4789,
    "who": 513,
    "xdmcp": 177,
}
PORT_NAMES = {TCP: _BOTH | _TCP, UDP: _BOTH | _UDP}

REPLY_TYPES = frozenset({0, 3, 4, 11, 12, 14, 16, 18})
"""ICMP types that only answer something: echo reply, unreachable, source quench, time exceeded, ..."""
ICMP_TYPES = {
    "administratively-prohibited": 3,
    "alternate-address": 6,
    "conversion-error": 31,
    "dod-host-prohibited": 3,
    "dod-net-prohibited": 3,
    "echo": 8,
    "echo-reply": 0,
    "echo-request": 8,
    "general-parameter-problem": 12,
    "host-isolated": 3,
    "host-precedence-unreachable": 3,
    "host-redirect": 5,
    "host-tos-redirect": 5,
    "host-tos-unreachable": 3,
    "host-unknown": 3,
    "host-unreachable": 3,
    "information-reply": 16,
    "information-request": 15,
    "mask-reply": 18,
    "mask-request": 17,
    "mobile-redirect": 32,
    "net-redirect": 5,
    "net-tos-redirect": 5,
    "net-tos-unreachable": 3,
    "net-unreachable": 3,
    "network-unknown": 3,
    "no-room-for-option": 12,
    "option-missing": 12,
    "packet-too-big": 3,
    "parameter-problem": 12,
    "port-unreachable": 3,
    "precedence-unreachable": 3,
    "protocol-unreachable": 3,
    "reassembly-timeout": 11,
    "redirect": 5,
    "router-advertisement": 9,
    "router-solicitation": 10,
    "source-quench": 4,
    "source-route-failed": 3,
    "time-exceeded": 11,
    "timestamp-reply": 14,
    "timestamp-request": 13,
    "traceroute": 30,
    "ttl-exceeded": 11,
    "unreachable": 3,
}
ICMP6_TYPES = {
    "destination-unreachable": 1,
    "packet-too-big": 2,
    "time-exceeded": 3,
    "hop-limit": 3,
    "parameter-problem": 4,
    "echo-request": 128,
    "echo": 128,
    "echo-reply": 129,
    "mld-query": 130,
    "mld-report": 131,
    "mld-reduction": 132,
    "membership-query": 130,
    "membership-report": 131,
    "membership-reduction": 132,
    "router-solicitation": 133,
    "router-advertisement": 134,
    "nd-ns": 135,
    "neighbor-solicitation": 135,
    "nd-na": 136,
    "neighbor-advertisement": 136,
    "neighbor-redirect": 137,
    "redirect": 137,
    "unreachable": 1,
    "no-route": 1,
    "port-unreachable": 1,
    "no-admin": 1,
    "beyond-scope": 1,
}
REPLY_TYPES6 = frozenset({1, 2, 3, 4, 129})
INSPECTED = {
    "tcp": Ranges(((TCP * PORTS, TCP * PORTS + PORTS - 1),)),
    "udp": Ranges(((UDP * PORTS, UDP * PORTS + PORTS - 1),)),
    "icmp": Ranges(((ICMP * PORTS, ICMP * PORTS + PORTS - 1),)),
}
"""What the three general words of inspection and of class maps stand for."""
_APPLICATIONS = {
    "dns": ("tcp/53", "udp/53"),
    "ftp": ("tcp/21",),
    "ftps": ("tcp/990",),
    "h323": ("tcp/1720", "udp/1719"),
    "http": ("tcp/80",),
    "https": ("tcp/443",),
    "imap": ("tcp/143",),
    "imap3": ("tcp/220",),
    "imaps": ("tcp/993",),
    "isakmp": ("udp/500",),
    "kerberos": ("tcp/88", "udp/88"),
    "ldap": ("tcp/389",),
    "ldaps": ("tcp/636",),
    "microsoft-ds": ("tcp/445", "udp/445"),
    "netbios-dgm": ("udp/138",),
    "netbios-ns": ("udp/137",),
    "netbios-ssn": ("tcp/139",),
    "ntp": ("udp/123", "tcp/123"),
    "oracle": ("tcp/1521",),
    "pop3": ("tcp/110",),
    "pop3s": ("tcp/995",),
    "pptp": ("tcp/1723",),
    "rcmd": ("tcp/512-514",),
    "realaudio": ("tcp/7070",),
    "rtsp": ("tcp/554",),
    "sip": ("tcp/5060", "udp/5060"),
    "smtp": ("tcp/25",),
    "snmp": ("udp/161",),
    "snmptrap": ("udp/162",),
    "sqlnet": ("tcp/1521",),
    "ssh": ("tcp/22",),
    "syslog": ("udp/514",),
    "telnet": ("tcp/23",),
    "tftp": ("udp/69",),
}
APPLICATIONS = {name: parse_services(texts) for name, texts in _APPLICATIONS.items()} | INSPECTED
"""What the words of inspection, of class maps and of AlliedWare Plus firewall rules stand for by default."""


def port_number(word: str, protocol: int) -> int | None:
    """Return the port a word names for a protocol (a name unknown to UDP is looked for among those of TCP), or None."""
    if word.isdecimal() and word.isascii():
        return int(word) if len(word) < 6 and int(word) < PORTS else None
    names = PORT_NAMES.get(protocol, PORT_NAMES[TCP])
    return names.get(word.lower())


@lru_cache(maxsize=1 << 10)
def protocol_services(word: str, *, is_v6: bool = False) -> Ranges | None:
    """Return every service of the protocol that a word names; None for a word that names none."""
    word = word.lower()
    if word in ("ip", "ipv6", "any", "ipv4"):
        return ANY_SERVICE
    if word == "tcp-udp":
        return ports_of(TCP) | ports_of(UDP)
    if is_v6 and word == "icmp":
        return ports_of(ICMP6)
    number = PROTOCOLS.get(word)
    if number is None and word.isdecimal() and word.isascii() and len(word) < 4 and int(word) < 256:
        number = int(word)
    return None if number is None else ports_of(number)


def icmp_services() -> Ranges:
    """Return the whole of ICMP."""
    return ports_of(ICMP)
