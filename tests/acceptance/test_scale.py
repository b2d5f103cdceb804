"""`scripts/scale`: PostgreSQL, Redis, several workers and the portal come up, work together, and all end when asked."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import psutil
import pytest

SCALE = Path(__file__).resolve().parents[2] / "scripts" / "scale"
WORKERS = 2


@dataclass
class Running:
    """The command while it runs."""

    process: "subprocess.Popen[str]"
    said: list[str]

    @property
    def url(self) -> str:
        return self.said[-1].strip()

    @property
    def password(self) -> str:
        return next(line.split()[1] for line in self.said if "clerk@sample.invalid" in line)

    @property
    def workers(self) -> list[int]:
        return [int(pid) for pid in re.findall(r"\d+", self.said[-2].partition(":")[2])]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEKISHO_", "DATABASE_URL"))}
    return subprocess.Popen(
        [sys.executable, SCALE, *arguments],
        env={**kept, "SEKISHO_STATE_DIR": str(folder)}, stdout=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip


@pytest.fixture
def scale(tmp_path: Path) -> Iterator[Running]:
    process = start(tmp_path, "--workers", str(WORKERS), "--port", str(free_port()), "--minutes", "3")
    said: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if line.startswith("http://"):
            break
    yield Running(process, said)
    process.terminate()
    process.communicate(timeout=60)


def token_in(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page[:500]
    return found[1]


def send(browser: OpenerDirector, url: str, page: str, **form: str) -> tuple[str, str]:
    """Send a form of `page`; return where it led and what was there."""
    sent = urlencode({"csrfmiddlewaretoken": token_in(page), **form}).encode()
    with browser.open(Request(url, sent, {"Origin": url[: url.index("/", 8)]}), timeout=30) as answer:
        return answer.url, answer.read().decode()


def read(browser: OpenerDirector, url: str) -> tuple[str, str]:
    with browser.open(url, timeout=30) as answer:
        return answer.url, answer.read().decode()


def test_report_is_made_by_a_worker_and_everything_ends_when_asked(scale: Running) -> None:
    began = {child.pid: child for child in psutil.Process(scale.process.pid).children(recursive=True)}
    assert len(scale.workers) == WORKERS
    assert set(scale.workers) <= set(began)
    services = [p for p in psutil.process_iter(["name", "cmdline"]) if _is_of(p, scale)]
    assert {p.info["name"] for p in services} >= {"redis-server", "postgres"}

    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    login = f"{scale.url}accounts/login/"
    home, _page = send(browser, login, read(browser, login)[1], login="clerk@sample.invalid", password=scale.password)
    hospital = re.search(r"/h/[^/]+/", home)
    assert hospital, home
    reports = f"{scale.url.rstrip('/')}{hospital[0]}reports/"
    job, _page = send(browser, f"{reports}issue/", read(browser, reports)[1], language="ja")
    assert "/jobs/" in job
    deadline = time.monotonic() + 60
    while (where := read(browser, job)[0]) == job:
        assert time.monotonic() < deadline, read(browser, job)[1]
        time.sleep(0.3)
    assert where == reports, "a job that is done leads on to what it made"

    scale.process.send_signal(signal.SIGTERM)
    assert scale.process.wait(timeout=45) == 0
    gone, alive = psutil.wait_procs([*began.values(), *services], timeout=10)
    assert alive == []
    assert len(gone) >= WORKERS + 3


def _is_of(process: psutil.Process, scale: Running) -> bool:
    """Return True for a PostgreSQL or Redis that was started for this test: after the command, in a folder like its."""
    started = psutil.Process(scale.process.pid).create_time()
    words = " ".join(process.info["cmdline"] or [])
    named = "/tmp/sekisho-redis." in words or "/tmp/sekisho-postgresql." in words
    return named and started <= process.create_time() <= started + 60


def test_it_ends_by_itself_in_time_and_refuses_numbers_without_sense(tmp_path: Path) -> None:
    for wrong in (["--workers", "0"], ["--workers", "1000"], ["--port", "x"]):
        refused = start(tmp_path, *wrong)
        refused.communicate(timeout=20)
        assert refused.returncode == 2
    process = start(tmp_path, "--workers", "1", "--port", str(free_port()), "--minutes", "0.02")
    process.communicate(timeout=120)
    assert process.returncode == 0
