"""Reads a scanner's result whatever its format: nmap or masscan XML, .nessus, Greenbone XML; told by its first element."""

import re
from datetime import date
from io import BytesIO
from typing import IO

from sekisho.adapters.nmap.parse import MAX_BYTES, NmapUnreadable, parse_nmap_xml
from sekisho.adapters.scan_reports.nessus import read_nessus
from sekisho.adapters.scan_reports.openvas import read_openvas
from sekisho.adapters.scan_reports.streaming import NOT_A_REPORT, ReportUnreadable, ScanReport
from sekisho.domain.diagnosis.deriving import findings_of
from sekisho.domain.diagnosis.findings import Finding, merged
from sekisho.domain.diagnosis.knowledge import FindingKnowledge

_HEAD = 8192
_ROOT = re.compile(rb"<([A-Za-z_][\w.-]*)[\s/>]")


def read_report(stream: IO[bytes], *, knowledge: FindingKnowledge, evidence: str = "") -> ScanReport:
    """Return what a result file says. `evidence` names it in scans and findings.

    Raises:
        ReportUnreadable: none of the formats, or none that can be relied on; the message says why.
    """
    head = stream.read(_HEAD)
    match = _ROOT.search(re.sub(rb"<!--.*?-->", b"", head, flags=re.DOTALL))
    root = match[1].decode("ascii", "replace") if match else ""
    rest = _Joined(head, stream)
    if root == "NessusClientData_v2":
        return read_nessus(rest, knowledge=knowledge, evidence=evidence)
    if root in {"report", "get_reports_response"}:
        return read_openvas(rest, knowledge=knowledge, evidence=evidence)
    return _nmap(rest.read(MAX_BYTES + 1), evidence)


def _nmap(raw: bytes, evidence: str) -> ScanReport:
    try:
        run = parse_nmap_xml(raw, evidence=evidence)
    except NmapUnreadable as error:
        is_other = b"<nmaprun" not in raw[:_HEAD] and bool(raw.strip())
        raise ReportUnreadable(NOT_A_REPORT if is_other else error.message) from None
    return ScanReport(run.scans, (), run.warnings)


class _Joined(BytesIO):
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        super().__init__(head)
        self._rest = rest

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes: of the beginning first."""
        wanted = -1 if size is None else size
        piece = super().read(wanted)
        if wanted < 0:
            return piece + self._rest.read()
        return piece + self._rest.read(wanted - len(piece)) if len(piece) < wanted else piece


def findings_in(report: ScanReport, *, today: date, knowledge: FindingKnowledge) -> tuple[Finding, ...]:
    """Return all findings of a file: those of the scanner itself, and those that its ports and scripts show."""
    seen = [finding for scan in report.scans for finding in findings_of(scan, today=today, knowledge=knowledge)]
    return merged([*seen, *report.findings])
