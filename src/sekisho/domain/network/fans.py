"""Many exits of one device as one step: what the filters of a core switch let pass to all of its VLANs.

A switch with a filter on each of 500 interfaces makes 500 ways from each of 500 places. They differ by nothing but the
last filter, so they are one way that ends in a fan. Exact as long as only one step on the way looks at source ports:
what passes from any port a sender may choose is then the same whether it is added up at the fan or at the end.
"""

from collections.abc import Iterable, Iterator

from sekisho.domain.network.atoms import Atoms
from sekisho.domain.network.classes import positions
from sekisho.domain.network.filtering import Row, View, joined

WIDE = 16
"""An object that tells senders apart at more exits than this is taken as common to all of a fan."""


def by_service(row: Row, atoms: Atoms) -> Row:
    """Return `row` for who may choose the source port: what passes from any port of a service passes."""
    passed: dict[int, tuple[int, int]] = {}
    for part, surely, maybe in row:
        for at in atoms.services_of(part) if maybe else ():
            known = passed.get(at, (0, 0))
            passed[at] = known[0] | surely, known[1] | maybe
    return _grouped(passed.items(), atoms)


def _grouped(passed: Iterable[tuple[int, tuple[int, int]]], atoms: Atoms) -> Row:
    """Return services with what passes on each as a row, services with the same in one part."""
    alike: dict[tuple[int, int], int] = {}
    for at, destinations in passed:
        if destinations[1]:
            alike[destinations] = alike.get(destinations, 0) | atoms.of_service(at)
    return tuple((part, surely, maybe) for (surely, maybe), part in alike.items())


class Fan:
    """The last device's exits as one: each exit's own rule sets judge what leaves by it, source ports chosen freely.

    Most senders look alike to most exits. What passes is therefore added up once for all exits (`_base`), and for one
    sender only the exits that name it are looked at. An exit is counted for senders that are really there, so that
    `View.deciding` holds no rule that decides for nobody.
    """

    def __init__(self, exits: Iterable[tuple[int, tuple[View, ...]]], atoms: Atoms) -> None:
        self._exits = [_Exit(destinations, views, atoms) for destinations, views in exits]
        self._services = len(atoms.services)
        self._atoms = atoms
        self.tells_ports = any(view.tells_ports for one in self._exits for view in one.views)
        named: dict[int, set[int]] = {}
        for number, one in enumerate(self._exits):
            for sender in positions(one.senders):
                named.setdefault(sender, set()).add(number)
        self.senders = sum(1 << sender for sender in named)
        self._common = sum(1 << sender for sender, numbers in named.items() if len(numbers) > WIDE)
        self._named = {sender: numbers for sender, numbers in named.items() if len(numbers) <= WIDE}
        self._bases: dict[int, _Base] = {}

    def row(self, signature: int, besides: frozenset[int]) -> Row:
        """Return what passes for a sender whose address lies in the objects `signature`, but by the exits `besides`."""
        special = set(besides)
        for sender in positions(signature & self.senders & ~self._common):
            special |= self._named[sender]
        base = self._base(signature, special)
        passed = [list(sums) for sums in base.without(self._behind(special))]
        for at in special - besides:
            self._exits[at].add(signature, passed)
        return _grouped(enumerate((surely, maybe) for surely, maybe in passed), self._atoms)

    def _behind(self, exits: Iterable[int]) -> int:
        destinations = 0
        for at in exits:
            destinations |= self._exits[at].destinations
        return destinations

    def _base(self, signature: int, special: set[int]) -> "_Base":
        key = signature & self._common
        base = self._bases.get(key)
        if base is None:
            base = self._bases[key] = _Base(set(range(len(self._exits))), [[0, 0] for _ in range(self._services)])
        for at in base.missing - special:
            self._exits[at].add(signature, base.passed)
        base.missing &= special
        return base


class _Base:
    """What passes by service through the exits to which senders look alike, but for those `missing` so far."""

    def __init__(self, missing: set[int], passed: list[list[int]]) -> None:
        self.missing, self.passed = missing, passed

    def without(self, destinations: int) -> Iterator[tuple[int, int]]:
        """Yield what passes per service, surely and perhaps, to others than `destinations`."""
        for surely, maybe in self.passed:
            yield surely & ~destinations, maybe & ~destinations


class _Exit:
    """One exit of a fan: who is behind it, and what its rule sets let pass."""

    def __init__(self, destinations: int, views: tuple[View, ...], atoms: Atoms) -> None:
        self.destinations, self.views, self._atoms = destinations, views, atoms
        self.senders = 0
        for view in views:
            self.senders |= view.senders
        self._lowest = (destinations & -destinations).bit_length() - 1
        self._known: dict[int, list[tuple[tuple[int, ...], int, int]]] = {}

    def add(self, signature: int, passed: list[list[int]]) -> None:
        """Add what passes for a sender to `passed`, a list of [surely, perhaps] by service."""
        for services, surely, maybe in self._passing(signature):
            sure, perhaps = surely << self._lowest, maybe << self._lowest
            for at in services:
                passed[at][0] |= sure
                passed[at][1] |= perhaps

    def _passing(self, signature: int) -> list[tuple[tuple[int, ...], int, int]]:
        """Return services with what passes, as bits from the exit's lowest destination on: these are small numbers."""
        key = signature & self.senders
        known = self._known.get(key)
        if known is None:
            row = joined([view.computed(key) for view in self.views], self._atoms.all, self.destinations)
            known = self._known[key] = [
                (tuple(self._atoms.services_of(part)), surely >> self._lowest, maybe >> self._lowest)
                for part, surely, maybe in by_service(row, self._atoms)
            ]
        return known
