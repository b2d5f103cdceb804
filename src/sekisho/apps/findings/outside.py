"""What the internet sees of a hospital, from everything that was kept: for its director, on one page."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from sekisho.adapters.documents.outside_pdf import outside_pdf
from sekisho.apps.diagnosis import ledger
from sekisho.apps.findings import queries
from sekisho.apps.findings.keeping import day_of
from sekisho.apps.findings.models import Finding, FindingLine
from sekisho.apps.findings.places import LINE
from sekisho.apps.register import queries as register
from sekisho.apps.register.display import as_text
from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.diagnosis.findings import Severity
from sekisho.domain.diagnosis.outside import (
    Deed,
    Door,
    OutsideView,
    SeenLine,
    Sight,
    is_whole,
    outside_view,
    sight_of,
)
from sekisho.domain.diagnosis.port_history import PortLife, port_history
from sekisho.domain.diagnosis.results import AddressScan, ObservedPort
from sekisho.domain.reporting.attention import Attention, results
from sekisho.domain.reporting.names import document_file_name
from sekisho.domain.text import Text
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.ui.texts import listed

TITLE = Text("インターネットから見えるもの", "what-the-internet-sees")
PARTLY = Text(
    "入口の一部しか調べられていないので、ほかは分かりません。",
    "Only part of the doors was examined; the rest is not known.",
)
MOST_PLACES = 3


@dataclass
class _Known:
    """Everything kept of a hospital, read once."""

    scans: dict[str, list[AddressScan]] = field(default_factory=lambda: defaultdict(list))
    addresses: dict[str, str] = field(default_factory=dict)
    findings: dict[str, list[Finding]] = field(default_factory=lambda: defaultdict(list))


def outside_of(hospital: Hospital, *, at: datetime | None = None) -> OutsideView:
    """Return the page of a hospital."""
    found, active = _known(hospital), list(queries.active_findings(hospital))
    written = {line.row_id: line for line in register.register_of(hospital).lines}
    lines = []
    for row in register.lines_in_use().filter(hospital=hospital):
        (result,) = results([written[str(row.pk)]], ())
        is_meant = result.attention is Attention.NOT_EXAMINED
        lines.append(_line(row, found, is_meant=is_meant, why=result.result))
    made_at = timezone.localtime(at)
    return outside_view(hospital.name, made_at, lines, _deeds(active))


def _known(hospital: Hospital) -> _Known:
    found = _Known()
    for row, scan in queries.scans_of(hospital):
        found.scans[row.place].append(scan)
        found.addresses[row.place] = row.address
    ties = FindingLine.objects.filter(hospital=hospital, finding__in=queries.active_findings(hospital))
    for tie in ties.select_related("finding"):
        found.findings[str(tie.line_id)].append(tie.finding)
    return found


def _line(row: register.Line, found: _Known, *, is_meant: bool, why: Text) -> SeenLine:
    fixed = ledger.address_of(row)
    place = str(fixed) if fixed is not None else f"{LINE}{row.pk}"
    scans, findings = found.scans.get(place, []), found.findings[str(row.pk)]
    is_examined = any(is_whole(scan) for scan in scans)
    sight = sight_of([Severity(one.severity) for one in findings], is_looked_at=is_examined, is_meant=is_meant)
    looked_at = max((scan.started_at for scan in scans if scan.started_at), default=None)
    said = why if not scans else PARTLY if not is_examined else None
    return SeenLine(
        name=f"{row.number} {ledger.line_name(row)}" if row.circuit_id else ledger.line_name(row),
        purpose=as_text(load_edition().sheet("lines").column("purpose"), row.answer("purpose")),
        address=found.addresses.get(place, str(fixed or "")),
        sight=sight,
        doors=_doors(scans, findings),
        seen_on=day_of(looked_at),
        why=said if sight in {Sight.UNKNOWN, Sight.NOT_MEANT} else None,
    )


def _doors(scans: Sequence[AddressScan], findings: Sequence[Finding]) -> tuple[Door, ...]:
    open_now = [life for life in port_history(scans) if life.is_open]
    return tuple(_door(life, scans, findings) for life in open_now)


def _door(life: PortLife, scans: Sequence[AddressScan], findings: Sequence[Finding]) -> Door:
    there = [Severity(one.severity) for one in findings if (one.protocol, one.port) == (life.protocol, life.port)]
    seen = [port for scan in scans if (port := scan.port(life.protocol, life.port)) is not None]
    port = next((one for one in reversed(seen) if one.state == "open"), ObservedPort(life.protocol, life.port, "open"))
    service = load_finding_knowledge().meaning_of(port).service
    return Door(life.name, service, min(there, key=lambda one: one.rank, default=None))


def _deeds(findings: Sequence[Finding]) -> list[Deed]:
    """Return what is to be done, each kind once: the same letter to the maintenance company mends it everywhere."""
    by_kind: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.severity != Severity.NOTE.value:
            by_kind[finding.kind].append(finding)
    return [_deed(sorted(same, key=lambda one: (one.severity_rank, one.number))) for same in by_kind.values()]


def _deed(same: list[Finding]) -> Deed:
    said = queries.spoken(same[0])
    places = list(dict.fromkeys(one.where for one in same))
    where = listed(places[:MOST_PLACES]) + (f" +{len(places) - MOST_PLACES}" if len(places) > MOST_PLACES else "")
    return Deed(Severity(same[0].severity), said.title, where, said.action, said.who)


@transaction.atomic
def taken(hospital: Hospital, *, language: str, by: User) -> tuple[str, bytes]:
    """Return the page as a PDF with its name; who took it is recorded.

    Raises:
        DocumentFailed: the typesetting failed.
    """
    view = outside_of(hospital)
    content = outside_pdf(view, language)
    name = document_file_name(
        code=hospital.code, title=TITLE, on=view.made_at.date(), issue=None, extension="pdf", language=language
    )
    record("findings.outside.downloaded", hospital, by=by, hospital=hospital, changes={"file": [None, name]})
    return name, content
