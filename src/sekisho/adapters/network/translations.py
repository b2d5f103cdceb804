"""Reads `nat:`: which addresses a device stands for. What cannot be read may open any host behind the device."""

from sekisho.adapters.network.fields import Entry, NetworkFields
from sekisho.adapters.network.known import Known
from sekisho.adapters.network.rules import origin
from sekisho.adapters.yaml_file import Path
from sekisho.domain.network.addresses import V6_BASE
from sekisho.domain.network.model import SourceNat, StaticNat
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_SERVICE

KEYS = ("device", "interface", "kind", "outside", "inside", "service", "inside_port", "filters_see", "origin")
MAX_PORT = 65_535


def read_translations(fields: NetworkFields, known: Known) -> tuple[tuple[StaticNat, ...], tuple[SourceNat, ...]]:
    """Return the static and the source translations, parsed ones first."""
    static, source = list(known.parsed.static_nats), list(known.parsed.source_nats)
    for path, entry in fields.entries("nat"):
        fields.check_keys(path, entry, KEYS)
        device = known.devices.get(fields.name(entry, "device") or "")
        if device is None:
            fields.tell("unknown-device", *path, "device", name=fields.name(entry, "device") or "")
            continue
        before = len(fields.problems)
        interface = fields.name(entry, "interface") or ""
        read = _read(fields, path, entry, device.id, interface)
        if read is None or device.interface(interface) is None:
            del fields.problems[before:]  # told once, for the entry
            fields.tell("nat", *path)
            known.unsure_filters.add(device.id)
        elif isinstance(read, StaticNat):
            static.append(read)
        else:
            source.append(read)
    return tuple(static), tuple(source)


def _read(fields: NetworkFields, path: Path, entry: Entry, device: str, interface: str) -> StaticNat | SourceNat | None:
    kind = entry.get("kind")
    if kind == "static":
        return _static(fields, path, entry, device, interface)
    return _source(fields, path, entry, device, interface) if kind == "source" else None


def _static(fields: NetworkFields, path: Path, entry: Entry, device: str, interface: str) -> StaticNat | None:
    outside, whole = fields.addresses(path, entry, "outside")
    inside = fields.address(path, entry, "inside")
    service, services_whole = fields.services(path, entry, "service")
    port = fields.number(path, entry, "inside_port", least=1)
    if not (outside and whole and services_whole) or inside is None or _mixed(outside, inside):
        return None
    if entry.get("filters_see", "inside") not in ("inside", "outside"):
        return None
    if "inside_port" in entry and (port is None or port > MAX_PORT):
        return None
    sees_inside = entry.get("filters_see", "inside") == "inside"
    return StaticNat(
        device, interface, outside, inside, service or ANY_SERVICE, port, sees_inside, origin(fields, path, entry)
    )


def _source(fields: NetworkFields, path: Path, entry: Entry, device: str, interface: str) -> SourceNat | None:
    inside, whole = fields.addresses(path, entry, "inside")
    outside = fields.address(path, entry, "outside")
    if not (inside and whole) or outside is None:
        return None
    return SourceNat(device, interface, inside, outside, origin(fields, path, entry))


def _mixed(outside: Ranges, inside: int) -> bool:
    return any((first >= V6_BASE) != (inside >= V6_BASE) for first, _ in outside.spans)
