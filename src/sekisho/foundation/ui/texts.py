"""Two-language texts of the domain, spoken in the reader's language, and the signs between words."""

from collections.abc import Iterable

from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import pgettext_lazy as _p

from sekisho.domain.text import Text

SIGNS = {
    "：": _p("punctuation", "："),
    "、": _p("punctuation", "、"),
    "・": _p("punctuation", "・"),
    "（": _p("punctuation", "（"),
    "）": _p("punctuation", "）"),
    "「": _p("punctuation", "「"),
    "」": _p("punctuation", "」"),
}
"""Signs that stand between values on a page. English writes them with spaces of its own."""


def speak(text: Text) -> str:
    """Return `text` in the language of the page that is being made."""
    return text.within(get_language() or "ja")


def spoken(text: Text) -> str:
    """Return `text` as a lazy string: its language is chosen when it is shown."""
    return lazy(speak, str)(text)


def sign(japanese: str) -> str:
    """Return a sign as the reader's language writes it.

    Raises:
        KeyError: it is none of `SIGNS`.
    """
    return str(SIGNS[japanese])


def listed(values: Iterable[object]) -> str:
    """Return the values in a row, in the reader's language."""
    return sign("、").join(str(value) for value in values)
