"""The ledger after a power cut at any byte, a full disk, and a hand that meddled."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.adapters.evidence import Ledger


def written(path: Path, count: int) -> list[dict[str, object]]:
    ledger = Ledger(path)
    for number in range(count):
        ledger.add("block", number=number, asked="1-9,22", said="応答")
    ledger.close()
    return list(ledger.entries)  # type: ignore[arg-type]


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10_000))
def test_ledger_cut_at_any_byte_keeps_every_whole_line(tmp_path_factory: pytest.TempPathFactory, at: int) -> None:
    path = tmp_path_factory.mktemp("cut") / "ledger.jsonl"
    entries = written(path, 8)
    raw = path.read_bytes()
    at %= len(raw) + 1
    path.write_bytes(raw[:at])
    whole = raw[:at].count(b"\n")
    ledger = Ledger(path)
    assert ledger.entries == entries[:whole]
    ledger.add("block", number=99)
    ledger.close()
    assert [entry["number"] for entry in Ledger(path).entries] == [*range(whole), 99]
    kept = b"".join(cut.read_bytes() for cut in path.parent.glob("*.cut-*"))
    assert raw[:at] == b"".join(line + b"\n" for line in raw.split(b"\n")[:whole]) + kept


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_ledger_changed_at_any_byte_ends_before_the_change(
    tmp_path_factory: pytest.TempPathFactory, at: int, by: int
) -> None:
    path = tmp_path_factory.mktemp("changed") / "ledger.jsonl"
    entries = written(path, 5)
    raw = bytearray(path.read_bytes())
    at %= len(raw)
    raw[at] ^= by
    path.write_bytes(raw)
    ledger = Ledger(path)
    assert ledger.entries == entries[: len(ledger.entries)]
    assert len(ledger.entries) <= bytes(raw[:at]).count(b"\n")
    assert ledger.cut > 0


def test_lines_cannot_be_left_out_or_exchanged(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    written(path, 4)
    first, second, third, fourth = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + third + fourth)
    assert len(Ledger(path).entries) == 1
    path.write_bytes(second + first)
    assert Ledger(path).entries == []


def test_full_disk_leaves_the_ledger_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.jsonl"
    written(path, 2)
    before = path.read_bytes()
    ledger = Ledger(path)
    really = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: really(handle, data[:20]))
    with pytest.raises(OSError, match="No space"):
        ledger.add("block", number=2)
    monkeypatch.undo()
    assert path.read_bytes() == before
    ledger.add("block", number=3)
    assert [entry["number"] for entry in Ledger(path).entries] == [0, 1, 3]
