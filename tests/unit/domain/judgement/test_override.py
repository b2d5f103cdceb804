"""A person's level beside the computed one."""

from datetime import UTC, datetime

import pytest

from sekisho.domain.judgement.override import JudgedLevel, LevelOverride, OverrideRefused
from tests.unit.domain.judgement.hospitals import FLAT, GOOD, judged

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)


def test_judged_level_takes_the_override_and_keeps_the_verdict() -> None:
    verdict = judged(GOOD | FLAT)
    judged_level = JudgedLevel(verdict, LevelOverride(1, "UTM の故障中", "山田 花子", AT))
    assert judged_level.effective_level == 1
    assert judged_level.verdict.level == 2


def test_judged_level_without_override_is_the_computed_one() -> None:
    assert JudgedLevel(judged(GOOD)).effective_level == 3


@pytest.mark.parametrize(
    ("level", "reason", "by", "at"),
    [
        (0, "理由", "名前", AT),
        (4, "理由", "名前", AT),
        (True, "理由", "名前", AT),
        (2, " \u3000", "名前", AT),
        (2, "理由", "", AT),
        (2, "理由", "名前", AT.replace(tzinfo=None)),
    ],
)
def test_level_override_refuses_what_nobody_could_follow_later(level: int, reason: str, by: str, at: datetime) -> None:
    with pytest.raises(OverrideRefused) as refused:
        LevelOverride(level, reason, by, at)
    assert refused.value.message.ja.endswith("。")
