"""What the tests of the Cisco-like readers share: their cases, hostile lines, and the meaning of a rule set in short.

Beside the keys of `verdicts`, a case file may hold `leaving`: verdicts of packets whose way through the device is told
(`from`, `to`), for rules that look at the interfaces.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import strategies

from sekisho.domain.network.addresses import ANY_ADDRESS
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Rule, RuleSet
from tests.samples.configurations.verdicts import judged, packet, ruleset_at

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


def meaning(ruleset: RuleSet) -> list[tuple[Any, ...]]:
    """Return what a rule set does, without its numbers, names and where it was read."""
    return [
        (
            rule.action,
            _spans(rule.src),
            _spans(rule.dst),
            rule.service.spans,
            rule.source_ports.spans,
            rule.state,
            rule.is_exact,
            rule.enabled,
            rule.schedule,
        )
        for rule in ruleset.rules
    ]


def _spans(addresses: Any) -> Any:
    return "any" if addresses == ANY_ADDRESS else addresses.spans
