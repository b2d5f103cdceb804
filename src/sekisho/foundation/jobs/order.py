"""Which job a worker takes next: each hospital in its turn, and each job by one worker only.

A task in the queue is a ticket: it says that there is one more job to run in a region, not which. Whoever draws it takes
the job whose turn it is, so that fifty jobs of one hospital do not keep the first of another waiting.
"""

from datetime import UTC, datetime

from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import Now

from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.scope import all_hospitals

DEFAULT_QUEUE = "default"
_TRIES = 20
"""How often a worker looks again when others are faster; they have then taken as many jobs."""


def queue_of(region: str) -> str:
    """Return the name of the queue whose workers serve `region`, "" being no region."""
    return f"region-{region}" if region else DEFAULT_QUEUE


def waiting(region: str) -> QuerySet[Job]:
    """Return the jobs of `region` that may begin now."""
    ready = Q(not_before__isnull=True) | Q(not_before__lte=Now())
    return Job.objects.filter(ready, state=Job.State.QUEUED, region=region)


def take(ticket: str, *, worker: str) -> Job | None:
    """Mark the job whose turn it is as running and return it; None when a ticket has nothing left to run.

    `ticket` is the number of the job for which the ticket was made: its region is the ticket's. `worker` is "" for one
    that gives no signs of life.
    """
    with all_hospitals(reason="the queue holds jobs of every hospital"):
        region = Job.objects.filter(pk=ticket).values_list("region", flat=True).first()
        if region is None:
            return None
        for _try in range(_TRIES):
            job = _whose_turn(region)
            if job is None or _claim(job, worker):
                return job
    return None


def _whose_turn(region: str) -> Job | None:
    """Return the oldest job of the hospital with the fewest running; of equals, the one served longest ago.

    The programme, which has jobs without a hospital, takes its turn like one.
    """
    oldest = dict(waiting(region).order_by().values_list("hospital").annotate(Min("created_at")))
    if not oldest:
        return None
    theirs = Q(hospital__in=[one for one in oldest if one is not None])
    of_theirs = Job.objects.filter(theirs | Q(hospital__isnull=True)).order_by().values_list("hospital")
    running = dict(of_theirs.filter(state=Job.State.RUNNING).annotate(Count("pk")))
    served = dict(of_theirs.filter(started_at__isnull=False).annotate(Max("started_at")))
    never = datetime.min.replace(tzinfo=UTC)
    hospital = min(oldest, key=lambda one: (running.get(one, 0), served.get(one, never), oldest[one]))
    jobs = waiting(region).filter(hospital=hospital).order_by("created_at", "pk")
    return jobs.select_related("hospital", "created_by").first()


def _claim(job: Job, worker: str) -> bool:
    """Mark `job` as running unless another worker was faster."""
    still = Job.objects.filter(pk=job.pk, state=Job.State.QUEUED, begun=job.begun)
    if not still.update(
        state=Job.State.RUNNING,
        begun=job.begun + 1,
        started_at=Now(),
        heartbeat_at=Now(),
        worker=worker,
        task_id="",
        not_before=None,
    ):
        return False
    job.refresh_from_db(from_queryset=Job.objects.select_related("hospital", "created_by"))
    return True
