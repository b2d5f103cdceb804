"""Take a workbook in, decide on it, and undo the decision.

Taking in writes nothing into the register: it keeps what was read until a person has seen what would change.
"""

import hashlib
import io
import uuid
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sekisho.adapters.workbooks.check import CheckedWorkbook, check_workbook
from sekisho.adapters.workbooks.mark import marked
from sekisho.adapters.workbooks.refusals import UnreadableWorkbook
from sekisho.adapters.workbooks.write import write_blank, write_prefilled
from sekisho.apps.register import actions as register
from sekisho.apps.register.queries import AnswerRecord, answers_of, device_at, register_of, subject, versions_of
from sekisho.apps.workbooks.intake import BASIC, Candidate, Intake, intake_of
from sekisho.apps.workbooks.models import Upload
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.facts import from_plain, to_plain
from sekisho.domain.register.diff import Change, FieldChange, RecordChange
from sekisho.domain.workbook.stored import book_to_json, problem_to_json
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.audit.kept_texts import as_kept, kept
from sekisho.foundation.files.actions import store
from sekisho.foundation.files.models import StoredFile
from sekisho.foundation.files.sniffing import XLSX, SniffedFile
from sekisho.foundation.tenancy.models import Hospital

Answers = dict[str, Any]
SOURCE = kept(gettext_noop("別紙2-1「%(name)s」の取り込み"))
UNDONE = kept(gettext_noop("別紙2-1「%(name)s」の取り込みの取り消し"))
REPLACED = kept(gettext_noop("新しいファイルが送られました。"))
"""Reasons that the trail keeps; see `audit.kept_texts`."""


class RegisterMoved(Exception):
    """The register has changed since the person looked: what accepting would do is no longer what they saw."""


class AlreadyDecided(Exception):
    """The upload was accepted or discarded before."""


class OfAnotherHospital(Exception):
    """The workbook was prefilled for another hospital."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# --- Giving workbooks out ----------------------------------------------------------------------------------------------
def blank_workbook() -> bytes:
    """Return the empty form."""
    out = io.BytesIO()
    write_blank(out, load_edition())
    return out.getvalue()


@transaction.atomic
def prefilled_workbook(hospital: Hospital, *, by: User) -> bytes:
    """Return the form filled with the register; the trail keeps who took it."""
    out = io.BytesIO()
    write_prefilled(out, load_edition(), register_of(hospital), hospital.code, generated_at=timezone.localtime())
    record("workbooks.workbook.downloaded", hospital, by=by, hospital=hospital)
    return out.getvalue()


# --- Taking one in -----------------------------------------------------------------------------------------------------
def take_in(hospital: Hospital, *, name: str, content: bytes, by: User | None) -> Upload:
    """Read and check an uploaded workbook, and keep what it says until somebody decides.

    Accounts and passwords in it are dropped while reading. A file that held any is never stored as it came.

    Raises:
        UnreadableWorkbook: it is no workbook of ours or cannot be read safely; its text says what to do.
        OfAnotherHospital: it was prefilled for another hospital.
    """
    checked = check_workbook(content)
    code = checked.book.hospital_code
    if code and code != hospital.code:
        raise OfAnotherHospital(code)
    marked_copy = _marked(content, checked)
    with transaction.atomic():
        for replaced in Upload.objects.filter(hospital=hospital, state=Upload.State.CHECKED).defer("book", "problems"):
            _discard(replaced, by=by, reason=REPLACED)
        upload = Upload.objects.create(
            hospital=hospital,
            name=_file_name(name),
            sha256=hashlib.sha256(content).hexdigest(),
            edition=checked.book.edition,
            file=None if checked.credentials_dropped else _keep(hospital, _file_name(name), content, by=by),
            marked=_keep(hospital, _marked_name(name), marked_copy, by=by) if marked_copy else None,
            held_credentials=checked.credentials_dropped,
            book=book_to_json(checked.book),
            problems=[problem_to_json(problem) for problem in checked.problems],
            uploaded_by=by,
        )
        record("workbooks.upload.checked", upload, by=by, changes={"problems": [None, len(checked.problems)]})
    return upload


def _marked(content: bytes, checked: CheckedWorkbook) -> bytes | None:
    """Return the file with its cells marked; None for one that can be read but not carried over."""
    try:
        return marked(content, checked.problems)
    except UnreadableWorkbook:
        return None


def _keep(hospital: Hospital, name: str, content: bytes, *, by: User | None) -> StoredFile:
    return store(hospital=hospital, file=SniffedFile(name=name, content_type=XLSX, content=content), by=by)


def _file_name(name: str) -> str:
    plain = "".join(c for c in name.replace("\\", "/").rsplit("/", 1)[-1] if c.isprintable())
    return plain[-180:] or "workbook.xlsx"


def _marked_name(name: str) -> str:
    stem, _dot, _ending = _file_name(name).rpartition(".")
    return f"{stem or 'workbook'}_{_('確認結果')}.xlsx"


# --- Deciding ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def accept(upload: Upload, *, accept_gaps: bool, fingerprint: str, by: User | None) -> Intake:
    """Take over every record that is not held back, and return what was done.

    `accept_gaps` takes over records whose only fault is that answers are missing; they are filled in later.

    Raises:
        AlreadyDecided: it was accepted or discarded before.
        RegisterMoved: `fingerprint` is not that of what would happen now.
    """
    locked = Upload.objects.select_for_update().get(pk=upload.pk)
    if locked.state != Upload.State.CHECKED:
        raise AlreadyDecided
    intake = intake_of(locked)
    if intake.fingerprint != fingerprint:
        raise RegisterMoved
    writer = _Writer(locked, by=by)
    for candidate in intake.candidates:
        if not candidate.is_held(accept_gaps=accept_gaps):
            writer.write(candidate)
    locked.state, locked.decided_at, locked.decided_by = Upload.State.ACCEPTED, timezone.now(), by
    held = [_label(c.record) for c in intake.held(accept_gaps=accept_gaps)]
    locked.outcome = {"done": writer.done, "held": held}
    locked.save()
    record("workbooks.upload.accepted", locked, by=by, changes={"held": [None, len(held)]})
    return intake


def _label(change: RecordChange) -> str:
    return f"{change.sheet}-{change.number}"


class _Writer:
    """Writes records into the register and remembers what it did, for undoing."""

    def __init__(self, upload: Upload, *, by: User | None) -> None:
        self.hospital = upload.hospital
        self.source = as_kept(lambda: _(SOURCE) % {"name": upload.name})
        self.by = by
        self.done: list[dict[str, Any]] = []

    def write(self, candidate: Candidate) -> None:
        change = candidate.record
        if change.sheet == BASIC:
            self._basics(change, candidate.held_answers)
        elif change.change is Change.NEW:
            self._add(change)
        elif change.change is Change.CHANGED:
            self._change(change)

    def _basics(self, change: RecordChange, held: frozenset[tuple[int | None, str]]) -> None:
        own, parts = _split(tuple(c for c in change.changes if (c.part, c.key) not in held))
        if own:
            self._changed("basics", register.basics_of(self.hospital), own)
        for position, answers in parts.items():
            self._changed("contact", register.contact_at(self.hospital, position=position), answers)

    def _add(self, change: RecordChange) -> None:
        own, parts = _split(change.changes)
        if change.sheet == "lines":
            line = register.add_line(
                self.hospital, answers=own, devices=parts, number=change.number, by=self.by, source=self.source
            )
            self._added("line", line)
        else:
            terminal = register.add_terminal(
                self.hospital, answers=own, number=change.number, by=self.by, source=self.source
            )
            self._added("terminal", terminal)

    def _change(self, change: RecordChange) -> None:
        own, parts = _split(change.changes)
        kind = "line" if change.sheet == "lines" else "terminal"
        found = subject(kind, uuid.UUID(str(change.row_id)))
        if found is None:
            return
        if own:
            self._changed(kind, found, own)
        for position, answers in parts.items():
            device = device_at(found, position=position)
            if device is not None:
                self._changed("device", device, answers)
            else:
                added = register.add_device_at(
                    found, position=position, answers=answers, by=self.by, source=self.source
                )
                self._added("device", added)

    def _added(self, kind: str, found: AnswerRecord) -> None:
        self.done.append({"kind": kind, "id": str(found.pk), "added": True, "versions": versions_of(found)})

    def _changed(self, kind: str, found: AnswerRecord, answers: Answers) -> None:
        before = answers_of(found)
        register.change_answers(found, answers=answers, by=self.by, reason=self.source)
        self.done.append(
            {
                "kind": kind,
                "id": str(found.pk),
                "added": False,
                "old": {key: to_plain(before.get(key)) for key in answers},
                "new": {key: to_plain(answer) for key, answer in answers.items()},
            }
        )


def _split(changes: tuple[FieldChange, ...]) -> tuple[Answers, dict[int, Answers]]:
    """Return the record's own new answers, and those of its parts by position."""
    own: Answers = {}
    parts: dict[int, Answers] = defaultdict(dict)
    for change in changes:
        (own if change.part is None else parts[change.part])[change.key] = change.new
    return own, dict(parts)


@transaction.atomic
def discard(upload: Upload, *, by: User) -> None:
    """Decide to take nothing over; the upload stays on record.

    Raises:
        AlreadyDecided: it was accepted or discarded before.
    """
    if not _discard(upload, by=by):
        raise AlreadyDecided


def _discard(upload: Upload, *, by: User | None, reason: str = "") -> bool:
    """Return False when something was decided before."""
    changed = Upload.objects.filter(pk=upload.pk, state=Upload.State.CHECKED).update(
        state=Upload.State.DISCARDED, decided_at=timezone.now(), decided_by=by
    )
    if changed:
        record("workbooks.upload.discarded", upload, by=by, reason=reason)
    return bool(changed)


@transaction.atomic
def undo(upload: Upload, *, by: User) -> list[str]:
    """Put back what accepting changed, except what was changed since; return the labels of the records left.

    An added record goes out of use, unless somebody has changed it, its box or its devices since.

    Raises:
        AlreadyDecided: the upload is not in the state "accepted".
    """
    locked = Upload.objects.select_for_update().get(pk=upload.pk)
    if locked.state != Upload.State.ACCEPTED:
        raise AlreadyDecided
    left: list[str] = []
    reason = as_kept(lambda: _(UNDONE) % {"name": locked.name})
    for entry in reversed(locked.outcome["done"]):
        found = subject(entry["kind"], uuid.UUID(entry["id"]))
        if found is None or (entry["added"] and found.is_retired):
            continue
        if entry["added"] and versions_of(found) == entry["versions"]:
            register.retire(found, reason=reason, by=by)
        elif entry["added"] or found.is_retired or not _put_back(found, entry, reason=reason, by=by):
            left.append(str(found))
    locked.state = Upload.State.UNDONE
    locked.save(update_fields=["state"])
    record("workbooks.upload.undone", locked, by=by, changes={"left": [None, len(left)]})
    return left


def _put_back(found: AnswerRecord, entry: Mapping[str, Any], *, reason: str, by: User) -> bool:
    """Put the old answers back where nobody has changed them since; return False when somebody has."""
    now = answers_of(found)
    same = {key for key, new in entry["new"].items() if now.get(key) == from_plain(new)}
    register.change_answers(
        found, answers={key: from_plain(old) for key, old in entry["old"].items() if key in same}, by=by, reason=reason
    )
    return len(same) == len(entry["new"])
