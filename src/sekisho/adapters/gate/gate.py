"""What callers use of the gate."""

import base64
import contextlib
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import sekisho
from sekisho.adapters.gate.connect import NotPlain, plain_command
from sekisho.adapters.gate.stop_file import is_stopped
from sekisho.adapters.gate.words import KEEPER_GONE, NO_KEEPER, NO_STOP_FOLDER, NOT_OPEN, STOP_IS_ON
from sekisho.adapters.signing import VerifyKey
from sekisho.domain.diagnosis.consents import Address, public_address
from sekisho.domain.diagnosis.grants import REFUSALS, GrantRefused
from sekisho.domain.text import Text

Kind = Literal["namespace", "connect"]
_LEFT_TO_SCANNERS = "-all,+net_raw,+net_bind_service"
"""Sending raw frames and asking from port 500. Without the rest, nothing in the namespace can leave it again."""
_GONE_S = 5.0


class GateUnavailable(Exception):
    """Nothing can be sent from here. `reason` says why and what to do."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


class NotGranted(Exception):
    """No packet may go to this address now, or not with this command. `reason` says why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class AddressCounts:
    """Packets from the namespace to one address since the gate was opened, counted by the kernel.

    `passed` left for the address, retries and resets included; `over_rate` were dropped because the second was full.
    """

    passed: int = 0
    over_rate: int = 0


@dataclass(frozen=True, slots=True)
class GateCounts:
    """`addresses` has every address that was ever open here. None where nothing can be counted (`connect`).

    `outside` counts packets to anything that was not open at that moment; `refused` those that were dropped for what
    they are: another protocol, a fragment, a foreign source address, larger than the line takes.
    """

    addresses: Mapping[Address, AddressCounts]
    outside: int | None
    refused: int | None


class Gate:
    """One running diagnosis' way out. A context manager; may be called from several threads.

    Everything stops when it is closed, when the stop file appears, when this process dies, when the keeper dies.
    """

    kind: Kind
    """`connect`: no namespace could be made here; only unprivileged connect scans run, after the same check."""
    name: str
    """What grants have to name: drawn anew for each gate, so that no grant serves two."""
    notice: Text | None
    """For the record of the run when `kind` is `connect`: what could not be made, and what that means."""

    def __init__(self, public_key: VerifyKey, stop_file: Path | None) -> None:
        """Start the keeper. Use `open_gate`.

        Raises:
            GateUnavailable: it did not start.
        """
        self.name = secrets.token_hex(16)
        self._lock = threading.Lock()
        self._places: list[int] = []
        self._last_counts: dict[str, Any] = {"counters": None}
        self._closed_by: str | None = None
        self._keeper = _start_keeper()
        settings = {"public_key": public_key.as_text(), "name": self.name, "parent": os.getpid()}
        greeting = self._ask(settings | {"stop_file": stop_file and str(stop_file.absolute())})
        if greeting is None:
            raise GateUnavailable(NO_KEEPER.filled(why=self._end_of_keeper()))
        self.kind = greeting["kind"]
        self.notice = greeting["notice"] and Text(**greeting["notice"])
        if self.kind == "namespace":
            self._hold(greeting["holder"])

    def _hold(self, holder: int) -> None:
        """Keep the namespaces by open files: a number of a process could come to mean another one."""
        try:
            for place in ("net", "pid_for_children"):
                self._places.append(os.open(f"/proc/{holder}/ns/{place}", os.O_RDONLY | os.O_CLOEXEC))
        except OSError as error:
            self.close_all()
            raise GateUnavailable(NO_KEEPER.filled(why=error)) from None
        # The keeper answers, so the holder's number still meant the holder when the files were opened.
        if self.closed_because() is not None:
            raise GateUnavailable(NO_KEEPER.filled(why=self.closed_because()))

    def admit(self, signed_grant: bytes) -> None:
        """Open the addresses of a grant, or keep them open. The first time takes a second of silence for an address.

        Raises:
            GrantRefused: with rule and reason; nothing of the grant was opened.
        """
        question = {"do": "admit", "grant": base64.b64encode(signed_grant).decode()}
        while True:
            answer = self._ask(question)
            if answer is None:
                raise GrantRefused("closed")
            if "refused" in answer:
                raise GrantRefused(answer["refused"])
            if "wait" not in answer:
                return
            time.sleep(answer["wait"])

    def command(self, argv: Sequence[str], address: Address) -> list[str]:
        """Return the argument list that runs `argv` through the gate; start it from this process.

        In the namespace it has root's number but none of root's powers, except to send. When it is killed, when this
        process dies or when the gate closes, the scanner is killed with it.

        Raises:
            NotGranted: `address` is not open now, or (`connect`) the command is more than an unprivileged connect scan.
        """
        answer = self._until(address)
        if answer["until"] is None:
            raise NotGranted(self._spoken(answer["why"]))
        tied = ["setpriv", "--pdeathsig", "KILL", "--"]
        if self.kind == "connect":
            try:
                plain = plain_command(argv, address, answer["rate"])
            except NotPlain as not_plain:
                raise NotGranted(not_plain.reason) from None
            leash = [sys.executable, "-m", "sekisho.adapters.gate.leash", self.name, str(address), "--"]
            return [*tied, "env", f"PYTHONPATH={_source()}", *leash, *plain]
        with self._lock:
            if not self._places:
                raise NotGranted(REFUSALS["closed"])
            net, pid = (f"/proc/{os.getpid()}/fd/{one}" for one in self._places)
        inside = [*tied[:-1], "--bounding-set", _LEFT_TO_SCANNERS, "--inh-caps", "-all", "--no-new-privs", "--"]
        return [*tied, "nsenter", f"--net={net}", f"--pid={pid}", "--", *inside, *argv]

    def open_until(self, address: Address) -> datetime | None:
        """Return when `address` closes by itself, None when it is closed now.

        What a scanner did not see counts only when the address was open all the time: ask before and after.
        """
        until = self._until(address)["until"]
        return None if until is None else datetime.fromisoformat(until)

    def closed_because(self) -> Text | None:
        """Return why the whole gate is closed (emergency stop, closed, keeper gone), None while it works."""
        answer = self._ask({"do": "standing"})
        rule = self._closed_by or "gone" if answer is None else answer["closed_by"]
        return None if rule is None else self._spoken(rule)

    def revoke(self, address: Address) -> None:
        """Close one address at once, for every grant issued until now. Scanners at it run into silence."""
        self._ask({"do": "revoke", "address": str(address)})

    def close_all(self) -> None:
        """Close everything at once, end every scanner in the namespace and take away all that was made.

        This gate opens nothing any more; its last counts stay.
        """
        self._ask({"do": "close"})
        self.counts()
        with self._lock:
            while self._places:
                os.close(self._places.pop())
        self._end_of_keeper()

    def counts(self) -> GateCounts:
        """Return the kernel's counts; after closing, the last ones."""
        answer = self._ask({"do": "counts"})
        if answer is not None:
            self._last_counts = answer
        counters = self._last_counts["counters"]
        if counters is None:
            return GateCounts({}, None, None)
        addresses = {
            public_address(address): AddressCounts(counters.get(f"passed{at}", 0), counters.get(f"over{at}", 0))
            for address, at in self._last_counts["numbers"].items()
        }
        return GateCounts(addresses, counters["outside"], counters["refused"])

    def __enter__(self) -> "Gate":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the gate and take everything away that it made on this machine."""
        self.close_all()

    # ---- talking to the keeper ----

    def _until(self, address: Address) -> dict[str, Any]:
        gone = {"until": None, "why": self._closed_by or "gone", "rate": None}
        return self._ask({"do": "until", "address": str(address)}) or gone

    def _ask(self, question: dict[str, Any]) -> dict[str, Any] | None:
        """Return the keeper's answer, None when there is no keeper any more."""
        with self._lock:
            asked, answered = self._keeper.stdin, self._keeper.stdout
            if asked is None or answered is None or asked.closed:
                return None
            try:
                asked.write(json.dumps(question).encode() + b"\n")
                asked.flush()
                line = answered.readline()
            except (OSError, ValueError):
                return None
            answer: dict[str, Any] | None = json.loads(line) if line.endswith(b"\n") else None
        if answer is not None and answer.get("closed_by"):
            self._closed_by = answer["closed_by"]
        return answer

    def _end_of_keeper(self) -> str:
        """Let the keeper end, and return its last words. What a killed one left is taken away by a new one."""
        with self._lock, contextlib.suppress(OSError):
            if self._keeper.stdin is not None:
                self._keeper.stdin.close()
        try:
            status = self._keeper.wait(_GONE_S)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            status = self._keeper.wait()
        with self._lock:
            if self._keeper.stdout is not None:
                self._keeper.stdout.close()
        self._closed_by = self._closed_by or "closed"
        return f"status {status}"

    def _spoken(self, rule: str) -> Text:
        return KEEPER_GONE if rule == "gone" else NOT_OPEN.get(rule) or REFUSALS[rule]


def open_gate(public_key: VerifyKey, *, stop_file: Path | None = None) -> Gate:
    """Open a gate that believes grants signed with the secret half of `public_key`.

    `stop_file`: while it exists nothing is sent; when it appears everything halts within 2 seconds, for good.

    Raises:
        GateUnavailable: the emergency stop is on, or not even connect scans could be watched here.
    """
    if stop_file is not None and not stop_file.parent.is_dir():
        raise GateUnavailable(NO_STOP_FOLDER.filled(folder=stop_file.parent))
    if is_stopped(stop_file):
        raise GateUnavailable(STOP_IS_ON.filled(file=stop_file))
    return Gate(public_key, stop_file)


def _start_keeper() -> "subprocess.Popen[bytes]":
    # `ip` and `nft` lie where only administrators look by default.
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    environment = {"PATH": path, "PYTHONPATH": _source(), "LC_ALL": "C"}
    return subprocess.Popen(
        [sys.executable, "-m", "sekisho.adapters.gate.keeper"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,  # a Ctrl-C is for the program: the keeper ends in its own order
    )


def _source() -> str:
    return str(Path(sekisho.__file__).parents[1])
