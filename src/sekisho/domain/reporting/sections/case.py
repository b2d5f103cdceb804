"""What every section is made from: the facts of one hospital and what the rules made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sekisho.domain.diagnosis.findings import Finding as ScanFinding
from sekisho.domain.diagnosis.findings import FindingText
from sekisho.domain.judgement.level import LevelVerdict
from sekisho.domain.judgement.override import LevelOverride
from sekisho.domain.register.records import Register
from sekisho.domain.reporting.attention import LineResult, Seen
from sekisho.domain.reporting.findings import Finding
from sekisho.domain.reporting.knowledge import ReportKnowledge
from sekisho.domain.reporting.ranking import Proposal
from sekisho.domain.reporting.risk import Risk
from sekisho.domain.reporting.tasks import Task
from sekisho.domain.reporting.terminals import PcState
from sekisho.domain.reporting.wording import Wording
from sekisho.domain.survey.observations import SurveyObservations
from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Problem


class Source(Protocol):
    """A file that the case was made from（`assessment.case.SourceFile`）."""

    @property
    def path(self) -> str:
        """Return its path inside the case."""

    @property
    def sha256(self) -> str:
        """Return its hash, 64 hexadecimal digits."""

    @property
    def size_bytes(self) -> int:
        """Return its size."""


@dataclass(frozen=True, slots=True)
class SpokenFinding:
    """A finding of the diagnosis with its words, and what somebody decided about it."""

    finding: ScanFinding
    text: FindingText
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class ReportCase:
    """All inputs of the report, already judged. `unmatched` are scanned addresses that no line of the register has;
    `scan_findings` what the diagnosis found at any address, the gravest first.
    """

    register: Register
    problems: Sequence[Problem]
    level: LevelVerdict
    override: LevelOverride | None
    survey: SurveyObservations
    sources: Sequence[Source]
    assessed_at: datetime
    notes: Sequence[Text]
    knowledge: ReportKnowledge
    wording: Wording
    line_results: tuple[LineResult, ...]
    unmatched: tuple[Seen, ...]
    pcs: tuple[PcState, ...]
    findings: tuple[Finding, ...]
    proposals: tuple[Proposal, ...]
    tasks: tuple[Task, ...]
    risk: Risk | None = None
    scan_findings: tuple[SpokenFinding, ...] = ()

    def found_at(self, address: str) -> tuple[SpokenFinding, ...]:
        """Return what the diagnosis found at `address` (canonical)."""
        return tuple(one for one in self.scan_findings if one.finding.address == address)

    @property
    def effective_level(self) -> int:
        """Return the level that holds: the person's when there is one, else the computed one."""
        return self.override.level if self.override else self.level.level
