"""The settings that name a Redis: the queue of background work and the counts that all processes share.

Nothing is pickled into Redis, neither tasks nor counts: whoever could write there would otherwise run code here.
"""

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.core.exceptions import ImproperlyConfigured

WAIT_S = {"socket_connect_timeout": "3", "socket_timeout": "5"}
"""How long a page waits for a Redis that does not answer; an address may say otherwise after its `?`."""


def redis_address(url: str) -> str:
    """Return `url` with the waiting times that it does not name itself.

    Raises:
        ImproperlyConfigured: it is no address of a Redis. The message does not repeat it: it may hold a password.
    """
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured("SEKISHO_REDIS_URL must begin with redis://, rediss:// or unix://.")
    address, _mark, query = url.partition("?")
    return f"{address}?{urlencode({**WAIT_S, **dict(parse_qsl(query))})}"


def queue_names(regions: Sequence[str]) -> list[str]:
    """Return the queues: one for work that any worker may do, one for each region (`foundation.jobs.order`).

    Raises:
        ImproperlyConfigured: a region has a name that is too long or holds other signs than a-z, 0-9 and "-".
    """
    for region in regions:
        if not re.fullmatch(r"[a-z0-9-]{1,20}", region):
            raise ImproperlyConfigured(f"SEKISHO_REGIONS: “{region}” must be 1 to 20 of a-z, 0-9 and -.")
    return ["default", *(f"region-{region}" for region in regions)]


def queues(redis_url: str, regions: Sequence[str] = ()) -> dict[str, Any]:
    """Return RQ_QUEUES; a job may take as long as it takes, as with the database backend."""
    queue = {
        "URL": redis_address(redis_url),
        "DEFAULT_TIMEOUT": -1,
        "SERIALIZER": "rq.serializers.JSONSerializer",
        "QUEUE_CLASS": "sekisho.foundation.jobs.redis_queue.Queue",
    }
    return {name: dict(queue) for name in queue_names(regions)}


def caches(redis_url: str) -> dict[str, Any]:
    """Return CACHES, which hold the counts of tries to sign in: for all processes when there is a Redis."""
    if not redis_url:
        return {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": redis_address(redis_url),
            "KEY_PREFIX": "sekisho",
            "OPTIONS": {
                "serializer": "sekisho.config.services.JsonSerializer",
                "retry": Retry(NoBackoff(), 1),  # a page says soon that it is away
            },
        }
    }


class JsonSerializer:
    """Plain values as JSON; integers as they are, so that Redis itself can count them up."""

    def dumps(self, value: Any) -> int | bytes:
        """Return what is stored. Raises TypeError for what JSON does not know."""
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        """Return the value."""
        return json.loads(data)
