"""What is computed from a hospital's data is remembered until something is done for that hospital."""

from typing import Any

import pytest
from django.db import transaction

from sekisho.foundation.audit import remembered as module
from sekisho.foundation.audit.actions import record
from sekisho.foundation.audit.remembered import remembered
from sekisho.foundation.tenancy.models import Hospital
from tests.cast import Cast

pytestmark = pytest.mark.django_db


class Computing:
    """Counts how often it is asked to compute."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> int:
        self.times += 1
        return self.times


def happens(hospital: Hospital) -> None:
    with transaction.atomic():
        record("register.line.changed", hospital, by=None, hospital=hospital)


def test_value_is_computed_once_until_something_is_done_for_the_hospital(cast: Cast) -> None:
    compute = Computing()
    assert [remembered("level", cast.hospital, compute) for _ in range(3)] == [1, 1, 1]
    happens(cast.other_hospital)
    assert remembered("level", cast.hospital, compute) == 1
    happens(cast.hospital)
    assert remembered("level", cast.hospital, compute) == 2


def test_hospitals_and_computations_are_kept_apart(cast: Cast) -> None:
    compute = Computing()
    asked = [("level", cast.hospital), ("level", cast.other_hospital), ("drawing", cast.hospital)]
    assert [remembered(what, hospital, compute) for what, hospital in asked] == [1, 2, 3]


def test_nothing_found_is_remembered_too(cast: Cast) -> None:
    calls: list[None] = []
    for _ in range(2):
        remembered("nothing", cast.hospital, lambda: calls.append(None))
    assert len(calls) == 1


def test_memory_is_bounded_and_keeps_what_is_asked_for(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_VALUES", 3)
    often = Computing()
    for number in range(10):
        remembered("often", cast.hospital, often)
        remembered(f"seldom {number}", cast.hospital, Computing())
    assert often.times == 1
    assert len(module._values) == 3


def test_computation_that_fails_is_tried_again(cast: Cast) -> None:
    def broken() -> Any:
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            remembered("broken", cast.hospital, broken)
    assert remembered("broken", cast.hospital, Computing()) == 1
