"""Every read of findings and observations, each within the hospital in scope."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import Case as SqlCase
from django.db.models import CharField, Count, F, Q, QuerySet, Value, When
from django.utils import timezone

from sekisho.apps.findings.models import Finding, FindingLine, Observation, ObservedAddress
from sekisho.apps.findings.places import context_of
from sekisho.apps.register import queries as register
from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.domain.diagnosis import findings as domain
from sekisho.domain.diagnosis.findings import FindingText, Key, Severity
from sekisho.domain.diagnosis.kept import scan_from_plain
from sekisho.domain.diagnosis.knowledge import LineContext
from sekisho.domain.diagnosis.port_history import standing_scan
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.diagnosis.statuses import Status
from sekisho.domain.text import Text
from sekisho.foundation.accounts.models import User
from sekisho.foundation.tenancy import access
from sekisho.foundation.tenancy.models import Hospital

ACTIVE = tuple(status.value for status in Status if status.is_active)
_PUT_AWAY = (Status.ACCEPTED.value, Status.FALSE_POSITIVE.value)


def findings_of(hospital: Hospital, today: date | None = None) -> QuerySet[Any]:
    """Return the findings with `stands`: the status of today, so that what was put away until a day is open from it on."""
    over = Q(status__in=_PUT_AWAY, expires_on__lte=today or timezone.localdate())
    stands = SqlCase(When(over, then=Value(Status.OPEN.value)), default=F("status"), output_field=CharField())
    rows = Finding.objects.filter(hospital=hospital).select_related("hospital", "moved_by", "proof_file")
    return rows.annotate(stands=stands)


def findings_visible_to(user: User, hospital: Hospital) -> QuerySet[Any]:
    """Return the findings that `user` may see at `hospital`: a vendor only those of lines in its name."""
    rows = findings_of(hospital)
    if not access.vendor_names_of(user, hospital):
        return rows
    own = register.lines_visible_to(user, hospital).filter(hospital=hospital)
    ties = FindingLine.objects.filter(hospital=hospital, line_id__in=own.values("pk"))
    return rows.filter(pk__in=ties.values("finding_id"))


def active_findings(hospital: Hospital) -> QuerySet[Any]:
    """Return the findings about which somebody still has something to do."""
    return findings_of(hospital).filter(stands__in=ACTIVE)


def waiting_for_hospital(hospital: Hospital) -> QuerySet[Any]:
    """Return the open findings that are not only information: the hospital's move."""
    return active_findings(hospital).filter(stands=Status.OPEN.value).exclude(severity=Severity.NOTE.value)


def counts_by_severity(hospital: Hospital) -> dict[str, int]:
    """Return how many active findings there are of each severity that occurs."""
    rows = active_findings(hospital).values("severity").order_by("severity").annotate(n=Count("pk"))
    return {row["severity"]: row["n"] for row in rows}


def spoken(finding: Finding, lines: Sequence[LineContext] = ()) -> FindingText:
    """Return what a person reads of a finding, from the catalogue as it is today."""
    return load_finding_knowledge().spoken(finding.value, lines)


def line_contexts(finding: Finding) -> list[LineContext]:
    """Return what is said of the lines behind a finding, as the register has them now."""
    return [context_of(tie.line) for tie in finding.line_ties.select_related("line").order_by("line__number")]


# --- Observations -------------------------------------------------------------------------------------------------------
def observations_of(hospital: Hospital) -> QuerySet[Observation]:
    """Return every look from outside, the latest first."""
    rows = Observation.objects.filter(hospital=hospital).select_related("run", "file", "taken_by")
    return rows.annotate(n_addresses=Count("addresses")).order_by(F("began_at").desc(nulls_last=True), "-number")


def addresses_of(observation: Observation) -> QuerySet[ObservedAddress]:
    """Return what an observation saw, by address."""
    return ObservedAddress.objects.filter(observation=observation)


def at_place(hospital: Hospital, place: str) -> QuerySet[ObservedAddress]:
    """Return every look at one connection, the earliest first; those without a time before all others."""
    rows = ObservedAddress.objects.filter(hospital=hospital, place=place).select_related("observation__run")
    rows = rows.select_related("observation__file", "observation__run")
    return rows.order_by(F("began_at").asc(nulls_first=True), "pk")


def latest_by_place(hospital: Hospital) -> list[ObservedAddress]:
    """Return the latest look at each connection."""
    found: dict[str, ObservedAddress] = {}
    rows = ObservedAddress.objects.filter(hospital=hospital).select_related("observation__run", "observation__file")
    for row in rows.order_by(F("began_at").asc(nulls_first=True), "pk"):
        found[row.place] = row
    return sorted(found.values(), key=lambda row: (row.lines == [], row.lines, row.address))


def scans_of(hospital: Hospital) -> list[tuple[ObservedAddress, AddressScan]]:
    """Return every kept scan with its row, the earliest first."""
    rows = ObservedAddress.objects.filter(hospital=hospital).select_related("observation__file", "observation__run")
    ordered = rows.order_by(F("began_at").asc(nulls_first=True), "pk")
    return [(row, scan_from_plain(row.scan)) for row in ordered]


def current_scans(hospital: Hospital) -> tuple[AddressScan, ...]:
    """Return one scan for each connection: all looks at it as one (`standing_scan`)."""
    by_place: dict[str, list[AddressScan]] = {}
    for row, scan in scans_of(hospital):
        by_place.setdefault(row.place, []).append(scan)
    return tuple(standing_scan(scans) for scans in by_place.values())


def report_findings(hospital: Hospital) -> tuple[tuple[domain.Finding, ...], dict[Key, Text]]:
    """Return what a report tells, each finding once: what is not settled, and what was accepted with the note that says so."""
    wanted = (*ACTIVE, Status.ACCEPTED.value)
    rows = findings_of(hospital).filter(stands__in=wanted).order_by("severity_rank", "number")
    found, notes = [], {}
    for row in rows.prefetch_related("evidence"):
        value = replace(row.value, evidence=tuple(piece.value for piece in row.evidence.all()))
        found.append(value)
        if row.stands == Status.ACCEPTED.value:
            notes[value.key] = _ACCEPTED.filled(reason=row.reason, day=row.expires_on)
    return tuple(found), notes


_ACCEPTED = Text(
    "{day}まで、理由があって残すと決めています（{reason}）。", "Accepted until {day} for this reason: {reason}."
)
