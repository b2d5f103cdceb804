"""What the jobs of these tests do. Each notes its process in the file `ran`, one line for each time that it runs."""

import os
import signal
import time
from pathlib import Path
from typing import Any

from sekisho.foundation.jobs.actions import JobFailed, Progress, runs
from sekisho.foundation.jobs.models import Job

FAULT = "ひな形の3ページに空きがありません。"


def _ran(job: Job) -> None:
    with Path(job.arguments["ran"]).open("a", encoding="utf-8") as file:
        file.write(f"{job.arguments.get('name', '')} {os.getpid()}\n")


@runs("test.steps")
def _steps(job: Job, progress: Progress) -> dict[str, Any]:
    """Take `steps` steps; wait after the first until the file `go` is there."""
    _ran(job)
    steps, go = job.arguments["steps"], job.arguments.get("go")
    for step in range(1, steps + 1):
        progress.report(step, steps, f"{step}歩")
        while go and not Path(go).exists():
            time.sleep(0.05)
            progress.report(step, steps, f"{step}歩")
    return {"steps": steps}


@runs("test.fails")
def _fails(job: Job, progress: Progress) -> dict[str, Any]:
    _ran(job)
    raise JobFailed(FAULT)


@runs("test.breaks")
def _breaks(job: Job, progress: Progress) -> dict[str, Any]:
    _ran(job)
    raise RuntimeError("/srv/secret-path token=abc")


@runs("test.is_killed")
def _is_killed(job: Job, progress: Progress) -> dict[str, Any]:
    """End as a process does that the system takes the memory from."""
    _ran(job)
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


@runs("test.short", setbacks=20)
def _short(job: Job, progress: Progress) -> dict[str, Any]:
    """Take a moment; note the beginning and the end of this try."""
    _noted(job, "begin")
    time.sleep(job.arguments.get("seconds", 0.01))
    progress.report(1, 1)
    _noted(job, "end")
    return {"begun": job.begun}


def _noted(job: Job, what: str) -> None:
    line = f"{what} {job.arguments['name']} {job.begun} {os.getpid()} {time.time()}\n"
    descriptor = os.open(job.arguments["ran"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, line.encode())  # one write: never mixed with another worker's line
    os.close(descriptor)
