"""What happens when two people change the same record: the second sees both values, and nothing is lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sekisho.domain.facts import Answer


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """One answer that both have changed. `base` is what the second editor started from."""

    key: str
    base: Answer[Any]
    theirs: Answer[Any]
    yours: Answer[Any]


class ChangedMeanwhile(Exception):
    """Somebody else changed the same answers since this editor opened the record. Nothing was written."""

    def __init__(self, conflicts: tuple[FieldConflict, ...], current_version: int) -> None:
        super().__init__(", ".join(conflict.key for conflict in conflicts))
        self.conflicts = conflicts
        self.current_version = current_version


def merge(
    current: Mapping[str, Answer[Any]], base: Mapping[str, Answer[Any]], yours: Mapping[str, Answer[Any]]
) -> tuple[dict[str, Answer[Any]], tuple[FieldConflict, ...]]:
    """Return what `yours` really changes, and where that collides with what others changed since `base`.

    An answer that the editor left as it was never overwrites another's change; two editors who give the same answer
    do not collide.
    """
    changes: dict[str, Answer[Any]] = {}
    conflicts = []
    for key, answer in yours.items():
        started_from = base.get(key, current[key])
        if answer in (started_from, current[key]):
            continue
        if current[key] != started_from:
            conflicts.append(FieldConflict(key, started_from, current[key], answer))
        else:
            changes[key] = answer
    return changes, tuple(conflicts)
