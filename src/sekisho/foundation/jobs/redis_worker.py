"""The worker that takes jobs from a Redis, one at a time, each in a process of its own.

It waits out a Redis that goes away, says so once, and hands jobs over again that the queue has lost.
"""

import logging
import time
from contextlib import suppress
from types import FrameType
from typing import Any

from django.db import DatabaseError, connections
from django_rq import get_queue
from django_tasks_rq import Job
from redis.exceptions import AuthenticationError, AuthorizationError, RedisError, ResponseError
from rq import Worker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer

from sekisho.domain.text import Text
from sekisho.foundation.jobs import order, pulse
from sekisho.foundation.jobs.actions import hand_over_forgotten, return_jobs_of, return_lost
from sekisho.foundation.jobs.redis_queue import Queue

logger = logging.getLogger(__name__)

LISTEN_S = 10
"""How long the worker listens before it looks after forgotten jobs."""
RETRY_S = 2.0
AWAY = Text(
    "Redis につながりません。作業はデータベースに残っています。つながりしだい続けます。",
    "Cannot reach Redis. Jobs are kept in the database; the work goes on once it is back.",
)
BACK = Text("Redis につながりました。続けます。", "Redis is back; going on.")


class RedisRefuses(Exception):
    """Redis is there, but does not let us in or does not know a command: trying again would not help."""


class JobWorker(Worker):
    """Looks after forgotten jobs, and tells an outage once instead of at every try."""

    max_connection_wait_time = 5.0
    asked_to_stop = False
    is_away = False
    region = ""

    def heartbeat(self, *args: Any, **kwargs: Any) -> None:
        """Give a sign of life; the first thing that fails when Redis is away, and works when it is back."""
        try:
            super().heartbeat(*args, **kwargs)
        except RedisError as error:
            if not self.is_away:
                _tell(AWAY, f" ({type(error).__name__})")
            self.is_away = True
            raise
        if self.is_away:
            _tell(BACK)
            self.last_cleaned_at = None  # look after forgotten jobs at once: it may have lost all of them
        self.is_away = False

    def run_maintenance_tasks(self) -> None:
        """Clean up as RQ does, and hand over jobs that the queue does not know."""
        super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
        try:
            return_lost()
            hand_over_forgotten(regions=(self.region,))
        except DatabaseError as error:
            logger.warning("Cannot look after jobs: %s", type(error).__name__)
        finally:
            connections.close_all()  # the process of the next job must not share a connection with this one

    def handle_work_horse_killed(self, job: Any, pid: int, *args: Any) -> None:
        """See at once to the job whose process was ended from outside (out of memory, for example)."""
        try:
            return_jobs_of(pulse.worker_name(pid))
        finally:
            connections.close_all()

    def request_stop(self, signum: Any, frame: FrameType | None) -> None:
        """Stop after the running job; a second signal ends that too."""
        self.asked_to_stop = True
        with suppress(RedisError):  # RQ notes it there for others to see
            super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def work(region: str = "") -> None:
    """Run the jobs of `region` until Ctrl+C or SIGTERM.

    Raises:
        RedisRefuses: see there.
    """
    logging.getLogger("rq.worker").addFilter(_is_news)
    is_away = False
    while True:
        worker = None
        try:
            worker = _worker(region)
            worker.is_away = is_away
            worker.work(logging_level="WARNING")
        except (AuthenticationError, AuthorizationError, ResponseError) as error:
            raise RedisRefuses(str(error)) from error
        except StopRequested:
            return
        except RedisError as error:
            if not (is_away or (worker and worker.is_away)):
                _tell(AWAY, f" ({type(error).__name__})")
            is_away = True
        else:
            is_away = worker.is_away
        if worker and worker.asked_to_stop:
            return
        with suppress(StopRequested):
            time.sleep(RETRY_S)


def _worker(region: str) -> JobWorker:
    queue = get_queue(order.queue_of(region), job_class=Job)
    worker = JobWorker(
        [queue],
        connection=queue.connection,
        job_class=Job,
        queue_class=Queue,
        serializer=JSONSerializer,
        maintenance_interval=LISTEN_S,
        worker_ttl=LISTEN_S + 15,  # RQ listens for 15 seconds less
    )
    worker.region = region
    return worker


def _tell(text: Text, cause: str = "") -> None:
    """Log in both languages: who reads a log is not known."""
    logger.warning("%s / %s%s", text.ja, text.en, cause)


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out what RQ says about an outage at every try."""
    of_redis = record.exc_info is not None and isinstance(record.exc_info[1], RedisError)
    return not of_redis and not any(words in str(record.msg) for words in ("could not connect", "connection timeout"))
