"""Checks that nmap's scripts make: one command for one check of one port, and what its XML brought.

Only scripts that the catalogue names run, never a category; a script is forced ("+") only where the service stands at an
unusual port. What services send is limited at the tool already, before it reaches the evidence.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path

from sekisho.adapters.nmap.parse import NmapUnreadable, parse_nmap_xml
from sekisho.adapters.scanners.tools import Tool
from sekisho.domain.diagnosis.checks import PlannedCheck
from sekisho.domain.diagnosis.consents import Address
from sekisho.domain.diagnosis.results import ObservedPort, ScriptOutput

MOST_BODY_BYTES = 262_144
"""Of a web page; what a device says of itself stands at the beginning."""
CONNECTIONS = 4
"""At once: small routers keep no more than a few sessions of their own."""
_HOST_SCRIPTS = frozenset({"smb-protocols", "smb2-security-mode", "smb-security-mode", "smb-os-discovery"}) | {
    "smb-vuln-ms17-010",
    "smb-double-pulsar-backdoor",
}
"""Scripts about a host, which find the port by themselves and are not forced on one."""

_KNOWN_TO_NMAP = frozenset({80, 443, 631, 5986, 8000, 8008, 8080, 8081, 8443, 8888, 9001})
"""Ports of which nmap's scripts know by themselves whether TLS comes first; anywhere else it is found out first."""


class NoOutput(ValueError):
    """The file is no result of this check. `rule` is the stable reason ("unreadable", "silent-now")."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """What nmap's XML says of one check: the port as it is now, and the outputs of the scripts."""

    port: ObservedPort
    outputs: tuple[ScriptOutput, ...]


def check_command(
    nmap: Tool, address: Address, planned: PlannedCheck, xml: Path, *, rate: float, raw: bool = True
) -> list[str]:
    """Return the command of one check, which writes `xml`. `raw` = False makes whole connections (TCP only)."""
    check, limit = planned.check, f"{max(rate, 1.0):.0f}"
    kind = "-sU" if planned.protocol == "udp" else "-sS" if raw else "-sT"
    return [
        *(nmap.path, kind, "-n", "-Pn", "--disable-arp-ping", "--max-retries", "3", "--max-rate", limit),
        *("--max-parallelism", str(CONNECTIONS)),
        *(("-sV", "--version-intensity", "2") if check.asks_version and planned.port not in _KNOWN_TO_NMAP else ()),
        *(("-d1",) if check.is_debugged else ()),
        *("--script", ",".join(_scripts(planned)), "--script-timeout", f"{check.timeout_s}s"),
        *("--script-args", ",".join([*check.arguments, f"http.max-body-size={MOST_BODY_BYTES}"])),
        *("--reason", "-oX", str(xml), *(("-6",) if isinstance(address, IPv6Address) else ())),
        *("-p", str(planned.port), str(address)),
    ]


def _scripts(planned: PlannedCheck) -> list[str]:
    is_usual = f"{planned.port}/{planned.protocol}" in planned.check.ports
    return [name if is_usual or name in _HOST_SCRIPTS else f"+{name}" for name in planned.check.scripts]


def read_check(raw: bytes, address: Address, planned: PlannedCheck, *, evidence: str = "") -> CheckAnswer:
    """Return what the scripts of `planned` wrote; outputs about the host count for its port.

    Raises:
        NoOutput: no whole XML about this address, or the port kept silent this time, so that no script ran.
    """
    try:
        scans = parse_nmap_xml(raw, evidence=evidence).scans
    except NmapUnreadable:
        raise NoOutput("unreadable") from None
    scan = next((scan for scan in scans if scan.address == str(address)), None)
    port = scan.port(planned.protocol, planned.port) if scan is not None else None
    if scan is None or port is None or port.state not in {"open", "open|filtered"}:
        raise NoOutput("silent-now")
    wanted = set(planned.check.scripts)
    outputs = [output for output in (*port.scripts, *scan.scripts) if output.id in wanted]
    return CheckAnswer(port, tuple(outputs))
