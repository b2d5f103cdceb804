"""Feeds taken over and what they say; the products that hospitals have; what the watch has told.

What feeds say, and the distinct products, belong to no hospital: they say nothing of any. Which hospital has which
product, and what it was told, is the hospital's.
"""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from sekisho.domain.text import Text
from sekisho.foundation.tenancy.scope import HospitalOwned
from sekisho.foundation.ui.texts import speak


def _person(**options: Any) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", **options)


# --- Feeds --------------------------------------------------------------------------------------------------------------
class FeedLoad(models.Model):
    """One file of a feed: handed in, checked as a whole, then written in batches.

    `kind` is "" until the file was recognised. `of_records` is what the check counted, `written` from where a worker
    goes on. `problem` says in both languages why the file was refused. `bundle` is the signed bundle it came in.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("順番待ち")
        CHECKING = "checking", _("確かめている")
        WRITING = "writing", _("取り込んでいる")
        DONE = "done", _("取り込んだ")
        REFUSED = "refused", _("取り込まなかった")
        UNDOING = "undoing", _("取り消している")
        UNDONE = "undone", _("取り消した")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("ファイル"), max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField(_("大きさ"))
    kind = models.CharField(_("種類"), max_length=20, blank=True)
    state = models.CharField(_("状態"), max_length=10, choices=State.choices, default=State.WAITING)
    as_of = models.DateTimeField(_("情報の日付"), null=True, blank=True)
    of_records = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(_("新しい"), default=0)
    changed = models.PositiveIntegerField(_("変わった"), default=0)
    skipped = models.PositiveIntegerField(_("読み飛ばした"), default=0)
    total = models.PositiveIntegerField(null=True, blank=True)
    problem = models.JSONField(default=dict, blank=True)
    bundle = models.ForeignKey("FeedBundle", on_delete=models.PROTECT, null=True, blank=True, related_name="loads")
    job = models.ForeignKey("jobs.Job", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    made_by = _person(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["kind", "state", "-ended_at"], name="feed_load_by_kind")]
        constraints = [
            models.CheckConstraint(
                condition=Q(written__lte=models.F("of_records")), name="feed_load_writes_no_more_than_there_is"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_over(self) -> bool:
        """Return True when nothing more happens by itself."""
        return self.state in {self.State.DONE, self.State.REFUSED, self.State.UNDONE}

    @property
    def why(self) -> str:
        """Return why the file was refused, in the reader's language."""
        return speak(Text(**self.problem)) if self.problem else ""


class FeedBundle(models.Model):
    """A signed bundle that was accepted. An older one than the newest is refused: it would bring old knowledge back."""

    name = models.CharField(_("ファイル"), max_length=200)
    sha256 = models.CharField(max_length=64, unique=True)
    packed_at = models.DateTimeField(_("まとめた日時"))
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    made_by = _person(null=True, blank=True)

    class Meta:
        ordering = ["-packed_at"]

    def __str__(self) -> str:
        return self.name


class Advisory(models.Model):
    """What one source says about one CVE, as plain values (`domain.vulnerabilities.stored`)."""

    cve = models.CharField("CVE", max_length=30)
    source = models.CharField(_("情報源"), max_length=20)
    modified_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    names_products = models.BooleanField(default=False)
    plain = models.JSONField()
    load = models.ForeignKey(FeedLoad, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["cve", "source"]
        constraints = [models.UniqueConstraint(fields=["cve", "source"], name="advisory_one_per_source")]

    def __str__(self) -> str:
        return f"{self.cve} {self.source}"


class AdvisoryProduct(models.Model):
    """A product that an advisory names as vulnerable: CPE's part, vendor and product (`o:fortinet:fortios`)."""

    advisory = models.ForeignKey(Advisory, on_delete=models.CASCADE, related_name="products")
    key = models.CharField(max_length=300)

    class Meta:
        ordering = ["key"]
        indexes = [models.Index(fields=["key"], name="advisory_by_product")]
        constraints = [models.UniqueConstraint(fields=["advisory", "key"], name="advisory_names_a_product_once")]

    def __str__(self) -> str:
        return self.key


class AdvisoryBefore(models.Model):
    """What an advisory said before a load changed it, so that the load can be undone. `before_load` had written it."""

    load = models.ForeignKey(FeedLoad, on_delete=models.PROTECT, related_name="+")
    before_load = models.ForeignKey(FeedLoad, on_delete=models.PROTECT, related_name="+")
    cve = models.CharField(max_length=30)
    source = models.CharField(max_length=20)
    plain = models.JSONField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["load", "cve", "source"], name="one_former_advisory_per_load")]

    def __str__(self) -> str:
        return f"{self.cve} {self.source}"


class ExploitedEntry(models.Model):
    """An entry of the catalogue of exploited vulnerabilities（KEV）. `ransomware` False means "not known"."""

    cve = models.CharField(max_length=30, unique=True)
    added_on = models.DateField()
    ransomware = models.BooleanField(default=False)
    due_on = models.DateField(null=True, blank=True)
    maker = models.CharField(max_length=300, blank=True)
    product = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=300, blank=True)
    action = models.CharField(max_length=1000, blank=True)
    load = models.ForeignKey(FeedLoad, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["cve"]

    def __str__(self) -> str:
        return self.cve


class LikelihoodEntry(models.Model):
    """EPSS's estimate for one CVE: probability and rank, 0 to 1."""

    cve = models.CharField(max_length=30, unique=True)
    probability = models.FloatField()
    percentile = models.FloatField()
    model = models.CharField(max_length=40, blank=True)
    load = models.ForeignKey(FeedLoad, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["cve"]

    def __str__(self) -> str:
        return self.cve


class LifeCycleEntry(models.Model):
    """The release lines of one product from one source, as plain values. A newer file replaces it."""

    product = models.CharField(max_length=300, unique=True)
    plain = models.JSONField()
    load = models.ForeignKey(FeedLoad, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["product"]

    def __str__(self) -> str:
        return self.product


class KnowledgeRevision(models.Model):
    """One row: a number that grows with every load that was finished or undone."""

    number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="knowledge_revision_has_one_row")]

    def __str__(self) -> str:
        return str(self.number)


# --- Products ------------------------------------------------------------------------------------------------------------
class KnownProduct(models.Model):
    """One distinct product (names and version) that some hospital has, and what the knowledge says of it.

    `weaknesses`: by CVE what it is ("yes" or "unknown") and since which revision of the knowledge each of its marks is
    known ("new", "likely", "exploited", "ransomware"). `rose_at` is the newest of them that came after `baseline_at`:
    what was known when the product was first looked at, or when a kind of feed came in for the first time, is no news.
    `exploited` counts those that surely affect it, `exploited_unclear` those that may.
    """

    fingerprint = models.CharField(max_length=40, unique=True)
    plain = models.JSONField()
    label = models.CharField(max_length=300)
    checked_revision = models.PositiveIntegerField(null=True, blank=True)
    checked_kinds = models.JSONField(default=list, blank=True)
    baseline_at = models.PositiveIntegerField(default=0)
    rose_at = models.PositiveIntegerField(default=0)
    weaknesses = models.JSONField(default=dict, blank=True)
    affected = models.PositiveIntegerField(default=0)
    unclear = models.PositiveIntegerField(default=0)
    exploited = models.PositiveIntegerField(default=0)
    exploited_unclear = models.PositiveIntegerField(default=0)
    gaps = models.JSONField(default=list, blank=True)
    support = models.CharField(max_length=10, default="unknown")
    support_until = models.DateField(null=True, blank=True)
    support_reason = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["label"]
        indexes = [models.Index(fields=["checked_revision"], name="known_product_unchecked")]

    def __str__(self) -> str:
        return self.label


class KnownProductName(models.Model):
    """One name by which advisories call a known product: how a CVE finds the hospitals that have it."""

    product = models.ForeignKey(KnownProduct, on_delete=models.CASCADE, related_name="names")
    key = models.CharField(max_length=300)

    class Meta:
        ordering = ["key"]
        indexes = [models.Index(fields=["key"], name="known_product_by_name")]
        constraints = [models.UniqueConstraint(fields=["product", "key"], name="known_product_named_once")]

    def __str__(self) -> str:
        return self.key


class HospitalProduct(HospitalOwned):
    """A registered device, or a service that a diagnosis saw, and which product it is.

    `subject` tells it from all others ("device:<id>", "service:<address>/<protocol>/<port>"). `product` None: its words
    do not say which. `since` is the revision at which it became this product. A device out of use, or a service that is gone, has
    `gone_at`. `told_until` is how far the watch has told of its product's rises.
    """

    class Kind(models.TextChoices):
        DEVICE = "device", _("台帳の装置")
        SERVICE = "service", _("診断で見えたサービス")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.CharField(max_length=120)
    kind = models.CharField(_("種類"), max_length=10, choices=Kind.choices)
    device = models.ForeignKey("register.Device", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    line = models.ForeignKey("register.Line", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    line_label = models.CharField(_("回線"), max_length=200, blank=True)
    maker = models.CharField(_("メーカー"), max_length=200, blank=True)
    model = models.CharField(_("型番"), max_length=200, blank=True)
    version = models.CharField(_("版"), max_length=200, blank=True)
    address = models.GenericIPAddressField(_("アドレス"), null=True, blank=True)
    product = models.ForeignKey(KnownProduct, on_delete=models.PROTECT, null=True, blank=True, related_name="uses")
    since = models.PositiveIntegerField(default=0)
    seen_at = models.DateTimeField(default=timezone.now)
    gone_at = models.DateTimeField(null=True, blank=True)
    told_until = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["hospital", "kind", "line_label", "subject"]
        constraints = [models.UniqueConstraint(fields=["hospital", "subject"], name="hospital_product_once")]
        indexes = [
            models.Index(fields=["product", "gone_at"], name="hospital_product_by_product"),
            models.Index(fields=["hospital", "gone_at"], name="hospital_product_in_use"),
        ]

    def __str__(self) -> str:
        words = " ".join(part for part in (self.maker, self.model) if part)
        return words or (gettext("名前の分からない装置") if self.kind == self.Kind.DEVICE else str(self.address))


# --- The watch -----------------------------------------------------------------------------------------------------------
class WatchLetter(models.Model):
    """What one hospital, or (no hospital) the secretariat, is told by mail about the notices of one pass."""

    hospital = models.ForeignKey("tenancy.Hospital", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    office = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="covers")
    notices = models.PositiveIntegerField(default=0)
    urgent = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d}"


class WatchMail(models.Model):
    """One letter to one address. It is sent at most once by itself; what became of it is seen, and it can be sent again."""

    class State(models.TextChoices):
        WAITING = "waiting", _("これから送る")
        SENDING = "sending", _("送っている")
        SENT = "sent", _("送った")
        FAILED = "failed", _("送れなかった")
        UNSURE = "unsure", _("届いたか分からない")

    letter = models.ForeignKey(WatchLetter, on_delete=models.PROTECT, related_name="mails")
    to = models.EmailField(_("宛先"))
    language = models.CharField(max_length=5, default="ja")
    state = models.CharField(_("状態"), max_length=10, choices=State.choices, default=State.WAITING)
    problem = models.CharField(max_length=40, blank=True)
    tried_at = models.DateTimeField(_("送った日時"), null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state"], name="watch_mail_by_state")]
        constraints = [models.UniqueConstraint(fields=["letter", "to"], name="a_letter_goes_to_an_address_once")]

    def __str__(self) -> str:
        return self.to


class WatchNotice(HospitalOwned):
    """A task for a hospital: something new is known about one of its products. One for each reason（`key`）, ever."""

    class Kind(models.TextChoices):
        KNOWN = "known", _("急ぐ弱点がすでに知られている")
        NEW = "new", _("新しい弱点")
        LIKELY = "likely", _("悪用される見込みが上がった")
        EXPLOITED = "exploited", _("攻撃に使われている")
        RANSOMWARE = "ransomware", _("ランサムウェアに使われている")
        SUPPORT = "support", _("サポートの終わり")

    class State(models.TextChoices):
        OPEN = "open", _("まだ")
        DONE = "done", _("対応した")
        NOT_OURS = "not-ours", pgettext_lazy("weakness", "当てはまらない")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(HospitalProduct, on_delete=models.PROTECT, related_name="notices")
    key = models.CharField(max_length=120)
    kind = models.CharField(_("理由"), max_length=12, choices=Kind.choices)
    cve = models.CharField("CVE", max_length=30, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    is_urgent = models.BooleanField(default=False)
    state = models.CharField(_("状態"), max_length=10, choices=State.choices, default=State.OPEN)
    reason = models.CharField(_("書き添え"), max_length=500, blank=True)
    raised_at = models.DateTimeField(_("知らせた日"), default=timezone.now, editable=False)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = _person(null=True, blank=True)
    letter = models.ForeignKey(WatchLetter, on_delete=models.PROTECT, null=True, blank=True, related_name="told")

    class Meta:
        ordering = ["-is_urgent", "-raised_at"]
        constraints = [
            models.UniqueConstraint(fields=["subject", "key"], name="watch_tells_once"),
            models.CheckConstraint(
                condition=~Q(state="not-ours") | ~Q(reason=""), name="what_is_not_ours_has_a_reason"
            ),
        ]
        indexes = [models.Index(fields=["hospital", "state"], name="watch_notice_open")]

    def __str__(self) -> str:
        return f"{self.subject} {self.cve}".strip()
