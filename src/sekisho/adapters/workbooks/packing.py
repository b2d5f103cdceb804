"""Puts a workbook into bytes that depend on its content alone: the same input gives the same file.

openpyxl writes the time of day into the zip entries and the properties, and cannot give a formula the value it will
show; both are put right here.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from xml.sax.saxutils import escape

from openpyxl import Workbook

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip entry can hold."""
_NO_TIME = datetime(2000, 1, 1)  # noqa: DTZ001  # openpyxl takes naive UTC
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_FORMULA = re.compile(rb'<c r="([A-Z]+\d+)"([^>]*)><f>(.*?)</f><v\s*/?>(?:</v>)?</c>', re.DOTALL)
_TYPE = re.compile(rb'\st="[^"]*"')


def packed(
    book: Workbook, *, shown: Mapping[str, Mapping[str, str]] | None = None, at: datetime | None = None
) -> bytes:
    """Return `book` as the bytes of an .xlsx file.

    Args:
        book: the workbook.
        shown: by sheet title and cell, the text that the formula in it shows until Excel computes it anew.
        at: the time to write as created and modified (naive UTC or aware); a fixed one when None.
    """
    moment = (at or _NO_TIME).replace(microsecond=0, tzinfo=None)
    book.properties.created = book.properties.modified = moment
    book.properties.creator = book.properties.lastModifiedBy = "Sekisho"
    raw = io.BytesIO()
    book.save(raw)
    parts = _parts(raw.getvalue())
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    # openpyxl renews "modified" while it saves.
    parts["docProps/core.xml"] = _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<2>", parts["docProps/core.xml"])
    for title, texts in (shown or {}).items():
        name = f"xl/worksheets/sheet{book.sheetnames.index(title) + 1}.xml"
        parts[name] = _with_shown(parts[name], texts)
    return rezipped(parts)


def rezipped(parts: Mapping[str, bytes]) -> bytes:
    """Return a zip of `parts`, in their order, without any time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
    return out.getvalue()


def _parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def _with_shown(xml: bytes, texts: Mapping[str, str]) -> bytes:
    """Return a sheet whose formulas carry what they show."""

    def filled(match: re.Match[bytes]) -> bytes:
        cell, attributes, formula = match.groups()
        text = escape(texts.get(cell.decode(), "")).encode()
        attributes = _TYPE.sub(b"", attributes)
        return b'<c r="%s"%s t="str"><f>%s</f><v>%s</v></c>' % (cell, attributes, formula, text)

    return _FORMULA.sub(filled, xml)
