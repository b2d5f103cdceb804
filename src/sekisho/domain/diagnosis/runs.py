"""Values of a diagnosis: what a run is asked, how it goes, and what it hands over as `result.json`.

The states of an address: `complete` (everything asked, and the figure shows that nothing is missed), `incomplete`
(everything asked that could be, but the figure cannot show it), `stopped` (not finished; a later run goes on from
there) and `refused` (not started: no consent in force).
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from sekisho.domain.diagnosis.completeness import Completeness, Loss
from sekisho.domain.diagnosis.findings import Finding
from sekisho.domain.diagnosis.results import AddressScan, CheckResult, ObservedPort
from sekisho.domain.text import Text

FORMAT = "sekisho-diagnosis/1"
"""The value of `format` in `result.json`. Whoever reads it refuses another one."""


class State(Enum):
    """How far an address came."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    STOPPED = "stopped"
    REFUSED = "refused"


class Stage(Enum):
    """What is being done at an address."""

    WAITING = "waiting"
    TCP = "tcp"
    UDP = "udp"
    SERVICES = "services"
    CHECKS = "checks"
    PAUSED = "paused"
    DONE = "done"

    @property
    def word(self) -> Text:
        """Return what screens print."""
        return _STAGE_WORDS[self]


_STAGE_WORDS = {
    Stage.WAITING: Text("順番待ち", "waiting"),
    Stage.TCP: Text("TCP ポートを調べています", "asking TCP ports"),
    Stage.UDP: Text("UDP ポートを調べています", "asking UDP ports"),
    Stage.SERVICES: Text("動いているソフトを調べています", "asking services what they are"),
    Stage.CHECKS: Text("応答した機能を詳しく調べています", "checking what answered"),
    Stage.PAUSED: Text("応答が戻るのを待っています", "waiting until it answers again"),
    Stage.DONE: Text("終わりました", "done"),
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How one address goes. `asked` of `of` ports of this pass; `rate` in packets per second.

    `seconds_left` is a rough figure, None while it cannot be told. `note` is something that just happened.
    """

    address: str
    stage: Stage
    pass_number: int = 0
    asked: int = 0
    of: int = 0
    rate: float = 0.0
    open_ports: int = 0
    seconds_left: float | None = None
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class PaceChange:
    """One change of pace: from `at` on at most `rate` packets a second, and why."""

    at: datetime
    rate: float
    why: Text


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """One program that was run, as it was called. `file` (below the run's folder) is what it wrote, "" for nothing.

    `outcome` is "finished", "stopped" (ended by us, does not count) or "failed".
    """

    argv: tuple[str, ...]
    tool: str
    version: str
    started_at: datetime
    ended_at: datetime
    file: str = ""
    sha256: str = ""
    outcome: str = "finished"


@dataclass(frozen=True, slots=True)
class AddressResult:
    """What a run brought for one address. `packets` are those that the kernel let pass to it, None if not counted.

    `passes` says by protocol how many times each port that kept silent was asked.
    """

    address: str
    hospital: str
    lines: tuple[str, ...]
    state: State
    why: Text | None = None
    protocols: tuple[str, ...] = ()
    ports: tuple[ObservedPort, ...] = ()
    passes: dict[str, int] = field(default_factory=dict)
    packets: int | None = None
    packets_per_second: int = 0
    pace: tuple[PaceChange, ...] = ()
    loss: Loss | None = None
    completeness: Completeness | None = None
    checks: tuple[CheckResult, ...] = ()
    commands: tuple[CommandRecord, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[Text, ...] = ()
    scan: AddressScan | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run brought. `gate` is "namespace" or "connect"; `packets_outside` counts those that tried to go elsewhere."""

    started_at: datetime
    ended_at: datetime
    gate: str
    tools: dict[str, str]
    addresses: tuple[AddressResult, ...]
    packets_outside: int | None = None
    notes: tuple[Text, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Return True when every address is complete."""
        return bool(self.addresses) and all(one.state is State.COMPLETE for one in self.addresses)
