"""NVD's CVEs, API 2.0: pages as the API answers, and the yearly files.

Source: services.nvd.nist.gov/rest/json/cves/2.0 (schema of API 2.0).
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from sekisho.adapters.feeds.reading import FeedReading
from sekisho.adapters.feeds.streams import JsonStream
from sekisho.adapters.feeds.values import clean, cve_of, dicts_at, number_of, text_at, time_of
from sekisho.domain.vulnerabilities.advisories import Advisory, Claim, Configuration, Node, Score, Source
from sekisho.domain.vulnerabilities.cpe import NoCpe, read_cpe

MAX_SUMMARY = 1_000
MAX_REFERENCES = 8
_METRICS = ("cvssMetricV40", "cvssMetricV31", "cvssMetricV30", "cvssMetricV2")


def read_nvd(stream: BinaryIO, reading: FeedReading) -> Iterator[Advisory]:
    """Yield the CVEs of a page or a yearly file.

    Raises:
        FeedRefused: cut, or no such file.
    """
    for key, value in JsonStream(stream, ("vulnerabilities",)).members():
        if key == "timestamp":
            reading.as_of = time_of(value)
        elif key == "totalResults" and isinstance(value, int):
            reading.total = value
        elif key == "vulnerabilities":
            advisory = advisory_of_nvd(value.get("cve") if isinstance(value, dict) else None)
            if advisory is None:
                reading.skipped += 1
            else:
                yield advisory


def advisory_of_nvd(cve: Any) -> Advisory | None:
    """Return the advisory of one `cve` object, None when it is none."""
    number = cve_of(cve.get("id")) if isinstance(cve, dict) else ""
    if not number:
        return None
    return Advisory(
        cve=number,
        source=Source.NVD,
        configurations=tuple(_configurations(cve)),
        scores=tuple(_scores(cve)),
        summary=_summary(cve),
        status=text_at(cve, "vulnStatus", limit=40),
        published_at=time_of(cve.get("published")),
        modified_at=time_of(cve.get("lastModified")),
        references=tuple(text_at(one, "url", limit=500) for one in dicts_at(cve, "references"))[:MAX_REFERENCES],
        weaknesses=tuple(dict.fromkeys(_weaknesses(cve)))[:MAX_REFERENCES],
    )


def _summary(cve: dict[str, Any]) -> str:
    said = {text_at(one, "lang", limit=10): one for one in reversed(list(dicts_at(cve, "descriptions")))}
    return text_at(said.get("en", {}), "value", limit=MAX_SUMMARY)


def _weaknesses(cve: dict[str, Any]) -> Iterator[str]:
    for weakness in dicts_at(cve, "weaknesses"):
        for one in dicts_at(weakness, "description"):
            if (value := text_at(one, "value", limit=30)).startswith("CWE-"):
                yield value


def _scores(cve: dict[str, Any]) -> Iterator[Score]:
    """Yield the scores, newest version of CVSS first, NVD's own before the others'."""
    metrics = cve.get("metrics")
    for key in _METRICS:
        found = sorted(dicts_at(metrics, key), key=lambda one: one.get("type") != "Primary")
        for metric in found:
            detail = metric.get("cvssData")
            base = number_of(detail.get("baseScore"), 0, 10) if isinstance(detail, dict) else None
            if base is not None:
                severity = text_at(detail, "baseSeverity", limit=20) or text_at(metric, "baseSeverity", limit=20)
                vector = text_at(detail, "vectorString", limit=300)
                yield Score(
                    text_at(detail, "version", limit=5), base, severity, vector, text_at(metric, "source", limit=80)
                )


def _configurations(cve: dict[str, Any]) -> Iterator[Configuration]:
    for raw in dicts_at(cve, "configurations"):
        nodes = tuple(node for each in dicts_at(raw, "nodes") if (node := _node(each)).claims)
        if nodes:
            yield Configuration(nodes, _is_and(raw), raw.get("negate") is True)


def _node(raw: dict[str, Any]) -> Node:
    claims = tuple(claim for each in dicts_at(raw, "cpeMatch") if (claim := claim_of_nvd(each)))
    return Node(claims, _is_and(raw), raw.get("negate") is True)


def _is_and(raw: dict[str, Any]) -> bool:
    return str(raw.get("operator", "OR")).upper() == "AND"


def claim_of_nvd(raw: dict[str, Any]) -> Claim | None:
    """Return the claim of one `cpeMatch` entry, None when its criteria is no name."""
    criteria = raw.get("criteria")
    try:
        cpe = read_cpe(criteria if isinstance(criteria, str) else "")
    except NoCpe:
        return None
    low, low_included = _bound(raw, "versionStart", True)
    high, high_included = _bound(raw, "versionEnd", False)
    return Claim(
        name=cpe.name,
        is_vulnerable=raw.get("vulnerable") is True,
        version=cpe.version,
        update=cpe.update,
        # Bounds speak of any version only; beside an exact one they mean nothing.
        low=low if cpe.version == "*" else "",
        low_included=low_included,
        high=high if cpe.version == "*" else "",
        high_included=high_included,
        on_software=cpe.on_software,
    )


def _bound(raw: dict[str, Any], name: str, usual: bool) -> tuple[str, bool]:
    """Return the bound and whether it is meant itself; ("", `usual`) when there is none."""
    for ending, included in (("Including", True), ("Excluding", False)):
        value = raw.get(f"{name}{ending}")
        if isinstance(value, str) and value.strip():
            return clean(value, 100), included
    return "", usual
