"""A job as people see it: what, for whom, how far, how it ended."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sekisho.foundation.tenancy.scope import HospitalOwned


class Job(HospitalOwned):
    """One piece of background work for one hospital.

    `done` of `total` steps are finished; `total` 0 means that the number is not known yet. `result` holds plain
    values that the page needs afterwards (a record's id), never secrets. `task_id` names the task in the queue; it is
    empty while the queue has not taken the job.

    `begun` counts how often a worker has begun it: it tells a worker that was given up from the one that followed.
    `setbacks` counts the times that it was put back because something went wrong, `most_setbacks` how often it may be;
    a job that only waits (`not_before`) has none. `region` names the workers that may take it, "" those without one.
    `worker` names the process that runs it and gives signs of life; empty where nothing gives them.

    A job of the programme (taking over a feed) has no hospital: it runs in the scope of all, and no hospital sees it.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("順番待ち")
        RUNNING = "running", _("実行中")
        DONE = "done", _("完了")
        FAILED = "failed", _("失敗")
        CANCELLED = "cancelled", _("中止")

    STALLED_AFTER = timedelta(minutes=2)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hospital: models.ForeignKey[Any, Any] = models.ForeignKey(
        "tenancy.Hospital", on_delete=models.PROTECT, related_name="+", null=True
    )
    kind = models.CharField(max_length=60)
    title = models.CharField(_("内容"), max_length=200)
    state = models.CharField(_("状態"), max_length=10, choices=State.choices, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=500, blank=True)
    arguments = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    cancel_requested = models.BooleanField(default=False)
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    task_id = models.CharField(max_length=64, blank=True, editable=False)
    region = models.CharField(max_length=20, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    begun = models.PositiveIntegerField(default=0)
    setbacks = models.PositiveSmallIntegerField(default=0)
    most_setbacks = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["hospital", "-created_at"], name="job_by_hospital"),
            models.Index(fields=["state", "region", "created_at"], name="job_by_state"),
            models.Index(fields=["hospital", "-started_at"], name="job_last_started"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_over(self) -> bool:
        """Return True when nothing more will happen."""
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}

    @property
    def waits_for_the_queue(self) -> bool:
        """Return True when the queue could not be reached: the job is kept and handed over once it is back."""
        return self.state == self.State.QUEUED and not self.task_id and not self.waits_for_its_time

    @property
    def waits_for_its_time(self) -> bool:
        """Return True when the job is not to begin yet."""
        return self.state == self.State.QUEUED and self.not_before is not None and self.not_before > timezone.now()

    @property
    def percent(self) -> int | None:
        """Return 0 to 100, or None while the number of steps is unknown."""
        if self.state == self.State.DONE:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else None

    @property
    def seconds_left(self) -> int | None:
        """Return an estimate from the pace so far; None when there is no ground for one."""
        if self.started_at is None or not self.total or not self.done or self.is_over:
            return None
        elapsed = (timezone.now() - self.started_at).total_seconds()
        return round(elapsed / self.done * (self.total - self.done))

    @property
    def is_stalled(self) -> bool:
        """Return True when a running job has given no sign of life for a while: its worker has probably died."""
        if self.state != self.State.RUNNING or self.heartbeat_at is None:
            return False
        return timezone.now() - self.heartbeat_at > self.STALLED_AFTER


class Hold(models.Model):
    """A named thing that one running job has for itself among all workers, whatever hospital it works for.

    It is in force while its job runs the `begun`-th time, and in any case until `until`: what a `worker` that died on
    another machine has set going may go on for so long. On its own machine the next job clears that away first.
    """

    name = models.CharField(max_length=120, unique=True)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="+")
    begun = models.PositiveIntegerField()
    until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
