"""What the tests of the gate share: keys, grants, an open gate in a lab, scanners and what the router saw of them."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import uuid4

from sekisho.adapters.gate.gate import Gate, open_gate
from sekisho.adapters.signing import SigningKey
from sekisho.domain.diagnosis.consents import Permit
from sekisho.domain.diagnosis.grants import PURPOSE, Grant, grants_for, write_grant
from tests.scan_lab import Host, Lab

KEY = SigningKey.new()
OPEN, SILENT, OTHER, SIX, FREE = "203.0.113.10", "203.0.113.20", "198.51.100.30", "2001:db8::10", "203.0.113.21"
"""OPEN answers on 22, 80 and 443 and resets the rest; SILENT answers nothing; OTHER is nobody's consent; FREE is as
SILENT, for the tests that open a gate of their own."""
HOSTS = (
    Host(OPEN, also=(SIX,), tcp=(22, 80, 443), udp=(53,)),
    Host(SILENT, closed="drop"),
    Host(FREE, closed="drop"),
    Host(OTHER, tcp=(22, 80, 443), udp=(53,)),
)


def grant(
    gate: Gate, *addresses: str, rate: int = 400, seconds: float = 3600.0, hospital: str = "aoba", **changes: Any
) -> Grant:
    """Return a grant for `addresses`, whose windows end in `seconds`."""
    now = datetime.now(UTC)
    protocols = changes.pop("protocols", frozenset({"tcp", "udp"}))
    ends_at = now + timedelta(seconds=seconds)
    permits = [Permit(hospital, ("1",), ip_address(one), protocols, rate, ends_at) for one in addresses]
    return grants_for(permits, gate=gate.name, now=now, new_id=lambda: uuid4().hex)[0]


def signed(one: Grant) -> bytes:
    """Return the grant as the ledger hands it out."""
    return KEY.sign(write_grant(one), PURPOSE)


@contextlib.contextmanager
def gate_in(lab: Lab, *addresses: str, stop_file: Path | None = None, **granted: Any) -> Iterator[Gate]:
    """Open a gate on the scanner's machine, with a grant for `addresses`."""
    with lab.inside():
        gate = open_gate(KEY.verify_key, stop_file=stop_file)
    with gate:
        if addresses:
            gate.admit(signed(grant(gate, *addresses, **granted)))
        yield gate


def run(gate: Gate, *argv: str, through: str = OPEN, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a scanner to its end through the gate, with the leave for `through`, whatever it is told to scan."""
    command = gate.command(argv, ip_address(through))
    return subprocess.run(
        command, capture_output=True, text=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL
    )


@contextlib.contextmanager
def running(gate: Gate, *argv: str, through: str = OPEN) -> Iterator[subprocess.Popen[bytes]]:
    """Run a scanner for as long as the block takes."""
    command = gate.command(argv, ip_address(through))
    quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as process:
        try:
            yield process
        finally:
            process.kill()


def flood(*targets: str, rate: int = 2000) -> Sequence[str]:
    """Return a scan that does not care about anything: every port, fast, for longer than a test takes."""
    return ("nmap", "-n", "-Pn", "-sS", "-p-", "--min-rate", str(rate), "--max-retries", "9", *targets)


def wait_for_packets(lab: Lab, address: str, more_than: int = 0, seconds: float = 10) -> int:
    """Return the packets that the router saw for `address` as soon as there are more than `more_than`."""
    until = time.monotonic() + seconds
    while (seen := lab.counters().packets(address)) <= more_than:
        assert time.monotonic() < until, f"no packet to {address}"
        time.sleep(0.05)
    return seen


def names_here(lab: Lab) -> str:
    """Return tables and links of the scanner's machine, without what changes by itself."""
    return lab.run(["nft", "list", "tables"]).stdout + lab.run(["ip", "-brief", "link"]).stdout


def processes_in(gate: Gate) -> list[int]:
    """Return the processes in the namespace of the gate."""
    inside = {os.readlink(f"/proc/self/fd/{one}") for one in gate._places[:1]}
    found = []
    for path in Path("/proc").glob("[0-9]*/ns/net"):
        with contextlib.suppress(OSError):
            if os.readlink(path) in inside:
                found.append(int(path.parts[2]))
    return found
