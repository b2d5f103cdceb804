"""What the knowledge says of each distinct product, kept with it until the knowledge moves on."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from sekisho.apps.vulnerabilities import knowledge
from sekisho.apps.vulnerabilities.knowledge import NamedOrNot
from sekisho.apps.vulnerabilities.models import KnownProduct
from sekisho.apps.vulnerabilities.plain import product_of
from sekisho.domain.tri import Tri
from sekisho.domain.vulnerabilities.lifecycles import Support, support_of
from sekisho.domain.vulnerabilities.matching import Match, Matcher, gaps

MARKS = ("new", "likely", "exploited", "ransomware")
"""What can become known of a CVE, the weightiest last."""


def matches_of(row: KnownProduct, *, today: date) -> tuple[Match, ...]:
    """Return the CVEs that affect a product, or may."""
    found, _stored = knowledge.matcher()
    return found.match(product_of(row.plain, row.label), today=today)


def support_now(row: KnownProduct, *, today: date) -> Support:
    """Return whether a product is supported today."""
    _found, stored = knowledge.matcher()
    return support_of(product_of(row.plain, row.label), stored, on=today)


def bring_up_to_date(rows: Iterable[KnownProduct]) -> list[KnownProduct]:
    """Judge anew each product that was judged by older knowledge; return all of them as they are now."""
    found, stored = knowledge.matcher()
    number, kinds = int(stored.revision), knowledge.kinds_known()
    return [row if row.checked_revision == number else _judged(row.pk, found, stored, number, kinds) for row in rows]


@transaction.atomic
def _judged(pk: int, found: Matcher, stored: NamedOrNot, number: int, kinds: list[str]) -> KnownProduct:
    row = KnownProduct.objects.select_for_update().get(pk=pk)
    if row.checked_revision is not None and row.checked_revision >= number:
        return row
    today = timezone.localdate()
    product = product_of(row.plain, row.label)
    matches = found.match(product, today=today)
    _note(row, matches, kinds, at=number)
    row.gaps = [one.as_dict() for one in gaps(product, stored, matches)]
    _keep_support(row, support_of(product, stored, on=today))
    row.checked_revision = number
    row.save()
    return row


def _note(row: KnownProduct, matches: tuple[Match, ...], kinds: list[str], *, at: int) -> None:
    """Note since which revision of the knowledge each mark of each CVE is known."""
    # The first look, and the first feed of a kind, tell what was known all along.
    is_baseline = row.checked_revision is None or bool(set(kinds) - set(row.checked_kinds))
    if is_baseline:
        row.baseline_at = at
    row.weaknesses = {one.cve: _marks(one, row.weaknesses.get(one.cve, {}), at=at) for one in matches}
    stamps = [since for marks in row.weaknesses.values() for since in marks_since(marks).values()]
    row.rose_at = max((since for since in stamps if since > row.baseline_at), default=row.rose_at)
    row.checked_kinds = sorted({*row.checked_kinds, *kinds})
    row.affected = sum(one.verdict is Tri.YES for one in matches)
    row.unclear = sum(one.verdict is Tri.UNKNOWN for one in matches)
    attacked = [one.verdict for one in matches if one.exploited is not None]
    row.exploited, row.exploited_unclear = attacked.count(Tri.YES), attacked.count(Tri.UNKNOWN)


def _marks(one: Match, before: Mapping[str, Any], *, at: int) -> dict[str, Any]:
    true = {
        "new": True,
        "likely": one.epss is not None and one.epss.probability >= settings.WATCH_EPSS,
        "exploited": one.exploited is not None,
        "ransomware": one.ransomware,
    }
    return {"is": one.verdict.value} | {mark: before.get(mark, at) for mark in MARKS if true[mark]}


def marks_since(marks: Mapping[str, Any]) -> dict[str, int]:
    """Return since which revision each mark of one CVE is known."""
    return {mark: marks[mark] for mark in MARKS if mark in marks}


def _keep_support(row: KnownProduct, support: Support) -> None:
    row.support, row.support_until = support.status.value, support.until
    row.support_reason = support.reason.as_dict()


def keep_support_of(rows: Iterable[KnownProduct], *, today: date) -> None:
    """Note how long each product is supported, as of today: days pass without any feed."""
    changed = []
    for row in rows:
        before = (row.support, row.support_until)
        _keep_support(row, support_now(row, today=today))
        if before != (row.support, row.support_until):
            changed.append(row)
    KnownProduct.objects.bulk_update(changed, ["support", "support_until", "support_reason"], batch_size=500)
