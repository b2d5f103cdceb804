"""CISA's catalogue of known exploited vulnerabilities.

Source: cisagov/kev-data, schema of the JSON catalogue; unknown keys are passed over.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from sekisho.adapters.feeds.reading import FeedReading
from sekisho.adapters.feeds.streams import JsonStream
from sekisho.adapters.feeds.values import cve_of, day_of, text_at, time_of
from sekisho.catalogue.device_families import names_exploited
from sekisho.domain.vulnerabilities.advisories import Advisory, Claim, Configuration, Exploited, Node, Source
from sekisho.domain.vulnerabilities.products import ProductName


def read_kev(stream: BinaryIO, reading: FeedReading) -> Iterator[Exploited | Advisory]:
    """Yield the entries, and for those whose words mean a known family an advisory that names it without versions.

    Raises:
        FeedRefused: cut, or no such file.
    """
    for key, value in JsonStream(stream, ("vulnerabilities",)).members():
        if key == "dateReleased":
            reading.as_of = time_of(value)
        elif key == "catalogVersion" and reading.as_of is None and isinstance(value, str):
            reading.as_of = time_of(value.replace(".", "-"))
        elif key == "count" and isinstance(value, int):
            reading.total = value
        elif key == "vulnerabilities":
            entry = exploited_of(value)
            if entry is None:
                reading.skipped += 1
                continue
            yield entry
            yield from _named(entry, _words(value, entry))


def exploited_of(raw: Any) -> Exploited | None:
    """Return one entry, None when it has no number or no day."""
    cve = cve_of(raw.get("cveID")) if isinstance(raw, dict) else ""
    added_on = day_of(raw.get("dateAdded")) if cve else None
    if added_on is None:
        return None
    return Exploited(
        cve=cve,
        added_on=added_on,
        ransomware=text_at(raw, "knownRansomwareCampaignUse").casefold() == "known",
        due_on=day_of(raw.get("dueDate")),
        maker=text_at(raw, "vendorProject"),
        product=text_at(raw, "product"),
        title=text_at(raw, "vulnerabilityName"),
        action=text_at(raw, "requiredAction", limit=1_000),
    )


def _words(raw: dict[str, Any], entry: Exploited) -> str:
    """Return what says the product: "Multiple Products" are named in the description."""
    return text_at(raw, "shortDescription", limit=1_000) if "multiple" in entry.product.casefold() else entry.product


def _named(entry: Exploited, words: str) -> Iterator[Advisory]:
    names = names_exploited(entry.maker, words)
    if names:
        claims = tuple(Claim(ProductName.of(name)) for name in names)
        yield Advisory(entry.cve, Source.KEV, (Configuration((Node(claims),)),), title=entry.title)
