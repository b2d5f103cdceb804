"""The sample hospitals, from the files that `make run` starts from."""

from importlib.resources import files
from pathlib import Path

import pytest

from sekisho.assessment.assess import Assessment, assess
from sekisho.assessment.folder import read_case
from sekisho.assessment.outputs import render_outputs
from sekisho.domain.judgement.level import Control, Grade
from sekisho.domain.workbook.schema import Severity
from tests.unit.assessment.cases import AT

SAMPLES = Path(str(files("sekisho.catalogue"))) / "samples"


@pytest.fixture(scope="module")
def aoba() -> Assessment:
    return assess(read_case(SAMPLES / "aoba", AT))


def test_aoba_is_read_without_a_broken_part(aoba: Assessment) -> None:
    assert [p for p in aoba.case.problems if p.rule == "file.unreadable"] == []
    assert {source.path.split("/")[0] for source in aoba.case.sources} == {
        "workbook.xlsx", "network.yaml", "questionnaire.yaml", "survey.yaml", "nmap", "configs", "devices",
    }  # fmt: skip
    assert all(p.severity is Severity.WARNING for p in aoba.case.problems if p.sheet.endswith(".yaml"))


def test_aoba_is_level_1_with_an_inside_that_is_divided_in_part(aoba: Assessment) -> None:
    assert (aoba.level.level, aoba.level.best_possible, aoba.level.urgent) == (1, 1, False)
    # The hospital says that everything passes; the engine proves that radiology and the DMZ are behind rules.
    assert aoba.level.control(Control.INTERNAL).grade is Grade.PARTIAL
    assert "level.external.all-lines-known" in [miss.rule_id for miss in aoba.level.nearest_miss]


def test_aoba_has_every_line_of_its_workbook_once(aoba: Assessment) -> None:
    assert len(aoba.case.register.lines) == 18
    assert len(aoba.report.table("connections").rows) == 18
    assert len({line_id for line_id, _ in aoba.drawing.page_of_line}) >= 18


def test_aoba_ties_lines_to_the_systems_that_declared_flows_reach(aoba: Assessment) -> None:
    reached = {system.id: system.line_numbers for system in aoba.case.systems}
    assert reached["pacs-sv"] == (5, 9)
    assert reached["catering-sv"] == (4,)
    assert [system.id for system in aoba.case.systems if system.is_backup]


def test_aoba_is_proven_to_be_open_from_its_network(aoba: Assessment) -> None:
    grounds, miss = aoba.judgement.grounds, aoba.judgement.proofs.miss
    assert grounds is not None
    assert miss is not None
    worst = max(grounds.lines, key=lambda line: line.hosts)
    assert (worst.hosts, len(worst.systems), grounds.hosts_all) == (1152, 18, 2303)
    assert (len(miss.open), miss.pairs_all) == (107, 272)
    catering = next(line for line in grounds.lines if line.name.startswith("給食"))
    assert [place for place, _ in catering.way] == ["給食管理", "認証（Active Directory）"]
    assert (catering.copies_surviving, catering.copies_lost) == (2, 5)
    assert {passage.rule for passage in catering.undeclared} >= {"rt-catering/tunnel1/in#1030"}


def test_aoba_report_says_what_an_intruder_reaches_and_what_to_do(aoba: Assessment) -> None:
    report = aoba.report
    assert len(report.table("line_reach").rows) == 17  # line 12 does not reach the EHR network
    assert report.table("smallest_changes").rows
    assert len(report.table("departments").rows) == 17
    assert len(report.table("threats").rows) == 17
    assert len(report.table("assumptions").rows) == 7
    assert report.table("next_measures").rows
    assert "1,152台" in "".join(point.text.ja for point in report.section("summary").blocks[1].items)  # type: ignore[union-attr]


def test_hinata_is_an_empty_start_and_still_gets_every_file() -> None:
    assessment = assess(read_case(SAMPLES / "hinata", AT))
    assert assessment.case.register.lines == ()
    assert (assessment.level.level, assessment.level.best_possible) == (1, 3)
    assert assessment.judgement.grounds is None
    assert "line_reach" not in {section.id for section in assessment.report.sections}
    assert all(str(threat.vector) == str(threat.threat.vector) for threat in assessment.judgement.threats.threats)
    assert all(render_outputs(assessment).values())
