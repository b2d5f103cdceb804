"""A program without any privilege that opens a gate and tries things: see test_gate_connect.

Arguments: what to try, the address it has leave for, another one, a folder. Prints one line of JSON.
"""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import uuid4

from sekisho.adapters.gate.gate import Gate, NotGranted, open_gate
from sekisho.adapters.signing import SigningKey
from sekisho.domain.diagnosis.consents import Permit
from sekisho.domain.diagnosis.grants import PURPOSE, GrantRefused, grants_for, write_grant

KEY = SigningKey.new()
QUIET: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def admit(gate: Gate, address: str, seconds: float = 3600) -> None:
    now = datetime.now(UTC)
    permit = Permit("aoba", ("1",), ip_address(address), frozenset({"tcp"}), 400, now + timedelta(seconds=seconds))
    for grant in grants_for([permit], gate=gate.name, now=now, new_id=lambda: uuid4().hex):
        gate.admit(KEY.sign(write_grant(grant), PURPOSE))


def scan(address: str, ports: str) -> list[str]:
    timing = ["--max-retries", "1", "--max-rtt-timeout", "200ms", "--initial-rtt-timeout", "200ms"]
    return ["nmap", "-sT", "-n", "-Pn", *timing, "--min-rate", "150", "--max-rate", "180", "-p", ports, address]


def refusal(gate: Gate, argv: list[str], address: str) -> str:
    try:
        gate.command(argv, ip_address(address))
    except NotGranted as refused:
        return refused.reason.en
    return ""


def look(gate: Gate, granted: str, other: str) -> dict[str, Any]:
    """Try what has to work and what has to be refused."""
    before = refusal(gate, scan(granted, "80"), granted)
    admit(gate, granted)
    done = subprocess.run(gate.command(scan(granted, "20-100"), ip_address(granted)), capture_output=True, text=True)
    try:
        admit(gate, "10.0.0.1")
    except GrantRefused as refused:
        private = refused.rule
    return {
        "uid": os.geteuid(),
        "kind": gate.kind,
        "notice": gate.notice.as_dict() if gate.notice else None,
        "counts": gate.counts().outside,
        "before": before,
        "status": done.returncode,
        "found": done.stdout,
        "private": private,
        "raw": refusal(gate, ["nmap", "-sS", *scan(granted, "80")[1:]], granted),
        "masscan": refusal(gate, ["masscan", "-p80", granted], granted),
        "two targets": refusal(gate, [*scan(granted, "80"), other], granted),
        "other": refusal(gate, scan(other, "80"), other),
    }


def end(gate: Gate, what: str, granted: str, stop: Path) -> dict[str, Any]:
    """End a scan in its middle and say how it ended and how long that took."""
    admit(gate, granted, seconds=3.0 if what == "window" else 3600)
    until = gate.open_until(ip_address(granted))
    with subprocess.Popen(gate.command(scan(granted, "1-20000"), ip_address(granted)), **QUIET) as scanner:
        time.sleep(1.0)
        began = time.time()
        if what == "window" and until is not None:
            began = until.timestamp()
        elif what == "stop":
            stop.touch()
        elif what == "revoke":
            gate.revoke(ip_address(granted))
        elif what == "keeper":
            gate._keeper.kill()
        elif what == "die":
            print(json.dumps({"at": began}), flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        status = scanner.wait(10)
    return {
        "at": began,
        "status": status,
        "seconds": time.time() - began,
        "why": refusal(gate, scan(granted, "1"), granted),
    }


def main(what: str, granted: str, other: str, folder: str) -> None:
    """Try it."""
    stop = Path(folder) / "STOP"
    with open_gate(KEY.verify_key, stop_file=stop) as gate:
        print(json.dumps(look(gate, granted, other) if what == "look" else end(gate, what, granted, stop)), flush=True)


main(*sys.argv[1:])
