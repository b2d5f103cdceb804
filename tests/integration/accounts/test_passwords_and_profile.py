"""Changing and resetting the password, the profile, and the language."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from freezegun import freeze_time

from sekisho.foundation.accounts import actions
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.models import AuditEvent
from tests.cast import PASSWORD, Cast, give_totp, signed_in

pytestmark = pytest.mark.django_db
NEW = "vivid turtle orchard 9"


def _reset_link(cast: Cast) -> str:
    Client().post("/accounts/password/reset/", {"email": cast.alice.email})
    match = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", mail.outbox[-1].body)
    assert match is not None
    return match[1]


def test_passwords_are_hashed_with_argon2(cast: Cast) -> None:
    user = actions.create_user(email="x@example.com", name="x", password=NEW, by=None)
    assert user.password.startswith("argon2$argon2id$")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "13"),
        ("1234567890123", "数字"),
        ("alice@minato.example", "似"),
        ("", ""),
    ],
)
def test_change_refuses_a_weak_password_and_says_why(cast: Cast, password: str, why: str) -> None:
    page = signed_in(cast.alice).post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": password, "password2": password}
    )
    assert page.status_code == 200
    assert why in page.content.decode()
    assert User.objects.get(pk=cast.alice.pk).check_password(PASSWORD)


def test_change_ends_every_session_and_tells_by_mail(cast: Cast) -> None:
    here, elsewhere = signed_in(cast.alice), signed_in(cast.alice)
    wrong = here.post("/accounts/password/change/", {"oldpassword": "no", "password1": NEW, "password2": NEW})
    assert "今のパスワードが違います" in wrong.content.decode()
    done = here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert done["Location"] == "/accounts/login/"
    assert here.get("/accounts/").status_code == elsewhere.get("/accounts/").status_code == 302
    assert Client().post("/accounts/login/", {"login": cast.alice.email, "password": NEW}).status_code == 302
    assert "パスワードが変わりました" in mail.outbox[-1].subject
    assert NEW not in mail.outbox[-1].body
    assert AuditEvent.objects.filter(verb="accounts.password.changed", actor=cast.alice).exists()


def test_reset_by_mail_sets_the_password_once_and_signs_nobody_in(cast: Cast) -> None:
    link = _reset_link(cast)
    assert mail.outbox[0].to == [cast.alice.email]
    client = Client()
    form = client.get(link)["Location"]
    assert "set-password" in form, "the secret leaves the address"
    assert "13文字以上" in client.get(form).content.decode()
    assert client.post(form, {"password1": NEW, "password2": "other"}).status_code == 200
    assert client.post(form, {"password1": NEW, "password2": NEW}).status_code == 302
    assert "_auth_user_id" not in client.session
    assert User.objects.get(pk=cast.alice.pk).check_password(NEW)
    assert "このリンクは使えません" in Client().get(link, follow=True).content.decode()


def test_reset_does_not_go_around_the_second_factor(cast: Cast) -> None:
    give_totp(cast.alice)
    client = Client()
    form = client.get(_reset_link(cast))["Location"]
    client.post(form, {"password1": NEW, "password2": NEW})
    response = client.post("/accounts/login/", {"login": cast.alice.email, "password": NEW})
    assert response["Location"] == "/accounts/second-factor/authenticate/"


def test_reset_link_is_void_after_three_hours(cast: Cast) -> None:
    with freeze_time("2026-11-21 00:00:00") as clock:
        link = _reset_link(cast)
        clock.move_to("2026-11-21 03:00:01")
        assert "このリンクは使えません" in Client().get(link).content.decode()


def test_reset_link_of_one_person_does_not_fit_another(cast: Cast) -> None:
    link = _reset_link(cast)
    key = link.rstrip("/").partition("-")[2]
    assert (
        "このリンクは使えません" in Client().get(f"/accounts/password/reset/key/{cast.bob.pk}-{key}/").content.decode()
    )


def test_reset_looks_the_same_for_a_stranger_and_writes_to_nobody(cast: Cast) -> None:
    known = Client().post("/accounts/password/reset/", {"email": cast.alice.email}, follow=True)
    unknown = Client().post("/accounts/password/reset/", {"email": "stranger@example.com"}, follow=True)
    strip = re.compile(r'value="[^"]{20,}"|content="[^"]{20,}"|nonce="[^"]+"')
    assert strip.sub("", known.content.decode()) == strip.sub("", unknown.content.decode())
    assert [message.to for message in mail.outbox] == [[cast.alice.email]]


def test_reset_is_limited(cast: Cast) -> None:
    answers = [Client().post("/accounts/password/reset/", {"email": cast.alice.email}).status_code for _ in range(6)]
    assert answers == [302] * 5 + [429]
    page = Client().post("/accounts/password/reset/", {"email": cast.alice.email})
    assert "少し待ってから" in page.content.decode()


def test_reset_mail_that_fails_is_not_silent(cast: Cast, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", 1, False
    page = Client().post("/accounts/password/reset/", {"email": cast.alice.email}, follow=True)
    assert "メールサーバにつながりませんでした" in page.content.decode()


def test_profile_changes_name_and_language_and_nothing_else(cast: Cast) -> None:
    client = signed_in(cast.alice)
    response = client.post(
        "/accounts/",
        {"name": "有栖 彩", "language": "en", "email": "evil@example.com", "is_active": "", "password": "x"},
    )
    assert response.status_code == 302
    user = User.objects.get(pk=cast.alice.pk)
    assert (user.name, user.language, user.email, user.is_active) == ("有栖 彩", "en", "alice@minato.example", True)
    assert user.check_password(PASSWORD)
    event = AuditEvent.objects.get(verb="accounts.user.changed")
    assert event.changes == {"name": ["有栖 あや", "有栖 彩"], "language": ["ja", "en"]}
    assert '<html lang="en"' in client.get("/accounts/").content.decode()


@pytest.mark.parametrize("values", [{"name": "", "language": "ja"}, {"name": "x", "language": "xx"}, {}])
def test_profile_refuses_what_makes_no_sense(cast: Cast, values: dict[str, str]) -> None:
    assert signed_in(cast.alice).post("/accounts/", values).status_code == 422
    assert User.objects.get(pk=cast.alice.pk).name == "有栖 あや"


def test_language_of_the_person_wins_over_the_browser_and_the_switch_over_both(cast: Cast) -> None:
    User.objects.filter(pk=cast.alice.pk).update(language="en")
    client = signed_in(cast.alice)
    assert '<html lang="en"' in client.get("/accounts/", headers={"accept-language": "ja"}).content.decode()
    client.post("/language/", {"language": "ja", "next": "/accounts/"})
    assert '<html lang="ja"' in client.get("/accounts/", headers={"accept-language": "en"}).content.decode()


def test_reset_second_factor_ends_sessions_and_is_on_the_trail(cast: Cast) -> None:
    client = signed_in(cast.sumi)
    assert actions.reset_second_factor(cast.sumi, reason="スマートフォンの紛失", by=cast.ada) == 2
    assert client.get("/accounts/")["Location"].startswith("/accounts/login/")
    event = AuditEvent.objects.get(verb="accounts.second_factor.reset")
    assert (event.actor, event.reason) == (cast.ada, "スマートフォンの紛失")


def test_disable_ends_sessions_of_that_person_only(cast: Cast) -> None:
    theirs, others = signed_in(cast.alice), signed_in(cast.bob)
    actions.disable_user(cast.alice, reason="退職", by=None)
    assert theirs.get("/accounts/").status_code == 302
    assert others.get("/accounts/").status_code == 200
    actions.enable_user(cast.alice, reason="復職", by=None)
    assert Client().post("/accounts/login/", {"login": cast.alice.email, "password": PASSWORD}).status_code == 302
    assert timezone.now() >= AuditEvent.objects.get(verb="accounts.user.enabled").at
