"""What follows from a hospital's network, computed once and as far as it is asked for.

    assessed = assess_network(network, today=date.today())
    assessed.blasts["line-4"].hosts

Knows no files and no database; needs no Django.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from sekisho.catalogue.intrusion import load_intrusion
from sekisho.domain.network.attack import Attack
from sekisho.domain.network.cut import Cut
from sekisho.domain.network.explain import Explainer
from sekisho.domain.network.goals import Goal, critical_goal
from sekisho.domain.network.hygiene import Untidiness, loops, services_to_ask, untidy_rules
from sekisho.domain.network.impact import Blast, blast_of
from sekisho.domain.network.intrusion import Entry, EntryKind, Intrusion
from sekisho.domain.network.matrix import Matrix, department_matrix
from sekisho.domain.network.model import Network
from sekisho.domain.network.reach import Reachability, listened
from sekisho.domain.network.smallest_cut import smallest_cut
from sekisho.domain.network.spread import Spread
from sekisho.domain.network.survival import DWELL_DAYS, SystemFate, fates


@dataclass(frozen=True)
class NetworkAssessment:
    """One network on one day. Everything else is computed when first looked at."""

    network: Network
    today: date
    intrusion: Intrusion
    dwell_days: int = DWELL_DAYS

    @cached_property
    def reach(self) -> Reachability:
        """Return who can talk to whom, for every service listened on, used for intrusion, or declared as a need."""
        return Reachability(self.network, services_of(self.network, self.intrusion))

    @cached_property
    def explainer(self) -> Explainer:
        """Return what explains the answers of `reach`."""
        return Explainer(self.reach)

    @cached_property
    def attack(self) -> Attack:
        """Return the attack over `reach`."""
        return Attack(self.reach, self.intrusion)

    @cached_property
    def spreads(self) -> Mapping[str, Spread]:
        """Return what falls from each external line, by its id."""
        return {entry.id: self.attack.spread(entry) for entry in self.attack.entries()}

    @cached_property
    def fates(self) -> Mapping[str, tuple[SystemFate, ...]]:
        """Return what becomes of the backups in the attack from each external line."""
        return {line: fates(self.network, spread, dwell_days=self.dwell_days) for line, spread in self.spreads.items()}

    @cached_property
    def blasts(self) -> Mapping[str, Blast]:
        """Return what each external line costs when it is broken into."""
        return {
            line: blast_of(self.network, self.attack, spread, self.fates[line]) for line, spread in self.spreads.items()
        }

    @cached_property
    def matrix(self) -> Matrix:
        """Return the departments by each other over the services by which hosts are taken."""
        return department_matrix(self.reach, self.intrusion.takeover, today=self.today)

    @cached_property
    def untidy(self) -> tuple[Untidiness, ...]:
        """Return the flaws of the rules as rules."""
        asked = services_to_ask(self.network, self.reach.asked)
        return untidy_rules(Reachability(self.network, asked), today=self.today)

    @cached_property
    def loops(self) -> Mapping[str, tuple[str, ...]]:
        """Return the devices that packets pass twice, and the nodes they never come to."""
        return loops(self.reach)

    def spread_from(self, entry: Entry) -> Spread:
        """Return what falls from any entry: a line, a host already taken, a stranger's device on a segment."""
        if entry.kind is EntryKind.SEGMENT:
            return Attack(self._with_ghosts, self.intrusion).spread(entry)
        return self.attack.spread(entry)

    @cached_property
    def _with_ghosts(self) -> Reachability:
        return Reachability(self.network, self.reach.asked, with_ghosts=True)

    def after(self, network: Network) -> "NetworkAssessment":
        """Return the assessment of a changed network; what the change does not touch is not computed again."""
        other = NetworkAssessment(network, self.today, self.intrusion, self.dwell_days)
        other.__dict__["reach"] = self.reach.after(network)
        other.__dict__["attack"] = self.attack.after(other.reach)
        return other

    def cut(
        self,
        lines: Iterable[str] | None = None,
        *,
        targets: Iterable[str] | None = None,
        copies: Iterable[str] = (),
        least_critical: int = 3,
        time_limit_s: float = 20.0,
    ) -> Cut:
        """Return the smallest changes that part lines (default: all) from critical nodes (or `targets`)."""
        goal = critical_goal(self.network, least=least_critical, today=self.today)
        entries = goal.entries if lines is None else tuple(Entry(EntryKind.LINE, line) for line in lines)
        named = goal.targets if targets is None else tuple(targets)
        goal = Goal(entries, named, tuple(copies), self.today)
        return smallest_cut(self.reach, self.intrusion, goal, time_limit_s=time_limit_s)


def assess_network(network: Network, *, today: date, needs_credentials: bool = False) -> NetworkAssessment:
    """Return the assessment of `network`; with `needs_credentials` hosts fall only to an intruder who holds theirs."""
    knowledge = load_intrusion()
    intrusion = knowledge.needing_credentials() if needs_credentials else knowledge.intrusion
    return NetworkAssessment(network, today, intrusion)


def services_of(network: Network, intrusion: Intrusion) -> set[int]:
    """Return every service worth asking about in `network`."""
    needs = {first for flow in network.flows for first, _ in flow.service.spans}
    return listened(network) | intrusion.services | needs
