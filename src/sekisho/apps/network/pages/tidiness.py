"""Rules that are wrong as rules: hidden, never at work, any to any, past their end, open management."""

from typing import Any

from sekisho.apps.network.analysis import Analysis
from sekisho.apps.network.pages.why import OpensConfiguration, rule_name
from sekisho.apps.network.words import FLAWS, Names, place_label, rule_label

MOST_RULES = 200


def untidy_rules(analysis: Analysis, opens: OpensConfiguration) -> list[dict[str, Any]]:
    """Return the flaws of the rules in the map, in the order of its rule sets; the first two hundred."""
    names = Names(analysis.network)
    rows = []
    for untidy in analysis.assessed.untidy[:MOST_RULES]:
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
