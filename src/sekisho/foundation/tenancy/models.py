"""Hospitals, and who acts for them in which role."""

from datetime import datetime

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sekisho.foundation.accounts.permissions import PROGRAMME_ROLES, ROLE_LABELS, Role


class Hospital(models.Model):
    """One hospital: the tenant. `code` is its facility code（施設コード）, in every address and file name."""

    code = models.CharField(
        _("施設コード"),
        max_length=32,
        unique=True,
        validators=[
            RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9-]*$", _("施設コードは半角の英数字とハイフンで書いてください。"))
        ],
    )
    name = models.CharField(_("医療機関名"), max_length=200)
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


_PROGRAMME_ROLE_VALUES = sorted(role.value for role in PROGRAMME_ROLES)


def _role_constraints(prefix: str) -> list[models.BaseConstraint]:
    """Return what assignments and invitations have in common: which roles have a hospital, which name a vendor."""
    return [
        models.CheckConstraint(
            condition=Q(role__in=_PROGRAMME_ROLE_VALUES, hospital__isnull=True)
            | (~Q(role__in=_PROGRAMME_ROLE_VALUES) & Q(hospital__isnull=False)),
            name=f"{prefix}_programme_roles_and_only_they_have_no_hospital",
        ),
        models.CheckConstraint(
            condition=(Q(role=Role.VENDOR.value) & ~Q(vendor_name=""))
            | (~Q(role=Role.VENDOR.value) & Q(vendor_name="")),
            name=f"{prefix}_vendors_and_only_they_name_a_vendor",
        ),
    ]


def _one_current(prefix: str, who: str, is_current: Q) -> list[models.BaseConstraint]:
    """Return "one of a kind", once with and once without a hospital: SQLite takes two NULLs for different."""
    return [
        models.UniqueConstraint(
            fields=[who, "hospital", "role", "vendor_name"],
            condition=is_current & Q(hospital__isnull=False),
            name=f"one_current_{prefix}_of_a_kind_at_a_hospital",
        ),
        models.UniqueConstraint(
            fields=[who, "role"],
            condition=is_current & Q(hospital__isnull=True),
            name=f"one_current_{prefix}_of_a_kind_in_the_programme",
        ),
    ]


class Assignment(models.Model):
    """A person's role, for one hospital or, for programme roles, for the whole programme.

    A vendor's assignment names the vendor whose lines the person answers for.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments")
    hospital = models.ForeignKey(Hospital, on_delete=models.PROTECT, null=True, blank=True, related_name="assignments")
    role = models.CharField(_("役割"), max_length=20, choices=[(role.value, ROLE_LABELS[role]) for role in Role])
    vendor_name = models.CharField(_("ベンダ名"), max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            *_role_constraints("assignment"),
            *_one_current("assignment", "user", Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"


class Invitation(models.Model):
    """An offer of a role, sent by mail to one address. Only a hash of the link's secret is kept.

    It is open until it is accepted, revoked or out of date; sending it again makes a new link and the old one void.
    """

    email = models.EmailField(_("メールアドレス"))
    hospital = models.ForeignKey(Hospital, on_delete=models.PROTECT, null=True, blank=True, related_name="invitations")
    role = models.CharField(_("役割"), max_length=20, choices=[(role.value, ROLE_LABELS[role]) for role in Role])
    vendor_name = models.CharField(_("ベンダ名"), max_length=200, blank=True)
    language = models.CharField(
        _("案内メールの言語"), max_length=5, choices=[("ja", "日本語"), ("en", "English")], default="ja"
    )
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("有効期限"))
    sent_at = models.DateTimeField(_("送信日時"), null=True, blank=True)
    send_error = models.CharField(max_length=500, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            *_role_constraints("invitation"),
            *_one_current("invitation", "email", Q(accepted_at__isnull=True, revoked_at__isnull=True)),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="invitation_email_is_lower_case"),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True),
                name="an_invitation_is_never_both_accepted_and_revoked",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="an_accepted_invitation_names_who_accepted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} {self.get_role_display()}"

    def is_open(self, *, at: datetime) -> bool:
        """Return True while the link may be used."""
        return self.accepted_at is None and self.revoked_at is None and at < self.expires_at
