"""`result.json`: the values of a run as plain JSON, nothing more and nothing less than they say."""

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from sekisho.domain.diagnosis.runs import FORMAT, AddressResult, RunResult
from sekisho.domain.text import Text


def document_of(result: RunResult) -> dict[str, Any]:
    """Return the content of `result.json`."""
    return {
        "format": FORMAT,
        "started_at": plain(result.started_at),
        "ended_at": plain(result.ended_at),
        "gate": result.gate,
        "tools": dict(result.tools),
        "packets_outside": result.packets_outside,
        "notes": plain(result.notes),
        "addresses": [address_document(one) for one in result.addresses],
    }


def address_document(result: AddressResult) -> dict[str, Any]:
    """Return what one address brought."""
    document: dict[str, Any] = plain(result)
    scan = document.pop("scan")
    document["covered"] = [] if scan is None else scan["covered"]
    loss = result.loss
    document["loss"] = None if loss is None else {
        "out": loss.outgoing,
        "in": loss.returning,
        "both": loss.both,
        "bounds": {"both": loss.bound},
        "asked": loss.tally.asked,
        "missed": loss.tally.missed,
    }  # fmt: skip
    return document


def plain(value: Any) -> Any:
    """Return `value` as JSON holds it: values by their fields, texts in both languages, times with their zone."""
    if isinstance(value, Text):
        return value.as_dict()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(one) for one in value)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value
