"""What workers with the queue in the database do beside their jobs: look after jobs whose worker died or whose time came.

With a Redis the worker's own upkeep does the same (`redis_worker`).
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connections

from sekisho.foundation.jobs.actions import hand_over_forgotten, return_lost

logger = logging.getLogger(__name__)

ON_ITS_WAY = timedelta(seconds=30)


def once(region: str) -> None:
    """Give back what dead workers left, and hand over every job of `region` that has no ticket."""
    return_lost()
    hand_over_forgotten(regions=(region,))


@contextmanager
def going_on(region: str) -> Iterator[None]:
    """Do so every few seconds beside the block."""
    over = threading.Event()
    thread = threading.Thread(target=_go_on, args=(region, over), daemon=True, name="job-upkeep")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(2)


def _go_on(region: str, over: threading.Event) -> None:
    while not over.wait(settings.JOB_PULSE_S):
        try:
            return_lost()
            hand_over_forgotten(regions=(region,), older_than=ON_ITS_WAY)
        except DatabaseError as error:
            logger.warning("Cannot look after jobs: %s", type(error).__name__)
        finally:
            connections.close_all()  # this thread's own
