"""Two looks side by side, and one address over all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sekisho.apps.findings import queries
from sekisho.apps.findings.lists import SEVERITIES, url_of
from sekisho.apps.findings.models import Finding, Observation, ObservedAddress
from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.domain.diagnosis.comparison import Change, Compared, Coverage, compare
from sekisho.domain.diagnosis.findings import Finding as Value
from sekisho.domain.diagnosis.kept import finding_from_plain, scan_from_plain
from sekisho.domain.diagnosis.port_history import port_history
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.ui.statuses import Status as Shown
from sekisho.foundation.ui.texts import listed, speak

CHANGES = {
    Change.NEW: Shown.DANGER,
    Change.STILL_OPEN: Shown.WARNING,
    Change.NOT_LOOKED_AT: Shown.UNKNOWN,
    Change.FIXED: Shown.OK,
}
MOST_LOOKS = 24
"""Looks that the table of ports shows; the newest ones."""


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One finding of two looks, for reading. `url` is "" when the portal's list does not know it."""

    title: str
    where: str
    severity: tuple[Shown, str]
    why: str
    changed: str
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """All findings of one change."""

    change: Change
    status: Shown
    word: str
    rows: tuple[ComparedRow, ...]


def comparison_of(hospital: Hospital, earlier: Observation, later: Observation) -> list[Group]:
    """Return what became of every finding between two looks, the new ones first."""
    before, after = list(queries.addresses_of(earlier)), list(queries.addresses_of(later))
    compared = compare(
        _findings(before), _findings(after), _coverage(after), load_finding_knowledge(), before=_coverage(before)
    )
    urls = {one.value.key: url_of(one) for one in queries.findings_of(hospital)}
    return [
        Group(
            change,
            status,
            speak(change.word),
            tuple(_row(one, urls) for one in sorted(compared, key=_order) if one.change is change),
        )
        for change, status in CHANGES.items()
    ]


def _findings(rows: Sequence[ObservedAddress]) -> list[Value]:
    return [finding_from_plain(kept) for row in rows for kept in row.findings]


def _coverage(rows: Sequence[ObservedAddress]) -> Coverage:
    return Coverage((row.place, scan_from_plain(row.scan)) for row in rows)


def _order(one: Compared) -> tuple[Any, ...]:
    return one.finding.severity.rank, one.finding.key


def _row(one: Compared, urls: dict[Any, str]) -> ComparedRow:
    finding = one.finding
    place = listed(finding.lines) or finding.address
    return ComparedRow(
        title=speak(load_finding_knowledge().spoken(finding).title),
        where=f"{place} {finding.port_name}".strip(),
        severity=(SEVERITIES[finding.severity], speak(finding.severity.word)),
        why=speak(one.why) if one.why else "",
        changed=listed(f"{name}: {finding.facts.get(name, '')}" for name in one.changed if finding.facts.get(name)),
        url=urls.get(finding.key, ""),
    )


def usual_pair(observations: Sequence[Observation]) -> tuple[Observation, Observation] | None:
    """Return the newest look with the newest earlier one that saw one of the same connections; None when there is none."""
    for position, later in enumerate(observations):
        places = set(queries.addresses_of(later).values_list("place", flat=True))
        for earlier in observations[position + 1 :]:
            if places & set(queries.addresses_of(earlier).values_list("place", flat=True)):
                return earlier, later
    return None


def ports_context(hospital: Hospital, place: str) -> dict[str, Any]:
    """Return what the page about one connection shows: every port that was ever open, look by look."""
    rows = list(queries.at_place(hospital, place))
    shown = rows[-MOST_LOOKS:]
    lives = port_history([scan_from_plain(row.scan) for row in rows])
    skipped = len(rows) - len(shown)
    found = {one.value.key: one for one in queries.findings_of(hospital).filter(place=place)}
    return {
        "row": shown[-1],
        "looks": shown,
        "skipped": skipped,
        "lives": [
            {
                "life": life,
                "cells": [(glimpse, answer) for glimpse, answer in life.seen[skipped:]],
                "findings": _at_port(list(found.values()), life.protocol, life.port),
            }
            for life in lives
        ],
    }


def _at_port(findings: Sequence[Finding], protocol: str, port: int) -> list[Finding]:
    return [one for one in findings if (one.protocol, one.port) == (protocol, port) and one.standing().status.is_active]
