"""Terms of the programme and who agreed to them; the check of a hospital's basic information."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sekisho.foundation.tenancy.scope import HospitalOwned


class Terms(models.Model):
    """One version of the programme's terms（規約と注意事項）. Once somebody has agreed it is never changed."""

    version = models.CharField(_("版"), max_length=20, unique=True)
    title = models.CharField(_("題名"), max_length=200)
    text = models.TextField(_("本文"))
    sha256 = models.CharField(max_length=64, editable=False)
    effective_on = models.DateField(_("適用開始日"))

    class Meta:
        ordering = ["-effective_on", "-id"]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class TermsConsent(HospitalOwned):
    """Who agreed to which version of the terms for a hospital, and when. Withdrawing adds to it, never deletes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    terms = models.ForeignKey(Terms, on_delete=models.PROTECT, related_name="consents")
    terms_sha256 = models.CharField(max_length=64)
    signed_name = models.CharField(_("署名（氏名）"), max_length=100)
    agreed_at = models.DateTimeField(default=timezone.now, editable=False)
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-agreed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["hospital", "terms"], condition=Q(withdrawn_at__isnull=True), name="one_consent_in_force"
            )
        ]

    def __str__(self) -> str:
        return str(self.terms)


class BasicsCheck(HospitalOwned):
    """The hospital's answer to "is what we have about you right?": correct, or remarks. Due within three days."""

    class Answer(models.TextChoices):
        CORRECT = "correct", _("正しい")
        REMARKS = "remarks", _("訂正がある")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    due_on = models.DateField(_("期限"))
    answer = models.CharField(max_length=10, choices=Answer.choices, blank=True)
    remarks = models.TextField(_("訂正の内容"), blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True) | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="check_answered_at_goes_with_answer",
            ),
            models.CheckConstraint(
                condition=~Q(answer="remarks") | ~Q(remarks=""), name="check_with_remarks_says_which"
            ),
            models.UniqueConstraint(fields=["hospital"], condition=Q(answer=""), name="one_open_check"),
        ]

    def __str__(self) -> str:
        return f"{self.due_on}"
