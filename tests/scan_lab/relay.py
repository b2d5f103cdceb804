"""Lines with delay, jitter, a speed and a queue: packets read from one TUN device are written to another when their time comes.

The kernels this runs on may have no queueing disciplines at all; this needs none. Nothing but the standard library.
"""

import contextlib
import fcntl
import os
import selectors
import struct
import time
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any, NoReturn

_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_FRAMING, _LEAST_FRAME = 18, 64
"""Bytes of Ethernet around a packet (header and checksum), and the least a frame has: lines count these too."""
_AT_ONCE = 128
_BREATH = 0.001
"""Seconds between two looks: packets that came meanwhile are taken together, which costs a fraction of one look each."""
_LONGEST = 65_535


class Way:
    """One direction of a line. Times in seconds of time.monotonic(); the lab began at `began`."""

    def __init__(self, out: int, line: dict[str, Any], random: Random, began: float) -> None:
        self.out, self.random, self.began = out, random, began
        self.delay, self.jitter = line["delay_ms"] / 1000, line["jitter_ms"] / 1000
        self.bytes_per_second = line["kbit"] * 125 if line["kbit"] else None
        self.queue_bytes = line["queue_bytes"]
        self.free_at = self.last = 0.0
        self.under_way: deque[tuple[float, bytes]] = deque()
        self.dropped = 0
        self.dead = line["dead"]

    def take(self, packet: bytes, now: float) -> None:
        """Let `packet` onto the line at `now`, unless the line is dead or the queue before it is full."""
        if any(first <= now - self.began < last for first, last in self.dead):
            self.dropped += 1
            return
        sent = now
        if self.bytes_per_second:
            size = max(len(packet) + _FRAMING, _LEAST_FRAME)
            start = max(now, self.free_at)
            if (start - now) * self.bytes_per_second + size > self.queue_bytes:
                self.dropped += 1
                return
            sent = self.free_at = start + size / self.bytes_per_second
        self.last = max(self.last, sent + self.delay + (self.random.random() * self.jitter if self.jitter else 0))
        self.under_way.append((self.last, packet))

    def give(self, now: float) -> None:
        """Write what has arrived by `now`."""
        while self.under_way and self.under_way[0][0] <= now:
            with contextlib.suppress(OSError):  # the other end is gone or full: a lost packet
                os.write(self.out, self.under_way[0][1])
            self.under_way.popleft()


def open_tunnels(
    documents: list[dict[str, Any]], enter: Callable[[str], None]
) -> list[tuple[int, int, dict[str, Any]]]:
    """Make both ends of every tunnel in their namespaces; (end, end, line) each."""
    return [(_open(one["router"], enter), _open(one["far"], enter), one) for one in documents]


def _open(end: list[str], enter: Callable[[str], None]) -> int:
    space, name = end
    enter(space)
    opened = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(opened, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return opened


def relay(tunnels: list[tuple[int, int, dict[str, Any]]]) -> NoReturn:
    """Carry packets for ever."""
    with contextlib.suppress(OSError):
        os.nice(-10)  # what waits for the processor here would look like delay
    selector = selectors.DefaultSelector()
    ways: list[Way] = []
    began = time.monotonic()
    for at, (one, other, line) in enumerate(tunnels):
        for source, target in ((one, other), (other, one)):
            way = Way(target, line, Random(at), began)
            ways.append(way)
            selector.register(source, selectors.EVENT_READ, way)
    while True:
        for key, _ in selector.select(_patience(ways)):
            _read(key.fd, key.data)
        now = time.monotonic()
        for way in ways:
            if way.under_way:
                way.give(now)
        time.sleep(_BREATH)


def _patience(ways: list[Way]) -> float:
    first = min((way.under_way[0][0] for way in ways if way.under_way), default=None)
    return 1.0 if first is None else max(0.0, first - time.monotonic())


def _read(source: int, way: Way) -> None:
    for _ in range(_AT_ONCE):
        try:
            packet = os.read(source, _LONGEST)
        except BlockingIOError:
            return
        way.take(packet, time.monotonic())
