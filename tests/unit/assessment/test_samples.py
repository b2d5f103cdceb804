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


def test_aoba_is_level_1_with_a_flat_inside(aoba: Assessment) -> None:
    assert (aoba.level.level, aoba.level.best_possible, aoba.level.urgent) == (1, 1, False)
    assert aoba.level.control(Control.INTERNAL).grade is Grade.NONE
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


def test_hinata_is_an_empty_start_and_still_gets_every_file() -> None:
    assessment = assess(read_case(SAMPLES / "hinata", AT))
    assert assessment.case.register.lines == ()
    assert (assessment.level.level, assessment.level.best_possible) == (1, 3)
    assert all(render_outputs(assessment).values())
