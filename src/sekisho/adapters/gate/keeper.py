"""The keeper: a process of its own that owns one gate, and takes it away when anything happens to anybody.

It reads questions as lines of JSON from standard input and answers each with a line. Between questions, ten times in a
second, it looks whether the stop file has appeared, a window is over by the clock, or the program that started it is
gone. Its own death ends the namespace with every scanner in it; what the kernel was told closes by its timeouts, and
the next gate takes the rest away.

The first line is {"public_key", "name", "stop_file", "parent"}; the answer {"kind", "holder", "notice"}.
Then {"do": "admit" | "until" | "revoke" | "close" | "counts" | "standing", ...}.
"""

import base64
import contextlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sekisho.adapters.gate import host
from sekisho.adapters.gate.leashes import Leashes
from sekisho.adapters.gate.leave import MARGIN, Leave, NeverBack
from sekisho.adapters.gate.namespace import Namespace
from sekisho.adapters.gate.stop_file import is_stopped
from sekisho.adapters.gate.words import CONNECT_ONLY
from sekisho.adapters.signing import VerifyKey
from sekisho.domain.diagnosis.consents import Address, public_address
from sekisho.domain.diagnosis.grants import Grant, GrantRefused

TICK_S = 0.1
_STIR_S = 1.0


class Keeper:
    """One gate: what is asked is answered, what has to end is ended."""

    def __init__(self, settings: dict[str, Any]) -> None:
        """Build the namespace, or be the keeper of connect scans when it cannot be made."""
        self._never_back = NeverBack(*_clocks())
        self._stop_file = None if settings["stop_file"] is None else Path(settings["stop_file"])
        self._parent = settings["parent"]
        self._leave = Leave(VerifyKey.from_text(settings["public_key"]), settings["name"])
        self._claims: dict[Address, socket.socket] = {}
        self._namespace: Namespace | None = None
        self._why_connect = ""
        self._stir_at = 0.0
        self._margin = MARGIN
        self.closed_by: str | None = None
        try:
            self._namespace = Namespace()
        except (host.HostFailed, OSError) as error:
            self._why_connect = str(error)
        self.leashes = Leashes(settings["name"]) if self._namespace is None else None

    def greeting(self) -> dict[str, Any]:
        """Return what the gate's caller has to know."""
        if self._namespace is not None:
            return {"kind": "namespace", "holder": self._namespace.holder.pid, "notice": None}
        return {"kind": "connect", "holder": None, "notice": CONNECT_ONLY.filled(why=self._why_connect).as_dict()}

    def look_around(self) -> None:
        """Do what has to be done without being asked."""
        if self.closed_by is not None:
            return
        if is_stopped(self._stop_file):
            self.end("stopped")
        elif os.getppid() != self._parent or (self._namespace and self._namespace.holder.poll() is not None):
            self.end("closed")
        elif over := self._leave.over(self._now()):
            self._close(over)
        if self._namespace is not None and self.closed_by is None and time.monotonic() >= self._stir_at:
            self._stir_at = time.monotonic() + _STIR_S
            self._namespace.stir()

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to one question."""
        self.look_around()
        answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "admit": self._admit,
            "until": self._until,
            "revoke": self._revoke,
            "close": self._end,
            "counts": self._counts,
            "standing": lambda _: {"closed_by": self.closed_by},
        }
        try:
            return answers[question["do"]](question)
        except GrantRefused as refused:
            return {"refused": refused.rule}
        except host.HostFailed as failed:
            # A kernel that does not take our rules cannot be trusted with the ones it has.
            print(failed, file=sys.stderr, flush=True)  # noqa: T201  # for the one who started this process
            self.end("closed")
            return {"refused": "closed"}

    def end(self, rule: str) -> None:
        """Stop everything for good: scanners first, then the rules, then all that was made."""
        if self.closed_by is None:
            self.closed_by = rule
            self._leave.close_all(rule)
        if self.leashes is not None:
            self.leashes.let_go(set())
        if self._namespace is not None:
            self._namespace.remove()
        for claim in self._claims.values():
            claim.close()

    def is_open(self, address: Address) -> bool:
        """Return True when packets may go to `address` now."""
        standing = self._leave.standing.get(address)
        return self.closed_by is None and standing is not None and standing.until is not None

    def _now(self) -> datetime:
        return self._never_back.now(*_clocks())

    def _admit(self, question: dict[str, Any]) -> dict[str, Any]:
        if self.closed_by is not None:
            raise GrantRefused(self.closed_by)
        now = self._now()
        grant = self._leave.read(base64.b64decode(question["grant"]), now)
        largest = {one.address: self._claim(one.address) for one in grant.addresses}
        for standing, is_new in self._leave.prepare(grant, now):
            if self._namespace is not None:
                self._namespace.write_address(standing, largest[standing.granted.address], is_new=is_new)
        if (missing := self._leave.quiet_for(grant, now)) > 0:
            return {"wait": missing}
        return self._open(grant)

    def _open(self, grant: Grant) -> dict[str, Any]:
        """Open the addresses; when the kernel heard of it too late to end in time, close them and ask to try again.

        The next time more is taken off, so that a slow machine gets there too.
        """
        now = self._now()
        openings = self._leave.opened(grant, now, self._margin)
        if self._namespace is not None:
            self._namespace.open(openings)
            if (took := self._now() - now) > self._margin:
                self._namespace.close([address for address, _ in openings])
                self._margin = 2 * took
                return {"wait": TICK_S}
        return {}

    def _claim(self, address: Address) -> int:
        """Claim an address on this machine; return the largest packet that the way there takes."""
        if address not in self._claims:
            claim = host.claimed(f"address-{address}")
            if claim is None:
                raise GrantRefused("in-use")
            self._claims[address] = claim
        return 0 if self._namespace is None else self._namespace.lead_to(address)

    def _until(self, question: dict[str, Any]) -> dict[str, Any]:
        standing = self._leave.standing.get(public_address(question["address"]))
        if standing is None:
            return {"until": None, "why": self.closed_by or "never", "rate": None}
        until = None if self.closed_by is not None or standing.until is None else standing.until.isoformat()
        why = self.closed_by or standing.closed_by
        return {"until": until, "why": why, "rate": standing.granted.packets_per_second}

    def _revoke(self, question: dict[str, Any]) -> dict[str, Any]:
        address = public_address(question["address"])
        if self._leave.revoke(address, self._now()) and self.closed_by is None:
            self._close([address])
        return {}

    def _close(self, addresses: list[Address]) -> None:
        if self._namespace is not None:
            self._namespace.close(addresses)
        if self.leashes is not None:
            self.leashes.let_go({one for one in self._leave.standing if self.is_open(one)})

    def _end(self, question: dict[str, Any]) -> dict[str, Any]:
        self.end("closed")
        return {}

    def _counts(self, question: dict[str, Any]) -> dict[str, Any]:
        if self._namespace is None:
            return {"counters": None}
        numbers = {str(address): standing.number for address, standing in self._leave.standing.items()}
        return {"counters": self._namespace.counters(), "numbers": numbers}


def _clocks() -> tuple[datetime, float]:
    return datetime.now(UTC), time.clock_gettime(time.CLOCK_BOOTTIME)


def _serve(keeper: Keeper, questions: "_Lines") -> None:
    """Answer until the program that asks is gone."""
    with selectors.DefaultSelector() as selector:
        selector.register(0, selectors.EVENT_READ)
        if keeper.leashes is not None:
            selector.register(keeper.leashes.server, selectors.EVENT_READ)
        while not questions.has_ended and not _Told.to_end:
            for key, _ in selector.select(TICK_S):
                if key.fd == 0:
                    for line in questions.read():
                        _say(keeper.answer(json.loads(line)))
                elif keeper.leashes is not None:
                    keeper.leashes.accept(keeper.is_open)
            keeper.look_around()


class _Lines:
    """Whole lines from standard input, without waiting for more."""

    def __init__(self) -> None:
        self._rest = b""
        self.has_ended = False

    def read(self) -> list[bytes]:
        more = os.read(0, 1 << 20)
        self.has_ended = not more
        *lines, self._rest = (self._rest + more).split(b"\n")
        return lines


class _Told:
    """Set by SIGTERM: the loop ends at its next turn."""

    to_end = False


def _say(answer: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(1, json.dumps(answer).encode() + b"\n")


def _end_at_term(*_: object) -> None:
    _Told.to_end = True


def main() -> None:
    """Keep one gate until standard input ends."""
    signal.signal(signal.SIGTERM, _end_at_term)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    questions = _Lines()
    first: list[bytes] = []
    while not first and not questions.has_ended:
        first = questions.read()
    if first:
        keeper = Keeper(json.loads(first[0]))
        try:
            _say(keeper.greeting())
            _serve(keeper, questions)
        finally:
            keeper.end("closed")


if __name__ == "__main__":
    main()
