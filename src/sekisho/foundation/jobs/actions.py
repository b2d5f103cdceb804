"""Start, run and cancel jobs.

An app registers what a kind of job does with `@runs("reports.issue")`; `start` puts a job in the queue of the Tasks
API; the worker calls the registered function in the scope of the job's hospital.

A job whose worker dies goes back and is begun again, as often as its kind allows (`setbacks`): only kinds that can be
begun anew at any point allow it. Of one job never two tries count: each knows the number of its beginning.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_noop
from django_tasks import TaskResultStatus, task
from django_tasks.exceptions import InvalidTaskError, TaskResultDoesNotExist
from redis.exceptions import RedisError

from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.jobs import order, pulse
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope

logger = logging.getLogger(__name__)

UNFORESEEN = gettext_noop("予期しない問題で止まりました。もう一度お試しください。続くときは管理者へお知らせください。")
"""Kept as it is with the job, which no reader's language knows of; the page translates it."""
LOST = gettext_noop("作業を受け持つプログラムが途中で止まったので、はじめからではなく続きをもう一度動かします。")
AGAIN = gettext_noop("予期しない問題で止まったので、少し待ってもう一度動かします。")
_PAUSES = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""How long a job that met an unforeseen fault waits before it is begun again."""


class JobFailed(Exception):
    """The job cannot be done; the message is for the person who started it."""


class JobCancelled(Exception):
    """The person who started the job has asked to stop it."""


class JobLost(JobCancelled):
    """The job was given up or given to another worker meanwhile: whatever this try does no longer counts."""


class NotYet(Exception):
    """The job has to wait, which is no fault: until when, and why in words for the page (a marked msgid)."""

    def __init__(self, reason: str, *, until: datetime) -> None:
        super().__init__(reason)
        self.reason, self.until = reason, until


class TryAgain(Exception):
    """Something outside has failed that may work later. It counts as a setback; after the last one the job has failed."""

    def __init__(self, reason: str, *, after: timedelta = timedelta(seconds=30)) -> None:
        super().__init__(reason)
        self.reason, self.after = reason, after


@dataclass(slots=True)
class Progress:
    """How a running job tells how far it is. `begun` says which try of the job speaks."""

    job_id: str
    begun: int

    def report(self, done: int, total: int, message: str = "") -> None:
        """Write the progress and give a sign of life.

        Raises:
            JobCancelled: somebody has asked to stop.
            JobLost: the job was given up meanwhile, or another worker runs it.
        """
        mine = Job.objects.filter(pk=self.job_id, begun=self.begun)
        mine.update(done=done, total=total, message=message[:500], heartbeat_at=Now())
        self.check()

    def check(self) -> None:
        """Raise as `report` does, and write nothing."""
        job = Job.objects.filter(pk=self.job_id, begun=self.begun).only("cancel_requested", "state").first()
        if job is not None and job.cancel_requested:
            raise JobCancelled
        if job is None or job.state != Job.State.RUNNING:
            raise JobLost


Runner = Callable[[Job, Progress], dict[str, Any]]
_runners: dict[str, Runner] = {}
_setbacks: dict[str, int] = {}


def runs(kind: str, *, setbacks: int = 0) -> Callable[[Runner], Runner]:
    """Register the decorated function as what jobs of `kind` do. It returns the job's result.

    `setbacks` says how often in a row a job of this kind may be begun again after a fault or the death of its worker.
    More than 0 only for what goes on from where it was, or does no harm when it is done from the start once more.
    """

    def register(runner: Runner) -> Runner:
        _runners[kind] = runner
        _setbacks[kind] = setbacks
        return runner

    return register


def scope_of(job: Job) -> AbstractContextManager[None]:
    """Return the scope that a job runs in: its hospital's, or of all for one of the programme."""
    if job.hospital is None:
        return all_hospitals(reason="a job of the programme works for every hospital")
    return hospital_scope(job.hospital)


@transaction.atomic
def start(
    *,
    hospital: Hospital | None,
    kind: str,
    title: str,
    by: User | None,
    arguments: dict[str, Any] | None = None,
    region: str = "",
    not_before: datetime | None = None,
) -> Job:
    """Queue a job once the transaction is committed, and return it. Only workers of `region` take it.

    Without a hospital it is one of the programme; it is started in the scope of all hospitals.
    """
    if kind not in _runners:
        raise LookupError(kind)
    job = Job.objects.create(
        hospital=hospital,
        kind=kind,
        title=title,
        created_by=by,
        arguments=arguments or {},
        region=region,
        not_before=not_before,
        most_setbacks=_setbacks.get(kind, 0),
    )
    record("jobs.job.started", job, by=by)
    if not job.waits_for_its_time:
        transaction.on_commit(lambda: hand_over(job))
    return job


def hand_over(job: Job) -> bool:
    """Put a ticket for a job that waits into the queue; False when the queue cannot be reached: the job is kept as it is.

    Doing this twice for a job does no harm: a ticket that finds nothing left to run is thrown away.
    """
    try:
        task_id = run_job.using(queue_name=order.queue_of(job.region)).enqueue(str(job.pk)).id
    except (RedisError, DatabaseError, InvalidTaskError) as error:  # the last: the settings know no such region
        logger.warning("Job %s waits: the queue cannot be reached (%s)", job.pk, type(error).__name__)
        return False
    job.task_id = task_id
    with scope_of(job):
        Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(task_id=task_id)
    return True


_MOST_AT_ONCE = 50


def hand_over_forgotten(*, regions: tuple[str, ...] = ("",), older_than: timedelta = timedelta(0)) -> int:
    """Put every job that may begin and has no ticket into the queue, and return how many these were.

    Its time has come, its worker has died, the queue was away when it was started, or has lost what it held. Workers
    call this at their start and every few seconds. A job that waits shorter than `older_than` may be on its way.
    """
    count = 0
    with all_hospitals(reason="the queue holds jobs of every hospital"):
        due = [job for region in regions for job in _without_ticket(region, older_than)]
    for job in due:
        if not _is_in_queue(job):
            if not hand_over(job):
                break
            count += 1
    return count


def _without_ticket(region: str, older_than: timedelta) -> list[Job]:
    """Return the jobs to look at: those that surely have no ticket, and the oldest of those that should have one."""
    waiting = order.waiting(region).select_related("hospital").order_by("created_at")
    settled = waiting.filter(created_at__lte=timezone.now() - older_than)
    if not older_than:
        return list(settled)
    return [*settled.filter(task_id="")[:_MOST_AT_ONCE], *settled.exclude(task_id="")[:_MOST_AT_ONCE]]


def _is_in_queue(job: Job) -> bool:
    """Return True while the ticket of a job that waits has not been drawn: once drawn it may have run another job."""
    if not job.task_id:
        return False
    try:
        return bool(run_job.get_result(job.task_id).status == TaskResultStatus.READY)
    except TaskResultDoesNotExist:
        return False


@transaction.atomic
def cancel(job: Job, *, by: User) -> None:
    """Ask the job to stop at its next step; a job still queued stops at once.

    The trail tells of it when the job has stopped, by whom it was: it may be done before it hears of this.
    """
    job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if job.is_over:
        return
    if not job.cancel_requested:
        job.cancel_requested, job.cancelled_by = True, by
        job.save(update_fields=["cancel_requested", "cancelled_by"])
    if job.state == Job.State.QUEUED or job.is_stalled:
        job.state = Job.State.CANCELLED
        job.ended_at = timezone.now()
        job.save(update_fields=["state", "ended_at"])
        record("jobs.job.cancelled", job, by=by)


@task()
def run_job(ticket: str) -> None:
    """Run one job in a worker: the one whose turn it is, which need not be the one that the ticket was made for."""
    job = order.take(ticket, worker=pulse.worker_name())
    if job is not None:
        with scope_of(job), pulse.beating(job):
            _run(job)


def _run(job: Job) -> None:
    try:
        result = _runners[job.kind](job, Progress(str(job.pk), job.begun))
    except JobLost:
        logger.warning("Job %s (%s) goes on elsewhere", job.pk, job.kind)
    except JobCancelled:
        _end(job, Job.State.CANCELLED)
    except JobFailed as error:
        _end(job, Job.State.FAILED, message=str(error))
    except NotYet as wait:
        if put_back(job, reason=wait.reason, not_before=wait.until):
            Job.objects.filter(pk=job.pk).update(setbacks=0)  # it got as far as it could: only setbacks in a row count
    except TryAgain as again:
        _set_back(job, reason=again.reason, after=again.after, failed=again.reason)
    except Exception:
        logger.exception("Job %s (%s) failed", job.pk, job.kind)
        _set_back(job, reason=AGAIN, after=_PAUSES[min(job.setbacks, len(_PAUSES) - 1)], failed=UNFORESEEN)
    else:
        _end(job, Job.State.DONE, result=result)


def put_back(job: Job, *, reason: str, not_before: datetime | None) -> bool:
    """Let a job wait again; False when it is no longer this try's."""
    mine = Job.objects.filter(pk=job.pk, begun=job.begun, state=Job.State.RUNNING)
    return bool(mine.update(state=Job.State.QUEUED, worker="", task_id="", message=reason[:500], not_before=not_before))


def _set_back(job: Job, *, reason: str, after: timedelta, failed: str) -> None:
    """Begin the job again later, or let it fail with the words `failed` when it has been begun again often enough."""
    if job.setbacks >= job.most_setbacks:
        _end(job, Job.State.FAILED, message=failed)
        return
    with transaction.atomic():
        if not put_back(job, reason=reason, not_before=timezone.now() + after if after else None):
            return
        Job.objects.filter(pk=job.pk).update(setbacks=F("setbacks") + 1)
        record("jobs.job.returned", job, by=None, reason=reason)
    if not after:
        hand_over(job)


def return_lost() -> int:
    """Give back the jobs of workers that have died, and return how many these were.

    One that may not be begun again has failed; one that somebody wanted to stop has stopped.
    """
    return sum(_return(job) for job in pulse.lost_jobs())


def return_jobs_of(worker: str) -> None:
    """Give back what ran in a process that was ended from outside. Nothing happens for what has ended by itself."""
    for job in pulse.jobs_of(worker):
        _return(job)


def _return(job: Job) -> bool:
    with scope_of(job):
        if job.cancel_requested:
            _end(job, Job.State.CANCELLED)
        else:
            _set_back(job, reason=LOST, after=timedelta(0), failed=UNFORESEEN)
    return True


@transaction.atomic
def wake(job: Job) -> None:
    """Let a job that waits for its time begin now: what it waited for has come."""
    if Job.objects.filter(pk=job.pk, state=Job.State.QUEUED, not_before__isnull=False).update(not_before=None):
        job.refresh_from_db()
        transaction.on_commit(lambda: hand_over(job))


def _end(job: Job, state: str, *, message: str = "", result: dict[str, Any] | None = None) -> None:
    with transaction.atomic():
        # A job that somebody gave up as stalled stays cancelled, even when its worker comes back.
        running = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, begun=job.begun)
        if running.update(state=state, message=message[:500], result=result or {}, ended_at=timezone.now()):
            record(f"jobs.job.{state}", job, by=_who_ended(job, state), reason=message)


def _who_ended(job: Job, state: str) -> User | None:
    if state == Job.State.CANCELLED:
        return Job.objects.select_related("cancelled_by").get(pk=job.pk).cancelled_by
    return job.created_by
