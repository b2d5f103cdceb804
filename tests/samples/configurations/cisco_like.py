"""What the tests of the Cisco-like readers share: their cases, hostile lines, and whether two configurations mean the same.

Beside the keys of `verdicts`, a case file may hold `leaving`: verdicts of packets whose way through the device is told
(`from`, `to`), for rules that look at the interfaces.
"""

import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import strategies

from sekisho.domain.network.addresses import V6_BASE, address_number
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import AtInterface, Rule, RuleSet
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import PORTS, WITH_PORTS
from tests.samples.configurations.verdicts import Packet, facts, judged, packet, ruleset_at

FOLDER = Path(__file__).parent
SECRET = "Kyou-no-Aikotoba-9431"
HOSTILE = [
    f"enable secret 5 {SECRET}",
    f"username kanri password 0 {SECRET}",
    f"snmp-server community {SECRET} RO",
    f" ppp chap password 0 {SECRET}",
    f"crypto isakmp key {SECRET} address 0.0.0.0",
    f" description vendor password {SECRET}",
    f"konna-command-wa-nai key {SECRET}",
    f" remark パスワードは {SECRET}",
    f" 10 permit tcp any any password {SECRET}",
    "object-group network X",
    " group-object X",
    "interface",
    "interface range Gi0/1 - 4",
    "ip access-list extended",
    "access-list",
    "access-list hardware",
    "access-list 99999999999999999999 permit ip any any",
    "ip route",
    "ip route 300.0.0.0 255.0.0.0 Null0",
    "ip nat inside source static",
    "nat (inside,outside)",
    "nat (inside",
    "object network",
    "object-group service S tcp",
    " port-object range 1",
    " service-object tcp destination eq",
    "zone-pair security A source destination",
    "class-map type inspect match-all C",
    " match class-map C",
    "crypto map",
    "vlan filter",
    "vlan access-map",
    "router vrrp",
    "zone",
    "firewall",
    " rule permit",
    " rule 10 permit any from a to",
    "nat",
    " rule 10 masq",
    "banner motd ^C",
    "permit ip any any reflect",
    " evaluate",
    " permit tcp any any range 1 70000",
    " permit tcp 10.0.0.0 0.255.255 any",
    " permit icmp any any 300 5",
    " permit ip any 2001:db8::1",
    "\x00\x07\x1b[2J",
    "permit",
    "no",
    "0",
]


def cases(vendor: str) -> list[Path]:
    """Return the configurations of one vendor."""
    found = sorted((FOLDER / vendor).glob("*.txt"))
    assert len(found) >= 12
    return found


def text_of(file: Path) -> str:
    """Return a configuration."""
    return file.read_text(encoding="utf-8")


def wrong_ways(configuration: DeviceConfiguration, expected: dict[str, Any]) -> list[str]:
    """Return what differs from the verdicts under `leaving`."""
    wrong = []
    for one in expected.get("leaving", []):
        ruleset = ruleset_at(configuration, one["at"])
        assert ruleset is not None, one
        rules = tuple(rule for rule in ruleset.rules if _is_on_way(rule, one.get("from"), one["to"]))
        verdict, by = judged(replace(ruleset, rules=rules), packet(one["src"], one["dst"], one["service"]))
        if verdict != one["expect"] or ("by" in one and by != one["by"]):
            wrong.append(f"{one} -> {verdict} by {by}")
    return wrong


def _is_on_way(rule: Rule, entering: str | None, leaving: str) -> bool:
    return (rule.leaving is None or leaving in rule.leaving) and (rule.entering is None or entering in rule.entering)


def mutilated(vendor: str) -> strategies.SearchStrategy[str]:
    """Return texts made of lines of the cases and hostile ones, shuffled, cut off, and mixed with noise."""
    lines = sorted({line for file in cases(vendor) for line in text_of(file).split("\n")}) + HOSTILE
    one = strategies.one_of(
        strategies.sampled_from(lines),
        strategies.tuples(strategies.sampled_from(lines), strategies.integers(0, 60)).map(lambda cut: cut[0][: cut[1]]),
        strategies.tuples(strategies.sampled_from(lines), strategies.text(max_size=12)).map(" ".join),
        strategies.text(max_size=40),
    )
    return strategies.lists(one, max_size=40).map("\n".join)


def everything_said(configuration: DeviceConfiguration) -> str:
    """Return every value of a configuration as one text."""
    return repr(configuration)


def packets_near(ruleset: RuleSet, others: int = 4000) -> list[Packet]:
    """Return packets at and beside the edges of every rule: addresses, services, ports of the sender, replies."""
    chance = random.Random(len(ruleset.rules))
    rules = [*ruleset.rules, *ruleset.tracked]
    sources = sorted(_edges(rule.src for rule in rules) | {address_number("198.18.0.1")})
    targets = sorted(_edges(rule.dst for rule in rules) | {address_number("198.18.0.2")})
    services = sorted(
        {
            service
            for rule in rules
            for first, last in rule.service.spans
            for service in (first, last, first - 1, last + 1)
            if 0 <= service < 256 * PORTS
        }
        | {6 * PORTS + 80, 17 * PORTS + 53, PORTS, 50 * PORTS}
    )
    ports = sorted(_edges(rule.source_ports for rule in rules) & set(range(1, PORTS)) | {49152})
    found = []
    for _ in range(others):
        protocol, port = divmod(chance.choice(services), PORTS)
        pair = (port, chance.choice(ports)) if protocol in WITH_PORTS else (0, 0)
        is_reply = chance.random() < 0.3
        own, other = (pair[1], pair[0]) if is_reply else pair
        rule = chance.choice(rules) if rules else None
        src = (
            chance.choice(rule.src.spans)[0]
            if rule is not None and rule.src and chance.random() < 0.6
            else chance.choice(sources)
        )
        dst = (
            chance.choice(rule.dst.spans)[1]
            if rule is not None and rule.dst and chance.random() < 0.6
            else chance.choice(targets)
        )
        if (src < V6_BASE) is not (dst < V6_BASE):
            continue  # no such packet
        found.append(Packet(src, dst, protocol * PORTS + own, other, is_reply))
    return found


def _edges(sets: Iterable[Ranges]) -> set[int]:
    found = set()
    for one in sets:
        for first, last in one.spans[:64]:
            found |= {first, last, max(first - 1, 0), last + 1}
    return {number for number in found if number < 1 << 32 or number >= V6_BASE}


def different_answers(before: DeviceConfiguration, after: DeviceConfiguration) -> list[str]:
    """Return where two configurations do not mean the same, each as one line."""
    wrong = []
    for ruleset in before.rulesets:
        place = str(ruleset.at)
        other = next((one for one in after.rulesets if str(one.at) == place), None)
        for entering, leaving in _ways(ruleset, before):
            here, there = _on_way(ruleset, entering, leaving), _on_way(other, entering, leaving) if other else None
            for asked in packets_near(ruleset):
                mine, theirs = judged(here, asked)[0], judged(there, asked)[0]
                if mine != theirs:
                    wrong.append(f"{place} {entering}>{leaving} {asked}: {mine} became {theirs}")
                    break
    for what in ("interfaces", "routes", "static_nats", "source_nats"):
        if facts(before)[what] != facts(after)[what]:
            wrong.append(f"{what}: {facts(before)[what]} became {facts(after)[what]}")
    return wrong


def _ways(ruleset: RuleSet, configuration: DeviceConfiguration) -> list[tuple[str, str]]:
    if all(rule.entering is None and rule.leaving is None for rule in ruleset.rules):
        return [("", "")]
    ids = [interface.id for interface in configuration.interfaces][:5]
    return [(one, other) for one in ids for other in ids]


def _on_way(ruleset: RuleSet, entering: str, leaving: str) -> RuleSet:
    if not entering:
        return ruleset
    return replace(ruleset, rules=tuple(rule for rule in ruleset.rules if _is_on_way(rule, entering, leaving)))


def inconsistencies(configuration: DeviceConfiguration) -> list[str]:
    """Return what names an interface that was not read, and what stands twice."""
    ids = [interface.id for interface in configuration.interfaces]
    places = [str(ruleset.at) for ruleset in configuration.rulesets]
    lines = [one.line for one in configuration.unparsed]
    wrong = [f"twice: {many}" for many in (ids, places, lines) if len(many) != len(set(many))]
    named = [
        one.interface for one in (*configuration.static_nats, *configuration.source_nats, *configuration.vpn_pools)
    ]
    named += [one.at.interface for one in configuration.rulesets if isinstance(one.at, AtInterface)]
    for ruleset in configuration.rulesets:
        for rule in (*ruleset.rules, *ruleset.tracked):
            named += [*(rule.entering or ()), *(rule.leaving or ())]
    return wrong + [f"unknown: {name}" for name in sorted(set(named) - set(ids))]
