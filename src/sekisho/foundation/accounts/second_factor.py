"""The second factor: authenticator app, passkey or security key, and recovery codes.

django-allauth does the work. Here: its secrets are encrypted, its words are ours, and the two questions that
`tenancy.middleware` asks are answered.
"""

import base64
from typing import Any, ClassVar

from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sekisho.foundation.accounts.models import User

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts as a second factor. Recovery codes only stand in for one."""


def factors_of(user: User) -> frozenset[str]:
    """Return the types of second factor that `user` has set up."""
    return frozenset(Authenticator.objects.filter(user=user, type__in=FACTORS).values_list("type", flat=True))


def was_used(request: HttpRequest) -> bool:
    """Return True when the person proved a second factor in this session."""
    records = get_authentication_records(request, request.user)
    return any(entry.get("method") == "mfa" for entry in records)


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        Fernet(
            base64.urlsafe_b64encode(salted_hmac("sekisho.second-factor", "", secret=key, algorithm="sha256").digest())
        )
        for key in keys
    )


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """A copy of the database alone does not yield codes: the secrets in it are encrypted with the portal's key."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _(
            "確認できませんでした。アプリに今出ている6桁の数字を入力してください。一度使った数字は使えません。"
            "合わないときは、スマートフォンの時計が正しいか確かめてください。"
        ),
        "cannot_generate_recovery_codes": _("先に、認証アプリかパスキーを登録してください。"),
    }

    def encrypt(self, text: str) -> str:
        """Return `text` encrypted."""
        return _cipher().encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """Return what was encrypted, with the present key or an earlier one (`SECRET_KEY_FALLBACKS`)."""
        return _cipher().decrypt(encrypted_text.encode("ascii")).decode()

    def _get_site_name(self) -> str:
        return "Sekisho"

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 allauth's name
        """Return a name that tells keys apart until the person gives a better one."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("鍵 %(number)d") % {"number": number}
