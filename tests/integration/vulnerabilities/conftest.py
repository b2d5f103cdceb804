"""What the tests of weaknesses share: feeds handed in and read, devices, jobs run as a worker would."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sekisho.apps.register import actions as register
from sekisho.apps.vulnerabilities import knowledge
from sekisho.apps.vulnerabilities.models import FeedLoad
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast
from tests.factories.feed_loads import load_feed


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.FEEDS_DIR = tmp_path / "feeds"
    knowledge.forget()


Load = Callable[..., FeedLoad]


@pytest.fixture
def load(cast: Cast) -> Load:
    """Return a function that hands in a file, reads it, and returns what became of it."""

    def handed_in(content: bytes, name: str = "feed.json") -> FeedLoad:
        return load_feed(content, name, cast.sumi)

    return handed_in


def add_device(
    cast: Cast, maker: str = "Fortinet", model: str = "FortiGate-60F", version: str = "7.2.5", hospital: Hospital | None = None
) -> Any:  # fmt: skip
    """Register a line with one device at `hospital`, and return the device."""
    hospital = hospital or cast.hospital
    words = {"maker": maker, "model": model, "software_version": version}
    with hospital_scope(hospital):
        line = register.add_line(
            hospital, answers={}, devices={1: {key: value for key, value in words.items() if value}}, by=cast.alice, source="test"
        )  # fmt: skip
        return line.devices.get()
