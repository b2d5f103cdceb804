"""Every write to the register. The screen, the workbook and the command line call the same functions.

Each writes its audit event, with the old and new value of every answer, in the transaction of the change.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from sekisho.apps.register.conflicts import ChangedMeanwhile, merge
from sekisho.apps.register.models import (
    AnswerRecord,
    Attachment,
    Basics,
    Contact,
    Contract,
    Device,
    Line,
    OpenQuestion,
    Place,
    Terminal,
    Terminator,
    Vendor,
)
from sekisho.apps.register.queries import TERMINATOR_KEYS, below, folded
from sekisho.domain.facts import Answer, Unknown, known
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import label_of, record
from sekisho.foundation.files.models import StoredFile
from sekisho.foundation.tenancy.models import Hospital

Answers = Mapping[str, Answer[Any]]


class AlreadyRetired(Exception):
    """The record is out of use already."""


class StillInUse(Exception):
    """The number or place that the record needs is taken by another one."""


def kind_of(subject: AnswerRecord) -> str:
    """Return the short name under which attachments and open questions refer to a record's table."""
    return subject._meta.model_name or ""


# --- Changing answers ------------------------------------------------------------------------------------------------
@transaction.atomic
def change_answers(
    subject: AnswerRecord, *, answers: Answers, by: User | None, base: Answers | None = None, reason: str = ""
) -> AnswerRecord:
    """Change the answers of one record and return it as it is now.

    `base` holds the answers that the editor started from; without it the answers are taken as they are.

    Raises:
        ChangedMeanwhile: somebody else has changed one of these answers since `base`.
    """
    locked = type(subject).objects.select_for_update().get(pk=subject.pk)
    own = {key: answer for key, answer in answers.items() if key in locked.ANSWERS}
    changes, conflicts = merge(locked.answers(), base or {}, own)
    if conflicts:
        raise ChangedMeanwhile(conflicts, locked.version)
    if isinstance(locked, Line):
        _change_terminator(locked, answers=answers, base=base, by=by, reason=reason)
    if changes:
        _apply(locked, changes, by=by, reason=reason)
    return locked


def _apply(subject: AnswerRecord, changes: Answers, *, by: User | None, reason: str) -> None:
    trail = {key: [_readable(subject.answer(key)), _readable(answer)] for key, answer in changes.items()}
    for key, answer in changes.items():
        subject.set_answer(key, answer)
    _tie(subject, changes, by=by)
    subject.version += 1
    subject.save()
    _keep_questions(subject, changes, by=by)
    record(f"register.{kind_of(subject)}.changed", subject, by=by, changes=trail, reason=reason)


def _change_terminator(line: Line, *, answers: Answers, base: Answers | None, by: User | None, reason: str) -> None:
    wanted = {key: answer for key, answer in answers.items() if key in TERMINATOR_KEYS}
    if not wanted or (line.terminator is None and all(answer is None for answer in wanted.values())):
        return
    if line.terminator is None:
        line.terminator = Terminator(hospital=line.hospital)
        _create(line.terminator, wanted, by=by, reason=reason)
        line.save(update_fields=["terminator", "updated_at"])
        return
    change_answers(line.terminator, answers=wanted, base=base, by=by, reason=reason)


def _create(subject: AnswerRecord, answers: Answers, *, by: User | None, reason: str = "", source: str = "") -> None:
    given = {key: answer for key, answer in answers.items() if key in subject.ANSWERS and answer is not None}
    for key, answer in given.items():
        subject.set_answer(key, answer)
    _tie(subject, given, by=by)
    subject.save(force_insert=True)
    _keep_questions(subject, given, by=by)
    trail = {key: [None, _readable(answer)] for key, answer in given.items()}
    record(f"register.{kind_of(subject)}.added", subject, by=by, changes=trail, reason=reason or source)


def _tie(subject: AnswerRecord, changes: Answers, *, by: User | None) -> None:
    """Keep the links to places and vendors in step with what was written."""
    if isinstance(subject, Terminator) and "terminator_location" in changes:
        subject.place = place_named(subject.hospital, known(changes["terminator_location"]), by=by)
    elif isinstance(subject, Terminal) and "location" in changes:
        subject.place = place_named(subject.hospital, known(changes["location"]), by=by)
    elif isinstance(subject, Line) and "vendor_name" in changes:
        subject.vendor = vendor_named(subject.hospital, known(changes["vendor_name"]), by=by)
    elif isinstance(subject, Basics) and isinstance(changes.get("name"), str):
        Hospital.objects.filter(pk=subject.hospital_id).update(name=changes["name"])


def _keep_questions(subject: AnswerRecord, changes: Answers, *, by: User | None) -> None:
    """Open a question for each answer that became unknown; close those that are answered now."""
    for key, answer in changes.items():
        current = OpenQuestion.objects.filter(subject_id=subject.pk, key=key, closed_at__isnull=True)
        if not isinstance(answer, Unknown):
            current.update(closed_at=timezone.now())
        elif not current.update(reason=answer.reason[:500]):
            OpenQuestion.objects.create(
                hospital_id=subject.hospital_id,
                subject_kind=kind_of(subject),
                subject_id=subject.pk,
                subject_label=label_of(subject)[:255],
                key=key,
                reason=answer.reason[:500],
                opened_by=by,
            )


def _readable(answer: Answer[Any]) -> Any:
    """Return the form in which the audit trail keeps an answer."""
    if isinstance(answer, Unknown):
        return {"unknown": answer.reason}
    return answer if answer is None or isinstance(answer, (str, int)) else str(answer)


# --- Lines and what hangs on them ------------------------------------------------------------------------------------
@transaction.atomic
def add_line(
    hospital: Hospital,
    *,
    answers: Answers,
    by: User | None,
    number: int | None = None,
    devices: Mapping[int, Answers] | None = None,
    source: str = "",
) -> Line:
    """Add a line with its terminator and `devices` (answers by position). Without `number` it gets the next free one.

    Raises:
        StillInUse: a line with this number is in use.
    """
    number = number if number is not None else _next_number(Line, hospital)
    if Line.objects.filter(hospital=hospital, number=number, retired_at__isnull=True).exists():
        raise StillInUse(str(number))
    line = Line(hospital=hospital, number=number, source=source[:200])
    _create(line, answers, by=by, source=source)
    _change_terminator(line, answers=answers, base=None, by=by, reason=source)
    for position, device_answers in sorted((devices or {}).items()):
        add_device(line, position=position, answers=device_answers, by=by, source=source)
    return line


@transaction.atomic
def add_device(
    line: Line, *, answers: Answers, by: User | None, position: int | None = None, source: str = ""
) -> Device:
    """Add a device below `line`, at the end of the chain unless `position` says otherwise.

    Raises:
        StillInUse: there is a device at this position.
    """
    in_use = Device.objects.filter(line=line, retired_at__isnull=True)
    if position is None:
        position = (in_use.aggregate(last=Max("position"))["last"] or 0) + 1
    elif in_use.filter(position=position).exists():
        raise StillInUse(str(position))
    device = Device(hospital=line.hospital, line=line, position=position)
    _create(device, answers, by=by, source=source)
    return device


def add_device_at(line: AnswerRecord, *, position: int, answers: Answers, by: User | None, source: str = "") -> Device:
    """Add a device at `position` below the line that a caller without the tables holds.

    Raises:
        StillInUse: see `add_device`.
    """
    if not isinstance(line, Line):
        raise TypeError(line)
    return add_device(line, answers=answers, position=position, by=by, source=source)


@transaction.atomic
def add_terminal(
    hospital: Hospital, *, answers: Answers, by: User | None, number: int | None = None, source: str = ""
) -> Terminal:
    """Add a PC to be surveyed.

    Raises:
        StillInUse: a PC with this number is in use.
    """
    number = number if number is not None else _next_number(Terminal, hospital)
    if Terminal.objects.filter(hospital=hospital, number=number, retired_at__isnull=True).exists():
        raise StillInUse(str(number))
    terminal = Terminal(hospital=hospital, number=number)
    _create(terminal, answers, by=by, source=source)
    return terminal


def _next_number(model: type[Line] | type[Terminal], hospital: Hospital) -> int:
    last = model.objects.filter(hospital=hospital).aggregate(last=Max("number"))["last"]
    return int(last or 0) + 1


@transaction.atomic
def share_terminator(line: Line, *, terminator: Terminator | None, by: User) -> None:
    """Say that `line` ends in the same box as others; None: it has a box of its own."""
    locked = Line.objects.select_for_update().get(pk=line.pk)
    before = str(locked.terminator) if locked.terminator else None
    if terminator is None:
        answers = locked.terminator.answers() if locked.terminator else {}
        terminator = Terminator(hospital=locked.hospital)
        _create(terminator, answers, by=by)
    locked.terminator = line.terminator = terminator
    locked.version += 1
    locked.save()
    record("register.line.changed", locked, by=by, changes={"terminator": [before, str(terminator)]})


# --- Out of use, and back --------------------------------------------------------------------------------------------
@transaction.atomic
def retire(subject: AnswerRecord, *, reason: str, by: User) -> None:
    """Take a record out of use; its history stays and `restore` brings it back.

    Raises:
        AlreadyRetired: it was taken out of use before.
    """
    locked = type(subject).objects.select_for_update().get(pk=subject.pk)
    if locked.is_retired:
        raise AlreadyRetired(str(locked))
    locked.retired_at, locked.retired_reason = timezone.now(), reason[:500]
    locked.version += 1
    locked.save()
    gone = [part.pk for part in (locked, *below(locked))]
    OpenQuestion.objects.filter(subject_id__in=gone, closed_at__isnull=True).update(closed_at=timezone.now())
    record(f"register.{kind_of(locked)}.retired", locked, by=by, reason=reason)


@transaction.atomic
def restore(subject: AnswerRecord, *, by: User | None) -> None:
    """Bring a retired record back.

    Raises:
        StillInUse: its number or place was given to another record meanwhile.
    """
    locked = type(subject).objects.select_for_update().get(pk=subject.pk)
    if not locked.is_retired:
        return
    for model, fields in (
        (Line, ("hospital", "number")),
        (Terminal, ("hospital", "number")),
        (Device, ("line", "position")),
    ):
        if isinstance(locked, model):
            same = {name: getattr(locked, name) for name in fields}
            if model.objects.filter(retired_at__isnull=True, **same).exclude(pk=locked.pk).exists():
                raise StillInUse(str(locked))
    locked.retired_at, locked.retired_reason = None, ""
    locked.version += 1
    locked.save()
    for part in (locked, *below(locked)):
        _keep_questions(part, {key: Unknown(reason) for key, reason in part.unknowns.items()}, by=by)
    record(f"register.{kind_of(locked)}.restored", locked, by=by)


# --- The hospital itself ---------------------------------------------------------------------------------------------
@transaction.atomic
def basics_of(hospital: Hospital) -> Basics:
    """Return the basics row of `hospital`, made empty on first use."""
    basics, _created = Basics.objects.select_for_update().get_or_create(hospital=hospital)
    return basics


@transaction.atomic
def set_contact(
    hospital: Hospital,
    *,
    position: int,
    answers: Answers,
    by: User | None,
    base: Answers | None = None,
    reason: str = "",
) -> Contact | None:
    """Set the answers about contact 1 to 4; None when there is no such contact yet and no answer makes one.

    Raises:
        ChangedMeanwhile: see `change_answers`.
    """
    is_new = not Contact.objects.filter(hospital=hospital, position=position).exists()
    if is_new and all(answer is None for answer in answers.values()):
        return None
    contact = contact_at(hospital, position=position)
    change_answers(contact, answers=answers, by=by, base=base, reason=reason)
    return contact


@transaction.atomic
def contact_at(hospital: Hospital, *, position: int) -> Contact:
    """Return contact 1 to 4, made empty on first use."""
    contact, _created = Contact.objects.get_or_create(hospital=hospital, position=position)
    return contact


# --- Places, vendors, contracts --------------------------------------------------------------------------------------
def place_named(hospital: Hospital, label: str | None, *, by: User | None) -> Place | None:
    """Return the place written as `label`, added when it is new, in use again when it was not; None for no label."""
    if not label or not folded(label):
        return None
    place = Place.objects.filter(hospital=hospital, label=folded(label)).first()
    if place is None:
        place = Place(hospital=hospital, label=folded(label))
        _create(place, {}, by=by)
    elif place.is_retired:
        restore(place, by=by)
    return place


def vendor_named(hospital: Hospital, name: str | None, *, by: User | None) -> Vendor | None:
    """Return the vendor called `name`, added when it is new, in use again when it was not; None for no name."""
    if not name or not folded(name):
        return None
    vendor = Vendor.objects.filter(hospital=hospital, name=folded(name)).first()
    if vendor is None:
        vendor = Vendor(hospital=hospital, name=folded(name))
        _create(vendor, {}, by=by)
    elif vendor.is_retired:
        restore(vendor, by=by)
    return vendor


@transaction.atomic
def add_contract(
    hospital: Hospital,
    *,
    title: str,
    by: User,
    line: Line | None = None,
    vendor: Vendor | None = None,
    answers: Answers | None = None,
    reason: str = "",
) -> Contract:
    """Add a contract about a line, with a vendor, or both."""
    contract = Contract(hospital=hospital, title=title, line=line, vendor=vendor)
    _create(contract, answers or {}, by=by, reason=reason)
    return contract


# --- Photos and documents --------------------------------------------------------------------------------------------
@transaction.atomic
def attach(subject: AnswerRecord, *, file: StoredFile, caption: str, by: User) -> Attachment:
    """Attach a stored file to a record."""
    attachment = Attachment.objects.create(
        hospital_id=subject.hospital_id,
        subject_kind=kind_of(subject),
        subject_id=subject.pk,
        file=file,
        caption=caption[:200],
        created_by=by,
    )
    record("register.attachment.added", attachment, by=by, changes={"subject": [None, str(subject)]})
    return attachment


@transaction.atomic
def remove_attachment(attachment: Attachment, *, by: User) -> None:
    """Take an attachment off its record; the file and the history stay, and `restore_attachment` undoes it."""
    if Attachment.objects.filter(pk=attachment.pk, removed_at__isnull=True).update(removed_at=timezone.now()):
        record("register.attachment.removed", attachment, by=by)


@transaction.atomic
def restore_attachment(attachment: Attachment, *, by: User) -> None:
    """Undo `remove_attachment`."""
    if Attachment.objects.filter(pk=attachment.pk, removed_at__isnull=False).update(removed_at=None):
        record("register.attachment.restored", attachment, by=by)


# --- Open questions ----------------------------------------------------------------------------------
@transaction.atomic
def ask(question: OpenQuestion, *, whom: str, by: User) -> None:
    """Note who was asked about an unknown answer."""
    before = question.asked_whom
    OpenQuestion.objects.filter(pk=question.pk).update(asked_whom=whom[:200])
    record("register.question.asked", question, by=by, changes={"asked_whom": [before, whom[:200]]})
