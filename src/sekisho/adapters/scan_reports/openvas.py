"""Reads reports of Greenbone (OpenVAS) as GMP gives them: `result` for each check and port, `nvt` with its oid, `qod`.

The outermost element is a `report`, alone or around another, or a `get_reports_response`. What was overridden to "False
Positive" was decided by somebody there, not here: it is left out and counted in a warning.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, TYPE_CHECKING

from sekisho.adapters.scan_reports.items import Item, cves_in, findings_from
from sekisho.adapters.scan_reports.severities import of_cvss, of_qod
from sekisho.adapters.scan_reports.streaming import (
    MAX_ITEMS,
    NAME_ONLY,
    TOO_MANY,
    ReportUnreadable,
    ScanReport,
    address_in,
    ends_of,
    port_number,
    text_in,
)
from sekisho.domain.diagnosis.knowledge import FindingKnowledge
from sekisho.domain.diagnosis.results import AddressScan, ObservedPort
from sekisho.domain.diagnosis.strangers import visible_line
from sekisho.domain.text import Text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SCANNER = "Greenbone"
ROOTS = frozenset({"report", "get_reports_response"})
_FAMILY = "1.3.6.1.4.1.25623.1.0."


@dataclass
class _Reading:
    """What was read so far."""

    items: dict[str, list[Item]] = field(default_factory=dict)
    ports: dict[str, set[tuple[str, int]]] = field(default_factory=dict)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    status: str = ""
    names: set[str] = field(default_factory=set)
    false_positives: int = 0
    errors: int = 0
    count: int = 0


def read_openvas(stream: IO[bytes], *, knowledge: FindingKnowledge, evidence: str = "") -> ScanReport:
    """Return what a Greenbone report says.

    Raises:
        ReportUnreadable: no such file, incomplete, damaged, hostile or too large.
    """
    reading = _Reading()
    for element, _ in ends_of(stream, _is_whole, roots=ROOTS):
        _take(reading, element)
    scans = tuple(_scan(reading, address, evidence) for address in sorted({*reading.items, *reading.ports}))
    findings = tuple(
        found
        for scan in scans
        for item in reading.items.get(scan.address, ())
        for found in findings_from(item, scan, SCANNER, knowledge)
    )
    return ScanReport(scans, findings, _warnings(reading, scans))


def _is_whole(tag: str, depth: int) -> bool:
    # "detail" is let go of unread: reports list every fact about every host there.
    return tag in {"result", "scan_start", "scan_end", "scan_run_status", "detail"} or (tag == "ports" and depth > 1)


def _take(reading: _Reading, element: "Element") -> None:
    if element.tag == "result":
        reading.count += 1
        if reading.count > MAX_ITEMS:
            raise ReportUnreadable(TOO_MANY.filled(limit=MAX_ITEMS))
        _take_result(reading, element)
    elif element.tag == "ports":
        for port in element.findall("port"):
            _take_port(reading, _host_of(reading, port), visible_line(port.text or "", 40))
    elif element.tag == "scan_start":
        reading.started_at = reading.started_at or _instant(element.text or "")
    elif element.tag == "scan_end":
        reading.ended_at = reading.ended_at or _instant(element.text or "")
    elif element.tag == "scan_run_status":
        reading.status = reading.status or visible_line(element.text or "", 40)


def _host_of(reading: _Reading, element: "Element") -> str:
    said = visible_line((element.findtext("host") or "").strip(), 80)
    address = address_in(said)
    if said and not address:
        reading.names.add(said)
    return address


def _take_port(reading: _Reading, address: str, said: str) -> tuple[str, int]:
    """Note an open port; returns protocol and number, 0 for what is about the host ("general/tcp")."""
    first, _, protocol = said.strip().partition("/")
    number = port_number(first.split(" ")[-1].strip("()"))
    if address and number and protocol in {"tcp", "udp"}:
        reading.ports.setdefault(address, set()).add((protocol, number))
    return protocol, number


def _take_result(reading: _Reading, element: "Element") -> None:
    address = _host_of(reading, element)
    if not address:
        return
    protocol, number = _take_port(reading, address, visible_line(element.findtext("port") or "", 40))
    threat = text_in(element, "threat", 40)
    if threat == "False Positive":
        reading.false_positives += 1
    elif threat == "Error":
        reading.errors += 1
    else:
        reading.items.setdefault(address, []).append(_item(element, threat, protocol, number))


def _item(element: "Element", threat: str, protocol: str, number: int) -> Item:
    nvt = element.find("nvt")
    oid = visible_line(nvt.get("oid", "") if nvt is not None else "", 80)
    score = _score(element)
    named = [reference.get("id", "") for reference in element.findall("nvt/refs/ref") if reference.get("type") == "cve"]
    return Item(
        check=f"openvas:{oid.removeprefix(_FAMILY)}",
        title=text_in(element, "name") or (text_in(nvt, "name") if nvt is not None else "") or oid,
        protocol=protocol,
        port=number,
        severity=of_cvss(score),
        said_severity=f"{SCANNER}: {threat or '?'} {score:.1f}",
        certainty=of_qod(text_in(element, "qod/value", 5)),
        remedy=text_in(element, "nvt/solution") or _tag(text_in(element, "nvt/tags", 4000), "solution"),
        cves=cves_in(*named, element.findtext("nvt/cve") or ""),
    )


def _score(element: "Element") -> float:
    for tag in ("severity", "nvt/cvss_base"):
        try:
            score = float(element.findtext(tag) or "")
        except ValueError:
            continue
        return score if 0 <= score <= 10 else 0.0
    return 0.0


def _tag(tags: str, name: str) -> str:
    return next((part[len(name) + 1 :] for part in tags.split("|") if part.startswith(f"{name}=")), "")[:300]


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None


def _scan(reading: _Reading, address: str, evidence: str) -> AddressScan:
    ports = sorted(reading.ports.get(address, ()))
    return AddressScan(
        address=address,
        started_at=reading.started_at,
        ended_at=reading.ended_at,
        is_up=True,
        ports=tuple(
            ObservedPort(protocol, number, "open", reason=SCANNER, evidence=evidence) for protocol, number in ports
        ),
        evidence=evidence,
        tool=SCANNER,
        is_complete=_is_done(reading),
        asked_scripts=frozenset({"openvas:*"}),
    )


def _is_done(reading: _Reading) -> bool:
    return reading.status in {"", "Done"} and reading.ended_at is not None


def _warnings(reading: _Reading, scans: tuple[AddressScan, ...]) -> tuple[Text, ...]:
    named = [NAME_ONLY.filled(name=name) for name in sorted(reading.names)[:20]]
    done = [] if _is_done(reading) else [_NOT_DONE.filled(status=reading.status or "?")]
    counted = [
        text.filled(count=count)
        for text, count in ((_DECIDED, reading.false_positives), (_ERRORS, reading.errors))
        if count
    ]
    return tuple([*named, *done, *counted, *([] if scans else [_NO_HOST])])


_NOT_DONE = Text(
    "Greenbone の診断が終わりまで進んでいません（状態：{status}）。ここにないことは、問題がない証拠になりません。",
    "This scan of Greenbone did not come to its end (status: {status}). What is not in it proves nothing.",
)
_DECIDED = Text(
    "Greenbone で「該当しない」とされた{count}件は取り込んでいません。",
    "{count} results that were set to “False Positive” in Greenbone were left out.",
)
_ERRORS = Text(
    "Greenbone が調べられなかった項目が{count}件あります。",
    "{count} checks of Greenbone ended in an error.",
)
_NO_HOST = Text(
    "診断したアドレスが一つもありません。何も応答しなかったのか、宛先が抜けていたのかは、このファイルからは分かりません。",
    "There is no address in it. Whether nothing answered or no target was given cannot be told from this file.",
)
