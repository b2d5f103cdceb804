"""What a gate needs of the host around it: commands, routes, forwarding, and what a killed gate left behind.

Who is alive is asked of the kernel: every gate, and every address that one has open, is a name in the abstract
namespace of local sockets. Such a name belongs to one network namespace, is free again the moment its owner is dead,
and needs no file that could be left behind.

Whether a device forwarded before is written in the gate's own table (`turned_on4`, `turned_on6`): it lives exactly as
long as what has to be taken back.
"""

import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sekisho.adapters.gate.filter import MOST_GATES, Way, number_of, read_elements
from sekisho.domain.diagnosis.consents import Address

_SECONDS = 10.0
_CONF = Path("/proc/sys/net")
ALL = "all"


class HostFailed(Exception):
    """A command of the host did not do what was asked; the words are its own."""


@dataclass(frozen=True, slots=True)
class Route:
    """How packets to an address leave. `is_own` for an address of this host."""

    device: str
    mtu: int
    is_own: bool


def run(*command: str, text: str = "") -> str:
    """Run a command and return what it says.

    Raises:
        HostFailed: it failed, is missing, or does not end.
    """
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HostFailed(f"{command[0]}: {error}") from None
    if done.returncode != 0:
        raise HostFailed(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[:500]}")
    return done.stdout


def nft(rules: str) -> None:
    """Load rules, all or none."""
    run("nft", "-f", "-", text=rules)


def nft_json(*question: str) -> dict[str, Any]:
    """Return the answer of `nft --json` to a question."""
    answer: dict[str, Any] = json.loads(run("nft", "--json", *question))
    return answer


# ---- names that die with their owner ----


def claimed(name: str) -> socket.socket | None:
    """Return the claim on a name in this network namespace, None when another process has it."""
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        one.bind(f"\0sekisho-{name}")
    except OSError:
        one.close()
        return None
    return one


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one gate at a time change what all gates of this network namespace share.

    Raises:
        HostFailed: the others did not get done.
    """
    until = time.monotonic() + _SECONDS
    while (lock := claimed("gates")) is None:
        if time.monotonic() > until:
            raise HostFailed("another gate is being opened or closed and does not get done")
        time.sleep(0.01)
    with lock:
        yield


# ---- routes and forwarding ----


def route_to(address: Address) -> Route | None:
    """Return how packets to `address` leave this host, None when they do not."""
    try:
        found = json.loads(run("ip", "-json", f"-{address.version}", "route", "get", str(address)))[0]
        links = json.loads(run("ip", "-json", "link", "show", "dev", found["dev"]))
    except (HostFailed, ValueError, LookupError):
        return None
    if found.get("type") in ("unreachable", "prohibit", "blackhole"):
        return None
    mtu = next((one["mtu"] for one in found.get("metrics", ()) if "mtu" in one), links[0]["mtu"])
    return Route(found["dev"], int(mtu), is_own=found.get("type") == "local" or found["dev"] == "lo")


def let_forward(way: Way, device: str, version: int) -> None:
    """Let packets that arrive at `device` be forwarded, for gates only when it did not forward before.

    The rules that keep the rest closed stand before forwarding begins. IPv6 has one switch for the whole host; a host
    that learns its routes from router advertisements would forget them when it becomes a router, so devices that
    listen to them are told to go on doing so first.
    """
    name = device if version == 4 else ALL
    if _is_on(name, version):
        _share(way, name, version)
        return
    devices = [name] if version == 4 else [ALL, *_devices6()]
    _note(way, f"turned_on{version}", devices)
    if version == 6:
        listening = [one for one in _devices6() if _replaced(_accept_ra(one), "1", "2")]
        _note(way, "listens_on", listening)
    _switch(name, version).write_text("1")


def _note(way: Way, kept_in: str, devices: list[str]) -> None:
    if devices:
        elements = ", ".join(f'"{one}"' for one in devices)
        nft(f"add element inet {way.name} {kept_in} {{ {elements} }}\n")


def _share(way: Way, name: str, version: int) -> None:
    """Note that forwarding of `name` is owed to gates, when another gate switched it on: the last one switches off."""
    for other in other_gates(way):
        if name in (noted := noted_in(other, f"turned_on{version}")):
            _note(way, f"turned_on{version}", noted)
            _note(way, "listens_on", noted_in(other, "listens_on") if version == 6 else [])


def stop_forwarding(way: Way) -> None:
    """Switch off again what no other gate needs; to be done before the rules are taken away."""
    others = other_gates(way)
    for version in (4, 6):
        still = {name for other in others for name in noted_in(other, f"turned_on{version}")}
        own = noted_in(way, f"turned_on{version}")
        for name in [one for one in own if one not in still and (version == 4 or one == ALL)]:
            with contextlib.suppress(FileNotFoundError):
                _switch(name, version).write_text("0")
    still = {name for other in others for name in noted_in(other, "listens_on")}
    for name in [one for one in noted_in(way, "listens_on") if one not in still]:
        _replaced(_accept_ra(name), "2", "1")


def noted_in(way: Way, kept_in: str) -> list[str]:
    """Return the devices that `way` has noted in one of its sets of names."""
    try:
        return list(read_elements(nft_json("list", "set", "inet", way.name, kept_in)))
    except HostFailed:
        return []


def _is_on(device: str, version: int) -> bool:
    return _switch(device, version).read_text().strip() != "0"


def _switch(device: str, version: int) -> Path:
    return _CONF / f"ipv{version}" / "conf" / device / "forwarding"


def _devices6() -> list[str]:
    return sorted(path.name for path in (_CONF / "ipv6/conf").iterdir() if path.name not in (ALL, "default"))


def _accept_ra(device: str) -> Path:
    return _CONF / "ipv6/conf" / device / "accept_ra"


def _replaced(path: Path, old: str, new: str) -> bool:
    with contextlib.suppress(FileNotFoundError):
        if path.read_text().strip() == old:
            path.write_text(new)
            return True
    return False


# ---- gates of this network namespace ----


def gates_here() -> list[Way]:
    """Return every gate that has a table in this network namespace, alive or not."""
    tables = (item.get("table", {}) for item in nft_json("list", "tables")["nftables"])
    numbers = (number_of(one["name"]) for one in tables if one.get("family") == "inet")
    return [Way(number) for number in numbers if number is not None]


def other_gates(way: Way) -> list[Way]:
    """Return the gates here except `way`."""
    return [one for one in gates_here() if one != way]


def free_way() -> tuple[Way, socket.socket]:
    """Return a way that nobody has, and the claim on it. Only inside `one_at_a_time`.

    Raises:
        HostFailed: there are too many gates.
    """
    taken = {one.number for one in gates_here()}
    for number in range(MOST_GATES):
        if number not in taken and (claim := claimed(Way(number).name)) is not None:
            return Way(number), claim
    raise HostFailed("no number is free for another gate")


def remove_leftovers() -> int:
    """Take away what killed gates left here and return how many there were. Only inside `one_at_a_time`."""
    count = 0
    for way in gates_here():
        if (claim := claimed(way.name)) is not None:
            with claim:
                remove(way)
            count += 1
    return count


def remove(way: Way) -> None:
    """Take away a gate's link, what it switched on, and its rules, in this order. Only inside `one_at_a_time`."""
    with contextlib.suppress(HostFailed):
        run("ip", "link", "delete", way.name)
    stop_forwarding(way)
    with contextlib.suppress(HostFailed):
        nft(f"delete table inet {way.name}\n")
