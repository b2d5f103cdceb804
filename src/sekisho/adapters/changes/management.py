"""Warnings before a change: whether it shuts out those who look after the device, and which declared needs it ends."""

from collections.abc import Iterator

from sekisho.adapters.changes.meaning import sources_cut_off
from sekisho.adapters.changes.written import Edit
from sekisho.domain.network.addresses import V6_BASE, address_text, addresses_text
from sekisho.domain.network.kept_needs import broken_flows
from sekisho.domain.network.model import AtInterface, Device, Direction, Network
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.services import parse_services, service_text, services_text
from sekisho.domain.text import Text

MANAGEMENT = tuple(parse_services(["tcp/22", "tcp/23", "tcp/80", "tcp/443", "tcp/8443"]))
MOST_SHOWN = 3
SHUT_OUT = Text(
    "【締め出しに注意】この変更の後は、{sources} から、この装置（{address}）を {service} で操作できなくなります。"
    "その経路で操作している場合は、院内側または装置のコンソールに切り替えてから作業してください。",
    "Beware of being shut out: after this change {sources} can no longer manage this device ({address}) by {service}."
    " If you work over that way, change to the inside or to the console of the device first.",
)
OVER_THE_LINE = Text(
    "{place} を通して操作している最中に変更すると、途中で操作できなくなることがあります。別の経路かコンソールから作業し、"
    "戻すときのコマンドを手元に用意してから始めてください。",
    "Do not work through {place} while changing it: you may lose the connection half-way. Use another way or the"
    " console, and have the commands that take the change back at hand.",
)
ENDS_A_NEED = Text(
    "申告されている通信「{source} → {target}（{service}）」が使えなくなります。担当：{owner}",
    "The declared connection {source} > {target} ({service}) will no longer work. Owner: {owner}",
)
NOBODY = Text("（未記入）", "(not given)")


def lock_out(device: Device, edits: tuple[Edit, ...]) -> Iterator[Text]:
    """Yield what to mind about the way by which the device itself is managed."""
    for edit in edits:
        yield OVER_THE_LINE.filled(place=edit.at)
        if not isinstance(edit.at, AtInterface) or edit.at.direction is not Direction.IN:
            continue
        for address in dict.fromkeys(one.address for one in device.interfaces if one.address):
            family = 6 if address >= V6_BASE else 4
            if family not in edit.families:
                continue
            yield from _shut_out(edit, address, family)


def _shut_out(edit: Edit, address: int, family: int) -> Iterator[Text]:
    by_sources: dict[str, list[str]] = {}
    for service in MANAGEMENT:
        lost = sources_cut_off(edit.old, edit.new, address, service, family)
        if lost:
            by_sources.setdefault(_shortly(addresses_text(lost)), []).append(service_text(service))
    for sources, services in by_sources.items():
        yield SHUT_OUT.filled(sources=sources, address=address_text(address), service=", ".join(services))


def ended_needs(before: Reachability, after: Reachability, network: Network) -> Iterator[Text]:
    """Yield the declared needs that worked before and do not after."""
    for flow in broken_flows(before, after, network.flows):
        service = ", ".join(services_text(flow.service))
        owner = flow.owner or NOBODY
        yield ENDS_A_NEED.filled(source=flow.source, target=flow.target, service=service, owner=owner)


def _shortly(texts: list[str]) -> str:
    more = len(texts) - MOST_SHOWN
    shown = ", ".join(texts[:MOST_SHOWN])
    return f"{shown} …（+{more}）" if more > 0 else shown
