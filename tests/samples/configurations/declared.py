"""Declared rule sets of a device in a network.yaml, read by hand's length of code: an oracle for readers of its file."""

from pathlib import Path

import yaml

from sekisho.domain.network.addresses import parse_addresses
from sekisho.domain.network.model import Action, AtInterface, Direction, Rule, RuleSet, State
from sekisho.domain.network.services import parse_services


def declared_rulesets(file: Path, device: str) -> dict[str, RuleSet]:
    """Return the rule sets declared for `device`, by the text of their place."""
    entries = yaml.safe_load(file.read_text(encoding="utf-8"))["rulesets"]
    return {
        f"{entry['at']['interface']}/{entry['at']['direction']}": _ruleset(entry)
        for entry in entries
        if entry["device"] == device
    }


def _ruleset(entry: dict) -> RuleSet:
    return RuleSet(
        device=entry["device"],
        at=AtInterface(entry["at"]["interface"], Direction(entry["at"]["direction"])),
        default=Action(entry["default"]),
        rules=tuple(_rule(rule) for rule in entry["rules"]),
        stateful=entry.get("stateful", True),
    )


def _rule(rule: dict) -> Rule:
    return Rule(
        seq=rule["seq"],
        action=Action(rule["action"]),
        src=parse_addresses(rule["src"]),
        dst=parse_addresses(rule["dst"]),
        service=parse_services(rule["service"]),
        state=State(rule["state"]),
    )
