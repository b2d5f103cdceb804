"""Every read of the register, each within the hospital in scope."""

import re
import unicodedata
import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from sekisho.apps.register.models import AnswerRecord as AnswerRecord
from sekisho.apps.register.models import (
    Attachment,
    Basics,
    Contact,
    Contract,
    Device,
    OpenQuestion,
    Place,
    Terminal,
    Terminator,
    Vendor,
)
from sekisho.apps.register.models import Line as Line
from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.register import records
from sekisho.foundation.accounts.models import User
from sekisho.foundation.tenancy import access
from sekisho.foundation.tenancy.models import Hospital

SUBJECTS: dict[str, type[AnswerRecord]] = {
    "basics": Basics,
    "contact": Contact,
    "line": Line,
    "terminator": Terminator,
    "device": Device,
    "terminal": Terminal,
    "place": Place,
    "vendor": Vendor,
    "contract": Contract,
}


TERMINATOR_KEYS = frozenset({"terminator_kind", "terminator_location"})
"""Answers that the sheet asks in the line's row but that belong to the box at its end."""


def line_answers(line: Line) -> dict[str, Answer[Any]]:
    """Return a line's answers together with those about the box at its end, as the sheet asks them."""
    box = line.terminator
    at_the_end = {key: box.answer(key) if box else None for key in TERMINATOR_KEYS}
    return {**line.answers(), **at_the_end}


def answers_of(record: AnswerRecord) -> dict[str, Answer[Any]]:
    """Return a record's answers; a line's together with those about its box."""
    return line_answers(record) if isinstance(record, Line) else record.answers()


def lines_in_use() -> QuerySet[Line]:
    """Return the lines in use with what a list shows of them, by number."""
    devices = Prefetch("devices", queryset=devices_in_use(), to_attr="devices_listed")
    return (
        Line.objects.filter(retired_at__isnull=True)
        .select_related("hospital", "terminator__place", "vendor")
        .prefetch_related(devices)
        .order_by("number")
    )


def retired_lines() -> QuerySet[Line]:
    """Return the lines out of use, latest first."""
    retired = Line.objects.filter(retired_at__isnull=False)
    return retired.select_related("hospital", "terminator", "vendor").order_by("-retired_at")


def lines_of_vendors(names: frozenset[str]) -> QuerySet[Line]:
    """Return the lines in use that name one of the vendors `names`."""
    return lines_in_use().filter(Q(vendor__name__in=names) | Q(vendor_name__in=names))


def devices_in_use() -> QuerySet[Device]:
    """Return the devices in use by line and position."""
    return (
        Device.objects.filter(retired_at__isnull=True, line__retired_at__isnull=True)
        .select_related("hospital", "line__hospital")
        .order_by("line__number", "position")
    )


def terminals_in_use() -> QuerySet[Terminal]:
    """Return the PCs in use by number."""
    return Terminal.objects.filter(retired_at__isnull=True).select_related("hospital", "place").order_by("number")


def terminators_in_use() -> QuerySet[Terminator]:
    """Return the terminators of lines in use."""
    return (
        Terminator.objects.filter(retired_at__isnull=True, lines__retired_at__isnull=True)
        .select_related("hospital", "place")
        .prefetch_related("lines")
        .distinct()
    )


def places_in_use() -> QuerySet[Place]:
    """Return the places in use by label."""
    return Place.objects.filter(retired_at__isnull=True).select_related("hospital")


def vendors_in_use() -> QuerySet[Vendor]:
    """Return the vendors in use by name."""
    return Vendor.objects.filter(retired_at__isnull=True).select_related("hospital")


def contracts_in_use() -> QuerySet[Contract]:
    """Return the contracts in use by title."""
    return Contract.objects.filter(retired_at__isnull=True).select_related("hospital", "line", "vendor")


def subject(kind: str, subject_id: uuid.UUID) -> AnswerRecord | None:
    """Return the record that an attachment or open question refers to; None when it is not in scope."""
    model = SUBJECTS.get(kind)
    if model is None:
        return None
    found: AnswerRecord | None = model.objects.filter(pk=subject_id).first()
    return found


def folded(name: str) -> str:
    """Return `name` in the form in which places and vendors are told apart: widths and spaces count for nothing."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", name)).strip()


def vendor_in_use(name: str) -> Vendor | None:
    """Return the vendor in use called `name`; None when there is none."""
    return vendors_in_use().filter(name=folded(name)).first()


def device_at(line: AnswerRecord, *, position: int) -> Device | None:
    """Return the device in use at `position` below `line`, None when the place is free."""
    return Device.objects.filter(line_id=line.pk, position=position, retired_at__isnull=True).first()


def below(record: AnswerRecord) -> list[AnswerRecord]:
    """Return what goes out of use together with a line: its devices in use, and its box unless other lines share it."""
    if not isinstance(record, Line):
        return []
    found: list[AnswerRecord] = list(Device.objects.filter(line=record, retired_at__isnull=True))
    box = record.terminator
    if box is not None and not box.lines.filter(retired_at__isnull=True).exclude(pk=record.pk).exists():
        found.append(box)
    return found


def versions_of(record: AnswerRecord) -> dict[str, int]:
    """Return the version of a record and, for a line, of its box and devices: equal as long as nobody changes one."""
    return {str(part.pk): part.version for part in (record, *below(record))}


def subjects_of(questions: Iterable[OpenQuestion]) -> dict[uuid.UUID, AnswerRecord]:
    """Return the records that open questions are about, by id: one query for each kind."""
    ids: dict[str, set[uuid.UUID]] = defaultdict(set)
    for question in questions:
        ids[question.subject_kind].add(question.subject_id)
    return {
        record.pk: record
        for kind, wanted in ids.items()
        if kind in SUBJECTS
        for record in SUBJECTS[kind].objects.filter(pk__in=wanted).select_related("hospital")
    }


def attachments_of(record: AnswerRecord) -> QuerySet[Attachment]:
    """Return the attachments of one record, oldest first."""
    return Attachment.objects.filter(
        subject_kind=record._meta.model_name, subject_id=record.pk, removed_at__isnull=True
    ).select_related("file", "created_by")


def open_questions() -> QuerySet[OpenQuestion]:
    """Return the answers that are unknown, longest open first."""
    return OpenQuestion.objects.filter(closed_at__isnull=True).select_related("opened_by")


def lines_visible_to(user: User, hospital: Hospital) -> QuerySet[Line]:
    """Return the lines that `user` may see at `hospital`: a vendor only those in its name."""
    names = access.vendor_names_of(user, hospital)
    return lines_of_vendors(names) if names else lines_in_use()


# --- Out of the database into plain values -----------------------------------------------------------------------------
def register_of(hospital: Hospital) -> records.Register:
    """Return the whole register of `hospital` as plain values, the form that everything downstream takes."""
    basics = Basics.objects.filter(hospital=hospital).first()
    devices = _devices_by_line(hospital)
    return records.Register(
        basics=records.Basics(
            **(basics.answers() if basics else {}),
            contacts=_contacts(hospital),
        ),
        lines=tuple(_line_record(row, devices[row["id"]]) for row in _line_rows(hospital)),
        terminals=tuple(
            records.Terminal(number=terminal.number, row_id=str(terminal.pk), **terminal.answers())
            for terminal in terminals_in_use().filter(hospital=hospital)
        ),
    )


def _contacts(hospital: Hospital) -> tuple[records.Contact, ...]:
    """Return the contacts by position; a free place before the last one is an empty contact."""
    known = {contact.position: contact.answers() for contact in Contact.objects.filter(hospital=hospital)}
    return tuple(records.Contact(**known.get(position, {})) for position in range(1, max(known, default=0) + 1))


def _line_rows(hospital: Hospital) -> Iterable[dict[str, Any]]:
    """Return the lines in use as rows: with hundreds of lines, model instances would cost several times as much."""
    box = ("terminator__terminator_kind", "terminator__terminator_location", "terminator__unknowns")
    lines = Line.objects.filter(hospital=hospital, retired_at__isnull=True).order_by("number")
    rows: Iterable[dict[str, Any]] = lines.values("id", "number", "unknowns", *Line.ANSWERS, *box)
    return rows


def _devices_by_line(hospital: Hospital) -> dict[uuid.UUID, list[records.Device]]:
    rows = Device.objects.filter(hospital=hospital, retired_at__isnull=True).order_by("line_id", "position")
    devices: dict[uuid.UUID, list[records.Device]] = defaultdict(list)
    for row in rows.values("line_id", "position", "unknowns", *Device.ANSWERS):
        answers = _answers(row, row["unknowns"], Device.ANSWERS)
        devices[row["line_id"]].append(records.Device(position=row["position"], **answers))
    return devices


def _line_record(row: dict[str, Any], devices: list[records.Device]) -> records.Line:
    box = {key: row[f"terminator__{key}"] for key in TERMINATOR_KEYS}
    return records.Line(
        number=row["number"],
        row_id=str(row["id"]),
        devices=tuple(devices),
        **_answers(box, row["terminator__unknowns"] or {}, TERMINATOR_KEYS),
        **_answers(row, row["unknowns"], Line.ANSWERS),
    )


def _answers(row: dict[str, Any], unknowns: dict[str, str], keys: Iterable[str]) -> dict[str, Answer[Any]]:
    return {key: Unknown(unknowns[key]) if key in unknowns else row[key] for key in keys}


def counts_by_hospital() -> tuple[QuerySet[Line], QuerySet[OpenQuestion]]:
    """Return the rows to count for lists over many hospitals: lines in use, open questions."""
    return Line.objects.filter(retired_at__isnull=True), OpenQuestion.objects.filter(closed_at__isnull=True)
