"""Nightly windows as stretches of time."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.diagnosis.consents import JAPAN
from sekisho.domain.diagnosis.nights import stretches

SATURDAY = datetime(2026, 11, 21, 12, 0, tzinfo=JAPAN)


def test_without_daily_hours_it_is_the_whole_time() -> None:
    assert stretches(SATURDAY, SATURDAY + timedelta(days=2), None, None) == ((SATURDAY, SATURDAY + timedelta(days=2)),)


def test_window_over_midnight_is_one_stretch_a_night_cut_by_beginning_and_end() -> None:
    begins = datetime(2026, 11, 21, 23, 0, tzinfo=JAPAN)
    ends = datetime(2026, 11, 23, 1, 30, tzinfo=JAPAN)
    found = stretches(begins, ends, time(22), time(5))
    assert found == (
        (begins, datetime(2026, 11, 22, 5, 0, tzinfo=JAPAN)),
        (datetime(2026, 11, 22, 22, 0, tzinfo=JAPAN), ends),
    )


def test_night_that_began_the_day_before_counts() -> None:
    begins = datetime(2026, 11, 21, 3, 0, tzinfo=JAPAN)
    found = stretches(begins, begins + timedelta(hours=6), time(22), time(5))
    assert found == ((begins, datetime(2026, 11, 21, 5, 0, tzinfo=JAPAN)),)


def test_hours_are_those_of_japan_whatever_the_zone_of_the_window() -> None:
    begins = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)  # 22:00 in Japan
    found = stretches(begins, begins + timedelta(hours=9), time(22), time(5))
    assert found == ((begins, begins + timedelta(hours=7)),)


def test_hours_that_never_come_leave_nothing() -> None:
    assert stretches(SATURDAY, SATURDAY + timedelta(hours=3), time(22), time(5)) == ()
    assert stretches(SATURDAY, SATURDAY, time(22), time(5)) == ()
    assert stretches(SATURDAY, SATURDAY - timedelta(days=1), time(22), time(5)) == ()


TIMES = st.times().map(lambda one: one.replace(second=0, microsecond=0))


@given(st.integers(0, 60 * 24 * 20), st.integers(1, 60 * 24 * 31), TIMES, TIMES)
def test_stretches_are_apart_in_order_and_hold_exactly_the_minutes_within_the_hours(
    offset: int, minutes: int, opens: time, closes: time
) -> None:
    begins = SATURDAY + timedelta(minutes=offset)
    ends = begins + timedelta(minutes=minutes)
    found = stretches(begins, ends, opens, closes)
    edges = [edge for stretch in found for edge in stretch]
    assert edges == sorted(edges)
    assert all(begins <= start < end <= ends for start, end in found)
    for share in (0.0, 0.13, 0.5, 0.77, 0.999):
        instant = (begins + timedelta(minutes=int(minutes * share))).astimezone(JAPAN)
        now = instant.time().replace(tzinfo=None)
        is_open = (opens <= now < closes) if opens < closes else (now >= opens or now < closes)
        assert any(start <= instant < end for start, end in found) == is_open
