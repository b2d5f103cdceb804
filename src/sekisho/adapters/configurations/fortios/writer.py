"""Writes rule sets as FortiOS policies: addresses, services and policies that mean the same when read again.

What a rule may match less of than it says (`is_exact` False), and what is unknown, is written so that a device takes it
for closed: a policy for a group that nobody is in, or an action that no device accepts.
"""

from collections.abc import Iterable, Iterator

from sekisho.domain.network.addresses import ANY_V4, ANY_V6, V6_BASE, address_text, span_texts
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Action, AtInterface, AtZones, Direction, Rule, RuleSet
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, ICMP, ICMP6, PORTS, WITH_PORTS

NOBODY = "sekisho-not-exact"
_ACTIONS = {Action.PERMIT: "accept", Action.DENY: "deny", Action.UNKNOWN: "sekisho-unknown"}
_PORT_KEYS = {6: "tcp-portrange", 17: "udp-portrange", 132: "sctp-portrange"}


def emit(configuration: DeviceConfiguration) -> str:
    """Return the rule sets of `configuration` in the words of FortiOS, with the interfaces they name."""
    return "\n".join(_Writer(configuration).lines()) + "\n"


def quoted(text: str) -> str:
    """Return `text` as one value of a FortiOS command."""
    flat = " ".join(text.split())
    return '"' + flat.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Writer:
    def __init__(self, configuration: DeviceConfiguration) -> None:
        self._configuration = configuration
        self._addresses: dict[str, list[str]] = {}
        self._addresses6: dict[str, list[str]] = {}
        self._services: dict[str, list[str]] = {}
        self._onetime: dict[str, str] = {}

    def lines(self) -> Iterator[str]:
        policies = [line for ruleset in self._configuration.rulesets for line in self._policies(ruleset)]
        yield from self._interfaces()
        yield from _section("firewall address", self._addresses)
        yield from _section("firewall address6", self._addresses6)
        yield from _section("firewall service custom", self._services)
        yield from _section(
            "firewall schedule onetime", {name: [f"set end {end}"] for name, end in self._onetime.items()}
        )
        yield "config firewall policy"
        yield from policies
        yield "end"

    def _interfaces(self) -> Iterator[str]:
        named = {one.id for one in self._configuration.interfaces}
        for ruleset in self._configuration.rulesets:
            for rule in ruleset.rules:
                named |= (rule.entering or frozenset()) | (rule.leaving or frozenset())
            if isinstance(ruleset.at, AtInterface):
                named.add(ruleset.at.interface)
        yield "config system interface"
        for name in sorted(named):
            yield from (f"    edit {quoted(name)}", '        set vdom "root"', "    next")
        yield "end"
        zones = {side for ruleset in self._configuration.rulesets if isinstance(ruleset.at, AtZones)
                 for side in (ruleset.at.source, ruleset.at.target)}  # fmt: skip
        members = {zone: [one.id for one in self._configuration.interfaces if one.zone == zone] for zone in zones}
        yield from _section(
            "system zone", {zone: ["set interface " + " ".join(map(quoted, names))] for zone, names in members.items()}
        )

    def _policies(self, ruleset: RuleSet) -> Iterator[str]:
        entering, leaving = _outline(ruleset)
        used: set[int] = set()
        following = max((rule.seq for rule in ruleset.rules if rule.seq < 1 << 32), default=0) + 1
        rules = list(ruleset.rules)
        if ruleset.default is not Action.DENY:
            rules.append(Rule(following, ruleset.default, is_exact=ruleset.default is Action.PERMIT, name="default"))
        for rule in rules:
            if not (rule.src and rule.dst and rule.service and rule.source_ports):
                continue
            if frozenset() in (rule.entering, rule.leaving):
                continue
            seq = rule.seq
            if seq in used or not 0 < seq < 1 << 32:
                while following in used:
                    following += 1
                seq = following
            used.add(seq)
            yield from self._policy(seq, rule, entering, leaving)

    def _policy(self, seq: int, rule: Rule, entering: list[str], leaving: list[str]) -> Iterator[str]:
        yield f"    edit {seq}"
        if rule.name:
            yield f"        set name {quoted(rule.name)}"
        yield "        set srcintf " + self._names(rule.entering, entering)
        yield "        set dstintf " + self._names(rule.leaving, leaving)
        yield f"        set action {_ACTIONS[rule.action]}"
        for family, whole in (("", ANY_V4), ("6", ANY_V6)):
            src, dst = rule.src & whole, rule.dst & whole
            if src and dst:
                yield f"        set srcaddr{family} " + self._address(src, whole)
                yield f"        set dstaddr{family} " + self._address(dst, whole)
        if not any(rule.src & whole and rule.dst & whole for whole in (ANY_V4, ANY_V6)):
            yield '        set srcaddr "none"'
            yield '        set dstaddr "none"'
        yield f"        set schedule {quoted(self._schedule(rule))}"
        yield "        set service " + self._service(rule)
        if rule.action is Action.DENY:
            yield "        set match-vip enable"
        if not rule.is_exact and rule.action is not Action.UNKNOWN:
            yield f"        set groups {quoted(NOBODY)}"
        if not rule.enabled:
            yield "        set status disable"
        yield "    next"

    def _names(self, interfaces: frozenset[str] | None, outline: list[str]) -> str:
        if interfaces is not None:
            return " ".join(map(quoted, sorted(interfaces)))
        return " ".join(map(quoted, outline))

    def _schedule(self, rule: Rule) -> str:
        if rule.until is None:
            return rule.schedule or "always"
        name = rule.schedule or f"until-{rule.until.isoformat()}"
        self._onetime[name] = f"23:59 {rule.until:%Y/%m/%d}"
        return name

    def _address(self, addresses: Ranges, whole: Ranges) -> str:
        if addresses == whole:
            return quoted("all")
        return " ".join(self._address_name(span) for span in addresses.spans)

    def _address_name(self, span: Span) -> str:
        name = span_texts(span)[0]
        first, last = address_text(span[0]), address_text(span[1])
        known = self._addresses6 if span[0] >= V6_BASE else self._addresses
        known[name] = ["set type iprange", f"set start-ip {first}", f"set end-ip {last}"]
        return quoted(name)

    def _service(self, rule: Rule) -> str:
        if rule.service == ANY_SERVICE and rule.source_ports == ANY_PORT:
            return quoted("ALL")
        return " ".join(quoted(name) for name in dict.fromkeys(self._service_names(rule.service, rule.source_ports)))

    def _service_names(self, service: Ranges, sources: Ranges) -> Iterable[str]:
        for first, last in service.spans:
            # Protocol number 0 means every protocol to FortiOS; no packet that is routed carries it.
            for protocol in range(max(first // PORTS, 1), last // PORTS + 1):
                low = max(first, protocol * PORTS) % PORTS
                high = min(last, protocol * PORTS + PORTS - 1) % PORTS
                yield self._service_name(protocol, (low, high), sources)

    def _service_name(self, protocol: int, ports: Span, sources: Ranges) -> str:
        if protocol not in WITH_PORTS:
            name = {ICMP: "ALL_ICMP", ICMP6: "ALL_ICMP6"}.get(protocol, f"ip-{protocol}")
            kind = {ICMP: "ICMP", ICMP6: "ICMP6"}.get(protocol)
            self._services[name] = (
                [f"set protocol {kind}"] if kind else ["set protocol IP", f"set protocol-number {protocol}"]
            )
            return name
        ranges = [
            f"{ports[0]}-{ports[1]}" + (f":{low}-{high}" if sources != ANY_PORT else "") for low, high in sources.spans
        ]
        name = f"{_PORT_KEYS[protocol][:3]}-{'+'.join(ranges).replace(':', '<')}"
        self._services[name] = [f"set {_PORT_KEYS[protocol]} {' '.join(ranges)}"]
        return name


def _section(name: str, entries: dict[str, list[str]]) -> Iterator[str]:
    if not entries:
        return
    yield f"config {name}"
    for entry, lines in sorted(entries.items()):
        yield f"    edit {quoted(entry)}"
        yield from (f"        {line}" for line in lines)
        yield "    next"
    yield "end"


def _outline(ruleset: RuleSet) -> tuple[list[str], list[str]]:
    """Return the names between which a rule set stands, for rules that name no interfaces."""
    at = ruleset.at
    if isinstance(at, AtZones):
        return [at.source], [at.target]
    if isinstance(at, AtInterface):
        return ([at.interface], ["any"]) if at.direction is Direction.IN else (["any"], [at.interface])
    return ["any"], ["any"]
