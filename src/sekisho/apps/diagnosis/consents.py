"""Every write to the ledger of consents: prepare, sign, sign for default accounts, withdraw, note the monitoring."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, time
from ipaddress import ip_address

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from sekisho.apps.diagnosis import ledger
from sekisho.apps.diagnosis.models import ScanConsent
from sekisho.apps.programme import queries as programme
from sekisho.apps.register import queries as register
from sekisho.domain.diagnosis.consents import REASONS, scope_at
from sekisho.domain.diagnosis.obstacles import Obstacle, Weight, obstacles_of
from sekisho.domain.text import Text
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.tenancy.models import Hospital

NO_HOURS = Text(
    "この期間に、毎日の時間帯が一度も入っていません。期間か時間帯を直してください。",
    "The daily hours never fall into this time. Change one of them.",
)


class LineNotReady(Exception):
    """The register does not say what a consent for this line needs, or the line is not scanned at all."""

    def __init__(self, line: register.Line, obstacles: tuple[Obstacle, ...]) -> None:
        super().__init__(str(line))
        self.line, self.obstacles = line, obstacles


class NotAllowedByRules(Exception):
    """The domain would refuse this consent at any time. `problems` says why: the rule, and the words."""

    def __init__(self, problems: tuple[tuple[str, Text], ...]) -> None:
        super().__init__("; ".join(text.en for _rule, text in problems))
        self.problems = problems


class TermsNotAgreed(Exception):
    """The hospital has not agreed to the terms that are in force."""


class ChangedMeanwhile(Exception):
    """The consent is no longer what the person saw. Nothing was written."""


class AlreadySigned(Exception):
    """A signed consent is never changed: withdraw it and give a new one."""


class NotInForce(Exception):
    """The consent is not signed, or was taken back before."""


class NameMissing(Exception):
    """A consent needs the name of the person who gives it."""


class ReasonMissing(Exception):
    """Withdrawing needs a reason."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is consented to, the same for every line that is prepared together. Times are aware."""

    starts_at: datetime
    ends_at: datetime
    daily_from: time | None = None
    daily_until: time | None = None
    tcp: bool = True
    udp: bool = True
    packets_per_second: int = 300
    stop_contact: str = ""
    remarks: str = ""


@transaction.atomic
def prepare(
    hospital: Hospital, *, lines: Sequence[register.Line], conditions: Conditions, by: User
) -> list[ScanConsent]:
    """Write one consent for each line, for the hospital to sign.

    Raises:
        LineNotReady: see there.
        NotAllowedByRules: the conditions can never hold.
    """
    Hospital.objects.select_for_update().get(pk=hospital.pk)
    number = ScanConsent.objects.filter(hospital=hospital).aggregate(n=Max("number"))["n"] or 0
    made = []
    for line in lines:
        _check_line(hospital, line)
        number += 1
        row = ScanConsent(hospital=hospital, number=number, line=line, prepared_by=by)
        _apply(row, conditions)
        row.save(force_insert=True)
        record("diagnosis.consent.prepared", row, by=by, changes=_told(row))
        made.append(row)
    return made


def obstacles(hospital: Hospital, line: register.Line) -> tuple[Obstacle, ...]:
    """Return what stands between a line and a consent."""
    written = next((one for one in register.register_of(hospital).lines if one.row_id == str(line.pk)), None)
    return obstacles_of(written) if written is not None else ()


def _check_line(hospital: Hospital, line: register.Line) -> None:
    found = obstacles(hospital, line)
    hard = tuple(one for one in found if one.weight is not Weight.ON_THE_DAY)
    if hard or line.is_retired or line.hospital_id != hospital.pk:
        raise LineNotReady(line, hard)


def _apply(row: ScanConsent, conditions: Conditions) -> None:
    for field in fields(conditions):
        setattr(row, field.name, getattr(conditions, field.name))
    row.is_dynamic = row.line.address_assignment == "dynamic"
    address = ledger.address_of(row.line)
    row.address = str(address) if address is not None else None
    problems = problems_of(row)
    if problems:
        raise NotAllowedByRules(problems)


def problems_of(row: ScanConsent) -> tuple[tuple[str, Text], ...]:
    """Return why the domain would refuse this consent at its very start, were it signed and its address known."""
    parts = ledger.consents_of(row, None)
    if not parts:
        is_backwards = row.starts_at >= row.ends_at
        return (("window-backwards", REASONS["window-backwards"]) if is_backwards else ("no-hours", NO_HOURS),)
    # A nightly window counts as a whole: it is the time for which somebody has to stand by.
    signed = replace(parts[0], starts_at=row.starts_at, ends_at=row.ends_at, signed_by="-", line_changed=False)
    if row.is_dynamic:
        signed = replace(signed, is_dynamic=False, address=_ANY)
    return tuple((one.rule, one.reason) for one in scope_at((signed,), row.starts_at).refusals)


_ANY = ip_address("203.0.113.1")
"""In the place of an address that is looked up on the day."""


@transaction.atomic
def change(row: ScanConsent, *, conditions: Conditions, version: int, by: User) -> ScanConsent:
    """Change a consent that nobody has signed yet.

    Raises:
        AlreadySigned, ChangedMeanwhile, LineNotReady, NotAllowedByRules: see there.
    """
    locked = _unsigned(row, version)
    before = _told(locked)
    _check_line(locked.hospital, locked.line)
    _apply(locked, conditions)
    locked.version += 1
    locked.save()
    after = _told(locked)
    changes = {key: [before[key][1], after[key][1]] for key in after if before[key] != after[key]}
    if changes:
        record("diagnosis.consent.changed", locked, by=by, changes=changes)
    return locked


@transaction.atomic
def discard(row: ScanConsent, *, by: User) -> None:
    """Take a prepared consent away again.

    Raises:
        AlreadySigned: see there.
    """
    locked = _unsigned(row, None)
    locked.discarded_at = timezone.now()
    locked.version += 1
    locked.save()
    record("diagnosis.consent.discarded", locked, by=by)


def _unsigned(row: ScanConsent, version: int | None) -> ScanConsent:
    locked = _locked(row)
    if locked.signed_at is not None:
        raise AlreadySigned
    if locked.discarded_at is not None or version not in (None, locked.version):
        raise ChangedMeanwhile
    return locked


def _locked(row: ScanConsent) -> ScanConsent:
    rows = ScanConsent.objects.select_for_update(of=("self",))
    return rows.select_related("line", "hospital", "terms_consent").get(pk=row.pk)


def _told(row: ScanConsent) -> dict[str, list[object]]:
    """Return what the trail says of a consent."""
    values = {
        "address": row.address or "",
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "daily": f"{row.daily_from:%H:%M}-{row.daily_until:%H:%M}" if row.daily_from and row.daily_until else "",
        "protocols": ", ".join(row.protocols),
        "packets_per_second": row.packets_per_second,
        "stop_contact": row.stop_contact,
        "remarks": row.remarks,
    }
    return {key: [None, value] for key, value in values.items()}


# --- Signing ------------------------------------------------------------------------------------------------------------
@transaction.atomic
def sign(row: ScanConsent, *, signed_name: str, version: int, by: User) -> ScanConsent:
    """Sign a consent: who, when, to which terms (version and hash), for the address that the register names now.

    Withdrawn consents for the same line are replaced by it: whoever signs says which is true.

    Raises:
        NameMissing, AlreadySigned, ChangedMeanwhile, LineNotReady, NotAllowedByRules: see there.
        TermsNotAgreed: the hospital has not agreed to the terms in force.
    """
    locked = _unsigned(row, version)
    if not signed_name.strip():
        raise NameMissing
    _check_line(locked.hospital, locked.line)
    address = ledger.address_of(locked.line)
    if (str(address) if address else None) != locked.address or locked.is_dynamic != (
        locked.line.address_assignment == "dynamic"
    ):
        raise ChangedMeanwhile
    agreed = programme.consent_in_force(locked.hospital, programme.terms_in_force(timezone.localdate()))
    if agreed is None:
        raise TermsNotAgreed
    locked.signed_at, locked.signed_by, locked.signed_name = timezone.now(), by, signed_name.strip()[:100]
    locked.terms_consent, locked.terms_version, locked.terms_sha256 = agreed, agreed.terms.version, agreed.terms_sha256
    locked.replaces = _withdrawn_before(locked)
    locked.version += 1
    locked.save()
    changes = _told(locked) | {
        "signed": [None, locked.signed_name],
        "terms": [None, f"{locked.terms_version} {locked.terms_sha256}"],
    }
    record("diagnosis.consent.signed", locked, by=by, changes=changes)
    return locked


def _withdrawn_before(row: ScanConsent) -> ScanConsent | None:
    """Return the withdrawn consent of the same line whose window this one's crosses, newest first."""
    earlier = ScanConsent.objects.filter(hospital=row.hospital, line=row.line, signed_at__isnull=False)
    crossing = earlier.filter(starts_at__lt=row.ends_at, ends_at__gt=row.starts_at, replaced_by__isnull=True)
    found = [one for one in crossing.select_related("terms_consent") if one.taken_back_at is not None]
    return found[0] if found else None


@transaction.atomic
def sign_for_accounts(row: ScanConsent, *, signed_name: str, by: User) -> ScanConsent:
    """Sign that the makers' default logins may be tried too: another act than knocking at a port.

    Raises:
        NameMissing: see there.
        NotInForce: the consent itself is not in force.
    """
    locked = _locked(row)
    if not signed_name.strip():
        raise NameMissing
    if not locked.is_in_force:
        raise NotInForce
    if locked.accounts_signed_at is None:
        locked.accounts_signed_at, locked.accounts_signed_by = timezone.now(), by
        locked.accounts_signed_name = signed_name.strip()[:100]
        locked.version += 1
        locked.save()
        changes = {"signed": [None, locked.accounts_signed_name]}
        record("diagnosis.consent.accounts-signed", locked, by=by, changes=changes)
    return locked


@transaction.atomic
def withdraw(row: ScanConsent, *, reason: str, by: User) -> ScanConsent:
    """Take a consent back. A scan that is under way stops sending to its address within two seconds.

    Raises:
        ReasonMissing: see there.
        NotInForce: it was not signed, or taken back before.
    """
    locked = _locked(row)
    if not reason.strip():
        raise ReasonMissing
    if locked.signed_at is None or locked.withdrawn_at is not None:
        raise NotInForce
    locked.withdrawn_at, locked.withdrawn_by, locked.withdrawn_reason = timezone.now(), by, reason.strip()[:500]
    locked.version += 1
    locked.save()
    record("diagnosis.consent.withdrawn", locked, by=by, reason=locked.withdrawn_reason)
    return locked


@transaction.atomic
def note_monitoring(row: ScanConsent, *, monitoring: str, note: str, by: User) -> ScanConsent:
    """Note whether the company that watches the line was told to stay calm（静観）on the day.

    Raises:
        ReasonMissing: it was told, but not who and when.
    """
    locked = _locked(row)
    if monitoring == ScanConsent.Monitoring.TOLD and not note.strip():
        raise ReasonMissing
    before = [locked.monitoring, locked.monitoring_note]
    locked.monitoring, locked.monitoring_note = monitoring, note.strip()[:300]
    if before != [locked.monitoring, locked.monitoring_note]:
        locked.version += 1
        locked.save()
        changes = {"monitoring": [before[0], locked.monitoring], "note": [before[1], locked.monitoring_note]}
        record("diagnosis.consent.monitoring-noted", locked, by=by, changes=changes)
    return locked
