"""First words of NEC UNIVERGE IX commands that have no bearing on who can talk to whom.

A table, longer than code would be: one word more means one line of a configuration less to look at by hand.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GLOBAL = _words(
    """
    aaa alias arp banner bridge class-map clock configure configure-terminal console crypto ddns default-console dns
    dot1x enable-config end event exit hash http-server ike ikev2 interface-group ipsec ipsec-log l2tp led line lldp
    logging mail mobile monitor multicast-routing netmeister ngn nm no ntp password pki policy-map ppp pppoe
    proxy-arp proxy-dns qos radius recovery remote-web route-map schedule sflow sip snmp-agent sntp ssh-server
    syslog system tacacs telnet-server terminal timezone track url-offload usb username users vlan vrrp watch-group
    watchdog write
    """
)
"""Global commands; what is indented below them belongs to them."""

GLOBAL_IP = _words(
    """
    arp as-path bgp community-list dhcp domain domain-name flow forwarding host icmp icmp-error igmp local-proxy
    max-paths multicast multicast-routing name-server nd pim prefix-list proxy reassembly rip route-cache
    source-route tcp tos ttl udp ufs-cache unicast-routing
    """
)
"""Second words behind `ip` or `ipv6`."""

INTERFACE = _words(
    """
    auto-connect bandwidth bridge bridge-group carrier-delay ddns dialer duplex encapsulation ether-ip http-server
    idle-time ikev2 ipsec isdn keepalive l2tp lldp mdi media mobile mtu multicast nat-traversal no pim ppp pppoe
    proxy-dns qos rate-limit service-policy sflow snmp speed ssh-server standby statistics telnet-server tunnel vrrp
    watch-group
    """
)
"""Commands inside an interface."""

INTERFACE_IP = _words(
    """
    arp autoconfig bgp df-bit dhcp directed-broadcast dns fragment helper-address icmp igmp interface-id keepalive
    mask-reply mtu nd nexthop ospf pim proxy-arp rate-limit redirects rip tcp tos traffic ufs-cache unreachables
    """
)
"""Second words behind `ip` or `ipv6` inside an interface."""
