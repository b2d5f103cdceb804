"""Every read of uploaded workbooks."""

from django.db.models import QuerySet

from sekisho.apps.register import queries as register
from sekisho.apps.workbooks.models import Upload
from sekisho.foundation.audit.queries import history_of
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


def upload_with_rows_left(hospital: Hospital) -> tuple[Upload, int] | None:
    """Return the upload that was taken over last, and how many of its held rows nobody has dealt with; None for none.

    A held row is dealt with when a newer file was taken over, or its record was added or changed by hand since.
    """
    latest = uploads_of(hospital).exclude(state=Upload.State.DISCARDED).first()
    if latest is None or latest.state != Upload.State.ACCEPTED:
        return None
    left = sum(_is_left(label, latest) for label in latest.outcome.get("held", ()))
    return (latest, left) if left else None


def _is_left(label: str, upload: Upload) -> bool:
    """Return True while the held row `label` ("lines-8") waits for somebody."""
    sheet, _dash, number = label.rpartition("-")
    if sheet not in {"lines", "terminals"} or not number.isdigit():
        return True
    lines, terminals = register.lines_in_use(), register.terminals_in_use()
    own = {"number": int(number)}
    found = lines.filter(**own).first() if sheet == "lines" else terminals.filter(**own).first()
    return found is None or not history_of(found).filter(at__gt=upload.decided_at).exists()
