"""The settings that name a Redis."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from sekisho.config.services import JsonSerializer, caches, queues, redis_address

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize("url", ["redis://cache:6379/1", "rediss://u:p@cache/0", "unix:///run/redis.sock"])
def test_address_keeps_its_place_and_says_how_long_to_wait(url: str) -> None:
    address = redis_address(url)
    assert address.startswith(f"{url}?")
    assert "socket_connect_timeout=3" in address
    assert "socket_timeout=5" in address


def test_waiting_times_and_everything_else_of_the_address_win() -> None:
    address = redis_address("unix:///run/redis.sock?db=2&socket_timeout=60")
    assert address.count("socket_timeout=") == 1
    assert "socket_timeout=60" in address
    assert "db=2" in address


@pytest.mark.parametrize("url", ["localhost:6379", "http://cache", "secret-password@cache", " redis://cache"])
def test_address_of_something_else_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        redis_address(url)
    assert "SEKISHO_REDIS_URL" in str(refused.value)
    assert url not in str(refused.value)


def test_without_a_redis_everything_stays_in_the_process() -> None:
    assert caches("")["default"]["BACKEND"].endswith("LocMemCache")


def test_nothing_is_pickled_into_redis() -> None:
    url = "redis://cache"
    assert queues(url)["default"]["SERIALIZER"] == "rq.serializers.JSONSerializer"
    assert caches(url)["default"]["OPTIONS"]["serializer"] == "sekisho.config.services.JsonSerializer"
    with pytest.raises(TypeError):
        JsonSerializer().dumps(object())


@given(PLAIN)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    stored = JsonSerializer().dumps(value)
    assert JsonSerializer().loads(stored if isinstance(stored, bytes) else str(stored).encode()) == value


def test_whole_numbers_are_stored_so_that_redis_can_count_them_up() -> None:
    assert JsonSerializer().dumps(7) == 7
    assert JsonSerializer().dumps(True) == b"true"
