"""CRSS gives the published scores, and never a lower one for something worse."""

from dataclasses import fields, replace
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.judgement.crss import (
    AccessComplexity,
    AccessVector,
    Authentication,
    Effect,
    NotAVector,
    RiskLevel,
    Score,
    Vector,
    rounded,
)

PUBLISHED = [
    ("NLN/NCC", "9.997", "9.207", "9.43"),
    ("NLS/NCC", "7.952", "9.207", "8.47"),
    ("NMS/CCN", "6.832", "9.207", "7.95"),
    ("ALN/NCC", "6.458", "9.207", "7.77"),
    ("NLS/PCN", "7.952", "7.844", "7.51"),
]
"""The vectors that the paper prints."""
COMPUTED = [
    ("NLN/CCC", "9.997", "10.001", "9.995"),
    ("NLS/CCC", "7.952", "10.001", "9.03"),
    ("LLN/CCC", "3.949", "10.001", "7.15"),
    ("LLS/CCC", "3.141", "10.001", "6.77"),
    ("NLN/PPP", "9.997", "6.443", "7.48"),
    ("NMN/PPP", "8.589", "6.443", "6.82"),
    ("NLN/PNN", "9.997", "2.863", "4.96"),
    ("LHM/PNN", "1.244", "2.863", "0.84"),
    ("NLN/NNN", "9.997", "0", "0"),
]
"""Vectors computed from the formula by hand. 7.4847 for NLN/PPP, where one list of vectors rounds to 7.49."""
VECTORS = st.builds(
    Vector,
    st.sampled_from(AccessVector),
    st.sampled_from(AccessComplexity),
    st.sampled_from(Authentication),
    *[st.sampled_from(Effect)] * 3,
)


@pytest.mark.parametrize(("text", "ease", "effect", "risk"), PUBLISHED + COMPUTED)
def test_score_is_that_of_the_paper(text: str, ease: str, effect: str, risk: str) -> None:
    score = Vector.parse(text).score
    assert rounded(score.ease, "0.001") == Decimal(ease)
    assert rounded(score.effect, "0.001") == Decimal(effect)
    unit = "0.001" if len(risk) > 4 else "0.01"
    assert rounded(score.risk, unit) == Decimal(risk)


def test_score_is_exact_until_shown() -> None:
    # 20 x 1 x 0.71 x 0.704; 10.41 x (1 - 0.34^3)
    score = Vector.parse("NLN/CCC").score
    assert (score.ease, score.effect) == (Decimal("9.996800"), Decimal("10.41") * Decimal("0.960696"))
    assert score.risk == Decimal("9.995091206016")


@pytest.mark.parametrize(
    ("risk", "shown", "level"),
    [
        ("6.95", "7.0", RiskLevel.DANGER), ("6.949", "6.9", RiskLevel.WARNING), ("3.95", "4.0", RiskLevel.WARNING),
        ("3.949", "3.9", RiskLevel.CAUTION), ("0", "0.0", RiskLevel.CAUTION), ("9.9951", "10.0", RiskLevel.DANGER),
    ],
)  # fmt: skip
def test_level_is_decided_on_the_tenth(
    monkeypatch: pytest.MonkeyPatch, risk: str, shown: str, level: RiskLevel
) -> None:
    monkeypatch.setattr(Score, "risk", property(lambda score: Decimal(risk)))
    score = Score(Decimal(1), Decimal(1))
    assert (score.shown, score.level) == (Decimal(shown), level)


def test_level_of_neighbours_is_that_of_the_paper() -> None:
    assert Vector.parse("NMN/PPP").score.level is RiskLevel.WARNING  # 6.82
    assert Vector.parse("LLN/CCC").score.level is RiskLevel.DANGER  # 7.15


@given(VECTORS, st.data())
def test_score_never_falls_when_one_metric_gets_worse(vector: Vector, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([field.name for field in fields(vector)]))
    kinds = list(type(getattr(vector, name)))
    worse = data.draw(st.sampled_from(kinds[: kinds.index(getattr(vector, name)) + 1]))
    assert replace(vector, **{name: worse}).score.risk >= vector.score.risk


@given(VECTORS)
def test_vector_reads_back_what_it_writes(vector: Vector) -> None:
    assert Vector.parse(str(vector)) == vector


def test_every_vector_scores_between_nought_and_ten() -> None:
    letters = product("NAL", "LMH", "NSM", "CPN", "CPN", "CPN")
    scores = [Vector.parse(f"{a}{b}{c}/{d}{e}{f}").score for a, b, c, d, e, f in letters]
    assert len(scores) == 729
    assert all(Decimal(0) <= score.shown <= Decimal(10) for score in scores)


@pytest.mark.parametrize(
    "text", ["", "NLN", "NLN/CC", "NLNCCC", "XLN/CCC", "NLN/CCX", "nln/ccc", "NLN/CCC ", "NLN//CC"]
)
def test_vector_refuses_what_is_none(text: str) -> None:
    with pytest.raises(NotAVector) as refused:
        Vector.parse(text)
    assert refused.value.args == (text,)
