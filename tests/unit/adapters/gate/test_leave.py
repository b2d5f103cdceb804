"""What grants come to in one gate: the order of grants, revocations, rates and clocks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.adapters.gate.leave import LARGEST_GRANT, SILENCE, Leave, NeverBack
from sekisho.adapters.signing import SigningKey
from sekisho.domain.diagnosis.grants import LONGEST_LIFE, PURPOSE, Grant, Granted, GrantRefused, write_grant

NOW = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)
KEY = SigningKey.new()
ADDRESS = ip_address("203.0.113.10")
NUMBERS = map(str, count())


def second(number: float) -> datetime:
    return NOW + timedelta(seconds=number)


def granted(address: str = "203.0.113.10", **changes: object) -> Granted:
    made = Granted(ip_address(address), frozenset({"tcp"}), 400, second(6 * 3600))
    return replace(made, **changes)  # type: ignore[arg-type]


def grant(*addresses: Granted, at: float = 0, **changes: object) -> Grant:
    issued = second(at)
    made = Grant(next(NUMBERS), "gate-1", "aoba", addresses or (granted(),), issued, issued + LONGEST_LIFE)
    return replace(made, **changes)  # type: ignore[arg-type]


def signed(one: Grant, key: SigningKey = KEY) -> bytes:
    return key.sign(write_grant(one), PURPOSE)


class AtTheGate:
    """A `Leave` as the keeper uses it."""

    def __init__(self) -> None:
        self.leave = Leave(KEY.verify_key, "gate-1")

    def admit(self, one: Grant, at: float) -> str:
        """Return "open", "wait" or the rule that refuses."""
        try:
            read = self.leave.read(signed(one), second(at))
        except GrantRefused as refused:
            return refused.rule
        self.leave.prepare(read, second(at))
        if self.leave.quiet_for(read, second(at)) > 0:
            return "wait"
        self.leave.opened(read, second(at))
        return "open"

    def until(self) -> datetime | None:
        return self.leave.standing[ADDRESS].until


@pytest.fixture
def gate() -> AtTheGate:
    """Return a gate where ADDRESS was opened at second 1 by a grant of second 0."""
    made = AtTheGate()
    assert made.admit(grant(), 0) == "wait"
    assert made.admit(grant(), 1) == "open"
    return made


def test_an_address_is_silent_for_a_second_before_it_is_first_opened() -> None:
    made, first = AtTheGate(), grant()
    assert made.admit(first, 0) == "wait"
    assert made.admit(first, SILENCE.total_seconds() - 0.001) == "wait"
    assert made.until() is None
    assert made.admit(first, SILENCE.total_seconds()) == "open"
    assert made.until() == NOW + LONGEST_LIFE


def test_what_is_open_is_kept_open_without_a_pause(gate: AtTheGate) -> None:
    assert gate.admit(grant(at=60), 60) == "open"
    assert gate.until() == second(60) + LONGEST_LIFE


def test_an_address_closes_when_its_time_is_over_and_opens_again_with_a_new_grant(gate: AtTheGate) -> None:
    assert gate.leave.over(second(179.9)) == []
    assert gate.leave.over(second(180)) == [ADDRESS]
    assert gate.until() is None
    assert gate.leave.over(second(181)) == []
    assert gate.admit(grant(at=200), 200) == "open"


def test_a_window_ends_before_the_grant_does() -> None:
    made, soon = AtTheGate(), grant(granted(ends_at=second(30)))
    assert made.admit(soon, 0) == "wait"
    assert made.admit(soon, 10) == "open"
    assert made.until() == second(30)
    assert made.leave.over(second(30)) == [ADDRESS]
    assert made.admit(soon, 30) == "expired"


def test_the_kernel_is_told_less_than_is_left() -> None:
    leave, one = Leave(KEY.verify_key, "gate-1"), grant()
    leave.prepare(one, NOW)
    assert leave.opened(one, second(1)) == [(ADDRESS, 178_900)]
    assert leave.opened(one, second(1), timedelta(seconds=2)) == [(ADDRESS, 177_000)]
    assert leave.opened(one, second(179.99)) == [(ADDRESS, 1)]


def test_a_strangers_signature_opens_nothing(gate: AtTheGate) -> None:
    with pytest.raises(GrantRefused, match="unsigned"):
        gate.leave.read(signed(grant(), SigningKey.new()), second(1))


def test_a_signature_for_something_else_opens_nothing(gate: AtTheGate) -> None:
    with pytest.raises(GrantRefused, match="unsigned"):
        gate.leave.read(KEY.sign(write_grant(grant()), "sekisho-feeds"), second(1))


def test_megabytes_are_not_even_looked_at(gate: AtTheGate) -> None:
    with pytest.raises(GrantRefused, match="unreadable"):
        gate.leave.read(KEY.sign(b" " * LARGEST_GRANT, PURPOSE), second(1))


def test_a_grant_of_before_the_revocation_opens_nothing_whoever_holds_it(gate: AtTheGate) -> None:
    used, kept = grant(at=10), grant(at=19.9)
    assert gate.admit(used, 10) == "open"
    assert gate.leave.revoke(ADDRESS, second(20))
    assert gate.until() is None
    assert gate.admit(used, 21) == "revoked"
    assert gate.admit(kept, 21) == "revoked"
    assert gate.admit(grant(at=22), 22) == "open"


def test_a_used_grant_from_a_clock_ahead_is_void_after_the_revocation_too(gate: AtTheGate) -> None:
    ahead = grant(at=13)
    assert gate.admit(ahead, 10) == "open"
    assert gate.leave.revoke(ADDRESS, second(11))
    assert gate.admit(ahead, 12) == "revoked"
    assert gate.admit(ahead, 14) == "revoked"


def test_revoking_what_was_never_open_is_nothing(gate: AtTheGate) -> None:
    assert not gate.leave.revoke(ip_address("198.51.100.1"), second(1))


def test_an_older_grant_does_not_undo_a_newer_one(gate: AtTheGate) -> None:
    older, newer = grant(granted(packets_per_second=1000), at=5), grant(granted(packets_per_second=400), at=6)
    assert gate.admit(newer, 7) == "open"
    assert gate.admit(older, 8) == "superseded"
    assert gate.leave.standing[ADDRESS].granted.packets_per_second == 400


def test_a_changed_rate_means_a_second_of_silence(gate: AtTheGate) -> None:
    slower = grant(granted(packets_per_second=100), at=10)
    assert gate.admit(slower, 10) == "wait"
    assert gate.until() is None
    assert gate.leave.standing[ADDRESS].closed_by == "changing"
    assert gate.admit(slower, 11) == "open"


def test_another_hospital_never_gets_the_address_in_this_run(gate: AtTheGate) -> None:
    assert gate.admit(grant(at=2, hospital="midori"), 2) == "another-hospital"
    assert gate.leave.revoke(ADDRESS, second(3))
    assert gate.admit(grant(at=4, hospital="midori"), 4) == "another-hospital"


def test_a_grant_with_one_bad_address_opens_none(gate: AtTheGate) -> None:
    both = grant(granted("198.51.100.1"), granted("192.168.1.1"), at=2)
    assert gate.admit(both, 2) == "never-scanned"
    assert set(gate.leave.standing) == {ADDRESS}


def test_a_grant_for_another_gate_is_no_use_here(gate: AtTheGate) -> None:
    assert gate.admit(grant(at=2, gate="gate-2"), 2) == "another-gate"


# ---- clocks ----


def test_a_clock_set_back_lengthens_nothing() -> None:
    clock = NeverBack(NOW, 1000.0)
    assert clock.now(second(10), 1010.0) == second(10)
    assert clock.now(second(-3600), 1020.0) == second(20)
    assert clock.now(second(-3500), 1120.0) == second(120)


def test_a_clock_set_forward_ends_windows_and_stays_there_when_set_back_again() -> None:
    clock = NeverBack(NOW, 1000.0)
    assert clock.now(second(7200), 1001.0) == second(7200)
    assert clock.now(second(2), 1002.0) == second(7201)


@given(st.lists(st.tuples(st.integers(-10_000, 10_000), st.floats(0, 100)), min_size=1))
def test_time_never_goes_back_and_never_passes_more_slowly_than_it_does(steps: list[tuple[int, float]]) -> None:
    clock, elapsed, before = NeverBack(NOW, 0.0), 0.0, NOW
    for jump, passed in steps:
        elapsed += passed
        told = clock.now(second(jump), elapsed)
        assert told >= before + timedelta(seconds=passed) - timedelta(microseconds=1)
        assert told >= second(jump)
        before = told
