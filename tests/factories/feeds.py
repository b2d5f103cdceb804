"""Small feeds of our own, in the forms that their publishers use."""

import json
from typing import Any

FORTIOS = "cpe:2.3:o:fortinet:fortios"


def nvd_cve(number: str, *matches: dict[str, Any], **given: Any) -> dict[str, Any]:
    """Return one CVE of NVD's API 2.0 that names the products in `matches`."""
    cve: dict[str, Any] = {
        "id": number,
        "vulnStatus": given.get("status", "Analyzed"),
        "published": given.get("published", "2026-11-01T00:00:00.000"),
        "lastModified": given.get("modified", "2026-11-02T00:00:00.000"),
        "descriptions": [{"lang": "en", "value": given.get("summary", f"A weakness ({number}).")}],
        "metrics": {
            "cvssMetricV31": [{"type": "Primary", "cvssData": {"version": "3.1", "baseScore": given.get("score", 7.5), "baseSeverity": "HIGH"}}]
        },
    }  # fmt: skip
    if matches:
        cve["configurations"] = [{"nodes": [{"operator": "OR", "negate": False, "cpeMatch": list(matches)}]}]
    return cve


def fortios(low: str = "7.2.0", below: str = "7.2.7") -> dict[str, Any]:
    """Return "FortiOS from `low` up to before `below`" as NVD writes it."""
    return {
        "vulnerable": True,
        "criteria": f"{FORTIOS}:*:*:*:*:*:*:*:*",
        "versionStartIncluding": low,
        "versionEndExcluding": below,
    }


def nvd(*cves: dict[str, Any], at: str = "2026-11-20T00:00:00.000") -> bytes:
    """Return a page of NVD."""
    page = {
        "resultsPerPage": len(cves),
        "startIndex": 0,
        "totalResults": len(cves),
        "format": "NVD_CVE",
        "version": "2.0",
        "timestamp": at,
        "vulnerabilities": [{"cve": cve} for cve in cves],
    }
    return json.dumps(page).encode()


def kev(
    *numbers: str, ransomware: bool = False, at: str = "2026-11-20T00:00:00.000Z", product: str = "Nothing"
) -> bytes:
    """Return a catalogue of exploited vulnerabilities."""
    entries = [
        {
            "cveID": number,
            "vendorProject": "Fortinet" if product != "Nothing" else "Nobody",
            "product": product,
            "vulnerabilityName": f"{number} name",
            "dateAdded": "2026-11-19",
            "shortDescription": "",
            "requiredAction": "Apply mitigations.",
            "dueDate": "2026-12-10",
            "knownRansomwareCampaignUse": "Known" if ransomware else "Unknown",
        }
        for number in numbers
    ]
    return json.dumps(
        {
            "title": "KEV",
            "catalogVersion": at[:10],
            "dateReleased": at,
            "count": len(entries),
            "vulnerabilities": entries,
        }
    ).encode()


def epss(scores: dict[str, float], day: str = "2026-11-20") -> bytes:
    """Return a file of EPSS."""
    lines = [f"#model_version:v2026.03.01,score_date:{day}T00:00:00+0000", "cve,epss,percentile"]
    lines += [f"{cve},{score:.5f},0.90000" for cve, score in scores.items()]
    return ("\n".join(lines) + "\n").encode()


def makers(model: str, until: str) -> bytes:
    """Return a table of makers that says when the support of one YAMAHA model ends."""
    return f"""format: sekisho-makers/1
makers:
  - {{vendor: yamaha, model: {model}, repair_end: {until}, firmware_latest: ~, as_of: 2026-11-01, source: test}}
""".encode()
