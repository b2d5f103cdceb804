"""A hospital's clerk from the first sign-in to the report, with nothing in between replaced."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from docx import Document
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from sekisho.adapters.documents.pdf_text import page_texts
from sekisho.apps.register.models import Line
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.browser import product
from tests.cast import PASSWORD, Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return make_cast()


def _take(page: Page, name: str, folder: Path) -> Path:
    """Click the link `name` and return the file that comes."""
    with page.expect_download() as coming:
        page.get_by_role("link", name=name).first.click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


def _hand_in(page: Page, path: Path) -> None:
    page.locator("#site-nav").get_by_role("link", name="別紙2-1").click()
    page.locator("main input[type=file]").set_input_files(path)
    page.get_by_role("button", name="送って確かめる").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("確認の結果")


def test_from_sign_in_over_workbook_level_and_overview_to_the_report(cast: Cast, visit: Any, tmp_path: Path) -> None:
    page = visit("/")
    page.get_by_label("メールアドレス").fill(cast.alice.email)
    page.get_by_label("パスワード", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="サインイン", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("みなと病院")
    expect(page.locator(".next-card")).to_contain_text("別紙2-1 を送る")

    # The workbook has three rows that cannot be taken over as they are.
    _hand_in(page, product.WORKBOOK)
    held = page.locator(".held")
    expect(held).to_have_count(3)
    expect(held.nth(1)).to_contain_text("N17")
    expect(held.nth(1)).to_contain_text("病院の内側のアドレス")
    with hospital_scope(cast.hospital):
        assert not Line.objects.exists(), "nothing is taken over before somebody decides"

    # The marked file says in the cells what is wrong; mended there, it comes back without a fault.
    marked = _take(page, "直すところに印を付けたファイルを受け取る", tmp_path)
    before, after = product.lines_sheet(product.WORKBOOK), product.lines_sheet(marked)
    for cell in product.HELD:
        assert after[cell].comment is not None
        assert after[cell].value == before[cell].value
        assert after[cell].fill.fgColor.rgb != before[cell].fill.fgColor.rgb
    _hand_in(page, product.mended(marked, tmp_path / "直したシート.xlsx"))
    expect(page.locator(".held")).to_have_count(0)
    page.get_by_role("button", name="台帳に取り込む").click()
    expect(page.locator("#messages")).to_contain_text("台帳に取り込みました")
    expect(page.locator(".list__count")).to_contain_text("18")

    # The overview leads to the lines.
    page.locator("#site-nav").get_by_role("link", name="俯瞰図").click()
    page.locator("svg a[href*='/register/']").first.click()
    expect(page.locator(".cable__stop")).not_to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_contain_text("回線")

    # An answer is saved by itself and moves the level's page.
    page.locator("#site-nav").get_by_role("link", name="安全レベル").click()
    expect(page.locator(".level__number")).to_contain_text("1")
    page.goto(page.url.split("/level/")[0] + "/level/questions/")
    first = page.locator("[data-field]").first
    first.get_by_label("切り離されている", exact=True).check()
    expect(first.locator(".save-state")).to_have_text("保存しました")
    page.reload()
    expect(page.locator("[data-field]").first.get_by_label("切り離されている", exact=True)).to_be_checked()

    # The report is made by the worker while the page tells how far it is.
    page.locator("#site-nav").get_by_role("link", name="報告書").click()
    page.get_by_role("button", name="報告書を作る").click()
    expect(page.locator(".job")).to_contain_text(re.compile("順番待ち|実行中"))
    with product.worker():
        expect(page.get_by_role("heading", name="第1版")).to_be_visible(timeout=60_000)
    _check_documents(page, tmp_path)


def _check_documents(page: Page, folder: Path) -> None:
    names = {"PDF": ".pdf", "Word": ".docx", "Excel": ".xlsx"}
    taken = {name: _take(page, name, folder) for name in names}
    for name, ending in names.items():
        assert re.fullmatch(rf"MINATO_調査報告書_\d{{8}}_第1版\{ending}", taken[name].name), taken[name].name
    read = {
        "PDF": "\n".join(page_texts(PdfReader(taken["PDF"]))),
        "Word": _text_of_docx(taken["Word"].read_bytes()),
        "Excel": _text_of_xlsx(taken["Excel"].read_bytes()),
    }
    for name, text in read.items():
        squeezed = re.sub(r"\s+", "", text)
        assert "青葉みなと総合病院" in squeezed, name
        assert "CAF1320001515" in squeezed, f"{name}: the mended line is in the report"
        assert "架空読影センターわかば" in squeezed, name


def _text_of_docx(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def _text_of_xlsx(content: bytes) -> str:
    assert zipfile.is_zipfile(io.BytesIO(content))
    book = openpyxl.load_workbook(io.BytesIO(content))
    return "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell)


def test_file_with_faults_taken_over_leaves_its_held_rows_as_the_next_thing(cast: Cast, visit: Any) -> None:
    page = visit(f"/h/{cast.hospital.code}/", user=cast.alice)
    _hand_in(page, product.WORKBOOK)
    page.get_by_role("button", name="台帳に取り込む").click()
    expect(page.locator(".list__count")).to_contain_text("15")
    page.locator("#site-nav").get_by_role("link", name="ホーム").click()
    expect(page.locator(".next-card")).to_contain_text("取り込めなかった3行を直す")
    page.get_by_role("link", name="直すところを見る").click()
    expect(page.locator(".held")).to_have_count(3)
    page.get_by_role("button", name="取り込みを取り消す").click()
    page.locator("#site-nav").get_by_role("link", name="ホーム").click()
    expect(page.locator(".next-card")).to_contain_text("別紙2-1 を送る")


def test_file_that_is_no_workbook_is_refused_in_words(cast: Cast, visit: Any, watch: Any, tmp_path: Path) -> None:
    watch.allow_statuses.add(422)
    hostile = tmp_path / "表.xlsx"
    hostile.write_bytes(b"PK\x03\x04 not really")
    page = visit(f"/h/{cast.hospital.code}/workbook/", user=cast.alice)
    page.locator("main input[type=file]").set_input_files(hostile)
    page.get_by_role("button", name="送って確かめる").click()
    expect(page.locator("main .field__error")).to_contain_text("Excelで開いて保存し直し")
    expect(page.get_by_role("button", name="送って確かめる")).to_be_enabled()


def test_main_way_by_keyboard_alone(cast: Cast, visit: Any) -> None:
    page = visit("/accounts/login/")
    page.get_by_label("メールアドレス").focus()
    page.keyboard.type(cast.alice.email)
    _tab_to(page, "input[type=password]")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("みなと病院")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    _tab_to(page, ".next-card .button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("別紙2-1")
    page.goto(page.url.replace("/workbook/", "/register/add/"))
    _tab_to(page, "[name=circuit_id]")
    page.keyboard.type("CAF7770001")
    _tab_to(page, "main form button[type=submit], main form .button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("CAF7770001")
    _tab_to(page, ".record__actions a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/edit/")
    _tab_to(page, "[name=carrier]")
    page.keyboard.type("NTT東日本")
    page.keyboard.press("Tab")
    expect(page.locator("[data-field=carrier] .save-state")).to_have_text("保存しました")
    with hospital_scope(cast.hospital):
        assert Line.objects.get().carrier == "NTT東日本"


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is on `selector`; every stop on the way must be visible."""
    for _step in range(120):
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"the focus on {selector} cannot be seen"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {selector}")


def test_language_is_switched_where_the_reader_is_and_stays(cast: Cast, visit: Any) -> None:
    page = visit(f"/h/{cast.hospital.code}/register/", user=cast.alice)
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url.endswith(f"/h/{cast.hospital.code}/register/")
    page.goto(page.url.replace("/register/", "/level/"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("a[href*='/guide/']").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Network security level")
    page.get_by_role("button", name="日本語").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ネットワークの安全レベル")
