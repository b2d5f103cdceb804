"""What may be scanned at one instant: every way in which a consent allows nothing, and what several allow together."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.diagnosis.consents import (
    JAPAN,
    REASONS,
    Consent,
    is_never_scanned,
    public_address,
    scope_at,
)

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=JAPAN)
TODAY = date(2026, 11, 21)
HOME = ip_address("203.0.113.2")
CONSENT = Consent(
    hospital="H001",
    line="CAF00001",
    address=HOME,
    starts_at=NOW - timedelta(hours=1),
    ends_at=NOW + timedelta(hours=7),
    protocols=frozenset({"tcp", "udp"}),
    packets_per_second=400,
    signed_by="青葉 花子",
)


def rules(*consents: Consent, at: datetime = NOW) -> list[str]:
    scope = scope_at(consents, at)
    assert bool(scope.permits) != bool(scope.refusals), "these cases allow everything or nothing"
    return [refusal.rule for refusal in scope.refusals]


def test_consent_in_force_permits_its_address_until_its_end() -> None:
    scope = scope_at([CONSENT], NOW)
    permit = scope.permit_for(HOME)
    assert permit is not None
    assert (permit.hospital, permit.lines, permit.packets_per_second) == ("H001", ("CAF00001",), 400)
    assert permit.ends_at == CONSENT.ends_at
    assert scope.permit_for(ip_address("203.0.113.3")) is None
    assert not scope.refusals


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"withdrawn_at": NOW}, "withdrawn"),
        ({"withdrawn_at": NOW + timedelta(days=1)}, "withdrawn"),
        ({"address": None}, "no-address"),
        ({"address": ip_address("10.0.0.1")}, "address-not-public"),
        ({"signed_by": ""}, "not-signed"),
        ({"signed_by": " \u3000"}, "not-signed"),
        ({"protocols": frozenset()}, "no-protocol"),
        ({"protocols": frozenset({"tcp", "icmp"})}, "no-protocol"),
        ({"packets_per_second": 0}, "rate"),
        ({"packets_per_second": -400}, "rate"),
        ({"packets_per_second": 1001}, "rate"),
        ({"starts_at": NOW + timedelta(hours=8)}, "window-backwards"),
        ({"starts_at": CONSENT.ends_at}, "window-backwards"),
        ({"ends_at": NOW + timedelta(days=40)}, "window-too-long"),
        ({"is_dynamic": True}, "not-confirmed-today"),
        ({"is_dynamic": True, "confirmed_on": TODAY - timedelta(days=1)}, "not-confirmed-today"),
        ({"is_dynamic": True, "confirmed_on": TODAY + timedelta(days=1)}, "not-confirmed-today"),
        ({"starts_at": NOW + timedelta(seconds=1)}, "not-yet"),
        ({"ends_at": NOW}, "over"),
    ],
)
def test_consent_allows_nothing_when(change: dict[str, object], rule: str) -> None:
    assert rules(replace(CONSENT, **change)) == [rule]


def test_every_reason_is_said_in_both_languages() -> None:
    for reason in REASONS.values():
        assert reason.ja.endswith("。")
        assert reason.en.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        *("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.1.1", "172.31.255.255", "192.168.0.1"),
        *("192.0.0.8", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fec0::1", "fc00::1"),
        *("ff02::1", "100::1", "64:ff9b::a00:1", "::ffff:10.0.0.1", "::10.0.0.1", "2002:a00:1::1"),
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)
def test_nobody_can_consent_to(text: str) -> None:
    assert is_never_scanned(ip_address(text))
    assert rules(replace(CONSENT, address=ip_address(text))) == ["address-not-public"]


@pytest.mark.parametrize(
    "text", ["203.0.113.2", "198.51.100.7", "192.0.2.1", "198.18.0.1", "8.8.8.8", "2001:db8::1", "2400::1"]
)
def test_public_and_documentation_addresses_can_be_consented_to(text: str) -> None:
    assert not is_never_scanned(ip_address(text))


@pytest.mark.parametrize("text", ["203.0.113.0/24", "203.0.113.2-9", "vpn.example.jp", "203.0.113.2:443", "", "1.2.3"])
def test_public_address_is_one_address(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        public_address(text)


def test_window_end_is_exclusive_and_start_inclusive() -> None:
    assert scope_at([CONSENT], CONSENT.starts_at).permits
    assert scope_at([CONSENT], CONSENT.ends_at - timedelta(microseconds=1)).permits
    assert rules(CONSENT, at=CONSENT.ends_at) == ["over"]


def test_window_is_an_instant_whatever_zone_writes_it() -> None:
    in_utc = replace(CONSENT, starts_at=CONSENT.starts_at.astimezone(UTC), ends_at=CONSENT.ends_at.astimezone(UTC))
    assert scope_at([in_utc], NOW.astimezone(UTC)).permits == scope_at([CONSENT], NOW).permits


def test_dynamic_address_holds_until_midnight_in_japan() -> None:
    consent = replace(CONSENT, is_dynamic=True, confirmed_on=TODAY, ends_at=NOW + timedelta(days=2))
    permit = scope_at([consent], NOW).permit_for(HOME)
    assert permit is not None
    midnight = datetime(2026, 11, 22, tzinfo=JAPAN)
    assert permit.ends_at == midnight
    assert rules(consent, at=midnight) == ["not-confirmed-today"]


def test_confirmation_day_is_a_day_of_japan_for_a_scanner_that_stands_in_utc() -> None:
    evening_before_in_utc = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)  # 05:00 on the 21st in Japan
    consent = replace(
        CONSENT, is_dynamic=True, confirmed_on=TODAY, starts_at=evening_before_in_utc - timedelta(hours=1)
    )
    assert scope_at([consent], evening_before_in_utc).permits


def test_overlapping_consents_allow_what_both_allow() -> None:
    other = replace(
        CONSENT, line="CAF00002", packets_per_second=100, protocols=frozenset({"tcp"}), default_accounts=True
    )
    permit = scope_at([CONSENT, other], NOW).permit_for(HOME)
    assert permit is not None
    assert (permit.packets_per_second, permit.protocols) == (100, frozenset({"tcp"}))
    assert permit.lines == ("CAF00001", "CAF00002")
    assert not permit.default_accounts


def test_overlapping_consents_without_a_common_protocol_allow_nothing() -> None:
    tcp, udp = (replace(CONSENT, protocols=frozenset({one})) for one in ("tcp", "udp"))
    assert rules(tcp, udp) == ["no-protocol", "no-protocol"]


def test_two_hospitals_with_one_address_are_both_refused() -> None:
    assert rules(CONSENT, replace(CONSENT, hospital="H002")) == ["two-hospitals", "two-hospitals"]


def test_another_hospitals_consent_that_is_over_takes_nothing_away() -> None:
    old = replace(CONSENT, hospital="H002", starts_at=NOW - timedelta(days=3), ends_at=NOW - timedelta(days=2))
    scope = scope_at([CONSENT, old], NOW)
    assert scope.permit_for(HOME) is not None
    assert [refusal.rule for refusal in scope.refusals] == ["over"]


def test_withdrawal_beside_a_standing_consent_for_the_same_time_stops_both() -> None:
    withdrawn = replace(CONSENT, line="CAF00002", withdrawn_at=NOW - timedelta(minutes=1))
    assert sorted(rules(CONSENT, withdrawn)) == ["withdrawn", "withdrawn-elsewhere"]


def test_new_consent_after_an_old_withdrawn_window_holds() -> None:
    last_year = timedelta(days=365)
    old = replace(
        CONSENT, starts_at=NOW - last_year, ends_at=NOW - last_year + timedelta(hours=8), withdrawn_at=NOW - last_year
    )
    assert scope_at([CONSENT, old], NOW).permit_for(HOME) is not None


def test_permit_ends_where_the_next_consent_of_its_address_begins() -> None:
    slower = replace(CONSENT, starts_at=NOW + timedelta(minutes=5), packets_per_second=50)
    permit = scope_at([CONSENT, slower], NOW).permit_for(HOME)
    assert permit is not None
    assert permit.ends_at == slower.starts_at
    later = scope_at([CONSENT, slower], slower.starts_at).permit_for(HOME)
    assert later is not None
    assert later.packets_per_second == 50


addresses = st.sampled_from([ip_address(text) for text in ("203.0.113.2", "203.0.113.3", "10.0.0.1", "2001:db8::1")])
instants = st.integers(-5, 5).map(lambda hours: NOW + timedelta(hours=hours))
consents = st.builds(
    Consent,
    hospital=st.sampled_from(["H001", "H002"]),
    line=st.sampled_from(["1", "2"]),
    address=st.none() | addresses,
    starts_at=instants,
    ends_at=instants,
    protocols=st.frozensets(st.sampled_from(["tcp", "udp"])),
    packets_per_second=st.sampled_from([0, 10, 400, 1000, 5000]),
    is_dynamic=st.booleans(),
    confirmed_on=st.none() | st.just(TODAY),
    signed_by=st.sampled_from(["", "青葉 花子"]),
    withdrawn_at=st.none() | instants,
)


@given(st.lists(consents, max_size=6), instants)
def test_scope_never_allows_more_than_every_consent_in_force(given_consents: list[Consent], now: datetime) -> None:
    scope = scope_at(given_consents, now)
    for permit in scope.permits:
        in_force = [
            one
            for one in given_consents
            if one.address == permit.address and one.withdrawn_at is None and one.starts_at <= now < one.ends_at
        ]
        mine = [one for one in in_force if one.signed_by and one.line in permit.lines]
        assert mine
        assert permit.protocols
        assert permit.packets_per_second <= max(one.packets_per_second for one in mine)
        assert now < permit.ends_at <= max(one.ends_at for one in mine)
        assert not is_never_scanned(permit.address)
    assert len({permit.address for permit in scope.permits}) == len(scope.permits)


@given(st.lists(consents, max_size=5), consents, instants)
def test_one_more_consent_never_widens_what_is_permitted_already(
    given_consents: list[Consent], more: Consent, now: datetime
) -> None:
    before, after = scope_at(given_consents, now), scope_at([*given_consents, more], now)
    for permit in before.permits:
        again = after.permit_for(permit.address)
        if again is not None:
            assert again.protocols <= permit.protocols
            assert again.packets_per_second <= permit.packets_per_second
            assert again.ends_at <= permit.ends_at


def test_line_that_changed_since_the_consent_is_refused() -> None:
    changed = replace(CONSENT, line_changed=True)
    assert [one.rule for one in scope_at([changed], NOW).refusals] == ["line-changed"]
    assert scope_at([changed], NOW).permits == ()
