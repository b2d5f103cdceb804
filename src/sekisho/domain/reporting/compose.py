"""Makes the survey report of one hospital from its register, verdicts, observations and scans."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.judgement.level import LevelVerdict
from sekisho.domain.register.records import Register
from sekisho.domain.reporting.document import ReportIssue, SurveyReport
from sekisho.domain.reporting.knowledge import ReportKnowledge
from sekisho.domain.survey.observations import SurveyObservations
from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Edition, Problem


class Source(Protocol):
    """A file that the case was made from（`assessment.case.SourceFile`）."""

    @property
    def path(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...


@dataclass(frozen=True, slots=True)
class LevelOverride:
    """A person put another level in place of the computed one, with a reason; the computed one stays in the report."""

    level: int
    reason: str
    by: str
    at: datetime


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
) -> SurveyReport:
    """Return the report. Every line of `register` is in the table `connections` exactly once.

    `edition` names the columns and options of the workbook; `knowledge` comes from `catalogue.reporting`.
    """
    raise NotImplementedError
