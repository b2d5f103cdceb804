"""Which way packets take: for everything that enters at one place, the destinations together with what they cross.

Routes alone decide (longest prefix, a connected network before a route of the same length), so a way is found for whole
sets of destinations at once and the sets split only where the way does. Of several equal routes nobody knows which is
taken: surely passes only what does on each. Left out: routes by source or service, routing protocols.

How the parts of the engine play together: docs/explanation/reachability.md.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sekisho.domain.network.classes import Classes, positions
from sekisho.domain.network.filtering import Crossing, Filtering
from sekisho.domain.network.legs import Doubt, Fanned, Hop, Leg, Met, Unsure, Walk
from sekisho.domain.network.model import AtInterface, Direction, Isolation, Network, Segment, SourceNat
from sekisho.domain.network.routing import Out, Routing


class Forwarding:
    """The ways through one network."""

    def __init__(self, network: Network, classes: Classes, filtering: Filtering) -> None:
        self.network, self.classes, self.filtering = network, classes, filtering
        self.routing = Routing(network, classes, filtering)
        self._aliases_at: dict[tuple[str, str], int] = {}
        for at in positions(classes.aliases):
            mapped = self.routing.mapping(at)
            key = (mapped.device, mapped.interface)
            self._aliases_at[key] = self._aliases_at.get(key, 0) | 1 << at
        self._placeless = classes.of_segment.get("", 0)
        self.loops: dict[str, int] = {}
        """Per device at which a packet came by a second time, the destinations that circle."""

    # ---- ways in ----

    def from_segment(self, segment_id: str, masked: tuple[SourceNat, ...] = ()) -> list[Leg]:
        """Return the ways from a host of a segment, `masked` being the source NATs that apply to its address."""
        segment = self.routing.segments.get(segment_id)
        everyone = self.classes.hosts | self.classes.aliases
        if segment is None:
            return [Leg(everyone, doubts=(Doubt(Unsure.PLACE_UNKNOWN, segment_id),))]
        neighbours = self.classes.of_segment.get(segment_id, 0)
        legs = [Leg(neighbours)] if neighbours and segment.isolation is Isolation.NONE else []
        gateway = self._gateway(segment)
        near = self._near_aliases(segment)
        for at in positions(near):
            legs += self._to_near_alias(segment, gateway, at, masked)
        away = everyone & ~neighbours & ~near
        if isinstance(gateway, Doubt):
            legs += self._with_inside(Leg(away, doubts=(gateway,)))
        elif gateway is not None:
            legs += self._walked(Walk(*gateway, destinations=away), masked)
        return legs

    def _near_aliases(self, segment: Segment) -> int:
        """Return the outside addresses that lie in the segment itself: whoever maps them there answers for them."""
        return self.classes.mask_of_spans(segment.addresses.spans) & self.classes.aliases

    def _to_near_alias(
        self, segment: Segment, gateway: tuple[str, str] | Doubt | None, at: int, masked: tuple[SourceNat, ...]
    ) -> Iterator[Leg]:
        mapped = self.routing.mapping(at)
        if (mapped.device, mapped.interface) not in self.routing.touching.get(segment.id, ()):
            return
        if segment.isolation is Isolation.PORT:
            if isinstance(gateway, Doubt):
                yield from self._with_inside(Leg(1 << at, doubts=(gateway,)))
                return
            if gateway is None or gateway[0] != mapped.device:
                return
        yield from self._walked(Walk(mapped.device, mapped.interface, 1 << at), masked)

    def _with_inside(self, leg: Leg) -> Iterator[Leg]:
        """Yield a way that ends in doubt or in nothing, and the same for the hosts behind the outside addresses."""
        yield leg
        for at in positions(leg.destinations & self.classes.aliases if leg.alias < 0 else 0):
            inside = self.classes.mask_of_spans((self.classes.items[at].inside,)) & self.classes.hosts
            yield replace(leg, destinations=inside, alias=at, mapped_after=len(leg.met))

    def from_interface(self, device: str, interface: str, masked: tuple[SourceNat, ...] = ()) -> list[Leg]:
        """Return the ways of what comes in from outside by one interface."""
        everyone = self.classes.hosts | self.classes.aliases
        return list(self._walked(Walk(device, interface, everyone), masked))

    def nowhere_known(self, line: str) -> list[Leg]:
        """Return the ways from a line whose end nobody knows: anywhere, perhaps."""
        return [Leg(self.classes.hosts, doubts=(Doubt(Unsure.TERMINATION_UNKNOWN, line),))]

    def _gateway(self, segment: Segment) -> tuple[str, str] | Doubt | None:
        touching = self.routing.touching.get(segment.id, [])
        if segment.gateway is not None:
            named = [end for end in touching if end[0] == segment.gateway]
            return named[0] if named else Doubt(Unsure.GATEWAY_UNKNOWN, segment.id)
        if len({device for device, _ in touching}) > 1:
            return Doubt(Unsure.GATEWAY_UNKNOWN, segment.id)
        if touching:
            return touching[0]
        unlisted = next((device.id for device in self.network.devices if not device.routes_known), None)
        return Doubt(Unsure.ROUTES_UNKNOWN, unlisted) if unlisted is not None else None

    def way(self, legs: Iterable[Leg], destination: int) -> list[Leg]:
        """Return the legs, of those that one sender has, that lead to the class at a position."""
        return [leg for leg in legs if leg.destinations >> destination & 1]

    # ---- on the way ----

    def _walked(self, start: Walk, masked: tuple[SourceNat, ...]) -> Iterator[Leg]:
        waiting = [start]
        while waiting:
            walk = waiting.pop()
            device = self.routing.devices.get(walk.device)
            if device is None:
                yield Leg(walk.destinations, doubts=(Doubt(Unsure.FILTERS_UNKNOWN, walk.device),))
                continue
            if walk.device in walk.visited:
                self.loops[walk.device] = self.loops.get(walk.device, 0) | walk.destinations
                yield from self._dead(walk, walk.destinations)
                continue
            waiting += self._mapped(walk)
            rest = walk.destinations & ~self._aliases_at.get((walk.device, walk.entering), 0)
            if not device.filters_known:
                walk = replace(walk, doubts=(*walk.doubts, Doubt(Unsure.FILTERS_UNKNOWN, device.id)))
            unsent = rest
            for out in self.routing.outs_of(device):
                if going := out.destinations & rest:
                    unsent &= ~going
                    if out.exits:
                        yield from self._fanned(walk, out, going, masked)
                        continue
                    onward = self._onward(walk, out, going, masked)
                    if isinstance(onward, Leg):
                        yield from self._with_inside(onward)
                    else:
                        waiting.append(onward)
            yield from self._dead(walk, unsent)
            if (lost := rest & self._placeless) and not walk.hops:
                yield Leg(lost, doubts=(Doubt(Unsure.PLACE_UNKNOWN, ""),))

    def _fanned(self, walk: Walk, out: Out, going: int, masked: tuple[SourceNat, ...]) -> Iterator[Leg]:
        """Yield one way for all exits but the interface of entry; each exit by itself where routes disagree."""
        back = next((bits for interface, bits in out.exits if interface == walk.entering), 0) & going
        fan = Fanned(walk, out.exits, masked)
        if walk.is_alternative:
            yield from self._each_exit(fan, going)
            return
        if back:
            yield from self._each_exit(fan, back)
        if going := going & ~back:
            interface = next(interface for interface, bits in out.exits if bits & going)
            own = AtInterface(interface, Direction.OUT), AtInterface(interface, Direction.IN)
            met, mapped_after = self._met(walk, interface)
            before = met[len(walk.met) :]
            common = [one for one in before if self.network.rulesets[one.crossing.ruleset].at not in own]
            hops = (*walk.hops, Hop(walk.device, walk.entering, interface))
            yield Leg(going, (*walk.met, *common), hops, walk.doubts, walk.alias, mapped_after, fan=fan)

    def _each_exit(self, fan: Fanned, going: int) -> Iterator[Leg]:
        for interface, bits in fan.exits:
            if bits & going:
                onward = self._onward(fan.walk, Out(bits, interface), bits & going, fan.masked)
                assert isinstance(onward, Leg)  # noqa: S101  (nothing follows the last device)
                yield onward

    def each(self, leg: Leg) -> Iterator[Leg]:
        """Yield a way as plain ones, a fan exit by exit."""
        if leg.fan is None:
            yield leg
        else:
            yield from self._each_exit(leg.fan, leg.destinations)

    def _dead(self, walk: Walk, destinations: int) -> Iterator[Leg]:
        """Yield the end of an alternative that does not get through: without it the others would look agreed."""
        if walk.is_alternative and destinations:
            yield from self._with_inside(Leg(destinations, alias=walk.alias, is_alternative=True, is_dead=True))

    def _met(self, walk: Walk, leaving: str) -> tuple[tuple[Met, ...], int]:
        """Return the rule sets met so far and on one device, and how many of them see the outside address."""
        crossings = self.filtering.crossings(walk.device, walk.entering, leaving)
        outer = [one for one in crossings if walk.sees_outer and self._is_outer_side(one)]
        rest = [one for one in crossings if one not in outer]
        met = walk.met + tuple(Met(crossing, walk.sender) for crossing in (*outer, *rest))
        return met, len(walk.met) + len(outer) if walk.sees_outer else walk.mapped_after

    def _onward(self, walk: Walk, out: Out, going: int, masked: tuple[SourceNat, ...]) -> Leg | Walk:
        """Return the end of the way, or where it goes on."""
        met, mapped_after = self._met(walk, out.interface)
        hops = (*walk.hops, Hop(walk.device, walk.entering, out.interface))
        is_alternative = walk.is_alternative or out.is_alternative
        if out.is_dead:
            return Leg(going, alias=walk.alias, is_alternative=True, is_dead=True)
        if out.next_device is None:
            doubts = walk.doubts if out.doubt is None else (*walk.doubts, out.doubt)
            return Leg(going, met, hops, doubts, walk.alias, mapped_after, is_alternative)
        sender = self._sender_beyond(walk.device, out.interface, walk.sender, masked)
        return Walk(
            device=out.next_device,
            entering=out.next_interface,
            destinations=going,
            met=met,
            hops=hops,
            doubts=walk.doubts,
            sender=sender,
            visited=walk.visited | {walk.device},
            alias=walk.alias,
            mapped_after=mapped_after,
            is_alternative=is_alternative,
        )

    def _sender_beyond(self, device: str, interface: str, sender: int, masked: tuple[SourceNat, ...]) -> int:
        """Return as whom the sender is seen after leaving: the first source NAT there hides it."""
        if sender >= 0:
            shown = self.classes.items[sender].address
            masked = tuple(nat for nat in self.network.source_nats if shown in nat.inside)
        for nat in masked:
            if (nat.device, nat.interface) == (device, interface):
                return self.classes.mask_class(nat.outside)
        return sender

    def _mapped(self, walk: Walk) -> Iterator[Walk]:
        """Yield the ways on from a static NAT on the interface of entry, each towards its inside host.

        A packet is mapped once: a chain of static NATs is not followed.
        """
        here = walk.destinations & self._aliases_at.get((walk.device, walk.entering), 0)
        for at in positions(here if walk.alias < 0 else 0):
            inside = self.classes.mask_of_spans((self.classes.items[at].inside,)) & self.classes.hosts
            if inside:
                sees_outer = not self.routing.mapping(at).filters_see_inside
                yield replace(
                    walk,
                    destinations=inside,
                    alias=at,
                    mapped_after=len(walk.met),
                    sees_outer=sees_outer,
                    visited=frozenset(),  # with another destination a device may be passed again
                )

    def _is_outer_side(self, crossing: Crossing) -> bool:
        at = self.network.rulesets[crossing.ruleset].at
        return isinstance(at, AtInterface) and at.interface == crossing.entering
