"""What every command promises: status, streams, one clear line, nothing half-written."""

import json
import os
import stat
import subprocess

import pytest

from tests.acceptance.running import COMMAND, is_refusal, run
from tests.acceptance.workbooks import filled, line

ALL = ["workbook", "assess", "judge", "load-sample", "serve", "work", "user"]


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "別紙2-1 最終②.xlsx"
    filled([line(1)]).save(path)
    return path


@pytest.mark.parametrize(
    "words", [[], *([name] for name in ALL), *(["workbook", a] for a in ("template", "check", "mark"))]
)
def test_every_command_explains_itself(words):
    done = run(*words, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--help" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["workbook", "check"],
        ["workbook", "nonsense"],
        ["assess", "."],
        ["workbook", "check", "a", "b"],
        ["judge", "--at", "soon", "."],
    ],
)
def test_wrong_words_are_refused_in_one_line(words):
    assert is_refusal(run(*words))


def test_what_is_not_there_is_refused_in_one_line(tmp_path):
    for words in (["workbook", "check"], ["judge"]):
        assert is_refusal(run(*words, tmp_path / "無い.xlsx"))
    assert is_refusal(run("workbook", "mark", tmp_path / "無い.xlsx", tmp_path / "out.xlsx"))
    assert is_refusal(run("workbook", "check", tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_written_leaves_nothing_behind(book, tmp_path):
    (tmp_path / "folder.xlsx").mkdir()
    (tmp_path / "file").write_text("x")
    before = sorted(tmp_path.rglob("*"))
    for out in ("folder.xlsx", "absent/out.xlsx", "file/out.xlsx", "out.pdf"):
        assert is_refusal(run("workbook", "template", tmp_path / out)), out
        assert is_refusal(run("workbook", "mark", book, tmp_path / out)), out
    assert sorted(tmp_path.rglob("*")) == before


def test_marking_a_file_onto_itself_never_loses_it(book):
    before = book.read_bytes()
    done = run("workbook", "mark", book, book)
    assert is_refusal(done) or done.returncode in (0, 1)
    if is_refusal(done):
        assert book.read_bytes() == before
    assert run("workbook", "check", book).returncode in (0, 1)


@pytest.mark.parametrize(
    "environment",
    [{"LANG": "C"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {}],
    ids=["C", "POSIX", "nothing"],
)
def test_a_poor_environment_changes_no_letter(environment, book):
    rich = run("workbook", "check", book)
    poor = run("workbook", "check", book, "--lang", "ja", environment={"PATH": os.environ["PATH"], **environment})
    assert (poor.returncode, poor.stdout, poor.stderr) == (rich.returncode, rich.stdout, rich.stderr)


def test_a_name_that_is_no_utf8_is_no_obstacle(book, tmp_path):
    name = os.fsencode(tmp_path) + b"/\x8a\xf9\x90\xfc.xlsx"
    with open(name, "wb") as file:
        file.write(book.read_bytes())
    done = subprocess.run([*COMMAND, "workbook", "check", name], capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["lines"]


def test_a_folder_that_cannot_be_written_is_no_obstacle(book, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(stat.S_IRUSR | stat.S_IXUSR)
    done = run("workbook", "check", book, cwd=locked)
    locked.chmod(stat.S_IRWXU)
    assert done.returncode == 1
    assert list(locked.iterdir()) == []


def test_a_reader_that_went_away_is_no_fault(book):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*COMMAND, "workbook", "check", str(book)], stdout=write, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(write)
    assert done.stderr == b""


def test_messages_come_in_the_language_asked_for(book):
    english = json.loads(run("workbook", "check", book, "--lang", "en").stdout)["problems"]
    japanese = json.loads(run("workbook", "check", book, "--lang", "ja").stdout)["problems"]
    assert [p["message_en"] for p in japanese] == [p["message"] for p in english]
    assert all(p["message"] != q["message"] for p, q in zip(english, japanese, strict=True))
