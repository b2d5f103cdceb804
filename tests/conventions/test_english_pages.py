"""Every page, walked over the URL list, speaks English to who wants it: only names and data stay Japanese."""

import html
import re

import pytest

from sekisho.catalogue.workbooks import load_edition
from sekisho.foundation.accounts.permissions import ROLE_PERMISSIONS
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import VENDOR, Cast, signed_in
from tests.conventions.url_list import Url, all_urls
from tests.conventions.url_objects import make_objects

JAPANESE = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]+")
UNSEEN = re.compile(r"<script.*?</script>|<style.*?</style>|<template.*?</template>", re.DOTALL)
SAID = re.compile(r'(?:aria-label|title|alt|data-[\w-]+|value)="([^"]*)"|>([^<]+)<')
URLS = [url for url in all_urls() if url.mark != "public"]

IN_EVERY_LANGUAGE = {"日本語", "関所"}
"""The language switch, and the product's name as drawn."""

DATA = {VENDOR, "メモ.txt", "様式", "仕事"}
"""What the makers of `url_objects` enter."""

SHOWN_COMPONENTS = {"青葉システム", "インターネットVPN", "山田 花子", "佐藤 一郎", "確認中", "保守会社に確認中"}
SHOWN_COMPONENTS |= {"1310001_回線写真_20261118_1.jpg"}
"""The invented answers on the page that shows the components."""

IN_THE_WORKBOOK = {"不明", "不明（保守会社に確認中）", "別紙2-1.xlsx", "回線・機器"}
"""What a person finds or writes in the workbook, named as it stands there."""


def japanese_in(page: str, *, besides: set[str]) -> list[str]:
    """Return the Japanese that a reader of the page meets, names and data taken out, longest first."""
    said = [html.unescape(text or attribute) for attribute, text in SAID.findall(UNSEEN.sub("", page))]
    names = "|".join(re.escape(name) for name in sorted(besides, key=len, reverse=True))
    return [text.strip() for text in said if JAPANESE.search(re.sub(names, "", text))]


def data_of(cast: Cast) -> set[str]:
    edition = load_edition()
    sheets = {sheet.title.ja for sheet in edition.sheets}
    return (
        {str(value) for value in vars(cast).values()}
        | IN_EVERY_LANGUAGE
        | DATA
        | SHOWN_COMPONENTS
        | IN_THE_WORKBOOK
        | sheets
    )


@pytest.mark.django_db
@pytest.mark.parametrize("url", URLS, ids=str)
def test_page_in_english_holds_no_japanese_of_its_own(cast: Cast, url: Url) -> None:
    with hospital_scope(cast.hospital):
        address = url.at(hospital_code=cast.hospital.code, **make_objects(cast, url))
    for role, user in cast.by_role().items():
        if url.mark != "signed-in" and url.mark not in ROLE_PERMISSIONS[role]:
            continue
        client = signed_in(user)
        client.cookies["django_language"] = "en"
        for answer in (client.get(address), client.post(address)):
            if answer.get("Content-Type", "").startswith("text/html") and not answer.streaming:
                found = japanese_in(answer.content.decode(), besides=data_of(cast))
                assert found == [], (role, address, answer.status_code)


def test_japanese_in_finds_texts_and_labels_but_no_names() -> None:
    page = '<p title="題">回線</p><script>"中"</script><p aria-label="Line">みなと病院</p><p>Line：3</p>'
    assert japanese_in(page, besides={"みなと病院"}) == ["題", "回線", "Line：3"]
