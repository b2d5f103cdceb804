"""Remember what was computed from a hospital's data for as long as nothing was done for it."""

from collections.abc import Callable
from typing import TypeVar

from django.core.cache import caches
from django.db import models

from sekisho.foundation.audit.queries import state_of

T = TypeVar("T")
_FOR_S = 3600


def remembered(what: str, hospital: models.Model, compute: Callable[[], T]) -> T:
    """Return what `compute` gives, from memory when it was computed since the hospital's last event.

    `what` names the computation and whatever else it depends on (day, language). The value must be picklable.
    """
    key = f"remembered:{what}:{hospital.pk}:{state_of(hospital)}"
    computed = caches["computed"]  # of this process: the values are objects, and none of them goes into a Redis
    found = computed.get(key)
    if found is None:
        found = compute()
        computed.set(key, found, _FOR_S)
    return found  # type: ignore[no-any-return]
