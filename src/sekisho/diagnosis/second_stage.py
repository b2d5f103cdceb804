"""Checks for what answered, each once: planned from the open ports, run through the gate, kept in the ledger."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sekisho.adapters.evidence import Entry
from sekisho.adapters.scanners.checks import Surroundings, run_check, skipped_result
from sekisho.catalogue.checks import load_checks
from sekisho.diagnosis.address import AddressRun
from sekisho.diagnosis.keeper import Halted
from sekisho.diagnosis.memory import Memory, command_fields, text_from
from sekisho.diagnosis.services import observed_ports
from sekisho.domain.diagnosis.checks import PlannedCheck, plan_checks
from sekisho.domain.diagnosis.results import CheckResult, CheckState, ScriptOutput
from sekisho.domain.diagnosis.run_document import plain
from sekisho.domain.diagnosis.runs import Stage

TRIED_AGAIN = {"not-granted", "stopped", "disk-full"}
"""Why a check may have failed that says nothing of the address: a resumed run tries it again."""


def run_checks(run: AddressRun) -> None:
    """Run every check that fits what answered; what an earlier run finished is not run again.

    Raises:
        Halted: the leave ended.
    """
    run.stage = Stage.CHECKS
    run.tell()
    ports = observed_ports(run.evidence.out, run.memory)
    plan = plan_checks(str(run.leave.address), ports, load_checks().checks, run.leave.permit)
    known = checks_of(run.memory)
    done = {(one.check, one.protocol, one.port) for one in known if one.rule not in TRIED_AGAIN}
    for skipped in plan.skipped:
        if (skipped.check.id, skipped.protocol, skipped.port) not in done:
            _keep(run, skipped_result(skipped, at=run.settings.clock()))
    for planned in plan.planned:
        if planned.key not in done:
            _one(run, planned)


def _one(run: AddressRun, planned: PlannedCheck) -> None:
    halted: list[Halted] = []

    def stop() -> bool:
        try:
            run.leave.hold()
        except Halted as error:
            halted.append(error)
        return bool(halted)

    run.leave.hold()
    around = Surroundings(
        address=run.leave.address,
        evidence=run.evidence,
        command=run.leave.through_gate,
        is_raw=run.settings.is_raw,
        rate=run.leave.asked_rate,
        now=run.settings.clock,
        stop=stop,
    )
    done = run_check(planned, around)
    for record in done.commands:
        run.write("command", **command_fields(record))
    if halted:
        raise halted[0]
    run.leave.hold()  # a check that the gate refused because the address is closed says nothing of the address
    _keep(run, done.result)


def _keep(run: AddressRun, result: CheckResult) -> None:
    run.write("check", result=plain(result))


def checks_of(memory: Memory) -> tuple[CheckResult, ...]:
    """Return what came of every check; of one that was tried again, the last."""
    results = (check_from(entry["result"]) for entry in memory.checks)
    return tuple({(one.check, one.protocol, one.port): one for one in results}.values())


def check_from(said: Mapping[str, Any] | Entry) -> CheckResult:
    """Return the result that `plain` wrote."""
    return CheckResult(
        check=said["check"],
        protocol=said["protocol"],
        port=said["port"],
        state=CheckState(said["state"]),
        outputs=tuple(_output_from(one) for one in said["outputs"]),
        asks=tuple(said["asks"]),
        evidence=said["evidence"],
        sha256=said["sha256"],
        argv=tuple(said["argv"]),
        tool=said["tool"],
        started_at=_instant(said["started_at"]),
        ended_at=_instant(said["ended_at"]),
        rule=said["rule"],
        why=text_from(said["why"]) if said["why"] else None,
    )


def _output_from(said: Mapping[str, Any]) -> ScriptOutput:
    return ScriptOutput(said["id"], said["output"], tuple((name, value) for name, value in said["elements"]))


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
