"""Real workers in processes of their own, with the queue in the database and with it in a real Redis: people see the same.

Redis goes away and comes back, having forgotten everything: nothing is lost and everybody is told.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django_rq import get_queue

from scripts.local_services import Redis
from sekisho.config import services
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.jobs import actions
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast, signed_in
from tests.integration.jobs.kinds import FAULT

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]
BOTH = pytest.mark.parametrize("queue", ["database", "redis"], indirect=True)
REDIS = pytest.mark.parametrize("queue", ["redis"], indirect=True)
WITHIN_S = 30


def database_url() -> str:
    """Return the address of the test's database, for another process."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    return f"postgres://{known['USER']}@{quote(known['HOST'], safe='')}/{known['NAME']}"


class Desk:
    """Starts jobs and workers, and waits for what becomes of them."""

    def __init__(self, cast: Cast, folder: Path, redis: Redis | None) -> None:
        self.cast, self.folder, self.redis = cast, folder, redis
        self.ran = folder / "ran"
        self.go = folder / "go"
        self.workers: list[subprocess.Popen[bytes]] = []

    def work(self, *arguments: str, **settings: str) -> Path:
        """Start a worker; return the file with what it says. `settings` go into its environment."""
        log = self.folder / f"worker-{len(self.workers)}.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEKISHO_", "DATABASE_URL"))}
        environment = {**kept, "DATABASE_URL": database_url(), "SEKISHO_STATE_DIR": str(self.folder)}
        environment |= settings
        if self.redis:
            environment["SEKISHO_REDIS_URL"] = self.redis.url
        with log.open("wb") as file:
            self.workers.append(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.integration.jobs.worker", *arguments],
                    cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT,
                )
            )  # fmt: skip
        return log

    def start(self, kind: str, *, region: str = "", **arguments: Any) -> Job:
        with hospital_scope(self.cast.hospital):
            given = {"ran": str(self.ran), **arguments}
            return actions.start(
                hospital=self.cast.hospital, kind=kind, title="仕事", by=self.cast.alice, arguments=given, region=region
            )

    def now(self, job: Job) -> Job:
        with hospital_scope(self.cast.hospital):
            return Job.objects.get(pk=job.pk)

    def wait(self, job: Job, until: Callable[[Job], bool]) -> Job:
        return until_true(lambda: found if until(found := self.now(job)) else None)

    def ended(self, job: Job) -> Job:
        return self.wait(job, lambda found: found.is_over)

    def page(self, job: Job) -> str:
        return signed_in(self.cast.alice).get(f"/h/MINATO/jobs/{job.pk}/").content.decode()

    def runs(self) -> list[str]:
        return self.ran.read_text(encoding="utf-8").splitlines() if self.ran.exists() else []

    def close(self) -> None:
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            try:
                worker.wait(10)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()


def until_true(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come about in time")


def verbs() -> list[str]:
    return list(AuditEvent.objects.filter(verb__startswith="jobs.").order_by("pk").values_list("verb", flat=True))


@pytest.fixture
def queue(request: pytest.FixtureRequest, settings: Any) -> Iterator[Redis | None]:
    if request.param == "database":
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="sekisho-redis.", dir="/tmp") as folder:
        redis = Redis(Path(folder))
        redis.start()
        settings.RQ_QUEUES = services.queues(redis.url)
        settings.TASKS = {"default": {"BACKEND": django_settings.REDIS_TASKS_BACKEND}}
        yield redis
        redis.stop()


@pytest.fixture
def desk(cast: Cast, queue: Redis | None, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(cast, tmp_path, queue)
    yield desk
    desk.close()


@BOTH
def test_job_shows_its_progress_and_ends_with_its_result(desk: Desk) -> None:
    job = desk.start("test.steps", steps=4, go=str(desk.go))
    assert desk.now(job).state == "queued"
    desk.work()
    running = desk.wait(job, lambda found: found.done == 1)
    assert (running.state, running.percent, running.message) == ("running", 25, "1歩")
    assert "1 / 4" in desk.page(job)
    desk.go.touch()
    ended = desk.ended(job)
    assert (ended.state, ended.percent, ended.result) == ("done", 100, {"steps": 4})
    assert verbs() == ["jobs.job.started", "jobs.job.done"]


@BOTH
def test_running_job_is_cancelled_at_its_next_step(desk: Desk) -> None:
    job = desk.start("test.steps", steps=4, go=str(desk.go))
    desk.work()
    desk.wait(job, lambda found: found.done == 1)
    signed_in(desk.cast.sumi).post(f"/h/MINATO/jobs/{job.pk}/cancel/")
    assert desk.ended(job).state == "cancelled"
    assert verbs() == ["jobs.job.started", "jobs.job.cancelled"], "told once"
    assert AuditEvent.objects.get(verb="jobs.job.cancelled").actor == desk.cast.sumi, "not by whom it was started"


@BOTH
def test_job_cancelled_while_it_waits_never_runs(desk: Desk) -> None:
    first = desk.start("test.steps", steps=1)
    signed_in(desk.cast.alice).post(f"/h/MINATO/jobs/{first.pk}/cancel/")
    second = desk.start("test.steps", steps=1, name="second")
    desk.work()
    assert desk.ended(second).state == "done"
    assert desk.now(first).state == "cancelled"
    assert [line.split()[0] for line in desk.runs()] == ["second"]


@BOTH
def test_fault_tells_what_is_foreseen_and_hides_what_is_not(desk: Desk) -> None:
    foreseen, unforeseen = desk.start("test.fails"), desk.start("test.breaks")
    desk.work()
    assert (desk.ended(foreseen).state, desk.now(foreseen).message) == ("failed", FAULT)
    assert (desk.ended(unforeseen).state, desk.now(unforeseen).message) == ("failed", actions.UNFORESEEN)
    assert "secret-path" not in desk.page(unforeseen)
    after = desk.start("test.steps", steps=2)
    assert desk.ended(after).state == "done", "the worker goes on after faults"


@BOTH
def test_two_workers_run_each_job_once(desk: Desk) -> None:
    desk.work()
    desk.work()
    jobs = [desk.start("test.steps", steps=3, name=f"job{number}") for number in range(12)]
    for job in jobs:
        actions.hand_over(job)  # the queue holds every job twice
    for job in jobs:
        assert desk.ended(job).state == "done"
    until_true(lambda: len(desk.runs()) >= 12)
    assert sorted(line.split()[0] for line in desk.runs()) == sorted(f"job{number}" for number in range(12))
    assert verbs().count("jobs.job.done") == 12


@BOTH
def test_job_that_was_never_handed_over_is_found_when_a_worker_starts(desk: Desk) -> None:
    with hospital_scope(desk.cast.hospital):
        job = Job.objects.create(
            hospital=desk.cast.hospital, kind="test.steps", title="仕事", created_by=desk.cast.alice,
            arguments={"ran": str(desk.ran), "steps": 1},
        )  # fmt: skip
    desk.work()
    assert desk.ended(job).state == "done"


@REDIS
def test_job_started_while_redis_is_away_is_kept_told_of_and_run_later(desk: Desk) -> None:
    assert desk.redis is not None
    log = desk.work()
    assert desk.ended(desk.start("test.steps", steps=1)).state == "done"
    desk.redis.stop()
    began = time.monotonic()
    job = desk.start("test.steps", steps=1, name="kept")
    assert time.monotonic() - began < 5, "a page does not wait long for a Redis that is away"
    assert (desk.now(job).state, desk.now(job).task_id) == ("queued", "")
    page = desk.page(job)
    assert "いまつながりません" in page
    assert "依頼は保存してあります" in page
    until_true(lambda: "Redis につながりません" in log.read_text(encoding="utf-8"))
    desk.redis.start()
    assert desk.ended(job).state == "done"
    assert "いまつながりません" not in desk.page(job)
    said = log.read_text(encoding="utf-8")
    assert said.count("Redis につながりません") == 1, "an outage is told once"
    assert "Redis につながりました" in said
    assert "Traceback" not in said


@REDIS
def test_job_that_redis_has_forgotten_runs_once_it_is_back(desk: Desk) -> None:
    assert desk.redis is not None
    job = desk.start("test.steps", steps=1, name="forgotten")
    assert desk.now(job).task_id
    desk.redis.stop()
    desk.redis.start()
    desk.work()
    assert desk.ended(job).state == "done"
    assert len(desk.runs()) == 1


@REDIS
def test_job_that_runs_while_redis_goes_away_ends_well_and_the_worker_goes_on(desk: Desk) -> None:
    assert desk.redis is not None
    log = desk.work()
    job = desk.start("test.steps", steps=3, name="first", go=str(desk.go))
    desk.wait(job, lambda found: found.done == 1)
    desk.redis.stop()
    desk.go.touch()
    assert desk.ended(job).state == "done"
    desk.redis.start()
    after = desk.start("test.steps", steps=1, name="after")
    assert desk.ended(after).state == "done"
    assert [line.split()[0] for line in desk.runs()] == ["first", "after"]
    assert desk.workers[0].poll() is None, log.read_text(encoding="utf-8")


@REDIS
def test_job_whose_process_is_killed_fails_at_once_and_says_so(desk: Desk) -> None:
    desk.work()
    job = desk.start("test.is_killed")
    assert desk.ended(job).state == "failed"
    assert "予期しない問題で止まりました" in desk.page(job)
    after = desk.start("test.steps", steps=1)
    assert desk.ended(after).state == "done"


@REDIS
def test_worker_stops_when_it_is_asked_even_while_redis_is_away(desk: Desk) -> None:
    assert desk.redis is not None
    desk.redis.stop()
    log = desk.work()
    until_true(lambda: "Redis につながりません" in log.read_text(encoding="utf-8"))
    desk.workers[0].terminate()
    assert desk.workers[0].wait(15) in (0, -15)


@REDIS
def test_queue_holds_the_number_of_the_job_and_nothing_of_what_it_is_about(desk: Desk) -> None:
    job = desk.start("test.steps", steps=1, name="佐藤様の依頼")
    held = get_queue().connection
    contents = [held.hgetall(key) for key in held.keys("rq:job:*")]
    assert len(contents) == 1
    data = zlib.decompress(contents[0][b"data"])
    assert json.loads(data)[2] == [str(job.pk)], "JSON, which runs no code when it is read"
    assert "佐藤".encode() not in data
