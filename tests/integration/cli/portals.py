"""Portals in processes of their own, and how to ask them."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

HOST = "sekisho.example.jp"


def environment(state: Path, **more: str) -> dict[str, str]:
    """Return the environment of a portal in production that keeps its data in `state`."""
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
    """Return the command that serves on `port`."""
    return [sys.executable, "-m", "sekisho.cli.main", "serve", "--no-worker", "--port", str(port)]


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(state: Path, **more: str) -> Iterator[int]:
    """Run a portal; the value is its port."""
    port = free_port()
    process = subprocess.Popen(command(port), stdout=subprocess.PIPE, env=environment(state, **more))
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"http://127.0.0.1:")
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=30)


@dataclass(frozen=True)
class Answer:
    """What a portal said."""

    status: int
    headers: Message
    body: str


def ask(port: int, path: str, headers: dict[str, str], form: dict[str, str] | None = None) -> Answer:
    """Ask for a page, or send a form."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        body = urlencode(form) if form else None
        connection.request("POST" if form else "GET", path, body, {"Host": HOST, **headers})
        with connection.getresponse() as response:
            return Answer(response.status, response.headers, response.read().decode())


def sign_in(port: int, headers: dict[str, str], *, login: str, password: str) -> Answer:
    """Send the form of the sign-in page, as a browser does."""
    page = ask(port, "/accounts/login/", headers)
    if page.status != 200:
        return page
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    token = page.body.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = {"csrfmiddlewaretoken": token, "login": login, "password": password}
    told = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{HOST}", "Cookie": cookie}
    return ask(port, "/accounts/login/", {**headers, **told}, form)
