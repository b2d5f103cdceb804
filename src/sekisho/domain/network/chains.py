"""A chain: one way of an attack, as the connections it needs and the changes of which one at least must be made."""

from dataclasses import dataclass, field

from sekisho.domain.network.changes import Change, InsertDeny
from sekisho.domain.network.explain import Explanation
from sekisho.domain.network.intrusion import Entry
from sekisho.domain.network.kept_needs import witness_matches


@dataclass(slots=True)
class Chain:
    """One way of an attack: the changes, by number, of which one at least must be made, and its connections."""

    options: set[int]
    witnesses: tuple[Explanation, ...]
    places: frozenset[tuple[str, str]] = frozenset()
    """Device and interface of every entry into a device on the way."""
    pairs: set[tuple[Entry, str]] = field(default_factory=set)
    """For which entries and targets it must be broken."""

    def meets(self, change: Change) -> bool:
        """Return whether a deny stands in the way of one of the connections."""
        if not isinstance(change, InsertDeny):
            return False
        return any(
            witness.source_address in change.src
            and witness.target_address in change.dst
            and witness.service in change.services
            and any((step.device, step.entering) == (change.device, change.at.interface) for step in witness.steps)
            and not any(witness_matches(keep, witness) for keep in change.keeps)
            for witness in self.witnesses
        )
