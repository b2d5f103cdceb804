"""Known weak points of what a service said it is, as findings: one for each CVE, with the words that a clerk reads.

What is surely not affected makes no finding. What cannot be told makes one only when the weak point is used in attacks:
a product of unknown version fits hundreds, and "ask for the version" is already said by the finding it comes from.
"""

from collections.abc import Iterable, Iterator

from sekisho.domain.diagnosis.findings import Certainty, Evidence, Finding, Severity
from sekisho.domain.diagnosis.strangers import visible_line
from sekisho.domain.tri import Tri
from sekisho.domain.vulnerabilities.matching import Confidence, Match
from sekisho.domain.vulnerabilities.priority import Urgency

SOURCE = "sekisho"
_SEVERITIES = {
    Urgency.NOW: Severity.URGENT,
    Urgency.SOON: Severity.SOON,
    Urgency.PLANNED: Severity.PLANNED,
    Urgency.WATCHED: Severity.NOTE,
}
_CERTAINTIES = {
    Confidence.EXACT: Certainty.STATED,
    Confidence.ROUGH: Certainty.ROUGH,
    Confidence.PRODUCT_ONLY: Certainty.UNKNOWN,
}
"""A version is what the device says of itself: no match by it is more than "stated"."""


def findings_of_matches(seen: Finding, matches: Iterable[Match]) -> tuple[Finding, ...]:
    """Return the findings of `matches` for the service that `seen` (kind "product-seen" or "build-date") named.

    They stand at the same place, port and lines; their evidence is that of `seen` and the source that was heard.
    """
    return tuple(_findings(seen, matches))


def _findings(seen: Finding, matches: Iterable[Match]) -> Iterator[Finding]:
    for match in matches:
        is_sure = match.verdict is Tri.YES and match.confidence is not Confidence.PRODUCT_ONLY
        if is_sure:
            severity = _SEVERITIES.get(match.priority.urgency, Severity.UNKNOWN)
            yield _finding(seen, match, "vulnerable-version", severity, _CERTAINTIES[match.confidence])
        elif match.verdict is not Tri.NO and match.exploited is not None:
            yield _finding(seen, match, "vulnerable-version-unclear", Severity.UNKNOWN, Certainty.UNKNOWN)


def _finding(seen: Finding, match: Match, kind: str, severity: Severity, certainty: Certainty) -> Finding:
    heard = Evidence(SOURCE, check=match.source.value, said=visible_line(match.reason.en, 200))
    facts = {
        "cve": match.cve,
        "product": seen.facts.get("product", ""),
        "version": seen.facts.get("version", ""),
        "remedy": "、".join(match.fixed_in),
        "exploited": _exploited(match),
        "reason.ja": match.reason.ja,
        "reason.en": match.reason.en,
    }
    return Finding(
        kind=kind,
        address=seen.address,
        lines=seen.lines,
        protocol=seen.protocol,
        port=seen.port,
        subject=match.cve,
        facts={name: visible_line(value) for name, value in facts.items() if value},
        certainty=certainty,
        severity=severity,
        evidence=(*seen.evidence, heard),
        place=seen.place,
    )


def _exploited(match: Match) -> str:
    if match.exploited is None:
        return "not-listed"
    return "ransomware" if match.exploited.ransomware else "listed"
