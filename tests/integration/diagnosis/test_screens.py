"""What people see and can do on the pages of the diagnosis."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from freezegun import freeze_time

from sekisho.apps.diagnosis import confirmations, consents, ledger, runs, stops
from sekisho.apps.diagnosis.models import (
    AddressConfirmation,
    ConfirmationLink,
    DiagnosisRun,
    EmergencyStop,
    RunAddress,
    RunEvidence,
    ScanConsent,
)
from sekisho.apps.register import actions as register
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope
from tests.cast import Cast, signed_in
from tests.factories.diagnosis import ADDRESS, agree_to_terms, make_line, prepared, signed

pytestmark = pytest.mark.django_db
HOME = "/h/MINATO/diagnosis/"


def rows() -> list[ScanConsent]:
    with all_hospitals(reason="test"):
        return list(ScanConsent.objects.select_related("line", "hospital", "terms_consent").order_by("number"))


def filled_in(*lines: Any, **given: Any) -> dict[str, Any]:
    now = timezone.localtime()
    return {
        "lines": [str(line.pk) for line in lines],
        "starts_at": f"{now:%Y-%m-%dT%H:%M}",
        "ends_at": f"{now + timedelta(hours=8):%Y-%m-%dT%H:%M}",
        "protocols": ["tcp", "udp"],
        "packets_per_second": "300",
        "stop_contact": "情報係 06-0000-0000",
        **given,
    }


# --- The ledger ---------------------------------------------------------------------------------------------------------
def test_ledger_says_of_each_line_what_is_missing_and_where_to_mend_it(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        ready = make_line(cast.hospital, cast.alice)
        make_line(cast.hospital, cast.alice, "192.168.0.1")
        make_line(cast.hospital, cast.alice, None)
        closed = make_line(cast.hospital, cast.alice, "203.0.113.12", communication="ip_vpn")
        unasked = register.add_line(cast.hospital, answers={}, by=cast.alice)
    body = signed_in(cast.alice).get(f"{HOME}consents/").content.decode()
    assert "同意できます" in body
    assert "一つのアドレスではありません" in body
    assert "今日はまだです" in body
    assert "閉域の回線" in body
    assert (
        f"/register/lines/{unasked.pk}/edit/#id_communication" in body or f"{unasked.pk}/edit/#id_communication" in body
    )
    add = signed_in(cast.alice).get(f"{HOME}consents/add/").content.decode()
    assert str(ready.pk) in add
    assert str(closed.pk) not in add


def test_from_preparing_by_the_diagnostician_to_the_signature_of_the_hospital(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        agree_to_terms(cast.hospital, cast.alice)
        lines = [make_line(cast.hospital, cast.alice), make_line(cast.hospital, cast.alice, "203.0.113.11")]
    dai = signed_in(cast.dai)
    assert dai.post(f"{HOME}consents/add/", filled_in(*lines)).status_code == 302
    assert [row.signed_at for row in rows()] == [None, None]
    assert dai.post(f"{HOME}consents/sign/", {}).status_code == 403, "who scans does not consent"
    bob = signed_in(cast.bob)
    page = bob.get(f"{HOME}consents/sign/").content.decode()
    assert ADDRESS in page
    assert rows()[0].line.hospital == cast.hospital
    first = rows()[0]
    sent = {"consent": [str(first.pk)], f"version-{first.pk}": first.version, "signed_name": "坊野 武", "agree": "on"}
    assert bob.post(f"{HOME}consents/sign/", {**sent, "agree": ""}).status_code == 422
    assert bob.post(f"{HOME}consents/sign/", sent).status_code == 302
    assert [bool(row.signed_at) for row in rows()] == [True, False], "only what was chosen"
    body = bob.get(f"{HOME}consents/").content.decode()
    assert "いま診断できます" in body
    assert "署名を待っています" in body


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"lines": []}, "回線を一つ以上選んでください"),
        ({"packets_per_second": "5000"}, "1000"),
        ({"protocols": []}, "必須"),
        ({"daily_from": "22:00"}, "両方書くか"),
        ({"ends_at": "2020-01-01T00:00"}, "過ぎています"),
        ({"stop_contact": ""}, "必須"),
        ({"ends_at": "2099-01-01T00:00"}, "31日を超えています"),
    ],
)
def test_what_is_wrong_with_the_conditions_is_told_at_its_field(cast: Cast, given: dict[str, Any], words: str) -> None:
    with hospital_scope(cast.hospital):
        line = make_line(cast.hospital, cast.alice)
    answer = signed_in(cast.alice).post(f"{HOME}consents/add/", filled_in(line, **given))
    assert answer.status_code == 422
    assert words in html.unescape(answer.content.decode())
    assert rows() == []


def test_second_person_cannot_sign_what_was_changed_meanwhile(cast: Cast) -> None:
    row = prepared(cast.hospital, cast.alice)
    alice = signed_in(cast.alice)
    edit = alice.get(f"{HOME}consents/{row.pk}/edit/").content.decode()
    assert f'name="version" value="{row.version}"' in edit
    assert (
        alice.post(
            f"{HOME}consents/{row.pk}/edit/", filled_in(version=row.version, packets_per_second="100")
        ).status_code
        == 302
    )
    sent = {"consent": [str(row.pk)], f"version-{row.pk}": row.version, "signed_name": "坊野 武", "agree": "on"}
    body = signed_in(cast.bob).post(f"{HOME}consents/sign/", sent, follow=True).content.decode()
    assert "だれかが内容を変えました" in body
    assert rows()[0].signed_at is None


def test_withdrawal_and_default_accounts_are_for_the_hospital_alone(cast: Cast) -> None:
    row = signed(cast.hospital, cast.alice)
    for person in (cast.dai, cast.sumi, cast.sora):
        assert signed_in(person).post(f"{HOME}consents/{row.pk}/withdraw/", {"reason": "x"}).status_code == 403
        assert signed_in(person).post(f"{HOME}consents/{row.pk}/accounts/", {"signed_name": "x"}).status_code == 403
    bob = signed_in(cast.bob)
    bob.post(f"{HOME}consents/{row.pk}/accounts/", {"signed_name": "坊野 武"})
    assert rows()[0].default_accounts
    assert (
        "取り下げる理由を書いてください"
        in bob.post(f"{HOME}consents/{row.pk}/withdraw/", {"reason": ""}, follow=True).content.decode()
    )
    page = bob.post(f"{HOME}consents/{row.pk}/withdraw/", {"reason": "患者搬送"}, follow=True).content.decode()
    assert "患者搬送" in page
    assert "2秒以内に止まります" in page
    assert rows()[0].withdrawn_by == cast.bob


def test_consent_shows_its_history_in_words(cast: Cast) -> None:
    row = signed(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital):
        consents.withdraw(row, reason="日を間違えた", by=cast.alice)
    body = signed_in(cast.alice).get(f"{HOME}consents/{row.pk}/").content.decode()
    for words in ("診断の同意を用意した", "診断に同意した", "診断の同意を取り下げた", "日を間違えた"):
        assert words in body
    assert "diagnosis.consent" not in body


def test_monitoring_notice_is_kept_and_must_name_who_and_when(cast: Cast) -> None:
    row = signed(cast.hospital, cast.alice)
    alice = signed_in(cast.alice)
    url = f"{HOME}consents/{row.pk}/monitoring/"
    assert alice.post(url, {"monitoring": "told", "note": ""}).status_code == 422
    assert alice.post(url, {"monitoring": "told", "note": "11/20 佐武さんに電話"}).status_code == 302
    assert rows()[0].monitoring_note == "11/20 佐武さんに電話"


# --- The day's address --------------------------------------------------------------------------------------------------
def dynamic_line(cast: Cast) -> Any:
    with hospital_scope(cast.hospital):
        line = make_line(cast.hospital, cast.alice, None)
    signed(cast.hospital, cast.alice, line)
    return line


def test_address_of_the_day_is_written_on_the_screen(cast: Cast) -> None:
    line = dynamic_line(cast)
    sora = signed_in(cast.sora)
    url = f"{HOME}lines/{line.pk}/confirm/"
    refused = sora.post(url, {"address": "192.168.1.1", "said_by": "空野"})
    assert refused.status_code == 422
    assert "インターネットから届かない" in refused.content.decode()
    assert sora.post(url, {"address": "198.51.100.7", "said_by": "空野"}).status_code == 302
    body = sora.get(f"{HOME}consents/").content.decode()
    assert "今日確認済み" in body
    assert "198.51.100.7" in body
    assert signed_in(cast.dai).post(url, {"address": "198.51.100.8", "said_by": "大道"}).status_code == 403


def mailed_link(cast: Cast, line: Any, django_capture_on_commit_callbacks: Any, settings: Any) -> str:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with django_capture_on_commit_callbacks(execute=True):
        sent = {"email": "clerk@minato.example", "language": "ja"}
        assert signed_in(cast.dai).post(f"{HOME}lines/{line.pk}/link/", sent).status_code == 302
    found = re.search(r"/confirm/([\w-]{20,})/", str(mail.outbox[-1].body))
    assert found
    return found[0]


def test_mailed_link_takes_the_address_of_one_line_without_an_account_and_only_once(
    cast: Cast, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    line = dynamic_line(cast)
    with hospital_scope(cast.hospital):
        make_line(cast.hospital, cast.alice, "203.0.113.77", circuit_id="CAF-OTHER")
    link = mailed_link(cast, line, django_capture_on_commit_callbacks, settings)
    assert mail.outbox[-1].to == ["clerk@minato.example"]
    stranger = Client()
    assert stranger.get(link).headers["Location"] == "/confirm/", "the secret leaves the address"
    page = stranger.get("/confirm/").content.decode()
    assert str(line) in page
    assert "CAF-OTHER" not in page
    assert "203.0.113.77" not in page
    assert stranger.post("/confirm/", {"address": "10.0.0.1", "said_by": "佐武"}).status_code == 422
    thanks = stranger.post("/confirm/", {"address": "198.51.100.7", "said_by": "佐武"})
    assert thanks.status_code == 200
    assert "ありがとうございました" in thanks.content.decode()
    with hospital_scope(cast.hospital):
        told = AddressConfirmation.objects.get(line=line)
        assert (told.address, told.way, told.said_by, told.by) == ("198.51.100.7", "link", "佐武", None)
        assert [str(one.address) for one in ledger.ledger_of(cast.hospital, timezone.now()).permits()] == [
            "198.51.100.7"
        ]
    again = Client()
    again.get(link)
    assert again.get("/confirm/").status_code == 410
    assert again.post("/confirm/", {"address": "198.51.100.9", "said_by": "佐武"}).status_code == 410
    assert AuditEvent.objects.filter(verb="diagnosis.address.confirmed").count() == 1
    with all_hospitals(reason="test"):
        kept = ConfirmationLink.objects.get()
    assert link.strip("/").split("/")[-1] not in str(kept.__dict__), "only a hash is kept"


def test_link_is_void_at_midnight_and_when_a_newer_one_was_sent(
    cast: Cast, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    line = dynamic_line(cast)
    first = mailed_link(cast, line, django_capture_on_commit_callbacks, settings)
    second = mailed_link(cast, line, django_capture_on_commit_callbacks, settings)
    for link, status in ((first, 410), (second, 200)):
        client = Client()
        client.get(link)
        assert client.get("/confirm/").status_code == status
    late = Client()
    late.get(second)
    with freeze_time(confirmations.end_of(confirmations.today())):
        token = second.strip("/").split("/")[-1]
        found = confirmations.link_of(token)
        assert found is not None
        assert not confirmations.is_open(found)
        with pytest.raises(confirmations.LinkVoid):
            confirmations.confirm_by_link(token, address="198.51.100.7", said_by="佐武")


def test_tries_at_the_public_page_are_counted(
    cast: Cast, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    line = dynamic_line(cast)
    link = mailed_link(cast, line, django_capture_on_commit_callbacks, settings)
    client = Client()
    client.get(link)
    statuses = [client.post("/confirm/", {"address": "x", "said_by": "y"}).status_code for _try in range(12)]
    assert statuses[:10] == [422] * 10
    assert statuses[-1] == 429


def test_made_up_link_shows_nothing(cast: Cast) -> None:
    dynamic_line(cast)
    client = Client()
    client.get("/confirm/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/")
    answer = client.get("/confirm/")
    assert answer.status_code == 404
    assert "みなと病院" not in answer.content.decode()


def test_links_for_one_line_are_limited_and_a_mail_that_failed_is_told(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    line = dynamic_line(cast)
    dai = signed_in(cast.dai)
    url = f"{HOME}lines/{line.pk}/link/"
    with hospital_scope(cast.hospital):
        for _link in range(confirmations.MOST_LINKS_A_DAY):
            confirmations.send_link(line, email="a@example.jp", language="ja", by=cast.dai)
    refused = dai.post(url, {"email": "a@example.jp", "language": "ja"})
    assert refused.status_code == 422
    assert "電話で聞いて" in refused.content.decode()


# --- Runs ---------------------------------------------------------------------------------------------------------------
def test_preview_tells_what_is_scanned_what_waits_and_what_is_refused_and_why(cast: Cast) -> None:
    signed(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital):
        tonight = make_line(cast.hospital, cast.alice, "203.0.113.11")
        gone = make_line(cast.hospital, cast.alice, "203.0.113.12")
    later = timezone.now() + timedelta(hours=5)
    signed(cast.hospital, cast.alice, tonight, starts_at=later, ends_at=later + timedelta(hours=5))
    withdrawn = signed(cast.hospital, cast.alice, gone)
    with hospital_scope(cast.hospital):
        consents.withdraw(withdrawn, reason="装置が古い", by=cast.alice)
    body = signed_in(cast.dai).get(f"{HOME}runs/start/").content.decode()
    now, rest = body.split("later-title", 1)
    waiting, refused = rest.split("refused-title", 1)
    assert ADDRESS in now
    assert str(tonight) in waiting
    assert "装置が古い" in refused
    assert signed_in(cast.alice).get(f"{HOME}runs/start/").status_code == 403


def test_click_starts_a_run_and_a_second_one_leads_to_it(cast: Cast) -> None:
    signed(cast.hospital, cast.alice)
    dai = signed_in(cast.dai)
    started = dai.post(f"{HOME}runs/start/")
    again = dai.post(f"{HOME}runs/start/")
    assert started.headers["Location"] == again.headers["Location"]
    live = dai.get(started.headers["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in live
    assert 'hx-trigger="every 1s"' in live
    assert ADDRESS in live
    with hospital_scope(cast.hospital):
        assert DiagnosisRun.objects.get().made_by == cast.dai


def test_everybody_who_may_see_a_run_may_stop_it_and_only_some_may_lift_the_stop(cast: Cast) -> None:
    signed(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital):
        run = runs.start_run(cast.hospital, by=cast.dai)
    for person in (cast.alice, cast.bob, cast.sora, cast.dai, cast.sumi):
        page = signed_in(person).get(f"{HOME}runs/{run.pk}/").content.decode()
        assert "この診断をすぐに止める" in page, person
    sora = signed_in(cast.sora)
    page = sora.post(
        f"{HOME}runs/{run.pk}/stop/", {"reason": "装置が止まった、再起動した"}, follow=True
    ).content.decode()
    assert "装置が止まった、再起動した" in page
    assert "空野 調" in page
    stop = EmergencyStop.objects.get()
    assert (stop.by, stop.run, stop.hospital) == (cast.sora, run, cast.hospital)
    for person in (cast.alice, cast.sora):
        assert signed_in(person).post(f"{HOME}stops/{stop.pk}/lift/", {"reason": "x"}).status_code == 403
    dai = signed_in(cast.dai)
    assert dai.post(f"{HOME}runs/{run.pk}/resume/", follow=True).content.decode().count("緊急停止") > 0
    with hospital_scope(cast.hospital):
        assert DiagnosisRun.objects.get().state == "stopped"
    dai.post(f"{HOME}stops/{stop.pk}/lift/", {"reason": "停電だった"})
    dai.post(f"{HOME}runs/{run.pk}/resume/")
    with hospital_scope(cast.hospital):
        assert DiagnosisRun.objects.get().state == "waiting"


def test_secretariat_sees_and_stops_everything_and_hospitals_hear_of_it(cast: Cast) -> None:
    signed(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital):
        runs.start_run(cast.hospital, by=cast.dai)
    sumi = signed_in(cast.sumi)
    assert "みなと病院" in sumi.get("/diagnosis/").content.decode()
    assert signed_in(cast.dai).get("/diagnosis/").status_code == 403
    sumi.post("/diagnosis/stop/", {"reason": "診療を優先する"})
    stop = EmergencyStop.objects.get()
    assert stop.hospital is None
    assert "診断の緊急停止（すべて）" in signed_in(cast.mallory).get("/h/OKANOUE/diagnosis/").content.decode()
    assert stops.in_force(cast.other_hospital).exists()
    sumi.post(f"/diagnosis/stops/{stop.pk}/lift/", {"reason": "確かめた"})
    assert not stops.in_force(None).exists()


def test_address_page_shows_ports_the_figure_and_evidence_that_is_what_was_hashed(
    cast: Cast, settings: Any, tmp_path: Any
) -> None:
    settings.DIAGNOSIS_DIR = tmp_path
    from sekisho.domain.diagnosis.run_document import document_of
    from tests.factories.diagnosis import address_result, run_result

    with hospital_scope(cast.hospital):
        run = DiagnosisRun.objects.create(hospital=cast.hospital, number=1, made_by=cast.dai, state="done")
        document = document_of(run_result(address_result(ADDRESS)))["addresses"][0]
        document["ports"][0]["product"] = "<script>alert(1)</script>"
        row = RunAddress.objects.create(
            hospital=cast.hospital, run=run, address=ADDRESS, state="complete", result=document, expected_missed=0.0002
        )
        now = timezone.now()
        good, bad, outside = (
            RunEvidence.objects.create(
                hospital=cast.hospital, run=run, run_address=row, path=path, tool="nmap", outcome="finished",
                sha256="63d7d87a43b4d6f6c1ec2a2d2fa6c4a31dcd68b7a1de80bf0a2cf94bd1ae0b3f" if path == "b.xml" else
                __import__("hashlib").sha256(b"<a/>").hexdigest(), started_at=now, ended_at=now, command=["nmap", "-n"],
            )
            for path in ("a.xml", "b.xml", "../../secret-key")
        )  # fmt: skip
        folder = stops.folder_of(run)
    folder.mkdir(parents=True)
    (folder / "a.xml").write_bytes(b"<a/>")
    (folder / "b.xml").write_bytes(b"<b>tampered</b>")
    (tmp_path / "secret-key").write_bytes(b"<a/>")
    alice = signed_in(cast.alice)
    body = alice.get(reverse("diagnosis:run_address", args=["MINATO", row.pk])).content.decode()
    assert "443/tcp" in body
    assert "0.0002個" in body
    assert "<script>alert" not in body
    got = alice.get(f"{HOME}evidence/{good.pk}/")
    assert (got.content, got.headers["X-Content-Type-Options"]) == (b"<a/>", "nosniff")
    assert AuditEvent.objects.filter(verb="diagnosis.evidence.downloaded").count() == 1
    refused = alice.get(f"{HOME}evidence/{bad.pk}/", follow=True)
    assert "照合番号と合いません" in refused.content.decode()
    assert alice.get(f"{HOME}evidence/{outside.pk}/").status_code == 404
    assert signed_in(cast.sora).get(f"{HOME}evidence/{good.pk}/").status_code == 403
