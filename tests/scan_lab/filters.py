"""The nftables tables of the router and of a host."""

from collections.abc import Iterable, Iterator, Sequence

from tests.scan_lab.plan import ROUTER_ADDRESSES, Answer, Host, Line, answers_of, led_to, spans

PROTOCOLS = ("tcp", "udp", "icmp", "ipv6-icmp")
_PARTS = 1_000_000
_FAMILIES = (("4", "ip", "ipv4_addr"), ("6", "ip6", "ipv6_addr"))
_A_SYN = "tcp flags & (fin|syn|rst|ack) == syn"


def is_six(address: str) -> bool:
    """Whether an address is of IPv6."""
    return ":" in address


def router_rules(hosts: Sequence[Host], shared: Line) -> str:
    """Return the router's table: what the scanner sends is counted per address, what leads nowhere is counted and dropped."""
    lines = ["table inet lab {", " counter link {}"]
    for number, _, kind in _FAMILIES:
        ours = [one for host in hosts for one in host.addresses if is_six(one) == (number == "6")]
        lines += _counted(
            f"sent{number}", f"{kind} . inet_proto", [f"{one} . {name}" for one in ours for name in PROTOCOLS]
        )
        lines += _counted(f"rest{number}", kind, ours)
        lines += _counted(f"back{number}", kind, ours)
        lines += [f" set outside{number} {{", f"  type {kind}", "  size 65535", "  flags dynamic", "  counter", " }"]
    lines += [
        " chain counting {",
        "  type filter hook prerouting priority -300",
        '  iifname != "scanner" return',
        f"  ip saddr {ROUTER_ADDRESSES[0]} ip daddr 255.255.255.255 return",
    ]
    lines += ["  ip6 daddr { fe80::/10, ff00::/8 } counter name link return"]
    for number, family, _ in _FAMILIES:
        lines += [
            f"  {family} daddr . meta l4proto @sent{number} accept",
            f"  {family} daddr @rest{number} accept",
            f"  meta nfproto ipv{number} add @outside{number} {{ {family} daddr }} drop",
        ]
    lines += [" }", " chain lines {", "  type filter hook forward priority 0"]
    for host in hosts:
        for address in host.addresses:
            lines += _losses(address, host.line or shared)
    for number, family, _ in _FAMILIES:
        lines.append(f'  oifname "scanner" {family} saddr @back{number}')
    return "\n".join([*lines, " }", "}", ""])


def _counted(name: str, kind: str, elements: list[str]) -> list[str]:
    held = [f"  elements = {{ {', '.join(elements)} }}"] if elements else []
    return [f" set {name} {{", f"  type {kind}", "  counter", *held, " }"]


def _losses(address: str, line: Line) -> Iterator[str]:
    family = "ip6" if is_six(address) else "ip"
    there, back = f'  iifname "scanner" {family} daddr {address}', f'  oifname "scanner" {family} saddr {address}'
    if line.packets_per_second is not None:
        yield f"{there} {_over(line.packets_per_second)} drop"
    for way, loss in ((there, line.loss_out), (back, line.loss_in)):
        if loss:
            yield f"{way} numgen random mod {_PARTS} < {round(loss * _PARTS)} drop"


def _over(rate: int, least: int = 5) -> str:
    return f"limit rate over {rate}/second burst {max(rate // 10, least)} packets"


def host_rules(host: Host) -> str:
    """Return a host's table: who listens where, what is limited, who is blocked, what closed ports say."""
    names = ("arrived", "blocked", "limited", "unanswered")
    lines = ["table inet lab {", *(f" counter {name} {{}}" for name in names)]
    if host.block:
        for number, _, kind in _FAMILIES:
            for name in (f"speed{number}", f"fast{number}"):
                lines += [
                    f" set {name} {{",
                    f"  type {kind}",
                    "  size 1024",
                    "  flags dynamic,timeout",
                    "  timeout 1h",
                    " }",
                ]
    lines += [*_leading(host), *_incoming(host), *_outgoing(host), "}", ""]
    return "\n".join(lines)


def _leading(host: Host) -> Iterator[str]:
    """Lead every port of an answer to its one listener; the local end keeps the port that was called."""
    if host.syn_proxy:
        yield from (" chain early {", "  type filter hook prerouting priority raw")
        yield from ('  iifname "line" tcp flags syn notrack', " }")
    yield from (" chain arriving {", "  type filter hook prerouting priority -150")
    yield '  iifname "lo" accept'
    yield "  counter name arrived"
    for at, (runs, _) in enumerate(answers_of(host.tcp, Answer())):
        yield f"  tcp dport {_set(runs)} tproxy to :{led_to(at, host)} accept"
    yield " }"


def _incoming(host: Host) -> Iterator[str]:
    yield from (" chain incoming {", "  type filter hook input priority 0", '  iifname "lo" accept')
    yield "  icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept"
    if host.block:
        yield from _blocking(host)
    if host.syn_per_second is not None:
        yield f"  {_A_SYN} {_over(host.syn_per_second)} counter name limited drop"
    if not host.pings:
        yield "  icmp type echo-request drop"
        yield "  icmpv6 type echo-request drop"
    if host.syn_proxy:
        yield "  ct state invalid,untracked meta l4proto tcp synproxy mss 1460 wscale 7 timestamp sack-perm"
        yield "  ct state invalid drop"
    for protocol, ports in (("tcp", host.open_tcp), ("udp", host.open_udp)):
        if ports:
            yield f"  {protocol} dport {_set(spans(ports))} accept"
    yield "  ct state established,related accept"
    if host.filtered:
        yield f"  tcp dport {_set(spans(host.filtered))} counter name unanswered drop"
    if host.closed == "drop":
        yield "  meta l4proto { tcp, udp } counter name unanswered drop"
    elif host.closed == "reject":
        yield "  meta l4proto { tcp, udp } reject with icmpx admin-prohibited"
    yield " }"


def _blocking(host: Host) -> Iterator[str]:
    block = host.block
    assert block is not None
    for number, family, _ in _FAMILIES:
        fast = f"@fast{number} {{ {family} saddr timeout {block.seconds}s }}"
        if block.renews:
            yield f"  {family} saddr @fast{number} update {fast} counter name blocked drop"
        yield f"  {family} saddr @fast{number} counter name blocked drop"
        speed = f"@speed{number} {{ {family} saddr {_over(block.above, block.above)} }}"
        yield f"  update {speed} add {fast} counter name blocked drop"


def _outgoing(host: Host) -> Iterator[str]:
    yield from (" chain outgoing {", "  type filter hook output priority 0", '  oifname "lo" accept')
    if host.rst_per_second is not None:
        yield f"  tcp flags & rst == rst {_over(host.rst_per_second)} counter name limited drop"
    if host.icmp_per_second is not None:
        yield f"  icmp type destination-unreachable {_over(host.icmp_per_second, 1)} counter name limited drop"
        yield f"  icmpv6 type destination-unreachable {_over(host.icmp_per_second, 1)} counter name limited drop"
    yield " }"


def _set(runs: Iterable[tuple[int, int]]) -> str:
    return "{ " + ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs) + " }"
