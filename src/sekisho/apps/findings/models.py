"""What was observed from outside, and the findings that came of it with what people decided about each.

Whether a finding still stands is decided by `domain.diagnosis.statuses` alone; a day that ends an acceptance counts from
that day on, whether or not anybody has written it down yet (`Finding.standing`).
"""

import uuid
from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from sekisho.domain.diagnosis import findings as domain
from sekisho.domain.diagnosis import statuses
from sekisho.domain.diagnosis.statuses import Standing
from sekisho.domain.text import Text
from sekisho.foundation.audit.kept_texts import kept
from sekisho.foundation.tenancy.scope import HospitalOwned
from sekisho.foundation.ui.texts import listed, speak

FINDING = kept(gettext_noop("見つかったこと %(number)d（%(where)s）"))
OF_RUN = kept(gettext_noop("診断 %(number)d の結果"))


class Observation(HospitalOwned):
    """One look at a hospital from outside: a diagnosis run, or a file of a scanner that was handed in.

    `scanner` is the tool's name in small letters ("nmap", "nessus", "greenbone"). `began_at` is None when a file does not
    say when it was made: then it proves nothing to be gone. `warnings` are what a reader must know, in both languages.
    """

    class Kind(models.TextChoices):
        RUN = "run", _("診断")
        FILE = "file", _("取り込んだファイル")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(_("番号"))
    kind = models.CharField(_("種類"), max_length=5, choices=Kind.choices)
    run = models.OneToOneField(
        "diagnosis.DiagnosisRun", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    file = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    scanner = models.CharField(max_length=40, blank=True)
    tool = models.CharField(_("道具"), max_length=80, blank=True)
    began_at = models.DateTimeField(_("調べた日時"), null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    warnings = models.JSONField(default=list)
    taken_at = models.DateTimeField(default=timezone.now, editable=False)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["hospital", "number"], name="observation_number_unique"),
            models.CheckConstraint(
                condition=Q(kind="run", run__isnull=False, file__isnull=True)
                | Q(kind="file", run__isnull=True, file__isnull=False),
                name="observation_is_of_a_run_or_of_a_file",
            ),
        ]

    def __str__(self) -> str:
        if self.run is not None:
            return gettext(OF_RUN) % {"number": self.run.number}
        return str(self.file)

    @property
    def notes(self) -> list[str]:
        """Return the warnings in the reader's language."""
        return [speak(Text(**one)) for one in self.warnings]


class ObservedAddress(HospitalOwned):
    """What one observation saw at one address: the scan and its findings as plain values (`domain.diagnosis.kept`).

    `place` is what stays the same when the address changes (`Finding.place`), the address itself otherwise.
    """

    observation = models.ForeignKey(Observation, on_delete=models.PROTECT, related_name="addresses")
    address = models.GenericIPAddressField(_("アドレス"))
    place = models.CharField(max_length=120)
    lines = models.JSONField(default=list)
    line_records = models.JSONField(default=list)
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    is_complete = models.BooleanField(default=False)
    open_ports = models.PositiveIntegerField(default=0)
    scan = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["address"]
        constraints = [models.UniqueConstraint(fields=["observation", "address"], name="observed_address_once")]
        indexes = [models.Index(fields=["hospital", "place", "began_at"], name="observed_by_place")]

    def __str__(self) -> str:
        return f"{self.observation} {self.address}"


class Finding(HospitalOwned):
    """One fact about one connection, as all sources together say it, and where it stands.

    place, protocol, port, kind and subject are its key. `words` are for the search alone: the title in both languages,
    lines, address, product. `severity_rank` follows `severity`, the gravest first.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(_("番号"))
    place = models.CharField(max_length=120)
    protocol = models.CharField(max_length=8, blank=True)
    port = models.PositiveIntegerField(_("ポート"), default=0)
    kind = models.CharField(_("種類"), max_length=60)
    subject = models.CharField(max_length=130, blank=True)
    address = models.GenericIPAddressField(_("アドレス"))
    lines = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    certainty = models.CharField(_("確かさ"), max_length=12)
    severity = models.CharField(_("急ぎ方"), max_length=10)
    severity_rank = models.PositiveSmallIntegerField(default=0)
    is_attention = models.BooleanField(default=True)
    words = models.TextField(default="")
    first_seen_at = models.DateTimeField(_("初めて見つかった日時"), null=True, blank=True)
    last_seen_at = models.DateTimeField(_("最後に見つかった日時"), null=True, blank=True)
    found_at = models.DateTimeField(default=timezone.now, editable=False)
    # Where it stands. Read through `standing`, never alone.
    status = models.CharField(_("状態"), max_length=16, default=statuses.Status.OPEN.value)
    since = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    proof = models.CharField(_("根拠"), max_length=500, blank=True)
    proof_file = models.ForeignKey(
        "files.StoredFile", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    expires_on = models.DateField(_("見直す日"), null=True, blank=True)
    severity_then = models.CharField(max_length=10, blank=True)
    reopened = models.PositiveIntegerField(default=0)
    why_reopened = models.CharField(max_length=20, blank=True)
    moved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["severity_rank", "number"]
        constraints = [
            models.UniqueConstraint(fields=["hospital", "number"], name="finding_number_unique"),
            models.UniqueConstraint(
                fields=["hospital", "place", "protocol", "port", "kind", "subject"], name="finding_key_unique"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["accepted", "false_positive"])
                | (Q(expires_on__isnull=False) & ~Q(reason="") & ~Q(severity_then="")),
                name="finding_put_away_until_a_day_with_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["hospital", "status", "severity_rank"], name="finding_by_status")]

    def __str__(self) -> str:
        return gettext(FINDING) % {"number": self.number, "where": self.where}

    @property
    def where(self) -> str:
        """Return lines (or the address) and port: "回線3 443/tcp"."""
        place = listed(self.lines) or self.address
        return f"{place} {self.port_name}".strip()

    @property
    def port_name(self) -> str:
        """Return "443/tcp", "" for the address as a whole."""
        return f"{self.port}/{self.protocol}" if self.port else ""

    @property
    def value(self) -> domain.Finding:
        """Return the finding as the domain knows it, without evidence."""
        return domain.Finding(
            kind=self.kind,
            address=self.address,
            lines=tuple(self.lines),
            protocol=self.protocol,
            port=self.port,
            subject=self.subject,
            facts=self.facts,
            certainty=domain.Certainty(self.certainty),
            severity=domain.Severity(self.severity),
            place="" if self.place == self.address else self.place,
        )

    def standing(self, today: date | None = None, *, at: datetime | None = None) -> Standing:
        """Return where the finding stands on `today`: what was put away until a day is open again from then on."""
        stored = Standing(
            status=statuses.Status(self.status),
            since=self.since,
            reason=self.reason,
            evidence=self.proof,
            expires_on=self.expires_on,
            severity=domain.Severity(self.severity_then) if self.severity_then else None,
            reopened=self.reopened,
            why_reopened=self.why_reopened,
        )
        return statuses.on_day(stored, today or timezone.localdate(), at=at or timezone.now())

    def stand(self, standing: Standing) -> None:
        """Write `standing` into the columns; saving is the caller's."""
        self.status, self.since = standing.status.value, standing.since
        self.reason, self.proof, self.expires_on = standing.reason, standing.evidence, standing.expires_on
        self.severity_then = standing.severity.value if standing.severity else ""
        self.reopened, self.why_reopened = standing.reopened, standing.why_reopened


class FindingLine(HospitalOwned):
    """That a finding belongs to a line of the register."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="line_ties")
    line = models.ForeignKey("register.Line", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["finding", "line"], name="finding_line_once")]

    def __str__(self) -> str:
        return f"{self.finding} {self.line}"


class FindingEvidence(HospitalOwned):
    """Where a finding was read, once for each observation (`digest` is of all it says). `raw` is the raw file of a run."""

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="evidence")
    observation = models.ForeignKey(Observation, on_delete=models.PROTECT, related_name="+")
    raw = models.ForeignKey("diagnosis.RunEvidence", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    source = models.CharField(max_length=100)
    check_name = models.CharField(max_length=120, blank=True)
    file = models.CharField(max_length=300, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)
    said = models.CharField(max_length=320, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-seen_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["finding", "observation", "digest"], name="finding_evidence_once")
        ]

    def __str__(self) -> str:
        return self.source

    @property
    def value(self) -> domain.Evidence:
        """Return the evidence as the domain knows it."""
        return domain.Evidence(
            source=self.source,
            file=self.file,
            sha256=self.sha256,
            check=self.check_name,
            said=self.said,
            seen_at=self.seen_at,
        )


class BulkMove(HospitalOwned):
    """One change of many findings at once, with where each stood before, so that it can be taken back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    to = models.CharField(max_length=16)
    before = models.JSONField(default=list)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return self.to
