"""Judges what FortiOS sections and settings bear on, so that nothing that could matter is passed over in silence.

Source: FortiOS CLI reference; see `tables`.
"""

from collections.abc import Iterator

from sekisho.adapters.configurations.fortios.tables import (
    ROUTING_PROTOCOLS,
    SECTIONS_READ,
    UNDERSTOOD_PREFIXES,
)
from sekisho.adapters.configurations.fortios.tree import Node, shown
from sekisho.adapters.configurations.notes import Notes
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Origin
from sekisho.domain.text import Text

_STRAY = Text("FortiOSの命令として読めませんでした。", "This could not be read as a FortiOS command.")
_UNKNOWN_SECTION = Text(
    "この種類の設定は、まだ読めません。通信の可否に関わるおそれがあります。",
    "This kind of setting cannot be read yet. It may decide who can talk to whom.",
)
_ROUTING = Text(
    "動的な経路（ほかの装置と教え合う経路）やポリシールートは計算に入りません。経路の一覧を出力して、静的な経路として加えてください。",
    "Routing protocols and policy routes are not computed. Please export the routing table and add its routes as static ones.",
)
_CENTRAL_SNAT = Text(
    "送信元アドレスの書き換え（セントラルSNAT）は計算に入りません。",
    "The rewriting of source addresses (central SNAT) is not computed.",
)
_UNKNOWN_KEY = Text("この指定の意味を確かめられませんでした。", "The meaning of this setting is not known.")
_TRUNCATED = Text(
    "ファイルがここで途中までになっています。この先の規則が分からないため、通信の可否を「不明」として扱います。設定をもう一度、最後まで出力してください。",
    "The file breaks off here. What follows is not known, so what it could decide counts as unknown. Please export the whole configuration again.",
)
_CLEAR_TEXT = Text(
    "インタフェース「{name}」で、暗号化しない管理画面（{how}）が開いています。合い言葉が読み取られるおそれがあります。httpsとsshだけにしてください。",
    "Interface “{name}” offers administration without encryption ({how}), which can be overheard. Please leave only https and ssh.",
)
_CENTRAL_NAT = Text(
    "セントラルNATが有効です。バーチャルIPは規則に書かれていなくても働きます。送信元の書き換えは計算していません。",
    "Central NAT is on: virtual IPs work without a policy that names them. Source addresses are taken as not rewritten.",
)
_TRANSPARENT = Text(
    "透過モード（アドレスを持たずに間に入る形）です。この装置を通る経路は、図の側で確かめてください。",
    "The device works in transparent mode, without addresses. Please check on the drawing which traffic passes through it.",
)
_ASYMMETRIC = Text(
    "行きと帰りの道が違う通信を許す設定（asymroute）です。規則によらずに通る通信がありえます。",
    "Asymmetric routing is allowed (asymroute): traffic may pass without being judged by the policies.",
)
_LOCAL_IN = Text(
    "装置自身への通信を絞る規則（local-in policy）があります。装置の先の通信には関わらないため、計算していません。",
    "There are local-in policies. They guard the device itself and say nothing about traffic through it.",
)
_PROXY = Text(
    "代理で通信する機能（proxy policy）があります。代理を通る通信は計算していません。",
    "There are proxy policies. Traffic that goes through the proxy is not computed.",
)
_HAIRPIN = Text(
    "「{name}」の先に別の経路があります。同じ口から入って同じ口へ出る通信は、FortiOSでは規則を通らずに届きます。計算では規則どおりとしています。",
    "There is a route beyond “{name}”. FortiOS lets traffic leave by the interface it came in without a policy; it is computed as if judged by the policies.",
)
_NO_POLICY = Text(
    "規則（config firewall policy）がファイルにありません。通信の可否は「不明」です。設定全体を出力し直してください。",
    "The file has no policies (config firewall policy), so what may pass is unknown. Please export the whole configuration.",
)
_INTERFACE_KEYS = frozenset(
    {"vdom", "mode", "ip", "allowaccess", "type", "role", "alias", "description", "status", "interface", "vlanid", "member",
     "snmp-index", "mtu", "mtu-override", "speed", "lldp-reception", "lldp-transmission", "lldp-network-policy", "device-identification",
     "device-identification-active-scan", "device-user-identification", "username", "password", "remote-ip", "estimated-upstream-bandwidth",
     "estimated-downstream-bandwidth", "inbandwidth", "outbandwidth", "fortilink", "fortilink-split-interface", "fortilink-stacking",
     "fortilink-neighbor-detect", "fortilink-backup-link", "auto-auth-extension-device", "ac-name", "service-name", "defaultgw", "distance",
     "priority", "dns-server-override", "dns-server-protocol", "weight", "explicit-web-proxy", "explicit-ftp-proxy", "stp", "stp-ha-secondary",
     "security-mode", "security-groups", "security-external-web", "monitor-bandwidth", "macaddr", "secondary-IP", "vrf", "vrrp-virtual-mac",
     "bfd", "arpforward", "ndiscforward", "broadcast-forward", "l2forward", "icmp-send-redirect", "icmp-accept-redirect", "src-check",
     "trust-ip-1", "trust-ip-2", "trust-ip-3", "dedicated-to", "management-ip", "switch", "internal", "lacp-mode", "lacp-speed",
     "lacp-ha-slave", "lacp-ha-secondary", "min-links", "min-links-down", "algorithm", "aggregate", "aggregate-type", "redundant-interface",
     "bandwidth-measure-time", "sample-rate", "polling-interval", "netflow-sampler", "sflow-sampler", "sample-direction", "scan-botnet-connections",
     "egress-shaping-profile", "ingress-shaping-profile", "auth-cert", "auth-portal-addr", "idle-timeout", "disc-retry-timeout", "padt-retry-timeout",
     "ipunnumbered", "tcp-mss", "cli-conn-status", "fail-detect", "fail-detect-option", "fail-alert-method", "fail-action-on-extender",
     "fail-alert-interfaces", "detectserver", "detectprotocol", "ping-serv-status", "ha-priority", "gwdetect", "preserve-session-route", "wccp",
     "drop-overlapped-fragment", "drop-fragment", "substitute-dst-mac", "color", "vindex", "forward-domain", "sw-algorithm", "captive-portal",
     "proxy-captive-portal", "mediatype", "trunk", "transceiver-type", "forward-error-correction", "wifi-security", "swc-vlan", "swc-first-create",
     "eap-supplicant", "ike-saml-server", "devindex", "switch-controller-feature", "explicit-proxy", "dhcp-relay-service", "dhcp-relay-ip"}
)  # fmt: skip
_INTERFACE_PREFIXES = (
    "dhcp-",
    "lcp-",
    "pptp-",
    "switch-controller-",
    "ip-managed-by",
    "dhcp6-",
    "auto-",
    "security-",
    "wifi-",
    "lte-",
)


def judge_sections(part: Node, notes: Notes) -> None:
    """Note everything in the sections of `part` that the reader does not read and that may matter."""
    for stray in part.strays:
        notes.unparsed(stray.line, stray.text, _STRAY, _bearing(stray.text))
    for section in part.sections:
        if section.name in ROUTING_PROTOCOLS:
            _routing(section, ROUTING_PROTOCOLS[section.name], notes)
        elif section.name in ("router policy", "router policy6"):
            _entries_unparsed(section, _ROUTING, Bearing.ROUTE, notes)
        elif section.name == "firewall central-snat-map":
            _entries_unparsed(section, _CENTRAL_SNAT, Bearing.NAT, notes)
        elif section.name in ("firewall policy", "firewall policy6", "vdom", "global"):
            continue  # each is judged where it is read
        elif _is_known(section.name):
            _strays(section, notes)
        else:
            _unknown(section, notes)


def _is_known(name: str) -> bool:
    words = name.split()
    return name in SECTIONS_READ or any(" ".join(words[:count]) in _PREFIXES for count in range(1, len(words) + 1))


_PREFIXES = frozenset(UNDERSTOOD_PREFIXES)


def _strays(section: Node, notes: Notes) -> None:
    bearing = _bearing(section.name)
    for node in section.walk():
        for stray in node.strays:
            notes.unparsed(stray.line, stray.text, _STRAY, bearing)


def _routing(section: Node, active: tuple[str, ...], notes: Notes) -> None:
    for name in active:
        inner = section.section(name)
        if inner is not None and inner.entries:
            _entries_unparsed(inner, _ROUTING, Bearing.ROUTE, notes)


def _entries_unparsed(section: Node, why: Text, bearing: Bearing, notes: Notes) -> None:
    for entry in section.entries:
        if entry.get("status") != "disable":
            notes.unparsed(entry.line, f"{shown('config ' + section.name)} / edit {entry.name}", why, bearing)


def _unknown(section: Node, notes: Notes) -> None:
    bearing = _bearing(section.name)
    notes.unparsed(section.line, shown(f"config {section.name}"), _UNKNOWN_SECTION, bearing)
    for node in section.walk():
        for key, setting in node.settings.items():
            notes.unparsed(setting.line, shown(f"set {key}"), _UNKNOWN_SECTION, bearing)
        for stray in node.strays:
            notes.unparsed(stray.line, stray.text, _STRAY, bearing)


def _bearing(text: str) -> Bearing:
    words = set(text.lower().split())
    if words & {
        "policy",
        "address",
        "addrgrp",
        "service",
        "filter",
        "access-list",
        "permit",
        "deny",
        "security",
        "acl",
        "schedule",
    }:
        return Bearing.FILTER
    if words & {"vip", "vipgrp", "nat", "ippool"} or "snat" in text:
        return Bearing.NAT
    if words & {"router", "route", "sdwan"}:
        return Bearing.ROUTE
    if words & {"interface", "zone", "vpn"}:
        return Bearing.INTERFACE
    return Bearing.FILTER if "firewall" in words else Bearing.OTHER


def hidden_policies(part: Node) -> Iterator[Origin]:
    """Yield where a section that may decide about packets before the policies do could not be read."""
    read = ("firewall policy", "firewall policy6", "firewall central-snat-map")
    for section in part.sections:
        is_hidden = section.name.startswith("firewall ") and section.name not in read and not _is_known(section.name)
        if is_hidden and section.entries:
            yield Origin(section.line, shown(f"config {section.name}"))


def judge_interface(entry: Node, notes: Notes) -> None:
    """Note the settings of an interface that are not known, and ways to administer it in clear text."""
    for key, setting in entry.settings.items():
        if key not in _INTERFACE_KEYS and not key.startswith(_INTERFACE_PREFIXES):
            notes.unparsed(setting.line, shown(f"set {key}"), _UNKNOWN_KEY, Bearing.INTERFACE)
    for stray in (stray for node in entry.walk() for stray in node.strays):
        notes.unparsed(stray.line, stray.text, _STRAY, Bearing.INTERFACE)
    if entry.get("vrf") not in ("", "0"):
        notes.unparsed(entry.line_of("vrf"), "set vrf", _UNKNOWN_SECTION, Bearing.ROUTE)
    clear = [how for how in entry.values("allowaccess") if how in ("http", "telnet")]
    if clear and entry.get("status") != "down":
        message = _CLEAR_TEXT.filled(name=entry.name, how=", ".join(clear))
        notes.notice(entry.line_of("allowaccess"), "fortios.clear-text-administration", message)


def notices_of(part: Node, notes: Notes) -> None:
    """Tell what is not computed, or is open in a way that the rules do not show."""
    settings = part.section("system settings")
    if settings:
        for key, value, rule, message in _SETTINGS_TOLD:
            if settings.get(key) == value:
                notes.notice(settings.line_of(key), rule, message)
    for name, rule, message in (
        ("firewall local-in-policy", "fortios.local-in", _LOCAL_IN),
        ("firewall local-in-policy6", "fortios.local-in", _LOCAL_IN),
        ("firewall proxy-policy", "fortios.proxy", _PROXY),
    ):
        section = part.section(name)
        if section and section.entries:
            notes.notice(section.line, rule, message)


_SETTINGS_TOLD = (
    ("central-nat", "enable", "fortios.central-nat", _CENTRAL_NAT),
    ("opmode", "transparent", "fortios.transparent", _TRANSPARENT),
    ("asymroute", "enable", "fortios.asymmetric", _ASYMMETRIC),
)


def tell_same_interface(part: Node, lan: set[str], notes: Notes) -> None:
    """Tell of routes that lead on from an interface in `lan`, back out of which FortiOS forwards without a policy."""
    section = part.section("router static")
    for entry in section.entries if section else []:
        if (
            entry.get("device") in lan
            and entry.values("dst")
            and entry.get("status") != "disable"
            and entry.get("gateway")
        ):
            message = _HAIRPIN.filled(name=entry.get("device"))
            notes.notice(entry.line, "fortios.same-interface", message)


def truncated(line: int, notes: Notes) -> None:
    """Note that the file ends inside a section."""
    notes.unparsed(line, "(…)", _TRUNCATED, Bearing.FILTER)


def tell_no_policy(line: int, notes: Notes) -> None:
    """Tell that the file has no policies at all."""
    notes.notice(line, "fortios.no-policy", _NO_POLICY)
