"""The queue in a Redis: what `django-tasks-rq` lacks for it.

Tasks are JSON, not pickles, and a page never waits long for a Redis that is away: the job is a row of our database, and
workers look every few seconds whether a waiting one is missing in the queue (`redis_worker`).
"""

from typing import Any, cast

from django_rq import get_queue
from django_rq.queues import DjangoRQ
from django_tasks_rq import Job, RQBackend
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq.exceptions import NoSuchJobError
from rq.serializers import JSONSerializer


class Queue(DjangoRQ):
    """Tries a command once more and no further."""

    def __init__(self, *args: Any, connection: Redis, **kwargs: Any) -> None:
        connection.set_retry(Retry(NoBackoff(), 1))
        super().__init__(*args, connection=connection, **kwargs)  # type: ignore[no-untyped-call]


class RedisBackend(RQBackend):
    """Reads tasks back with the serializer that they were written with."""

    def _get_job(self, result_id: str) -> Job | None:
        try:
            return cast(Job, Job.fetch(result_id, connection=get_queue().connection, serializer=JSONSerializer))
        except NoSuchJobError:
            return None
