"""The main job: from one hospital's case to its verdicts, its overview drawing and its report.

Knows no files and no database; the command line hands in a case read from a folder, the portal one from its records.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sekisho import __version__
from sekisho.assessment.case import Case
from sekisho.assessment.judgement import Judgement, judge_case
from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.catalogue.reporting import load_report_knowledge
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.drawing.parts import Drawing, Stamp
from sekisho.domain.judgement.fact_sources import FactSource
from sekisho.domain.judgement.level import LevelVerdict
from sekisho.domain.judgement.override import JudgedLevel, LevelOverride
from sekisho.domain.judgement.summary import summarise
from sekisho.domain.overview.layout import lay_out
from sekisho.domain.overview.wording import labels_of
from sekisho.domain.reporting.compose import compose
from sekisho.domain.reporting.document import ReportIssue, SurveyReport
from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Edition


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything computed for one case. `drawing` and `report` are plain values; the adapters print them."""

    case: Case
    judgement: Judgement
    judged: JudgedLevel
    summary: Text
    drawing: Drawing
    report: SurveyReport

    @property
    def level(self) -> LevelVerdict:
        """Return the computed level, whatever a person made of it."""
        return self.judged.verdict


def judge(case: Case, *, proven: Sequence[FactSource] = ()) -> LevelVerdict:
    """Return the level of `case`. `proven` are further facts that an engine proved; they outrank what was declared."""
    return judge_case(case, proven=proven, with_cut=False).level


def assess(
    case: Case,
    *,
    override: LevelOverride | None = None,
    issue: ReportIssue | None = None,
    proven: Sequence[FactSource] = (),
) -> Assessment:
    """Return verdicts, drawing and report of `case`. `issue` is None for a draft of the report."""
    edition = load_edition()
    judgement = judge_case(case, proven=proven)
    level = judgement.level
    report = compose(
        code=case.code,
        register=case.register,
        problems=case.problems,
        level=level,
        survey=case.survey,
        scans=case.scans,
        sources=case.sources,
        assessed_at=case.assessed_at,
        notes=case.notes,
        knowledge=load_report_knowledge(),
        edition=edition,
        override=override,
        issue=issue,
        risk=judgement.risk,
        diagnosis=load_finding_knowledge(),
        scan_findings=case.scan_findings,
        kept_findings=case.kept_findings,
        finding_notes=case.finding_notes,
    )
    return Assessment(
        case=case,
        judgement=judgement,
        judged=JudgedLevel(level, override),
        summary=summarise(level),
        drawing=draw_overview(case, edition),
        report=report,
    )


def draw_overview(case: Case, edition: Edition) -> Drawing:
    """Return the overview drawing; its title block carries the day of the case, so that it can be drawn again."""
    day = case.assessed_at.date()
    stamp = Stamp(drawn_on=day, data_on=day, version=__version__)
    return lay_out(case.register, case.systems, case.survey.sightings, labels=labels_of(edition), stamp=stamp)
