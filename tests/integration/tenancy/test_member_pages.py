"""The pages of members and invitations, as people use them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from sekisho.foundation.accounts.models import User
from sekisho.foundation.accounts.permissions import Role
from sekisho.foundation.tenancy import access, actions
from sekisho.foundation.tenancy.models import Assignment, Invitation
from tests.cast import PASSWORD, VENDOR, Cast, signed_in

pytestmark = pytest.mark.django_db
NEW = "hanako@minato.example"
MEMBERS = "/h/MINATO/members/"


@pytest.fixture
def link(cast: Cast, django_capture_on_commit_callbacks: Any) -> Any:
    """Invite by the form and return the path of the link in the mail."""

    def invite(by: User, url: str = f"{MEMBERS}invite/", **values: str) -> str:
        values = {"email": NEW, "role": "hospital_staff", "vendor_name": "", "language": "ja", **values}
        with django_capture_on_commit_callbacks(execute=True):
            response = signed_in(by).post(url, values)
        assert response.status_code == 302, response.content.decode()
        match = re.search(r"(/invitations/open/\S+)", mail.outbox[-1].body)
        assert match is not None
        return match[1]

    return invite


def test_list_shows_the_hospitals_own_people_only(cast: Cast) -> None:
    page = signed_in(cast.alice).get(MEMBERS).content.decode()
    for person in (cast.alice, cast.bob, cast.sam, cast.sora, cast.dai):
        assert person.email in page
    for stranger in (cast.mallory, cast.sumi, cast.ada):
        assert stranger.email not in page
    assert page.count("役割を終える<span") == 3, "staff, director and vendor, not surveyor and diagnostician"


def test_list_searches_and_filters_and_counts(cast: Cast) -> None:
    client = signed_in(cast.alice)
    page = client.get(MEMBERS, {"q": "medical"}).content.decode()
    assert "<strong>1</strong>件 / 全5件" in page
    assert cast.bob.email not in page
    page = client.get(MEMBERS, {"f.role": "director"}).content.decode()
    assert cast.bob.email in page
    assert cast.sam.email not in page
    assert "条件に合うものはありません" in client.get(MEMBERS, {"q": "だれもいない"}).content.decode()
    assert (
        client.get(MEMBERS, {"f.role": "nonsense", "q": "x" * 500, "sort": "password", "page": "-1"}).status_code == 200
    )


def test_director_sees_the_list_and_cannot_change_it(cast: Cast) -> None:
    client = signed_in(cast.bob)
    page = client.get(MEMBERS).content.decode()
    assert "招待する" not in page
    assert "役割を終える" not in page
    assert client.post(f"{MEMBERS}invite/", {"email": NEW, "role": "vendor"}).status_code == 403


def test_hostile_names_are_shown_as_text(cast: Cast) -> None:
    User.objects.filter(pk=cast.bob.pk).update(name="<script>alert(1)</script>")
    page = signed_in(cast.alice).get(MEMBERS).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_invite_form_offers_only_roles_that_may_be_given(cast: Cast) -> None:
    page = signed_in(cast.alice).get(f"{MEMBERS}invite/").content.decode()
    assert 'value="vendor"' in page
    assert 'value="surveyor"' not in page
    forged = signed_in(cast.alice).post(
        f"{MEMBERS}invite/", {"email": NEW, "role": "administrator", "vendor_name": "", "language": "ja"}
    )
    assert forged.status_code == 422
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"email": "not an address"}, ""),
        ({"role": "vendor"}, "会社名が要ります"),
        ({"email": "ALICE@minato.example"}, "自分自身は招待できません"),
        ({"email": "bob@minato.example", "role": "director"}, "すでに参加しています"),
        ({"email": "a@example.com\nBcc: b@example.com"}, ""),
        ({}, ""),
    ],
)
def test_invite_form_says_what_is_wrong(cast: Cast, values: dict[str, str], message: str) -> None:
    base = {"email": NEW, "role": "hospital_staff", "vendor_name": "", "language": "ja"} if values else {}
    page = signed_in(cast.alice).post(f"{MEMBERS}invite/", {**base, **values})
    assert page.status_code == 422
    assert message in page.content.decode()
    assert not Invitation.objects.exists()


def test_second_invitation_points_to_sending_again(cast: Cast, link: Any) -> None:
    link(cast.alice)
    page = signed_in(cast.alice).post(
        f"{MEMBERS}invite/", {"email": NEW, "role": "hospital_staff", "vendor_name": "", "language": "ja"}
    )
    assert "もう一度送る" in page.content.decode()


def test_new_person_goes_from_mail_to_start_page(cast: Cast, link: Any) -> None:
    path = link(cast.alice, role="vendor", vendor_name=f" {VENDOR}　")
    client = Client()
    response = client.get(path)
    assert response["Location"] == "/invitations/accept/", "the secret leaves the address at once"
    page = client.get("/invitations/accept/").content.decode()
    for text in ("みなと病院", VENDOR, "有栖 あや", NEW):
        assert text in page
    wrong = client.post("/invitations/accept/", {"name": "花子", "password1": PASSWORD, "password2": "different"})
    assert wrong.status_code == 422
    assert PASSWORD not in wrong.content.decode()
    done = client.post("/invitations/accept/", {"name": "花子", "password1": PASSWORD, "password2": PASSWORD})
    assert done["Location"] == "/accounts/login/"
    assert client.post("/accounts/login/", {"login": NEW, "password": PASSWORD})["Location"] == "/"
    user = User.objects.get(email=NEW)
    assert access.vendor_names_of(user, cast.hospital) == {VENDOR}
    assert "もう使われています" in Client().get(path, follow=True).content.decode()


def test_looking_at_the_link_accepts_nothing(cast: Cast, link: Any) -> None:
    path = link(cast.alice)
    for _ in range(3):
        assert Client().get(path, follow=True).status_code == 200
    assert Invitation.objects.get().accepted_at is None
    assert Client().post(path).status_code == 405


def test_known_person_signs_in_first_and_agrees(cast: Cast, link: Any) -> None:
    path = link(cast.sumi, email=cast.mallory.email)
    client = Client()
    login = client.get(path, follow=True)
    assert login.redirect_chain[-1][0] == "/accounts/login/?next=/invitations/accept/"
    assert "アカウントがあります" in login.content.decode()
    back = client.post(
        "/accounts/login/", {"login": cast.mallory.email, "password": PASSWORD, "next": "/invitations/accept/"}
    )
    assert back["Location"] == "/invitations/accept/"
    assert "この役割で参加する" in client.get("/invitations/accept/").content.decode()
    assert access.roles_of(cast.mallory, cast.hospital) == frozenset()
    assert client.post("/invitations/accept/")["Location"] == "/"
    assert Assignment.objects.filter(user=cast.mallory, hospital=cast.hospital, ended_at=None).exists()
    assert client.get(MEMBERS).status_code == 200


def test_known_person_cannot_be_given_a_new_password_through_the_link(cast: Cast, link: Any) -> None:
    client = Client()
    client.get(link(cast.sumi, email=cast.mallory.email))
    values = {"name": "x", "password1": "another long phrase 7", "password2": "another long phrase 7"}
    assert client.post("/invitations/accept/", values)["Location"].startswith("/accounts/login/")
    assert User.objects.get(pk=cast.mallory.pk).check_password(PASSWORD)


def test_somebody_else_who_is_signed_in_is_refused_with_the_way_out(cast: Cast, link: Any) -> None:
    path = link(cast.alice)
    client = signed_in(cast.mallory)
    page = client.get(path, follow=True)
    assert page.status_code == 403
    assert f"{NEW} 宛て" in page.content.decode()
    assert "サインアウトしてから" in page.content.decode()
    assert client.post("/invitations/accept/").status_code == 403
    assert Invitation.objects.get().accepted_at is None


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        (lambda: Invitation.objects.update(expires_at=timezone.now() - timedelta(1)), 410, "もう一度送る"),
        (lambda: Invitation.objects.update(revoked_at=timezone.now()), 410, "取り消されています"),
        (lambda: Invitation.objects.update(token_hash="0"), 404, "いちばん新しいメール"),
    ],
)
def test_link_that_cannot_be_used_says_why(cast: Cast, link: Any, change: Any, status: int, words: str) -> None:
    path = link(cast.alice)
    change()
    page = Client().get(path, follow=True)
    assert page.status_code == status
    assert words in page.content.decode()
    client = Client()
    client.get(path)
    assert client.post("/invitations/accept/", {"name": "x"}).status_code == status


def test_accept_without_a_link_is_not_found(cast: Cast) -> None:
    assert Client().get("/invitations/accept/").status_code == 404


def test_revoked_by_the_button(cast: Cast, link: Any) -> None:
    link(cast.alice)
    client = signed_in(cast.alice)
    invitation = Invitation.objects.get()
    assert client.post(f"{MEMBERS}invitations/{invitation.pk}/revoke/")["Location"] == MEMBERS
    assert NEW not in client.get(MEMBERS).content.decode().partition('id="invitations"')[2]
    assert client.post(f"{MEMBERS}invitations/{invitation.pk}/resend/").status_code == 404


def test_invitations_of_another_hospital_do_not_exist_here(cast: Cast, link: Any) -> None:
    """The number of somebody else's invitation in one's own address finds nothing."""
    link(cast.alice)
    pk = Invitation.objects.get().pk
    mallory = signed_in(cast.mallory)
    for deed in ("resend", "revoke"):
        assert mallory.post(f"/h/OKANOUE/members/invitations/{pk}/{deed}/").status_code == 404
        assert mallory.post(f"{MEMBERS}invitations/{pk}/{deed}/").status_code == 404
    theirs = Assignment.objects.get(user=cast.alice).pk
    assert mallory.get(f"/h/OKANOUE/members/{theirs}/end/").status_code == 404


def test_end_page_warns_the_last_one_and_offers_no_button(cast: Cast) -> None:
    pk = Assignment.objects.get(user=cast.alice).pk
    client = signed_in(cast.alice)
    page = client.get(f"{MEMBERS}{pk}/end/").content.decode()
    assert "あなたが最後の一人です" in page
    assert "<textarea" not in page
    assert client.post(f"{MEMBERS}{pk}/end/", {"reason": "異動"}).status_code == 422
    assert Assignment.objects.get(pk=pk).ended_at is None


def test_end_page_needs_a_reason_and_takes_effect_at_once(cast: Cast) -> None:
    pk = Assignment.objects.get(user=cast.sam).pk
    vendor, client = signed_in(cast.sam), signed_in(cast.alice)
    assert vendor.get(MEMBERS).status_code == 403, "the hospital exists for the vendor"
    assert client.post(f"{MEMBERS}{pk}/end/", {"reason": "  "}).status_code == 422
    assert client.post(f"{MEMBERS}{pk}/end/", {"reason": "契約終了"})["Location"] == MEMBERS
    assert vendor.get(MEMBERS).status_code == 404


def test_staff_cannot_end_a_surveyor_through_the_address(cast: Cast) -> None:
    pk = Assignment.objects.get(user=cast.sora).pk
    client = signed_in(cast.alice)
    assert client.get(f"{MEMBERS}{pk}/end/").status_code == 403
    assert client.post(f"{MEMBERS}{pk}/end/", {"reason": "x"}).status_code == 403


def test_administrator_invites_staff_of_the_programme(cast: Cast, link: Any) -> None:
    path = link(cast.ada, "/invitations/staff/invite/", role="secretariat")
    page = signed_in(cast.ada).get("/invitations/staff/").content.decode()
    assert NEW in page
    assert cast.sumi.email in page
    assert cast.alice.email not in page
    client = Client()
    client.get(path)
    client.post("/invitations/accept/", {"name": "花子", "password1": PASSWORD, "password2": PASSWORD})
    client.post("/accounts/login/", {"login": NEW, "password": PASSWORD})
    assert client.get("/", follow=True).redirect_chain[-1][0] == "/accounts/second-factor/"


def test_administrator_sees_no_hospital(cast: Cast) -> None:
    assert signed_in(cast.ada).get(MEMBERS).status_code == 404


def test_role_of_an_invitation_cannot_grow_after_sending(cast: Cast, link: Any) -> None:
    """Nothing in what the invited person posts decides the role."""
    client = Client()
    client.get(link(cast.alice, role="director"))
    values = {"name": "x", "password1": PASSWORD, "password2": PASSWORD, "role": "administrator", "hospital": ""}
    client.post("/invitations/accept/", values)
    user = User.objects.get(email=NEW)
    assert access.all_roles_of(user) == {Role.DIRECTOR}
    assert actions.roles_that_may_be_given(user, cast.hospital) == frozenset()
