"""The ledger of one address: what was finished, in order, each line bound to the one before it by its hash.

One line is 16 hex digits, a space and a JSON object. A line is only ever added, and is on the disk before the next
thing is done. After a power cut the last line may be half there: reading stops at the first line that does not fit, the
rest is put aside, never thrown away, and what stood there is simply asked again.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Entry = Mapping[str, Any]
"""One line: `kind` says what it is about."""
_HASH = 16


class Ledger:
    """An open ledger. `entries` are those that were read; `cut` is how many bytes at its end did not fit."""

    def __init__(self, path: Path) -> None:
        """Open `path`, made when it is not there."""
        self._path = path
        raw = path.read_bytes() if path.exists() else b""
        self.entries, kept, self._last = _read(raw)
        self.cut = len(raw) - kept
        if self.cut:
            self._put_aside(raw[kept:])
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if self.cut:
            os.ftruncate(self._file, kept)
            os.fsync(self._file)
        sync_folder(path.parent)

    def _put_aside(self, tail: bytes) -> None:
        number = 1
        while (place := self._path.with_name(f"{self._path.name}.cut-{number}")).exists():
            number += 1
        place.write_bytes(tail)

    def add(self, kind: str, **fields: Any) -> Entry:
        """Write one line and wait until the disk has it. Returns the entry.

        Raises:
            OSError: it could not be written, for example on a full disk; the ledger is as before.
        """
        entry = {"kind": kind, **fields}
        body = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode()
        digest = _bound(self._last, body)
        line = digest + b" " + body + b"\n"
        before = os.fstat(self._file).st_size
        try:
            if os.write(self._file, line) != len(line):
                raise OSError(28, os.strerror(28))
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, before)
            raise
        self._last = digest
        self.entries.append(entry)
        return entry

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def _read(raw: bytes) -> tuple[list[Entry], int, bytes]:
    entries: list[Entry] = []
    kept, last = 0, b""
    while (end := raw.find(b"\n", kept)) >= 0:
        digest, body = raw[kept : kept + _HASH], raw[kept + _HASH + 1 : end]
        if raw[kept + _HASH : kept + _HASH + 1] != b" " or digest != _bound(last, body):
            break
        entries.append(json.loads(body))
        kept, last = end + 1, digest
    return entries, kept, last


def _bound(last: bytes, body: bytes) -> bytes:
    return hashlib.sha256(last + body).hexdigest()[:_HASH].encode()


def sync_folder(folder: Path) -> None:
    """Wait until the names in `folder` are on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
