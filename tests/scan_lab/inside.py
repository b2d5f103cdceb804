"""The lab itself: the first process of its own network, mount and process namespaces. Nothing but the standard library.

Reads one JSON document (a line) from standard input, builds, says {"ready": true} or {"error": text}, and serves until its
input ends, its time is over, or whoever started it dies. When it ends, the kernel takes everything away.

The document: `spaces` ([name, commands for `ip`, nftables rules, settings]), `scanner` (commands), `tunnels` (see relay),
`listeners` (see answers), `services`, `name_server`, `building_seconds` and the `seconds` after that.
"""

import contextlib
import ctypes
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from base64 import b64decode
from pathlib import Path
from typing import Any

from tests.scan_lab.answers import Talker, settle_files
from tests.scan_lab.relay import open_tunnels, relay

_CLONE_NEWNET = 0x40000000
_SPACES = Path("/run/netns")
SERVICES = Path("/mnt")
_SETTINGS = {
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    "net/ipv4/conf/all/send_redirects": "0",
    "net/ipv4/conf/default/send_redirects": "0",
    "net/ipv4/neigh/default/unres_qlen_bytes": "1000000",
    "net/ipv6/conf/all/disable_ipv6": "0",
    "net/ipv6/conf/default/disable_ipv6": "0",
    "net/ipv6/conf/all/accept_ra": "0",
    "net/ipv6/conf/default/accept_ra": "0",
    "net/ipv6/conf/default/accept_dad": "0",
    "net/ipv6/conf/default/router_solicitations": "0",
}
_READY_SECONDS = 20
_EVERYBODY, _DISCARD = "255.255.255.255", 9


class _Failed(Exception):
    """Something could not be built."""


class _Spaces:
    """The namespaces, and in which of them this process stands; "-" is the scanner's."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._files = {"-": os.open("/proc/self/ns/net", os.O_RDONLY)}
        self._here = "-"

    def build(self, document: dict[str, Any]) -> None:
        _own_run(document["name_server"])
        _run(["ip", "-batch", "-"], "\n".join(f"netns add {name}" for name, *_ in document["spaces"]))
        _set({**_SETTINGS, "net/ipv4/ip_forward": "0"})
        for name, _, _, settings in document["spaces"]:
            self._files[name] = os.open(_SPACES / name, os.O_RDONLY)
            self.enter(name)
            _set({**_SETTINGS, **settings})
        self.tunnels = open_tunnels(document["tunnels"], self.enter)
        self.enter("-")
        _run(["ip", "-batch", "-"], "\n".join(document["scanner"]))
        for name, commands, rules, _ in document["spaces"]:
            self.enter(name)
            _run(["ip", "-batch", "-"], "\n".join(commands))
            _run(["nft", "-f", "-"], rules)

    def enter(self, name: str) -> None:
        if name != self._here and self._libc.setns(self._files[name], _CLONE_NEWNET) != 0:
            raise _Failed(f"{name}: {os.strerror(ctypes.get_errno())}")
        self._here = name


def _own_run(name_server: str) -> None:
    """Give the lab a /run of its own, and a name server that is nowhere."""
    settings = Path("/etc/resolv.conf")
    there = Path(os.path.realpath(settings))
    _run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"])
    _run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(SERVICES)])
    for folder in (_SPACES, Path("/run/lock")):
        folder.mkdir()
    ours = SERVICES / "resolv.conf"
    ours.write_text(f"nameserver {name_server}\noptions timeout:1 attempts:1\n")
    if there.is_relative_to("/run"):
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(ours.read_text())
    elif there.exists():
        _run(["mount", "--bind", str(ours), str(there)])


def _run(command: list[str], text: str = "") -> None:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise _Failed(f"{' '.join(command)}: {done.stderr[:2000]}")


def _set(settings: dict[str, str]) -> None:
    for name, value in settings.items():
        path = Path("/proc/sys") / name
        if path.exists():
            path.write_text(value)


class _Service:
    """A real service: its folder, its process in mounts of its own, and whether it came up."""

    def __init__(self, document: dict[str, Any], number: int) -> None:
        self.document = document
        self.folder = SERVICES / f"service{number}"
        for name in ("run", *document["folders"]):
            (self.folder / name).mkdir(parents=True)
        for name, content in document["files"].items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b64decode(content).replace(b"{dir}", str(self.folder).encode()))
            path.chmod(0o600 if name.endswith(".key") else 0o644)
        self.log = self.folder / "service.log"

    def start(self) -> None:
        """Start it in the network namespace this process stands in."""
        script = "\n".join(["set -e", "mount --bind {dir}/run /run", *self.document["steps"]])
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "--", "sh", "-c", script.replace("{dir}", str(self.folder))],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def wait(self) -> None:
        """Wait until every TCP port accepts and every UDP port is bound, from within the same namespace."""
        end = time.monotonic() + _READY_SECONDS
        waits = [lambda one=one: _accepts(*one) for one in self.document["tcp"]]
        waits += [lambda port=port: _is_bound(port) for port in self.document["udp"]]
        for is_up in waits:
            while not is_up():
                if self.process.poll() is not None or time.monotonic() > end:
                    raise _Failed(f"{self.document['steps'][-1]}: {self.said()}")
                time.sleep(0.05)

    def said(self) -> str:
        """Return the end of what it wrote."""
        return self.log.read_text(errors="replace")[-2000:]


def _accepts(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError:
        return False
    return True


def _is_bound(port: int) -> bool:
    """Whether somebody listens on a UDP port of this network namespace."""
    tables = [Path(f"/proc/thread-self/net/{name}").read_text().splitlines()[1:] for name in ("udp", "udp6")]
    return any(int(line.split()[1].rpartition(":")[2], 16) == port for table in tables for line in table)


def _services(documents: list[dict[str, Any]], spaces: _Spaces) -> None:
    services = [_Service(document, at) for at, document in enumerate(documents)]
    for one in services:
        spaces.enter(one.document["space"])
        one.start()
    for one in services:
        spaces.enter(one.document["space"])
        one.wait()


def _say(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def _over(*_: object) -> None:
    os.write(2, b"the lab's time was over\n")
    os._exit(1)


def main() -> None:
    """Build, serve, end."""
    document = json.loads(sys.stdin.readline())
    signal.signal(signal.SIGALRM, _over)  # a first process ignores what it does not handle
    signal.alarm(document["building_seconds"])
    settle_files()
    spaces = _Spaces()
    selector = selectors.DefaultSelector()
    talker = Talker(selector, spaces.enter)
    try:
        spaces.build(document)
        talker.listen(document["listeners"])
        if document["tunnels"] and os.fork() == 0:
            relay(spaces.tunnels)
        _services(document["services"], spaces)
        spaces.enter("-")
    except (_Failed, OSError) as error:
        _say({"error": str(error)})
        return
    selector.register(sys.stdin.fileno(), selectors.EVENT_READ, lambda *_: os._exit(0))
    signal.alarm(document["seconds"])
    _say({"ready": True})
    noise, next_noise = _noise(spaces), 0.0
    while True:
        for key, events in selector.select(0.5):
            key.data(key.fileobj, events)
        if time.monotonic() >= next_noise:
            next_noise = time.monotonic() + 0.5
            with contextlib.suppress(OSError):
                noise.sendto(b"here", (_EVERYBODY, _DISCARD))
            talker.tidy()
            _bury()


def _noise(spaces: _Spaces) -> socket.socket:
    """Return a socket of the router's for saying something to the scanner's link now and then.

    No real link is silent, and masscan ends only when it hears something.
    """
    spaces.enter("router")
    noise = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    noise.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    noise.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"scanner")
    spaces.enter("-")
    return noise


def _bury() -> None:
    """Take note of the dead: programs whose parents went before them become this process's children."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


if __name__ == "__main__":
    main()
