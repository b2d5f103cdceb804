"""Runs from the click to the end, with a scanner that sends nothing: what it is allowed, stops, nights, holds."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from sekisho.apps.diagnosis import confirmations, consents, endings, runs, scanning, stops, watch
from sekisho.apps.diagnosis.models import DiagnosisRun, RunAddress, RunEvent, RunEvidence, ScanConsent
from sekisho.diagnosis.run import CannotRun
from sekisho.domain.diagnosis.runs import State
from sekisho.domain.text import Text
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.jobs import holds, order
from sekisho.foundation.jobs.actions import run_job
from sekisho.foundation.jobs.models import Hold, Job
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope
from tests.cast import Cast
from tests.factories.diagnosis import ADDRESS, address_result, at, make_line, run_result, scanner, signed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.DIAGNOSIS_DIR = tmp_path / "diagnosis"


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that says what stands in for the scanner."""

    def says(scan: Callable[..., Any]) -> None:
        monkeypatch.setattr(scanning, "run_diagnosis", scan)

    says(scanner())
    return says


def start(cast: Cast, hospital: Hospital | None = None, **given: Any) -> DiagnosisRun:
    hospital = hospital or cast.hospital
    with hospital_scope(hospital):
        return runs.start_run(hospital, by=cast.dai, **given)


def work(run: DiagnosisRun) -> DiagnosisRun:
    """Run the job of a run as a worker would, now."""
    with all_hospitals(reason="test"):
        fresh = DiagnosisRun.objects.get(pk=run.pk)
        Job.objects.filter(pk=fresh.job_id).update(not_before=None)
    run_job.func(str(fresh.job_id))
    return again(run)


def again(run: DiagnosisRun) -> DiagnosisRun:
    with all_hospitals(reason="test"):
        return DiagnosisRun.objects.select_related("hospital", "job__hospital").get(pk=run.pk)


def addresses(run: DiagnosisRun) -> dict[str, RunAddress]:
    with all_hospitals(reason="test"):
        return {row.address: row for row in RunAddress.objects.filter(run=run)}


@pytest.fixture
def beside() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Return a function that does something in another thread, as another person's request would."""
    threads: list[threading.Thread] = []

    def run(step: Callable[[], None]) -> None:
        def act() -> None:
            try:
                step()
            finally:
                connections.close_all()

        threads.append(threading.Thread(target=act))
        threads[-1].start()

    yield run
    for thread in threads:
        thread.join(10)


# --- What is scanned ----------------------------------------------------------------------------------------------------
def test_one_click_scans_what_is_consented_now_and_keeps_what_was_found(cast: Cast, scans: Any) -> None:
    seen: list[Any] = []
    scans(scanner(seen=seen))
    signed(cast.hospital, cast.alice)
    run = work(start(cast))
    row = addresses(run)[ADDRESS]
    assert (run.state, run.gate, run.packets_outside, run.tools) == ("done", "namespace", 0, {"nmap": "7.93"})
    assert (row.state, row.open_ports, row.packets, row.expected_missed) == ("complete", 2, 131_070, 0.0002)
    assert [port["port"] for port in row.result["ports"]] == [443, 500]
    scope, asked = seen[0]
    assert [str(permit.address) for permit in scope.permits] == [ADDRESS]
    assert asked["resume"] is True, "a try goes on from whatever an earlier one left"
    with all_hospitals(reason="test"):
        evidence = RunEvidence.objects.get(run=run)
        assert (evidence.sha256, evidence.tool, evidence.command[0]) == ("a" * 64, "nmap", "nmap")
        assert RunEvent.objects.filter(run=run, text__ja="始めた").exists()
    verbs = AuditEvent.objects.filter(verb__startswith="diagnosis.run").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["diagnosis.run.started", "diagnosis.run.ended"]
    assert not Hold.objects.exists()


def test_what_is_not_consented_is_told_and_never_asked_for(cast: Cast, scans: Any) -> None:
    seen: list[Any] = []
    scans(scanner(seen=seen))
    signed(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital):
        other = make_line(cast.hospital, cast.alice, "203.0.113.11")
    withdrawn = signed(cast.hospital, cast.alice, other)
    with hospital_scope(cast.hospital):
        consents.withdraw(withdrawn, reason="装置が古い", by=cast.alice)
        preview = runs.preview(cast.hospital, timezone.now())
    assert [one.row.address for one in preview.now] == [ADDRESS]
    assert [(one.row.address, one.rule) for one in preview.refused] == [("203.0.113.11", "withdrawn")]
    run = work(start(cast))
    assert list(addresses(run)) == [ADDRESS]
    assert [str(permit.address) for permit in seen[0][0].permits] == [ADDRESS]


def test_refusals_beside_a_permit_do_not_hide_what_was_found(cast: Cast, scans: Any) -> None:
    def scan(*_given: Any, **_asked: Any) -> Any:
        return run_result(
            address_result(ADDRESS), address_result(ADDRESS, State.REFUSED, ports=(), why=Text("まだ", "not yet"))
        )

    scans(scan)
    signed(cast.hospital, cast.alice)
    row = addresses(work(start(cast)))[ADDRESS]
    assert (row.state, row.open_ports, len(row.result["ports"])) == ("complete", 2, 2)


def test_nothing_is_started_without_a_consent_twice_or_under_a_stop(cast: Cast, scans: Any) -> None:
    with pytest.raises(runs.NothingToScan):
        start(cast)
    signed(cast.hospital, cast.alice)
    run = start(cast)
    with pytest.raises(runs.AlreadyRunning) as already:
        start(cast)
    assert already.value.run == run
    stop = stops.press(hospital=None, reason="装置が止まった", by=cast.sumi)
    with pytest.raises(runs.Stopped):
        start(cast)
    assert again(run).state == "stopped", "a run that waits for its worker ends at once"
    stops.lift(stop, reason="装置とは関係がなかった", by=cast.sumi)
    assert start(cast).number == 2


def test_run_of_some_consents_asks_only_them_and_only_what_it_was_told(cast: Cast, scans: Any) -> None:
    seen: list[Any] = []
    scans(scanner(seen=seen))
    signed(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital):
        other = make_line(cast.hospital, cast.alice, "203.0.113.11")
    wanted = signed(cast.hospital, cast.alice, other)
    run = work(start(cast, consents=[wanted.pk], asked={"tcp": [[443, 443]], "udp": []}))
    scope, asked = seen[0]
    assert [str(permit.address) for permit in scope.permits] == ["203.0.113.11"] == list(addresses(run))
    assert (asked["asked"].tcp, asked["asked"].udp, asked["asked"].checks) == (((443, 443),), (), True)


def test_scanner_that_cannot_run_says_why_and_the_run_can_go_on_later(cast: Cast, scans: Any) -> None:
    def scan(*_given: Any, **_asked: Any) -> Any:
        raise CannotRun(Text("nmap がありません。", "nmap is missing."))

    scans(scan)
    signed(cast.hospital, cast.alice)
    run = work(start(cast))
    assert (run.state, run.why["ja"]) == ("failed", "nmap がありません。")
    assert run.job is not None
    assert (run.job.state, run.job.message) == ("failed", "nmap がありません。")
    scans(scanner())
    with hospital_scope(cast.hospital):
        runs.resume(run, by=cast.dai)
    assert work(run).state == "done"


# --- While it scans -----------------------------------------------------------------------------------------------------
def test_withdrawal_in_mid_run_closes_the_address_within_two_seconds(cast: Cast, scans: Any, beside: Any) -> None:
    times: list[float] = []
    row = signed(cast.hospital, cast.alice)

    def withdraw() -> None:
        time.sleep(0.5)
        with hospital_scope(cast.hospital):
            consents.withdraw(row, reason="患者の搬送があった", by=cast.bob)
        times.append(time.monotonic())

    def until(scope: Any, stop: Any) -> bool:
        if not scope.permits:
            times.append(time.monotonic())
        return not scope.permits

    scans(scanner(until=until))
    run = start(cast)
    beside(withdraw)
    run = work(run)
    assert times[1] - times[0] < 2
    assert addresses(run)[ADDRESS].state == "stopped"
    assert addresses(run)[ADDRESS].why["ja"] == "同意が取り下げられています。"
    assert run.state == "done"


@pytest.mark.parametrize("what", ["run", "hospital", "everything", "file"])
def test_stop_of_any_kind_halts_within_two_seconds_and_says_who_and_why(
    cast: Cast, scans: Any, beside: Any, what: str
) -> None:
    times: list[float] = []
    signed(cast.hospital, cast.alice)
    run = start(cast)

    def press() -> None:
        time.sleep(0.5)
        if what == "file":
            stops.touch(stops.stop_file_of_everything())
        else:
            where = {"hospital": None if what == "everything" else cast.hospital, "run": run if what == "run" else None}
            with hospital_scope(cast.hospital):
                stops.press(**where, reason="回線が遅い", by=cast.alice)
        times.append(time.monotonic())

    def until(scope: Any, stop: Any) -> bool:
        if stop():
            times.append(time.monotonic())
            assert not scope.permits
        return bool(stop())

    scans(scanner(until=until))
    beside(press)
    run = work(run)
    assert times[1] - times[0] < 2
    assert run.state == "stopped"
    if what != "file":
        assert cast.alice.name in run.why["ja"]
        assert "回線が遅い" in run.why["ja"]
        event = AuditEvent.objects.get(verb="diagnosis.stop.pressed")
        assert (event.actor, event.reason) == (cast.alice, "回線が遅い")
    with hospital_scope(cast.hospital):
        assert stops.stop_file_of(run).exists() or what in {"everything", "file"}


def test_stopped_run_goes_on_only_when_the_stop_was_lifted_and_somebody_says_so(cast: Cast, scans: Any) -> None:
    signed(cast.hospital, cast.alice)
    run = start(cast)
    with hospital_scope(cast.hospital):
        stop = stops.press(hospital=cast.hospital, run=run, reason="様子を見る", by=cast.alice)
        with pytest.raises(runs.Stopped):
            runs.resume(again(run), by=cast.dai)
        with pytest.raises(stops.ReasonMissing):
            stops.lift(stop, reason="", by=cast.dai)
        stops.lift(stop, reason="異常はなかった", by=cast.dai)
        with pytest.raises(stops.AlreadyLifted):
            stops.lift(stop, reason="もう一度", by=cast.dai)
    assert again(run).state == "stopped"
    with hospital_scope(cast.hospital):
        runs.resume(again(run), by=cast.dai)
    assert work(run).state == "done"
    with hospital_scope(cast.hospital), pytest.raises(runs.NotOver):
        runs.resume(again(run), by=cast.dai)


def test_scanner_is_allowed_nothing_once_the_database_cannot_be_asked(
    cast: Cast, scans: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "GOOD_FOR_S", 0.8)
    signed(cast.hospital, cast.alice)
    real = watch.ledger.ledger_of
    asked: list[int] = []

    def ledger_of(*given: Any) -> Any:
        asked.append(1)
        if 3 <= len(asked) <= 12:
            from django.db import OperationalError

            raise OperationalError("the database is away")
        return real(*given)

    run = start(cast)
    monkeypatch.setattr(watch.ledger, "ledger_of", ledger_of)
    scans(scanner(until=lambda scope, stop: not scope.permits))
    run = work(run)
    assert addresses(run)[ADDRESS].state == "stopped"
    assert not run.is_over, "and it goes on later by itself"
    assert run.job is not None
    assert (run.job.state, run.job.setbacks) == ("queued", 1)


def test_worker_that_lost_the_job_is_allowed_nothing_and_writes_nothing(cast: Cast, scans: Any, beside: Any) -> None:
    signed(cast.hospital, cast.alice)
    run = start(cast)

    def take_away() -> None:
        time.sleep(0.5)
        with all_hospitals(reason="test"):
            Job.objects.filter(pk=again(run).job_id).update(begun=2)

    scans(scanner(until=lambda scope, stop: bool(stop())))
    beside(take_away)
    run = work(run)
    assert addresses(run)[ADDRESS].result == {}
    assert run.state == "running", "whoever has the job now goes on"
    assert not stops.stop_file_of(run).exists(), "it would stop the other worker"


# --- Nights and waiting -------------------------------------------------------------------------------------------------
def test_run_waits_for_its_window_and_goes_on_in_the_next_one(cast: Cast, scans: Any) -> None:
    seen: list[Any] = []
    row = signed(cast.hospital, cast.alice, starts_at=at(3), ends_at=at(5))
    run = work(start(cast))
    assert (run.state, run.waits_until) == ("waiting", row.starts_at)
    assert run.job is not None
    assert (run.job.state, run.job.not_before) == ("queued", row.starts_at)
    assert addresses(run)[ADDRESS].state == "waiting"

    def move(**given: Any) -> None:
        with all_hospitals(reason="test"):
            ScanConsent.objects.filter(pk=row.pk).update(**given)

    # The window opens, and closes in mid-run.
    scans(scanner(seen=seen, until=lambda scope, stop: not scope.permits))
    move(starts_at=at(-1), ends_at=timezone.now() + timedelta(seconds=1.5))
    with hospital_scope(cast.hospital):
        tomorrow = signed(cast.hospital, cast.alice, again_line(row), starts_at=at(20), ends_at=at(22))
        DiagnosisRun.objects.filter(pk=run.pk).update(consents=[str(row.pk), str(tomorrow.pk)])
    run = work(run)
    assert (run.state, run.waits_until) == ("waiting", tomorrow.starts_at)
    assert addresses(run)[ADDRESS].state == "stopped"

    # The next night brings the rest.
    scans(scanner(seen=seen))
    with all_hospitals(reason="test"):
        ScanConsent.objects.filter(pk=tomorrow.pk).update(starts_at=at(-1), ends_at=at(1))
    run = work(run)
    assert (run.state, addresses(run)[ADDRESS].state) == ("done", "complete")
    assert run.began_at is not None


def again_line(row: ScanConsent) -> Any:
    return ScanConsent.objects.select_related("line__hospital").get(pk=row.pk).line


def test_dynamic_line_waits_until_somebody_looks_it_up_and_then_goes_on_at_once(cast: Cast, scans: Any) -> None:
    with hospital_scope(cast.hospital):
        line = make_line(cast.hospital, cast.alice, None)
    signed(cast.hospital, cast.alice, line)
    run = work(start(cast))
    assert run.state == "waiting"
    assert "今日のアドレスの確認" in run.why["ja"]
    with hospital_scope(cast.hospital):
        confirmations.confirm(line, address="198.51.100.7", said_by="有栖", way="screen", by=cast.alice)
        runs.wake_waiting(cast.hospital)
    assert again(run).job.not_before is None  # type: ignore[union-attr]
    run = work(run)
    assert (run.state, list(addresses(run))) == ("done", ["198.51.100.7"])


def test_run_whose_consents_are_all_gone_ends_and_says_why(cast: Cast, scans: Any) -> None:
    row = signed(cast.hospital, cast.alice, starts_at=at(3), ends_at=at(5))
    run = work(start(cast))
    with hospital_scope(cast.hospital):
        consents.withdraw(row, reason="中止", by=cast.alice)
    run = work(run)
    assert run.state == "done"
    assert (addresses(run)[ADDRESS].state, addresses(run)[ADDRESS].why["ja"]) == (
        "refused",
        "同意が取り下げられています。",
    )


# --- Never two on one line ----------------------------------------------------------------------------------------------
def test_address_that_another_job_scans_is_waited_for(cast: Cast, scans: Any) -> None:
    with hospital_scope(cast.other_hospital):
        from sekisho.foundation.jobs import actions as jobs

        other = jobs.start(hospital=cast.other_hospital, kind="diagnosis.run", title="x", by=None)
    taken = order.take(str(other.pk), worker="")
    assert taken is not None
    holds.hold(taken, [f"address {ADDRESS}"])
    signed(cast.hospital, cast.alice)
    run = work(start(cast))
    assert run.state == "waiting"
    assert "ほかの診断が調べています" in run.why["ja"]
    holds.release(taken)
    assert work(run).state == "done"


def test_address_is_held_while_it_is_scanned_and_for_as_long_as_the_gate_could_stay_open(
    cast: Cast, scans: Any
) -> None:
    held: list[Any] = []

    def until(scope: Any, stop: Any) -> bool:
        held[:] = list(Hold.objects.values_list("name", "until"))
        return bool(held)

    scans(scanner(until=until))
    signed(cast.hospital, cast.alice)
    work(start(cast))
    assert held[0][0] == f"address {ADDRESS}"
    assert held[0][1] > timezone.now() + timedelta(seconds=150)


# --- Others hear of it --------------------------------------------------------------------------------------------------
def test_apps_above_hear_of_what_was_found_and_a_fault_of_theirs_harms_nothing(
    cast: Cast, scans: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    heard: list[Any] = []

    def broken(run: Any, result: Any) -> None:
        raise RuntimeError("findings")

    monkeypatch.setattr(endings, "_endings", [broken, lambda run, result: heard.append((run.pk, result))])
    signed(cast.hospital, cast.alice)
    run = work(start(cast))
    assert run.state == "done"
    assert heard[0][0] == run.pk
    assert heard[0][1].addresses[0].address == ADDRESS


def test_later_try_does_not_overwrite_what_is_complete(cast: Cast, scans: Any) -> None:
    signed(cast.hospital, cast.alice)
    run = work(start(cast))
    with hospital_scope(cast.hospital):
        job = again(run).job
        assert job is not None
        Job.objects.filter(pk=job.pk).update(state="running")
        scanning.keep(run, job, run_result(address_result(ADDRESS, State.STOPPED, ports=())))
    assert addresses(run)[ADDRESS].state == "complete"


def test_run_whose_workers_died_again_and_again_says_that_it_does_not_go_on(cast: Cast, scans: Any) -> None:
    signed(cast.hospital, cast.alice)
    run = start(cast)
    with all_hospitals(reason="test"):
        Job.objects.filter(pk=run.job_id).update(state="failed")
    with hospital_scope(cast.hospital):
        settled = runs.settle(again(run))
    assert (settled.state, again(run).state) == ("failed", "failed")


# --- Regions ------------------------------------------------------------------------------------------------------------
def test_run_is_queued_for_the_region_of_its_hospital(cast: Cast, settings: Any, scans: Any) -> None:
    from sekisho.config import services

    settings.REGIONS = ["east", "west"]
    settings.TASKS = {"default": {**settings.TASKS["default"], "QUEUES": services.queue_names(settings.REGIONS)}}
    signed(cast.hospital, cast.alice)
    with hospital_scope(cast.hospital):
        runs.set_region(cast.hospital, region="east", by=cast.sumi)
        with pytest.raises(LookupError):
            runs.set_region(cast.hospital, region="north", by=cast.sumi)
    run = again(start(cast))
    assert run.job is not None
    assert (run.region, run.job.region) == ("east", "east")
    settings.REGIONS = []
    with hospital_scope(cast.hospital):
        assert runs.region_of(cast.hospital) == "", "one that the settings no longer know counts as none"
