"""Loads the checks of the second stage; a slip in the file stops at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from sekisho.catalogue.entries import string_of, text_of
from sekisho.catalogue.errors import CatalogueError
from sekisho.domain.diagnosis.checks import Check
from sekisho.domain.text import Text

NAME = "diagnosis/checks.yaml"
TOOLS = frozenset({"nmap", "ike-scan", "accounts"})


@dataclass(frozen=True, slots=True)
class CheckCatalogue:
    """All checks in the order in which they are asked. `never` says why a script of nmap is not used."""

    version: str
    checks: tuple[Check, ...]
    script_safety: Mapping[str, Text]
    never: Mapping[str, Text]

    def check(self, name: str) -> Check:
        """Return the check with the id `name`.

        Raises:
            KeyError: there is none.
        """
        return {check.id: check for check in self.checks}[name]


@cache
def load_checks() -> CheckCatalogue:
    """Return the bundled checks.

    Raises:
        CatalogueError: the file contradicts itself; see the message.
    """
    return parse_checks((files("sekisho.catalogue") / NAME).read_text(encoding="utf-8"))


def parse_checks(document: str) -> CheckCatalogue:
    """Return what `document` (YAML) says.

    Raises:
        CatalogueError: it is no such catalogue.
    """
    try:
        return _catalogue(yaml.safe_load(document))
    except (yaml.YAMLError, re.error, KeyError, TypeError, AttributeError, ValueError) as error:
        raise CatalogueError(f"{NAME}: {type(error).__name__}: {error}") from error


def _catalogue(raw: Mapping[str, Any]) -> CheckCatalogue:
    checks = tuple(_check(entry) for entry in raw["checks"])
    if len({check.id for check in checks}) != len(checks):
        raise ValueError("a check is given twice")
    safety = {name: text_of(why) for entry in raw["checks"] for name, why in entry.get("scripts", {}).items()}
    never = {name: text_of(why) for name, why in raw["never"].items()}
    if both := safety.keys() & never.keys():
        raise ValueError(f"used and never used: {sorted(both)}")
    return CheckCatalogue(string_of(raw["version"]), checks, safety, never)


def _check(entry: Mapping[str, Any]) -> Check:
    name, scripts = string_of(entry["id"]), entry.get("scripts", {})
    if entry["tool"] not in TOOLS or (entry["tool"] == "nmap") != bool(scripts):
        raise ValueError(f"{name}: tool and scripts do not fit")
    if not entry.get("ports") and not entry.get("services"):
        raise ValueError(f"{name}: asked of nothing")
    return Check(
        id=name,
        what=text_of(entry["what"]),
        safety=text_of(entry["safety"]) if "safety" in entry else _joined(scripts),
        tool=entry["tool"],
        packets=int(entry["packets"]),
        ports=frozenset(entry.get("ports", ())),
        services=frozenset(entry.get("services", ())),
        products=frozenset(entry.get("products", ())),
        tls=entry.get("tls"),
        scripts=tuple(scripts),
        arguments=tuple(entry.get("arguments", ())),
        modes=tuple(entry.get("modes", ())),
        tries=int(entry.get("tries", 0)),
        timeout_s=int(entry.get("timeout_s", 120)),
        asks_version=bool(entry.get("version")),
        is_debugged=bool(entry.get("debug")),
        proof=re.compile(string_of(entry["proof"])) if "proof" in entry else None,
    )


def _joined(scripts: Mapping[str, Any]) -> Text:
    said = [text_of(why) for why in scripts.values()]
    return Text("".join(text.ja for text in said), " ".join(text.en for text in said))
