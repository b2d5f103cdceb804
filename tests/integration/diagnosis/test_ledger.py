"""The ledger of consents: who may write what, and what the domain makes of it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from sekisho.apps.diagnosis import confirmations, consents, ledger
from sekisho.apps.diagnosis.models import ScanConsent
from sekisho.apps.programme import actions as programme
from sekisho.apps.programme import queries as programme_queries
from sekisho.apps.register import actions as register
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast
from tests.factories.diagnosis import ADDRESS, agree_to_terms, at, conditions, make_line, prepared, signed

pytestmark = pytest.mark.django_db


def found(cast: Cast, **given: Any) -> ledger.Ledger:
    with hospital_scope(cast.hospital):
        return ledger.ledger_of(cast.hospital, given.get("now", timezone.now()))


def rules(cast: Cast) -> list[str]:
    return [standing.rule for standing in found(cast).standings()]


def again(cast: Cast, row: ScanConsent) -> ScanConsent:
    with hospital_scope(cast.hospital):
        return ScanConsent.objects.select_related("line", "hospital", "terms_consent").get(pk=row.pk)


# --- Preparing and signing ----------------------------------------------------------------------------------------------
def test_signed_consent_permits_its_address_at_its_rate_and_names_who_and_to_which_terms(cast: Cast) -> None:
    row = signed(cast.hospital, cast.alice, packets_per_second=400, udp=False)
    permit = found(cast).permits()[0]
    assert (str(permit.address), permit.packets_per_second, permit.protocols) == (ADDRESS, 400, {"tcp"})
    assert (row.signed_name, row.signed_by, row.terms_version, len(row.terms_sha256)) == (
        cast.alice.name,
        cast.alice,
        "1.0",
        64,
    )
    event = AuditEvent.objects.get(verb="diagnosis.consent.signed")
    assert event.changes["address"] == [None, ADDRESS]
    assert event.changes["terms"][1].startswith("1.0 ")


def test_prepared_consent_permits_nothing(cast: Cast) -> None:
    prepared(cast.hospital, cast.alice)
    assert found(cast).permits() == ()
    assert rules(cast) == ["not-signed"]


def test_nobody_signs_without_a_name_or_before_the_hospital_agreed_to_the_terms(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        line = make_line(cast.hospital, cast.alice)
        row = consents.prepare(cast.hospital, lines=[line], conditions=conditions(), by=cast.dai)[0]
        with pytest.raises(consents.TermsNotAgreed):
            consents.sign(row, signed_name="有栖 あや", version=row.version, by=cast.alice)
        agree_to_terms(cast.hospital, cast.alice)
        with pytest.raises(consents.NameMissing):
            consents.sign(row, signed_name="  ", version=row.version, by=cast.alice)
    assert found(cast).permits() == ()


def test_terms_taken_back_take_every_consent_with_them(cast: Cast) -> None:
    signed(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital):
        terms = programme_queries.terms_in_force(timezone.localdate())
        agreed = programme_queries.consent_in_force(cast.hospital, terms)
        assert agreed is not None
        programme.withdraw_consent(agreed, by=cast.alice, reason="考え直す")
    assert found(cast).permits() == ()
    assert rules(cast) == ["withdrawn"]


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ({"communication": "ip_vpn"}, "closed-line"),
        ({"global_address": "192.168.0.1"}, "address-unusable"),
        ({"global_address": None}, "no-address"),
        ({"global_ip": "no", "global_address": None}, "no-global-ip"),
    ],
)
def test_line_that_cannot_be_scanned_cannot_be_consented_to(cast: Cast, answers: dict[str, Any], rule: str) -> None:
    with hospital_scope(cast.hospital):
        line = make_line(cast.hospital, cast.alice, **answers) if "global_address" not in answers else None
        line = line or make_line(cast.hospital, cast.alice, answers.pop("global_address") or "", **answers)
        if not line.global_address:
            register.change_answers(line, answers={"address_assignment": "fixed"}, by=cast.alice)
            line.refresh_from_db()
        with pytest.raises(consents.LineNotReady) as refused:
            consents.prepare(cast.hospital, lines=[line], conditions=conditions(), by=cast.alice)
    assert [one.rule for one in refused.value.obstacles] == [rule]
    assert not ScanConsent.objects.model._base_manager.filter(hospital=cast.hospital).exists()


@pytest.mark.parametrize(
    "given",
    [
        {"packets_per_second": 5},
        {"packets_per_second": 100_000},
        {"tcp": False, "udp": False},
        {"ends_at": at(24 * 40)},
        {"ends_at": at(-2)},
        {"daily_from": time(3), "daily_until": time(3, 1), "starts_at": datetime(2026, 11, 21, 4, tzinfo=UTC),
         "ends_at": datetime(2026, 11, 21, 5, tzinfo=UTC)},
    ],
)  # fmt: skip
def test_conditions_that_could_never_hold_are_refused_with_the_reason(cast: Cast, given: dict[str, Any]) -> None:
    with hospital_scope(cast.hospital):
        line = make_line(cast.hospital, cast.alice)
        with pytest.raises(consents.NotAllowedByRules) as refused:
            consents.prepare(cast.hospital, lines=[line], conditions=conditions(**given), by=cast.alice)
    assert len(refused.value.problems) == 1
    assert refused.value.problems[0][1].ja


def test_signed_consent_is_never_changed_and_the_second_editor_is_told(cast: Cast) -> None:
    row = prepared(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital):
        changed = consents.change(row, conditions=conditions(packets_per_second=100), version=row.version, by=cast.dai)
        with pytest.raises(consents.ChangedMeanwhile):
            consents.change(row, conditions=conditions(packets_per_second=50), version=row.version, by=cast.alice)
        with pytest.raises(consents.ChangedMeanwhile):
            consents.sign(row, signed_name="有栖", version=row.version, by=cast.alice)
        consents.sign(changed, signed_name="有栖", version=changed.version, by=cast.alice)
        with pytest.raises(consents.AlreadySigned):
            consents.change(changed, conditions=conditions(), version=changed.version + 1, by=cast.alice)
        with pytest.raises(consents.AlreadySigned):
            consents.discard(changed, by=cast.alice)
    told = AuditEvent.objects.get(verb="diagnosis.consent.changed").changes
    assert told["packets_per_second"] == [300, 100]
    assert "address" not in told


def test_discarded_consent_is_gone_from_the_ledger(cast: Cast) -> None:
    row = prepared(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital):
        consents.discard(row, by=cast.alice)
    assert found(cast).rows == ()


# --- The line changes ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "answers",
    [
        {"global_address": "203.0.113.99"},
        {"communication": "ip_vpn"},
        {"address_assignment": "dynamic"},
        {"global_ip": "no"},
        {"global_address": None},
    ],
)
def test_line_that_changed_after_the_signing_is_not_scanned_at_its_old_address(
    cast: Cast, answers: dict[str, Any]
) -> None:
    row = signed(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital):
        register.change_answers(again(cast, row).line, answers=answers, by=cast.alice)
    assert found(cast).permits() == ()
    assert rules(cast) == ["line-changed"]


def test_line_out_of_use_is_not_scanned(cast: Cast) -> None:
    row = signed(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital):
        register.retire(again(cast, row).line, reason="解約", by=cast.alice)
    assert rules(cast) == ["line-changed"]


def test_address_that_changed_before_the_signing_needs_a_new_look(cast: Cast) -> None:
    row = prepared(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital):
        register.change_answers(again(cast, row).line, answers={"global_address": "203.0.113.99"}, by=cast.alice)
        with pytest.raises(consents.ChangedMeanwhile):
            consents.sign(row, signed_name="有栖", version=row.version, by=cast.alice)


# --- Taking back --------------------------------------------------------------------------------------------------------
def test_withdrawn_consent_permits_nothing_and_keeps_who_why_and_when(cast: Cast) -> None:
    row = signed(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital):
        with pytest.raises(consents.ReasonMissing):
            consents.withdraw(row, reason=" ", by=cast.bob)
        consents.withdraw(row, reason="手術の予定が入った", by=cast.bob)
        with pytest.raises(consents.NotInForce):
            consents.withdraw(row, reason="もう一度", by=cast.bob)
    assert found(cast).permits() == ()
    kept = again(cast, row)
    assert (kept.withdrawn_by, kept.withdrawn_reason, kept.signed_name) == (cast.bob, "手術の予定が入った", "有栖 あや")
    assert AuditEvent.objects.get(verb="diagnosis.consent.withdrawn").reason == "手術の予定が入った"


def test_consent_given_anew_after_a_withdrawal_replaces_it(cast: Cast) -> None:
    row = signed(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital):
        consents.withdraw(row, reason="日を間違えた", by=cast.alice)
    anew = signed(cast.hospital, cast.alice, again(cast, row).line)
    assert anew.replaces_id == row.pk
    assert [str(permit.address) for permit in found(cast).permits()] == [ADDRESS]


def test_second_consent_does_not_outlive_the_withdrawal_of_the_first(cast: Cast) -> None:
    row = signed(cast.hospital, cast.alice)
    signed(cast.hospital, cast.alice, again(cast, row).line)
    with hospital_scope(cast.hospital):
        consents.withdraw(row, reason="やめる", by=cast.alice)
    assert found(cast).permits() == ()
    assert sorted(rules(cast)) == ["withdrawn", "withdrawn-elsewhere"]


# --- Default accounts, monitoring ---------------------------------------------------------------------------------------
def test_default_accounts_are_a_consent_of_their_own(cast: Cast) -> None:
    row = signed(cast.hospital, cast.alice)
    assert not found(cast).permits()[0].default_accounts
    with hospital_scope(cast.hospital):
        consents.sign_for_accounts(row, signed_name="坊野 武", by=cast.bob)
    assert found(cast).permits()[0].default_accounts
    assert again(cast, row).accounts_signed_name == "坊野 武"


def test_default_accounts_cannot_be_signed_for_what_is_not_in_force(cast: Cast) -> None:
    row = prepared(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital), pytest.raises(consents.NotInForce):
        consents.sign_for_accounts(row, signed_name="坊野 武", by=cast.bob)


def test_notice_to_who_watches_the_line_says_who_and_when(cast: Cast) -> None:
    row = signed(cast.hospital, cast.alice)
    told = ScanConsent.Monitoring.TOLD
    with hospital_scope(cast.hospital):
        with pytest.raises(consents.ReasonMissing):
            consents.note_monitoring(row, monitoring=told, note="", by=cast.alice)
        consents.note_monitoring(
            row, monitoring=told, note="11/20 10:00 みなとメディカル 佐武さんに電話", by=cast.alice
        )
    assert again(cast, row).monitoring == "told"
    assert AuditEvent.objects.filter(verb="diagnosis.consent.monitoring-noted").count() == 1


# --- Overlaps and other hospitals ---------------------------------------------------------------------------------------
def test_overlapping_consents_allow_what_both_allow_and_are_shown(cast: Cast) -> None:
    first = signed(cast.hospital, cast.alice, packets_per_second=400)
    line = again(cast, first).line
    second = signed(cast.hospital, cast.alice, line, packets_per_second=100, udp=False)
    later = signed(cast.hospital, cast.alice, line, starts_at=at(100), ends_at=at(101))
    seen = found(cast)
    assert [(p.packets_per_second, p.protocols) for p in seen.permits()] == [(100, {"tcp"})]
    crossing = ledger.overlapping(seen.rows)
    assert {pk: [one.pk for one in others] for pk, others in crossing.items()} == {
        first.pk: [second.pk],
        second.pk: [first.pk],
    }
    assert later.pk not in crossing


def test_address_that_two_hospitals_claim_is_scanned_for_neither_and_neither_hears_of_the_other(cast: Cast) -> None:
    signed(cast.hospital, cast.alice)
    signed(cast.other_hospital, cast.mallory)
    seen = found(cast)
    assert seen.permits() == ()
    assert [standing.rule for standing in seen.standings()] == ["two-hospitals"]
    assert {row.hospital_id for row in seen.rows} == {cast.hospital.pk}


# --- Nights -------------------------------------------------------------------------------------------------------------
def test_nightly_consent_holds_at_night_and_says_when_it_opens_next(cast: Cast) -> None:
    japan = timedelta(hours=9)
    day = datetime(2026, 11, 23, tzinfo=UTC)
    signed(
        cast.hospital, cast.alice,
        starts_at=day, ends_at=day + timedelta(days=5), daily_from=time(22), daily_until=time(5),
    )  # fmt: skip
    noon = day + timedelta(days=1, hours=12) - japan
    night = noon + timedelta(hours=12)
    assert found(cast, now=night).permits()[0].ends_at == noon + timedelta(hours=17)
    closed = found(cast, now=noon)
    standing = closed.standings()[0]
    assert (closed.permits(), standing.rule, standing.opens_at) == ((), "not-yet", noon + timedelta(hours=10))


# --- Dynamic addresses --------------------------------------------------------------------------------------------------
def dynamic(cast: Cast) -> ScanConsent:
    with hospital_scope(cast.hospital):
        line = make_line(cast.hospital, cast.alice, None)
    return signed(cast.hospital, cast.alice, line)


def confirm(cast: Cast, row: ScanConsent, address: str = "198.51.100.7") -> None:
    with hospital_scope(cast.hospital):
        line = again(cast, row).line
        confirmations.confirm(line, address=address, said_by="有栖", way="screen", by=cast.alice)


def test_dynamic_line_is_scanned_only_after_its_address_was_looked_up_today(cast: Cast) -> None:
    row = dynamic(cast)
    assert rules(cast) == ["no-address"]
    confirm(cast, row)
    permit = found(cast).permits()[0]
    assert str(permit.address) == "198.51.100.7"
    assert permit.ends_at <= confirmations.end_of(confirmations.today())
    tomorrow = found(cast, now=confirmations.end_of(confirmations.today()))
    assert tomorrow.permits() == ()


def test_latest_look_up_of_the_day_counts(cast: Cast) -> None:
    row = dynamic(cast)
    confirm(cast, row)
    confirm(cast, row, "198.51.100.8")
    assert [str(permit.address) for permit in found(cast).permits()] == ["198.51.100.8"]


@pytest.mark.parametrize("address", ["10.0.0.1", "198.51.100.0/24", "router.example", "", "198.51.100.7 198.51.100.8"])
def test_what_is_no_public_address_is_not_taken(cast: Cast, address: str) -> None:
    row = dynamic(cast)
    with pytest.raises(confirmations.NotAnAddress):
        confirm(cast, row, address)
    assert found(cast).permits() == ()


def test_fixed_line_has_nothing_to_look_up(cast: Cast) -> None:
    row = signed(cast.hospital, cast.alice)
    with pytest.raises(confirmations.NotDynamic):
        confirm(cast, row)


def test_two_cells_of_the_workbook_count_on_the_day_on_which_they_were_written(cast: Cast) -> None:
    row = dynamic(cast)
    with hospital_scope(cast.hospital):
        register.change_answers(
            again(cast, row).line,
            answers={"scan_day_check": "confirmed", "scan_day_address": "198.51.100.20"},
            by=cast.alice,
            reason="別紙2-1",
        )
    assert [str(permit.address) for permit in found(cast).permits()] == ["198.51.100.20"]
    assert found(cast, now=confirmations.end_of(confirmations.today())).permits() == ()
    with hospital_scope(cast.hospital):
        told = ledger.confirmations([row.line_id])[row.line_id]
    assert (told.way, told.day) == ("workbook", date.fromisoformat(str(confirmations.today())))


def test_unconfirmed_cell_of_the_workbook_counts_for_nothing(cast: Cast) -> None:
    row = dynamic(cast)
    with hospital_scope(cast.hospital):
        answers = {"scan_day_check": "unconfirmed", "scan_day_address": "198.51.100.20"}
        register.change_answers(again(cast, row).line, answers=answers, by=cast.alice)
    assert found(cast).permits() == ()


def test_look_up_in_one_hospital_is_nothing_to_another(cast: Cast) -> None:
    row = dynamic(cast)
    confirm(cast, row)
    with hospital_scope(cast.other_hospital):
        assert ledger.confirmations([row.line_id]) == {}
        assert ledger.ledger_of(cast.other_hospital, timezone.now()).consents == ()
