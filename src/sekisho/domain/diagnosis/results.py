"""Results of port scans as plain values, in nmap's own terms."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ObservedPort:
    """One port of one address. `state` is nmap's word: open, closed, filtered, open|filtered."""

    protocol: str
    port: int
    state: str
    service: str = ""
    product: str = ""
    version: str = ""

    @property
    def name(self) -> str:
        """Return "500/udp"."""
        return f"{self.port}/{self.protocol}"


@dataclass(frozen=True, slots=True)
class AddressScan:
    """What one run saw at one address. `evidence` names the raw file."""

    address: str
    started_at: datetime | None
    is_up: bool
    ports: tuple[ObservedPort, ...]
    evidence: str = ""
    tool: str = ""

    @property
    def open_ports(self) -> tuple[ObservedPort, ...]:
        """Return the ports that surely answered, TCP first, by number."""
        return tuple(sorted((p for p in self.ports if p.state == "open"), key=lambda p: (p.protocol, p.port)))
