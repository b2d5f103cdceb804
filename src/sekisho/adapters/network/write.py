"""Writes a `Network` as network.yaml, such that reading it gives the same network.

What is as usual is left out: a person reads and mends the file as well.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

import yaml

from sekisho.domain.network.addresses import address_text, addresses_text, prefixes_of, span_texts
from sekisho.domain.network.model import (
    AtInterface,
    AtZones,
    BackupCopy,
    DeclaredFlow,
    Device,
    ExternalLine,
    Interface,
    Isolation,
    MediaPath,
    Network,
    Node,
    Place,
    Route,
    Rule,
    RuleSet,
    Segment,
    SourceNat,
    State,
    StaticNat,
    Unread,
)
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, services_text
from sekisho.domain.tri import Tri

Entry = dict[str, Any]


def network_yaml(network: Network) -> bytes:
    """Return `network` as UTF-8 network.yaml."""
    segments = {segment.id: segment for segment in network.segments}
    parts: dict[str, Iterable[Entry]] = {
        "segments": map(_segment, network.segments),
        "nodes": map(_node, network.nodes),
        "lines": map(_line, network.lines),
        "devices": (_device(device, segments) for device in network.devices),
        "rulesets": map(_ruleset, network.rulesets),
        "nat": [*map(_static_nat, network.static_nats), *map(_source_nat, network.source_nats)],
        "credentials": (_told(id=one.id, kind=one.kind, name=one.name) for one in network.credentials),
        "media": map(_media, network.media),
        "flows": map(_flow, network.flows),
        "backups": map(_backup, network.backups),
        "unread": map(_unread, network.unread),
    }
    written = {key: entries for key, part in parts.items() if (entries := list(part))}
    text: str = yaml.dump(
        written, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=None, width=100_000
    )
    return text.encode()


class _Dumper(yaml.CSafeDumper):
    """Writes equal values out each time: people do not read "&" and "*"."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _told(**values: Any) -> Entry:
    """Return the keys that say something."""
    return {key: _plain(value) for key, value in values.items() if value not in (None, "", (), [], {})}


def _plain(value: Any) -> Any:
    if value is Tri.UNKNOWN:
        return "unknown"
    if isinstance(value, Tri):
        return value is Tri.YES
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def _unless(value: Any, usual: Any) -> Any:
    return None if value == usual else value


def _segment(segment: Segment) -> Entry:
    cidr = addresses_text(segment.addresses)
    return {"id": segment.id, "cidr": cidr[0] if len(cidr) == 1 else cidr} | _told(
        zone=segment.zone,
        isolation=_unless(segment.isolation, Isolation.NONE),
        gateway=segment.gateway,
        name=segment.name,
        department=segment.department,
    )


def _node(node: Node) -> Entry:
    return _told(
        id=node.id,
        name=node.name,
        addresses=addresses_text(node.addresses),
        role=node.role,
        critical=_unless(node.critical, 0),
        listens=services_text(node.listens),
        count=_unless(node.count, 1),
        credentials=node.credentials,
        department=node.department,
        os=node.os,
        runs_on=node.runs_on,
        jump_host=_unless(node.is_jump_host, False),
    )


def _line(line: ExternalLine) -> Entry:
    return _told(
        id=line.id,
        number=line.number,
        kind=line.kind,
        party=line.party,
        vendor=line.vendor,
        name=line.name,
        terminates=_told(device=line.device, interface=line.interface, segment=line.segment),
        source=addresses_text(line.source),
        auth=_told(mfa=_unless(line.multi_factor, Tri.UNKNOWN), credentials=line.credentials),
        always_on=_unless(line.always_on, Tri.UNKNOWN),
    )


def _device(device: Device, segments: Mapping[str, Segment]) -> Entry:
    return _told(
        id=device.id,
        name=device.name,
        kind=device.kind,
        vendor=device.vendor,
        model=device.model,
        line=device.line_number,
        source=device.source,
        filters=None if device.filters_known else "unknown",
        routes_known=_unless(device.routes_known, True),
        interfaces=[_interface(one, segments) for one in device.interfaces],
        routes=[entry for route in device.routes for entry in _routes(route)],
    )


def _interface(interface: Interface, segments: Mapping[str, Segment]) -> Entry:
    entry: Entry = {"id": interface.id} | _told(segment=interface.segment)
    if interface.address is not None:
        if interface.segment is None and any(interface.address in one.addresses for one in segments.values()):
            entry["segment"] = None
        entry["address"] = address_text(interface.address)
    if interface.network is not None:
        entry["network"] = span_texts(interface.network)[0]
    return entry | _told(zone=interface.zone, name=interface.name)


def _routes(route: Route) -> Iterator[Entry]:
    """Yield one entry for each prefix: a span that is no prefix needs several."""
    via = address_text(route.via) if route.via is not None else None
    for prefix in prefixes_of(route.prefix):
        yield _told(prefix=prefix, via=via, interface=route.interface)


def _place(place: Place) -> Entry | str:
    if isinstance(place, AtInterface):
        return {"interface": place.interface, "direction": place.direction.value}
    if isinstance(place, AtZones):
        return {"zones": [place.source, place.target]}
    return "global"


def _ruleset(rules: RuleSet) -> Entry:
    entry: Entry = {"device": rules.device, "at": _place(rules.at), "default": rules.default.value}
    entry |= _told(source=rules.source, name=rules.name, stateful=_unless(rules.stateful, True))
    entry["rules"] = [_rule(rule) for rule in rules.rules]
    return entry | _told(tracked=[_rule(rule) for rule in rules.tracked])


def _rule(rule: Rule) -> Entry:
    entry: Entry = {"seq": rule.seq, "action": rule.action.value}
    for key, addresses in (("src", rule.src), ("dst", rule.dst)):
        entry[key] = addresses_text(addresses)
    entry["service"] = services_text(rule.service)
    return entry | _told(
        source_ports=_unless(_ports(rule.source_ports), _ports(ANY_PORT)),
        state=_unless(rule.state, State.ANY),
        entering=sorted(rule.entering) if rule.entering is not None else None,
        leaving=sorted(rule.leaving) if rule.leaving is not None else None,
        exact=_unless(rule.is_exact, True),
        enabled=_unless(rule.enabled, True),
        schedule=rule.schedule,
        until=rule.until,
        name=rule.name,
        objects=rule.objects,
        origin=rule.origin and {"line": rule.origin.line, "text": rule.origin.text},
    )


def _ports(ports: Ranges) -> list[str]:
    return [str(first) if first == last else f"{first}-{last}" for first, last in ports.spans]


def _static_nat(nat: StaticNat) -> Entry:
    return _told(
        device=nat.device,
        interface=nat.interface,
        kind="static",
        outside=addresses_text(nat.outside),
        inside=address_text(nat.inside),
        service=_unless(services_text(nat.service), services_text(ANY_SERVICE)),
        inside_port=nat.inside_port,
        filters_see=None if nat.filters_see_inside else "outside",
        origin=nat.origin and {"line": nat.origin.line, "text": nat.origin.text},
    )


def _source_nat(nat: SourceNat) -> Entry:
    return _told(
        device=nat.device,
        interface=nat.interface,
        kind="source",
        inside=addresses_text(nat.inside),
        outside=address_text(nat.outside),
        origin=nat.origin and {"line": nat.origin.line, "text": nat.origin.text},
    )


def _media(path: MediaPath) -> Entry:
    return {"from": path.source, "to": path.target} | _told(control=path.control, records=path.recorded)


def _flow(flow: DeclaredFlow) -> Entry:
    return _told(
        src=flow.source,
        dst=flow.target,
        service=services_text(flow.service),
        owner=flow.owner,
        until=flow.until,
        reason=flow.reason,
    )


def _backup(copy: BackupCopy) -> Entry:
    return _told(
        id=copy.id,
        name=copy.name,
        of=copy.of,
        on=copy.on,
        connect=copy.connect,
        generations=copy.generations,
        immutable_days=_unless(copy.immutable_days, 0),
        interval_hours=copy.interval_hours,
        restore_tested_on=copy.restore_tested_on,
        credentials=copy.credentials,
    )


def _unread(line: Unread) -> Entry:
    return _told(device=line.device, source=line.source, line=line.line, text=line.text, why=line.why)
