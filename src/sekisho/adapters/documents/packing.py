"""Rewrites a zip-based document so that equal contents give equal bytes: fixed times, fixed order."""

import io
import re
import zipfile
from datetime import UTC, datetime

_MODIFIED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")


def repacked(data: bytes, at: datetime) -> bytes:
    """Return the document with every time in it set to `at`."""
    moment = at.astimezone(UTC)
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as made, zipfile.ZipFile(stream, "w") as kept:
        for name in made.namelist():
            body = made.read(name)
            if name == "docProps/core.xml":
                body = _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<3>", body)
            # A zip holds no time before 1980.
            entry = zipfile.ZipInfo(name, max(moment.timetuple()[:6], (1980, 1, 1, 0, 0, 0)))
            kept.writestr(entry, body, zipfile.ZIP_DEFLATED, 6)
    return stream.getvalue()
