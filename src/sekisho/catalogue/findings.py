"""Loads what is known of findings: words, names of codes, meanings of ports, Windows builds, other scanners' checks."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any

import yaml

from sekisho.catalogue.checks import load_checks
from sekisho.catalogue.entries import string_of, text_of
from sekisho.catalogue.errors import CatalogueError
from sekisho.catalogue.reporting import load_report_knowledge
from sekisho.domain.diagnosis.findings import Severity
from sekisho.domain.diagnosis.knowledge import (
    ALWAYS_KNOWN,
    OTHER_KIND,
    FindingKind,
    FindingKnowledge,
    JargonTerm,
    PageSign,
    WindowsRelease,
)
from sekisho.domain.text import Text

FOLDER = "diagnosis"
_SENTENCES = ("title", "what", "why", "action", "check")


@cache
def load_finding_knowledge() -> FindingKnowledge:
    """Return the bundled knowledge of findings.

    Raises:
        CatalogueError: a file contradicts itself; the message names the entry.
    """
    return parse_finding_knowledge(
        _read("findings.yaml"), _read("windows.yaml"), _read("scanner_plugins.yaml"), _read("pages.yaml")
    )


def _read(name: str) -> str:
    return (files("sekisho.catalogue") / FOLDER / name).read_text(encoding="utf-8")


def parse_finding_knowledge(findings: str, windows: str, plugins: str, pages: str) -> FindingKnowledge:
    """Return what the four documents (YAML) say.

    Raises:
        CatalogueError: they are no such catalogue.
    """
    try:
        return _knowledge(*(yaml.safe_load(document) for document in (findings, windows, plugins, pages)))
    except (yaml.YAMLError, re.error, KeyError, TypeError, AttributeError, ValueError) as error:
        raise CatalogueError(f"{FOLDER}: {type(error).__name__}: {error}") from error


def _knowledge(
    raw: Mapping[str, Any], windows: Mapping[str, Any], plugins: Mapping[str, Any], pages: Mapping[str, Any]
) -> FindingKnowledge:
    people = {code: text_of(said) for code, said in raw["people"].items()}
    default_check = text_of(raw["default_check"])
    kinds = [_kind(entry, default_check, people) for entry in raw["kinds"]]
    if len({kind.id for kind in kinds}) != len(kinds):
        raise ValueError("a kind is given twice")
    if OTHER_KIND not in {kind.id for kind in kinds}:
        raise ValueError(f"{OTHER_KIND} is wanted: it speaks for kinds that are not known")
    ports = load_report_knowledge()
    return FindingKnowledge(
        version=string_of(raw["version"]),
        kinds={kind.id: kind for kind in kinds},
        names={f"{fact}:{value}": text_of(t) for fact, group in raw["names"].items() for value, t in group.items()}
        | {f"check:{check.id}": check.what for check in load_checks().checks},
        people=people,
        ports=ports.ports,
        other_port=ports.other_port,
        windows=tuple(_release(entry) for entry in windows["builds"]),
        terms=tuple(JargonTerm(string_of(term["word"]), text_of(term["meaning"])) for term in raw["terms"]),
        pages=tuple(_page(entry, {kind.id for kind in kinds}) for entry in pages["pages"]),
        plugins=_plugins(plugins, {kind.id for kind in kinds}),
    )


def _kind(entry: Mapping[str, Any], default_check: Text, people: Mapping[str, Text]) -> FindingKind:
    said = {name: text_of(entry[name]) if name in entry else default_check for name in _SENTENCES[-1:]}
    said |= {name: text_of(entry[name]) for name in _SENTENCES[:-1]}
    facts = frozenset(entry.get("facts", ()))
    if entry["who"] not in people:
        raise ValueError(f"{entry['id']}: nobody is called {entry['who']}")
    for name, text in said.items():
        if undeclared := places_in(text) - facts - ALWAYS_KNOWN:
            raise ValueError(f"{entry['id']}, {name}: {sorted(undeclared)} is not among its facts")
    return FindingKind(
        id=string_of(entry["id"]),
        severity=Severity(entry["severity"]),
        title=said["title"],
        what=said["what"],
        why=said["why"],
        action=said["action"],
        who=entry["who"],
        check=said["check"],
        facts=facts,
        needs=tuple(entry.get("needs", ("port",))),
        expected_on=frozenset(entry.get("expected_on", ())),
        is_attention=entry.get("is_attention", entry["severity"] != "note"),
    )


def places_in(text: Text) -> frozenset[str]:
    """Return the names of the places that a text leaves open, in either language."""
    return frozenset(name for tongue in (text.ja, text.en) for _, name, _, _ in Formatter().parse(tongue) if name)


def _page(entry: Mapping[str, Any], kinds: set[str]) -> PageSign:
    if entry["kind"] not in kinds:
        raise ValueError(f"{entry['product']}: no such kind: {entry['kind']}")
    return PageSign(string_of(entry["product"]), entry["kind"], re.compile(string_of(entry["pattern"])))


def _release(entry: Mapping[str, Any]) -> WindowsRelease:
    ends, extended = entry["ends"], entry.get("extended")
    if not isinstance(ends, date) or not (extended is None or isinstance(extended, date)):
        raise TypeError(f"{entry['name']}: a date is wanted")
    return WindowsRelease(int(entry["build"]), string_of(entry["name"]), ends, extended)


def _plugins(raw: Mapping[str, Any], kinds: set[str]) -> dict[str, str]:
    plugins = {f"{tool}:{number}": kind for tool in ("nessus", "openvas") for number, kind in raw[tool].items()}
    if unknown := set(plugins.values()) - kinds:
        raise ValueError(f"no such kind: {sorted(unknown)}")
    return plugins
