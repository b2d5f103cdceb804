"""The network namespace of one gate, its link and its filter, in the kernel."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

from sekisho.adapters.gate import host
from sekisho.adapters.gate.filter import (
    address_rules,
    base_rules,
    close_everything,
    close_rules,
    open_rules,
    read_counters,
)
from sekisho.adapters.gate.leave import Standing
from sekisho.domain.diagnosis.consents import Address
from sekisho.domain.diagnosis.grants import GrantRefused

_READY_S = 5.0
_DISCARD = 9
_HOST_MAC, _INSIDE_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
"""Of the two ends of the link; locally administered, and seen by nobody else."""


class Namespace:
    """The namespace, its link and its filter in the kernel."""

    def __init__(self) -> None:
        """Build all of it and see that the filter works.

        Raises:
            host.HostFailed: nothing of it is left then.
        """
        self._last: dict[str, int] = {}
        self._is_removed = False
        self.holder = _hold_namespace()
        try:
            with host.one_at_a_time():
                host.remove_leftovers()
                self.way, self._claim = host.free_way()
                try:
                    self._build()
                    self._count_one_packet()
                except BaseException:
                    host.remove(self.way)
                    raise
        except BaseException:
            self.end_scanners()
            raise

    def _build(self) -> None:
        way, pid = self.way, self.holder.pid
        host.nft(base_rules(way))
        peer = ("peer", "name", "out", "address", _INSIDE_MAC, "netns", str(pid))
        host.run("ip", "link", "add", way.name, "address", _HOST_MAC, "type", "veth", *peer)
        # Packets that are put together from several, for the kernel to cut later, would be counted as one.
        host.run("ip", "link", "set", "dev", way.name, "gso_max_segs", "1", "addrgenmode", "none", "up")
        host.run("ip", "address", "add", f"{way.host4}/30", "dev", way.name)
        self._inside("link set lo up", "link set dev out gso_max_segs 1 addrgenmode none up")
        self._inside(f"address add {way.inside4}/30 dev out", f"route add default via {way.host4}")
        with contextlib.suppress(host.HostFailed):  # a host without IPv6: routes to such addresses are not found either
            host.run("ip", "address", "add", f"{way.host6}/126", "dev", way.name, "nodad")
            self._inside(f"address add {way.inside6}/126 dev out nodad", f"route add default via {way.host6}")
            # Without a link-local address the kernel asks for no neighbour on behalf of packets that it forwards: answers
            # would be lost for as long as it has forgotten who is inside.
            neighbour = (str(way.inside6), "lladdr", _INSIDE_MAC, "dev", way.name, "nud", "permanent")
            host.run("ip", "-6", "neighbour", "replace", *neighbour)
        host.let_forward(way, way.name, 4)

    def _inside(self, *commands: str) -> None:
        place = f"--net=/proc/{self.holder.pid}/ns/net"
        host.run("nsenter", place, "--", "ip", "-batch", "-", text="\n".join(commands) + "\n")

    def _count_one_packet(self) -> None:
        """Send one packet that is not granted, to the host's own end of the link, and see that it was stopped."""
        script = f"import socket; socket.socket(2, 2).sendto(b'x', ('{self.way.host4}', {_DISCARD}))"
        host.run("nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "--", sys.executable, "-I", "-c", script)
        if self.counters()["outside"] != 1:
            raise host.HostFailed("the filter does not see what the namespace sends")
        host.run("nft", "reset", "counters", "table", "inet", self.way.name)

    def lead_to(self, address: Address) -> int:
        """Make the way to `address` passable for what the filter lets through; return the largest packet that it takes.

        Raises:
            GrantRefused: no way there, or this host's own address.
        """
        route = host.route_to(address)
        if route is None:
            raise GrantRefused("no-route")
        if route.is_own:
            raise GrantRefused("own-address")
        with host.one_at_a_time():
            for device in (self.way.name, route.device):
                host.let_forward(self.way, device, address.version)
        return route.mtu

    def write_address(self, standing: Standing, mtu: int, *, is_new: bool) -> None:
        """Write the chain of an address that is closed."""
        rules = address_rules(self.way, standing.granted, number=standing.number, mtu=mtu, is_new=is_new)
        closed = "" if is_new else close_rules(self.way, [standing.granted.address])
        host.nft(closed + rules)

    def open(self, openings: list[tuple[Address, int]]) -> None:
        """Open addresses for so many milliseconds."""
        host.nft(open_rules(self.way, openings))

    def close(self, addresses: list[Address]) -> None:
        """Close addresses."""
        host.nft(close_rules(self.way, addresses))

    def counters(self) -> dict[str, int]:
        """Return the kernel's counters; after the end, the last ones."""
        if not self._is_removed:
            self._last = read_counters(host.nft_json("list", "counters", "table", "inet", self.way.name))
        return self._last

    def stir(self) -> None:
        """Let the inside receive a packet from this host: masscan never ends where it never receives one (1.3.2).

        To the link's broadcast address, which nobody answers.
        """
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sender.sendto(b"", (str(self.way.broadcast4), _DISCARD))

    def end_scanners(self) -> None:
        """Kill everything in the namespace; needs no memory and no other program."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.holder.pid, signal.SIGKILL)

    def remove(self) -> None:
        """End everything and leave nothing behind."""
        if self._is_removed:
            return
        self.end_scanners()
        with contextlib.suppress(host.HostFailed):
            host.nft(close_everything(self.way))
        self.holder.wait()
        with contextlib.suppress(host.HostFailed):
            self.counters()
        self._is_removed = True
        with host.one_at_a_time():
            host.remove(self.way)
            self._claim.close()


def _hold_namespace() -> "subprocess.Popen[bytes]":
    """Start what keeps the namespaces: when it dies, the kernel kills every process in them, whatever they do.

    Raises:
        host.HostFailed: they cannot be made here.
    """
    command = [
        "setpriv", "--pdeathsig", "KILL", "--",
        "unshare", "--net", "--pid", "--fork", "--kill-child=KILL", "--", "sleep", "infinity",
    ]  # fmt: skip
    try:
        holder = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except OSError as error:
        raise host.HostFailed(str(error)) from None
    ours, until = os.readlink("/proc/self/ns/net"), time.monotonic() + _READY_S
    while time.monotonic() < until and holder.poll() is None:
        with contextlib.suppress(OSError):
            # The second one can only be read when the first process of the namespace is there.
            if os.readlink(f"/proc/{holder.pid}/ns/net") != ours and os.readlink(
                f"/proc/{holder.pid}/ns/pid_for_children"
            ) != os.readlink("/proc/self/ns/pid"):
                return holder
        time.sleep(0.005)
    holder.kill()
    said = holder.stderr.read().decode(errors="replace").strip() if holder.stderr else ""
    holder.wait()
    raise host.HostFailed(said or "the namespace was not made in time")
