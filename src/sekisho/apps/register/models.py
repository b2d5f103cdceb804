"""Tables of the register. Column names are those of `sekisho.domain.register.records`.

Every answer has three states (see `domain.facts`): a value in its column; unknown, when its key stands in `unknowns`
with the reason; unanswered, when neither. Nothing is deleted: a record that is no longer in use is retired.
"""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from sekisho.apps.register.display import CONTACT, DEVICE, TERMINAL, line_label, terminator_label
from sekisho.domain.facts import Answer, Unknown
from sekisho.foundation.tenancy.scope import HospitalOwned


class AnswerRecord(HospitalOwned):
    """A record made of answers.

    `ANSWERS` are its question keys. `version` counts the changes: what an editor saw is compared with it.
    """

    ANSWERS: ClassVar[tuple[str, ...]] = ()

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    unknowns = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True

    def answer(self, key: str) -> Answer[Any]:
        """Return the answer to question `key`."""
        if key in self.unknowns:
            return Unknown(self.unknowns[key])
        return getattr(self, key)

    def answers(self) -> dict[str, Answer[Any]]:
        """Return all answers by key."""
        return {key: self.answer(key) for key in self.ANSWERS}

    def set_answer(self, key: str, answer: Answer[Any]) -> None:
        """Put the answer into the columns; `actions` saves and records it."""
        if key not in self.ANSWERS:
            raise KeyError(key)
        if isinstance(answer, Unknown):
            self.unknowns[key] = answer.reason
            setattr(self, key, None)
        else:
            self.unknowns.pop(key, None)
            setattr(self, key, answer)

    @property
    def is_retired(self) -> bool:
        """Return True when the record is out of use."""
        return self.retired_at is not None


def _text(length: int = 200, **options: Any) -> models.CharField[Any, Any]:
    """A text answer: null is unanswered; "" is never stored."""
    return models.CharField(max_length=length, null=True, blank=True, **options)


class Basics(AnswerRecord):
    """The hospital itself, one row per hospital（基本情報）."""

    ANSWERS = (
        "control_number",
        "consent",
        "name",
        "name_kana",
        "postal_code",
        "address",
        "address_kana",
        "building",
        "building_kana",
        "beds",
        "confirmed_by",
    )
    control_number = _text()
    consent = _text(40)
    name = _text()
    name_kana = _text()
    postal_code = _text(20)
    address = _text(300)
    address_kana = _text(300)
    building = _text()
    building_kana = _text()
    beds = models.PositiveIntegerField(null=True, blank=True)
    confirmed_by = _text()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hospital"], name="basics_one_per_hospital")]

    def __str__(self) -> str:
        return self.name or str(_("基本情報"))


class Contact(AnswerRecord):
    """A person to call or write to, in calling order 1 to 4（担当者）."""

    ANSWERS = ("family_name", "given_name", "kana", "department", "phone", "email")
    position = models.PositiveSmallIntegerField(_("順番"))
    family_name = _text(100)
    given_name = _text(100)
    kana = _text()
    department = _text()
    phone = _text(40)
    email = _text(254)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["hospital", "position"], name="contact_position_unique"),
            models.CheckConstraint(condition=Q(position__gte=1, position__lte=4), name="contact_position_1_to_4"),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.family_name, self.given_name) if part) or _now(CONTACT) % {
            "n": self.position
        }


class Place(AnswerRecord):
    """Where things stand: building, floor, room, rack. `label` is what people write on the sheet."""

    ANSWERS = ("building", "floor", "room", "rack", "remarks")
    label = models.CharField(_("設置場所"), max_length=300)
    building = _text(100)
    floor = _text(40)
    room = _text(100)
    rack = _text(100)
    remarks = _text(1000)

    class Meta:
        ordering = ["label"]
        constraints = [models.UniqueConstraint(fields=["hospital", "label"], name="place_label_unique")]

    def __str__(self) -> str:
        return self.label


class Vendor(AnswerRecord):
    """A company that keeps systems or lines for the hospital."""

    ANSWERS = ("kana", "contact_name", "phone", "email", "remarks")
    name = models.CharField(_("ベンダ名"), max_length=200)
    kana = _text()
    contact_name = _text()
    phone = _text(40)
    email = _text(254)
    remarks = _text(1000)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["hospital", "name"], name="vendor_name_unique")]

    def __str__(self) -> str:
        return self.name


class Terminator(AnswerRecord):
    """The box where a line arrives: ONU, HGW, CTU, modem, router, dongle（回線終端装置）. Several lines may share one."""

    ANSWERS = ("terminator_kind", "terminator_location", "asset_label", "remarks")
    terminator_kind = _text(40)
    terminator_location = _text(300)
    asset_label = _text(100)
    remarks = _text(1000)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, blank=True, related_name="terminators")

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return terminator_label(self.terminator_kind, self.terminator_location)


class Line(AnswerRecord):
    """One external line（回線）. `number` is 回線n, unique among the lines in use."""

    ANSWERS = (
        "device_check_wanted",
        "scan_wanted",
        "ehr_connection",
        "purpose",
        "line_kind",
        "service_name",
        "circuit_id",
        "carrier",
        "circuit_number",
        "communication",
        "global_ip",
        "address_assignment",
        "global_address",
        "scan_day_check",
        "scan_day_address",
        "fqdn",
        "provider",
        "provider_plan",
        "contract_party",
        "vendor_name",
        "remarks",
    )
    number = models.PositiveIntegerField(_("回線番号"))
    device_check_wanted = _text(40)
    scan_wanted = _text(40)
    ehr_connection = _text(40)
    purpose = _text()
    line_kind = _text(100)
    service_name = _text()
    circuit_id = _text(100)
    carrier = _text()
    circuit_number = _text(100)
    communication = _text(40)
    global_ip = _text(40)
    address_assignment = _text(40)
    global_address = _text(100)
    scan_day_check = _text(40)
    scan_day_address = _text(100)
    fqdn = _text(253)
    provider = _text()
    provider_plan = _text()
    contract_party = _text(40)
    vendor_name = _text()
    remarks = _text(1000)
    terminator = models.ForeignKey(Terminator, on_delete=models.PROTECT, null=True, blank=True, related_name="lines")
    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, null=True, blank=True, related_name="lines")
    source = models.CharField(_("情報の出どころ"), max_length=200, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["hospital", "number"], condition=Q(retired_at__isnull=True), name="line_number_unique_in_use"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="line_number_from_1"),
        ]
        indexes = [
            models.Index(fields=["hospital", "circuit_id"], name="line_by_circuit"),
            models.Index(fields=["hospital", "retired_at", "number"], name="line_in_use"),
        ]

    def __str__(self) -> str:
        return line_label(self.number, self.circuit_id)


class Device(AnswerRecord):
    """A router, UTM or other network device below a line（装置①, 装置② ...）, `position` counting from the terminator."""

    ANSWERS = ("maker", "model", "software_version", "manufactured_year", "management_address", "ports")
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="devices")
    position = models.PositiveSmallIntegerField(_("装置の順番"))
    maker = _text(100)
    model = _text(100)
    software_version = _text(100)
    manufactured_year = models.PositiveIntegerField(null=True, blank=True)
    management_address = _text(100)
    ports = _text(1000)

    class Meta:
        ordering = ["line__number", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "position"], condition=Q(retired_at__isnull=True), name="device_position_unique_in_use"
            ),
            models.CheckConstraint(condition=Q(position__gte=1), name="device_position_from_1"),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.maker, self.model) if part) or _now(DEVICE) % {"position": self.position}


class Terminal(AnswerRecord):
    """A Windows PC to be surveyed（調査端末）."""

    ANSWERS = (
        "system_kind",
        "thin_client",
        "host_name",
        "address",
        "location",
        "virtual_host_name",
        "virtual_address",
        "antivirus",
        "remarks",
    )
    number = models.PositiveIntegerField(_("番号"))
    system_kind = _text()
    thin_client = _text(40)
    host_name = _text(100)
    address = _text(100)
    location = _text(300)
    virtual_host_name = _text(100)
    virtual_address = _text(100)
    antivirus = _text()
    remarks = _text(1000)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, blank=True, related_name="terminals")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["hospital", "number"],
                condition=Q(retired_at__isnull=True),
                name="terminal_number_unique_in_use",
            )
        ]

    def __str__(self) -> str:
        return self.host_name or _now(TERMINAL) % {"number": self.number}


class Contract(AnswerRecord):
    """What was agreed about a line or with a vendor: number, term, who pays（契約）."""

    ANSWERS = ("number", "starts_on", "ends_on", "remarks")
    title = models.CharField(_("契約の名前"), max_length=200)
    line = models.ForeignKey(Line, on_delete=models.PROTECT, null=True, blank=True, related_name="contracts")
    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, null=True, blank=True, related_name="contracts")
    number = _text(100)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    remarks = _text(1000)

    class Meta:
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
                name="contract_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Attachment(HospitalOwned):
    """A photo or document that belongs to one record of the register."""

    class Subject(models.TextChoices):
        LINE = "line", _("回線")
        TERMINATOR = "terminator", _("回線終端装置")
        DEVICE = "device", _("装置")
        TERMINAL = "terminal", _("調査端末")
        PLACE = "place", _("設置場所")
        VENDOR = "vendor", _("ベンダ")
        CONTRACT = "contract", _("契約")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject_kind = models.CharField(max_length=12, choices=Subject.choices)
    subject_id = models.UUIDField()
    file = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, related_name="+")
    caption = models.CharField(_("説明"), max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at"]
        indexes = [models.Index(fields=["hospital", "subject_kind", "subject_id"], name="attachment_by_subject")]

    def __str__(self) -> str:
        return self.caption or str(self.file)


class OpenQuestion(HospitalOwned):
    """An answer that is unknown, and so somebody's task until it is known."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject_kind = models.CharField(max_length=12)
    subject_id = models.UUIDField()
    subject_label = models.CharField(max_length=255)
    key = models.CharField(max_length=60)
    reason = models.CharField(_("分からない理由"), max_length=500, blank=True)
    asked_whom = models.CharField(_("確認先"), max_length=200, blank=True)
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["opened_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_id", "key"], condition=Q(closed_at__isnull=True), name="one_open_question_per_answer"
            )
        ]
        indexes = [models.Index(fields=["hospital", "closed_at"], name="question_open")]

    def __str__(self) -> str:
        return f"{self.subject_label} {self.key}"
