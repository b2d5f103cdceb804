"""Answers that may be missing. Unknown is a value: it is kept, shown, counted, and becomes a task.

An answer is one of three things, which no code may mix up:

* a value;
* `Unknown`: a person said "I do not know", perhaps with a reason;
* `None`: nobody has answered yet.
"""

from typing import TypeAlias, TypeVar

from sekisho.domain.values import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unknown:
    """A person answered "unknown". `reason` is what they said about it, "" when nothing."""

    reason: str = ""


Answer: TypeAlias = T | Unknown | None


def is_known(answer: object) -> bool:
    """Return True when `answer` is a value, neither unknown nor unanswered."""
    return answer is not None and not isinstance(answer, Unknown)


def known(answer: Answer[T]) -> T | None:
    """Return the value of `answer`, or None when it is unknown or unanswered."""
    return None if isinstance(answer, Unknown) else answer


def to_plain(answer: object) -> object:
    """Return `answer` as a JSON value: `{"unknown": reason}` for an unknown, the value itself otherwise."""
    return {"unknown": answer.reason} if isinstance(answer, Unknown) else answer


def from_plain(plain: object) -> Answer[object]:
    """Return the answer that `to_plain` wrote."""
    if isinstance(plain, dict) and set(plain) == {"unknown"}:
        return Unknown(str(plain["unknown"]))
    return plain
