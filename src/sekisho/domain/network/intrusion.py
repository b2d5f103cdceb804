"""By what hosts are taken, and where an intruder begins."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True, slots=True)
class Intrusion:
    """By what hosts are taken. Services as numbers.

    `takeover` opens any host that listens there (remote desktop, file sharing, remote administration). `consoles` are
    management pages by the role of the node: they open it to who holds its credentials. With `needs_credentials` a
    takeover service, too, opens a host only to who holds them.
    """

    takeover: frozenset[int]
    consoles: Mapping[str, frozenset[int]] = field(default_factory=dict)
    needs_credentials: bool = False

    @property
    def services(self) -> frozenset[int]:
        """Return every service that must be asked about."""
        return self.takeover.union(*self.consoles.values())


class EntryKind(Enum):
    """Where an intruder begins."""

    LINE = "line"
    NODE = "node"
    """A host already taken: a USB stick, an opened mail."""
    SEGMENT = "segment"
    """A device plugged in by a stranger."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One beginning, by the id of the line, node or segment."""

    kind: EntryKind
    id: str
