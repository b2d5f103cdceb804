"""`sekisho work` that cannot: one line that names the setting, status 2, and no password."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.integration.cli.portals import environment, free_port


def work(state: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "sekisho.cli.main", "work"],
        env=environment(state, **settings), capture_output=True, encoding="utf-8", timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    "named",
    [
        {"SEKISHO_REDIS_URL": "verysecret@cache:6379"},
        {"SEKISHO_TASKS_BACKEND": "sekisho.foundation.jobs.redis_queue.RedisBackend"},
    ],
)
def test_address_that_is_none_is_named(tmp_path: Path, named: dict[str, str]) -> None:
    done = work(tmp_path, **named)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "SEKISHO_REDIS_URL" in done.stderr
    assert "verysecret" not in done.stderr


def test_redis_that_does_not_let_us_in_is_not_waited_for(tmp_path: Path) -> None:
    port = str(free_port())
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            ["redis-server", "--port", port, "--bind", "127.0.0.1", "--requirepass", "right", "--save", "", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            time.sleep(0.5)
            done = work(tmp_path, SEKISHO_REDIS_URL=f"redis://:verysecret@127.0.0.1:{port}/0")
        finally:
            server.terminate()
            server.wait()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith("Redis を使えません")
    assert "Traceback" not in done.stderr
    assert "verysecret" not in done.stderr
