"""The addresses of one run, some at a time: each through its stages, and what came of it."""

import errno
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from sekisho.adapters.evidence import DiskFull, Evidence, FolderTaken
from sekisho.adapters.evidence.folder import address_lock
from sekisho.adapters.gate.gate import Gate
from sekisho.adapters.signing import SigningKey
from sekisho.catalogue.diagnosis_ports import load_asked_ports
from sekisho.diagnosis.address import AddressRun, Settings
from sekisho.diagnosis.keeper import Halted, Keeper, Leave
from sekisho.diagnosis.memory import Memory, fresh_memory
from sekisho.diagnosis.outcome import completeness_of, covered_of, found_in, loss_of, notes_of, passes_done
from sekisho.diagnosis.second_look import look_again
from sekisho.diagnosis.second_stage import checks_of, run_checks
from sekisho.diagnosis.services import detect_services, observed_ports
from sekisho.domain.diagnosis.consents import Address, Permit, public_address
from sekisho.domain.diagnosis.ports import ALL_TCP, Ranges, numbers_in, ranges_text
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.diagnosis.runs import AddressResult, Progress, Stage, State
from sekisho.domain.text import Text


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


@dataclass(frozen=True, slots=True)
class Work:
    """All addresses of a run, some at a time."""

    out: Path
    asked: Asked
    settings: Settings
    keeper: Keeper
    gate: Gate
    key: SigningKey
    report: Callable[[Progress], None]
    resume: bool
    counted: dict[str, int] = field(default_factory=dict)
    """Packets by address in this run, when its own work ended."""

    def all(self, permits: Sequence[Permit], parallel: int) -> list[AddressResult]:
        """Scan every permit's address; meanwhile watch what is allowed."""
        with ThreadPoolExecutor(max_workers=max(1, parallel), thread_name_prefix="address") as pool:
            for permit in permits:
                self.report(Progress(str(permit.address), Stage.WAITING))
            futures: list[Future[AddressResult]] = [pool.submit(self.one, permit) for permit in permits]
            while not all(future.done() for future in futures):
                self.keeper.look()
                time.sleep(0.1)
            return [self._with_last_packets(future.result()) for future in futures]

    def _with_last_packets(self, result: AddressResult) -> AddressResult:
        """Add the packets that went to an address after its own end."""
        if result.packets is None or result.address not in self.counted:
            return result
        late = (self._packets(public_address(result.address)) or 0) - self.counted[result.address]
        return replace(result, packets=result.packets + late)

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
            if run is not None:
                run.close()
                if not is_finished:
                    run.leave.give_back()
                # Else it stays open until its grant ends: answers that the address repeats get their reset.
            packets = self._packets(permit.address)
            self.counted[result.address] = packets or 0
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

    def _packets(self, address: Address) -> int | None:
        if self.gate.kind != "namespace":
            return None
        counted = self.gate.counts().addresses.get(address)
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
