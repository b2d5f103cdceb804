"""Writes filters, translations, routes and addresses in the language of Fujitsu Si-R.

`emit(read(text))` reads back as the same meaning. What is not certain is written with the word `unknown`, which no device
takes: it can be read again, and cannot be loaded by mistake. Filters keep their numbers as long as each becomes one line,
else they are numbered anew, in order.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sekisho.adapters.configurations.rule_pieces import Piece, addresses, pieces
from sekisho.adapters.configurations.si_r.filters import SEQ_OF_V6
from sekisho.adapters.configurations.statements import UNKNOWN_OUTSIDE
from sekisho.domain.network.addresses import ANY_V4, ANY_V6, V6_BASE, address_text, prefixes_of
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Action, AtInterface, Direction, Interface, Route, Rule, State
from sekisho.domain.network.ranges import Span
from sekisho.domain.network.services import ANY_SERVICE, TCP, port_of, ports_of, protocol_of

_ACTIONS = {Action.PERMIT: "pass", Action.DENY: "reject", Action.UNKNOWN: "unknown"}
_TCP = ports_of(TCP)


def emit(configuration: DeviceConfiguration) -> str:
    """Return the configuration as text, with a line end at its end."""
    lines = [f'sysname "{configuration.hostname}"'] if configuration.hostname else []
    for interface in configuration.interfaces:
        lines += _Writer(configuration, interface).lines()
    return "\n".join(lines) + "\n"


def filter_words(rule: Rule, direction: str, version: int) -> list[str]:
    """Return what stands behind the number of a filter, one text for each line that the rule needs."""
    return [f"{words} {direction}" for words in _said(rule, version)]


@dataclass(frozen=True, slots=True)
class _Line:
    """One filter line before it has its number: sorted by `seq`."""

    seq: int
    words: str


@dataclass(frozen=True, slots=True)
class _Writer:
    configuration: DeviceConfiguration
    interface: Interface

    @property
    def _face(self) -> str:
        name = self.interface.id.rstrip("0123456789")
        return f"{name} {self.interface.id[len(name) :]}".strip()

    def lines(self) -> Iterator[str]:
        """Yield the lines of one interface."""
        if self.interface.name:
            yield f'{self._face} name "{self.interface.name}"'
        yield from self._address()
        yield from self._routes()
        for version in (4, 6):
            yield from self._filters(version)
        yield from self._translations()

    def _address(self) -> Iterator[str]:
        address, network = self.interface.address, self.interface.network
        if network is not None and network[0] >= V6_BASE:
            yield f"{self._face} ip6 address 0 {prefixes_of(network)[0]}"
        elif address is not None and network is not None:
            yield f"{self._face} ip address {address_text(address)}/{prefixes_of(network)[0].partition('/')[2]} 3"
        elif address is not None:
            yield f"{self._face} ip address local {address_text(address)}"
        else:
            yield f"{self._face} ip dhcp service client"

    def _routes(self) -> Iterator[str]:
        for at, route in enumerate(self.configuration.routes):
            if self._carries(route):
                family = "ip6" if route.prefix[0] >= V6_BASE else "ip"
                way = address_text(route.via) if route.via is not None else ""
                yield " ".join(f"{self._face} {family} route {at} {_network(route.prefix)} {way} 1 {at}".split())

    def _carries(self, route: Route) -> bool:
        """Return whether this interface writes a route: its own, or the first whose network holds the next hop."""
        if route.via is None:
            return route.interface == self.interface.id
        near = [one for one in self.configuration.interfaces if _holds(one, route.via)] or [
            *self.configuration.interfaces
        ]
        return near[0].id == self.interface.id

    def _filters(self, version: int) -> Iterator[str]:
        sides, default = self._sides()
        if default is None:
            return
        family = "ip6" if version == 6 else "ip"
        lines = _merged(sides, version)
        keep = len({line.seq % SEQ_OF_V6 for line in lines}) == len(lines)
        for at, line in enumerate(lines):
            number = line.seq % SEQ_OF_V6 if keep else at
            yield f"{self._face} {family} filter {number} {line.words}"
        yield f"{self._face} {family} filter default {_ACTIONS[default]}"

    def _sides(self) -> tuple[dict[Direction, list[Rule]], Action | None]:
        """Return the rules of both sides and what happens to the rest; None when there is no rule set."""
        sides: dict[Direction, list[Rule]] = {Direction.IN: [], Direction.OUT: []}
        defaults: dict[Direction, Action] = {}
        for ruleset in self.configuration.rulesets:
            if isinstance(ruleset.at, AtInterface) and ruleset.at.interface == self.interface.id:
                sides[ruleset.at.direction] = [rule for rule in ruleset.rules if rule.enabled]
                defaults[ruleset.at.direction] = ruleset.default
        if not defaults:
            return sides, None
        default = defaults.get(Direction.IN, defaults.get(Direction.OUT))
        for direction in Direction:
            # One default holds for both sides of a device's interface; a side that differs says so in a last filter.
            wanted = defaults.get(direction, Action.PERMIT)
            if wanted is not default:
                last = max((rule.seq for rule in sides[direction]), default=0)
                sides[direction] = [*sides[direction], Rule(seq=last + 1, action=wanted)]
        return sides, default

    def _translations(self) -> Iterator[str]:
        statics = [nat for nat in self.configuration.static_nats if nat.interface == self.interface.id]
        shared = [nat for nat in self.configuration.source_nats if nat.interface == self.interface.id]
        if not statics and not shared:
            return
        outer = shared[0].outside if shared else statics[0].outside.first
        mode = "any" if outer in (UNKNOWN_OUTSIDE, self.interface.address) else address_text(outer)
        yield f"{self._face} ip nat mode multi {mode} 1 5m"
        for at, nat in enumerate(statics):
            first, last = nat.service.spans[0]
            outside = "any" if nat.outside.first in (UNKNOWN_OUTSIDE, outer) else address_text(nat.outside.first)
            after = "any" if nat.service == ANY_SERVICE or last - first == 65535 else _dashed(first, last)
            before = after if nat.inside_port is None else str(nat.inside_port)
            protocol = "any" if nat.service == ANY_SERVICE else str(protocol_of(first))
            inside = address_text(nat.inside)
            yield f"{self._face} ip nat static {at} {inside} {before} {outside} {after} {protocol}"


def _merged(sides: dict[Direction, list[Rule]], version: int) -> list[_Line]:
    """Return the lines of both sides in order; a rule that stands on both sides is one line without a direction."""
    anywhere = ANY_V6 if version == 6 else ANY_V4
    said: dict[Direction, list[tuple[int, str]]] = {}
    for direction, rules in sides.items():
        here = [rule for rule in rules if rule.src & anywhere and rule.dst & anywhere]
        in_order = [rule.seq for rule in here] == sorted(rule.seq for rule in here)
        numbered = [(rule.seq if in_order else at, rule) for at, rule in enumerate(here)]
        said[direction] = list(_written(numbered, version))
    lines: list[_Line] = []
    for seq in sorted({seq for texts in said.values() for seq, _ in texts}):
        into = [text for at, text in said[Direction.IN] if at == seq]
        out = [text for at, text in said[Direction.OUT] if at == seq]
        if into == out:
            lines += [_Line(seq, f"{text} any") for text in into]
        else:
            lines += [_Line(seq, f"{text} in") for text in into] + [_Line(seq, f"{text} out") for text in out]
    return lines


def _written(rules: list[tuple[int, Rule]], version: int) -> Iterator[tuple[int, str]]:
    """Yield (number, words) of each rule; the two rules that `any ... no` was read as become one line again."""
    skip = False
    for at, (seq, rule) in enumerate(rules):
        if skip:
            skip = False
            continue
        following = rules[at + 1][1] if at + 1 < len(rules) else None
        skip = following is not None and _is_pair(rule, following)
        for words in _said(rule, version, all_protocols=skip):
            yield seq, words


def _is_pair(first: Rule, second: Rule) -> bool:
    return (
        (first.seq, first.action, first.src, first.dst, first.is_exact)
        == (second.seq, second.action, second.src, second.dst, second.is_exact)
        and first.state is State.ESTABLISHED
        and first.service == _TCP
        and second.service == ANY_SERVICE - _TCP
    )


def _said(rule: Rule, version: int, all_protocols: bool = False) -> Iterator[str]:
    """Yield action, both sides, protocol, tcpconnect and TOS of each line that a rule needs."""
    anywhere = ANY_V6 if version == 6 else ANY_V4
    tos = "any" if rule.is_exact or rule.action is Action.UNKNOWN else "unknown"
    parts = [Piece(-1, is_established=True)] if all_protocols else list(pieces(rule))
    for src in addresses(rule.src & anywhere, anywhere):
        for dst in addresses(rule.dst & anywhere, anywhere):
            for piece in parts:
                protocol = "any" if piece.protocol < 0 else str(piece.protocol)
                connect = "no" if piece.is_established else "yes"
                sport, dport = _ports(piece.sport), _ports(piece.dport)
                yield f"{_ACTIONS[rule.action]} {src} {sport} {dst} {dport} {protocol} {connect} {tos}"


def _ports(span: Span) -> str:
    if span == (0, 65535):
        return "any"
    return str(span[0]) if span[0] == span[1] else f"{span[0]}-{span[1]}"


def _dashed(first: int, last: int) -> str:
    return _ports((port_of(first), port_of(last)))


def _network(span: Span) -> str:
    return "default" if span in (ANY_V4.spans[0], ANY_V6.spans[0]) else prefixes_of(span)[0]


def _holds(interface: Interface, number: int) -> bool:
    return interface.network is not None and interface.network[0] <= number <= interface.network[1]
