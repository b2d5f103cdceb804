"""Verdicts of firewalls whose rules say between which interfaces they hold: `at` of a case is "wan1>internal".

For such a place the one rule set that every packet meets is asked with the rules that hold there; any other `at` is
that of `verdicts`.
"""

import random
from dataclasses import replace
from typing import Any

from sekisho.domain.network.addresses import ANY_ADDRESS, V6_BASE
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Everywhere, Rule, RuleSet
from sekisho.domain.network.services import PORTS
from tests.samples.configurations.verdicts import CLIENT_PORT, Packet, judged, packet, ruleset_at


def holds(rule: Rule, entering: str, leaving: str) -> bool:
    """Return whether `rule` holds between two interfaces."""
    return (rule.entering is None or entering in rule.entering) and (rule.leaving is None or leaving in rule.leaving)


def between(configuration: DeviceConfiguration, place: str) -> RuleSet | None:
    """Return the rules that a packet meets on its way "entering>leaving", or those at any other place."""
    if ">" not in place or any(str(one.at) == place for one in configuration.rulesets):
        return ruleset_at(configuration, place)
    entering, leaving = place.split(">")
    found = [one for one in configuration.rulesets if isinstance(one.at, Everywhere)]
    assert len(found) == 1, "more than one rule set that everything meets"
    return replace(found[0], rules=tuple(rule for rule in found[0].rules if holds(rule, entering, leaving)))


def wrong_verdicts(configuration: DeviceConfiguration, expected: dict[str, Any], *, by: bool = True) -> list[str]:
    """Return what differs from the expected verdicts, each as one line; with `by` False whoever decided."""
    wrong = []
    for number, one in enumerate(expected["verdicts"], 1):
        options = {key: one[key] for key in ("source_port", "reply") if key in one}
        asked = packet(one["src"], one["dst"], one["service"], **options)
        verdict, decided = judged(between(configuration, one["at"]), asked)
        if verdict != one["expect"] or (by and "by" in one and decided != one["by"]):
            wrong.append(f"{number}: {one} -> {verdict} by {decided}")
    return wrong


def sides_of(configuration: DeviceConfiguration) -> list[tuple[str, str]]:
    """Return pairs of interfaces between which the rules of a configuration may differ, and one that no rule names."""
    named = {
        name
        for ruleset in configuration.rulesets
        for rule in ruleset.rules
        for names in (rule.entering, rule.leaving)
        for name in names or ()
    }
    names = [*sorted(named)[:6], "nowhere0"]
    return [(entering, leaving) for entering in names for leaving in names]


def packets_for(configuration: DeviceConfiguration, seed: int, count: int = 60) -> list[Packet]:
    """Return first packets at the edges of what the rules say."""
    dice = random.Random(seed)
    rules = [rule for ruleset in configuration.rulesets for rule in ruleset.rules]
    spans = [span for rule in rules for side in (rule.src, rule.dst) for span in side.spans[:4]]
    addresses = [end + step for span in spans for end, step in ((span[0], 0), (span[1], 0), (span[1], 1))]
    ends = [end for rule in rules for span in rule.service.spans[:4] for end in (span[0], span[1])]
    services = [end for end in ends if end >= PORTS]
    ports = [port for rule in rules for span in rule.source_ports.spans[:2] for port in span] or [CLIENT_PORT]
    found = []
    for _ in range(count if addresses else 0):
        src, dst = dice.choice(addresses), dice.choice(addresses)
        if (src >= V6_BASE) == (dst >= V6_BASE) and src in ANY_ADDRESS and dst in ANY_ADDRESS:
            service = min(dice.choice(services or [6 * PORTS + 80]) + dice.choice((0, 0, 1)), 256 * PORTS - 1)
            found.append(Packet(src, dst, service, dice.choice([*ports, CLIENT_PORT])))
    return found


def differing(one: DeviceConfiguration, other: DeviceConfiguration, seed: int = 0) -> list[str]:
    """Return first packets that two configurations of one rule set for everything judge differently."""
    found = []
    packets = packets_for(one, seed)
    for entering, leaving in sides_of(one):
        first, second = (between(each, f"{entering}>{leaving}") for each in (one, other))
        for asked in packets:
            verdicts = judged(first, asked)[0], judged(second, asked)[0]
            if verdicts[0] != verdicts[1]:
                found.append(f"{entering}>{leaving} {asked}: {verdicts}")
    return found
