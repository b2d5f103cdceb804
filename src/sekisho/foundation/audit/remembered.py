"""Remember what was computed from a hospital's data for as long as nothing was done for it.

Each process remembers for itself. The values are kept as they are, not as copies (copying a large drawing takes as long
as making it): they must never be changed, which frozen dataclasses, tuples and strings see to.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from django.db import models

from sekisho.foundation.audit.queries import state_of

T = TypeVar("T")
MOST_VALUES = 300
"""The value that was not asked for the longest goes first."""
_Key = tuple[str, int, int]
_values: OrderedDict[_Key, Any] = OrderedDict()
_lock = Lock()


def remembered(what: str, hospital: models.Model, compute: Callable[[], T]) -> T:
    """Return what `compute` gives, from memory when it was computed since the hospital's last event.

    `what` names the computation and whatever else it depends on (day, language).
    """
    key = (what, hospital.pk, state_of(hospital))
    with _lock:
        if key in _values:
            _values.move_to_end(key)
            return _values[key]  # type: ignore[no-any-return]
    found = compute()  # outside the lock: two threads may compute the same, none waits for another's hospital
    with _lock:
        _values[key] = found
        while len(_values) > MOST_VALUES:
            _values.popitem(last=False)
    return found


def forget_all() -> None:
    """Forget everything; for tests, whose databases begin with the same numbers again."""
    with _lock:
        _values.clear()
