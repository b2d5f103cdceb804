"""Signs between values are written as the reader's language writes them."""

import pytest
from django.template import Context, Template
from django.utils import translation

from sekisho.foundation.ui.texts import SIGNS, listed, sign


@pytest.mark.parametrize(("language", "row"), [("ja", "回線1、回線2"), ("en", "回線1, 回線2")])
def test_listed_joins_as_the_language_does(language: str, row: str) -> None:
    with translation.override(language):
        assert listed(["回線1", "回線2"]) == row
        assert listed([]) == ""
        assert listed([1]) == "1"


@pytest.mark.parametrize("japanese", SIGNS)
def test_sign_is_itself_in_japanese_and_another_in_english(japanese: str) -> None:
    with translation.override("ja"):
        assert sign(japanese) == japanese
    with translation.override("en"):
        assert sign(japanese).strip()
        assert all(ord(letter) < 0x3000 for letter in sign(japanese))


def test_mark_stands_in_templates_and_escapes_nothing_else() -> None:
    page = Template("{% load ui %}{{ name }}{% mark '：' %}{% mark '（' %}{{ value }}{% mark '）' %}")
    values = Context({"name": "<b>", "value": 3})
    with translation.override("ja"):
        assert page.render(values) == "&lt;b&gt;：（3）"
    with translation.override("en"):
        assert page.render(values) == "&lt;b&gt;:  (3)"


def test_mark_refuses_what_is_no_sign() -> None:
    with pytest.raises(KeyError):
        sign("、、")
