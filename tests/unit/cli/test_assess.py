"""`sekisho assess` and `sekisho judge` as a person or a script calls them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sekisho.cli.main import main
from tests.unit.assessment.folders import write_case

AT = "2026-11-21T09:00:00+09:00"
NAMES = [
    *("assessment.json", "matrix.svg", "overview.drawio", "overview.svg"),
    *("report.docx", "report.pdf", "report.xlsx", "segments.svg", "survival.svg"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_case(tmp_path / "case")


def test_assess_writes_every_file_and_prints_level_and_paths(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["assess", str(folder), "--out", str(tmp_path / "out"), "--at", AT, "--lang", "ja"])
    printed = capsys.readouterr()
    assert status == 1
    assert sorted(os.listdir(tmp_path / "out")) == NAMES
    assert printed.out.startswith("レベル1：")
    assert str(tmp_path / "out" / "report.pdf") in printed.out
    assert printed.err == ""


def test_assess_gives_the_same_bytes_for_the_same_time(folder: Path, tmp_path: Path) -> None:
    for out in ("a", "b"):
        main(["assess", str(folder), "--out", str(tmp_path / out), "--at", AT])
    assert [(tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in NAMES] == [
        True
    ] * len(NAMES)


def test_assess_prints_one_json_document_and_nothing_else(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["assess", str(folder), "--out", str(tmp_path / "out"), "--at", AT, "--json"])
    printed = capsys.readouterr()
    body = json.loads(printed.out)
    assert body["schema"] == "sekisho.assessment/1"
    assert [Path(path).name for path in body["files"]] == NAMES
    written = json.loads((tmp_path / "out" / "assessment.json").read_text(encoding="utf-8"))
    assert {key: value for key, value in body.items() if key != "files"} == written
    assert printed.err == ""


def test_assess_runs_without_django_and_without_a_database(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from sekisho.cli.main import main; status = main(sys.argv[1:]); "
        "sys.exit(9 if 'django' in sys.modules else status)"
    )
    arguments = ["assess", str(folder), "--out", str(tmp_path / "out"), "--at", AT]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, cwd=tmp_path, check=False)
    assert done.returncode == 1, done.stderr.decode()
    assert done.stderr == b""


@pytest.mark.parametrize("command", ["assess", "judge"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_commands_refuse_in_one_line_what_they_cannot_read(
    tmp_path: Path, command: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [command, str(tmp_path / "nowhere"), "--lang", language]
    status = main([*arguments, "--out", str(tmp_path / "out")] if command == "assess" else arguments)
    printed = capsys.readouterr()
    assert status == 2
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert ("フォルダ" in printed.err) is (language == "ja")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("at", ["yesterday", "2026-13-01", "", "0001-01-01T00:00:00+14:00", "２０２６"])
def test_commands_refuse_a_time_that_is_none(folder: Path, at: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["judge", str(folder), "--at", at]) == 2
    printed = capsys.readouterr()
    assert "2026-11-21T09:00:00+09:00" in printed.err
    assert len(printed.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("at", "means"),
    [
        ("2026-11-21", "2026-11-21T00:00:00+09:00"),
        ("2026-11-21T09:00", "2026-11-21T09:00:00+09:00"),
        ("2026-11-21T00:00:00Z", "2026-11-21T00:00:00+00:00"),
    ],
)
def test_judge_takes_a_time_without_an_offset_for_japanese(
    folder: Path, at: str, means: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["judge", str(folder), "--at", at, "--json"])
    assert json.loads(capsys.readouterr().out)["assessed_at"] == means


def test_judge_writes_nothing_and_explains_every_rule(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(path for path in folder.rglob("*"))
    assert main(["judge", str(folder), "--at", AT, "--lang", "ja"]) == 1
    said = capsys.readouterr().out
    assert "外との境目（外部NW接続統制）：" in said
    assert "[level.media.enforced]" in said
    assert sorted(path for path in folder.rglob("*")) == before


def test_judge_gives_the_level_that_assess_gives(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["judge", str(folder), "--at", AT, "--json"])
    judged = json.loads(capsys.readouterr().out)
    main(["assess", str(folder), "--out", str(tmp_path / "out"), "--at", AT, "--json"])
    assessed = json.loads(capsys.readouterr().out)
    assert judged["level"] == assessed["level"]


def test_assess_says_when_it_cannot_write(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("a file")
    assert main(["assess", str(folder), "--out", str(tmp_path / "out"), "--at", AT]) == 2
    printed = capsys.readouterr()
    assert "--out" in printed.err
    assert (tmp_path / "out").read_text() == "a file"


@pytest.mark.parametrize("command", ["assess", "judge"])
def test_commands_have_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main([command, "--help"])
    assert done.value.code == 0
    assert "CASE_DIR" in capsys.readouterr().out
