"""When scanning goes on by itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_address

from sekisho.domain.diagnosis.consents import JAPAN, Consent, Permit
from sekisho.domain.diagnosis.openings import next_opening

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=JAPAN)
TONIGHT = NOW.replace(hour=22)
HOUR = timedelta(hours=1)
CONSENT = Consent(
    hospital="H001",
    line="CAF00001",
    address=ip_address("203.0.113.10"),
    starts_at=TONIGHT,
    ends_at=TONIGHT + 7 * HOUR,
    protocols=frozenset({"tcp"}),
    packets_per_second=300,
    signed_by="有栖 あや",
)
EVERYTHING: Callable[[Permit | Consent], bool] = lambda _one: True  # noqa: E731


def test_next_night_is_the_opening() -> None:
    tomorrow = replace(CONSENT, starts_at=TONIGHT + 24 * HOUR, ends_at=TONIGHT + 31 * HOUR)
    assert next_opening([tomorrow, CONSENT], NOW, wanted=EVERYTHING) == TONIGHT
    assert next_opening([tomorrow, CONSENT], TONIGHT, wanted=EVERYTHING) == TONIGHT + 24 * HOUR


def test_nothing_opens_for_what_is_withdrawn_unsigned_changed_or_not_wanted() -> None:
    for given in ({"withdrawn_at": NOW}, {"signed_by": ""}, {"line_changed": True}, {"packets_per_second": 100_000}):
        assert next_opening([replace(CONSENT, **given)], NOW, wanted=EVERYTHING) is None
    assert next_opening([CONSENT], NOW, wanted=lambda one: False) is None
    assert next_opening([], NOW, wanted=EVERYTHING) is None


def test_claim_of_another_hospital_closes_what_would_open() -> None:
    claim = replace(CONSENT, hospital="H002", starts_at=TONIGHT - HOUR)
    assert next_opening([CONSENT, claim], TONIGHT - 2 * HOUR, wanted=lambda one: one.hospital == "H001") is None


def test_dynamic_line_opens_though_its_address_is_only_known_on_the_day() -> None:
    dynamic = replace(CONSENT, is_dynamic=True, address=None)
    assert next_opening([dynamic], NOW, wanted=EVERYTHING) == TONIGHT
    yesterday = replace(CONSENT, is_dynamic=True, confirmed_on=(NOW - timedelta(days=1)).date())
    assert next_opening([yesterday], NOW, wanted=EVERYTHING) == TONIGHT
    assert next_opening([replace(dynamic, withdrawn_at=NOW)], NOW, wanted=EVERYTHING) is None
