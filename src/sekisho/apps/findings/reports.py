"""Take in the result of another scanner as evidence of the same kind: nmap or masscan XML, Nessus, Greenbone.

A file is a stranger's: its format is told from its bytes, it is read by readers that refuse what cannot be relied on
(`adapters.scan_reports`), and it is kept with its hash beside what was read from it.
"""

import hashlib
import io
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from sekisho.adapters.scan_reports.read import read_report
from sekisho.adapters.scan_reports.streaming import ReportUnreadable, ScanReport
from sekisho.apps.findings.keeping import Seen, Taken, day_of, keep, next_number
from sekisho.apps.findings.models import Observation
from sekisho.apps.findings.places import Place, Places
from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.domain.diagnosis import findings as domain
from sekisho.domain.diagnosis.deriving import findings_of
from sekisho.domain.diagnosis.findings import merged
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.reporting.attention import canonical, is_inside_address
from sekisho.domain.text import Text
from sekisho.foundation.accounts.models import User
from sekisho.foundation.files.actions import store
from sekisho.foundation.files.models import StoredFile
from sekisho.foundation.files.sniffing import FileRefused, SniffedFile
from sekisho.foundation.tenancy.models import Hospital

XML = "application/xml"
MOST_ADDRESSES = 300
"""A hospital has some dozens of lines; a file with more is of somebody else, or of the inside."""


@dataclass(frozen=True, slots=True)
class Import:
    """What a file became. `is_new` is False when the same file had been taken in before; then nothing was done."""

    observation: Observation
    taken: Taken
    is_new: bool = True


def take_in(hospital: Hospital, *, name: str, content: bytes, by: User | None) -> Import:
    """Keep the file, what it saw and what follows from it.

    Raises:
        FileRefused: it cannot be relied on; the message says why and what to do.
    """
    _check_size(content)
    digest = hashlib.sha256(content).hexdigest()
    before = Observation.objects.filter(hospital=hospital, file__sha256=digest).select_related("file").first()
    if before is not None:
        return Import(before, Taken(), is_new=False)
    cleaned = _presentable(name)
    report, warnings = _read(content, cleaned)
    return _keep(hospital, cleaned, content, report, warnings, by=by)


def _check_size(content: bytes) -> None:
    if not content.strip():
        raise FileRefused(Text("ファイルが空です。もう一度選び直してください。", "The file is empty. Choose it again."))
    if len(content) > settings.UPLOAD_LIMIT_BYTES:
        limit = settings.UPLOAD_LIMIT_BYTES // 2**20
        raise FileRefused(_TOO_LARGE.filled(limit=limit))


def _read(content: bytes, name: str) -> tuple[ScanReport, tuple[Text, ...]]:
    """Return what the file says of addresses that can be seen from outside, and what a reader must know.

    Raises:
        FileRefused: nothing of it can be used.
    """
    try:
        report = read_report(io.BytesIO(content), knowledge=load_finding_knowledge(), evidence=name)
    except ReportUnreadable as error:
        raise FileRefused(error.message) from error
    outside = tuple(scan for scan in report.scans if not is_inside_address(scan.address))
    inside = len(report.scans) - len(outside)
    warnings = (*report.warnings, *((_INSIDE.filled(n=inside),) if inside else ()))
    if not outside:
        raise FileRefused(_INSIDE_ONLY if inside else _NOTHING)
    if len({scan.address for scan in outside}) > MOST_ADDRESSES:
        raise FileRefused(_TOO_MANY.filled(limit=MOST_ADDRESSES))
    return replace(report, scans=outside), warnings


@transaction.atomic
def _keep(
    hospital: Hospital, name: str, content: bytes, report: ScanReport, warnings: tuple[Text, ...], *, by: User | None
) -> Import:
    number = next_number(hospital)
    stored = store(hospital=hospital, file=SniffedFile(name, XML, content), by=by)
    tool = next((scan.tool for scan in report.scans if scan.tool), "")
    starts = [scan.started_at for scan in report.scans if scan.started_at]
    ends = [scan.ended_at for scan in report.scans if scan.ended_at]
    observation = Observation.objects.create(
        hospital=hospital,
        number=number,
        kind=Observation.Kind.FILE,
        file=stored,
        scanner=(tool.split() or [""])[0].casefold()[:40],
        tool=tool[:80],
        began_at=min(starts, default=None),
        ended_at=max(ends, default=None),
        warnings=[one.as_dict() for one in warnings],
        taken_by=by,
    )
    return Import(observation, keep(observation, _seen(hospital, report, stored), by=by))


def _seen(hospital: Hospital, report: ScanReport, stored: StoredFile) -> list[Seen]:
    places = Places(hospital)
    own: dict[str, list[domain.Finding]] = defaultdict(list)
    for finding in report.findings:
        own[canonical(finding.address)].append(finding)
    return [_seen_at(scan, own[scan.address], places, stored) for scan in _one_per_address(report.scans)]


def _one_per_address(scans: tuple[AddressScan, ...]) -> list[AddressScan]:
    """Return one scan for each address: a file that names one twice (masscan, several ranges) says both at once."""
    by_address: dict[str, list[AddressScan]] = defaultdict(list)
    for scan in scans:
        by_address[canonical(scan.address)].append(scan)
    return [_joined(address, same) for address, same in by_address.items()]


def _joined(address: str, same: list[AddressScan]) -> AddressScan:
    ports = {(port.protocol, port.port): port for scan in same for port in scan.ports if port.state != "open"}
    ports |= {(port.protocol, port.port): port for scan in same for port in scan.open_ports}
    starts: list[datetime] = [scan.started_at for scan in same if scan.started_at]
    return replace(
        same[0],
        address=address,
        started_at=min(starts, default=None),
        is_up=any(scan.is_up for scan in same),
        is_complete=all(scan.is_complete for scan in same),
        ports=tuple(ports.values()),
        covered=tuple(covered for scan in same for covered in scan.covered),
        undecided=tuple(undecided for scan in same for undecided in scan.undecided),
        asked_services=all(scan.asked_services for scan in same),
        asked_scripts=frozenset.intersection(*(scan.asked_scripts for scan in same)),
        scripts=tuple(script for scan in same for script in scan.scripts),
        checks=tuple(check for scan in same for check in scan.checks),
    )


def _seen_at(scan: AddressScan, own: list[domain.Finding], places: Places, stored: StoredFile) -> Seen:
    looked_on = day_of(scan.started_at)
    place = places.at(scan.address, looked_on)
    derived = findings_of(
        scan,
        today=day_of(scan.ended_at or scan.started_at) or timezone.localdate(),
        knowledge=load_finding_knowledge(),
        lines=place.contexts,
        place="" if place.key == scan.address else place.key,
    )
    findings = merged([*derived, *(_at(finding, scan, place) for finding in own)])
    return Seen(place, scan, tuple(_from_file(finding, stored) for finding in findings))


def _at(finding: domain.Finding, scan: AddressScan, place: Place) -> domain.Finding:
    return replace(
        finding, address=scan.address, lines=place.names, place="" if place.key == scan.address else place.key
    )


def _from_file(finding: domain.Finding, stored: StoredFile) -> domain.Finding:
    evidence = tuple(replace(one, file=stored.name, sha256=stored.sha256) for one in finding.evidence)
    return replace(finding, evidence=evidence)


def _presentable(name: str) -> str:
    base = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    base = "".join(c for c in base if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*').strip(" .")
    return base[-150:] or "scan.xml"


_TOO_LARGE = Text(
    "ファイルが大きすぎます。{limit} MB までにしてください。調べるアドレスを分けて書き出すと小さくなります。",
    "The file is too large. The limit is {limit} MB. Exporting fewer addresses at a time makes it smaller.",
)
_NOTHING = Text(
    "このファイルには、調べたアドレスが一つも入っていません。書き出し方を確かめて、もう一度送ってください。",
    "There is no address in this file. Check how it was exported and send it again.",
)
_INSIDE = Text(
    "病院の内側のアドレス{n}件は、外から見える入口ではないので取り込んでいません。",
    "{n} addresses of the inside were left out: they are no doors that can be seen from outside.",
)
_INSIDE_ONLY = Text(
    "このファイルには、病院の内側のアドレスしか入っていません。ここに取り込むのは、外（インターネット側）から調べた結果です。",
    "There are only addresses of the inside in this file. What belongs here is a scan from outside, from the internet.",
)
_TOO_MANY = Text(
    "アドレスが{limit}件を超えています。この病院の回線のアドレスだけを書き出して、もう一度送ってください。",
    "There are more than {limit} addresses. Export only those of this hospital's lines and send it again.",
)
