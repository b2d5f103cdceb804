"""A run ends within two seconds when it is told to, when the window ends and when a consent is taken back, and goes on later."""

import hashlib
import json
import random
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sekisho.domain.diagnosis.ports import numbers_in, ranges_from
from tests.network.diagnosis.running import (
    consent,
    finished,
    ledger,
    opened,
    result_of,
    started,
    wait_for_packets,
    write_consents,
)
from tests.scan_lab import Host, Line, lab

pytestmark = pytest.mark.network

TARGET, OTHER = "203.0.113.10", "203.0.113.11"
OPEN = [3, 77, 222, 301, 444, 555]
HOST = Host(TARGET, tcp=OPEN, closed="drop")
KILLS = 20


def test_a_stop_ends_all_sending_within_two_seconds(tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    with lab(hosts=[HOST, Host(OTHER, tcp=[1])], seconds=200) as it:
        consents = write_consents(tmp_path / "c.json", [consent(TARGET), consent(OTHER)])
        for end in ("file", "signal"):
            out = tmp_path / end
            run = started(it, consents, out, "--stop-file", str(stop), tcp="1-9000")
            wait_for_packets(it, TARGET, it.counters().packets(TARGET) + 150)
            if end == "file":
                stop.touch()
            else:
                run.send_signal(signal.SIGTERM)
            time.sleep(2)
            at_two = it.counters().packets(TARGET) + it.counters().packets(OTHER)
            status, document = finished(run, timeout=20)
            assert it.counters().packets(TARGET) + it.counters().packets(OTHER) == at_two
            assert status == 1
            assert {one["state"] for one in document["addresses"]} == {"stopped"}
            assert ledger(out, TARGET)
            stop.unlink(missing_ok=True)


def test_the_end_of_the_window_ends_the_sending_and_a_later_window_goes_on(tmp_path: Path) -> None:
    with lab(hosts=[HOST], line=Line(loss_out=0.01), seconds=200) as it:
        until = datetime.now(UTC) + timedelta(seconds=9)
        consents = write_consents(tmp_path / "c.json", [consent(TARGET, until=until)])
        run = started(it, consents, tmp_path / "out", tcp="1-800")
        time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds() + 0.2))
        at_end = it.counters().packets(TARGET)
        status, document = finished(run, timeout=20)
        assert it.counters().packets(TARGET) == at_end
        result = result_of(document, TARGET)
        assert (status, result["state"]) == (1, "stopped")
        before = [entry for entry in ledger(tmp_path / "out", TARGET) if entry["kind"] == "block"]
        assert before
        write_consents(consents, [consent(TARGET, rate=1000)])
        status, document = finished(started(it, consents, tmp_path / "out", "--resume", tcp="1-800"))
        assert (status, opened(result_of(document, TARGET))) == (0, set(OPEN))
        blocks = [entry for entry in ledger(tmp_path / "out", TARGET) if entry["kind"] == "block"]
        assert blocks[: len(before)] == before


def test_a_consent_taken_back_in_mid_run_ends_that_address_alone(tmp_path: Path) -> None:
    with lab(hosts=[HOST, Host(OTHER, tcp=[9, 99])], seconds=200) as it:
        entries = [consent(TARGET), consent(OTHER, rate=1000)]
        consents = write_consents(tmp_path / "c.json", entries)
        run = started(it, consents, tmp_path / "out", tcp="1-500")
        wait_for_packets(it, TARGET, 60)
        entries[0]["withdrawn_at"] = datetime.now(UTC).isoformat()
        write_consents(consents, entries)
        time.sleep(2)
        at_two = it.counters().packets(TARGET)
        _, document = finished(run)
        assert it.counters().packets(TARGET) == at_two
        assert result_of(document, TARGET)["state"] == "stopped"
        assert "withdrawn" in result_of(document, TARGET)["why"]["en"]
        assert opened(result_of(document, OTHER)) == {9, 99}


def test_a_second_run_never_scans_an_address_at_the_same_time(tmp_path: Path) -> None:
    with lab(hosts=[HOST], seconds=200) as it:
        consents = write_consents(tmp_path / "c.json", [consent(TARGET)])
        first = started(it, consents, tmp_path / "one", tcp="1-9000")
        wait_for_packets(it, TARGET, 50)
        _, document = finished(started(it, consents, tmp_path / "two"), timeout=30)
        assert result_of(document, TARGET)["state"] == "stopped"
        assert "Another run" in result_of(document, TARGET)["why"]["en"]
        assert result_of(document, TARGET)["ports"] == []
        first.send_signal(signal.SIGINT)
        finished(first, timeout=20)


def test_a_run_killed_at_twenty_random_moments_ends_as_if_it_never_was(tmp_path: Path) -> None:
    dice = random.Random(9)
    out = tmp_path / "out"
    with lab(hosts=[HOST], line=Line(loss_out=0.01, loss_in=0.01), seconds=400) as it:
        consents = write_consents(tmp_path / "c.json", [consent(TARGET, rate=1000)])
        finished_before: list[str] = []
        kills = 0
        while True:
            run = started(it, consents, out, "--resume", tcp="1-1500")
            if kills < KILLS:
                time.sleep(dice.uniform(0.5, 3.2))
                if run.poll() is None:
                    run.kill()
                    run.communicate(timeout=40)
                    kills += 1
                    if (out / TARGET / "ledger.jsonl").exists():
                        blocks = [one["file"] for one in ledger_blocks(out)]
                        assert blocks[: len(finished_before)] == finished_before
                        finished_before = blocks
                    continue
            status, document = finished(run)
            if kills == KILLS or status == 0:
                break
        assert kills >= KILLS // 2
        assert (status, opened(result_of(document, TARGET))) == (0, set(OPEN))
        assert it.counters().outside == {}
    answered: set[int] = set()
    asked: set[int] = set()
    for block in ledger_blocks(out):
        ports = set(numbers_in(ranges_from(block["asked"])))
        assert not ports & answered, "a port that had answered was asked again"
        answered |= set(numbers_in(ranges_from(block["opened"])))
        asked |= ports
        raw = (out / block["file"]).read_bytes()
        assert hashlib.sha256(raw).hexdigest() == block["sha256"]
    assert asked == set(range(1, 1501))


def ledger_blocks(out: Path) -> list[dict[str, Any]]:
    """Return the blocks of the ledger; a half line at its end is none."""
    text = (out / TARGET / "ledger.jsonl").read_bytes()
    entries = [json.loads(line[17:]) for line in text.split(b"\n")[:-1]]
    return [one for one in entries if one["kind"] == "block"]


FULL = """
set -e
mount -t tmpfs -o size=12m tmpfs "$1"
run() { "$2" -m sekisho.cli.main --lang en diagnose run --json --ports-only --tcp 1-600 --consents "$3" --out "$1/out" $4; }
(sleep 4; head -c 9000000 /dev/zero > "$1/filler") &
run "$1" "$2" "$3" "" > "$4/one.json" || true
wait
rm "$1/filler"
run "$1" "$2" "$3" --resume > "$4/two.json" || true
cp -r "$1/out" "$4/out"
"""


def test_a_full_disk_stops_with_a_clear_word_and_nothing_is_lost(tmp_path: Path) -> None:
    small, kept = tmp_path / "small", tmp_path / "kept"
    small.mkdir()
    kept.mkdir()
    with lab(hosts=[HOST], line=Line(loss_in=0.01), seconds=200) as it:
        consents = write_consents(tmp_path / "c.json", [consent(TARGET, rate=300)])
        words = [str(small), sys.executable, str(consents), str(kept)]
        it.run(["unshare", "--mount", "sh", "-c", FULL, "sh", *words], timeout=150, check=True)
    first, second = (result_of(json.loads((kept / name).read_text()), TARGET) for name in ("one.json", "two.json"))
    assert first["state"] == "stopped"
    assert "disk is full" in first["why"]["en"]
    assert "空き" in first["why"]["ja"]
    assert (second["state"], opened(second)) == ("complete", set(OPEN))
    blocks = [entry for entry in ledger(kept / "out", TARGET) if entry["kind"] == "block"]
    assert len(blocks) > len([one for one in first["commands"] if one["outcome"] == "finished"]) > 0
    for block in blocks:
        assert hashlib.sha256((kept / "out" / block["file"]).read_bytes()).hexdigest() == block["sha256"]
