"""Matches of the vulnerability knowledge as findings: sure ones, unclear ones that are exploited, and nothing else."""

from datetime import date

from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.domain.diagnosis.findings import Certainty, Evidence, Finding, Severity, merged
from sekisho.domain.diagnosis.matched import findings_of_matches
from sekisho.domain.tri import Tri
from sekisho.domain.vulnerabilities.advisories import Advisory, Claim, Configuration, Exploited, Node, Source
from sekisho.domain.vulnerabilities.knowledge import KnowledgeBase
from sekisho.domain.vulnerabilities.matching import match
from sekisho.domain.vulnerabilities.priority import Situation
from sekisho.domain.vulnerabilities.products import Product, ProductName

TODAY = date(2026, 11, 21)
FORTIOS = ProductName("o", "fortinet", "fortios")
EXPLOITED = {"CVE-2024-0001": Exploited("CVE-2024-0001", date(2024, 2, 9), ransomware=True)}
SEEN = Finding(
    "product-seen", "203.0.113.10", ("CAF1",), "tcp", 443, "fortigate", {"product": "FortiGate", "version": "7.2.4"},
    Certainty.STATED, evidence=(Evidence("nmap 7.93", "a.xml"),), place="line:CAF1",
)  # fmt: skip


def found(version: str, *, exploited: bool = True, claim: Claim | None = None) -> tuple[Finding, ...]:
    claimed = claim or Claim(FORTIOS, low="7.2.0", high="7.2.5")
    advisory = Advisory("CVE-2024-0001", Source.NVD, (Configuration((Node((claimed,)),)),))
    knowledge = KnowledgeBase([advisory], exploited=EXPLOITED.values() if exploited else ())
    product = Product((FORTIOS,), version, "fortios", "FortiGate")
    matches = match(product, knowledge, today=TODAY, situation=Situation(exposed=Tri.YES), unaffected=True)
    return findings_of_matches(SEEN, matches)


def test_an_affected_version_is_a_finding_at_the_same_place_with_how_to_mend_it() -> None:
    (one,) = found("7.2.4")
    assert one.key == ("line:CAF1", "tcp", 443, "vulnerable-version", "CVE-2024-0001")
    assert (one.severity, one.certainty, one.lines) == (Severity.URGENT, Certainty.STATED, ("CAF1",))
    assert [piece.source for piece in one.evidence] == ["nmap 7.93", "sekisho"]
    text = load_finding_knowledge().spoken(one)
    assert "直し方：7.2.5" in text.action.ja
    assert "ランサムウェア" in text.why.ja


def test_what_is_not_affected_is_no_finding() -> None:
    assert found("7.2.5") == ()


def test_an_unknown_version_is_said_only_of_what_is_used_in_attacks() -> None:
    (one,) = found("")
    assert (one.kind, one.severity) == ("vulnerable-version-unclear", Severity.UNKNOWN)
    text = load_finding_knowledge().spoken(one)
    assert "決められない理由：不明" not in text.what.ja
    assert text.what.ja != text.what.en
    assert found("", exploited=False) == ()


def test_the_same_weak_point_of_another_scanner_is_the_same_finding() -> None:
    (ours,) = found("7.2.4")
    theirs = Finding(
        "vulnerable-version", "203.0.113.10", (), "tcp", 443, "CVE-2024-0001", place="line:CAF1",
        evidence=(Evidence("Nessus"),),
    )  # fmt: skip
    assert len(merged([ours, theirs])) == 1
