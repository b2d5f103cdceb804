"""The pages: what a clerk reads of each device, what the secretariat finds, what nobody else sees."""

import io
from typing import Any

import openpyxl
import pytest
from django.utils import timezone

from sekisho.apps.diagnosis.models import DiagnosisRun, RunAddress
from sekisho.apps.vulnerabilities import pages, search, watch
from sekisho.apps.vulnerabilities.models import FeedLoad, HospitalProduct, WatchMail, WatchNotice
from sekisho.domain.tri import Tri
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope
from tests.cast import Cast, signed_in
from tests.factories.feeds import epss, fortios, kev, nvd, nvd_cve
from tests.integration.vulnerabilities.conftest import Load, add_device

pytestmark = pytest.mark.django_db(transaction=True)


def text_of(user: Any, address: str, status: int = 200) -> str:
    response = signed_in(user).get(address)
    assert response.status_code == status, response.status_code
    return str(response.content.decode())


def fresh(load: Load) -> None:
    today = timezone.now()
    day = today.strftime("%Y-%m-%dT00:00:00.000")
    load(
        nvd(
            nvd_cve("CVE-2026-0001", fortios()),
            nvd_cve("CVE-2026-0002", fortios("7.0.0", "7.0.9")),
            at=day,
        )
    )
    load(kev("CVE-2026-0001", ransomware=True, at=day + "Z"), "kev.json")
    load(epss({"CVE-2026-0001": 0.94}, today.date().isoformat()), "epss.csv")


def use_of(device: Any) -> HospitalProduct:
    with all_hospitals(reason="test"):
        return HospitalProduct.objects.select_related("product", "hospital").get(device=device)


# --- One hospital -------------------------------------------------------------------------------------------------------
def test_devices_are_told_in_words_and_silence_is_never_safety(cast: Cast, load: Load) -> None:
    fresh(load)
    add_device(cast)
    add_device(cast, version="7.4.4")
    add_device(cast, version="")
    add_device(cast, "どこかの会社", "X-1", "1.0")
    add_device(cast, "", "", "")
    with hospital_scope(cast.hospital):
        rows = pages.rows_of(cast.hospital, can_answer=True)
    states = [(row.use.version, row.status.value) for row in rows]
    assert states == [("7.2.5", "danger"), ("", "warning"), ("7.4.4", "info"), ("1.0", "unknown"), ("", "unknown")]
    page = text_of(cast.alice, "/h/MINATO/weaknesses/")
    assert "攻撃に使われている弱点が1件" in page
    assert "安全という意味ではありません" in page
    assert "メーカーと型番を台帳に入れてください" in page
    assert "ソフトウェアの版を台帳に入れると" in page
    assert "弱点の情報が足りません" not in page
    assert "問題なし" not in page


def test_without_feeds_the_page_says_that_nothing_can_be_said(cast: Cast) -> None:
    add_device(cast)
    page = text_of(cast.alice, "/h/MINATO/weaknesses/")
    assert "弱点の情報が足りません" in page
    assert "調べられません" in page
    assert "いまの情報では見つかりません" not in page


def test_hospital_without_devices_is_told_what_to_do(cast: Cast) -> None:
    assert "台帳に装置がありません" in text_of(cast.alice, "/h/MINATO/weaknesses/")


def test_page_of_a_device_says_why_what_to_do_and_whom_to_ask(cast: Cast, load: Load) -> None:
    fresh(load)
    use = use_of(add_device(cast))
    page = text_of(cast.alice, f"/h/MINATO/weaknesses/products/{use.pk}/")
    assert "保守会社に「Fortinet FortiGate-60F を 7.2.7 以上へ」と依頼してください。" in page
    assert "CVE-2026-0001" in page
    assert "ランサムウェア攻撃での悪用が確認されています" in page
    assert "すぐに" in page
    not_affected = text_of(cast.alice, f"/h/MINATO/weaknesses/products/{use.pk}/?show=no")
    assert "CVE-2026-0002" in not_affected
    assert "CVE-2026-0001" not in not_affected


def test_device_without_a_version_opens_on_what_cannot_be_told(cast: Cast, load: Load) -> None:
    fresh(load)
    page = text_of(cast.alice, f"/h/MINATO/weaknesses/products/{use_of(add_device(cast, version='')).pk}/")
    assert "まず、機器に表示されている版を確かめて" in page
    assert 'aria-current="page">分からない' in page.replace("\n", "")


def test_changed_version_is_judged_at_once(cast: Cast, load: Load) -> None:
    from sekisho.apps.register import actions as register

    fresh(load)
    device = add_device(cast)
    with hospital_scope(cast.hospital):
        register.change_answers(device, answers={"software_version": "7.2.8"}, by=cast.alice)
    assert "攻撃に使われている弱点が1件" not in text_of(cast.alice, "/h/MINATO/weaknesses/")


def test_answering_a_notice_and_the_hospitals_first_page(cast: Cast, load: Load) -> None:
    add_device(cast)
    fresh(load)
    with all_hospitals(reason="test"):
        watch.look()
        notice = WatchNotice.objects.get(kind="known")
    home = text_of(cast.alice, "/h/MINATO/")
    assert "機器の弱点のお知らせを確かめる（急ぎ1件）" in home
    client = signed_in(cast.alice)
    address = f"/h/MINATO/weaknesses/notices/{notice.pk}/"
    assert client.post(address, {"state": "not-ours", "reason": ""}).status_code == 422
    assert client.post(address, {"state": "nonsense"}).status_code == 422
    assert client.post(address, {"state": "done", "reason": "7.2.8 に更新した"}).status_code == 302
    page = text_of(cast.alice, "/h/MINATO/weaknesses/")
    assert "答えたお知らせ" in page
    assert "7.2.8 に更新した" in page
    assert "急ぎ1件" not in text_of(cast.alice, "/h/MINATO/")
    assert signed_in(cast.bob).post(address, {"state": "open"}).status_code == 403


# --- Services that a diagnosis saw -----------------------------------------------------------------------------------------
def seen(hospital: Hospital, *ports: dict[str, Any], state: str = "complete") -> None:
    with hospital_scope(hospital):
        number = DiagnosisRun.objects.count() + 1
        run = DiagnosisRun.objects.create(hospital=hospital, number=number, state="done")
        RunAddress.objects.create(
            hospital=hospital, run=run, address="203.0.113.10", state=state, lines=["回線1"], ended_at=timezone.now(),
            result={"ports": list(ports), "protocols": ["tcp"]},
        )  # fmt: skip


SSH = {
    "protocol": "tcp", "port": 22, "state": "open", "service": "ssh", "product": "OpenSSH", "version": "8.4p1",
    "cpes": ["cpe:/a:openbsd:openssh:8.4p1"],
}  # fmt: skip


def test_seen_service_is_matched_and_goes_when_a_complete_run_no_longer_sees_it(cast: Cast, load: Load) -> None:
    openssh = {
        "vulnerable": True,
        "criteria": "cpe:2.3:a:openbsd:openssh:*:*:*:*:*:*:*:*",
        "versionEndExcluding": "9.8",
    }
    load(nvd(nvd_cve("CVE-2024-6387", openssh)))
    seen(cast.hospital, SSH, {**SSH, "port": 2222, "product": "", "cpes": []}, {**SSH, "port": 23, "state": "closed"})
    with all_hospitals(reason="test"):
        watch.look()
        use = HospitalProduct.objects.get()
    assert (use.subject, use.address, use.version) == ("service:203.0.113.10/tcp/22", "203.0.113.10", "8.4p1")
    assert "OpenSSH (22/tcp)" in text_of(cast.alice, "/h/MINATO/weaknesses/")
    seen(cast.hospital, state="stopped")
    with all_hospitals(reason="test"):
        watch.look()
        assert HospitalProduct.objects.get().gone_at is None
    seen(cast.hospital, state="complete")
    with all_hospitals(reason="test"):
        watch.look()
        assert HospitalProduct.objects.get().gone_at is not None


@pytest.mark.parametrize(
    "port",
    [
        {**SSH, "cpes": ["no cpe", "cpe:/h:x:y", "cpe:/a:::::"]},
        {**SSH, "product": "x" * 5000, "version": "\x1b[31m" * 500, "cpes": []},
    ],
)
def test_hostile_names_of_services_do_no_harm(cast: Cast, load: Load, port: dict[str, Any]) -> None:
    fresh(load)
    seen(cast.hospital, port)
    with all_hospitals(reason="test"):
        watch.look()
    assert signed_in(cast.alice).get("/h/MINATO/weaknesses/").status_code == 200


# --- The secretariat --------------------------------------------------------------------------------------------------------
def test_who_has_a_cve_counts_hospitals_and_keeps_sure_and_unsure_apart(cast: Cast, load: Load) -> None:
    fresh(load)
    add_device(cast)
    add_device(cast, version="", hospital=cast.other_hospital)
    add_device(cast, version="7.4.9", hospital=cast.other_hospital)
    page = text_of(cast.sumi, "/weaknesses/cve/CVE-2026-0001/")
    assert "当てはまる機器がある病院：1" in page
    assert "分からないものを含めると：2" in page
    assert page.count("FortiGate-60F") == 2
    only = text_of(cast.sumi, "/weaknesses/cve/CVE-2026-0001/?f.sure=yes")
    assert "OKANOUE" not in only
    with all_hospitals(reason="test"):
        found = search.products_with(search.weakness("CVE-2026-0001"))
    assert (len(found[Tri.YES]), len(found[Tri.UNKNOWN])) == (1, 1)


def test_search_by_number_leads_to_its_page_and_nonsense_is_told(cast: Cast) -> None:
    client = signed_in(cast.sumi)
    assert client.get("/weaknesses/?cve=cve-2024-21762")["Location"] == "/weaknesses/cve/CVE-2024-21762/"
    assert "CVE の番号は" in client.get("/weaknesses/?cve=<script>").content.decode()
    assert "取り込んだ情報にありません" in client.get("/weaknesses/cve/CVE-2024-21762/").content.decode()
    assert client.get("/weaknesses/cve/nonsense/").status_code == 404


def test_search_by_product_and_version_over_all_hospitals(cast: Cast, load: Load) -> None:
    fresh(load)
    add_device(cast)
    add_device(cast, version="7.4.9", hospital=cast.other_hospital)
    with all_hospitals(reason="test"):
        watch.look()
    page = text_of(cast.sumi, "/weaknesses/?q=FortiGate 7.4")
    assert "OKANOUE" in page
    assert ">MINATO<" not in page
    assert "MINATO" in text_of(cast.sumi, "/weaknesses/?f.stands=exploited")
    assert "OKANOUE" not in text_of(cast.sumi, "/weaknesses/?f.stands=exploited")


def test_export_holds_what_the_list_shows(cast: Cast, load: Load) -> None:
    fresh(load)
    add_device(cast, model="=cmd|FortiGate-60F")
    add_device(cast, version="7.4.9", hospital=cast.other_hospital)
    client = signed_in(cast.sumi)
    answer = client.get("/weaknesses/cve/CVE-2026-0001/list.xlsx")
    rows = list(
        openpyxl.load_workbook(io.BytesIO(b"".join(answer) if answer.streaming else answer.content)).active.values
    )
    assert [row[0] for row in rows[-1:]] == ["MINATO"]
    csv = client.get("/weaknesses/list.csv?q=7.4").content.decode("utf-8-sig")
    assert csv.count("\r\n") == 2
    assert "OKANOUE" in csv
    assert client.get("/weaknesses/list.exe").status_code == 404


@pytest.mark.parametrize("path", ["/weaknesses/", "/weaknesses/notices/", "/weaknesses/cve/CVE-2026-0001/", "/feeds/"])
def test_only_the_office_sees_all_hospitals(cast: Cast, path: str) -> None:
    for user in (cast.alice, cast.bob, cast.dai, cast.sam, cast.mina):
        assert signed_in(user).get(path).status_code == 403
    assert signed_in(cast.sumi).get(path).status_code == 200


def test_no_hospital_sees_anothers(cast: Cast, load: Load) -> None:
    fresh(load)
    mine = use_of(add_device(cast))
    theirs = use_of(add_device(cast, "Fortinet", "FortiGate-100F", "7.2.1", cast.other_hospital))
    with all_hospitals(reason="test"):
        watch.look()
        notice = WatchNotice.objects.filter(subject=theirs).first()
    assert notice is not None
    assert "FortiGate-100F" not in text_of(cast.alice, "/h/MINATO/weaknesses/")
    assert signed_in(cast.alice).get(f"/h/MINATO/weaknesses/products/{theirs.pk}/").status_code == 404
    assert (
        signed_in(cast.alice).post(f"/h/MINATO/weaknesses/notices/{notice.pk}/", {"state": "done"}).status_code == 404
    )
    assert signed_in(cast.mallory).get(f"/h/MINATO/weaknesses/products/{mine.pk}/").status_code == 404


def test_failed_mails_are_seen_and_sent_again(cast: Cast, load: Load) -> None:
    add_device(cast)
    fresh(load)
    with all_hospitals(reason="test"):
        watch.look()
    WatchMail.objects.update(state="failed", problem="unreachable")
    page = text_of(cast.sumi, "/weaknesses/notices/")
    assert "届いていないメールがあります" in page
    assert "メールサーバにつながりませんでした" in page
    assert signed_in(cast.sumi).post("/weaknesses/mails/again/").status_code == 302
    assert set(WatchMail.objects.values_list("state", flat=True)) == {"waiting"}


# --- Feeds ----------------------------------------------------------------------------------------------------------------------
def test_administrator_hands_in_a_feed_and_sees_why_one_was_refused(cast: Cast) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from tests.factories.feed_loads import run_jobs

    client = signed_in(cast.ada)
    good = SimpleUploadedFile("kev.json", kev("CVE-2026-0001"))
    bad = SimpleUploadedFile("x.json", b"{}")
    answer = client.post("/feeds/upload/", {"file": [good, bad]})
    assert answer.status_code == 302
    run_jobs()
    assert dict(FeedLoad.objects.values_list("name", "state")) == {"kev.json": "done", "x.json": "refused"}
    page = client.get("/feeds/").content.decode()
    assert "見分けられません" in page
    assert "ありません" in page
    load = FeedLoad.objects.get(name="kev.json")
    detail = client.get(f"/feeds/{load.pk}/").content.decode()
    assert "この取り込みを取り消す" in detail
    assert client.post(f"/feeds/{load.pk}/undo/").status_code == 302
    assert client.post("/feeds/upload/").status_code == 422
    assert client.post("/feeds/look/").status_code == 302
