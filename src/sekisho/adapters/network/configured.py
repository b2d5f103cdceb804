"""Ties what a device's configuration says to the device and the segments of network.yaml.

An interface belongs to the segment whose range is its connected network, contains its address, or is the only one in
it. What the file itself writes of an interface goes before what its address tells.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from sekisho.adapters.configurations.decoding import ConfigurationUnreadable
from sekisho.adapters.configurations.read import read_configuration
from sekisho.adapters.network.fields import Entry, NetworkFields
from sekisho.adapters.network.known import Known
from sekisho.adapters.yaml_file import Path
from sekisho.domain.network.addresses import addresses_text, span_texts
from sekisho.domain.network.configuration import Bearing, DeviceConfiguration, VpnPool
from sekisho.domain.network.model import Device, Interface, Network, Segment, Unread
from sekisho.domain.network.ranges import Ranges, Span


def read_configured(
    fields: NetworkFields, known: Known, path: Path, entry: Entry, declared: Device, configurations: Mapping[str, bytes]
) -> Device:
    """Return the device with what its configuration says; rule sets and translations go into `known`.

    A configuration that is not there or cannot be read leaves filters and routes of the device unknown.
    """
    name = fields.name(entry, "config") or "?"
    raw = configurations.get(name, configurations.get(str(PurePosixPath(name))))
    if raw is None:
        fields.tell("config-missing", *path, "config", name=name, device=declared.id)
        return replace(declared, filters_known=False, routes_known=False)
    try:
        read = read_configuration(raw, name=name)
    except ConfigurationUnreadable as error:
        fields.tell("config-unreadable", *path, "config", name=name, why=error.text, device=declared.id)
        return replace(declared, filters_known=False, routes_known=False, source=name)
    known.pools.extend((declared.id, path, pool) for pool in read.vpn_pools)
    _remember(known, declared.id, name, read)
    return _merged(known, declared, name, read)


def _merged(known: Known, declared: Device, name: str, read: DeviceConfiguration) -> Device:
    written = {interface.id: interface for interface in declared.interfaces}
    interfaces = [_tied(known, interface, written.get(interface.id)) for interface in read.interfaces]
    found = {interface.id for interface in interfaces}
    bearings = {line.bearing for line in read.unparsed}
    return replace(
        declared,
        interfaces=(*interfaces, *(one for one in declared.interfaces if one.id not in found)),
        routes=(*declared.routes, *read.routes),
        vendor=declared.vendor or read.vendor,
        model=declared.model or read.model,
        name=declared.name or read.hostname,
        source=name,
        # A translation that was not understood may open any host behind the device.
        filters_known=declared.filters_known and Bearing.NAT not in bearings,
        routes_known=declared.routes_known and not bearings & {Bearing.ROUTE, Bearing.INTERFACE},
    )


def _tied(known: Known, read: Interface, written: Interface | None) -> Interface:
    if written is not None and written.segment is not None:
        return replace(read, segment=written.segment, zone=written.zone or read.zone, name=written.name or read.name)
    if read.network is not None:
        return replace(read, segment=known.segment_of(read.network, read.address))
    return replace(read, segment=known.segment_at(read.address) if read.address is not None else None)


def _remember(known: Known, device: str, name: str, read: DeviceConfiguration) -> None:
    parsed, source = known.parsed, f"parsed:{name}"
    known.parsed = Network(
        rulesets=(*parsed.rulesets, *(replace(rules, device=device, source=source) for rules in read.rulesets)),
        static_nats=(*parsed.static_nats, *(replace(nat, device=device) for nat in read.static_nats)),
        source_nats=(*parsed.source_nats, *(replace(nat, device=device) for nat in read.source_nats)),
        unread=(
            *parsed.unread,
            *(
                Unread(device, name, line.line, line.text, line.why.ja)
                for line in read.unparsed
                if line.bearing is not Bearing.OTHER
            ),
        ),
    )


def add_links(known: Known) -> None:
    """Make a segment of each network that devices share and that the file does not list: a link between two routers."""
    sharing: dict[Span, list[str]] = {}
    configured = {device.id for device in known.devices.values() if device.source}
    for device in known.devices.values():
        for interface in device.interfaces:
            if interface.segment is None and interface.network is not None and interface.address is not None:
                sharing.setdefault(interface.network, []).append(device.id)
    for network, devices in sharing.items():
        if len(set(devices)) > 1 and configured & set(devices) and known.segment_of(network, None) is None:
            name = span_texts(network)[0]
            known.segments[name] = Segment(name, Ranges((network,)))
            _tie_all(known, network, name)


def _tie_all(known: Known, network: Span, segment: str) -> None:
    for device in list(known.devices.values()):
        interfaces = tuple(
            replace(one, segment=segment) if one.segment is None and one.network == network else one
            for one in device.interfaces
        )
        known.devices[device.id] = replace(device, interfaces=interfaces)


def give_pools_to_lines(fields: NetworkFields, known: Known, without_source: Iterable[str]) -> None:
    """Let lines that end where a device hands out addresses send from them; tell pools that no line leads to."""
    unsaid = set(without_source)
    for device, path, pool in known.pools:
        ending = [line for line in known.lines.values() if (line.device, line.interface) == (device, pool.interface)]
        for line in ending:
            if line.id in unsaid:
                known.lines[line.id] = replace(line, source=pool.addresses)
        if not ending:
            _tell_pool(fields, path, device, pool)


def _tell_pool(fields: NetworkFields, path: Path, device: str, pool: VpnPool) -> None:
    addresses = ", ".join(addresses_text(pool.addresses))
    fields.tell("vpn-pool-without-line", *path, device=device, interface=pool.interface, addresses=addresses)
