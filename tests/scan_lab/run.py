"""Builds a lab, runs programs in it, reads its counters, and takes it away."""

import contextlib
import ctypes
import ipaddress
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.scan_lab.blueprint import blueprint
from tests.scan_lab.capture import Capture
from tests.scan_lab.plan import Host, Line

ROOT = Path(__file__).resolve().parents[2]
_TOOLS = ("unshare", "setpriv", "ip", "nft", "mount")
_BUILDING_SECONDS = 120
_ENDING_SECONDS = 10


class LabUnavailable(Exception):
    """The lab cannot run here; the words say what is missing."""


@dataclass(frozen=True)
class Counters:
    """What the router counted since the lab began: packets that the scanner sent, and packets that came back to it.

    `sent` is by address of a host and protocol ("tcp", "udp", "icmp", "icmp6", "other"), before any loss;
    `outside` by destination that is no host of the lab; `back` by host; `link` is neighbour discovery and the like.
    """

    sent: Mapping[str, Mapping[str, int]]
    outside: Mapping[str, int]
    back: Mapping[str, int]
    link: int

    def packets(self, address: str) -> int:
        """Return how many packets of any protocol were sent to one host."""
        return sum(self.sent.get(str(ipaddress.ip_address(address)), {}).values())


class Lab:
    """A running lab. `run` and `popen` start programs on the scanner's machine, or in `space` (see `space_of`)."""

    def __init__(self, hosts: Sequence[Host], process: psutil.Process) -> None:
        self.hosts = tuple(hosts)
        self.process = process

    def space_of(self, address: str) -> str:
        """Return the namespace of the host with `address`."""
        wanted = str(ipaddress.ip_address(address))
        return next(f"h{at}" for at, host in enumerate(self.hosts) if wanted in host.addresses)

    def command(self, argv: Sequence[str | Path], space: str = "-") -> list[str]:
        """Return the command that starts `argv` inside."""
        enter = str(Path(__file__).with_name("enter.py"))
        return [sys.executable, "-I", enter, str(self.process.pid), space, *map(str, argv)]

    def popen(self, argv: Sequence[str | Path], space: str = "-", **options: Any) -> subprocess.Popen[Any]:
        """Start a program; signals sent to it reach the program, and it dies with the lab."""
        return subprocess.Popen(self.command(argv, space), **options)

    def run(
        self, argv: Sequence[str | Path], *, timeout: float = 60, space: str = "-", check: bool = False, **options: Any
    ) -> subprocess.CompletedProcess[Any]:
        """Run a program to its end; output is captured as text unless `options` say otherwise.

        Raises:
            subprocess.TimeoutExpired: it was killed after `timeout` seconds.
            subprocess.CalledProcessError: `check` and a status other than 0.
        """
        usual: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        if "input" in options:
            usual["stdin"] = subprocess.PIPE
        text = options.pop("input", None)
        process = self.popen(argv, space, **{**usual, "text": True, **options})
        try:
            output, said = process.communicate(text, timeout=timeout)
        except BaseException:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=2)
            raise
        done = subprocess.CompletedProcess(list(map(str, argv)), process.returncode, output, said)
        if check:
            done.check_returncode()
        return done

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Put the calling thread, and what it starts, onto the scanner's machine (network only). Needs root."""
        with open("/proc/thread-self/ns/net") as before, open(f"/proc/{self.process.pid}/ns/net") as there:
            _set_namespace(there.fileno())
            try:
                yield
            finally:
                _set_namespace(before.fileno())

    def counters(self) -> Counters:
        """Return what the router counted so far."""
        sent: dict[str, dict[str, int]] = {one: {} for host in self.hosts for one in host.addresses}
        outside: dict[str, int] = {}
        back: dict[str, int] = {}
        found = self._nft("router")
        for name, elements in found["sets"].items():
            for value, packets in elements:
                if name.startswith("sent"):
                    address, protocol = value["concat"]
                    sent[address][_PROTOCOL_NAMES[protocol]] = packets
                elif name.startswith("rest") and packets:
                    sent[value]["other"] = packets
                elif name.startswith("outside"):
                    outside[value] = packets
                elif name.startswith("back"):
                    back[value] = packets
        used = {address: {name: count for name, count in kinds.items() if count} for address, kinds in sent.items()}
        return Counters(used, outside, back, found["counters"]["link"])

    def host_counters(self, address: str) -> dict[str, int]:
        """Return what a host counted: packets that `arrived`, dropped as `blocked`, `limited`, or left `unanswered`."""
        counters: dict[str, int] = self._nft(self.space_of(address))["counters"]
        return counters

    @contextlib.contextmanager
    def capture(self) -> Iterator[Capture]:
        """Record every packet between the scanner and the router; read `packets` after the end of the block."""
        command = ["tcpdump", "-n", "-i", "scanner", "-s", "96", "-B", "16384", "--immediate-mode", "-U", "-w", "-"]
        with tempfile.TemporaryFile() as file:
            process = self.popen(command, "router", stdout=file, stderr=subprocess.PIPE, text=True)
            begun = Capture()
            try:
                for line in process.stderr or ():
                    if "listening on" in line:
                        break
                yield begun
                time.sleep(0.3)  # what is on its way to the recorder
            finally:
                process.terminate()
                process.communicate(timeout=10)
            file.seek(0)
            begun.read(file.read())

    def _nft(self, space: str) -> dict[str, Any]:
        listed = json.loads(self.run(["nft", "-j", "list", "table", "inet", "lab"], space=space, check=True).stdout)
        counters, sets = {}, {}
        for one in listed["nftables"]:
            if "counter" in one:
                counters[one["counter"]["name"]] = one["counter"]["packets"]
            elif "set" in one:
                elements = [element["elem"] for element in one["set"].get("elem", []) if "elem" in element]
                sets[one["set"]["name"]] = [
                    (one["val"], one["counter"]["packets"]) for one in elements if "counter" in one
                ]
        return {"counters": counters, "sets": sets}


_PROTOCOL_NAMES = {
    "tcp": "tcp", "udp": "udp", "icmp": "icmp", "icmpv6": "icmp6", "ipv6-icmp": "icmp6", 1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6",
}  # fmt: skip


def _set_namespace(file: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(file, 0x40000000) != 0:
        raise LabUnavailable(f"a thread cannot enter the lab: {os.strerror(ctypes.get_errno())}")


@contextlib.contextmanager
def lab(hosts: Sequence[Host], line: Line | None = None, *, seconds: int = 900) -> Iterator[Lab]:
    """Build a lab of `hosts` behind `line`, which they share unless a host has its own; at most `seconds` long.

    It lives as long as the thread that made it, at most.

    Raises:
        LabUnavailable: something is not installed, not permitted, did not come up or ended early; the words say what.
    """
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        raise LabUnavailable(f"not installed: {', '.join(missing)}")
    as_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = [
        "setpriv", "--pdeathsig", "KILL", "--",
        "unshare", *as_user, "--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child", "--",
        sys.executable, "-m", "tests.scan_lab.inside",
    ]  # fmt: skip
    environment = {"PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin", "PYTHONPATH": str(ROOT)}
    document = json.dumps(
        {**blueprint(hosts, line or Line()), "building_seconds": _BUILDING_SECONDS, "seconds": seconds}
    )
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield Lab(hosts, _ready(process, document))
            _end(process)
        finally:
            process.kill()


def _end(process: "subprocess.Popen[str]") -> None:
    """Let the lab end; it says so when it had ended before."""
    with contextlib.suppress(subprocess.TimeoutExpired, BrokenPipeError):
        if process.stdin is not None:
            process.stdin.close()
        if process.wait(_ENDING_SECONDS) != 0:
            raise LabUnavailable(_last_words(process) or "it ended before the test did")


def _last_words(process: "subprocess.Popen[str]") -> str:
    return process.stderr.read().strip()[-2000:] if process.stderr else ""


def _ready(process: "subprocess.Popen[str]", document: str) -> psutil.Process:
    """Hand the document over, wait until the lab is there, return its first process."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    patience = threading.Timer(_BUILDING_SECONDS, process.kill)
    patience.start()
    try:
        process.stdin.write(document + "\n")
        process.stdin.flush()
        said = process.stdout.readline()
    except BrokenPipeError:
        said = ""
    finally:
        patience.cancel()
    if not said:
        process.kill()
        raise LabUnavailable(_last_words(process) or "it ended while it was built")
    answer = json.loads(said)
    if "error" in answer:
        raise LabUnavailable(answer["error"])
    return psutil.Process(process.pid).children()[0]
