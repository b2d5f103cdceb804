"""What stand-ins say on TCP and UDP: small servers in one event loop. Nothing but the standard library."""

import contextlib
import os
import selectors
import socket
import struct
import time
from base64 import b64decode
from collections.abc import Callable, Iterable
from typing import Any

_IP_TRANSPARENT = 19
_IPV6_TRANSPARENT = 75
_MOST_CONNECTIONS = 4096
_LONGEST_SECONDS = 300
_FLOOD_BYTES = 64 << 20
_BUFFER = 4 << 20
_NTP_EPOCH = 2_208_988_800


def _dns(asked: bytes) -> bytes | None:
    """Refuse a DNS question, as a resolver does for strangers."""
    if len(asked) < 12 or asked[2] & 0x80 or asked[4:6] == b"\0\0":
        return None
    return asked[:2] + bytes([asked[2] | 0x80, 0x05]) + asked[4:6] + bytes(6) + asked[12:]


def _ntp(asked: bytes) -> bytes | None:
    """Tell the time (mode 4, stratum 2) to a client (mode 3)."""
    if len(asked) < 48 or asked[0] & 7 != 3:
        return None
    now = struct.pack(">II", int(time.time()) + _NTP_EPOCH, 0)
    version = asked[0] & 0x38
    return bytes([version | 4, 2, asked[2], 0xEC]) + bytes(8) + b"\xc0\x00\x02\x01" + now + asked[40:48] + now + now


def _sip(asked: bytes) -> bytes | None:
    """Answer OPTIONS of SIP with the headers that must come back."""
    if not asked.startswith(b"OPTIONS ") or b"SIP/2.0" not in asked:
        return None
    kept = [
        line
        for line in asked.split(b"\r\n")
        if line.lower().startswith((b"via:", b"from:", b"to:", b"call-id:", b"cseq:"))
    ]
    return b"\r\n".join([b"SIP/2.0 200 OK", *kept, b"Server: lab-pbx/1.0", b"Content-Length: 0", b"", b""])


def _ssdp(asked: bytes) -> bytes | None:
    """Answer a search for devices, as routers with UPnP do."""
    if not asked.startswith(b"M-SEARCH "):
        return None
    return b"HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:0\r\nSERVER: Linux UPnP/1.0 lab/1.0\r\n\r\n"


UDP_KINDS: dict[str, Callable[[bytes], bytes | None]] = {
    "echo": bytes,
    "dns": _dns,
    "ntp": _ntp,
    "sip": _sip,
    "ssdp": _ssdp,
}


class Talker:
    """Every listener of the lab. `enter` puts this process into a namespace of the lab."""

    def __init__(self, selector: selectors.BaseSelector, enter: Callable[[str], None]) -> None:
        self.selector, self.enter = selector, enter
        self.connections: dict[socket.socket, _Connection] = {}

    def listen(self, listeners: Iterable[dict[str, Any]]) -> None:
        """Open every listener."""
        for one in listeners:
            self.enter(one["space"])
            if one["protocol"] == "tcp":
                self._listen_tcp(one)
            else:
                self._listen_udp(one)

    def _listen_tcp(self, one: dict[str, Any]) -> None:
        for family, level, option in (
            (socket.AF_INET, socket.SOL_IP, _IP_TRANSPARENT),
            (socket.AF_INET6, socket.IPPROTO_IPV6, _IPV6_TRANSPARENT),
        ):
            listener = socket.socket(family, socket.SOCK_STREAM)
            listener.setblocking(False)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.setsockopt(level, option, 1)
            listener.bind(("", one["port"]))
            listener.listen(4096)
            script = _Script(one)
            self.selector.register(listener, selectors.EVENT_READ, lambda s, _, script=script: self._accept(s, script))

    def _accept(self, listener: socket.socket, script: "_Script") -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            for _ in range(64):
                accepted, _ = listener.accept()
                accepted.setblocking(False)
                self.connections[accepted] = _Connection(accepted, script, self)
        while len(self.connections) > _MOST_CONNECTIONS:
            next(iter(self.connections.values())).close()

    def _listen_udp(self, one: dict[str, Any]) -> None:
        script = _Script(one)
        for address in one["addresses"]:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            for first, last in one["runs"]:
                for port in range(first, last + 1):
                    opened = socket.socket(family, socket.SOCK_DGRAM)
                    opened.setblocking(False)
                    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
                    opened.bind((address, port))
                    self.selector.register(opened, selectors.EVENT_READ, lambda s, _, script=script: _reply(s, script))

    def tidy(self) -> None:
        """End connections that are old."""
        now = time.monotonic()
        for one in [one for one in self.connections.values() if now - one.began > _LONGEST_SECONDS]:
            one.close()


class _Script:
    def __init__(self, document: dict[str, Any]) -> None:
        self.greeting, self.reply = b64decode(document["greeting"]), b64decode(document["reply"])
        self.end: str = document["end"]
        self.understands = UDP_KINDS[document["speaks"]] if document["speaks"] else lambda asked: self.reply or None


def _reply(opened: socket.socket, script: _Script) -> None:
    with contextlib.suppress(OSError):
        for _ in range(64):
            asked, who = opened.recvfrom(65_535)
            said = script.understands(asked)
            if said is not None:
                opened.sendto(said, who)


class _Connection:
    """One accepted connection: what is still to be sent, and whether it ends then."""

    def __init__(self, accepted: socket.socket, script: _Script, talker: Talker) -> None:
        self.socket, self.script, self.talker = accepted, script, talker
        self.began = time.monotonic()
        self.waiting = script.greeting
        self.is_over = script.end == "close" and not script.reply
        self.flooded = 0
        self.events = 0
        if script.end == "flood" and not script.greeting:
            self._more()
        self._go_on()

    def _more(self) -> None:
        if self.flooded < _FLOOD_BYTES and self.script.reply:
            block = self.script.reply * max(1, 65_536 // len(self.script.reply))
            self.waiting += block
            self.flooded += len(block)

    def turn(self, opened: socket.socket, events: int) -> None:
        try:
            if events & selectors.EVENT_READ and not self._read():
                self.close()
                return
            self._go_on()
        except OSError:
            self.close()

    def _read(self) -> bool:
        if not self.socket.recv(65_536):
            return False
        if self.script.reply and self.script.end != "flood":
            self.waiting += self.script.reply
            self.is_over = self.script.end == "close"
        return True

    def _go_on(self) -> None:
        try:
            while self.waiting:
                self.waiting = self.waiting[self.socket.send(self.waiting) :]
                if not self.waiting and self.script.end == "flood":
                    self._more()
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        if not self.waiting and self.is_over:
            self.close()
            return
        self._watch(selectors.EVENT_READ | (selectors.EVENT_WRITE if self.waiting else 0))

    def _watch(self, events: int) -> None:
        if events == self.events:
            return
        if self.events:
            self.talker.selector.modify(self.socket, events, self.turn)
        else:
            self.talker.selector.register(self.socket, events, self.turn)
        self.events = events

    def close(self) -> None:
        if self.events:
            self.talker.selector.unregister(self.socket)
            self.events = 0
        self.talker.connections.pop(self.socket, None)
        self.socket.close()


def settle_files() -> None:
    """Let this process have as many open files as it may."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.umask(0o022)
