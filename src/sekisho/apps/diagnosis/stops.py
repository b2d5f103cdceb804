"""The emergency stop: for one run, one hospital, or everything. Pressing it is for everybody who may see a scan.

It is a row that workers ask for several times a second, and a file beside the evidence that the gate itself watches, so
that neither a slow page nor a busy worker stands between the button and the wire.
"""

from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from sekisho.apps.diagnosis.models import DiagnosisRun, EmergencyStop, RunAddress, RunEvent
from sekisho.domain.text import Text
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.jobs import actions as jobs
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import all_hospitals

STOP_FILE = "STOP"


class ReasonMissing(Exception):
    """Lifting a stop needs a reason: it says what was found out."""


class AlreadyLifted(Exception):
    """Somebody else has lifted it."""


def folder_of(run: DiagnosisRun) -> Path:
    """Return where a run leaves its evidence."""
    return Path(settings.DIAGNOSIS_DIR) / run.hospital.code / str(run.pk)


def stop_file_of(run: DiagnosisRun) -> Path:
    """Return the file whose appearing stops a run."""
    return folder_of(run) / STOP_FILE


def stop_file_of_everything() -> Path:
    """Return the file whose appearing stops everything. An operator may make it by hand when the portal is down."""
    return Path(settings.DIAGNOSIS_DIR) / STOP_FILE


def in_force(hospital: Hospital | None, run: DiagnosisRun | None = None) -> QuerySet[EmergencyStop]:
    """Return the stops that bear on a run, a hospital, or (None) everything, newest first."""
    bears = Q(hospital__isnull=True)
    if hospital is not None:
        bears |= Q(hospital=hospital, run__isnull=True)
    if run is not None:
        bears |= Q(run=run)
    return EmergencyStop.objects.filter(bears, lifted_at__isnull=True).select_related("by", "hospital")


@transaction.atomic
def press(*, hospital: Hospital | None, run: DiagnosisRun | None = None, reason: str, by: User) -> EmergencyStop:
    """Stop one run, everything of one hospital, or, without either, everything everywhere, until it is lifted."""
    stop = EmergencyStop.objects.create(hospital=hospital, run=run, reason=reason.strip()[:300] or "-", by=by)
    record("diagnosis.stop.pressed", stop, by=by, hospital=hospital, reason=stop.reason)
    with all_hospitals(reason="a stop may concern every hospital"):
        waiting = DiagnosisRun.objects.filter(state=DiagnosisRun.State.WAITING).select_related("hospital", "job")
        if run is not None:
            waiting = waiting.filter(pk=run.pk)
        elif hospital is not None:
            waiting = waiting.filter(hospital=hospital)
        for one in waiting:
            end(one, DiagnosisRun.State.STOPPED, words_of(stop))
            if one.job is not None:
                jobs.cancel(one.job, by=by)
    transaction.on_commit(lambda: _make_file(stop))
    return stop


WORDS = Text(
    "緊急停止が押されました（{by}）。理由：{reason}", "The emergency stop was pressed ({by}). Reason: {reason}"
)


def words_of(stop: EmergencyStop) -> Text:
    """Return what a stop says."""
    return WORDS.filled(by=str(stop.by), reason=stop.reason)


@transaction.atomic
def end(run: DiagnosisRun, state: str, why: Text | None) -> None:
    """Note that a run is over, and what of it is left undone."""
    run.state, run.why = state, why.as_dict() if why else {}
    run.ended_at, run.waits_until = timezone.now(), None
    run.save(update_fields=["state", "why", "ended_at", "waits_until"])
    left = run.addresses.filter(state__in=(RunAddress.State.WAITING, RunAddress.State.RUNNING))
    left.update(state=RunAddress.State.STOPPED, why=run.why)
    if why is not None:
        RunEvent.objects.create(hospital=run.hospital, run=run, text=run.why)
    record("diagnosis.run.ended", run, by=None, changes={"state": [None, state]}, reason=why.ja if why else "")


def _make_file(stop: EmergencyStop) -> None:
    """Leave the file beside the row. A portal without the workers' folder leaves none: workers read the row."""
    if stop.hospital_id is not None and stop.run is None:
        return
    touch(stop_file_of(stop.run) if stop.run is not None else stop_file_of_everything())


def touch(file: Path) -> None:
    """Make a stop file; nothing happens where that is not possible."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch()


@transaction.atomic
def lift(stop: EmergencyStop, *, reason: str, by: User) -> EmergencyStop:
    """Allow again what a stop forbade. What it stopped goes on only when somebody starts it again.

    Raises:
        ReasonMissing, AlreadyLifted: see there.
    """
    if not reason.strip():
        raise ReasonMissing
    locked = EmergencyStop.objects.select_for_update(of=("self",)).get(pk=stop.pk)
    if locked.lifted_at is not None:
        raise AlreadyLifted
    locked.lifted_at, locked.lifted_by, locked.lifted_reason = timezone.now(), by, reason.strip()[:300]
    locked.save()
    record("diagnosis.stop.lifted", locked, by=by, hospital=locked.hospital, reason=locked.lifted_reason)
    if locked.hospital_id is None and not in_force(None).exists():
        transaction.on_commit(lambda: stop_file_of_everything().unlink(missing_ok=True))
    return locked
