"""Runs of the portal by real workers and real packets: killed workers, windows that end, two runs for one line."""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from django.db import connection
from django.utils import timezone

from sekisho.apps.diagnosis import runs, stops
from sekisho.apps.diagnosis.models import DiagnosisRun, RunAddress, RunEvent, RunEvidence
from sekisho.foundation.jobs.models import Hold, Job
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope
from tests.cast import Cast
from tests.factories.diagnosis import make_line, signed
from tests.scan_lab import Host, Lab, lab

pytestmark = [pytest.mark.network, pytest.mark.django_db(transaction=True)]
ADDRESS = "203.0.113.10"
OPEN = {22, 80, 443, 2900}
PORTS = {"tcp": [[1, 3000]], "udp": [], "checks": False, "services": False}


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.DIAGNOSIS_DIR = tmp_path / "diagnosis"


def database_url() -> str:
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    return f"postgres://{known['USER']}@{quote(known['HOST'], safe='')}/{known['NAME']}"


class Fleet:
    """Workers on the scanner's machine of a lab."""

    def __init__(self, it: Lab, folder: Path) -> None:
        self.it, self.folder, self.workers = it, folder, list[subprocess.Popen[bytes]]()

    def work(self) -> subprocess.Popen[bytes]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEKISHO_", "DATABASE_URL"))}
        environment = {
            **kept,
            "DATABASE_URL": database_url(),
            "SEKISHO_STATE_DIR": str(self.folder),
            "SEKISHO_JOB_PULSE_S": "0.5",
        }
        log = (self.folder / f"worker-{len(self.workers)}.log").open("wb")
        command = [sys.executable, "-m", "sekisho.cli.main", "work"]
        self.workers.append(self.it.popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT))
        log.close()
        return self.workers[-1]

    def said(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("worker-*.log")))

    def end(self) -> None:
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            try:
                worker.wait(10)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()


@contextmanager
def fleet(folder: Path, *hosts: Host) -> Iterator[Fleet]:
    with lab(hosts=hosts) as it:
        found = Fleet(it, folder)
        try:
            yield found
        except BaseException:
            print(found.said()[-4000:])
            raise
        finally:
            found.end()


def now_of(run: DiagnosisRun) -> DiagnosisRun:
    with all_hospitals(reason="test"):
        return DiagnosisRun.objects.select_related("job__hospital", "hospital").get(pk=run.pk)


def address_of(run: DiagnosisRun) -> RunAddress:
    with all_hospitals(reason="test"):
        return RunAddress.objects.get(run=run)


def wait(until: Callable[[], Any], within_s: float = 60) -> Any:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if found := until():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come about in time")


def kill(worker: subprocess.Popen[bytes]) -> None:
    """End the worker itself with SIGKILL, and nothing that it has started."""
    started = psutil.Process(worker.pid)
    family = [started, *started.children(recursive=True)]
    mine = [one for one in family if "sekisho.cli.main" in one.cmdline() and one.cmdline()[-1] == "work"]
    mine[-1].kill()


def test_scan_of_a_killed_worker_goes_on_with_another_one_without_asking_again(cast: Cast, tmp_path: Path) -> None:
    row = signed(cast.hospital, cast.alice, packets_per_second=300)
    with hospital_scope(cast.hospital):
        run = runs.start_run(cast.hospital, by=cast.dai, asked=PORTS)
    with fleet(tmp_path, Host(ADDRESS, tcp=sorted(OPEN), closed="drop")) as workers:
        workers.work()
        wait(lambda: address_of(run).asked_ports > 600)
        kill(workers.workers[0])
        killed = workers.it.counters().packets(ADDRESS)
        folder = stops.folder_of(now_of(run))
        finished = {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.glob("*/*.xml")
        }
        time.sleep(2.5)
        silent = workers.it.counters().packets(ADDRESS)
        time.sleep(1)
        assert workers.it.counters().packets(ADDRESS) == silent, "nothing is sent by what the dead worker left behind"
        workers.work()
        wait(lambda: now_of(run).is_over, 120)
        counters = workers.it.counters()
    ended, address = now_of(run), address_of(run)
    assert (ended.state, address.state) == ("done", "complete"), (ended.why, address.why)
    assert ended.job is not None
    assert ended.job.begun == 2
    assert {port["port"] for port in address.result["ports"] if port["state"] == "open"} >= OPEN
    assert counters.outside == {}
    assert killed > 600
    with all_hospitals(reason="test"):
        evidence = dict(RunEvidence.objects.filter(run=run).values_list("path", "sha256"))
        assert finished
        # The very last file may have been written and not yet noted when the worker died: it is then asked again.
        assert len(finished.items() - evidence.items()) <= 1, "what was finished stayed, and was not asked again"
        assert not Hold.objects.exists()
        assert RunEvent.objects.filter(run=run).count() > 3
    assert row.is_in_force


def test_scan_goes_on_by_itself_when_the_next_window_opens(cast: Cast, tmp_path: Path) -> None:
    now = timezone.now()
    first = signed(cast.hospital, cast.alice, packets_per_second=300, ends_at=now + timedelta(seconds=14))
    with hospital_scope(cast.hospital):
        line = type(first).objects.select_related("line__hospital").get(pk=first.pk).line
    opens = now + timedelta(seconds=20)
    signed(
        cast.hospital, cast.alice, line,
        packets_per_second=300, starts_at=opens, ends_at=opens + timedelta(hours=1),
    )  # fmt: skip
    with hospital_scope(cast.hospital):
        run = runs.start_run(cast.hospital, by=cast.dai, asked=PORTS)
    with fleet(tmp_path, Host(ADDRESS, tcp=sorted(OPEN), closed="drop")) as workers:
        workers.work()
        wait(lambda: address_of(run).asked_ports > 0, 13)
        waiting = wait(lambda: found if (found := now_of(run)).waits_until else None, 20)
        assert (waiting.state, waiting.waits_until) == ("waiting", opens)
        sent = workers.it.counters().packets(ADDRESS)
        assert sent > 0
        wait(lambda: now_of(run).is_over, 120)
        counters = workers.it.counters()
    assert (now_of(run).state, address_of(run).state) == ("done", "complete")
    assert counters.packets(ADDRESS) > sent
    assert counters.outside == {}
    assert {port["port"] for port in address_of(run).result["ports"] if port["state"] == "open"} >= OPEN


def test_two_runs_for_one_address_take_turns_whatever_the_number_of_workers(cast: Cast, tmp_path: Path) -> None:
    with hospital_scope(cast.hospital):
        line = make_line(cast.hospital, cast.alice, ADDRESS)
    one, other = (signed(cast.hospital, cast.alice, line, packets_per_second=200) for _consent in range(2))
    asked = {**PORTS, "tcp": [[1, 1200]]}
    with hospital_scope(cast.hospital):
        both = [runs.start_run(cast.hospital, by=cast.dai, consents=[row.pk], asked=asked) for row in (one, other)]
    seen = set()
    with fleet(tmp_path, Host(ADDRESS, tcp=[22], closed="drop")) as workers:
        workers.work()
        workers.work()

        def ended() -> bool:
            states = [now_of(run) for run in both]
            seen.add(tuple(run.state for run in states))
            return all(run.is_over for run in states)

        wait(ended, 150)
        waited = [run for run in both if _waited_for_the_other(run)]
    assert [now_of(run).state for run in both] == ["done", "done"]
    assert ("running", "running") not in seen
    assert len(waited) == 1


def _waited_for_the_other(run: DiagnosisRun) -> bool:
    with all_hospitals(reason="test"):
        events = RunEvent.objects.filter(run=run)
        return any("ほかの診断が調べています" in event.text["ja"] for event in events) and Job.objects.exists()
