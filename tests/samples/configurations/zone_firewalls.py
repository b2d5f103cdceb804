"""Verdicts of firewalls whose rules say between which interfaces they hold: `at` of a case is "wan1>internal".

For such a place the one rule set that every packet meets is asked with the rules that hold there; any other `at` is
that of `verdicts`.
"""

from dataclasses import replace
from typing import Any

from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Everywhere, Rule, RuleSet
from tests.samples.configurations.verdicts import judged, packet, ruleset_at


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
