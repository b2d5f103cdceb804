"""A run, seen from outside, against targets and circumstances that are not friendly. Only the lab is ever sent to."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.network.diagnosis.running import consent, finished, opened, result_of, started, write_consents
from tests.scan_lab import Answer, Host, lab

pytestmark = pytest.mark.network

TARGET, OTHER, SIX = "203.0.113.10", "203.0.113.11", "2001:db8::10"
ESCAPES = (
    b"HTTP/1.0 200 OK\r\nServer: \x1b[2J\x1b]0;owned\x07\xc2\x9b31m\xe2\x80\xaeevil\r\n\r\n<title>\x1b[31mroot</title>"
)


def test_what_a_service_says_is_bounded_and_never_steers_a_terminal(tmp_path: Path) -> None:
    loud = {
        80: Answer(reply=ESCAPES),
        81: Answer(greeting=b"A" * 200_000, reply=b"B" * 100_000, end="flood"),
        82: Answer(),
    }
    with lab(hosts=[Host(TARGET, tcp=loud)], seconds=280) as it:
        consents = write_consents(tmp_path / "c.json", [consent(TARGET, rate=1000)])
        run = started(it, consents, tmp_path / "out", tcp="75-90", services=True)
        said, complaints = run.communicate(timeout=260)
        assert run.returncode in {0, 1}, complaints
        assert it.counters().outside == {}
    result = result_of(json.loads(said), TARGET)
    assert opened(result) == {80, 81, 82}
    assert len(said) < 500_000
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(complaints)
    words = json.dumps(result, ensure_ascii=False)
    assert not any(f"\\u{code:04x}" in words for code in (0x1B, 0x07, 0x9B, 0x202E))
    assert not {"\x9b", "\u202e"} & set(words)


def test_only_the_address_that_holds_is_sent_to_whatever_stands_beside_it(tmp_path: Path) -> None:
    """Over, of a net, by name, of two hospitals, withdrawn under another spelling, unreadable: not one packet."""
    beside = [f"203.0.113.{at}" for at in range(11, 17)]
    over, name, net, twice, gone, slip = beside
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    entries = [
        consent(TARGET, rate=1000),
        consent(over, until=datetime.now(UTC) - timedelta(seconds=1)),
        consent(name) | {"address": "localhost"},
        consent(net) | {"address": f"{net}/32"},
        consent(twice), consent(twice, hospital="H002"),
        consent(gone), consent(gone, withdrawn_at=past),
        consent(slip), consent(slip, withdrawn_at="yesterday"),
        consent(TARGET) | {"address": f"::ffff:{over}"},
    ]  # fmt: skip
    with lab(hosts=[Host(TARGET, tcp=[22, 443]), *(Host(one, tcp=[22]) for one in beside)], seconds=200) as it:
        process = started(it, write_consents(tmp_path / "c.json", entries), tmp_path / "out", tcp="20-450")
        status, document = finished(process)
        assert {one: it.counters().packets(one) for one in beside} == dict.fromkeys(beside, 0)
        assert it.counters().outside == {}
    assert status == 1
    assert opened(result_of(document, TARGET)) == {22, 443}
    assert {one["state"] for one in document["addresses"] if one["address"] != TARGET} == {"refused"}
    assert {problem["entry"] for problem in document["problems"]} == {3, 4, 10}


def test_overlapping_consents_run_at_the_slower_rate_for_what_both_allow(tmp_path: Path) -> None:
    with lab(hosts=[Host(TARGET, tcp=[22], udp=[500], closed="drop")], seconds=200) as it:
        fast = consent(TARGET, rate=1000, protocols=["tcp", "udp"], line="A")
        slow = consent(TARGET, rate=50, protocols=["tcp"], line="B")
        began = datetime.now(UTC)
        process = started(it, write_consents(tmp_path / "c.json", [fast, slow]), tmp_path / "out", tcp="1-300")
        _, document = finished(process)
        seconds = (datetime.now(UTC) - began).total_seconds()
        assert it.counters().packets(TARGET) <= 50 * seconds + 60
    result = result_of(document, TARGET)
    assert opened(result) == {22}
    assert result["protocols"] == ["tcp"]


def test_the_sixth_generation_is_scanned_like_the_fourth(tmp_path: Path) -> None:
    with lab(hosts=[Host(SIX, tcp=[22, 443, 599])], seconds=200) as it:
        process = started(it, write_consents(tmp_path / "c.json", [consent(SIX, rate=1000)]), tmp_path / "out")
        _, document = finished(process)
        assert it.counters().outside == {}
    assert opened(result_of(document, SIX)) == {22, 443, 599}


def test_a_disk_that_fills_up_in_mid_run_loses_no_evidence_and_a_larger_one_goes_on(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk."""
    with lab(hosts=[Host(TARGET, tcp=[3, 77, 555], closed="drop")], seconds=250) as it:
        consents = write_consents(tmp_path / "c.json", [consent(TARGET, rate=1000)])
        full = started(it, consents, tmp_path / "out", tcp="1-1500", before=["prlimit", "--fsize=6000"])
        _, complaints = full.communicate(timeout=150)
        assert full.returncode in {1, 2}
        assert "Traceback" not in complaints
        kept = entered(tmp_path / "out")
        assert kept, "the limit was so low that nothing was finished"
        process = started(it, consents, tmp_path / "out", "--resume", tcp="1-1500")
        status, document = finished(process)
    assert (status, opened(result_of(document, TARGET))) == (0, {3, 77, 555})
    assert kept.items() <= entered(tmp_path / "out").items()


def entered(out: Path) -> dict[str, bytes]:
    """Return the evidence that the ledger vouches for, by name: what was written and not entered counts as never asked."""
    whole = (out / TARGET / "ledger.jsonl").read_bytes().split(b"\n")[:-1]
    blocks = [entry for entry in (json.loads(line[17:]) for line in whole) if entry["kind"] == "block"]
    found = {block["file"]: (out / block["file"]).read_bytes() for block in blocks}
    assert {block["file"]: block["sha256"] for block in blocks} == {
        name: hashlib.sha256(content).hexdigest() for name, content in found.items()
    }
    return found
