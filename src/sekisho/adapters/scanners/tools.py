"""Whether a tool is there and new enough, and running it: by argument list, never a shell, never without a limit."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sekisho.domain.text import Text

MOST_ERROR_BYTES = 4096


class ToolUnusable(Exception):
    """A tool is missing or too old. `text` says what to install."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True)
class Tool:
    """An installed tool: the whole path, and its version as it says it."""

    name: str
    path: str
    version: str


def found_tool(name: str, pattern: str, least: tuple[int, ...], *, arguments: Sequence[str] = ("--version",)) -> Tool:
    """Return the tool `name`, whose version is the first group of `pattern` in what it says.

    Raises:
        ToolUnusable: not installed, does not start, says no version, or one before `least`.
    """
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    wanted = ".".join(map(str, least))
    if path is None:
        raise ToolUnusable(_MISSING.filled(tool=name, wanted=wanted))
    try:
        said = subprocess.run(
            [path, *arguments], capture_output=True, timeout=20, stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        raise ToolUnusable(_BROKEN.filled(tool=name, path=path)) from None
    match = re.search(pattern, (said.stdout + said.stderr).decode("utf-8", "replace"))
    if match is None:
        raise ToolUnusable(_BROKEN.filled(tool=name, path=path))
    version = match.group(1)
    if tuple(int(part) for part in re.findall(r"\d+", version))[: len(least)] < least:
        raise ToolUnusable(_OLD.filled(tool=name, version=version, wanted=wanted))
    return Tool(name, path, version)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit status, None when we ended it; and the end of what it complained."""

    status: int | None
    complaint: str


def run_watched(
    argv: Sequence[str], *, watch: Callable[[], bool], errors: Path, every_s: float = 0.1, limit_s: float = 3600.0
) -> Ended:
    """Run `argv` until it ends, `watch` returns True, or `limit_s` is over; then it and its children are killed.

    What it prints is thrown away; what it complains goes to `errors` (removed again) and is returned, bounded.
    """
    deadline = time.monotonic() + limit_s
    with errors.open("wb") as stream:
        process = subprocess.Popen(
            list(argv), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stream, start_new_session=True
        )
        try:
            while True:
                try:
                    status = process.wait(every_s)
                    return Ended(status, _complaint(errors))
                except subprocess.TimeoutExpired:
                    if watch() or time.monotonic() > deadline:
                        return Ended(None, _complaint(errors))
        finally:
            kill_group(process)
            with suppress(OSError):
                errors.unlink()


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    """End a program that `run_watched` or a likewise new session started, with everything it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)


def _complaint(errors: Path) -> str:
    with suppress(OSError), errors.open("rb") as stream:
        raw = stream.read(MOST_ERROR_BYTES)
        return "".join(letter if letter.isprintable() else " " for letter in raw.decode("utf-8", "replace")).strip()
    return ""


_MISSING = Text(
    "{tool} が見つかりません。{tool}（{wanted} 以上）を入れてから、もう一度実行してください。",
    "{tool} is not installed. Install {tool} ({wanted} or later) and run this again.",
)
_OLD = Text(
    "{tool} の版が古いため使えません（{version}）。{wanted} 以上を入れてください。",
    "{tool} {version} is too old. Install {wanted} or later.",
)
_BROKEN = Text(
    "{tool}（{path}）を動かせません。入れ直してください。",
    "{tool} ({path}) does not run. Install it again.",
)
