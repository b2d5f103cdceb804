"""Two people at one record, and a connection that goes away: nothing written is lost."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sekisho.apps.judgement import queries as judgement
from sekisho.apps.register import actions
from sekisho.foundation.accounts.permissions import Role
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.browser import product
from tests.cast import Cast, make_cast, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return make_cast()


@pytest.fixture
def questions(cast: Cast) -> str:
    return f"/h/{cast.hospital.code}/level/questions/"


def _field(page: Page) -> Any:
    return page.locator("[data-field]").first


def _colleague(cast: Cast) -> Any:
    return make_user("chie@minato.example", "千枝 智恵", (Role.HOSPITAL_STAFF, cast.hospital, ""))


def test_second_editor_of_an_answer_sees_both_values_and_decides(
    cast: Cast, visit: Any, watch: Any, questions: str, axe_violations: Any
) -> None:
    watch.allow_statuses.add(409)
    alice = visit(questions, user=cast.alice)
    chie = visit(questions, user=_colleague(cast))
    key = _field(alice).get_attribute("data-field")
    _field(alice).get_by_label("切り離されている", exact=True).check()
    expect(_field(alice).locator(".save-state")).to_have_text("保存しました")
    _field(chie).get_by_label("切り離されていない", exact=True).check()
    box = _field(chie).locator(".conflict")
    expect(box).to_contain_text("切り離されている")
    expect(box).to_contain_text(cast.alice.name)
    expect(box.locator("dd")).to_have_text(["切り離されていない", "切り離されている"])
    assert axe_violations(chie) == []
    with hospital_scope(cast.hospital):
        before = judgement.declared_facts(cast.hospital)[key].value
    box.get_by_role("button").first.click()
    expect(box).to_have_count(0)
    expect(_field(chie).locator(".save-state")).to_have_text("保存しました")
    with hospital_scope(cast.hospital):
        assert judgement.declared_facts(cast.hospital)[key].value != before


@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_second_editor_of_a_record_chooses(cast: Cast, visit: Any, watch: Any, choice: str) -> None:
    watch.allow_statuses.add(409)
    with hospital_scope(cast.hospital):
        line = actions.add_line(cast.hospital, answers={"carrier": "NTT東日本"}, by=cast.alice)
    address = product.address_of(cast.hospital, "line_edit", line.pk)
    alice, chie = visit(address, user=cast.alice), visit(address, user=_colleague(cast))
    for page, text in ((alice, "KDDI"), (chie, "ソフトバンク")):
        page.locator("[name=carrier]").fill(text)
        page.locator("[name=carrier]").blur()
        if page is alice:
            expect(page.locator("[data-field=carrier] .save-state")).to_have_text("保存しました")
    box = chie.locator("[data-field=carrier] .conflict")
    expect(box.locator("dd")).to_have_text(["ソフトバンク", "KDDI"])
    box.get_by_role("button").nth(0 if choice == "mine" else 1).click()
    expect(box).to_have_count(0)
    expect(chie.locator("[data-field=carrier] .save-state")).to_have_text("保存しました")
    wanted = {"mine": "ソフトバンク", "theirs": "KDDI"}[choice]
    expect(chie.locator("[name=carrier]")).to_have_value(wanted)
    assert product.line(cast.hospital, line.number).carrier == wanted


def test_reason_goes_along_with_what_is_saved_by_itself(cast: Cast, visit: Any) -> None:
    with hospital_scope(cast.hospital):
        line = actions.add_line(cast.hospital, answers={}, by=cast.alice)
    page = visit(product.address_of(cast.hospital, "line_edit", line.pk), user=cast.alice)
    page.locator("[name=reason]").fill("請求書で確かめた")
    page.locator("[name=circuit_id]").fill("CAF00009")
    page.locator("[name=circuit_id]").blur()
    expect(page.locator("[data-field=circuit_id] .save-state")).to_have_text("保存しました")
    page.get_by_role("button", name="保存する", exact=True).click()
    expect(page.locator(".history").first).to_contain_text("請求書で確かめた")


def test_wrong_value_is_refused_beside_its_field(cast: Cast, visit: Any, watch: Any) -> None:
    watch.allow_statuses.add(422)
    with hospital_scope(cast.hospital):
        line = actions.add_line(cast.hospital, answers={"global_address": "198.51.100.4"}, by=cast.alice)
    page = visit(product.address_of(cast.hospital, "line_edit", line.pk), user=cast.alice)
    page.locator("[name=global_address]").fill("not an address")
    page.locator("[name=global_address]").blur()
    expect(page.locator("[data-field=global_address] .field__error")).not_to_be_empty()
    assert product.line(cast.hospital, line.number).global_address == "198.51.100.4"


def test_without_a_connection_the_draft_is_kept_and_sent_later(
    cast: Cast, visit: Any, watch: Any, questions: str
) -> None:
    watch.allow_offline = True
    page = visit(questions, user=cast.alice)
    key = _field(page).get_attribute("data-field")
    page.context.set_offline(True)
    _field(page).get_by_label("切り離されていない", exact=True).check()
    expect(_field(page).locator(".save-state")).to_contain_text("つながっていません")
    kept = page.evaluate("JSON.stringify(Object.entries(sessionStorage))")
    assert str(key) in kept
    with hospital_scope(cast.hospital):
        declared = judgement.declared_facts(cast.hospital)
        assert key not in declared or not declared[key].value
    page.context.set_offline(False)
    expect(_field(page).locator(".save-state")).to_have_text("保存しました")
    page.reload()
    expect(_field(page).get_by_label("切り離されていない", exact=True)).to_be_checked()
    watch.problems.clear()  # what the console says of a request without a connection
