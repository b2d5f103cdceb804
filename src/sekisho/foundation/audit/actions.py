"""Write to the audit trail."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, models

from sekisho.foundation.audit.kept_texts import as_kept
from sekisho.foundation.audit.models import AuditEvent


class NotInTransaction(Exception):
    """An audit event must be written in the transaction of the change it tells of."""


def label_of(subject: models.Model) -> str:
    """Return what a record is called, in the portal's first language: whoever writes, the trail reads the same."""
    return as_kept(lambda: str(subject))


def record(
    verb: str,
    subject: models.Model | None = None,
    *,
    by: AbstractBaseUser | None,
    hospital: models.Model | None = None,
    changes: dict[str, list[Any]] | None = None,
    reason: str = "",
) -> AuditEvent:
    """Add one event. `verb` is app.thing.done ("register.line.changed"); `by` None means the system itself.

    The hospital is taken from `subject` when it has one.

    Raises:
        NotInTransaction: called outside `transaction.atomic()`.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction(verb)
    hospital_id = hospital.pk if hospital is not None else getattr(subject, "hospital_id", None)
    return AuditEvent.objects.create(
        actor_id=by.pk if by is not None else None,
        actor_label=str(by) if by is not None else "Sekisho",
        hospital_id=hospital_id,
        verb=verb,
        object_type=subject._meta.label_lower if subject is not None else "",
        object_id=str(subject.pk) if subject is not None else "",
        object_label=label_of(subject)[:255] if subject is not None else "",
        changes=changes or {},
        reason=reason,
    )
