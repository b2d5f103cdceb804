"""A case folder: the workbook is needed, every other part may be missing or broken."""

import hashlib
import os
from datetime import date
from pathlib import Path

import pytest

from sekisho.assessment.assess import assess
from sekisho.assessment.folder import CaseUnreadable, read_case
from sekisho.assessment.judgement import judge_case
from sekisho.assessment.plain import judgement_to_plain
from sekisho.domain.facts import Unknown
from sekisho.domain.tri import Tri
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
    assert any("configs" in note and "どの装置の設定か書かれていない" in note for note in notes)
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


CONFIGURED = """
segments: [{id: ehr, cidr: 10.10.0.0/24}]
nodes: [{id: ehr-db, name: 電子カルテ, addresses: [10.10.0.10], role: ehr, critical: 3, listens: [tcp/445]}]
lines: [{id: line-1, number: 1, terminates: {device: rt, interface: lan2}, source: 203.0.113.0/24}]
devices: [{id: rt, config: configs/rt.txt}]
"""
RTX = """# RTX830 Rev.15.02.22
ip lan1 address 10.10.0.1/24
ip lan2 address 203.0.113.14/29
ip lan2 secure filter in 1000
ip filter 1000 pass 203.0.113.0/24 10.10.0.10 tcp * 445
login password Tops3cret!
"""


def test_read_case_reads_the_configurations_that_the_network_names(tmp_path: Path) -> None:
    folder = write_case(tmp_path / "case")
    (folder / "network.yaml").write_text(CONFIGURED, encoding="utf-8")
    (folder / "configs" / "rt.txt").write_text(RTX, encoding="utf-8")
    case = read_case(folder, AT)
    assert case.network is not None
    assert [ruleset.source for ruleset in case.network.rulesets] == ["parsed:configs/rt.txt"]
    judgement = judge_case(case)
    assert judgement.grounds is not None
    assert judgement.grounds.lines[0].hosts == 1
    assert judgement.grounds.lines[0].undeclared[0].rule == "rt/lan2/in#1000"
    assert "Tops3cret" not in repr(judgement_to_plain(judgement))
    note = next(note.ja for note in case.notes if "configs" in note.ja)
    assert "1 件" in note  # rt1.txt, which no device names


def test_read_case_with_a_named_configuration_that_is_missing_proves_nothing_of_it(tmp_path: Path) -> None:
    folder = write_case(tmp_path / "case")
    (folder / "network.yaml").write_text(CONFIGURED, encoding="utf-8")
    case = read_case(folder, AT)
    assert "network.config-missing" in [problem.rule for problem in case.problems]
    judgement = judge_case(case)
    assert judgement.grounds is not None
    assert judgement.grounds.lines[0].ends_at_device is Tri.UNKNOWN


def test_read_case_with_a_broken_network_is_judged_without_it(tmp_path: Path) -> None:
    folder = write_case(tmp_path / "case")
    (folder / "network.yaml").write_text("segments: [", encoding="utf-8")
    case = read_case(folder, AT)
    assert case.network is None
    assert judge_case(case).grounds is None


def test_read_case_takes_answers_about_threats(tmp_path: Path) -> None:
    folder = write_case(tmp_path / "case")
    (folder / "questionnaire.yaml").write_text(
        "controls: {vendor_remote_mfa: いいえ, staff_entries_parted: はい}\n", encoding="utf-8"
    )
    case = read_case(folder, AT)
    assert case.declarations.of("vendor_remote_mfa").value == "no"
    # What only the engine may answer cannot be declared.
    assert "questionnaire.no-such-question" in [problem.rule for problem in case.problems]


def test_a_configuration_called_like_a_device_takes_the_place_of_what_was_declared(tmp_path: Path) -> None:
    folder = write_case(tmp_path / "case")
    (folder / "network.yaml").write_text(
        """
segments: [{id: lan, cidr: 192.168.10.0/24}]
nodes: [{id: sv, addresses: [192.168.10.10], listens: [tcp/445]}]
devices: [{id: rt, interfaces: [{id: lan1, segment: lan, address: 192.168.10.1}]}]
rulesets: [{device: rt, at: {interface: lan1, direction: in}, default: permit, rules: []}]
""",
        encoding="utf-8",
    )
    (folder / "configs" / "rt.txt").write_text(RTX, encoding="utf-8")
    case = read_case(folder, AT)
    assert case.network is not None
    assert {ruleset.source for ruleset in case.network.rulesets} == {"parsed:configs/rt.txt"}
    assert any("rt" in note.ja and "設定ファイル" in note.ja for note in case.notes)


def test_configurations_alone_make_a_network(tmp_path: Path) -> None:
    folder = write_case(tmp_path / "case")
    (folder / "network.yaml").unlink(missing_ok=True)
    for other in (folder / "configs").iterdir():
        other.unlink()
    (folder / "configs" / "rt.txt").write_text(RTX, encoding="utf-8")
    case = read_case(folder, AT)
    assert case.network is not None
    assert [device.id for device in case.network.devices] == ["rt"]
    assert case.network.rulesets


def test_a_configuration_that_cannot_be_read_is_told_and_the_rest_is_used(tmp_path: Path) -> None:
    folder = write_case(tmp_path / "case")
    (folder / "network.yaml").unlink(missing_ok=True)
    (folder / "configs" / "rt.txt").write_text(RTX, encoding="utf-8")
    (folder / "configs" / "picture.txt").write_bytes(bytes(range(256)) * 40)
    case = read_case(folder, AT)
    assert case.network is not None
    assert "rt" in {device.id for device in case.network.devices}
    assert any(note.ja.startswith("configs/picture.txt") for note in case.notes)
