"""Jobs as people see them: progress, ends, cancelling, and workers that die."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.jobs import actions
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.scope import NoHospitalInScope, current_scope, hospital_scope
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(cast: Cast, monkeypatch) -> Callable[..., Job]:
    """Return a function that runs a job as a worker would, doing what the test says."""

    def runs(work: Callable[[Job, actions.Progress], dict[str, Any]], **fields: Any) -> Job:
        monkeypatch.setitem(actions._runners, "test", work)
        with hospital_scope(cast.hospital):
            job = Job.objects.create(hospital=cast.hospital, kind="test", title="仕事", created_by=cast.alice, **fields)
        actions.run_job.func(str(job.pk))
        return again(cast, job)

    return runs


def again(cast: Cast, job: Job) -> Job:
    with hospital_scope(cast.hospital):
        return Job.objects.get(pk=job.pk)


def verbs() -> list[str]:
    return list(AuditEvent.objects.filter(verb__startswith="jobs.").order_by("pk").values_list("verb", flat=True))


def test_job_runs_in_the_scope_of_its_hospital_and_ends_with_its_result(cast: Cast, run) -> None:
    def work(job: Job, progress: actions.Progress) -> dict[str, Any]:
        assert current_scope().hospital_id == cast.hospital.pk
        progress.report(1, 4, "はじめ")
        running = Job.objects.get(pk=job.pk)
        assert (running.state, running.percent, running.message) == ("running", 25, "はじめ")
        return {"url": "/h/MINATO/reports/"}

    job = run(work)
    assert (job.state, job.percent, job.result) == ("done", 100, {"url": "/h/MINATO/reports/"})
    assert verbs() == ["jobs.job.done"]
    with pytest.raises(NoHospitalInScope):
        current_scope()
    assert signed_in(cast.alice).get(f"/h/MINATO/jobs/{job.pk}/")["Location"] == "/h/MINATO/reports/"


def test_htmx_is_led_on_by_a_header(cast: Cast, run) -> None:
    job = run(lambda job, progress: {"url": "/h/MINATO/reports/"})
    answer = signed_in(cast.alice).get(f"/h/MINATO/jobs/{job.pk}/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (200, "/h/MINATO/reports/")
    assert "<html" not in answer.content.decode()


def test_fault_that_nobody_foresaw_says_so_and_tells_no_secrets(cast: Cast, run) -> None:
    def work(job: Job, progress: actions.Progress) -> dict[str, Any]:
        raise RuntimeError("/srv/secret-path token=abc")

    job = run(work)
    body = signed_in(cast.alice).get(f"/h/MINATO/jobs/{job.pk}/").content.decode()
    assert (job.state, verbs()) == ("failed", ["jobs.job.failed"])
    assert "予期しない問題で止まりました" in body
    assert "secret-path" not in body


def test_foreseen_fault_tells_its_words(cast: Cast, run) -> None:
    def work(job: Job, progress: actions.Progress) -> dict[str, Any]:
        raise actions.JobFailed("ひな形の3ページに空きがありません。")

    job = run(work)
    assert (
        "ひな形の3ページに空きがありません。" in signed_in(cast.alice).get(f"/h/MINATO/jobs/{job.pk}/").content.decode()
    )
    assert AuditEvent.objects.get(verb="jobs.job.failed").reason == "ひな形の3ページに空きがありません。"


def test_running_job_stops_at_its_next_step(cast: Cast, run) -> None:
    steps: list[int] = []

    def work(job: Job, progress: actions.Progress) -> dict[str, Any]:
        progress.report(1, 3)
        signed_in(cast.alice).post(f"/h/MINATO/jobs/{job.pk}/cancel/")
        steps.append(1)
        progress.report(2, 3)
        steps.append(2)
        return {}

    job = run(work)
    assert (job.state, steps) == ("cancelled", [1])
    assert job.ended_at is not None
    assert verbs() == ["jobs.job.cancelled"]


def test_job_that_is_done_before_it_hears_of_a_cancel_is_told_as_done(cast: Cast, run) -> None:
    def work(job: Job, progress: actions.Progress) -> dict[str, Any]:
        client = signed_in(cast.alice)
        client.post(f"/h/MINATO/jobs/{job.pk}/cancel/")
        client.post(f"/h/MINATO/jobs/{job.pk}/cancel/")
        return {}

    assert run(work).state == "done"
    assert verbs() == ["jobs.job.done"]


def test_queued_job_is_cancelled_at_once_and_never_runs(cast: Cast, monkeypatch) -> None:
    monkeypatch.setitem(actions._runners, "test", lambda job, progress: pytest.fail("it ran"))
    with hospital_scope(cast.hospital):
        job = Job.objects.create(hospital=cast.hospital, kind="test", title="仕事", created_by=cast.alice)
    signed_in(cast.alice).post(f"/h/MINATO/jobs/{job.pk}/cancel/")
    assert again(cast, job).state == "cancelled"
    actions.run_job.func(str(job.pk))
    assert again(cast, job).state == "cancelled"
    signed_in(cast.alice).post(f"/h/MINATO/jobs/{job.pk}/cancel/")
    assert verbs() == ["jobs.job.cancelled"], "cancelling twice is told once"


def test_job_is_run_by_one_worker_only(cast: Cast, run) -> None:
    ran: list[str] = []

    def work(job: Job, progress: actions.Progress) -> dict[str, Any]:
        ran.append("first")
        if len(ran) == 1:
            actions.run_job.func(str(job.pk))  # the queue hands the same job out once more
        return {}

    assert run(work).state == "done"
    assert ran == ["first"]


def test_stalled_job_says_so_and_stays_cancelled_when_its_worker_comes_back(cast: Cast, run) -> None:
    def work(job: Job, progress: actions.Progress) -> dict[str, Any]:
        Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=3))
        client = signed_in(cast.alice)
        assert "2分以上、動きがありません" in client.get(f"/h/MINATO/jobs/{job.pk}/").content.decode()
        client.post(f"/h/MINATO/jobs/{job.pk}/cancel/")
        assert Job.objects.get(pk=job.pk).state == "cancelled"
        return {"url": "/"}

    job = run(work)
    assert (job.state, job.result) == ("cancelled", {})
    assert verbs() == ["jobs.job.cancelled"]


def test_kind_that_nobody_runs_is_refused_when_it_is_started(cast: Cast) -> None:
    with hospital_scope(cast.hospital), pytest.raises(LookupError):
        actions.start(hospital=cast.hospital, kind="no.such.kind", title="x", by=cast.alice)
    with hospital_scope(cast.hospital):
        assert not Job.objects.exists()
