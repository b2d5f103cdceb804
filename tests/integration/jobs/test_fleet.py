"""Many workers, hospitals and regions: nothing is lost, nothing runs twice, nobody waits for ever."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sekisho.config import services
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.jobs import actions, holds, order, pulse
from sekisho.foundation.jobs.models import Hold, Job
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope
from tests.cast import Cast
from tests.integration.jobs.test_workers import BOTH, Desk, desk, queue, until_true  # noqa: F401 fixtures by name

pytestmark = pytest.mark.django_db(transaction=True)
Work = Callable[[Job, actions.Progress], dict[str, Any]]


def start(hospital: Hospital, kind: str = "test", **fields: Any) -> Job:
    with hospital_scope(hospital):
        return actions.start(hospital=hospital, kind=kind, title="仕事", by=None, **fields)


def again(job: Job) -> Job:
    with all_hospitals(reason="test"):
        return Job.objects.get(pk=job.pk)


@pytest.fixture
def does(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that says what jobs of the kind "test" do, and how often they may be begun again."""

    def says(work: Work, *, setbacks: int = 0) -> None:
        monkeypatch.setitem(actions._runners, "test", work)
        monkeypatch.setitem(actions._setbacks, "test", setbacks)

    says(lambda job, progress: {})
    return says


@pytest.fixture
def a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "_is_worker", True)
    monkeypatch.setattr(pulse, "_token", "test")


# --- Whose turn it is ---------------------------------------------------------------------------------------------------
def test_first_job_of_one_hospital_does_not_wait_for_fifty_of_another(cast: Cast, does: Any) -> None:
    many = [start(cast.hospital) for _number in range(5)]
    one = start(cast.other_hospital)
    drawn = [order.take(str(job.pk), worker="") for job in many[:3]]
    assert [job.pk for job in drawn if job] == [many[0].pk, one.pk, many[1].pk]


def test_hospital_served_longest_ago_is_next_when_none_has_a_job_running(cast: Cast, does: Any) -> None:
    jobs = [start(cast.hospital), start(cast.hospital), start(cast.other_hospital)]
    served = []
    for ticket in jobs:
        job = order.take(str(ticket.pk), worker="")
        assert job is not None
        served.append(job.hospital.code)
        with all_hospitals(reason="test"):
            Job.objects.filter(pk=job.pk).update(state=Job.State.DONE)
    assert served == ["MINATO", "OKANOUE", "MINATO"]


def test_every_job_runs_though_tickets_run_others(cast: Cast, does: Any) -> None:
    jobs = [start(cast.hospital), start(cast.hospital), start(cast.other_hospital)]
    for ticket in (*jobs, *jobs):
        actions.run_job.func(str(ticket.pk))
    assert {again(job).state for job in jobs} == {"done"}
    assert {again(job).begun for job in jobs} == {1}


def test_job_of_a_region_is_not_taken_with_a_ticket_of_another(cast: Cast, does: Any, settings: Any) -> None:
    settings.TASKS = {"default": {**settings.TASKS["default"], "QUEUES": services.queue_names(["east"])}}
    east, nowhere = start(cast.hospital, region="east"), start(cast.other_hospital)
    drawn = order.take(str(nowhere.pk), worker="")
    assert drawn is not None
    assert drawn.pk == nowhere.pk
    assert order.take(str(nowhere.pk), worker="") is None
    taken = order.take(str(east.pk), worker="")
    assert taken is not None
    assert taken.pk == east.pk


def test_job_of_a_region_that_the_settings_lost_is_kept(cast: Cast, does: Any) -> None:
    job = start(cast.hospital, region="gone")
    assert (again(job).state, again(job).task_id) == ("queued", "")


def test_job_does_not_begin_before_its_time(cast: Cast, does: Any) -> None:
    job = start(cast.hospital, not_before=timezone.now() + timedelta(hours=1))
    assert again(job).task_id == "", "no ticket yet"
    actions.run_job.func(str(job.pk))
    assert again(job).waits_for_its_time
    with hospital_scope(cast.hospital):
        actions.wake(job)
    assert again(job).task_id
    actions.run_job.func(str(job.pk))
    assert again(job).state == "done"


# --- Waiting and trying again -------------------------------------------------------------------------------------------
def test_job_that_has_to_wait_says_why_and_has_no_setback_any_more(cast: Cast, does: Any) -> None:
    until = timezone.now() + timedelta(hours=2)

    def work(job: Job, progress: actions.Progress) -> dict[str, Any]:
        raise actions.NotYet("夜を待っています。", until=until)

    does(work, setbacks=3)
    job = start(cast.hospital)
    with all_hospitals(reason="test"):
        Job.objects.filter(pk=job.pk).update(setbacks=2)
    actions.run_job.func(str(job.pk))
    found = again(job)
    assert (found.state, found.message, found.not_before, found.setbacks) == ("queued", "夜を待っています。", until, 0)


def test_fault_of_the_world_is_tried_again_with_its_reason_and_then_fails_with_it(cast: Cast, does: Any) -> None:
    def work(job: Job, progress: actions.Progress) -> dict[str, Any]:
        raise actions.TryAgain("ディスクがいっぱいです。", after=timedelta(0))

    does(work, setbacks=2)
    job = start(cast.hospital)
    for _try in range(3):
        actions.run_job.func(str(job.pk))
    found = again(job)
    assert (found.state, found.message, found.begun, found.setbacks) == ("failed", "ディスクがいっぱいです。", 3, 2)
    told = AuditEvent.objects.filter(verb__startswith="jobs.").order_by("pk")
    assert [event.verb for event in told] == ["jobs.job.started", *["jobs.job.returned"] * 2, "jobs.job.failed"]
    assert told[1].reason == "ディスクがいっぱいです。"


def test_unforeseen_fault_is_tried_again_only_where_that_does_no_harm(cast: Cast, does: Any) -> None:
    def work(job: Job, progress: actions.Progress) -> dict[str, Any]:
        raise RuntimeError("/srv/secret-path")

    for setbacks, state in ((0, "failed"), (1, "queued")):
        does(work, setbacks=setbacks)
        job = start(cast.hospital)
        actions.run_job.func(str(job.pk))
        assert again(job).state == state
        assert "secret" not in again(job).message


# --- Workers that die ---------------------------------------------------------------------------------------------------
def run_and_die(job: Job, *, worker: str, silent_s: float = 0) -> None:
    """Leave a job as a worker does that was killed `silent_s` ago."""
    assert order.take(str(job.pk), worker=worker) is not None
    with all_hospitals(reason="test"):
        Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(seconds=silent_s))


def test_job_of_a_silent_worker_elsewhere_goes_back_and_one_that_speaks_stays(cast: Cast, does: Any) -> None:
    does(lambda job, progress: {}, setbacks=1)
    silent, speaking = start(cast.hospital), start(cast.hospital)
    run_and_die(silent, worker="far/abc/1/x", silent_s=60)
    run_and_die(speaking, worker="far/abc/2/x", silent_s=5)
    assert actions.return_lost() == 1
    assert [again(job).state for job in (silent, speaking)] == ["queued", "running"]
    assert again(silent).task_id, "it has a ticket at once"


def test_job_of_a_dead_process_of_this_machine_goes_back_at_once(cast: Cast, does: Any, a_worker: None) -> None:
    does(lambda job, progress: {}, setbacks=1)
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    job = start(cast.hospital)
    run_and_die(job, worker=pulse.worker_name(process.pid))
    assert actions.return_lost() == 1
    assert again(job).state == "queued"


def test_job_that_may_not_be_begun_again_has_failed_and_one_to_be_stopped_has_stopped(cast: Cast, does: Any) -> None:
    once = start(cast.hospital)
    run_and_die(once, worker="far/abc/1/x", silent_s=60)
    does(lambda job, progress: {}, setbacks=1)
    stopped = start(cast.hospital)
    run_and_die(stopped, worker="far/abc/2/x", silent_s=60)
    with hospital_scope(cast.hospital):
        Job.objects.filter(pk=stopped.pk).update(cancel_requested=True, cancelled_by=cast.sumi)
    actions.return_lost()
    assert (again(once).state, again(stopped).state) == ("failed", "cancelled")


def test_earlier_try_that_comes_back_neither_reports_nor_ends_the_job(cast: Cast, does: Any) -> None:
    seen = []

    def work(job: Job, progress: actions.Progress) -> dict[str, Any]:
        if job.begun == 1:
            with all_hospitals(reason="test"):
                Job.objects.filter(pk=job.pk).update(worker="far/abc/1/x", heartbeat_at=timezone.now() - timedelta(1))
            actions.return_lost()
            actions.run_job.func(str(job.pk))
            with pytest.raises(actions.JobLost):
                progress.report(9, 9, "old")
            seen.append(again(job).state)
        return {"begun": job.begun}

    does(work, setbacks=1)
    job = start(cast.hospital)
    actions.run_job.func(str(job.pk))
    found = again(job)
    assert seen == ["done"]
    assert (found.state, found.result, found.done) == ("done", {"begun": 2}, 0)


def test_worker_gives_signs_of_life_while_a_job_is_silent(cast: Cast, does: Any, a_worker: None, settings: Any) -> None:
    settings.JOB_PULSE_S = 0.1
    beats = []

    def work(job: Job, progress: actions.Progress) -> dict[str, Any]:
        assert f"/{os.getpid()}/" in job.worker
        assert job.worker.startswith(socket.gethostname()[:60])
        first = again(job).heartbeat_at
        beats.append(until_true(lambda: again(job).heartbeat_at > first))
        return {}

    does(work)
    job = start(cast.hospital)
    actions.run_job.func(str(job.pk))
    assert (again(job).state, beats) == ("done", [True])


# --- Things that one job has for itself ---------------------------------------------------------------------------------
def running(cast: Cast, hospital: Hospital) -> Job:
    job = order.take(str(start(hospital).pk), worker="")
    assert job is not None
    return job


def test_two_jobs_never_hold_one_thing_whatever_their_hospitals(cast: Cast, does: Any) -> None:
    first, second = running(cast, cast.hospital), running(cast, cast.other_hospital)
    holds.hold(first, ["address 203.0.113.1", "address 203.0.113.2"])
    holds.hold(first, ["address 203.0.113.1"])
    with pytest.raises(holds.Taken) as taken:
        holds.hold(second, ["address 203.0.113.2", "address 203.0.113.9"])
    assert taken.value.names == ("address 203.0.113.2",)
    assert not Hold.objects.filter(name="address 203.0.113.9").exists(), "all or nothing"
    holds.release(first)
    holds.hold(second, ["address 203.0.113.2"])


def test_hold_of_a_dead_job_lasts_as_long_as_what_it_set_going(cast: Cast, does: Any) -> None:
    does(lambda job, progress: {}, setbacks=5)
    first, second = running(cast, cast.hospital), running(cast, cast.other_hospital)
    holds.hold(first, ["address 203.0.113.1"])
    holds.keep_until(first, timezone.now() + timedelta(seconds=30))
    with all_hospitals(reason="test"):
        Job.objects.filter(pk=first.pk).update(worker="far/abc/1/x", heartbeat_at=timezone.now() - timedelta(1))
    actions.return_lost()
    retried = order.take(str(first.pk), worker="")
    assert retried is not None
    for job in (second, retried):
        with pytest.raises(holds.Taken):
            holds.hold(job, ["address 203.0.113.1"])
    Hold.objects.update(until=timezone.now() - timedelta(seconds=1))
    holds.hold(second, ["address 203.0.113.1"])
    assert Hold.objects.get().job_id == second.pk


# --- Real processes -----------------------------------------------------------------------------------------------------
def outcome(lines: list[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return how often each job was begun, and each (job, try) as its process noted it."""
    tries = [(line.split()[1], line.split()[2]) for line in lines if line.startswith("begin")]
    return {name: sum(one == name for one, _try in tries) for name, _try in tries}, tries


@BOTH
def test_workers_killed_at_random_lose_no_job_and_run_none_twice(desk: Desk) -> None:  # noqa: F811
    count, kills, chance = 60, 0, random.Random(4)
    settings = {"SEKISHO_JOB_PULSE_S": "0.5"}
    jobs = [desk.start("test.short", name=f"job{number}", seconds=0.05) for number in range(count)]
    for _worker in range(3):
        desk.work(**settings)
    deadline = time.monotonic() + 100
    while not all(again(job).is_over for job in jobs):
        assert time.monotonic() < deadline, [again(job).state for job in jobs]
        time.sleep(chance.uniform(0.3, 0.9))
        if kills < 5 and len(desk.runs()) > 10 * kills:
            victim = chance.choice([worker for worker in desk.workers if worker.poll() is None])
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            kills += 1
            desk.work(**settings)
    ended = [again(job) for job in jobs]
    times, tries = outcome(desk.runs())
    assert kills >= 3
    assert {job.state for job in ended} == {"done"}, "none is lost"
    assert len(tries) == len(set(tries)), "no two processes ever ran the same try"
    # A job killed between its claim and its first line was begun without a note.
    assert all(times[job.arguments["name"]] <= job.begun for job in ended)
    assert sum(job.begun for job in ended) <= count + kills, "a job is begun again only because its worker was killed"
    assert AuditEvent.objects.filter(verb="jobs.job.done").count() == count


@BOTH
def test_workers_take_jobs_of_their_region_only(desk: Desk, settings: Any) -> None:  # noqa: F811
    regions = ["east", "west"]
    settings.REGIONS = regions
    settings.TASKS = {"default": {**settings.TASKS["default"], "QUEUES": services.queue_names(regions)}}
    if desk.redis:
        settings.RQ_QUEUES = services.queues(desk.redis.url, regions)
    east, west, nowhere = (desk.start("test.short", name=name or "none", region=name) for name in ("east", "west", ""))
    desk.work("--region", "west", SEKISHO_REGIONS="east,west")
    assert desk.ended(west).state == "done"
    desk.work(SEKISHO_REGIONS="east,west")
    assert desk.ended(nowhere).state == "done"
    assert desk.now(east).state == "queued"
    desk.work(SEKISHO_REGIONS="east,west", SEKISHO_WORKER_REGION="east")
    assert desk.ended(east).state == "done"


def test_unknown_region_is_refused_in_one_line(tmp_path: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sekisho.cli.main", "work", "--region", "nowhere"],
        env={**os.environ, "SEKISHO_STATE_DIR": str(tmp_path), "SEKISHO_REGIONS": "east"},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "east" in done.stderr
