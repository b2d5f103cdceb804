"""Writes the records of a feed in batches, keeps what they replace, and takes a load back again.

Each batch is one transaction together with how far it has come, so that a worker that dies leaves whole batches and the
next one goes on behind them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from sekisho.adapters.feeds.reading import Record
from sekisho.adapters.feeds.recognise import SNAPSHOTS, Kind
from sekisho.apps.vulnerabilities.models import (
    Advisory,
    AdvisoryBefore,
    AdvisoryProduct,
    ExploitedEntry,
    FeedLoad,
    LifeCycleEntry,
    LikelihoodEntry,
)
from sekisho.apps.vulnerabilities.plain import plain_lifecycle
from sekisho.domain.vulnerabilities.advisories import Advisory as AdvisoryValue
from sekisho.domain.vulnerabilities.advisories import Exploited, Likelihood
from sekisho.domain.vulnerabilities.lifecycles import LifeCycle
from sekisho.domain.vulnerabilities.stored import advisory_of, plain_advisory

BATCH = 1_000
_SNAPSHOT_ROWS: dict[str, type[ExploitedEntry] | type[LikelihoodEntry]] = {
    Kind.KEV.value: ExploitedEntry,
    Kind.EPSS.value: LikelihoodEntry,
}
ADVISORY_KINDS = frozenset({Kind.NVD, Kind.JVN, Kind.FORTINET, Kind.MSRC, Kind.CVE, Kind.KEV})
UNDOABLE = frozenset(kind.value for kind in ADVISORY_KINDS | SNAPSHOTS)
"""Life cycles are not taken back: a newer file replaces them."""


@dataclass(slots=True)
class Counts:
    """What a batch did."""

    added: int = 0
    changed: int = 0


@transaction.atomic
def write_batch(load: FeedLoad, records: Sequence[Record]) -> None:
    """Write the next `records` of `load` and note how far it is. Newer knowledge is never replaced by older."""
    counts = Counts()
    _write_advisories(load, [one for one in records if isinstance(one, AdvisoryValue)], counts)
    _write_exploited(load, [one for one in records if isinstance(one, Exploited)], counts)
    _write_likelihoods(load, [one for one in records if isinstance(one, Likelihood)])
    for one in records:
        if isinstance(one, LifeCycle):
            _write_lifecycle(load, one)
    load.written += len(records)
    load.added += counts.added
    load.changed += counts.changed
    load.save(update_fields=["written", "added", "changed"])


def _write_advisories(load: FeedLoad, advisories: Sequence[AdvisoryValue], counts: Counts) -> None:
    newest = _newest_of_each(advisories)
    there = {(row.cve, row.source): row for row in Advisory.objects.filter(cve__in=[cve for cve, _source in newest])}
    added: list[tuple[Advisory, AdvisoryValue]] = []
    changed: list[tuple[Advisory, AdvisoryValue]] = []
    for key, one in newest.items():
        row = there.get(key)
        if row is None:
            added.append((_filled(Advisory(cve=one.cve, source=one.source.value), one, load), one))
        elif not _is_older(one.modified_at, row.modified_at) and row.plain != plain_advisory(one):
            changed.append((row, one))
    _change(load, changed)
    Advisory.objects.bulk_create([row for row, _one in added])
    _name([*added, *changed])
    counts.added += len(added)
    counts.changed += len(changed)


def _newest_of_each(advisories: Sequence[AdvisoryValue]) -> dict[tuple[str, str], AdvisoryValue]:
    """Return one advisory per CVE and source; of two the newer, of two of one time the later one read."""
    newest: dict[tuple[str, str], AdvisoryValue] = {}
    for one in advisories:
        key = (one.cve, one.source.value)
        if key not in newest or not _is_older(one.modified_at, newest[key].modified_at):
            newest[key] = one
    return newest


def _is_older(one: datetime | None, other: datetime | None) -> bool:
    return other is not None and (one is None or one < other)


def _filled(row: Advisory, one: AdvisoryValue, load: FeedLoad) -> Advisory:
    row.modified_at, row.published_at = one.modified_at, one.published_at
    row.names_products = bool(one.configurations)
    row.plain, row.load = plain_advisory(one), load
    return row


def _change(load: FeedLoad, changed: Iterable[tuple[Advisory, AdvisoryValue]]) -> None:
    changed = list(changed)
    AdvisoryBefore.objects.bulk_create(
        [
            AdvisoryBefore(load=load, before_load_id=row.load_id, cve=row.cve, source=row.source, plain=row.plain)
            for row, _one in changed
            # A load that says one thing twice replaces its own words; what was before it is kept already.
            if row.load_id != load.pk
        ],
        ignore_conflicts=True,
    )
    fields = ["modified_at", "published_at", "names_products", "plain", "load"]
    Advisory.objects.bulk_update([_filled(row, one, load) for row, one in changed], fields)


def _name(written: Sequence[tuple[Advisory, AdvisoryValue]]) -> None:
    AdvisoryProduct.objects.filter(advisory__in=[row.pk for row, _one in written]).delete()
    AdvisoryProduct.objects.bulk_create(
        [
            AdvisoryProduct(advisory=row, key=name.key[:300])
            for row, one in written
            if not one.is_withdrawn
            for name in sorted(one.vulnerable_names(), key=lambda name: name.key)
        ],
        ignore_conflicts=True,
    )


def _write_exploited(load: FeedLoad, entries: Sequence[Exploited], counts: Counts) -> None:
    unique = {one.cve: one for one in entries}
    known = set(ExploitedEntry.objects.filter(cve__in=unique).values_list("cve", flat=True))
    rows = [
        ExploitedEntry(
            cve=one.cve, added_on=one.added_on, ransomware=one.ransomware, due_on=one.due_on, maker=one.maker[:300],
            product=one.product[:300], title=one.title[:300], action=one.action[:1000], load=load,
        )
        for one in unique.values()
    ]  # fmt: skip
    fields = ["added_on", "ransomware", "due_on", "maker", "product", "title", "action", "load"]
    ExploitedEntry.objects.bulk_create(rows, update_conflicts=True, unique_fields=["cve"], update_fields=fields)
    counts.added += len(unique.keys() - known)


def _write_likelihoods(load: FeedLoad, entries: Sequence[Likelihood]) -> None:
    unique = {one.cve: one for one in entries}
    rows = [
        LikelihoodEntry(
            cve=one.cve, probability=one.probability, percentile=one.percentile, model=one.model[:40], load=load
        )
        for one in unique.values()
    ]
    fields = ["probability", "percentile", "model", "load"]
    LikelihoodEntry.objects.bulk_create(rows, update_conflicts=True, unique_fields=["cve"], update_fields=fields)


def _write_lifecycle(load: FeedLoad, one: LifeCycle) -> None:
    # The life of a model is told by one table, whoever fills it in; that of software by each source.
    is_model = all(not cycle.version for cycle in one.cycles)
    product = one.product if is_model else f"{one.source}: {one.product}"
    LifeCycleEntry.objects.update_or_create(
        product=product[:300], defaults={"plain": plain_lifecycle(one), "load": load}
    )


@transaction.atomic
def finish(load: FeedLoad) -> None:
    """Take away what a newer whole catalogue no longer has."""
    rows = _SNAPSHOT_ROWS.get(load.kind)
    if rows is not None:
        rows.objects.exclude(load=load).delete()
    if load.kind == Kind.KEV.value:
        Advisory.objects.filter(source="kev").exclude(load=load).delete()


# --- Taking back -----------------------------------------------------------------------------------------------------------
def take_back(load: FeedLoad) -> None:
    """Put back what `load` replaced and remove what it added, in batches; doing it again goes on where it was.

    A whole catalogue (KEV, EPSS) is only removed: the caller reads the former file again.
    """
    while _take_back_some(load):
        pass
    rows = _SNAPSHOT_ROWS.get(load.kind)
    if rows is not None:
        rows.objects.filter(load=load).delete()


@transaction.atomic
def _take_back_some(load: FeedLoad) -> bool:
    former = list(AdvisoryBefore.objects.filter(load=load)[:BATCH])
    if former:
        _restore(former)
        return True
    added = list(Advisory.objects.filter(load=load).values_list("pk", flat=True)[:BATCH])
    Advisory.objects.filter(pk__in=added).delete()
    return bool(added)


def _restore(former: Sequence[AdvisoryBefore]) -> None:
    there = {(row.cve, row.source): row for row in Advisory.objects.filter(cve__in=[one.cve for one in former])}
    restored: list[tuple[Advisory, AdvisoryValue]] = []
    for one in former:
        row, value = there.get((one.cve, one.source)), advisory_of(one.plain)
        if row is not None and row.load_id == one.load_id:
            restored.append((_filled(row, value, one.before_load), value))
    fields = ["modified_at", "published_at", "names_products", "plain", "load"]
    Advisory.objects.bulk_update([row for row, _value in restored], fields)
    _name(restored)
    AdvisoryBefore.objects.filter(pk__in=[one.pk for one in former]).delete()
