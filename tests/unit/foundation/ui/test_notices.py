"""Messages with a way back."""

import json

import pytest
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpResponse
from django.template import Context, Template
from django.test import RequestFactory

from sekisho.foundation.ui.notices import toast, undo_url, undoable


def request():  # type: ignore[no-untyped-def]
    made = RequestFactory().get("/")
    made._messages = CookieStorage(made)
    return made


def test_undoable_carries_its_address_to_the_next_page() -> None:
    made = request()
    undoable(made, "消しました。", undo_url="/h/A/undo/3/")
    messages.info(made, "ほか")
    with_undo, plain = list(messages.get_messages(made))
    assert undo_url(with_undo) == "/h/A/undo/3/"
    assert undo_url(plain) == ""
    source = "{% load ui %}{% include 'ui/_messages.html' %}"
    drawn = Template(source).render(Context({"messages": [with_undo, plain]}))
    assert drawn.count("<form") == 1
    assert 'action="/h/A/undo/3/"' in drawn


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "", "/a b", "/\\evil.example"]
)
def test_undoable_refuses_addresses_that_lead_away(url: str) -> None:
    with pytest.raises(ValueError, match="Not an address"):
        undoable(request(), "x", undo_url=url)


def test_toast_travels_in_a_header_that_any_server_can_send() -> None:
    header = toast(HttpResponse(), "消しました。", undo_url="/undo/")["HX-Trigger"]
    assert header.isascii()
    assert json.loads(header) == {"toast": {"text": "消しました。", "undo": "/undo/"}}
    with pytest.raises(ValueError, match="Not an address"):
        toast(HttpResponse(), "x", undo_url="//evil.example")
