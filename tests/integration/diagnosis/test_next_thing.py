"""What the diagnosis asks of the hospital on its start page: a consent, a signature, today's address; else nothing."""

import pytest
from django.utils import timezone

from sekisho.apps.diagnosis import confirmations
from sekisho.apps.diagnosis.pages import waiting_for_hospital
from sekisho.apps.portal.next_things import way_of
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast
from tests.factories.diagnosis import make_line, prepared, signed

pytestmark = pytest.mark.django_db


def asked(cast: Cast) -> str | None:
    with hospital_scope(cast.hospital):
        thing = waiting_for_hospital(cast.hospital, timezone.now())
    return thing.what if thing else None


def test_hospital_without_lines_is_asked_nothing(cast: Cast) -> None:
    assert asked(cast) is None


def test_line_that_wants_a_scan_needs_a_consent_then_a_signature_then_nothing(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        line = make_line(cast.hospital, cast.alice)
    assert asked(cast) == "診断の同意を用意する"
    row = prepared(cast.hospital, cast.alice, line)
    assert asked(cast) == "診断の同意に署名する"
    with hospital_scope(cast.hospital):
        row.discarded_at = timezone.now()
        row.save(update_fields=["discarded_at"])
    signed(cast.hospital, cast.alice, line)
    assert asked(cast) is None


@pytest.mark.parametrize("answers", [{"communication": "ip_vpn", "global_ip": "no"}, {"scan_wanted": "not_wanted"}])
def test_line_that_is_not_scanned_needs_no_consent(cast: Cast, answers: dict[str, str]) -> None:
    with hospital_scope(cast.hospital):
        make_line(cast.hospital, cast.alice, **answers)
    assert asked(cast) is None


def test_dynamic_line_asks_for_todays_address_until_it_is_told(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        line = make_line(cast.hospital, cast.alice, None)
    signed(cast.hospital, cast.alice, line)
    assert asked(cast) == "今日のアドレスを確かめる"
    with hospital_scope(cast.hospital):
        confirmations.confirm(line, address="198.51.100.7", said_by="有栖", way="screen", by=cast.alice)
    assert asked(cast) is None


def test_start_page_leads_who_may_sign_to_the_consent(cast: Cast) -> None:
    prepared(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital):
        way = way_of(cast.hospital, on=timezone.localdate(), may=frozenset({Permission.CONSENT_SIGN}))
    assert way.next is not None
    assert way.next.url == "/h/MINATO/diagnosis/consents/sign/"
    assert [step.label for step in way.steps if step.state == "current"] == ["診断の同意"]
