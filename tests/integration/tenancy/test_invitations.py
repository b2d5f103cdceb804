"""Inviting, accepting, revoking and ending roles: the rules, whoever calls them."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from sekisho.foundation.accounts.actions import AddressTaken, create_user
from sekisho.foundation.accounts.models import User
from sekisho.foundation.accounts.permissions import MAY_INVITE, PROGRAMME_ROLES, Role
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.tenancy import access, actions
from sekisho.foundation.tenancy.models import Assignment, Hospital, Invitation
from tests.cast import PASSWORD, VENDOR, Cast, make_user

pytestmark = pytest.mark.django_db
NEW = "hanako@minato.example"


@pytest.fixture
def invite(cast: Cast, django_capture_on_commit_callbacks: Any) -> Any:
    """Invite as `by` and send the mail; return the invitation and the secret of its link."""

    def invite_now(by: User, role: Role = Role.HOSPITAL_STAFF, **values: Any) -> tuple[Invitation, str]:
        values = {"email": NEW, "hospital": cast.hospital, **values}
        with django_capture_on_commit_callbacks(execute=True):
            invitation = actions.invite(role=role, by=by, **values)
        return invitation, _token_of(mail.outbox[-1].body)

    return invite_now


def _token_of(body: str) -> str:
    return next(line for line in body.splitlines() if "/invitations/open/" in line).rstrip("/").rpartition("/")[2]


def _verbs() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("verb", flat=True))


def _expected(by: Role, role: Role) -> bool:
    return role in MAY_INVITE.get(by, frozenset())


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("by", Role)
def test_invite_allows_exactly_what_the_table_says(cast: Cast, by: Role, role: Role) -> None:
    hospital = None if role in PROGRAMME_ROLES else cast.hospital
    vendor = VENDOR if role is Role.VENDOR else ""
    values = {"email": NEW, "role": role, "hospital": hospital, "vendor_name": vendor, "by": cast.by_role()[by]}
    if _expected(by, role):
        assert actions.invite(**values).pk
    else:
        with pytest.raises(PermissionDenied):
            actions.invite(**values)
        assert not Invitation.objects.exists()


def test_no_role_may_invite_anybody_to_a_role_that_outranks_what_it_may_hand_out() -> None:
    """Hospital people hand out hospital roles only; only administrators hand out administrators."""
    assert not MAY_INVITE[Role.HOSPITAL_STAFF] & (PROGRAMME_ROLES | {Role.SURVEYOR, Role.DIAGNOSTICIAN})
    assert not MAY_INVITE[Role.SECRETARIAT] & PROGRAMME_ROLES
    assert set(MAY_INVITE) == {Role.HOSPITAL_STAFF, Role.SECRETARIAT, Role.ADMINISTRATOR}


def test_invite_of_another_hospital_is_refused(cast: Cast) -> None:
    with pytest.raises(actions.NotAllowed):
        actions.invite(email=NEW, role=Role.HOSPITAL_STAFF, hospital=cast.hospital, by=cast.mallory)


def test_invite_refuses_oneself_in_any_spelling(cast: Cast) -> None:
    with pytest.raises(actions.NotForOneself):
        actions.invite(
            email=" Alice@Minato.Example ", role=Role.DIRECTOR, hospital=cast.hospital, vendor_name="", by=cast.alice
        )


def test_invite_refuses_a_member_and_an_open_invitation(cast: Cast, invite: Any) -> None:
    with pytest.raises(actions.AlreadyMember):
        invite(cast.alice, Role.DIRECTOR, email="BOB@minato.example")
    invite(cast.alice)
    with pytest.raises(actions.AlreadyInvited):
        invite(cast.sumi)


def test_same_person_may_be_invited_as_vendor_of_two_companies(cast: Cast, invite: Any) -> None:
    invite(cast.alice, Role.VENDOR, vendor_name="甲社")
    invite(cast.alice, Role.VENDOR, vendor_name="乙社")
    assert Invitation.objects.count() == 2


def test_invite_keeps_only_a_hash_and_the_mail_has_the_link(cast: Cast, invite: Any) -> None:
    invitation, token = invite(cast.alice)
    stored = Invitation.objects.values().get()
    assert token not in str(stored)
    assert len(token) >= 43
    assert invitation.token_hash == actions.hash_of(token)
    assert token not in str(AuditEvent.objects.values())
    message = mail.outbox[0]
    assert message.to == [NEW]
    assert "みなと病院" in message.subject
    assert "病院担当者" in message.body
    assert cast.alice.name in message.body
    assert stored["sent_at"] is not None
    assert _verbs() == ["tenancy.invitation.sent"]


def test_invitation_mail_speaks_the_language_asked_for(cast: Cast, invite: Any) -> None:
    invite(cast.alice, language="en")
    assert mail.outbox[0].subject.startswith("Invitation to Sekisho")
    assert "works once" in mail.outbox[0].body


def test_invite_rolled_back_sends_nothing(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        actions.invite(email=NEW, role=Role.DIRECTOR, hospital=cast.hospital, by=cast.alice)
        transaction.set_rollback(True)
    assert mail.outbox == []


def test_accept_makes_account_and_role_once(cast: Cast, invite: Any) -> None:
    _, token = invite(cast.alice)
    user = actions.accept(token=token, name="花子", password=PASSWORD)
    assert user.email == NEW
    assert user.check_password(PASSWORD)
    assert access.roles_of(user, cast.hospital) == {Role.HOSPITAL_STAFF}
    assert access.roles_of(user, cast.other_hospital) == frozenset()
    assert _verbs()[1:] == ["accounts.user.created", "tenancy.assignment.given", "tenancy.invitation.accepted"]
    with pytest.raises(actions.NotOpen):
        actions.accept(token=token, name="花子", password=PASSWORD)


def test_accept_with_a_weak_password_leaves_nothing_behind(cast: Cast, invite: Any) -> None:
    _, token = invite(cast.alice)
    for weak in ("short", "12345678901234567890", "hanako@minato.example"):
        with pytest.raises(ValidationError):
            actions.accept(token=token, name="花子", password=weak)
    assert not User.objects.filter(email=NEW).exists()
    assert Invitation.objects.get().accepted_at is None


@pytest.mark.parametrize("token", ["", "x", "0" * 43, "あ" * 43, "x" * 10_000, "a\x00b"])
def test_accept_refuses_a_made_up_link(cast: Cast, invite: Any, token: str) -> None:
    invite(cast.alice)
    with pytest.raises(actions.NotOpen):
        actions.accept(token=token, name="花子", password=PASSWORD)


def test_accept_refuses_when_out_of_date(cast: Cast, invite: Any, settings: Any) -> None:
    invitation, token = invite(cast.alice)
    assert timedelta(days=6, hours=23) < invitation.expires_at - timezone.now() <= timedelta(days=7)
    Invitation.objects.update(expires_at=timezone.now())
    with pytest.raises(actions.NotOpen):
        actions.accept(token=token, name="花子", password=PASSWORD)


def test_accept_refuses_when_the_sender_may_no_longer_give_the_role(cast: Cast, invite: Any) -> None:
    _, token = invite(cast.alice)
    Assignment.objects.filter(user=cast.alice).update(ended_at=timezone.now())
    with pytest.raises(actions.NotOpen):
        actions.accept(token=token, name="花子", password=PASSWORD)


def test_accept_refuses_when_the_sender_was_disabled(cast: Cast, invite: Any) -> None:
    _, token = invite(cast.alice)
    User.objects.filter(pk=cast.alice.pk).update(is_active=False)
    with pytest.raises(actions.NotOpen):
        actions.accept(token=token, name="花子", password=PASSWORD)


def test_accept_never_touches_an_account_that_exists(cast: Cast, invite: Any) -> None:
    """Whoever holds the link cannot set the password of somebody who has an account."""
    _, token = invite(cast.sumi, email=cast.mallory.email)
    with pytest.raises(AddressTaken):
        actions.accept(token=token, name="x", password="another long phrase 7")
    assert User.objects.get(pk=cast.mallory.pk).check_password(PASSWORD)
    actions.accept_as(cast.mallory, token=token)
    assert access.roles_of(cast.mallory, cast.hospital) == {Role.HOSPITAL_STAFF}


def test_accept_as_refuses_somebody_elses_invitation(cast: Cast, invite: Any) -> None:
    _, token = invite(cast.alice)
    with pytest.raises(actions.AnotherPersonsInvitation):
        actions.accept_as(cast.mallory, token=token)
    assert access.roles_of(cast.mallory, cast.hospital) == frozenset()


def test_resend_makes_the_old_link_void(cast: Cast, invite: Any, django_capture_on_commit_callbacks: Any) -> None:
    invitation, old = invite(cast.alice)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    with django_capture_on_commit_callbacks(execute=True):
        actions.resend(invitation, by=cast.sumi)
    new = _token_of(mail.outbox[-1].body)
    assert new != old
    with pytest.raises(actions.NotOpen):
        actions.accept(token=old, name="花子", password=PASSWORD)
    actions.accept(token=new, name="花子", password=PASSWORD)
    assert Invitation.objects.get().invited_by == cast.sumi


def test_revoke_makes_the_link_void_and_happens_once(cast: Cast, invite: Any) -> None:
    invitation, token = invite(cast.alice)
    actions.revoke(invitation, by=cast.alice)
    with pytest.raises(actions.NotOpen):
        actions.accept(token=token, name="花子", password=PASSWORD)
    for change in (actions.revoke, actions.resend):
        with pytest.raises(actions.NotOpen):
            change(invitation, by=cast.alice)
    invite(cast.alice)  # may be invited anew


@pytest.mark.parametrize("change", [actions.revoke, actions.resend])
def test_invitations_of_another_hospital_are_out_of_reach(cast: Cast, invite: Any, change: Any) -> None:
    invitation, _ = invite(cast.alice)
    with pytest.raises(actions.NotAllowed):
        change(invitation, by=cast.mallory)


def test_staff_may_not_revoke_a_surveyors_invitation(cast: Cast, invite: Any) -> None:
    invitation, _ = invite(cast.sumi, Role.SURVEYOR)
    with pytest.raises(actions.NotAllowed):
        actions.revoke(invitation, by=cast.alice)


def _assignment(user: User) -> Assignment:
    return Assignment.objects.get(user=user)


def test_end_assignment_takes_the_role_and_keeps_the_reason(cast: Cast) -> None:
    actions.end_assignment(_assignment(cast.sam), by=cast.alice, reason=" 契約が終わったため ")
    assert access.roles_of(User.objects.get(pk=cast.sam.pk), cast.hospital) == frozenset()
    event = AuditEvent.objects.get(verb="tenancy.assignment.ended")
    assert (event.actor, event.hospital, event.reason) == (cast.alice, cast.hospital, "契約が終わったため")
    with pytest.raises(actions.NotOpen):
        actions.end_assignment(_assignment(cast.sam), by=cast.alice, reason="もう一度")


def test_end_assignment_needs_a_reason(cast: Cast) -> None:
    with pytest.raises(actions.ReasonMissing):
        actions.end_assignment(_assignment(cast.sam), by=cast.alice, reason=" 　\n")


@pytest.mark.parametrize(
    ("by", "whose"), [("alice", "sora"), ("alice", "mallory"), ("bob", "alice"), ("sumi", "ada"), ("sam", "sam")]
)
def test_end_assignment_refuses_whoever_may_not_give_the_role(cast: Cast, by: str, whose: str) -> None:
    with pytest.raises(actions.NotAllowed):
        actions.end_assignment(_assignment(getattr(cast, whose)), by=getattr(cast, by), reason="x")


@pytest.mark.parametrize("who", ["alice", "ada"])
def test_last_one_cannot_leave(cast: Cast, who: str) -> None:
    user = getattr(cast, who)
    with pytest.raises(actions.LastOne):
        actions.end_assignment(_assignment(user), by=user, reason="異動")
    assert _assignment(user).ended_at is None


def test_staff_may_leave_when_somebody_stays_who_can_sign_in(cast: Cast) -> None:
    heir = make_user("heir@minato.example", "後任", (Role.HOSPITAL_STAFF, cast.hospital, ""), is_active=False)
    with pytest.raises(actions.LastOne):
        actions.end_assignment(_assignment(cast.alice), by=cast.alice, reason="異動")
    User.objects.filter(pk=heir.pk).update(is_active=True)
    actions.end_assignment(_assignment(cast.alice), by=cast.alice, reason="異動")
    assert access.roles_of(cast.alice, cast.hospital) == frozenset()


def test_secretariat_may_replace_the_last_staff_member(cast: Cast) -> None:
    actions.end_assignment(_assignment(cast.alice), by=cast.sumi, reason="退職")
    assert _assignment(cast.alice).ended_at is not None


def test_assign_twice_gives_one_role(cast: Cast) -> None:
    first = actions.assign(user=cast.nobody, role=Role.DIRECTOR, hospital=cast.hospital, by=None)
    assert actions.assign(user=cast.nobody, role=Role.DIRECTOR, hospital=cast.hospital, by=None) == first
    assert Assignment.objects.filter(user=cast.nobody).count() == 1


def test_create_user_refuses_the_same_address_in_other_letters(cast: Cast) -> None:
    with pytest.raises(AddressTaken):
        create_user(email="ALICE@minato.example", name="x", password=PASSWORD, by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="Alice@minato.example", name="x", password="!")


def _bad_invitation(hospital: Hospital | None, role: Role, **fields: Any) -> Invitation:
    values = {"email": "x@example.com", "token_hash": "x", "expires_at": timezone.now(), **fields}
    return Invitation(hospital=hospital, role=role.value, **values)


@pytest.mark.parametrize("model", [Assignment, Invitation])
@pytest.mark.parametrize(
    ("role", "has_hospital", "vendor_name"),
    [
        (Role.SECRETARIAT, True, ""),
        (Role.ADMINISTRATOR, True, ""),
        (Role.HOSPITAL_STAFF, False, ""),
        (Role.VENDOR, True, ""),
        (Role.DIRECTOR, True, "甲社"),
    ],
)
def test_database_refuses_a_role_in_the_wrong_place(
    cast: Cast, model: type, role: Role, has_hospital: bool, vendor_name: str
) -> None:
    hospital = cast.hospital if has_hospital else None
    if model is Assignment:
        record = Assignment(user=cast.nobody, role=role.value, hospital=hospital, vendor_name=vendor_name)
    else:
        record = _bad_invitation(hospital, role, vendor_name=vendor_name)
    with pytest.raises(IntegrityError), transaction.atomic():
        record.save()


def test_database_refuses_two_current_roles_of_a_kind_also_without_hospital(cast: Cast) -> None:
    for user in (cast.alice, cast.sumi):
        again = _assignment(user)
        again.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            again.save()


def test_database_refuses_accepted_and_revoked_together(cast: Cast) -> None:
    now = timezone.now()
    both = _bad_invitation(
        cast.hospital, Role.DIRECTOR, accepted_at=now, accepted_by=cast.nobody, revoked_at=now, token_hash="1"
    )
    unnamed = _bad_invitation(cast.hospital, Role.DIRECTOR, accepted_at=now, token_hash="2")
    shouting = _bad_invitation(cast.hospital, Role.DIRECTOR, email="X@example.com", token_hash="3")
    for invitation in (both, unnamed, shouting):
        with pytest.raises(IntegrityError), transaction.atomic():
            invitation.save()
