"""Loads where antivirus products fetch their updates; a slip in the file stops at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from sekisho.catalogue.errors import CatalogueError
from sekisho.domain.judgement.level_schema import Certainty
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import NotAService, parse_services
from sekisho.domain.text import Text

NAME = "network/antivirus_updates.yaml"
_HOST_NAME = re.compile(r"(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class UpdateDestination:
    """One place that updates come from: a published host `name`, or "" for a server of the hospital's own.

    A name is a label for people. Nothing here or above resolves it: addresses behind such names change, and a rule must
    never depend on what a resolver answered one day.
    """

    name: str
    services: Ranges
    certainty: Certainty
    what: Text | None = None

    @property
    def is_own_server(self) -> bool:
        """Return whether it is a server inside the hospital."""
        return not self.name


@dataclass(frozen=True, slots=True)
class UpdateProduct:
    """An antivirus product and where its updates come from, nearest first."""

    id: str
    name: Text
    source: Text
    destinations: tuple[UpdateDestination, ...]


@cache
def load_antivirus_updates() -> Mapping[str, UpdateProduct]:
    """Return the bundled catalogue by product id.

    Raises:
        CatalogueError: the file contradicts itself; see the message.
    """
    return parse_antivirus_updates((files("sekisho.catalogue") / NAME).read_text(encoding="utf-8"))


def parse_antivirus_updates(document: str) -> Mapping[str, UpdateProduct]:
    """Return what `document` (YAML) says, by product id.

    Raises:
        CatalogueError: it is no such catalogue.
    """
    try:
        products = [_product(entry) for entry in yaml.safe_load(document)["products"]]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError, NotAService) as error:
        raise CatalogueError(f"{NAME}: {type(error).__name__}: {error}") from error
    if len({product.id for product in products}) != len(products):
        raise CatalogueError(f"{NAME}: a product is given twice")
    return {product.id: product for product in products}


def _product(entry: Mapping[str, Any]) -> UpdateProduct:
    destinations = tuple(_destination(one) for one in entry["destinations"])
    if not destinations:
        raise CatalogueError(f"{NAME}: {entry['id']} has no destinations")
    return UpdateProduct(entry["id"], Text(**entry["name"]), Text(**entry["source"]), destinations)


def _destination(entry: Mapping[str, Any]) -> UpdateDestination:
    name = str(entry.get("name", ""))
    if bool(name) == bool(entry.get("server", False)):
        raise CatalogueError(f"{NAME}: a destination is either a name or a server: {entry}")
    if name and not _HOST_NAME.fullmatch(name):
        raise CatalogueError(f"{NAME}: not a host name: {name}")
    what = Text(**entry["what"]) if "what" in entry else None
    return UpdateDestination(name, parse_services(entry["services"]), Certainty(entry["certainty"]), what)
