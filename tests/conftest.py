"""Fixtures for every test that has a database, and how properties are tried."""

import os
from collections.abc import Iterator

import pytest
from django.utils import translation
from hypothesis import settings

from tests.cast import (  # noqa: F401 fixtures are found by name
    _fresh_cache,
    ada,
    alice,
    bob,
    cast,
    dai,
    hospital,
    mallory,
    mina,
    nobody,
    other_hospital,
    sam,
    sora,
    sumi,
)

# The same examples in every run: a red suite is red for everybody. `--hypothesis-seed` looks for new ones.
settings.register_profile("sekisho", derandomize=True, deadline=None, print_blob=True)
# The inner loop tries a few of them (`make test-fast`).
settings.register_profile("fast", parent=settings.get_profile("sekisho"), max_examples=8)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "sekisho"))


@pytest.fixture(autouse=True)
def _speaks_japanese() -> Iterator[None]:
    """A request in English leaves its language behind in the process; every test begins in Japanese."""
    with translation.override("ja"):
        yield
