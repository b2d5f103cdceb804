"""What a diagnosis run brought becomes an observation, in the worker that scanned (`diagnosis.endings`)."""

from django.db import transaction
from django.utils import timezone

from sekisho.apps.diagnosis.endings import after_scanning
from sekisho.apps.diagnosis.models import DiagnosisRun, RunAddress
from sekisho.apps.findings.keeping import Seen, Taken, day_of, keep, next_number
from sekisho.apps.findings.models import Observation
from sekisho.apps.findings.places import Place, Places
from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.domain.diagnosis.deriving import findings_of
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.diagnosis.runs import AddressResult, RunResult


@after_scanning
def take_run(run: DiagnosisRun, result: RunResult) -> None:
    """Keep what a run has scanned so far; called again when it goes on."""
    keep_run(run, result)


@transaction.atomic
def keep_run(run: DiagnosisRun, result: RunResult) -> Taken:
    """Keep what a run has scanned so far and return what it did to the findings."""
    scanned = [(one, one.scan) for one in result.addresses if one.scan is not None and one.started_at is not None]
    if not scanned:
        return Taken()
    observation = _observation_of(run, result)
    places = Places(run.hospital)
    records = dict(RunAddress.objects.filter(run=run).values_list("address", "line_records"))
    return keep(
        observation,
        [_seen(one, scan, places.of(one.address, records.get(one.address, []))) for one, scan in scanned],
        by=run.made_by,
    )


def _observation_of(run: DiagnosisRun, result: RunResult) -> Observation:
    found = Observation.objects.select_for_update(of=("self",)).filter(run=run).first()
    if found is None:
        number = next_number(run.hospital)  # locks: a second worker waits here
        found = Observation.objects.filter(run=run).first()
    if found is None:
        found = Observation(
            hospital=run.hospital, number=number, kind=Observation.Kind.RUN, run=run, taken_by=run.made_by
        )
    starts = [found.began_at, *(one.started_at for one in result.addresses)]
    found.began_at = min(start for start in starts if start is not None)
    found.ended_at = result.ended_at
    found.scanner, found.tool = "nmap", f"nmap {result.tools.get('nmap', '')}".strip()
    found.warnings = [note.as_dict() for note in result.notes]
    found.save()
    return found


def _seen(result: AddressResult, scan: AddressScan, place: Place) -> Seen:
    ended_at = scan.ended_at or scan.started_at or timezone.now()
    completeness = result.completeness
    missed = completeness.expected_missed if completeness else None
    findings = findings_of(
        scan,
        today=day_of(ended_at) or timezone.localdate(),
        knowledge=load_finding_knowledge(),
        lines=place.contexts,
        place="" if place.key == result.address else place.key,
        missed="" if missed is None else f"{missed:.2g}",
        why_incomplete=completeness.why if completeness else None,
    )
    return Seen(place, scan, findings)
