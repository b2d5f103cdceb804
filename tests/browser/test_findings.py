"""A clerk goes from the list to the vendor's letter and the settled finding; the pictures of the guide are taken on the way.

`SEKISHO_SCREENSHOTS=1 pytest tests/browser/test_findings.py` writes the pictures anew.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from sekisho.apps.findings.models import Finding
from sekisho.apps.findings.runs import keep_run
from sekisho.apps.network import actions as network
from sekisho.apps.portal import guidance
from sekisho.catalogue.samples import sample_folder
from sekisho.domain.diagnosis.results import ObservedPort
from sekisho.foundation.accounts.models import User
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast, make_cast
from tests.factories.diagnosis import make_line, signed
from tests.factories.findings import HTTPS, IKE, RDP, a_result, a_run, a_scan, nmap_xml

pytestmark = pytest.mark.django_db(transaction=True)
PICTURES = Path(guidance.__file__).parent / "static" / "portal" / "guide"
WRITE = os.environ.get("SEKISHO_SCREENSHOTS") == "1"
BASE = "/h/MINATO/findings/"
TELNET = ObservedPort("tcp", 23, "open", service="telnet", basis="probed")


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    cast = make_cast()
    now = timezone.now()
    with hospital_scope(cast.hospital):
        reading = make_line(cast.hospital, cast.alice, circuit_id="CAF0000001", purpose="画像の遠隔読影")
        upkeep = make_line(
            cast.hospital, cast.alice, "203.0.113.11", circuit_id="CAF0000002", purpose="検査装置の遠隔保守"
        )
        make_line(cast.hospital, cast.alice, None, circuit_id="CAF0000003", purpose="地域連携")
        plan = network.read_plan(cast.hospital, (sample_folder("aoba") / "network.yaml").read_bytes())
        network.add_plan(cast.hospital, network=plan.network, source="upload", by=cast.alice, base=0)
        for days, first, second in ((40, (RDP, HTTPS), (TELNET,)), (2, (RDP, IKE), ())):
            at = now - timedelta(days=days)
            keep_run(a_run(cast.hospital, reading), a_result(a_scan(*first, at=at)))
            run = a_run(cast.hospital, upkeep, address="203.0.113.11")
            keep_run(run, a_result(a_scan(*second, at=at, address="203.0.113.11")))
    signed(cast.hospital, cast.alice, reading)
    return cast


def the(cast: Cast, port: int) -> Finding:
    with hospital_scope(cast.hospital):
        return Finding.objects.get(kind="open-port", port=port)


def keep(page: Page, name: str, height: int = 900) -> None:
    """Take a picture for the guide in the language of the page."""
    language = page.evaluate("document.documentElement.lang")
    page.set_viewport_size({"width": 1120, "height": height})
    page.evaluate("document.fonts.ready")
    if WRITE:
        (PICTURES / language).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / language / f"{name}.png", animations="disabled")


def test_from_the_list_to_a_settled_finding(cast: Cast, visit: Any, watch: Any, axe_violations: Any) -> None:
    watch.allow_statuses = {422}
    page = visit("/h/MINATO/", user=cast.alice)
    page.get_by_role("link", name="急ぐものを見る").click()
    expect(page.locator("tbody tr")).not_to_have_count(0)
    page.get_by_role("link", name="一覧").click()
    page.get_by_role("link", name="3389/tcp").click()
    expect(page.locator(".answers-to__do")).to_contain_text("だれがするか")
    assert axe_violations(page) == []
    # What the table demands is said at the field, and nothing is lost.
    page.get_by_label("理由があって残す").check()
    page.get_by_role("button", name="状態を変える").click()
    expect(page.locator(".field--error").first).to_contain_text("理由を書いてください")
    assert axe_violations(page) == []
    page.get_by_label("対応中").check()
    page.locator("#id_reason").fill("保守会社に依頼した")
    page.get_by_role("button", name="状態を変える").click()
    expect(page.locator("#messages, .messages").first).to_contain_text("「対応中」にしました")
    expect(page.locator(".history")).to_contain_text("保守会社に依頼した")
    # Many at once, and back.
    page.goto(page.url.split("/findings/")[0] + "/findings/")
    page.get_by_label("このページの行をすべて選ぶ").check()
    page.get_by_role("button", name="状態をまとめて変える").click()
    page.get_by_label("直した（確認待ち）").check()
    page.get_by_role("button", name="何が変わるかを見る").click()
    expect(page.locator(".card")).to_contain_text("変わるもの")
    assert axe_violations(page) == []
    page.get_by_role("button", name="このとおりに変える").click()
    expect(page.locator("#messages, .messages").first).to_contain_text("にしました")
    page.get_by_role("button", name="元に戻す").click()
    expect(page.locator("#messages, .messages").first).to_contain_text("元の状態に戻しました")
    assert the(cast, 3389).status == "in_work"


def test_file_of_another_tool_is_dropped_in(cast: Cast, visit: Any, watch: Any, axe_violations: Any) -> None:
    watch.allow_statuses = {422}
    page = visit(f"{BASE}looks/", user=cast.dai)
    send = page.locator("main input[type=file]")
    send.set_input_files({"name": "x.xml", "mimeType": "text/xml", "buffer": b"<nmaprun"})
    page.get_by_role("button", name="取り込む").click()
    expect(page.locator(".field__error").first).to_be_visible()
    assert axe_violations(page) == []
    content = nmap_xml(("tcp", 3389), ("tcp", 8080), at=timezone.now())
    page.locator("main input[type=file]").set_input_files({"name": "y.xml", "mimeType": "text/xml", "buffer": content})
    page.get_by_role("button", name="取り込む").click()
    expect(page.locator("#messages, .messages").first).to_contain_text("取り込みました")
    expect(page.locator("table").first).to_contain_text("y.xml")


@pytest.mark.parametrize("name", ["", "looks/", "compare/", "outside/", "one", "ports"])
def test_pages_work_on_a_phone(cast: Cast, visit: Any, axe_violations: Any, name: str) -> None:
    with hospital_scope(cast.hospital):
        seen = the(cast, 3389).evidence.first()
        assert seen is not None
        path = {"one": f"{the(cast, 3389).pk}/", "ports": f"ports/{seen.observation.addresses.get().pk}/"}.get(
            name, name
        )
    page = visit(BASE + path, user=cast.alice, width=375)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert axe_violations(page) == []


@pytest.mark.parametrize("language", guidance.LANGUAGES)
def test_pictures_of_the_guide(cast: Cast, visit: Any, language: str) -> None:
    User.objects.filter(pk=cast.alice.pk).update(language=language)
    user = User.objects.get(pk=cast.alice.pk)
    locale = {"ja": "ja-JP", "en": "en-GB"}[language]
    taken = set()
    for name, path, height in (
        ("findings-list", "?f.status=_active", 900),
        ("findings-one", f"{the(cast, 3389).pk}/", 1250),
        ("findings-compare", "compare/", 1100),
        ("findings-outside", "outside/", 1100),
    ):
        page = visit(BASE + path, user=user, width=1120, locale=locale)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        keep(page, name, height)
        taken.add(f"{name}.png")
    assert taken == set(guidance.article("findings", language).pictures)
