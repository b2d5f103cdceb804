"""The evidence of a run: raw files with their hashes, and a ledger from which an interrupted run goes on."""

from sekisho.adapters.evidence.folder import DiskFull, Evidence, FolderTaken
from sekisho.adapters.evidence.ledger import Entry, Ledger

__all__ = ["DiskFull", "Entry", "Evidence", "FolderTaken", "Ledger"]
