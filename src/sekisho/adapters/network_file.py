"""Reads network.yaml as far as the overview drawing needs it: systems, their zones, and the lines that lead to them.

The file also describes devices, rule sets and flows for the reachability engine; those parts are neither read nor
changed here. A part that is wrong is left out and told, the rest is kept.
"""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sekisho.adapters.yaml_file import FileProblem, Path, YamlDocument, YamlReading, read_yaml
from sekisho.domain.overview.systems import InsideSystem
from sekisho.domain.register.records import Line
from sekisho.domain.text import Text
from sekisho.domain.workbook.credentials import holds_credentials

MAX_CRITICAL = 3
MAX_NAME = 100
OUTER_ZONES = frozenset({"outside", "internet", "guest", "office"})
"""Zones that are not part of the medical network."""


@dataclass(frozen=True, slots=True)
class _Zone:
    """Where a segment's addresses belong: the file's code of the zone, and what people call the segment."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """What the overview takes from network.yaml, and what was wrong with it."""

    systems: tuple[InsideSystem, ...]
    problems: tuple[FileProblem, ...] = ()


def read_network(raw: bytes, lines: Sequence[Line] = ()) -> NetworkFile:
    """Return the systems of a network.yaml. `lines` are those of the register, to say which of them lead where.

    A line leads to a system when a declared flow says so. A line of the file is a line of the register by its
    `number`, else by its id: a circuit id, "回線3" or "line-3". Left out are PCs, and systems in a zone that does not
    belong to the medical network unless they hold a backup. A system's zone is the name of its segment, else the
    segment's zone code.

    Raises:
        YamlUnreadable: the file as a whole cannot be read.
    """
    reading = _Reading(read_yaml(raw), {name: line.number for line in lines for name in _names(line)})
    systems = tuple(reading.systems())
    return NetworkFile(systems, tuple(reading.problems))


def _names(line: Line) -> tuple[str, ...]:
    return (line.reference, f"回線{line.number}", f"line-{line.number}")


class _Reading(YamlReading):
    """One pass over the document; collects problems as it goes."""

    area = "network"
    example = "id: ..."

    def __init__(self, document: YamlDocument, line_numbers: dict[str, int]) -> None:
        super().__init__(document)
        self.line_numbers = line_numbers
        self.zones = list(self._zones())
        self._number_lines()
        self.sources = self._flows()

    def systems(self) -> Iterator[InsideSystem]:
        backed = {str(entry.get("on")) for _, entry in self.entries("backups")}
        seen: set[str] = set()
        for path, node in self.entries("nodes"):
            name = self._id(path, node)
            if name is None:
                continue
            if name in seen:
                self.problem("id-twice", _TWICE, *path)
                continue
            seen.add(name)
            zone = self._zone(path, node)
            system = InsideSystem(
                id=name,
                name=_shown(node, name),
                zone=zone.name if zone else "",
                critical=self._critical(path, node),
                line_numbers=tuple(sorted(self.sources.get(name, ()))),
                is_backup=name in backed or node.get("role") == "backup",
            )
            is_outside = zone is not None and zone.code in OUTER_ZONES
            if node.get("role") != "pc" and (system.is_backup or not is_outside):
                yield system

    def _id(self, path: Path, entry: Mapping[str, Any]) -> str | None:
        value = entry.get("id")
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()[:MAX_NAME]
        self.problem("id-missing", _NO_ID, *path)
        return None

    def _zones(self) -> Iterator["_Zone"]:
        for path, entry in self.entries("segments"):
            name = self._id(path, entry)
            if name is None:
                continue
            try:
                network = ipaddress.ip_network(str(entry.get("cidr", "")), strict=False)
            except ValueError:
                self.problem("cidr", _NO_CIDR, *path, "cidr")
                continue
            code = _shown(entry, name, key="zone")
            yield _Zone(network, code, _shown(entry, code))

    def _zone(self, path: Path, node: Mapping[str, Any]) -> "_Zone | None":
        """Return the zone of the node's first address that lies in a segment, the narrowest one."""
        addresses = node.get("addresses") or []
        for position, written in enumerate(addresses if isinstance(addresses, list) else [addresses]):
            try:
                address = ipaddress.ip_address(str(written).split("/")[0].split("-")[0].strip())
            except ValueError:
                self.problem("address", _NO_ADDRESS, *path, "addresses", position)
                continue
            around = [zone for zone in self.zones if address in zone.network]
            if around:
                return max(around, key=lambda zone: zone.network.prefixlen)
        return None

    def _critical(self, path: Path, node: Mapping[str, Any]) -> int:
        value = node.get("critical", 0)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_CRITICAL:
            return value
        self.problem("critical", _NO_CRITICAL, *path, "critical")
        return 0

    def _number_lines(self) -> None:
        known = set(self.line_numbers.values())
        for _, line in self.entries("lines"):
            number = line.get("number")
            if isinstance(number, int) and number in known:
                self.line_numbers[str(line.get("id"))] = number

    def _flows(self) -> dict[str, set[int]]:
        """Return the numbers of the register's lines from which a declared flow leads to each node."""
        found: dict[str, set[int]] = {}
        for _, flow in self.entries("flows"):
            number = self.line_numbers.get(str(flow.get("src")))
            if number is not None:
                found.setdefault(str(flow.get("dst")), set()).add(number)
        return found


def _shown(entry: Mapping[str, Any], fallback: str, key: str = "name") -> str:
    """Return what the entry is called, else `fallback`; a name that gives a password away is not shown."""
    value = entry.get(key)
    written = str(value).strip()[:MAX_NAME] if isinstance(value, str | int) else ""
    return written if written and not holds_credentials(written) else fallback


_NO_ID = Text("名前（id）を書いてください。この行は使わずに進みます。", "Give it an id. The entry is left out.")
_TWICE = Text(
    "同じ名前（id）が前にもあります。別の名前にしてください。", "Another entry has the same id. Give it another one."
)
_NO_CIDR = Text(
    "ネットワークの範囲（cidr）を 10.10.0.0/24 のように書いてください。", "Write the range (cidr) like 10.10.0.0/24."
)
_NO_ADDRESS = Text("アドレスを 10.10.0.10 のように書いてください。", "Write the address like 10.10.0.10.")
_NO_CRITICAL = Text(
    "重要度（critical）は 0（影響なし）から 3（診療が止まる）の数で書いてください。0 として進みます。",
    "Write critical as a number from 0 (no effect) to 3 (care stops). 0 is assumed.",
)
