"""nmap: one run for one block of ports of one address, at a fixed pace, and what its XML says of every port asked.

nmap writes nothing when it is killed and calls a run that timed out a success, so only a block whose XML is whole, is
about this address, and speaks of every port that was asked counts as finished.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path
from typing import TYPE_CHECKING

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from sekisho.adapters.scanners.tools import Tool, found_tool
from sekisho.domain.diagnosis.consents import Address, public_address
from sekisho.domain.diagnosis.ports import NotPorts, numbers_in, ranges_from, ranges_text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

OLDEST = (7, 92)
"""The first that writes which ports stand behind the ones it does not list one by one, and marks hosts timed out."""
MAX_BYTES = 16_000_000


def nmap_tool() -> Tool:
    """Return the installed nmap.

    Raises:
        ToolUnusable: not installed or too old.
    """
    return found_tool("nmap", r"Nmap version (\d+\.\d+\S*)", OLDEST)


def block_command(
    nmap: Tool,
    address: Address,
    protocol: str,
    ports: Sequence[int],
    rate: float,
    xml: Path,
    *,
    raw: bool = True,
    answer_s: float = 1.0,
) -> list[str]:
    """Return the command that asks `ports` once, at `rate` packets a second, and writes `xml`.

    `answer_s` is how long it waits for an answer: fixed, because what nmap learns from a fast line is too short when a
    queue fills.
    `raw` = False makes whole connections instead of half ones, which needs no privilege (TCP only).
    """
    kind = "-sU" if protocol == "udp" else "-sS" if raw else "-sT"
    limit, wait = f"{max(rate, 0.1):.1f}", f"{round(answer_s * 1000)}ms"
    return [
        *(nmap.path, kind, "-n", "-Pn", "--disable-arp-ping", "--max-retries", "0"),
        *("--min-rate", limit, "--max-rate", limit),
        *("--initial-rtt-timeout", wait, "--min-rtt-timeout", wait, "--max-rtt-timeout", wait),
        *("--reason", "-oX", str(xml)),
        *(["-6"] if isinstance(address, IPv6Address) else []),
        *("-p", ranges_text(ports), str(address)),
    ]


def service_command(
    nmap: Tool, address: Address, ports: Sequence[tuple[str, int]], xml: Path, *, raw: bool = True
) -> list[str]:
    """Return the command that asks open ports (protocol, number) which service and version they are.

    Few connections at a time, and light questions only: rarer ones are long and wake fragile devices. nmap keeps away
    from printer ports by itself.
    """
    tcp = [port for protocol, port in ports if protocol == "tcp"]
    udp = [port for protocol, port in ports if protocol == "udp"]
    spans = ",".join(f"{letter}:{ranges_text(some)}" for letter, some in (("T", tcp), ("U", udp)) if some)
    return [
        *(
            nmap.path,
            *(["-sS" if raw else "-sT"] if tcp else []),
            *(["-sU"] if udp else []),
            "-sV",
            "--version-intensity",
            "7",
        ),
        *("-n", "-Pn", "--disable-arp-ping", "--max-retries", "3", "--max-rate", "50", "--max-parallelism", "4"),
        *("--reason", "-oX", str(xml), *(["-6"] if isinstance(address, IPv6Address) else [])),
        *("-p", spans, str(address)),
    ]


class NotWhole(ValueError):
    """The XML is no finished result of this block; the block has to be asked again."""


@dataclass(frozen=True, slots=True)
class BlockAnswers:
    """What each port of a block answered; every other port asked kept silent."""

    opened: frozenset[int]
    closed: frozenset[int]
    refused: frozenset[int]


def read_block(raw: bytes, address: Address, protocol: str, asked: Sequence[int]) -> BlockAnswers:
    """Return what `raw` (nmap's XML) says of the ports asked.

    Raises:
        NotWhole: broken off, timed out, in error, hostile, about something else, or silent about a port.
    """
    host = _host(raw, address)
    states: dict[int, tuple[str, str]] = {}
    for entry in host.findall("ports/port"):
        state = entry.find("state")
        if state is None or entry.get("protocol") != protocol or not (entry.get("portid") or "").isdigit():
            raise NotWhole("a port without state")
        states[int(entry.get("portid", "0"))] = (state.get("state", ""), state.get("reason", ""))
    for extra in host.findall("ports/extraports"):
        for reason in extra.findall("extrareasons"):
            try:
                ports = ranges_from(reason.get("ports", ""))
            except NotPorts:
                raise NotWhole("ports that are none") from None
            for port in numbers_in(ports):
                states.setdefault(port, (extra.get("state", ""), reason.get("reason", "")))
    if set(states) != set(asked):
        raise NotWhole("speaks of other ports than were asked")
    return _answers(states)


def _answers(states: dict[int, tuple[str, str]]) -> BlockAnswers:
    opened, closed, refused = set(), set(), set()
    for port, (state, reason) in states.items():
        if state == "open":
            opened.add(port)
        elif state in {"closed", "unfiltered"}:
            closed.add(port)
        elif reason not in {"no-response", ""}:
            refused.add(port)
    return BlockAnswers(frozenset(opened), frozenset(closed), frozenset(refused))


def _host(raw: bytes, address: Address) -> "Element":
    if len(raw) > MAX_BYTES:
        raise NotWhole("too large")
    try:
        root: Element = fromstring(raw)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise NotWhole("no whole XML") from None
    finished = root.find("runstats/finished")
    if root.tag != "nmaprun" or finished is None or finished.get("exit") != "success":
        raise NotWhole("no finished run")
    hosts = root.findall("host")
    if len(hosts) != 1 or hosts[0].get("timedout") == "true":
        raise NotWhole("the address was given up")
    named = {entry.get("addr", "") for entry in hosts[0].findall("address")}
    if not any(_is(name, address) for name in named):
        raise NotWhole("another address")
    return hosts[0]


def _is(name: str, address: Address) -> bool:
    try:
        return public_address(name) == address
    except ValueError:
        return False
