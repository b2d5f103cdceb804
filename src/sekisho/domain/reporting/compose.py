"""Makes the survey report of one hospital from its register, verdicts, observations and scans."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sekisho.domain.diagnosis.deriving import findings_of
from sekisho.domain.diagnosis.findings import Finding as ScanFinding
from sekisho.domain.diagnosis.findings import Key, merged
from sekisho.domain.diagnosis.knowledge import FindingKnowledge, LineContext
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.facts import known
from sekisho.domain.judgement.level import LevelVerdict
from sekisho.domain.judgement.override import LevelOverride
from sekisho.domain.register.records import Line, Register
from sekisho.domain.reporting.attention import canonical, examined_address, merge, results
from sekisho.domain.reporting.document import ReportIssue, Section, SurveyReport
from sekisho.domain.reporting.findings import Examined, findings
from sekisho.domain.reporting.knowledge import ReportKnowledge
from sekisho.domain.reporting.printable import all_printable, printable
from sekisho.domain.reporting.ranking import proposals
from sekisho.domain.reporting.risk import Risk
from sekisho.domain.reporting.sections.annexes import (
    glossary_annex,
    lines_annex,
    pcs_annex,
    problems_annex,
    rules_used,
    sources_annex,
)
from sekisho.domain.reporting.sections.case import ReportCase, Source, SpokenFinding
from sekisho.domain.reporting.sections.connections import connections_section
from sekisho.domain.reporting.sections.diagnosis import diagnosis_section
from sekisho.domain.reporting.sections.forms import forms_section
from sekisho.domain.reporting.sections.level import evidence_section, level_section
from sekisho.domain.reporting.sections.measures import further_measures_section, measures_section, tasks_section
from sekisho.domain.reporting.sections.network import departments_section, reach_section
from sekisho.domain.reporting.sections.preparedness import preparedness_section
from sekisho.domain.reporting.sections.sightings import sightings_section
from sekisho.domain.reporting.sections.summary import summary_section
from sekisho.domain.reporting.sections.threats import (
    next_measures_section,
    threat_evidence_section,
    threats_section,
)
from sekisho.domain.reporting.tasks import open_tasks
from sekisho.domain.reporting.terminals import pc_states
from sekisho.domain.reporting.wording import UNANSWERED, Wording, brief, spoken
from sekisho.domain.survey.observations import SurveyObservations
from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Edition, Problem

TITLE = Text("外部接続の調査報告書", "Survey report of external connections")

_SECTIONS: tuple[Callable[[ReportCase], Section | None], ...] = (
    summary_section,
    connections_section,
    sightings_section,
    diagnosis_section,
    preparedness_section,
    level_section,
    reach_section,
    departments_section,
    threats_section,
    next_measures_section,
    measures_section,
    tasks_section,
    further_measures_section,
    evidence_section,
    threat_evidence_section,
    forms_section,
    lines_annex,
    pcs_annex,
    problems_annex,
    glossary_annex,
    sources_annex,
)
"""The order of the report: the answer, the tables, the evidence."""


def compose(
    *,
    code: str,
    register: Register,
    problems: Sequence[Problem],
    level: LevelVerdict,
    survey: SurveyObservations,
    scans: Sequence[AddressScan],
    sources: Sequence[Source],
    assessed_at: datetime,
    notes: Sequence[Text],
    knowledge: ReportKnowledge,
    edition: Edition,
    override: LevelOverride | None = None,
    issue: ReportIssue | None = None,
    risk: Risk | None = None,
    diagnosis: FindingKnowledge | None = None,
    scan_findings: Sequence[ScanFinding] = (),
    kept_findings: Sequence[ScanFinding] | None = None,
    finding_notes: Mapping[Key, Text] | None = None,
) -> SurveyReport:
    """Return the report. Every line of `register` is in the table `connections` exactly once.

    `edition` names the columns and options of the workbook; `knowledge` comes from `catalogue.reporting`. Times of
    scans are printed in the time zone of `assessed_at`, which must be aware. Without `risk` nothing is said of threats
    and of the network. With `diagnosis` (`catalogue.findings`) the findings of the scans are told, and `scan_findings`,
    those that came with them; with `kept_findings` these alone, each once. `finding_notes` are said beside them, by key.
    """
    local_scans = [_in_zone(scan, assessed_at) for scan in scans]
    case = _case(
        register, problems, level, override, survey, local_scans, sources, assessed_at, notes, knowledge, edition, risk
    )
    if diagnosis is not None:
        derived = local_scans if kept_findings is None else ()
        given = scan_findings if kept_findings is None else kept_findings
        told = _spoken_findings(case, diagnosis, derived, given, finding_notes or {})
        case = replace(case, scan_findings=told)
    name = register.basics.name
    return SurveyReport(
        code=brief(code),
        title=TITLE,
        hospital=spoken(brief(name, 80)) if isinstance(name, str) and printable(name) else UNANSWERED,
        surveyed_on=survey.surveyed_on,
        assessed_at=assessed_at,
        issue=replace(issue, issued_by=brief(issue.issued_by)) if issue else None,
        rules=rules_used(case),
        sections=tuple(all_printable(made) for section in _SECTIONS if (made := section(case)) is not None),
    )


def _case(
    register: Register,
    problems: Sequence[Problem],
    level: LevelVerdict,
    override: LevelOverride | None,
    survey: SurveyObservations,
    scans: Sequence[AddressScan],
    sources: Sequence[Source],
    assessed_at: datetime,
    notes: Sequence[Text],
    knowledge: ReportKnowledge,
    edition: Edition,
    risk: Risk | None,
) -> ReportCase:
    """Apply every rule once, so that all sections speak of the same results."""
    line_results = results(register.lines, scans)
    pcs = pc_states(register.terminals, survey)
    wording = Wording(edition)
    threats = risk.threats if risk else None
    examined = Examined(register, level, survey, problems, line_results, pcs, knowledge, wording, threats)
    found = findings(examined)
    matched = {examined_address(line) for line in register.lines}
    return ReportCase(
        register=register,
        problems=problems,
        level=level,
        override=override,
        survey=survey,
        sources=sources,
        assessed_at=assessed_at,
        notes=notes,
        knowledge=knowledge,
        wording=wording,
        line_results=line_results,
        unmatched=tuple(seen for address, seen in merge(scans).items() if address not in matched),
        pcs=pcs,
        findings=found,
        proposals=proposals(found, knowledge, level),
        tasks=open_tasks(examined),
        risk=risk,
    )


def _spoken_findings(
    case: ReportCase,
    knowledge: FindingKnowledge,
    scans: Sequence[AddressScan],
    given: Sequence[ScanFinding],
    notes: Mapping[Key, Text],
) -> tuple[SpokenFinding, ...]:
    behind: dict[str, list[LineContext]] = {}
    for line in case.register.lines:
        if address := examined_address(line):
            behind.setdefault(address, []).append(_context(line, case.wording))
    day, found = case.assessed_at.date(), [_on_its_lines(one, behind) for one in given]
    for scan in scans:
        lines = behind.get(canonical(scan.address), [])
        found += findings_of(scan, today=day, knowledge=knowledge, lines=lines)
    everything = [line for lines in behind.values() for line in lines]
    return tuple(SpokenFinding(one, knowledge.spoken(one, everything), notes.get(one.key)) for one in merged(found))


def _on_its_lines(finding: ScanFinding, behind: Mapping[str, Sequence[LineContext]]) -> ScanFinding:
    """Return a finding that calls its lines as the report does."""
    lines = behind.get(canonical(finding.address))
    return replace(finding, lines=tuple(line.reference for line in lines)) if lines else finding


def _context(line: Line, wording: Wording) -> LineContext:
    return LineContext(line.reference, known(line.communication) or "", wording.answer("purpose", line.purpose))


def _in_zone(scan: AddressScan, assessed_at: datetime) -> AddressScan:
    if scan.started_at is None or scan.started_at.tzinfo is None:
        return scan
    return replace(scan, started_at=scan.started_at.astimezone(assessed_at.tzinfo))
