"""How labels kept with a product are shown."""

from django import template

from sekisho.foundation.audit.kept_texts import retold as _retold

register = template.Library()


@register.filter
def retold(text: str) -> str:
    """Return a kept text in the reader's language."""
    return _retold(text)
