"""Reads `devices:`: interfaces and routes as written, or from the configuration that a device names.

What cannot be read of a device leaves its routes or its filters unknown: an interface or a route that is missing here
may well be there in the hospital.
"""

from collections.abc import Mapping
from dataclasses import replace

from sekisho.adapters.network.configured import read_configured
from sekisho.adapters.network.fields import Entry, NetworkFields
from sekisho.adapters.network.known import Known
from sekisho.adapters.yaml_file import Path
from sekisho.domain.network.addresses import ANY_V4, V6_BASE, NotAnAddress, address_number, prefix_span
from sekisho.domain.network.model import Device, Interface, Route
from sekisho.domain.network.ranges import Span
from sekisho.domain.tri import Tri

KEYS = (
    "id", "name", "kind", "vendor", "model", "line", "filters", "routes_known", "interfaces", "routes", "config", "source",
)  # fmt: skip
INTERFACE_KEYS = ("id", "segment", "address", "network", "zone", "name")
ROUTE_KEYS = ("prefix", "via", "interface")


def read_devices(fields: NetworkFields, known: Known, configurations: Mapping[str, bytes]) -> None:
    """Put the devices into `known`, tie the interfaces to segments, and check the segments' gateways."""
    for path, entry in fields.entries("devices"):
        fields.check_keys(path, entry, KEYS)
        name = fields.identity(path, entry, known.devices)
        if name is None:
            continue
        device = _device(fields, known, path, entry, name)
        known.devices[name] = device
        if entry.get("config") is not None:
            known.devices[name] = read_configured(fields, known, path, entry, device, configurations)
    _check_gateways(fields, known)


def _device(fields: NetworkFields, known: Known, path: Path, entry: Entry, name: str) -> Device:
    interfaces = _interfaces(fields, known, path, entry, name)
    return Device(
        id=name,
        interfaces=tuple(interfaces.values()),
        routes=_routes(fields, known, path, entry, name, interfaces),
        filters_known=_filters_known(fields, path, entry),
        kind=fields.text(path, entry, "kind"),
        vendor=fields.text(path, entry, "vendor"),
        model=fields.text(path, entry, "model"),
        name=fields.text(path, entry, "name"),
        source=fields.text(path, entry, "source"),
        line_number=fields.number(path, entry, "line", least=1),
        routes_known=entry.get("routes_known") is None or fields.truth(path, entry, "routes_known") is Tri.YES,
    )


def _filters_known(fields: NetworkFields, path: Path, entry: Entry) -> bool:
    written = entry.get("filters", "known")
    if written not in ("known", "unknown"):
        fields.tell("filters", *path, "filters")
    return bool(written == "known")


def _interfaces(fields: NetworkFields, known: Known, path: Path, entry: Entry, device: str) -> dict[str, Interface]:
    found: dict[str, Interface] = {}
    for place, written in fields.each(path, entry, "interfaces"):
        name = fields.identity(place, written, found) if written is not None else None
        if written is None or name is None:
            if written is None:
                fields.tell("interface", *place)
            known.unsure_routes.add(device)
            continue
        fields.check_keys(place, written, INTERFACE_KEYS)
        found[name] = _interface(fields, known, place, written, device, name)
    return found


def _interface(fields: NetworkFields, known: Known, path: Path, entry: Entry, device: str, name: str) -> Interface:
    address, network = fields.address_with_prefix(path, entry, "address")
    if entry.get("address") is not None and address is None:
        known.unsure_routes.add(device)
    if entry.get("network") is not None:
        network = next(iter(fields.addresses(path, entry, "network")[0].spans), None)
    segment = _segment(fields, known, path, entry, device, address)
    if segment and address is not None and address not in known.segments[segment].addresses:
        fields.tell("interface-address", *path, "address")
    return Interface(
        name, segment, address, network, fields.text(path, entry, "zone"), fields.text(path, entry, "name")
    )


def _segment(
    fields: NetworkFields, known: Known, path: Path, entry: Entry, device: str, address: int | None
) -> str | None:
    """Return the segment as written; without the key the one of the address. `segment: null` says that it has none."""
    name = fields.name(entry, "segment")
    if name in known.segments:
        return name
    if name is not None:
        fields.tell("unknown-segment", *path, "segment", name=name)
        known.unsure_routes.add(device)
    if "segment" in entry and entry["segment"] is None:
        return None
    return known.segment_at(address) if address is not None else None


def _routes(
    fields: NetworkFields, known: Known, path: Path, entry: Entry, device: str, interfaces: Mapping[str, Interface]
) -> tuple[Route, ...]:
    routes: list[Route] = []
    for place, written in fields.each(path, entry, "routes"):
        fields.check_keys(place, written or {}, ROUTE_KEYS)
        prefix = _prefix(written or {})
        if prefix is None or written is None:
            fields.tell("route", *place)
            known.unsure_routes.add(device)
            continue
        route = _route(written, prefix, interfaces)
        if route == Route(prefix) and set(written) != {"prefix"}:
            fields.tell("route", *place)
        routes.append(route)
    return tuple(routes)


def _route(entry: Entry, prefix: Span, interfaces: Mapping[str, Interface]) -> Route:
    """Return the route; it leads nobody knows where when its next hop cannot be read or is of the other family."""
    written, interface = entry.get("via"), entry.get("interface")
    if interface is not None and str(interface) not in interfaces:
        return Route(prefix)
    via: int | None = None
    if isinstance(written, str) and written in interfaces and interface is None:
        interface = written
    elif written is not None:
        try:
            via = address_number(str(written))
        except NotAnAddress:
            return Route(prefix)
        if (via >= V6_BASE) != (prefix[0] >= V6_BASE):
            return Route(prefix)
    return Route(prefix, via, None if interface is None else str(interface))


def _prefix(entry: Entry) -> Span | None:
    written = entry.get("prefix")
    if written == "default":
        return ANY_V4.spans[0]
    try:
        return prefix_span(written) if isinstance(written, str) else None
    except NotAnAddress:
        return None


def _check_gateways(fields: NetworkFields, known: Known) -> None:
    """Drop gateways that are no device of the file; with several devices on the segment that leaves it unknown."""
    for segment in list(known.segments.values()):
        if segment.gateway is not None and segment.gateway not in known.devices:
            fields.tell("unknown-gateway", *known.places[segment.id], "gateway", name=segment.gateway)
            known.segments[segment.id] = replace(segment, gateway=None)
