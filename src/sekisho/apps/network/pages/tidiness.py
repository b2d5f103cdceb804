"""Rules that are wrong as rules: hidden, never at work, any to any, past their end, open management."""

from collections import Counter
from typing import Any

from sekisho.apps.network.analysis import Analysis
from sekisho.apps.network.pages.why import OpensConfiguration, rule_name
from sekisho.apps.network.words import FLAWS, Names, place_label, rule_label
from sekisho.domain.network.hygiene import Flaw, Untidiness
from sekisho.domain.network.model import Rule, RuleSet

MOST_RULES = 200


def untidy_rules(analysis: Analysis, opens: OpensConfiguration) -> list[dict[str, Any]]:
    """Return the flaws of the rules in the map, in the order of its rule sets; the first two hundred."""
    names = Names(analysis.network)
    rows = []
    for untidy in _idle_everywhere(analysis)[:MOST_RULES]:
        ruleset, rule = untidy.ruleset, untidy.rule
        file = ruleset.source.removeprefix("parsed:") if ruleset.source.startswith("parsed:") else ""
        rows.append(
            {
                "device": names.device(ruleset.device),
                "place": place_label(names, ruleset.device, ruleset.at),
                "rule": rule_name(ruleset, rule),
                "written": rule.origin.text if rule.origin else rule_label(rule),
                "url": opens(file, rule.origin.line) if file and rule.origin else "",
                "flaw": FLAWS[untidy.flaw],
                "by": rule_name(ruleset, untidy.by) if untidy.by is not None else "",
            }
        )
    return rows


def _idle_everywhere(analysis: Analysis) -> list[Untidiness]:
    """Return the flaws without those of a written line that does work elsewhere: one line may filter both ways."""
    written = Counter(_line(ruleset, rule) for ruleset in analysis.network.rulesets for rule in ruleset.rules)
    idle = Counter(_line(one.ruleset, one.rule) for one in analysis.assessed.untidy if one.flaw in _IDLE)
    return [
        one
        for one in analysis.assessed.untidy
        if one.flaw not in _IDLE or idle[_line(one.ruleset, one.rule)] == written[_line(one.ruleset, one.rule)]
    ]


def _line(ruleset: RuleSet, rule: Rule) -> tuple[object, ...]:
    if rule.origin is None:
        return (ruleset.id, rule.seq)
    return (ruleset.device, ruleset.source, rule.origin.line)


_IDLE = frozenset({Flaw.SHADOWED, Flaw.NEVER_DECIDES})
