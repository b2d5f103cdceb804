"""What a complete scan costs: `sekisho diagnose run` beside plain nmap and masscan at the same rate, in the lab of scans.

Each run has a lab of its own, many side by side: a scan mostly waits. The quick form asks fewer ports in fewer runs;
`--full` asks all 65,535 in 20 runs and takes hours. The floor is what the packets alone need at the rate that the
consent, the line and the device let pass; packets are counted by the kernel of the lab's router.
"""

import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import ceil, log
from pathlib import Path
from random import Random
from statistics import median
from subprocess import TimeoutExpired
from typing import Any

from tests.scan_lab import Block, Host, Lab, Line, lab

Row = dict[str, object]

ADDRESS = "203.0.113.10"
OPEN_PORTS = 12
LOSS = 0.01
MOST_RATIO = 1.25
LEAST_MISSED = 0.001
"""The expected number of missed open ports below which a scan counts as complete."""
FRAME_BITS = 64 * 8
ADDRESSES = 16
STEADY_RATE = 400
BURST = 0.1
"""What may go beyond the rate in one second, as its share: senders do not tick like clocks."""


@dataclass(frozen=True)
class Form:
    """How much is measured. `weight` is how many packets a second all labs together may carry on this machine.

    `most_ratio` bounds the time against the floor; None where a scan's beginning and end are most of it.
    """

    ports: int
    runs: int
    others: int
    block_seconds: int
    most_ratio: float | None
    weight: int = 24_000


QUICK = Form(ports=3_000, runs=3, others=1, block_seconds=5, most_ratio=None)
FULL = Form(ports=65_535, runs=20, others=3, block_seconds=60, most_ratio=MOST_RATIO)

LOSSY = Line(loss_out=LOSS, loss_in=LOSS)
FAR = replace(LOSSY, delay_ms=20)
THIN = replace(FAR, kbit=256)
LINES = {"1 % lost": LOSSY, "1 % lost, 20 ms": FAR, "1 % lost, 20 ms, 256 kbit/s": THIN}
RELAY_WEIGHT = 2


@dataclass(frozen=True)
class Cell:
    """One line, one device, one rate. `passes_rate` is what the device lets pass, None for anything."""

    line: str
    device: str
    rate: int
    host: Host
    limit: int | None = None

    @property
    def rate_there(self) -> float:
        """Return packets per second that arrive at most, whatever the consent says."""
        kbit = LINES[self.line].kbit
        line = kbit * 1000 / FRAME_BITS if kbit else self.rate
        return min(self.rate, line, self.limit or self.rate)

    @property
    def passes(self) -> float:
        """Return how often a port must be asked on average: a closed port that answers is asked once, a silent one always."""
        lost = 1 - (1 - LOSS) ** 2
        needed = ceil(log(LEAST_MISSED / OPEN_PORTS) / log(lost))
        return needed if self.host.closed == "drop" else sum(lost**at for at in range(needed))

    @property
    def weight(self) -> int:
        """Return how much of the machine a lab of this cell takes."""
        return self.rate * (RELAY_WEIGHT if LINES[self.line].needs_relay else 1)


def cells(form: Form) -> list[Cell]:
    """Return every cell of the table."""
    found = []
    for rate in (400, 1_000):
        limits, blocks = rate // 2, int(rate * 0.6)
        for line in ("1 % lost", "1 % lost, 20 ms"):
            block = Block(above=blocks, seconds=form.block_seconds)
            found += [
                Cell(line, "resets", rate, Host(ADDRESS)),
                Cell(line, "drops", rate, Host(ADDRESS, closed="drop")),
                Cell(line, "limits SYNs", rate, Host(ADDRESS, closed="drop", syn_per_second=limits), limits),
                Cell(line, "blocks", rate, Host(ADDRESS, closed="drop", block=block), blocks),
            ]
        thin = "1 % lost, 20 ms, 256 kbit/s"
        found += [Cell(thin, "resets", rate, Host(ADDRESS)), Cell(thin, "drops", rate, Host(ADDRESS, closed="drop"))]
    return found


@dataclass(frozen=True)
class Outcome:
    """One run of one program."""

    program: str
    seconds: float
    found: int
    wrong: int
    packets: int
    outside: int
    is_complete: bool | None = None
    said: str = ""


@dataclass
class _Machine:
    """Lets labs begin while the machine can carry them."""

    free: int
    changed: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def share(self, weight: int) -> Iterator[None]:
        with self.changed:
            self.changed.wait_for(lambda: self.free >= weight)
            self.free -= weight
        try:
            yield
        finally:
            with self.changed:
                self.free += weight
                self.changed.notify_all()


def run(*, full: bool = False) -> Iterator[Row]:
    """Yield a row for each cell, then one for many addresses at once."""
    form = FULL if full else QUICK
    table = cells(form)
    machine = _Machine(form.weight)
    jobs = [(cell, program, at) for cell in table for program, runs in _programs(form) for at in range(runs)]
    jobs.sort(key=lambda job: -job[0].passes / job[0].rate_there)  # the long ones first
    with ThreadPoolExecutor(max_workers=64) as pool:
        outcomes = [(job[0], pool.submit(_outcome, *job, form, machine)) for job in jobs]
        many = pool.submit(_side_by_side, form, machine)
        for cell in table:
            yield _row(cell, form, [outcome.result() for of, outcome in outcomes if of is cell])
        yield many.result()


def _programs(form: Form) -> list[tuple[str, int]]:
    return [("sekisho", form.runs), ("nmap", form.others), ("masscan", form.others)]


def _outcome(cell: Cell, program: str, number: int, form: Form, machine: _Machine) -> Outcome:
    ports = Random(f"{cell.line} {cell.device} {cell.rate} {number}").sample(range(1, form.ports + 1), OPEN_PORTS)
    limit = 6 * form.ports * cell.passes / cell.rate_there + 10 * form.block_seconds + 120
    with (
        machine.share(cell.weight),
        tempfile.TemporaryDirectory(prefix="sekisho-bench.") as folder,
        lab([replace(cell.host, tcp=ports)], LINES[cell.line], seconds=int(limit) + 120) as it,
    ):
        began = time.monotonic()
        try:
            found, is_complete, said = _SCANS[program](it, Path(folder), cell, form, limit)
        except TimeoutExpired:
            found, is_complete, said = set(), None, f"cut off after {limit:.0f} s"
        seconds = time.monotonic() - began
        counted = it.counters()
    return Outcome(
        program, seconds, len(found & set(ports)), len(found - set(ports)), counted.packets(ADDRESS),
        sum(counted.outside.values()), is_complete, said,
    )  # fmt: skip


Found = tuple[set[int], bool | None, str]


def _by_sekisho(it: Lab, folder: Path, cell: Cell, form: Form, limit: float) -> Found:
    consents = folder / "CONSENTS.json"
    consents.write_text(json.dumps([consent(ADDRESS, cell.rate)]))
    done = it.run(diagnose(consents, folder / "out", form.ports), timeout=limit)
    file = folder / "out" / "result.json"
    if not file.exists():
        return set(), None, (done.stderr or done.stdout)[-500:]
    result = json.loads(file.read_text())["addresses"][0]
    return open_tcp(result), result["state"] == "complete", ""


def consent(address: str, rate: int) -> dict[str, object]:
    """Return a consent in force for one address."""
    now = datetime.now(UTC)
    return {
        "hospital": "H001", "line": "CAF00001", "address": address, "protocols": ["tcp"],
        "from": (now - timedelta(hours=1)).isoformat(), "until": (now + timedelta(hours=12)).isoformat(),
        "max_packets_per_second": rate, "dynamic": False, "confirmed_on": None, "signed_by": "lab", "withdrawn_at": None,
    }  # fmt: skip


def diagnose(consents: Path, out: Path, ports: int) -> list[str]:
    """Return the command of a scan for open TCP ports alone."""
    return [
        sys.executable, "-m", "sekisho.cli.main", "diagnose", "run", "--consents", str(consents), "--out", str(out),
        "--tcp", f"1-{ports}", "--ports-only",
    ]  # fmt: skip


def open_tcp(result: dict[str, Any]) -> set[int]:
    """Return the open TCP ports of one address of a result.json."""
    return {one["port"] for one in result["ports"] if one["protocol"] == "tcp" and one["state"] == "open"}


def _by_nmap(it: Lab, folder: Path, cell: Cell, form: Form, limit: float) -> Found:
    rate = str(cell.rate)
    command = [
        "nmap",
        "-n",
        "-Pn",
        "-sS",
        "--min-rate",
        rate,
        "--max-rate",
        rate,
        f"-p1-{form.ports}",
        "-oG",
        "-",
        ADDRESS,
    ]
    said = it.run(command, timeout=limit).stdout
    return {int(part.split("/")[0].split()[-1]) for part in said.split(",") if "/open/" in part}, None, ""


def _by_masscan(it: Lab, folder: Path, cell: Cell, form: Form, limit: float) -> Found:
    said = it.run(["masscan", "--rate", str(cell.rate), f"-p1-{form.ports}", ADDRESS], timeout=limit).stdout
    return {int(line.split()[3].split("/")[0]) for line in said.splitlines() if line.startswith("Discovered")}, None, ""


_SCANS = {"sekisho": _by_sekisho, "nmap": _by_nmap, "masscan": _by_masscan}


def _row(cell: Cell, form: Form, outcomes: Sequence[Outcome]) -> Row:
    own = [one for one in outcomes if one.program == "sekisho"]
    floor = form.ports * cell.passes / cell.rate_there
    seconds, packets = median(one.seconds for one in own), median(one.packets for one in own)
    row: Row = {
        "line": cell.line,
        "device": cell.device,
        "rate": cell.rate,
        "ports": form.ports,
        "runs": len(own),
        "recall": _recall(own),
        "least_recall": 1.0,
        "said_complete": sum(one.is_complete is True for one in own),
        "wrongly_complete": sum(one.is_complete is True and one.found < OPEN_PORTS for one in own),
        "target_wrongly_complete": 0,
        "not_open": sum(one.wrong for one in own),
        "target_not_open": 0,
        "outside": sum(one.outside for one in own),
        "target_outside": 0,
        "seconds": round(seconds, 1),
        "floor_s": round(floor, 1),
        "times_floor": round(seconds / floor, 2),
        "target_times_floor": form.most_ratio,
        "packets": round(packets),
        "times_needed_packets": round(packets / (form.ports * cell.passes), 2),
    }
    for name in ("nmap", "masscan"):
        others = [one for one in outcomes if one.program == name]
        row |= {
            f"{name}_recall": _recall(others),
            f"{name}_s": round(median(one.seconds for one in others), 1),
            f"{name}_packets": round(median(one.packets for one in others)),
        }
    row["said"] = next((one.said for one in own if one.said), None)
    return row


def _recall(outcomes: Sequence[Outcome]) -> float:
    return round(sum(one.found for one in outcomes) / (OPEN_PORTS * len(outcomes)), 4)


def _side_by_side(form: Form, machine: _Machine) -> Row:
    """Scan many addresses in one run: each has its own rate, and none slows another down."""
    random = Random(1)
    addresses = [f"198.51.100.{at}" for at in range(1, ADDRESSES + 1)]
    ports = {one: random.sample(range(1, form.ports + 1), OPEN_PORTS) for one in addresses}
    hosts = [
        Host(one, tcp=ports[one], closed=("reset", "drop")[at % 2], line=LOSSY) for at, one in enumerate(addresses)
    ]
    floor = form.ports * Cell("1 % lost", "drops", STEADY_RATE, Host(ADDRESS, closed="drop")).passes / STEADY_RATE
    with (
        machine.share(ADDRESSES * STEADY_RATE),
        tempfile.TemporaryDirectory(prefix="sekisho-bench.") as name,
        lab(hosts, seconds=int(6 * floor) + 300) as it,
    ):
        folder = Path(name)
        consents = folder / "CONSENTS.json"
        consents.write_text(json.dumps([consent(one, STEADY_RATE) for one in addresses]))
        began = time.monotonic()
        with it.capture() as wire:
            done = it.run(
                [*diagnose(consents, folder / "out", form.ports), "--parallel", str(ADDRESSES)], timeout=6 * floor + 120
            )
        seconds = time.monotonic() - began
        file = folder / "out" / "result.json"
        results = json.loads(file.read_text())["addresses"] if file.exists() else []
        outside = sum(it.counters().outside.values())
    found = {one["address"]: open_tcp(one) for one in results}
    return {
        "addresses_at_once": ADDRESSES,
        "rate": STEADY_RATE,
        "ports": form.ports,
        "recall": round(
            sum(len(found.get(one, set()) & set(ports[one])) for one in addresses) / (ADDRESSES * OPEN_PORTS), 4
        ),
        "least_recall": 1.0,
        "most_packets_in_a_second_to_one": max(wire.most_in_a_second(one) for one in addresses),
        "target_most": round(STEADY_RATE * (1 + BURST)),
        "outside": outside,
        "target_outside": 0,
        "seconds": round(seconds, 1),
        "times_floor_of_one": round(seconds / floor, 2),
        "target_times": form.most_ratio,
        "said": None if results else (done.stderr or done.stdout)[-500:],
    }
