"""masscan as a second look: another program's own TCP over the same ports, once, as fast as nmap was found to be borne.

It is never the only proof. It writes down only what answered, so its silence says nothing, and what it alone saw is
asked again by nmap.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address
from pathlib import Path

from sekisho.adapters.nmap.parse import NmapUnreadable, parse_nmap_xml
from sekisho.adapters.scanners.nmap import MAX_BYTES, NotWhole
from sekisho.adapters.scanners.tools import Tool, found_tool
from sekisho.domain.diagnosis.ports import ranges_text

OLDEST = (1, 3)
LAST_ANSWERS_S = 3
"""How long masscan waits after its last question; a TCP has repeated its answer by then."""


def masscan_tool() -> Tool:
    """Return the installed masscan.

    Raises:
        ToolUnusable: not installed or too old.
    """
    return found_tool("masscan", r"Masscan version (\d+\.\d+\S*)", OLDEST)


def look_command(masscan: Tool, address: IPv4Address, ports: Sequence[int], rate: float, xml: Path) -> list[str]:
    """Return the command that asks `ports` once at `rate` packets a second and writes `xml`.

    The kernel resets what is answered, because it knows of no such connection; masscan's own resets would double them.
    """
    return [
        *(masscan.path, str(address), "-p", ranges_text(ports), "--rate", f"{max(rate, 1.0):.0f}"),
        *("--retries", "0", "--noreset", "--wait", str(LAST_ANSWERS_S), "--open-only", "-oX", str(xml)),
    ]


def read_look(raw: bytes, address: IPv4Address, asked: Sequence[int]) -> frozenset[int]:
    """Return the ports that masscan saw open. An empty file is what it writes when it saw none.

    Raises:
        NotWhole: no whole XML, or about something else than was asked.
    """
    if not raw.strip():
        return frozenset()
    if len(raw) > MAX_BYTES:
        raise NotWhole("too large")
    try:
        scans = parse_nmap_xml(raw).scans
    except NmapUnreadable as error:
        raise NotWhole(error.message.en) from None
    opened = frozenset(port.port for scan in scans for port in scan.ports if port.state == "open")
    if any(scan.address != str(address) for scan in scans) or not opened <= set(asked):
        raise NotWhole("speaks of something else than was asked")
    return opened
