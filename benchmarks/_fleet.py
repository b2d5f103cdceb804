"""The two parts of `fleet`: the driver, which starts jobs and workers and kills some, and a worker that knows the job.

Each try of a job is noted in a file when it begins, with one write. A job is lost when it is not done in the end, and
run twice when two processes note the same try, or when it is begun again though no worker was killed.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from sekisho.cli.main import main as sekisho
from sekisho.cli.serving import migrate, prepare_django

JOBS, WORKERS, KILLS, LONGEST_S = 1000, 4, 25, 900


def _knows_the_job() -> None:
    from sekisho.foundation.jobs.actions import Progress, runs
    from sekisho.foundation.jobs.models import Job

    @runs("fleet.short", setbacks=50)
    def _short(job: Job, progress: Progress) -> dict[str, Any]:
        noted = os.open(job.arguments["notes"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(noted, f"{job.pk} {job.begun} {os.getpid()}\n".encode())
        os.close(noted)
        time.sleep(0.005)
        progress.check()
        return {}


def work() -> int:
    """Run `sekisho work`."""
    prepare_django()
    _knows_the_job()
    return sekisho(["work"])


def drive(folder: Path) -> int:
    """Drain the jobs and print the row."""
    prepare_django()
    migrate()
    _knows_the_job()
    from sekisho.foundation.jobs import actions
    from sekisho.foundation.jobs.models import Job
    from sekisho.foundation.tenancy.models import Hospital
    from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope

    notes = folder / "notes"
    hospitals = [Hospital.objects.create(code=f"H{number}", name=f"H{number}") for number in range(3)]
    for number in range(JOBS):
        hospital = hospitals[number % len(hospitals)]
        with hospital_scope(hospital):
            actions.start(hospital=hospital, kind="fleet.short", title="-", by=None, arguments={"notes": str(notes)})
    chance, killed = random.Random(7), 0
    began = time.monotonic()
    workers = [_worker(folder) for _worker_number in range(WORKERS)]
    with all_hospitals(reason="benchmark"):
        while Job.objects.filter(state__in=("queued", "running")).exists():
            if time.monotonic() - began > LONGEST_S:
                break
            time.sleep(chance.uniform(0.3, 1.2))
            if killed < KILLS and notes.exists():
                place = chance.randrange(WORKERS)
                _kill(workers[place])
                workers[place], killed = _worker(folder), killed + 1
        took = time.monotonic() - began
        ended = {str(pk): (state, begun) for pk, state, begun in Job.objects.values_list("pk", "state", "begun")}
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.wait(30)
    print(json.dumps(_row(ended, notes, killed, took)))
    return 0


def _worker(folder: Path) -> "subprocess.Popen[bytes]":
    with (folder / "workers.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks._fleet", "work"], stdout=log, stderr=log, start_new_session=True
        )


def _kill(worker: "subprocess.Popen[bytes]") -> None:
    """Kill a worker and what it has forked, as the end of its machine would."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def _row(ended: dict[str, tuple[str, int]], notes: Path, killed: int, took: float) -> dict[str, Any]:
    tries = Counter(tuple(line.split()[:2]) for line in notes.read_text(encoding="ascii").splitlines())
    again = sum(begun - 1 for _state, begun in ended.values())
    return {
        "jobs": len(ended),
        "workers": WORKERS,
        "killed": killed,
        "least_killed": 10,
        "lost": sum(state != "done" for state, _begun in ended.values()),
        "target_lost": 0,
        "tries_run_by_two": sum(count > 1 for count in tries.values()),
        "target_tries_run_by_two": 0,
        "begun_again_without_a_kill": max(0, again - killed),
        "target_begun_again_without_a_kill": 0,
        "seconds": round(took, 1),
    }


if __name__ == "__main__":
    sys.exit(work() if sys.argv[1] == "work" else drive(Path(sys.argv[2])))
