"""The ledger of consents to scan, what was confirmed on the day, runs with what they brought, and stops.

Whether a packet may leave is decided by `domain.diagnosis.consents.scope_at` alone (see `ledger.py`); no column here is
ever asked for it.
"""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from sekisho.domain.diagnosis.runs import Stage
from sekisho.domain.text import Text
from sekisho.foundation.audit.kept_texts import kept
from sekisho.foundation.tenancy.scope import HospitalOwned
from sekisho.foundation.ui.texts import speak

CONSENT = kept(gettext_noop("診断の同意 %(number)d：%(line)s"))
RUN = kept(gettext_noop("診断 %(number)d"))


def _person(**options: Any) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", **options)


def _person_or_none() -> models.ForeignKey[Any, Any]:
    return _person(null=True, blank=True)


class ScanConsent(HospitalOwned):
    """The consent to scan the address of one line. Prepared, then signed, then perhaps withdrawn; never changed or deleted.

    `address` is that of the register at the signing, None for a dynamic line. `daily_from` and `daily_until` narrow the
    window to the same hours of every day. `default_accounts` is a consent of its own, with a signature of its own.
    `replaces` names the withdrawn consent in whose place this one was given.
    """

    class Monitoring(models.TextChoices):
        UNKNOWN = "unknown", _("まだ確かめていない")
        NONE = "none", _("監視している会社はない")
        TOLD = "told", _("監視している会社に知らせた（静観を頼んだ）")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(_("番号"))
    line = models.ForeignKey("register.Line", on_delete=models.PROTECT, related_name="+", verbose_name=_("回線"))
    address = models.GenericIPAddressField(_("アドレス"), null=True, blank=True)
    is_dynamic = models.BooleanField(_("動的IP"), default=False)
    starts_at = models.DateTimeField(_("始まり"))
    ends_at = models.DateTimeField(_("終わり"))
    daily_from = models.TimeField(_("毎日の始まり"), null=True, blank=True)
    daily_until = models.TimeField(_("毎日の終わり"), null=True, blank=True)
    tcp = models.BooleanField(default=True)
    udp = models.BooleanField(default=True)
    packets_per_second = models.PositiveIntegerField(_("毎秒のパケット数"), default=300)
    stop_contact = models.CharField(_("止めるときの連絡先"), max_length=200, blank=True)
    monitoring = models.CharField(
        _("監視の静観"), max_length=10, choices=Monitoring.choices, default=Monitoring.UNKNOWN
    )
    monitoring_note = models.CharField(_("誰に、いつ知らせたか"), max_length=300, blank=True)
    remarks = models.CharField(_("備考"), max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)
    prepared_at = models.DateTimeField(default=timezone.now, editable=False)
    prepared_by = _person()
    discarded_at = models.DateTimeField(null=True, blank=True)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_by = _person_or_none()
    signed_name = models.CharField(_("同意した人"), max_length=100, blank=True)
    terms_consent = models.ForeignKey(
        "programme.TermsConsent", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    terms_version = models.CharField(max_length=20, blank=True)
    terms_sha256 = models.CharField(max_length=64, blank=True)
    accounts_signed_at = models.DateTimeField(null=True, blank=True)
    accounts_signed_by = _person_or_none()
    accounts_signed_name = models.CharField(max_length=100, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = _person_or_none()
    withdrawn_reason = models.CharField(_("取り下げた理由"), max_length=500, blank=True)

    class Meta:
        ordering = ["-number"]
        indexes = [models.Index(fields=["address", "ends_at"], name="scan_consent_by_address")]
        constraints = [
            models.UniqueConstraint(fields=["hospital", "number"], name="scan_consent_number_unique"),
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="scan_consent_ends_later"),
            models.CheckConstraint(
                condition=Q(daily_from__isnull=True, daily_until__isnull=True)
                | Q(daily_from__isnull=False, daily_until__isnull=False),
                name="scan_consent_daily_times_go_together",
            ),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True, signed_name="", terms_sha256="")
                | (Q(signed_at__isnull=False, signed_by__isnull=False) & ~Q(signed_name="") & ~Q(terms_sha256="")),
                name="scan_consent_signed_by_a_person_to_known_terms",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True)
                | (Q(signed_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_reason="")),
                name="scan_consent_withdrawn_by_a_person_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(discarded_at__isnull=True) | Q(signed_at__isnull=True),
                name="a_signed_scan_consent_is_never_discarded",
            ),
        ]

    def __str__(self) -> str:
        return gettext(CONSENT) % {"number": self.number, "line": self.line}

    @property
    def protocols(self) -> tuple[str, ...]:
        """Return the protocols that were consented to."""
        return tuple(name for name, is_on in (("tcp", self.tcp), ("udp", self.udp)) if is_on)

    @property
    def default_accounts(self) -> bool:
        """Return True when trying the makers' default logins was signed too."""
        return self.accounts_signed_at is not None

    @property
    def is_in_force(self) -> bool:
        """Return True for a consent that was signed and neither it nor the terms behind it were taken back."""
        return self.signed_at is not None and self.taken_back_at is None

    @property
    def taken_back_at(self) -> Any:
        """Return when the consent, or the hospital's agreement to the terms behind it, was taken back."""
        behind = self.terms_consent.withdrawn_at if self.terms_consent else None
        return min((at for at in (self.withdrawn_at, behind) if at is not None), default=None)


class AddressConfirmation(HospitalOwned):
    """That the address of a dynamic line was looked up on a day. The latest of a day counts."""

    class Way(models.TextChoices):
        SCREEN = "screen", _("画面で")
        LINK = "link", _("メールのリンクで")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey("register.Line", on_delete=models.PROTECT, related_name="+")
    day = models.DateField(_("日"))
    address = models.GenericIPAddressField(_("アドレス"))
    way = models.CharField(_("確かめ方"), max_length=10, choices=Way.choices)
    said_by = models.CharField(_("確かめた人"), max_length=100)
    by = _person_or_none()
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["day", "address"], name="confirmation_by_day")]

    def __str__(self) -> str:
        return f"{self.line} {self.day:%Y-%m-%d} {self.address}"


class ConfirmationLink(HospitalOwned):
    """A mailed link with which somebody confirms the address of one line on one day, without an account.

    Only a hash of its secret is kept. It shows that line alone and is void after use, when a newer one was sent, and at
    midnight of Japan.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey("register.Line", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    email = models.EmailField(_("宛先"))
    language = models.CharField(max_length=5, default="ja")
    token_hash = models.CharField(max_length=64, unique=True)
    sent_by = _person()
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    send_error = models.CharField(max_length=500, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    void_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.line} {self.day:%Y-%m-%d} {self.email}"


class ScanRegion(HospitalOwned):
    """From which place a hospital is scanned. Without one, from anywhere."""

    region = models.CharField(_("地域"), max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hospital"], name="scan_region_one_per_hospital")]

    def __str__(self) -> str:
        return self.region


class DiagnosisRun(HospitalOwned):
    """One diagnosis of a hospital: the addresses that the chosen `consents` (their ids) allow, whenever they allow them.

    `asked` is what is asked of each ({} = everything; see `scanning.asked_of`). `gate` says how packets are kept to
    these addresses ("namespace" or "connect"), "" while nothing was sent. `waits_until` is the next window. `why` says
    in both languages why it ended or waits.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("待っている")
        RUNNING = "running", _("診断中")
        DONE = "done", _("終わった")
        STOPPED = "stopped", _("止めた")
        FAILED = "failed", _("続けられない")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(_("番号"))
    state = models.CharField(_("状態"), max_length=10, choices=State.choices, default=State.WAITING)
    job = models.ForeignKey("jobs.Job", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    region = models.CharField(max_length=20, blank=True)
    consents = models.JSONField(default=list)
    asked = models.JSONField(default=dict)
    gate = models.CharField(max_length=10, blank=True)
    tools = models.JSONField(default=dict)
    why = models.JSONField(default=dict)
    waits_until = models.DateTimeField(null=True, blank=True)
    packets_outside = models.PositiveBigIntegerField(null=True, blank=True)
    result_sha256 = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    made_by = _person_or_none()
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["hospital", "number"], name="diagnosis_run_number_unique")]
        indexes = [models.Index(fields=["state", "-made_at"], name="diagnosis_run_by_state")]

    def __str__(self) -> str:
        return gettext(RUN) % {"number": self.number}

    @property
    def is_over(self) -> bool:
        """Return True when it goes on only if somebody says so."""
        return self.state not in {self.State.WAITING, self.State.RUNNING}

    @property
    def reason(self) -> str:
        """Return why it waits or ended, in the reader's language; "" when there is nothing to say."""
        return speak(Text(**self.why)) if self.why else ""


class RunAddress(HospitalOwned):
    """One address of a run: how it goes, and in the end what was found.

    `result` is its part of `result.json` (`domain.diagnosis.run_document`), {} until there is one. `expected_missed` is
    the number of open ports that are missed on average, None where it could not be told.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("待っている")
        RUNNING = "running", _("診断中")
        COMPLETE = "complete", _("完了（見落としなし）")
        INCOMPLETE = "incomplete", _("終わったが、見落としがないとは言えない")
        STOPPED = "stopped", _("途中で止まった")
        REFUSED = "refused", _("診断していない")

    run = models.ForeignKey(DiagnosisRun, on_delete=models.PROTECT, related_name="addresses")
    address = models.GenericIPAddressField(_("アドレス"))
    lines = models.JSONField(default=list)
    line_records = models.JSONField(default=list)
    state = models.CharField(_("状態"), max_length=10, choices=State.choices, default=State.WAITING)
    stage = models.CharField(max_length=10, default=Stage.WAITING.value)
    pass_number = models.PositiveIntegerField(default=0)
    asked_ports = models.PositiveIntegerField(default=0)
    of_ports = models.PositiveIntegerField(default=0)
    rate = models.FloatField(default=0)
    most_rate = models.PositiveIntegerField(default=0)
    open_ports = models.PositiveIntegerField(default=0)
    seconds_left = models.PositiveIntegerField(null=True, blank=True)
    packets = models.PositiveBigIntegerField(null=True, blank=True)
    expected_missed = models.FloatField(null=True, blank=True)
    why = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "address"], name="run_address_once")]

    def __str__(self) -> str:
        return f"{self.run} {self.address}"

    @property
    def is_finished(self) -> bool:
        """Return True when nothing is left to ask."""
        return self.state in {self.State.COMPLETE, self.State.INCOMPLETE}

    @property
    def reason(self) -> str:
        """Return why it stands as it does, in the reader's language."""
        return speak(Text(**self.why)) if self.why else ""

    @property
    def stage_word(self) -> str:
        """Return what is being done, in the reader's language."""
        return speak(Stage(self.stage).word)

    @property
    def percent(self) -> int | None:
        """Return how far this pass is, None while nothing was counted."""
        return min(100, self.asked_ports * 100 // self.of_ports) if self.of_ports else None


class RunEvidence(HospitalOwned):
    """A raw file that a program wrote during a run, below the run's folder, with the command that made it."""

    run = models.ForeignKey(DiagnosisRun, on_delete=models.PROTECT, related_name="evidence")
    run_address = models.ForeignKey(RunAddress, on_delete=models.PROTECT, related_name="evidence")
    path = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)
    tool = models.CharField(max_length=40)
    tool_version = models.CharField(max_length=60, blank=True)
    command = models.JSONField(default=list)
    outcome = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    class Meta:
        ordering = ["started_at", "id"]
        constraints = [models.UniqueConstraint(fields=["run", "path"], name="run_evidence_path_once")]

    def __str__(self) -> str:
        return self.path


class RunEvent(HospitalOwned):
    """One line of a run's live log. `text` is in both languages."""

    run = models.ForeignKey(DiagnosisRun, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    address = models.GenericIPAddressField(null=True, blank=True)
    text = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return speak(Text(**self.text)) if self.text else ""


class EmergencyStop(models.Model):
    """That somebody stopped one run, everything of one hospital, or everything everywhere (no hospital); until it is lifted.

    Workers ask for it several times a second (`scanning`).
    """

    hospital = models.ForeignKey("tenancy.Hospital", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    run = models.ForeignKey(DiagnosisRun, on_delete=models.PROTECT, null=True, blank=True, related_name="stops")
    reason = models.CharField(_("理由"), max_length=300)
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = _person()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = _person_or_none()
    lifted_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["lifted_at"], name="emergency_stop_in_force")]
        constraints = [
            models.CheckConstraint(
                condition=Q(run__isnull=True) | Q(hospital__isnull=False), name="a_stopped_run_has_its_hospital"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="emergency_stop_lifted_at_and_by_go_together",
            ),
        ]

    def __str__(self) -> str:
        if self.run_id:
            return gettext("診断の緊急停止（この診断だけ）")
        return gettext("診断の緊急停止（この病院）") if self.hospital_id else gettext("診断の緊急停止（すべて）")
