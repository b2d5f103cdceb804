"""Runs a diagnosis: whatever is consented now is scanned, nothing else; evidence and `result.json` are left in a folder."""

import json
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path

from sekisho.adapters.gate.gate import Gate, GateUnavailable, open_gate
from sekisho.adapters.scanners.nmap import nmap_tool
from sekisho.adapters.scanners.tools import Tool, ToolUnusable
from sekisho.adapters.signing import SigningKey, VerifyKey
from sekisho.catalogue.diagnosis_ports import load_asked_ports
from sekisho.diagnosis.address import LONGEST_BLOCK_S, Settings
from sekisho.diagnosis.keeper import Keeper
from sekisho.diagnosis.work import EVERYTHING, Asked, CannotRun, Work
from sekisho.domain.diagnosis.consents import Consent, Scope, scope_at
from sekisho.domain.diagnosis.run_document import document_of
from sekisho.domain.diagnosis.runs import AddressResult, Progress, RunResult, State
from sekisho.domain.text import Text

__all__ = ["Asked", "CannotRun", "run_diagnosis"]

GateOpener = Callable[..., Gate]
RESULT = "result.json"


def run_diagnosis(
    consents: Sequence[Consent],
    out: Path,
    *,
    clock: Callable[[], datetime],
    stop: Callable[[], bool] = lambda: False,
    report: Callable[[Progress], None] = lambda progress: None,
    resume: bool = False,
    scope: Callable[[datetime], Scope] | None = None,
    asked: Asked = EVERYTHING,
    stop_file: Path | None = None,
    parallel: int = 16,
    longest_block_s: float = LONGEST_BLOCK_S,
    gate_opener: GateOpener = open_gate,
) -> RunResult:
    """Scan every address that `consents` allow at `clock()` (aware) and return what was found.

    `scope` answers what holds at an instant and is asked every second; without it, `scope_at(consents, now)`. `stop` is
    asked four times a second; True, or `stop_file` appearing, ends every sending within 2 s and leaves the address as
    `stopped`. `report` is called from several threads, one at a time. `out` gets a folder for each address and
    `result.json`; with `resume` finished blocks of an earlier run there are kept and not asked again.

    Raises:
        CannotRun: nothing could be scanned at all.
    """
    nmap = _nmap()
    _make_folder(out, resume=resume)
    keeper = Keeper(scope=scope or (lambda now: scope_at(consents, now)), clock=clock, stop=stop, stop_file=stop_file)
    started_at = keeper.now()
    first = keeper.scope()
    refused = tuple(_refused(one.consent, one.reason) for one in first.refusals)
    if not first.permits:
        return _finish(out, RunResult(started_at, keeper.now(), "", {"nmap": nmap.version}, refused))
    key = SigningKey.new()
    with ExitStack() as stack:
        gate = stack.enter_context(_gate(gate_opener, key.verify_key, stop_file))
        keeper.gate = gate
        settings = Settings(
            nmap=nmap,
            clock=keeper.now,
            is_raw=gate.kind == "namespace",
            tcp_first=load_asked_ports().tcp_first,
            longest_block_s=longest_block_s,
        )
        work = Work(out, asked, settings, keeper, gate, key, _one_at_a_time(report), resume)
        results = work.all(first.permits, parallel)
        counts = gate.counts()
        notes = tuple(dict.fromkeys([*([gate.notice] if gate.notice else []), *keeper.jumps]))
        result = RunResult(
            started_at, keeper.now(), gate.kind, {"nmap": nmap.version}, (*results, *refused), counts.outside, notes
        )
    return _finish(out, result)


def _nmap() -> Tool:
    try:
        return nmap_tool()
    except ToolUnusable as error:
        raise CannotRun(error.text) from None


def _gate(opener: GateOpener, key: VerifyKey, stop_file: Path | None) -> Gate:
    try:
        return opener(key, stop_file=stop_file)
    except GateUnavailable as error:
        raise CannotRun(error.reason) from None


def _make_folder(out: Path, *, resume: bool) -> None:
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        ledgers = sorted(out.glob("*/ledger.jsonl"))
        probe = out / ".room"
        probe.write_bytes(b"\0" * 4096)
        probe.unlink()
    except OSError as error:
        raise CannotRun(NO_FOLDER.filled(folder=out, why=error.strerror)) from None
    if ledgers and not resume:
        raise CannotRun(FOLDER_IN_USE.filled(folder=out))


def _one_at_a_time(report: Callable[[Progress], None]) -> Callable[[Progress], None]:
    lock = threading.Lock()

    def reported(progress: Progress) -> None:
        with lock:
            report(progress)

    return reported


def _refused(consent: Consent, reason: Text) -> AddressResult:
    return AddressResult(
        address=str(consent.address or ""),
        hospital=consent.hospital,
        lines=(consent.line,),
        state=State.REFUSED,
        why=reason,
        protocols=tuple(sorted(consent.protocols)),
        packets_per_second=consent.packets_per_second,
    )


def _finish(out: Path, result: RunResult) -> RunResult:
    """Write `result.json`, whole or not at all."""
    draft = out / f".{RESULT}.part"
    try:
        with draft.open("w", encoding="utf-8") as stream:
            json.dump(document_of(result), stream, ensure_ascii=False, indent=1)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, out / RESULT)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise CannotRun(NO_RESULT.filled(folder=out, why=error.strerror)) from None
    return result


NO_FOLDER = Text(
    "「{folder}」に書き込めません（{why}）。場所と空き容量を確かめてください。",
    "Cannot write to “{folder}” ({why}). Check the place and the free space.",
)
FOLDER_IN_USE = Text(
    "「{folder}」には前の診断の記録があります。続きから行うときは --resume を付け、新しく行うときは別のフォルダーを指定してください。",
    "“{folder}” holds an earlier run. Add --resume to go on with it, or name another folder.",
)
NO_RESULT = Text(
    "「{folder}」に結果を書けません（{why}）。空きを作り、続きから実行してください。調べ終えた分は残っています。",
    "The result cannot be written to “{folder}” ({why}). Make room and resume; what was finished is kept.",
)
