"""What a diagnosis found, one value for each connection and fact, and how findings of several tools become one.

A finding has no sentence. What it is called stands in its kind and its facts; the words of a clerk's language come from
`catalogue/diagnosis/findings.yaml` (`FindingKnowledge.spoken`). Two findings are the same when their keys are: place,
protocol, port, kind and subject, never wording, a host name or a tool's own number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from sekisho.domain.text import Text

Key = tuple[str, str, int, str, str]


class Severity(Enum):
    """How soon somebody has to act. A word and a shape, never a colour alone."""

    URGENT = "urgent"
    SOON = "soon"
    PLANNED = "planned"
    NOTE = "note"
    UNKNOWN = "unknown"

    @property
    def word(self) -> Text:
        """Return the word that screens and reports print."""
        return _SEVERITY_WORDS[self]

    @property
    def shape(self) -> str:
        """Return the sign that stands before the word."""
        return _SEVERITY_SHAPES[self]

    @property
    def rank(self) -> int:
        """Return the place in a list, 0 first. What is unknown stands before what can wait."""
        return _SEVERITY_ORDER.index(self)


_SEVERITY_WORDS = {
    Severity.URGENT: Text("今日中に対応", "Act today"),
    Severity.SOON: Text("今週中に対応", "Act this week"),
    Severity.PLANNED: Text("計画して対応", "Plan it"),
    Severity.NOTE: Text("お知らせ", "For information"),
    Severity.UNKNOWN: Text("分かりません", "Not known"),
}
_SEVERITY_SHAPES = {
    Severity.URGENT: "▲",
    Severity.SOON: "◆",
    Severity.PLANNED: "●",
    Severity.NOTE: "○",
    Severity.UNKNOWN: "？",
}
_SEVERITY_ORDER = (Severity.URGENT, Severity.SOON, Severity.UNKNOWN, Severity.PLANNED, Severity.NOTE)


class Certainty(Enum):
    """How surely a finding holds."""

    CONFIRMED = "confirmed"
    """A check got the answer that shows it."""
    STATED = "stated"
    """The service says so of itself; it may be wrong, or mended without changing its number."""
    ROUGH = "rough"
    """Inferred from a sign that only bounds it, such as the date of a build."""
    UNKNOWN = "unknown"
    """It could not be told."""

    @property
    def word(self) -> Text:
        """Return the word that screens and reports print."""
        return _CERTAINTY_WORDS[self]

    @property
    def rank(self) -> int:
        """Return 0 for the surest."""
        return tuple(_CERTAINTY_WORDS).index(self)


_CERTAINTY_WORDS = {
    Certainty.CONFIRMED: Text("確かめた", "Confirmed"),
    Certainty.STATED: Text("装置の名乗り", "As the device says"),
    Certainty.ROUGH: Text("おおよそ", "Rough"),
    Certainty.UNKNOWN: Text("分からない", "Not known"),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a finding was read. `source` is the tool ("nmap 7.93", "Nessus"), `check` its script or plug-in,
    `said` a bounded quotation without control characters; `file` and `sha256` name the raw file.
    """

    source: str
    file: str = ""
    sha256: str = ""
    check: str = ""
    said: str = ""
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about one connection.

    `port` is 0 and `protocol` "" when it concerns the address as a whole. `subject` tells findings of one kind apart
    (a CVE, a product, a protocol version) and is "" when there can be only one. `facts` fill the sentences; they hold
    printable text. `place` identifies the connection over time when its address changes ("line:回線3"); "" = the
    address. `lines` are the numbers or names of the lines behind the address.
    """

    kind: str
    address: str
    lines: tuple[str, ...] = ()
    protocol: str = ""
    port: int = 0
    subject: str = ""
    facts: Mapping[str, str] = field(default_factory=dict, hash=False)
    certainty: Certainty = Certainty.CONFIRMED
    severity: Severity = Severity.PLANNED
    evidence: tuple[Evidence, ...] = ()
    place: str = ""

    @property
    def key(self) -> Key:
        """Return what stays the same as long as it is the same finding."""
        return self.place or self.address, self.protocol, self.port, self.kind, self.subject

    @property
    def port_name(self) -> str:
        """Return "500/udp", "" for a finding about the address as a whole."""
        return f"{self.port}/{self.protocol}" if self.port else ""


@dataclass(frozen=True, slots=True)
class FindingText:
    """What a person reads: what it is called, what it is, why it matters here, what to do, who does it, how to check."""

    title: Text
    what: Text
    why: Text
    action: Text
    who: Text
    check: Text


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return each key once, in the order of `ordered`.

    Evidence of all is kept, each piece once. The surest speaks for certainty, the gravest for severity; facts come from
    the surest, and what it does not know from the others. Merging again, or in another order, changes nothing.
    """
    by_key: dict[Key, list[Finding]] = {}
    for finding in findings:
        by_key.setdefault(finding.key, []).append(finding)
    return ordered(_joined(same) for same in by_key.values())


def _joined(same: Sequence[Finding]) -> Finding:
    if len(same) == 1:
        return replace(same[0], evidence=_evidence(same))
    surest_first = sorted(same, key=lambda one: (one.certainty.rank, sorted(one.facts.items()), one.address))
    facts: dict[str, str] = {}
    for finding in surest_first:
        facts |= {name: value for name, value in finding.facts.items() if value and not facts.get(name)}
    return replace(
        surest_first[0],
        facts=facts,
        lines=tuple(sorted({line for one in same for line in one.lines})),
        severity=_gravest([one.severity for one in same]),
        evidence=_evidence(same),
    )


def _gravest(severities: Sequence[Severity]) -> Severity:
    # Who could not tell says nothing against who could.
    known = [severity for severity in severities if severity is not Severity.UNKNOWN]
    return min(known or severities, key=lambda severity: severity.rank)


def _evidence(same: Sequence[Finding]) -> tuple[Evidence, ...]:
    return tuple(sorted({piece for one in same for piece in one.evidence}, key=_evidence_order))


def _evidence_order(piece: Evidence) -> tuple[str, ...]:
    seen = piece.seen_at.isoformat() if piece.seen_at else ""
    return piece.source, piece.check, piece.file, seen, piece.said, piece.sha256


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return `findings` as people read them: the gravest first, then by place, port and kind."""
    return tuple(sorted(findings, key=lambda one: (one.severity.rank, one.key)))
