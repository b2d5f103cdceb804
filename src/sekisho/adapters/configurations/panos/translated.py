"""PAN-OS rules as they look behind a static NAT.

PAN-OS judges a packet by its address before translation and by the zone it goes to after it. Here filters in the middle
of a device see the inside address. So a rule that names an outer address also gets the inside one; a rule that names an
inside address without the outer one does not touch translated packets and is, for them, not exact.

Source: PAN-OS administrator's guide, "NAT policy rules: address in security rules".
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sekisho.domain.network.model import Rule, StaticNat
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import port_of, ports_of, protocol_of

_MOST_ADDRESSES = 1 << 16


@dataclass(frozen=True, slots=True)
class Translation:
    """Outer addresses and services, and the inside ones they become; `interfaces` by which such packets enter."""

    outside: Ranges
    service: Ranges
    inside: Ranges
    mapped: Ranges
    interfaces: frozenset[str]

    def inside_of(self, outer: Ranges) -> Ranges:
        """Return the inside addresses of some of the outer ones."""
        if self.outside.size > _MOST_ADDRESSES:
            return self.inside
        shift = self.inside.first - self.outside.first
        return Ranges.of((first + shift, last + shift) for first, last in outer.spans)

    def mapped_of(self, services: Ranges) -> Ranges:
        """Return the inside services of some of the outer ones."""
        if self.mapped == self.service:
            return services
        shift = self.mapped.first - self.service.first
        return Ranges.of((first + shift, last + shift) for first, last in services.spans)


def translations(nats: list[StaticNat]) -> list[Translation]:
    """Return what `nats` do, those of several interfaces together."""
    found: dict[tuple[Ranges, Ranges, int, int | None], frozenset[str]] = {}
    for nat in nats:
        key = (nat.outside, nat.service, nat.inside, nat.inside_port)
        found[key] = found.get(key, frozenset()) | {nat.interface}
    return [_translation(*key, interfaces) for key, interfaces in found.items()]


def _translation(
    outside: Ranges, service: Ranges, inside: int, port: int | None, interfaces: frozenset[str]
) -> Translation:
    width = outside.size if outside.size <= _MOST_ADDRESSES else 1
    mapped = service
    if port is not None:
        last = min(port + service.size - 1, 65535)
        mapped = ports_of(protocol_of(service.first), Ranges(((port, last),)))
        if port_of(service.first) == port:
            mapped = service
    return Translation(outside, service, Ranges(((inside, inside + width - 1),)), mapped, interfaces)


def seen_inside(rules: list[Rule], nats: list[StaticNat], every: frozenset[str]) -> list[Rule]:
    """Return `rules` as they judge packets behind `nats`. `every` are the device's interfaces."""
    known = translations(nats)
    return [piece for rule in rules for piece in _behind(rule, known, every)] if known else rules


def _behind(rule: Rule, known: list[Translation], every: frozenset[str]) -> Iterator[Rule]:
    left = [rule]
    added: list[Rule] = []
    for one in known:
        entering = one.interfaces if rule.entering is None else one.interfaces & rule.entering
        if not entering:
            continue
        outer, asked = rule.dst & one.outside, rule.service & one.service
        inner = one.inside_of(outer) if outer and asked else Ranges()
        mapped = one.mapped_of(asked) if inner else Ranges()
        if inner and not (rule.dst.covers(inner) and rule.service.covers(mapped)):
            added.append(replace(rule, dst=inner, service=mapped, entering=entering))
        untouched = (rule.dst & one.inside) - inner
        if untouched and rule.service.overlaps(one.mapped):
            left = [part for piece in left for part in _doubted(piece, untouched, one.mapped, entering, every)]
    yield from left
    yield from added


def _doubted(
    piece: Rule, inside: Ranges, mapped: Ranges, entering: frozenset[str], every: frozenset[str]
) -> Iterator[Rule]:
    """Yield `piece` in parts, not exact where packets entering by `entering` may have been translated."""
    dst, service = piece.dst & inside, piece.service & mapped
    if not (dst and service):
        yield piece
        return
    for rest_dst, rest_service in ((piece.dst - inside, piece.service), (dst, piece.service - mapped)):
        if rest_dst and rest_service:
            yield replace(piece, dst=rest_dst, service=rest_service)
    yield replace(piece, dst=dst, service=service, entering=entering, is_exact=False)
    others = (every if piece.entering is None else piece.entering) - entering
    if others:
        yield replace(piece, dst=dst, service=service, entering=others)
