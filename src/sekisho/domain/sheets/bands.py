"""In which band and block of the segments sheet each segment and device stands.

Bands run from outside to what must not be lost: outside, buffer zone, core, departments, critical systems and backups.
A block is one department or zone. Order is that of addresses, so that a new segment moves only what comes after it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from sekisho.domain.drawing.words import same
from sekisho.domain.network.model import Device, Segment
from sekisho.domain.sheets.topology import Topology
from sekisho.domain.text import Text


class Band(IntEnum):
    """From outside to inside."""

    OUTSIDE = 0
    BUFFER = 1
    CORE = 2
    DEPARTMENTS = 3
    CRITICAL = 4


BAND_NAMES: Mapping[Band, Text] = {
    Band.OUTSIDE: Text("院外との境：回線と、回線がつながる装置", "Outside: lines, and the devices they end on"),
    Band.BUFFER: Text("緩衝地帯（DMZ）・患者用", "Buffer zone (DMZ), guests"),
    Band.CORE: Text("中核：装置、装置どうしの渡り、機器の管理", "Core: devices, links between them, management"),
    Band.DEPARTMENTS: Text("部門", "Departments"),
    Band.CRITICAL: Text("最重要のシステムとバックアップがある所", "Where critical systems and backups are"),
}
_ZONES: Mapping[str, Text] = {
    "ehr": Text("電子カルテ系", "EHR"),
    "department": Text("部門系", "Department systems"),
    "modality": Text("放射線などの装置", "Modalities"),
    "device": Text("医療機器", "Medical devices"),
    "office": Text("事務", "Office"),
    "guest": Text("患者・来院者用", "Guests"),
    "dmz": Text("緩衝地帯（DMZ）", "Buffer zone (DMZ)"),
    "management": Text("機器の管理", "Management"),
    "outside": Text("院外のネットワーク", "Networks outside"),
    "backup": Text("バックアップ", "Backup"),
    "": Text("区分の記入なし", "No zone given"),
}
_OF_ZONE = {
    "outside": Band.OUTSIDE,
    "dmz": Band.BUFFER,
    "guest": Band.BUFFER,
    "management": Band.CORE,
    "core": Band.CORE,
    "backup": Band.CRITICAL,
}
_LINK_ADDRESSES = 4


@dataclass(frozen=True, slots=True)
class Block:
    """Segments of one department or zone in one band, in the order of their addresses."""

    band: Band
    key: str
    name: Text
    segments: tuple[Segment, ...]


def band_of(segment: Segment, topology: Topology) -> Band:
    """Return where `segment` stands: by what must not be lost in it, else by its zone, else by what it is."""
    inside = topology.occupants.get(segment.id)
    if segment.zone != "outside" and inside and any(topology.is_critical(node) for node in inside.nodes):
        return Band.CRITICAL
    if segment.zone in _OF_ZONE:
        return _OF_ZONE[segment.zone]
    size = sum(last - first + 1 for first, last in segment.addresses.spans)
    return Band.CORE if not inside and size <= _LINK_ADDRESSES else Band.DEPARTMENTS


def band_of_device(device: Device, topology: Topology) -> Band:
    """Return where a device without a line of its own stands: in the buffer zone when half of it is there."""
    touched = {contact.interface.segment for contact in topology.of_device.get(device.id, ())}
    buffered = {segment.id for segment in topology.network.segments if segment.id in touched and segment.zone == "dmz"}
    return Band.BUFFER if 2 * len(buffered) >= len(touched) else Band.CORE


def blocks_of(topology: Topology) -> tuple[Block, ...]:
    """Return every segment in its block, bands from outside to inside, blocks by name within a band."""
    found: dict[tuple[Band, str], list[Segment]] = {}
    for segment in topology.network.segments:
        found.setdefault((band_of(segment, topology), _key(segment)), []).append(segment)
    return tuple(
        Block(band, key, _name(key), tuple(sorted(found[band, key], key=_place)))
        for band, key in sorted(found, key=lambda at: (at[0], at[1]))
    )


def _key(segment: Segment) -> str:
    return f"department:{segment.department}" if segment.department else f"zone:{segment.zone}"


def _name(key: str) -> Text:
    kind, _, name = key.partition(":")
    return _ZONES.get(name, same(name)) if kind == "zone" else same(name)


def _place(segment: Segment) -> tuple[int, str]:
    return (segment.addresses.spans[0][0] if segment.addresses.spans else 0, segment.id)


def devices_inside(topology: Topology) -> tuple[dict[Band, tuple[Device, ...]], tuple[Device, ...]]:
    """Return the devices without lines: by band those that join two segments or more, and all the rest."""
    joining: dict[Band, list[Device]] = {}
    rest: list[Device] = []
    for device in _in_order(topology.network.devices):
        if topology.lines_at.get(device.id):
            continue
        if len({contact.interface.segment for contact in topology.of_device.get(device.id, ())}) > 1:
            joining.setdefault(band_of_device(device, topology), []).append(device)
        else:
            rest.append(device)
    return {band: tuple(devices) for band, devices in joining.items()}, tuple(rest)


def _in_order(devices: Iterable[Device]) -> list[Device]:
    return sorted(devices, key=lambda device: device.id)
