"""The folder of one address in a run: raw files that are whole or not there, and the lock that keeps a second run away."""

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sekisho.adapters.evidence.ledger import Ledger, sync_folder
from sekisho.domain.diagnosis.consents import Address

LEAST_FREE_BYTES = 8_000_000
"""Less than this and no block is begun: what it finds could not be kept."""


class DiskFull(Exception):
    """There is no room for the evidence of another block."""


class FolderTaken(Exception):
    """Another run on this machine scans the same address now."""


class Evidence:
    """Raw files and ledger of one address, below the run's folder."""

    def __init__(self, out: Path, address: Address) -> None:
        """Make the folder `out/ADDRESS` and open its ledger. A colon is no letter of a file name everywhere.

        Raises:
            OSError: it cannot be made or written to.
        """
        self.out = out
        self.folder = out / str(address).replace(":", "-")
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for draft in self.folder.glob(".*.part"):
            draft.unlink()  # of a run that was cut off: nothing counted on it
        self.ledger = Ledger(self.folder / "ledger.jsonl")

    def draft(self, name: str) -> Path:
        """Return where a program is to write what will become `name`.

        Raises:
            DiskFull: there is no room to begin.
        """
        room = os.statvfs(self.folder)
        if room.f_bavail * room.f_frsize < LEAST_FREE_BYTES:
            raise DiskFull
        path = self.folder / f".{name}.part"
        path.unlink(missing_ok=True)
        return path

    def keep(self, name: str) -> tuple[str, str]:
        """Make the draft of `name` evidence: on the disk, then under its name. Returns file (below the run) and sha256.

        Raises:
            OSError: the disk did not take it.
        """
        draft, path = self.folder / f".{name}.part", self.folder / name
        with draft.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            os.fsync(stream.fileno())
        os.replace(draft, path)
        sync_folder(self.folder)
        return str(path.relative_to(self.out)), digest

    def is_intact(self, file: str, sha256: str) -> bool:
        """Return True when `file` (below the run's folder) is there as it was kept."""
        try:
            with (self.out / file).open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def close(self) -> None:
        """Close the ledger."""
        self.ledger.close()


@contextlib.contextmanager
def address_lock(address: Address) -> Iterator[None]:
    """Hold the only right on this machine to scan `address` from the network that the caller is in.

    The kernel gives it back when the process ends, however it ends.

    Raises:
        FolderTaken: somebody else holds it.
    """
    with contextlib.ExitStack() as stack:
        handle = os.open(_lock_place(address), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        stack.callback(os.close, handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderTaken from None
        yield


def _lock_place(address: Address) -> Path:
    """Return the lock's file, which all runs of this person find. The same number in another network is another address."""
    folder = Path(tempfile.gettempdir()) / f"sekisho-scans-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise PermissionError(13, "not ours", str(folder))
    try:
        network = os.stat("/proc/thread-self/ns/net").st_ino
    except OSError:
        network = 0
    return folder / f"{network}-{str(address).replace(':', '-')}.lock"
