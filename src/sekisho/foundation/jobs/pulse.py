"""Signs of life: a worker gives them while it runs a job, and what a worker leaves behind that gives none goes back.

All times are the database's: the clocks of the workers' machines need not agree.
"""

import hashlib
import logging
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.models.functions import Now

from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.scope import all_hospitals

logger = logging.getLogger(__name__)

BEATS_UNTIL_LOST = 6
_is_worker = False
_token = ""


def become_worker() -> None:
    """Give signs of life for every job that this process, or one that it forks, runs from now on."""
    global _is_worker, _token
    _is_worker, _token = True, secrets.token_hex(4)


def worker_name(pid: int | None = None) -> str:
    """Return what tells this worker's process (or its child `pid`) from every other; "" in a process that is none."""
    if not _is_worker:
        return ""
    return f"{socket.gethostname()[:60]}/{_machine()}/{pid or os.getpid()}/{_token}"


@contextmanager
def beating(job: Job) -> Iterator[None]:
    """Give a sign of life for `job` every few seconds while the block runs, also when the job itself is silent."""
    if not job.worker:
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(job, over), daemon=True, name="job-pulse")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(job: Job, over: threading.Event) -> None:
    opened = False
    while not over.wait(settings.JOB_PULSE_S):
        opened = True
        try:
            with all_hospitals(reason="a worker runs jobs of every hospital"):
                Job.objects.filter(pk=job.pk, begun=job.begun, state=Job.State.RUNNING).update(heartbeat_at=Now())
        except DatabaseError as error:  # the next beat may reach it
            logger.warning("No sign of life for job %s: %s", job.pk, type(error).__name__)
    if opened:
        connections.close_all()  # this thread's own


def lost_jobs() -> list[Job]:
    """Return the running jobs whose worker gives no sign of life, or whose process on this machine is gone."""
    with all_hospitals(reason="a worker looks after the jobs of every hospital"):
        of_workers = Job.objects.filter(state=Job.State.RUNNING).exclude(worker="")
        of_workers = of_workers.select_related("hospital", "created_by", "cancelled_by")
        silent = timedelta(seconds=settings.JOB_PULSE_S * BEATS_UNTIL_LOST)
        lost = {job.pk: job for job in of_workers.filter(heartbeat_at__lt=Now() - silent)}
        lost |= {job.pk: job for job in of_workers if is_gone_from_here(job.worker)}
    return list(lost.values())


def jobs_of(worker: str) -> list[Job]:
    """Return what runs in the process called `worker`."""
    with all_hospitals(reason="a worker runs jobs of every hospital"):
        running = Job.objects.filter(state=Job.State.RUNNING, worker=worker)
        return list(running.select_related("hospital", "created_by", "cancelled_by"))


def is_gone_from_here(worker: str) -> bool:
    """Return True when a worker was a process of this machine and has ended. A number given anew counts as alive."""
    if not _machine() or f"/{_machine()}/" not in worker:
        return False
    try:
        os.kill(int(worker.split("/")[2]), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError, IndexError):
        return False
    return False


@cache
def _machine() -> str:
    """Return a mark of the running system and its table of processes (containers have their own); "" if unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        processes = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return ""
    return hashlib.sha256(f"{boot} {processes}".encode()).hexdigest()[:12]
