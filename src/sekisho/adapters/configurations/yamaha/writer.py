"""Writes a configuration as commands of a YAMAHA router, such that reading them back means the same.

Each filter keeps its number; a line that still says what its rule says is written as it was read. A rule that one line
cannot say (tcp and udp with different ports) becomes several with new numbers. IPv6 is written only where a rule set has
rules of its own for it. Names, descriptions and whatever decides nothing about packets are left out.

Source: YAMAHA router command reference, as in `yamaha`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sekisho.adapters.configurations.statements import UNKNOWN_OUTSIDE
from sekisho.adapters.configurations.yamaha.filters import NotAFilter, dynamic_filter, resolved, static_rule
from sekisho.adapters.configurations.yamaha.result import SEQ_DYNAMIC, SEQ_IPV6, SEQ_UNFILTERED, SEQ_UNSURE
from sekisho.adapters.configurations.yamaha.words import APPLICATIONS
from sekisho.domain.network.addresses import ANY_V4, ANY_V6, address_text, span_texts
from sekisho.domain.network.configuration import DeviceConfiguration, VpnPool
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    Direction,
    Everywhere,
    Interface,
    Route,
    Rule,
    RuleSet,
    SourceNat,
    State,
    StaticNat,
)
from sekisho.domain.network.ranges import EMPTY, Ranges
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, PORTS, TCP, UDP, ports_of

_ACTIONS = {Action.PERMIT: "pass", Action.DENY: "reject", Action.UNKNOWN: "pass"}
_NAMES = {TCP: "tcp", UDP: "udp"}
UNREADABLE = "unreadable"
"""Stands in a list of filters for a part that could not be read; it cannot be read back either."""


def emit(configuration: DeviceConfiguration) -> str:
    """Return the commands that say what `configuration` says about packets."""
    return "\n".join([*_Writing(configuration).lines(), ""])


class _Writing:
    """One configuration while it is written. `filters` and `dynamics` are the lines of filters by family and number."""

    def __init__(self, configuration: DeviceConfiguration) -> None:
        self.configuration = configuration
        self.filters: dict[tuple[bool, int], str] = {}
        self.dynamics: dict[tuple[bool, int], str] = {}
        self.by_place = {
            (one.at.interface, one.at.direction): one
            for one in configuration.rulesets
            if isinstance(one.at, AtInterface)
        }
        seqs = [rule.seq for one in configuration.rulesets for rule in (*one.rules, *one.tracked)]
        self.next_number = max((seq for seq in seqs if seq < SEQ_IPV6), default=0) + 1

    def lines(self) -> Iterator[str]:
        """Yield the commands: interfaces with what applies there, then filters, descriptors and routes."""
        pools = {pool.interface: pool for pool in self.configuration.vpn_pools}
        descriptors: list[str] = []
        for interface in self.configuration.interfaces:
            if interface.id == "null":
                continue
            numbers = list(self._descriptors(interface, descriptors))
            yield from self._interface(interface, pools.get(interface.id), numbers)
        yield from self.filters.values()
        yield from self.dynamics.values()
        yield from descriptors
        if any(isinstance(one.at, Everywhere) for one in self.configuration.rulesets):
            yield "ip policy filter set enable 1"
        yield from _routes(self.configuration.routes, pools)

    # ---- interfaces ----

    def _interface(self, interface: Interface, pool: VpnPool | None, descriptors: list[int]) -> Iterator[str]:
        kind, number = _context(interface.id)
        if number:
            yield f"{kind} select {number}"
        if interface.address is not None and interface.address < ANY_V6.first:
            yield f"ip {kind} address {_address(interface)}"
        elif interface.address is not None or self._speaks_v6(interface):
            yield f"ipv6 {kind} address {_address(interface) if interface.address is not None else 'auto'}"
        elif not number:
            yield f"ip {kind} address dhcp"
        if interface.address is not None and interface.address < ANY_V6.first and self._speaks_v6(interface):
            yield f"ipv6 {kind} address auto"
        if pool is not None:
            spans = ["dhcp"] if pool.addresses == ANY_V4 else [_span(span) for span in pool.addresses.spans]
            yield f"ip {kind} remote address pool {' '.join(spans)}"
        for direction in Direction:
            yield from self._applied(interface.id, kind, direction)
        if descriptors:
            yield f"ip {kind} nat descriptor {' '.join(map(str, descriptors))}"
        if number:
            yield f"{kind} enable {number}"

    def _speaks_v6(self, interface: Interface) -> bool:
        return any(
            rule.src == ANY_V6
            for direction in Direction
            if (one := self.by_place.get((interface.id, direction))) is not None
            for rule in one.rules
            if rule.seq == SEQ_UNFILTERED
        )

    def _applied(self, interface_id: str, kind: str, direction: Direction) -> Iterator[str]:
        ruleset = self.by_place.get((interface_id, direction))
        if ruleset is None:
            return
        other = self.by_place.get((interface_id, Direction.OUT if direction is Direction.IN else Direction.IN))
        for rule in ruleset.rules:
            if rule.seq >= SEQ_UNSURE and rule.origin is not None and "secure filter" not in rule.origin.text:
                yield rule.origin.text
        filtered = [v6 for v6 in (False, True) if _has_list(ruleset, v6=v6)]
        for v6 in filtered:
            words = [word for rule in ruleset.rules for word in self._static(rule, ruleset, v6=v6)]
            dynamic = [*self._tracked(other, v6=v6), *self._own_dynamic(ruleset, v6=v6)]
            if ruleset.default is Action.PERMIT and not (other or ruleset.tracked):
                words += self._line(Rule(self._fresh(), Action.PERMIT), v6=v6)
            tail = ["dynamic", *dict.fromkeys(dynamic)] if dynamic else []
            family = "ipv6" if v6 else "ip"
            yield f"{family} {kind} secure filter {direction.value} {' '.join([*words, *tail])}"

    def _fresh(self) -> int:
        self.next_number += 1
        return self.next_number - 1

    # ---- static filters ----

    def _static(self, rule: Rule, ruleset: RuleSet, *, v6: bool) -> Iterator[str]:
        """Yield the numbers of one rule in the list of one family, and write its lines."""
        every = ANY_V6 if v6 else ANY_V4
        text = rule.origin.text if rule.origin is not None else ""
        if rule.seq == SEQ_UNFILTERED or not rule.enabled or _is_dynamic(rule):
            return
        if not (rule.src & every and rule.dst & every):
            return
        if "secure filter" in text:
            if rule.action is Action.UNKNOWN and rule.src == every:
                yield UNREADABLE if rule.seq >= SEQ_UNSURE else str(_number(rule))
            return
        if rule.seq < SEQ_UNSURE:
            yield from self._line(rule, v6=v6)

    def _line(self, rule: Rule, *, v6: bool) -> Iterator[str]:
        number = _number(rule)
        for text in _texts(rule, v6=v6):
            known = self.filters.get((v6, number))
            line = f"{'ipv6' if v6 else 'ip'} filter {number} {text}"
            if known is not None and known != line:
                number = self._fresh()
                line = f"{'ipv6' if v6 else 'ip'} filter {number} {text}"
            self.filters[v6, number] = line
            yield str(number)

    # ---- dynamic filters ----

    def _tracked(self, other: RuleSet | None, *, v6: bool) -> Iterator[str]:
        for rule in other.tracked if other is not None else ():
            yield from self._dynamic(rule, v6=v6)

    def _own_dynamic(self, ruleset: RuleSet, *, v6: bool) -> Iterator[str]:
        for rule in ruleset.rules:
            if _is_dynamic(rule):
                yield from self._dynamic(rule, v6=v6)

    def _dynamic(self, rule: Rule, *, v6: bool) -> Iterator[str]:
        every = ANY_V6 if v6 else ANY_V4
        if not (rule.src & every and rule.dst & every):
            return
        number = rule.seq - SEQ_DYNAMIC if rule.seq >= SEQ_DYNAMIC else rule.seq
        if (v6, number) not in self.dynamics and "secure filter" not in (rule.origin.text if rule.origin else ""):
            self.dynamics[v6, number] = self._dynamic_line(replace(rule, seq=number), v6=v6)
        yield str(number)

    def _dynamic_line(self, rule: Rule, *, v6: bool) -> str:
        family = "ipv6" if v6 else "ip"
        text = rule.origin.text if rule.origin is not None else ""
        words = text.split()
        if words[1:3] == ["filter", "dynamic"] and _still_says(words[3:], rule, v6=v6):
            for word in words[6:] if words[6:7] == ["filter"] else ():
                self._named_filter(word, v6=v6)
            return text
        head = f"{family} filter dynamic {rule.seq} {_addresses(rule.src, v6=v6)} {_addresses(rule.dst, v6=v6)}"
        application = next((name for name, service in APPLICATIONS.items() if service == rule.service), "")
        if application:
            return f"{head} {application}"
        named = Rule(self._fresh(), Action.PERMIT, service=rule.service, source_ports=rule.source_ports)
        return f"{head} filter {' '.join(self._line(named, v6=v6))}"

    def _named_filter(self, word: str, *, v6: bool) -> None:
        """Write the static filter that a dynamic one names, from wherever its rule is known."""
        if not word.isdecimal() or (v6, int(word)) in self.filters:
            return
        for ruleset in self.configuration.rulesets:
            for rule in (*ruleset.rules, *ruleset.tracked):
                if rule.name == f"filter {word}" or rule.seq == int(word):
                    list(
                        self._line(
                            replace(
                                rule,
                                seq=int(word),
                                src=ANY_V6 if v6 else ANY_V4,
                                dst=ANY_V6 if v6 else ANY_V4,
                                name="",
                                origin=None,
                            ),
                            v6=v6,
                        )
                    )
                    return

    # ---- descriptors ----

    def _descriptors(self, interface: Interface, lines: list[str]) -> Iterator[int]:
        statics = [one for one in self.configuration.static_nats if one.interface == interface.id]
        sources = [one for one in self.configuration.source_nats if one.interface == interface.id]
        if not statics and not sources:
            return
        paired = [one for one in statics if one.service == ANY_SERVICE and _masked(one, sources)]
        general = [one for one in sources if not any(_belongs(one, static) for static in paired)]
        number = len([line for line in lines if " type " in line]) + 1
        outer = {one.outside.first for one in statics if one not in paired}
        for at, source in enumerate(general or [None]):
            yield number + at
            lines += _descriptor(number + at, interface, source, outer)
            if at == 0:
                lines += _entries(number, statics, paired)


def _descriptor(number: int, interface: Interface, source: SourceNat | None, outer: set[int]) -> Iterator[str]:
    yield f"nat descriptor type {number} {'nat' if source is None and not outer else 'masquerade'}"
    address = source.outside if source is not None else min(outer, default=None)
    if address is not None and address not in (UNKNOWN_OUTSIDE, interface.address):
        yield f"nat descriptor address outer {number} {address_text(address)}"
    if source is not None and source.inside != ANY_V4:
        yield f"nat descriptor address inner {number} {' '.join(_span(span) for span in source.inside.spans)}"


def _entries(number: int, statics: list[StaticNat], paired: list[StaticNat]) -> Iterator[str]:
    for at, one in enumerate(statics, 1):
        inside = address_text(one.inside)
        if one in paired:
            outside = address_text(one.outside.first)
            yield f"nat descriptor static {number} {at} {outside}={inside} {one.outside.size}"
        elif one.service == ANY_SERVICE:
            yield f"nat descriptor masquerade incoming {number} forward {inside}"
        else:
            yield f"nat descriptor masquerade static {number} {at} {inside} {_forwarded(one)}"


def _forwarded(one: StaticNat) -> str:
    protocol = one.service.first // PORTS
    if protocol not in _NAMES:
        return str(protocol)
    ports = _ports(Ranges(tuple((first % PORTS, last % PORTS) for first, last in one.service.spans)))
    return f"{_NAMES[protocol]} {ports}" + (f"={one.inside_port}" if one.inside_port is not None else "")


def _masked(static: StaticNat, sources: Iterable[SourceNat]) -> bool:
    return any(_belongs(source, static) for source in sources)


def _belongs(source: SourceNat, static: StaticNat) -> bool:
    if source.inside.size != 1:
        return False
    at = source.inside.first - static.inside
    return 0 <= at < static.outside.size and source.outside == static.outside.first + at


# ---- words ----


def _context(interface_id: str) -> tuple[str, str]:
    """Return "pp" and "1" for "pp1", "lan1" and "" for "lan1"."""
    for kind in ("pp", "tunnel"):
        rest = interface_id.removeprefix(kind)
        if rest != interface_id and (rest.isdecimal() or rest == "-anonymous"):
            return kind, rest.removeprefix("-")
    return interface_id, ""


def _has_list(ruleset: RuleSet, *, v6: bool) -> bool:
    """Tell whether one family is filtered here: it is unless a rule says otherwise, IPv6 only with rules of its own."""
    every, other = (ANY_V6, ANY_V4) if v6 else (ANY_V4, ANY_V6)
    own = [rule for rule in ruleset.rules if rule.seq < SEQ_UNSURE or _from_list(rule)]
    if any(rule.seq == SEQ_UNFILTERED and rule.src == every for rule in own):
        return False
    if v6:
        return any(rule.src & ANY_V6 and not rule.src & other for rule in own)
    return ruleset.default is not Action.PERMIT or bool(own)


def _from_list(rule: Rule) -> bool:
    return rule.origin is not None and "secure filter" in rule.origin.text


def _is_dynamic(rule: Rule) -> bool:
    """Tell what a dynamic filter might do, defined or not, from a static filter."""
    words = rule.origin.text.split() if rule.origin is not None else []
    if SEQ_DYNAMIC <= rule.seq < SEQ_UNSURE or words[1:3] == ["filter", "dynamic"]:
        return True
    return _from_list(rule) and rule.action is Action.PERMIT and not rule.is_exact


def _number(rule: Rule) -> int:
    return rule.seq - SEQ_IPV6 if SEQ_IPV6 < rule.seq < SEQ_DYNAMIC else rule.seq


def _still_says(words: list[str], rule: Rule, *, v6: bool) -> bool:
    try:
        dynamic = dynamic_filter(words, rule.origin, v6=v6) if rule.origin is not None else None
    except NotAFilter:
        return False
    if dynamic is None or dynamic.number != rule.seq:
        return False
    if not dynamic.rules:
        return dynamic.src == rule.src and dynamic.dst == rule.dst
    known = resolved(dynamic, {})
    return known is not None and replace(known[0], is_exact=rule.is_exact) == rule


def _texts(rule: Rule, *, v6: bool) -> list[str]:
    """Return what stands after the number of a filter: one text for each line that the rule needs."""
    words = rule.origin.text.split() if rule.origin is not None else []
    if words[:2] == ["ipv6" if v6 else "ip", "filter"] and words[2:3] == [str(_number(rule))]:
        try:
            again = static_rule(words[2:], rule.origin, v6=v6) if rule.origin is not None else None
        except NotAFilter:
            again = None if rule.action is not Action.UNKNOWN else rule
        if again is not None and replace(again, seq=rule.seq, name=rule.name) == rule:
            return [" ".join(words[3:])]
    ends = f"{_ACTIONS[rule.action]} {_addresses(rule.src, v6=v6)} {_addresses(rule.dst, v6=v6)}"
    if rule.service == ANY_SERVICE and rule.source_ports == ANY_PORT:
        return [ends]
    return [f"{ends} {service}" for service in _services(rule)]


def _services(rule: Rule) -> Iterator[str]:
    source = _ports(rule.source_ports)
    if rule.service == EMPTY:
        yield f"{rule.name or 'tcpfin'} {source} *"
        return
    by_ports: dict[Ranges, list[str]] = {}
    for protocol in range(256):
        whole = ports_of(protocol)
        asked = rule.service & whole
        if not asked:
            continue
        ports = Ranges(tuple((first % PORTS, last % PORTS) for first, last in asked.spans))
        by_ports.setdefault(ports if protocol in _NAMES else ANY_PORT, []).append(_NAMES.get(protocol, str(protocol)))
    for ports, names in by_ports.items():
        if rule.state is State.ESTABLISHED:
            yield f"established {source} {_ports(ports)}"
            return
        has_ports = any(name in _NAMES.values() for name in names)
        yield f"{','.join(names)} {source if has_ports else '*'} {_ports(ports)}"


def _ports(ports: Ranges) -> str:
    if ports == ANY_PORT:
        return "*"
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ports.spans)


def _addresses(addresses: Ranges, *, v6: bool) -> str:
    every = ANY_V6 if v6 else ANY_V4
    own = addresses & every
    return "*" if own == every else ",".join(_span(span) for span in own.spans)


def _span(span: tuple[int, int]) -> str:
    return span_texts(span)[0]


def _address(interface: Interface) -> str:
    """Return "10.0.0.1/24" for an interface that has an address."""
    address = interface.address or 0
    first, last = interface.network or (address, address)
    bits = 128 if address >= ANY_V6.first else 32
    return f"{address_text(address)}/{bits - (last - first + 1).bit_length() + 1}"


def _routes(routes: Iterable[Route], pools: dict[str, VpnPool]) -> Iterator[str]:
    by_prefix: dict[tuple[int, int], list[str]] = {}
    for route in routes:
        pool = pools.get(route.interface or "")
        if pool is not None and pool.addresses.covers(Ranges((route.prefix,))):
            continue
        by_prefix.setdefault(route.prefix, []).append(_gateway(route))
    for prefix, gateways in by_prefix.items():
        family = "ipv6" if prefix[0] >= ANY_V6.first else "ip"
        target = "default" if prefix in (ANY_V4.spans[0], ANY_V6.spans[0]) else _span(prefix)
        yield f"{family} route {target} {' '.join(f'gateway {gateway}' for gateway in gateways)}"


def _gateway(route: Route) -> str:
    if route.via is not None:
        return address_text(route.via)
    kind, number = _context(route.interface or "null")
    return f"{kind} {number}" if number else kind
