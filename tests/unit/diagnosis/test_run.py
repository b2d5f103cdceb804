"""Runs that never come to sending: nothing consented, no scanner, no room, a folder with another run in it."""

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from sekisho.diagnosis import run as run_module
from sekisho.diagnosis.run import Asked, CannotRun, run_diagnosis
from sekisho.domain.diagnosis.consents import Consent
from sekisho.domain.diagnosis.runs import FORMAT, State

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


def consent(**changes: Any) -> Consent:
    values: dict[str, Any] = {
        "hospital": "H1", "line": "L1", "address": ip_address("203.0.113.2"), "starts_at": NOW - timedelta(hours=1),
        "ends_at": NOW + timedelta(hours=1), "protocols": frozenset({"tcp"}), "packets_per_second": 400, "signed_by": "院長",
    }  # fmt: skip
    return Consent(**(values | changes))


def no_gate(*_: object, **__: object) -> Any:
    raise AssertionError("the gate was opened")


def test_without_a_consent_in_force_nothing_is_opened_and_every_refusal_told(tmp_path: Path) -> None:
    over = consent(ends_at=NOW - timedelta(minutes=1))
    private = consent(address=ip_address("192.168.0.1"), line="L2")
    result = run_diagnosis([over, private], tmp_path, clock=lambda: NOW, gate_opener=no_gate)
    assert [one.state for one in result.addresses] == [State.REFUSED, State.REFUSED]
    assert [one.why.en for one in result.addresses if one.why] == [
        "The consented window is over.", "The address cannot be reached from the internet (private or reserved), so it is not scanned.",
    ]  # fmt: skip
    document = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert document["format"] == FORMAT
    assert document["addresses"][0]["state"] == "refused"
    assert not result.is_clean


def test_without_nmap_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    out = tmp_path / "out"
    with pytest.raises(CannotRun) as caught:
        run_diagnosis([consent()], out, clock=lambda: NOW, gate_opener=no_gate)
    assert "nmap" in caught.value.text.ja
    assert not out.exists()


def test_a_folder_with_a_run_in_it_is_taken_only_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "203.0.113.2").mkdir()
    (tmp_path / "203.0.113.2" / "ledger.jsonl").touch()
    with pytest.raises(CannotRun) as caught:
        run_diagnosis([consent()], tmp_path, clock=lambda: NOW, gate_opener=no_gate)
    assert "--resume" in caught.value.text.en


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotRun) as caught:
        run_diagnosis([consent()], tmp_path / "file", clock=lambda: NOW, gate_opener=no_gate)
    assert "file" in caught.value.text.en


def test_a_result_that_has_no_room_leaves_none_that_is_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_module.os, "fsync", full)
    with pytest.raises(CannotRun) as caught:
        run_diagnosis([consent(withdrawn_at=NOW)], tmp_path, clock=lambda: NOW, gate_opener=no_gate)
    assert "resume" in caught.value.text.en
    assert list(tmp_path.iterdir()) == []


def test_everything_means_all_tcp_and_the_ranked_udp_ports() -> None:
    assert len(Asked().ports("tcp")) == 65535
    udp = Asked().ports("udp")
    assert udp[:2] == (500, 4500)
    assert len(udp) == len(set(udp)) == 100
    assert {53, 123, 161, 500, 4500, 1701, 1194, 1812, 1900, 5060, 5353, 69, 623} <= set(udp)
