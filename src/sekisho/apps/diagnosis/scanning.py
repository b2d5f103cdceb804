"""The job that runs a diagnosis: asks the ledger, waits for windows, scans, keeps what was found, goes on the next night.

While it scans, one thread (`watch.Watch`) looks at the database several times a second; the scanner asks that thread
what is allowed and never the database itself.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NoReturn

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop as _noop

from sekisho.apps.diagnosis import endings, ledger, stops
from sekisho.apps.diagnosis.models import DiagnosisRun, RunAddress, RunEvent, RunEvidence
from sekisho.apps.diagnosis.runs import BROKE, JOB_KIND, add_addresses, permits_of, unfinished
from sekisho.apps.diagnosis.watch import Watch
from sekisho.diagnosis.run import Asked, CannotRun, run_diagnosis
from sekisho.domain.diagnosis.consents import Consent, Permit
from sekisho.domain.diagnosis.openings import AWAITED, next_opening
from sekisho.domain.diagnosis.run_document import document_of
from sekisho.domain.diagnosis.runs import AddressResult, RunResult, Stage, State
from sekisho.domain.text import Text
from sekisho.foundation.jobs import actions as jobs
from sekisho.foundation.jobs import holds
from sekisho.foundation.jobs.models import Job

logger = logging.getLogger(__name__)

BUSY_AGAIN = timedelta(seconds=20)
AWAITED_AGAIN = timedelta(minutes=2)
_State = DiagnosisRun.State
_FINISHED = (RunAddress.State.COMPLETE, RunAddress.State.INCOMPLETE)

WAITS_FOR_WINDOW = _noop("同意の時間帯が始まるまで待っています。始まると、自動で続けます。")
WAITS_FOR_ADDRESS = _noop("動的IPの、今日のアドレスの確認を待っています。確認されると、自動で続けます。")
WAITS_FOR_OTHER = _noop("同じアドレスを、ほかの診断が調べています。終わりしだい、自動で始めます。")
_WHY = {
    WAITS_FOR_WINDOW: Text(WAITS_FOR_WINDOW, "Waiting for the consented window; it then goes on by itself."),
    WAITS_FOR_ADDRESS: Text(
        WAITS_FOR_ADDRESS, "Waiting until a dynamic address is looked up today; it then goes on by itself."
    ),
    WAITS_FOR_OTHER: Text(
        WAITS_FOR_OTHER, "Another diagnosis is scanning the same address; this one begins when it is done."
    ),
}
STOP_FILE = Text("停止のファイル（STOP）が置かれています。", "There is a STOP file.")
CANCELLED = Text("作業が中止されました。", "The job was cancelled.")
NO_MORE = Text("この先に、診断してよい時間帯がありません。", "There is no further window in which it may be scanned.")
AGAIN = Text("途中で止まったので、続きからもう一度動かします。", "It broke off and goes on from where it was.")


@jobs.runs(JOB_KIND, setbacks=20)
def scan(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Run one diagnosis until it is over or has to wait."""
    run = DiagnosisRun.objects.select_related("hospital").get(pk=job.arguments["run"])
    answer = {"url": reverse("diagnosis:run", kwargs={"hospital_code": run.hospital.code, "run_id": run.pk})}
    try:
        if not run.is_over:
            _Scan(run, job, progress).go()
    except jobs.JobLost:
        raise
    except jobs.JobCancelled:
        stops.end(run, _State.STOPPED, CANCELLED)
        raise
    except CannotRun as refused:
        stops.end(run, _State.FAILED, refused.text)
        raise jobs.JobFailed(refused.text.within(job.created_by.language if job.created_by else "ja")) from refused
    except jobs.NotYet:
        raise
    except jobs.TryAgain:
        if job.setbacks >= job.most_setbacks:
            stops.end(run, _State.FAILED, BROKE)
        raise
    except Exception:
        if job.setbacks >= job.most_setbacks:
            stops.end(run, _State.FAILED, BROKE)
        else:
            _wait(run, AGAIN, until=None)
        raise
    return answer


class _Scan:
    """One try at a run, by one worker."""

    def __init__(self, run: DiagnosisRun, job: Job, progress: jobs.Progress) -> None:
        self.run, self.job, self.progress = run, job, progress

    def go(self) -> None:
        """Scan what is allowed now, and go on so until nothing is left or it has to wait."""
        if (why := _why_stopped(self.run)) is not None:
            stops.end(self.run, _State.STOPPED, why)
            return
        now = timezone.now()
        found = ledger.ledger_of(self.run.hospital, now)
        add_addresses(self.run, found)
        permits = self._open_permits(found)
        if not permits:
            self._wait_or_end(found, now)
            return
        self._take(permits)
        try:
            result = self._scan(found)
        finally:
            holds.release(self.job)
        self._after(result)

    def _open_permits(self, found: ledger.Ledger) -> tuple[Permit, ...]:
        """Return what may be scanned now and has something left to ask."""
        done = set(self.run.addresses.filter(state__in=_FINISHED).values_list("address", flat=True))
        return tuple(one for one in permits_of(self.run, found) if str(one.address) not in done)

    def _take(self, permits: tuple[Permit, ...]) -> None:
        """Have the addresses for this job alone: never two scanners on one line, whoever started them.

        Raises:
            NotYet: another job has one of them.
        """
        try:
            holds.hold(self.job, [f"address {one.address}" for one in permits])
        except holds.Taken:
            self._not_yet(WAITS_FOR_OTHER, timezone.now() + BUSY_AGAIN)

    def _scan(self, found: ledger.Ledger) -> RunResult:
        folder = stops.folder_of(self.run)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _began(self.run)
        with Watch(self.run, self.job, self.progress) as watch:
            return run_diagnosis(
                found.consents,
                folder,
                clock=timezone.now,
                stop=watch.is_halted,
                report=watch.report,
                resume=True,
                scope=watch.scope,
                asked=asked_of(self.run.asked),
                stop_file=stops.stop_file_of(self.run),
                parallel=settings.DIAGNOSIS_PARALLEL,
            )

    def _after(self, result: RunResult) -> None:
        """Keep what was found, and end, or wait for the next window."""
        # What was refused has no result here: the ledger says why, and a night's consent is refused beside its permit.
        scanned = tuple(one for one in result.addresses if one.state is not State.REFUSED)
        result = replace(result, addresses=scanned)
        keep(self.run, self.job, result)
        endings.tell(self.run, result)
        if (why := _why_stopped(self.run)) is not None:
            stops.end(self.run, _State.STOPPED, why)
            return
        self.progress.check()
        now = timezone.now()
        found = ledger.ledger_of(self.run.hospital, now)
        if not unfinished(self.run):
            stops.end(self.run, _State.DONE, None)
        elif self._open_permits(found):
            # It is allowed and yet did not finish: the gate closed it, or the device went away.
            self._try_again()
        else:
            self._wait_or_end(found, now)

    def _try_again(self) -> NoReturn:
        why = next((row.why for row in self.run.addresses.exclude(state__in=_FINISHED) if row.why), None)
        _wait(self.run, Text(**why) if why else AGAIN, until=None)
        raise jobs.TryAgain(jobs.AGAIN)

    def _wait_or_end(self, found: ledger.Ledger, now: datetime) -> None:
        if not unfinished(self.run) and self.run.addresses.exists():
            stops.end(self.run, _State.DONE, None)
            return
        if self._awaits_an_address(found, now):
            self._not_yet(WAITS_FOR_ADDRESS, now + AWAITED_AGAIN)
        opens = next_opening(found.consents, now, wanted=lambda one: self._is_wanted(found, one))
        if opens is not None:
            self._not_yet(WAITS_FOR_WINDOW, opens)
        _leave_out(self.run, found)
        stops.end(self.run, _State.DONE, NO_MORE if self.run.began_at is None else None)

    def _is_wanted(self, found: ledger.Ledger, one: Permit | Consent) -> bool:
        """Return True for a permit of an address that is not finished, and for a dynamic line without an address."""
        lines = {ledger.line_name(row.line) for row in found.rows if str(row.pk) in self.run.consents}
        if isinstance(one, Consent):
            return one.hospital == found.hospital and one.line in lines
        done = self.run.addresses.filter(state__in=_FINISHED, address=str(one.address)).exists()
        return one.hospital == found.hospital and bool(lines & set(one.lines)) and not done

    def _awaits_an_address(self, found: ledger.Ledger, now: datetime) -> bool:
        """Return True when only the look-up of the day is missing, in a window that is open now."""
        return any(
            refusal.rule in AWAITED
            and refusal.consent.is_dynamic
            and refusal.consent.starts_at <= now < refusal.consent.ends_at
            and refusal.consent.withdrawn_at is None
            and bool(refusal.consent.signed_by)
            and self._is_wanted(found, refusal.consent)
            for refusal in found.scope.refusals
        )

    def _not_yet(self, words: str, until: datetime) -> None:
        _wait(self.run, _WHY[words], until=until)
        raise jobs.NotYet(words, until=until)


def asked_of(plain: dict[str, Any]) -> Asked:
    """Return what a run asks of each address, from its stored form."""

    def ranges(name: str) -> tuple[tuple[int, int], ...] | None:
        return tuple((int(first), int(last)) for first, last in plain[name]) if name in plain else None

    return Asked(
        tcp=ranges("tcp"),
        udp=ranges("udp"),
        services=bool(plain.get("services", True)),
        checks=bool(plain.get("checks", True)),
    )


def _why_stopped(run: DiagnosisRun) -> Text | None:
    """Return why nothing may be sent for this run, whatever the consents say."""
    stop = stops.in_force(run.hospital, run).first()
    if stop is not None:
        return stops.words_of(stop)
    files = (stops.stop_file_of(run), stops.stop_file_of_everything())
    return STOP_FILE if any(file.exists() for file in files) else None


# --- States -------------------------------------------------------------------------------------------------------------
@transaction.atomic
def _began(run: DiagnosisRun) -> None:
    now = timezone.now()
    run.refresh_from_db()
    run.state, run.why, run.waits_until = _State.RUNNING, {}, None
    run.began_at = run.began_at or now
    run.save()
    RunEvent.objects.create(hospital=run.hospital, run=run, text=BEGINS.as_dict())


BEGINS = Text("診断を始めます。", "The diagnosis begins.")


@transaction.atomic
def _wait(run: DiagnosisRun, why: Text, *, until: datetime | None) -> None:
    run.state, run.why, run.waits_until = _State.WAITING, why.as_dict(), until
    run.save(update_fields=["state", "why", "waits_until"])
    last = RunEvent.objects.filter(run=run).first()
    if last is None or last.text != why.as_dict():
        RunEvent.objects.create(hospital=run.hospital, run=run, text=why.as_dict())


@transaction.atomic
def _leave_out(run: DiagnosisRun, found: ledger.Ledger) -> None:
    """Say of each address that is left why it is not scanned any more."""
    for one in run.addresses.exclude(state__in=_FINISHED):
        refusal = next((r for r in found.scope.refusals if str(r.consent.address) == one.address), None)
        if refusal is not None and refusal.consent.hospital == found.hospital:
            one.why = refusal.reason.as_dict()
        one.state = RunAddress.State.STOPPED if one.began_at else RunAddress.State.REFUSED
        one.save(update_fields=["state", "why"])


# --- Results ------------------------------------------------------------------------------------------------------------
@transaction.atomic
def keep(run: DiagnosisRun, job: Job, result: RunResult) -> None:
    """Keep what a try brought, unless the job has gone to another worker meanwhile.

    Raises:
        JobLost: see there.
    """
    mine = Job.objects.select_for_update(of=("self",)).filter(pk=job.pk, begun=job.begun, state=Job.State.RUNNING)
    if not mine.exists():
        raise jobs.JobLost
    run.refresh_from_db()
    run.gate, run.tools = result.gate, result.tools
    if result.packets_outside is not None:
        run.packets_outside = (run.packets_outside or 0) + result.packets_outside
    run.save(update_fields=["gate", "tools", "packets_outside"])
    for found, document in zip(result.addresses, document_of(result)["addresses"], strict=True):
        _keep_address(run, found, document)


def _keep_address(run: DiagnosisRun, found: AddressResult, document: dict[str, Any]) -> None:
    row = RunAddress.objects.select_for_update().filter(run=run, address=found.address).first()
    if row is None or row.is_finished:
        return
    row.state, row.result = found.state.value, document
    row.why = found.why.as_dict() if found.why else {}
    row.packets = None if found.packets is None else (row.packets or 0) + found.packets
    row.expected_missed = found.completeness.expected_missed if found.completeness else None
    row.open_ports = sum(port.state == "open" for port in found.ports)
    row.stage, row.seconds_left, row.rate = Stage.DONE.value if row.is_finished else row.stage, None, 0
    row.began_at, row.ended_at = row.began_at or found.started_at, found.ended_at
    row.updated_at = timezone.now()
    row.save()
    for command in found.commands:
        if command.file:
            RunEvidence.objects.update_or_create(
                run=run,
                path=command.file,
                defaults={
                    "hospital": run.hospital,
                    "run_address": row,
                    "sha256": command.sha256,
                    "tool": command.tool,
                    "tool_version": command.version[:60],
                    "command": list(command.argv),
                    "outcome": command.outcome,
                    "started_at": command.started_at,
                    "ended_at": command.ended_at,
                },
            )
