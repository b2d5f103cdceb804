"""The filter `spoken`: a `domain.text.Text` in the reader's language; anything else as it is."""

from django import template

from sekisho.domain.text import Text
from sekisho.foundation.ui.texts import speak

register = template.Library()


@register.filter
def spoken(value: object) -> object:
    """Return a `Text` in the reader's language."""
    return speak(value) if isinstance(value, Text) else value
