"""Finds and reads the files of a case folder: each bounded in size, hashed, and only if it is a plain file."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sekisho.assessment.case import SourceFile
from sekisho.domain.text import Text

MAX_BYTES = 200_000_000
CHUNK = 1 << 20


class SourceUnreadable(Exception):
    """A file cannot be read. `message` says why and what to do."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message


@dataclass(frozen=True, slots=True)
class Folder:
    """A case folder. Paths in messages and in `SourceFile.path` are relative to it, with "/" between parts."""

    path: Path

    def has(self, name: str) -> bool:
        """Return True when something of this name is there, readable or not."""
        return (self.path / name).exists() or (self.path / name).is_symlink()

    def files(self, folder: str, suffix: str = "") -> Iterator[str]:
        """Yield the names of the files in a sub-folder whose names end in `suffix`, sorted, without hidden ones."""
        inside = self.path / folder
        if not inside.is_dir():
            return
        for entry in sorted(inside.iterdir(), key=lambda entry: entry.name):
            if entry.is_file() and not entry.name.startswith(".") and entry.name.lower().endswith(suffix):
                yield f"{folder}/{entry.name}"

    def source(self, name: str) -> SourceFile:
        """Return size and hash of a file, read piece by piece.

        Raises:
            SourceUnreadable: it cannot be opened.
        """
        digest, size = hashlib.sha256(), 0
        try:
            with (self.path / name).open("rb") as file:
                while chunk := file.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
        except OSError:
            raise SourceUnreadable(_CANNOT_OPEN) from None
        return SourceFile(name, digest.hexdigest(), size)

    def read(self, name: str, *, max_bytes: int = MAX_BYTES) -> tuple[bytes, SourceFile]:
        """Return the bytes of a file, and size and hash of exactly these bytes.

        Raises:
            SourceUnreadable: it cannot be opened, is no plain file, or is too large.
        """
        path = self.path / name
        try:
            if not path.is_file():
                raise SourceUnreadable(_NOT_A_FILE)
            with path.open("rb") as file:
                raw = file.read(max_bytes + 1)
        except OSError:
            raise SourceUnreadable(_CANNOT_OPEN) from None
        if len(raw) > max_bytes:
            raise SourceUnreadable(_TOO_LARGE.filled(limit=max_bytes // 1_000_000))
        return raw, SourceFile(name, hashlib.sha256(raw).hexdigest(), len(raw))


_CANNOT_OPEN = Text(
    "開けません。別のソフトで開いたままになっていないか、読む権限があるかを確かめてください。",
    "It cannot be opened. Check that no other program holds it and that you may read it.",
)
_NOT_A_FILE = Text(
    "ファイルではありません。この名前のファイルを置いてください。", "It is no file. Put a file of this name there."
)
_TOO_LARGE = Text(
    "大きすぎます（上限 {limit}MB）。別の資料が混ざっていないか確かめてください。",
    "It is too large (limit {limit} MB). Check that nothing else got into it.",
)
