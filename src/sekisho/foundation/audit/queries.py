"""Read the audit trail."""

from django.db import models

from sekisho.foundation.audit.models import AuditEvent


def history_of(subject: models.Model) -> models.QuerySet[AuditEvent]:
    """Return the events of one record, newest first."""
    return AuditEvent.objects.filter(object_type=subject._meta.label_lower, object_id=str(subject.pk))


def events_of_hospital(hospital: models.Model) -> models.QuerySet[AuditEvent]:
    """Return all events of one hospital, newest first."""
    return AuditEvent.objects.filter(hospital_id=hospital.pk)
