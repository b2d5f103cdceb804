"""Uploaded workbooks on their way into the register."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sekisho.foundation.tenancy.scope import HospitalOwned


class Upload(HospitalOwned):
    """One uploaded 別紙2-1: what was read (`book`), what is wrong with it (`problems`), and what became of it.

    `file` is the file as uploaded; None when it held accounts or passwords: those values were dropped while reading and
    are never written anywhere, so only the `marked` copy without them is kept.
    """

    class State(models.TextChoices):
        CHECKED = "checked", _("確認待ち")
        ACCEPTED = "accepted", _("取り込み済み")
        UNDONE = "undone", _("取り込みを取り消し")
        DISCARDED = "discarded", _("取り込まない")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(_("状態"), max_length=10, choices=State.choices, default=State.CHECKED)
    name = models.CharField(_("ファイル名"), max_length=200)
    sha256 = models.CharField(max_length=64)
    edition = models.CharField(_("版"), max_length=20, blank=True)
    file = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    marked = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    held_credentials = models.BooleanField(default=False)
    book = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    outcome = models.JSONField(default=dict)
    uploaded_at = models.DateTimeField(default=timezone.now, editable=False)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.name
