"""Signing in with a real browser: password, authenticator app, passkey; and the pages around it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from playwright.sync_api import Page, expect

from sekisho.foundation.accounts.models import User
from sekisho.foundation.tenancy.models import Assignment
from tests.cast import PASSWORD, Cast, code_of, give_totp

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    from tests.cast import make_cast

    return make_cast()


def _sign_in(page: Page, user: User) -> None:
    page.get_by_label("メールアドレス").fill(user.email)
    page.get_by_label("パスワード", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="サインイン", exact=True).click()


@pytest.fixture
def with_key() -> Callable[[Page], None]:
    """Return a function that gives a page a security key of Chromium's own, which answers by itself."""

    def plug_in(page: Page) -> None:
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )

    return plug_in


def test_passkey_from_first_sign_in_to_a_sign_in_without_password(
    cast: Cast, visit: Any, with_key: Any, axe_violations: Any
) -> None:
    page = visit("/accounts/login/")
    assert axe_violations(page) == []
    with_key(page)
    _sign_in(page, cast.sumi)
    expect(page.get_by_role("heading", level=1)).to_have_text("2つ目の確認手段")
    page.get_by_role("link", name="鍵を登録する").click()
    page.get_by_label("パスワード", exact=False).fill(PASSWORD)
    page.get_by_role("button", name="確認する").click()
    page.get_by_label("鍵の名前").fill("事務局の指紋キー")
    page.get_by_role("button", name="登録する", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("回復コード")
    expect(page.locator("li code")).to_have_count(10)
    assert axe_violations(page) == []
    page.get_by_role("link", name="保管したので、先へ進む").click()
    assert "/accounts/" not in page.url, "the door is open now"

    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + "/accounts/logout/")
    page.locator("main").get_by_role("button", name="サインアウトする").click()
    page.get_by_role("button", name="パスキーでサインイン").click()
    page.wait_for_url(lambda url: "/accounts/" not in url)
    key = Authenticator.objects.get(user=cast.sumi, type="webauthn")
    assert str(key) == "事務局の指紋キー"
    assert key.last_used_at is not None


def test_key_as_second_factor_after_the_password(cast: Cast, visit: Any, with_key: Any) -> None:
    page = visit("/accounts/login/")
    with_key(page)
    _sign_in(page, cast.ada)
    page.get_by_role("link", name="鍵を登録する").click()
    page.get_by_label("パスワード", exact=False).fill(PASSWORD)
    page.get_by_role("button", name="確認する").click()
    page.get_by_label("パスワードの代わりにも使う", exact=False).uncheck()
    page.get_by_role("button", name="登録する", exact=True).click()
    page.get_by_role("link", name="保管したので、先へ進む").click()
    page.goto(re.sub(r"(https?://[^/]+).*", r"\1/accounts/logout/", page.url))
    page.locator("main").get_by_role("button", name="サインアウトする").click()
    _sign_in(page, cast.ada)
    expect(page.get_by_role("heading", level=1)).to_have_text("2つ目の確認")
    page.get_by_role("button", name="パスキー・セキュリティキーを使う").click()
    page.wait_for_url(lambda url: "/accounts/" not in url)


def test_key_that_is_not_there_is_said_on_the_page(cast: Cast, visit: Any) -> None:
    page = visit("/accounts/login/")
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {"protocol": "ctap2", "transport": "usb", "automaticPresenceSimulation": True}},
    )
    page.get_by_role("button", name="パスキーでサインイン").click()
    expect(page.get_by_role("alert")).to_contain_text("鍵を確かめられませんでした")


def test_bare_address_says_that_passkeys_cannot_work(cast: Cast, visit: Any) -> None:
    page = visit("/accounts/login/")
    page.add_init_script("delete window.PublicKeyCredential")
    page.reload()
    expect(page.get_by_text("名前のアドレスで開くか")).to_be_visible()
    expect(page.get_by_role("button", name="パスキーでサインイン")).to_be_disabled()


def test_authenticator_app(cast: Cast, visit: Any, axe_violations: Any, picture: Any) -> None:
    page = visit("/accounts/login/")
    picture(page, "accounts-login")
    _sign_in(page, cast.sora)
    picture(page, "accounts-second-factor-needed")
    assert axe_violations(page) == []
    page.get_by_role("link", name="認証アプリを登録する").click()
    page.get_by_label("パスワード", exact=False).fill(PASSWORD)
    page.get_by_role("button", name="確認する").click()
    page.get_by_text("図を読み取れないとき").click()
    secret = page.locator("#authenticator_secret").inner_text()
    picture(page, "accounts-totp")
    assert axe_violations(page) == []
    page.get_by_label("アプリに出た6桁の数字", exact=False).fill(code_of(secret))
    page.get_by_role("button", name="登録する", exact=True).click()
    expect(page.locator("li code")).to_have_count(10)
    picture(page, "accounts-recovery-codes")
    page.get_by_role("link", name="保管したので、先へ進む").click()
    assert cast.hospital.name in page.locator("body").inner_text()


def test_code_after_the_password(cast: Cast, visit: Any, axe_violations: Any, picture: Any) -> None:
    give_totp(cast.alice)
    page = visit("/accounts/login/")
    _sign_in(page, cast.alice)
    picture(page, "accounts-code")
    assert axe_violations(page) == []
    page.get_by_label("確認コード", exact=False).fill(code_of())
    page.get_by_role("button", name="サインイン", exact=True).click()
    page.wait_for_url(lambda url: "/accounts/" not in url)


def test_invited_person_joins(
    cast: Cast, visit: Any, axe_violations: Any, picture: Any, live_server: Any, settings: Any
) -> None:
    settings.SITE_URL = live_server.url
    page = visit(f"/h/{cast.hospital.code}/members/", user=cast.alice)
    assert axe_violations(page) == []
    page.get_by_role("link", name="招待する").click()
    page.get_by_label("メールアドレス", exact=False).fill("hanako@minato.example")
    page.get_by_label("役割", exact=False).select_option("director")
    picture(page, "members-invite")
    assert axe_violations(page) == []
    page.get_by_role("button", name="招待状を送る").click()
    expect(page.get_by_text("へ招待状を送りました")).to_be_visible()
    picture(page, "members-list")
    assert axe_violations(page) == []

    match = re.search(r"(/invitations/open/\S+)", mail.outbox[-1].body)
    assert match is not None
    guest = visit(match[1])
    assert match[1] not in guest.url
    picture(guest, "members-accept")
    assert axe_violations(guest) == []
    guest.get_by_label("氏名", exact=False).fill("港 花子")
    guest.get_by_label("パスワード").first.fill(PASSWORD)
    guest.get_by_label("確認のためもう一度", exact=False).fill(PASSWORD)
    guest.get_by_role("button", name="参加する").click()
    _sign_in(guest, User.objects.get(email="hanako@minato.example"))
    expect(guest.locator("body")).to_contain_text("みなと病院")


@pytest.mark.parametrize("width", [375, 1280])
def test_every_page_is_clean_on_phone_and_desk(
    cast: Cast, visit: Any, watch: Any, axe_violations: Any, width: int, picture: Any
) -> None:
    watch.allow_statuses = {404, 410}
    give_totp(cast.alice)
    assignment = Assignment.objects.get(user=cast.sam)
    own = Assignment.objects.get(user=cast.alice)
    pages = {
        "/accounts/": cast.alice,
        "/accounts/logout/": cast.alice,
        "/accounts/password/change/": cast.alice,
        "/accounts/second-factor/": cast.alice,
        "/accounts/second-factor/keys/": cast.alice,
        "/accounts/reauthenticate/": cast.alice,
        "/accounts/password/reset/": None,
        "/accounts/password/reset/sent/": None,
        "/accounts/password/reset/key/1-nonsense/": None,
        "/accounts/password/reset/done/": None,
        "/accounts/inactive/": None,
        "/invitations/accept/": None,
        "/invitations/staff/": cast.ada,
        "/h/MINATO/members/": cast.alice,
        "/h/MINATO/members/?q=x": cast.alice,
        f"/h/MINATO/members/{assignment.pk}/end/": cast.alice,
        f"/h/MINATO/members/{own.pk}/end/": cast.alice,
    }
    found = {}
    for path, user in pages.items():
        page = visit(path, user=user, width=width)
        if problems := axe_violations(page):
            found[path] = problems
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            found[f"{path} is wider than the window"] = [str(wide)]
        picture(page, "accounts-page-" + re.sub(r"\W+", "-", path).strip("-") + f"-{width}")
        page.context.close()
    assert found == {}


def test_pictures_are_kept_where_the_documentation_looks(picture: Any, visit: Any) -> None:
    assert isinstance(picture(visit("/accounts/login/", width=375), "accounts-login-phone"), Path)
