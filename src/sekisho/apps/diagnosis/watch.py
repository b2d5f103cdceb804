"""Looks at the database while a run scans, in one thread: stops, consents, whose job it is; and writes how far it is.

The scanner never waits for the database. It asks here what is allowed, and an answer older than a few seconds counts as
"nothing": when the database cannot be reached, sending ends by itself.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType

from django.db import DatabaseError, connections
from django.utils import timezone

from sekisho.apps.diagnosis import ledger, stops
from sekisho.apps.diagnosis.models import DiagnosisRun, RunAddress, RunEvent
from sekisho.apps.diagnosis.runs import permits_of
from sekisho.domain.diagnosis.consents import Scope
from sekisho.domain.diagnosis.grants import LONGEST_LIFE
from sekisho.domain.diagnosis.runs import Progress, Stage
from sekisho.foundation.jobs import actions as jobs
from sekisho.foundation.jobs import holds
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.scope import hospital_scope

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.4
GOOD_FOR_S = 3.0
HOLD_EVERY_S = 5.0
NOTHING = Scope((), ())


class Watch:
    """Watches over one try of a run while the block lasts."""

    def __init__(self, run: DiagnosisRun, job: Job, progress: jobs.Progress) -> None:
        self._run, self._job, self._progress = run, job, progress
        self._lock = threading.Lock()
        self._latest: dict[str, Progress] = {}
        self._told: dict[str, Stage] = {}
        self._events: list[tuple[datetime, Progress]] = []
        self._scope, self._scope_at = NOTHING, float("-inf")
        self._held_at = float("-inf")
        self._halted, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="diagnosis-watch")

    def __enter__(self) -> "Watch":
        self._look()  # in this thread: the scanner's first question has an answer
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._guarded(self._write)

    # --- What the scanner asks, from any thread ---
    def scope(self, now: datetime) -> Scope:
        """Return what is allowed, as it was a moment ago; nothing when that is too long ago or a stop is in force."""
        with self._lock:
            is_good = time.monotonic() - self._scope_at < GOOD_FOR_S and not self._halted.is_set()
            return self._scope if is_good else NOTHING

    def is_halted(self) -> bool:
        """Return True when everything has to end."""
        return self._halted.is_set()

    def report(self, progress: Progress) -> None:
        """Note how one address goes; it is written a moment later."""
        with self._lock:
            self._latest[progress.address] = progress
            if progress.note is not None or self._told.get(progress.address) is not progress.stage:
                self._told[progress.address] = progress.stage
                self._events.append((timezone.now(), progress))

    # --- The thread ---
    def _watch(self) -> None:
        while not self._over.wait(LOOK_EVERY_S):
            self._guarded(self._look)
            self._guarded(self._write)
        connections.close_all()  # this thread's own

    def _guarded(self, step: Callable[[], None]) -> None:
        """Take one step; a database that is away only makes the last answer old."""
        try:
            step()
        except DatabaseError as error:
            logger.warning("Run %s: the database cannot be asked (%s)", self._run.pk, type(error).__name__)
        except Exception:
            logger.exception("Run %s: watching failed", self._run.pk)

    def _look(self) -> None:
        files = (stops.stop_file_of(self._run), stops.stop_file_of_everything())
        if any(file.exists() for file in files):
            self._halted.set()
        with hospital_scope(self._run.hospital):
            if stops.in_force(self._run.hospital, self._run).exists():
                self._halted.set()
                stops.touch(stops.stop_file_of(self._run))  # the gate itself watches it
            if not self._is_mine():
                self._halted.set()  # and no file: the worker that has the run now would stop too
            if self._halted.is_set():
                return
            now = timezone.now()
            found = ledger.ledger_of(self._run.hospital, now)
            self._hold(now)
        mine = permits_of(self._run, found)
        own = tuple(one for one in found.scope.refusals if one.consent.hospital == found.hospital)
        with self._lock:
            self._scope, self._scope_at = Scope(mine, own), time.monotonic()

    def _is_mine(self) -> bool:
        try:
            self._progress.check()
        except jobs.JobCancelled:
            return False
        return True

    def _hold(self, now: datetime) -> None:
        """Keep the addresses for as long as the gate could stay open if this machine were lost now."""
        if time.monotonic() - self._held_at >= HOLD_EVERY_S:
            holds.keep_until(self._job, now + LONGEST_LIFE + timedelta(seconds=2 * HOLD_EVERY_S))
            self._held_at = time.monotonic()

    def _write(self) -> None:
        """Write how each address goes and what has happened since the last time."""
        with self._lock:
            latest, self._latest = self._latest, {}
            events, self._events = self._events, []
        if not latest and not events:
            return
        with hospital_scope(self._run.hospital):
            for progress in latest.values():
                self._write_address(progress)
            RunEvent.objects.bulk_create(
                RunEvent(
                    hospital=self._run.hospital,
                    run=self._run,
                    at=at,
                    address=progress.address,
                    text=(progress.note or progress.stage.word).as_dict(),
                )
                for at, progress in events
            )
            self._write_job()

    def _write_address(self, progress: Progress) -> None:
        rows = RunAddress.objects.filter(run=self._run, address=progress.address)
        now = timezone.now()
        rows.filter(began_at__isnull=True).update(began_at=now)
        left = progress.seconds_left
        rows.exclude(state__in=(RunAddress.State.COMPLETE, RunAddress.State.INCOMPLETE)).update(
            state=RunAddress.State.RUNNING,
            stage=progress.stage.value,
            pass_number=progress.pass_number,
            asked_ports=progress.asked,
            of_ports=progress.of,
            rate=progress.rate,
            open_ports=progress.open_ports,
            seconds_left=None if left is None else max(0, round(left)),
            updated_at=now,
        )

    def _write_job(self) -> None:
        rows = list(RunAddress.objects.filter(run=self._run))
        done = sum(100 if row.is_finished else (row.percent or 0) for row in rows)
        self._guarded_report(done, 100 * len(rows))

    def _guarded_report(self, done: int, total: int) -> None:
        try:
            self._progress.report(done, total)
        except jobs.JobCancelled:
            self._halted.set()
