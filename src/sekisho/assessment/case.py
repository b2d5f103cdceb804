"""One hospital's case: everything that the main job starts from, as plain values.

The command line reads it from a folder (`assessment.folder`), the portal from its database (`apps.register`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sekisho.domain.diagnosis.findings import Finding, Key
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.judgement.declarations import Declarations
from sekisho.domain.network.model import Network
from sekisho.domain.overview.systems import InsideSystem
from sekisho.domain.register.records import Register
from sekisho.domain.survey.observations import SurveyObservations
from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Problem


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file the case was made from, with its hash, so that a reader can check what the result stands on."""

    path: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Case:
    """One hospital at one moment.

    `code` sorts and names its documents (施設コード); `problems` are those of the workbook and of the files beside it
    (`Problem.sheet` is then the file's name, `cell` "L12" its line); `scans` is empty when nothing was scanned,
    `scan_findings` are those that other scanners reported, or, in `kept_findings`, all that somebody keeps: then none is
    derived from the scans. `finding_notes` are said of them, by their key (that a risk was accepted until a day);
    `notes` are things the reader should be told (a file that was not read, and why). `network` is None when nothing is
    known of the inside; then nothing is proven from it.
    """

    code: str
    register: Register
    assessed_at: datetime
    problems: tuple[Problem, ...] = ()
    declarations: Declarations = field(default_factory=Declarations)
    systems: tuple[InsideSystem, ...] = ()
    survey: SurveyObservations = field(default_factory=SurveyObservations)
    scans: tuple[AddressScan, ...] = ()
    scan_findings: tuple[Finding, ...] = ()
    kept_findings: tuple[Finding, ...] | None = None
    finding_notes: Mapping[Key, Text] = field(default_factory=dict)
    sources: tuple[SourceFile, ...] = ()
    notes: tuple[Text, ...] = ()
    network: Network | None = None
