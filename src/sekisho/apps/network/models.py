"""The network map of a hospital in versions, the device configurations behind it, and requests to change it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sekisho.foundation.tenancy.scope import HospitalOwned


class NetworkPlan(HospitalOwned):
    """One version of the hospital's network map（見取り図）: network.yaml as Sekisho writes it. Never changed.

    The version with the highest `number` is in force; going back makes a new version of the old content. `problems`
    are what was wrong in the file it was made from: line, rule, and the message in both languages.
    """

    class Source(models.TextChoices):
        UPLOAD = "upload", _("network.yaml の取り込み")
        CONFIGURATION = "configuration", _("装置の設定の取り込み")
        EXCEPTIONS = "exceptions", _("必要な通信の一覧の取り込み")
        RESTORED = "restored", _("前の版に戻した")
        SAMPLE = "sample", _("見本")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(_("版"))
    source = models.CharField(_("もとになったもの"), max_length=16, choices=Source.choices)
    note = models.CharField(_("メモ"), max_length=200, blank=True)
    file = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, related_name="+")
    content_hash = models.CharField(max_length=64)
    problems = models.JSONField(default=list)
    restored_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["hospital", "number"], name="network_plan_number_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="network_plan_number_from_1"),
        ]

    def __str__(self) -> str:
        return f"network.yaml {self.number}"


class DeviceConfigurationFile(HospitalOwned):
    """One device configuration as dropped, without its secrets: they are taken out before anything is stored.

    `device` is the id of the device in the map that it was tied to, "" while it is not; `register_device` the record of
    the register. A newer file tied to the same device replaces this one (`replaced_at`). `failure` says, in both
    languages, why it could not be read.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("読み取り待ち")
        READ = "read", _("読み取り済み")
        FAILED = "failed", _("読み取れない")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(_("状態"), max_length=10, choices=State.choices, default=State.WAITING)
    name = models.CharField(_("ファイル名"), max_length=200)
    file = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, related_name="+")
    vendor = models.CharField(_("機種"), max_length=40, blank=True)
    model = models.CharField(_("型番"), max_length=100, blank=True)
    hostname = models.CharField(_("装置の名前"), max_length=100, blank=True)
    understood = models.PositiveIntegerField(default=0)
    unparsed = models.PositiveIntegerField(default=0)
    redacted = models.PositiveIntegerField(default=0)
    rules = models.PositiveIntegerField(default=0)
    addresses = models.JSONField(default=list)
    notices = models.JSONField(default=list)
    failure = models.JSONField(default=dict)
    device = models.CharField(max_length=200, blank=True)
    register_device = models.UUIDField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    uploaded_at = models.DateTimeField(default=timezone.now, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "-uploaded_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def lines(self) -> int:
        """Return how many lines count for coverage."""
        return self.understood + self.unparsed

    @property
    def percent(self) -> int:
        """Return the share of lines understood, rounded down: 100 is said only when nothing is left."""
        return self.understood * 100 // self.lines if self.lines else 100


class UnparsedConfigurationLine(HospitalOwned):
    """A line that was not understood, until a person has looked at it. `text` holds no secret."""

    class Bearing(models.TextChoices):
        FILTER = "filter", _("通信の許可・禁止")
        NAT = "nat", _("アドレスの変換")
        ROUTE = "route", _("経路")
        INTERFACE = "interface", _("接続口")
        OTHER = "other", _("通信には関係しない見込み")

    configuration = models.ForeignKey(
        DeviceConfigurationFile, on_delete=models.PROTECT, related_name="unparsed_lines", verbose_name=_("設定")
    )
    line = models.PositiveIntegerField(_("行"))
    text = models.CharField(max_length=500)
    why = models.JSONField(default=dict)
    bearing = models.CharField(_("関わるもの"), max_length=10, choices=Bearing.choices)
    remark = models.CharField(_("確かめたこと"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=0)
    ticked_at = models.DateTimeField(null=True, blank=True)
    ticked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["configuration", "line"]
        constraints = [
            models.UniqueConstraint(fields=["configuration", "line"], name="unparsed_line_once"),
            models.CheckConstraint(
                condition=Q(ticked_at__isnull=True, ticked_by__isnull=True)
                | Q(ticked_at__isnull=False, ticked_by__isnull=False),
                name="line_ticked_at_and_by_go_together",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.configuration.name}:{self.line}"


class NeedsTable(HospitalOwned):
    """A table of declared needs that was sent in: what was read of it, until somebody decides. The file is not kept.

    `rows` are the needs with what each row does (`adapters.network.needs_table`), `problems` the rows left out, `left`
    how many needs in force the table does not name: they stay.
    """

    class State(models.TextChoices):
        CHECKED = "checked", _("確認待ち")
        ACCEPTED = "accepted", _("取り込み済み")
        DISCARDED = "discarded", _("取り込まない")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(_("状態"), max_length=10, choices=State.choices, default=State.CHECKED)
    name = models.CharField(_("ファイル名"), max_length=200)
    plan = models.ForeignKey(NetworkPlan, on_delete=models.PROTECT, related_name="+")
    rows = models.JSONField(default=list)
    problems = models.JSONField(default=list)
    left = models.PositiveIntegerField(default=0)
    uploaded_at = models.DateTimeField(default=timezone.now, editable=False)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.name


class ChangeRequest(HospitalOwned):
    """A set of changes that somebody wants made in the devices, and how far that is.

    `changes` are `domain.network.stored_changes` over `plan`; `before` and `after` the numbers shown when it was saved;
    `opened` and `closed` the pairs that change; `broken` the declared needs that would stop working.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("下書き")
        SENT = "sent", _("依頼済み")
        DONE = "done", _("作業済み")
        RETURNED = "returned", _("差し戻し")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(_("番号"))
    title = models.CharField(_("表題"), max_length=200)
    reason = models.TextField(_("理由"), max_length=2000, blank=True)
    state = models.CharField(_("状態"), max_length=10, choices=State.choices, default=State.DRAFT)
    plan = models.ForeignKey(NetworkPlan, on_delete=models.PROTECT, related_name="+")
    changes = models.JSONField(default=list)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    closed = models.JSONField(default=list)
    opened = models.JSONField(default=list)
    broken = models.JSONField(default=list)
    answer = models.TextField(_("返事"), max_length=2000, blank=True)
    version = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    moved_at = models.DateTimeField(null=True, blank=True)
    moved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["hospital", "number"], name="change_request_number_unique"),
            models.CheckConstraint(
                condition=Q(moved_at__isnull=True, moved_by__isnull=True)
                | Q(moved_at__isnull=False, moved_by__isnull=False),
                name="change_request_moved_at_and_by_go_together",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"
