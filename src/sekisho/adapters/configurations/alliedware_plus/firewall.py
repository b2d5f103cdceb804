"""The firewall and NAT of AlliedWare Plus AR-series routers: entities, applications and rules over them.

An entity is a zone, a network of a zone, or a host of a network ("private.lan.web"). A subnet may be tied to an
interface; then only packets that enter (or leave) there match. An application without a definition here is known to
the device by its looks: such a rule is not exact.

Source: Allied Telesis technical guide "Firewall and Network Address Translation (NAT)" of the AR-series (entities,
default behaviour, connection tracking, order of NAT and firewall); AlliedWare Plus command references of the AR3050S
and AR4050S.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sekisho.adapters.configurations.cisco_like.objects import NotRead, prefix, v4_number
from sekisho.adapters.configurations.cisco_like.services import APPLICATIONS, icmp_services, protocol_services
from sekisho.adapters.configurations.cisco_like.text import (
    NAT_NOT_READ,
    NO_SUCH_OBJECT,
    NOT_AN_ADDRESS,
    NOT_KNOWN,
    RULE_NOT_READ,
    Account,
    Block,
    Line,
)
from sekisho.domain.network.addresses import ANY_ADDRESS, address_span
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Action, Everywhere, Interface, Rule, RuleSet, SourceNat, StaticNat
from sekisho.domain.network.ranges import EMPTY, Ranges, Span
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, PORTS, TCP, UDP, WITH_PORTS, ports_of, protocol_of

_ACTIONS = {"permit": Action.PERMIT, "deny": Action.DENY, "reject": Action.DENY}
_NOT_FIXED = 0
MOST_INTERFACES = 16


@dataclass(slots=True)
class _Entity:
    """What belongs to one entity itself: (addresses, interface or "") pairs. `is_exact` False: an address changes."""

    line: Line
    parts: list[tuple[Span, str]] = field(default_factory=list)
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class _Application:
    """What an application stands for."""

    service: Ranges
    source_ports: Ranges = ANY_PORT
    is_exact: bool = True


class Firewall:
    """Collects entities, applications, rules and translations."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._entities: dict[str, _Entity] = {}
        self._applications: dict[str, _Application] = {}
        self._rules: list[tuple[int, Line]] = []
        self._nats: list[tuple[int, Line]] = []
        self._protects = self._translates = False
        self._within: dict[str, list[str]] = {}
        self._known: dict[str, list[tuple[Ranges, str, bool | None]]] = {}

    # ---- collecting ----

    def zone(self, name: str, block: Block) -> None:
        """Take a block "zone NAME" with its networks and their hosts."""
        path = [name]
        self._entities.setdefault(name, _Entity(block.head))
        for line in block.body:
            match line.words:
                case ["network", network]:
                    path = [name, network]
                    self._entities.setdefault(".".join(path), _Entity(line))
                case ["host", host] if len(path) > 1:
                    path = [*path[:2], host]
                    self._entities.setdefault(".".join(path), _Entity(line))
                case _:
                    self._address(self._entities[".".join(path)], line)

    def _address(self, entity: _Entity, line: Line) -> None:
        words = line.words
        interface = words[words.index("interface") + 1] if "interface" in words[:-1] else ""
        try:
            match words:
                case ["ip" | "ipv6", "address", "dynamic", *_]:
                    entity.parts.append(((_NOT_FIXED, _NOT_FIXED), interface))
                    entity.is_exact = False
                case ["ip" | "ipv6", "subnet" | "address" | "range", written, *_]:
                    entity.parts.append((_span(written, words), interface))
                case _:
                    raise NotRead(line.text)
        except NotRead:
            entity.is_exact = False
            entity.parts.append((ANY_ADDRESS.spans[0], interface))
            self._account.unread(line, NOT_AN_ADDRESS, Bearing.FILTER)

    def application(self, name: str, block: Block) -> None:
        """Take a block "application NAME" with its protocol and ports."""
        services, source, ports = ANY_SERVICE, ANY_PORT, ANY_PORT
        try:
            for line in block.body:
                match line.words:
                    case ["protocol", word, *_]:
                        found = protocol_services(word)
                        if found is None:
                            raise NotRead(word)
                        services = found
                    case ["dport", *rest]:
                        ports = _ports(rest)
                    case ["sport", *rest]:
                        source = _ports(rest)
                    case ["icmp-type" | "icmp-code" | "description" | "dscp", *_]:
                        pass
                    case _:
                        raise NotRead(line.text)
        except (NotRead, IndexError):
            self._account.unread(block.head, RULE_NOT_READ, Bearing.FILTER)
            self._applications[name] = _Application(ANY_SERVICE, is_exact=False)
            return
        if ports != ANY_PORT and services != ANY_SERVICE and protocol_of(services.first) in WITH_PORTS:
            services = ports_of(protocol_of(services.first), ports)
        self._applications[name] = _Application(services, source)

    def rules(self, block: Block) -> None:
        """Take the block "firewall"."""
        for line in block.body:
            match line.words:
                case ["rule", number, *_] if number.isdecimal() and len(number) < 10:
                    self._rules.append((int(number), line))
                case ["rule", *_]:
                    self._rules.append((self._rules[-1][0] + 10 if self._rules else 10, line))
                case ["protect"]:
                    self._protects = True
                case ["connection-limit" | "connection-log" | "debug" | "no", *_]:
                    pass
                case _:
                    self._account.unread(line, NOT_KNOWN, Bearing.FILTER)

    def translations(self, block: Block) -> None:
        """Take the block "nat"."""
        for line in block.body:
            match line.words:
                case ["rule", number, *_] if number.isdecimal() and len(number) < 10:
                    self._nats.append((int(number), line))
                case ["enable"]:
                    self._translates = True
                case ["no", *_]:
                    pass
                case _:
                    self._account.unread(line, NAT_NOT_READ, Bearing.NAT)

    # ---- values ----

    def rulesets(self) -> list[RuleSet]:
        """Return the firewall as one rule set over everything that is forwarded; none while it is off."""
        rules = [
            rule for number, line in sorted(self._rules, key=lambda one: one[0]) for rule in self._rule(number, line)
        ]
        if not self._protects:
            return []
        return [RuleSet("", Everywhere(), Action.DENY, tuple(rules), source="parsed", name="firewall")]

    def _rule(self, number: int, line: Line) -> Iterator[Rule]:
        words = line.words[2:] if line.words[1:2] and line.words[1].isdecimal() else line.words[1:]
        if words[:1] == ["log"]:
            return
        action = _ACTIONS.get(words[0]) if words else None
        if action is None or len(words) < 6 or words[2] != "from" or words[4] != "to":
            self._account.unread(line, RULE_NOT_READ, Bearing.FILTER)
            yield Rule(number, Action.UNKNOWN, is_exact=False, origin=line.origin)
            return
        application = self._application(words[1])
        is_stateful = "no-state-enforcement" not in words
        for source, entering, knows_source in self._parts(words[3], line):
            for target, leaving, knows_target in self._parts(words[5], line):
                known = knows_source is not None and knows_target is not None
                yield Rule(
                    number,
                    action if known else Action.UNKNOWN,
                    source,
                    target,
                    application.service,
                    application.source_ports,
                    entering=frozenset({entering}) if entering else None,
                    leaving=frozenset({leaving}) if leaving else None,
                    is_exact=bool(application.is_exact and knows_source and knows_target and is_stateful),
                    name=words[1],
                    objects=(words[3], words[5]),
                    origin=line.origin,
                )

    def _application(self, name: str) -> _Application:
        if name == "any":
            return _Application(ANY_SERVICE)
        own = self._applications.get(name)
        if own is not None:
            return own
        known = icmp_services() if name in ("ping", "icmp") else APPLICATIONS.get(name)
        if known is not None:
            return _Application(known)
        return _Application(ports_of(TCP) | ports_of(UDP), is_exact=False)

    def _parts(self, name: str, line: Line) -> list[tuple[Ranges, str, bool | None]]:
        """Return an entity's addresses by interface, and whether they are exact; None for no such entity."""
        if name not in self._entities:
            self._account.unread(line, NO_SUCH_OBJECT.filled(name=name), Bearing.FILTER)
            return [(ANY_ADDRESS, "", None)]
        if name not in self._known:
            self._known[name] = self._parts_of(name)
        return self._known[name]

    def _parts_of(self, name: str) -> list[tuple[Ranges, str, bool | None]]:
        if not self._within:
            for one in self._entities:
                path = one.split(".")
                for depth in range(1, len(path) + 1):
                    self._within.setdefault(".".join(path[:depth]), []).append(one)
        found = {one: self._entities[one] for one in self._within[name]}
        by_interface: dict[str, list[Span]] = {}
        is_exact = found[name].is_exact or not found[name].parts
        for one, entity in found.items():
            for span, interface in entity.parts:
                if one == name or not self._holds(found, one, span):
                    by_interface.setdefault(interface, []).append(span)
        if len(by_interface) > MOST_INTERFACES:  # nobody has so many; the rule then counts everywhere, not exactly
            return [(Ranges.of(span for spans in by_interface.values() for span in spans), "", False)]
        return [(Ranges.of(spans), interface, is_exact) for interface, spans in by_interface.items()]

    @staticmethod
    def _holds(entities: dict[str, _Entity], name: str, span: Span) -> bool:
        """Return whether a host is inside its network anyway; then the network's interface counts for it, too."""
        above = entities.get(name.rpartition(".")[0])
        return (
            name.count(".") == 2
            and above is not None
            and any(first <= span[0] and span[1] <= last for (first, last), _ in above.parts)
        )

    def nats(self, interfaces: list[Interface]) -> tuple[tuple[StaticNat, ...], tuple[SourceNat, ...]]:
        """Return static and source NAT; none while translation is off."""
        static: list[StaticNat] = []
        source: list[SourceNat] = []
        for _, line in sorted(self._nats, key=lambda one: one[0]) if self._translates else ():
            try:
                for one in self._nat(line, interfaces):
                    if isinstance(one, StaticNat):
                        static.append(one)
                    else:
                        source.append(one)
            except (NotRead, IndexError):
                self._account.unread(line, NAT_NOT_READ, Bearing.NAT)
        return tuple(static), tuple(source)

    def _nat(self, line: Line, interfaces: list[Interface]) -> Iterator[StaticNat | SourceNat]:
        words = line.words[2:]
        how, application = words[0], self._application(words[1])
        named = dict(zip(words[2::2], words[3::2], strict=False))
        with_at = words.index("with") if "with" in words else len(words)
        named.update(dict(zip(words[with_at + 1 :: 2], words[with_at + 2 :: 2], strict=False)))
        sources, targets = self._entity(named.get("from", "")), self._entity(named.get("to", ""))
        if how == "masq":
            yield from self._masked(sources, targets, self._entity(named.get("src", "")), interfaces, line)
        elif how in ("portfwd", "netmap") and "dst" in named and application.is_exact:
            yield from self._forwarded(application, sources, targets, named, interfaces, line)
        else:
            raise NotRead(how)

    def _entity(self, name: str) -> list[tuple[Ranges, str]]:
        if not name:
            return []
        if name not in self._entities:
            raise NotRead(name)
        line = self._entities[name].line
        return [(addresses, interface) for addresses, interface, _ in self._parts(name, line)]

    @staticmethod
    def _masked(
        sources: list[tuple[Ranges, str]],
        targets: list[tuple[Ranges, str]],
        masks: list[tuple[Ranges, str]],
        interfaces: list[Interface],
        line: Line,
    ) -> Iterator[SourceNat]:
        inside = EMPTY
        for addresses, _ in sources:
            inside = inside | addresses
        own = {one.id: one.address for one in interfaces}
        for name in dict.fromkeys(interface for _, interface in [*targets, *masks] if interface):
            outside = masks[0][0].first if masks else own.get(name)
            yield SourceNat("", name, inside, _NOT_FIXED if outside is None else outside, line.origin)

    def _forwarded(
        self,
        application: _Application,
        sources: list[tuple[Ranges, str]],
        targets: list[tuple[Ranges, str]],
        named: dict[str, str],
        interfaces: list[Interface],
        line: Line,
    ) -> Iterator[StaticNat]:
        inside = self._entity(named["dst"])[0][0]
        port = int(named["dport"]) if named.get("dport", "").isdecimal() and len(named["dport"]) < 6 else None
        if port is not None and port >= PORTS:
            raise NotRead(named["dport"])
        own = {one.id: one for one in interfaces}
        entering = [name for _, name in sources if name] or [
            one.id for one in interfaces if not (one.network and one.network[0] <= inside.first <= one.network[1])
        ]
        if len(entering) > MOST_INTERFACES:
            raise NotRead(named["dst"])
        for name in dict.fromkeys(entering):
            outside = targets[0][0] if targets else EMPTY
            if not targets:
                address = own[name].address if name in own else None
                outside = Ranges.single(_NOT_FIXED if address is None else address)
            if outside.size != inside.size:
                raise NotRead(named["dst"])
            yield StaticNat("", name, outside, inside.first, application.service, port, True, line.origin)


def _span(written: str, words: list[str]) -> Span:
    try:
        if written.count("-") == 1:
            return address_span(written)
    except ValueError:
        raise NotRead(written) from None
    if v4_number(written) is not None and len(words) > 3 and v4_number(words[3]) is not None:
        raise NotRead(written)
    return prefix(written)


def _ports(rest: list[str]) -> Ranges:
    """Return the ports of "443", "1000-2000", "1000 to 2000" or "any".

    Raises:
        NotRead, IndexError: they cannot be read.
    """
    if rest[0] == "any":
        return ANY_PORT
    parts = rest[0].split("-") if "-" in rest[0] else [word for word in rest[:3] if word != "to"]
    numbers = [int(part) for part in parts if part.isdecimal() and len(part) < 6]
    if len(numbers) != len(parts) or not 1 <= len(numbers) <= 2 or max(numbers) >= PORTS or numbers != sorted(numbers):
        raise NotRead(rest[0])
    return Ranges(((numbers[0], numbers[-1]),))
