"""Life cycles of endoflife.date: its API (v1 and the older one) and the pages of its repository (YAML at the head).

Source: endoflife-date/endoflife.date, MIT. Days may be missing, and an end may be said as true or false instead.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import yaml

from sekisho.adapters.feeds.reading import FeedReading
from sekisho.adapters.feeds.refusals import CUT, HOSTILE, FeedRefused, malformed
from sekisho.adapters.feeds.values import clean, day_of, dicts_at, text_at, time_of
from sekisho.catalogue.device_families import equivalents, load_families
from sekisho.catalogue.maker_lifecycles import maker_lifecycles
from sekisho.domain.vulnerabilities.cpe import NoCpe, read_cpe
from sekisho.domain.vulnerabilities.lifecycles import Cycle, LifeCycle

MAX_BYTES = 50_000_000
MAX_PAGE_BYTES = 500_000
_BUILD = re.compile(r"\d{1,2}\.\d\.\d{4,5}", re.ASCII)
_EDITION = re.compile(r"-(iot-lts|e-lts|e|w|iot|ac|sac)$")


def read_api(stream: BinaryIO, reading: FeedReading) -> Iterator[LifeCycle]:
    """Yield the products of an answer of the API v1: one (`result` an object) or all (`result` a list).

    Raises:
        FeedRefused: cut, or no such file.
    """
    document = _json(stream)
    if not isinstance(document, dict):
        raise malformed("JSON")
    reading.as_of = time_of(document.get("last_modified")) or time_of(document.get("generated_at"))
    result = document.get("result")
    products = result if isinstance(result, list) else [result]
    for product in products:
        found = _of_api(product, reading) if isinstance(product, dict) else None
        if found is None:
            reading.skipped += 1
        else:
            yield found


def _of_api(product: dict[str, Any], reading: FeedReading) -> LifeCycle | None:
    name = text_at(product, "name", limit=80)
    cycles = []
    for release in dicts_at(product, "releases"):
        latest = release.get("latest")
        cycles.append(
            _cycle(
                name,
                {
                    "releaseCycle": release.get("name"),
                    "releaseLabel": release.get("label"),
                    "releaseDate": release.get("releaseDate"),
                    "eoas": release.get("eoasFrom", release.get("isEoas")),
                    "eol": release.get("eolFrom") or release.get("isEol"),
                    "eoes": release.get("eoesFrom"),
                    "latest": latest.get("name") if isinstance(latest, dict) else latest,
                },
            )
        )
    identifiers = [
        text_at(one, "id", limit=300) for one in dicts_at(product, "identifiers") if one.get("type") == "cpe"
    ]
    return _lifecycle(name, text_at(product, "label", limit=100), identifiers, cycles, reading)


def read_old_api(stream: BinaryIO, reading: FeedReading) -> Iterator[LifeCycle]:
    """Yield the product of an answer of the older API: a list of cycles. Its name is that of the file.

    Raises:
        FeedRefused: cut, or no such file.
    """
    document = _json(stream)
    if not isinstance(document, list):
        raise malformed("JSON")
    name = reading.name.split(".")[0].lower()
    cycles = [
        _cycle(
            name,
            {
                "releaseCycle": one.get("cycle"),
                "releaseDate": one.get("releaseDate"),
                "eoas": one.get("support"),
                "eol": one.get("eol"),
                "eoes": one.get("extendedSupport"),
                "latest": one.get("latest"),
            },
        )
        for one in document
        if isinstance(one, dict)
    ]
    found = _lifecycle(name, name, [], cycles, reading)
    if found:
        yield found


def read_page(stream: BinaryIO, reading: FeedReading) -> Iterator[LifeCycle]:
    """Yield the product of a page: the YAML between the first two lines of three hyphens.

    Raises:
        FeedRefused: cut, or no such file.
    """
    raw = stream.read(MAX_PAGE_BYTES)
    parts = re.split(rb"^---\s*$", raw, maxsplit=2, flags=re.MULTILINE)
    if len(parts) < 3:
        raise FeedRefused(CUT)
    document = _yaml(parts[1])
    name = str(document.get("permalink", "")).strip("/") or reading.name.split(".")[0]
    cycles = [_cycle(reading.name.split(".")[0], one) for one in dicts_at(document, "releases")]
    identifiers = [str(one["cpe"]) for one in dicts_at(document, "identifiers") if "cpe" in one]
    found = _lifecycle(name, text_at(document, "title", limit=100), identifiers, cycles, reading)
    if found:
        yield found


def read_makers(stream: BinaryIO, reading: FeedReading) -> Iterator[LifeCycle]:
    """Yield the rows of a table of makers that people keep (form as catalogue/vulnerabilities/makers.yaml).

    Raises:
        FeedRefused: it is of another form, or names a model that no family knows.
    """
    try:
        found = maker_lifecycles(_yaml(stream.read(MAX_PAGE_BYTES)))
    except (ValueError, KeyError, TypeError) as error:
        raise malformed(clean(str(error), 80)) from None
    newest = max((one.as_of for one in found if one.as_of), default=None)
    reading.as_of = time_of(newest.isoformat()) if newest else None
    yield from found


def _yaml(raw: bytes) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8-sig")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            # Aliases are not used here; they make a huge value of a small file.
            raise FeedRefused(HOSTILE.filled(where="YAML"))
        document = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        if isinstance(error, FeedRefused):
            raise
        raise malformed("YAML") from None
    if not isinstance(document, dict):
        raise malformed("YAML")
    return document


def _json(stream: BinaryIO) -> Any:
    raw = stream.read(MAX_BYTES)
    try:
        return json.loads(raw)
    except RecursionError:
        raise FeedRefused(HOSTILE.filled(where="JSON")) from None
    except json.JSONDecodeError as error:
        raise (
            FeedRefused(CUT) if error.pos >= len(error.doc) - 2 or "Untermin" in error.msg else malformed("JSON")
        ) from None
    except ValueError:
        raise malformed("JSON") from None


def _cycle(product: str, raw: Mapping[str, Any]) -> Cycle:
    name = clean(str(raw.get("releaseCycle", "")), 60)
    latest = clean(str(raw.get("latest") or ""), 60)
    label = clean(str(raw.get("releaseLabel") or ""), 80)
    is_windows = product.startswith("windows")
    eol = raw.get("eol")
    return Cycle(
        name=name,
        # Windows counts by builds: 10.0.19045 is 22H2.
        version=latest if is_windows and _BUILD.fullmatch(latest) else name,
        label="" if "__" in label else label,
        released_on=day_of(raw.get("releaseDate")),
        active_until=day_of(raw.get("eoas")),
        supported_until=day_of(eol),
        extended_until=day_of(raw.get("eoes")),
        has_ended=eol if isinstance(eol, bool) else None,
        latest="" if is_windows else latest,
        edition=_edition(product, name) if is_windows else "",
    )


def _edition(product: str, name: str) -> str:
    found = _EDITION.search(name)
    if product.startswith("windows-server"):
        return "ac" if found else "lts"
    return found[1] if found else ""


def _lifecycle(
    name: str, label: str, identifiers: Iterable[str], cycles: list[Cycle], reading: FeedReading
) -> LifeCycle | None:
    keys: dict[str, None] = {}
    for text in identifiers:
        try:
            keys |= dict.fromkeys(equivalents(read_cpe(text).name.key))
        except NoCpe:
            continue
    for key in load_families().lifecycles.get(name, load_families().lifecycles.get(reading.name.split(".")[0], ())):
        keys |= dict.fromkeys(equivalents(key))
    if not keys or not cycles:
        return None
    as_of = reading.as_of.date() if reading.as_of else None
    return LifeCycle(label or name, tuple(keys), tuple(cycles), "endoflife.date", as_of)
