"""Writes a device's rule sets and address translations for nftables, IPv4 only.

Every rule set becomes a chain that returns what it permits and drops the rest, so that all sets of a device must
permit. A set without state never asks the kernel what belongs to a known connection: replies meet its rules like
first packets. Connection tracking is at work beside it, for translations, for `tracked` rules, and to send replies
back on the way the first packet came (see `plan`).

What may decide or not (an unknown action, a rule that is not exact) is settled one way or the other by the rule's
number: an answer that holds whatever the unknown part does must hold for either.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sekisho.domain.network.addresses import ANY_ADDRESS, ANY_V4, address_text
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    AtZones,
    Device,
    Direction,
    Network,
    Rule,
    RuleSet,
    SourceNat,
    State,
    StaticNat,
)
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, PORTS, TCP, UDP, WITH_PORTS, port_of

NEIGHBOUR_MASK = 0xFFFF
"""The lower half of a connection's mark says which neighbour it came from; the upper half which `tracked` rules hold."""
MAX_MOVED_PORTS = 256


class NotInTheLab(Exception):
    """The network has something that nftables cannot be made to do in the same way."""


@dataclass(frozen=True)
class _View:
    """As what a packet is matched: `condition` says which packets, the rest where their parts are found."""

    condition: str = ""
    source: str = "ip saddr"
    target: str = "ip daddr"
    outer_ports: str = ""
    """Which port is the one called from outside: "dport", "sport", or none."""


_PLAIN = _View()
_OUTER_TARGET = _View("ct direction original", target="ct original ip daddr", outer_ports="dport")
_OUTER_SOURCE = _View("ct direction reply", source="ct original ip daddr", outer_ports="sport")


def device_rules(network: Network, device: Device, names: Mapping[str, str], zone_of: Callable[[str], str]) -> str:
    """Return the nftables table of one device. `names` are the kernel's names of its interfaces.

    Raises:
        NotInTheLab: see there.
    """
    return _Table(network, device, names, zone_of).text()


class _Table:
    def __init__(
        self, network: Network, device: Device, names: Mapping[str, str], zone_of: Callable[[str], str]
    ) -> None:
        self.device, self.names, self.zone_of = device, names, zone_of
        self.rulesets = [rules for rules in network.rulesets if rules.device == device.id]
        self.static = [nat for nat in network.static_nats if nat.device == device.id]
        self.source = [nat for nat in network.source_nats if nat.device == device.id]
        self.bits = {rules.id: 1 << (16 + at) for at, rules in enumerate(one for one in self.rulesets if one.tracked)}
        if len(self.bits) > 15:
            raise NotInTheLab(f"{device.id}: more than 15 rule sets with tracked rules")

    def text(self) -> str:
        lines = ["table inet lab {"]
        for at, rules in enumerate(self.rulesets):
            lines += [f"chain set{at} {{", *self._ruleset(rules), "}"]
            if rules.tracked:
                lines += [f"chain tracked{at} {{", *self._tracked(rules), "}"]
        lines += ["chain forward {", "type filter hook forward priority 0; policy accept;"]
        lines += [*self._jumps("tracked"), *self._jumps("set"), "}"]
        # A device is no host: what is sent to itself gets no answer, not even that the port is closed.
        lines += ["chain input {", "type filter hook input priority 0; policy drop;", "}", "}"]
        return "\n".join([*lines, *self._translations(), ""])

    def _jumps(self, kind: str) -> Iterator[str]:
        for at, rules in enumerate(self.rulesets):
            if kind == "tracked" and rules.tracked:
                yield f"ct direction original ct state new {self._place(rules, mirrored=True)} jump tracked{at}"
            elif kind == "set":
                yield f"{self._place(rules)} jump set{at}"

    def _place(self, rules: RuleSet, *, mirrored: bool = False) -> str:
        if isinstance(rules.at, AtInterface):
            side = "iifname" if (rules.at.direction is Direction.IN) != mirrored else "oifname"
            return f"{side} {self.names[rules.at.interface]}"
        if isinstance(rules.at, AtZones):
            source, target = rules.at.source, rules.at.target
            first, second = (target, source) if mirrored else (source, target)
            return f"iifname {self._zone(first)} oifname {self._zone(second)}"
        return ""

    def _zone(self, zone: str) -> str:
        return _set([self.names[one.id] for one in self.device.interfaces if self.zone_of(one.id) == zone] or ["none"])

    # ---- rules ----

    def _ruleset(self, rules: RuleSet) -> Iterator[str]:
        if rules.stateful:
            yield "ct state established,related return"
        elif rules.tracked:
            yield f"ct direction reply ct mark & {self.bits[rules.id]:#x} != 0 return"
        for rule in rules.rules:
            verdict = _verdict(rule)
            if verdict is not None and not (rules.stateful and rule.state is State.ESTABLISHED):
                for view in self._views(rules):
                    yield from (f"{match} {verdict}" for match in self._matches(rule, view))
        yield "return" if _permits(rules.default, len(rules.rules)) else "drop"

    def _tracked(self, rules: RuleSet) -> Iterator[str]:
        is_outer = isinstance(rules.at, AtInterface) and rules.at.direction is Direction.OUT and self._sees_outer(rules)
        for rule in rules.tracked:
            verdict = _verdict(rule)
            if verdict is not None and rule.state is not State.ESTABLISHED:
                done = "return" if verdict == "drop" else f"ct mark set ct mark | {self.bits[rules.id]:#x} return"
                for match in self._matches(rule, _OUTER_TARGET if is_outer else _PLAIN):
                    yield f"{match} {done}"

    def _views(self, rules: RuleSet) -> list[_View]:
        """Return how packets look to a set: beside an outer translation, one direction is seen from outside."""
        if not self._sees_outer(rules):
            return [_PLAIN]
        if isinstance(rules.at, AtInterface) and rules.at.direction is Direction.IN:
            return [_OUTER_TARGET, _View("ct direction reply")]
        return [_OUTER_SOURCE, _View("ct direction original")]

    def _sees_outer(self, rules: RuleSet) -> bool:
        if not isinstance(rules.at, AtInterface):
            return False
        seen = {nat.filters_see_inside for nat in self.static if nat.interface == rules.at.interface}
        if len(seen) > 1:
            raise NotInTheLab(f"{rules.id}: translations of both kinds on one interface")
        return seen == {False}

    def _matches(self, rule: Rule, view: _View) -> Iterator[str]:
        """Yield matches that together are what the rule matches."""
        parts = [view.condition]
        for side, addresses in ((view.source, rule.src), (view.target, rule.dst)):
            v4 = addresses & ANY_V4
            if not v4:
                return
            if addresses != ANY_ADDRESS and v4 != ANY_V4:
                parts.append(f"{side} {_set(_addresses(v4))}")
        for side, among in (("iifname", rule.entering), ("oifname", rule.leaving)):
            if among is not None:
                parts.append(f"{side} {_set(self.names[name] for name in sorted(among))}")
        for protocol, service in _services(rule, view):
            for state in _states(rule, protocol):
                yield " ".join(part for part in (*parts, service, state) if part)

    # ---- translations ----

    def _translations(self) -> Iterator[str]:
        if not (self.static or self.source):
            return
        yield "table ip translated {"
        yield "chain arriving {\ntype nat hook prerouting priority dstnat;"
        for static in self.static:
            yield from _static_lines(static, self.names[static.interface])
        yield "}\nchain leaving {\ntype nat hook postrouting priority srcnat;"
        for source in self.source:
            yield from _source_lines(source, self.names[source.interface])
        yield "}\n}"


def _verdict(rule: Rule) -> str | None:
    """Return what the rule does in the lab; None when it takes no part there."""
    if not rule.takes_part or (not rule.is_exact and rule.seq // 10 % 2):
        return None
    return "return" if _permits(rule.action, rule.seq // 10) else "drop"


def _permits(action: Action, number: int) -> bool:
    return action is Action.PERMIT or (action is Action.UNKNOWN and number % 3 == 0)


def _states(rule: Rule, protocol: int | None) -> list[str]:
    """Return how a filter without state tells replies: those of TCP by their flags, others by nothing it could see."""
    if rule.state is not State.ESTABLISHED:
        return [""]
    by_flags, by_direction = "tcp flags & (ack | rst) != 0", "ct direction reply"
    if protocol is None:
        return [f"meta l4proto tcp {by_flags}", f"meta l4proto != tcp {by_direction}"]
    return [by_flags if protocol == TCP else by_direction]


def _services(rule: Rule, view: _View) -> Iterator[tuple[int | None, str]]:
    """Yield each protocol, None for all, with the match of its ports."""
    by_ports = rule.source_ports != ANY_PORT
    if rule.service == ANY_SERVICE and not by_ports:
        yield None, ""
        return
    for protocol, ports in _by_protocol(rule.service):
        if protocol in WITH_PORTS:
            sides = {"dport": ports, "sport": rule.source_ports}
            yield from ((protocol, match) for match in _port_matches(protocol, sides, view))
        elif not by_ports:
            yield protocol, f"meta l4proto {protocol}"


def _by_protocol(services: Ranges) -> Iterator[tuple[int, Ranges]]:
    for protocol in range(256):
        own = services & Ranges(((protocol * PORTS, protocol * PORTS + PORTS - 1),))
        if own and (services != ANY_SERVICE or protocol in WITH_PORTS):
            yield protocol, Ranges(tuple((first % PORTS, last % PORTS) for first, last in own.spans))


def _port_matches(protocol: int, sides: Mapping[str, Ranges], view: _View) -> Iterator[str]:
    plain = [f"meta l4proto {protocol}"]
    outer: Ranges | None = None
    for side, ports in sides.items():
        if ports == ANY_PORT:
            continue
        if side == view.outer_ports:
            outer = ports
        else:
            plain.append(f"th {side} {_set(_span_text(span) for span in ports.spans)}")
    if outer is None:
        yield " ".join(plain)
        return
    for first, last in outer.spans:
        yield " ".join([*plain, f"ct original proto-dst >= {first} ct original proto-dst <= {last}"])


def _static_lines(nat: StaticNat, interface: str) -> Iterator[str]:
    position = 0
    for first, last in (nat.outside & ANY_V4).spans:
        for outside in range(first, last + 1):
            inside = address_text(nat.inside + position)
            position += 1
            head = f"iifname {interface} ip daddr {address_text(outside)}"
            if nat.service == ANY_SERVICE and nat.inside_port is None:
                yield f"{head} dnat to {inside}"
                continue
            for protocol, ports in _by_protocol(nat.service):
                yield from _port_lines(nat, head, inside, protocol, ports)


def _port_lines(nat: StaticNat, head: str, inside: str, protocol: int, ports: Ranges) -> Iterator[str]:
    if protocol not in (TCP, UDP):
        yield f"{head} meta l4proto {protocol} dnat to {inside}"
    elif nat.inside_port is None:
        yield f"{head} meta l4proto {protocol} th dport {_set(map(_span_text, ports.spans))} dnat to {inside}"
    elif ports.size > MAX_MOVED_PORTS:
        raise NotInTheLab(f"{nat.device}/{nat.interface}: more than {MAX_MOVED_PORTS} ports moved by one translation")
    else:
        moved = nat.inside_port - port_of(nat.service.first)
        for port in ports:
            if 0 < port + moved < PORTS:
                yield f"{head} meta l4proto {protocol} th dport {port} dnat to {inside}:{port + moved}"


def _source_lines(nat: SourceNat, interface: str) -> Iterator[str]:
    inside = nat.inside & ANY_V4
    if inside:
        yield f"oifname {interface} ip saddr {_set(_addresses(inside))} snat to {address_text(nat.outside)}"


def _addresses(addresses: Ranges) -> Iterator[str]:
    for first, last in addresses.spans:
        yield address_text(first) if first == last else f"{address_text(first)}-{address_text(last)}"


def _span_text(span: Span) -> str:
    return str(span[0]) if span[0] == span[1] else f"{span[0]}-{span[1]}"


def _set(members: Iterable[str]) -> str:
    return "{ " + ", ".join(members) + " }"
