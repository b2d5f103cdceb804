"""Runs a diagnosis: whatever is consented now is scanned, nothing else; evidence and `result.json` are left in a folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sekisho.domain.diagnosis.consents import Consent, Scope
from sekisho.domain.diagnosis.runs import Progress, RunResult
from sekisho.domain.text import Text


class CannotRun(Exception):
    """Nothing was scanned: nmap is missing or old, the folder holds another run, a disk is full. `text` says what to do."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run asks. None = everything: all 65,535 TCP ports, and the ranked UDP set of the catalogue."""

    tcp: tuple[tuple[int, int], ...] | None = None
    udp: tuple[tuple[int, int], ...] | None = None
    services: bool = True
    checks: bool = True


def run_diagnosis(
    consents: Sequence[Consent],
    out: Path,
    *,
    clock: Callable[[], datetime],
    stop: Callable[[], bool] = lambda: False,
    report: Callable[[Progress], None] = lambda progress: None,
    resume: bool = False,
    scope: Callable[[datetime], Scope] | None = None,
    asked: Asked = Asked(),  # noqa: B008  (a value)
    stop_file: Path | None = None,
    parallel: int = 16,
) -> RunResult:
    """Scan every address that `consents` allow at `clock()` (aware) and return what was found.

    `scope` answers what holds at an instant and is asked every second; without it, `scope_at(consents, now)`. `stop` is
    asked four times a second; True, or `stop_file` appearing, ends every sending within 2 s and leaves the address as
    `stopped`. `report` is called from several threads, one at a time. `out` gets a folder for each address and
    `result.json`; with `resume` finished blocks of an earlier run there are kept and not asked again.

    Raises:
        CannotRun: nothing could be scanned at all.
    """
    raise NotImplementedError
