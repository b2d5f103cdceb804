"""A cut: the changes, what they cost and how good they are, and the ways that stay."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from sekisho.domain.network.changes import Change, PutJumpHost
from sekisho.domain.network.intrusion import Entry
from sekisho.domain.network.model import DeclaredFlow, Network
from sekisho.domain.network.spread import Spread
from sekisho.domain.network.taking import Taking


@dataclass(frozen=True, slots=True)
class Conflict:
    """A way that stays: it breaks only with a declared need, or with nothing that is offered."""

    entry: Entry
    target: str
    way: tuple[Taking, ...]
    flows: tuple[DeclaredFlow, ...] = ()
    jump_host: PutJumpHost | None = None


class Bound(Enum):
    """How good the answer is."""

    MINIMAL = "proved-minimal"
    WITHIN = "within"
    NOT_SEPARATED = "not-separated"
    """Time ran out before every way was broken."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The changes, their cost, and a proven lower bound of what any answer costs."""

    changes: tuple[Change, ...]
    cost: float
    lower_bound: float
    bound: Bound
    conflicts: tuple[Conflict, ...] = ()
    before: Mapping[str, Spread] = field(default_factory=dict)
    after: Mapping[str, Spread] = field(default_factory=dict)
    network: Network | None = None
    flows_broken: tuple[DeclaredFlow, ...] = ()
    rounds: int = 0

    @property
    def is_separated(self) -> bool:
        """Return whether no entry reaches a target any more, conflicts aside."""
        return self.bound is not Bound.NOT_SEPARATED
