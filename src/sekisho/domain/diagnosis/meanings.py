"""What an open port means to somebody who runs no network."""

from collections.abc import Sequence
from dataclasses import dataclass

from sekisho.domain.diagnosis.results import ObservedPort
from sekisho.domain.text import Text


@dataclass(frozen=True, slots=True)
class PortMeaning:
    """What an open port means, and what to ask the maintenance company.

    `ports` are nmap's names ("3389/tcp"), `services` nmap's names of services that answered; `urgency` counts from 1
    (ask at the next occasion) to 3 (ask today).
    """

    id: str
    ports: tuple[str, ...]
    service: Text
    meaning: Text
    ask: Text
    urgency: int
    services: tuple[str, ...] = ()


def meaning_of(port: ObservedPort, known: Sequence[PortMeaning], other: PortMeaning) -> PortMeaning:
    """Return what an open port means: by what answered when it did say so, else by its number.

    A web page says least of all services: where the number has a meaning of its own, that one speaks.
    """
    by_number = next((meaning for meaning in known if port.name in meaning.ports), None)
    if port.basis == "probed":
        name = port.service.removeprefix("ssl/").rstrip("?").casefold()
        by_service = next((meaning for meaning in known if name in meaning.services), None)
        if by_service is not None and not (name in _WEB and by_number is not None):
            return by_service
    return by_number or other


_WEB = frozenset({"http", "https"})
