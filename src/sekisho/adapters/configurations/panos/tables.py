"""What PAN-OS knows by itself: predefined services, the usual ports of applications, and elements that decide nothing.

Source: PAN-OS administrator's guide, "App-ID"; the vendor's public list of applications for their standard ports. An
application is told by its contents, so its ports are only the widest it can use as `application-default`.
"""

PREDEFINED_SERVICES: dict[str, tuple[str, ...]] = {
    "any": ("any",),
    "service-http": ("tcp/80", "tcp/8080"),
    "service-https": ("tcp/443",),
}
APPLICATION_PORTS: dict[str, tuple[str, ...]] = {
    "active-directory": ("tcp/88", "tcp/135", "tcp/139", "tcp/389", "tcp/445", "tcp/464", "tcp/636", "tcp/3268-3269", "tcp/49152-65535", "udp/53", "udp/88", "udp/123", "udp/137-138", "udp/389", "udp/464"),
    "bgp": ("tcp/179",),
    "citrix": ("tcp/1494", "tcp/2598"),
    "dhcp": ("udp/67-68",),
    "dicom": ("tcp/104", "tcp/2761-2762", "tcp/11112"),
    "dns": ("tcp/53", "udp/53", "tcp/853"),
    "ftp": ("tcp/21",),
    "gre": ("gre",),
    "hl7": ("tcp/2575",),
    "http-audio": ("tcp/80",),
    "http-proxy": ("tcp/80", "tcp/3128", "tcp/8080"),
    "icmp": ("icmp",),
    "ike": ("udp/500", "udp/4500"),
    "imap": ("tcp/143", "tcp/993"),
    "ipsec": ("esp", "ah", "udp/500", "udp/4500"),
    "ipsec-ah": ("ah",),
    "ipsec-esp": ("esp",),
    "ipsec-esp-udp": ("udp/4500",),
    "ipv6-icmp": ("icmpv6",),
    "kerberos": ("tcp/88", "udp/88", "tcp/464", "udp/464"),
    "l2tp": ("udp/1701",),
    "ldap": ("tcp/389", "udp/389", "tcp/636", "tcp/3268-3269"),
    "ms-ds-smb": ("tcp/139", "tcp/445"),
    "ms-ds-smb-base": ("tcp/139", "tcp/445"),
    "ms-ds-smbv2": ("tcp/139", "tcp/445"),
    "ms-ds-smbv3": ("tcp/139", "tcp/445"),
    "ms-rdp": ("tcp/3389", "udp/3389"),
    "ms-update": ("tcp/80", "tcp/443"),
    "msrpc": ("tcp/135", "tcp/1024-65535"),
    "mssql-db": ("tcp/1433", "tcp/1434"),
    "mssql-mon": ("udp/1434",),
    "mysql": ("tcp/3306",),
    "netbios-dg": ("udp/138",),
    "netbios-ns": ("udp/137",),
    "netbios-ss": ("tcp/139",),
    "nfs": ("tcp/111", "tcp/2049", "udp/111", "udp/2049"),
    "ntp": ("udp/123",),
    "oracle": ("tcp/1521",),
    "ospf": ("ospf",),
    "ospfigp": ("ospf",),
    "paloalto-updates": ("tcp/443",),
    "ping": ("icmp",),
    "ping6": ("icmpv6",),
    "pop3": ("tcp/110", "tcp/995"),
    "postgres": ("tcp/5432",),
    "pptp": ("tcp/1723",),
    "radius": ("udp/1645-1646", "udp/1812-1813"),
    "rtsp": ("tcp/554",),
    "sip": ("tcp/5060", "udp/5060"),
    "smtp": ("tcp/25", "tcp/465", "tcp/587"),
    "snmp": ("udp/161",),
    "snmp-base": ("udp/161",),
    "snmp-trap": ("udp/162",),
    "ssh": ("tcp/22",),
    "ssl": ("tcp/443",),
    "syslog": ("udp/514", "tcp/514", "tcp/1468", "tcp/6514"),
    "telnet": ("tcp/23",),
    "tftp": ("udp/69",),
    "vnc": ("tcp/5800-5900",),
    "vnc-base": ("tcp/5800-5900",),
    "vrrp": ("vrrp",),
    "web-browsing": ("tcp/80", "tcp/443"),
    "webdav": ("tcp/80", "tcp/443"),
    "winrm": ("tcp/5985-5986",),
}  # fmt: skip
EXACT_APPLICATIONS = frozenset(
    {"icmp", "ping", "gre", "ipsec-esp", "ipsec-ah", "ipv6-icmp", "ping6", "ospfigp", "ospf", "vrrp"}
)
"""Applications that are told by their IP protocol alone."""

RULE_READ = frozenset(
    {"from", "to", "source", "destination", "service", "application", "action", "rule-type", "disabled", "schedule",
     "negate-source", "negate-destination", "source-user", "category", "hip-profiles", "source-hip", "destination-hip",
     "source-device", "destination-device", "target", "source-imsi", "source-imei", "source-nw-slice"}
)  # fmt: skip
RULE_NARROWED_BY = frozenset(
    {"source-user", "category", "hip-profiles", "source-hip", "destination-hip", "source-device", "destination-device",
     "source-imsi", "source-imei", "source-nw-slice"}
)  # fmt: skip
"""Elements by which a rule matches less than its addresses and services say, unless they are "any"."""
RULE_UNDERSTOOD = frozenset(
    {"description", "tag", "group-tag", "log-setting", "log-start", "log-end", "profile-setting", "option", "qos", "icmp-unreachable",
     "uuid", "saas-user-list", "saas-tenant-list", "disable-inspect", "audit-comment"}
)  # fmt: skip
NAT_READ = frozenset(
    {"from", "to", "source", "destination", "service", "to-interface", "nat-type", "disabled", "source-translation",
     "destination-translation", "dynamic-destination-translation", "description", "tag", "group-tag", "uuid", "target",
     "active-active-device-binding", "audit-comment"}
)  # fmt: skip
VSYS_UNDERSTOOD = frozenset(
    {"address", "address-group", "service", "service-group", "application", "application-group", "application-filter",
     "application-status", "application-tag", "tag", "zone", "rulebase", "import", "schedule", "profiles", "profile-group", "external-list", "region",
     "log-settings", "local-user-database", "authentication-profile", "authentication-sequence", "authentication-object",
     "server-profile", "certificate", "certificate-profile", "captive-portal", "user-id-collector", "user-id-agent",
     "user-id-agent-sequence", "user-id-hub", "user-id-ssl-auth", "group-mapping", "redistribution-agent", "redistribution-collector",
     "global-protect", "ssl-tls-service-profile", "ssl-decrypt", "dns-proxy", "reports", "report-group", "pdf-summary-report",
     "email-scheduler", "display-name", "setting", "threats", "dynamic-user-group", "ts-agent", "ocsp-responder", "response-page",
     "route", "override", "alg-override", "botnet", "device-object", "pre-rulebase", "post-rulebase", "devices", "reference-templates",
     "description", "dynamic-ip-user", "sdwan-path-quality-profile", "data-objects", "url-admin-override", "vm-info-source", "vm-info-sources",
     "wildfire-appliance", "log-forwarding", "scep", "admin-role", "content-preview", "iot", "master-device", "to-sw-version", "parent-dg"}
)  # fmt: skip
RULEBASE_UNDERSTOOD = frozenset(
    {"security", "nat", "default-security-rules", "decryption", "qos", "application-override", "captive-portal", "authentication",
     "tunnel-inspect", "network-packet-broker", "sdwan", "dos"}
)  # fmt: skip
NETWORK_UNDERSTOOD = frozenset(
    {"interface", "virtual-router", "logical-router", "profiles", "ike", "tunnel", "vlan", "virtual-wire", "dhcp", "qos",
     "shared-gateway", "lldp", "dns-proxy", "underlay-net", "global-protect-gateway", "routing-profile", "sdwan-interface-profile",
     "interface-order", "proxy", "secure-web-gateway", "dhcp-server", "macsec"}
)  # fmt: skip
