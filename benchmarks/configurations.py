"""Configurations of 20,000 lines for each vendor, written by the writers from one list of rules."""

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from sekisho.adapters.configurations.read import read_configuration
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Action, Rule, RuleSet
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import TCP, service_number

LINES = 20_000
SAMPLES = Path(__file__).parents[1] / "tests" / "samples" / "configurations"
START = {
    "yamaha": "internet_vpn.txt",
    "nec_ix": "01-internet-vpn.txt",
    "si_r": "13-server-room.txt",
    "cisco_ios": "core_switch.txt",
    "cisco_asa": "groups.txt",
    "fortios": "01-internet-vpn.conf",
    "panos": "01-clinic.xml",
    "alliedware_plus": "core_vlans.txt",
    "nftables": "01-gateway.json",
    "table": "01-template.csv",
}
"""The sample that each vendor's configuration begins with; its first rule set becomes long."""
_TRIED = (100, 200)


def configurations() -> Iterator[tuple[str, bytes]]:
    """Yield each vendor with its configuration of about 20,000 lines."""
    for vendor, name in START.items():
        base = read_configuration((SAMPLES / vendor / name).read_bytes())
        few, more = (_written(vendor, base, many).count("\n") for many in _TRIED)
        lines_a_rule = (more - few) / (_TRIED[1] - _TRIED[0])
        yield vendor, _written(vendor, base, int((LINES - few) / lines_a_rule) + _TRIED[0]).encode()


def _written(vendor: str, base: DeviceConfiguration, many: int) -> str:
    writer = import_module(f"sekisho.adapters.configurations.{vendor}.writer")
    long = max(base.rulesets, key=lambda ruleset: len(ruleset.rules))
    rulesets = tuple(replace(one, rules=_rules(many, long)) if one is long else one for one in base.rulesets)
    return str(writer.emit(replace(base, rulesets=rulesets)))


def _rules(many: int, ruleset: RuleSet) -> tuple[Rule, ...]:
    """Return rules from one host to one server and port each."""
    first = ruleset.rules[0]
    return tuple(
        replace(
            Rule(at + 1, Action.DENY if at % 3 == 0 else Action.PERMIT, entering=first.entering, leaving=first.leaving),
            src=Ranges.single((10 << 24) + 256 + at % 5_000),
            dst=Ranges.single((10 << 24) + (1 << 20) + at // 7),
            service=Ranges.single(service_number(TCP, 1 + at % 60_000)),
        )
        for at in range(many)
    )
