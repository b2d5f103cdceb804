"""What a lab is made of, as plain values, and the document from which the inside builds it."""

import ipaddress
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Ports: TypeAlias = Iterable[int]
ALL_PORTS = range(1, 65_536)

SCANNER_ADDRESSES = ("192.0.2.2", "2001:db8:ffff:ffff::2")
ROUTER_ADDRESSES = ("192.0.2.1", "2001:db8:ffff:ffff::1")
NAME_SERVER = "198.18.0.53"
"""Where a name lookup goes inside the lab: nobody is there, and the router counts the question as outside."""


@dataclass(frozen=True)
class Line:
    """A way between the router and hosts. Loss is the share of packets lost each way (0.01 = 1 %).

    `delay_ms` is added each way. `kbit` is the line's speed each way in kbit/s, counted with Ethernet framing; what waits
    beyond `queue_bytes` is dropped. `jitter_ms` adds up to that much, never reordering. `packets_per_second` is what a
    policer on the way lets pass towards the host. `dead`: from and to which second of the lab nothing passes, as when a modem
    starts again.
    """

    loss_out: float = 0.0
    loss_in: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    kbit: float | None = None
    queue_bytes: int = 16_000
    packets_per_second: int | None = None
    dead: tuple[tuple[float, float], ...] = ()

    @property
    def needs_relay(self) -> bool:
        """Whether nftables alone cannot be this line."""
        return self.delay_ms > 0 or self.jitter_ms > 0 or self.kbit is not None or bool(self.dead)


@dataclass(frozen=True)
class Block:
    """A source that sends more than `above` packets a second is blocked for `seconds`, all its packets dropped.

    `renews`: every packet of a blocked source starts the time again.
    """

    above: int
    seconds: int = 60
    renews: bool = False


@dataclass(frozen=True)
class Answer:
    """What a stand-in says. TCP: `greeting` on accepting, `reply` to whatever is sent, then `end`.

    `end`: "close", "hold" (says nothing more until the peer closes) or "flood" (sends `reply` again and again, megabytes).
    UDP: `reply` to a packet; or `speaks`, one of answers.UDP_KINDS ("dns", "ntp", ...), which answers only what it understands.
    """

    greeting: bytes = b""
    reply: bytes = b""
    end: Literal["close", "hold", "flood"] = "close"
    speaks: str = ""

    def document(self) -> dict[str, str]:
        """Return it for the inside."""
        return {
            "greeting": b64encode(self.greeting).decode(),
            "reply": b64encode(self.reply).decode(),
            "end": self.end,
            "speaks": self.speaks,
        }


@dataclass(frozen=True)
class Service:
    """A real service in the host: its ports, files for its own folder, what prepares it, and its command.

    "{dir}" in commands and files is the folder, which lies in memory; /run is the service's own. The lab is ready when every
    port of `tcp` accepts and every port of `udp` is bound. `more_tcp` are ports that it opens only at times.
    Files whose name ends in .key are readable by root alone.
    """

    command: tuple[str, ...]
    tcp: tuple[int, ...] = ()
    udp: tuple[int, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    prepare: tuple[tuple[str, ...], ...] = ()
    more_tcp: tuple[int, ...] = ()


@dataclass(frozen=True)
class Host:
    """A target. Ports that nobody listens on answer as `closed` says.

    `closed`: "reset" (RST; UDP: port unreachable), "drop" (silence) or "reject" (ICMP administratively prohibited).
    `filtered`: TCP ports that are silent whatever `closed` says. `tcp`: open ports, or a mapping of port to Answer; a port
    without an Answer accepts and closes at once. `udp`: ports that answer, likewise; without an Answer they echo.
    `*_per_second`: what the device answers at most: SYNs beyond it are dropped, RSTs and ICMP errors not sent.
    `syn_proxy`: every TCP port shakes hands with window 0, as devices under flood protection do.
    """

    address: str
    also: tuple[str, ...] = ()
    closed: Literal["reset", "drop", "reject"] = "reset"
    filtered: Ports = ()
    tcp: Ports | Mapping[int, Answer] = ()
    udp: Ports | Mapping[int, Answer] = ()
    pings: bool = True
    syn_per_second: int | None = None
    rst_per_second: int | None = None
    icmp_per_second: int | None = None
    block: Block | None = None
    syn_proxy: bool = False
    line: Line | None = None
    services: tuple[Service, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address of the host, as the kernel writes it."""
        return tuple(str(ipaddress.ip_address(one)) for one in (self.address, *self.also))

    @property
    def open_tcp(self) -> list[int]:
        """Every TCP port that accepts, services' included."""
        return sorted({*self.tcp, *(port for one in self.services for port in (*one.tcp, *one.more_tcp))})

    @property
    def open_udp(self) -> list[int]:
        """Every UDP port that somebody listens on, services' included."""
        return sorted({*self.udp, *(port for one in self.services for port in one.udp)})


def spans(ports: Iterable[int]) -> list[tuple[int, int]]:
    """Return runs of neighbouring ports as (first, last)."""
    if isinstance(ports, range) and ports.step == 1 and ports:
        return [(ports[0], ports[-1])]
    found: list[tuple[int, int]] = []
    for port in sorted(set(ports)):
        if found and port == found[-1][1] + 1:
            found[-1] = (found[-1][0], port)
        else:
            found.append((port, port))
    return found


def answers_of(ports: Ports | Mapping[int, Answer], usual: Answer) -> Iterator[tuple[list[tuple[int, int]], Answer]]:
    """Yield each answer with the runs of ports that give it."""
    if not isinstance(ports, Mapping):
        found = spans(ports)
        if found:
            yield found, usual
        return
    for answer in dict.fromkeys(ports.values()):
        yield spans(port for port, given in ports.items() if given == answer), answer


def listeners_of(name: str, host: Host) -> Iterator[dict[str, Any]]:
    """Yield one listener for each answer of a host; TCP ports are led to it by the host's filter."""
    for at, (runs, answer) in enumerate(answers_of(host.tcp, Answer())):
        yield {"space": name, "protocol": "tcp", "port": led_to(at, host), "runs": runs, **answer.document()}
    for runs, answer in answers_of(host.udp, Answer(speaks="echo")):
        yield {"space": name, "protocol": "udp", "addresses": host.addresses, "runs": runs, **answer.document()}


def led_to(at: int, host: Host) -> int:
    """Return the port on which the listener of the `at`-th answer really listens: one the host also calls open, if it can."""
    runs = [runs for runs, _ in answers_of(host.tcp, Answer())]
    return runs[at][0][0]
