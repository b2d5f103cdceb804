"""A PostgreSQL and a Redis of one's own, for tests and for trying out: in a temporary folder, reachable only through a
unix socket there, gone afterwards. Needs nothing but Python."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote


class MissingTool(Exception):
    """A program is not installed. The message says how to install it."""


class DidNotStart(Exception):
    """A service ended at its start. The message holds what it said."""


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a PostgreSQL; the value is its DATABASE_URL."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    if not programs:
        raise MissingTool("PostgreSQL is not installed: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="sekisho-postgresql.", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        user = "postgres" if os.getuid() == 0 else None  # initdb refuses to run as root
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        _run(programs[-1] / "initdb", "--pgdata", folder / "data", "--username", "sekisho", "--auth", "trust",
             "--encoding", "UTF8", "--no-locale", "--no-sync", user=user)  # fmt: skip
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c full_page_writes=off"
        control = programs[-1] / "pg_ctl"
        _run(
            control,
            "--pgdata",
            folder / "data",
            "--log",
            folder / "log",
            "--wait",
            "--options",
            options,
            "start",
            user=user,
        )
        try:
            yield f"postgres://sekisho@{quote(str(folder), safe='')}/postgres"
        finally:
            _run(control, "--pgdata", folder / "data", "--mode", "immediate", "stop", user=user)


def _run(*words: object, user: str | None) -> None:
    # A session of its own: Ctrl+C in the terminal ends the command that uses the database, and only then the database.
    done = subprocess.run(
        [str(word) for word in words],
        user=user,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    if done.returncode:
        raise DidNotStart(f"{words[0]}: {done.stderr.strip()}")


class Redis:
    """A Redis that can go away and come back, having forgotten everything. `url` is its address all the while."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise MissingTool("Redis is not installed: apt-get install redis-server")
        self._socket = folder / "redis.sock"
        self._command = [program, "--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "700",
                         "--save", "", "--appendonly", "no", "--dir", str(folder)]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder / "redis.log"
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 10
        while not self._socket.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise DidNotStart(self._log.read_text(encoding="utf-8", errors="replace"))
            time.sleep(0.02)

    def stop(self) -> None:
        """End it at once, as a machine does that loses power. Nothing happens when it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self._socket.unlink(missing_ok=True)


@contextmanager
def redis() -> Iterator[str]:
    """Run a Redis; the value is its address for SEKISHO_REDIS_URL."""
    with tempfile.TemporaryDirectory(prefix="sekisho-redis.", dir="/tmp") as folder:
        server = Redis(Path(folder))
        server.start()
        try:
            yield server.url
        finally:
            server.stop()
