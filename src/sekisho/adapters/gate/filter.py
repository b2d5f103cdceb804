"""The rules of a gate, as text for `nft`, and its counters read back.

One table for each gate, in the network namespace where the program runs. What comes from the inside meets, in order:

1. `arriving` (before the kernel joins fragments or looks for connections): only whole packets with the inside's own
   source address, to an address that is open now. The sets `open4` and `open6` are the law: every element has a
   timeout, so that the kernel closes an address although nobody is left to do it.
2. `to_outside` (forwarding): the address once more (what the host translates to another one is stopped), then the
   chain of that address: protocols, size, rate, count. The hook comes late, so that what another firewall on this
   host drops is not counted as sent.
3. `source`: the outside sees the host's own address; answers find back through the kernel's table of connections.

To the inside come only answers and ICMP errors about what was sent. A host that did not forward before forwards
nothing but this (`stay_closed`), and does not answer by itself to late replies of a scanned address (`own`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from sekisho.domain.diagnosis.consents import Address
from sekisho.domain.diagnosis.grants import Granted, bucket

PREFIX = "skg"
"""What tables and interfaces of gates are called: skg0, skg1 ... An interface's name has 15 characters at most."""
MOST_GATES = 4096
SYN_SENT_S, CLOSED_S, UNREPLIED_S = 15, 5, 15
"""Seconds that the kernel remembers a question without an answer. Longer than nmap waits (10), short enough for
16 addresses at 1,000 packets per second in the 262,144 connections that a kernel keeps by default."""


@dataclass(frozen=True, slots=True)
class Way:
    """The way out of one gate: names and addresses of the link between namespace and host."""

    number: int

    @property
    def name(self) -> str:
        """Return the name of the table, and of the link's end on the host."""
        return f"{PREFIX}{self.number}"

    @property
    def host4(self) -> IPv4Address:
        """Return the host's end. 169.254.64.0/18 is link-local: nobody routes it, no hospital uses it."""
        return IPv4Address("169.254.64.1") + 4 * self.number

    @property
    def inside4(self) -> IPv4Address:
        """Return the inside's end, in the same /30."""
        return self.host4 + 1

    @property
    def broadcast4(self) -> IPv4Address:
        """Return where the keeper sends a packet now and then; the kernel gives the host a copy, which is dropped."""
        return self.host4 + 2

    @property
    def host6(self) -> IPv6Address:
        """Return the host's end, in a unique local prefix (RFC 4193) of our own."""
        return IPv6Address(f"fd5e:a15c:9d2b:{self.number:x}::1")

    @property
    def inside6(self) -> IPv6Address:
        """Return the inside's end, in the same /126."""
        return self.host6 + 1


def base_rules(way: Way) -> str:
    """Return the table of a gate through which nothing passes yet."""
    neighbours = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }"
    chatter = "{ nd-router-solicit, mld-listener-report, mld2-listener-report, mld-listener-done }"
    return f"""
table inet {way.name} {{
  counter outside {{ }}
  counter refused {{ }}
  set open4 {{ type ipv4_addr; flags timeout; }}
  set open6 {{ type ipv6_addr; flags timeout; }}
  set known4 {{ type ipv4_addr; }}
  set known6 {{ type ipv6_addr; }}
  map ways4 {{ type ipv4_addr : verdict; }}
  map ways6 {{ type ipv6_addr : verdict; }}
  set turned_on4 {{ type ifname; }}
  set turned_on6 {{ type ifname; }}
  set listens_on {{ type ifname; }}
  {_timeout("tcp", "ip")}
  {_timeout("tcp", "ip6")}
  {_timeout("udp", "ip")}
  {_timeout("udp", "ip6")}
  chain arriving {{
    type filter hook prerouting priority -450; policy accept;
    iifname "{way.name}" goto from_inside
  }}
  chain from_inside {{
    ip6 daddr {{ ff02::/16, {way.host6} }} {neighbours} accept
    ip6 daddr ff02::/16 icmpv6 type {chatter} drop
    ip saddr {way.host4} ip daddr {way.broadcast4} drop
    ip daddr @open4 goto sound
    ip6 daddr @open6 goto sound
    counter name outside drop
  }}
  chain sound {{
    ip saddr != {way.inside4} counter name refused drop
    ip6 saddr != {way.inside6} counter name refused drop
    ip frag-off & 0x3fff != 0 counter name refused drop
    exthdr frag exists counter name refused drop
    accept
  }}
  chain arrived {{
    type filter hook input priority filter; policy accept;
    iifname "{way.name}" {neighbours} accept
    iifname "{way.name}" counter name outside drop
  }}
  chain forward {{
    type filter hook forward priority security; policy accept;
    iifname "{way.name}" goto to_outside
    oifname "{way.name}" goto to_inside
    jump stay_closed
  }}
  chain to_outside {{
    oifname "{PREFIX}*" counter name outside drop
    ct state invalid,untracked counter name refused drop
    ip daddr @open4 ip daddr vmap @ways4
    ip6 daddr @open6 ip6 daddr vmap @ways6
    counter name outside drop
  }}
  chain to_inside {{
    ct state established ct direction reply accept
    ct state related meta l4proto {{ icmp, ipv6-icmp }} accept
    drop
  }}
  chain stay_closed {{
    iifname @turned_on4 meta nfproto ipv4 oifname != "{PREFIX}*" drop
    iifname @turned_on6 meta nfproto ipv6 oifname != "{PREFIX}*" drop
  }}
  chain own {{
    type filter hook output priority filter; policy accept;
    ip daddr @known4 jump no_answer
    ip6 daddr @known6 jump no_answer
  }}
  chain no_answer {{
    tcp flags & rst == rst drop
    icmp type destination-unreachable drop
    icmpv6 type destination-unreachable drop
  }}
  chain source {{
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr {way.inside4} masquerade
    ip6 saddr {way.inside6} masquerade
  }}
}}
"""


def _timeout(protocol: str, family: str) -> str:
    policy = f"syn_sent : {SYN_SENT_S}, close : {CLOSED_S}" if protocol == "tcp" else f"unreplied : {UNREPLIED_S}"
    lines = (f"ct timeout {protocol}_{family} {{", f"protocol {protocol};", f"l3proto {family};")
    return "\n".join([*lines, f"policy = {{ {policy} }}", "}"])


def address_rules(way: Way, granted: Granted, *, number: int, mtu: int, is_new: bool) -> str:
    """Return what counts and bounds the packets to one address; it opens nothing.

    `number` is the address's own in this gate. `mtu` is that of the way there: a packet that the host would have to cut
    would be counted as one and sent as two.
    """
    version, table = granted.address.version, f"inet {way.name}"
    family = "ip" if version == 4 else "ip6"
    protocols, limit = ", ".join(sorted(granted.protocols)), bucket(granted.packets_per_second)
    lines = [
        f"add counter {table} passed{number}",
        f"add counter {table} over{number}",
        f"add chain {table} way{number}",
        f"flush chain {table} way{number}",
    ]
    rules = [
        f"meta l4proto != {{ {protocols} }} counter name refused drop",
        f"meta length > {mtu} counter name refused drop",
        f"limit rate over {limit.rate}/second burst {limit.burst} packets counter name over{number} drop",
        *(f'meta l4proto {one} ct state new ct timeout set "{one}_{family}"' for one in sorted(granted.protocols)),
        f"counter name passed{number} accept",
    ]
    lines += [f"add rule {table} way{number} {rule}" for rule in rules]
    if is_new:
        lines.append(f"add element {table} known{version} {{ {granted.address} }}")
        lines.append(f"add element {table} ways{version} {{ {granted.address} : goto way{number} }}")
    return "\n".join([*lines, ""])


def open_rules(way: Way, openings: Iterable[tuple[Address, int]]) -> str:
    """Return what opens addresses for so many milliseconds from now, whether they are open already or not.

    Adding and taking away first works for an element that is there, that is not and that has just run out; all of it
    is one transaction, so that there is no moment between.
    """
    lines = []
    for address, milliseconds in openings:
        element = f"element inet {way.name} open{address.version}"
        lines += [f"add {element} {{ {address} }}", f"delete {element} {{ {address} }}"]
        lines.append(f"add {element} {{ {address} timeout {milliseconds}ms }}")
    return "\n".join([*lines, ""])


def close_rules(way: Way, addresses: Iterable[Address]) -> str:
    """Return what closes addresses, also those that are closed already."""
    lines = []
    for address in addresses:
        element = f"element inet {way.name} open{address.version} {{ {address} }}"
        lines += [f"add {element}", f"delete {element}"]
    return "\n".join([*lines, ""])


def close_everything(way: Way) -> str:
    """Return what closes every address at once."""
    return f"flush set inet {way.name} open4\nflush set inet {way.name} open6\n"


def read_counters(document: dict[str, Any]) -> dict[str, int]:
    """Return packets by the counter's name, from `nft --json list counters table`."""
    items = (item.get("counter") for item in document["nftables"])
    return {item["name"]: item["packets"] for item in items if item is not None}


def read_elements(document: dict[str, Any]) -> Sequence[str]:
    """Return the elements of a set of names, from `nft --json list set`."""
    sets = (item.get("set") for item in document["nftables"])
    return [str(element) for item in sets if item is not None for element in item.get("elem", ())]


def number_of(name: str) -> int | None:
    """Return the number of the gate with a table or interface of this name, None for the name of anything else."""
    digits = name.removeprefix(PREFIX)
    is_ours = name.startswith(PREFIX) and digits.isascii() and digits.isdigit() and digits == str(int(digits))
    return int(digits) if is_ours and int(digits) < MOST_GATES else None


def as_address(text: str) -> Address:
    """Return the address that `text` writes."""
    return ip_address(text)
