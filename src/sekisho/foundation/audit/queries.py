"""Read the audit trail."""

from django.db import models

from sekisho.foundation.audit.models import AuditEvent


def history_of(subject: models.Model) -> models.QuerySet[AuditEvent]:
    """Return the events of one record, newest first."""
    return AuditEvent.objects.filter(object_type=subject._meta.label_lower, object_id=str(subject.pk))


def state_of(hospital: models.Model) -> int:
    """Return a number that moves on with everything done for a hospital: the id of its newest event.

    What was computed from the hospital's data is good for as long as this number stands, because every change writes
    its event in the same transaction.
    """
    newest = AuditEvent.objects.filter(hospital_id=hospital.pk).order_by("-id").values_list("id", flat=True).first()
    return newest or 0


def events_of_hospital(hospital: models.Model) -> models.QuerySet[AuditEvent]:
    """Return all events of one hospital, newest first."""
    return AuditEvent.objects.filter(hospital_id=hospital.pk)
