"""What people take away: the list as a file, raw evidence, the page for the director. Each is recorded."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from sekisho.apps.diagnosis import evidence as raw_files
from sekisho.apps.findings.models import FindingEvidence
from sekisho.apps.register import exports
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.files.actions import FileDamaged, content_of
from sekisho.foundation.files.serving import file_response
from sekisho.foundation.tenancy.models import Hospital


class EvidenceDamaged(Exception):
    """The file is gone, or is no longer what was hashed."""


def list_as_file(
    file_format: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], *, hospital: Hospital, by: User
) -> HttpResponse:
    """Return the list as a download.

    Raises:
        Http404: a format that there is not.
    """
    title = _("診断で見つかったこと")
    name, content, content_type = exports.made(file_format, heads, rows, hospital=hospital, title=title)
    with transaction.atomic():
        record("findings.list.exported", hospital, by=by, hospital=hospital, changes={"file": [None, name]})
    return file_response(content, name=name, content_type=content_type)


def evidence_as_file(piece: FindingEvidence, *, by: User) -> HttpResponse:
    """Return the raw file behind a piece of evidence, as it was hashed.

    Raises:
        LookupError: there is no file behind it.
        EvidenceDamaged: see there.
    """
    stored = piece.observation.file
    try:
        if piece.raw is not None:
            content, name, digest = raw_files.content_of(piece.raw), piece.raw.path.replace("/", "_"), piece.raw.sha256
        elif stored is not None:
            content, name, digest = content_of(stored), stored.name, stored.sha256
        else:
            raise LookupError(piece.pk)
    except (FileNotFoundError, FileDamaged) as error:
        raise EvidenceDamaged from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise EvidenceDamaged
    with transaction.atomic():
        record("findings.evidence.downloaded", piece.finding, by=by, changes={"sha256": [None, digest]})
    return file_response(content, name=f"{piece.hospital.code}_{name}", content_type="application/octet-stream")
