"""Make, change and close accounts. Every change leaves an audit event in its transaction."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record


class AddressTaken(Exception):
    """There is an account with this e-mail address."""


@transaction.atomic
def create_user(*, email: str, name: str, password: str, language: str = "ja", by: User | None) -> User:
    """Make an account. `by` None means the command line, or the person who accepts an invitation.

    Raises:
        AddressTaken: there is one with this address, in any case of letters.
        ValidationError: the password is not good enough.
    """
    if User.objects.filter(email__iexact=email.strip()).exists():
        raise AddressTaken(email)
    validate_password(password, User(email=email, name=name))
    user = User.objects.create_user(email=email, password=password, name=name, language=language)
    record("accounts.user.created", user, by=by)
    return user


@transaction.atomic
def change_profile(user: User, *, name: str, language: str, by: User) -> None:
    """Change name and language."""
    old = User.objects.select_for_update().get(pk=user.pk)
    changes = {
        field: [getattr(old, field), value]
        for field, value in (("name", name), ("language", language))
        if getattr(old, field) != value
    }
    if not changes:
        return
    user.name, user.language = name, language
    user.save(update_fields=["name", "language"])
    record("accounts.user.changed", user, by=by, changes=changes)


@transaction.atomic
def disable_user(user: User, *, reason: str, by: User | None) -> None:
    """Let nobody sign in as `user` any more, and end the sessions that are open. Roles and history stay."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    _end_sessions(user)
    record("accounts.user.disabled", user, by=by, reason=reason)


@transaction.atomic
def enable_user(user: User, *, reason: str, by: User | None) -> None:
    """Let `user` sign in again."""
    user.is_active = True
    user.save(update_fields=["is_active"])
    record("accounts.user.enabled", user, by=by, reason=reason)


@transaction.atomic
def set_password(user: User, password: str, *, reason: str, by: User | None) -> None:
    """Give `user` another password, for portals that send no mail. Open sessions end.

    Raises:
        ValidationError: the password is not good enough.
    """
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    record("accounts.password.changed", user, by=by, reason=reason)


@transaction.atomic
def reset_second_factor(user: User, *, reason: str, by: User | None) -> int:
    """Take away every authenticator of `user`, for a lost phone; return how many there were.

    Open sessions end: whoever holds the lost phone may hold one of them.
    """
    removed = int(Authenticator.objects.filter(user=user).delete()[0])
    _end_sessions(user)
    record("accounts.second_factor.reset", user, by=by, reason=reason)
    return removed


def _end_sessions(user: User) -> None:
    """Delete the sessions of `user`. They are few: only those not yet out of date are looked at."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()
