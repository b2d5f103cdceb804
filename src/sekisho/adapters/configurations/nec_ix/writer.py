"""Writes rule sets, translations, routes and addresses in the language of NEC UNIVERGE IX.

`emit(read(text))` reads back as the same meaning. What is not certain is written with the word `unknown`, which no device
takes: it can be read again, and cannot be loaded by mistake. A rule over several networks or services becomes several
lines. Rules that stood in a dynamic list (see `rules.DYNAMIC`) are written as one again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from sekisho.adapters.configurations.nec_ix.rules import DYNAMIC
from sekisho.adapters.configurations.rule_pieces import Piece, addresses, pieces
from sekisho.adapters.configurations.statements import UNKNOWN_OUTSIDE
from sekisho.domain.network.addresses import ANY_V4, ANY_V6, V6_BASE, address_text, prefixes_of, span_texts
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Action, AtInterface, Interface, Rule, RuleSet, SourceNat, StaticNat
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import ANY_SERVICE, ICMP6, port_of, protocol_of

MOST_NAME = 15
_ACTIONS = {Action.PERMIT: "permit", Action.DENY: "deny", Action.UNKNOWN: "unknown"}
_PROTOCOLS = {6: "tcp", 17: "udp", 1: "icmp", ICMP6: "icmp"}


def emit(configuration: DeviceConfiguration) -> str:
    """Return the configuration as text, with a line end at its end."""
    return "\n".join(_Writer(configuration).lines()) + "\n"


def rule_lines(name: str, rule: Rule) -> list[str]:
    """Return the lines that put `rule` into the list `name`: first those of IPv4, then those of IPv6."""
    return [line for version in (4, 6) for line in _entries(name, rule, version)]


@dataclass(slots=True)
class _Writer:
    configuration: DeviceConfiguration
    lists: dict[tuple[int, str], tuple[str, ...]] = field(default_factory=dict)
    dynamic: dict[tuple[int, str], str] = field(default_factory=dict)
    inside: dict[str, list[str]] = field(default_factory=dict)
    """Lines inside each interface."""
    pools: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield the lines: lists before what names them."""
        for ruleset in self.configuration.rulesets:
            if isinstance(ruleset.at, AtInterface):
                self._ruleset(ruleset, ruleset.at)
        for interface in self.configuration.interfaces:
            self._translations(interface)
        if self.configuration.hostname:
            yield f"hostname {self.configuration.hostname}"
        yield from self._routes()
        yield from (line for body in self.lists.values() for line in body)
        yield from self.dynamic.values()
        yield from self.pools
        yield "!"
        yield from self._profiles()
        for interface in self.configuration.interfaces:
            yield from self._interface(interface)

    def _routes(self) -> Iterator[str]:
        for at, route in enumerate(self.configuration.routes, 1):
            way = [route.interface] if route.interface else []
            way += [address_text(route.via)] if route.via is not None else []
            family = "ipv6" if route.prefix[0] >= V6_BASE else "ip"
            yield f"{family} route {_network(route.prefix)} {' '.join(way)} distance {at}"

    def _profiles(self) -> Iterator[str]:
        for pool in self.configuration.vpn_pools:
            first, last = (address_text(number) for number in pool.addresses.spans[0])
            yield from (f"ppp profile {pool.name}", f"  ipcp provide-ip-address range {first} {last}", "!")

    def _interface(self, interface: Interface) -> Iterator[str]:
        yield f"interface {interface.id}"
        if interface.name:
            yield f"  description {interface.name}"
        if interface.address is not None and interface.network is not None:
            family = "ipv6" if interface.address >= V6_BASE else "ip"
            length = prefixes_of(interface.network)[0].partition("/")[2]
            yield f"  {family} address {address_text(interface.address)}/{length}"
        for pool in self.configuration.vpn_pools:
            if pool.interface == interface.id:
                yield f"  ppp binding {pool.name}"
        yield from self.inside.get(interface.id, [])
        yield from ("  no shutdown", "!")

    def _ruleset(self, ruleset: RuleSet, at: AtInterface) -> None:
        rules = [rule for rule in ruleset.rules if rule.enabled]
        for version in (4, 6):
            anywhere = ANY_V6 if version == 6 else ANY_V4
            here = [rule for rule in rules if rule.src & anywhere and rule.dst & anywhere]
            rest = _rest(ruleset.default, anywhere, bool(here) or version == 4)
            if version == 4 and not here and not rest:
                rest = [Rule(seq=0, action=Action.DENY, src=anywhere, dst=anywhere, name="deny-all")]
            order = 0
            for (name, objects), group in groupby([*here, *rest], key=lambda rule: (rule.name, rule.objects)):
                order += 10
                applied = self._list(version, name, objects, list(group))
                family = "ipv6" if version == 6 else "ip"
                self._add(at.interface, f"{family} filter {applied} {order} {at.direction.value}")

    def _list(self, version: int, name: str, objects: tuple[str, ...], rules: list[Rule]) -> str:
        """Write a list, and the dynamic one over it when its rules stood in one; return the name to apply."""
        is_dynamic = bool(objects) and objects[0].startswith(DYNAMIC)
        if not is_dynamic:
            return self._static(version, name, rules)
        # Every deny of a trigger is read as uncertain; a last rule over everything stands for what was not understood.
        certain = [
            rule for rule in rules if rule.action is not Action.UNKNOWN or rule.name != objects[0][len(DYNAMIC) :]
        ]
        trigger = self._static(version, name, certain, is_trigger=True) if certain else ""
        more = "" if len(certain) == len(rules) else " unknown"
        taken = {known for at, known in (*self.lists, *self.dynamic) if at == version}
        family = "ipv6" if version == 6 else "ip"
        wanted = objects[0][len(DYNAMIC) :]
        body = f" access {trigger}{more}" if trigger else " unknown"
        for known_at, line in self.dynamic.items():
            if known_at[0] == version and line.endswith(body) and known_at[1].startswith(wanted[:8]):
                return known_at[1]
        applied = _free(wanted, taken)
        self.dynamic[version, applied] = f"{family} access-list dynamic {applied}{body}"
        return applied

    def _static(self, version: int, name: str, rules: list[Rule], is_trigger: bool = False) -> str:
        wanted, at = _free(name, set()), 1
        while True:
            body = tuple(line for rule in rules for line in _entries(wanted, rule, version, is_trigger))
            body = body or (f"{'ipv6' if version == 6 else 'ip'} access-list {wanted} deny ip src any dest any",)
            known = self.lists.get((version, wanted))
            if (known is None and (version, wanted) not in self.dynamic) or known == body:
                self.lists[version, wanted] = body
                return wanted
            at += 1
            wanted = _free(f"{name[: MOST_NAME - 4]}-{at}", set())

    def _add(self, interface: str, line: str) -> None:
        self.inside.setdefault(interface, []).append(f"  {line}")

    def _translations(self, interface: Interface) -> None:
        statics = [nat for nat in self.configuration.static_nats if nat.interface == interface.id]
        sources = [nat for nat in self.configuration.source_nats if nat.interface == interface.id]
        whole = [nat for nat in statics if nat.service == ANY_SERVICE]
        rest = [nat for nat in sources if not any(_mirrors(nat, static) for static in whole)]
        if whole or len(rest) > 1:
            self._add(interface.id, "ip nat enable")
        for nat in whole:
            inside = (nat.inside, nat.inside + nat.outside.size - 1)
            self._add(interface.id, f"ip nat static {span_texts(inside)[0]} {span_texts(nat.outside.spans[0])[0]}")
        for at, hidden in enumerate(rest[:-1], 1):
            self._pool(interface, hidden, at)
        forwarded = [nat for nat in statics if nat.service != ANY_SERVICE]
        if rest or forwarded:
            self._shared(interface, rest[-1:], forwarded)

    def _pool(self, interface: Interface, nat: SourceNat, at: int) -> None:
        outside = address_text(nat.outside)
        self.pools.append(f"ip nat pool pool-{len(self.pools) + 1} {outside} {outside}")
        name = self._static(4, f"pool-{at}-from", [Rule(seq=0, action=Action.PERMIT, src=nat.inside)])
        self._add(interface.id, f"ip nat dynamic list {name} pool pool-{len(self.pools)}")

    def _shared(self, interface: Interface, shared: list[SourceNat], forwarded: list[StaticNat]) -> None:
        outer = shared[0].outside if shared else forwarded[0].outside.first
        if shared or forwarded:
            self._add(interface.id, "ip napt enable")
        if outer not in (interface.address, UNKNOWN_OUTSIDE):
            self._add(interface.id, f"ip napt address {address_text(outer)}")
        if shared and shared[0].inside != ANY_V4:
            name = self._static(4, "napt-from", [Rule(seq=0, action=Action.PERMIT, src=shared[0].inside)])
            self._add(interface.id, f"ip napt inside list {name}")
        for at, nat in enumerate(forwarded, 1):
            first, last = nat.service.spans[0]
            protocol = protocol_of(first)
            ports = "any" if last - first == 65535 else _dashed(port_of(first), port_of(last))
            inner = "none" if nat.inside_port is None else str(nat.inside_port)
            name = _PROTOCOLS.get(protocol, str(protocol))
            self._add(interface.id, f"ip napt service s{at} {address_text(nat.inside)} {inner} {name} {ports}")


def _rest(default: Action, anywhere: Ranges, is_filtered: bool) -> list[Rule]:
    """Return a last rule where the rest is not dropped, as the device would."""
    if default is Action.DENY or not is_filtered:
        return []
    return [Rule(seq=0, action=default, src=anywhere, dst=anywhere, is_exact=default is Action.PERMIT, name="rest")]


def _mirrors(source: SourceNat, static: StaticNat) -> bool:
    """Return whether a static translation, read again, gives this source translation too."""
    at = source.inside.first - static.inside
    return source.inside.size == 1 and 0 <= at < static.outside.size and static.outside.first + at == source.outside


def _free(name: str, taken: set[str]) -> str:
    """Return a name a device takes (15 characters at most) that is not `taken`."""
    plain = "".join(c for c in name if c.isascii() and (c.isalnum() or c in "-_."))[:MOST_NAME] or "list"
    found, at = plain, 1
    while found in taken or found in ("dynamic", "sequence-mode", "cache"):
        at += 1
        found = f"{plain[: MOST_NAME - 4]}-{at}"
    return found


def _entries(name: str, rule: Rule, version: int, is_trigger: bool = False) -> Iterator[str]:
    anywhere = ANY_V6 if version == 6 else ANY_V4
    family = "ipv6" if version == 6 else "ip"
    is_exact = rule.is_exact or rule.action is Action.UNKNOWN or (is_trigger and rule.action is Action.DENY)
    for src in addresses(rule.src & anywhere, anywhere):
        for dst in addresses(rule.dst & anywhere, anywhere):
            for piece in pieces(rule):
                line = f"{family} access-list {name} {_ACTIONS[rule.action]} {_said(piece, src, dst)}"
                yield line if is_exact else f"{line} dscp unknown"


def _said(piece: Piece, src: str, dst: str) -> str:
    if piece.protocol < 0:
        return f"ip src {src} dest {dst}"
    name = _PROTOCOLS.get(piece.protocol, str(piece.protocol))
    if not piece.has_ports:
        return f"{name} src {src} dest {dst}"
    end = " established" if piece.is_established else ""
    return f"{name} src {src} sport {_ports(piece.sport)} dest {dst} dport {_ports(piece.dport)}{end}"


def _ports(span: Span) -> str:
    if span == (0, 65535):
        return "any"
    return f"eq {span[0]}" if span[0] == span[1] else f"range {span[0]} {span[1]}"


def _dashed(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _network(span: Span) -> str:
    if span in (ANY_V4.spans[0], ANY_V6.spans[0]):
        return "default"
    return prefixes_of(span)[0]
