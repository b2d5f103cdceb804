"""Feeds taken over at once, as a worker would, for tests and measurements that need what is in them."""

from sekisho.apps.vulnerabilities import feeds, knowledge
from sekisho.apps.vulnerabilities.models import FeedLoad
from sekisho.foundation.accounts.models import User
from sekisho.foundation.jobs.actions import run_job
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.scope import all_hospitals


def run_jobs(kind: str = feeds.JOB_KIND) -> int:
    """Run the jobs of `kind` that may begin now, as a worker would, and return how many these were."""
    count = 0
    while (job := _next(kind)) is not None and count < 50:
        with all_hospitals(reason="test"):
            waiting = list(Job.objects.filter(state="queued").exclude(kind=kind).values_list("pk", "region"))
            Job.objects.filter(pk__in=[pk for pk, _region in waiting]).update(region="elsewhere")
        run_job.func(str(job.pk))
        with all_hospitals(reason="test"):
            for pk, region in waiting:
                Job.objects.filter(pk=pk).update(region=region)
        count += 1
    return count


def _next(kind: str) -> Job | None:
    with all_hospitals(reason="test"):
        waiting = Job.objects.filter(kind=kind, state="queued")
        return next((job for job in waiting if not job.waits_for_its_time), None)


def load_feed(content: bytes, name: str = "feed.json", by: User | None = None) -> FeedLoad:
    """Hand in a file, read it, and return what became of it."""
    knowledge.forget()
    found = feeds.take_in(name=name, chunks=[content], by=by)[0]
    run_jobs()
    found.refresh_from_db()
    return found
