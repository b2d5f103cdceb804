"""What has been read of network.yaml so far: later parts refer to it by id."""

from dataclasses import dataclass, field, replace

from sekisho.adapters.yaml_file import Path
from sekisho.domain.network.configuration import VpnPool
from sekisho.domain.network.model import CredentialDomain, Device, ExternalLine, Network, Node, RuleSet, Segment
from sekisho.domain.network.ranges import Span


@dataclass
class Known:
    """The parts that others refer to, by id, and what is not certain about the devices.

    `unsure_filters` and `unsure_routes` name devices of which something could not be read: what passes them, or
    where they send, is unknown.
    """

    segments: dict[str, Segment] = field(default_factory=dict)
    places: dict[str, Path] = field(default_factory=dict)
    """Where each segment stands in the file."""
    devices: dict[str, Device] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    lines: dict[str, ExternalLine] = field(default_factory=dict)
    parsed: Network = field(default_factory=Network)
    """Rule sets, translations and unread lines of devices that gave a configuration."""
    circuits: dict[str, str] = field(default_factory=dict)
    """Circuit id of a line, by the line's id."""
    credentials: dict[str, CredentialDomain] = field(default_factory=dict)
    pools: list[tuple[str, Path, VpnPool]] = field(default_factory=list)
    """Addresses that devices hand to remote users, with the device and where it stands in the file."""
    rulesets: dict[str, RuleSet] = field(default_factory=dict)
    unsure_filters: set[str] = field(default_factory=set)
    unsure_routes: set[str] = field(default_factory=set)

    def segment_at(self, address: int) -> str | None:
        """Return the id of the segment that an address lies in."""
        return next((one.id for one in self.segments.values() if address in one.addresses), None)

    def segment_of(self, network: Span, address: int | None) -> str | None:
        """Return the segment that a connected network is: the same one, else that of the address, else the only one."""
        touching = [one for one in self.segments.values() if _touches(one, network)]
        same = [one for one in touching if one.addresses.spans == (network,)]
        around = [one for one in touching if address is not None and address in one.addresses]
        for found in (same, around, touching if len(touching) == 1 else []):
            if found:
                return found[0].id
        return None

    def certain_devices(self) -> tuple[Device, ...]:
        """Return the devices, marked where something about them is not certain."""
        return tuple(
            replace(
                device,
                filters_known=device.filters_known and device.id not in self.unsure_filters,
                routes_known=device.routes_known and device.id not in self.unsure_routes,
            )
            for device in self.devices.values()
        )


def _touches(segment: Segment, network: Span) -> bool:
    return any(first <= network[1] and network[0] <= last for first, last in segment.addresses.spans)
