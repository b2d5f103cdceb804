"""Invite people, let them in, and end their roles. Nobody gives a role to themselves."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from sekisho.foundation.accounts import mails
from sekisho.foundation.accounts.actions import create_user
from sekisho.foundation.accounts.models import User
from sekisho.foundation.accounts.permissions import MAY_INVITE, PROGRAMME_ROLES, Role
from sekisho.foundation.audit.actions import record
from sekisho.foundation.tenancy import access
from sekisho.foundation.tenancy.models import Assignment, Hospital, Invitation


class NotAllowed(PermissionDenied):
    """The person may not give or end this role. Django answers with 403 when nobody catches it."""


class NotForOneself(Exception):
    """Nobody invites themselves."""


class AlreadyMember(Exception):
    """The person holds this role already."""


class AlreadyInvited(Exception):
    """There is an open invitation of this kind; it can be sent again."""

    def __init__(self, invitation: Invitation) -> None:
        super().__init__(str(invitation))
        self.invitation = invitation


class NotOpen(Exception):
    """The invitation was accepted, revoked or is out of date, or the link is not right."""


class AnotherPersonsInvitation(Exception):
    """The invitation is for another e-mail address than that of the person who is signed in."""


class LastOne(Exception):
    """Without this person nobody would be left who can let others in."""


class ReasonMissing(Exception):
    """Ending a role needs a reason."""


def roles_that_may_be_given(by: User, hospital: Hospital | None) -> frozenset[Role]:
    """Return the roles that `by` may give: at `hospital`, or, for None, in the programme."""
    given = frozenset().union(*(MAY_INVITE.get(role, frozenset()) for role in access.roles_of(by, hospital)))
    return given & PROGRAMME_ROLES if hospital is None else given - PROGRAMME_ROLES


def _check_may_give(by: User, role: Role, hospital: Hospital | None) -> None:
    if role not in roles_that_may_be_given(by, hospital):
        raise NotAllowed(role)


@transaction.atomic
def invite(
    *, email: str, role: Role, hospital: Hospital | None, vendor_name: str = "", language: str = "ja", by: User
) -> Invitation:
    """Offer a role by mail. The mail goes out after the transaction; see `Invitation.send_error` for what became of it.

    Raises:
        NotAllowed, NotForOneself, AlreadyMember, AlreadyInvited: see there.
    """
    email = email.strip().lower()
    _check_may_give(by, role, hospital)
    if email == by.email.lower():
        raise NotForOneself(email)
    kind = {"hospital": hospital, "role": role.value, "vendor_name": vendor_name.strip()}
    if Assignment.objects.filter(user__email=email, ended_at__isnull=True, **kind).exists():
        raise AlreadyMember(email)
    if open_one := Invitation.objects.filter(
        email=email, accepted_at__isnull=True, revoked_at__isnull=True, **kind
    ).first():
        raise AlreadyInvited(open_one)
    invitation = Invitation(email=email, language=language, **kind)
    try:
        with transaction.atomic():
            _renew_and_send(invitation, by=by)
    except IntegrityError as error:  # somebody else was faster by a moment
        raise AlreadyInvited(Invitation.objects.get(email=email, accepted_at=None, revoked_at=None, **kind)) from error
    record("tenancy.invitation.sent", invitation, by=by)
    return invitation


@transaction.atomic
def resend(invitation: Invitation, *, by: User) -> None:
    """Send the invitation again, with a new link and a new term. The old link is void.

    Raises:
        NotAllowed: `by` may not give this role.
        NotOpen: it was accepted or revoked. One that is out of date can be sent again.
    """
    invitation = _locked(invitation)
    _check_may_give(by, Role(invitation.role), invitation.hospital)
    _renew_and_send(invitation, by=by)
    record("tenancy.invitation.resent", invitation, by=by)


@transaction.atomic
def revoke(invitation: Invitation, *, by: User) -> None:
    """Make the link void.

    Raises:
        NotAllowed: `by` may not give this role.
        NotOpen: it was accepted or revoked before.
    """
    invitation = _locked(invitation)
    _check_may_give(by, Role(invitation.role), invitation.hospital)
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    record("tenancy.invitation.revoked", invitation, by=by)


def _locked(invitation: Invitation) -> Invitation:
    fresh = Invitation.objects.select_for_update(of=("self",)).select_related("hospital").get(pk=invitation.pk)
    if fresh.accepted_at is not None or fresh.revoked_at is not None:
        raise NotOpen(str(fresh))
    return fresh


def hash_of(token: str) -> str:
    """Return what is kept of a link's secret. It has 256 random bits, so a plain hash cannot be turned back."""
    return hashlib.sha256(token.encode()).hexdigest()


def _renew_and_send(invitation: Invitation, *, by: User) -> None:
    token = secrets.token_urlsafe(32)
    invitation.token_hash = hash_of(token)
    invitation.invited_by = by
    invitation.expires_at = timezone.now() + timedelta(days=settings.INVITATION_DAYS)
    invitation.sent_at = None
    invitation.send_error = ""
    invitation.save()
    # Not a background job: its arguments are kept in the database, and the link's secret must not be.
    transaction.on_commit(lambda: _send(invitation, token))


def _send(invitation: Invitation, token: str) -> None:
    context = {
        "invitation": invitation,
        "link": settings.SITE_URL + reverse("invitations:open", args=[token]),
        "days": settings.INVITATION_DAYS,
    }
    try:
        mails.send("invitation", to=invitation.email, language=invitation.language, context=context)
    except mails.MailNotSent as error:
        Invitation.objects.filter(pk=invitation.pk).update(send_error=error.problem.value)
    else:
        Invitation.objects.filter(pk=invitation.pk).update(sent_at=timezone.now(), send_error="")
    invitation.refresh_from_db(fields=["sent_at", "send_error"])


@transaction.atomic
def accept(*, token: str, name: str, password: str) -> User:
    """Make the account that the invitation offers, and give it the role.

    Raises:
        NotOpen: the link is not right, or the invitation is not open any more.
        AddressTaken: there is an account; its owner must sign in and use `accept_as`.
        ValidationError: the password is not good enough.
    """
    invitation = _open_invitation(token)
    user = create_user(email=invitation.email, name=name, password=password, language=invitation.language, by=None)
    _give(invitation, user)
    return user


@transaction.atomic
def accept_as(user: User, *, token: str) -> Invitation:
    """Give the role to somebody who has an account already and is signed in.

    Raises:
        NotOpen: as for `accept`.
        AnotherPersonsInvitation: it was sent to another address.
    """
    invitation = _open_invitation(token)
    if user.email.lower() != invitation.email:
        raise AnotherPersonsInvitation(invitation.email)
    _give(invitation, user)
    return invitation


def _open_invitation(token: str) -> Invitation:
    invitation = Invitation.objects.select_for_update().filter(token_hash=hash_of(token)).first()
    if invitation is None or not can_be_accepted(invitation):
        raise NotOpen
    return invitation


def can_be_accepted(invitation: Invitation) -> bool:
    """Return True while the invitation is open and the person who sent it may still give the role."""
    sender = invitation.invited_by
    if not invitation.is_open(at=timezone.now()) or sender is None or not sender.is_active:
        return False
    return invitation.role in roles_that_may_be_given(sender, invitation.hospital)


def _give(invitation: Invitation, user: User) -> None:
    invitation.accepted_at = timezone.now()
    invitation.accepted_by = user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    assign(
        user=user, role=Role(invitation.role), hospital=invitation.hospital, vendor_name=invitation.vendor_name, by=user
    )
    record("tenancy.invitation.accepted", invitation, by=user)


@transaction.atomic
def assign(*, user: User, role: Role, hospital: Hospital | None, vendor_name: str = "", by: User | None) -> Assignment:
    """Give a role, without asking whether `by` may: for accepted invitations and the command line (`by` None).

    Giving a role that the person holds changes nothing.
    """
    kind = {"user": user, "hospital": hospital, "role": role.value, "vendor_name": vendor_name}
    current = Assignment.objects.filter(ended_at__isnull=True, **kind).first()
    if current is not None:
        return current
    assignment = Assignment.objects.create(**kind)
    access.forget(user)
    record("tenancy.assignment.given", assignment, by=by)
    return assignment


@transaction.atomic
def end_assignment(assignment: Assignment, *, reason: str, by: User) -> None:
    """Take a role away; what the person did stays in the history.

    Raises:
        NotAllowed: `by` may not give this role, so may not take it away either.
        ReasonMissing: `reason` is blank.
        LastOne: `by` is the last one who can let others in at the hospital, or in the programme.
        NotOpen: the role has ended before.
    """
    assignment = (
        Assignment.objects.select_for_update(of=("self",)).select_related("user", "hospital").get(pk=assignment.pk)
    )
    _check_may_give(by, Role(assignment.role), assignment.hospital)
    if not reason.strip():
        raise ReasonMissing
    if assignment.ended_at is not None:
        raise NotOpen
    if assignment.user_id == by.pk and is_last_of_its_kind(assignment):
        raise LastOne
    assignment.ended_at = timezone.now()
    assignment.save(update_fields=["ended_at"])
    access.forget(assignment.user)
    access.forget(by)
    record("tenancy.assignment.ended", assignment, by=by, reason=reason.strip())


def is_last_of_its_kind(assignment: Assignment) -> bool:
    """Return True for the last hospital staff member of a hospital and the last system administrator."""
    if assignment.role not in {Role.HOSPITAL_STAFF.value, Role.ADMINISTRATOR.value}:
        return False
    others = Assignment.objects.filter(
        hospital=assignment.hospital, role=assignment.role, ended_at__isnull=True, user__is_active=True
    )
    return not others.exclude(pk=assignment.pk).exists()
