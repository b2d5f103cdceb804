"""A hospital's folder becomes its documents, whatever is broken in it; and unknown is never good."""

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from docx import Document
from openpyxl import load_workbook

from tests.acceptance.running import COMMAND, is_refusal, run
from tests.acceptance.workbooks import LINE, filled, line

AT = ("--at", "2026-11-21T09:00:00+09:00")
FILES = {"assessment.json", "overview.drawio", "overview.svg", "report.docx", "report.pdf", "report.xlsx"}
MOST_MEMORY = 500 * 1024
MEASURED = (
    "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:]); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(done.returncode)"
)
"""Runs a command and adds the most memory it held, in kilobytes, to its stderr."""
SAMPLE = Path(__file__).parents[2] / "src/sekisho/catalogue/samples/aoba"
CONNECTIONS = "外部接続点の見える化"


def case_in(folder: Path, lines: list, **files: str | bytes) -> Path:
    folder.mkdir()
    filled(lines).save(folder / "workbook.xlsx")
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_x_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def documents(case: Path, out: Path) -> dict:
    done = run("assess", case, "--out", out, "--json", *AT)
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    assert {path.name for path in out.iterdir()} == FILES
    for name in ("overview.svg", "overview.drawio"):
        ElementTree.parse(out / name)
    return json.loads(done.stdout)


def connections_of_pdf(path: Path) -> str:
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, encoding="utf-8", check=True).stdout
    return re.search(rf"^1\. {CONNECTIONS}$(.*?)^2\. ", text, re.DOTALL | re.MULTILINE).group(1)


@pytest.mark.parametrize("count", [1, 40])
def test_every_line_stands_once_in_the_connections_of_each_document(count, tmp_path):
    lines = [line(number) for number in range(1, count + 1)]
    documents(case_in(tmp_path / "case", lines), tmp_path / "out")
    ids = [str(record["回線ID"]) for record in lines]
    pdf = connections_of_pdf(tmp_path / "out/report.pdf")
    assert re.findall(r"^\s*\d+\s+(CAF\d{5})\s", pdf, re.MULTILINE) == ids
    table = Document(tmp_path / "out/report.docx").tables[0]
    assert [row.cells[1].text for row in table.rows[1:]] == ids
    sheet = load_workbook(tmp_path / "out/report.xlsx")[CONNECTIONS]
    assert [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)] == ids


def test_a_hospital_that_knows_nothing_gets_its_documents_and_its_questions(tmp_path):
    case = case_in(tmp_path / "case", [dict.fromkeys(LINE, "不明")] * 3)
    document = documents(case, tmp_path / "out")
    assert document["level"]["level"] == 1
    assert len(Document(tmp_path / "out/report.docx").tables[0].rows) == 4


def test_the_same_case_at_the_same_time_gives_the_same_files(tmp_path):
    case = case_in(tmp_path / "case", [line(1), line(2)])
    documents(case, tmp_path / "a")
    documents(case, tmp_path / "b")
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


ALIASES = "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c]\n"
BROKEN = {
    "tabs": {"questionnaire_x_yaml": "controls:\n\tusb_rule: yes\n"},
    "aliases": {"questionnaire_x_yaml": ALIASES + "controls: [*d,*d,*d]\n", "network_x_yaml": ALIASES + "nodes: [*d,*d]\n"},
    "types": {"questionnaire_x_yaml": "controls: [1]\n", "network_x_yaml": "nodes: 5\nlines: {a: b}\n", "survey_x_yaml": "- 1\n"},
    "empty": {"survey_x_yaml": "", "network_x_yaml": "", "nmap__a_x_xml": "", "configs__r_x_txt": "", "devices__d_x_txt": ""},
    "bytes": {"questionnaire_x_yaml": bytes(range(256)), "nmap__a_x_xml": b"\0" * 99},
    "other-tool": {"nmap__a_x_xml": "<NessusClientData_v2/>", "nmap__b_x_xml": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><nmaprun>&a;</nmaprun>'},
    "deep": {"questionnaire_x_yaml": "[" * 50_000, "nmap__a_x_xml": "<a>" * 50_000},
    "huge": {"network_x_yaml": b"nodes:\n" + b"  - {id: n}\n" * 4_000_000, "nmap__a_x_xml": b"<nmaprun>" + b"<a/>" * 12_000_000 + b"</nmaprun>"},
    "orders": {"questionnaire_x_yaml": 'controls: !!python/object/apply:os.system ["true"]\n'},
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_part_is_told_and_the_rest_is_done_in_little_memory(name, tmp_path):
    case = case_in(tmp_path / "case", [line(1)], **BROKEN[name])
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *COMMAND, "assess", case, "--out", tmp_path / "out", "--json", *AT],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip().isdigit(), "nothing but the measured kilobytes"
    problems = json.loads(done.stdout)["problems"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    if name != "empty":
        assert any(str(problem["sheet"]).endswith((".yaml", ".xml")) for problem in problems)
    assert int(done.stderr) < MOST_MEMORY


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 nonsense"], ids=["none", "empty", "cut"])
def test_a_case_without_a_workbook_is_refused_and_nothing_is_written(content, tmp_path):
    case = tmp_path / "case"
    case.mkdir()
    if content is not None:
        (case / "workbook.xlsx").write_bytes(content)
    assert is_refusal(run("assess", case, "--out", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


# ---- the level ----


@pytest.fixture
def judged(tmp_path):
    def judge(answers: dict) -> dict:
        case = tmp_path / "case"
        case.mkdir(exist_ok=True)
        (case / "workbook.xlsx").write_bytes((SAMPLE / "workbook.xlsx").read_bytes())
        (case / "questionnaire.yaml").write_text(yaml.safe_dump({"controls": answers}, allow_unicode=True))
        return json.loads(run("judge", case, "--json", *AT).stdout)["level"]

    return judge


def answers(value: str | None = None) -> dict[str, object]:
    controls = yaml.safe_load((SAMPLE / "questionnaire.yaml").read_text(encoding="utf-8"))["controls"]
    return {key: value or given for key, given in controls.items()}


def test_every_verdict_says_its_rule_its_inputs_and_what_is_missing(judged):
    level = judged(answers())
    verdicts = [verdict for control in level["controls"] for verdict in control["predicates"]]
    assert len(verdicts) >= 10
    for verdict in verdicts:
        assert verdict["rule"].startswith("level.")
        assert verdict["version"]
        assert verdict["because"]["ja"]
        assert verdict["because"]["en"]
        assert verdict["outcome"] in ("yes", "no", "unknown")
        if verdict["outcome"] == "unknown":
            assert verdict["missing"], verdict["rule"]
        else:
            assert verdict["inputs"], verdict["rule"]


def test_an_answer_turned_unknown_never_raises_anything(judged):
    grades = {"none": 0, "unknown": 0, "partial": 1, "full": 2}
    known = answers("yes")
    before = judged(known)
    for key in known:
        after = judged(known | {key: "不明"})
        assert after["level"] <= before["level"], key
        assert after["best_possible"] <= before["best_possible"], key
        for old, new in zip(before["controls"], after["controls"], strict=True):
            assert grades[new["grade"]] <= grades[old["grade"]], (key, new["control"])


def test_nothing_but_unknown_is_level_one(judged):
    assert judged(answers("不明"))["level"] == 1
