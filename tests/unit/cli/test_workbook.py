"""The `sekisho workbook` command as people run it: a process with arguments, an exit status and two streams."""

import json
import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from tests.unit.adapters.workbooks.books import DEVICE, LINE, LINES, book, repacked
from tests.unit.adapters.workbooks.test_hostile import sheet_xml, with_sheet

COMMAND = [sys.executable, "-m", "sekisho.cli.main"]
MOST_MEMORY = 500 * 1024 * 1024


def run(*arguments: object, lang: str = "ja_JP.UTF-8", **options) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "LANG": lang, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    environment |= options.pop("environment", {})
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        timeout=120,
        check=False,
        **options,
    )


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "別紙2-1.xlsx"
    path.write_bytes(book())
    return path


def put(folder: Path, content: bytes, name: str = "book.xlsx") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def cannot(result: subprocess.CompletedProcess[str]) -> str:
    """The one line of a command that could not do its work."""
    assert result.returncode == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    (line,) = result.stderr.splitlines()
    return line


# ---- check ----


def test_check_prints_the_document_that_others_rely_on(file):
    result = run("workbook", "check", file)
    assert result.returncode == 1
    assert result.stderr == ""
    document = json.loads(result.stdout)
    assert set(document) == {"edition", "sheets", "lines", "terminals", "basic", "problems"}
    assert document["edition"] == "1.0"
    assert [sheet["key"] for sheet in document["sheets"]] == ["basic", "lines", "terminals", "places"]
    (line,) = document["lines"]
    assert line["number"] == 1
    assert line["communication"] == "インターネットVPN"
    assert line["circuit_number"] is None
    assert line["devices"][0]["maker"] == "Cisco"
    assert document["basic"]["beds"] == 320
    assert document["basic"]["contacts"][0]["phone"] == "03-1234-5678"
    assert len(document["terminals"]) == 5
    for problem in document["problems"]:
        assert {"sheet", "cell", "rule", "severity", "message"} <= set(problem)
        assert problem["severity"] in {"error", "warning"}


def test_check_tells_unknown_from_unanswered(tmp_path):
    path = put(tmp_path, book([(LINE | {"circuit_id": "不明（ベンダ確認中）"}, DEVICE)]))
    (line,) = json.loads(run("workbook", "check", path).stdout)["lines"]
    assert line["circuit_id"] == "不明"
    assert line["reasons"] == {"circuit_id": "ベンダ確認中"}


def test_check_of_a_perfect_workbook_is_status_0(tmp_path):
    def change(workbook):
        basics = workbook.worksheets[0]
        for row in basics.iter_rows():
            if row[0].value == "メールアドレス":
                row[1].value = "joho@example.jp"

    picture = b'<xdr:wsDr xmlns:xdr="x"><xdr:pic/></xdr:wsDr>'
    relation = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/drawing" Target="../drawings/drawing1.xml"/></Relationships>'
    )
    content = repacked(
        book(change=change),
        extra={"xl/drawings/drawing1.xml": picture, "xl/worksheets/_rels/sheet4.xml.rels": relation},
    )
    result = run("workbook", "check", put(tmp_path, content))
    assert json.loads(result.stdout)["problems"] == []
    assert result.returncode == 0


def test_check_speaks_english_when_asked_or_when_the_system_does(file):
    for result in (
        run("workbook", "check", file, "--lang", "en"),
        run("--lang=en", "workbook", "check", file),
        run("workbook", "check", file, lang="en_GB.UTF-8"),
    ):
        problems = json.loads(result.stdout)["problems"]
        assert all(problem["message"] == problem["message_en"] for problem in problems)
    japanese = json.loads(run("workbook", "check", file, "--lang", "ja", lang="en_GB.UTF-8").stdout)["problems"]
    assert all(problem["message"] != problem["message_en"] for problem in japanese)


def test_check_prints_for_people(file):
    result = run("workbook", "check", file, "--text")
    first, *problems = result.stdout.splitlines()
    assert "回線 1件" in first
    assert all(line.startswith(("×", "△")) for line in problems)
    assert "「設置場所記入シート」" in result.stdout


@pytest.mark.parametrize(
    "place", [["--json", "workbook", "check"], ["workbook", "--json", "check"], ["workbook", "check", "--json"]]
)
def test_json_may_stand_anywhere_and_wins_over_text(file, place):
    assert json.loads(run(*place, file, "--text").stdout)["edition"] == "1.0"


def test_check_drops_credentials(tmp_path):
    def change(workbook):
        ws = workbook.create_sheet("アカウント（ログインID）・パスワードリスト")
        ws.append(["メーカー", "アカウント", "パスワード"])
        ws.append(["Cisco", "admin", "Zx9-hunter2"])

    result = run(
        "workbook", "check", put(tmp_path, book([(LINE | {"remarks": "ID: admin / PW: Zx9-hunter2"}, DEVICE)], change))
    )
    assert result.returncode == 1
    assert "Zx9" not in result.stdout + result.stderr
    found = [p for p in json.loads(result.stdout)["problems"] if p["rule"] == "credentials-present"]
    assert len(found) == 2
    assert {p["severity"] for p in found} == {"error"}


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "空"),
        (b"a,b,c\n", "CSV"),
        (b"<html></html>", "HTML"),
        (book()[:5000], "途中で切れている"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096, ".xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "パスワード"),
    ],
)
def test_check_refuses_in_one_line_with_what_to_do(tmp_path, content, word):
    line = cannot(run("workbook", "check", put(tmp_path, content)))
    assert word in line
    assert line.startswith("book.xlsx：")


def test_check_of_no_file_is_one_line(tmp_path):
    assert "開けません" in cannot(run("workbook", "check", tmp_path / "ない.xlsx"))
    assert "cannot be opened" in cannot(run("workbook", "check", tmp_path / "none.xlsx", "--lang", "en"))
    cannot(run("workbook", "check", tmp_path))


def test_names_that_are_no_text_do_not_stop_the_command(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff\xfe.xlsx"
    with open(path, "wb") as file:
        file.write(b"a,b\n")
    assert "CSV" in cannot(run("workbook", "check", os.fsdecode(path)))


def test_a_locale_without_japanese_does_not_stop_the_command(file):
    result = run(
        "workbook", "check", file, "--text", lang="C", environment={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    )
    assert result.returncode == 1
    assert "設置場所" in result.stdout


# ---- arguments ----


@pytest.mark.parametrize(
    "arguments",
    [
        ["workbook"],
        ["workbook", "check"],
        ["workbook", "chek", "x"],
        ["nothing"],
        ["workbook", "check", "x", "y"],
        ["--bogus"],
        ["workbook", "check", "--lang", "fr", "x"],
    ],
)
def test_wrong_arguments_are_told_in_one_line(arguments):
    assert "--help" in cannot(run(*arguments))


def test_no_arguments_show_the_help():
    result = run()
    assert result.returncode == 2
    assert "workbook" in result.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["workbook"], ["workbook", "check"], ["workbook", "template"], ["workbook", "mark"]]
)
def test_every_command_has_help_in_both_languages(arguments):
    result = run(*arguments, "--help")
    assert result.returncode == 0
    assert "この説明を表示する / show this help" in result.stdout
    assert "--json" in result.stdout


def test_the_version_is_told():
    assert run("--version").stdout.strip().count(".") == 2


# ---- template and mark ----


def test_template_writes_a_blank_form_that_checks(tmp_path):
    out = tmp_path / "様式.xlsx"
    result = run("workbook", "template", out)
    assert (result.returncode, result.stderr) == (0, "")
    assert LINES.title.ja in openpyxl.load_workbook(out).sheetnames
    document = json.loads(run("workbook", "check", out).stdout)
    assert document["lines"] == []
    assert "credentials-present" not in {problem["rule"] for problem in document["problems"]}


def test_mark_writes_the_same_file_with_its_problems(tmp_path):
    path = put(tmp_path, book([(LINE | {"communication": "衛星"}, DEVICE)]))
    before = path.read_bytes()
    out = tmp_path / "marked.xlsx"
    result = run("workbook", "mark", path, out, "--json")
    assert result.returncode == 1
    document = json.loads(result.stdout)
    assert document["written"] == str(out)
    (problem,) = [p for p in document["problems"] if p["rule"] == "not-in-list"]
    cell = openpyxl.load_workbook(out)[problem["sheet"]][problem["cell"]]
    assert cell.value == "衛星"
    assert cell.comment or cell.fill.fgColor.rgb != "00000000"
    assert path.read_bytes() == before


@pytest.mark.parametrize("action", ["template", "mark"])
def test_nothing_is_half_written(tmp_path, file, action):
    inputs = [file] if action == "mark" else []
    out = tmp_path / "none" / "out.xlsx"
    assert "書き込めません" in cannot(run("workbook", action, *inputs, out))
    assert ".xlsx" in cannot(run("workbook", action, *inputs, tmp_path / "out.pdf"))
    folder = tmp_path / "folder.xlsx"
    folder.mkdir()
    assert "フォルダ" in cannot(run("workbook", action, *inputs, folder))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder.xlsx", "別紙2-1.xlsx"]


def test_mark_of_an_unreadable_file_leaves_the_old_result(tmp_path):
    out = put(tmp_path, b"old", "out.xlsx")
    cannot(run("workbook", "mark", put(tmp_path, b"a,b\n"), out))
    assert out.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["book.xlsx", "out.xlsx"]


def test_mark_never_overwrites_the_original(file):
    before = file.read_bytes()
    assert "上書き" in cannot(run("workbook", "mark", file, file))
    assert file.read_bytes() == before


# ---- the process ----


def test_check_never_loads_django(file):
    code = "import sys; from sekisho.cli.main import main; main(sys.argv[1:]); print([m for m in sys.modules if m.startswith('django')], file=sys.stderr)"
    result = subprocess.run(
        [sys.executable, "-c", code, "workbook", "check", str(file)], capture_output=True, encoding="utf-8", check=True
    )
    assert result.stderr.strip() == "[]"


def test_a_reader_that_goes_away_is_no_fault(tmp_path):
    path = put(tmp_path, book([(LINE | {"circuit_id": f"CAF{n}"}, DEVICE) for n in range(300)]))
    process = subprocess.Popen(
        [*COMMAND, "workbook", "check", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    stderr = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 1
    assert stderr == b""


def test_a_full_disk_is_one_line(file):
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [*COMMAND, "workbook", "check", str(file)],
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1


def _million_rows() -> bytes:
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>x</t></is></c></row>' for n in range(1, 700_001))
    return with_sheet(sheet_xml(rows))


def _many_texts() -> bytes:
    """As much text as the gate lets through: every cell different."""
    cells = (
        f'<row r="{r}">'
        + "".join(
            f'<c r="{chr(65 + c)}{r}" t="inlineStr"><is><t>値{r}-{c}あいうえおかきくけこ</t></is></c>'
            for c in range(20)
        )
        + "</row>"
        for r in range(1, 29_001)
    )
    return with_sheet(sheet_xml("".join(cells)))


def _merges() -> bytes:
    merges = b"</sheetData><mergeCells>" + b'<mergeCell ref="A1:XFD1048576"/>' * 1_000_000 + b"</mergeCells>"
    return repacked(book(), lambda name, data: data.replace(b"</sheetData>", merges) if "sheet2" in name else data)


HOSTILE = {
    "a far cell": lambda: with_sheet(sheet_xml('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')),
    "a million rows": _million_rows,
    "many texts": _many_texts,
    "merges": _merges,
    "a bomb of 190 MB": lambda: repacked(book(), extra={f"xl/media/{n}.bin": os.urandom(20_000) + b"\0" * 45_000_000 for n in range(4)}),
    "a bomb of 3 GB": lambda: repacked(book(), extra={f"xl/media/{n}.bin": b"\0" * 40_000_000 for n in range(10)}),
    "shared strings": lambda: repacked(book(), extra={"xl/sharedStrings.xml": b"<sst>" + b"<si><t>a</t></si>" * 2_500_000 + b"</sst>"}),
    "a declared count": lambda: repacked(book(), extra={"xl/sharedStrings.xml": b'<sst count="4294967295" uniqueCount="4294967295"></sst>'}),
    "deep XML": lambda: with_sheet(b"<worksheet>" + b"<a>" * 5_000_000),
    "one long cell": lambda: with_sheet(sheet_xml('<row r="1"><c r="A1" t="inlineStr"><is><t>' + "パスワード：" * 2_000_000 + "</t></is></c></row>")),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_takes_little_memory_and_time(tmp_path, kind):
    """The peak is the kernel's VmHWM: `getrusage` of a child also counts what its parent held when it was started."""
    path = put(tmp_path, HOSTILE[kind]())
    code = (
        "import re, sys; from sekisho.cli.main import main; status = main(sys.argv[1:]);"
        "print(re.search(r'VmHWM:\\s*(\\d+) kB', open('/proc/self/status').read()).group(1), file=sys.stderr); sys.exit(status)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "workbook", "check", str(path)],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    *said, peak_kilobytes = result.stderr.splitlines()
    assert result.returncode in (1, 2)
    assert "Traceback" not in result.stderr
    assert len(said) <= 1
    assert int(peak_kilobytes) * 1024 < MOST_MEMORY
