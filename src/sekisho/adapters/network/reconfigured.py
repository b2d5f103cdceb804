"""Puts what device configurations say into a network: their rules take the place of what was known of these devices.

The network is written as network.yaml, the devices are given their `config`, and the whole is read again: what a
configuration means is decided in one place only (`configured`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from sekisho.adapters.configurations.read import read_configuration
from sekisho.adapters.network.read import MAX_BYTES, MAX_PARTS, NetworkReading, read_network_model
from sekisho.adapters.network.write import network_yaml
from sekisho.adapters.yaml_file import read_yaml
from sekisho.domain.network.addresses import address_number, prefix_span, prefixes_of, span_texts
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Network
from sekisho.domain.network.ranges import Ranges, Span

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tie:
    """A configuration and the device it belongs to. A device that the network lacks is added with `number` and `name`."""

    device: str
    config: str
    name: str = ""
    line_number: int | None = None


def with_configurations(
    network: Network, ties: Mapping[str, Tie], files: Mapping[str, bytes], *, other_sources: Collection[str] = ()
) -> NetworkReading:
    """Return `network` in which the devices of `ties` (by device id) are as their configurations say.

    `files` are the configurations by name, free of secrets or not. What was known of a device's filters, translations
    and routes goes; its interfaces keep the segments they were given. A connected network that no segment holds
    becomes a segment of its own, so that a map can begin with configurations alone. `other_sources` as in
    `read_network_model`.

    Raises:
        ConfigurationUnreadable: one of the files; nothing was done.
    """
    read = {device: read_configuration(files[tie.config], name=tie.config) for device, tie in ties.items()}
    written = network_yaml(network) or b"{}" if network != Network() else b"{}"
    document = read_yaml(written, max_bytes=MAX_BYTES, max_parts=MAX_PARTS).value
    for key in ("rulesets", "nat", "unread"):
        document[key] = [entry for entry in document.get(key) or [] if str(entry.get("device")) not in ties]
    devices = {str(entry["id"]): entry for entry in document.get("devices") or []}
    for device, tie in ties.items():
        devices[device] = _entry(devices.get(device), tie, read[device])
    document["devices"] = list(devices.values())
    document["segments"] = [*(document.get("segments") or []), *_new_segments(network, read)]
    written = yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False).encode()
    return read_network_model(written, configurations=files, other_sources=other_sources)


def _entry(old: Entry | None, tie: Tie, read: DeviceConfiguration) -> Entry:
    """Return the device's entry with its configuration; of its interfaces only what a configuration cannot tell."""
    entry: Entry = {"id": tie.device} | {
        key: value for key, value in (old or {}).items() if key in ("name", "kind", "line", "vendor", "model")
    }
    if old is None:
        entry |= {"name": tie.name or read.hostname or tie.device}
        if tie.line_number is not None:
            entry["line"] = tie.line_number
    known = {interface.id for interface in read.interfaces}
    was_read = bool((old or {}).get("source"))
    interfaces = [_placed(one) for one in (old or {}).get("interfaces") or [] if one["id"] in known or not was_read]
    return entry | {"config": tie.config} | ({"interfaces": interfaces} if interfaces else {})


def _placed(interface: Entry) -> Entry:
    return {key: value for key, value in interface.items() if key in ("id", "segment", "zone", "name", "address")}


def _new_segments(network: Network, read: Mapping[str, DeviceConfiguration]) -> list[Entry]:
    known = [segment.addresses for segment in network.segments]
    found: dict[str, Entry] = {}
    for configuration in read.values():
        for interface in configuration.interfaces:
            span = interface.network
            if span is None or span[0] == span[1] or not _is_inside(span):
                continue
            if not any(Ranges((span,)).overlaps(addresses) for addresses in known):
                known.append(Ranges((span,)))
                name = span_texts(span)[0]
                found[name] = {"id": name, "cidr": prefixes_of(span), "name": interface.name or name}
    return list(found.values())


_PRIVATE = tuple(prefix_span(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
_LEAST = address_number("10.0.0.0")


def _is_inside(span: Span) -> bool:
    return span[0] >= _LEAST and any(first <= span[0] and span[1] <= last for first, last in _PRIVATE)
