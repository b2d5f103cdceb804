"""Reads a case folder: the workbook, which must be there, and whatever else is, each part on its own.

    workbook.xlsx        別紙2-1
    network.yaml         the inside: systems for the overview drawing, and who can talk to whom
    configs/*            configurations of devices: those that network.yaml names by config:, and those called like one
    questionnaire.yaml   the hospital's answers to the questions of the level catalogue
    survey.yaml          what was seen on site
    nmap/*.xml, *.nessus results of scans: nmap, Greenbone, Nessus
    diagnosis/result.json  the result of `sekisho diagnose run`
    devices/*            outputs of devices: hashed and listed, not read yet; so are configurations of no known device

A part that is broken becomes a problem and a note; the others are read all the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from sekisho.adapters.configurations.decoding import ConfigurationUnreadable
from sekisho.adapters.configurations.read import read_configuration
from sekisho.adapters.diagnosis_result import ResultUnreadable, read_result
from sekisho.adapters.network.reconfigured import Tie, with_configurations
from sekisho.adapters.network_file import NetworkFile, read_network
from sekisho.adapters.questionnaire_file import read_questionnaire
from sekisho.adapters.scan_reports.read import read_report
from sekisho.adapters.scan_reports.streaming import ReportUnreadable, ScanReport
from sekisho.adapters.survey_file import read_survey
from sekisho.adapters.workbooks.check import check_workbook
from sekisho.adapters.workbooks.refusals import UnreadableWorkbook
from sekisho.adapters.yaml_file import FileProblem, YamlUnreadable
from sekisho.assessment.case import Case, SourceFile
from sekisho.assessment.sources import Folder, SourceUnreadable
from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.catalogue.levels import load_level_rules
from sekisho.catalogue.threat_tables import load_threats
from sekisho.domain.judgement.declarations import Declarations
from sekisho.domain.network.model import Network
from sekisho.domain.register.diff import to_register
from sekisho.domain.register.records import Line, Register
from sekisho.domain.survey.observations import SurveyObservations
from sekisho.domain.text import Text
from sekisho.domain.workbook.rows import ReadBook
from sekisho.domain.workbook.schema import Problem, Severity

WORKBOOK_NAMES = ("workbook.xlsx", "workbook.xlsm")
NETWORK, QUESTIONNAIRE, SURVEY = "network.yaml", "questionnaire.yaml", "survey.yaml"
CONFIGURATIONS = "configs"
RESULT = "diagnosis/result.json"
KEPT_FOLDERS = (CONFIGURATIONS, "devices")
MAX_CONFIGURATION_BYTES = 60_000_000

T = TypeVar("T")


class CaseUnreadable(Exception):
    """The folder cannot be made into a case. `message` says which file, why and what to do."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message


def read_case(path: Path, at: datetime) -> Case:
    """Return the case in the folder `path` as of `at` (aware).

    Raises:
        CaseUnreadable: no such folder, or no workbook in it that can be read.
    """
    if not path.is_dir():
        raise CaseUnreadable(_NO_FOLDER.filled(path=path))
    return _Reading(Folder(path)).case(at)


@dataclass
class _Reading:
    """One pass over the folder; collects sources, problems and notes as it goes."""

    folder: Folder
    sources: list[SourceFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    """Configurations that a device of network.yaml names."""

    def case(self, at: datetime) -> Case:
        code, register = self._workbook()
        inside = self._inside(register.lines)
        declarations = self._declarations()
        survey = self._survey(register.lines)
        reports = self._scan_reports()
        self._list_kept_files()
        return Case(
            code=code,
            register=register,
            assessed_at=at,
            problems=tuple(self.problems),
            declarations=declarations,
            systems=inside.systems if inside else (),
            survey=survey,
            scans=tuple(scan for report in reports for scan in report.scans),
            scan_findings=tuple(finding for report in reports for finding in report.findings),
            sources=tuple(self.sources),
            notes=tuple(self.notes),
            network=inside.network if inside else None,
        )

    def _workbook(self) -> tuple[str, Register]:
        name = next((name for name in WORKBOOK_NAMES if self.folder.has(name)), None)
        if name is None:
            raise CaseUnreadable(_NO_WORKBOOK.filled(path=self.folder.path))
        try:
            raw, source = self.folder.read(name)
            checked = check_workbook(raw)
        except SourceUnreadable as error:
            raise CaseUnreadable(_named(name, error.message)) from None
        except UnreadableWorkbook as error:
            raise CaseUnreadable(_named(name, error.text)) from None
        self.sources.append(source)
        self.problems.extend(checked.problems)
        register = to_register(checked.book)
        return self._code(checked.book, register), register

    def _code(self, book: ReadBook, register: Register) -> str:
        """Return what sorts and names the hospital's documents: the workbook's own code, else the folder's name."""
        number = register.basics.control_number
        written = book.hospital_code or (number if isinstance(number, str) else "")
        return written.strip() or self.folder.path.resolve().name

    def _inside(self, lines: Sequence[Line]) -> NetworkFile | None:
        configurations = self._configurations()
        inside = self._part(NETWORK, lambda raw: read_network(raw, lines, configurations=configurations))
        if inside is not None:
            self._tell(NETWORK, inside.problems)
            self.used.update(device.source for device in inside.network.devices if device.source)
        return self._with_unnamed(inside, configurations)

    def _with_unnamed(self, inside: NetworkFile | None, configurations: Mapping[str, bytes]) -> NetworkFile | None:
        """Return the network with the configurations that no device names: each belongs to the device called like it.

        Without a network.yaml each is a device of its own: what its rules let pass is seen, whom it serves is not.
        """
        network = inside.network if inside is not None else Network()
        known = {device.id for device in network.devices}
        ties: dict[str, Tie] = {}
        for name in sorted(set(configurations) - self.used):
            device = Path(name).stem
            if (inside is None or device in known) and device not in ties and self._is_readable(name, configurations):
                ties[device] = Tie(device, name)
        if not ties:
            return inside
        reading = with_configurations(network, ties, configurations)
        self._tell(CONFIGURATIONS, reading.problems)
        self.used.update(tie.config for tie in ties.values())
        self.notes.append(_CONFIGURED.filled(devices="、".join(ties)))
        return replace(inside or NetworkFile(()), network=reading.network)

    def _is_readable(self, name: str, configurations: Mapping[str, bytes]) -> bool:
        try:
            read_configuration(configurations[name], name=name)
        except ConfigurationUnreadable as error:
            self.notes.append(_named(name, error.text))
            return False
        return True

    def _configurations(self) -> dict[str, bytes]:
        """Return the configurations by their paths from network.yaml; one that cannot be read is told where it is used."""
        found: dict[str, bytes] = {}
        for name in self.folder.files(CONFIGURATIONS):
            try:
                found[name] = self.folder.read(name, max_bytes=MAX_CONFIGURATION_BYTES)[0]
            except SourceUnreadable:
                continue
        return found

    def _declarations(self) -> Declarations:
        if not self.folder.has(QUESTIONNAIRE):
            self.notes.append(_NO_QUESTIONNAIRE)
        questions = load_threats().own_questions
        answered = self._part(QUESTIONNAIRE, lambda raw: read_questionnaire(raw, load_level_rules(), further=questions))
        if answered is None:
            return Declarations()
        self._tell(QUESTIONNAIRE, answered.problems)
        return answered.declarations

    def _survey(self, lines: Sequence[Line]) -> SurveyObservations:
        seen = self._part(SURVEY, lambda raw: read_survey(raw, lines))
        if seen is None:
            return SurveyObservations()
        self._tell(SURVEY, seen.problems)
        return seen.survey

    def _scan_reports(self) -> list[ScanReport]:
        """Return what scanners wrote. A result of our own holds its findings' evidence; they are derived anew from it."""
        reports: list[ScanReport] = []
        for name in [*self.folder.files("nmap", ".xml"), *self.folder.files("nmap", ".nessus")]:
            report = self._part(name, partial(_scan_report, name))
            if report is not None:
                reports.append(report)
                self._tell(name, [FileProblem(None, "nmap.incomplete", warning) for warning in report.warnings])
        own = self._part(RESULT, lambda raw: ScanReport(read_result(raw, evidence=RESULT)[0]))
        return [*reports, own] if own is not None else reports

    def _part(self, name: str, read: Callable[[bytes], T]) -> T | None:
        """Return what `read` makes of a file, None when it is not there or broken; a broken one is told."""
        if not self.folder.has(name):
            return None
        try:
            raw, source = self.folder.read(name)
            self.sources.append(source)
            return read(raw)
        except YamlUnreadable as error:
            broken = FileProblem(error.line, "file.unreadable", error.message)
        except (ReportUnreadable, ResultUnreadable, SourceUnreadable) as error:
            broken = FileProblem(None, "file.unreadable", error.message)
        self._tell(name, [broken], Severity.ERROR)
        self.notes.append(_LEFT_OUT.filled(name=name, why=broken.message))
        return None

    def _tell(self, name: str, problems: Sequence[FileProblem], severity: Severity = Severity.WARNING) -> None:
        for problem in problems:
            cell = f"L{problem.line}" if problem.line else ""
            self.problems.append(Problem(name, cell, problem.rule, severity, problem.message))

    def _list_kept_files(self) -> None:
        for kept in KEPT_FOLDERS:
            names = list(self.folder.files(kept))
            unused = [name for name in names if name not in self.used]
            if unused:
                self.notes.append(_UNREAD[kept].filled(folder=kept, count=len(unused)))
            for name in names:
                try:
                    self.sources.append(self.folder.source(name))
                except SourceUnreadable as error:
                    self._tell(name, [FileProblem(None, "file.unreadable", error.message)])


def _scan_report(name: str, raw: bytes) -> ScanReport:
    return read_report(BytesIO(raw), knowledge=load_finding_knowledge(), evidence=name)


def _named(name: str, message: Text) -> Text:
    return Text(f"{name}：{message.ja}", f"{name}: {message.en}")


_NO_FOLDER = Text(
    "フォルダ {path} がありません。資料を入れたフォルダの場所を確かめてください。",
    "There is no folder {path}. Check where the folder with your files is.",
)
_NO_WORKBOOK = Text(
    "{path} に workbook.xlsx がありません。記入した別紙2-1を workbook.xlsx という名前で入れてください。",
    "There is no workbook.xlsx in {path}. Put your filled 別紙2-1 there under this name.",
)
_NO_QUESTIONNAIRE = Text(
    "院内の対策についての答え（questionnaire.yaml）がないため、レベルは「分かっていること」だけから判定しています。",
    "There are no answers about the hospital's controls (questionnaire.yaml), so the level stands on little.",
)
_CONFIGURED = Text(
    "次の装置は、設定ファイル（configs）のとおりに判定しました：{devices}",
    "These devices are judged as their configurations (configs) say: {devices}",
)
_LEFT_OUT = Text("{name} は使わずに進みました。{why}", "{name} was left out. {why}")
_UNREAD = {
    CONFIGURATIONS: Text(
        "{folder} の {count} 件は、network.yaml のどの装置の設定か書かれていないため、控えとして記録しました。"
        "装置に config: の行を加えると、中身を読んで計算に使います。",
        "{count} files of {folder} are kept on record: no device of network.yaml names them. With a config: line at its "
        "device each is read and used.",
    ),
    "devices": Text(
        "{folder} の {count} 件は、控えとして記録しました。この版では中身をまだ読みません。",
        "{count} files of {folder} are kept on record; this version does not read them yet.",
    ),
}
