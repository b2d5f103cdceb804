"""Devices of the sample configurations as networks of their own, and changes to them drawn by chance."""

import random
from dataclasses import replace
from pathlib import Path

from sekisho.adapters.network.reconfigured import Tie, with_configurations
from sekisho.domain.network.addresses import parse_addresses
from sekisho.domain.network.changes import Change, DisableRule, InsertDeny, NarrowRule, ruleset_at
from sekisho.domain.network.model import Action, AtInterface, Direction, ExternalLine, Network, Node, Rule
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import TCP, UDP, parse_services, ports_of

FOLDER = Path("tests/samples/configurations")
VENDORS = {"yamaha": "yamaha", "nec_ix": "nec-ix", "si_r": "si-r", "cisco_ios": "cisco-ios", "fortios": "fortios"}
CONFIGURATIONS = [
    (vendor, file.name)
    for vendor in VENDORS
    for file in sorted((FOLDER / vendor).iterdir())
    if file.suffix in (".txt", ".conf")
]
_SERVICES = ("tcp/445", "tcp/3389", "tcp/443", "udp/53", "icmp", "tcp/22-23", "tcp/5985-5986", "esp")
_WITH_PORTS = ports_of(TCP) | ports_of(UDP)


def site(vendor: str, name: str) -> tuple[Network, dict[str, bytes]]:
    """Return the device "dev" of one sample as a network with a host in each segment, and its configuration."""
    return site_of((FOLDER / vendor / name).read_bytes(), name)


def site_of(raw: bytes, name: str) -> tuple[Network, dict[str, bytes]]:
    """Return the device "dev" of a configuration as a network, and the configuration."""
    network = with_configurations(Network(), {"dev": Tie("dev", name)}, {name: raw}).network
    listens = parse_services(["tcp/443", "tcp/445", "tcp/3389", "udp/53"])
    nodes = []
    for segment in network.segments:
        first, last = segment.addresses.spans[0]
        if last - first > 5:
            nodes.append(Node(f"in-{segment.id}", Ranges(((first + 2, first + 3),)), listens=listens))
    lines = [
        ExternalLine(f"line-{one.id}", source=parse_addresses("172.31.0.0/16"), device="dev", interface=one.id)
        for one in network.devices[0].interfaces
        if one.segment is None
    ]
    return replace(network, nodes=tuple(nodes), lines=tuple(lines)), {name: raw}


def random_change(chance: random.Random, network: Network) -> Change | None:
    """Return a change to the device: a rule that goes or is narrowed, or a deny; with what is kept. None for none."""
    permits = [
        (at, rule)
        for at, ruleset in enumerate(network.rulesets)
        for rule in ruleset.rules
        if rule.action is Action.PERMIT and rule.enabled and rule.src and rule.dst and rule.service
    ]
    kind = chance.random()
    if kind < 0.7 and permits:
        at, rule = chance.choice(permits)
        if kind < 0.4:
            return DisableRule(at, rule.seq, _keeps(chance, rule))
        return NarrowRule(at, rule.seq, _some(chance), _keeps(chance, rule))
    interfaces = network.devices[0].interfaces
    if not interfaces:
        return None
    at_interface = AtInterface(chance.choice(interfaces).id, chance.choice(list(Direction)))
    src = parse_addresses(chance.choice(["172.31.0.0/16", "0.0.0.0/0", "10.0.0.0/8", "192.168.1.5"]))
    dst = parse_addresses(chance.choice(["any", "10.0.0.0/8", "192.168.0.0/16"]))
    services = _some(chance)
    keeps = _keeps(chance, Rule(0, Action.PERMIT, src, dst, services))
    attaches = ruleset_at(network, "dev", at_interface) is None
    return InsertDeny("dev", at_interface, src, dst, services, keeps, attaches)


def _some(chance: random.Random) -> Ranges:
    return parse_services(chance.sample(_SERVICES, chance.randint(1, 4)))


def _keeps(chance: random.Random, rule: Rule) -> tuple[Rule, ...]:
    return tuple(_keep(chance, rule) for _ in range(chance.randint(0, 2)))


def _keep(chance: random.Random, rule: Rule) -> Rule:
    with_ports = rule.service & _WITH_PORTS
    service = _part(chance, with_ports) if with_ports else Ranges.single(rule.service.first)
    return Rule(
        0,
        Action.PERMIT,
        _part(chance, rule.src),
        _part(chance, rule.dst),
        service,
        rule.source_ports,
        entering=rule.entering,
        leaving=rule.leaving,
        name="sekisho",
    )


def _part(chance: random.Random, whole: Ranges) -> Ranges:
    first, last = chance.choice(whole.spans)
    if chance.random() < 0.4:
        return Ranges(((first, last),))
    size = chance.choice([0, 3, 10, 255])
    start = chance.randint(first, max(first, last - size))
    return Ranges(((start, min(last, start + size)),))
