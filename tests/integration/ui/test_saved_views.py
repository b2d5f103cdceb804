"""Views of lists that a person saves: their own, and of nobody else."""

import pytest
from django.urls import reverse

from sekisho.foundation.accounts.models import User
from sekisho.foundation.ui import saved_views
from sekisho.foundation.ui.models import SavedView
from tests.cast import signed_in


def save(user: User, **changes: str):  # type: ignore[no-untyped-def]
    data = {
        "list_name": "register.lines",
        "name": "私の回線",
        "query": "?q=VPN&sort=-due&page=3",
        "next": "/h/MINATO/",
        **changes,
    }
    return signed_in(user).post(reverse("ui:save_view"), data)


def test_save_keeps_the_query_and_returns_to_the_list_showing_it(alice: User) -> None:
    response = save(alice)
    assert response.status_code == 302
    assert response["Location"] == "/h/MINATO/?q=VPN&sort=-due&page=3"
    assert [(v.name, v.query) for v in saved_views.saved_views_of(alice, "register.lines")] == [
        ("私の回線", "q=VPN&sort=-due&page=3")
    ]


def test_save_replaces_a_view_of_the_same_name(alice: User) -> None:
    save(alice)
    save(alice, query="?q=ISDN")
    assert [v.query for v in SavedView.objects.all()] == ["q=ISDN"]


def test_views_of_others_and_of_other_lists_are_not_seen(alice: User, mallory: User) -> None:
    save(alice)
    assert not saved_views.saved_views_of(mallory, "register.lines")
    assert not saved_views.saved_views_of(alice, "register.devices")


@pytest.mark.parametrize(
    "changes", [{"name": ""}, {"name": "あ" * 61}, {"query": "?q=" + "x" * 3000}, {"list_name": ""}]
)
def test_save_refuses_what_cannot_be_kept(alice: User, changes: dict[str, str]) -> None:
    response = save(alice, **changes)
    assert response["Location"] == "/h/MINATO/"
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    "next_", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "", "h/MINATO/", "/\\evil.example"]
)
def test_save_never_leads_away_from_the_portal(alice: User, next_: str) -> None:
    assert save(alice, next=next_)["Location"].startswith("/?q=VPN")


def test_save_stops_at_the_limit_and_says_so(alice: User) -> None:
    for n in range(saved_views.MAX_PER_LIST):
        saved_views.save_view(list_name="register.lines", name=str(n), query="", by=alice)
    save(alice)
    assert SavedView.objects.count() == saved_views.MAX_PER_LIST
    saved_views.save_view(list_name="register.lines", name="3", query="q=x", by=alice)
    assert SavedView.objects.get(name="3").query == "q=x"


def test_drop_deletes_ones_own_view_and_leaves_others_alone(alice: User, mallory: User) -> None:
    save(alice)
    view = SavedView.objects.get()
    signed_in(mallory).post(reverse("ui:drop_view", args=[view.pk]))
    assert SavedView.objects.exists()
    signed_in(alice).post(reverse("ui:drop_view", args=[view.pk]))
    assert not SavedView.objects.exists()


def test_saving_needs_a_person_and_a_post(alice: User, client) -> None:  # type: ignore[no-untyped-def]
    assert client.post(reverse("ui:save_view"), {"name": "x"})["Location"].startswith("/accounts/")
    assert signed_in(alice).get(reverse("ui:save_view")).status_code == 405
    assert not SavedView.objects.exists()
