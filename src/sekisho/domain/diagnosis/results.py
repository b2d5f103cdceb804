"""Results of port scans as plain values, in nmap's own terms.

What a service says is what a stranger says: the adapters that fill these values have bounded it and written its control
characters visibly. What was not looked at is no result: `AddressScan.covered` names what was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sekisho.domain.text import Text


@dataclass(frozen=True, slots=True)
class ScriptOutput:
    """What one check wrote. `elements` are nmap's nested tables laid flat: ("TLSv1.2/ciphers/0/name", "TLS_RSA_..."),
    in the script's order; a part without a key is called by its position.
    """

    id: str
    output: str = ""
    elements: tuple[tuple[str, str], ...] = ()

    def value(self, path: str) -> str:
        """Return the first element at `path`, "" when there is none."""
        return next((value for name, value in self.elements if name == path), "")

    def under(self, path: str) -> tuple[tuple[str, str], ...]:
        """Return the elements below the table `path`, their names without it."""
        start = f"{path}/"
        return tuple((name[len(start) :], value) for name, value in self.elements if name.startswith(start))

    def tables(self, path: str = "") -> tuple[str, ...]:
        """Return the names of the parts directly below `path` ("" = the whole), each once, in order."""
        below = self.under(path) if path else self.elements
        return tuple(dict.fromkeys(name.split("/", 1)[0] for name, _ in below))


@dataclass(frozen=True, slots=True)
class ObservedPort:
    """One port of one address. `state` is nmap's word: open, closed, filtered, open|filtered.

    `reason` is what nmap decided by (syn-ack, reset, no-response, udp-response). `basis` is "probed" when the service
    itself answered and "table" when only the number stands for it: such a name is a guess. `extra` is what the service
    adds in words, `os` and `device` what it says it runs on, `evidence` the raw file.
    """

    protocol: str
    port: int
    state: str
    service: str = ""
    product: str = ""
    version: str = ""
    reason: str = ""
    extra: str = ""
    os: str = ""
    device: str = ""
    basis: str = ""
    cpes: tuple[str, ...] = ()
    scripts: tuple[ScriptOutput, ...] = ()
    evidence: str = ""

    @property
    def name(self) -> str:
        """Return "500/udp"."""
        return f"{self.port}/{self.protocol}"

    def script(self, name: str) -> ScriptOutput | None:
        """Return what the check `name` wrote about this port, None when it wrote nothing."""
        return next((script for script in self.scripts if script.id == name), None)


@dataclass(frozen=True, slots=True)
class Covered:
    """Ports of one protocol that a run really asked, as ranges with both ends included, ascending."""

    protocol: str
    ranges: tuple[tuple[int, int], ...]

    def has(self, port: int) -> bool:
        """Return True when `port` was asked."""
        return any(first <= port <= last for first, last in self.ranges)

    @property
    def count(self) -> int:
        """Return how many ports were asked."""
        return sum(last - first + 1 for first, last in self.ranges)


class CheckState(Enum):
    """What became of a check."""

    DONE = "done"
    SILENT = "silent"
    """It ran to its end and got no answer it could read."""
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check of one port brought. `evidence` names the raw file below the run's folder, `sha256` its hash.

    `outputs` are what findings are read from, `asks` the ids of those it could have brought. `rule` (stable) and `why`
    (for people) say why there is none, for SKIPPED and FAILED.
    """

    check: str
    protocol: str
    port: int
    state: CheckState
    outputs: tuple[ScriptOutput, ...] = ()
    asks: tuple[str, ...] = ()
    evidence: str = ""
    sha256: str = ""
    argv: tuple[str, ...] = ()
    tool: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    rule: str = ""
    why: Text | None = None

    @property
    def is_looked_at(self) -> bool:
        """Return True when the check ran to its end, so that what it did not see was not there."""
        return self.state in {CheckState.DONE, CheckState.SILENT}


@dataclass(frozen=True, slots=True)
class AddressScan:
    """What one run saw at one address. `evidence` names the raw file.

    `covered` is what was asked; a port that is in no range was not looked at. Empty = the file does not say, and then
    only the listed ports count as looked at. `undecided` are those of them that gave no answer from which open or shut
    could be told (most of UDP). `is_complete` is False when the run ended early or could not show that it
    missed nothing: absence proves nothing then. `asked_services` is True when version detection ran; `asked_scripts` names
    the checks that ran at every open port, where the file says so. `scripts` are the outputs about the address as a whole, `checks` what the
    second stage did and could not do.
    """

    address: str
    started_at: datetime | None
    is_up: bool
    ports: tuple[ObservedPort, ...]
    evidence: str = ""
    tool: str = ""
    ended_at: datetime | None = None
    is_complete: bool = True
    covered: tuple[Covered, ...] = ()
    undecided: tuple[Covered, ...] = ()
    asked_services: bool = False
    asked_scripts: frozenset[str] = frozenset()
    hostnames: tuple[str, ...] = ()
    scripts: tuple[ScriptOutput, ...] = ()
    checks: tuple[CheckResult, ...] = ()

    @property
    def open_ports(self) -> tuple[ObservedPort, ...]:
        """Return the ports that surely answered, TCP first, by number."""
        return tuple(sorted((p for p in self.ports if p.state == "open"), key=lambda p: (p.protocol, p.port)))

    def port(self, protocol: str, number: int) -> ObservedPort | None:
        """Return one port as listed, None when the run does not list it."""
        return next((p for p in self.ports if (p.protocol, p.port) == (protocol, number)), None)

    def was_asked(self, protocol: str, number: int) -> bool:
        """Return True when the run looked at this port, whatever it found."""
        if any(covered.protocol == protocol and covered.has(number) for covered in self.covered):
            return True
        return self.port(protocol, number) is not None

    def is_undecided(self, protocol: str, number: int) -> bool:
        """Return True when this port's silence tells nothing."""
        listed = self.port(protocol, number)
        if listed is not None:
            return listed.state not in {"open", "closed", "filtered"}
        return any(covered.protocol == protocol and covered.has(number) for covered in self.undecided)


def ranges_of(ports: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Return `ports` as ascending ranges, both ends included, as few as possible."""
    ranges: list[tuple[int, int]] = []
    for port in sorted(set(ports)):
        if ranges and ranges[-1][1] == port - 1:
            ranges[-1] = (ranges[-1][0], port)
        else:
            ranges.append((port, port))
    return tuple(ranges)
