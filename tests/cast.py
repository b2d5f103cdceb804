"""The cast: one person for each role, two hospitals, and ways to sign in. Every test with a database uses them.

alice     staff of みなと病院                    mallory  staff of 丘の上病院: the stranger
bob       director of みなと病院                 sumi     secretariat
sam       vendor みなとメディカル at みなと病院    mina     ministry
sora      surveyor of みなと病院                 ada      system administrator
dai       diagnostician of みなと病院            nobody   an account without any role
"""

import base64
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.hashers import make_password
from django.core.cache import cache as django_cache
from django.test import Client

from sekisho.foundation.accounts.models import User
from sekisho.foundation.accounts.permissions import Role
from sekisho.foundation.audit.remembered import forget_all
from sekisho.foundation.tenancy import access
from sekisho.foundation.tenancy.models import Assignment, Hospital

PASSWORD = "azure kettle parade 42"
TOTP_SECRET = base64.b32encode(b"sekisho-test-secret!").decode()
VENDOR = "みなとメディカル株式会社"


@cache
def _password_hash() -> str:
    """Argon2 is slow on purpose; one hash serves all tests of a process."""
    return make_password(PASSWORD)


@dataclass(frozen=True)
class Cast:
    """Everybody, by name."""

    hospital: Hospital
    other_hospital: Hospital
    alice: User
    bob: User
    sam: User
    sora: User
    dai: User
    mallory: User
    sumi: User
    mina: User
    ada: User
    nobody: User

    def by_role(self) -> dict[Role, User]:
        """Return who plays each role at `hospital` or in the programme."""
        return {
            Role.HOSPITAL_STAFF: self.alice,
            Role.DIRECTOR: self.bob,
            Role.SURVEYOR: self.sora,
            Role.DIAGNOSTICIAN: self.dai,
            Role.VENDOR: self.sam,
            Role.SECRETARIAT: self.sumi,
            Role.MINISTRY: self.mina,
            Role.ADMINISTRATOR: self.ada,
        }


def make_user(email: str, name: str, *roles: tuple[Role, Hospital | None, str], **fields: Any) -> User:
    """Make an account with `PASSWORD`, and its roles as (role, hospital, vendor name)."""
    user = User.objects.create(email=email, name=name, password=_password_hash(), **fields)
    for role, hospital, vendor_name in roles:
        Assignment.objects.create(user=user, role=role.value, hospital=hospital, vendor_name=vendor_name)
    return user


def make_cast() -> Cast:
    """Make both hospitals and everybody."""
    a = Hospital.objects.create(code="MINATO", name="みなと病院")
    b = Hospital.objects.create(code="OKANOUE", name="丘の上病院")
    return Cast(
        hospital=a,
        other_hospital=b,
        alice=make_user("alice@minato.example", "有栖 あや", (Role.HOSPITAL_STAFF, a, "")),
        bob=make_user("bob@minato.example", "坊野 武", (Role.DIRECTOR, a, "")),
        sam=make_user("sam@medical.example", "佐武 守", (Role.VENDOR, a, VENDOR)),
        sora=make_user("sora@survey.example", "空野 調", (Role.SURVEYOR, a, "")),
        dai=make_user("dai@diagnosis.example", "大道 診", (Role.DIAGNOSTICIAN, a, "")),
        mallory=make_user("mallory@okanoue.example", "丸木 りん", (Role.HOSPITAL_STAFF, b, "")),
        sumi=make_user("sumi@office.example", "墨田 まり", (Role.SECRETARIAT, None, "")),
        mina=make_user("mina@ministry.example", "皆川 みな", (Role.MINISTRY, None, "")),
        ada=make_user("ada@sekisho.example", "安達 みどり", (Role.ADMINISTRATOR, None, "")),
        nobody=make_user("nobody@example.com", "無名 一"),
    )


def code_of(secret: str = TOTP_SECRET, *, steps: int = 0) -> str:
    """Return the six digits that an authenticator app shows now, or `steps` times 30 seconds later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def give_totp(user: User, secret: str = TOTP_SECRET) -> Authenticator:
    """Set up the authenticator app and recovery codes for `user`."""
    authenticator = TOTP.activate(user, secret).instance
    RecoveryCodes.activate(user)
    return authenticator


def signed_in(user: User, *, second_factor: bool | None = None) -> Client:
    """Return a client with a session of `user`, without the slow way through the forms.

    `second_factor` None: proved when the roles of the person need it.
    """
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    if access.needs_second_factor(user) if second_factor is None else second_factor:
        if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
            give_totp(user)
        session = client.session
        session["account_authentication_methods"] = [
            {"method": "mfa", "at": time.time(), "type": "totp", "reauthenticated": True}
        ]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
    return client


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Rate limits and used codes are kept in the cache; what pages compute is remembered beside it."""
    django_cache.clear()
    forget_all()


@pytest.fixture
def cast(db: None) -> Cast:
    """Everybody; single people have fixtures of their own."""
    return make_cast()


def _person(name: str) -> Any:
    @pytest.fixture(name=name)
    def person(cast: Cast) -> Any:
        return getattr(cast, name)

    return person


hospital = _person("hospital")
other_hospital = _person("other_hospital")
alice = _person("alice")
bob = _person("bob")
sam = _person("sam")
sora = _person("sora")
dai = _person("dai")
mallory = _person("mallory")
sumi = _person("sumi")
mina = _person("mina")
ada = _person("ada")
nobody = _person("nobody")
