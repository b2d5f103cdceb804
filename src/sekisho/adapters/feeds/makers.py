"""Advisories of makers as files: Fortinet's (as normalised by vulsio), Microsoft's CVRF, and CVE records (CVE JSON 5)."""

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from sekisho.adapters.feeds.reading import FeedReading
from sekisho.adapters.feeds.refusals import CUT, HOSTILE, FeedRefused, malformed
from sekisho.adapters.feeds.values import clean, cve_of, dicts_at, number_of, text_at, time_of
from sekisho.catalogue.device_families import recognise_device
from sekisho.domain.vulnerabilities.advisories import Advisory, Claim, Configuration, Node, Score, Source
from sekisho.domain.vulnerabilities.cpe import NoCpe, read_cpe
from sekisho.domain.vulnerabilities.products import ANY, ProductName

MAX_BYTES = 200_000_000
_MAX_CLAIMS = 5_000


def _document(stream: BinaryIO) -> dict[str, Any]:
    raw = stream.read(MAX_BYTES)
    try:
        document = json.loads(raw)
    except RecursionError:
        raise FeedRefused(HOSTILE.filled(where="JSON")) from None
    except json.JSONDecodeError as error:
        is_cut = error.pos >= len(error.doc.rstrip()) - 1 or error.msg.startswith("Unterminated")
        raise (FeedRefused(CUT) if is_cut else malformed("JSON")) from None
    except ValueError:
        raise malformed("UTF-8") from None
    if not isinstance(document, dict):
        raise malformed("JSON")
    return document


def _any_of(claims: list[Claim]) -> tuple[Configuration, ...]:
    unique = tuple(dict.fromkeys(claims))[:_MAX_CLAIMS]
    return (Configuration((Node(unique),)),) if unique else ()


# Fortinet


def read_fortinet(stream: BinaryIO, reading: FeedReading) -> Iterator[Advisory]:
    """Yield the CVEs of one advisory of Fortinet's PSIRT.

    Raises:
        FeedRefused: cut, or no such file.
    """
    document = _document(stream)
    advisory = document.get("advisory", document)
    reading.as_of = time_of(_first(advisory, "modified", "updated", "published"))
    for one in dicts_at(advisory, "vulnerabilities"):
        definitions = list(dicts_at(one, "definitions"))
        cve = cve_of(one.get("cve"))
        if not cve:
            reading.skipped += 1
            continue
        claims = [claim for each in definitions for claim in _fortinet_claims(each)]
        yield Advisory(
            cve=cve,
            source=Source.FORTINET,
            configurations=_any_of(claims),
            scores=tuple(score for each in definitions for score in _fortinet_scores(each)),
            title=text_at(advisory, "title"),
            summary=text_at(advisory, "summary", limit=1_000),
            published_at=time_of(_first(advisory, "published")),
            modified_at=reading.as_of,
        )


def _first(entry: Any, *keys: str) -> object:
    return next((entry[key] for key in keys if isinstance(entry, dict) and entry.get(key)), None)


def _fortinet_claims(definition: dict[str, Any]) -> Iterator[Claim]:
    for configuration in dicts_at(definition, "configurations"):
        for node in dicts_at(configuration, "nodes"):
            try:
                name = read_cpe(text_at(node, "cpe", limit=500)).name
            except NoCpe:
                continue
            affected = node.get("affected")
            for bounds in affected if isinstance(affected, list) else [affected]:
                if isinstance(bounds, dict):
                    yield from _fortinet_claim(name, bounds)


def _fortinet_claim(name: ProductName, bounds: dict[str, Any]) -> Iterator[Claim]:
    said = {key: clean(str(value), 60) for key, value in bounds.items() if value not in (None, "")}
    if exact := said.get("eq"):
        yield Claim(name, version=exact.lower())
        return
    low, high = said.get("ge") or said.get("gt") or "", said.get("le") or said.get("lt") or ""
    if low or high:
        yield Claim(name, low=low, low_included="ge" in said or not low, high=high, high_included="le" in said)


def _fortinet_scores(definition: dict[str, Any]) -> Iterator[Score]:
    raw = definition.get("cvssv3")
    detail = raw if isinstance(raw, dict) else {"base_score": raw}
    base = number_of(_first(detail, "base_score", "baseScore", "score"), 0, 10)
    if base is not None:
        yield Score("3.1", base, "", clean(str(_first(detail, "vector", "vectorString") or ""), 200), "Fortinet")


# Microsoft


def read_msrc(stream: BinaryIO, reading: FeedReading) -> Iterator[Advisory]:
    """Yield the CVEs of one month of Microsoft's security updates (CVRF as JSON).

    A product is affected before the build that its fix brings (`FixedBuild`). A product named without one is named only.

    Raises:
        FeedRefused: cut, or no such file.
    """
    document = _document(stream)
    tracking = document.get("DocumentTracking")
    reading.as_of = time_of(_first(tracking, "CurrentReleaseDate", "InitialReleaseDate"))
    titles = {
        str(one.get("ProductID")): text_at(one, "Value")
        for one in dicts_at(document.get("ProductTree"), "FullProductName")
    }
    for one in dicts_at(document, "Vulnerability"):
        cve = cve_of(one.get("CVE"))
        if not cve:
            reading.skipped += 1
            continue
        title = one.get("Title")
        yield Advisory(
            cve=cve,
            source=Source.MSRC,
            configurations=_any_of(list(_msrc_claims(one, titles))),
            scores=tuple(_msrc_scores(one)),
            title=text_at(title, "Value"),
            modified_at=reading.as_of,
        )


def _msrc_claims(one: dict[str, Any], titles: dict[str, str]) -> Iterator[Claim]:
    fixed: dict[str, str] = {}
    for remedy in dicts_at(one, "Remediations"):
        build = text_at(remedy, "FixedBuild", limit=40)
        for product in remedy.get("ProductID") or ():
            if build and remedy.get("Type") == 2:
                fixed[str(product)] = max(fixed.get(str(product), ""), build, key=_numbers)
    for status in dicts_at(one, "ProductStatuses"):
        for product in status.get("ProductID") or ():
            for name in microsoft_names(titles.get(str(product), "")):
                yield Claim(name, high=fixed.get(str(product), ""))


def _numbers(build: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d{1,9}", build))


_CLIENT = re.compile(r"windows (10|11)(?: version (\w+))? for", re.IGNORECASE)
_SERVER = re.compile(r"windows server,? (?:version )?(\d{4}|\w{4})(?: (r2))?(?:, (23h2) edition)?", re.IGNORECASE)


def microsoft_names(title: str) -> tuple[ProductName, ...]:
    """Return the names in CPE of a product by Microsoft's title: "Windows 10 Version 1809 for x64-based Systems"."""
    text = title.strip()
    if found := _CLIENT.match(text):
        release = (found[2] or ("1507" if found[1] == "10" else "21h2")).lower()
        return (ProductName("o", "microsoft", f"windows_{found[1]}_{release}"),)
    if found := _SERVER.match(text):
        ending = "".join(f"_{part.lower()}" for part in found.groups()[1:] if part)
        return (ProductName("o", "microsoft", f"windows_server_{found[1].lower()}{ending}"),)
    slug = re.sub(r"[^a-z0-9.]+", "_", text.lower().removeprefix("microsoft ")).strip("_")
    return (ProductName("a", "microsoft", slug),) if slug else ()


def _msrc_scores(one: dict[str, Any]) -> Iterator[Score]:
    bases = [
        (number_of(each.get("BaseScore"), 0, 10), text_at(each, "Vector")) for each in dicts_at(one, "CVSSScoreSets")
    ]
    known = [(base, vector) for base, vector in bases if base is not None]
    if known:
        base, vector = max(known)
        yield Score("3.1", base, "", vector, "Microsoft")


# CVE records


def read_cve_record(stream: BinaryIO, reading: FeedReading) -> Iterator[Advisory]:
    """Yield the CVE of one record (CVE JSON 5): what its numbering authority says is affected.

    Raises:
        FeedRefused: cut, or no such file.
    """
    document = _document(stream)
    head, containers = document.get("cveMetadata"), document.get("containers")
    cve = cve_of(_first(head, "cveId"))
    if not cve or not isinstance(containers, dict):
        raise malformed("CVE")
    reading.as_of = time_of(_first(head, "dateUpdated", "datePublished"))
    authority = containers.get("cna")
    others = list(dicts_at(containers, "adp"))
    claims = [
        claim for each in (authority, *others) for one in dicts_at(each, "affected") for claim in _record_claims(one)
    ]
    yield Advisory(
        cve=cve,
        source=Source.CVE,
        configurations=_any_of(claims),
        scores=tuple(score for each in (authority, *others) for score in _record_scores(each)),
        title=text_at(authority, "title"),
        summary=next((text_at(one, "value", limit=1_000) for one in dicts_at(authority, "descriptions")), ""),
        status=text_at(head, "state", limit=40),
        published_at=time_of(_first(head, "datePublished")),
        modified_at=reading.as_of,
    )


def _record_claims(affected: dict[str, Any]) -> Iterator[Claim]:
    names = list(_record_names(affected))
    for version in dicts_at(affected, "versions"):
        if version.get("status") != "affected":
            continue
        start = text_at(version, "version", limit=100)
        below, up_to = text_at(version, "lessThan", limit=100), text_at(version, "lessThanOrEqual", limit=100)
        for name in names:
            if below or up_to:
                low = "" if start in ("0", ANY, "unspecified", "n/a") else start
                high = "" if (below or up_to) == ANY else (below or up_to)
                yield Claim(name, low=low, high=high, high_included=not below)
            elif start and start[0].isdigit():
                yield Claim(name, version=start.lower())
            else:
                yield Claim(name)
    if affected.get("defaultStatus") == "affected" and not affected.get("versions"):
        yield from (Claim(name) for name in names)


def _record_names(affected: dict[str, Any]) -> Iterator[ProductName]:
    found = False
    for text in affected.get("cpes") or ():
        try:
            yield read_cpe(text if isinstance(text, str) else "").name
        except NoCpe:
            continue
        found = True
    if not found:
        maker, product = text_at(affected, "vendor", limit=100), text_at(affected, "product", limit=100)
        known = recognise_device(maker, product, product) if product else None
        yield from known.names if known else ()


def _record_scores(container: Any) -> Iterator[Score]:
    for metric in dicts_at(container, "metrics"):
        for key in ("cvssV4_0", "cvssV3_1", "cvssV3_0"):
            base = number_of(_first(metric.get(key), "baseScore"), 0, 10)
            if base is not None:
                detail = metric[key]
                yield Score(
                    text_at(detail, "version"), base, text_at(detail, "baseSeverity"), text_at(detail, "vectorString")
                )
