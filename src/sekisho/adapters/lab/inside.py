"""Runs inside the lab's sealed-off namespace: builds what it reads from standard input and tries the connections.

Input is one JSON document: `namespaces` ([name, commands, rules]), `listeners` ([namespace, address, protocol, port]),
`probes` ([flow, namespace, source, target, protocol, port]), `source_ports`, `there` (flows of
one of the two directions between any two places), `should_pass` (flows that are probed again
with more patience before they count as blocked), `seconds`. Output: {"passed": [flow ...]} or {"error": text}.

A process of its own with nothing but the standard library. It has its own network, processes and mounts: when it ends,
however it ends, the kernel takes all of them away.
"""

import ctypes
import errno
import json
import os
import resource
import selectors
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_CLONE_NEWNET = 0x40000000
_AT_ONCE = 3000
_PATIENCE = 0.5
"""Seconds until a connection without an answer counts as blocked. A way of ten kernels takes under a millisecond."""
_RETRIES = ((1.0, 200), (2.0, 20))
"""Patience and how many at once for flows that should have passed."""
_FORGETTING = 2.5
"""Seconds after which the kernels know nothing more of a connection that came to nothing."""
_NETWORK_NAMESPACES = Path("/run/netns")
_SETTINGS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    "net/ipv4/conf/all/send_redirects": "0",
    "net/ipv4/conf/default/send_redirects": "0",
    "net/ipv4/conf/all/arp_ignore": "1",
    "net/ipv6/conf/all/disable_ipv6": "1",
    "net/ipv6/conf/default/disable_ipv6": "1",
    "net/ipv4/neigh/default/unres_qlen_bytes": "4000000",
    "net/ipv4/ip_local_port_range": "61000 65000",
}
_SHORT_MEMORY = {
    "net/netfilter/nf_conntrack_tcp_timeout_syn_sent": "2",
    "net/netfilter/nf_conntrack_tcp_timeout_syn_recv": "2",
    "net/netfilter/nf_conntrack_tcp_timeout_established": "5",
    "net/netfilter/nf_conntrack_tcp_timeout_time_wait": "1",
    "net/netfilter/nf_conntrack_tcp_timeout_close": "1",
    "net/netfilter/nf_conntrack_udp_timeout": "2",
    "net/netfilter/nf_conntrack_udp_timeout_stream": "2",
}
"""Connections that came to nothing are forgotten before the next try."""


class _Failed(Exception):
    """Something could not be built."""


class _Spaces:
    """The namespaces, and in which of them this process stands."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._files: dict[str, int] = {}
        self._here = ""

    def build(self, namespaces: list[list[str]]) -> None:
        _run(["mount", "-t", "tmpfs", "tmpfs", "/run"])
        _NETWORK_NAMESPACES.mkdir()
        _run(["ip", "-batch", "-"], "\n".join(f"netns add {name}" for name, _, _ in namespaces))
        for name, _, _ in namespaces:
            self._files[name] = os.open(_NETWORK_NAMESPACES / name, os.O_RDONLY)
            self.enter(name)
            _set(_SETTINGS)
        for name, commands, rules in namespaces:
            self.enter(name)
            _run(["ip", "-batch", "-"], commands)
            if rules:
                _run(["nft", "-f", "-"], rules)
                _set(_SHORT_MEMORY)

    def enter(self, name: str) -> None:
        if name != self._here and self._libc.setns(self._files[name], _CLONE_NEWNET) != 0:
            raise _Failed(f"{name}: {os.strerror(ctypes.get_errno())}")
        self._here = name


def _run(command: list[str], text: str = "") -> None:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise _Failed(f"{' '.join(command)}: {done.stderr[:2000]}")


def _set(settings: dict[str, str]) -> None:
    for name, value in settings.items():
        path = Path("/proc/sys") / name
        if path.exists():
            path.write_text(value)


class _Prober:
    """Listens everywhere and tries connections, all in one loop."""

    def __init__(self, spaces: _Spaces) -> None:
        self.spaces = spaces
        self.selector = selectors.DefaultSelector()
        self.passed: set[int] = set()
        self.under_way: deque[tuple[float, socket.socket]] = deque()
        self.open: set[socket.socket] = set()

    def listen(self, listeners: Iterable[list[Any]]) -> None:
        for namespace, address, protocol, port in listeners:
            self.spaces.enter(namespace)
            one = _socket(protocol)
            one.bind((address, port))
            if protocol == "tcp":
                one.listen(4096)
            self.selector.register(one, selectors.EVENT_READ, self._accept if protocol == "tcp" else self._echo)

    def _accept(self, listener: socket.socket) -> None:
        try:
            for _ in range(64):
                accepted, _ = listener.accept()
                accepted.close()
        except OSError:
            return

    def _echo(self, listener: socket.socket) -> None:
        try:
            for _ in range(64):
                said, who = listener.recvfrom(64)
                listener.sendto(said, who)
        except OSError:
            return

    def try_all(self, probes: Iterable[list[Any]], source_port: int, patience: float, at_once: int) -> None:
        """Try every probe whose flow has not passed yet."""
        for probe in sorted(probes, key=lambda probe: probe[1]):
            if probe[0] not in self.passed:
                self._start(probe, source_port, patience)
            while len(self.open) >= at_once:
                self._turn()
        while self.open:
            self._turn()

    def _start(self, probe: list[Any], source_port: int, patience: float) -> None:
        flow, namespace, source, target, protocol, port = probe
        self.spaces.enter(namespace)
        one = _socket(protocol)
        try:
            one.bind((source, source_port))
            answer = one.connect_ex((target, port))
            if protocol == "udp" and answer == 0:
                one.send(b"?")
        except OSError:
            one.close()  # no way from here
            return
        if answer not in (0, errno.EINPROGRESS):
            one.close()
            return
        event = selectors.EVENT_WRITE if protocol == "tcp" else selectors.EVENT_READ
        self.selector.register(one, event, (flow, protocol))
        self.open.add(one)
        self.under_way.append((time.monotonic() + patience, one))

    def _turn(self) -> None:
        """Take what has come in, and give up what has waited too long."""
        for key, _ in self.selector.select(0.05):
            if callable(key.data):
                key.data(key.fileobj)
            elif key.fileobj in self.open:
                self._finish(key.fileobj, *key.data)
        now = time.monotonic()
        while self.under_way and (self.under_way[0][0] < now or self.under_way[0][1] not in self.open):
            _, one = self.under_way.popleft()
            self._end(one)

    def _finish(self, one: socket.socket, flow: int, protocol: str) -> None:
        failure = one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failure == 0 and protocol == "udp":
            try:
                one.recv(64)
            except OSError as error:
                failure = error.errno or errno.EIO
        # A closed port answers as well, and a listener may hang up before we look: the network let the packets pass.
        if failure in (0, errno.ECONNREFUSED, errno.ECONNRESET):
            self.passed.add(flow)
        self._end(one)

    def _end(self, one: socket.socket) -> None:
        if one in self.open:
            self.open.discard(one)
            self.selector.unregister(one)
            one.close()


def _socket(protocol: str) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
    one.setblocking(False)
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        one.setsockopt(socket.SOL_SOCKET, option, 1)
    # Closing ends a connection at once, so that its ports are free for the next try.
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return one


def _rounds(lab: dict[str, Any]) -> list[tuple[list[list[Any]], list[int]]]:
    """Return which probes are tried together from which source ports.

    From 443 to 445 one way and from 445 to 443 the other way is one and the same connection to every kernel between:
    source ports that are also asked for are tried in one direction, then in the other.
    """
    probes = lab["probes"]
    asked = {probe[5] for probe in probes}
    shared = [port for port in lab["source_ports"] if port in asked]
    there = set(lab["there"])
    rounds = [
        (probes, [port for port in lab["source_ports"] if port not in asked]),
        ([probe for probe in probes if probe[0] in there], shared),
        ([probe for probe in probes if probe[0] not in there], shared),
    ]
    return [(tried, ports) for tried, ports in rounds if ports]


def _probe(lab: dict[str, Any]) -> set[int]:
    spaces = _Spaces()
    spaces.build(lab["namespaces"])
    prober = _Prober(spaces)
    prober.listen(lab["listeners"])
    for at, (probes, ports) in enumerate(_rounds(lab)):
        if at > 1:
            time.sleep(_FORGETTING)
        for port in ports:
            prober.try_all(probes, port, _PATIENCE, _AT_ONCE)
    wanted = set(lab["should_pass"])
    for patience, at_once in _RETRIES:
        for probes, ports in _rounds(lab):
            missing = [probe for probe in probes if probe[0] in wanted - prober.passed]
            if missing:
                time.sleep(_FORGETTING)
            for port in ports:
                prober.try_all(missing, port, patience, at_once)
    return prober.passed


def main() -> None:
    """Read the lab, run it, write what passed."""
    lab = json.load(sys.stdin)
    signal.alarm(lab["seconds"])  # ends this process, and with it everything in the lab
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        result: dict[str, Any] = {"passed": sorted(_probe(lab))}
    except _Failed as error:
        result = {"error": str(error)}
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
