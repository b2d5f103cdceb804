"""The components in a real browser: what axe finds, what the keyboard reaches, what the scripts do."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from sekisho.foundation.accounts.models import User
from sekisho.foundation.ui.models import SavedView

PAGES = ["style:components", "style:list", "style:record"]
Axe = Callable[[Page], list[str]]


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(visit: Any, sumi: User, axe_violations: Axe, picture: Any, name: str, width: int) -> None:
    page = visit(reverse(name), user=sumi, width=width)
    picture(page, f"{name.replace(':', '-')}-{width}")
    assert axe_violations(page) == []


@pytest.mark.parametrize("number", [400, 403, 404, 409, 419, 500])
def test_axe_finds_nothing_on_error_pages(visit: Any, sumi: User, axe_violations: Axe, number: int) -> None:
    assert axe_violations(visit(reverse("style:error", args=[number]), user=sumi)) == []


def test_axe_finds_nothing_in_english(visit: Any, sumi: User, axe_violations: Axe) -> None:
    page = visit(reverse("style:components"), user=sumi)
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Components")
    assert axe_violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_page_fits_a_phone_and_200_percent_zoom(visit: Any, sumi: User, name: str) -> None:
    """At 320 pixels (which is also 1280 at 400 %) nothing but tables and drawings in their frames scrolls sideways."""
    page = visit(reverse(name), user=sumi, width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_first_tab_leads_to_the_content(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:record"), user=sumi)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="本文へ移動する")).to_be_focused()
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_every_stop_of_the_keyboard_is_visible(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:list"), user=sumi)
    page.evaluate("document.activeElement.blur()")
    seen = 0
    for _step in range(40):
        page.keyboard.press("Tab")
        look = page.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
            return {tag: e.tagName, outline: s.outlineStyle, width: parseFloat(s.outlineWidth), size: r.width * r.height}; }"""
        )
        if look["tag"] == "BODY":
            break
        seen += 1
        assert look["outline"] == "solid", look
        assert look["width"] >= 2, look
        assert look["size"] > 0, look
    assert seen > 20


def test_menu_opens_by_keyboard_and_escape_gives_focus_back(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:components"), user=sumi)
    summary = page.locator(".site-header summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="サインアウトする")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="サインアウトする")).to_be_hidden()
    expect(summary).to_be_focused()


def test_dialog_opens_and_escape_gives_focus_back(visit: Any, sumi: User, axe_violations: Axe) -> None:
    page = visit(reverse("style:components"), user=sumi)
    opener = page.get_by_role("button", name="小窓を開く")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="この接続を使い終わりにしますか")
    expect(dialog).to_be_visible()
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    dialog.get_by_role("button", name="やめる").click()
    expect(dialog).to_be_hidden()


def test_error_summary_takes_the_focus_and_jumps_into_the_field(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:components"), user=sumi)
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="本数").click()
    expect(page.locator("#id_wrong-lines")).to_be_focused()
    summary.get_by_role("link", name="契約しているところ").click()
    assert page.evaluate("document.activeElement.name") == "wrong-owner"


def test_tabs_move_by_arrow_keys(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:components"), user=sumi)
    first, second = page.get_by_role("tab").all()
    first.focus()
    page.keyboard.press("ArrowRight")
    expect(second).to_be_focused()
    expect(second).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text("30台あります。")).to_be_visible()
    expect(page.get_by_text("18本あります。")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(first).to_be_focused()


def test_unknown_sets_the_value_aside_and_brings_it_back(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:components"), user=sumi)
    field = page.locator("#autosave-form [data-field=managed]")
    field.get_by_label("はい").check()
    field.get_by_label("不明").check()
    expect(field.get_by_label("はい")).to_be_disabled()
    expect(field.get_by_label("分からない理由")).to_be_visible()
    field.get_by_label("不明").uncheck()
    expect(field.get_by_label("はい")).to_be_checked()
    expect(field.get_by_label("分からない理由")).to_be_hidden()


# --- autosave


def drafts(page: Page) -> list[str]:
    kept: list[str] = page.evaluate(
        "Object.entries(sessionStorage).filter(([key]) => key.startsWith('sekisho-draft')).map(([, value]) => value)"
    )
    return kept


def field_of(page: Page, name: str) -> Any:
    return page.locator(f"#autosave-form [data-field={name}]")


def test_autosave_saves_a_field_while_typing(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:components"), user=sumi)
    field = field_of(page, "name")
    with page.expect_response("**/autosave/") as sent:
        field.get_by_role("textbox").press_sequentially("北館の回線")
    assert "field=name" in (sent.value.request.post_data or "")
    expect(field.locator(".save-state")).to_have_text("保存しました")
    expect(page.locator("#autosave-form")).to_have_attribute("data-version", "2")
    assert drafts(page) == []


def test_autosave_shows_a_refusal_at_the_field_until_it_is_mended(
    visit: Any, sumi: User, watch: Any, axe_violations: Axe
) -> None:
    watch.allow_statuses.add(422)
    page = visit(reverse("style:components"), user=sumi)
    field = field_of(page, "name")
    box = field.get_by_role("textbox")
    box.fill("x")
    box.blur()
    expect(field.locator(".field__error")).to_contain_text("どの回線か分かりません")
    expect(box).to_have_attribute("aria-invalid", "true")
    assert "id_name_error" in (box.get_attribute("aria-describedby") or "")
    assert axe_violations(page) == []
    box.fill("北館")
    box.blur()
    expect(field.locator(".field__error")).to_have_count(0)
    expect(box).not_to_have_attribute("aria-invalid", "true")
    assert box.get_attribute("aria-describedby") == "id_name_helptext"


def test_autosave_conflict_shows_both_values_and_either_can_be_kept(
    visit: Any, sumi: User, watch: Any, axe_violations: Axe
) -> None:
    watch.allow_statuses.add(409)
    page = visit(reverse("style:components"), user=sumi)
    field = field_of(page, "note")
    box = field.get_by_role("textbox")
    box.fill("conflict")
    box.blur()
    conflict = field.locator(".conflict")
    expect(conflict).to_contain_text("conflict")
    expect(conflict).to_contain_text("ほかの人が書いた備考")
    expect(conflict).to_contain_text("佐藤 一郎")
    assert axe_violations(page) == []
    conflict.get_by_role("button", name="自分の値で保存する").click()
    expect(field.locator(".save-state")).to_have_text("保存しました")
    expect(box).to_have_value("conflict")
    expect(conflict).to_have_count(0)


def test_autosave_conflict_can_take_the_other_value(visit: Any, sumi: User, watch: Any) -> None:
    watch.allow_statuses.add(409)
    page = visit(reverse("style:components"), user=sumi)
    field = field_of(page, "note")
    field.get_by_role("textbox").fill("conflict")
    field.get_by_role("textbox").blur()
    field.get_by_role("button", name="相手の値を使う").click()
    expect(field.get_by_role("textbox")).to_have_value("ほかの人が書いた備考")


def test_autosave_keeps_a_draft_without_network_and_sends_it_later(visit: Any, sumi: User, watch: Any) -> None:
    watch.allow_offline = True
    page = visit(reverse("style:components"), user=sumi)
    field = field_of(page, "name")
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    field.get_by_role("textbox").fill("北館の回線")
    field.get_by_role("textbox").blur()
    expect(field.locator(".save-state")).to_contain_text("つながっていません")
    assert "北館の回線" in drafts(page)[0]
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()
    expect(field.locator(".save-state")).to_have_text("保存しました")
    assert drafts(page) == []


def test_autosave_brings_a_draft_back_after_a_reload(visit: Any, sumi: User, watch: Any) -> None:
    watch.allow_offline = True
    watch.allow_statuses.add(503)
    page = visit(reverse("style:components"), user=sumi)
    page.route("**/autosave/", lambda route: route.fulfill(status=503, body=""))
    field = field_of(page, "firmware")
    field.get_by_label("分からない理由").fill("電話で聞く")
    field.get_by_label("分からない理由").blur()
    expect(field.locator(".save-state")).to_contain_text("保存できませんでした")
    page.unroute("**/autosave/")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(field.get_by_label("分からない理由")).to_have_value("電話で聞く")
    expect(field.locator(".save-state")).to_have_text("保存しました")


def test_autosave_takes_a_page_of_another_kind_for_no_success(visit: Any, sumi: User, watch: Any) -> None:
    """A proxy or a sign-in page answering 200 with HTML must not read as saved."""
    page = visit(reverse("style:components"), user=sumi)
    page.route("**/autosave/", lambda route: route.fulfill(status=200, content_type="text/html", body="<p>hello"))
    field = field_of(page, "name")
    field.get_by_role("textbox").fill("北館")
    field.get_by_role("textbox").blur()
    expect(field.locator(".save-state")).to_contain_text("保存できませんでした")
    page.on("dialog", lambda dialog: dialog.accept())


# --- upload


def test_upload_sends_shows_the_way_on_and_the_message(visit: Any, sumi: User, tmp_path: Path) -> None:
    file = tmp_path / "別紙2-1.xlsx"
    file.write_bytes(b"x" * 1000)
    page = visit(reverse("style:components"), user=sumi)
    form = page.locator("form[data-upload]")
    form.locator("input[type=file]").set_input_files(file)
    expect(form.locator("[data-upload-status]")).to_contain_text("別紙2-1.xlsx（1 KB）を選びました")
    form.get_by_role("button", name="送る").click()
    expect(page.locator("#messages")).to_contain_text("受け取りました（1000 バイト）")


def test_upload_refuses_a_large_file_before_sending(visit: Any, sumi: User, tmp_path: Path) -> None:
    file = tmp_path / "大きい.xlsx"
    file.write_bytes(b"x" * 1_100_000)
    page = visit(reverse("style:components"), user=sumi)
    form = page.locator("form[data-upload]")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    form.locator("input[type=file]").set_input_files(file)
    form.get_by_role("button", name="送る").click()
    expect(form.locator("[data-upload-status]")).to_contain_text("までのファイルを選んでください")
    assert "POST" not in sent


def test_upload_shows_what_was_wrong_in_its_place(visit: Any, sumi: User, watch: Any, tmp_path: Path) -> None:
    watch.allow_statuses.add(422)
    file = tmp_path / "空.xlsx"
    file.write_bytes(b"")
    page = visit(reverse("style:components"), user=sumi)
    form = page.locator("form[data-upload]")
    form.locator("input[type=file]").set_input_files(file)
    form.get_by_role("button", name="送る").click()
    expect(form.locator(".field__error")).to_contain_text("ファイルの中身がありません")
    expect(form.locator("input[type=file]")).to_be_focused()


def test_upload_takes_a_dropped_file(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:components"), user=sumi)
    transfer = page.evaluate_handle(
        "() => { const t = new DataTransfer(); t.items.add(new File(['abc'], 'drop.xlsx')); return t; }"
    )
    page.dispatch_event("[data-upload-zone]", "drop", {"dataTransfer": transfer})
    expect(page.locator("[data-upload-status]")).to_contain_text("drop.xlsx")


def test_upload_that_breaks_off_leaves_the_file_chosen(visit: Any, sumi: User, watch: Any, tmp_path: Path) -> None:
    watch.allow_offline = True
    file = tmp_path / "a.xlsx"
    file.write_bytes(b"abc")
    page = visit(reverse("style:components"), user=sumi)
    page.route("**/upload/", lambda route: route.abort("connectionreset"))
    form = page.locator("form[data-upload]")
    form.locator("input[type=file]").set_input_files(file)
    form.get_by_role("button", name="送る").click()
    expect(form.locator("[data-upload-status]")).to_contain_text("送れませんでした")
    expect(form.get_by_role("button", name="送る")).to_be_enabled()
    assert form.locator("input[type=file]").evaluate("e => e.files.length") == 1


# --- list


def test_list_search_swaps_the_table_alone_and_keeps_the_typing_place(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:list"), user=sumi)
    box = page.get_by_role("searchbox", name="検索")
    box.press_sequentially("savedview", delay=20)
    expect(page.locator(".list__count")).to_contain_text("4件 / 全")
    expect(box).to_be_focused()
    expect(page).to_have_url(re.compile(r"\?q=savedview$"))
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(4)


def test_list_filter_sort_and_page_work_together_and_back_returns(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:list"), user=sumi)
    page.get_by_role("link", name="番号").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("番号")
    page.locator(".filter-bar summary").click()
    page.get_by_label("削除").check()
    expect(page.locator(".chip")).to_contain_text("操作：削除")
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("番号")
    page.get_by_role("link", name="次へ").click()
    expect(page).to_have_url(re.compile("f.verb=delete.*sort=number.*page=2"))
    expect(page.locator("tbody tr").first).to_contain_text("delete")
    page.go_back()
    expect(page.locator(".pages [aria-current]")).to_have_text("ページ1")


def test_list_bulk_counts_selects_and_offers_undo(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:list"), user=sumi)
    action = page.get_by_role("button", name="まとめて確かめる")
    expect(action).to_be_disabled()
    page.get_by_label("このページの行をすべて選ぶ").check()
    expect(page.locator("[data-bulk-count]")).to_have_text("25件を選んでいます")
    page.locator("[data-select-row]").first.uncheck()
    expect(page.locator("[data-bulk-count]")).to_have_text("24件を選んでいます")
    action.click()
    expect(page.locator("#messages")).to_contain_text("24件を確かめました")
    page.get_by_role("button", name="元に戻す").click()
    expect(page.locator("#messages")).to_contain_text("元に戻しました")
    expect(page.locator("html.scripted")).to_be_attached()
    page.get_by_role("button", name="このお知らせを閉じる").click()
    expect(page.locator("#messages")).not_to_contain_text("元に戻しました")


def test_list_bulk_still_counts_after_a_search(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:list"), user=sumi)
    page.get_by_role("searchbox", name="検索").fill("savedview")
    expect(page.locator("tbody tr")).to_have_count(4)
    page.locator("[data-select-row]").first.check()
    expect(page.locator("[data-bulk-count]")).to_have_text("1件を選んでいます")


def test_list_columns_and_saved_views(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:list"), user=sumi)
    page.get_by_text("表示する列", exact=True).first.click()
    page.get_by_label("説明").check()
    page.get_by_role("checkbox", name="分類").uncheck()
    page.get_by_role("button", name="この表示にする").click()
    expect(page.get_by_role("columnheader", name="説明")).to_be_visible()
    expect(page.get_by_role("columnheader", name="分類")).to_have_count(0)
    page.get_by_text("保存した表示", exact=True).click()
    page.get_by_label("いまの表示に名前を付ける").fill("説明つき")
    page.get_by_role("button", name="保存する", exact=True).click()
    expect(page.locator("#messages")).to_contain_text("「説明つき」を保存しました")
    assert SavedView.objects.get().user == sumi
    page.goto(page.url.split("?")[0])
    page.get_by_text("保存した表示", exact=True).click()
    page.get_by_role("link", name="説明つき").click()
    expect(page.get_by_role("columnheader", name="説明")).to_be_visible()


def test_list_works_without_scripts(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:list"), user=sumi, java_script_enabled=False)
    page.get_by_role("searchbox", name="検索").fill("savedview")
    page.get_by_role("button", name="しぼり込む").click()
    expect(page.locator("tbody tr")).to_have_count(4)
    page.get_by_role("link", name="番号").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("番号")


def test_a_failing_server_is_told_in_words(visit: Any, sumi: User, watch: Any) -> None:
    watch.allow_statuses.add(500)
    page = visit(reverse("style:list"), user=sumi)

    def fail(route: Route) -> None:
        route.fulfill(status=500, body="Traceback")

    page.route("**/list/?*", fail)
    page.get_by_role("link", name="番号").click()
    expect(page.locator(".toast")).to_contain_text("サーバーで問題が起きました")
    expect(page.locator("tbody tr")).to_have_count(25)
    page.locator(".toast").get_by_role("button", name="閉じる").click()
    expect(page.locator(".toast")).to_have_count(0)


# --- job


def test_job_progress_asks_until_it_is_over_and_says_so(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:job", args=[0]), user=sumi)
    expect(page.locator(".job")).to_contain_text("0 / 3")
    expect(page.locator(".job")).to_contain_text("完了", timeout=8000)
    expect(page.locator("#live")).to_have_text("完了")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.wait_for_timeout(1500)
    assert requests == []


# --- drawing


def view_box(page: Page) -> list[float]:
    return [
        float(part) for part in (page.locator("#sample-drawing-frame > svg").get_attribute("viewBox") or "").split()
    ]


def test_drawing_moves_and_zooms_by_keyboard(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:components"), user=sumi)
    page.locator("#sample-drawing-frame").focus()
    assert view_box(page) == [0, 0, 600, 240]
    page.keyboard.press("+")
    assert view_box(page)[2] == pytest.approx(480)
    expect(page.locator("#live")).to_have_text("倍率 125%")
    page.keyboard.press("ArrowRight")
    assert view_box(page)[0] == pytest.approx(120)
    page.keyboard.press("-")
    page.keyboard.press("0")
    assert view_box(page) == [0, 0, 600, 240]
    for _step in range(30):
        page.keyboard.press("ArrowLeft")
    assert view_box(page)[0] >= -450  # the drawing never gets lost


def test_drawing_zooms_by_buttons_and_wheel_and_leaves_the_page_its_scrolling(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:components"), user=sumi)
    frame = page.locator("#sample-drawing-frame")
    page.get_by_role("button", name="拡大").click()
    assert view_box(page)[2] == pytest.approx(480)
    page.get_by_role("button", name="全体を表示").click()
    frame.hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    expect(page.locator("[data-zoom-percent]")).to_have_text("倍率 125%")
    before = page.evaluate("scrollY")
    page.mouse.wheel(0, -200)
    page.wait_for_function("before => scrollY < before", arg=before)
    expect(page.locator("[data-zoom-percent]")).to_have_text("倍率 125%")


def test_drawing_drags_without_following_a_link_and_clicks_follow_it(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:components"), user=sumi)
    link = page.locator("#drawing-line-1")
    link.scroll_into_view_if_needed()
    box = link.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y, steps=5)
    page.mouse.up()
    assert view_box(page)[0] < -10
    assert "#line-1" not in page.url
    link.click()
    assert page.url.endswith("#line-1")


def test_drawing_prints_whole(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:components"), user=sumi)
    page.get_by_role("button", name="拡大").click()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert view_box(page) == [0, 0, 600, 240]
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert view_box(page)[2] == pytest.approx(480)


def test_drawing_brings_a_focused_link_into_view(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:components"), user=sumi)
    frame = page.locator("#sample-drawing-frame")
    frame.focus()
    for _step in range(6):
        page.keyboard.press("+")
    page.locator("#drawing-line-1").focus()
    link, outer = page.locator("#drawing-line-1").bounding_box(), frame.bounding_box()
    assert link is not None
    assert outer is not None
    centre = link["x"] + link["width"] / 2
    assert outer["x"] <= centre <= outer["x"] + outer["width"]


# --- looks


def test_print_leaves_out_what_paper_cannot_use(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:list"), user=sumi)
    page.emulate_media(media="print")
    for selector in [".site-header__tools", ".filter-bar", ".list__tools", ".pages", ".bulk", ".button"]:
        for element in page.locator(selector).all():
            expect(element).to_be_hidden()
    expect(page.locator("table")).to_be_visible()
    assert page.locator(".table-frame").evaluate("e => getComputedStyle(e).overflow") == "visible"


def test_states_keep_their_borders_in_forced_colours(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:components"), user=sumi)
    page.emulate_media(forced_colors="active")
    styles = page.locator(".status--unknown").first.evaluate(
        "e => [getComputedStyle(e).borderTopStyle, getComputedStyle(e).borderTopWidth]"
    )
    assert styles == ["dashed", "2px"]


def test_text_is_set_in_the_bundled_font(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:components"), user=sumi)
    page.evaluate("document.fonts.ready")
    loaded = page.evaluate("[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family + f.weight)")
    assert '"BIZ UDPGothic"400' in loaded or "BIZ UDPGothic400" in loaded


def test_narrow_navigation_opens_and_closes(visit: Any, sumi: User) -> None:
    page = visit("/", user=sumi, width=375)
    toggle = page.locator("[data-nav-toggle]")
    expect(page.locator("#site-nav")).to_be_hidden()
    toggle.click()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#site-nav")).to_be_visible()
    toggle.click()
    expect(page.locator("#site-nav")).to_be_hidden()


def test_drawing_zooms_with_two_fingers(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:components"), user=sumi, width=768, has_touch=True)
    frame = page.locator("#sample-drawing-frame")
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + 100
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, apart: float) -> None:
        points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}] if apart else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", 40)
    for apart in (50, 60, 70, 80):
        fingers("touchMove", apart)
    fingers("touchEnd", 0)
    assert view_box(page)[2] == pytest.approx(300, rel=0.05)


def test_toast_shows_its_text_as_text_and_offers_undo(visit: Any, sumi: User) -> None:
    page = visit(reverse("style:list"), user=sumi)
    page.evaluate(
        "detail => document.body.dispatchEvent(new CustomEvent('toast', {bubbles: true, detail}))",
        {"text": "<b>消しました</b>", "undo": reverse("style:undo")},
    )
    expect(page.locator(".toast")).to_contain_text("<b>消しました</b>")
    page.get_by_role("button", name="元に戻す").click()
    expect(page.locator("#messages")).to_contain_text("元に戻しました")


# --- the watch itself


def test_pages_forbid_inline_code_and_other_hosts(visit: Any, sumi: User, watch: Any) -> None:
    page = visit(reverse("style:record"), user=sumi)
    page.evaluate(
        """() => {
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
        document.body.setAttribute("style", "color: red");
        document.body.append(Object.assign(new Image(), {src: "https://example.com/x.png"}));
        }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    problems = "\n".join(watch.problems)
    for directive in ("script-src-elem", "style-src-attr", "img-src"):
        assert f"content security policy: {directive}" in problems
    watch.problems.clear()


def test_watch_sees_failing_answers_and_requests_to_other_hosts(visit: Any, sumi: User, watch: Any) -> None:
    page = visit(reverse("style:record"), user=sumi)
    page.goto(page.url + "no/such/page/")
    assert any(problem.startswith("answer 404") for problem in watch.problems)
    watch.problems.clear()
    page.evaluate("location.href = 'https://example.com/'")
    page.wait_for_timeout(300)
    assert any("request to another host" in problem for problem in watch.problems)
    watch.problems.clear()
