"""The life of a finding: every move by everybody, what time does, and what runs do."""

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.diagnosis.comparison import Change
from sekisho.domain.diagnosis.findings import Severity
from sekisho.domain.diagnosis.statuses import (
    REFUSALS,
    TRANSITIONS,
    WHY_REOPENED,
    Actor,
    MoveRefused,
    Standing,
    Status,
    after_run,
    moved,
    moves,
    on_day,
)

AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
LATER = AT + timedelta(days=30)
FULL = {"reason": "理由", "evidence": "photo.png", "expires_on": date(2027, 3, 31)}


def move(standing: Standing, to: Status, actor: Actor, **more: object) -> Standing:
    return moved(standing, to, actor=actor, at=AT, today=TODAY, severity=Severity.SOON, **more)  # type: ignore[arg-type]


ALLOWED = {
    (Status.OPEN, Status.IN_WORK): "staff vendor secretariat",
    (Status.OPEN, Status.FIXED_TO_VERIFY): "staff vendor secretariat",
    (Status.IN_WORK, Status.FIXED_TO_VERIFY): "staff vendor secretariat",
    (Status.FIXED_TO_VERIFY, Status.IN_WORK): "staff vendor secretariat",
    (Status.IN_WORK, Status.OPEN): "staff vendor secretariat diagnostician",
    (Status.FIXED_TO_VERIFY, Status.OPEN): "staff vendor secretariat diagnostician",
    (Status.OPEN, Status.VERIFIED_FIXED): "diagnostician",
    (Status.IN_WORK, Status.VERIFIED_FIXED): "diagnostician",
    (Status.FIXED_TO_VERIFY, Status.VERIFIED_FIXED): "diagnostician",
    (Status.OPEN, Status.ACCEPTED): "staff",
    (Status.IN_WORK, Status.ACCEPTED): "staff",
    (Status.FIXED_TO_VERIFY, Status.ACCEPTED): "staff",
    (Status.OPEN, Status.FALSE_POSITIVE): "diagnostician",
    (Status.IN_WORK, Status.FALSE_POSITIVE): "diagnostician",
    (Status.FIXED_TO_VERIFY, Status.FALSE_POSITIVE): "diagnostician",
    (Status.ACCEPTED, Status.FALSE_POSITIVE): "diagnostician",
    (Status.ACCEPTED, Status.OPEN): "staff secretariat",
    (Status.FALSE_POSITIVE, Status.OPEN): "diagnostician",
    (Status.VERIFIED_FIXED, Status.OPEN): "diagnostician",
}
"""Written by hand beside the table that the code has."""


@pytest.mark.parametrize(("origin", "to", "actor"), list(product(Status, Status, Actor)))
def test_moved_allows_exactly_the_listed_moves(origin: Status, to: Status, actor: Actor) -> None:
    is_allowed = actor.value in ALLOWED.get((origin, to), "").split()
    if is_allowed:
        assert move(Standing(origin), to, actor, **FULL).status is to
        assert to in {one.to for one in moves(origin, actor)}
    else:
        with pytest.raises(MoveRefused):
            move(Standing(origin), to, actor, **FULL)
        assert to not in {one.to for one in moves(origin, actor)}


@pytest.mark.parametrize(
    ("to", "actor", "given_", "rule"),
    [
        (Status.ACCEPTED, Actor.STAFF, {"expires_on": date(2027, 1, 1)}, "no-reason"),
        (Status.ACCEPTED, Actor.STAFF, {"reason": "  ", "expires_on": date(2027, 1, 1)}, "no-reason"),
        (Status.ACCEPTED, Actor.STAFF, {"reason": "x"}, "no-expiry"),
        (Status.ACCEPTED, Actor.STAFF, {"reason": "x", "expires_on": TODAY}, "no-expiry"),
        (Status.ACCEPTED, Actor.STAFF, {"reason": "x", "expires_on": date(2029, 1, 1)}, "expiry-too-far"),
        (Status.FALSE_POSITIVE, Actor.DIAGNOSTICIAN, {"reason": "x"}, "no-evidence"),
        (Status.FALSE_POSITIVE, Actor.DIAGNOSTICIAN, {"evidence": "x"}, "no-reason"),
        (Status.FALSE_POSITIVE, Actor.STAFF, FULL, "not-yours"),
        (Status.VERIFIED_FIXED, Actor.VENDOR, FULL, "not-yours"),
        (Status.OPEN, Actor.STAFF, {}, "no-such-move"),
    ],
)
def test_moved_refuses_with_a_reason(to: Status, actor: Actor, given_: dict[str, object], rule: str) -> None:
    with pytest.raises(MoveRefused) as refused:
        move(Standing(), to, actor, **given_)
    assert refused.value.rule == rule
    assert refused.value.reason.ja


def test_an_acceptance_ends_on_its_day_and_not_before() -> None:
    accepted = move(Standing(), Status.ACCEPTED, Actor.STAFF, reason="更新は来月", expires_on=date(2026, 12, 31))
    assert on_day(accepted, date(2026, 12, 30), at=LATER) == accepted
    reopened = on_day(accepted, date(2026, 12, 31), at=LATER)
    assert (reopened.status, reopened.why_reopened, reopened.reopened) == (Status.OPEN, "expired", 1)


def test_a_false_positive_is_looked_at_again_after_a_year() -> None:
    put_away = move(Standing(), Status.FALSE_POSITIVE, Actor.DIAGNOSTICIAN, reason="別の機器", evidence="写真")
    assert put_away.expires_on is not None
    assert on_day(put_away, put_away.expires_on, at=LATER).status is Status.OPEN


def test_after_run_verifies_what_it_looked_at_and_leaves_what_it_did_not() -> None:
    claimed = move(Standing(), Status.FIXED_TO_VERIFY, Actor.VENDOR)
    assert after_run(claimed, Change.NOT_LOOKED_AT, Severity.SOON, started_at=LATER, at=LATER) is claimed
    verified = after_run(claimed, Change.FIXED, Severity.SOON, started_at=LATER, at=LATER)
    assert verified.status is Status.VERIFIED_FIXED


def test_after_run_reopens_a_claim_only_when_the_run_began_after_it() -> None:
    claimed = move(Standing(), Status.FIXED_TO_VERIFY, Actor.STAFF)
    before = after_run(claimed, Change.STILL_OPEN, Severity.SOON, started_at=AT - timedelta(hours=1), at=LATER)
    assert before is claimed
    after = after_run(claimed, Change.STILL_OPEN, Severity.SOON, started_at=LATER, at=LATER)
    assert (after.status, after.why_reopened, after.reopened) == (Status.OPEN, "seen-again", 1)


def test_after_run_reopens_what_was_verified_when_it_is_seen_again() -> None:
    verified = Standing(Status.VERIFIED_FIXED, AT, reopened=2)
    again = after_run(verified, Change.NEW, Severity.SOON, started_at=LATER, at=LATER)
    assert (again.status, again.reopened) == (Status.OPEN, 3)


def test_after_run_keeps_an_acceptance_until_it_becomes_graver() -> None:
    accepted = move(Standing(), Status.ACCEPTED, Actor.STAFF, reason="x", expires_on=date(2027, 1, 1))
    assert after_run(accepted, Change.STILL_OPEN, Severity.SOON, started_at=LATER, at=LATER) is accepted
    graver = after_run(accepted, Change.STILL_OPEN, Severity.URGENT, started_at=LATER, at=LATER)
    assert (graver.status, graver.why_reopened) == (Status.OPEN, "graver")


def test_every_word_and_reason_is_there_in_both_languages() -> None:
    assert all(one.word.ja and one.word.en for one in Status)
    assert len({one.shape for one in Status}) == len(Status)
    assert all(text.ja and text.en for text in (*REFUSALS.values(), *WHY_REOPENED.values()))
    assert {(origin, one.to) for one in TRANSITIONS for origin in one.origins} == set(ALLOWED)


@given(
    st.lists(st.tuples(st.sampled_from(Change), st.sampled_from(Severity), st.integers(0, 100)), max_size=12),
    st.sampled_from(Status),
)
def test_after_runs_nothing_is_put_away_that_nobody_looked_at(
    runs: list[tuple[Change, Severity, int]], status: Status
) -> None:
    """Only a run that looked closes, and whatever is seen after that is open again."""
    standing = Standing(status, AT)
    at = AT
    for change, severity, hours in runs:
        at = at + timedelta(hours=hours + 1)
        before, standing = standing, after_run(standing, change, severity, started_at=at, at=at)
        if standing.status is Status.VERIFIED_FIXED and before.status is not Status.VERIFIED_FIXED:
            assert change is Change.FIXED
        if change in {Change.NEW, Change.STILL_OPEN}:
            assert standing.status not in {Status.VERIFIED_FIXED, Status.FIXED_TO_VERIFY}
