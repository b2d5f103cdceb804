"""Four workers drain 1,000 short jobs of three hospitals while one after the other is killed: nothing lost, nothing twice."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from scripts.local_services import Redis, postgresql

ROOT = Path(__file__).resolve().parent.parent


def run() -> Iterator[dict[str, Any]]:
    """Yield a row for the queue in the database (SQLite) and one for Redis beside PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="sekisho-fleet.") as folder:
        yield {"queue": "database, SQLite", **_drained(Path(folder))}
    with tempfile.TemporaryDirectory(prefix="sekisho-fleet.", dir="/tmp") as folder, ExitStack() as stack:
        redis = Redis(Path(folder))
        redis.start()
        stack.callback(redis.stop)
        services = {"DATABASE_URL": stack.enter_context(postgresql()), "SEKISHO_REDIS_URL": redis.url}
        yield {"queue": "Redis, PostgreSQL", **_drained(Path(folder), **services)}


def _drained(folder: Path, **services: str) -> dict[str, Any]:
    """Let the driver drain the jobs in a process of its own, with settings of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEKISHO_", "DATABASE_URL"))}
    environment = {**kept, **services, "SEKISHO_STATE_DIR": str(folder), "SEKISHO_JOB_PULSE_S": "0.5"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._fleet", "drive", str(folder)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    row: dict[str, Any] = json.loads(done.stdout)
    return row
