"""First words of Si-R commands that have no bearing on who can talk to whom.

A table, longer than code would be: one word more means one line of a configuration less to look at by hand.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GLOBAL = _words(
    """
    aaa actionset addact alias auto bridge bridgegroup certificate clear commit configure consoleinfo dhcp dns end
    ether event exit ftpd ftpinfo heartbeat history host hostnet http httpinfo httpsinfo ieee8021ad ike
    interface-group ipsec isdn l2tp l3vpn license lldp lognextid loopback mail mflag mib modem multicast nas ntp
    password pki ppp proxydns qos radius rebootlog resource save serverinfo sflow snmp sntp ssh sshinfo switch
    sysdown syslog sysname telnet telnetinfo terminal tftp time timezone update upnp ups usb user vlan voip vrrp wan
    watchdog web webauth wlan wol xauth
    """
)
"""Words at the beginning of a line."""

INTERFACE = _words(
    """
    ap autoconnect autodial backup bandwidth bind bridge bridgegroup called calling dhcp ether ike ingress ip6 ipsec
    keepalive l2-isolation l2tp linkdown mac maxconnect mp mtu multipath name peer ppp priority qos
    remark shaping snmp stp trap tunnel use vlan vrrp wan watch
    """
)
"""Words behind `lan N`, `remote N`, `template N`."""

INTERFACE_IP = _words(
    """
    arp broadcast df dhcp dns fragment helper icmp identification igmp iphc keepalive localdomain msschange mtu
    multicast pim policing priority proxyarp redirect rip router send source tcp tos vrrp
    """
)
"""Words behind `lan N ip` and the like."""
