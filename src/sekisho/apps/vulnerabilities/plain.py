"""Products and life cycles as plain JSON values, and back."""

import hashlib
import json
from datetime import date
from typing import Any

from sekisho.domain.vulnerabilities.lifecycles import Cycle, LifeCycle
from sekisho.domain.vulnerabilities.products import Product, ProductName

_TEXTS = ("name", "version", "label", "latest", "edition")
_DAYS = ("released_on", "active_until", "supported_until", "extended_until")


def plain_product(product: Product) -> dict[str, Any]:
    """Return `product` as JSON values. Its label is left out: two spellings of one product are one."""
    plain: dict[str, Any] = {
        "names": list(product.keys),
        "version": product.version,
        "order": product.order,
        "around": [name.key for name in product.around],
    }
    if product.edition:
        plain["edition"] = product.edition
    return plain | ({"is_rough": True} if product.is_rough else {})


def fingerprint(plain: dict[str, Any]) -> str:
    """Return what is equal for equal products only."""
    written = json.dumps(plain, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def product_of(plain: dict[str, Any], label: str = "") -> Product:
    """Return the product that `plain_product` wrote."""
    return Product(
        names=tuple(ProductName.of(key) for key in plain["names"]),
        version=plain["version"],
        order=plain["order"],
        label=label,
        around=tuple(ProductName.of(key) for key in plain["around"]),
        edition=plain.get("edition", ""),
        is_rough=plain.get("is_rough", False),
    )


def plain_lifecycle(one: LifeCycle) -> dict[str, Any]:
    """Return a life cycle as JSON values."""
    return {
        "product": one.product,
        "keys": list(one.keys),
        "source": one.source,
        "as_of": one.as_of.isoformat() if one.as_of else None,
        "cycles": [_plain_cycle(cycle) for cycle in one.cycles],
    }


def _plain_cycle(cycle: Cycle) -> dict[str, Any]:
    plain: dict[str, Any] = {key: getattr(cycle, key) for key in _TEXTS if getattr(cycle, key)}
    plain |= {key: getattr(cycle, key).isoformat() for key in _DAYS if getattr(cycle, key)}
    return plain | ({} if cycle.has_ended is None else {"has_ended": cycle.has_ended})


def lifecycle_of(plain: dict[str, Any]) -> LifeCycle:
    """Return the life cycle that `plain_lifecycle` wrote."""
    as_of = date.fromisoformat(plain["as_of"]) if plain["as_of"] else None
    cycles = tuple(_cycle_of(one) for one in plain["cycles"])
    return LifeCycle(plain["product"], tuple(plain["keys"]), cycles, plain["source"], as_of)


def _cycle_of(plain: dict[str, Any]) -> Cycle:
    given: dict[str, Any] = {"name": "", "version": ""} | plain
    return Cycle(**given | {key: date.fromisoformat(plain[key]) for key in _DAYS if key in plain})
