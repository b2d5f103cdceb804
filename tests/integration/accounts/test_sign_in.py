"""Signing in and out: password, second factor, recovery codes, lock-out. Nobody is signed in half-way."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone
from freezegun import freeze_time

from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.models import AuditEvent
from tests.cast import PASSWORD, TOTP_SECRET, Cast, code_of, give_totp, signed_in

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
CODE = "/accounts/second-factor/authenticate/"


def _sign_in(client: Client, email: str, password: str = PASSWORD, **extra: Any) -> Any:
    return client.post(LOGIN, {"login": email, "password": password, **extra})


def _is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_password_opens_the_start_page(cast: Cast) -> None:
    client = Client()
    response = _sign_in(client, "Alice@MINATO.example")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get(f"/h/{cast.hospital.code}/members/").status_code == 200
    assert list(AuditEvent.objects.values_list("verb", "actor__email")) == [
        ("accounts.session.opened", "alice@minato.example")
    ]


def test_session_gets_a_new_key_and_ends_with_the_browser(cast: Cast) -> None:
    client = Client()
    client.get("/invitations/open/whatever/")  # a session before signing in, as an attacker might have planted
    planted = client.session.session_key
    _sign_in(client, cast.alice.email)
    assert client.session.session_key != planted
    assert client.session.get_expire_at_browser_close()
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    stranger = Client()
    stranger.cookies["sessionid"] = planted
    assert stranger.get("/accounts/").status_code == 302


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("alice@minato.example", "wrong password here"),
        ("alice@minato.example", PASSWORD.upper()),
        ("alice@minato.example", f" {PASSWORD}"),
        ("unknown@minato.example", PASSWORD),
    ],
)
def test_wrong_password_and_unknown_address_look_the_same(cast: Cast, email: str, password: str) -> None:
    client = Client()
    page = _sign_in(client, email, password)
    assert page.status_code == 200
    assert "メールアドレスかパスワードが違います" in page.content.decode()
    assert not _is_signed_in(client)


def test_disabled_account_is_told_so_only_with_the_right_password(cast: Cast) -> None:
    User.objects.filter(pk=cast.alice.pk).update(is_active=False)
    client = Client()
    assert "違います" in _sign_in(client, cast.alice.email, "wrong password here").content.decode()
    response = _sign_in(client, cast.alice.email)
    assert response["Location"] == "/accounts/inactive/"
    assert "止められています" in client.get("/accounts/inactive/").content.decode()
    assert not _is_signed_in(client)


def test_disabling_ends_a_session_that_is_open(cast: Cast) -> None:
    client = signed_in(cast.alice)
    assert client.get("/accounts/").status_code == 200
    User.objects.filter(pk=cast.alice.pk).update(is_active=False)
    assert client.get("/accounts/").status_code == 302


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil"])
def test_sign_in_never_leads_to_another_site(cast: Cast, target: str) -> None:
    assert _sign_in(Client(), cast.alice.email, next=target)["Location"] == "/"


def test_sign_in_leads_back_to_the_page_asked_for(cast: Cast) -> None:
    client = Client()
    asked = client.get(f"/h/{cast.hospital.code}/members/")
    assert asked["Location"] == f"{LOGIN}?next=/h/{cast.hospital.code}/members/"
    page = client.get(asked["Location"]).content.decode()
    assert f'name="next" value="/h/{cast.hospital.code}/members/"' in page


def test_sign_out_needs_post_and_ends_the_session(cast: Cast) -> None:
    client = signed_in(cast.alice)
    assert "サインアウトしますか" in client.get("/accounts/logout/").content.decode()
    assert _is_signed_in(client)
    assert client.post("/accounts/logout/")["Location"] == LOGIN
    assert not _is_signed_in(client)
    assert client.get("/accounts/").status_code == 302
    assert AuditEvent.objects.filter(verb="accounts.session.closed", actor=cast.alice).exists()


def test_forms_refuse_a_post_from_another_site(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    assert _sign_in(client, cast.alice.email).status_code == 403
    assert client.post("/accounts/logout/").status_code == 403


@pytest.mark.parametrize("path", ["signup/", "email/", "confirm-email/", "social/", "3rdparty/", "login/code/"])
def test_pages_we_do_not_want_do_not_exist(cast: Cast, path: str) -> None:
    assert Client().get(f"/accounts/{path}").status_code == 404
    assert Client().post(f"/accounts/{path}", {"email": "x@example.com"}).status_code == 404


# --- lock-out -------------------------------------------------------------------------------------------------------


def test_five_wrong_passwords_lock_this_address_and_say_until_when(cast: Cast) -> None:
    client = Client()
    with freeze_time("2026-11-21 03:00:20") as clock:  # noon in Tokyo
        for _ in range(4):
            assert _sign_in(client, cast.alice.email, "wrong password here").status_code == 200
        locked = _sign_in(client, cast.alice.email, "wrong password here")
        assert locked.status_code == 429
        text = locked.content.decode()
        assert "12:16" in text
        assert "システム管理者へ知らせてください" in text
        clock.tick(timedelta(minutes=10))
        again = _sign_in(client, cast.alice.email)
        assert again.status_code == 429, "the right password does not open a locked door"
        assert "12:16" in again.content.decode(), "a try while locked does not move the time"
        assert not _is_signed_in(client)
        clock.tick(timedelta(minutes=5, seconds=41))
        assert _sign_in(client, cast.alice.email).status_code == 302
    assert AuditEvent.objects.filter(verb="accounts.session.locked", reason="127.0.0.1").count() == 1


def test_lock_counts_the_person_and_the_address_together(cast: Cast) -> None:
    client = Client()
    for _ in range(5):
        locked = _sign_in(client, "Alice@minato.example", "wrong password here")
    assert locked.status_code == 429
    assert _sign_in(Client(), cast.bob.email).status_code == 302, "a colleague at the same address is not locked out"
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert _sign_in(elsewhere, cast.alice.email).status_code == 302, "nor the owner somewhere else"


def test_guessing_one_account_from_many_addresses_is_slowed_down(cast: Cast) -> None:
    for n in range(12):
        page = _sign_in(Client(REMOTE_ADDR=f"192.0.2.{n + 1}"), cast.alice.email, f"guess number {n} here")
    assert "しばらく受け付けません" in page.content.decode()


def test_success_forgets_earlier_mistakes(cast: Cast) -> None:
    for _ in range(2):
        for _ in range(4):
            assert _sign_in(Client(), cast.alice.email, "wrong password here").status_code == 200
        assert _sign_in(Client(), cast.alice.email).status_code == 302


def test_attempts_that_are_kept_hold_no_password(cast: Cast) -> None:
    _sign_in(Client(), cast.alice.email, "my secret of another site")
    assert "secret" not in str(list(AccessAttempt.objects.values()))


# --- second factor --------------------------------------------------------------------------------------------------


def test_password_alone_opens_nothing_when_a_second_factor_is_set_up(cast: Cast) -> None:
    give_totp(cast.alice)
    client = Client()
    assert _sign_in(client, cast.alice.email)["Location"] == CODE
    assert not _is_signed_in(client)
    assert client.get("/accounts/").status_code == 302
    assert client.post(CODE, {"code": code_of()})["Location"] == "/"
    assert client.get("/accounts/").status_code == 200


@pytest.mark.parametrize("code", ["000000", "", "abcdef", "１２３４５６", "0" * 5000, "12345'; --"])
def test_wrong_code_opens_nothing(cast: Cast, code: str) -> None:
    give_totp(cast.alice, "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU")
    client = Client()
    _sign_in(client, cast.alice.email)
    page = client.post(CODE, {"code": code})
    assert page.status_code == 200
    assert not _is_signed_in(client)


def test_code_works_once(cast: Cast) -> None:
    give_totp(cast.alice)
    code = code_of()
    for expected in (302, 200):
        client = Client()
        _sign_in(client, cast.alice.email)
        assert client.post(CODE, {"code": code}).status_code == expected


def test_guessing_codes_is_stopped(cast: Cast) -> None:
    give_totp(cast.alice)
    client = Client()
    _sign_in(client, cast.alice.email)
    for n in range(10):
        client.post(CODE, {"code": f"{n:06}"})
    page = client.post(CODE, {"code": code_of()})
    assert "しばらく受け付けません" in page.content.decode()
    assert not _is_signed_in(client)


def test_code_page_without_a_password_before_leads_to_sign_in(cast: Cast) -> None:
    give_totp(cast.alice)
    assert Client().post(CODE, {"code": code_of()})["Location"] == LOGIN


def test_recovery_code_works_once(cast: Cast) -> None:
    give_totp(cast.alice)
    codes = Authenticator.objects.get(user=cast.alice, type="recovery_codes").wrap()
    code = codes.get_unused_codes()[0]
    for expected in (302, 200):
        client = Client()
        _sign_in(client, cast.alice.email)
        assert client.post(CODE, {"code": code}).status_code == expected


def test_secrets_of_the_second_factor_are_encrypted_in_the_database(cast: Cast, settings: Any) -> None:
    give_totp(cast.alice)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert TOTP_SECRET not in stored
    assert "gAAAA" in stored
    old_key = settings.SECRET_KEY
    settings.SECRET_KEY = "a new key " * 6
    settings.SECRET_KEY_FALLBACKS = [old_key]
    client = Client()
    _sign_in(client, cast.alice.email)
    assert client.post(CODE, {"code": code_of()})["Location"] == "/", "still readable after the key was changed"


@pytest.mark.parametrize("who", ["sumi", "sora", "dai", "mina", "ada"])
def test_staff_reach_nothing_but_the_set_up_until_they_have_a_second_factor(cast: Cast, who: str) -> None:
    client = Client()
    _sign_in(client, getattr(cast, who).email)
    for path in ("/", "/accounts/", f"/h/{cast.hospital.code}/members/", "/h/NOSUCH/members/", "/invitations/staff/"):
        assert client.get(path)["Location"] == "/accounts/second-factor/", path
    assert client.post("/invitations/staff/invite/").status_code == 302
    page = client.get("/accounts/second-factor/").content.decode()
    assert "2つ目の確認手段が要ります" in page
    assert client.get("/language/", follow=False).status_code != 500
    assert client.post("/accounts/logout/")["Location"] == LOGIN


@pytest.mark.parametrize("who", ["alice", "bob", "sam", "nobody"])
def test_hospital_and_vendor_may_go_without(cast: Cast, who: str) -> None:
    client = Client()
    _sign_in(client, getattr(cast, who).email)
    assert client.get("/accounts/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_set_up_asks_for_the_password_again_then_opens_the_door(cast: Cast) -> None:
    client = Client()
    _sign_in(client, cast.sumi.email)
    add = "/accounts/second-factor/app/add/"
    ask = client.get(add)
    assert ask["Location"].startswith("/accounts/reauthenticate/")
    assert client.post("/accounts/reauthenticate/", {"password": "wrong password here", "next": add}).status_code == 200
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": add})["Location"] == add
    page = client.get(add).content.decode()
    secret = re.search(r'id="authenticator_secret">([A-Z2-7=]+)<', page)
    assert secret is not None
    assert "data:image/svg+xml;base64," in page
    assert "コードが違い" not in page
    assert client.post(add, {"code": "000000"}).status_code == 200
    done = client.post(add, {"code": code_of(secret[1])})
    assert done["Location"] == "/accounts/second-factor/codes/"
    codes = client.get(done["Location"]).content.decode()
    assert len(re.findall(r"<code>\d{8}</code>", codes)) == 10
    assert client.get("/accounts/").status_code == 200, "set up in this session counts as proved"
    assert AuditEvent.objects.filter(verb="accounts.second_factor.added", reason="totp", actor=cast.sumi).exists()


def test_role_given_after_sign_in_asks_for_the_second_factor_that_exists(cast: Cast) -> None:
    """A session with the password only, of somebody with a factor, cannot add another one to get in."""
    give_totp(cast.sumi)
    client = signed_in(cast.sumi, second_factor=False)
    target = f"/h/{cast.hospital.code}/members/"
    asked = client.get(target)["Location"]
    assert asked.startswith("/accounts/second-factor/reauthenticate/?next=")
    for path in ("app/add/", "keys/add/", "app/remove/", "codes/", "codes/download/", "codes/renew/", "keys/", ""):
        location = client.get(f"/accounts/second-factor/{path}")["Location"]
        assert location.startswith("/accounts/second-factor/reauthenticate/"), path
    assert client.post("/accounts/second-factor/reauthenticate/", {"code": "111111", "next": target}).status_code == 200
    proved = client.post("/accounts/second-factor/reauthenticate/", {"code": code_of(), "next": target})
    assert proved["Location"] == target
    assert client.get(target).status_code == 200


def test_staff_who_remove_the_last_factor_are_back_at_the_set_up(cast: Cast) -> None:
    client = signed_in(cast.sumi)
    assert client.get("/accounts/").status_code == 200
    assert client.post("/accounts/second-factor/app/remove/").status_code == 302
    assert not Authenticator.objects.filter(user=cast.sumi).exists(), "codes go with the last factor"
    assert client.get("/")["Location"] == "/accounts/second-factor/"


def test_proof_of_one_person_does_not_count_for_another(cast: Cast) -> None:
    client = signed_in(cast.sumi)
    give_totp(cast.ada)
    proofs = client.session["account_authentication_methods"]
    client.post("/accounts/logout/")
    assert "account_authentication_methods" not in client.session
    client.force_login(cast.ada, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["account_authentication_methods"] = proofs
    session["account_authentication_methods_user"] = str(cast.sumi.pk)
    session.save()
    assert client.get("/accounts/").status_code == 302


def test_last_sign_in_is_kept(cast: Cast) -> None:
    _sign_in(Client(), cast.alice.email)
    cast.alice.refresh_from_db()
    assert timezone.now() - cast.alice.last_login < timedelta(minutes=1)
