"""Folders of feeds as somebody downloads them: NVD pages, KEV, EPSS, with the ranges that were published."""

import json
from pathlib import Path
from typing import Any

CRITICAL = {
    "version": "3.1",
    "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "baseScore": 9.8,
    "baseSeverity": "CRITICAL",
}


def span(criteria: str, text: str = "", *, vulnerable: bool = True) -> dict[str, Any]:
    """Return one cpeMatch; `text` is its range in words: ">=7.0.0 <7.0.14"."""
    names = {">=": "versionStartIncluding", ">": "versionStartExcluding", "<=": "versionEndIncluding"}
    found: dict[str, Any] = {"vulnerable": vulnerable, "criteria": criteria, "matchCriteriaId": "0" * 32}
    for bound in text.split():
        sign = bound[: len(bound) - len(bound.lstrip("<>="))]
        found[names.get(sign, "versionEndExcluding")] = bound.removeprefix(sign)
    return found


def any_of(*matches: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a node: one of `matches` is enough."""
    return {"operator": "OR", "negate": False, "cpeMatch": list(matches), **more}


def spans(product: str, *ranges: str) -> list[dict[str, Any]]:
    """Return a configuration list that names one product (part:vendor:product) with several ranges."""
    return [{"nodes": [any_of(*(span(f"cpe:2.3:{product}:*:*:*:*:*:*:*:*", one) for one in ranges))]}]


def cve(name: str, configurations: list[dict[str, Any]] | None, **more: Any) -> dict[str, Any]:
    """Return one entry of an NVD page."""
    body: dict[str, Any] = {
        "id": name,
        "sourceIdentifier": "psirt@example.com",
        "vulnStatus": "Analyzed",
        "published": "2024-02-09T09:15:08.087",
        "lastModified": "2024-11-29T15:15:00.000",
        "descriptions": [{"lang": "en", "value": f"A weakness, known as {name}."}],
        "metrics": {"cvssMetricV31": [{"source": "nvd@nist.gov", "type": "Primary", "cvssData": CRITICAL}]},
        "references": [],
        **more,
    }
    if configurations is not None:
        body["configurations"] = configurations
    return {"cve": body}


def page(entries: list[dict[str, Any]], timestamp: str = "2026-11-20T00:00:00.000") -> dict[str, Any]:
    """Return the envelope of the API around `entries`."""
    return {
        "resultsPerPage": len(entries), "startIndex": 0, "totalResults": len(entries), "format": "NVD_CVE",
        "version": "2.0", "timestamp": timestamp, "vulnerabilities": entries,
    }  # fmt: skip


def kev(*names: str, ransomware: bool = True, released: str = "2026-11-20T17:04:19.9796Z") -> dict[str, Any]:
    """Return KEV's catalogue with `names` in it."""
    return {
        "title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "2026.11.20",
        "dateReleased": released, "count": len(names),
        "vulnerabilities": [
            {
                "cveID": name, "vendorProject": "Acme", "product": "Acme", "vulnerabilityName": f"Name of {name}",
                "dateAdded": "2024-02-09", "shortDescription": "x", "requiredAction": "Apply updates.",
                "dueDate": "2024-03-01", "knownRansomwareCampaignUse": "Known" if ransomware else "Unknown",
                "notes": "", "cwes": [], "forensicTriage": "Yes",
            }
            for name in names
        ],
    }  # fmt: skip


def epss(**scores: float) -> str:
    """Return the table of EPSS; names with underscores for hyphens."""
    lines = ["#model_version:v2025.03.14,score_date:2026-11-20T12:55:00Z", "cve,epss,percentile"]
    return "\n".join([*lines, *(f"{name.replace('_', '-')},{score},0.9" for name, score in scores.items())]) + "\n"


def folder(path: Path, *entries: dict[str, Any], **files: Any) -> Path:
    """Write a folder of feeds: `entries` as nvd.json, each keyword as a file (a dict as JSON, text as it is)."""
    path.mkdir(exist_ok=True)
    if entries:
        (path / "nvd.json").write_text(json.dumps(page(list(entries))), encoding="utf-8")
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (path / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return path
