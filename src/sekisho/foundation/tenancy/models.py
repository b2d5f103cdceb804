"""Hospitals, and who acts for them in which role."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sekisho.foundation.accounts.permissions import PROGRAMME_ROLES, ROLE_LABELS, Role


class Hospital(models.Model):
    """One hospital: the tenant. `code` is its facility code（施設コード）, in every address and file name."""

    code = models.CharField(
        _("施設コード"),
        max_length=32,
        unique=True,
        validators=[RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9-]*$", _("施設コードは半角の英数字とハイフンで書いてください。"))],
    )
    name = models.CharField(_("医療機関名"), max_length=200)
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


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
            models.CheckConstraint(
                condition=Q(role__in=sorted(PROGRAMME_ROLES), hospital__isnull=True)
                | (~Q(role__in=sorted(PROGRAMME_ROLES)) & Q(hospital__isnull=False)),
                name="programme_roles_and_only_they_have_no_hospital",
            ),
            models.CheckConstraint(
                condition=(Q(role=Role.VENDOR.value) & ~Q(vendor_name="")) | (~Q(role=Role.VENDOR.value) & Q(vendor_name="")),
                name="vendors_and_only_they_name_a_vendor",
            ),
            models.UniqueConstraint(
                fields=["user", "hospital", "role", "vendor_name"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="one_current_assignment_of_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"
