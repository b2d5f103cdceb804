"""Changes to a network as plain JSON values, so that a question asked today can be answered again tomorrow.

A position of a rule set counts in the network for which the change was made: keep both together.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sekisho.domain.network.addresses import addresses_text, parse_addresses
from sekisho.domain.network.changes import (
    Change,
    CloseLine,
    CutCable,
    DisableRule,
    InsertDeny,
    IsolateSegment,
    NarrowRule,
    PutJumpHost,
    TakeOffline,
)
from sekisho.domain.network.model import Action, AtInterface, Direction, Rule, State
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import parse_services, services_text

Plain = dict[str, Any]


class NotAChange(ValueError):
    """The plain value is no change; the argument says what is wrong."""


def change_to_plain(change: Change) -> Plain:
    """Return `change` as a mapping of JSON values; `change_from_plain` reads it back."""
    match change:
        case DisableRule(ruleset, seq, keeps):
            return {"kind": "disable-rule", "ruleset": ruleset, "seq": seq} | _keeps(keeps)
        case NarrowRule(ruleset, seq, services, keeps):
            return {
                "kind": "narrow-rule",
                "ruleset": ruleset,
                "seq": seq,
                "services": services_text(services),
            } | _keeps(keeps)
        case InsertDeny():
            return _deny_to_plain(change)
        case CloseLine(line):
            return {"kind": "close-line", "line": line}
        case IsolateSegment(segment):
            return {"kind": "isolate-segment", "segment": segment}
        case CutCable(device, interface):
            return {"kind": "cut-cable", "device": device, "interface": interface}
        case TakeOffline(copy):
            return {"kind": "take-offline", "copy": copy}
        case PutJumpHost(line, host):
            return {"kind": "put-jump-host", "line": line, "host": host}


def changes_from_plain(values: Iterable[Mapping[str, Any]]) -> tuple[Change, ...]:
    """Return the changes that `values` say.

    Raises:
        NotAChange: one of them is none.
    """
    return tuple(change_from_plain(value) for value in values)


def change_from_plain(value: Mapping[str, Any]) -> Change:
    """Return the change that `value` says.

    Raises:
        NotAChange: it is none.
    """
    try:
        return _change(value)
    except (KeyError, TypeError, ValueError) as error:
        raise NotAChange(f"{type(error).__name__}: {error}") from error


def _change(value: Mapping[str, Any]) -> Change:
    match value["kind"]:
        case "disable-rule":
            return DisableRule(int(value["ruleset"]), int(value["seq"]), _kept(value))
        case "narrow-rule":
            services = parse_services(value["services"])
            return NarrowRule(int(value["ruleset"]), int(value["seq"]), services, _kept(value))
        case "insert-deny":
            return _deny(value)
        case "close-line":
            return CloseLine(str(value["line"]))
        case "isolate-segment":
            return IsolateSegment(str(value["segment"]))
        case "cut-cable":
            return CutCable(str(value["device"]), str(value["interface"]))
        case "take-offline":
            return TakeOffline(str(value["copy"]))
        case "put-jump-host":
            return PutJumpHost(str(value["line"]), str(value["host"]))
        case other:
            raise NotAChange(f"kind {other!r}")


def _deny_to_plain(change: InsertDeny) -> Plain:
    return {
        "kind": "insert-deny",
        "device": change.device,
        "interface": change.at.interface,
        "direction": change.at.direction.value,
        "src": addresses_text(change.src),
        "dst": addresses_text(change.dst),
        "services": services_text(change.services),
        "attaches": change.attaches,
    } | _keeps(change.keeps)


def _deny(value: Mapping[str, Any]) -> InsertDeny:
    return InsertDeny(
        str(value["device"]),
        AtInterface(str(value["interface"]), Direction(value["direction"])),
        parse_addresses(value["src"]),
        parse_addresses(value["dst"]),
        parse_services(value["services"]),
        _kept(value),
        bool(value["attaches"]),
    )


def _keeps(rules: tuple[Rule, ...]) -> Plain:
    return {"keeps": [_rule_to_plain(rule) for rule in rules]} if rules else {}


def _kept(value: Mapping[str, Any]) -> tuple[Rule, ...]:
    return tuple(_rule(rule) for rule in value.get("keeps", ()))


def _rule_to_plain(rule: Rule) -> Plain:
    return {
        "seq": rule.seq,
        "action": rule.action.value,
        "src": addresses_text(rule.src),
        "dst": addresses_text(rule.dst),
        "service": services_text(rule.service),
        "source_ports": [list(span) for span in rule.source_ports.spans],
        "state": rule.state.value,
        "entering": None if rule.entering is None else sorted(rule.entering),
        "leaving": None if rule.leaving is None else sorted(rule.leaving),
        "name": rule.name,
    }


def _rule(value: Mapping[str, Any]) -> Rule:
    return Rule(
        seq=int(value["seq"]),
        action=Action(value["action"]),
        src=parse_addresses(value["src"]),
        dst=parse_addresses(value["dst"]),
        service=parse_services(value["service"]),
        source_ports=Ranges.of((int(first), int(last)) for first, last in value["source_ports"]),
        state=State(value["state"]),
        entering=_ids(value["entering"]),
        leaving=_ids(value["leaving"]),
        name=str(value["name"]),
    )


def _ids(names: list[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(map(str, names))
