"""A program with an open gate and a scanner at full speed, which does with itself what it reads: see test_gate_ends.

Argument: the address. Says "sending" when the scanner runs. "die": killed at once. "term": SIGTERM. "orphan": the
keeper is killed. "both": keeper and program are killed in the same moment.
"""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from uuid import uuid4

from sekisho.adapters.gate.gate import open_gate
from sekisho.adapters.signing import SigningKey
from sekisho.domain.diagnosis.consents import Permit
from sekisho.domain.diagnosis.grants import PURPOSE, grants_for, write_grant


def main(address: str) -> None:
    """Open the gate, start the scanner, wait for a word."""
    key, now = SigningKey.new(), datetime.now(UTC)
    gate = open_gate(key.verify_key)
    ends_at = now + timedelta(hours=1)
    permit = Permit("aoba", ("1",), ip_address(address), frozenset({"tcp"}), 400, ends_at)
    for grant in grants_for([permit], gate=gate.name, now=now, new_id=lambda: uuid4().hex):
        gate.admit(key.sign(write_grant(grant), PURPOSE))
    flood = ["nmap", "-n", "-Pn", "-sS", "-p-", "--min-rate", "2000", "--max-retries", "9", address]
    quiet = subprocess.DEVNULL
    subprocess.Popen(gate.command(flood, ip_address(address)), stdin=quiet, stdout=quiet, stderr=quiet)
    print("sending", flush=True)
    word = sys.stdin.readline().strip()
    if word in ("orphan", "both"):
        gate._keeper.kill()
    if word in ("die", "both"):
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "term":
        os.kill(os.getpid(), signal.SIGTERM)
    sys.stdin.readline()


main(sys.argv[1])
