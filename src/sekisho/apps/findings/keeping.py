"""Keep what one observation saw: its scans, the findings of all sources as one, and what that does to their standing.

Everything of one hospital is taken in one after the other. Taking the same thing in again changes nothing.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from sekisho.apps.diagnosis.models import RunEvidence
from sekisho.apps.findings.models import Finding, FindingEvidence, FindingLine, Observation, ObservedAddress
from sekisho.apps.findings.places import Place
from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.domain.diagnosis import findings as domain
from sekisho.domain.diagnosis.comparison import Change, Coverage
from sekisho.domain.diagnosis.findings import Key, merged
from sekisho.domain.diagnosis.kept import finding_from_plain, finding_to_plain, scan_from_plain, scan_to_plain
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.diagnosis.statuses import Standing, Status, after_run
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.tenancy.models import Hospital

JAPAN = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True, slots=True)
class Seen:
    """What one observation saw at one address. `findings` name the place (`domain.Finding.place`) already."""

    place: Place
    scan: AddressScan
    findings: tuple[domain.Finding, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What taking something in did, in numbers of findings."""

    new: int = 0
    still: int = 0
    fixed: int = 0
    reopened: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(
            self.new + other.new, self.still + other.still, self.fixed + other.fixed, self.reopened + other.reopened
        )


def day_of(moment: datetime | None) -> date | None:
    """Return the day in Japan of a moment."""
    return moment.astimezone(JAPAN).date() if moment is not None else None


def next_number(hospital: Hospital) -> int:
    """Return the number of the next observation; the hospital's row is locked until the transaction ends."""
    Hospital.objects.select_for_update().get(pk=hospital.pk)
    return (Observation.objects.filter(hospital=hospital).aggregate(n=Max("number"))["n"] or 0) + 1


@transaction.atomic
def keep(observation: Observation, seen: Iterable[Seen], *, by: User | None) -> Taken:
    """Keep what `observation` saw and return what it did to the findings."""
    Hospital.objects.select_for_update().get(pk=observation.hospital_id)
    taken = Taken()
    for one in seen:
        row = _keep_scan(observation, one)
        if row is not None:
            taken += _Taking(observation, row, one, by).take()
    numbers = {name: [None, getattr(taken, name)] for name in ("new", "still", "fixed", "reopened")}
    record("findings.observation.taken", observation, by=by, changes=numbers)
    return taken


def _keep_scan(observation: Observation, seen: Seen) -> ObservedAddress | None:
    """Return the kept row; None when exactly this was kept before."""
    scan, findings = scan_to_plain(seen.scan), [finding_to_plain(one) for one in seen.findings]
    old = ObservedAddress.objects.filter(observation=observation, address=seen.scan.address).first()
    if old is not None and old.scan == scan and old.findings == findings:
        return None
    row = old or ObservedAddress(hospital=observation.hospital, observation=observation, address=seen.scan.address)
    row.place, row.lines = seen.place.key, list(seen.place.names)
    row.line_records = [str(line.pk) for line in seen.place.lines]
    row.began_at, row.ended_at = seen.scan.started_at, seen.scan.ended_at
    row.is_complete, row.open_ports = seen.scan.is_complete, len(seen.scan.open_ports)
    row.scan, row.findings = scan, findings
    row.save()
    return row


class _Taking:
    """One address of one observation against the findings that are known of its place."""

    def __init__(self, observation: Observation, row: ObservedAddress, seen: Seen, by: User | None) -> None:
        self.observation, self.row, self.seen, self.by = observation, row, seen, by
        self.knowledge = load_finding_knowledge()
        self.now = timezone.now()
        self.today = timezone.localdate()
        self.began_at = seen.scan.started_at
        self.evidence = {one.path: one for one in RunEvidence.objects.filter(run=observation.run)} if (
            observation.run_id
        ) else {}  # fmt: skip

    def take(self) -> Taken:
        """Take it in."""
        known = {one.value.key: one for one in self._known()}
        others = self._said_by_others()
        taken = Taken()
        for finding in self.seen.findings:
            row = known.get(finding.key)
            value = merged([finding, *others.get(finding.key, ())])[0]
            taken += self._add(finding, value) if row is None else self._again(row, finding, value)
        keys = {finding.key for finding in self.seen.findings}
        for key, row in known.items():
            if key not in keys:
                taken += self._missing(row)
        return taken

    def _known(self) -> list[Finding]:
        return list(Finding.objects.select_for_update().filter(hospital=self.row.hospital, place=self.row.place))

    def _said_by_others(self) -> dict[Key, list[domain.Finding]]:
        """Return what the latest observation of each other scanner says, by key."""
        rows = ObservedAddress.objects.filter(hospital=self.row.hospital, place=self.row.place)
        rows = rows.exclude(observation__scanner=self.observation.scanner).select_related("observation")
        found: dict[Key, list[domain.Finding]] = {}
        asked: set[str] = set()
        for row in rows.order_by("-began_at", "-pk"):
            if row.observation.scanner not in asked:
                asked.add(row.observation.scanner)
                for kept in row.findings:
                    finding = finding_from_plain(kept)
                    found.setdefault(finding.key, []).append(finding)
        return found

    # ---- one finding ----
    def _add(self, finding: domain.Finding, value: domain.Finding) -> Taken:
        row = Finding(
            hospital=self.row.hospital,
            number=next(self.numbers),
            place=self.row.place,
            protocol=finding.protocol,
            port=finding.port,
            kind=finding.kind,
            subject=finding.subject,
            since=self.now,
            first_seen_at=self.began_at,
        )
        self._say(row, value)
        later = self.looked_at_later
        if later is not None and not later.why_not_looked_at(row.value, self._needs(row)):
            # An old file tells of something that a later look has shown to be gone.
            row.stand(Standing(Status.VERIFIED_FIXED, self.now))
        row.save()
        self._tie(row)
        self._prove(row, finding)
        return Taken(new=1)

    def _again(self, row: Finding, finding: domain.Finding, value: domain.Finding) -> Taken:
        is_newest = row.last_seen_at is None or self.began_at is None or self.began_at >= row.last_seen_at
        if is_newest:
            self._say(row, value)
        row.first_seen_at = min(filter(None, (row.first_seen_at, self.began_at)), default=None)
        before = row.standing(self.today, at=self.now)
        began_at = self.began_at or datetime.min.replace(tzinfo=JAPAN)
        after = after_run(before, Change.STILL_OPEN, value.severity, started_at=began_at, at=self.now)
        is_reopened, was = after.reopened > row.reopened, row.status
        row.stand(after)
        if is_reopened:
            _moved_by_itself(row)
            record("findings.finding.reopened", row, by=None, changes=_from(was, row), reason=str(self.observation))
        row.save()
        self._tie(row)
        self._prove(row, finding)
        return Taken(reopened=1) if is_reopened else Taken(still=1)

    def _missing(self, row: Finding) -> Taken:
        if self.began_at is None or (row.last_seen_at is not None and self.began_at < row.last_seen_at):
            return Taken()  # what is older than the last sight of it does not show that it is gone
        value = replace(row.value, evidence=tuple(one.value for one in row.evidence.all()))
        coverage = Coverage([(value.place or value.address, self.seen.scan)])
        if coverage.why_not_looked_at(value, self._needs(row)):
            return Taken()
        before = row.standing(self.today, at=self.now)
        after = after_run(before, Change.FIXED, value.severity, started_at=self.began_at, at=self.now)
        if after.status is before.status:
            return Taken()
        was = row.status
        row.stand(after)
        _moved_by_itself(row)
        record("findings.finding.verified", row, by=None, changes=_from(was, row), reason=str(self.observation))
        row.save()
        return Taken(fixed=1)

    @cached_property
    def numbers(self) -> Iterator[int]:
        """Return the numbers of new findings; the hospital is locked, so nobody else takes one."""
        newest = Finding.objects.filter(hospital=self.row.hospital).aggregate(n=Max("number"))["n"] or 0
        return count(newest + 1)

    @cached_property
    def looked_at_later(self) -> Coverage | None:
        """Return what was looked at here after this observation began, None when nothing was."""
        if self.began_at is None:
            return None
        rows = ObservedAddress.objects.filter(
            hospital=self.row.hospital, place=self.row.place, began_at__gt=self.began_at
        )
        scans = [(self.row.place, scan_from_plain(row.scan)) for row in rows]
        return Coverage(scans) if scans else None

    def _say(self, row: Finding, value: domain.Finding) -> None:
        said = self.knowledge.spoken(value)
        row.address, row.lines = value.address, list(self.seen.place.names)
        row.facts, row.certainty = dict(value.facts), value.certainty.value
        row.severity, row.severity_rank = value.severity.value, value.severity.rank
        row.is_attention = self.knowledge.kinds[value.kind].is_attention and value.severity is not domain.Severity.NOTE
        row.words = "\n".join([said.title.ja, said.title.en, value.address, *row.lines, *value.facts.values()])[:4000]
        row.last_seen_at = max(filter(None, (row.last_seen_at, self.began_at)), default=None)

    def _needs(self, row: Finding) -> Sequence[str]:
        kind = self.knowledge.kinds.get(row.kind)
        return kind.needs if kind else ()

    def _tie(self, row: Finding) -> None:
        wanted = {line.pk for line in self.seen.place.lines}
        present = set(row.line_ties.values_list("line_id", flat=True))
        if present - wanted:
            row.line_ties.filter(line_id__in=present - wanted).delete()
        ties = [FindingLine(hospital=row.hospital, finding=row, line_id=line) for line in wanted - present]
        FindingLine.objects.bulk_create(ties)

    def _prove(self, row: Finding, finding: domain.Finding) -> None:
        pieces = {one.digest: one for one in (self._piece(row, piece) for piece in finding.evidence)}
        known = row.evidence.filter(observation=self.observation, digest__in=pieces).values_list("digest", flat=True)
        for digest in set(known):
            del pieces[digest]
        FindingEvidence.objects.bulk_create(pieces.values())

    def _piece(self, row: Finding, piece: domain.Evidence) -> FindingEvidence:
        file, raw = self.observation.file, self.evidence.get(piece.file)
        said = (piece.source[:100], piece.check[:120], (file.name if file else piece.file)[:300], piece.said[:320])
        return FindingEvidence(
            hospital=row.hospital,
            finding=row,
            observation=self.observation,
            digest=hashlib.sha256("\0".join(said).encode()).hexdigest(),
            source=said[0],
            check_name=said[1],
            file=said[2],
            said=said[3],
            raw=raw,
            sha256=piece.sha256 or (raw.sha256 if raw else "") or (file.sha256 if file else ""),
            seen_at=piece.seen_at,
        )


def _moved_by_itself(row: Finding) -> None:
    row.version += 1
    row.moved_by, row.proof_file = None, None


def _from(was: str, row: Finding) -> dict[str, list[Any]]:
    return {"status": [was, row.status]}
