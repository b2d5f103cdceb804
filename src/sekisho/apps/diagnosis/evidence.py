"""Raw evidence: the files stay below the run's folder, their hashes in the database."""

from django.db import transaction

from sekisho.apps.diagnosis import stops
from sekisho.apps.diagnosis.models import RunEvidence
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record


def content_of(row: RunEvidence) -> bytes:
    """Return the bytes of a raw file.

    Raises:
        FileNotFoundError: it is not in the run's folder (any more).
    """
    folder = stops.folder_of(row.run).resolve()
    file = (folder / row.path).resolve()
    if not file.is_relative_to(folder) or not file.is_file():
        raise FileNotFoundError(row.path)
    return file.read_bytes()


@transaction.atomic
def record_download(row: RunEvidence, *, by: User) -> None:
    """Note that `by` took a copy of a raw file."""
    record("diagnosis.evidence.downloaded", row, by=by, changes={"sha256": [None, row.sha256]})
