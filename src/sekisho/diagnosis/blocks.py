"""One block: nmap over some ports at a fixed pace, the canary beside it, and whether what came of it counts."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from sekisho.adapters.evidence import Evidence
from sekisho.adapters.scanners.canary import ANSWER_S, Canary, Heard
from sekisho.adapters.scanners.nmap import MAX_BYTES, BlockAnswers, NotWhole, block_command, read_block
from sekisho.adapters.scanners.tools import Tool, run_watched
from sekisho.diagnosis.keeper import Halted, Leave
from sekisho.domain.diagnosis.pace import (
    CanaryAnswer,
    Pace,
    answer_seconds,
    canary_rate,
    is_limited,
    is_silenced,
    sending_rate,
)
from sekisho.domain.diagnosis.runs import CommandRecord


class Fate(Enum):
    """What became of a block."""

    FINISHED = "finished"
    SILENCED = "silenced"
    LIMITED = "limited"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Request:
    """What a block asks. `canary` is a port known to answer, None where none is known."""

    number: int
    protocol: str
    ports: tuple[int, ...]
    pace: Pace
    open_share: float = 0.0
    canary: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `answers` only for FINISHED and, late, LIMITED; `complaint` is nmap's, for FAILED."""

    fate: Fate
    record: CommandRecord
    rate: float
    answers: BlockAnswers | None = None
    heard: Heard = field(default_factory=Heard)
    complaint: str = ""


class BlockRunner:
    """Runs blocks at one address, one after another."""

    def __init__(
        self, *, nmap: Tool, leave: Leave, evidence: Evidence, clock: Callable[[], datetime], is_raw: bool
    ) -> None:
        self.nmap, self.leave, self.evidence, self.clock, self.is_raw = nmap, leave, evidence, clock, is_raw
        self._canary: Canary | None = None

    def canary(self) -> Canary:
        """Return the running probe, started anew if it has ended.

        Raises:
            Halted: the address is not open now.
        """
        if self._canary is None or not self._canary.is_alive:
            self.close()
            self._canary = Canary(self.leave.address, lambda argv: self.leave.command(list(argv)), raw=self.is_raw)
        return self._canary

    def close(self) -> None:
        """End the probe."""
        if self._canary is not None:
            self._canary.close()
            self._canary = None

    def run(self, request: Request, *, on_tick: Callable[[float], None]) -> Outcome:
        """Run one block. `on_tick` is given the share of it that is done, several times a second.

        Raises:
            Halted: the address was closed meanwhile; the block does not count.
            OSError: the disk did not take the result.
            DiskFull: there is no room for it.
        """
        self.leave.hold()
        watch = _Watch(request, self, on_tick)
        name = f"{request.number:05d}-{request.protocol}.xml"
        draft = self.evidence.draft(name)
        argv = block_command(
            self.nmap, self.leave.address, request.protocol, request.ports, watch.rate, draft,
            raw=self.is_raw, answer_s=watch.answer_s,
        )  # fmt: skip
        started_at = self.clock()
        command = self.leave.command(argv)
        watch.begin()
        ended = run_watched(command, watch=watch.look, errors=draft.with_suffix(".errors"), limit_s=watch.limit_s)
        watch.settle()

        def record(outcome: str, file: str = "", sha256: str = "") -> CommandRecord:
            return CommandRecord(
                tuple(argv), "nmap", self.nmap.version, started_at, self.clock(), file, sha256, outcome
            )

        if watch.halted is not None:
            raise watch.halted
        self.leave.hold()
        if watch.fate is not None:
            return Outcome(watch.fate, record("stopped"), watch.rate, heard=watch.heard)
        try:
            with draft.open("rb") as stream:
                raw = stream.read(MAX_BYTES + 1)
            answers = read_block(raw, self.leave.address, request.protocol, request.ports)
        except (FileNotFoundError, NotWhole) as error:
            return Outcome(
                Fate.FAILED, record("failed"), watch.rate, heard=watch.heard, complaint=ended.complaint or str(error)
            )
        file, sha256 = self.evidence.keep(name)
        return Outcome(watch.verdict(), record("finished", file, sha256), watch.rate, answers, watch.heard)


class _Watch:
    """Looks at a running block: may it go on, and does the canary answer?"""

    def __init__(self, request: Request, runner: BlockRunner, on_tick: Callable[[float], None]) -> None:
        self.request, self.runner, self.on_tick = request, runner, on_tick
        self.canary_rate = canary_rate(request.pace) if request.canary is not None else 0.0
        self.rate = sending_rate(request.pace, self.canary_rate, request.open_share)
        self.seconds = len(request.ports) / self.rate
        self.answer_s = answer_seconds(request.pace) if request.protocol == "tcp" else 1.0
        self.limit_s = self.seconds * 3 + 60
        self.halted: Halted | None = None
        self.fate: Fate | None = None
        self.heard = Heard()
        self._begun = self._held = time.monotonic()
        self._is_asking = False

    def begin(self) -> None:
        """Start the canary."""
        self._begun = time.monotonic()
        if self.request.canary is not None:
            canary = self.runner.canary()
            canary.begin()
            canary.ask(self.request.canary, self.canary_rate)
            self._is_asking = True

    def look(self) -> bool:
        """Return True when the block has to end now."""
        now = time.monotonic()
        self.on_tick(min(1.0, (now - self._begun) / max(self.seconds, 0.1)))
        if now - self._held >= 0.25:
            self._held = now
            try:
                self.runner.leave.hold()
            except Halted as halted:
                self.halted = halted
                return True
        if self.request.canary is None:
            return False
        if self._is_asking and now - self._begun > self.seconds:
            # All questions are out; nmap only waits for the last answers, and what the canary says of now tells nothing.
            self.runner.canary().ask(self.request.canary, 0)
            self._is_asking = False
        answers = self._answers()
        if is_silenced(self.request.pace, answers):
            self.fate = Fate.SILENCED
        elif is_limited(self.request.pace, answers):
            self.fate = Fate.LIMITED
        return self.fate is not None

    def _answers(self) -> Sequence[CanaryAnswer]:
        return self._judged(self.runner.canary().heard()).answers

    def _judged(self, heard: Heard) -> Heard:
        """Count an answer that came too late for the scanner as none."""
        late = [answer.delay_s is not None and answer.delay_s > self.answer_s for answer in heard.answers]
        if not any(late):
            return heard
        answers = [
            replace(one, delay_s=None) if is_late else one for one, is_late in zip(heard.answers, late, strict=True)
        ]
        return Heard(answers, heard.late, heard.lines)

    def settle(self) -> None:
        """Stop the canary and wait for what is still to come in."""
        if self.request.canary is None:
            return
        with suppress(Halted):
            canary = self.runner.canary()
            if self._is_asking:
                canary.ask(self.request.canary, 0)
                if self.fate is None and self.halted is None:
                    time.sleep(ANSWER_S + 0.1)
            self.heard = self._judged(canary.heard())

    def verdict(self) -> Fate:
        """Return what the whole block says in the end."""
        if self.request.canary is not None and is_limited(self.request.pace, self.heard.answers, at_end=True):
            return Fate.LIMITED
        return Fate.FINISHED
