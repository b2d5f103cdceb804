"""Moves of findings: one at a time or many, by people, as `domain.diagnosis.statuses` allows; taken back; read again."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from sekisho.apps.findings.models import BulkMove, Finding
from sekisho.domain.diagnosis.findings import Severity
from sekisho.domain.diagnosis.statuses import Actor, MoveRefused, Standing, Status, Transition, moved, moves
from sekisho.foundation.accounts.models import User
from sekisho.foundation.accounts.permissions import Role
from sekisho.foundation.audit.actions import record
from sekisho.foundation.files.actions import store_upload
from sekisho.foundation.files.models import StoredFile
from sekisho.foundation.files.sniffing import JPEG, PDF, PLAIN, PNG
from sekisho.foundation.tenancy import access
from sekisho.foundation.tenancy.models import Hospital

_ACTORS = {
    Role.HOSPITAL_STAFF: Actor.STAFF,
    Role.DIRECTOR: Actor.STAFF,
    Role.VENDOR: Actor.VENDOR,
    Role.SECRETARIAT: Actor.SECRETARIAT,
    Role.DIAGNOSTICIAN: Actor.DIAGNOSTICIAN,
}
MOST_AT_ONCE = 1000
PROOFS = frozenset({PNG, JPEG, PDF, PLAIN})
"""What may be handed in as evidence beside the words."""


class ChangedMeanwhile(Exception):
    """Somebody else has moved the finding since the page was made."""


class AlreadyUndone(Exception):
    """The change of many was taken back before."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants: the new status, and what the table may demand for it. `upload` is a file by name."""

    to: Status
    reason: str = ""
    proof: str = ""
    upload: tuple[str, bytes] | None = None
    expires_on: date | None = None


def actors_of(user: User, hospital: Hospital) -> tuple[Actor, ...]:
    """Return as whom `user` may move the findings of `hospital`."""
    roles = access.roles_of(user, hospital)
    return tuple(dict.fromkeys(actor for role, actor in _ACTORS.items() if role in roles))


def moves_for(finding: Finding, user: User) -> tuple[Transition, ...]:
    """Return what `user` may do with a finding now, each target once, in the table's order."""
    status = finding.standing().status
    found: dict[Status, Transition] = {}
    for actor in actors_of(user, finding.hospital):
        for transition in moves(status, actor):
            found.setdefault(transition.to, transition)
    return tuple(found.values())


@transaction.atomic
def move(finding: Finding, wish: Wish, *, version: int, by: User) -> Finding:
    """Move a finding as `by` wishes.

    Raises:
        ChangedMeanwhile: `version` is not the one that stands.
        MoveRefused: the table does not allow it; `reason` says why.
        FileRefused: the file cannot be taken.
    """
    row = Finding.objects.select_for_update(of=("self",)).select_related("hospital").get(pk=finding.pk)
    if row.version != version:
        raise ChangedMeanwhile
    _move(row, wish, by=by)
    return row


def _move(row: Finding, wish: Wish, *, by: User) -> None:
    now = timezone.now()
    today = timezone.localdate()
    _wake(row, now)
    was = row.status
    row.stand(_allowed(row, wish, by=by, at=now, today=today))
    row.proof_file = _stored(row.hospital, wish.upload, by) if wish.upload else None
    row.moved_by = by
    row.version += 1
    row.save()
    changes: dict[str, list[Any]] = {"status": [was, row.status]}
    if row.expires_on is not None:
        changes["expires_on"] = [None, row.expires_on.isoformat()]
    if row.proof:
        changes["proof"] = [None, row.proof]
    if row.proof_file is not None:
        changes["file"] = [None, f"{row.proof_file.name} {row.proof_file.sha256}"]
    record("findings.finding.moved", row, by=by, changes=changes, reason=wish.reason)


def _stored(hospital: Hospital, upload: tuple[str, bytes], by: User) -> StoredFile:
    name, content = upload
    return store_upload(hospital=hospital, name=name, content=content, allowed=PROOFS, by=by)


def _wake(row: Finding, now: datetime) -> None:
    """Write down that a day has come which had been set for looking at it again."""
    standing = row.standing(at=now)
    if standing.status.value != row.status:
        was = row.status
        row.stand(standing)
        row.save()
        record("findings.finding.reopened", row, by=None, changes={"status": [was, row.status]})


def _allowed(row: Finding, wish: Wish, *, by: User, at: datetime, today: date) -> Standing:
    refused = MoveRefused("not-yours")
    for actor in actors_of(by, row.hospital):
        try:
            return moved(
                row.standing(today, at=at),
                wish.to,
                actor=actor,
                at=at,
                today=today,
                severity=Severity(row.severity),
                reason=wish.reason,
                evidence=wish.proof,
                expires_on=wish.expires_on,
            )
        except MoveRefused as error:
            # What is demanded tells more than that somebody else makes this move.
            if refused.rule in {"not-yours", "no-such-move"}:
                refused = error
    raise refused


# --- Many at once -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Preview:
    """What one change of many would do: `will` be moved, `cannot` with the reason for each."""

    will: tuple[Finding, ...]
    cannot: tuple[tuple[Finding, MoveRefused], ...]


def preview(findings: Sequence[Finding], wish: Wish, *, by: User) -> Preview:
    """Return what moving `findings` would do; nothing is changed."""
    will: list[Finding] = []
    cannot: list[tuple[Finding, MoveRefused]] = []
    now, today = timezone.now(), timezone.localdate()
    for finding in findings:
        try:
            _allowed(finding, wish, by=by, at=now, today=today)
        except MoveRefused as refused:
            cannot.append((finding, refused))
        else:
            will.append(finding)
    return Preview(tuple(will), tuple(cannot))


@transaction.atomic
def move_many(hospital: Hospital, versions: dict[uuid.UUID, int], wish: Wish, *, by: User) -> tuple[BulkMove, int]:
    """Move the findings `versions` names (by id, each with the version that was shown) and return how many were left out.

    Left out is what somebody else has moved meanwhile, and what the table does not allow.
    """
    left_out = 0
    before = []
    rows = Finding.objects.select_for_update(of=("self",)).select_related("hospital").filter(pk__in=versions)
    for row in rows.order_by("pk"):
        stood = _plain(row)
        try:
            if row.version != versions[row.pk]:
                raise ChangedMeanwhile
            _move(row, wish, by=by)
        except (ChangedMeanwhile, MoveRefused):
            left_out += 1
            continue
        before.append(stood | {"version": row.version})
    left_out += len(versions) - left_out - len(before)
    batch = BulkMove.objects.create(hospital=hospital, to=wish.to.value, before=before, made_by=by)
    return batch, left_out


def _plain(row: Finding) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "status": row.status,
        "since": row.since.isoformat() if row.since else None,
        "reason": row.reason,
        "proof": row.proof,
        "proof_file": str(row.proof_file_id) if row.proof_file_id else None,
        "expires_on": row.expires_on.isoformat() if row.expires_on else None,
        "severity_then": row.severity_then,
        "reopened": row.reopened,
        "why_reopened": row.why_reopened,
        "moved_by": row.moved_by_id,
    }


@transaction.atomic
def undo(batch: BulkMove, *, by: User) -> tuple[int, int]:
    """Put back what a change of many did; return how many were put back and how many others had moved since.

    Raises:
        AlreadyUndone: see there.
    """
    if not BulkMove.objects.filter(pk=batch.pk, undone_at__isnull=True).update(undone_at=timezone.now()):
        raise AlreadyUndone
    done = 0
    for stood in batch.before:
        row = Finding.objects.select_for_update(of=("self",)).filter(pk=stood["id"], version=stood["version"]).first()
        if row is None:
            continue
        was = row.status
        row.status, row.reason, row.proof = stood["status"], stood["reason"], stood["proof"]
        row.since = datetime.fromisoformat(stood["since"]) if stood["since"] else None
        row.expires_on = date.fromisoformat(stood["expires_on"]) if stood["expires_on"] else None
        row.severity_then, row.reopened = stood["severity_then"], stood["reopened"]
        row.why_reopened, row.proof_file_id = stood["why_reopened"], stood["proof_file"]
        row.moved_by_id = stood["moved_by"]
        row.version += 1
        row.save()
        record("findings.finding.restored", row, by=by, changes={"status": [was, row.status]})
        done += 1
    return done, len(batch.before) - done
