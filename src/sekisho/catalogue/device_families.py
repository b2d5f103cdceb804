"""From the words people and devices write for a device to the names that advisories use for it, and its version order."""

import re
import unicodedata
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from sekisho.catalogue.errors import CatalogueError
from sekisho.catalogue.windows_builds import recognise_windows
from sekisho.domain.vulnerabilities.cpe import Cpe, NoCpe, read_cpe
from sekisho.domain.vulnerabilities.products import ANY, NOT_APPLICABLE, Product, ProductName
from sekisho.domain.vulnerabilities.version_orders import ORDERS

FOLDER = Path(__file__).parent / "vulnerabilities"
MAX_WORDS = 300
"""A name of a device has no more characters; what follows is not looked at."""


@dataclass(frozen=True, slots=True)
class Family:
    """Devices whose software has one name and one version order. Patterns are tried on folded text."""

    key: str
    maker: str
    label: str
    order: str
    names: tuple[str, ...]
    hardware: tuple[str, ...] = ()
    systems: tuple[re.Pattern[str], ...] = ()
    models: tuple[re.Pattern[str], ...] = ()
    exploited: tuple[re.Pattern[str], re.Pattern[str]] | None = None
    is_only: bool = False
    certainty: str = "assumed"


@dataclass(frozen=True, slots=True)
class Families:
    """All families, the makers' words, names of the same product, and the orders of products found by their name."""

    families: tuple[Family, ...]
    makers: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, tuple[str, ...]]
    orders: Mapping[str, str]
    lifecycles: Mapping[str, tuple[str, ...]]
    by_key: Mapping[str, Family] = field(default_factory=dict)


def folded(text: str) -> str:
    """Return `text` in half width, small letters, with single blanks and plain hyphens: how all words are compared."""
    narrow = unicodedata.normalize("NFKC", text[:MAX_WORDS]).casefold()
    return re.sub(r"\s+", " ", re.sub(r"[‐‑‒–—―−－]", "-", narrow)).strip()


@cache
def load_families() -> Families:
    """Return the catalogue.

    Raises:
        CatalogueError: a file is wrong.
    """
    try:
        devices = yaml.safe_load((FOLDER / "families.yaml").read_bytes())
        names = yaml.safe_load((FOLDER / "aliases.yaml").read_bytes())
        families = tuple(_family(raw) for raw in devices["families"])
        makers = {key: tuple(folded(word) for word in raw["words"]) for key, raw in devices["makers"].items()}
        aliases = {key: tuple(group) for group in names["aliases"] for key in group}
        lifecycles = {slug: tuple(keys) for slug, keys in names["lifecycles"].items()}
        loaded = Families(families, makers, aliases, names["orders"], lifecycles, {one.key: one for one in families})
    except (yaml.YAMLError, KeyError, TypeError, ValueError, re.error) as error:
        raise CatalogueError(f"catalogue/vulnerabilities: {error!r}") from error
    _check(loaded)
    return loaded


@cache
def fingerprint() -> int:
    """Return a number that changes with the catalogue: what was derived with another one is derived anew."""
    crc = 0
    for path in sorted(FOLDER.glob("*.yaml")):
        crc = zlib.crc32(path.read_bytes(), crc)
    return crc


def _family(raw: Mapping[str, Any]) -> Family:
    exploited = raw.get("exploited")
    return Family(
        key=raw["key"],
        maker=raw["maker"],
        label=raw["label"],
        order=raw["order"],
        names=tuple(raw["names"]),
        hardware=tuple(raw.get("hardware", ())),
        systems=tuple(re.compile(one) for one in raw.get("systems", ())),
        models=tuple(re.compile(rf"(?<![a-z0-9])(?:{one})", re.ASCII) for one in raw.get("models", ())),
        exploited=(re.compile(exploited[0], re.I), re.compile(exploited[1], re.I)) if exploited else None,
        is_only=raw.get("only", False),
        certainty=raw["certainty"],
    )


def _check(loaded: Families) -> None:
    for family in loaded.families:
        if family.maker not in loaded.makers or family.order not in ORDERS:
            raise CatalogueError(f"families.yaml: {family.key}: unknown maker or order")
        for name in (*family.names, *family.hardware):
            ProductName.of(name)
            if "\\" in name:
                raise CatalogueError(f"families.yaml: {family.key}: names are written without CPE's escapes")
    if unknown := set(loaded.orders.values()) - set(ORDERS):
        raise CatalogueError(f"aliases.yaml: orders {unknown}")


def equivalents(key: str) -> tuple[str, ...]:
    """Return all names of the product `key`, itself first when no others are known."""
    return load_families().aliases.get(key, (key,))


@lru_cache(maxsize=50_000)
def recognise_device(maker: str = "", model: str = "", system: str = "", version: str = "") -> Product | None:
    """Return the product that these words mean, None when they do not say one. Any of them may be empty.

    The system's name decides, then the model, then the maker alone where it makes one thing only. A model without a
    maker is enough when one family only has such models.
    """
    shown = unicodedata.normalize("NFKC", model[:MAX_WORDS]).strip()
    maker, model, system = folded(maker), folded(model), folded(system)
    version = unicodedata.normalize("NFKC", version[:MAX_WORDS]).strip()
    windows = recognise_windows(_said_windows(system, model), version)
    if windows:
        return windows
    family = _family_of(maker, model, system, version)
    return _product(family, model, version, shown) if family else None


def _said_windows(system: str, model: str) -> str:
    """Return the words that say which Windows it is: "Windows Server 2019" as a model says more than "Windows" does."""
    return max((word for word in (system, model) if "windows" in word), key=len, default="")


def _family_of(maker: str, model: str, system: str, version: str) -> Family | None:
    loaded = load_families()
    said = _makers_in(maker) or _makers_in(f"{model} {system}")
    of_maker = [one for one in loaded.families if one.maker in said]
    fitting = of_maker or ([] if maker and maker not in _NOBODY else list(loaded.families))
    # The readers of configurations say maker and system in one word (cisco_asa).
    by_system = [
        one for word in (system, maker) for one in fitting if any(each.fullmatch(word) for each in one.systems)
    ]
    if by_system:
        return _cisco(by_system[0], version)
    by_model = [one for one in fitting if any(pattern.search(model) for pattern in one.models)]
    if (of_maker and by_model) or len(by_model) == 1:
        return _cisco(by_model[0], version)
    only = [one for one in of_maker if one.is_only]
    return only[0] if only and (not model or model in loaded.makers[only[0].maker]) else None


_NOBODY = frozenset({"不明", "unknown", "-", "?", "なし", "その他"})


def _cisco(family: Family, version: str) -> Family:
    """Return IOS XE for an "IOS" whose version IOS never had: show version says "Cisco IOS Software, ... Version 16.9.3"."""
    if family.key == "ios" and re.match(r"(?:0?3\.\d+\.\d+[a-z]|1[6-9]\.|2\d\.)", version.lower()):
        return load_families().by_key["ios_xe"]
    return family


def _makers_in(text: str) -> set[str]:
    """Return the makers whose words stand in `text` as words of their own; Japanese runs on without blanks."""
    return {
        maker
        for maker, words in load_families().makers.items()
        if any(re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) for word in words)
    }


def _product(family: Family, model: str, version: str, shown: str) -> Product:
    found = next((match for pattern in family.models if (match := pattern.search(model))), None)
    slug = slug_of(found[0]) if found else ""
    names = [one for template in family.names if (one := _filled(template, slug))]
    hardware = [one for template in family.hardware if (one := _filled(template, slug))]
    label = f"{shown} ({family.label})" if found else family.label
    keys = dict.fromkeys(key for name in names for key in equivalents(name))
    return Product(
        names=tuple(ProductName.of(key) for key in keys),
        version="" if version.casefold() in _NOBODY else version,
        order=family.order,
        label=label,
        around=tuple(ProductName.of(key) for key in hardware),
    )


def _filled(template: str, slug: str) -> str:
    if "{model}" in template and not slug:
        return ""
    return template.replace("{model}", slug)


def slug_of(model: str) -> str:
    """Return a model as CPE writes it: `FortiGate-60F` is `fortigate-60f`, `AR 415S` is `ar_415s`."""
    return re.sub(r"[^\w.-]+", "_", model.strip().casefold()).strip("_")


@lru_cache(maxsize=50_000)
def product_of_cpe(text: str, version: str = "", label: str = "") -> Product | None:
    """Return the product that a CPE name means, as scanners write it (`cpe:/a:openbsd:openssh:9.2p1`); None for no CPE.

    `version` is what the service said; it is preferred, because scanners cut what they write into the name.
    """
    try:
        cpe = read_cpe(text)
    except NoCpe:
        return None
    return _product_named(cpe, version, label)


def _product_named(cpe: Cpe, version: str, label: str) -> Product:
    keys = equivalents(cpe.name.key)
    orders = load_families().orders
    order = next((orders[key] for key in keys if key in orders), "generic")
    if cpe.name.key.startswith("o:microsoft:windows"):
        order = "windows"
    said = version
    if not said and cpe.version not in (ANY, NOT_APPLICABLE):
        has_update = cpe.update not in (ANY, NOT_APPLICABLE)
        said = ORDERS[order].join(cpe.version, cpe.update) if has_update else cpe.version
    shown = label or cpe.name.product.replace("_", " ")
    return Product(tuple(ProductName.of(key) for key in keys), said, order, shown)


def names_exploited(maker: str, product: str) -> tuple[str, ...]:
    """Return the names of the families that an entry of the catalogue of exploited vulnerabilities means, by its words."""
    found: Iterable[str] = (
        name
        for family in load_families().families
        if family.exploited and family.exploited[0].search(maker) and family.exploited[1].search(product)
        for name in family.names
        if "{model}" not in name
    )
    return tuple(dict.fromkeys(found))
