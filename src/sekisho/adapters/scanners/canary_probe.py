"""The program that puts questions to a port known to answer, and says how long each answer took.

Run by its path inside the gate, with nothing but the standard library: `canary_probe.py ADDRESS raw|connect`. It reads
lines "PORT PER_SECOND" (0 = stop) and "once PORT" and ends with its input. For each question it writes one JSON line:
`port`, `at` (monotonic seconds), `delay` (seconds; null = no answer within `ANSWER_S`), `kind` ("open", "closed"), and
of an open port's answer `window` and `options` (bytes of TCP options). An answer that the other side had to repeat,
because the first was lost on its way to us, comes as a further line with `late`.

Why not nping: all its questions share one source port and one number, so an answer cannot be given to its question,
and a repeated answer would hide a lost one.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import socket
import struct
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

ANSWER_S = 0.95
"""Shorter than the second after which a TCP repeats its answer; as long as the scanner waits."""
LATE_S = 3.6
FIRST_PORT, PORTS = 61_000, 4000
SYN, ACK, RST = 0x02, 0x10, 0x04


class Question:
    """One SYN on its way."""

    def __init__(self, port: int, source: Any, number: int, at: float) -> None:
        self.port, self.source, self.number, self.at = port, source, number, at
        self.is_told = False


class RawKnock:
    """Half-made connections by raw packets: the kernel, which knows of no connection, resets what is answered."""

    def __init__(self, address: str) -> None:
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.target = address
        with socket.socket(self.family, socket.SOCK_DGRAM) as way:
            way.connect((address, 9))  # sends nothing: asks for the way out
            self.own = way.getsockname()[0]
        self.socket = socket.socket(self.family, socket.SOCK_RAW, socket.IPPROTO_TCP)
        self.socket.setblocking(False)
        self.socket.connect((address, 0))
        self.waiting: dict[int, Question] = {}
        self.turn = random.randrange(PORTS)  # noqa: S311  (no secret: tells questions apart)

    def ask(self, port: int) -> None:
        """Send one SYN from a source port of its own."""
        self.turn = (self.turn + 1) % PORTS
        number = random.getrandbits(32)
        question = Question(port, FIRST_PORT + self.turn, number, time.monotonic())
        with contextlib.suppress(OSError):  # no way out at this moment: it stays unanswered
            self.socket.send(self._segment(question))
        self.waiting[question.source] = question

    def _segment(self, question: Question) -> bytes:
        head = struct.pack(
            "!HHIIBBHHHBBH", question.source, question.port, question.number, 0, 6 << 4, SYN, 1024, 0, 0, 2, 4, 1460
        )
        pseudo = socket.inet_pton(self.family, self.own) + socket.inet_pton(self.family, self.target)
        pseudo += (
            struct.pack("!BBH", 0, 6, len(head))
            if self.family == socket.AF_INET
            else struct.pack("!IHBB", len(head), 0, 0, 6)
        )
        return head[:16] + struct.pack("!H", _checksum(pseudo + head)) + head[18:]

    def answers(self) -> Iterator[tuple[Question, dict[str, Any]]]:
        """Yield (question, what is said of it) for what has come in."""
        for _ in range(2000):
            try:
                packet = self.socket.recv(256)
            except OSError:
                return
            if self.family == socket.AF_INET:
                packet = packet[(packet[0] & 15) * 4 :]
            if len(packet) < 20:
                continue
            source, target, _number, acked, offset, flags, window = struct.unpack("!HHIIBBH", packet[:16])
            question = self.waiting.get(target)
            if question is None or source != question.port or acked != (question.number + 1) & 0xFFFFFFFF:
                continue
            is_open = flags & SYN and flags & ACK and not flags & RST
            said = {"kind": "open" if is_open else "closed"}
            if is_open:
                said |= {"window": window, "options": (offset >> 4) * 4 - 20}
            yield question, said

    def drop(self, question: Question) -> None:
        """Forget a question."""
        self.waiting.pop(question.source, None)


class ConnectKnock:
    """Whole connections, closed at once: for where raw packets are not allowed."""

    def __init__(self, address: str) -> None:
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.target = address
        self.poll = select.poll()
        self.waiting: dict[int, Question] = {}

    def ask(self, port: int) -> None:
        """Begin a connection."""
        knock = socket.socket(self.family, socket.SOCK_STREAM)
        knock.setblocking(False)
        # Closing sends a reset instead of a farewell of several packets.
        knock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        question = Question(port, knock, 0, time.monotonic())
        knock.connect_ex((self.target, port))
        self.waiting[knock.fileno()] = question
        self.poll.register(knock, select.POLLOUT)

    def answers(self) -> Iterator[tuple[Question, dict[str, Any]]]:
        """Yield (question, what is said of it) for connections that were made or refused."""
        for number, _ in self.poll.poll(0):
            question = self.waiting.get(number)
            if question is not None:
                failed = question.source.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                yield question, {"kind": "closed" if failed else "open"}

    def drop(self, question: Question) -> None:
        """Forget a question and close its connection."""
        self.waiting.pop(question.source.fileno(), None)
        self.poll.unregister(question.source)
        question.source.close()


def _checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    total += total >> 16
    return int(~total & 0xFFFF)


def main(address: str, kind: str) -> None:
    """Ask until the input ends."""
    knock: RawKnock | ConnectKnock = RawKnock(address) if kind == "raw" else ConnectKnock(address)
    os.set_blocking(0, False)
    port, gap, due, pending = 0, 0.0, 0.0, b""
    while True:
        now = time.monotonic()
        if gap and now >= due:
            knock.ask(port)
            due = max(due + gap, now + gap / 2)
        pause = min(0.02, max(0.0, due - now)) if gap else 0.02
        readable = select.select([0], [], [], pause)[0]
        if readable:
            try:
                read = os.read(0, 4096)
            except BlockingIOError:
                read = None
            if read == b"":
                return
            *lines, pending = (pending + (read or b"")).split(b"\n")
            for words in (line.split() for line in lines):
                if words and words[0] == b"once":
                    knock.ask(int(words[1]))
                elif words:
                    port, per_second = int(words[0]), float(words[1])
                    gap = 1 / per_second if per_second else 0.0
                    due = time.monotonic()
        _tell(knock)


def _tell(knock: RawKnock | ConnectKnock) -> None:
    now = time.monotonic()
    for question, said in list(knock.answers()):
        late = question.is_told
        _write(
            {
                "port": question.port,
                "at": question.at,
                "delay": now - question.at,
                **said,
                **({"late": True} if late else {}),
            }
        )
        knock.drop(question)
    for question in list(knock.waiting.values()):
        if not question.is_told and now - question.at > ANSWER_S:
            question.is_told = True
            _write({"port": question.port, "at": question.at, "delay": None, "kind": ""})
        if now - question.at > LATE_S:
            knock.drop(question)


def _write(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2])
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(0)
