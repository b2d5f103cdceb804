"""`sekisho serve` in production, in a process of its own: whose word about HTTPS and the client's address it believes."""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.cli.portals import HOST, Answer, ask, command, environment, free_port, running, sign_in

FROM_PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "9.9.9.9, 203.0.113.7"}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def portal(state: Path) -> Iterator[int]:
    """The port of a portal behind one proxy, which connects from here."""
    with running(state, SEKISHO_TRUSTED_PROXIES="1") as port:
        yield port


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
    assert sign_in(portal, FROM_PROXY, login="ada@example.jp", password="wrong").status == 200
    with closing(sqlite3.connect(state / "sekisho.sqlite3")) as database:
        rows = database.execute("SELECT ip_address FROM axes_accessattempt").fetchall()
    assert rows == [("203.0.113.7",)], "not 9.9.9.9, which the client itself has sent"


def test_word_of_anybody_but_the_proxy_is_dropped(state: Path) -> None:
    with running(state, SEKISHO_TRUSTED_PROXIES="1", SEKISHO_PROXY_ADDRESS="192.0.2.1") as port:
        assert get(port, "/accounts/login/", **FROM_PROXY).status == 301


def test_portal_without_a_proxy_does_not_start(state: Path) -> None:
    done = subprocess.run(command(free_port()), capture_output=True, text=True, env=environment(state), timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "SEKISHO_TRUSTED_PROXIES" in done.stderr
    assert done.stderr.count("\n") == 1
