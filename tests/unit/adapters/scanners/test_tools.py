"""Missing, old, broken and endless tools."""

import sys
import time
from pathlib import Path

import pytest

from sekisho.adapters.scanners.tools import ToolUnusable, found_tool, run_watched

PATTERN = r"Nmap version (\d+\.\d+\S*)"


def fake(folder: Path, said: str, status: int = 0) -> Path:
    tool = folder / "nmap"
    tool.write_text(f"#!/bin/sh\necho '{said}'\nexit {status}\n")
    tool.chmod(0o755)
    return tool


def test_an_installed_tool_is_found_with_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, "Nmap version 7.93SVN ( x )")
    monkeypatch.setenv("PATH", str(tmp_path))
    tool = found_tool("nmap", PATTERN, (7, 92))
    assert (tool.path, tool.version) == (str(tmp_path / "nmap"), "7.93SVN")


@pytest.mark.parametrize(
    ("said", "word"),
    [("Nmap version 7.80 ( x )", "7.80"), ("Nmap version 6.99 ( x )", "6.99"), ("hello", "does not run")],
)
def test_an_old_or_broken_tool_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, word: str
) -> None:
    fake(tmp_path, said)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolUnusable) as caught:
        found_tool("nmap", PATTERN, (7, 92))
    assert word in caught.value.text.en
    assert "nmap" in caught.value.text.ja


def test_a_missing_tool_is_named() -> None:
    with pytest.raises(ToolUnusable) as caught:
        found_tool("no-such-scanner", PATTERN, (1, 0))
    assert "not installed" in caught.value.text.en


def test_a_watched_program_and_its_children_end_at_once(tmp_path: Path) -> None:
    begun = time.monotonic()
    script = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    ended = run_watched(
        [sys.executable, "-c", script], watch=lambda: time.monotonic() - begun > 0.4, errors=tmp_path / "e"
    )
    assert ended.status is None
    assert time.monotonic() - begun < 5


def test_a_program_that_never_ends_is_ended(tmp_path: Path) -> None:
    ended = run_watched(["sleep", "60"], watch=lambda: False, errors=tmp_path / "e", limit_s=0.3)
    assert ended.status is None


def test_complaints_are_bounded_and_harmless(tmp_path: Path) -> None:
    script = "import sys; sys.stderr.write('\\x1b[2Jbad' * 100000); sys.exit(3)"
    ended = run_watched([sys.executable, "-c", script], watch=lambda: False, errors=tmp_path / "e")
    assert ended.status == 3
    assert len(ended.complaint) <= 4096
    assert "\x1b" not in ended.complaint
    assert not (tmp_path / "e").exists()
