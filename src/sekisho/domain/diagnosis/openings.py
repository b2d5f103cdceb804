"""When scanning goes on by itself: the next instant at which a consent allows what is still to be done."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sekisho.domain.diagnosis.consents import Consent, Permit, scope_at

AWAITED = frozenset({"not-confirmed-today", "no-address"})
"""Refusals of a dynamic line that end as soon as somebody looks its address up."""


def next_opening(
    consents: Sequence[Consent], now: datetime, *, wanted: Callable[[Permit | Consent], bool]
) -> datetime | None:
    """Return the first instant after `now` (aware) at which a wanted permit is in force; None when none ever is.

    A dynamic line of which only the day's confirmation is missing counts as an opening: it can come on that day.
    `wanted` says whether a permit, or the consent of such a line, is one to wait for.
    """
    for instant in sorted({one.starts_at for one in consents if one.starts_at > now}):
        scope = scope_at(consents, instant)
        if any(wanted(permit) for permit in scope.permits):
            return instant
        if any(
            refusal.rule in AWAITED and is_within(refusal.consent, instant) and wanted(refusal.consent)
            for refusal in scope.refusals
        ):
            return instant
    return None


def is_within(consent: Consent, instant: datetime) -> bool:
    """Return True for a signed consent in whose window `instant` lies, whatever else it misses."""
    is_whole = bool(consent.signed_by) and consent.withdrawn_at is None and not consent.line_changed
    return is_whole and consent.is_dynamic and consent.starts_at <= instant < consent.ends_at
