"""Every address says who may open it, and opens for nobody else: walked over the URL list, for every role."""

import re
from typing import Any

import pytest
from django.test import Client

from sekisho.foundation.accounts.permissions import PROGRAMME_ROLES, ROLE_PERMISSIONS, Permission, Role
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast, signed_in
from tests.conventions.url_list import Url, all_urls
from tests.conventions.url_objects import PLAIN, make_objects

PUBLIC = {
    "account_inactive",
    "account_login",
    "account_logout",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "confirmation:address",
    "confirmation:open",
    "invitations:accept",
    "invitations:open",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "portal:health",
    "set_language",
}
"""Open to everybody, on purpose. Adding one is a decision, not an accident."""

ANSWERED = {200, 204, 302, 303, 400, 404, 409, 415, 422}
"""What an address may say to somebody who may open it and posts nothing. 404 only where nothing of its kind exists."""

TOKEN = re.compile(rb'"[A-Za-z0-9]{64}"')
"""Of a form, masked anew for each page."""

URLS = all_urls()
GUARDED = [url for url in URLS if isinstance(url.mark, Permission)]


def _address(cast: Cast, url: Url) -> str:
    with hospital_scope(cast.hospital):
        return url.at(hospital_code=cast.hospital.code, **make_objects(cast, url))


def _is_sign_in(response: Any) -> bool:
    return response.status_code == 302 and response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("url", URLS, ids=str)
def test_url_has_a_name_and_a_mark(url: Url) -> None:
    assert "(no name)" not in url.name, f"{url.route} has no name"
    known = isinstance(url.mark, Permission) or url.mark in {"public", "signed-in"}
    assert known, f"{url.name}: mark the view with @requires(...), @signed_in or @public"


def test_public_urls_are_exactly_those_meant_to_be() -> None:
    assert {url.name for url in URLS if url.mark == "public"} == PUBLIC


def test_urls_of_a_hospital_need_a_permission() -> None:
    """Whoever is signed in may have nothing to do with the hospital in the address."""
    assert [url.name for url in URLS if url.of_hospital and not isinstance(url.mark, Permission)] == []


def test_names_are_unique() -> None:
    names = [url.name for url in URLS]
    assert sorted(set(names)) == names


def test_every_permission_is_held_by_a_role_and_every_role_is_in_the_table() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert frozenset().union(*ROLE_PERMISSIONS.values()) == set(Permission)


@pytest.mark.django_db
@pytest.mark.parametrize("url", [url for url in URLS if url.mark != "public"], ids=str)
def test_url_sends_strangers_to_the_sign_in(cast: Cast, url: Url) -> None:
    address = _address(cast, url)
    for response in (Client().get(address), Client().post(address)):
        assert _is_sign_in(response) or response.status_code == 405, response.status_code


@pytest.mark.django_db
@pytest.mark.parametrize("url", [url for url in URLS if url.mark == "public"], ids=str)
def test_public_url_answers_without_a_fault(cast: Cast, url: Url) -> None:
    address = _address(cast, url)
    for response in (Client().get(address), Client().post(address)):
        assert response.status_code < 500
        assert response.status_code != 403


def _may_open(url: Url, role: Role) -> bool:
    """Outside a hospital's address only programme roles count: the others are held for one hospital."""
    return url.mark in ROLE_PERMISSIONS[role] and (url.of_hospital or role in PROGRAMME_ROLES)


def _hospital_exists_for(role: Role) -> bool:
    return role not in PROGRAMME_ROLES or Permission.HOSPITALS_LIST in ROLE_PERMISSIONS[role]


@pytest.mark.django_db
@pytest.mark.parametrize("url", GUARDED, ids=str)
def test_url_opens_for_the_roles_of_the_table_and_for_no_other(cast: Cast, url: Url) -> None:
    for role, user in cast.by_role().items():
        address = _address(cast, url)
        client = signed_in(user)
        got = client.get(address)
        if _may_open(url, role):
            answer = client.post(address) if got.status_code == 405 else got
            assert answer.status_code in ANSWERED, (role, address, answer.status_code)
            assert answer.status_code != 404 or not url.objects, (role, address)
            assert not _is_sign_in(answer), (role, address)
        else:
            refused = 404 if url.of_hospital and not _hospital_exists_for(role) else 403
            assert got.status_code in {refused, 405}, (role, address, got.status_code)
            assert client.post(address).status_code == refused, (role, address)


@pytest.mark.django_db
@pytest.mark.parametrize("url", [url for url in GUARDED if url.of_hospital], ids=str)
def test_url_of_a_hospital_does_not_exist_for_another_hospital(cast: Cast, url: Url) -> None:
    """Also with the number of one's own hospital in the address and somebody else's record behind it."""
    address = _address(cast, url)
    client = signed_in(cast.mallory)
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 404
    assert signed_in(cast.nobody).get(address).status_code == 404
    if url.objects - PLAIN and url.mark in ROLE_PERMISSIONS[Role.HOSPITAL_STAFF]:
        smuggled = address.replace(f"/{cast.hospital.code}/", f"/{cast.other_hospital.code}/", 1)
        got = client.get(smuggled)
        assert got.status_code in {404, 405}, smuggled
        assert client.post(smuggled).status_code in {404, 405}, smuggled
        assert 404 in {got.status_code, client.post(smuggled).status_code}, smuggled


@pytest.mark.django_db
@pytest.mark.parametrize("url", [url for url in URLS if url.of_hospital], ids=str)
def test_url_of_a_hospital_that_never_was_looks_like_one_that_one_may_not_see(cast: Cast, url: Url) -> None:
    address = _address(cast, url)
    client = signed_in(cast.mallory)
    hidden = client.get(address)
    missing = client.get(address.replace(f"/{cast.hospital.code}/", "/NO-SUCH-HOSPITAL/", 1))
    assert (hidden.status_code, missing.status_code) == (404, 404)
    same = missing.content.replace(b"NO-SUCH-HOSPITAL", cast.hospital.code.encode())
    assert TOKEN.sub(b"", hidden.content) == TOKEN.sub(b"", same)
