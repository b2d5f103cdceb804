"""Texts that Sekisho itself writes into a record (a line's name, where a value came from), told again to each reader.

They are kept in the portal's first language. What people wrote fits none of the messages and stays as they wrote it.
"""

import re
from collections.abc import Callable

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

_PLACE = re.compile(r"%\((\w+)\)([sd])")
_FORMS = {"s": ".+", "d": "[0-9]+"}
_messages: dict[str, re.Pattern[str]] = {}


def kept(message: str) -> str:
    """Return `message`, a literal marked with `gettext_noop`, and tell kept texts made from it again from now on.

    Numbers stand in it as `%(name)d`, so that words after a number are not taken for it.
    """
    literals = _PLACE.split(message)[::3]
    places = [f"(?P<{name}>{_FORMS[form]})" for name, form in _PLACE.findall(message)]
    pattern = re.escape(literals[0]) + "".join(p + re.escape(t) for p, t in zip(places, literals[1:], strict=True))
    _messages[message] = re.compile(pattern, re.DOTALL)
    return message


def as_kept(write: Callable[[], str]) -> str:
    """Return what `write` says in the language in which texts are kept, whoever is signed in."""
    with translation.override(settings.LANGUAGE_CODE):
        return write()


def retold(text: str) -> str:
    """Return a kept text in the reader's language; any other text as it is."""
    if translation.get_language() == settings.LANGUAGE_CODE:
        return text
    for message, pattern in _messages.items():
        if found := pattern.fullmatch(text):
            return gettext(message) % _values(message, found.groupdict())
    return text


def _values(message: str, found: dict[str, str]) -> dict[str, str | int]:
    return {name: int(found[name]) if form == "d" else found[name] for name, form in _PLACE.findall(message)}
