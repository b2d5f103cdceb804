"""`sekisho serve` in production, in a process of its own: whose word about HTTPS and the client's address it believes."""

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

HOST = "sekisho.example.jp"
FROM_PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "9.9.9.9, 203.0.113.7"}


def environment(state: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEKISHO_", "DATABASE_URL"))}
    return {
        **kept,
        "SEKISHO_STATE_DIR": str(state),
        "SEKISHO_PRODUCTION": "1",
        "SEKISHO_SECRET_KEY": "only-for-this-test-" + "x" * 40,
        "SEKISHO_HOSTS": HOST,
        "SEKISHO_SITE_URL": f"https://{HOST}",
        **more,
    }


def command(port: int) -> list[str]:
    return [sys.executable, "-m", "sekisho.cli.main", "serve", "--no-worker", "--port", str(port)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


def running(state: Path, **more: str) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(command(port), stdout=subprocess.PIPE, env=environment(state, **more))
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"http://127.0.0.1:")
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="module")
def portal(state: Path) -> Iterator[int]:
    """The port of a portal behind one proxy, which connects from here."""
    yield from running(state, SEKISHO_TRUSTED_PROXIES="1")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: str


def ask(port: int, path: str, headers: dict[str, str], form: dict[str, str] | None = None) -> Answer:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        body = urlencode(form) if form else None
        connection.request("POST" if form else "GET", path, body, {"Host": HOST, **headers})
        with connection.getresponse() as response:
            return Answer(response.status, response.headers, response.read().decode())


def get(port: int, path: str, **headers: str) -> Answer:
    return ask(port, path, headers)


def test_page_asked_for_over_https_is_answered(portal: int) -> None:
    response = get(portal, "/accounts/login/", **FROM_PROXY)
    assert response.status == 200
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    cookie = response.headers["Set-Cookie"]
    assert "Secure" in cookie
    assert "HttpOnly" in cookie


def test_page_asked_for_without_https_is_sent_there(portal: int) -> None:
    response = get(portal, "/accounts/login/")
    assert (response.status, response.headers["Location"]) == (301, f"https://{HOST}/accounts/login/")


def test_another_host_name_is_refused(portal: int) -> None:
    assert get(portal, "/accounts/login/", **{**FROM_PROXY, "Host": "evil.example"}).status == 400


def test_failed_sign_in_is_counted_for_the_address_that_the_proxy_saw(portal: int, state: Path) -> None:
    page = get(portal, "/accounts/login/", **FROM_PROXY)
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    token = page.body.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = {"csrfmiddlewaretoken": token, "login": "ada@example.jp", "password": "wrong"}
    told = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{HOST}", "Cookie": cookie}
    assert ask(portal, "/accounts/login/", {**FROM_PROXY, **told}, form).status == 200
    with closing(sqlite3.connect(state / "sekisho.sqlite3")) as database:
        rows = database.execute("SELECT ip_address FROM axes_accessattempt").fetchall()
    assert rows == [("203.0.113.7",)], "not 9.9.9.9, which the client itself has sent"


def test_word_of_anybody_but_the_proxy_is_dropped(state: Path) -> None:
    for port in running(state, SEKISHO_TRUSTED_PROXIES="1", SEKISHO_PROXY_ADDRESS="192.0.2.1"):
        assert get(port, "/accounts/login/", **FROM_PROXY).status == 301


def test_portal_without_a_proxy_does_not_start(state: Path) -> None:
    done = subprocess.run(command(free_port()), capture_output=True, text=True, env=environment(state), timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "SEKISHO_TRUSTED_PROXIES" in done.stderr
    assert done.stderr.count("\n") == 1
