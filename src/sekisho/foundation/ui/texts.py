"""Two-language texts of the domain, spoken in the reader's language."""

from django.utils.functional import lazy
from django.utils.translation import get_language

from sekisho.domain.text import Text


def speak(text: Text) -> str:
    """Return `text` in the language of the page that is being made."""
    return text.within(get_language() or "ja")


def spoken(text: Text) -> str:
    """Return `text` as a lazy string: its language is chosen when it is shown."""
    return lazy(speak, str)(text)
