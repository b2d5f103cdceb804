"""The guide: every screen leads to a paragraph that exists, every picture is there and used, and nothing leads away."""

import re
from datetime import date
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils.translation import override

from sekisho.apps.portal import guidance, next_things
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast, signed_in
from tests.conventions.url_list import all_urls

PICTURES = Path(guidance.__file__).parent / "static" / "portal" / "guide"
VIEWS = [url.name for url in all_urls() if not url.name.startswith("style:")]


@pytest.mark.parametrize("language", guidance.LANGUAGES)
@pytest.mark.parametrize("view", VIEWS)
def test_every_screen_leads_to_a_paragraph_that_exists(view: str, language: str) -> None:
    page, _hash, anchor = guidance.target_of(view).partition("#")
    assert anchor in dict(guidance.article(page, language).sections), (view, page, anchor)


def test_named_screens_exist() -> None:
    assert set(guidance.HELP) <= set(VIEWS)


def test_both_languages_have_the_same_paragraphs_and_pictures() -> None:
    for name in guidance.PAGES:
        ja, en = (guidance.article(name, language) for language in guidance.LANGUAGES)
        assert [anchor for anchor, _text in ja.sections] == [anchor for anchor, _text in en.sections], name
        assert ja.pictures == en.pictures, name


def test_every_page_of_the_folder_is_in_the_contents() -> None:
    files = {path.name for path in guidance.FOLDER.iterdir()}
    assert files == {f"{name}.{language}.md" for name in guidance.PAGES for language in guidance.LANGUAGES}


def test_every_picture_exists_and_every_picture_is_used() -> None:
    used = {f"{language}/{name}" for language in guidance.LANGUAGES for name in pictures_of(language)}
    assert used == {path.relative_to(PICTURES).as_posix() for path in PICTURES.rglob("*.png")}


def pictures_of(language: str) -> set[str]:
    return {picture for article in guidance.contents(language) for picture in article.pictures}


def test_pictures_show_the_screens_in_the_readers_language() -> None:
    for language in guidance.LANGUAGES:
        shown = "".join(article.html for article in guidance.contents(language))
        assert set(re.findall(r"portal/guide/(\w+)/", shown)) == {language}
    for name in pictures_of("en"):
        assert (PICTURES / "en" / name).read_bytes() != (PICTURES / "ja" / name).read_bytes(), name


@pytest.mark.django_db
@pytest.mark.parametrize("language", guidance.LANGUAGES)
def test_guide_names_the_steps_of_the_way_as_the_screen_does(cast: Cast, language: str) -> None:
    with override(language), hospital_scope(cast.hospital):
        way = next_things.way_of(cast.hospital, on=date(2026, 11, 21), may=frozenset())
        labels = [str(step.label) for step in way.steps]
    text = (guidance.FOLDER / f"start.{language}.md").read_text(encoding="utf-8")
    assert re.findall(r"^[1-7]\. (.+)$", text, re.MULTILINE) == labels


@pytest.mark.parametrize("language", guidance.LANGUAGES)
def test_links_lead_to_paragraphs_of_the_guide(language: str) -> None:
    for article in guidance.contents(language):
        for target in re.findall(r'<a href="([^"]+)"', article.html):
            match = re.fullmatch(r"/guide/([a-z]+)/(?:#([a-z-]+))?", target)
            assert match, target
            sections = dict(guidance.article(match[1], language).sections)
            assert match[2] is None or match[2] in sections, target
        assert not re.search(r"(src|href)=\"(https?:)?//", article.html)


@pytest.mark.parametrize("language", guidance.LANGUAGES)
def test_every_heading_has_an_anchor_and_no_mark_is_left(language: str) -> None:
    for article in guidance.contents(language):
        assert article.html.count("<h1>") == 1
        assert "<h2>" not in article.html
        assert "{#" not in article.html


def test_html_in_a_page_is_shown_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = guidance._render("start", "ja", "# 題\n\n<script>alert(1)</script>\n\n[押す](javascript:alert(1))")
    assert "<script" not in shown.html
    assert 'href="javascript' not in shown.html


@pytest.mark.django_db
def test_screens_show_their_help(cast: Cast) -> None:
    client = signed_in(cast.alice)
    body = client.get(reverse("register:line_list", kwargs={"hospital_code": cast.hospital.code})).content.decode()
    assert 'href="/guide/register/#lists"' in body
    assert 'id="lists"' in client.get("/guide/register/").content.decode()
    assert client.get("/guide/").headers["Location"] == "/guide/start/"
    assert client.get("/guide/nothing/").status_code == 404


def test_guide_speaks_the_readers_language() -> None:
    with override("en"):
        assert guidance.article("start", "en").title == "Getting started"
    assert guidance.article("start", "fr").title == "はじめに"
