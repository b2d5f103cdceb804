"""Static NAT between services: which one is dialled outside, and what gets in where that one passes."""

from collections.abc import Iterable

from sekisho.domain.network.atoms import Atoms
from sekisho.domain.network.classes import Classes
from sekisho.domain.network.filtering import Row
from sekisho.domain.network.legs import Leg
from sekisho.domain.network.model import Network, StaticNat
from sekisho.domain.network.services import ANY_SERVICE, PORTS, protocol_of


def outer_service(nat: StaticNat, inner: int) -> int | None:
    """Return the service that must be dialled outside to come to service `inner` of the inside host; None for none."""
    if nat.service == ANY_SERVICE:
        return inner
    if nat.inside_port is None:
        return inner if inner in nat.service else None
    outer = nat.service.first + inner - (protocol_of(inner) * PORTS + nat.inside_port)
    return outer if protocol_of(outer) == protocol_of(inner) and outer in nat.service else None


def dialled(nats: Iterable[StaticNat], asked: Iterable[int]) -> set[int]:
    """Return the services that must be dialled outside to come to those asked about."""
    services = list(asked)
    return {outer for nat in nats for inner in services if (outer := outer_service(nat, inner)) is not None}


class Mapping:
    """Carries what passed towards an outside address over to the inside services behind it."""

    def __init__(self, leg: Leg, network: Network, classes: Classes, atoms: Atoms) -> None:
        item = classes.items[leg.alias]
        assert item.mapping is not None  # noqa: S101  (`alias` is an ALIAS class)
        nat = network.static_nats[item.mapping]
        self._bit, self._everyone = 1 << leg.alias, (1 << len(classes)) - 1
        position = {service: at for at, service in enumerate(atoms.services)}
        self._pairs = [
            (atoms.of_service(position[outer]), atoms.of_service(at))
            for at, inner in enumerate(atoms.services)
            if (outer := outer_service(nat, inner)) is not None and outer in position
        ]

    def carried(self, before: Row) -> Row:
        """Return a row that lets the inside atoms pass whose outside atoms got to the outside address."""
        sure = perhaps = 0
        for outer, inner in self._pairs:
            shift = (outer & -outer).bit_length() - (inner & -inner).bit_length()
            for atoms, surely, maybe in before:
                here = atoms & outer
                moved = here >> shift if shift >= 0 else here << -shift
                if surely & self._bit:
                    sure |= moved
                if maybe & self._bit:
                    perhaps |= moved
        everyone = self._everyone
        parts = [(sure, everyone, everyone), (perhaps & ~sure, 0, everyone)]
        return tuple(part for part in parts if part[0])
