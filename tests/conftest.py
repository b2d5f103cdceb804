"""Fixtures for every test that has a database."""

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
