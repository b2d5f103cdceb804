"""A plain judge of one packet at one rule set, and the hand-derived verdicts of a file beside a configuration.

It shares nothing with the engine: packets are numbers, rules are asked one after the other. A case file is YAML:

    origin: which manual (title and section) the syntax follows
    coverage: 1.0
    verdicts:
      - {at: lan2/in, src: 203.0.113.5, dst: 10.0.0.1, service: tcp/80, expect: deny, by: 1030}
      - {at: lan2/in, src: 10.0.0.1, dst: 203.0.113.5, service: tcp/80, source_port: 1024, reply: true, expect: permit}
      - {at: none, ...}

`service` is the service of the connection (what its first packet asks for); `source_port` is its sender's (49152 when
not told). With `reply: true` the packet judged is the answer: `src` and `dst` are those of the answer itself, and the
connection's service stands as its source port. `at` is the text of a rule set's place; `by` the `seq` of the rule that
decided, or `default`; leaving it out asks nothing. A place without a rule set permits.

Optional besides: `interfaces: {lan1: 10.0.0.1/24}` (null: without address), `routes: [[prefix, via or interface]]`,
`static_nats: [[outside, service, inside, inside_port]]`, `source_nats: [[inside, outside, interface]]`,
`pools: {interface: addresses}`, `unparsed: [line]`, `filter_unparsed: [line]`.
"""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sekisho.domain.network.addresses import address_number, address_text, addresses_text, prefix_span, span_texts
from sekisho.domain.network.configuration import Bearing, DeviceConfiguration
from sekisho.domain.network.model import Action, Rule, RuleSet, State
from sekisho.domain.network.services import PORTS, WITH_PORTS, services_text

CLIENT_PORT = 49152
PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "esp": 50, "ah": 51, "gre": 47, "ipv6": 41, "icmp6": 58, "sctp": 132}


@dataclass(frozen=True)
class Packet:
    """One packet by its numbers. `is_reply` says whether it answers; `service` holds its own destination port."""

    src: int
    dst: int
    service: int
    source_port: int
    is_reply: bool = False

    @property
    def first(self) -> "Packet":
        """The first packet of the connection that this reply answers."""
        protocol, port = divmod(self.service, PORTS)
        return Packet(self.dst, self.src, protocol * PORTS + self.source_port, port)


def packet(src: str, dst: str, service: str, *, source_port: int = CLIENT_PORT, reply: bool = False) -> Packet:
    """Return the packet that a case describes."""
    name, _, port = service.partition("/")
    protocol = int(port) if name == "ip" else PROTOCOLS[name]
    asked, free = (int(port), source_port) if protocol in WITH_PORTS else (0, 0)
    own, other = (free, asked) if reply else (asked, free)
    return Packet(address_number(src), address_number(dst), protocol * PORTS + own, other, reply)


def matches(rule: Rule, asked: Packet, *, stateful: bool) -> bool:
    """Return whether `rule` looks at this packet."""
    if not rule.enabled or (rule.schedule and rule.action is Action.DENY):
        return False
    if rule.state is State.ESTABLISHED and not asked.is_reply:
        return False
    if stateful and rule.state is State.NEW and asked.is_reply:
        return False
    if asked.service // PORTS in WITH_PORTS and asked.source_port not in rule.source_ports:
        return False
    return asked.src in rule.src and asked.dst in rule.dst and asked.service in rule.service


def judged(ruleset: RuleSet | None, asked: Packet) -> tuple[str, int | str]:
    """Return "permit", "deny" or "unknown", and what decided: a rule's number, "default", "tracked" or "none"."""
    if ruleset is None:
        return "permit", "none"
    if ruleset.stateful and asked.is_reply:
        return "permit", "state"
    if asked.is_reply:
        for rule in ruleset.tracked:
            if rule.action is Action.PERMIT and rule.is_exact and matches(rule, asked.first, stateful=True):
                return "permit", "tracked"
    decided = _walked(ruleset, asked)
    if asked.is_reply and decided[0] != "permit":
        for rule in ruleset.tracked:
            if matches(rule, asked.first, stateful=True):
                return "unknown", rule.seq
    return decided


def _walked(ruleset: RuleSet, asked: Packet) -> tuple[str, int | str]:
    doubt: list[tuple[str, int]] = []
    for rule in ruleset.rules:
        if not matches(rule, asked, stateful=ruleset.stateful):
            continue
        if rule.is_exact and rule.action is not Action.UNKNOWN:
            return _with_doubt(doubt, rule.action.value, rule.seq)
        doubt.append((rule.action.value, rule.seq))
    return _with_doubt(doubt, ruleset.default.value, "default")


def _with_doubt(doubt: list[tuple[str, int]], verdict: str, by: int | str) -> tuple[str, int | str]:
    """Rules that may or may not match change nothing only when they would decide the same."""
    for action, seq in doubt:
        if action != verdict:
            return "unknown", seq
    return verdict, by


def ruleset_at(configuration: DeviceConfiguration, place: str) -> RuleSet | None:
    """Return the rule set at a place, "lan2/in"; None where there is none."""
    found = [one for one in configuration.rulesets if str(one.at) == place]
    assert len(found) < 2, f"two rule sets at {place}"
    return found[0] if found else None


def case(file: Path) -> dict[str, Any]:
    """Return the expectations of one case file."""
    expected = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert expected["origin"], file
    assert expected["verdicts"], file
    return expected


def wrong_verdicts(configuration: DeviceConfiguration, expected: dict[str, Any]) -> list[str]:
    """Return what differs from the expected verdicts, each as one line; empty when all agree."""
    wrong = []
    for number, one in enumerate(expected["verdicts"], 1):
        options = {key: one[key] for key in ("source_port", "reply") if key in one}
        verdict, by = judged(
            ruleset_at(configuration, one["at"]), packet(one["src"], one["dst"], one["service"], **options)
        )
        if verdict != one["expect"] or ("by" in one and by != one["by"]):
            wrong.append(f"{number}: {one} -> {verdict} by {by}")
    return wrong


def wrong_facts(configuration: DeviceConfiguration, expected: dict[str, Any]) -> list[str]:
    """Return what differs from the expected interfaces, routes, NATs, pools, unparsed lines and coverage."""
    found = facts(configuration)
    return [
        f"{key}: expected {expected[key]}, read {found[key]}"
        for key in found
        if key in expected and _comparable(expected[key]) != _comparable(found[key])
    ]


def _comparable(value: Any) -> Any:
    return (
        sorted(map(str, value)) if isinstance(value, list) else round(value, 3) if isinstance(value, float) else value
    )


def facts(configuration: DeviceConfiguration) -> dict[str, Any]:
    """Return what a configuration says besides its rules, in the form of a case file."""
    return {
        "vendor": configuration.vendor,
        "model": configuration.model,
        "hostname": configuration.hostname,
        "coverage": configuration.coverage,
        "interfaces": {one.id: _interface_text(one.address, one.network) for one in configuration.interfaces},
        "routes": [
            [
                span_texts(one.prefix)[0],
                address_text(one.via) if one.via is not None else one.interface,
            ]
            for one in configuration.routes
        ],
        "static_nats": [
            [
                "+".join(addresses_text(one.outside)),
                "+".join(services_text(one.service)),
                address_text(one.inside),
                one.inside_port,
            ]
            for one in configuration.static_nats
        ],
        "source_nats": [
            ["+".join(addresses_text(one.inside)), address_text(one.outside), one.interface]
            for one in configuration.source_nats
        ],
        "pools": {one.interface: "+".join(addresses_text(one.addresses)) for one in configuration.vpn_pools},
        "unparsed": [one.line for one in configuration.unparsed],
        "filter_unparsed": [one.line for one in configuration.unparsed if one.bearing is Bearing.FILTER],
        "notices": [one.rule for one in configuration.notices],
        "rulesets": sorted(str(one.at) for one in configuration.rulesets),
    }


def _interface_text(address: int | None, network: tuple[int, int] | None) -> str | None:
    if address is None:
        return None
    if network is None:
        return address_text(address)
    first = ipaddress.ip_address(address_text(network[0]))
    bits = first.max_prefixlen - (network[1] - network[0] + 1).bit_length() + 1
    text = f"{address_text(address)}/{bits}"
    assert prefix_span(text) == network, f"{text} is not its own network"
    return text
