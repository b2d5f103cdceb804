"""A person's level in place of the computed one. The verdict stays; the override stands beside it with reason and name."""

from dataclasses import dataclass
from datetime import datetime

from sekisho.domain.judgement.level import LevelVerdict
from sekisho.domain.text import Text

LEVELS = (1, 2, 3)


class OverrideRefused(ValueError):
    """The override cannot stand as it is. `message` tells the user what to add."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message


@dataclass(frozen=True, slots=True)
class LevelOverride:
    """`by` judged level `level` at `at` (aware), for `reason`.

    Raises:
        OverrideRefused: no such level, no reason, no name, or a time without its zone.
    """

    level: int
    reason: str
    by: str
    at: datetime

    def __post_init__(self) -> None:
        for is_missing, message in (
            (isinstance(self.level, bool) or self.level not in LEVELS, _NO_SUCH_LEVEL),
            (not self.reason.strip(), _NO_REASON),
            (not self.by.strip(), _NO_NAME),
            (self.at.tzinfo is None, _NO_ZONE),
        ):
            if is_missing:
                raise OverrideRefused(message)


@dataclass(frozen=True, slots=True)
class JudgedLevel:
    """The computed verdict and what a person made of it."""

    verdict: LevelVerdict
    override: LevelOverride | None = None

    @property
    def effective_level(self) -> int:
        """Return the level that holds: the person's when there is one, else the computed one."""
        return self.override.level if self.override else self.verdict.level


_NO_SUCH_LEVEL = Text("レベルは1、2、3のどれかを選んでください。", "Choose level 1, 2 or 3.")
_NO_REASON = Text(
    "レベルを変える理由を書いてください。計算した結果と理由は、両方とも報告書に残ります。",
    "Write why the level is changed. The computed result and the reason both stay in the report.",
)
_NO_NAME = Text("レベルを変えた人の名前を書いてください。", "Write the name of the person who changes the level.")
_NO_ZONE = Text(
    "時刻に時差（+09:00 など）を付けてください。", "Give the time with its offset from UTC, for instance +09:00."
)
