"""The sample hospitals as files: they are what the script makes, they hold the slips they should, and nothing real."""

import ipaddress
import re
import unicodedata
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from PIL import Image

from scripts import make_samples
from scripts.sample_data.floor_plans import FLOORS, floor_svg
from sekisho.adapters.nmap.parse import parse_nmap_xml
from sekisho.adapters.questionnaire_file import read_questionnaire
from sekisho.adapters.survey_file import read_survey
from sekisho.adapters.workbooks.check import CheckedWorkbook, check_workbook
from sekisho.adapters.yaml_file import read_yaml
from sekisho.assessment.folder import read_case
from sekisho.catalogue.levels import load_level_rules
from sekisho.catalogue.samples import SAMPLES, sample_folder
from sekisho.catalogue.threat_tables import load_threats
from sekisho.domain.facts import Unknown
from sekisho.domain.judgement.level import Control, Grade
from sekisho.domain.judgement.level_rules import judge_level
from sekisho.domain.register.diff import to_register
from sekisho.domain.register.records import Register
from sekisho.domain.tri import Tri

AOBA = sample_folder("aoba")
ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
HOST = re.compile(r"@([\w.-]+)|\b([\w-]+\.example(?:\.\w+)?)\b")
SAYS_SECRET = re.compile(
    r"password|passwd|secret|pre-shared|community|\bkey\b|authentication|snmp manager|login user|pp auth", re.IGNORECASE
)
SECRET_FREE = re.compile(
    r"encrypted \*$|^service password-encryption|^ pp auth accept|^config authentication-rule|set type password"
    r"|authentication myname|^\s*config authentication-rule|^aaa|^! "
)


@pytest.fixture(scope="module")
def checked() -> CheckedWorkbook:
    return check_workbook(AOBA / "workbook.xlsx")


@pytest.fixture(scope="module")
def register(checked: CheckedWorkbook) -> Register:
    return to_register(checked.book)


def _texts(folder: Path) -> list[tuple[str, str]]:
    """Return name and text of every file of a sample, the workbook's cells among them."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".txt", ".conf", ".yaml", ".xml", ".md", ".svg"}:
            raw = path.read_bytes()
            try:
                found.append((path.name, raw.decode()))
            except UnicodeDecodeError:
                found.append((path.name, raw.decode("cp932")))
    workbook = load_workbook(folder / "workbook.xlsx")
    cells = [str(c.value) for sheet in workbook for row in sheet.iter_rows() for c in row if c.value is not None]
    return [*found, ("workbook.xlsx", "\n".join(cells))]


def _told(checked: CheckedWorkbook) -> list[tuple[str, int | None, str]]:
    return [(problem.rule, problem.row, problem.value) for problem in checked.problems]


class TestMade:
    @pytest.mark.parametrize("name", SAMPLES)
    def test_the_committed_workbook_says_what_the_script_makes(self, name):
        kept = check_workbook(sample_folder(name) / "workbook.xlsx")
        made = check_workbook(make_samples.build_workbook(name))
        assert to_register(kept.book) == to_register(made.book)
        assert _told(kept) == _told(made)

    def test_making_twice_gives_the_same_bytes(self):
        assert make_samples.build_workbook("aoba") == make_samples.build_workbook("aoba")

    @pytest.mark.parametrize("floor", FLOORS, ids=lambda floor: floor.key)
    def test_plans_are_drawn_from_the_committed_data(self, floor):
        folder = AOBA / "floor-plans"
        assert (folder / f"{floor.key}.svg").read_text(encoding="utf-8") == floor_svg(floor)
        with Image.open(folder / f"{floor.key}.png") as picture:
            assert picture.info[make_samples.DRAWN_FROM] == sha256(floor_svg(floor).encode()).hexdigest()
            assert picture.size == (1800, 1200)

    def test_plans_are_pasted_into_the_sheet_for_them(self, checked):
        places = checked.book.sheet("places")
        assert places is not None
        assert places.pictures == len(FLOORS) == 2

    def test_plans_mark_every_line_and_every_pc_once(self, register):
        marks = Counter(mark for floor in FLOORS for room in floor.rooms for mark in room.marks)
        expected = [f"回線{line.number}" for line in register.lines] + [f"No.{pc.number}" for pc in register.terminals]
        assert marks == Counter(expected)

    def test_every_place_is_a_room_of_the_plans(self, register):
        rooms = {
            (floor.key, mark): room.name.lstrip("*") for floor in FLOORS for room in floor.rooms for mark in room.marks
        }
        for line in register.lines:
            ((floor, room),) = [(key, room) for (key, mark), room in rooms.items() if mark == f"回線{line.number}"]
            assert f"{floor} {room}" in " ".join(str(line.terminator_location).split()), line.number


class TestWorkbook:
    def test_it_has_the_counts_of_the_story(self, register):
        assert len(register.lines) == 18
        assert sum(len(line.devices) for line in register.lines) == 27
        assert len(register.terminals) == 5
        assert register.basics.beds == 320

    def test_lines_are_mixed_as_hospitals_have_them(self, register):
        kinds = Counter(line.communication for line in register.lines)
        closed = sum(kinds[code] for code in ("ip_vpn", "leased_line", "other_closed"))
        assert (closed, kinds["internet"] + kinds["internet_vpn"], kinds["closed_mobile"]) == (11, 6, 1)
        assigned = Counter(line.address_assignment for line in register.lines)
        assert (assigned["fixed"], assigned["dynamic"]) == (3, 3)

    def test_the_check_tells_exactly_the_slips(self, checked):
        expected = Counter(rule for flaw in make_samples.sample_flaws("aoba") for rule in flaw["expect"])
        told = Counter(problem.rule for problem in checked.problems)
        assert told - Counter(_no_slips(checked)) == expected

    def test_each_slip_is_told_at_its_cell(self, checked):
        form = make_samples.filled_form("aoba")
        told = {(problem.sheet, problem.cell, problem.rule) for problem in checked.problems}
        for flaw in make_samples.sample_flaws("aoba"):
            worksheet, cell = make_samples.slip_place(form, flaw)
            for rule in flaw["expect"]:
                assert (worksheet.title, cell, rule) in told, flaw["id"]

    def test_what_is_merely_untidy_is_read_as_meant(self, register):
        lines = {line.number: line for line in register.lines}
        assert lines[4].global_address == "203.0.113.14"
        assert lines[5].terminator_location == "本館 2F サーバ室 Aラック"
        assert lines[7].devices[0].model == "IX2105"
        assert lines[15].devices[0].manufactured_year == 2012

    def test_the_rest_is_read_as_the_hospital_meant_it(self, register):
        meant = make_samples.sample_register("aoba")
        slips = {(f.get("sheet"), f.get("row"), f["column"]) for f in make_samples.sample_flaws("aoba") if f["expect"]}
        for line, wanted in zip(register.lines, meant.lines, strict=True):
            for column in ("purpose", "line_kind", "communication", "carrier", "circuit_id", "vendor_name", "devices"):
                if ("lines", line.number, column) not in slips:
                    assert _narrow(getattr(line, column)) == _narrow(getattr(wanted, column)), (line.number, column)
        assert [t.host_name for t in register.terminals] == [t.host_name for t in meant.terminals]

    def test_unknowns_keep_their_reasons(self, register):
        version = register.lines[10].devices[0].software_version
        assert version == Unknown("業者が廃業しており聞く先がない")

    def test_the_empty_start_has_basics_and_nothing_else(self):
        small = check_workbook(sample_folder("hinata") / "workbook.xlsx")
        register = to_register(small.book)
        assert (register.basics.beds, register.lines, register.terminals) == (24, (), ())
        assert {p.name for p in sample_folder("hinata").iterdir()} == {"workbook.xlsx", "README.ja.md"}


def _narrow(answer: object) -> str:
    """Return an answer without the difference between wide and narrow signs, which reading evens out."""
    return unicodedata.normalize("NFKC", repr(answer))


def _no_slips(checked: CheckedWorkbook) -> list[str]:
    """Return the rules told of what is right: a sample holds nobody's real address; line 12 is out of scope."""
    kinds = ("documentation-address", "no-ehr-connection-out-of-scope")
    return [problem.rule for problem in checked.problems if problem.rule in kinds]


class TestTogether:
    """The files beside the workbook speak of the same hospital."""

    @pytest.fixture(scope="class")
    @classmethod
    def plan(cls) -> dict[str, Any]:
        return read_yaml((AOBA / "network.yaml").read_bytes()).value

    def test_every_line_has_its_counterpart(self, plan, register):
        assert [line["number"] for line in plan["lines"]] == [line.number for line in register.lines]

    def test_circuit_ids_agree_but_for_the_two_slips(self, plan, register):
        written = {line.number: line.circuit_id for line in register.lines}
        differing = [line["number"] for line in plan["lines"] if line.get("circuit") != written[line["number"]]]
        assert differing == [13, 15]

    def test_every_device_has_its_counterpart(self, plan, register):
        listed = {(line.number, device.position) for line in register.lines for device in line.devices}
        drawn = {(device["line"], device["position"]) for device in plan["devices"] if "line" in device}
        assert listed - drawn == {(14, 1)}  # line 14 shares the router of line 2
        assert drawn <= listed

    def test_configurations_and_outputs_are_named_after_devices(self, plan):
        devices = {device["id"] for device in plan["devices"]}
        for kind in ("configs", "devices"):
            names = {path.stem for path in (AOBA / kind).iterdir()}
            assert names
            assert names <= devices

    def test_outputs_show_the_versions_of_the_sheet(self, plan, register):
        lines = {line.number: line for line in register.lines}
        for path in (AOBA / "devices").iterdir():
            device = next(device for device in plan["devices"] if device["id"] == path.stem)
            if "line" not in device:
                continue
            version = lines[device["line"]].devices[device["position"] - 1].software_version
            text = path.read_bytes().decode("cp932")
            assert str(version) in text, path.name

    def test_the_questionnaire_answers_every_question_without_a_problem(self):
        rules, threats = load_level_rules(), load_threats()
        raw = (AOBA / "questionnaire.yaml").read_bytes()
        answers = read_questionnaire(raw, rules, further=threats.own_questions)
        assert answers.problems == ()
        # What its network.yaml answers, and what staff without remote access are asked, is left out.
        left_out = {"vendor_remote_mfa", "offline_backup", "entries_parted"}
        left_out |= {"staff_remote_mfa", "remote_screen_only", "remote_terminal_checked"}
        asked = {fact.key for fact in (*rules.facts, *threats.own_questions)}
        assert set(answers.declarations.facts) == asked - left_out

    def test_the_pre_interview_has_every_readable_item(self):
        written = read_yaml((AOBA / "questionnaire.yaml").read_bytes()).value["pre_interview"]
        assert set("アイウエオカキケコサシスセソタチツテトナニヌネ") <= set(written)
        assert "ク" not in written

    def test_the_survey_found_two_terminators_that_no_list_has(self, register):
        seen = read_survey((AOBA / "survey.yaml").read_bytes(), register.lines)
        assert seen.problems == ()
        assert len([s for s in seen.survey.sightings if s.line_number is None]) == 2
        assert {pc.number: pc.host_name for pc in seen.survey.terminals} == {
            pc.number: pc.host_name for pc in register.terminals
        }

    def test_the_survey_found_the_terminator_of_every_line(self, register):
        seen = read_survey((AOBA / "survey.yaml").read_bytes(), register.lines).survey
        found = {s.line_number for s in seen.sightings}
        assert {line.number for line in register.lines} - found == {14}  # shares the terminator of line 2

    def test_scans_are_of_lines_that_wish_one(self, register):
        wishing = {line.global_address for line in register.lines if line.scan_wanted == "wanted"}
        scans = [s for p in sorted((AOBA / "nmap").iterdir()) for s in parse_nmap_xml(p.read_bytes()).scans]
        assert {scan.address for scan in scans} <= wishing
        assert [[port.name for port in scan.open_ports] for scan in scans] == [[], ["443/tcp", "500/udp"]]


class TestStory:
    """What the tutorial tells is what Sekisho says."""

    def test_the_hospital_is_at_level_1_and_the_survey_outranks_its_own_answer(self):
        case = read_case(AOBA, datetime(2026, 11, 21, 12, tzinfo=UTC))
        level = judge_level(case.register, case.declarations, case.survey, load_level_rules())
        assert (level.level, level.urgent) == (1, False)
        grades = {verdict.control: verdict.grade for verdict in level.controls}
        assert grades == {Control.EXTERNAL: Grade.PARTIAL, Control.MEDIA: Grade.PARTIAL, Control.INTERNAL: Grade.NONE}
        listed = next(p for p in level.control(Control.EXTERNAL).predicates if p.rule_id.endswith("all-lines-known"))
        assert listed.outcome is Tri.NO

    def test_mending_the_slips_as_the_tutorial_says_leaves_no_error(self):
        untidy = [flaw for flaw in make_samples.sample_flaws("aoba") if not flaw["expect"]]
        mended = check_workbook(make_samples.build_workbook("aoba", untidy))
        assert not mended.has_errors
        assert {problem.rule for problem in mended.problems} == set(_no_slips(mended))

    def test_the_tutorial_names_files_that_are_there(self):
        text = (Path(make_samples.ROOT) / "docs/tutorials/sample-hospital.ja.md").read_text(encoding="utf-8")
        for name in (
            "workbook.xlsx",
            "network.yaml",
            "questionnaire.yaml",
            "survey.yaml",
            "configs/rt-catering.txt",
            "nmap/line-04.xml",
        ):
            assert name in text
            assert (AOBA / name).is_file()


class TestNothingReal:
    @pytest.mark.parametrize("name", SAMPLES)
    def test_no_address_of_anybody(self, name):
        real = [
            (file, address)
            for file, text in _texts(sample_folder(name))
            for address in ADDRESS.findall(text)
            if all(int(part) < 256 for part in address.split(".")) and ipaddress.ip_address(address).is_global
        ]
        assert real == []

    @pytest.mark.parametrize("name", SAMPLES)
    def test_mail_addresses_lead_nowhere(self, name):
        hosts = {host for _, text in _texts(sample_folder(name)) for host in re.findall(r"[\w.+-]+@([\w.-]+)", text)}
        assert [host for host in hosts if not host.endswith((".example.jp", "example.jp"))] == []

    def test_configurations_hold_secrets_that_are_plainly_no_secrets(self):
        suspicious = [
            (path.name, line)
            for path in sorted((AOBA / "configs").iterdir())
            for line in path.read_text(encoding="utf-8").splitlines()
            if SAYS_SECRET.search(line) and "FAKE-SECRET" not in line and not SECRET_FREE.search(line)
        ]
        assert suspicious == []

    def test_every_kind_of_configuration_holds_some_to_redact(self):
        for path in (AOBA / "configs").iterdir():
            assert "FAKE-SECRET-DO-NOT-USE" in path.read_text(encoding="utf-8"), path.name

    def test_no_secret_stands_outside_the_configurations(self):
        leaking = [name for name, text in _texts(AOBA) if "FAKE-SECRET-DO" in text]
        assert sorted(leaking) == sorted(path.name for path in (AOBA / "configs").iterdir())

    def test_serial_numbers_are_made_up(self):
        for path in (AOBA / "devices").iterdir():
            for serial in re.findall(
                r"(?:serial[=:]\s*|Serial No\. : |Serial-Number: |board ID )(\w+)", path.read_bytes().decode("cp932")
            ):
                assert re.fullmatch(r"[A-Z0-9]{0,10}0{4,}\d*", serial), (path.name, serial)

    def test_an_unknown_sample_is_refused(self):
        with pytest.raises(KeyError):
            sample_folder("../aoba")
