"""The files that a hospital is judged by beside its register, and the case made of both."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from sekisho.adapters.network_file import read_network
from sekisho.adapters.nmap.parse import NmapUnreadable, parse_nmap_xml
from sekisho.adapters.survey_file import read_survey
from sekisho.adapters.yaml_file import YamlUnreadable
from sekisho.apps.findings import queries as findings
from sekisho.apps.findings import reports
from sekisho.apps.findings.models import Observation
from sekisho.apps.judgement import actions, queries
from sekisho.apps.judgement.models import CaseFile
from sekisho.apps.judgement.proofs import assessed_network, grounds_of
from sekisho.apps.network.models import NetworkPlan
from sekisho.apps.network.queries import current_plan
from sekisho.apps.register.queries import register_of
from sekisho.assessment.case import Case, SourceFile
from sekisho.assessment.judgement import Judgement, judge_case
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.judgement.level import LevelVerdict
from sekisho.domain.judgement.network_proofs import prove
from sekisho.domain.network.model import Network
from sekisho.domain.overview.systems import InsideSystem
from sekisho.domain.register.completeness import completeness_of
from sekisho.domain.register.records import Register
from sekisho.domain.survey.observations import SurveyObservations
from sekisho.domain.text import Text
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.remembered import remembered
from sekisho.foundation.files.actions import FileDamaged, content_of, store
from sekisho.foundation.files.sniffing import PLAIN, FileRefused, SniffedFile
from sekisho.foundation.tenancy.models import Hospital

MAX_BYTES = 20 * 1024 * 1024
XML = "application/xml"
_NAMES = {CaseFile.Kind.NETWORK: "network.yaml", CaseFile.Kind.SURVEY: "survey.yaml", CaseFile.Kind.SCAN: "nmap.xml"}


def add(hospital: Hospital, *, kind: str, name: str, content: bytes, by: User | None) -> CaseFile:
    """Store a file that the hospital is judged by, once it was shown to be readable. The network's map has its own app.

    Raises:
        FileRefused: it cannot be read as `kind`; the message says where and how to mend it.
    """
    if len(content) > MAX_BYTES:
        raise FileRefused(Text("ファイルが大きすぎます（20 MB まで）。", "The file is too large (up to 20 MB)."))
    try:
        _READERS[CaseFile.Kind(kind)](content, register_of(hospital))
    except (YamlUnreadable, NmapUnreadable) as error:
        raise FileRefused(error.message) from error
    kept = SniffedFile(
        name=name.rsplit("/", 1)[-1][:180] or _NAMES[CaseFile.Kind(kind)],
        content_type=XML if kind == CaseFile.Kind.SCAN else PLAIN,
        content=content,
    )
    with transaction.atomic():
        added = actions.add_case_file(hospital, kind=kind, file=store(hospital=hospital, file=kept, by=by), by=by)
        if kind == CaseFile.Kind.SCAN:
            _observe(hospital, kept, by)
        return added


def _observe(hospital: Hospital, scan: SniffedFile, by: User | None) -> None:
    """Keep what a scan found as findings too; one without any address of the outside says nothing of the sort."""
    with suppress(FileRefused):
        reports.take_in(hospital, name=scan.name, content=scan.content, by=by)


def case_of(hospital: Hospital, *, at: datetime) -> Case:
    """Return the hospital as the main job takes it: register, declarations, and the files beside them."""
    case = case_to_draw(hospital, at=at)
    return replace(case, problems=completeness_of(case.register, load_edition()).problems)


def case_to_draw(hospital: Hospital, *, at: datetime) -> Case:
    """Return the same without the problems of its register, which take a third of the time and no drawing shows."""
    register = register_of(hospital)
    observed = list(findings.observations_of(hospital))
    files = _read(register, queries.case_files(hospital), observed={one.file.sha256 for one in observed if one.file})
    files.take_map(current_plan(hospital))
    kept, notes = findings.report_findings(hospital) if observed else (None, {})
    return Case(
        code=hospital.code,
        register=register,
        assessed_at=at,
        declarations=queries.declarations_of(hospital),
        systems=files.systems,
        survey=files.survey,
        scans=(*files.scans, *findings.current_scans(hospital)),
        kept_findings=kept,
        finding_notes=notes,
        sources=tuple(dict.fromkeys([*files.sources, *_sources_of(observed)])),
        notes=tuple(dict.fromkeys([*files.notes, *(Text(**note) for one in observed for note in one.warnings)])),
        network=files.network,
    )


def _sources_of(observed: Iterable[Observation]) -> Iterator[SourceFile]:
    for one in observed:
        if one.file is not None:
            yield SourceFile(one.file.name, one.file.sha256, one.file.size_bytes)


def verdict_of(hospital: Hospital) -> LevelVerdict:
    """Return the level as everything known of the hospital gives it now."""

    def judged() -> LevelVerdict:
        proofs = prove(grounds_of(hospital, register_of(hospital)))
        return queries.judge(hospital, survey_of(hospital), proven=(proofs,))

    # Needs end on a day, and with them what is proven.
    return remembered(f"level {timezone.localdate()}", hospital, judged)


def judgement_of(hospital: Hospital) -> Judgement:
    """Return every verdict but the smallest changes, which the network's pages search line by line."""

    def judged() -> Judgement:
        case = case_to_draw(hospital, at=timezone.localtime())
        network = assessed_network(hospital)
        return judge_case(case, network=network, grounds=grounds_of(hospital, case.register), with_cut=False)

    return remembered(f"judgement {timezone.localdate()}", hospital, judged)


def survey_of(hospital: Hospital) -> SurveyObservations:
    """Return what was seen on site; nothing when no survey was handed in or its file is broken."""
    return _read(
        register_of(hospital), [f for f in queries.case_files(hospital) if f.kind == CaseFile.Kind.SURVEY]
    ).survey


def notes_of(hospital: Hospital) -> tuple[Text, ...]:
    """Return what must be told about the files beside the register, such as one that could not be read."""
    found = queries.case_files(hospital)
    return tuple(_read(register_of(hospital), found).notes) if found else ()


def _read(register: Register, case_files: Iterable[CaseFile], *, observed: Collection[str] = ()) -> "_Files":
    """Read the files; scans whose hash is in `observed` are kept as observations and only named here."""
    files = _Files(register, frozenset(observed))
    for case_file in case_files:
        files.take(case_file)
    return files


@dataclass
class _Files:
    """What the files beside the register say. A broken one is left out and told."""

    register: Register
    observed: frozenset[str] = frozenset()
    systems: tuple[InsideSystem, ...] = ()
    network: Network | None = None
    survey: SurveyObservations = field(default_factory=SurveyObservations)
    scans: list[AddressScan] = field(default_factory=list)
    sources: list[SourceFile] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)

    def take_map(self, plan: NetworkPlan | None) -> None:
        """Take the version of the network's map in force, in place of a network file handed in before there was one."""
        if plan is None:
            return
        self.sources.append(SourceFile(plan.file.name, plan.file.sha256, plan.file.size_bytes))
        try:
            inside = read_network(content_of(plan.file), self.register.lines)
        except FileDamaged:
            self.notes.append(_DAMAGED.filled(name=plan.file.name))
        else:
            self.systems, self.network = inside.systems, inside.network

    def take(self, case_file: CaseFile) -> None:
        stored = case_file.file
        self.sources.append(SourceFile(stored.name, stored.sha256, stored.size_bytes))
        try:
            content = content_of(stored)
            if case_file.kind == CaseFile.Kind.NETWORK:
                self.systems = read_network(content, self.register.lines).systems
            elif case_file.kind == CaseFile.Kind.SURVEY:
                self.survey = read_survey(content, self.register.lines).survey
            elif stored.sha256 not in self.observed:
                run = parse_nmap_xml(content, evidence=stored.name)
                self.scans.extend(run.scans)
                self.notes.extend(run.warnings)
        except FileDamaged:
            self.notes.append(_DAMAGED.filled(name=stored.name))
        except (YamlUnreadable, NmapUnreadable) as error:
            self.notes.append(_LEFT_OUT.filled(name=stored.name, why=error.message))


_READERS: dict[CaseFile.Kind, Callable[[bytes, Register], object]] = {
    CaseFile.Kind.NETWORK: lambda content, register: read_network(content, register.lines),
    CaseFile.Kind.SURVEY: lambda content, register: read_survey(content, register.lines),
    CaseFile.Kind.SCAN: lambda content, register: parse_nmap_xml(content),
}
_DAMAGED = Text(
    "{name} は、保管した後に壊れたので使わずに進みました。同じファイルをもう一度加えると直ります。",
    "{name} was damaged after it was stored and was left out. Add the same file once more to mend it.",
)
_LEFT_OUT = Text("{name} は使わずに進みました。{why}", "{name} was left out. {why}")
