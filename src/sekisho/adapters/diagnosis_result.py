"""Reads `result.json` of a run back into scans and findings, whoever may have edited it in between.

Only what findings and comparisons need is read. What does not fit its type refuses the file: half a result could pass for
a clean one.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import Any, TypeVar

from sekisho.domain.diagnosis.findings import Certainty, Evidence, Finding, Severity
from sekisho.domain.diagnosis.results import (
    AddressScan,
    CheckResult,
    CheckState,
    Covered,
    ObservedPort,
    ScriptOutput,
)
from sekisho.domain.diagnosis.runs import FORMAT
from sekisho.domain.diagnosis.strangers import visible, visible_line
from sekisho.domain.text import Text

MAX_BYTES = 200_000_000
MAX_ENTRIES = 200_000
_NOT_SCANNED = frozenset({"refused"})
_WHOLE = frozenset({"complete"})

Kept = TypeVar("Kept")
Document = Mapping[str, Any]


class ResultUnreadable(ValueError):
    """The file is no result of a run. `message` says why and what to do."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message


def read_result(raw: bytes, *, evidence: str = "") -> tuple[tuple[AddressScan, ...], tuple[Finding, ...]]:
    """Return the scans and the findings that a `result.json` holds; addresses that were refused have no scan.

    Raises:
        ResultUnreadable: too large, no JSON, another format, or something in it that cannot be.
    """
    if len(raw) > MAX_BYTES:
        raise ResultUnreadable(_TOO_LARGE.filled(limit=MAX_BYTES // 1_000_000))
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        raise ResultUnreadable(_NO_JSON) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ResultUnreadable(_OTHER_FORMAT.filled(format=FORMAT))
    try:
        addresses = [one for one in _some(document, "addresses") if one["state"] not in _NOT_SCANNED]
        scans = tuple(_scan(one, evidence) for one in addresses)
        findings = tuple(_finding(found) for one in addresses for found in _some(one, "findings"))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ResultUnreadable(_DAMAGED) from None
    return scans, findings


def _some(document: Document, key: str) -> list[Document]:
    entries = document.get(key)
    if entries is None:
        return []
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise ValueError(key)
    return entries


def _scan(one: Document, evidence: str) -> AddressScan:
    checks = tuple(_check(check) for check in _some(one, "checks"))
    return AddressScan(
        address=str(ip_address(one["address"])),
        started_at=_instant(one.get("started_at")),
        ended_at=_instant(one.get("ended_at")),
        is_up=True,
        ports=tuple(_port(port) for port in _some(one, "ports")),
        evidence=evidence,
        tool="sekisho",
        is_complete=one["state"] in _WHOLE,
        covered=tuple(_covered(entry) for entry in _some(one, "covered")),
        asked_services=any(port.get("basis") for port in _some(one, "ports")),
        checks=checks,
    )


def _covered(entry: Document) -> Covered:
    ranges = tuple((int(first), int(last)) for first, last in entry["ranges"])
    if any(not 0 <= first <= last <= 65535 for first, last in ranges):
        raise ValueError("ranges")
    return Covered(_word(entry, "protocol"), ranges)


def _port(port: Document) -> ObservedPort:
    number = int(port["port"])
    if not 0 <= number <= 65535:
        raise ValueError("port")
    words = ("service", "product", "version", "reason", "extra", "os", "device", "basis", "evidence")
    return ObservedPort(
        protocol=_word(port, "protocol"),
        port=number,
        state=_word(port, "state"),
        cpes=tuple(visible_line(str(cpe)) for cpe in _some(port, "cpes")),
        scripts=tuple(_output(script) for script in _some(port, "scripts")),
        **{name: _word(port, name) for name in words},
    )


def _check(check: Document) -> CheckResult:
    return CheckResult(
        check=_word(check, "check"),
        protocol=_word(check, "protocol"),
        port=int(check["port"]),
        state=CheckState(check["state"]),
        outputs=tuple(_output(output) for output in _some(check, "outputs")),
        asks=tuple(visible_line(str(name)) for name in _some(check, "asks")),
        evidence=_word(check, "evidence"),
        sha256=_word(check, "sha256"),
        tool=_word(check, "tool"),
        started_at=_instant(check.get("started_at")),
        ended_at=_instant(check.get("ended_at")),
        rule=_word(check, "rule"),
    )


def _output(script: Document) -> ScriptOutput:
    elements = tuple((visible_line(str(name)), visible_line(str(value))) for name, value in _some(script, "elements"))
    return ScriptOutput(_word(script, "id"), visible(str(script.get("output") or "")), elements)


def _finding(found: Document) -> Finding:
    return Finding(
        kind=_word(found, "kind"),
        address=_word(found, "address"),
        lines=tuple(visible_line(str(line)) for line in _some(found, "lines")),
        protocol=_word(found, "protocol"),
        port=int(found["port"]),
        subject=_word(found, "subject"),
        facts={visible_line(str(name)): visible_line(str(value)) for name, value in dict(found["facts"]).items()},
        certainty=Certainty(found["certainty"]),
        severity=Severity(found["severity"]),
        evidence=tuple(_evidence(piece) for piece in _some(found, "evidence")),
        place=_word(found, "place"),
    )


def _evidence(piece: Document) -> Evidence:
    words = ("source", "file", "sha256", "check", "said")
    return Evidence(**{name: _word(piece, name) for name in words}, seen_at=_instant(piece.get("seen_at")))


def _word(document: Document, key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str | None):
        raise TypeError(key)
    return visible_line(value or "")


def _instant(text: object) -> datetime | None:
    return _or_none(datetime.fromisoformat, text) if isinstance(text, str) else None


def _or_none(make: Callable[[str], datetime], text: str) -> datetime | None:
    instant = make(text)
    return instant if instant.tzinfo is not None else None


_TOO_LARGE = Text("ファイルが大きすぎます（{limit} MB まで）。", "The file is too large (at most {limit} MB).")
_NO_JSON = Text(
    "診断の結果（result.json）として読めません。途中で切れているかもしれません。元のファイルを写し直してください。",
    "This is no readable result.json; it may have been cut off. Copy the original again.",
)
_OTHER_FORMAT = Text(
    "診断の結果（result.json、format が「{format}」のもの）ではありません。",
    "This is no result.json of a diagnosis (format “{format}”).",
)
_DAMAGED = Text(
    "診断の結果（result.json）に、あり得ない値があります。人の手で直さず、元のファイルを入れてください。",
    "There are values in this result.json that cannot be. Put in the original file, not edited.",
)
