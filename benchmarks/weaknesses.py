"""Which hospitals have a weakness: 2,000 hospitals with 20 devices each, on SQLite, from the click to the page.

Everything runs in a temporary folder that is gone afterwards. Devices are of ten families in 120 versions each; 3,000
CVEs name them, 400 of FortiOS. Times are of the view and its template in one process after one warming request. The pass
of the watch is wall clock: once when nothing is new, once when one CVE concerns every tenth hospital.
"""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HOSPITALS, DEVICES_EACH, VERSIONS = 2000, 20, 120
TARGET_MS = 1000.0
FAMILIES = (
    ("Fortinet", "FortiGate-60F", "7.{0}.{1}", "fortios"),
    ("Fortinet", "FortiGate-100F", "7.{0}.{1}", "fortios"),
    ("Palo Alto Networks", "PA-410", "10.{0}.{1}", "pan-os"),
    ("Cisco", "C1121-8P", "17.{0}.{1}", "ios_xe"),
    ("Cisco", "ASA5506-X", "9.{0}({1})", "adaptive_security_appliance_software"),
    ("ヤマハ", "RTX1210", "Rev.14.01.{1}{0}", "rtx1210_firmware"),
    ("ヤマハ", "RTX830", "Rev.15.02.{1}{0}", "rtx830_firmware"),
    ("NEC", "IX2215", "10.{0}.{1}", "ix2215_firmware"),
    ("富士通", "Si-R G110B", "V{1}.0{0} NY0028", "si-r_g110b_firmware"),
    ("アライドテレシス", "AT-AR3050S", "5.{0}.{1}-0.1", "ar3050s_firmware"),
)
VENDORS = (
    "fortinet",
    "fortinet",
    "paloaltonetworks",
    "cisco",
    "cisco",
    "yamaha",
    "yamaha",
    "nec",
    "fujitsu",
    "allied_telesis",
)


def run() -> list[dict[str, object]]:
    """Return one row for each question, and one for each pass of the watch."""
    folder = tempfile.mkdtemp(prefix="sekisho-bench-")
    os.environ["SEKISHO_STATE_DIR"] = folder
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sekisho.config.settings")
    try:
        return list(_measured(Path(folder)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measured(folder: Path) -> Iterator[dict[str, object]]:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.FEEDS_DIR = folder / "feeds"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    call_command("migrate", verbosity=0)
    office = _office()
    _feeds()
    began = time.perf_counter()
    _hospitals()
    yield {"benchmark": "devices written into the table of products", "devices": HOSPITALS * DEVICES_EACH,
           "seconds": round(time.perf_counter() - began, 1)}  # fmt: skip
    yield {"benchmark": "first pass of the watch", "seconds": _seconds(_look)}
    yield {"benchmark": "pass when nothing is new", "seconds": _seconds(_look)}
    for name, url in (
        ("who has a CVE of 400 versions", "/weaknesses/cve/CVE-2026-10001/"),
        ("who has a CVE, next page, filtered", "/weaknesses/cve/CVE-2026-10001/?page=9&f.sure=yes"),
        ("who has a CVE that nobody has", "/weaknesses/cve/CVE-2026-99999/"),
        ("who has a product", "/weaknesses/?q=FortiGate-60F"),
        ("who has a version", "/weaknesses/?q=FortiGate+7.2.5"),
        ("all with attacked weaknesses", "/weaknesses/?f.stands=exploited"),
    ):
        times = _times_ms(office, url)
        yield {"benchmark": name, "hospitals": HOSPITALS, "devices": HOSPITALS * DEVICES_EACH,
               "median_ms": round(statistics.median(times), 1), "worst_ms": round(max(times), 1),
               "target_ms": TARGET_MS}  # fmt: skip
    _new_cve()
    yield {"benchmark": "pass with one new CVE", "seconds": _seconds(_look), "notices": _notices()}


def _office() -> Any:
    from sekisho.foundation.accounts.models import User
    from sekisho.foundation.tenancy.models import Assignment
    from tests.cast import signed_in

    office = User.objects.create_user("office@bench.invalid", name="事務局")
    Assignment.objects.create(user=office, role="secretariat")
    return signed_in(office)


def _cve(number: int, family: int, *, year: str = "2020") -> dict[str, Any]:
    from tests.factories.feeds import nvd_cve

    product, vendor = FAMILIES[family][3], VENDORS[family]
    low, high = FAMILIES[family][2].format(number % 3, 0), FAMILIES[family][2].format(number % 3, number % 11 + 1)
    claim = {
        "vulnerable": True,
        "criteria": f"cpe:2.3:o:{vendor}:{product}:*:*:*:*:*:*:*:*",
        "versionStartIncluding": low,
        "versionEndExcluding": high,
    }
    day = f"{year}-11-01T00:00:00.000"
    return nvd_cve(f"CVE-2026-{number}", claim, published=day, modified=day)


def _feeds() -> None:
    from tests.factories.feed_loads import load_feed
    from tests.factories.feeds import epss, kev, nvd

    cves = [_cve(10_000 + n, 0 if n < 400 else n % len(FAMILIES)) for n in range(3_000)]
    load_feed(nvd(*cves), "nvd.json")
    load_feed(kev(*[f"CVE-2026-{10_000 + n}" for n in range(0, 400, 20)]), "kev.json")
    load_feed(epss({f"CVE-2026-{10_000 + n}": 0.01 for n in range(3_000)}), "epss.csv")


def _new_cve() -> None:
    from tests.factories.feed_loads import load_feed
    from tests.factories.feeds import nvd

    load_feed(nvd(_cve(20_005, 0, year="2026")), "new.json")


def _hospitals() -> None:
    """Make the hospitals with their lines and devices in bulk, and let the table of products find them."""
    from django.db import transaction

    from sekisho.apps.register.models import Device, Line
    from sekisho.apps.vulnerabilities import products
    from sekisho.foundation.tenancy.models import Hospital
    from sekisho.foundation.tenancy.scope import all_hospitals

    with transaction.atomic(), all_hospitals(reason="benchmark"):
        made = Hospital.objects.bulk_create(Hospital(code=f"H{n:04}", name=f"第{n}総合病院") for n in range(HOSPITALS))
        lines = Line.objects.bulk_create(
            (Line(hospital=hospital, number=n + 1) for hospital in made for n in range(DEVICES_EACH)), batch_size=2000
        )
        Device.objects.bulk_create((_device(Device, line, n) for n, line in enumerate(lines)), batch_size=2000)
    with transaction.atomic(), all_hospitals(reason="benchmark"):
        products.keep_in_step()


def _device(model: Any, line: Any, n: int) -> Any:
    maker, name, version, _product = FAMILIES[n % len(FAMILIES)]
    at = (n // len(FAMILIES)) % VERSIONS
    words = {"maker": maker, "model": name, "software_version": version.format(at % 4, at // 4)}
    return model(hospital_id=line.hospital_id, line=line, position=1, **words)


def _look() -> None:
    from sekisho.apps.vulnerabilities import watch
    from sekisho.foundation.tenancy.scope import all_hospitals

    with all_hospitals(reason="benchmark"):
        watch.look()


def _notices() -> int:
    from sekisho.apps.vulnerabilities.models import WatchNotice
    from sekisho.foundation.tenancy.scope import all_hospitals

    with all_hospitals(reason="benchmark"):
        return WatchNotice.objects.filter(kind="new").count()


def _seconds(step: Callable[[], None]) -> float:
    began = time.perf_counter()
    step()
    return round(time.perf_counter() - began, 1)


def _times_ms(client: Any, url: str) -> list[float]:
    times = []
    for index in range(6):
        began = time.perf_counter()
        answer = client.get(url)
        took = (time.perf_counter() - began) * 1000
        if answer.status_code != 200:
            raise RuntimeError(f"{url}: {answer.status_code}")
        if index:
            times.append(took)
    return times
