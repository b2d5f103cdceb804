"""The state of an address follows from its ledger alone, wherever that was cut."""

import random
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.adapters.evidence import Ledger
from sekisho.diagnosis.memory import Memory, block_fields, block_of, fresh_memory
from sekisho.domain.diagnosis.completeness import Tally
from sekisho.domain.diagnosis.passes import Block, passes_needed

PORTS = {"tcp": tuple(range(1, 301))}
OPEN = {7, 80, 81, 222, 299}


def entry_for(block: Block) -> dict[str, Any]:
    canary = {
        "port": 80,
        "is_open": True,
        "asked": block.canary.asked,
        "missed": block.canary.missed,
        "late": 0,
        "unanswered_at_end": 0,
    }
    command = {
        "argv": ["nmap"], "tool": "nmap", "version": "7.93", "started_at": "2026-11-21T03:00:00+00:00",
        "ended_at": "2026-11-21T03:00:09+00:00", "file": f"a/{block.number}.xml", "sha256": "00", "outcome": "finished",
    }  # fmt: skip
    return {**block_fields(block), "canary": canary, **command}


def go_on(memory: Memory, ledger: Ledger, dice: random.Random, blocks: int) -> None:
    """Ask as a run does, over a line that loses a tenth; at most so many blocks."""
    asking = memory.asking["tcp"]
    for _ in range(blocks):
        tally, is_open = memory.canary
        ports = asking.next_ports(dice.randrange(20, 90), passes_needed(asking, tally, canary_is_open=is_open))
        if not ports:
            return
        opened = frozenset(port for port in ports if port in OPEN and dice.random() > 0.1)
        block = Block(
            memory.last_number + 1, "tcp", ports, opened=opened, rate=100.0, canary=Tally(30, dice.randrange(6))
        )
        memory.take(ledger.add("block", **entry_for(block)))
        if dice.random() < 0.1:
            memory.take(ledger.add("void", numbers=[block.number]))


def remembered(ledger: Ledger) -> Memory:
    memory = fresh_memory(PORTS)
    for entry in ledger.entries:
        memory.take(entry)
    return memory


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_run_cut_at_any_byte_goes_on_without_gap_or_repetition(tmp_path_factory: Any, seed: int, at: int) -> None:
    path: Path = tmp_path_factory.mktemp("memory") / "ledger.jsonl"
    dice = random.Random(seed)
    ledger = Ledger(path)
    memory = remembered(ledger)
    go_on(memory, ledger, dice, dice.randrange(1, 40))
    ledger.close()
    raw = path.read_bytes()
    path.write_bytes(raw[: at % (len(raw) + 1)])
    again = Ledger(path)
    resumed = remembered(again)
    kept = [entry["number"] for entry in again.entries if entry["kind"] == "block"]
    go_on(resumed, again, dice, 500)
    again.close()
    asking = resumed.asking["tcp"]
    assert set(asking.opened) == OPEN
    assert not asking.next_ports(1, passes_needed(asking, resumed.canary[0]))
    blocks = [block_of(entry) for entry in again.entries if entry["kind"] == "block"]
    assert [block.number for block in blocks][: len(kept)] == kept
    assert len({block.number for block in blocks}) == len(blocks)
    answered: set[int] = set()
    for block in blocks:
        assert not answered & set(block.asked)
        answered |= block.opened


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_what_a_run_knows_is_what_its_ledger_says(tmp_path_factory: Any, seed: int) -> None:
    ledger = Ledger(tmp_path_factory.mktemp("memory") / "ledger.jsonl")
    memory = remembered(ledger)
    go_on(memory, ledger, random.Random(seed), 30)
    assert remembered(ledger) == memory
    ledger.close()


def test_kinds_of_a_later_version_are_passed_over() -> None:
    memory = fresh_memory(PORTS)
    memory.take({"kind": "weather", "sky": "grey"})
    assert memory == fresh_memory(PORTS)
