"""Sign-in, sign-out and changes of password or second factor go to the audit trail.

django-allauth and django-axes tell of these by signal only; nothing else in Sekisho uses signals.
"""

from typing import Any

from allauth.account import signals as account_signals
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from axes.signals import user_locked_out
from django.contrib.auth import signals as auth_signals
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from sekisho.foundation.accounts.models import User
from sekisho.foundation.accounts.second_factor import FACTORS
from sekisho.foundation.audit.actions import record


def _record(verb: str, user: User | None, *, reason: str = "") -> None:
    with transaction.atomic():
        record(verb, user, by=user, reason=reason)


@receiver(auth_signals.user_logged_in)
def _signed_in(user: User, **_: Any) -> None:
    _record("accounts.session.opened", user)


@receiver(auth_signals.user_logged_out)
def _signed_out(user: User | None, **_: Any) -> None:
    if user is not None:
        _record("accounts.session.closed", user)


@receiver(user_locked_out)
def _locked(request: HttpRequest, username: str, ip_address: str, **_: Any) -> None:
    # Sent again for each try while the lock holds; the count is there only for the try that made the lock.
    if getattr(request, "axes_failures_since_start", None):
        _record("accounts.session.locked", User.objects.filter(email=username).first(), reason=ip_address)


@receiver(account_signals.password_changed)
@receiver(account_signals.password_reset)
def _password_changed(user: User, **_: Any) -> None:
    _record("accounts.password.changed", user)


@receiver(mfa_signals.authenticator_added)
def _factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _record("accounts.second_factor.added", user, reason=authenticator.type)
    if authenticator.type in FACTORS:
        # Setting it up proved that the person holds it: do not ask for it again in this session.
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True)


@receiver(mfa_signals.authenticator_removed)
def _factor_removed(user: User, authenticator: Authenticator, **_: Any) -> None:
    _record("accounts.second_factor.removed", user, reason=authenticator.type)


@receiver(mfa_signals.authenticator_reset)
def _codes_renewed(user: User, authenticator: Authenticator, **_: Any) -> None:
    _record("accounts.second_factor.renewed", user, reason=authenticator.type)
