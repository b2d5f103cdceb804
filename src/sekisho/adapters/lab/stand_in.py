"""Makes of a network one that the lab can build: few addresses, IPv4, every host listening to what is asked.

Ask an engine about the stand-in, then the lab: both then speak of the same addresses.
"""

from collections.abc import Iterable
from dataclasses import replace

from sekisho.domain.network.addresses import ANY_V4, parse_addresses
from sekisho.domain.network.model import ExternalLine, Network, Node
from sekisho.domain.network.ranges import Ranges

_HOSTS = ANY_V4 - parse_addresses(["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0-255.255.255.255"])
"""Addresses that the kernel lets a host have; 169.254.0.0/16 is kept for the lab's own use."""
MAX_LINE_ADDRESSES = 3


def stand_in(network: Network, services: Iterable[int]) -> Network:
    """Return `network` with groups of hosts stood for by their first and last address and lines by a few of theirs.

    Every host also listens to `services`: what is asked is whether the network lets a connection pass. Left out are
    addresses that another host or line has as well, that lie in no segment, or that a device has or translates.
    """
    asked = Ranges.of((service, service) for service in services)
    inside = Ranges.of(span for segment in network.segments for span in segment.addresses.spans)
    taken = _device_addresses(network)
    nodes: list[Node] = []
    for node in network.nodes:
        addresses = _ends(node.addresses & inside & _HOSTS) - taken
        taken |= addresses
        if addresses:
            nodes.append(replace(node, addresses=addresses, listens=node.listens | asked))
    lines: list[ExternalLine] = []
    for line in network.lines:
        sources = _sources(network, line, inside, taken)
        taken |= sources  # one address at two places would be one connection to every kernel between
        if sources:
            lines.append(replace(line, source=sources))
    return replace(network, nodes=tuple(nodes), lines=tuple(lines))


def _device_addresses(network: Network) -> Ranges:
    spans = [
        (interface.address, interface.address)
        for device in network.devices
        for interface in device.interfaces
        if interface.address is not None
    ]
    spans += [span for nat in network.static_nats for span in nat.outside.spans]
    spans += [(nat.outside, nat.outside) for nat in network.source_nats]
    return Ranges.of(spans)


def _ends(addresses: Ranges) -> Ranges:
    return Ranges.of((end, end) for span in addresses.spans for end in span)


def _sources(network: Network, line: ExternalLine, inside: Ranges, taken: Ranges) -> Ranges:
    """Return a few addresses that the line's packets may come from: the first, and those that rules name."""
    segment = next((one for one in network.segments if one.id == line.segment), None)
    sources = (line.source - inside) or line.source
    if segment is not None:
        sources = (line.source & segment.addresses) or sources
    free = (sources & _HOSTS) - taken
    named = [
        (free & rule.src).first
        for rules in network.rulesets
        for rule in rules.rules
        if rule.src != line.source and free & rule.src
    ]
    chosen = [min(first + 5, last) for first, last in free.spans[:1]]
    return Ranges.of((address, address) for address in dict.fromkeys([*chosen, *named][:MAX_LINE_ADDRESSES]))
