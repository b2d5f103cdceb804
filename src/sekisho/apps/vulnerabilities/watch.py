"""The watch: what became known is told to each hospital that has the product, once for each reason.

One pass judges what has changed, writes the notices and the letters of each hospital in one transaction, and then sends
the letters. A pass can be broken off anywhere and done again: a reason that was told is told never again, by the
constraint `watch_tells_once`. The next pass is queued when a pass ends, and every load of a feed asks for one.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from sekisho.apps.vulnerabilities import judging, knowledge, letters, products
from sekisho.apps.vulnerabilities.models import Advisory, HospitalProduct, KnownProduct, WatchNotice
from sekisho.domain.vulnerabilities.lifecycles import SupportStatus
from sekisho.foundation.audit.actions import record
from sekisho.foundation.jobs import actions as jobs
from sekisho.foundation.jobs import holds
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope

JOB_KIND = "vulnerabilities.watch"
HOLD = "vulnerabilities.watch"
WAITS = _noop("ほかの見張りが終わるのを待っています。")
HOUR = time(6, 0)
"""When the daily pass begins: before the hospital's day."""
Kind = WatchNotice.Kind
_RANKS = {Kind.NEW: 1, Kind.LIKELY: 2, Kind.EXPLOITED: 3, Kind.RANSOMWARE: 4}
_URGENT = frozenset({Kind.KNOWN, Kind.EXPLOITED, Kind.RANSOMWARE})


# --- Jobs ------------------------------------------------------------------------------------------------------------------
def look_soon() -> None:
    """Have a pass as soon as a worker is free."""
    with all_hospitals(reason="the watch looks at every hospital"), transaction.atomic():
        waiting = Job.objects.select_for_update().filter(kind=JOB_KIND, state=Job.State.QUEUED).first()
        if waiting is None:
            _queue(None)
        elif waiting.waits_for_its_time:
            jobs.wake(waiting)


def look_tomorrow() -> None:
    """Have the daily pass, unless one is queued."""
    with all_hospitals(reason="the watch looks at every hospital"), transaction.atomic():
        if not Job.objects.filter(kind=JOB_KIND, state=Job.State.QUEUED).exists():
            today = timezone.localdate()
            _queue(timezone.make_aware(datetime.combine(today + timedelta(days=1), HOUR)))


def _queue(not_before: datetime | None) -> None:
    title = _("機器の弱点を見張る")
    jobs.start(hospital=None, kind=JOB_KIND, title=title, by=None, not_before=not_before)


@jobs.runs(JOB_KIND, setbacks=20)
def run_pass(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Do one pass in a worker; two never run side by side."""
    try:
        holds.hold(job, [HOLD])
    except holds.Taken:
        raise jobs.NotYet(WAITS, until=timezone.now() + timedelta(seconds=settings.JOB_PULSE_S)) from None
    try:
        raised = look(progress=progress)
    finally:
        holds.release(job)
    look_tomorrow()
    return {"notices": raised}


# --- One pass ---------------------------------------------------------------------------------------------------------------
def look(*, progress: jobs.Progress | None = None, today: date | None = None) -> int:
    """Look at everything once, tell what is new, and return how many notices that were."""
    today = today or timezone.localdate()
    products.keep_in_step()
    _judge_all(progress, today)
    hospitals = _hospitals_to_tell(today)
    raised = 0
    for number, hospital in enumerate(hospitals):
        if progress is not None:
            progress.report(number, len(hospitals), _("病院ごとに確かめています"))
        raised += tell(hospital, today=today)
    letters.tell_the_office()
    letters.send_waiting()
    return raised


def _judge_all(progress: jobs.Progress | None, today: date) -> None:
    in_use = KnownProduct.objects.filter(pk__in=products.in_use().values("product_id"))
    number = knowledge.revision()
    stale = list(in_use.exclude(checked_revision=number))
    for done, row in enumerate(stale):
        if progress is not None and done % 20 == 0:
            progress.report(done, len(stale), _("製品ごとに照らし合わせています"))
        judging.bring_up_to_date([row])
    judging.keep_support_of(in_use.filter(checked_revision=number), today=today)


def _news(today: date) -> Q:
    """Return the condition for rows about which there may be something to tell."""
    soon = today + timedelta(days=max(settings.WATCH_SUPPORT_DAYS, default=0))
    return (
        Q(told_until__isnull=True)
        | Q(product__rose_at__gt=F("told_until"))
        | Q(product__baseline_at__gt=F("told_until"))
        | Q(product__support_until__lte=soon)
        | Q(product__support=SupportStatus.ENDED.value)
    )


def _hospitals_to_tell(today: date) -> list[Hospital]:
    rows = products.in_use().filter(_news(today), product__isnull=False)
    return list(Hospital.objects.filter(pk__in=rows.values("hospital_id")).order_by("pk"))


def tell(hospital: Hospital, *, today: date) -> int:
    """Write the notices of one hospital and the letter about them, in one transaction; return how many there are."""
    with hospital_scope(hospital), transaction.atomic():
        rows = products.in_use(hospital).filter(_news(today), product__isnull=False)
        rows = rows.select_for_update(of=("self",)).prefetch_related("notices")
        found = [notice for row in rows for notice in _notices_of(row, today)]
        for row in rows:
            _note_told(row)
        for notice in found:
            notice.save(force_insert=True)
            record("vulnerabilities.notice.raised", notice, by=None, changes={"key": [None, notice.key]})
        if found:
            letters.write(hospital, found)
    return len(found)


def _note_told(row: HospitalProduct) -> None:
    until = max(row.product.rose_at, row.product.baseline_at) if row.product else None
    if row.told_until != until:
        HospitalProduct.objects.filter(pk=row.pk).update(told_until=until)


def _notices_of(row: HospitalProduct, today: date) -> list[WatchNotice]:
    """Return the notices about one product of a hospital that were never written."""
    product = row.product
    if product is None:
        return []
    before = list(row.notices.all())
    wanted = [*_known_all_along(row, product), *_risen(row, product, before, today), *_support(row, product, today)]
    told = {notice.key for notice in before}
    return [notice for notice in wanted if notice.key not in told]


def _notice(row: HospitalProduct, kind: str, key: str, *, cve: str = "", **facts: Any) -> WatchNotice:
    is_urgent = kind in _URGENT or bool(facts.pop("is_urgent", False))
    return WatchNotice(
        hospital_id=row.hospital_id, subject=row, kind=kind, key=key, cve=cve, facts=facts, is_urgent=is_urgent
    )


def _known_all_along(row: HospitalProduct, product: KnownProduct) -> Iterable[WatchNotice]:
    """Yield one notice when a product has weaknesses that were attacked before anybody could tell of them one by one."""
    baseline = max(row.since, product.baseline_at)
    cves = [
        cve
        for cve, marks in product.weaknesses.items()
        if marks.get("exploited", baseline + 1) <= baseline and marks["is"] != "no"
    ]
    if cves:
        sure = sum(product.weaknesses[cve]["is"] == "yes" for cve in cves)
        yield _notice(row, Kind.KNOWN, f"known:{product.fingerprint}", count=len(cves), sure=sure, cves=cves[:50])


def _risen(
    row: HospitalProduct, product: KnownProduct, before: list[WatchNotice], today: date
) -> Iterable[WatchNotice]:
    """Yield the weightiest thing that has become known of each CVE since the hospital has the product."""
    baseline = max(row.since, product.baseline_at)
    told: dict[str, int] = {}
    for notice in before:
        told[notice.cve] = max(told.get(notice.cve, 0), _RANKS.get(Kind(notice.kind), 0))
    news = {
        cve: Kind(max(since, key=judging.MARKS.index))
        for cve, marks in product.weaknesses.items()
        if (since := [mark for mark, at in judging.marks_since(marks).items() if at > baseline])
    }
    recent = _recent([cve for cve, kind in news.items() if kind is Kind.NEW], today)
    for cve, kind in sorted(news.items()):
        if _RANKS[kind] > told.get(cve, 0) and (kind is not Kind.NEW or cve in recent):
            sure = product.weaknesses[cve]["is"] == "yes"
            yield _notice(row, kind.value, f"{cve}:{kind.value}", cve=cve, sure=sure)


def _recent(cves: list[str], today: date) -> set[str]:
    """Return the CVEs that were published or changed lately: an old one that a feed brings late is no news."""
    since = timezone.make_aware(datetime.combine(today - timedelta(days=settings.WATCH_NEW_DAYS), time.min))
    found: set[str] = set()
    for start in range(0, len(cves), 500):
        rows = Advisory.objects.filter(cve__in=cves[start : start + 500])
        lately = Q(published_at__gte=since) | Q(modified_at__gte=since)
        undated = Q(published_at__isnull=True, modified_at__isnull=True)
        found.update(rows.filter(lately | undated).values_list("cve", flat=True))
    return found


def _support(row: HospitalProduct, product: KnownProduct, today: date) -> Iterable[WatchNotice]:
    """Yield the notice for the nearest step before the end of support that has come, or for the end."""
    until = product.support_until
    if product.support == SupportStatus.ENDED.value or (until is not None and until < today):
        day = until.isoformat() if until else ""
        yield _notice(row, Kind.SUPPORT, f"support:ended:{day or product.fingerprint}", until=day, ended=True)
    elif until is not None:
        left = (until - today).days
        steps = [days for days in settings.WATCH_SUPPORT_DAYS if left <= days]
        if steps:
            step, day = min(steps), until.isoformat()
            yield _notice(row, Kind.SUPPORT, f"support:{step}:{day}", until=day, left=left, step=step)


# --- Answers ------------------------------------------------------------------------------------------------------------------
class NoReason(Exception):
    """What does not apply needs a reason."""


@transaction.atomic
def answer(notice: WatchNotice, *, state: str, reason: str, by: Any) -> WatchNotice:
    """Say of a notice that it is done, is not the hospital's, or is open again.

    Raises:
        NoReason: "not ours" without a reason.
        ValueError: no such state.
    """
    wanted, reason = WatchNotice.State(state), reason.strip()[:500]
    if wanted == WatchNotice.State.NOT_OURS and not reason:
        raise NoReason
    locked = WatchNotice.objects.select_for_update(of=("self",)).select_related("subject").get(pk=notice.pk)
    is_open = wanted == WatchNotice.State.OPEN
    if (locked.state, locked.reason) == (wanted, reason):
        return locked
    before, locked.state, locked.reason = locked.state, wanted, "" if is_open else reason
    locked.answered_at, locked.answered_by = (None, None) if is_open else (timezone.now(), by)
    locked.save()
    changes = {"state": [before, locked.state]}
    record(f"vulnerabilities.notice.{wanted.value}", locked, by=by, changes=changes, reason=reason)
    return locked
