"""Every write about runs that a person does: start, go on, give to a region; and what a run needs to know of itself."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from sekisho.apps.diagnosis import ledger, stops
from sekisho.apps.diagnosis.ledger import Ledger, Standing
from sekisho.apps.diagnosis.models import DiagnosisRun, EmergencyStop, RunAddress, ScanConsent, ScanRegion
from sekisho.domain.diagnosis.consents import Permit
from sekisho.domain.text import Text
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.jobs import actions as jobs
from sekisho.foundation.tenancy.models import Hospital

JOB_KIND = "diagnosis.run"


class NothingToScan(Exception):
    """No consent allows anything now or later."""


class Stopped(Exception):
    """An emergency stop is in force. `stop` is the newest."""

    def __init__(self, stop: EmergencyStop) -> None:
        super().__init__(str(stop))
        self.stop = stop


class AlreadyRunning(Exception):
    """A run with one of these consents is under way. `run` is it."""

    def __init__(self, run: DiagnosisRun) -> None:
        super().__init__(str(run))
        self.run = run


class NotOver(Exception):
    """The run goes on by itself."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What one click would do: `now` is scanned at once, `later` when its window opens, `refused` not at all."""

    now: tuple[Standing, ...]
    later: tuple[Standing, ...]
    refused: tuple[Standing, ...]
    permits: tuple[Permit, ...]

    @property
    def is_empty(self) -> bool:
        """Return True when nothing would ever be scanned."""
        return not self.now and not self.later


def preview(hospital: Hospital, now: datetime) -> Preview:
    """Return what a run started now would scan, wait for and leave out. Consents that are over are left out of it."""
    found = ledger.ledger_of(hospital, now)
    standings = [one for one in found.standings() if one.row.signed_at is not None and one.row.ends_at > now]
    permitted = tuple(one for one in standings if one.permit is not None)
    later = tuple(one for one in standings if one.permit is None and _opens_later(one))
    refused = tuple(one for one in standings if one.permit is None and not _opens_later(one))
    return Preview(permitted, later, refused, found.permits())


def _opens_later(standing: Standing) -> bool:
    """Return True for a consent that only its window, or the look-up of the day, keeps from holding."""
    return standing.rule == "not-yet" or (
        standing.rule in {"not-confirmed-today", "no-address"} and _is_dynamic(standing)
    )


def _is_dynamic(standing: Standing) -> bool:
    return standing.row.is_dynamic


@transaction.atomic
def start_run(
    hospital: Hospital,
    *,
    by: User | None,
    consents: Sequence[uuid.UUID] | None = None,
    asked: dict[str, Any] | None = None,
) -> DiagnosisRun:
    """Start a diagnosis of everything that is consented now or has a window to come, or of `consents` only.

    `asked` narrows what is asked of each address ({"tcp": [[443, 443]], "udp": [], "checks": true}); None asks everything.

    Raises:
        Stopped, NothingToScan, AlreadyRunning: see there.
    """
    Hospital.objects.select_for_update().get(pk=hospital.pk)
    if (stop := stops.in_force(hospital).first()) is not None:
        raise Stopped(stop)
    now = timezone.now()
    seen = preview(hospital, now)
    chosen = [one.row for one in (*seen.now, *seen.later) if consents is None or one.row.pk in consents]
    if not chosen:
        raise NothingToScan
    ids = [str(row.pk) for row in chosen]
    _check_none_under_way(hospital, ids)
    number = (DiagnosisRun.objects.filter(hospital=hospital).aggregate(n=Max("number"))["n"] or 0) + 1
    run = DiagnosisRun.objects.create(
        hospital=hospital, number=number, consents=ids, asked=asked or {}, region=region_of(hospital), made_by=by
    )
    add_addresses(run, ledger.ledger_of(hospital, now), chosen)
    lines = ", ".join(str(row.line) for row in chosen)
    record("diagnosis.run.started", run, by=by, changes={"lines": [None, lines]})
    _queue(run, by=by)
    return run


def _check_none_under_way(hospital: Hospital, ids: list[str]) -> None:
    active = DiagnosisRun.objects.filter(hospital=hospital, state__in=ACTIVE)
    for other in active:
        if set(other.consents) & set(ids):
            raise AlreadyRunning(other)


ACTIVE = (DiagnosisRun.State.WAITING, DiagnosisRun.State.RUNNING)


def add_addresses(run: DiagnosisRun, found: Ledger, rows: Sequence[ScanConsent] | None = None) -> None:
    """Note the addresses that the run's consents name now: a dynamic line's may be another one each day."""
    wanted = rows if rows is not None else [row for row in found.rows if str(row.pk) in run.consents]
    lines: dict[str, list[ScanConsent]] = {}
    for row in sorted(wanted, key=lambda one: one.line.number):
        for consent in found.by_row[row.pk]:
            if consent.address is not None and row not in lines.setdefault(str(consent.address), []):
                lines[str(consent.address)].append(row)
    for address, behind in lines.items():
        RunAddress.objects.get_or_create(
            run=run,
            address=address,
            defaults={
                "hospital": run.hospital,
                "lines": sorted({str(row.line) for row in behind}),
                "line_records": sorted({str(row.line_id) for row in behind}),
                "most_rate": min(row.packets_per_second for row in behind),
            },
        )


def permits_of(run: DiagnosisRun, found: Ledger) -> tuple[Permit, ...]:
    """Return the permits in force that rest on a consent of this run."""
    return tuple(one for one in found.permits() if any(str(row.pk) in run.consents for row in found.rows_of(one)))


def _queue(run: DiagnosisRun, *, by: User | None) -> None:
    run.job = jobs.start(
        hospital=run.hospital,
        kind=JOB_KIND,
        title=_("脆弱性診断 %(number)s") % {"number": run.number},
        by=by,
        arguments={"run": str(run.pk)},
        region=run.region,
    )
    run.save(update_fields=["job"])


@transaction.atomic
def resume(run: DiagnosisRun, *, by: User) -> DiagnosisRun:
    """Go on with a run that was stopped or could not go on: finished blocks are not asked again.

    Raises:
        NotOver: it goes on by itself, or nothing of it is left.
        Stopped: see there.
    """
    Hospital.objects.select_for_update().get(pk=run.hospital_id)
    locked = DiagnosisRun.objects.select_for_update(of=("self",)).select_related("hospital").get(pk=run.pk)
    if not locked.is_over or not unfinished(locked):
        raise NotOver
    if (stop := stops.in_force(locked.hospital, locked).first()) is not None:
        raise Stopped(stop)
    stops.stop_file_of(locked).unlink(missing_ok=True)
    locked.state, locked.why, locked.ended_at, locked.waits_until = DiagnosisRun.State.WAITING, {}, None, None
    locked.region = region_of(locked.hospital)
    locked.save()
    unfinished_rows = locked.addresses.exclude(state__in=(RunAddress.State.COMPLETE, RunAddress.State.INCOMPLETE))
    unfinished_rows.update(state=RunAddress.State.WAITING, why={})
    record("diagnosis.run.resumed", locked, by=by)
    _queue(locked, by=by)
    return locked


def unfinished(run: DiagnosisRun) -> bool:
    """Return True when an address of the run has something left to ask."""
    return any(not one.is_finished for one in run.addresses.all())


@transaction.atomic
def settle(run: DiagnosisRun) -> DiagnosisRun:
    """Say of a run whose job has ended without a word (its workers died again and again) that it does not go on."""
    if not run.is_over and run.job is not None and run.job.is_over:
        fresh = DiagnosisRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if not fresh.is_over and fresh.job_id == run.job_id:
            stops.end(run, DiagnosisRun.State.FAILED, BROKE)
    return run


BROKE = Text(
    "何度か試しましたが、続けられませんでした。「続きから再開」を押すか、システム管理者に知らせてください。",
    "It could not go on after several tries. Press “Go on”, or tell the administrator.",
)


def wake_waiting(hospital: Hospital) -> None:
    """Let runs that wait for a window look again: a consent or an address has come in."""
    waiting = DiagnosisRun.objects.filter(hospital=hospital, state=DiagnosisRun.State.WAITING, job__isnull=False)
    for run in waiting.select_related("job__hospital"):
        if run.job is not None:
            jobs.wake(run.job)


# --- Regions ------------------------------------------------------------------------------------------------------------
def region_of(hospital: Hospital) -> str:
    """Return from where a hospital is scanned, "" from anywhere. One that the settings no longer know counts as none."""
    found = ScanRegion.objects.filter(hospital=hospital).values_list("region", flat=True).first() or ""
    return found if found in settings.REGIONS else ""


@transaction.atomic
def set_region(hospital: Hospital, *, region: str, by: User) -> None:
    """Say from where a hospital is scanned.

    Raises:
        LookupError: the settings know no such region.
    """
    if region and region not in settings.REGIONS:
        raise LookupError(region)
    row, _created = ScanRegion.objects.select_for_update().get_or_create(hospital=hospital)
    before = row.region
    if before != region:
        row.region = region
        row.save()
        record("diagnosis.region.set", row, by=by, changes={"region": [before, region]})
