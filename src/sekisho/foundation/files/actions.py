"""Store files and record downloads."""

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction

from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.files.models import StoredFile
from sekisho.foundation.files.sniffing import SniffedFile, sniff
from sekisho.foundation.tenancy.models import Hospital


def store_upload(
    *, hospital: Hospital, name: str, content: bytes, allowed: frozenset[str], by: User | None
) -> StoredFile:
    """Sniff and store an upload.

    Raises:
        FileRefused: it is not a file that may be stored.
    """
    sniffed = sniff(name=name, content=content, allowed=allowed, limit_bytes=settings.UPLOAD_LIMIT_BYTES)
    return store(hospital=hospital, file=sniffed, by=by)


@transaction.atomic
def store(*, hospital: Hospital, file: SniffedFile, by: User | None) -> StoredFile:
    """Store a file that was sniffed, or that Sekisho itself made. The same bytes are kept once per hospital."""
    digest = hashlib.sha256(file.content).hexdigest()
    path = f"{hospital.pk}/{digest[:2]}/{digest}"
    _write_once(Path(default_storage.path(path)), file.content)
    stored = StoredFile.objects.create(
        hospital=hospital,
        name=file.name,
        content_type=file.content_type,
        size_bytes=len(file.content),
        sha256=digest,
        path=path,
        created_by=by,
    )
    record(
        "files.file.stored", stored, by=by, changes={"sha256": [None, digest], "size_bytes": [None, len(file.content)]}
    )
    return stored


def _write_once(path: Path, content: bytes) -> None:
    """Write through a temporary file, so that a power cut leaves the whole file or none. A damaged file is mended."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


class FileDamaged(Exception):
    """The bytes in the store are not those that were stored."""

    def __init__(self, stored: StoredFile) -> None:
        super().__init__(str(stored.pk))
        self.stored = stored


def content_of(stored: StoredFile) -> bytes:
    """Return the bytes of `stored`.

    Raises:
        FileDamaged: they are gone or no longer match their hash.
    """
    try:
        content = Path(default_storage.path(stored.path)).read_bytes()
    except FileNotFoundError as error:
        raise FileDamaged(stored) from error
    if hashlib.sha256(content).hexdigest() != stored.sha256:
        raise FileDamaged(stored)
    return content


@transaction.atomic
def record_download(stored: StoredFile, *, by: User) -> None:
    """Note that `by` took a copy."""
    record("files.file.downloaded", stored, by=by)
