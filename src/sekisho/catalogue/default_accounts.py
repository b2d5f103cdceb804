"""Loads the accounts that makers print in their manuals."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from sekisho.catalogue.entries import string_of
from sekisho.catalogue.errors import CatalogueError

NAME = "diagnosis/default_accounts.yaml"


@dataclass(frozen=True, slots=True)
class DefaultAccount:
    """One printed account. `realm` matches the question of the devices that have it. Never shown: it has no repr."""

    product: str
    realm: str
    user: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DefaultAccounts:
    """All of them, and the pause between two tries in seconds."""

    accounts: tuple[DefaultAccount, ...]
    pause_s: int


@cache
def load_default_accounts() -> DefaultAccounts:
    """Return the bundled accounts.

    Raises:
        CatalogueError: an entry cannot be.
    """
    return parse_default_accounts((files("sekisho.catalogue") / NAME).read_text(encoding="utf-8"))


def parse_default_accounts(document: str) -> DefaultAccounts:
    """Return what `document` (YAML) says.

    Raises:
        CatalogueError: it is no such catalogue.
    """
    try:
        raw = yaml.safe_load(document)
        accounts = tuple(_account(entry) for entry in raw["accounts"])
        pause_s = int(raw["pause_s"])
        if pause_s < 1:
            raise ValueError("a pause is wanted")
    except (yaml.YAMLError, re.error, KeyError, TypeError, AttributeError, ValueError) as error:
        raise CatalogueError(f"{NAME}: {type(error).__name__}: {error}") from error
    return DefaultAccounts(accounts, pause_s)


def _account(entry: Mapping[str, Any]) -> DefaultAccount:
    realm = string_of(entry["realm"])
    re.compile(realm)
    if not all(isinstance(entry[name], str) for name in ("user", "password")):
        raise TypeError("a text is wanted for user and password")
    return DefaultAccount(string_of(entry["product"]), realm, entry["user"], entry["password"])
