"""Starts `sekisho diagnose run` on the scanner's machine of a lab."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.scan_lab import Lab


def consent(address: str, *, rate: int = 400, until: datetime | None = None, **more: Any) -> dict[str, Any]:
    """Return one entry of CONSENTS.json that holds now."""
    now = datetime.now(UTC)
    return {
        "hospital": "H001", "line": f"line-{address}", "address": address, "protocols": ["tcp"],
        "from": (now - timedelta(minutes=1)).isoformat(), "until": (until or now + timedelta(hours=1)).isoformat(),
        "max_packets_per_second": rate, "dynamic": False, "signed_by": "院長", **more,
    }  # fmt: skip


def write_consents(path: Path, entries: Iterable[dict[str, Any]]) -> Path:
    """Write CONSENTS.json as a careful program does: at once."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(list(entries)), encoding="utf-8")
    os.replace(draft, path)
    return path


def started(
    it: Lab,
    consents: Path,
    out: Path,
    *arguments: str,
    tcp: str | None = "1-600",
    services: bool = False,
    before: Sequence[str] = (),
) -> "subprocess.Popen[str]":
    """Start a run; what it says is captured."""
    ports = ["--tcp", tcp] if tcp else []
    only = [] if services else ["--ports-only"]
    return it.popen(
        [*before, sys.executable, "-m", "sekisho.cli.main", "--lang", "en", "diagnose", "run", "--json",
         "--consents", consents, "--out", out, *ports, *only, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"SEKISHO_DEBUG": "1"},
    )  # fmt: skip


def finished(process: "subprocess.Popen[str]", *, timeout: float = 150) -> tuple[int, dict[str, Any]]:
    """Wait for a run; returns its status and what it printed."""
    said, complaints = process.communicate(timeout=timeout)
    assert process.returncode in {0, 1}, complaints
    return process.returncode, json.loads(said)


def result_of(document: dict[str, Any], address: str) -> dict[str, Any]:
    """Return what a run brought for one address."""
    found: dict[str, Any] = next(one for one in document["addresses"] if one["address"] == address)
    return found


def opened(result: dict[str, Any], protocol: str = "tcp") -> set[int]:
    """Return the open ports of one result."""
    return {port["port"] for port in result["ports"] if port["protocol"] == protocol}


def ledger(out: Path, address: str) -> list[dict[str, Any]]:
    """Return the entries of a ledger as they stand on the disk."""
    text = (out / address.replace(":", "-") / "ledger.jsonl").read_text(encoding="utf-8")
    return [json.loads(line[17:]) for line in text.splitlines()]


def wait_for_packets(it: Lab, address: str, more_than: int, *, seconds: float = 20) -> None:
    """Wait until the router has counted so many packets to `address`."""
    until = time.monotonic() + seconds
    while it.counters().packets(address) <= more_than:
        assert time.monotonic() < until, "nothing was sent"
        time.sleep(0.05)
