"""A clerk drops the vendors' configurations, sees what a break-in costs, and asks for the change that stops it."""

from typing import Any

import pytest
from playwright.sync_api import expect

from sekisho.apps.network import actions, configurations
from sekisho.apps.network.models import ChangeRequest, NetworkPlan
from sekisho.catalogue.samples import sample_folder
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.browser import product
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)
AOBA = sample_folder("aoba")


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return make_cast()


def test_from_dropped_configurations_to_a_change_request(cast: Cast, visit: Any, axe_violations: Any) -> None:
    with hospital_scope(cast.hospital):
        reading = actions.read_plan(cast.hospital, (AOBA / "network.yaml").read_bytes())
        actions.add_plan(cast.hospital, network=reading.network, source="upload", by=cast.alice, base=0)

    # Many files at once; the page tells how far it is and leads on by itself.
    page = visit("/h/MINATO/network/configurations/", user=cast.alice)
    page.locator("main input[type=file]").set_input_files([str(path) for path in sorted((AOBA / "configs").glob("*"))])
    page.get_by_role("button", name="入れて読む").click()
    expect(page.locator(".job")).to_be_visible()
    with product.worker():
        expect(page.locator(".coverage")).to_have_count(6, timeout=60_000)
    page.get_by_role("button", name="選んだ装置の設定として地図に入れる").click()
    expect(page.locator("#messages")).to_contain_text("第2版")

    # The state in one glance, and the line of the incident.
    expect(page.locator(".tile").first).to_contain_text("確実に届く")
    page.get_by_role("link", name="回線4 給食（献立・食数）").click()
    expect(page.locator(".way__hop")).to_have_count(2)
    expect(page.locator(".cut__changes li")).to_have_count(1, timeout=30_000)
    expect(page.locator(".cut")).to_contain_text("証明済み")
    expect(page.locator(".cut__numbers")).to_contain_text("1152台 → 0台")
    assert axe_violations(page) == []

    # Why: the very line of the router, and from there into the file.
    page.locator(".way__rule a").first.click()
    expect(page.locator(".decision__line code").first).to_contain_text("ip filter")
    page.locator(".decision__line a").first.click()
    expect(page.locator(".listing__here code")).to_contain_text("ip filter 10")
    page.go_back()
    page.go_back()

    # What-if answers while one clicks, by keyboard too.
    page.get_by_role("link", name="この変更を試してみる").click()
    page.wait_for_load_state("load")
    answer = page.locator("#answer")
    expect(answer).to_contain_text("届け出のある通信は、すべてそのまま通ります")
    page.get_by_label("回線4 給食（献立・食数）", exact=True).focus()
    page.keyboard.press("Space")
    expect(answer).to_contain_text("届け出のある通信が1件止まります")
    assert axe_violations(page) == []
    page.keyboard.press("Space")
    expect(answer).to_contain_text("届け出のある通信は、すべてそのまま通ります")
    page.get_by_label("表題").fill("給食の回線の遠隔操作を止める")
    page.get_by_role("button", name="下書きとして保存する").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("給食の回線の遠隔操作を止める")
    page.get_by_role("button", name="保守会社に依頼したことにする").click()
    expect(page.locator(".verdict .status")).to_contain_text("依頼済み")
    assert axe_violations(page) == []
    with hospital_scope(cast.hospital):
        assert ChangeRequest.objects.get().state == "sent"
        assert NetworkPlan.objects.count() == 2


def test_hospital_without_a_map_is_taught_how_to_begin(cast: Cast, visit: Any, axe_violations: Any) -> None:
    page = visit("/h/MINATO/network/", user=cast.alice)
    expect(page.get_by_role("heading", level=1)).to_have_text("どこから何に届くかを調べる")
    expect(page.locator(".card")).to_have_count(3)
    assert axe_violations(page) == []


def test_line_that_was_not_understood_is_ticked_off_in_place(
    cast: Cast, visit: Any, watch: Any, axe_violations: Any
) -> None:
    watch.allow_statuses.add(422)
    raw = b"ip lan1 address 10.0.0.1/24\nip filter 10 pass * * tcp * 443\nip lan1 secure filter in 10 77\nip filter 77 frobnicate * *\n"
    with hospital_scope(cast.hospital):
        taken, _is_new = configurations.take_in(cast.hospital, name="rtx.txt", content=raw, by=cast.alice)
        configurations.read_one(taken, by=cast.alice)
    page = visit(f"/h/MINATO/network/configurations/{taken.pk}/", user=cast.alice)
    riddle = page.locator(".riddle").first
    riddle.get_by_role("button", name="印を付ける").click()
    expect(riddle).to_contain_text("確かめたことを一言書いてください")
    riddle.locator("input[name=remark]").fill("保守会社に確認：使っていない規則")
    riddle.locator("input[name=remark]").press("Enter")
    expect(riddle).to_contain_text("確かめました")
    assert axe_violations(page) == []
