"""Runs the second stage: each planned check of one port through the gate, its raw output kept, its answer as a value.

A check that cannot be run to its end is a result too, with its reason: what was not looked at must never read as clean.
"""

import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address
from pathlib import Path

from sekisho.adapters.evidence.folder import DiskFull, Evidence
from sekisho.adapters.gate.gate import NotGranted
from sekisho.adapters.scanners.default_accounts import (
    NoOutcome,
    accounts_command,
    accounts_input,
    accounts_tool,
    read_accounts,
)
from sekisho.adapters.scanners.ike_scan import (
    MOST_BYTES,
    IkeAnswer,
    NotFinished,
    ike_commands,
    ike_tool,
    read_ike,
)
from sekisho.adapters.scanners.nmap import nmap_tool
from sekisho.adapters.scanners.nmap_checks import NoOutput, check_command, read_check
from sekisho.adapters.scanners.tools import Tool, ToolUnusable, kill_group, run_watched
from sekisho.domain.diagnosis.checks import PlannedCheck, SkippedCheck
from sekisho.domain.diagnosis.consents import Address
from sekisho.domain.diagnosis.results import CheckResult, CheckState, ScriptOutput
from sekisho.domain.diagnosis.runs import CommandRecord
from sekisho.domain.text import Text

ROOM_S = 60
"""What a check may take beyond its scripts' own limit, before it is ended."""


@dataclass(frozen=True, slots=True)
class CheckRun:
    """What one check brought, and the commands that were run for it."""

    result: CheckResult
    commands: tuple[CommandRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What checks of one address need.

    `command` turns an argument list into the one that runs it inside the gate (`Gate.command`; what it raises beside
    `NotGranted` goes through). `is_raw` says whether raw packets may be sent. `rate` is what the permit allows now, in
    packets a second; `stop` returns True when everything has to end. `now` is the clock.
    """

    address: Address
    evidence: Evidence
    command: Callable[[list[str]], list[str]]
    is_raw: bool
    rate: float
    now: Callable[[], datetime]
    stop: Callable[[], bool]


class CannotRun(Exception):
    """A check did not come to its end. `rule` is one of the reasons in `catalogue/diagnosis/findings.yaml`."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def run_check(planned: PlannedCheck, around: Surroundings) -> CheckRun:
    """Run one check and return what it brought; a check that fails is a result, never an exception."""
    started_at = around.now()
    run = _RunOfOne(planned, around)
    try:
        outputs, state = run.ask()
    except CannotRun as failed:
        why = CANNOT_RUN.get(failed.rule, CANNOT_RUN["error"])
        result = _result(planned, CheckState.FAILED, started_at, around.now(), run.commands, rule=failed.rule, why=why)
        return CheckRun(result, tuple(run.commands))
    result = _result(planned, state, started_at, around.now(), run.commands, outputs=outputs)
    return CheckRun(result, tuple(run.commands))


def skipped_result(skipped: SkippedCheck, *, at: datetime) -> CheckResult:
    """Return the record of a check that fits but is not run."""
    return CheckResult(
        check=skipped.check.id,
        protocol=skipped.protocol,
        port=skipped.port,
        state=CheckState.SKIPPED,
        asks=skipped.check.asks,
        started_at=at,
        ended_at=at,
        rule=skipped.rule,
        why=skipped.reason,
    )


def _result(
    planned: PlannedCheck,
    state: CheckState,
    started_at: datetime,
    ended_at: datetime,
    commands: Sequence[CommandRecord],
    *,
    outputs: tuple[ScriptOutput, ...] = (),
    rule: str = "",
    why: Text | None = None,
) -> CheckResult:
    last = next((record for record in reversed(commands) if record.file), None)
    return CheckResult(
        check=planned.check.id,
        protocol=planned.protocol,
        port=planned.port,
        state=state,
        outputs=outputs,
        asks=planned.check.asks,
        evidence=last.file if last else "",
        sha256=last.sha256 if last else "",
        argv=commands[-1].argv if commands else (),
        tool=f"{commands[-1].tool} {commands[-1].version}".strip() if commands else "",
        started_at=started_at,
        ended_at=ended_at,
        rule=rule,
        why=why,
    )


class _RunOfOne:
    """One check on its way: which tool, which file, what was run."""

    def __init__(self, planned: PlannedCheck, around: Surroundings) -> None:
        self.planned, self.around = planned, around
        self.commands: list[CommandRecord] = []

    def ask(self) -> tuple[tuple[ScriptOutput, ...], CheckState]:
        try:
            ways = {"nmap": self._with_nmap, "ike-scan": self._with_ike, "accounts": self._with_accounts}
            return ways[self.planned.check.tool]()
        except ToolUnusable:
            raise CannotRun("no-tool") from None
        except NotGranted:
            raise CannotRun("not-granted") from None
        except DiskFull:
            raise CannotRun("disk-full") from None

    def _with_nmap(self) -> tuple[tuple[ScriptOutput, ...], CheckState]:
        if self.planned.protocol == "udp" and not self.around.is_raw:
            raise CannotRun("needs-raw")
        tool, name = nmap_tool(), self._name("xml")
        draft = self.around.evidence.draft(name)
        argv = check_command(
            tool, self.around.address, self.planned, draft, rate=self.around.rate, raw=self.around.is_raw
        )
        self._watched(tool, argv, name, draft)
        raw = (self.around.evidence.folder / name).read_bytes()
        try:
            outputs = read_check(raw, self.around.address, self.planned, evidence=name).outputs
        except NoOutput as nothing:
            raise CannotRun(nothing.rule) from None
        proof = self.planned.check.proof
        if proof is not None and not any(proof.search(output.output) for output in outputs):
            raise CannotRun("unreadable" if outputs else "silent-now")
        return outputs, CheckState.DONE if outputs else CheckState.SILENT

    def _with_ike(self) -> tuple[tuple[ScriptOutput, ...], CheckState]:
        if isinstance(self.around.address, IPv6Address):
            raise CannotRun("no-ipv6")
        tool, best = ike_tool(), IkeAnswer(None, False)
        mode = self.planned.check.modes[0]
        commands = ike_commands(tool, self.around.address, mode, self.planned.port, rate=self.around.rate)
        for number, argv in enumerate(commands, 1):
            name = self._name(f"{number}.txt")
            draft = self.around.evidence.draft(name)
            self._watched(tool, argv, name, draft, prints=True)
            try:
                answer = read_ike(_text(self.around.evidence.folder / name), mode)
            except NotFinished:
                raise CannotRun("unreadable") from None
            best = answer if answer.is_handshake or best.output is None else best
            if best.is_handshake:
                break
        return ((best.output,), CheckState.DONE) if best.output else ((), CheckState.SILENT)

    def _with_accounts(self) -> tuple[tuple[ScriptOutput, ...], CheckState]:
        tool, name = accounts_tool(), self._name("json")
        draft = self.around.evidence.draft(name)
        argv = accounts_command(tool, self.around.address, self.planned.port, is_tls=self.planned.is_tls)
        self._watched(tool, argv, name, draft, prints=True, given=accounts_input())
        try:
            output = read_accounts(_text(self.around.evidence.folder / name))
        except NoOutcome:
            raise CannotRun("silent-now") from None
        return ((output,), CheckState.DONE) if output else ((), CheckState.SILENT)

    def _name(self, ending: str) -> str:
        return f"check-{self.planned.check.id}-{self.planned.protocol}-{self.planned.port}.{ending}"

    def _watched(
        self, tool: Tool, argv: list[str], name: str, draft: Path, *, prints: bool = False, given: bytes = b""
    ) -> None:
        around, started_at = self.around, self.around.now()
        inside = around.command(argv)
        limit = self.planned.check.timeout_s + ROOM_S
        if prints:
            status = _printed(inside, draft, around.stop, limit, given)
        else:
            errors = draft.with_suffix(".err")
            status = run_watched(inside, watch=around.stop, errors=errors, limit_s=limit).status
        outcome = "finished" if status == 0 else "stopped" if status is None else "failed"
        file, digest = around.evidence.keep(name) if status == 0 and draft.exists() else ("", "")
        self.commands.append(
            CommandRecord(
                tuple(argv),
                tool.name,
                tool.version,
                started_at,
                around.now(),
                file=file,
                sha256=digest,
                outcome=outcome,
            )
        )
        if status != 0 or not file:
            with suppress(OSError):
                draft.unlink()
            raise CannotRun("error" if status is not None else "stopped" if around.stop() else "timeout")


def _printed(
    argv: Sequence[str], into: Path, stop: Callable[[], bool], limit_s: float, given: bytes = b""
) -> int | None:
    """Run a tool that only prints, and keep what it prints; returns its exit status, None when it was ended.

    `given` is its input: less than a pipe holds, so that writing never waits.
    """
    with into.open("wb") as stream:
        process = subprocess.Popen(
            list(argv), stdin=subprocess.PIPE, stdout=stream, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            _give(process, given)
            waited = 0.0
            while True:
                try:
                    return process.wait(0.1)
                except subprocess.TimeoutExpired:
                    waited += 0.1
                    if stop() or waited > limit_s or into.stat().st_size > MOST_BYTES:
                        return None
        finally:
            kill_group(process)


def _give(process: "subprocess.Popen[bytes]", given: bytes) -> None:
    with suppress(BrokenPipeError):
        if process.stdin is not None:
            process.stdin.write(given)
            process.stdin.close()


def _text(path: Path) -> str:
    with path.open("rb") as stream:
        return stream.read(MOST_BYTES).decode("utf-8", "replace")


CANNOT_RUN: dict[str, Text] = {
    "no-tool": Text("調べる道具が入っていません。", "The tool is not installed."),
    "not-granted": Text("同意の時間が終わりました。", "The consented time was over."),
    "disk-full": Text("記録を置く場所がありません。", "There is no room for the record."),
    "needs-raw": Text(
        "この動かし方では、UDP の入口を詳しく調べられません。", "UDP ports cannot be examined when run this way."
    ),
    "no-ipv6": Text("この道具は IPv6 を調べられません。", "The tool cannot examine IPv6."),
    "silent-now": Text("今度は応答がありませんでした。", "It did not answer this time."),
    "unreadable": Text("道具の結果を読めませんでした。", "The result of the tool could not be read."),
    "timeout": Text("時間内に終わりませんでした。", "It did not finish in time."),
    "stopped": Text("途中で診断が止められました。", "The diagnosis was stopped."),
    "error": Text("調べる道具がエラーで終わりました。", "The tool ended in an error."),
}
"""Why a check did not come to its end, by the stable id of the rule."""
