"""From a feed handed in to a notice answered: the secretariat, the clerk, the secretariat again; and without feeds."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from sekisho.apps.register import actions as register
from sekisho.apps.vulnerabilities import knowledge, watch
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope
from tests.browser import product
from tests.cast import Cast, make_cast
from tests.factories.feeds import epss, fortios, kev, nvd, nvd_cve

pytestmark = pytest.mark.django_db(transaction=True)
DEVICES = (
    {"maker": "Fortinet", "model": "FortiGate-60F", "software_version": "7.2.5"},
    {"maker": "Fortinet", "model": "FortiGate-100F"},
    {"maker": "ヤマハ", "model": "RTX1210", "software_version": "Rev.14.01.40"},
    {"manufactured_year": 2015},
)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    knowledge.forget()
    cast = make_cast()
    with hospital_scope(cast.hospital):
        for words in DEVICES:
            register.add_line(cast.hospital, answers={}, devices={1: words}, by=cast.alice, source="test")
    return cast


def files() -> list[Any]:
    now = timezone.now()
    day = now.strftime("%Y-%m-%dT00:00:00.000")
    first = nvd_cve("CVE-2026-0001", fortios(), score=9.8)
    sent = {
        "nvd.json": nvd(first, nvd_cve("CVE-2026-0002", fortios("7.0.0", "7.0.9")), at=day),
        "kev.json": kev("CVE-2026-0001", ransomware=True, at=f"{day}Z"),
        "epss.csv": epss({"CVE-2026-0001": 0.94}, now.date().isoformat()),
        "写真.json": b"not a feed",
    }
    return [{"name": name, "mimeType": "text/plain", "buffer": content} for name, content in sent.items()]


def test_from_a_feed_to_an_answered_notice(cast: Cast, visit: Any, axe_violations: Any, picture: Any) -> None:
    office = visit("/feeds/", user=cast.sumi)
    expect(office.locator("main")).to_contain_text("ありません")
    office.locator("main input[type=file]").set_input_files(files())
    office.get_by_role("button", name="取り込む").click()
    expect(office.locator("#messages")).to_contain_text("4個のファイルを預かりました")
    with product.worker():
        for _try in range(90):
            office.reload()
            taken = office.get_by_text("取り込んだ", exact=True).count()
            if taken == 3 and office.get_by_text("最後に病院の機器と").count():
                break
            office.wait_for_timeout(1_000)
    expect(office.locator("main")).to_contain_text("見分けられません")
    picture(office, "weaknesses-feeds")
    assert axe_violations(office) == []
    office.get_by_role("link", name="kev.json").click()
    expect(office.get_by_role("button", name="この取り込みを取り消す")).to_be_visible()
    assert axe_violations(office) == []

    page = visit("/h/MINATO/", user=cast.alice)
    expect(page.locator("main")).to_contain_text("機器の弱点のお知らせを確かめる")
    page.get_by_role("link", name="お知らせを開く").click()
    expect(page.locator(".notice-item")).to_have_count(2)
    picture(page, "weaknesses-start")
    assert axe_violations(page) == []
    page.locator("table").get_by_role("link", name="Fortinet FortiGate-60F").click()
    expect(page.locator(".weakness__action")).to_contain_text("7.2.7 以上へ")
    picture(page, "weaknesses-product")
    assert axe_violations(page) == []
    page.go_back()
    notice = page.locator(".notice-item").filter(has_text="FortiGate-60F")
    notice.get_by_label("書き添え").fill("7.2.8 に更新した")
    notice.get_by_role("button", name="対応した").click()
    expect(page.locator(".answered summary")).to_contain_text("1")

    office = visit("/weaknesses/", user=cast.sumi)
    expect(office.locator("tbody tr")).to_have_count(4)
    picture(office, "weaknesses-office")
    assert axe_violations(office) == []
    office.get_by_label("この弱点がある病院を探す").fill("cve-2026-0001")
    office.get_by_role("button", name="探す", exact=True).click()
    expect(office.locator("main")).to_contain_text("当てはまる機器がある病院：1")
    picture(office, "weaknesses-cve")
    assert axe_violations(office) == []
    office.get_by_role("link", name="お知らせとメール").click()
    expect(office.locator("tbody tr")).to_have_count(2)
    picture(office, "weaknesses-notices")
    assert axe_violations(office) == []


def test_without_feeds_nothing_is_called_safe(cast: Cast, visit: Any, axe_violations: Any, picture: Any) -> None:
    with all_hospitals(reason="test"):
        watch.look()
    page = visit("/h/MINATO/weaknesses/", user=cast.alice, width=390)
    expect(page.locator("main")).to_contain_text("弱点の情報が足りません")
    expect(page.locator(".status--ok")).to_have_count(0)
    picture(page, "weaknesses-phone")
    assert axe_violations(page) == []
