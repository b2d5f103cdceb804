"""Two portals that share a Redis count tries to sign in together, and say so when it is away."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.local_services import Redis
from tests.integration.cli.portals import Answer, ask, running, sign_in

TOO_MANY = "しばらく受け付けません"
LIMIT = 10
"""Wrong passwords for one account from any address within a quarter of an hour (ACCOUNT_RATE_LIMITS)."""


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with tempfile.TemporaryDirectory(prefix="sekisho-redis.", dir="/tmp") as folder:
        server = Redis(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="module")
def portals(redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    state = tmp_path_factory.mktemp("state")
    settings = {"SEKISHO_TRUSTED_PROXIES": "1", "SEKISHO_REDIS_URL": redis.url}
    with running(state, **settings) as first, running(state, **settings) as second:
        yield first, second


def from_address(address: str) -> dict[str, str]:
    return {"X-Forwarded-Proto": "https", "X-Forwarded-For": address}


def guess(port: int, number: int, login: str) -> Answer:
    """Guess from an address of its own, so that only the count for the account can stop it."""
    return sign_in(port, from_address(f"203.0.113.{number}"), login=login, password=f"guess {number}")


def test_guesses_at_one_account_are_counted_for_all_portals_together(portals: tuple[int, int]) -> None:
    said = [guess(portals[number % 2], number, "ada@example.jp").body for number in range(1, LIMIT + 2)]
    assert [TOO_MANY in body for body in said] == [False] * LIMIT + [True], "five each would not be too many for one"
    assert TOO_MANY not in guess(portals[0], 100, "another@example.jp").body


def test_nobody_is_let_in_uncounted_while_redis_is_away_and_the_page_says_so(
    portals: tuple[int, int], redis: Redis
) -> None:
    redis.stop()
    began = time.monotonic()
    answer = guess(portals[0], 200, "ada@example.jp")
    assert time.monotonic() - began < 3, "the page does not wait"
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "30"
    assert "ただいま受け付けられません" in answer.body
    assert "何も失われていません" in answer.body
    assert ask(portals[0], "/health/", from_address("203.0.113.1")).status == 200, "the rest of the portal goes on"
    redis.start()
    assert guess(portals[0], 201, "ada@example.jp").status == 200
