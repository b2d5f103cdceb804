"""Grants: what may stand in one, how it is written, how fast it lets send."""

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_address
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.diagnosis.consents import MAX_RATE, MIN_RATE, Permit
from sekisho.domain.diagnosis.grants import (
    CLOCK_TOLERANCE,
    LONGEST_LIFE,
    MOST_ADDRESSES,
    REFUSALS,
    Grant,
    Granted,
    GrantRefused,
    asked_rate,
    bucket,
    check_grant,
    connect_rate,
    grants_for,
    masscan_rate,
    read_grant,
    write_grant,
)

NOW = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)
ADDRESS, OTHER = ip_address("203.0.113.10"), ip_address("2001:db8::10")
BOTH = frozenset({"tcp", "udp"})


def granted(address: object = ADDRESS, **changes: object) -> Granted:
    return replace(Granted(address, BOTH, 400, NOW + timedelta(hours=6)), **changes)  # type: ignore[arg-type]


def grant(*addresses: Granted, **changes: object) -> Grant:
    made = Grant("g1", "gate-1", "aoba", addresses or (granted(),), NOW, NOW + LONGEST_LIFE)
    return replace(made, **changes)  # type: ignore[arg-type]


def rule_of(one: Grant, *, now: datetime = NOW, gate: str = "gate-1") -> str | None:
    try:
        check_grant(one, gate=gate, now=now)
    except GrantRefused as refused:
        return refused.rule
    return None


def permit(address: str, hospital: str = "aoba", **changes: object) -> Permit:
    made = Permit(hospital, ("1",), ip_address(address), BOTH, 400, NOW + timedelta(hours=6))
    return replace(made, **changes)  # type: ignore[arg-type]


def numbers() -> object:
    return map(str, count()).__next__


def test_a_sound_grant_is_believed_until_it_expires_and_not_a_moment_longer() -> None:
    last = LONGEST_LIFE - timedelta(microseconds=1)
    assert rule_of(grant()) is None
    assert rule_of(grant(), now=NOW + last) is None
    assert rule_of(grant(), now=NOW + LONGEST_LIFE) == "expired"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"gate": "gate-2"}, "another-gate"),
        ({"expires_at": NOW + LONGEST_LIFE + timedelta(microseconds=1)}, "life"),
        ({"expires_at": NOW}, "life"),
        ({"expires_at": NOW - timedelta(days=1)}, "life"),
        ({"issued_at": NOW + CLOCK_TOLERANCE + timedelta(seconds=1), "expires_at": NOW + timedelta(60)}, "life"),
        ({"issued_at": NOW + timedelta(hours=1), "expires_at": NOW + timedelta(hours=1, seconds=60)}, "not-yet"),
        ({"addresses": ()}, "no-address"),
        ({"addresses": (granted(), granted(packets_per_second=100))}, "twice"),
        ({"addresses": (granted(protocols=frozenset()),)}, "protocol"),
        ({"addresses": (granted(protocols=frozenset({"tcp", "icmp"})),)}, "protocol"),
        ({"addresses": (granted(packets_per_second=MIN_RATE - 1),)}, "rate"),
        ({"addresses": (granted(packets_per_second=MAX_RATE + 1),)}, "rate"),
        (
            {"addresses": tuple(granted(ip_address(f"2001:db8::{at:x}")) for at in range(MOST_ADDRESSES + 1))},
            "too-many",
        ),
    ],
)
def test_each_rule_refuses_what_breaks_it(changes: dict[str, object], rule: str) -> None:
    assert rule_of(grant(**changes)) == rule


@pytest.mark.parametrize(
    "address",
    [
        *("10.1.2.3", "172.31.0.1", "192.168.0.1", "127.0.0.1", "169.254.64.2", "100.64.0.1", "224.0.0.1", "0.0.0.0"),
        *("255.255.255.255", "::1", "fe80::1", "fe80::1%eth0", "ff02::1", "fd5e:a15c:9d2b::2", "::ffff:203.0.113.10"),
        *("::ffff:192.168.0.1", "2002:c0a8:1::1", "64:ff9b::a00:1", "2001:db8::10%1"),
    ],
)
def test_an_address_that_nobody_can_consent_to_is_refused_here_too(address: str) -> None:
    assert rule_of(grant(granted(), granted(ip_address(address)))) == "never-scanned"


def test_a_clock_a_little_behind_the_issuers_is_no_reason_to_refuse() -> None:
    assert rule_of(grant(), now=NOW - CLOCK_TOLERANCE) is None
    assert rule_of(grant(), now=NOW - CLOCK_TOLERANCE - timedelta(microseconds=1)) == "not-yet"


def test_an_address_closes_with_its_own_window_when_that_ends_first() -> None:
    soon = granted(ends_at=NOW + timedelta(seconds=20))
    assert grant(soon).end_of(soon) == NOW + timedelta(seconds=20)
    assert grant().end_of(granted()) == NOW + LONGEST_LIFE


def test_a_grant_is_renewed_early_enough_for_two_more_tries() -> None:
    assert not grant().is_due(NOW + timedelta(seconds=59))
    assert grant().is_due(NOW + timedelta(seconds=60))


def test_grants_are_made_for_one_hospital_each() -> None:
    made = grants_for(
        [permit("203.0.113.1"), permit("198.51.100.7", "midori"), permit("2001:db8::1")],
        gate="gate-1",
        now=NOW,
        new_id=numbers(),  # type: ignore[arg-type]
    )
    assert [(one.hospital, [str(each.address) for each in one.addresses]) for one in made] == [
        ("aoba", ["203.0.113.1", "2001:db8::1"]),
        ("midori", ["198.51.100.7"]),
    ]
    assert len({one.id for one in made}) == 2
    assert all(rule_of(one) is None for one in made)


def test_a_permit_that_is_over_makes_no_grant() -> None:
    over = permit("203.0.113.1", ends_at=NOW)
    assert grants_for([over], gate="gate-1", now=NOW, new_id=numbers()) == ()  # type: ignore[arg-type]


def test_many_addresses_make_several_grants_and_none_is_lost() -> None:
    permits = [permit(f"198.51.100.{at}") for at in range(256)] + [permit(f"203.0.113.{at}") for at in range(44)]
    made = grants_for(permits, gate="gate-1", now=NOW, new_id=numbers())  # type: ignore[arg-type]
    assert [len(one.addresses) for one in made] == [256, 44]
    assert {each.address for one in made for each in one.addresses} == {one.address for one in permits}


# ---- written form ----

ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
INSTANTS = st.datetimes(
    min_value=datetime(2000, 1, 1),
    max_value=datetime(2100, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))]),
)
GRANTS = st.builds(
    Grant,
    id=st.text(),
    gate=st.text(),
    hospital=st.text(),
    addresses=st.lists(
        st.builds(Granted, ADDRESSES, st.frozensets(st.sampled_from(["tcp", "udp"])), st.integers(), INSTANTS),
        max_size=4,
    ).map(tuple),
    issued_at=INSTANTS,
    expires_at=INSTANTS,
)


@given(GRANTS)
def test_what_is_written_is_read_back(one: Grant) -> None:
    try:
        raw = write_grant(one)
    except UnicodeEncodeError:  # half a character: no such name gets into a grant
        return
    assert read_grant(raw) == one


@given(at=st.integers(0, 10_000), to=st.integers(0, 255))
def test_a_changed_byte_is_never_the_same_grant(at: int, to: int) -> None:
    raw = bytearray(write_grant(grant()))
    at %= len(raw)
    if raw[at] == to:
        return
    raw[at] = to
    with contextlib.suppress(GrantRefused):
        assert read_grant(bytes(raw)) != grant()


def document(**changes: object) -> dict[str, object]:
    made: dict[str, object] = json.loads(write_grant(grant()))
    return made | changes


def one_address(**changes: object) -> dict[str, object]:
    made: dict[str, object] = json.loads(write_grant(grant()))["addresses"][0]
    return document(addresses=[made | changes])


@pytest.mark.parametrize(
    "made",
    [
        one_address(address="203.0.113.0/24"),
        one_address(address="203.0.113.10-20"),
        one_address(address="router.example.jp"),
        one_address(address="203.0.113.10 198.51.100.1"),
        one_address(address=" 203.0.113.10"),
        one_address(address="203.0.113.010"),
        one_address(address="2001:DB8::10"),
        one_address(address="2001:db8:0::10"),
        one_address(address=3405803786),
        one_address(packets_per_second=400.0),
        one_address(packets_per_second=True),
        one_address(packets_per_second="400"),
        one_address(protocols="tcp"),
        one_address(protocols=["udp", "tcp"]),
        one_address(protocols=["tcp", "tcp"]),
        one_address(ends_at="2026-11-22T04:00:00"),
        one_address(extra=1),
        document(addresses={"address": "203.0.113.10"}),
        document(expires_at="2026-11-22T07:03:00+09:00"),
        document(expires_at="2026-11-21"),
        document(issued_at=1_732_000_000),
        document(format="sekisho-grant/2"),
        document(more=1),
        document(id=None),
        [],
        "grant",
        None,
    ],
)
def test_what_is_not_exactly_a_grant_is_unreadable(made: object) -> None:
    with pytest.raises(GrantRefused) as refused:
        read_grant(json.dumps(made, sort_keys=True, separators=(",", ":")).encode())
    assert refused.value.rule == "unreadable"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe",
        write_grant(grant()) + b" ",
        write_grant(grant()).replace(b'"id":"g1"', b'"id":"g1","id":"g1"'),
        b"[" * 100_000,
        b'{"a":' + b"9" * 5000 + b"}",
    ],
)
def test_bytes_that_are_no_grant_are_unreadable(raw: bytes) -> None:
    with pytest.raises(GrantRefused, match="unreadable"):
        read_grant(raw)


# ---- rates ----

RATES = st.integers(MIN_RATE, MAX_RATE)


@given(RATES)
def test_a_second_never_takes_more_than_is_consented(consented: int) -> None:
    limit = bucket(consented)
    assert limit.rate >= 1
    assert limit.burst >= 2
    assert limit.rate + limit.burst <= consented


@given(RATES)
def test_what_is_asked_of_a_scanner_fits_into_the_bucket(consented: int) -> None:
    limit = bucket(consented)
    assert 1 <= asked_rate(consented) <= limit.rate
    assert 1 <= masscan_rate(consented) <= limit.rate or consented < 25
    assert masscan_rate(consented) * 0.11 <= limit.burst
    assert 1 <= connect_rate(consented) <= consented / 2


@given(st.integers(50, MAX_RATE))
def test_nmap_is_asked_for_nearly_all_that_is_consented(consented: int) -> None:
    assert asked_rate(consented) >= 0.92 * consented - 1
    if consented >= 200:
        assert asked_rate(consented) >= 0.92 * consented


@given(RATES, st.lists(st.floats(0, 0.3), min_size=1, max_size=400))
def test_no_way_of_sending_gets_more_through_a_bucket_in_a_second(consented: int, pauses: list[float]) -> None:
    limit = bucket(consented)
    now, tokens, passed = 0.0, float(limit.burst), []
    for pause in pauses * 5:
        now, tokens = now + pause / 50, min(limit.burst, tokens + pause / 50 * limit.rate)
        while tokens >= 1:
            tokens -= 1
            passed.append(now)
    assert all(sum(1 for at in passed if start <= at < start + 1) <= consented for start in passed[:50])


def test_every_reason_speaks_both_languages() -> None:
    assert all(text.ja.endswith("。") and text.en.endswith(".") for text in REFUSALS.values())
