"""What a single host may receive and send: its declared needs, and where its antivirus gets updates. Nothing else.

    wanted = allow_list(network, "ct-console", today=today, updates=[products["trend-apex-one"]],
                        update_addresses={"": parse_addresses("10.0.1.34")})

Needs that have ended, and ends without an address, are left out and told. Destinations by name are kept as names: their
addresses are entered by people, here (`update_addresses`) or in the script.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from sekisho.catalogue.antivirus_updates import UpdateProduct
from sekisho.domain.judgement.level_schema import Certainty
from sekisho.domain.network.addresses import addresses_text
from sekisho.domain.network.model import DeclaredFlow, Network, Node
from sekisho.domain.network.ranges import EMPTY, Ranges
from sekisho.domain.network.services import services_text
from sekisho.domain.text import Text

ENDED = Text(
    "申告の期限（{until}）が過ぎているため、{source} → {target} の通信は入れていません。必要なら申告を更新してください。",
    "The need {source} > {target} ended on {until} and is left out. Renew it if it is still needed.",
)
NO_ADDRESS = Text(
    "{other} のアドレスが分からないため、{source} → {target} の通信は入れていません。アドレスを調べて登録してください。",
    "The address of {other} is not known, so {source} > {target} is left out. Find it out and register it.",
)
EVERYONE = Text(
    "{source} → {target} は相手のアドレスが広すぎます（{addresses}）。相手を絞ってください。",
    "{source} > {target} names too many addresses ({addresses}). Narrow it down.",
)
TRANSLATED = Text(
    "{source} は途中の装置でアドレスが変わることがあります。この機器から見えるアドレス（{addresses}）も許可に入れました。",
    "The address of {source} may be translated on the way. What this host sees then ({addresses}) is allowed as well.",
)
BY_NAME = Text(
    "更新の入手先「{name}」は名前だけが公表されています。名前からアドレスを自動では調べません。院内の更新サーバを使うか、"
    "メーカーに確かめたアドレスを入れてください。入れるまで、この通信は止まります。",
    "The update source “{name}” is published as a name only. It is never resolved here: use a server inside the"
    " hospital, or enter addresses confirmed by the maker. Until then this connection is blocked.",
)
OWN_SERVER = Text(
    "ウイルス対策「{product}」の院内サーバのアドレスがまだ入っていません。入れるまで、更新の通信は止まります。",
    "The address of the hospital's own server for “{product}” is still missing. Until then updates are blocked.",
)
TO_CONFIRM = Text(
    "「{product}」の更新の通信は、公表資料で直接は確かめられていないものを含みます。出典：{source}",
    "Some of the update connections of “{product}” are not confirmed by their maker's documents. Source: {source}",
)
NOTHING = Text(
    "この機器の申告された通信がありません。このまま適用すると、すべての通信が止まります。",
    "No needs are declared for this host. Applied as it is, the script blocks everything.",
)
MOST_ADDRESSES = 1 << 24


class Way(Enum):
    """Seen from the host."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Allowed:
    """One line of the allow-list. Without `peers`, `label` names a place whose addresses a person enters."""

    way: Way
    peers: Ranges
    services: Ranges
    label: str
    why: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class AllowList:
    """What one host may do. `host` is its id, `name` how people call it; `notes` are to be read before applying."""

    host: str
    name: str
    allowed: tuple[Allowed, ...]
    notes: tuple[Text, ...]


def allow_list(
    network: Network,
    host: str,
    *,
    today: date,
    updates: Sequence[UpdateProduct] = (),
    update_addresses: Mapping[str, Ranges] | None = None,
) -> AllowList:
    """Return the allow-list of the node `host`.

    `update_addresses` are what people have entered: by published name, "" for the hospital's own update server.

    Raises:
        KeyError: there is no such node.
    """
    node = {one.id: one for one in network.nodes}[host]
    notes: list[Text] = []
    allowed = [*_needs(network, node, today, notes), *_updates(updates, update_addresses or {}, notes)]
    if not any(one.peers for one in allowed):
        notes.insert(0, NOTHING)
    return AllowList(host, node.name or host, tuple(allowed), tuple(dict.fromkeys(notes)))


def _needs(network: Network, node: Node, today: date, notes: list[Text]) -> Iterator[Allowed]:
    for flow in network.flows:
        if node.id not in (flow.source, flow.target) or flow.source == flow.target:
            continue
        said = {"source": flow.source, "target": flow.target}
        if flow.is_expired(today):
            notes.append(ENDED.filled(until=flow.until, **said))
            continue
        is_in = flow.target == node.id
        other = flow.source if is_in else flow.target
        peers = _addresses(network, other)
        if not peers:
            notes.append(NO_ADDRESS.filled(other=other, **said))
        elif peers.size > MOST_ADDRESSES:
            notes.append(EVERYONE.filled(addresses=", ".join(addresses_text(peers)[:3]), **said))
        else:
            seen = _translated(network, peers) if is_in else EMPTY
            if seen:
                notes.append(TRANSLATED.filled(source=other, addresses=", ".join(addresses_text(seen))))
            yield Allowed(Way.IN if is_in else Way.OUT, peers | seen, flow.service, other, _why(flow), flow.until)


def _addresses(network: Network, end: str) -> Ranges:
    known = {line.id: line.source for line in network.lines} | {node.id: node.addresses for node in network.nodes}
    return known.get(end, EMPTY)


def _translated(network: Network, peers: Ranges) -> Ranges:
    """Return the addresses that senders may carry after a translation on their way."""
    found = (nat.outside for nat in network.source_nats if nat.outside and nat.inside.overlaps(peers))
    return Ranges.of((one, one) for one in found)


def _why(flow: DeclaredFlow) -> str:
    return "、".join(part for part in (flow.owner, flow.reason, ", ".join(services_text(flow.service))) if part)


def _updates(
    products: Iterable[UpdateProduct], addresses: Mapping[str, Ranges], notes: list[Text]
) -> Iterator[Allowed]:
    for product in products:
        if any(one.certainty is not Certainty.READ for one in product.destinations):
            notes.append(TO_CONFIRM.filled(product=product.name, source=product.source))
        has_own = bool(addresses.get(""))
        for one in product.destinations:
            peers = addresses.get(one.name, EMPTY)
            label = one.name or (one.what.ja if one.what is not None else product.name.ja)
            if not peers and one.is_own_server:
                notes.append(OWN_SERVER.filled(product=product.name))
            elif not peers and not has_own:
                notes.append(BY_NAME.filled(name=one.name))
            elif not peers:
                continue  # updates come from inside: the maker's servers need not be reached
            yield Allowed(Way.OUT, peers, one.services, label, f"{product.name.ja} の更新")
