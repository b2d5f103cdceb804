"""Life cycles of makers who publish pages and no data: a table that people keep, where what nobody looked up is unknown."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

import yaml

from sekisho.catalogue.device_families import FOLDER, recognise_device
from sekisho.catalogue.errors import CatalogueError
from sekisho.domain.vulnerabilities.lifecycles import Cycle, LifeCycle

FORMAT = "sekisho-makers/1"


@cache
def load_maker_lifecycles() -> tuple[LifeCycle, ...]:
    """Return the rows of makers.yaml.

    Raises:
        CatalogueError: the file is wrong.
    """
    try:
        return maker_lifecycles(yaml.safe_load((FOLDER / "makers.yaml").read_bytes()))
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise CatalogueError(f"makers.yaml: {error!r}") from error


def maker_lifecycles(document: Mapping[str, Any]) -> tuple[LifeCycle, ...]:
    """Return the life cycles of a document of this form; one per model.

    Raises:
        ValueError, KeyError, TypeError: it is of another form, or names a model that no family knows.
    """
    if document.get("format") != FORMAT:
        raise ValueError(f"format {document.get('format')!r}, not {FORMAT}")
    return tuple(_lifecycle(row) for row in document["makers"])


def _lifecycle(row: Mapping[str, Any]) -> LifeCycle:
    vendor, model = str(row["vendor"]), str(row["model"])
    product = recognise_device(vendor, model)
    if product is None:
        raise ValueError(f"{vendor} {model}: no family")
    keys = tuple(key for key in product.keys if model_key(key, model))
    cycle = Cycle(
        name="",
        version="",
        supported_until=_day(row.get("repair_end")),
        latest=str(row.get("firmware_latest") or ""),
    )
    return LifeCycle(
        product.label, keys, (cycle,), str(row.get("source") or row.get("page") or ""), _day(row.get("as_of"))
    )


def model_key(key: str, model: str) -> bool:
    """Return True for the names of the model itself, not of the whole family."""
    digits = "".join(letter for letter in model if letter.isdigit())
    return digits in key


def _day(value: object) -> date | None:
    """Return a day, None for unknown.

    Raises:
        TypeError: it is neither.
    """
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise TypeError(f"a day is wanted, not {value!r}")
