"""What a cut is to achieve: entries parted from what must not fall, and what each kind of change costs."""

from dataclasses import dataclass
from datetime import date

from sekisho.domain.network.intrusion import Entry, EntryKind
from sekisho.domain.network.model import Network


@dataclass(frozen=True, slots=True)
class Costs:
    """What a change costs in effort and risk, in any unit; only their relation counts. A hospital may set its own."""

    disable_rule: float = 1.0
    narrow_rule: float = 1.2
    insert_deny: float = 1.5
    attach_filter: float = 3.0
    isolate_segment: float = 4.0
    close_line: float = 5.0
    take_offline: float = 2.0
    per_kept_flow: float = 0.1
    """Added for each declared need that a change must carry along: one more line to get right."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be parted from what. `targets` are nodes that must not fall, `copies` backups that must survive.

    A copy counts as lost when its place surely falls, or its credentials are surely held, and its medium does not save it.
    """

    entries: tuple[Entry, ...]
    targets: tuple[str, ...]
    copies: tuple[str, ...] = ()
    today: date | None = None
    """Declared needs that ended before this day are not kept; None keeps all."""


def critical_goal(network: Network, *, least: int = 3, today: date | None = None) -> Goal:
    """Return the usual goal: every external line parted from every node of at least this importance (`critical`)."""
    entries = tuple(Entry(EntryKind.LINE, line.id) for line in network.lines)
    return Goal(entries, tuple(node.id for node in network.nodes if node.critical >= least), today=today)
