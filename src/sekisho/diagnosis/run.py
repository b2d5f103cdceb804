"""Runs a diagnosis: whatever is consented now is scanned, nothing else; evidence and `result.json` are left in a folder."""

import errno
import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sekisho.adapters.evidence import DiskFull, Evidence, FolderTaken
from sekisho.adapters.evidence.folder import address_lock
from sekisho.adapters.gate.gate import Gate, GateUnavailable, open_gate
from sekisho.adapters.scanners.nmap import nmap_tool
from sekisho.adapters.scanners.tools import Tool, ToolUnusable
from sekisho.adapters.signing import SigningKey, VerifyKey
from sekisho.catalogue.diagnosis_ports import load_asked_ports
from sekisho.diagnosis.address import LONGEST_BLOCK_S, AddressRun, Settings
from sekisho.diagnosis.keeper import Halted, Keeper, Leave
from sekisho.diagnosis.memory import Memory, fresh_memory
from sekisho.diagnosis.outcome import completeness_of, covered_of, found_in, loss_of, notes_of, passes_done
from sekisho.diagnosis.second_look import look_again
from sekisho.diagnosis.second_stage import checks_of, run_checks
from sekisho.diagnosis.services import detect_services, observed_ports
from sekisho.domain.diagnosis.consents import Consent, Permit, Scope, scope_at
from sekisho.domain.diagnosis.ports import ALL_TCP, Ranges, numbers_in, ranges_text
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.diagnosis.run_document import document_of
from sekisho.domain.diagnosis.runs import AddressResult, Progress, RunResult, Stage, State
from sekisho.domain.text import Text

GateOpener = Callable[..., Gate]
RESULT = "result.json"


class CannotRun(Exception):
    """Nothing was scanned: nmap is missing or old, the folder holds another run, a disk is full. `text` says what to do."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run asks. None = everything: all 65,535 TCP ports, and the ranked UDP set of the catalogue.

    `second_look` asks the TCP ports once more with masscan, as an independent witness.
    """

    tcp: Ranges | None = None
    udp: Ranges | None = None
    services: bool = True
    checks: bool = True
    second_look: bool = False

    def ports(self, protocol: str) -> tuple[int, ...]:
        """Return the ports of one protocol in the order of asking."""
        if protocol == "tcp":
            return tuple(numbers_in(ALL_TCP if self.tcp is None else self.tcp))
        return load_asked_ports().udp_numbers if self.udp is None else tuple(numbers_in(self.udp))


EVERYTHING = Asked()


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
        work = _Work(out, asked, settings, keeper, gate, key, _one_at_a_time(report), resume)
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


@dataclass(frozen=True, slots=True)
class _Work:
    """All addresses of a run, some at a time."""

    out: Path
    asked: Asked
    settings: Settings
    keeper: Keeper
    gate: Gate
    key: SigningKey
    report: Callable[[Progress], None]
    resume: bool

    def all(self, permits: Sequence[Permit], parallel: int) -> list[AddressResult]:
        """Scan every permit's address; meanwhile watch what is allowed."""
        with ThreadPoolExecutor(max_workers=max(1, parallel), thread_name_prefix="address") as pool:
            for permit in permits:
                self.report(Progress(str(permit.address), Stage.WAITING))
            futures: list[Future[AddressResult]] = [pool.submit(self.one, permit) for permit in permits]
            while not all(future.done() for future in futures):
                self.keeper.look()
                time.sleep(0.1)
            return [future.result() for future in futures]

    def one(self, permit: Permit) -> AddressResult:
        """Scan one address and say what came of it."""
        result = AddressResult(
            address=str(permit.address),
            hospital=permit.hospital,
            lines=permit.lines,
            state=State.STOPPED,
            protocols=tuple(sorted(permit.protocols)),
            packets_per_second=permit.packets_per_second,
        )
        try:
            with address_lock(permit.address), ExitStack() as stack:
                evidence = Evidence(self.out, permit.address)
                stack.callback(evidence.close)
                result = self._scanned(permit, result, evidence)
        except FolderTaken:
            result = replace(result, why=TAKEN)
        except CannotRun as error:
            result = replace(result, why=error.text)
        except OSError as error:
            result = replace(result, why=_of_disk(error))
        except Exception as error:
            if os.environ.get("SEKISHO_DEBUG"):
                raise
            # One address with a fault of ours must not take the others with it. Only the kind: its text may quote anything.
            result = replace(result, why=FAULT.filled(kind=type(error).__name__))
        self.report(Progress(result.address, Stage.DONE, open_ports=len(result.ports), note=result.why))
        return result

    def _scanned(self, permit: Permit, result: AddressResult, evidence: Evidence) -> AddressResult:
        possible = ["tcp", "udp"] if self.settings.is_raw else ["tcp"]
        ports = {one: self.asked.ports(one) for one in possible if one in permit.protocols}
        ports = {protocol: numbers for protocol, numbers in ports.items() if numbers}
        unasked = sorted(permit.protocols - set(possible))
        memory = self._memory(evidence, permit, ports)
        why: Text | None = None
        is_finished = False
        run: AddressRun | None = None
        try:
            leave = Leave(permit.address, self.keeper, self.gate, self.key)
            leave.hold()
            run = AddressRun(leave=leave, evidence=evidence, memory=memory, settings=self.settings, report=self.report)
            self._stages(run, ports)
            is_finished = True
        except Halted as halted:
            why = halted.why
        except DiskFull:
            why = DISK_FULL
        except OSError as error:
            why = _of_disk(error)
        finally:
            packets = self._packets(permit)
            if run is not None:
                run.close()
                run.leave.give_back()
        with suppress(OSError):
            memory.take(evidence.ledger.add("packets", packets=packets, at=self.settings.clock().isoformat()))
        return self._result(result, evidence, memory, unasked, why=why, is_finished=is_finished)

    def _memory(self, evidence: Evidence, permit: Permit, ports: dict[str, tuple[int, ...]]) -> Memory:
        """Return what earlier runs left, or begin a new ledger."""
        asked = {protocol: ranges_text(numbers) for protocol, numbers in ports.items()}
        entries = list(evidence.ledger.entries)
        memory = fresh_memory(ports)
        begin = next((entry for entry in entries if entry["kind"] == "begin"), None)
        if begin is not None and begin["asked"] != asked:
            raise CannotRun(OTHER_PORTS)
        for entry in entries:
            if entry.get("file") and not evidence.is_intact(entry["file"], entry["sha256"]):
                # Without its evidence it is not done; its number stays taken.
                memory.last_number = max(memory.last_number, entry.get("number", 0))
            else:
                memory.take(entry)
        at = self.settings.clock().isoformat()
        if begin is None:
            fields = {"asked": asked, "hospital": permit.hospital, "lines": list(permit.lines), "gate": self.gate.kind}
            memory.take(evidence.ledger.add("begin", at=at, **fields))
        else:
            evidence.ledger.add("resumed", at=at, cut=evidence.ledger.cut)
            if doubtful := _unvouched(memory):
                memory.take(evidence.ledger.add("void", numbers=doubtful))
        return memory

    def _stages(self, run: AddressRun, ports: dict[str, tuple[int, ...]]) -> None:
        for protocol in ports:
            run.ask(protocol)
        if self.asked.second_look:
            look_again(run)
        run.look_for_proxy()
        if self.asked.services:
            detect_services(run)
        if self.asked.checks:
            run_checks(run)

    def _packets(self, permit: Permit) -> int | None:
        if self.gate.kind != "namespace":
            return None
        counted = self.gate.counts().addresses.get(permit.address)
        return counted.passed if counted is not None else 0

    def _result(
        self,
        result: AddressResult,
        evidence: Evidence,
        memory: Memory,
        unasked: Sequence[str],
        *,
        why: Text | None,
        is_finished: bool,
    ) -> AddressResult:
        completeness = completeness_of(memory, unasked=unasked)
        state = State.STOPPED
        if is_finished:
            state = State.COMPLETE if completeness.is_shown else State.INCOMPLETE
        ports = observed_ports(evidence.out, memory)
        ended_at = self.settings.clock()
        scan = AddressScan(
            address=result.address,
            started_at=memory.started_at,
            is_up=any(asking.has_answer for asking in memory.asking.values()),
            ports=ports,
            tool=f"nmap {self.settings.nmap.version}",
            ended_at=ended_at,
            is_complete=completeness.is_shown,
            covered=covered_of(memory),
            asked_services=bool(memory.services),
            checks=checks_of(memory),
        )
        return replace(
            result,
            state=state,
            why=why if why is not None else completeness.why,
            ports=ports,
            passes={protocol: passes_done(asking) for protocol, asking in memory.asking.items()},
            packets=memory.packets if self.gate.kind == "namespace" else None,
            pace=tuple(memory.pace),
            loss=loss_of(memory),
            completeness=completeness,
            commands=tuple(memory.commands),
            notes=notes_of(memory),
            started_at=memory.started_at,
            ended_at=ended_at,
            checks=scan.checks,
            findings=found_in(scan, result.lines, completeness),
            scan=scan,
        )


def _unvouched(memory: Memory) -> list[int]:
    """Return the last blocks during which the canary fell silent: the run ended before it could tell whether for good."""
    return sorted(
        number
        for asking in memory.asking.values()
        for number in asking.doubtful()
        if asking.blocks[number].canary.asked
    )


def _of_disk(error: OSError) -> Text:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DISK_FULL
    return NOT_WRITTEN.filled(why=error.strerror or type(error).__name__)


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
OTHER_PORTS = Text(
    "前の診断とは調べるポートが違うため、続きから行えません。別のフォルダーを指定してください。",
    "The earlier run asked other ports, so this one cannot go on from there. Name another folder.",
)
TAKEN = Text(
    "同じアドレスを、この機械の別の診断が調べています。終わってから実行してください。",
    "Another run on this machine is scanning this address. Run this when it has ended.",
)
DISK_FULL = Text(
    "ディスクに空きがありません。調べ終えた分は残っています。空きを作り、続きから実行してください。",
    "The disk is full. What was finished is kept. Make room and resume.",
)
NOT_WRITTEN = Text(
    "記録を書けませんでした（{why}）。調べ終えた分は残っています。原因を除いて、続きから実行してください。",
    "The evidence could not be written ({why}). What was finished is kept. Mend the cause and resume.",
)
FAULT = Text(
    "思わぬ不具合で止まりました（{kind}）。調べ終えた分は残っています。",
    "Stopped by an unexpected fault ({kind}). What was finished is kept.",
)
