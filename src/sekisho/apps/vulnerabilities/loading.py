"""Reads a feed in a worker: first the whole file, so that nothing of a cut one is taken; then in batches, going on where
an earlier try ended.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from sekisho.adapters.feeds.reading import FeedReading, Record
from sekisho.adapters.feeds.recognise import READERS, SNAPSHOTS, Kind, kind_of
from sekisho.adapters.feeds.refusals import FeedRefused
from sekisho.adapters.feeds.streams import opened_feed
from sekisho.apps.vulnerabilities import feeds, knowledge, writing
from sekisho.apps.vulnerabilities.models import FeedLoad
from sekisho.domain.text import Text
from sekisho.foundation.audit.actions import record
from sekisho.foundation.jobs import actions as jobs
from sekisho.foundation.jobs import holds
from sekisho.foundation.jobs.models import Job

HOLD = "vulnerabilities.feeds"
WAITS = _noop("ほかの弱点の情報を取り込んでいるので、終わるのを待っています。")
_SETBACKS = 20
_REPORT_EVERY = 20_000


@jobs.runs(feeds.JOB_KIND, setbacks=_SETBACKS)
def run_load(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Read or take back one load in a worker; loads follow one another, whatever the number of workers."""
    load = FeedLoad.objects.get(pk=job.arguments["load"])
    try:
        holds.hold(job, [HOLD])
    except holds.Taken:
        raise jobs.NotYet(WAITS, until=timezone.now() + timedelta(seconds=settings.JOB_PULSE_S)) from None
    try:
        if load.state == FeedLoad.State.UNDOING:
            _take_back(load)
        elif not load.is_over:
            _load(load, progress)
    finally:
        holds.release(job)
    from sekisho.apps.vulnerabilities import watch

    watch.look_soon()
    return {"load": str(load.pk)}


def _load(load: FeedLoad, progress: jobs.Progress) -> None:
    try:
        if load.state != FeedLoad.State.WRITING:
            _check(load, progress)
        _write(load, progress)
    except FeedRefused as refused:
        _refuse(load, refused.text)
    except OSError as error:
        _refuse(load, _UNREADABLE.filled(why=error.strerror or ""))


def _check(load: FeedLoad, progress: jobs.Progress) -> None:
    """Read the whole file and write nothing.

    Raises:
        FeedRefused: it is no feed, cut, or older than what is there.
    """
    _move(load, FeedLoad.State.CHECKING)
    kind = kind_of(feeds.path_of(load))
    if kind is None:
        raise FeedRefused(_NO_FEED)
    load.kind = kind.value
    reading, count = FeedReading(name=load.name), 0
    for _record in _records(load, kind, reading):
        count += 1
        if count % _REPORT_EVERY == 0:
            progress.report(0, 0, _("確かめています"))
    if not count:
        raise FeedRefused(_NOTHING.filled(skipped=reading.skipped))
    load.as_of, load.skipped, load.total, load.of_records = reading.as_of, reading.skipped, reading.total, count
    _check_date(load, kind)
    _move(load, FeedLoad.State.WRITING)


def _check_date(load: FeedLoad, kind: Kind) -> None:
    if load.as_of and load.as_of - timezone.now() > feeds.FUTURE:
        raise FeedRefused(_FUTURE.filled(day=load.as_of.date()))
    there = knowledge.newest(kind.value) if kind in SNAPSHOTS else None
    if there and (load.as_of is None or load.as_of < there):
        raise FeedRefused(_OLDER.filled(there=there.date()))


def _records(load: FeedLoad, kind: Kind, reading: FeedReading) -> Iterator[Record]:
    with opened_feed(feeds.path_of(load)) as stream:
        yield from READERS[kind](stream, reading)


def _write(load: FeedLoad, progress: jobs.Progress) -> None:
    records = islice(_records(load, Kind(load.kind), FeedReading(name=load.name)), load.written, None)
    while batch := list(islice(records, writing.BATCH)):
        writing.write_batch(load, batch)
        progress.report(load.written, load.of_records)
    with transaction.atomic():
        writing.finish(load)
        load.ended_at = timezone.now()
        _move(load, FeedLoad.State.DONE)
        knowledge.move_on()
        record("vulnerabilities.feed.loaded", load, by=load.made_by, changes={"records": [None, load.of_records]})


def _refuse(load: FeedLoad, why: Text) -> None:
    with transaction.atomic():
        load.problem, load.ended_at = why.as_dict(), timezone.now()
        _move(load, FeedLoad.State.REFUSED)
        record("vulnerabilities.feed.refused", load, by=load.made_by, reason=why.ja[:500])


def _take_back(load: FeedLoad) -> None:
    writing.take_back(load)
    with transaction.atomic():
        load.ended_at = timezone.now()
        _move(load, FeedLoad.State.UNDONE)
        knowledge.move_on()
        former = knowledge.loads_in_force().filter(kind=load.kind).order_by("-ended_at").first()
        if former is not None and Kind(load.kind) in SNAPSHOTS:
            # A whole catalogue is not kept twice: the former one comes from its file.
            FeedLoad.objects.filter(pk=former.pk).update(state=FeedLoad.State.UNDONE)
            feeds.read_again(former, by=None)


def _move(load: FeedLoad, state: str) -> None:
    load.state = state
    load.save()


_NO_FEED = Text(
    "弱点の情報のファイルとして見分けられません。NVD・KEV・EPSS・JVN・サポート期限・メーカーの情報のファイルか、署名付きのまとめファイルを選んでください。",
    "Not recognised as a feed. Choose a file of NVD, KEV, EPSS, JVN, life cycles or a maker's advisories, or a signed bundle.",
)
_NOTHING = Text(
    "読み取れる項目が一つもありません（形が正しくないもの {skipped} 件）。もう一度取得してください。前に取り込んだ内容はそのまま残っています。",
    "Not one entry could be read ({skipped} malformed). Fetch it again; what was read before is kept.",
)
_OLDER = Text(
    "もっと新しいもの（{there} のもの）が入っているため取り込みません。新しいファイルを取得してください。",
    "A newer one (of {there}) is in force, so this one is not taken. Fetch a newer file.",
)
_FUTURE = Text(
    "情報の日付（{day}）が未来です。このPCの時計か、ファイルの入手元を確かめてください。",
    "It is dated {day}, in the future. Check this computer's clock and where the file came from.",
)
_UNREADABLE = Text(
    "預かったファイルを開けません（{why}）。もう一度渡してください。",
    "The stored file cannot be opened ({why}). Hand it in again.",
)
