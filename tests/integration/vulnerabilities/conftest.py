"""What the tests of weaknesses share: feeds handed in and read, devices, jobs run as a worker would."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from sekisho.apps.register import actions as register
from sekisho.apps.vulnerabilities import feeds, knowledge
from sekisho.apps.vulnerabilities.models import FeedLoad
from sekisho.foundation.jobs.actions import run_job
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope
from tests.cast import Cast


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.FEEDS_DIR = tmp_path / "feeds"
    knowledge.forget()


def run_jobs(kind: str = feeds.JOB_KIND) -> int:
    """Run the jobs of `kind` that may begin now, as a worker would, and return how many these were."""
    count = 0
    while count < 50:
        with all_hospitals(reason="test"):
            waiting = [job for job in Job.objects.filter(kind=kind, state="queued") if not job.waits_for_its_time]
        if not waiting:
            break
        with all_hospitals(reason="test"):
            Job.objects.filter(state="queued").exclude(kind=kind).update(region="other")
        run_job.func(str(waiting[0].pk))
        with all_hospitals(reason="test"):
            Job.objects.filter(state="queued", region="other").update(region="")
        count += 1
    return count


Load = Callable[..., FeedLoad]


@pytest.fixture
def load(cast: Cast) -> Load:
    """Return a function that hands in a file, reads it, and returns what became of it."""

    def handed_in(content: bytes, name: str = "feed.json") -> FeedLoad:
        with transaction.atomic():
            found = feeds.take_in(name=name, chunks=[content], by=cast.sumi)[0]
        run_jobs()
        found.refresh_from_db()
        return found

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
