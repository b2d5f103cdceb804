"""Take the pictures of the guide: `SEKISHO_SCREENSHOTS=1 pytest tests/browser/test_guide_pictures.py` writes them anew.

Without it the same way is walked and nothing is written, so that the pictures can always be taken.
"""

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from sekisho.apps.diagnosis import confirmations, pages, runs
from sekisho.apps.diagnosis.models import DiagnosisRun, RunAddress, RunEvent
from sekisho.apps.portal import guidance
from sekisho.apps.vulnerabilities import watch
from sekisho.apps.vulnerabilities.models import HospitalProduct
from sekisho.apps.workbooks import actions as workbooks
from sekisho.domain.diagnosis.runs import Stage
from sekisho.foundation.accounts.models import User
from sekisho.foundation.accounts.permissions import Role
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope
from tests.browser import product
from tests.cast import make_user
from tests.factories import diagnosis, feeds
from tests.factories.feed_loads import load_feed

pytestmark = pytest.mark.django_db(transaction=True)
FOLDER = Path(guidance.__file__).parent / "static" / "portal" / "guide"
WRITE = os.environ.get("SEKISHO_SCREENSHOTS") == "1"


@pytest.fixture
def filled(transactional_db: None) -> tuple[Hospital, User]:
    return product.load_sample()


SAVED = {"ja": "保存しました", "en": "Saved"}
LOCALES = {"ja": "ja-JP", "en": "en-GB"}


def _keep(page: Page, name: str, *, height: int = 900) -> None:
    language = page.evaluate("document.documentElement.lang")
    page.set_viewport_size({"width": 1120, "height": height})
    page.evaluate("document.fonts.ready")
    if WRITE:
        (FOLDER / language).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=FOLDER / language / f"{name}.png", animations="disabled")


@pytest.mark.parametrize("language", guidance.LANGUAGES)
def test_pictures_of_the_guide(language: str, filled: tuple[Hospital, User], visit: Any, watch: Any) -> None:
    hospital, clerk = filled
    visit = partial(_visit_as_speaker, visit, language)
    watch.allow_statuses.add(409)
    taken: set[str] = set()
    page = visit(f"/h/{hospital.code}/", user=clerk, width=1120)
    assert page.evaluate("document.documentElement.lang") == language
    origin = page.url.split("/h/")[0]

    def take(name: str, address: str, *, height: int = 900) -> None:
        page.goto(origin + address)
        page.wait_for_load_state("load")
        _keep(page, name, height=height)
        taken.add(name)

    line = product.line(hospital, 4)
    home = f"/h/{hospital.code}/"
    take("home", home, height=1150)
    take("lines", f"{home}register/", height=1000)
    take("line", product.address_of(hospital, "line_detail", line.pk), height=1250)
    take("edit", product.address_of(hospital, "line_edit", line.pk))
    _conflict(language, hospital, clerk, visit, product.address_of(hospital, "line_edit", line.pk))
    taken.add("conflict")
    take("unknown", f"{home}register/questions/", height=800)
    take("workbook-start", f"{home}workbook/", height=800)
    with hospital_scope(hospital):
        upload = workbooks.take_in(hospital, name="別紙2-1.xlsx", content=product.WORKBOOK.read_bytes(), by=clerk)
    take("workbook-result", f"{home}workbook/{upload.pk}/", height=1150)
    take("overview", f"{home}overview/", height=1000)
    take("network", f"{home}network/", height=1150)
    take("network-why", f"{home}network/why/?src=line-4&dst=catering-sv&service=tcp/3389", height=1050)
    take("network-matrix", f"{home}network/matrix/", height=800)
    page.goto(f"{origin}{home}network/entry/?line=line-4")
    expect(page.locator(".cut__changes")).to_be_visible(timeout=30_000)
    _keep(page, "network-entry", height=1400)
    taken.add("network-entry")
    take("network-what-if", f"{home}network/what-if/?cut=3", height=1150)
    take("network-configurations", f"{home}network/configurations/", height=1050)
    run = _diagnosis(hospital, clerk)
    take("diagnosis-consents", f"{home}diagnosis/consents/", height=1250)
    take("diagnosis-sign", f"{home}diagnosis/consents/sign/", height=1250)
    take("diagnosis-run", f"{home}diagnosis/runs/{run}/", height=1250)
    page.goto(origin + _weaknesses(hospital))
    _keep(page, "weaknesses-product", height=1000)
    taken.add("weaknesses-product")
    take("weaknesses-start", f"{home}weaknesses/", height=1250)
    take("level", f"{home}level/", height=1150)
    take("risk", f"{home}level/risk/", height=1150)
    take("facts", f"{home}level/questions/")
    take("reports", f"{home}reports/", height=800)
    take("basics", f"{home}basics/", height=1000)
    take("members", f"{home}members/", height=700)
    take("history", f"{home}history/", height=900)
    office = visit("/hospitals/", user=make_user("office@sekisho.example", "墨田 まり", (Role.SECRETARIAT, None, "")))
    _keep(office, "hospitals", height=640)
    taken.add("hospitals")
    for name, address, height in (("office", "/weaknesses/", 900), ("feeds", "/feeds/", 1150)):
        office.goto(origin + address)
        office.wait_for_load_state("load")
        _keep(office, f"weaknesses-{name}", height=height)
        taken.add(f"weaknesses-{name}")
    # Those of the findings need hosts that answered: test_findings.py takes them, and holds them against their page.
    used = {
        picture
        for article in guidance.contents(language)
        for picture in article.pictures
        if not picture.startswith("findings-")
    }
    assert {f"{name}.png" for name in taken} == used


def _diagnosis(hospital: Hospital, clerk: User) -> str:
    """Let the sample hospital consent, half sign, and be scanned; return the id of the run under way."""
    with hospital_scope(hospital):
        found = pages.ledger_context(hospital)["rows"]
    lines = [row.line for row in found if row.kind == "ready"]
    fixed = [line for line in lines if line.address_assignment == "fixed"]
    contact = {"stop_contact": "06-0000-0000", "packets_per_second": 400}
    rows = [diagnosis.signed(hospital, clerk, line, **contact) for line in fixed[:2]]
    diagnosis.prepared(hospital, clerk, lines[-1], **contact)
    with hospital_scope(hospital):
        for line in lines:
            if line.address_assignment == "dynamic":
                confirmations.confirm(line, address="198.51.100.9", said_by=clerk.name, way="screen", by=clerk)
        run = runs.start_run(hospital, by=clerk, consents=[row.pk for row in rows])
        DiagnosisRun.objects.filter(pk=run.pk).update(state="running", began_at=timezone.now())
        first = RunAddress.objects.filter(run=run).first()
        under_way = {"pass_number": 1, "asked_ports": 24_576, "of_ports": 65_535, "rate": 380.0, "seconds_left": 108}
        RunAddress.objects.filter(run=run).update(state="running", stage="tcp", open_ports=1, **under_way)
        if first is not None:
            done = {"expected_missed": 0.0003, "open_ports": 3, "packets": 139_264}
            RunAddress.objects.filter(pk=first.pk).update(state="complete", stage="done", **done)
        for stage in (Stage.WAITING, Stage.TCP, Stage.UDP, Stage.SERVICES, Stage.CHECKS, Stage.DONE):
            address = first.address if first is not None else None
            RunEvent.objects.create(hospital=hospital, run=run, address=address, text=stage.word.as_dict())
    return str(run.pk)


def _weaknesses(hospital: Hospital) -> str:
    """Take over small feeds and look once; return the address of the device that most is known of."""
    now = timezone.now()
    day = now.strftime("%Y-%m-%dT00:00:00.000")
    first = feeds.nvd_cve("CVE-2024-21762", feeds.fortios("7.0.0", "7.0.14"), score=9.8)
    second = feeds.nvd_cve("CVE-2024-23110", feeds.fortios("7.0.0", "7.0.14"), score=7.8)
    taken_over = {
        "nvdcve-2.0-2024.json": feeds.nvd(first, second, at=day),
        "known_exploited_vulnerabilities.json": feeds.kev("CVE-2024-21762", ransomware=True, at=f"{day}Z"),
        "epss_scores-current.csv": feeds.epss({"CVE-2024-21762": 0.93, "CVE-2024-23110": 0.01}, now.date().isoformat()),
    }
    for name, content in taken_over.items():
        load_feed(content, name)
    with all_hospitals(reason="test"):
        watch.look()
        most = HospitalProduct.objects.order_by("-product__affected").exclude(product=None).first()
    assert most is not None
    return f"/h/{hospital.code}/weaknesses/products/{most.pk}/"


def _visit_as_speaker(visit: Any, language: str, path: str, *, user: User, **options: Any) -> Page:
    User.objects.filter(pk=user.pk).update(language=language)
    page: Page = visit(path, user=user, locale=LOCALES[language], **options)
    return page


def _conflict(language: str, hospital: Hospital, clerk: User, visit: Any, address: str) -> None:
    """Let a colleague change the same answer, and show what the second of both sees."""
    colleague = make_user("sakura@aoba.example", "湊 さくら", (Role.HOSPITAL_STAFF, hospital, ""))
    mine = visit(address, user=clerk, width=1120)
    theirs = visit(address, user=colleague)
    for editor, text in ((theirs, "KDDI"), (mine, "NTT西日本")):
        editor.locator("[name=carrier]").fill(text)
        editor.locator("[name=carrier]").blur()
        if editor is theirs:
            expect(editor.locator("[data-field=carrier] .save-state")).to_have_text(SAVED[language])
    box = mine.locator("[data-field=carrier] .conflict")
    expect(box).to_contain_text("KDDI")
    mine.set_viewport_size({"width": 1120, "height": 640})
    mine.locator("[data-field=carrier]").evaluate("field => field.scrollIntoView({block: 'center'})")
    _keep(mine, "conflict", height=640)
    box.get_by_role("button").nth(1).click()
    expect(box).to_have_count(0)
