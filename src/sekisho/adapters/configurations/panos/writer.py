"""Writes rule sets as PAN-OS security rules: one zone for each interface, literal addresses, services as objects.

The two default rules are written out as "deny", since every pass is a rule of its own here. What a rule may match less
of than it says becomes a rule for a user that nobody is; an unknown action becomes one that the device refuses.
"""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from sekisho.domain.network.addresses import ANY_ADDRESS, addresses_text
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Action, AtInterface, AtZones, Direction, Rule, RuleSet
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, ICMP, ICMP6, PORTS, WITH_PORTS

NOBODY = "sekisho-not-exact"
_ACTIONS = {Action.PERMIT: "allow", Action.DENY: "deny", Action.UNKNOWN: "sekisho-unknown"}
_TAGS = {6: "tcp", 17: "udp", 132: "sctp"}
_APPLICATIONS = {ICMP: "icmp", ICMP6: "ipv6-icmp", 47: "gre", 50: "ipsec-esp", 51: "ipsec-ah", 89: "ospf", 112: "vrrp"}


def emit(configuration: DeviceConfiguration) -> str:
    """Return the rule sets of `configuration` as the XML of one vsys."""
    return "\n".join(_Writer(configuration).lines()) + "\n"


class _Writer:
    def __init__(self, configuration: DeviceConfiguration) -> None:
        self._configuration = configuration
        self._services: dict[str, tuple[str, str, str]] = {}
        self._interfaces = {one.id for one in configuration.interfaces}
        for ruleset in configuration.rulesets:
            for rule in ruleset.rules:
                self._interfaces |= (rule.entering or frozenset()) | (rule.leaving or frozenset())

    def lines(self) -> Iterator[str]:
        rules = [line for ruleset in self._configuration.rulesets for line in self._rules(ruleset)]
        yield '<?xml version="1.0"?>'
        yield '<config><devices><entry name="localhost.localdomain"><vsys><entry name="vsys1">'
        yield "<zone>"
        for name in sorted(self._interfaces):
            member = f"<network><layer3><member>{escape(name)}</member></layer3></network>"
            yield f"<entry name={quoteattr(name)}>{member}</entry>"
        yield "</zone>"
        yield "<service>"
        for name, (tag, ports, sources) in sorted(self._services.items()):
            inner = f"<port>{ports}</port>" + (f"<source-port>{sources}</source-port>" if sources else "")
            yield f"<entry name={quoteattr(name)}><protocol><{tag}>{inner}</{tag}></protocol></entry>"
        yield "</service>"
        yield "<rulebase>"
        yield '<default-security-rules><rules><entry name="intrazone-default"><action>deny</action></entry></rules></default-security-rules>'
        yield "<security><rules>"
        yield from rules
        yield "</rules></security></rulebase>"
        yield "</entry></vsys></entry></devices></config>"

    def _rules(self, ruleset: RuleSet) -> Iterator[str]:
        rules = list(ruleset.rules)
        if ruleset.default is not Action.DENY:
            last = max((rule.seq for rule in rules), default=0) + 10
            rules.append(Rule(last, ruleset.default, is_exact=ruleset.default is Action.PERMIT, name="default"))
        for number, rule in enumerate(rules):
            if not (rule.src and rule.dst and rule.service and rule.source_ports):
                continue
            if frozenset() in (rule.entering, rule.leaving):
                continue
            for part, (services, application) in enumerate(self._service_parts(rule)):
                yield from self._rule(f"{rule.name or 'rule'} {number}.{part}", rule, ruleset, services, application)

    def _rule(
        self, name: str, rule: Rule, ruleset: RuleSet, services: list[str], applications: list[str]
    ) -> Iterator[str]:
        entering, leaving = _outline(ruleset)
        yield f"<entry name={quoteattr(name)}>"
        yield _members("from", sorted(rule.entering) if rule.entering is not None else entering)
        yield _members("to", sorted(rule.leaving) if rule.leaving is not None else leaving)
        yield _members("source", ["any"] if rule.src == ANY_ADDRESS else addresses_text(rule.src))
        yield _members("destination", ["any"] if rule.dst == ANY_ADDRESS else addresses_text(rule.dst))
        yield _members("application", applications)
        yield _members("service", services)
        if not rule.is_exact and rule.action is not Action.UNKNOWN:
            yield _members("source-user", [NOBODY])
        if rule.schedule:
            yield f"<schedule>{escape(rule.schedule)}</schedule>"
        if not rule.enabled:
            yield "<disabled>yes</disabled>"
        yield f"<action>{_ACTIONS[rule.action]}</action>"
        yield "</entry>"

    def _service_parts(self, rule: Rule) -> list[tuple[list[str], list[str]]]:
        """Return services and applications that say together what `rule` lets through; protocols without ports apart."""
        if rule.service == ANY_SERVICE and rule.source_ports == ANY_PORT:
            return [(["any"], ["any"])]
        services: list[str] = []
        applications: list[str] = []
        for first, last in rule.service.spans:
            for protocol in range(first // PORTS, last // PORTS + 1):
                if protocol in WITH_PORTS:
                    low = max(first, protocol * PORTS) % PORTS
                    high = min(last, protocol * PORTS + PORTS - 1) % PORTS
                    services.append(self._service(protocol, (low, high), rule.source_ports))
                else:
                    applications.append(_APPLICATIONS.get(protocol, f"ip-protocol-{protocol}"))
        return [part for part in ((services, ["any"]), (["any"], applications)) if part[0] and part[1]]

    def _service(self, protocol: int, ports: Span, sources: Ranges) -> str:
        from_ports = "" if sources == ANY_PORT else ",".join(f"{low}-{high}" for low, high in sources.spans)
        name = f"{_TAGS[protocol]} {ports[0]}-{ports[1]}" + (f" from {from_ports}" if from_ports else "")
        self._services[name] = (_TAGS[protocol], f"{ports[0]}-{ports[1]}", from_ports)
        return name


def _members(tag: str, texts: list[str]) -> str:
    return f"<{tag}>" + "".join(f"<member>{escape(text)}</member>" for text in texts) + f"</{tag}>"


def _outline(ruleset: RuleSet) -> tuple[list[str], list[str]]:
    at = ruleset.at
    if isinstance(at, AtZones):
        return [at.source], [at.target]
    if isinstance(at, AtInterface):
        return ([at.interface], ["any"]) if at.direction is Direction.IN else (["any"], [at.interface])
    return ["any"], ["any"]
