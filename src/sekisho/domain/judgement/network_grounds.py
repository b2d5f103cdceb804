"""What the network engine established, as plain values that verdicts stand on: lines, pairs of departments, copies.

Made by `assessment.network_grounds` from an assessed network; everything here can also be written by hand, as tests do.
Every list that could grow long holds the first few and says how many there are.
"""

from dataclasses import dataclass, field
from enum import Enum

from sekisho.domain.judgement.line_paths import LinePath
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

NO_FILTER = "no-filter:"


def rule_text(rule: str) -> Text:
    """Return how people read the rule of a passage."""
    if rule.startswith(NO_FILTER):
        devices = rule.removeprefix(NO_FILTER)
        return Text(f"{devices}に規則がない", f"no rule on {devices}")
    if rule == "same-segment":
        return Text("同じネットワークの中", "the same network")
    return Text(rule, rule)


@dataclass(frozen=True, slots=True)
class Passage:
    """One connection that gets through: names of both ends, the service ("tcp/445"), and the rule that lets it.

    `rule` is a reference ("rt1/lan2/in#1030"), "no-filter:" and the devices passed when no rule stands on any of them,
    or "same-segment"; "" when it was not looked up. `line` and `text` are those of the rule in its configuration, 0 and
    "" for declared rules.
    """

    source: str
    target: str
    service: str
    rule: str
    surely: bool = True
    line: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class LineGround:
    """One external line: where it ends, what it opens directly, and how far an intruder gets from there.

    `path` is None when it may be any. `ends_at_device` NO: it comes out on a network without a device that could
    filter. `open_rule` is a rule at its entrance that permits every service to anywhere, "" for none. `undeclared` are
    some of the connections that no unexpired need asks for; `undeclared_count` surely open ones, `doubtful_count`
    those that may be. `way` are the steps to the most important system that falls, as (place, by what) pairs.
    """

    id: str
    name: str
    number: int | None = None
    path: LinePath | None = None
    where: str = ""
    ends_at_device: Tri = Tri.UNKNOWN
    open_rule: str = ""
    multi_factor: Tri = Tri.UNKNOWN
    declared_count: int = 0
    undeclared: tuple[Passage, ...] = ()
    undeclared_count: int = 0
    doubtful_count: int = 0
    beyond_target: tuple[Passage, ...] = ()
    """Connections to nodes that no declared need of this line names at all."""
    beyond_count: int = 0
    hosts: int = 0
    hosts_maybe: int = 0
    systems: tuple[str, ...] = ()
    systems_maybe: tuple[str, ...] = ()
    steps: int = 0
    critical: Tri = Tri.UNKNOWN
    copies_surviving: int = 0
    copies_lost: int = 0
    copies_unknown: int = 0
    without_copy: tuple[str, ...] = ()
    way: tuple[tuple[str, str], ...] = ()


class PairState(Enum):
    """What passes from one department to another, of the services by which hosts are taken."""

    BLOCKED = "blocked"
    """No packet gets through."""
    DECLARED = "declared"
    """Only what an unexpired need asks for."""
    OPEN = "open"
    UNGUARDED = "unguarded"
    """Packets get through; only no listed host there listens."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PairGround:
    """One ordered pair of departments with some of the connections that decide."""

    source: str
    target: str
    state: PairState
    passages: tuple[Passage, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class SharedSegment:
    """A network on which the systems of several departments hear each other."""

    name: str
    systems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MediaGround:
    """One way of carrying data by hand, as declared."""

    source: str
    target: str
    enforced: Tri
    recorded: Tri


@dataclass(frozen=True, slots=True)
class KeptSystem:
    """A system that holds data: whether one of its copies is kept off the network or cannot be changed."""

    name: str
    offline: Tri
    lost_from: tuple[str, ...] = ()
    """Names of the lines from which it falls and no copy surely survives."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far an attack from another beginning than a line gets, for the threats of that path."""

    origin: str
    hosts: int
    systems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NetworkGrounds:
    """Everything about one network that verdicts stand on. `blocked_by` is a rule seen to stop a pair, "" for none.

    `departments_unclear` counts systems of which nobody said what they do, so that sharing cannot be ruled out.
    """

    lines: tuple[LineGround, ...] = ()
    pairs: tuple[PairGround, ...] = ()
    groups: tuple[str, ...] = ()
    blocked_by: str = ""
    department_systems: int = 0
    departments_unclear: int = 0
    shared_segments: tuple[SharedSegment, ...] = ()
    media: tuple[MediaGround, ...] = ()
    terminals: int = 0
    terminals_unsaid: int = 0
    """Groups of terminals of which no way of carrying media is listed."""
    systems: tuple[KeptSystem, ...] = ()
    gateways: int = 0
    gateways_known: int = 0
    unread: int = 0
    """Lines of configurations that were not understood."""
    hosts_all: int = 0
    reached: dict[str, Reached] = field(default_factory=dict)
    """The farthest attack by the id of its access path, where it does not come over a line."""

    @property
    def coverage(self) -> float:
        """Return the share of gateways whose filters and routes are all known, 0 to 1; 1 without gateways."""
        return self.gateways_known / self.gateways if self.gateways else 1.0
