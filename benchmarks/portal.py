"""Server time of the portal's pages: one hospital of 300 lines, and 2,000 hospitals of 20 lines, on SQLite.

Everything runs in a temporary folder that is gone afterwards. Times are of the view and its template in one process,
after one warming request; `after_change_ms` is the first page after something was done for the hospital, when nothing that
was remembered counts any more; p95 is over requests that differ in page, order, filter and search words.
"""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

PAGES = (
    "hospital:home",
    "hospital:history",
    "register:line_list",
    "register:device_list",
    "register:terminal_list",
    "register:place_list",
    "register:vendor_list",
    "register:contract_list",
    "register:terminator_list",
    "register:question_list",
    "register:line_add",
    "programme:basics",
    "judgement:level",
    "judgement:facts",
    "overview:page",
    "reports:list",
    "workbooks:start",
)
PAGE_TARGET_MS = 100.0
LIST_TARGET_MS = 150.0
LINES, HOSPITALS, LINES_EACH = 300, 2000, 20


def run() -> list[dict[str, object]]:
    """Return one row per page of the large hospital, and one for the list over all hospitals."""
    folder = tempfile.mkdtemp(prefix="sekisho-bench-")
    os.environ["SEKISHO_STATE_DIR"] = folder
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sekisho.config.settings")
    try:
        return list(_measured())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measured() -> Iterator[dict[str, object]]:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    client, office = _people()
    _large_hospital()
    from django.urls import reverse

    for name in PAGES:
        url = reverse(name, kwargs={"hospital_code": "LARGE"})
        times = _times_ms(client, [url] * 8)
        yield {
            "benchmark": "page",
            "page": name,
            "lines": LINES,
            "median_ms": round(statistics.median(times), 1),
            "target_ms": PAGE_TARGET_MS,
            "after_change_ms": round(statistics.median(_times_ms(client, [url] * 5, before=_change)), 1),
            "target_after_change_ms": PAGE_TARGET_MS,
        }
    _many_hospitals()
    queries = [
        "",
        "?q=病院",
        "?q=H01",
        "?sort=-lines",
        "?sort=level",
        "?page=40",
        "?f.level=none",
        "?q=なし",
        "?size=100",
    ]
    times = _times_ms(office, ["/hospitals/" + query for query in queries] * 4)
    yield {
        "benchmark": "hospital list",
        "hospitals": HOSPITALS + 1,
        "lines": HOSPITALS * LINES_EACH + LINES,
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(statistics.quantiles(times, n=20)[18], 1),
        "target_ms": LIST_TARGET_MS,
    }
    times = _times_ms(office, ["/h/H0500/register/" + query for query in ("", "?q=CAF", "?sort=-purpose")] * 6)
    yield {
        "benchmark": "line list among all",
        "hospitals": HOSPITALS + 1,
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(statistics.quantiles(times, n=20)[18], 1),
        "target_ms": LIST_TARGET_MS,
    }


def _times_ms(client: Any, urls: list[str], before: Callable[[], None] | None = None) -> list[float]:
    times = []
    for index, url in enumerate([urls[0], *urls]):
        if before is not None:
            before()
        began = time.perf_counter()
        answer = client.get(url)
        took = (time.perf_counter() - began) * 1000
        if answer.status_code != 200:
            raise RuntimeError(f"{url}: {answer.status_code}")
        if index:
            times.append(took)
    return times


def _change() -> None:
    """Let something happen in the large hospital, so that nothing computed from its data may be used again."""
    from django.db import transaction

    from sekisho.foundation.audit.actions import record
    from sekisho.foundation.tenancy.models import Hospital

    hospital = Hospital.objects.get(code="LARGE")
    with transaction.atomic():
        record("register.line.changed", hospital, by=None, hospital=hospital)


def _people() -> tuple[Any, Any]:
    from sekisho.foundation.accounts.models import User
    from sekisho.foundation.tenancy.models import Assignment, Hospital
    from tests.cast import signed_in

    large = Hospital.objects.create(code="LARGE", name="大きな病院")
    clerk = User.objects.create_user("clerk@bench.invalid", name="係")
    office = User.objects.create_user("office@bench.invalid", name="事務局")
    Assignment.objects.create(user=clerk, hospital=large, role="hospital_staff")
    Assignment.objects.create(user=office, role="secretariat")
    return signed_in(clerk), signed_in(office)


def _large_hospital() -> None:
    from django.db import transaction

    from sekisho.apps.register import actions
    from sekisho.foundation.tenancy.models import Hospital
    from sekisho.foundation.tenancy.scope import hospital_scope
    from tests.unit.domain.overview.registers import large_register

    hospital = Hospital.objects.get(code="LARGE")
    register = large_register(LINES)
    with hospital_scope(hospital), transaction.atomic():
        for line in register.lines:
            answers = {key: getattr(line, key) for key in _answer_keys(line)}
            devices = {d.position: {k: getattr(d, k) for k in _answer_keys(d)} for d in line.devices}
            actions.add_line(hospital, answers=answers, devices=devices, number=line.number, by=None)


def _answer_keys(record: Any) -> list[str]:
    left_out = {"number", "row_id", "devices", "position"}
    return [key for key in record.__dataclass_fields__ if key not in left_out]


def _many_hospitals() -> None:
    """Make 2,000 hospitals with 20 lines each, in bulk: the trail of each is not part of this measure."""
    from django.db import transaction

    from sekisho.apps.register.models import Line
    from sekisho.foundation.tenancy.models import Hospital
    from sekisho.foundation.tenancy.scope import all_hospitals

    with transaction.atomic(), all_hospitals(reason="benchmark"):
        hospitals = Hospital.objects.bulk_create(
            Hospital(code=f"H{n:04}", name=f"第{n}総合病院") for n in range(HOSPITALS)
        )
        Line.objects.bulk_create(
            (
                Line(hospital=hospital, number=n + 1, circuit_id=f"CAF{hospital.pk:05}{n:02}", purpose="ehr")
                for hospital in hospitals
                for n in range(LINES_EACH)
            ),
            batch_size=2000,
        )
