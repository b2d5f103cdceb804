"""The life of a finding: who may move it where, what that needs, and what time and later runs do by themselves.

One table says everything that people may do (`TRANSITIONS`). Runs only close what they looked at (`comparison`), and
reopen what they see again. An acceptance and a "not so" end on a day that is set beforehand: nothing is put away for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum

from sekisho.domain.diagnosis.comparison import Change
from sekisho.domain.diagnosis.findings import Severity
from sekisho.domain.text import Text

LONGEST_ACCEPTANCE = timedelta(days=366)
"""A risk that is accepted has to be looked at again once a year."""
FALSE_POSITIVE_LASTS = timedelta(days=366)


class Status(Enum):
    """Where a finding stands."""

    OPEN = "open"
    IN_WORK = "in_work"
    FIXED_TO_VERIFY = "fixed_to_verify"
    VERIFIED_FIXED = "verified_fixed"
    ACCEPTED = "accepted"
    FALSE_POSITIVE = "false_positive"

    @property
    def word(self) -> Text:
        """Return the word that screens and reports print."""
        return _WORDS[self]

    @property
    def shape(self) -> str:
        """Return the sign that stands before the word."""
        return _SHAPES[self]

    @property
    def is_active(self) -> bool:
        """Return True when somebody still has something to do."""
        return self in {Status.OPEN, Status.IN_WORK, Status.FIXED_TO_VERIFY}


_WORDS = {
    Status.OPEN: Text("未対応", "Open"),
    Status.IN_WORK: Text("対応中", "In work"),
    Status.FIXED_TO_VERIFY: Text("直した（確認待ち）", "Fixed, to be verified"),
    Status.VERIFIED_FIXED: Text("直ったことを確認", "Verified as fixed"),
    Status.ACCEPTED: Text("理由があって残す", "Accepted for a reason"),
    Status.FALSE_POSITIVE: Text("該当しない", "Does not apply"),
}
_SHAPES = {
    Status.OPEN: "□",
    Status.IN_WORK: "◧",
    Status.FIXED_TO_VERIFY: "◨",
    Status.VERIFIED_FIXED: "■",
    Status.ACCEPTED: "◇",
    Status.FALSE_POSITIVE: "×",
}


class Actor(Enum):
    """Who moves a finding."""

    STAFF = "staff"
    VENDOR = "vendor"
    SECRETARIAT = "secretariat"
    DIAGNOSTICIAN = "diagnostician"


class Demand(Enum):
    """What a move needs beside the person."""

    REASON = "reason"
    EXPIRY = "expiry"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Transition:
    """One move that people may make."""

    origins: frozenset[Status]
    to: Status
    actors: frozenset[Actor]
    demands: frozenset[Demand] = frozenset()


_ACTIVE = frozenset({Status.OPEN, Status.IN_WORK, Status.FIXED_TO_VERIFY})
_HOSPITAL_SIDE = frozenset({Actor.STAFF, Actor.VENDOR, Actor.SECRETARIAT})

TRANSITIONS: tuple[Transition, ...] = (
    Transition(frozenset({Status.OPEN, Status.FIXED_TO_VERIFY}), Status.IN_WORK, _HOSPITAL_SIDE),
    Transition(frozenset({Status.OPEN, Status.IN_WORK}), Status.FIXED_TO_VERIFY, _HOSPITAL_SIDE),
    Transition(
        frozenset({Status.IN_WORK, Status.FIXED_TO_VERIFY}), Status.OPEN, _HOSPITAL_SIDE | {Actor.DIAGNOSTICIAN}
    ),
    Transition(
        _ACTIVE, Status.VERIFIED_FIXED, frozenset({Actor.DIAGNOSTICIAN}), frozenset({Demand.REASON, Demand.EVIDENCE})
    ),
    Transition(
        _ACTIVE,
        Status.ACCEPTED,
        frozenset({Actor.STAFF}),
        frozenset({Demand.REASON, Demand.EXPIRY}),
    ),
    Transition(
        _ACTIVE | {Status.ACCEPTED},
        Status.FALSE_POSITIVE,
        frozenset({Actor.DIAGNOSTICIAN}),
        frozenset({Demand.REASON, Demand.EVIDENCE}),
    ),
    Transition(frozenset({Status.ACCEPTED}), Status.OPEN, frozenset({Actor.STAFF, Actor.SECRETARIAT})),
    Transition(
        frozenset({Status.FALSE_POSITIVE, Status.VERIFIED_FIXED}),
        Status.OPEN,
        frozenset({Actor.DIAGNOSTICIAN}),
        frozenset({Demand.REASON}),
    ),
)
"""Every move that a person may make; what is not listed is refused."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one finding stands. `since` is aware; `expires_on` is the first day on which it does not hold any more.

    `severity` is what it had when somebody put it away: graver than that and it comes back.
    """

    status: Status = Status.OPEN
    since: datetime | None = None
    reason: str = ""
    evidence: str = ""
    expires_on: date | None = None
    severity: Severity | None = None
    reopened: int = 0
    why_reopened: str = ""


class MoveRefused(ValueError):
    """A move that the table does not allow. `rule` is stable, `reason` is for people."""

    def __init__(self, rule: str) -> None:
        self.rule, self.reason = rule, REFUSALS[rule]
        super().__init__(self.reason.en)


def moves(status: Status, actor: Actor) -> tuple[Transition, ...]:
    """Return what `actor` may do with a finding that stands at `status`, in the table's order."""
    return tuple(one for one in TRANSITIONS if status in one.origins and actor in one.actors)


def moved(
    standing: Standing,
    to: Status,
    *,
    actor: Actor,
    at: datetime,
    today: date,
    severity: Severity,
    reason: str = "",
    evidence: str = "",
    expires_on: date | None = None,
) -> Standing:
    """Return the standing after a person moved it.

    Raises:
        MoveRefused: the table does not know this move, or not by this person, or something it demands is missing.
    """
    known = [one for one in TRANSITIONS if standing.status in one.origins and one.to is to]
    allowed = [one for one in known if actor in one.actors]
    if not allowed:
        raise MoveRefused("not-yours" if known else "no-such-move")
    _demand(allowed, reason, evidence, expires_on, today)
    lasts = today + FALSE_POSITIVE_LASTS if to is Status.FALSE_POSITIVE else None
    return Standing(
        status=to,
        since=at,
        reason=reason.strip(),
        evidence=evidence.strip(),
        expires_on=expires_on if to is Status.ACCEPTED else lasts,
        severity=severity if to in {Status.ACCEPTED, Status.FALSE_POSITIVE} else None,
        reopened=standing.reopened,
    )


def _demand(allowed: Sequence[Transition], reason: str, evidence: str, expires_on: date | None, today: date) -> None:
    demands = allowed[0].demands
    if Demand.REASON in demands and not reason.strip():
        raise MoveRefused("no-reason")
    if Demand.EVIDENCE in demands and not evidence.strip():
        raise MoveRefused("no-evidence")
    if Demand.EXPIRY in demands:
        if expires_on is None or expires_on <= today:
            raise MoveRefused("no-expiry")
        if expires_on - today > LONGEST_ACCEPTANCE:
            raise MoveRefused("expiry-too-far")


def on_day(standing: Standing, today: date, *, at: datetime) -> Standing:
    """Return the standing on `today`: what was put away until a day is open again from that day on."""
    if standing.expires_on is None or today < standing.expires_on:
        return standing
    return _reopened(standing, "expired", at)


def after_run(
    standing: Standing, change: Change, severity: Severity, *, started_at: datetime, at: datetime
) -> Standing:
    """Return the standing after a run that began at `started_at` (aware) and brought `change` for the finding.

    What is claimed as fixed is reopened only by a run that began after the claim. What was not looked at changes
    nothing. What was put away comes back when it has become graver.
    """
    if change is Change.NOT_LOOKED_AT:
        return standing
    if change is Change.FIXED:
        if standing.status is Status.VERIFIED_FIXED:
            return standing
        return replace(Standing(Status.VERIFIED_FIXED, at), reopened=standing.reopened)
    return _seen_again(standing, severity, started_at, at)


def _seen_again(standing: Standing, severity: Severity, started_at: datetime, at: datetime) -> Standing:
    is_later = standing.since is None or started_at > standing.since
    if standing.status in {Status.VERIFIED_FIXED, Status.FIXED_TO_VERIFY} and is_later:
        return _reopened(standing, "seen-again", at)
    is_put_away = standing.status in {Status.ACCEPTED, Status.FALSE_POSITIVE}
    if is_put_away and standing.severity is not None and severity.rank < standing.severity.rank:
        return _reopened(standing, "graver", at)
    return standing


def _reopened(standing: Standing, why: str, at: datetime) -> Standing:
    return Standing(Status.OPEN, at, reopened=standing.reopened + 1, why_reopened=why)


WHY_REOPENED: dict[str, Text] = {
    "expired": Text(
        "決めておいた期限が来たため、もう一度見直します。", "The day set for looking at it again has come."
    ),
    "seen-again": Text(
        "直したはずのものが、後の診断でまた見つかりました。", "It was found again after it had been fixed."
    ),
    "graver": Text("前より重い状態になったため、もう一度見直します。", "It has become graver than it was."),
}
"""Why a finding is open again, by the stable id of the rule."""

REFUSALS: dict[str, Text] = {
    "no-such-move": Text(
        "今の状態から、その状態へは変えられません。画面に出ている選択肢から選んでください。",
        "It cannot be moved there from where it stands. Choose one of the moves shown.",
    ),
    "not-yours": Text(
        "この変更は、ほかの担当者が行います。チャットで頼んでください。",
        "Somebody else makes this move. Ask in the chat.",
    ),
    "no-reason": Text(
        "理由を書いてください。後で見る人のためです。", "Write the reason, for whoever looks at it later."
    ),
    "no-evidence": Text(
        "根拠（画面の写真や確かめ方）を付けてください。", "Add the evidence: a picture, or how it was checked."
    ),
    "no-expiry": Text(
        "いつ見直すか、明日以降の日付を入れてください。", "Give a day from tomorrow on for looking at it again."
    ),
    "expiry-too-far": Text("見直しの日は、1年以内にしてください。", "Set the day within a year."),
}
"""Why a move is refused, by the stable id of the rule."""
