"""One address from its first port to its result: blocks in passes, at a pace that the line and its devices bear.

What is asked next, how often and how fast is decided in `domain/diagnosis`; here it is done, and each step is in the
ledger before the next begins.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sekisho.adapters.evidence import Evidence
from sekisho.adapters.scanners.tools import Tool
from sekisho.diagnosis.blocks import BlockRunner, Fate, Outcome, Request
from sekisho.diagnosis.keeper import Halted, Leave
from sekisho.diagnosis.memory import Memory, block_fields, command_fields
from sekisho.domain.diagnosis.completeness import Tally
from sekisho.domain.diagnosis.pace import (
    SAID,
    CanaryAnswer,
    Pace,
    after_blind_block,
    after_good_block,
    after_trouble,
    block_seconds,
    starting_pace,
)
from sekisho.domain.diagnosis.passes import Asking, Block, passes_needed
from sekisho.domain.diagnosis.runs import Progress, Stage
from sekisho.domain.text import Text

LONGEST_BLOCK_S = 30.0
"""A kill, a power cut or trouble costs this much at most; much shorter, and the wait for last answers would weigh."""
MOST_PORTS = 20_000
"""More would not fit into one argument of a command line."""
UDP_RATE = 25.0
"""Devices answer with about one ICMP error a second, and few of the ranked ports are open: faster brings nothing."""
FIRST_BLOCK = 100
MOST_FAILURES = 3
LONGEST_PAUSE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What does not change during a run. `tcp_first` are the ports to begin with."""

    nmap: Tool
    clock: Callable[[], datetime]
    is_raw: bool
    tcp_first: tuple[int, ...]
    longest_block_s: float = LONGEST_BLOCK_S


class AddressRun:
    """Asks the ports of one address. `memory` is what earlier runs left, and grows."""

    def __init__(
        self,
        *,
        leave: Leave,
        evidence: Evidence,
        memory: Memory,
        settings: Settings,
        report: Callable[[Progress], None],
    ) -> None:
        self.leave, self.evidence, self.memory, self.settings = leave, evidence, memory, settings
        self.pace = starting_pace(leave.asked_rate)
        self.stage = Stage.WAITING
        self.runner = BlockRunner(
            nmap=settings.nmap, leave=leave, evidence=evidence, clock=settings.clock, is_raw=settings.is_raw
        )
        self._report = report
        self._failures = 0
        self._unfit: set[int] = set()
        self._reported = float("-inf")

    # ---- the ledger ----

    def write(self, kind: str, **fields: Any) -> None:
        """Add an entry to the ledger and take it in."""
        self.memory.take(self.evidence.ledger.add(kind, **fields))

    def note(self, text: Text) -> None:
        """Note something that a reader of the result has to know."""
        if text not in self.memory.notes:
            self.write("note", text=text.as_dict())
            self.tell(note=text)

    def _pace_is(self, pace: Pace, why: Text) -> None:
        is_told = round(pace.rate) != round(self.pace.rate) or not self.memory.pace
        self.pace = pace
        if is_told:
            at = self.settings.clock().isoformat()
            self.write("pace", at=at, rate=round(pace.rate, 1), why=why.as_dict())
            self.tell(note=why)

    # ---- passes ----

    def ask(self, protocol: str) -> None:
        """Ask the ports of `protocol` until enough is known of them.

        Raises:
            Halted: the leave ended, or the address stopped answering for good.
        """
        self.stage = Stage.TCP if protocol == "tcp" else Stage.UDP
        asking = self.memory.asking[protocol]
        if not self.memory.pace:
            self._pace_is(self.pace, SAID["start"])
        while ports := asking.next_ports(self._size(protocol), self.passes(asking), self._first(protocol)):
            self._one_block(protocol, asking, ports)

    def passes(self, asking: Asking) -> int:
        """Return how often each port that keeps silent has to be asked, as far as is known now."""
        tally, is_open = self.memory.canary
        return passes_needed(asking, tally, canary_is_open=is_open)

    def _first(self, protocol: str) -> Sequence[int]:
        return self.settings.tcp_first if protocol == "tcp" else ()

    def _size(self, protocol: str) -> int:
        asking = self.memory.asking[protocol]
        if protocol == "tcp" and not asking.blocks and self.canary_port() is None:
            return FIRST_BLOCK
        pace = self._pace_for(protocol)
        seconds = block_seconds(pace, self.settings.longest_block_s, is_blind=self.canary_port() is None)
        return max(1, min(MOST_PORTS, int(pace.rate * 0.95 / (1 + self._open_share(asking)) * seconds)))

    def _pace_for(self, protocol: str) -> Pace:
        if protocol == "udp" and self.pace.rate > UDP_RATE:
            return replace(self.pace, rate=UDP_RATE, good=max(self.pace.good, UDP_RATE))
        return self.pace

    def _open_share(self, asking: Asking) -> float:
        last = max(asking.blocks.values(), key=lambda block: block.number, default=None)
        return len(last.opened) / len(last.asked) if last is not None and last.asked else 0.0

    def canary_port(self) -> int | None:
        """Return the port to ask beside each block: an open one, else one that answers with a reset; None = none known."""
        tcp = self.memory.asking.get("tcp")
        if tcp is None:
            return None
        for found in (tcp.opened, tcp.closed):
            ports = [port for port in found if port not in self._unfit]
            if ports:
                return min(ports, key=lambda port: found[port])
        return None

    # ---- one block ----

    def _one_block(self, protocol: str, asking: Asking, ports: tuple[int, ...]) -> None:
        canary = self.canary_port()
        request = Request(
            self.memory.last_number + 1, protocol, ports, self._pace_for(protocol), self._open_share(asking), canary
        )
        outcome = self.runner.run(request, on_tick=lambda done: self._tick(asking, done * len(ports)))
        if outcome.fate is Fate.FAILED:
            self._failed(request, outcome)
            return
        self._failures = 0
        if outcome.answers is None:
            self.write("command", number=request.number, **command_fields(outcome.record))
        else:
            self._keep(request, outcome)
        if outcome.fate is Fate.FINISHED:
            self._went_well(protocol, outcome.heard.answers, is_blind=canary is None)
        else:
            self._trouble(request, outcome)

    def _keep(self, request: Request, outcome: Outcome) -> None:
        assert outcome.answers is not None  # noqa: S101  (asked by the caller)
        heard = outcome.heard
        block = Block(
            request.number, request.protocol, request.ports, outcome.answers.opened, outcome.answers.closed,
            outcome.answers.refused, outcome.rate,
        )  # fmt: skip
        canary = {
            "port": request.canary,
            "is_open": request.canary in self.memory.asking["tcp"].opened if "tcp" in self.memory.asking else False,
            "asked": len(heard.answers),
            "missed": sum(1 for answer in heard.answers if answer.delay_s is None),
            "late": heard.late,
            "unanswered_at_end": _unanswered_at_end(heard.answers),
        }
        self.write("block", **block_fields(block), canary=canary, **command_fields(outcome.record))
        if outcome.fate is not Fate.FINISHED:
            self.write("void", numbers=[request.number])

    def _went_well(self, protocol: str, answers: Sequence[CanaryAnswer], *, is_blind: bool) -> None:
        if protocol == "udp":
            return
        if is_blind:
            pace = after_blind_block(self.pace, finds_canary=self.canary_port() is not None)
        else:
            pace = after_good_block(self.pace, answers)
        self._pace_is(pace, SAID["up"])

    def _failed(self, request: Request, outcome: Outcome) -> None:
        self.write("command", number=request.number, **command_fields(outcome.record))
        self._failures += 1
        if self._failures >= MOST_FAILURES:
            raise Halted(NMAP_FAILS.filled(said=outcome.complaint[:200] or "-"))
        self._wait(1.0)

    # ---- trouble ----

    def _trouble(self, request: Request, outcome: Outcome) -> None:
        """Pause until the address answers again, slow down, and have asked again what may have met a closed door."""
        is_blocked = outcome.fate is Fate.SILENCED
        if is_blocked and request.canary is not None and self._only_canary_is_silent(request.canary):
            self._unfit.add(request.canary)
            return
        for asking in self.memory.asking.values():
            if doubtful := asking.doubtful():
                self.write("void", numbers=list(doubtful))
        before = self.pace
        pace = after_trouble(self._pace_for(request.protocol), outcome.heard.answers, blocked=is_blocked)
        if request.protocol == "udp":
            pace = replace(before, was_blocked=before.was_blocked or is_blocked)
        why = SAID["line"] if pace.is_line and not before.is_line else SAID["blocked" if is_blocked else "limited"]
        self._pace_is(pace, why)
        if is_blocked:
            self._await_answer()
        else:
            self._wait(1.0)

    def _known_answering(self) -> list[int]:
        tcp = self.memory.asking["tcp"]
        return [*list(tcp.opened)[:4], *list(tcp.closed)[:2]]

    def _only_canary_is_silent(self, canary: int) -> bool:
        others = [port for port in self._known_answering() if port != canary]
        if not others:
            return False
        answered = self.runner.canary().answers_now([*others, canary, *others])
        return canary not in answered and any(port in answered for port in others)

    def _await_answer(self) -> None:
        """Ask at growing distances whether the address answers again, so that a block that every packet renews can end.

        Raises:
            Halted: it never does.
        """
        stage, self.stage = self.stage, Stage.PAUSED
        self.tell(note=SAID["blocked"])
        waited, gap = 0.0, 2.0
        while waited < LONGEST_PAUSE_S:
            self._wait(gap)
            waited += gap
            ports = self._known_answering()[:3]
            if ports and self.runner.canary().answers_now(ports):
                self._wait(0.5)
                if self.runner.canary().answers_now(ports):
                    self.stage = stage
                    return
            gap = min(gap * 1.6, 300.0)
        raise Halted(NO_ANSWER_ANY_MORE)

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.leave.hold()
            time.sleep(min(0.25, left))

    # ---- is it one host that answers? ----

    def look_for_proxy(self) -> None:
        """Find out whether a device in front answers every connection by itself, when very much is open.

        Such an answer promises nothing: a window of 0, so that no data may come before it has asked the host behind.
        """
        opened = list(self.memory.asking["tcp"].opened) if "tcp" in self.memory.asking else []
        if self.memory.is_proxied is not None or len(opened) < 50 or not self.settings.is_raw:
            return
        chosen = random.Random(0).sample(opened, 8)  # noqa: S311  (any eight)
        self.leave.hold()
        answered = self.runner.canary().answers_now([*chosen, *chosen])
        shut = sum(1 for said in answered.values() if said.get("kind") == "open" and said.get("window") == 0)
        self.write("proxy", is_proxied=bool(answered) and shut * 4 >= len(answered) * 3)

    # ---- telling ----

    def _tick(self, asking: Asking, done: float) -> None:
        if time.monotonic() - self._reported < 0.5:
            return
        self.tell(asking=asking, done=done)

    def tell(self, *, asking: Asking | None = None, done: float = 0.0, note: Text | None = None) -> None:
        """Report how it goes."""
        self._reported = time.monotonic()
        passes = self.passes(asking) if asking is not None else 0
        behind = asking.behind(passes) if asking is not None else 0
        times = min(asking.least_asked + 1, passes) if asking is not None else 0
        this_pass = asking.behind(times) if asking is not None else 0
        of = (len(asking.ports) if times == 1 else len(asking.silent)) if asking is not None else 0
        left = None
        if asking is not None and self.pace.rate > 0:
            to_ask = sum(max(0, passes - count) for count in asking.silent.values()) if behind else 0
            left = max(0.0, (to_ask - done) / (self._pace_for("tcp").rate * 0.9))
        self._report(
            Progress(
                address=str(self.leave.address),
                stage=self.stage,
                pass_number=times,
                asked=int(of - this_pass + done) if asking is not None else 0,
                of=of,
                rate=self.pace.rate,
                open_ports=len(self.memory.opened),
                seconds_left=left,
                note=note,
            )
        )

    def close(self) -> None:
        """End what still runs."""
        self.runner.close()


def _unanswered_at_end(answers: Sequence[CanaryAnswer]) -> int:
    count = 0
    for answer in reversed(answers):
        if answer.delay_s is not None:
            break
        count += 1
    return count


def direction_of(tally: Tally, late: int) -> tuple[float | None, float | None]:
    """Return the loss of questions and of answers, each None where it cannot be told.

    An answer that the other side repeated says that the question arrived and the answer did not. Where nothing was
    repeated although something was lost, the other side may simply not repeat.
    """
    if not tally.asked:
        return None, None
    if not tally.missed:
        return 0.0, 0.0
    if not late:
        return None, None
    answered = tally.asked - tally.missed
    returning = late / (late + answered)
    outgoing = max(0.0, 1.0 - (answered + late) / tally.asked)
    return outgoing, returning


NMAP_FAILS = Text(
    "nmap が繰り返し失敗しました（{said}）。nmap を単独で動かして確かめてください。",
    "nmap failed again and again ({said}). Try whether it runs by itself.",
)
NO_ANSWER_ANY_MORE = Text(
    "応答が途絶えたまま戻りません。装置の電源と、診断元を止めていないかを病院に確かめ、続きから実行してください。",
    "All answers stopped and did not return. Ask the hospital whether the device is on and blocks the scanner, then resume.",
)
