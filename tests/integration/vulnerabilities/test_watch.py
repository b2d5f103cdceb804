"""The watch: told once for each hospital, product and reason, whatever is loaded twice, dies or runs side by side."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connections
from django.utils import timezone

from sekisho.apps.register import actions as register
from sekisho.apps.vulnerabilities import letters, watch
from sekisho.apps.vulnerabilities.models import HospitalProduct, KnownProduct, WatchLetter, WatchMail, WatchNotice
from sekisho.foundation.accounts import mails
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope
from tests.cast import Cast
from tests.factories.feed_loads import run_jobs
from tests.factories.feeds import epss, fortios, kev, makers, nvd, nvd_cve
from tests.integration.vulnerabilities.conftest import Load, add_device

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _contact(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        for position, email in enumerate(("it@minato.example", "IT@minato.example", "not an address"), start=1):
            register.set_contact(cast.hospital, position=position, answers={"email": email}, by=cast.alice)


def look(**given: Any) -> int:
    with all_hospitals(reason="test"):
        return watch.look(**given)


def told() -> list[tuple[str, str]]:
    with all_hospitals(reason="test"):
        rows = WatchNotice.objects.order_by("key").values_list("hospital__code", "key")
        return [(code, key.split(":")[0] if key.startswith("known") else key) for code, key in rows]


def known(cast: Cast, load: Load) -> None:
    """A device that was looked at before anything new comes."""
    load(
        nvd(
            nvd_cve("CVE-2020-0001", fortios(), published="2020-01-01T00:00:00.000", modified="2020-01-02T00:00:00.000")
        )
    )
    load(kev("CVE-2010-0001", at="2026-11-18T00:00:00.000Z"), "kev.json")
    load(epss({"CVE-2020-0001": 0.01}, "2026-11-18"), "epss.csv")
    add_device(cast)
    look()
    assert told() == []


def days_ago(days: int) -> str:
    return (timezone.now() - timedelta(days=days)).strftime("%Y-%m-%dT00:00:00.000")


def new_cve(load: Load, number: str = "CVE-2026-0002", **given: Any) -> None:
    load(nvd(nvd_cve(number, fortios(), published=days_ago(3), modified=days_ago(2), **given)), f"{number}.json")


# --- What is told -----------------------------------------------------------------------------------------------------------
def test_new_entry_is_told_to_who_has_it_and_to_nobody_else(cast: Cast, load: Load) -> None:
    known(cast, load)
    add_device(cast, version="7.4.9", hospital=cast.other_hospital)
    look()
    new_cve(load)
    assert look() == 1
    assert told() == [("MINATO", "CVE-2026-0002:new")]
    assert look() == 0


def test_old_entry_that_a_feed_brings_late_is_no_news_unless_it_is_attacked(cast: Cast, load: Load) -> None:
    known(cast, load)
    old = {"published": "2019-01-01T00:00:00.000", "modified": "2019-02-01T00:00:00.000"}
    load(nvd(nvd_cve("CVE-2019-0001", fortios(), **old), nvd_cve("CVE-2019-0002", fortios(), **old)), "2019.json")
    load(kev("CVE-2010-0001", "CVE-2019-0002", at="2026-11-19T00:00:00.000Z"), "kev.json")
    look()
    assert told() == [("MINATO", "CVE-2019-0002:exploited")]


def test_analysis_that_comes_later_is_news(cast: Cast, load: Load) -> None:
    known(cast, load)
    load(nvd(nvd_cve("CVE-2026-0003", published=days_ago(9), modified=days_ago(9))), "bare.json")
    look()
    assert told() == []
    new_cve(load, "CVE-2026-0003")
    look()
    assert told() == [("MINATO", "CVE-2026-0003:new")]


def test_rises_are_told_one_after_the_other_and_only_the_weightiest_at_once(cast: Cast, load: Load) -> None:
    known(cast, load)
    new_cve(load)
    look()
    load(epss({"CVE-2026-0002": 0.3, "CVE-2020-0001": 0.05}, "2026-11-19"), "epss.csv")
    look()
    load(kev("CVE-2026-0002", "CVE-2020-0001", ransomware=True, at="2026-11-19T00:00:00.000Z"), "kev.json")
    look()
    assert [key for _code, key in told()] == [
        "CVE-2020-0001:ransomware",
        "CVE-2026-0002:likely",
        "CVE-2026-0002:new",
        "CVE-2026-0002:ransomware",
    ]


def test_threshold_is_a_setting(cast: Cast, load: Load, settings: Any) -> None:
    settings.WATCH_EPSS = 0.5
    known(cast, load)
    load(epss({"CVE-2020-0001": 0.49}, "2026-11-19"), "epss.csv")
    look()
    assert told() == []
    load(epss({"CVE-2020-0001": 0.5}, "2026-11-20"), "epss.csv")
    look()
    assert told() == [("MINATO", "CVE-2020-0001:likely")]


def test_what_was_attacked_all_along_is_told_in_one_notice(cast: Cast, load: Load) -> None:
    load(kev("CVE-2020-0001", "CVE-2020-0002"), "kev.json")
    load(nvd(nvd_cve("CVE-2020-0001", fortios()), nvd_cve("CVE-2020-0002", fortios())))
    add_device(cast)
    look()
    assert told() == [("MINATO", "known")]
    with all_hospitals(reason="test"):
        notice = WatchNotice.objects.get()
    assert (notice.facts["count"], notice.is_urgent) == (2, True)


def test_first_catalogue_of_its_kind_is_what_was_known_all_along(cast: Cast, load: Load) -> None:
    load(nvd(*[nvd_cve(f"CVE-2020-{number:04}", fortios()) for number in range(1, 9)]))
    add_device(cast)
    look()
    assert told() == []
    load(kev(*[f"CVE-2020-{number:04}" for number in range(1, 9)]), "kev.json")
    look()
    assert told() == [("MINATO", "known")]


def test_device_without_a_version_is_asked_to_find_out(cast: Cast, load: Load) -> None:
    known(cast, load)
    add_device(cast, version="", hospital=cast.other_hospital)
    look()
    new_cve(load)
    look()
    with all_hospitals(reason="test"):
        sure = dict(WatchNotice.objects.values_list("hospital__code", "facts__sure"))
    assert sure == {"MINATO": True, "OKANOUE": False}


def test_changed_device_begins_anew(cast: Cast, load: Load) -> None:
    known(cast, load)
    new_cve(load)
    look()
    with hospital_scope(cast.hospital):
        device = HospitalProduct.objects.get().device
        register.change_answers(device, answers={"software_version": "7.4.1"}, by=cast.alice)
    assert look() == 0
    load(
        nvd(nvd_cve("CVE-2026-0007", fortios("7.4.0", "7.4.5"), published=days_ago(1), modified=days_ago(1))), "7.json"
    )
    look()
    assert [key for _code, key in told()] == ["CVE-2026-0002:new", "CVE-2026-0007:new"]


def test_retired_device_is_left_in_peace(cast: Cast, load: Load) -> None:
    known(cast, load)
    with hospital_scope(cast.hospital):
        register.retire(HospitalProduct.objects.get().line, reason="撤去", by=cast.alice)
    new_cve(load)
    assert look() == 0


@pytest.mark.parametrize(
    ("left", "key"), [(400, None), (180, "support:180:"), (91, "support:180:"), (90, "support:90:"), (5, "support:30:"), (0, "support:30:"), (-1, "support:ended:")]
)  # fmt: skip
def test_end_of_support_is_told_at_its_steps(cast: Cast, load: Load, left: int, key: str | None) -> None:
    today = date(2026, 11, 21)
    until = (today + timedelta(days=left)).isoformat()
    load(makers("RTX1210", until), "makers.yaml")
    add_device(cast, "ヤマハ", "RTX1210", "Rev.14.01.40")
    look(today=today)
    look(today=today)
    assert told() == ([("MINATO", f"{key}{until}")] if key else [])


def test_each_step_to_the_end_is_told_once(cast: Cast, load: Load) -> None:
    load(makers("RTX1210", "2027-03-01"), "makers.yaml")
    add_device(cast, "ヤマハ", "RTX1210", "Rev.14.01.40")
    for day in range(0, 220, 5):
        look(today=date(2026, 8, 15) + timedelta(days=day + 1))
    steps = [key.split(":")[1] for _code, key in told()]
    assert sorted(steps) == ["180", "30", "90", "ended"]


# --- Once -----------------------------------------------------------------------------------------------------------------
def test_loading_twice_tells_once(cast: Cast, load: Load) -> None:
    known(cast, load)
    new_cve(load)
    look()
    new_cve(load, summary="said in other words", score=9.8)
    look()
    assert told() == [("MINATO", "CVE-2026-0002:new")]
    assert len(mail.outbox) == 2  # the contact, the secretariat


def test_pass_that_dies_while_it_tells_is_done_again_without_a_double(
    cast: Cast, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(cast, load)
    add_device(cast, hospital=cast.other_hospital)
    look()
    new_cve(load)
    whole, calls = letters.write, []

    def dies(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 2:
            raise SystemExit
        return whole(*given)

    monkeypatch.setattr(letters, "write", dies)
    with pytest.raises(SystemExit):
        look()
    assert len(told()) == 1
    assert not mail.outbox
    look()
    look()
    assert told() == [("MINATO", "CVE-2026-0002:new"), ("OKANOUE", "CVE-2026-0002:new")]
    with all_hospitals(reason="test"):
        assert WatchLetter.objects.filter(hospital__isnull=False).count() == 2
    assert sorted(one.to[0] for one in mail.outbox) == ["it@minato.example", cast.sumi.email]


def test_two_workers_at_once_tell_once(cast: Cast, load: Load) -> None:
    known(cast, load)
    new_cve(load)
    errors: list[BaseException] = []

    def act() -> None:
        try:
            look()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    assert told() == [("MINATO", "CVE-2026-0002:new")]
    with all_hospitals(reason="test"):
        assert WatchLetter.objects.filter(hospital__isnull=False).count() == 1
        assert WatchMail.objects.count() == 2
    assert len(mail.outbox) == 2


def test_jobs_follow_one_another_and_the_daily_pass_is_queued_once(cast: Cast, load: Load) -> None:
    known(cast, load)
    new_cve(load)
    assert run_jobs(watch.JOB_KIND) >= 1
    assert told() == [("MINATO", "CVE-2026-0002:new")]
    watch.look_tomorrow()
    with all_hospitals(reason="test"):
        waiting = Job.objects.get(kind=watch.JOB_KIND, state="queued")
        assert waiting.hospital is None
        assert not Job.objects.filter(kind=watch.JOB_KIND, state="failed").exists()
    assert timezone.localtime(waiting.not_before).hour == 6
    watch.look_soon()
    waiting.refresh_from_db()
    assert waiting.not_before is None


def test_no_job_of_the_programme_is_seen_by_a_hospital(cast: Cast, load: Load) -> None:
    known(cast, load)
    with hospital_scope(cast.hospital):
        assert not Job.objects.exists()


# --- Mails ---------------------------------------------------------------------------------------------------------------
def test_mails_name_neither_devices_nor_weaknesses(cast: Cast, load: Load, settings: Any) -> None:
    known(cast, load)
    new_cve(load)
    look()
    hospital, office = sorted(mail.outbox, key=lambda one: one.to[0])
    assert hospital.to == ["it@minato.example"]
    assert office.to == [cast.sumi.email]
    assert f"{settings.SITE_URL}/h/MINATO/weaknesses/" in hospital.body
    assert "1件" in hospital.subject
    assert f"{settings.SITE_URL}/weaknesses/notices/" in office.body
    assert "みなと病院" in office.body
    for one in (hospital, office):
        text = one.subject + one.body
        assert not [word for word in ("CVE", "Forti", "7.2", "10.0", "203.") if word in text]


def test_failed_mail_is_kept_seen_and_sent_again_on_request(
    cast: Cast, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(cast, load)
    new_cve(load)
    whole = mails.send

    def fails(name: str, *, to: str, **given: Any) -> None:
        if to.startswith("it@"):
            raise mails.MailNotSent(mails.MailProblem.UNREACHABLE)
        whole(name, to=to, **given)

    monkeypatch.setattr(letters.mails, "send", fails)
    look()
    look()
    failed = WatchMail.objects.get(state="failed")
    assert (failed.to, failed.problem, len(mail.outbox)) == ("it@minato.example", "unreachable", 1)
    monkeypatch.setattr(letters.mails, "send", whole)
    with all_hospitals(reason="test"):
        assert letters.send_again(failed, by=cast.sumi)
        assert letters.send_waiting() == 1
        assert not letters.send_again(failed, by=cast.sumi)
    assert len(mail.outbox) == 2


def test_mail_of_a_worker_that_died_while_sending_is_unsure_and_not_sent_by_itself(
    cast: Cast, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(cast, load)
    new_cve(load)

    def dies(*_given: Any, **_more: Any) -> None:
        raise SystemExit

    whole = mails.send
    monkeypatch.setattr(letters.mails, "send", dies)
    with pytest.raises(SystemExit):
        look()
    monkeypatch.setattr(letters.mails, "send", whole)
    WatchMail.objects.filter(state="sending").update(tried_at=timezone.now() - timedelta(hours=1))
    look()
    assert sorted(WatchMail.objects.values_list("state", flat=True)) == ["sent", "unsure"]
    assert len(mail.outbox) == 1


# --- Answers --------------------------------------------------------------------------------------------------------------
def test_answers_are_kept_with_their_reason(cast: Cast, load: Load) -> None:
    known(cast, load)
    new_cve(load)
    look()
    with hospital_scope(cast.hospital):
        notice = WatchNotice.objects.get()
        with pytest.raises(watch.NoReason):
            watch.answer(notice, state="not-ours", reason=" ", by=cast.alice)
        with pytest.raises(ValueError, match="other"):
            watch.answer(notice, state="other", reason="", by=cast.alice)
        done = watch.answer(notice, state="not-ours", reason="先月撤去した", by=cast.alice)
        assert (done.state, done.reason, done.answered_by) == ("not-ours", "先月撤去した", cast.alice)
        again = watch.answer(notice, state="open", reason="", by=cast.alice)
        assert (again.state, again.reason, again.answered_at) == ("open", "", None)
    assert look() == 0


def test_product_is_judged_once_for_all_hospitals(cast: Cast, load: Load) -> None:
    known(cast, load)
    add_device(cast, hospital=cast.other_hospital)
    look()
    assert KnownProduct.objects.count() == 1
    with all_hospitals(reason="test"):
        assert HospitalProduct.objects.count() == 2
