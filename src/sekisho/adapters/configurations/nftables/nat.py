"""What the NAT statements of an nftables ruleset do.

Source: nft(8), "NAT statements"; libnftables-json(5). Filters of the forward hook see the inside address.
"""

from collections.abc import Iterator

from sekisho.adapters.configurations.nftables.matches import (
    Match,
    Sets,
    combined,
    is_v6,
    matched,
)
from sekisho.adapters.configurations.nftables.values import Json, NotUnderstood, port
from sekisho.adapters.configurations.statements import UNKNOWN_OUTSIDE
from sekisho.domain.network.addresses import ANY_V4, V6_BASE, address_number, address_span
from sekisho.domain.network.model import Origin, SourceNat, StaticNat
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import port_of


def nats_of(
    expressions: list[Json], match: Match, sets: Sets, origin: Origin
) -> tuple[list[StaticNat], list[SourceNat]]:
    """Return what the NAT statement among `expressions` does with what `match` says.

    Raises:
        NotUnderstood: it cannot be told.
    """
    for expression in expressions:
        kind, inner = next(iter(expression.items())) if isinstance(expression, dict) and expression else ("", None)
        if kind == "dnat" and isinstance(inner, dict):
            return list(_redirected(inner, match, sets, origin)), []
        if kind == "snat" and isinstance(inner, dict):
            return [], list(_source(_address(inner.get("addr")), match, origin))
        if kind == "masquerade":
            return [], list(_source(UNKNOWN_OUTSIDE, match, origin))
    return [], []


def _address(value: Json) -> int:
    first = value["range"][0] if isinstance(value, dict) and isinstance(value.get("range"), list) else value
    prefix = value.get("prefix") if isinstance(value, dict) else None
    try:
        if isinstance(prefix, dict):
            return address_span(f"{prefix.get('addr')}/{prefix.get('len')}")[0]
        return address_number(str(first))
    except ValueError:
        raise NotUnderstood("addr") from None


def _source(outside: int, match: Match, origin: Origin) -> Iterator[SourceNat]:
    if match.leaving is None:
        yield SourceNat("", "", match.src, outside, origin)
    for name in sorted(match.leaving or ()):
        yield SourceNat("", name, match.src, outside, origin)


def _redirected(inner: dict[str, Json], match: Match, sets: Sets, origin: Origin) -> Iterator[StaticNat]:
    target = inner.get("addr")
    if isinstance(target, dict) and "map" in target:
        yield from _mapped(target["map"], inner, match, sets, origin)
        return
    if target is None:
        raise NotUnderstood("dnat")
    yield from _one(target, inner.get("port"), match, origin)


def _mapped(mapping: Json, inner: dict[str, Json], match: Match, sets: Sets, origin: Origin) -> Iterator[StaticNat]:
    """Yield one redirection for each pair of a map from addresses or ports to addresses (and ports)."""
    if not isinstance(mapping, dict):
        raise NotUnderstood("map")
    pairs, is_fixed = sets.of(mapping.get("data"))
    if not is_fixed:
        raise NotUnderstood("map")
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2):
            raise NotUnderstood("map")
        value = pair[1].get("concat") if isinstance(pair[1], dict) else None
        target, new_port = (
            (value[0], value[1]) if isinstance(value, list) and len(value) == 2 else (pair[1], inner.get("port"))
        )
        for narrowed in combined([match], matched(mapping.get("key"), [pair[0]])):
            yield from _one(target, new_port, narrowed, origin)


def _one(target: Json, new_port: Json, match: Match, origin: Origin) -> Iterator[StaticNat]:
    inside = _address(target)
    if isinstance(target, dict) and "range" in target:
        raise NotUnderstood("range")
    family = Ranges(((V6_BASE, V6_BASE + (1 << 128) - 1),)) if is_v6(inside) else ANY_V4
    outside = match.dst & family
    is_prefix = isinstance(target, dict) and "prefix" in target
    if outside.size > 1 and not is_prefix:
        if outside != family:
            raise NotUnderstood("dnat")
        outside = Ranges.single(UNKNOWN_OUTSIDE + (V6_BASE if is_v6(inside) else 0))
    number = None if new_port is None else port(new_port)
    if number == port_of(match.service.first):
        number = None
    for name in sorted(match.entering) if match.entering else [""]:
        yield StaticNat("", name, outside, inside, match.service, number, True, origin)
