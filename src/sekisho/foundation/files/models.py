"""Files of hospitals: the bytes lie in the store under their hash, the row says what they are."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sekisho.foundation.tenancy.scope import HospitalOwned


class StoredFile(HospitalOwned):
    """One file of one hospital. `name` is what the person called it, cleaned; it is never used as a path.

    `content_type` was told from the bytes, not from the name. `path` is relative to the store.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("ファイル名"), max_length=200)
    content_type = models.CharField(_("種類"), max_length=100)
    size_bytes = models.PositiveBigIntegerField(_("大きさ"))
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        """Return True when a page may show the file as a picture."""
        return self.content_type in {"image/png", "image/jpeg"}
