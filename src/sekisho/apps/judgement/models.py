"""What a hospital declares of its controls, the files it is judged by, its computed level, and overrides."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sekisho.foundation.tenancy.scope import HospitalOwned


class DeclaredFact(HospitalOwned):
    """The hospital's current answer to one question of the level catalogue. `value` "" and not unknown: unanswered."""

    fact = models.CharField(max_length=80)
    value = models.CharField(max_length=40, blank=True)
    is_unknown = models.BooleanField(default=False)
    remark = models.CharField(_("補足"), max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)
    declared_at = models.DateTimeField(default=timezone.now)
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["fact"]
        constraints = [
            models.UniqueConstraint(fields=["hospital", "fact"], name="one_current_declaration_per_fact"),
            models.CheckConstraint(condition=Q(is_unknown=False) | Q(value=""), name="unknown_has_no_value"),
        ]

    def __str__(self) -> str:
        return self.fact


class CaseFile(HospitalOwned):
    """A file beside the register that the hospital is judged by: network, survey notes, scan results."""

    class Kind(models.TextChoices):
        NETWORK = "network", _("ネットワークの記述（network.yaml）")
        SURVEY = "survey", _("現地調査の記録（survey.yaml）")
        SCAN = "scan", _("診断結果（nmap の XML）")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    file = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["kind", "added_at"]

    def __str__(self) -> str:
        return str(self.file)


class CurrentLevel(HospitalOwned):
    """The level as computed last, kept for lists over many hospitals. The verdict itself is always computed anew."""

    level = models.PositiveSmallIntegerField()
    best_possible = models.PositiveSmallIntegerField()
    urgent = models.BooleanField()
    rules_version = models.CharField(max_length=20)
    verdict = models.JSONField()
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hospital"], name="one_current_level_per_hospital")]

    def __str__(self) -> str:
        return f"{self.level}"


class LevelOverride(HospitalOwned):
    """A person's level in place of the computed one, with reason and name. The computed one stays beside it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    level = models.PositiveSmallIntegerField(_("レベル"))
    computed_level = models.PositiveSmallIntegerField()
    reason = models.TextField(_("理由"))
    rules_version = models.CharField(max_length=20)
    verdict = models.JSONField()
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=3), name="override_level_1_to_3"),
            models.CheckConstraint(condition=~Q(reason=""), name="override_has_a_reason"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="override_withdrawn_at_and_by_go_together",
            ),
            models.UniqueConstraint(
                fields=["hospital"], condition=Q(withdrawn_at__isnull=True), name="one_override_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.level}"
