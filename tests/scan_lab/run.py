"""Builds a lab, runs programs in it, reads its counters, and takes it away."""

import contextlib
import ctypes
import ipaddress
import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.scan_lab.filters import host_rules, is_six, router_rules
from tests.scan_lab.plan import NAME_SERVER, ROUTER_ADDRESSES, SCANNER_ADDRESSES, Host, Line, Service, listeners_of

ROOT = Path(__file__).resolve().parents[2]
_TOOLS = ("unshare", "setpriv", "ip", "nft", "mount")
_FORWARDING = {"net/ipv4/ip_forward": "1", "net/ipv6/conf/all/forwarding": "1"}
_ANSWERS_FREELY = {
    "net/ipv4/icmp_ratelimit": "0",
    "net/ipv6/icmp/ratelimit": "0",
    "net/ipv4/icmp_msgs_per_sec": "1000000",
}
_FOR_SYN_PROXIES = {"net/ipv4/tcp_syncookies": "1", "net/netfilter/nf_conntrack_tcp_loose": "0"}
_BUILDING_SECONDS = 60


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

    Raises:
        LabUnavailable: something is not installed, not permitted, or did not come up; the words say what.
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
    document = json.dumps(_document(hosts, line or Line(), seconds))
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield Lab(hosts, _ready(process, document))
        finally:
            process.kill()


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
        raise LabUnavailable(process.stderr.read().strip()[-2000:] or "it ended while it was built")
    answer = json.loads(said)
    if "error" in answer:
        raise LabUnavailable(answer["error"])
    return psutil.Process(process.pid).children()[0]


# ---- the document ----


def _document(hosts: Sequence[Host], line: Line, seconds: int) -> dict[str, Any]:
    is_shared = line.needs_relay and any(host.line is None for host in hosts)
    router = _Space("router", _FORWARDING)
    router.add("link set scanner up", *_addressed("scanner", ROUTER_ADDRESSES, 30, 126))
    edge = _Space("edge", _FORWARDING) if is_shared else None
    tunnels = []
    if edge:
        tunnels.append(_tunnel("edge", line))
        router.add(_TUNNEL_UP.format("line"))
        edge.add(_TUNNEL_UP.format("line"), *_ways_home(is_tunnel=True))
    homes = [_Space(f"h{at}", _host_settings(host)) for at, host in enumerate(hosts)]
    for home, host in zip(homes, hosts, strict=True):
        before = edge if edge and host.line is None else router
        is_tunnel = host.line is not None and host.line.needs_relay
        if is_tunnel:
            tunnels.append(_tunnel(home.name, host.line))
            router.add(_TUNNEL_UP.format(_end(home.name)))
        else:
            end = _end(home.name)
            before.add(f"link add {end} type veth peer name line netns {home.name}", f"link set {end} up", *_gates(end))
        home.add("link set lo up", _TUNNEL_UP.format("line"), *_addressed("line", host.addresses, 32, 128))
        home.add(*_ways_home(is_tunnel))
        for address in host.addresses:
            before.add(f"route add {address} dev {_end(home.name)}")
            if before is edge:
                router.add(f"route add {address} dev line")
    spaces = [router.document(router_rules(hosts, line)), *([edge.document("")] if edge else [])]
    spaces += [home.document(host_rules(host)) for home, host in zip(homes, hosts, strict=True)]
    return {
        "spaces": spaces,
        "scanner": _scanner(),
        "tunnels": tunnels,
        "listeners": [one for home, host in zip(homes, hosts, strict=True) for one in listeners_of(home.name, host)],
        "services": [
            _service(home.name, host, one) for home, host in zip(homes, hosts, strict=True) for one in host.services
        ],
        "name_server": NAME_SERVER,
        "seconds": seconds,
    }


_TUNNEL_UP = "link set {} up txqueuelen 5000"


def _host_settings(host: Host) -> dict[str, str]:
    return _ANSWERS_FREELY | (_FOR_SYN_PROXIES if host.syn_proxy else {})


class _Space:
    def __init__(self, name: str, settings: Mapping[str, str]) -> None:
        self.name, self.settings, self.commands = name, settings, list[str]()

    def add(self, *commands: str) -> None:
        self.commands += commands

    def document(self, rules: str) -> list[Any]:
        return [self.name, self.commands, rules, self.settings]


def _end(home: str) -> str:
    return f"to-{home}"


def _tunnel(far: str, line: Line | None) -> dict[str, Any]:
    assert line is not None
    near = "line" if far == "edge" else _end(far)
    return {"router": ["router", near], "far": [far, "line"], **asdict(line)}


def _addressed(interface: str, addresses: Sequence[str], four: int, six: int) -> Iterator[str]:
    for address in addresses:
        length, more = (six, " nodad") if is_six(address) else (four, "")
        yield f"address add {address}/{length} dev {interface}{more}"


def _ways_home(is_tunnel: bool) -> list[str]:
    if is_tunnel:
        return ["route add default dev line", "route add ::/0 dev line"]
    four, six = _GATEWAYS
    return [
        f"route add {four} dev line",
        f"route add default via {four} dev line",
        f"route add ::/0 via {six} dev line",
    ]


_GATEWAYS = ("169.254.0.1", "fe80::1")
"""What the router is to its neighbours, on every interface of its own."""


def _gates(interface: str) -> list[str]:
    four, six = _GATEWAYS
    return [f"address add {four}/32 dev {interface}", f"address add {six}/64 dev {interface} nodad"]


def _scanner() -> list[str]:
    four, six = ROUTER_ADDRESSES
    return [
        "link set lo up", "link add eth0 type veth peer name scanner netns router", "link set eth0 up",
        *_addressed("eth0", SCANNER_ADDRESSES, 30, 126),
        f"route add default via {four}", f"route add ::/0 via {six}",
    ]  # fmt: skip


def _service(space: str, host: Host, service: Service) -> dict[str, Any]:
    return {
        "space": space,
        "files": {name: b64encode(content).decode() for name, content in service.files.items()},
        "folders": list(service.folders),
        "steps": [*(shlex.join(step) for step in service.prepare), "exec " + shlex.join(service.command)],
        "tcp": [(host.address, port) for port in service.tcp],
        "udp": list(service.udp),
    }
