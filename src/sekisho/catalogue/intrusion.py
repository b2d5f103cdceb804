"""Loads by what an intruder takes a host; a slip in the file stops at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from sekisho.catalogue.errors import CatalogueError
from sekisho.domain.network.intrusion import Intrusion
from sekisho.domain.network.services import NotAService, service_span
from sekisho.domain.text import Text

NAME = "network/intrusion.yaml"


@dataclass(frozen=True, slots=True)
class IntrusionKnowledge:
    """What the catalogue says, and how people call each service (number) and each console (role)."""

    version: str
    source: Text
    intrusion: Intrusion
    service_names: Mapping[int, Text]
    console_names: Mapping[str, Text]

    def needing_credentials(self) -> Intrusion:
        """Return the same, for an intruder who must hold the credentials of what falls."""
        return replace(self.intrusion, needs_credentials=True)


@cache
def load_intrusion() -> IntrusionKnowledge:
    """Return the bundled catalogue.

    Raises:
        CatalogueError: the file contradicts itself; see the message.
    """
    return parse_intrusion((files("sekisho.catalogue") / NAME).read_text(encoding="utf-8"))


def parse_intrusion(document: str) -> IntrusionKnowledge:
    """Return what `document` (YAML) says.

    Raises:
        CatalogueError: it is no such catalogue.
    """
    try:
        return _knowledge(yaml.safe_load(document))
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, NotAService) as error:
        raise CatalogueError(f"{NAME}: {type(error).__name__}: {error}") from error


def _knowledge(entries: Mapping[str, Any]) -> IntrusionKnowledge:
    names = {_single(entry["service"]): Text(**entry["name"]) for entry in entries["takeover"]}
    consoles = {entry["role"]: frozenset(map(_single, entry["services"])) for entry in entries["consoles"]}
    if len(names) != len(entries["takeover"]) or len(consoles) != len(entries["consoles"]):
        raise CatalogueError(f"{NAME}: a service or a role is given twice")
    return IntrusionKnowledge(
        version=str(entries["version"]),
        source=Text(**entries["source"]),
        intrusion=Intrusion(frozenset(names), consoles),
        service_names=names,
        console_names={entry["role"]: Text(**entry["name"]) for entry in entries["consoles"]},
    )


def _single(text: str) -> int:
    first, last = service_span(text)
    if first != last:
        raise CatalogueError(f"{NAME}: {text} is more than one service")
    return first
