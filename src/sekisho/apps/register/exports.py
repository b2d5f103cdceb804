"""A list as CSV or XLSX. Nothing in it runs as a formula at the reader's PC."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils import timezone

from sekisho.adapters.documents.table_xlsx import write_table
from sekisho.domain.cells import neutral
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.files.serving import file_response
from sekisho.foundation.files.sniffing import XLSX
from sekisho.foundation.tenancy.models import Hospital


def answer_with(
    file_format: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    hospital: Hospital | None,
    title: str,
    by: User,
) -> HttpResponse:
    """Return the table as a download; the trail keeps who took it. A table over all hospitals has no hospital.

    Raises:
        Http404: a format that there is not.
    """
    name, content, content_type = made(file_format, heads, rows, hospital=hospital, title=title)
    with transaction.atomic():
        record("register.list.exported", hospital, by=by, hospital=hospital, changes={"file": [None, name]})
    return file_response(content, name=name, content_type=content_type)


def made(
    file_format: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], *, hospital: Hospital | None, title: str
) -> tuple[str, bytes, str]:
    """Return name, bytes and type of the table as a file.

    Raises:
        Http404: a format that there is not.
    """
    name = "_".join([*([hospital.code] if hospital else []), title, f"{timezone.localdate():%Y%m%d}.{file_format}"])
    if file_format == "csv":
        return name, _csv(heads, rows), "text/csv; charset=utf-8"
    if file_format == "xlsx":
        return name, write_table(title=title, heads=heads, rows=rows), XLSX
    raise Http404


def _csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return CSV that Excel opens as UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([neutral(head) for head in heads])
    writer.writerows([neutral("" if value is None else str(value)) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")
