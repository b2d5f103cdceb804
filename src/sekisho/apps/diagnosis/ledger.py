"""The ledger as the domain judges it: what may be scanned now, what may not and why, for one hospital.

`scope_at` is the only judge. This module hands it the rows of the database (each night of a nightly window as a consent
of its own, dynamic lines with the address that was last looked up) and ties its answers back to the rows.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import ip_address

from django.db.models import Q, QuerySet

from sekisho.apps.diagnosis.models import AddressConfirmation, ScanConsent
from sekisho.apps.register import queries as register
from sekisho.domain.diagnosis.consents import JAPAN, Address, Consent, Permit, Refusal, Scope, public_address, scope_at
from sekisho.domain.diagnosis.nights import stretches
from sekisho.domain.diagnosis.obstacles import CLOSED
from sekisho.domain.facts import known
from sekisho.foundation.audit.actions import label_of
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import all_hospitals

Row = ScanConsent
_SAME_ADDRESS = "two hospitals may claim one address, and then nobody scans it"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """That the address of a dynamic line was looked up: which, on which day (of Japan), when it was noted, by whom."""

    address: Address
    day: date
    at: datetime
    way: str
    said_by: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How one consent of the ledger stands now: its permit, or why it allows nothing. `opens_at` is its next window."""

    row: Row
    permit: Permit | None
    refusal: Refusal | None
    opens_at: datetime | None = None

    @property
    def rule(self) -> str:
        """Return the rule that refuses it, "" when it holds."""
        return self.refusal.rule if self.refusal else ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All consents that bear on a hospital, and what they allow at one instant. `rows` are the hospital's own."""

    hospital: str
    now: datetime
    rows: tuple[Row, ...]
    consents: tuple[Consent, ...]
    by_row: dict[uuid.UUID, tuple[Consent, ...]]
    scope: Scope

    def permits(self) -> tuple[Permit, ...]:
        """Return what may be scanned of this hospital now."""
        return tuple(permit for permit in self.scope.permits if permit.hospital == self.hospital)

    def rows_of(self, permit: Permit) -> tuple[Row, ...]:
        """Return the consents that a permit rests on."""
        return tuple(row for row in self.rows if any(self._gives(one, permit) for one in self.by_row[row.pk]))

    def _gives(self, consent: Consent, permit: Permit) -> bool:
        is_now = consent.starts_at <= self.now < consent.ends_at
        return is_now and consent.address == permit.address and consent.withdrawn_at is None and bool(consent.signed_by)

    def standing(self, row: Row) -> Standing:
        """Return how one consent stands."""
        parts = self.by_row[row.pk]
        refusals = {refusal.consent: refusal for refusal in self.scope.refusals}
        now_on = next((one for one in parts if one.starts_at <= self.now < one.ends_at), None)
        ahead = next((one for one in parts if one.starts_at > self.now), None)
        telling = now_on or ahead or (parts[-1] if parts else None)
        opens_at = ahead.starts_at if ahead is not None else None
        if now_on is not None and now_on not in refusals and now_on.address is not None:
            permit = self.scope.permit_for(now_on.address)
            if permit is not None:
                return Standing(row, permit, None, opens_at)
        return Standing(row, None, refusals.get(telling) if telling else None, opens_at)

    def standings(self) -> tuple[Standing, ...]:
        """Return how every consent of the hospital stands, newest first."""
        return tuple(self.standing(row) for row in self.rows)


def ledger_of(hospital: Hospital, now: datetime) -> Ledger:
    """Return the ledger of `hospital` at `now`, with the consents of others that claim one of its addresses."""
    rows = tuple(rows_to_judge().filter(hospital=hospital))
    confirmed = confirmations([row.line_id for row in rows if row.is_dynamic])
    by_row = {row.pk: consents_of(row, confirmed.get(row.line_id)) for row in rows}
    own = [one for parts in by_row.values() for one in parts]
    addresses = {one.address for one in own if one.address is not None}
    consents = (*own, *_of_others(hospital, addresses, now))
    return Ledger(hospital.code, now, rows, consents, by_row, scope_at(consents, now))


def rows_to_judge() -> QuerySet[ScanConsent]:
    """Return the consents that count: not discarded, and not those in whose place another was signed."""
    replaced = Q(replaced_by__signed_at__isnull=False)
    return (
        ScanConsent.objects.filter(discarded_at__isnull=True)
        .exclude(replaced)
        .select_related("hospital", "line", "terms_consent", "signed_by", "prepared_by")
        .order_by("-number")
    )


def consents_of(row: Row, confirmed: Confirmed | None) -> tuple[Consent, ...]:
    """Return what a row means to the domain: one consent, or one for each night."""
    address = ip_address(row.address) if row.address else None
    return tuple(
        Consent(
            hospital=row.hospital.code,
            line=line_name(row.line),
            address=(confirmed.address if confirmed else None) if row.is_dynamic else address,
            starts_at=start,
            ends_at=end,
            protocols=frozenset(row.protocols),
            packets_per_second=row.packets_per_second,
            is_dynamic=row.is_dynamic,
            confirmed_on=confirmed.day if confirmed and row.is_dynamic else None,
            signed_by=row.signed_name,
            withdrawn_at=row.taken_back_at,
            terms_version=row.terms_version,
            terms_sha256=row.terms_sha256,
            stop_contact=row.stop_contact,
            default_accounts=row.default_accounts,
            line_changed=_has_changed(row),
        )
        for start, end in stretches(row.starts_at, row.ends_at, row.daily_from, row.daily_until)
    )


def line_name(line: register.Line) -> str:
    """Return the short name of a line that results carry: its circuit id, or 回線n."""
    return line.circuit_id or label_of(line)


def _has_changed(row: Row) -> bool:
    """Return True when the line is no longer what was signed for."""
    line = row.line
    if row.signed_at is None:
        return False
    if line.is_retired or known(line.answer("communication")) in CLOSED or known(line.answer("global_ip")) == "no":
        return True
    if row.is_dynamic:
        return known(line.answer("address_assignment")) != "dynamic"
    return address_of(line) != ip_address(row.address or "0.0.0.0")  # noqa: S104 - never equal to a line's


def address_of(line: register.Line) -> Address | None:
    """Return the fixed address of a line, None when it has none that can be used."""
    written = known(line.answer("global_address"))
    if known(line.answer("address_assignment")) == "dynamic" or written is None:
        return None
    try:
        return public_address(written)
    except ValueError:
        return None


def _of_others(hospital: Hospital, addresses: set[Address], now: datetime) -> list[Consent]:
    """Return the consents of other hospitals for one of `addresses`; nothing of them is shown to anybody."""
    if not addresses:
        return []
    written = [str(address) for address in addresses]
    with all_hospitals(reason=_SAME_ADDRESS):
        looked_up = AddressConfirmation.objects.filter(address__in=written).values("line_id")
        claims = Q(address__in=written) | Q(is_dynamic=True, line_id__in=looked_up)
        rows = list(rows_to_judge().exclude(hospital=hospital).filter(claims, ends_at__gt=now, signed_at__isnull=False))
        confirmed = confirmations([row.line_id for row in rows if row.is_dynamic])
        found = [one for row in rows for one in consents_of(row, confirmed.get(row.line_id))]
    return [one for one in found if one.address in addresses]


# --- Dynamic addresses --------------------------------------------------------------------------------------------------
def confirmations(lines: Iterable[uuid.UUID]) -> dict[uuid.UUID, Confirmed]:
    """Return for each line the address that was looked up last: by screen, by a mailed link, or in the workbook."""
    wanted = set(lines)
    found: dict[uuid.UUID, Confirmed] = {}
    if not wanted:
        return found
    for row in AddressConfirmation.objects.filter(line_id__in=wanted).order_by("at"):
        found[row.line_id] = Confirmed(ip_address(row.address), row.day, row.at, row.way, row.said_by)
    for line, told in _from_the_register(wanted).items():
        if line not in found or told.at > found[line].at:
            found[line] = told
    return found


WORKBOOK = "workbook"
_CELLS = frozenset({"scan_day_check", "scan_day_address"})


def _from_the_register(lines: set[uuid.UUID]) -> dict[uuid.UUID, Confirmed]:
    """Return what the two cells of the workbook say, with the day on which they were last written."""
    told = {}
    for line in register.lines_in_use().filter(pk__in=lines, scan_day_check="confirmed"):
        try:
            told[line.pk] = public_address(known(line.answer("scan_day_address")) or "")
        except ValueError:
            continue
    written = _written_at(told)
    return {
        line: Confirmed(address, event.at.astimezone(JAPAN).date(), event.at, WORKBOOK, event.actor_label)
        for line, address in told.items()
        if (event := written.get(line)) is not None
    }


def _written_at(lines: Iterable[uuid.UUID]) -> dict[uuid.UUID, AuditEvent]:
    """Return the last event that wrote one of the two cells of each line."""
    found: dict[uuid.UUID, AuditEvent] = {}
    events = AuditEvent.objects.filter(object_type="register.line", object_id__in=[str(line) for line in lines])
    for event in events.order_by("id"):
        if _CELLS & event.changes.keys():
            found[uuid.UUID(event.object_id)] = event
    return found


# --- Overlaps -----------------------------------------------------------------------------------------------------------
def overlapping(rows: Sequence[Row]) -> dict[uuid.UUID, list[Row]]:
    """Return for each consent the others of the same address (or dynamic line) whose windows cross its own."""
    alike: dict[object, list[Row]] = defaultdict(list)
    for row in rows:
        if row.taken_back_at is None:
            alike[row.line_id if row.is_dynamic else row.address].append(row)
    return {
        row.pk: crossing
        for together in alike.values()
        for row in together
        if (crossing := [other for other in together if other is not row and _cross(row, other)])
    }


def _cross(one: Row, other: Row) -> bool:
    parts = stretches(one.starts_at, one.ends_at, one.daily_from, one.daily_until)
    others = stretches(other.starts_at, other.ends_at, other.daily_from, other.daily_until)
    return any(a < d and c < b for a, b in parts for c, d in others)
