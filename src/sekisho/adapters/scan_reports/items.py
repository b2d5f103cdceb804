"""One reported item of any scanner becomes findings: ours where we know the check, one for each CVE, else "imported"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sekisho.domain.diagnosis.findings import Certainty, Evidence, Finding, Severity
from sekisho.domain.diagnosis.knowledge import FindingKnowledge
from sekisho.domain.diagnosis.results import AddressScan

_CVE = re.compile(r"CVE-\d{4}-\d{4,7}")
MAX_CVES = 60
"""Of one item: a check for a monthly update names dozens."""


@dataclass(frozen=True, slots=True)
class Item:
    """What a scanner reports about one port (0 = the host). `check` is "nessus:57608" or "openvas:103955"."""

    check: str
    title: str
    protocol: str
    port: int
    severity: Severity
    said_severity: str
    certainty: Certainty
    remedy: str = ""
    cves: tuple[str, ...] = ()
    product: str = ""


def cves_in(*texts: str) -> tuple[str, ...]:
    """Return the CVE names in `texts`, each once."""
    return tuple(dict.fromkeys(name for text in texts for name in _CVE.findall(text)))[:MAX_CVES]


def findings_from(item: Item, scan: AddressScan, scanner: str, knowledge: FindingKnowledge) -> Iterator[Finding]:
    """Yield the findings of one item. Nothing to act on and no kind of ours: nothing."""
    kind = knowledge.plugins.get(item.check)
    evidence = Evidence(scanner, scan.evidence, check=item.check, said=item.title, seen_at=scan.started_at)
    common = {"scanner": scanner, "scanner_severity": item.said_severity}
    if kind is not None:
        yield _finding(item, scan, kind, "", knowledge.kinds[kind].severity, common, evidence)
    elif item.cves and item.severity is not Severity.UNKNOWN:
        for cve in item.cves:
            facts = common | {"cve": cve, "product": item.product or item.title, "remedy": item.remedy}
            yield _finding(item, scan, "vulnerable-version", cve, item.severity, facts, evidence)
    elif item.severity is not Severity.UNKNOWN:
        facts = common | {"title": item.title, "remedy": item.remedy}
        yield _finding(item, scan, "imported", item.check, item.severity, facts, evidence)


def _finding(
    item: Item,
    scan: AddressScan,
    kind: str,
    subject: str,
    severity: Severity,
    facts: dict[str, str],
    evidence: Evidence,
) -> Finding:
    return Finding(
        kind=kind,
        address=scan.address,
        protocol=item.protocol if item.port else "",
        port=item.port,
        subject=subject,
        facts={name: value for name, value in facts.items() if value},
        certainty=item.certainty,
        severity=severity,
        evidence=(evidence,),
    )
