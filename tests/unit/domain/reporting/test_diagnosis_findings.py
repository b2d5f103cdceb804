"""What the diagnosis found, in the table of the report: below its port, in a clerk's words, and never as clean."""

from collections.abc import Callable
from dataclasses import replace

from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.domain.diagnosis.findings import Certainty, Evidence, Finding, Severity
from sekisho.domain.diagnosis.results import AddressScan, Covered, ObservedPort, ScriptOutput
from sekisho.domain.register.records import Register
from sekisho.domain.reporting.attention import Attention, examined_address, results
from sekisho.domain.reporting.document import SurveyReport
from tests.factories.reporting import ASSESSED_AT, line, report

KNOWN = load_finding_knowledge()
RDP = ScriptOutput("rdp-enum-encryption", "Security layer\n  SSL: SUCCESS\n")
FACING = replace(
    line(1), communication="internet", global_ip="yes", address_assignment="static", global_address="203.0.113.40"
)


def of(*ports: ObservedPort, **more: object) -> tuple[Register, AddressScan]:
    register = Register(lines=(FACING,))
    scan = AddressScan("203.0.113.40", ASSESSED_AT, True, ports, tool="nmap 7.93", **more)  # type: ignore[arg-type]
    return register, scan


def made(*ports: ObservedPort, findings: tuple[Finding, ...] = (), **more: object) -> SurveyReport:
    register, scan = of(*ports, **more)
    return report(1, register=register, scans=(scan,), diagnosis=KNOWN, scan_findings=findings)


def cells(told: SurveyReport, column: int) -> list[str]:
    return [row[column].text.ja for row in told.table("diagnosis").rows]


def test_a_finding_stands_below_its_port_with_what_to_ask() -> None:
    port = ObservedPort("tcp", 3389, "open", "ms-wbt-server", basis="probed", scripts=(RDP,))
    told = made(port, ObservedPort("tcp", 443, "open"))
    assert cells(told, 3) == ["443/tcp", "3389/tcp", "〃"]
    assert cells(told, 4)[2].startswith("▲ 今日中に対応：遠隔操作の画面が、本人確認の前に出ます")
    assert "依頼：今日中に外から届かないように閉じて" in cells(told, 4)[2]
    assert cells(told, 1) == [FACING.reference, "〃", "〃"]


def test_the_three_words_of_the_programme_stay() -> None:
    told = made(ObservedPort("tcp", 3389, "open", scripts=(RDP,)))
    assert set(cells(told, 2)) <= {"注意", "-", "調査不可"}


def test_what_other_scanners_reported_is_told_too() -> None:
    imported = Finding(
        "vulnerable-version",
        "203.0.113.40",
        protocol="tcp",
        port=443,
        subject="CVE-2022-42475",
        facts={"cve": "CVE-2022-42475", "product": "FortiOS"},
        certainty=Certainty.STATED,
        severity=Severity.URGENT,
        evidence=(Evidence("Nessus"),),
    )
    told = made(ObservedPort("tcp", 443, "open"), findings=(imported,))
    assert any("CVE-2022-42475" in text and "FortiOS" in text for text in cells(told, 4))


def test_a_service_speaks_before_its_number() -> None:
    told = made(ObservedPort("tcp", 13389, "open", "ms-wbt-server", basis="probed"))
    assert "ランサムウェア" in cells(told, 4)[0]


def test_a_diagnosis_that_is_not_complete_is_not_examined_and_says_so() -> None:
    register, scan = of(is_complete=False, covered=(Covered("tcp", ((1, 65535),)),))
    (result,) = results(register.lines, [scan])
    assert (result.attention, result.rule_id) == (Attention.NOT_EXAMINED, "UNK-INCOMPLETE")
    assert not result.is_examined
    told = report(1, register=register, scans=(scan,), diagnosis=KNOWN)
    assert any("調べ残しがないとは言えません" in text for text in cells(told, 4))
    (whole,) = results(register.lines, [scan, replace(scan, is_complete=True)])
    assert whole.attention is Attention.NONE


def test_an_open_port_of_an_incomplete_diagnosis_is_still_a_caution() -> None:
    register, scan = of(ObservedPort("tcp", 443, "open"), is_complete=False)
    assert results(register.lines, [scan])[0].attention is Attention.CAUTION


def test_the_line_and_its_use_are_part_of_why() -> None:
    seen: list[str] = []
    spoken: Callable[..., object] = type(KNOWN).spoken

    class Listening(type(KNOWN)):  # type: ignore[misc]
        def spoken(self, finding, lines=()):  # type: ignore[no-untyped-def]
            text = spoken(self, finding, lines)
            seen.append(text.why.ja)  # type: ignore[attr-defined]
            return text

    known = Listening(**{name: getattr(KNOWN, name) for name in KNOWN.__dataclass_fields__})
    register, scan = of(ObservedPort("tcp", 443, "open"))
    report(1, register=register, scans=(scan,), diagnosis=known)
    assert any(f"回線「{FACING.reference}」（通信形態：インターネット" in why for why in seen)


def test_without_knowledge_of_findings_the_report_is_as_before() -> None:
    register, scan = of(ObservedPort("tcp", 3389, "open", scripts=(RDP,)))
    told = report(1, register=register, scans=(scan,))
    assert cells(told, 3) == ["3389/tcp"]
    assert examined_address(FACING) == "203.0.113.40"
