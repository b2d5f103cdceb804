"""Words of YAMAHA router configurations: port names, applications of dynamic filters, commands that filter nothing.

A table. Source: YAMAHA router command reference, "IP packet filter" (mnemonics of ports), "definition of dynamic filters"
(applications), and its list of commands. Uncertain: `ftp` of a static filter is taken as 20 and 21.
"""

from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ICMP, ICMP6, TCP, UDP, ports_of

PORTS_BY_NAME: dict[str, tuple[int, int]] = {
    "tcpmux": (1, 1),
    "echo": (7, 7),
    "discard": (9, 9),
    "daytime": (13, 13),
    "chargen": (19, 19),
    "ftp": (20, 21),
    "ftpdata": (20, 20),
    "ssh": (22, 22),
    "telnet": (23, 23),
    "smtp": (25, 25),
    "time": (37, 37),
    "tacacs": (49, 49),
    "dns": (53, 53),
    "domain": (53, 53),
    "dhcps": (67, 67),
    "dhcpc": (68, 68),
    "tftp": (69, 69),
    "gopher": (70, 70),
    "finger": (79, 79),
    "http": (80, 80),
    "www": (80, 80),
    "kerberos": (88, 88),
    "pop3": (110, 110),
    "sunrpc": (111, 111),
    "ident": (113, 113),
    "nntp": (119, 119),
    "ntp": (123, 123),
    "ms-rpc": (135, 135),
    "netbios_ns": (137, 137),
    "netbios_dgm": (138, 138),
    "netbios_ssn": (139, 139),
    "imap": (143, 143),
    "snmp": (161, 161),
    "snmptrap": (162, 162),
    "bgp": (179, 179),
    "imap3": (220, 220),
    "ldap": (389, 389),
    "https": (443, 443),
    "ms-ds": (445, 445),
    "ike": (500, 500),
    "exec": (512, 512),
    "login": (513, 513),
    "rlogin": (513, 513),
    "rwho": (513, 513),
    "who": (513, 513),
    "rsh": (514, 514),
    "shell": (514, 514),
    "syslog": (514, 514),
    "printer": (515, 515),
    "talk": (517, 517),
    "rip": (520, 520),
    "route": (520, 520),
    "ripng": (521, 521),
    "uucp": (540, 540),
    "dhcpv6c": (546, 546),
    "dhcpv6s": (547, 547),
    "submission": (587, 587),
    "ldaps": (636, 636),
    "imaps": (993, 993),
    "pop3s": (995, 995),
    "ms-sql": (1433, 1433),
    "l2tp": (1701, 1701),
    "pptp": (1723, 1723),
    "radius": (1812, 1812),
    "nfs": (2049, 2049),
    "msblast": (4444, 4444),
    "ipsec-nat-t": (4500, 4500),
    "sip": (5060, 5060),
}


def _tcp(*ports: int) -> Ranges:
    return ports_of(TCP, Ranges.of((port, port) for port in ports))


def _udp(*ports: int) -> Ranges:
    return ports_of(UDP, Ranges.of((port, port) for port in ports))


APPLICATIONS: dict[str, Ranges] = {
    name: ports_of(TCP, Ranges((span,))) | ports_of(UDP, Ranges((span,))) for name, span in PORTS_BY_NAME.items()
} | {
    "tcp": ports_of(TCP),
    "udp": ports_of(UDP),
    "ftp": _tcp(21),
    "ssh": _tcp(22),
    "telnet": _tcp(23),
    "smtp": _tcp(25),
    "tftp": _udp(69),
    "http": _tcp(80),
    "www": _tcp(80, 443),
    "pop3": _tcp(110),
    "ident": _tcp(113),
    "nntp": _tcp(119),
    "ntp": _udp(123),
    "imap": _tcp(143),
    "https": _tcp(443),
    "submission": _tcp(587),
    "netmeeting": _tcp(1720),
    "ping": ports_of(ICMP),
    "ping6": ports_of(ICMP6),
}
"""What the first packet of each application of a dynamic filter asks for. `www` is both http and https there."""

PROTOCOLS = {
    "icmp": 1,
    "igmp": 2,
    "ipip": 4,
    "tcp": 6,
    "udp": 17,
    "ipv6": 41,
    "rsvp": 46,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "icmp6": 58,
    "icmpv6": 58,
    "ospf": 89,
    "pim": 103,
    "vrrp": 112,
    "l2tp": 115,
}

_IRRELEVANT = """
    account administrator alarm analog bri1 bri2 boot bridge certificate clear cloud console cooperation copy date description dhcp
    disconnect dns embedded execute external-memory heartbeat heartbeat2 http httpd isdn l2tp lan lan-map lan-map2 lbs line lldp log
    login lua mail mobile netvolante-dns ngn ntp ntpdate onfs operation packetdump ping pki pp ppp pppoe pptp pri provider proxydns
    qac-tm queue radius rdate remote restart rtfs save schedule sd security server services set sftpd show sip snmp snmpv2c snmpv3
    speed sshd statistics switch syslog system telnetd tftp time timezone traceroute tunnel upnp url usb usbhost user vlan vrrp wan wins
    wol yno ipsec auth access-point sgt dashboard device-map firmware sslvpn2 terminal exit quit end onu1 wlan1 voip monitor rip
    ospf bgp igmp pim ipv6 ether lan1 lan2 lan3 lan4 lan5 lan6 lan7 lan8 ike eap
"""
IRRELEVANT = frozenset(_IRRELEVANT.split())
"""First words of commands that decide nothing about who can talk to whom, or are read for more elsewhere."""

_GLOBAL_IP = """
    routing host icmp stealth arp tos fragment implicit-route keepalive simple-service flow routecache local-forward reassembly
    tcp flow-timer nat hash lookup pool address
"""
GLOBAL_IP = frozenset(_GLOBAL_IP.split())
"""Second words of `ip ...` commands of the whole router that filter nothing."""

_INTERFACE_IP = """
    mtu proxyarp rip ospf igmp pim dhcp arp intrusion wol tcp rebound hold-routing vrrp icmp keepalive broadcast flow ipcp route
    tos fragment dhcpv6 rtadv dad mld prefix-delegation nd secondary-proxyarp split local-proxyarp proxy-arp
"""
INTERFACE_IP = frozenset(_INTERFACE_IP.split())
"""Third words of `ip <interface> ...` commands that decide nothing about who can talk to whom."""
