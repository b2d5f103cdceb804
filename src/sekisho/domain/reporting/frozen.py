"""A report as stored text and back, and its content hash: the same report can be printed again years later."""

import hashlib
import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, cast

from sekisho.domain.reporting import document
from sekisho.domain.reporting.document import SurveyReport
from sekisho.domain.text import Text

FORMAT = 1
"""Raised when stored reports of an older format can no longer be read as they are."""

_TYPES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        Text,
        document.Callout,
        document.Cell,
        document.Column,
        document.Field,
        document.LevelChart,
        document.Paragraph,
        document.Picture,
        document.Point,
        document.Points,
        document.Record,
        document.Records,
        document.ReportIssue,
        document.RulesVersion,
        document.Section,
        document.Share,
        document.Subheading,
        document.SurveyReport,
        document.Table,
    )
}


class ReportUnreadable(ValueError):
    """A stored report is damaged or of an unknown format. `message` says so to the user."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.message = Text(
            f"保存された報告書を読めません（{why}）。保管した PDF を使うか、もう一度作成してください。",
            f"The stored report cannot be read ({why}). Use the PDF that was kept, or make the report again.",
        )


def report_to_json(report: SurveyReport) -> str:
    """Return `report` as canonical JSON: ASCII only, keys sorted, so that equal reports give equal text."""
    body = {"format": FORMAT, "report": _encode(report)}
    return json.dumps(body, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def report_from_json(stored: str) -> SurveyReport:
    """Return the report that `report_to_json` wrote.

    Raises:
        ReportUnreadable: the text is not such a report.
    """
    try:
        body = json.loads(stored)
        if body["format"] != FORMAT:
            raise ReportUnreadable(f"format {body['format']}")
        report = _decode(body["report"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise error if isinstance(error, ReportUnreadable) else ReportUnreadable(type(error).__name__) from error
    if not isinstance(report, SurveyReport):
        raise ReportUnreadable("no report inside")
    return report


def report_hash(report: SurveyReport) -> str:
    """Return the SHA-256 of everything the report says, as 64 hexadecimal digits."""
    return hashlib.sha256(report_to_json(report).encode("ascii")).hexdigest()


def _encode(value: object) -> object:
    if isinstance(value, Enum):
        return {"$": "Mark", "value": value.value}
    if isinstance(value, datetime):
        return {"$": "datetime", "value": value.isoformat()}
    if isinstance(value, date):
        return {"$": "date", "value": value.isoformat()}
    if is_dataclass(value):
        return {"$": type(value).__name__} | {f.name: _encode(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    return value


def _decode(value: object) -> object:
    if isinstance(value, list):
        return tuple(_decode(item) for item in value)
    if not isinstance(value, dict):
        return value
    body = cast(dict[str, Any], value)
    kind = body["$"]
    if kind == "Mark":
        return document.Mark(body["value"])
    if kind == "datetime":
        return datetime.fromisoformat(body["value"])
    if kind == "date":
        return date.fromisoformat(body["value"])
    return _TYPES[kind](**{name: _decode(part) for name, part in body.items() if name != "$"})
