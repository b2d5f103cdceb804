"""Every read of uploaded workbooks."""

from django.db.models import QuerySet

from sekisho.apps.workbooks.models import Upload
from sekisho.foundation.tenancy.models import Hospital


def uploads_of(hospital: Hospital) -> QuerySet[Upload]:
    """Return the uploads of a hospital, newest first."""
    return (
        Upload.objects.filter(hospital=hospital)
        .select_related("uploaded_by", "decided_by", "file", "marked")
        .defer("book", "problems")
    )


def waiting_upload(hospital: Hospital) -> Upload | None:
    """Return the newest upload that waits for a decision."""
    return Upload.objects.filter(hospital=hospital, state=Upload.State.CHECKED).defer("book", "problems").first()
