"""The base page, the error pages and the style page."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.test import Client, override_settings
from django.urls import reverse

from sekisho.foundation.accounts.models import User
from tests.cast import signed_in

STYLE_PAGES = [
    "style:components",
    "style:list",
    "style:record",
]
UI = Path(__file__).resolve().parents[3] / "src" / "sekisho" / "foundation" / "ui"


@pytest.mark.parametrize("name", STYLE_PAGES)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_style_pages_answer_in_both_languages(sumi: User, name: str, language: str) -> None:
    client = signed_in(sumi)
    client.cookies["django_language"] = language
    type(sumi).objects.filter(pk=sumi.pk).update(language=language)
    response = client.get(reverse(name))
    page = response.content.decode()
    assert response.status_code == 200
    assert f'<html lang="{language}">' in page


def test_style_pages_are_for_staff(alice: User) -> None:
    assert signed_in(alice).get(reverse("style:components")).status_code == 403
    assert Client().get(reverse("style:components")).status_code == 302


@pytest.mark.parametrize("name", STYLE_PAGES)
def test_pages_hold_no_inline_script_or_style_and_load_from_here_only(sumi: User, name: str) -> None:
    page = signed_in(sumi).get(reverse(name)).content.decode()
    assert not re.search(r"""\sstyle=|\son\w+=["']|javascript:|<style""", page)
    for script in re.findall(r"<script[^>]*>", page):
        assert 'src="/static/' in script or 'type="application/json"' in script
    for address in re.findall(r"""(?:src|href|action)="([^"]*)\"""", page):
        assert address.startswith(("/", "?", "#")) or address == "", address


@pytest.mark.parametrize("name", STYLE_PAGES)
def test_pages_have_one_heading_of_the_first_order_and_unique_ids(sumi: User, name: str) -> None:
    page = signed_in(sumi).get(reverse(name)).content.decode()
    assert page.count("<h1") == 1
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("number", "text"),
    [(400, "読み取れませんでした"), (403, "権限"), (404, "見つかりません"), (409, "先に変更"), (419, "有効期限")],
)
def test_error_pages_say_what_to_do(sumi: User, number: int, text: str) -> None:
    page = signed_in(sumi).get(reverse("style:error", args=[number])).content.decode()
    assert text in page
    assert "ください" in page
    assert page.count("button--primary") >= 1


def test_missing_pages_get_the_page_for_them(client: Client, db: None) -> None:
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert "ページが見つかりません" in response.content.decode()


def test_conflict_page_shows_both_values(sumi: User) -> None:
    page = signed_in(sumi).get(reverse("style:error", args=[409])).content.decode()
    assert "203.0.113.2" in page
    assert "203.0.113.6" in page
    assert "佐藤 一郎" in page


def test_server_error_page_needs_no_context() -> None:
    page = get_template("500.html").render()
    assert "サーバーで問題が起きました" in page
    assert "{" not in page


def test_a_form_that_is_too_old_gets_its_own_page(sumi: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = signed_in(sumi).cookies
    response = client.post(reverse("style:undo"))
    assert response.status_code == 403
    assert "有効期限" in response.content.decode()


@pytest.mark.parametrize("template", sorted((UI / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_every_template_compiles(template: Path) -> None:
    get_template(str(template.relative_to(UI / "templates")))


def test_no_stylesheet_or_script_reaches_another_host() -> None:
    for path in [*(UI / "static" / "ui" / "css").rglob("*.css"), *(UI / "static" / "ui" / "js").rglob("*.js")]:
        text = path.read_text(encoding="utf-8")
        assert "//" not in re.sub(
            r"(?m)(^|\s)//.*$|/\*.*?\*/|\"//\"", "", text, flags=re.DOTALL if path.suffix == ".css" else 0
        ), path
        assert "eval(" not in text
        assert "innerHTML" not in text, path


def test_upload_by_script_is_told_where_to_go_instead_of_redirected(sumi: User) -> None:
    from io import BytesIO

    client = signed_in(sumi)
    file = BytesIO(b"abc")
    file.name = "a.xlsx"
    answer = client.post(reverse("style:upload"), {"file": file}, headers={"X-Sekisho-Location": "?"})
    assert answer.status_code == 204
    assert answer["X-Sekisho-Location"] == reverse("style:components")
    assert "受け取りました" in client.get(answer["X-Sekisho-Location"]).content.decode()
    file = BytesIO(b"abc")
    file.name = "a.xlsx"
    assert client.post(reverse("style:upload"), {"file": file}).status_code == 302


def test_session_that_ended_leads_a_script_to_the_sign_in_page(client: Client, db: None) -> None:
    answer = client.post(reverse("style:upload"), headers={"X-Sekisho-Location": "?"})
    assert answer.status_code == 204
    assert answer["X-Sekisho-Location"].startswith("/accounts/")


def test_language_switch_is_a_form_that_returns_to_the_page(sumi: User) -> None:
    client = signed_in(sumi)
    page = client.get(reverse("style:list") + "?q=add").content.decode()
    assert 'name="next" value="/_components/list/?q=add"' in page
    assert 'value="ja" lang="ja" aria-current="true"' in page


def test_static_files_can_be_collected_with_hashed_names(tmp_path: Path) -> None:
    from django.core.management import call_command

    storages = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)
    fonts = next(tmp_path.glob("ui/vendor/biz-udpgothic/fonts.*.css")).read_text()
    assert re.search(r'url\("biz-udpgothic-400-kana\.[0-9a-f]{12}\.woff2"\)', fonts)
