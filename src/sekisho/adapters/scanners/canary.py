"""The canary: a program beside the scanner that keeps asking one port known to answer, and what it has heard so far."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sekisho.adapters.scanners import canary_probe
from sekisho.adapters.scanners.tools import kill_group
from sekisho.domain.diagnosis.consents import Address
from sekisho.domain.diagnosis.pace import CanaryAnswer

ANSWER_S = canary_probe.ANSWER_S
MOST_LINE_BYTES = 500


def canary_command(address: Address, *, raw: bool) -> list[str]:
    """Return the command that asks ports of `address` as its input says."""
    return [sys.executable, "-I", "-S", str(Path(canary_probe.__file__)), str(address), "raw" if raw else "connect"]


@dataclass(slots=True)
class Heard:
    """What was heard while one block ran. `late` counts answers that the other side had to repeat."""

    answers: list[CanaryAnswer] = field(default_factory=list)
    late: int = 0
    lines: list[str] = field(default_factory=list)


class Canary:
    """A running probe of one address. `command` turns an argument list into the one that goes through the gate."""

    def __init__(self, address: Address, command: Callable[[Sequence[str]], list[str]], *, raw: bool) -> None:
        self.argv = canary_command(address, raw=raw)
        self._process = subprocess.Popen(
            command(self.argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._lock = threading.Lock()
        self._heard = Heard()
        self._all: list[dict[str, Any]] = []
        self.port = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  (made above)
        while line := self._process.stdout.readline(MOST_LINE_BYTES):
            with suppress(ValueError, TypeError, KeyError):
                self._take(json.loads(line))

    def _take(self, said: dict[str, Any]) -> None:
        with self._lock:
            self._all.append(said)
            del self._all[:-256]
            self._heard.lines.append(json.dumps(said))
            if said["port"] != self.port:
                return
            if said.get("late"):
                self._heard.late += 1
            else:
                self._heard.answers.append(CanaryAnswer(float(said["at"]), said["delay"]))

    @property
    def is_alive(self) -> bool:
        """Return True while the program runs."""
        return self._process.poll() is None

    def ask(self, port: int, per_second: float) -> None:
        """Keep asking `port` so often from now on; 0 = stop asking."""
        self.port = port
        self._say(f"{port} {per_second:.3f}")

    def once(self, port: int) -> None:
        """Ask `port` once."""
        self._say(f"once {port}")

    def _say(self, words: str) -> None:
        assert self._process.stdin is not None  # noqa: S101
        with suppress(OSError, ValueError):
            self._process.stdin.write(words.encode() + b"\n")
            self._process.stdin.flush()

    def begin(self) -> None:
        """Begin a new account of what is heard."""
        with self._lock:
            self._heard = Heard()

    def heard(self) -> Heard:
        """Return what was heard since `begin`, in the order of asking."""
        with self._lock:
            answers = sorted(self._heard.answers, key=lambda one: one.at_s)
            return Heard(answers, self._heard.late, list(self._heard.lines))

    def answers_now(self, ports: Sequence[int], *, within_s: float = ANSWER_S + 0.3) -> dict[int, dict[str, Any]]:
        """Ask each of `ports` once, 50 ms apart, and return what those that answered said."""
        begun = time.monotonic()
        for port in ports:
            self.once(port)
            time.sleep(0.05)
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            with self._lock:
                found = {
                    one["port"]: one
                    for one in self._all
                    if one["port"] in ports and one["at"] >= begun and one["delay"] is not None and not one.get("late")
                }
            if len(found) == len(set(ports)):
                return found
            time.sleep(0.02)
        return found

    def close(self) -> None:
        """End the program."""
        kill_group(self._process)
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError, ValueError):
                if stream is not None:
                    stream.close()
        self._reader.join(1)
