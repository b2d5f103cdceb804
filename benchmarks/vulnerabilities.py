"""Vulnerabilities: 160,000 devices against 300,000 synthetic CVEs; one device warm; the exploited catalogue whole.

The CVEs are written as an NVD file and read by the loader, with KEV and EPSS for all of them; a hundredth names what the
devices are, as in NVD, where a maker's system has hundreds of entries and Windows thousands. The devices are 40 models of
hospitals' routers, firewalls and PCs in 5,000 different pairs of model and version, each on a line that is exposed or not.
"""

import gzip
import json
import os
import random
import resource
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from sekisho.adapters.feeds.folder import open_folder
from sekisho.adapters.feeds.kev import read_kev
from sekisho.adapters.feeds.reading import FeedReading
from sekisho.catalogue.device_families import recognise_device
from sekisho.domain.tri import Tri
from sekisho.domain.vulnerabilities.matching import Matcher
from sekisho.domain.vulnerabilities.priority import Situation
from sekisho.domain.vulnerabilities.products import Product

CVES, DEVICES, VERSIONS = 300_000, 160_000, 5_000
KEV_ENTRIES = 1_404
TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
FAMILIES: dict[str, tuple[str, int, list[tuple[str, str, str]]]] = {
    # name in CPE: how versions are made, how many CVEs name it, (maker, model, system) of devices
    "o:fortinet:fortios": ("7.{0}.{1}", 500, [("Fortinet", f"FortiGate-{one}", "FortiOS") for one in ("40F", "60F", "100F", "200E")]),
    "o:paloaltonetworks:pan-os": ("1{0}.{0}.{1}-h{2}", 250, [("Palo Alto Networks", one, "PAN-OS") for one in ("PA-220", "PA-440")]),
    "o:cisco:ios_xe": ("17.{1}.{0}", 600, [("Cisco", one, "IOS-XE") for one in ("ISR4331", "C1111-8P", "C9300-24T")]),
    "o:cisco:ios": ("15.{0}({1})M{2}", 900, [("シスコ", one, "IOS") for one in ("C921-4P", "C841M", "1941")]),
    "o:yamaha:rtx1210_firmware": ("14.01.{1}", 12, [("ヤマハ", "RTX1210", "")]),
    "o:yamaha:rtx830_firmware": ("15.02.{1}", 12, [("ＹＡＭＡＨＡ", "RTX830", "")]),
    "o:juniper:junos": ("21.{0}R{2}-S{1}", 700, [("Juniper", "SRX300", "Junos")]),
    "o:microsoft:windows_server_2019": ("10.0.17763.{3}", 4_000, [("", "", "Windows Server 2019")]),
    "o:microsoft:windows_10_22h2": ("10.0.19045.{3}", 3_000, [("", "", "Windows 10 Pro 22H2")]),
    "a:citrix:netscaler_gateway": ("13.{0}-{1}.{2}", 60, [("Citrix", "NetScaler", "")]),
}  # fmt: skip


def run() -> Iterator[dict[str, Any]]:
    """Write the feeds, read them, match all devices; then one device that was never asked before; then KEV alone."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_feeds(folder)
        started = perf_counter()
        store, update = open_folder(folder, now=NOW)
        with store:
            size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
            yield {
                "load_s": round(perf_counter() - started, 1),
                "cves": store.count("advisory"),
                "files": len(update.read),
                "folder_mb": round(size),
                "memory_mb": _memory(),
            }
            devices = list(made_devices())
            matcher = Matcher(store)
            started = perf_counter()
            affected = unknown = 0
            for product, situation in devices:
                for one in matcher.match(product, today=TODAY, situation=situation):
                    affected += one.verdict is Tri.YES
                    unknown += one.verdict is Tri.UNKNOWN
            seconds = perf_counter() - started
            yield {
                "devices": len(devices),
                "matching_s": round(seconds, 2),
                "target_s": 60,
                "affected": affected,
                "unknown": unknown,
                "memory_mb": _memory(),
            }
            yield from one_device(matcher)
        yield kev_alone(folder)


def one_device(matcher: Matcher) -> Iterator[dict[str, Any]]:
    """Yield the time of one device whose version nobody has asked for yet: the median and the worst of all families."""
    times = []
    for name, (pattern, _, models) in FAMILIES.items():
        for number in range(20):
            product = product_of(models[0], pattern.format(3, 40 + number, 7, 9_000 + number))
            started = process_time()
            matcher.match(product, today=TODAY)
            times.append(((process_time() - started) * 1000, name))
    times.sort()
    yield {"one_device_ms_median": round(times[len(times) // 2][0], 2), "target_ms": 5, "asked": len(times)}
    yield {"one_device_ms_worst": round(times[-1][0], 2), "of": times[-1][1]}


def kev_alone(folder: Path) -> dict[str, Any]:
    """Return the time of reading the whole catalogue of exploited vulnerabilities (the real one where it is at hand)."""
    shared = os.environ.get("SEKISHO_SHARED_DATA", "")
    real = Path(shared) / "kev" / "known_exploited_vulnerabilities.json"
    path = real if shared and real.is_file() else folder / "kev.json"
    started = perf_counter()
    with path.open("rb") as stream:
        entries = sum(1 for _ in read_kev(stream, FeedReading()))
    return {
        "kev": "real" if path == real else "synthetic",
        "records": entries,
        "kev_s": round(perf_counter() - started, 3),
        "target_s": 1,
    }


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def product_of(words: tuple[str, str, str], version: str) -> Product:
    """Return what the words and the version mean."""
    product = recognise_device(*words, version)
    if product is None:
        raise ValueError(words)
    return product


def made_devices() -> Iterator[tuple[Product, Situation]]:
    """Yield the devices with where they stand."""
    chance = random.Random(2)
    kinds = [(pattern, words) for pattern, _, models in FAMILIES.values() for words in models]
    pool = [
        product_of(words, made_version(pattern, chance))
        for pattern, words in (chance.choice(kinds) for _ in range(VERSIONS))
    ]
    for _ in range(DEVICES):
        yield chance.choice(pool), Situation(chance.choice((Tri.YES, Tri.NO, Tri.UNKNOWN)))


def made_version(pattern: str, chance: random.Random) -> str:
    """Return a version after `pattern`."""
    return pattern.format(
        chance.randrange(1, 7), chance.randrange(1, 40), chance.randrange(1, 9), chance.randrange(100, 9_000)
    )


def write_feeds(folder: Path) -> None:
    """Write the three feeds."""
    chance = random.Random(1)
    names = [name for name, (_, many, _) in FAMILIES.items() for _ in range(many)]
    names += [f"a:vendor{number % 4_000}:product{number % 30_000}" for number in range(CVES - len(names))]
    chance.shuffle(names)
    cves = [f"CVE-{2000 + number % 26}-{10_000 + number}" for number in range(CVES)]
    with gzip.open(folder / "nvd.json.gz", "wt", compresslevel=1) as file:
        head = {"resultsPerPage": CVES, "startIndex": 0, "totalResults": CVES, "format": "NVD_CVE", "version": "2.0"}
        file.write(json.dumps(head | {"timestamp": "2026-11-20T00:00:00.000"})[:-1] + ', "vulnerabilities": [')
        for at, (cve, name) in enumerate(zip(cves, names, strict=True)):
            file.write(("," if at else "") + json.dumps({"cve": made_cve(cve, name, chance)}))
        file.write("]}")
    with gzip.open(folder / "epss.csv.gz", "wt", compresslevel=1) as file:
        file.write("#model_version:v2025.03.14,score_date:2026-11-20T12:55:00Z\ncve,epss,percentile\n")
        file.writelines(f"{cve},{chance.random() ** 6:.5f},{chance.random():.5f}\n" for cve in cves)
    write_kev(folder / "kev.json", chance.sample(cves, KEV_ENTRIES), chance)


def made_cve(cve: str, name: str, chance: random.Random) -> dict[str, Any]:
    """Return one entry as NVD writes it: a summary, a score, references, two to five ranges and other products beside."""
    pattern = FAMILIES[name][0] if name in FAMILIES else "{0}.{1}.{2}"
    matches = []
    for each in (name, *(f"a:other{chance.randrange(9_000)}:thing" for _ in range(chance.randrange(3)))):
        for _ in range(chance.randrange(1, 4)):
            low, high = made_version(pattern, chance), made_version(pattern, chance)
            matches.append({"vulnerable": True, "criteria": f"cpe:2.3:{each}:*:*:*:*:*:*:*:*", "matchCriteriaId": "0" * 36,
                            "versionStartIncluding": low, "versionEndExcluding": high})  # fmt: skip
    score = round(chance.uniform(2, 10), 1)
    return {
        "id": cve, "sourceIdentifier": "cna@vendor.example", "vulnStatus": "Analyzed", "published": "2024-01-01T00:00:00.000",
        "lastModified": "2024-06-01T00:00:00.000", "descriptions": [{"lang": "en", "value": "A flaw in a service. " * 12}],
        "metrics": {"cvssMetricV31": [{"source": "nvd@nist.gov", "type": "Primary", "cvssData": {
            "version": "3.1", "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "baseScore": score, "baseSeverity": "HIGH"}}]},
        "weaknesses": [{"source": "nvd@nist.gov", "type": "Primary", "description": [{"lang": "en", "value": "CWE-787"}]}],
        "configurations": [{"nodes": [{"operator": "OR", "negate": False, "cpeMatch": matches}]}],
        "references": [{"url": f"vendor.example/{cve}", "source": "cna@vendor.example"}],
    }  # fmt: skip


def write_kev(path: Path, cves: list[str], chance: random.Random) -> None:
    """Write a catalogue as long as the real one."""
    entries = [
        {"cveID": cve, "vendorProject": "Fortinet", "product": "FortiOS", "vulnerabilityName": f"Name of {cve}",
         "dateAdded": "2024-01-01", "shortDescription": "words " * 60, "requiredAction": "Apply mitigations.", "dueDate": "2024-02-01",
         "knownRansomwareCampaignUse": chance.choice(("Known", "Unknown")), "notes": "words " * 30, "cwes": ["CWE-787"]}
        for cve in cves
    ]  # fmt: skip
    document = {
        "title": "t",
        "catalogVersion": "2026.11.20",
        "dateReleased": "2026-11-20T00:00:00Z",
        "count": len(entries),
        "vulnerabilities": entries,
    }
    path.write_text(json.dumps(document), encoding="utf-8")
