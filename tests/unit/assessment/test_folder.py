"""A case folder: the workbook is needed, every other part may be missing or broken."""

import hashlib
import os
from datetime import date
from pathlib import Path

import pytest

from sekisho.assessment.assess import assess
from sekisho.assessment.folder import CaseUnreadable, read_case
from sekisho.domain.facts import Unknown
from sekisho.domain.workbook.schema import Severity
from tests.unit.assessment.cases import AT
from tests.unit.assessment.folders import LINES, write_case, write_workbook


def rules_of(folder: Path, name: str) -> list[tuple[str, str, Severity]]:
    case = read_case(folder, AT)
    return [(p.rule, p.cell, p.severity) for p in case.problems if p.sheet == name]


def test_read_case_reads_every_part(tmp_path: Path) -> None:
    case = read_case(write_case(tmp_path / "青葉"), AT)
    assert case.code == "青葉"
    assert case.assessed_at == AT
    assert case.register.basics.name == "青葉みなと総合病院"
    assert [line.reference for line in case.register.lines] == ["CAF00001", "回線2"]
    assert case.register.lines[0].devices[0].model == "RTX830"
    assert isinstance(case.register.lines[1].ehr_connection, Unknown)
    assert case.declarations.of("usb_rule").value == "partly"
    assert case.declarations.of("usb_rule").remark == "口頭で伝えている"
    assert isinstance(case.declarations.of("usb_enforced").value, Unknown)
    assert case.survey.surveyed_on == date(2026, 11, 10)
    assert [seen.line_number for seen in case.survey.sightings] == [1, None]
    assert [(system.id, system.line_numbers) for system in case.systems] == [("ehr-db", (1,))]
    assert [(scan.address, scan.evidence) for scan in case.scans] == [("121.119.249.222", "nmap/line1.xml")]


def test_read_case_hashes_every_file_it_stands_on(tmp_path: Path) -> None:
    folder = write_case(tmp_path / "case")
    case = read_case(folder, AT)
    assert [source.path for source in case.sources] == [
        "workbook.xlsx", "network.yaml", "questionnaire.yaml", "survey.yaml", "nmap/line1.xml", "configs/rt1.txt",
        "devices/rt1.txt",
    ]  # fmt: skip
    for source in case.sources:
        raw = (folder / source.path).read_bytes()
        assert (source.sha256, source.size_bytes) == (hashlib.sha256(raw).hexdigest(), len(raw))


def test_read_case_says_what_it_keeps_but_does_not_read(tmp_path: Path) -> None:
    notes = [note.ja for note in read_case(write_case(tmp_path / "case"), AT).notes]
    assert any("configs" in note and "まだ読みません" in note for note in notes)
    assert any("devices" in note for note in notes)


def test_read_case_is_content_with_the_workbook_alone(tmp_path: Path) -> None:
    write_workbook(tmp_path / "workbook.xlsx")
    case = read_case(tmp_path, AT)
    assert [line.number for line in case.register.lines] == [1, 2]
    assert [source.path for source in case.sources] == ["workbook.xlsx"]
    assert ["questionnaire.yaml" in note.ja for note in case.notes] == [True]
    assert assess(case).level.level == 1


def test_read_case_takes_the_control_number_for_the_code(tmp_path: Path) -> None:
    write_workbook(tmp_path / "workbook.xlsx", control_number="NTT-0320")
    assert read_case(tmp_path, AT).code == "NTT-0320"


@pytest.mark.parametrize("lines", [[], [LINES[0]] * 3])
def test_read_case_survives_no_lines_and_lines_alike(tmp_path: Path, lines: list[dict[str, str]]) -> None:
    write_workbook(tmp_path / "workbook.xlsx", lines)
    assert len(read_case(tmp_path, AT).register.lines) == len(lines)


@pytest.mark.parametrize("name", ["questionnaire.yaml", "survey.yaml", "network.yaml", "nmap/line1.xml"])
@pytest.mark.parametrize(
    "raw", [b"\xff\xfe\x00", b"a: [1", b"\x00" * 10, b"PK\x03\x04", b"<nmaprun", b"- 1\n- 2\n", b"a: &a [*a]"]
)
def test_read_case_leaves_out_a_broken_part_and_tells_of_it(tmp_path: Path, name: str, raw: bytes) -> None:
    folder = write_case(tmp_path / "case")
    whole = read_case(folder, AT)
    (folder / name).write_bytes(raw)
    case = read_case(folder, AT)
    told = [(rule, severity) for rule, _, severity in rules_of(folder, name)]
    assert told == [("file.unreadable", Severity.ERROR)]
    assert any(name in note.ja for note in case.notes)
    assert name in [source.path for source in case.sources]
    assert case.register == whole.register
    assert len([p for p in case.problems if p.sheet != name]) >= len([p for p in whole.problems if p.sheet != name]) - 1


def test_read_case_says_on_which_line_a_file_is_wrong(tmp_path: Path) -> None:
    folder = write_case(tmp_path / "case")
    (folder / "questionnaire.yaml").write_text("controls:\n  usb_rule: yes\n  usb_rool: no\n", encoding="utf-8")
    assert rules_of(folder, "questionnaire.yaml") == [("questionnaire.no-such-question", "L3", Severity.WARNING)]


def test_read_case_does_not_take_an_unfinished_scan_for_a_clean_one(tmp_path: Path) -> None:
    folder = write_case(tmp_path / "case")
    raw = (folder / "nmap" / "line1.xml").read_bytes()
    (folder / "nmap" / "line1.xml").write_bytes(raw[: len(raw) // 2])
    case = read_case(folder, AT)
    assert case.scans == ()
    assert any("ファイルの終わりがありません" in note.ja for note in case.notes)


@pytest.mark.parametrize("name", ["questionnaire.yaml", "survey.yaml", "network.yaml"])
def test_read_case_takes_a_folder_in_place_of_a_file_for_broken(tmp_path: Path, name: str) -> None:
    folder = write_case(tmp_path / "case")
    (folder / name).unlink()
    (folder / name).mkdir()
    assert [rule for rule, _, _ in rules_of(folder, name)] == ["file.unreadable"]


def test_read_case_takes_a_dangling_link_for_broken(tmp_path: Path) -> None:
    folder = write_case(tmp_path / "case")
    (folder / "survey.yaml").unlink()
    os.symlink(tmp_path / "nowhere", folder / "survey.yaml")
    assert [rule for rule, _, _ in rules_of(folder, "survey.yaml")] == ["file.unreadable"]


def test_read_case_never_repeats_a_secret(tmp_path: Path) -> None:
    folder = write_case(tmp_path / "case")
    (folder / "questionnaire.yaml").write_text(
        "controls:\n  usb_rule: {value: yes, remark: 'PW: Tops3cret!'}\n  Tops3cret!: yes\npasswords: {rt1: Tops3cret!}\n",
        encoding="utf-8",
    )
    (folder / "survey.yaml").write_text("sightings:\n  - {remarks: 'パスワードは Tops3cret!'}\n", encoding="utf-8")
    (folder / "network.yaml").write_text('nodes: "Tops3cret!\n', encoding="utf-8")
    assert "Tops3cret" not in repr(read_case(folder, AT))


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04", b"not a workbook", "folder"])
def test_read_case_refuses_without_a_workbook_it_can_read(tmp_path: Path, content: bytes | str | None) -> None:
    target = tmp_path / "workbook.xlsx"
    if content == "folder":
        target.mkdir()
    elif isinstance(content, bytes):
        target.write_bytes(content)
    with pytest.raises(CaseUnreadable) as refused:
        read_case(tmp_path, AT)
    assert "workbook.xlsx" in refused.value.message.ja
    assert refused.value.message.en


def test_read_case_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CaseUnreadable) as refused:
        read_case(tmp_path / "nowhere", AT)
    assert "nowhere" in refused.value.message.ja
