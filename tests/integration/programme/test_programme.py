"""What the programme asks of a hospital: terms and consent, the check of basic information, contacts."""

import html
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from sekisho.apps.programme import actions, queries
from sekisho.apps.programme.models import BasicsCheck, Terms, TermsConsent
from sekisho.apps.register import actions as register
from sekisho.apps.register import queries as register_queries
from sekisho.apps.register.models import Contact
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db

HOME = "/h/MINATO/basics/"
TERMS = f"{HOME}terms/"


@pytest.fixture
def scope(cast: Cast):
    with hospital_scope(cast.hospital):
        yield


def publish(version: str = "1.0", text: str = "第1条　調べる範囲。", *, days: int = 0) -> Terms:
    effective = timezone.localdate() + timedelta(days=days)
    return actions.publish_terms(version=version, title="規約", text=text, effective_on=effective, by=None)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return html.unescape(found[1])


def agree(client: Any, *, page: str = "", **sent: str) -> Any:
    version = hidden(page or client.get(TERMS).content.decode(), "version")
    return client.post(TERMS, {"version": version, "agree": "on", "signed_name": "有栖 あや", **sent})


def verbs(start: str) -> list[str]:
    return list(AuditEvent.objects.filter(verb__startswith=start).order_by("pk").values_list("verb", flat=True))


# --- terms -----------------------------------------------------------------------------------------------------------
def test_consent_keeps_version_text_name_and_person(cast: Cast, scope: None) -> None:
    terms = publish()
    assert agree(signed_in(cast.bob)).status_code == 302
    consent = TermsConsent.objects.get()
    assert (consent.terms, consent.terms_sha256) == (terms, terms.sha256)
    assert (consent.signed_name, consent.agreed_by_id) == ("有栖 あや", cast.bob.pk)
    event = AuditEvent.objects.get(verb="programme.terms.agreed")
    assert event.changes == {
        "version": [None, "1.0"],
        "sha256": [None, terms.sha256],
        "signed": [None, "有栖 あや"],
    }


@pytest.mark.parametrize("missing", ["agree", "signed_name"])
def test_consent_needs_the_mark_and_the_name(cast: Cast, scope: None, missing: str) -> None:
    publish()
    answer = agree(signed_in(cast.alice), **{missing: ""})
    assert answer.status_code == 422
    assert not TermsConsent.objects.exists()
    if missing == "agree":
        assert "有栖 あや" in answer.content.decode(), "what was typed is kept"


def test_secretariat_cannot_agree_for_the_hospital(cast: Cast, scope: None) -> None:
    publish()
    client = signed_in(cast.sumi)
    assert client.get(TERMS).status_code == 200
    assert client.post(TERMS, {"version": "1.0", "agree": "on", "signed_name": "x"}).status_code == 403
    assert client.post(f"{TERMS}withdraw/", {"reason": "x"}).status_code == 403


def test_agreeing_twice_is_one_consent(cast: Cast, scope: None) -> None:
    publish()
    client = signed_in(cast.alice)
    page = client.get(TERMS).content.decode()
    agree(client, page=page)
    body = client.post(
        TERMS, {"version": hidden(page, "version"), "agree": "on", "signed_name": "x"}, follow=True
    ).content.decode()
    assert "もう同意しています" in body
    assert TermsConsent.objects.count() == 1


def test_terms_are_fixed_once_somebody_agreed(cast: Cast, scope: None) -> None:
    publish(text="まだ変えられる")
    publish(text="第1条")
    agree(signed_in(cast.alice))
    for change in ({"text": "第1条　変えた"}, {"days": 1}):
        with pytest.raises(actions.TermsAreFixed):
            publish(**change)
    assert publish(text="第1条").version == "1.0", "the same once more is no change"


def test_new_version_needs_a_new_consent(cast: Cast, scope: None) -> None:
    publish()
    agree(signed_in(cast.alice))
    second = publish("1.1", "第1条　新しい範囲。")
    assert queries.terms_in_force(timezone.localdate()) == second
    assert queries.consent_in_force(cast.hospital, second) is None
    assert "規約を読んで同意する" in signed_in(cast.alice).get("/h/MINATO/").content.decode()
    agree(signed_in(cast.alice))
    assert TermsConsent.objects.count() == 2, "the first consent stays on record"


def test_terms_of_tomorrow_are_not_asked_for_today(cast: Cast, scope: None) -> None:
    publish(days=1)
    assert "いま適用される規約はありません" in signed_in(cast.alice).get(TERMS).content.decode()
    assert signed_in(cast.alice).post(TERMS, {"agree": "on"}).status_code == 422


@pytest.mark.parametrize("how", ["new version", "same version, other text"])
def test_nobody_agrees_to_terms_they_have_not_read(cast: Cast, scope: None, how: str) -> None:
    publish(text="読んだ本文")
    client = signed_in(cast.alice)
    page = client.get(TERMS).content.decode()
    publish("1.1" if how == "new version" else "1.0", "別の本文")
    body = client.get(agree(client, page=page)["Location"]).content.decode()
    assert "読んでいる間に規約が新しくなりました" in body
    assert not TermsConsent.objects.exists()


def test_agree_refuses_a_text_that_changed_under_it(cast: Cast, scope: None) -> None:
    read = publish(text="読んだ本文")
    stale = Terms.objects.get(pk=read.pk)
    publish(text="別の本文")
    with pytest.raises(actions.TermsChanged):
        actions.agree(cast.hospital, terms=stale, signed_name="x", by=cast.alice)


def test_withdrawn_consent_stays_on_record_with_its_reason(cast: Cast, scope: None) -> None:
    publish()
    client = signed_in(cast.alice)
    agree(client)
    assert "取り消す理由を書いてください。" in client.post(f"{TERMS}withdraw/", follow=True).content.decode()
    client.post(f"{TERMS}withdraw/", {"reason": "院内で再検討する"})
    client.post(f"{TERMS}withdraw/", {"reason": "もう一度"})
    consent = TermsConsent.objects.get()
    assert consent.withdrawn_by_id == cast.alice.pk
    event = AuditEvent.objects.get(verb="programme.terms.withdrawn")
    assert event.reason == "院内で再検討する"
    agree(client)
    assert TermsConsent.objects.count() == 2


def test_withdrawing_a_consent_twice_is_told_once(cast: Cast, scope: None) -> None:
    consent = actions.agree(cast.hospital, terms=publish(), signed_name="x", by=cast.alice)
    for _n in range(2):
        actions.withdraw_consent(consent, by=cast.alice, reason="x")
    assert verbs("programme.terms.withdrawn") == ["programme.terms.withdrawn"]


# --- the check of basic information --------------------------------------------------------------------------------------
def test_check_is_due_within_three_days_and_asked_once(cast: Cast, scope: None) -> None:
    sumi = signed_in(cast.sumi)
    sumi.post(f"{HOME}ask/")
    sumi.post(f"{HOME}ask/")
    check = BasicsCheck.objects.get()
    assert check.due_on == timezone.localdate() + timedelta(days=3)
    assert (check.asked_by_id, verbs("programme.basics")) == (cast.sumi.pk, ["programme.basics.asked"])
    assert signed_in(cast.alice).post(f"{HOME}ask/").status_code == 403


def test_three_days_are_days_in_japan(cast: Cast, scope: None, monkeypatch) -> None:
    from datetime import UTC, datetime

    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 20, 15, 30, tzinfo=UTC))  # 00:30 on the 21st
    assert actions.ask_to_check(cast.hospital, by=cast.sumi).due_on == date(2026, 11, 24)


def test_correct_needs_no_remarks_and_closes_the_check(cast: Cast, scope: None) -> None:
    actions.ask_to_check(cast.hospital, by=cast.sumi)
    assert signed_in(cast.alice).post(f"{HOME}check/", {"answer": "correct"}).status_code == 302
    check = BasicsCheck.objects.get()
    assert (check.answer, check.answered_by_id) == ("correct", cast.alice.pk)
    assert verbs("programme.basics") == ["programme.basics.asked", "programme.basics.checked"]


@pytest.mark.parametrize("remarks", ["", "   ", "　\n"])
def test_saying_that_something_is_wrong_needs_to_say_what(cast: Cast, scope: None, remarks: str) -> None:
    actions.ask_to_check(cast.hospital, by=cast.sumi)
    answer = signed_in(cast.alice).post(f"{HOME}check/", {"answer": "remarks", "remarks": remarks})
    assert answer.status_code == 422
    assert "どこが違うかを書いてください" in answer.content.decode()
    assert BasicsCheck.objects.get().answer == ""
    with pytest.raises(actions.RemarksMissing):
        actions.answer_check(cast.hospital, answer="remarks", remarks=remarks, by=cast.alice)


def test_answer_that_is_none_is_refused(cast: Cast, scope: None) -> None:
    assert signed_in(cast.alice).post(f"{HOME}check/", {"answer": "perhaps"}).status_code == 422
    assert not BasicsCheck.objects.exists()


def test_correction_after_the_answer_counts_as_one_of_its_own(cast: Cast, scope: None) -> None:
    client = signed_in(cast.alice)
    client.post(f"{HOME}check/", {"answer": "correct"})
    client.post(f"{HOME}check/", {"answer": "remarks", "remarks": "電話番号が違う"})
    assert sorted(check.answer for check in BasicsCheck.objects.all()) == ["correct", "remarks"]
    assert queries.latest_check(cast.hospital).remarks == "電話番号が違う"


# --- contacts and basics ------------------------------------------------------------------------------------------------
def test_there_are_contacts_one_to_four(cast: Cast, scope: None) -> None:
    client = signed_in(cast.alice)
    for position in (1, 2, 3, 4):
        sent = {"family_name": f"青葉{position}", "email": f"c{position}@minato.example", "reason": "名刺で確認"}
        assert client.post(f"{HOME}contacts/{position}/", sent).status_code == 302
    for position in (0, 5, 99999999999999999999):
        assert client.get(f"{HOME}contacts/{position}/").status_code == 404
        assert client.post(f"{HOME}contacts/{position}/", {"family_name": "x"}).status_code == 404
    contacts = register_queries.register_of(cast.hospital).basics.contacts
    assert [contact.family_name for contact in contacts] == ["青葉1", "青葉2", "青葉3", "青葉4"]
    reasons = set(AuditEvent.objects.filter(verb="register.contact.changed").values_list("reason", flat=True))
    assert reasons == {"名刺で確認"}, "the reason that the form asks for is kept"
    with pytest.raises(IntegrityError), transaction.atomic():
        register.set_contact(cast.hospital, position=5, answers={"family_name": "x"}, by=cast.alice)


def test_contact_with_a_wrong_address_is_shown_again_with_what_was_typed(cast: Cast, scope: None) -> None:
    answer = signed_in(cast.alice).post(
        f"{HOME}contacts/1/", {"family_name": "青葉", "email": "not an address", "phone": "<b>"}
    )
    body = answer.content.decode()
    assert answer.status_code == 422
    assert "not an address" in body
    assert "<b>" not in body
    assert register_queries.register_of(cast.hospital).basics.contacts == ()


def test_empty_contact_form_makes_no_contact_and_says_so(cast: Cast, scope: None) -> None:
    client = signed_in(cast.alice)
    answer = client.post(f"{HOME}contacts/2/", {"family_name": "  ", "phone": ""}, follow=True)
    assert "何も書かれていなかったので、担当者は登録していません。" in answer.content.decode()
    assert not Contact.objects.exists()
    assert verbs("register.contact") == []
    client.post(f"{HOME}contacts/2/", {"family_name": "青葉"})
    cleared = client.post(f"{HOME}contacts/2/", {"family_name": ""}, follow=True).content.decode()
    assert "保存しました。" in cleared, "a contact who is there can be emptied"
    assert not Contact.objects.get().family_name


def test_two_editors_of_one_contact(cast: Cast, scope: None) -> None:
    alice, sumi = signed_in(cast.alice), signed_in(cast.sumi)
    base = hidden(alice.get(f"{HOME}contacts/2/").content.decode(), "base")
    sumi.post(f"{HOME}contacts/2/", {"family_name": "墨田", "base": base})
    answer = alice.post(f"{HOME}contacts/2/", {"family_name": "有栖", "base": base})
    body = answer.content.decode()
    assert answer.status_code == 409
    assert "墨田" in body
    assert register_queries.register_of(cast.hospital).basics.contacts[1].family_name == "墨田"
    assert alice.post(f"{HOME}contacts/2/", {"family_name": "有栖", "base": hidden(body, "base")}).status_code == 302
    assert register_queries.register_of(cast.hospital).basics.contacts[1].family_name == "有栖"


def test_name_of_the_hospital_follows_its_basics(cast: Cast, scope: None) -> None:
    client = signed_in(cast.alice)
    assert client.post(f"{HOME}edit/", {"name": "みなと総合病院", "beds": "３２０"}).status_code == 302
    cast.hospital.refresh_from_db()
    assert cast.hospital.name == "みなと総合病院"
    assert register_queries.register_of(cast.hospital).basics.beds == 320
    refused = client.post(f"{HOME}edit/", {"name": "みなと総合病院", "beds": "たくさん"})
    assert refused.status_code == 422
    assert "たくさん" in refused.content.decode()
