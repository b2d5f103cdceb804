"""Runs the installed command as a person does: a process, its status and its two streams."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "sekisho.cli.main"]


def run(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Return the finished process. `environment` replaces what it inherits beside PATH."""
    environment = {"PATH": os.environ["PATH"], "LANG": "ja_JP.UTF-8", "HOME": os.environ.get("HOME", "/")}
    environment = options.pop("environment", environment)
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        timeout=120,
        check=False,
        **options,
    )


def check(path: Path, *more: str) -> dict[str, Any]:
    """Return the document of `workbook check`; nothing but it may be on either stream."""
    done = run("workbook", "check", path, *more)
    assert done.stderr == ""
    document = json.loads(done.stdout)
    assert done.returncode == (1 if document["problems"] else 0)
    return document


def is_refusal(done: subprocess.CompletedProcess[str]) -> bool:
    """True when a command says in one line why it cannot do its work, and nothing else."""
    return (
        done.returncode == 2
        and done.stdout == ""
        and len(done.stderr.splitlines()) == 1
        and "Traceback" not in done.stderr
        and "SEKISHO_DEBUG" not in done.stderr
    )
