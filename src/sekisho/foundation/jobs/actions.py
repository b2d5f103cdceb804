"""Start, run and cancel jobs.

An app registers what a kind of job does with `@runs("reports.issue")`; `start` puts a job in the queue of the Tasks
API; the worker calls the registered function in the scope of the job's hospital.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop
from django_tasks import TaskResultStatus, task
from django_tasks.exceptions import TaskResultDoesNotExist
from redis.exceptions import RedisError

from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope

logger = logging.getLogger(__name__)

UNFORESEEN = gettext_noop("予期しない問題で止まりました。もう一度お試しください。続くときは管理者へお知らせください。")
"""Kept as it is with the job, which no reader's language knows of; the page translates it."""


class JobFailed(Exception):
    """The job cannot be done; the message is for the person who started it."""


class JobCancelled(Exception):
    """The person who started the job has asked to stop it."""


@dataclass(slots=True)
class Progress:
    """How a running job tells how far it is. Raises `JobCancelled` when somebody has asked to stop."""

    job_id: str

    def report(self, done: int, total: int, message: str = "") -> None:
        """Write the progress and give a sign of life."""
        jobs = Job.objects.filter(pk=self.job_id)
        jobs.update(done=done, total=total, message=message[:500], heartbeat_at=timezone.now())
        if jobs.values_list("cancel_requested", flat=True).get():
            raise JobCancelled


Runner = Callable[[Job, Progress], dict[str, Any]]
_runners: dict[str, Runner] = {}


def runs(kind: str) -> Callable[[Runner], Runner]:
    """Register the decorated function as what jobs of `kind` do. It returns the job's result."""

    def register(runner: Runner) -> Runner:
        _runners[kind] = runner
        return runner

    return register


@transaction.atomic
def start(*, hospital: Hospital, kind: str, title: str, by: User, arguments: dict[str, Any] | None = None) -> Job:
    """Queue a job once the transaction is committed, and return it."""
    if kind not in _runners:
        raise LookupError(kind)
    job = Job.objects.create(hospital=hospital, kind=kind, title=title, created_by=by, arguments=arguments or {})
    record("jobs.job.started", job, by=by)
    transaction.on_commit(lambda: hand_over(job))
    return job


def hand_over(job: Job) -> bool:
    """Put a job that waits into the queue; False when the queue cannot be reached, and the job is kept as it is.

    Handing the same job over twice does no harm: the first worker to mark it as running is the only one that runs it.
    """
    try:
        task_id = run_job.enqueue(str(job.pk)).id
    except (RedisError, DatabaseError) as error:
        logger.warning("Job %s waits: the queue cannot be reached (%s)", job.pk, type(error).__name__)
        return False
    job.task_id = task_id
    with hospital_scope(job.hospital):
        Job.objects.filter(pk=job.pk).update(task_id=task_id)
    return True


def hand_over_forgotten() -> int:
    """Put every waiting job that the queue does not know into it, and return how many these were.

    The queue was away when the job was started, or has lost what it held. Workers call this at their start and, with a
    queue outside the database, every few seconds.
    """
    count = 0
    with all_hospitals(reason="the queue holds jobs of every hospital"):
        waiting = list(Job.objects.filter(state=Job.State.QUEUED).select_related("hospital").order_by("created_at"))
    for job in waiting:
        if not _is_in_queue(job):
            if not hand_over(job):
                break
            count += 1
    return count


def _is_in_queue(job: Job) -> bool:
    if not job.task_id:
        return False
    try:
        status = run_job.get_result(job.task_id).status
    except TaskResultDoesNotExist:
        return False
    return status in {TaskResultStatus.READY, TaskResultStatus.RUNNING}


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
def run_job(job_id: str) -> None:
    """Run one job in a worker."""
    with all_hospitals(reason="the queue holds jobs of every hospital"):
        job = Job.objects.select_related("hospital", "created_by").filter(pk=job_id).first()
    if job is None or job.is_over:
        return
    with hospital_scope(job.hospital):
        now = timezone.now()
        waiting = Job.objects.filter(pk=job.pk, state=Job.State.QUEUED)
        if not waiting.update(state=Job.State.RUNNING, started_at=now, heartbeat_at=now):
            return  # cancelled, or taken by another worker, since it was read
        try:
            result = _runners[job.kind](job, Progress(job_id))
        except JobCancelled:
            _end(job, Job.State.CANCELLED)
        except JobFailed as error:
            _end(job, Job.State.FAILED, message=str(error))
        except Exception:
            logger.exception("Job %s (%s) failed", job.pk, job.kind)
            _end(
                job,
                Job.State.FAILED,
                message=UNFORESEEN,
            )
        else:
            _end(job, Job.State.DONE, result=result)


def fail_abandoned(job_id: str) -> None:
    """Mark a job as failed whose process was ended from outside. Nothing happens when it has ended by itself."""
    with all_hospitals(reason="the queue holds jobs of every hospital"):
        job = Job.objects.select_related("hospital", "created_by").filter(pk=job_id).first()
    if job is not None:
        with hospital_scope(job.hospital):
            _end(job, Job.State.FAILED, message=UNFORESEEN)


def _end(job: Job, state: str, *, message: str = "", result: dict[str, Any] | None = None) -> None:
    with transaction.atomic():
        # A job that somebody gave up as stalled stays cancelled, even when its worker comes back.
        running = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING)
        if running.update(state=state, message=message[:500], result=result or {}, ended_at=timezone.now()):
            record(f"jobs.job.{state}", job, by=_who_ended(job, state), reason=message)


def _who_ended(job: Job, state: str) -> User | None:
    if state == Job.State.CANCELLED:
        return Job.objects.select_related("cancelled_by").get(pk=job.pk).cancelled_by
    return job.created_by
