"""Named things that one running job has for itself among all workers: an address that is scanned, for example."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from sekisho.foundation.jobs import pulse
from sekisho.foundation.jobs.models import Hold, Job
from sekisho.foundation.tenancy.scope import all_hospitals

_REASON = "two jobs of different hospitals may want the same thing"


class Taken(Exception):
    """Another job has some of it. `names` says what; `until` from when on it may be free, None when that is not known."""

    def __init__(self, names: tuple[str, ...], until: datetime | None) -> None:
        super().__init__(", ".join(names))
        self.names, self.until = names, until


def hold(job: Job, names: Iterable[str]) -> None:
    """Take all of `names` for a running job, or none.

    Raises:
        Taken: another job has one of them, or what an earlier try of a job has set going may still go on.
    """
    with all_hospitals(reason=_REASON), transaction.atomic():
        busy = [one for name in sorted(set(names)) if (one := _take(job, name)) is not None]
        if busy:
            untils = [one.until for one in busy]
            known = max((until for until in untils if until is not None), default=None)
            raise Taken(tuple(one.name for one in busy), known)


def _take(job: Job, name: str) -> Hold | None:
    """Take one name; return the hold that stands in the way."""
    mine = {"job": job, "begun": job.begun, "worker": job.worker, "until": None}
    found = Hold.objects.select_for_update(of=("self",)).select_related("job").filter(name=name).first()
    if found is None:
        try:
            with transaction.atomic():
                Hold.objects.create(name=name, **mine)
        except IntegrityError:  # somebody else was faster by a moment
            return Hold.objects.select_related("job").get(name=name)
        return None
    if _is_mine(found, job):
        return None
    if not _is_free(found):
        return found
    Hold.objects.filter(pk=found.pk).update(**mine)
    return None


def _is_mine(found: Hold, job: Job) -> bool:
    return found.job_id == job.pk and found.begun == job.begun


def _is_free(found: Hold) -> bool:
    may_go_on = found.until is not None and found.until > timezone.now()
    if may_go_on and not pulse.is_gone_from_here(found.worker):
        return False
    return not (found.job.state == Job.State.RUNNING and found.job.begun == found.begun)


def keep_until(job: Job, until: datetime) -> None:
    """Say until when what the job has set going may go on even if its worker dies now."""
    Hold.objects.filter(job_id=job.pk, begun=job.begun).update(until=until)


def release(job: Job) -> None:
    """Give back all that this try of the job holds: what it has set going has ended."""
    Hold.objects.filter(job_id=job.pk, begun=job.begun).delete()
