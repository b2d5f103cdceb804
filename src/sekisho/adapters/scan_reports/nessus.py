"""Reads Nessus' export (.nessus, NessusClientData_v2): a ReportHost for each address, a ReportItem for each plug-in and port.

The policy at its beginning is not read: settings of a scan with sign-in stand there. Of what plug-ins print, only the
range of ports of the "scan information" is read.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

from sekisho.adapters.scan_reports.items import Item, cves_in, findings_from
from sekisho.adapters.scan_reports.severities import NESSUS
from sekisho.adapters.scan_reports.streaming import (
    MAX_HOSTS,
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
from sekisho.domain.diagnosis.findings import Certainty, Finding, Severity
from sekisho.domain.diagnosis.knowledge import FindingKnowledge
from sekisho.domain.diagnosis.results import AddressScan, Covered, ObservedPort
from sekisho.domain.diagnosis.strangers import visible_line
from sekisho.domain.text import Text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SCANNER = "Nessus"
ROOTS = frozenset({"NessusClientData_v2"})
_INFORMATION = "19506"
"""The plug-in that says how the scan was made."""
_PORT_RANGE = re.compile(r"Port range\s*:\s*(\d{1,5})-(\d{1,5})\s*$", re.MULTILINE)
_WORDS = {4: "Critical", 3: "High", 2: "Medium", 1: "Low", 0: "Info"}


def read_nessus(stream: IO[bytes], *, knowledge: FindingKnowledge, evidence: str = "") -> ScanReport:
    """Return what a .nessus file says.

    Raises:
        ReportUnreadable: no such file, incomplete, damaged, hostile or too large.
    """
    scans: list[AddressScan] = []
    findings: list[Finding] = []
    warnings: list[Text] = []
    host = _Host()
    count = 0
    for element, _ in ends_of(stream, _is_whole, roots=ROOTS):
        if element.tag == "HostProperties":
            host.properties = _properties(element)
        elif element.tag == "ReportItem":
            count += 1
            if count > MAX_ITEMS:
                raise ReportUnreadable(TOO_MANY.filled(limit=MAX_ITEMS))
            host.take(element)
        elif element.tag == "ReportHost":
            if len(scans) >= MAX_HOSTS:
                raise ReportUnreadable(TOO_MANY.filled(limit=MAX_HOSTS))
            scan = host.scan(visible_line(element.get("name", "")), evidence)
            if scan is None:
                warnings.append(NAME_ONLY.filled(name=visible_line(element.get("name", ""), 80)))
            else:
                scans.append(scan)
                findings += [found for item in host.items for found in findings_from(item, scan, SCANNER, knowledge)]
            host = _Host()
    return ScanReport(tuple(scans), tuple(findings), tuple(warnings) or (() if scans else (_NO_HOST,)))


def _is_whole(tag: str, depth: int) -> bool:
    return (tag, depth) in {("Policy", 2), ("HostProperties", 4), ("ReportItem", 4), ("ReportHost", 3)}


def _properties(element: "Element") -> dict[str, str]:
    return {tag.get("name", ""): visible_line(tag.text or "") for tag in list(element.findall("tag"))[:500]}


class _Host:
    """One ReportHost while it is read."""

    def __init__(self) -> None:
        self.properties: dict[str, str] = {}
        self.items: list[Item] = []
        self.ports: dict[tuple[str, int], ObservedPort] = {}
        self.covered: tuple[Covered, ...] = ()

    def take(self, element: "Element") -> None:
        protocol, number = visible_line(element.get("protocol", ""), 10), port_number(element.get("port", ""))
        plugin = visible_line(element.get("pluginID", ""), 20)
        if number and protocol in {"tcp", "udp"}:
            self._take_port(protocol, number, visible_line(element.get("svc_name", ""), 60))
        if plugin == _INFORMATION:
            self.covered = tuple(_covered(element.findtext("plugin_output") or ""))
        self.items.append(_item(element, plugin, protocol, number))

    def _take_port(self, protocol: str, number: int, service: str) -> None:
        is_guess = service.endswith("?") or service in {"", "general", "unknown"}
        name = "" if service in {"general", "unknown"} else _SERVICES.get(service.rstrip("?"), service.rstrip("?"))
        known = self.ports.get((protocol, number))
        if known is None or (not is_guess and known.basis != "probed"):
            basis = "table" if is_guess else "probed"
            self.ports[protocol, number] = ObservedPort(protocol, number, "open", name, reason=SCANNER, basis=basis)

    def scan(self, name: str, evidence: str) -> AddressScan | None:
        address = address_in(self.properties.get("host-ip", "")) or address_in(name)
        if not address:
            return None
        started_at, ended_at = _instant(self.properties, "HOST_START"), _instant(self.properties, "HOST_END")
        return AddressScan(
            address=address,
            started_at=started_at,
            ended_at=ended_at,
            is_up=True,
            ports=tuple(replace(self.ports[key], evidence=evidence) for key in sorted(self.ports)),
            evidence=evidence,
            tool=SCANNER,
            # Without its end the scan of this host was cut short.
            is_complete=ended_at is not None,
            covered=self.covered,
            asked_scripts=frozenset({"nessus:*"}),
        )


_SERVICES = {"www": "http", "cifs": "microsoft-ds", "smb": "netbios-ssn", "msrdp": "ms-wbt-server", "dns": "domain"}
"""Nessus' own names of services, as nmap calls them."""


def _item(element: "Element", plugin: str, protocol: str, number: int) -> Item:
    level = element.get("severity", "")
    count = int(level) if level.isascii() and level.isdigit() and len(level) == 1 else -1
    cpe = text_in(element, "cpe")
    return Item(
        check=f"nessus:{plugin}",
        title=visible_line(element.get("pluginName", "")) or f"plug-in {plugin}",
        protocol=protocol,
        port=number,
        severity=NESSUS.get(count, Severity.UNKNOWN),
        said_severity=f"{SCANNER}: {_WORDS.get(count, '?')}",
        certainty=Certainty.STATED,
        remedy=text_in(element, "solution"),
        cves=cves_in(*[entry.text or "" for entry in element.findall("cve")]),
        product=" ".join(cpe.split(":")[2:4]).replace("_", " ") if cpe.startswith("cpe:/") else "",
    )


def _covered(output: str) -> Iterator[Covered]:
    """Yield what a range of numbers says; "default" and lists of well-known ports say nothing that can be relied on."""
    if match := _PORT_RANGE.search(output[:20_000]):
        first, last = int(match[1]), int(match[2])
        if first <= last <= 65535:
            yield Covered("tcp", ((first, last),))


def _instant(properties: dict[str, str], name: str) -> datetime | None:
    seconds = properties.get(f"{name}_TIMESTAMP", "")
    try:
        if seconds:
            return datetime.fromtimestamp(int(seconds), tz=UTC)
        # Without a zone in the file: the scanner's local time is taken for UTC, a few hours at most.
        return datetime.strptime(properties.get(name, ""), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


_NO_HOST = Text(
    "診断したアドレスが一つもありません。何も応答しなかったのか、宛先が抜けていたのかは、このファイルからは分かりません。",
    "There is no address in it. Whether nothing answered or no target was given cannot be told from this file.",
)
