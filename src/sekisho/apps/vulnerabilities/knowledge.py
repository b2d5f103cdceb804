"""The knowledge in the database, as `domain.vulnerabilities` asks for it, and one matcher per process."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from threading import Lock
from typing import Any

from django.db import transaction
from django.db.models import F, Max

from sekisho.apps.vulnerabilities import plain
from sekisho.apps.vulnerabilities.models import (
    Advisory,
    AdvisoryProduct,
    ExploitedEntry,
    FeedLoad,
    KnowledgeRevision,
    LifeCycleEntry,
    LikelihoodEntry,
)
from sekisho.catalogue.maker_lifecycles import load_maker_lifecycles
from sekisho.domain.vulnerabilities import advisories as values
from sekisho.domain.vulnerabilities.lifecycles import LifeCycle
from sekisho.domain.vulnerabilities.matching import Matcher
from sekisho.domain.vulnerabilities.stored import advisory_of

_ONLY = 1


def revision() -> int:
    """Return the number of the knowledge: as long as it is the same, so are all answers."""
    return KnowledgeRevision.objects.filter(pk=_ONLY).values_list("number", flat=True).first() or 0


@transaction.atomic
def move_on() -> int:
    """Count one change of the knowledge and return its new number."""
    KnowledgeRevision.objects.get_or_create(pk=_ONLY)
    KnowledgeRevision.objects.filter(pk=_ONLY).update(number=F("number") + 1)
    return revision()


class StoredKnowledge:
    """The knowledge of one revision. What was asked for once is kept; make a new one when the revision moves on."""

    def __init__(self, number: int) -> None:
        self._revision = number
        self._exploited: dict[str, values.Exploited] | None = None
        self._likelihoods: dict[str, values.Likelihood] = {}
        self._japanese: dict[str, values.Advisory] = {}
        self._lifecycles: dict[str, list[LifeCycle]] | None = None

    @property
    def revision(self) -> str:
        """Return the number of this knowledge as a word."""
        return str(self._revision)

    def advisories_of(self, key: str) -> Sequence[values.Advisory]:
        """Return the advisories that name the product `key`, and keep at hand what else is known of their CVEs."""
        rows = list(
            Advisory.objects.filter(products__key=key).values_list("cve", "source", "plain").order_by("cve", "source")
        )
        cves = {cve for cve, _source, _plain in rows}
        self._prefetch(cves)
        elsewhere = _with_names({cve for cve, source, _plain in rows if source == values.Source.KEV.value})
        # The exploited catalogue's words are no names; they count only where nobody else names a product.
        return [
            advisory_of(one) for cve, source, one in rows if source != values.Source.KEV.value or cve not in elsewhere
        ]

    def _prefetch(self, cves: Iterable[str]) -> None:
        wanted = [cve for cve in cves if cve not in self._likelihoods]
        for part in _parts(wanted):
            for row in LikelihoodEntry.objects.filter(cve__in=part).select_related("load"):
                day = row.load.as_of.date() if row.load.as_of else None
                found = values.Likelihood(row.cve, row.probability, row.percentile, row.model, day)
                self._likelihoods[row.cve] = found
            words = Advisory.objects.filter(cve__in=part, source=values.Source.JVN.value)
            self._japanese.update({cve: advisory_of(one) for cve, one in words.values_list("cve", "plain")})

    def exploited(self, cve: str) -> values.Exploited | None:
        """Return the entry of the exploited catalogue, None when there is none."""
        if self._exploited is None:
            self._exploited = {row.cve: exploited_of(row) for row in ExploitedEntry.objects.all()}
        return self._exploited.get(cve)

    def likelihood(self, cve: str) -> values.Likelihood | None:
        """Return EPSS's estimate of a CVE that `advisories_of` has named, None when there is none."""
        return self._likelihoods.get(cve)

    def japanese(self, cve: str) -> values.Advisory | None:
        """Return JVN's words about a CVE that `advisories_of` has named, None when there are none."""
        return self._japanese.get(cve)

    def lifecycles_of(self, key: str) -> Sequence[LifeCycle]:
        """Return the life cycles of the product `key`: those handed in, and for the others the product's own table."""
        if self._lifecycles is None:
            self._lifecycles = _lifecycles()
        return self._lifecycles.get(key, ())

    def states(self) -> Sequence[values.SourceState]:
        """Return how old each kind of feed is."""
        return [
            values.SourceState(kind, as_of, records or 0, read_at)
            for kind, as_of, records, read_at in loads_in_force()
            .order_by()
            .values_list("kind")
            .annotate(Max("as_of"), Max("of_records"), Max("ended_at"))
        ]


class NamedOrNot(StoredKnowledge):
    """Knowledge for those who only ask whether a product is named at all: it reads no advisory."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._named: dict[str, list[values.Advisory]] = {}

    def advisories_of(self, key: str) -> Sequence[values.Advisory]:
        """Return one advisory when any names the product `key`, else none."""
        if key not in self._named:
            rows = Advisory.objects.filter(products__key=key).values_list("plain", flat=True)[:1]
            self._named[key] = [advisory_of(one) for one in rows]
        return self._named[key]


def loads_in_force() -> Any:
    """Return the loads whose content is in the knowledge."""
    return FeedLoad.objects.filter(state=FeedLoad.State.DONE)


def _with_names(cves: set[str]) -> set[str]:
    found: set[str] = set()
    for part in _parts(sorted(cves)):
        named = Advisory.objects.filter(cve__in=part, names_products=True)
        named = named.exclude(source__in=(values.Source.KEV.value, values.Source.JVN.value))
        found.update(named.values_list("cve", flat=True))
    return found


def _parts(wanted: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    return (wanted[start : start + size] for start in range(0, len(wanted), size))


def exploited_of(row: ExploitedEntry) -> values.Exploited:
    """Return the entry as a plain value."""
    return values.Exploited(
        row.cve, row.added_on, row.ransomware, row.due_on, row.maker, row.product, row.title, row.action
    )


def _lifecycles() -> dict[str, list[LifeCycle]]:
    by_product = {one.product: one for one in _own_lifecycles()}
    by_product |= {row.product: plain.lifecycle_of(row.plain) for row in LifeCycleEntry.objects.select_related("load")}
    by_key: dict[str, list[LifeCycle]] = defaultdict(list)
    for one in by_product.values():
        for key in one.keys:
            by_key[key].append(one)
    return by_key


@cache
def _own_lifecycles() -> tuple[LifeCycle, ...]:
    return tuple(load_maker_lifecycles())


_lock = Lock()
_matcher: tuple[int, Matcher, NamedOrNot] | None = None


def matcher() -> tuple[Matcher, NamedOrNot]:
    """Return the matcher over the knowledge as it is now, and what tells revision, names and life cycles of the same.

    Both are kept until the knowledge changes.
    """
    global _matcher
    number = revision()
    with _lock:
        if _matcher is None or _matcher[0] != number:
            _matcher = (number, Matcher(StoredKnowledge(number)), NamedOrNot(number))
        return _matcher[1], _matcher[2]


def forget() -> None:
    """Forget the matcher; for tests, whose databases begin with the same numbers again."""
    global _matcher
    with _lock:
        _matcher = None


def advisories_about(cve: str) -> list[values.Advisory]:
    """Return what every source says about one CVE, the most trusted first."""
    rows = Advisory.objects.filter(cve=cve).values_list("plain", flat=True)
    return sorted((advisory_of(one) for one in rows), key=lambda one: one.source.rank)


def products_named(cve: str) -> set[str]:
    """Return the products that any source names in a CVE."""
    return set(AdvisoryProduct.objects.filter(advisory__cve=cve).values_list("key", flat=True))


def kinds_known() -> list[str]:
    """Return the kinds of feeds that were ever taken over and not undone, in order."""
    return sorted(set(loads_in_force().order_by().values_list("kind", flat=True)))


def newest(kind: str) -> datetime | None:
    """Return of which day the newest feed of `kind` is, None when it does not say or there is none."""
    found: datetime | None = loads_in_force().filter(kind=kind).aggregate(at=Max("as_of"))["at"]
    return found


def is_recent(advisory_days: Iterable[datetime | None], *, on: date, days: int) -> bool:
    """Return True when one of the days is at most `days` before `on`."""
    return any(day is not None and (on - day.date()).days <= days for day in advisory_days)
