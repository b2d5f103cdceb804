"""Changes and answers of the network engine as plain values for JSON."""

from dataclasses import fields
from typing import Any

from sekisho.domain.network.addresses import addresses_text
from sekisho.domain.network.changes import Change, DisableRule, InsertDeny, NarrowRule
from sekisho.domain.network.model import Network, Rule
from sekisho.domain.network.services import services_text
from sekisho.domain.network.wording import change_text

KINDS = {
    "DisableRule": "disable-rule",
    "NarrowRule": "narrow-rule",
    "InsertDeny": "insert-deny",
    "CloseLine": "close-line",
    "IsolateSegment": "isolate-segment",
    "CutCable": "cut-cable",
    "TakeOffline": "take-offline",
    "PutJumpHost": "put-jump-host",
}


def change_document(network: Network, change: Change) -> dict[str, Any]:
    """Return a change with its kind, its text in both languages, and its parts as network.yaml writes them."""
    kind = KINDS[type(change).__name__]
    document: dict[str, Any] = {"kind": kind, "text": change_text(network, change).as_dict()}
    if isinstance(change, DisableRule | NarrowRule):
        ruleset = network.rulesets[change.ruleset]
        document |= {"device": ruleset.device, "at": str(ruleset.at), "rule": f"{ruleset.id}#{change.seq}"}
        document |= {"seq": change.seq, "keeps": [_rule(keep) for keep in change.keeps]}
        if isinstance(change, NarrowRule):
            document["services"] = services_text(change.services)
        return document
    if isinstance(change, InsertDeny):
        return document | {
            "device": change.device,
            "at": str(change.at),
            "src": addresses_text(change.src),
            "dst": addresses_text(change.dst),
            "services": services_text(change.services),
            "keeps": [_rule(keep) for keep in change.keeps],
            "attaches": change.attaches,
        }
    return document | {field.name: getattr(change, field.name) for field in fields(change)}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "action": rule.action.value,
        "src": addresses_text(rule.src),
        "dst": addresses_text(rule.dst),
        "service": services_text(rule.service),
        "state": rule.state.value,
    }
