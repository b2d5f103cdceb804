"""An allow-list as an nftables ruleset of the host itself: everything in and out is dropped but what is listed.

The ruleset replaces its own table and touches no other; loading it twice is loading it once, and `nft -f` takes it whole
or not at all. Destinations without an address become empty sets that a person fills.

Source: nft(8). Neighbour discovery of IPv6 and errors of known connections pass, as networks fail without them.
"""

from collections.abc import Iterator

from sekisho.adapters.host_firewalls.allow_list import Allowed, AllowList, Way
from sekisho.adapters.host_firewalls.script import HostScript, flat
from sekisho.domain.network.addresses import ANY_V4, ANY_V6, address_text, prefixes_of
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_SERVICE, ICMP, ICMP6, PORTS, WITH_PORTS

TABLE = "sekisho_host"
_NAMES = {6: "tcp", 17: "udp", 132: "sctp"}


def nft_script(wanted: AllowList) -> HostScript:
    """Return the ruleset, and the one that takes it away. Check first with `nft -c -f FILE`."""
    places = [one for one in wanted.allowed if not one.peers]
    lines = [
        "#!/usr/sbin/nft -f",
        f"# 関所 Sekisho：{flat(wanted.name)} だけに当てる許可の一覧。書いていない通信は、受けるのも送るのも止めます。",
        "# 適用の前に確かめる：nft -c -f このファイル　　適用：nft -f このファイル　　取り消し：戻すファイルを同じように適用",
        "# 遠隔で操作している場合は締め出されることがあります。装置の前で作業してください。",
        f"table inet {TABLE}",
        f"delete table inet {TABLE}",
        f"table inet {TABLE} {{",
        *(line for number, one in enumerate(places, 1) for line in _place(number, one)),
        *_chain("input", Way.IN, wanted, places),
        *_chain("output", Way.OUT, wanted, places),
        "}",
        "",
    ]
    back = [
        "#!/usr/sbin/nft -f",
        f"# 関所 Sekisho：{flat(wanted.name)} に当てた許可の一覧を取り除きます。ほかの規則には触れません。",
        f"table inet {TABLE}",
        f"delete table inet {TABLE}",
        "",
    ]
    return HostScript("\n".join(lines).encode(), "\n".join(back).encode(), "nft", wanted.notes)


def _place(number: int, one: Allowed) -> Iterator[str]:
    """Yield the set for a place whose addresses are not known yet: one for each family."""
    yield f"    # {flat(one.label)}：確かめたアドレスを elements に入れてください（名前は自動で調べません）。"
    for family, kind in (("v4", "ipv4_addr"), ("v6", "ipv6_addr")):
        yield f"    set place_{number}_{family} {{ type {kind}; flags interval; }}"


def _chain(hook: str, way: Way, wanted: AllowList, places: list[Allowed]) -> Iterator[str]:
    interface = "iif" if way is Way.IN else "oif"
    yield f"    chain {hook} {{"
    yield f"        type filter hook {hook} priority filter; policy drop;"
    yield f"        {interface} lo accept"
    yield "        ct state established,related accept"
    yield "        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert } accept"
    for one in wanted.allowed:
        if one.way is not way:
            continue
        yield f"        # {flat(one.label)}：{flat(one.why)}" + (f"（{one.until} まで）" if one.until else "")
        yield from (f"        {match} accept" for match in _matches(one, places))
    yield "    }"


def _matches(one: Allowed, places: list[Allowed]) -> Iterator[str]:
    side = "saddr" if one.way is Way.IN else "daddr"
    for family, whole in (("ip", ANY_V4), ("ip6", ANY_V6)):
        if one.peers:
            peers = _addresses(one.peers & whole)
        else:
            peers = f"@place_{places.index(one) + 1}_{'v4' if family == 'ip' else 'v6'}"
        if peers:
            yield from (f"{family} {side} {peers} {what}".rstrip() for what in _services(one.services))


def _addresses(peers: Ranges) -> str:
    texts = []
    for first, last in peers.spans:
        prefixes = prefixes_of((first, last))
        texts.append(prefixes[0] if len(prefixes) == 1 else f"{address_text(first)}-{address_text(last)}")
    return f"{{ {', '.join(texts)} }}" if texts else ""


def _services(services: Ranges) -> Iterator[str]:
    if services == ANY_SERVICE:
        yield "ct state new"
        return
    for protocol in range(256):
        whole = Ranges(((protocol * PORTS, protocol * PORTS + PORTS - 1),))
        asked = services & whole
        if not asked:
            continue
        if protocol in WITH_PORTS and protocol in _NAMES:
            ports = [_port(first % PORTS, last % PORTS) for first, last in asked.spans]
            yield f"ct state new {_NAMES[protocol]} dport {{ {', '.join(ports)} }}"
        elif protocol * PORTS in asked:
            name = {ICMP: "icmp", ICMP6: "ipv6-icmp"}.get(protocol, str(protocol))
            yield f"ct state new meta l4proto {name}"


def _port(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
