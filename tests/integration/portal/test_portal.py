"""First pages, the list of all hospitals, samples, and the one next thing along the whole way."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sekisho.apps.judgement import actions as judgement
from sekisho.apps.judgement import queries as judgement_queries
from sekisho.apps.network import queries as network_queries
from sekisho.apps.portal import sample
from sekisho.apps.portal.next_things import way_of
from sekisho.apps.programme import actions as programme
from sekisho.apps.programme.models import BasicsCheck, Terms
from sekisho.apps.register import actions as register
from sekisho.apps.register import queries as register_queries
from sekisho.apps.register.models import Line
from sekisho.apps.reports.models import IssuedReport
from sekisho.apps.workbooks import actions as workbooks
from sekisho.apps.workbooks.intake import intake_of
from sekisho.domain.facts import Unknown
from sekisho.foundation.accounts.models import User
from sekisho.foundation.accounts.permissions import ROLE_PERMISSIONS, Role
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.tenancy.models import Assignment, Hospital
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope
from tests.cast import Cast, signed_in
from tests.integration.workbooks.desk import aoba

pytestmark = pytest.mark.django_db


def queries_of(client: Any, address: str) -> int:
    """Return how many queries a page takes once everything that is remembered is remembered."""
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


# --- the list of hospitals -------------------------------------------------------------------------------------------
def make_hospital(cast: Cast, number: int, *, lines: int = 2) -> Hospital:
    hospital = Hospital.objects.create(code=f"H{number:04}", name=f"病院{number}")
    with hospital_scope(hospital):
        for _n in range(lines):
            register.add_line(hospital, answers={"carrier": Unknown("")}, by=cast.alice)
        IssuedReport.objects.create(hospital=hospital, issue=1, content="{}", content_hash="0" * 64, level=1)
    return hospital


def row_of(body: str, code: str) -> str:
    found = next(row for row in body.split("<tr") if f">{code}<" in row or f"/h/{code}/" in row)
    return " ".join(found.split())


def test_figures_of_each_hospital_are_its_own(cast: Cast) -> None:
    make_hospital(cast, 1, lines=3)
    with hospital_scope(cast.hospital):
        line = register.add_line(cast.hospital, answers={"provider": Unknown("")}, by=cast.alice)
        register.add_line(cast.hospital, answers={}, by=cast.alice)
        retired = register.add_line(
            cast.hospital, answers={"carrier": Unknown("")}, devices={1: {"model": Unknown("")}}, by=cast.alice
        )
        register.retire(retired, reason="解約", by=cast.alice)
        register.change_answers(line, answers={"fqdn": Unknown("")}, by=cast.alice)
    from sekisho.apps.portal.hospitals import with_figures

    figures = {h.code: (h.lines, h.questions, h.level) for h in with_figures(Hospital.objects.all())}
    assert figures == {"H0001": (3, 3, None), "MINATO": (2, 2, None), "OKANOUE": (0, 0, None)}
    signed_in(cast.alice).get("/h/MINATO/level/")
    assert {h.code: h.level for h in with_figures(Hospital.objects.all())}["MINATO"] == 1
    body = signed_in(cast.sumi).get("/hospitals/").content.decode()
    assert "病院1" in body


def test_list_of_hospitals_takes_no_more_queries_for_more_hospitals(cast: Cast) -> None:
    client = signed_in(cast.sumi)
    make_hospital(cast, 1)
    few = queries_of(client, "/hospitals/")
    for number in range(2, 12):
        make_hospital(cast, number)
    assert queries_of(client, "/hospitals/") == few


LISTS = ["register/", "register/devices/", "register/terminals/", "register/places/", "register/vendors/",
         "register/contracts/", "register/terminators/", "register/questions/", "register/retired/", "workbook/",
         "reports/", "history/", "register/own/"]  # fmt: skip


@pytest.mark.parametrize("page", LISTS)
def test_list_takes_no_more_queries_for_more_records(cast: Cast, page: str) -> None:
    client = signed_in(cast.sam if page == "register/own/" else cast.alice)
    fill(cast, 2)
    few = queries_of(client, f"/h/MINATO/{page}")
    fill(cast, 6)
    many = queries_of(client, f"/h/MINATO/{page}")
    assert many == few, f"{few} queries for 2 records, {many} for 8"


def fill(cast: Cast, count: int) -> None:
    """Add `count` of everything that a list may show."""
    with hospital_scope(cast.hospital):
        for _n in range(count):
            number = Line.objects.count() + 1
            line = register.add_line(
                cast.hospital,
                answers={
                    "carrier": Unknown("確認中"),
                    "vendor_name": "みなとメディカル株式会社",
                    "terminator_location": f"{number}階",
                    "terminator_kind": "onu",
                },
                devices={1: {"maker": "YAMAHA"}, 2: {"model": Unknown("")}},
                by=cast.alice,
            )
            register.add_terminal(
                cast.hospital, answers={"host_name": f"PC{number}", "location": "外来"}, by=cast.alice
            )
            register.vendor_named(cast.hospital, f"会社{number}", by=cast.alice)
            register.add_contract(cast.hospital, title=f"契約{number}", line=line, vendor=line.vendor, by=cast.alice)
            gone = register.add_line(cast.hospital, answers={"terminator_kind": "onu"}, by=cast.alice)
            register.retire(gone, reason="解約", by=cast.alice)
            IssuedReport.objects.create(
                hospital=cast.hospital, issue=number, content="{}", content_hash="0" * 64, level=1, issued_by=cast.alice
            )


# --- adding a hospital --------------------------------------------------------------------------------------------------
def test_secretariat_adds_a_hospital_and_asks_it_to_check(cast: Cast) -> None:
    answer = signed_in(cast.sumi).post("/hospitals/add/", {"code": "H0001", "name": "新しい病院"})
    assert answer["Location"] == "/h/H0001/members/"
    hospital = Hospital.objects.get(code="H0001")
    with hospital_scope(hospital):
        assert BasicsCheck.objects.get().asked_by_id == cast.sumi.pk
    verbs = AuditEvent.objects.filter(hospital=hospital).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["portal.hospital.added", "programme.basics.asked"]


@pytest.mark.parametrize("code", ["", "MINATO", "病院", "a b", "../x", "-x", "H" * 33, "H\x00"])
def test_code_that_cannot_stand_in_an_address_is_refused(cast: Cast, code: str) -> None:
    answer = signed_in(cast.sumi).post("/hospitals/add/", {"code": code, "name": "<b>新しい病院"})
    assert answer.status_code == 422
    assert "&lt;b&gt;新しい病院" in answer.content.decode()
    assert Hospital.objects.count() == 2
    assert not AuditEvent.objects.filter(verb="portal.hospital.added").exists()


def test_only_the_secretariat_adds_hospitals(cast: Cast) -> None:
    for person in (cast.alice, cast.bob, cast.mina, cast.ada):
        assert signed_in(person).post("/hospitals/add/", {"code": "H0001", "name": "x"}).status_code == 403


# --- samples ---------------------------------------------------------------------------------------------------------
def test_sample_is_loaded_once_with_everything_and_gets_new_passwords_each_time(db: None) -> None:
    first = sample.load("aoba")
    second = sample.load("aoba")
    assert {account.email for account in first} == {account.email for account in second}
    assert {account.password for account in first}.isdisjoint(account.password for account in second)
    hospital = Hospital.objects.get(code="AOBA", is_sample=True)
    with hospital_scope(hospital):
        assert Line.objects.filter(retired_at__isnull=True).count() == 15
        assert IssuedReport.objects.count() == 1
        assert judgement_queries.unanswered_facts(hospital) < len(judgement_queries.facts())
        assert {case_file.kind for case_file in judgement_queries.case_files(hospital)} == {"survey", "scan"}
        assert [plan.number for plan in network_queries.plans_of(hospital)] == [2, 1], (
            "network.yaml, then configurations"
        )
    clerk = User.objects.get(email=f"clerk@{sample.MAIL_DOMAIN}")
    assert clerk.check_password(second[0].password)
    assert Assignment.objects.filter(user=clerk).count() == 1
    verbs = AuditEvent.objects.filter(hospital=hospital).values_list("verb", flat=True)
    assert {"portal.hospital.added", "workbooks.upload.accepted", "reports.report.issued"} <= set(verbs)
    said = str(list(AuditEvent.objects.values_list("changes", "reason", "object_label")))
    assert not [a for a in (*first, *second) if a.password in said]


def test_sample_is_refused_in_production(db: None, settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(sample.SampleRefused):
        sample.load("hinata")
    assert not Hospital.objects.exists()
    assert not User.objects.exists()


def test_sample_leaves_a_hospital_and_terms_of_the_portals_own_alone(cast: Cast) -> None:
    Hospital.objects.create(code="AOBA", name="本物の青葉病院")
    with pytest.raises(sample.CodeTaken):
        sample.load("aoba")
    assert not User.objects.filter(email__endswith=sample.MAIL_DOMAIN).exists()
    own = programme.publish_terms(
        version="1.0", title="規約", text="自分たちの規約", effective_on=timezone.localdate(), by=None
    )
    sample.load("hinata")
    assert Terms.objects.get() == own
    assert Terms.objects.get().text == "自分たちの規約"


# --- the one next thing ------------------------------------------------------------------------------------------------
def test_next_thing_leads_along_the_whole_way(cast: Cast) -> None:
    """Each step is taken over the page that the next thing names, as far as a test needs it."""
    client = signed_in(cast.alice)
    hospital = cast.hospital

    def next_url() -> str:
        with hospital_scope(hospital):
            way = way_of(hospital, on=timezone.localdate(), may=ROLE_PERMISSIONS[Role.HOSPITAL_STAFF])
        assert way.next is not None
        body = client.get("/h/MINATO/").content.decode()
        assert way.next.what in body
        assert f'href="{way.next.url}"' in body
        assert client.get(way.next.url).status_code == 200
        return str(way.next.url)

    with hospital_scope(hospital):
        programme.publish_terms(version="1", title="規約", text="x", effective_on=timezone.localdate(), by=None)
        programme.ask_to_check(hospital, by=cast.sumi)
        assert next_url() == "/h/MINATO/basics/terms/"
        programme.agree(hospital, terms=Terms.objects.get(), signed_name="有栖", by=cast.alice)
        assert next_url() == "/h/MINATO/basics/"
        programme.answer_check(hospital, answer="correct", remarks="", by=cast.alice)
        assert next_url() == "/h/MINATO/workbook/"
        upload = workbooks.take_in(hospital, name="別紙2-1.xlsx", content=aoba(), by=cast.alice)
        assert next_url() == f"/h/MINATO/workbook/{upload.pk}/"
        workbooks.accept(upload, accept_gaps=True, fingerprint=intake_of(upload).fingerprint, by=cast.alice)
        assert next_url() == f"/h/MINATO/workbook/{upload.pk}/", "rows held back come before everything after"


def test_vendor_and_surveyor_are_shown_what_they_can_do(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        programme.ask_to_check(cast.hospital, by=cast.sumi)
        register.add_line(cast.hospital, answers={"carrier": Unknown("")}, by=cast.alice)
        way = way_of(cast.hospital, on=timezone.localdate(), may=ROLE_PERMISSIONS[Role.SURVEYOR])
        assert way.next is not None
        assert way.next.url == "/h/MINATO/register/questions/", "not what only the hospital can do"
        nothing = way_of(cast.hospital, on=timezone.localdate(), may=frozenset())
        assert nothing.next is None
        assert [step.state for step in nothing.steps].count("current") == 1


def test_answered_hospital_is_led_to_its_report(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        for fact in judgement_queries.facts():
            judgement.declare(cast.hospital, fact=fact.key, answer=fact.options[0].code, by=cast.alice)
        may = ROLE_PERMISSIONS[Role.HOSPITAL_STAFF] - {
            p for p in ROLE_PERMISSIONS[Role.HOSPITAL_STAFF] if "workbook" in p
        }
        way = way_of(cast.hospital, on=timezone.localdate(), may=may)
        assert way.next is not None
        assert way.next.url == "/h/MINATO/reports/"


def test_start_leads_by_role(cast: Cast) -> None:
    Assignment.objects.create(user=cast.mallory, hospital=cast.hospital, role=Role.DIRECTOR.value)
    body = signed_in(cast.mallory).get("/").content.decode()
    assert "/h/MINATO/" in body
    assert "/h/OKANOUE/" in body
    assert signed_in(cast.bob).get("/")["Location"] == "/h/MINATO/"


def test_health_says_that_the_database_answers(db: None, client: Any) -> None:
    assert client.get("/health/").json() == {"status": "ok"}


def test_no_page_of_one_hospital_shows_a_word_of_another(cast: Cast) -> None:
    with hospital_scope(cast.other_hospital):
        register.add_line(cast.other_hospital, answers={"circuit_id": "SECRET-OF-OKANOUE"}, by=cast.mallory)
    client = signed_in(cast.alice)
    for page in ("", "history/", *LISTS[:-1], "overview/", "level/", "members/"):
        assert "OKANOUE" not in client.get(f"/h/MINATO/{page}").content.decode().upper(), page
    with all_hospitals(reason="test"):
        assert register_queries.lines_in_use().count() == 1
