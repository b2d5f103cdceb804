"""The examples run as a stranger would run them, and the tutorial shows what they print."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "examples" / "what_an_intruder_reaches.py"
HOSPITAL = ROOT / "examples" / "small-hospital"


def run(*arguments: str, without: str = "") -> subprocess.CompletedProcess[str]:
    """Run the script; `without` names a package that cannot be imported."""
    begin = f"import sys, runpy; sys.modules[{without!r}] = None; " if without else "import sys, runpy; "
    begin += f"sys.argv = {[str(SCRIPT), *arguments]!r}; runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    return subprocess.run([sys.executable, "-c", begin], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(("page", "language"), [("network-engine.md", "en"), ("network-engine.ja.md", "ja")])
def test_tutorial_shows_what_the_example_prints(page: str, language: str) -> None:
    text = (ROOT / "docs" / "tutorials" / page).read_text(encoding="utf-8")
    shown = text.partition("```console\n$ .venv/bin/python examples/")[2].partition("\n")[2].partition("```")[0]
    ran = run("--lang", language)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == shown


def test_example_runs_where_there_is_no_django() -> None:
    ran = run(without="django")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == run().stdout


def test_example_is_short_and_shares_the_tutorials_numbers() -> None:
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) < 120


def test_example_tells_the_story_of_another_network(tmp_path: Path) -> None:
    written = (HOSPITAL / "network.yaml").read_text(encoding="utf-8")
    (tmp_path / "configs").mkdir()
    rules = (HOSPITAL / "configs" / "rt1.txt").read_text(encoding="utf-8").replace("1010 1020 1030", "1010 1020")
    (tmp_path / "configs" / "rt1.txt").write_text(rules, encoding="utf-8")
    (tmp_path / "network.yaml").write_text(written, encoding="utf-8")
    ran = run(str(tmp_path / "network.yaml"))
    assert ran.returncode == 0
    assert "0 hosts fall.\n" in ran.stdout
    assert "tcp/3389" not in ran.stdout


def test_example_tells_what_it_could_not_read(tmp_path: Path) -> None:
    (tmp_path / "network.yaml").write_text("lines:\n- {id: l, terminates: {device: nobody}}\n", encoding="utf-8")
    ran = run(str(tmp_path / "network.yaml"))
    assert ran.returncode == 1
    assert ran.stdout.startswith("! 2: ")
