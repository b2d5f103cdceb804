"""`sekisho diagnose run`: scans every address that CONSENTS.json allows now, and nothing else."""

import json
import signal
import sys
import threading
import time
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from sekisho.adapters.consents_file import MAX_BYTES, ConsentsFile, ConsentsUnreadable, EntryProblem, read_consents
from sekisho.cli.main import DONE, PROBLEMS, CannotDo, Parser, both
from sekisho.diagnosis.run import Asked, CannotRun, run_diagnosis
from sekisho.domain.diagnosis.consents import Scope
from sekisho.domain.diagnosis.ports import NotPorts, Ranges, ranges_from
from sekisho.domain.diagnosis.run_document import document_of
from sekisho.domain.diagnosis.runs import AddressResult, Progress, RunResult, Stage, State
from sekisho.domain.text import Text

HALF_WRITTEN_S = 2.0
"""How long a changed file may be unreadable before nothing is allowed any more: whoever writes it may not be done."""


def register_run(commands: Any) -> None:
    """Add `run` to the subcommands of `diagnose`."""
    run: Parser = commands.add_parser(
        "run", help=both("同意のあるアドレスだけを診断する", "scan the addresses that are consented to, nothing else")
    )
    run.add_argument(
        "--consents", type=Path, required=True, metavar="CONSENTS.json", help=both("同意の一覧", "the consents")
    )
    run.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help=both("証拠と結果を置くフォルダー", "folder for evidence and result"),
    )
    run.add_argument(
        "--resume", action="store_true", help=both("前の診断の続きから行う", "go on with the run that is in DIR")
    )
    run.add_argument(
        "--stop-file",
        type=Path,
        metavar="FILE",
        help=both("このファイルができたら2秒以内に止める", "halt within 2 seconds when this file appears"),
    )
    run.add_argument(
        "--parallel",
        type=_count,
        default=16,
        metavar="N",
        help=both("同時に調べるアドレス（既定 16）", "addresses at a time; 16"),
    )
    run.add_argument(
        "--tcp", type=_ports, metavar="1-1023,3389",
        help=both("TCPはこのポートだけ調べる（既定はすべて）", "ask these TCP ports only; default all 65,535"),
    )  # fmt: skip
    run.add_argument(
        "--udp", type=_ports, metavar="500,4500",
        help=both("UDPはこのポートだけ調べる（既定は主な100個）", "ask these UDP ports only; default the ranked set"),
    )  # fmt: skip
    run.add_argument(
        "--ports-only",
        action="store_true",
        help=both("動いているソフトは調べない", "do not ask services what they are"),
    )
    run.add_argument(
        "--second-look",
        action="store_true",
        help=both("TCPを masscan でもう一度見直す", "look at the TCP ports once more with masscan"),
    )
    run.set_defaults(run=_run)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 256:
        raise ArgumentTypeError("1-256")
    return int(text)


def _ports(text: str) -> Ranges:
    try:
        found = ranges_from(text)
    except NotPorts:
        found = ()
    if not found:
        raise ArgumentTypeError(f"ports: {text[:40]}")
    return found


# ---- running ----


def _run(options: Namespace) -> int:
    watched = _Watched(options.consents)
    if not watched.file.consents and not watched.file.problems:
        raise CannotDo(NO_CONSENT.filled(file=options.consents))
    speaker = _Speaker(options.lang)
    # Problems of the file come first: a person may want to stop and mend them.
    for problem in watched.file.problems:
        speaker.say(_problem_line(problem, options))
    asked = Asked(
        tcp=options.tcp,
        udp=options.udp,
        services=not options.ports_only,
        checks=not options.ports_only,
        second_look=options.second_look,
    )
    with _asked_to_stop() as stop:
        try:
            result = run_diagnosis(
                watched.file.consents,
                options.out,
                clock=lambda: datetime.now(UTC),
                stop=stop.is_set,
                report=speaker.progress,
                resume=options.resume,
                scope=watched.scope,
                asked=asked,
                stop_file=options.stop_file,
                parallel=options.parallel,
            )
        except CannotRun as error:
            raise CannotDo(error.text) from None
    _print(options, result, watched.file.problems)
    return DONE if result.is_clean and not watched.file.problems else PROBLEMS


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """Turn Ctrl-C and a polite end of the process into a stop that keeps what is finished."""
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, old in before.items():
            signal.signal(number, old)


class _Watched:
    """CONSENTS.json, read again when it changes: a consent that is taken back in mid-run ends the sending."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._mark, self.file = self._read()
        except OSError as error:
            raise CannotDo(NO_FILE.filled(file=path, why=error.strerror)) from None
        except ConsentsUnreadable as error:
            raise CannotDo(Text(f"{path}: {error.text.ja}", f"{path}: {error.text.en}")) from None
        self._bad_since: float | None = None

    def _read(self) -> tuple[tuple[int, int, int], ConsentsFile]:
        mark = self._marked()
        with self._path.open("rb") as file:
            return mark, read_consents(file.read(MAX_BYTES + 1))

    def _marked(self) -> tuple[int, int, int]:
        status = self._path.stat()
        return status.st_mtime_ns, status.st_size, status.st_ino

    def scope(self, now: datetime) -> Scope:
        """Return what may be scanned at `now`; nothing while the file cannot be read."""
        try:
            if self._marked() != self._mark or self._bad_since is not None:
                self._mark, self.file = self._read()
                self._bad_since = None
        except (OSError, ConsentsUnreadable):
            self._bad_since = time.monotonic() if self._bad_since is None else self._bad_since
            if time.monotonic() - self._bad_since > HALF_WRITTEN_S:
                return Scope((), ())
        return self.file.scope(now)


# ---- telling ----


class _Speaker:
    """Writes progress to stderr: what happens, and where somebody watches, how far each address is."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._is_watched = sys.stderr.isatty()
        self._last: dict[str, float] = {}

    def say(self, line: str) -> None:
        """Write one line."""
        print(line, file=sys.stderr, flush=True)

    def progress(self, progress: Progress) -> None:
        """Tell what just happened; on a terminal also, now and then, how far it is."""
        if progress.note is not None:
            self.say(f"{progress.address}  {progress.note.within(self._language)}")
            return
        now = time.monotonic()
        if not self._is_watched or progress.stage is Stage.WAITING or now - self._last.get(progress.address, 0.0) < 5:
            return
        self._last[progress.address] = now
        self.say(f"{progress.address}  {progress_line(progress).within(self._language)}")


def progress_line(progress: Progress) -> Text:
    """Return how far one address is, in words."""
    word = progress.stage.word
    if not progress.of:
        return word
    minutes = None if progress.seconds_left is None else max(1, round(progress.seconds_left / 60))
    left = Text("", "") if minutes is None else Text(f"、残り約{minutes}分", f", about {minutes} min left")
    return Text(
        f"{word.ja}（{progress.pass_number}回目 {progress.asked}/{progress.of}、毎秒{progress.rate:.0f}、開いている{progress.open_ports}{left.ja}）",
        f"{word.en} (pass {progress.pass_number}, {progress.asked}/{progress.of}, {progress.rate:.0f}/s, "
        f"{progress.open_ports} open{left.en})",
    )


def _problem_line(problem: EntryProblem, options: Namespace) -> str:
    place = Text(f"{problem.entry}件目", f"entry {problem.entry}").within(options.lang)
    named = f" {problem.address}" if problem.address.isprintable() and problem.address else ""
    return f"{options.consents}: {place}{named} [{problem.rule}] {problem.message.within(options.lang)}"


def _print(options: Namespace, result: RunResult, problems: tuple[EntryProblem, ...]) -> None:
    if options.json:
        document = document_of(result) | {
            "problems": [
                {"entry": one.entry, "key": one.key, "rule": one.rule, "address": one.address, "message": one.message.as_dict()}
                for one in problems
            ]
        }  # fmt: skip
        print(json.dumps(document, ensure_ascii=False))
        return
    for address in result.addresses:
        for line in address_lines(address):
            print(line.within(options.lang))
    for note in result.notes:
        print(note.within(options.lang))
    print(Text(f"結果: {options.out / 'result.json'}", f"Result: {options.out / 'result.json'}").within(options.lang))


STATES = {
    State.COMPLETE: Text("見落としがないことまで確かめました", "complete, and shown to be so"),
    State.INCOMPLETE: Text("調べましたが、見落としがないとは言えません", "asked, but it cannot be shown that nothing was missed"),
    State.STOPPED: Text("途中で止まりました。--resume で続けられます", "stopped; --resume goes on from here"),
    State.REFUSED: Text("診断していません", "not scanned"),
}  # fmt: skip


def address_lines(result: AddressResult) -> Iterator[Text]:
    """Yield what to print of one address."""
    name = result.address or "-"
    word = STATES[result.state]
    who = f"{result.hospital} {' '.join(result.lines)}"
    yield Text(f"{name}（{who}）: {word.ja}", f"{name} ({who}): {word.en}")
    if result.why is not None:
        yield Text(f"  理由: {result.why.ja}", f"  Why: {result.why.en}")
    for port in result.ports[:60]:
        what = " ".join(part for part in (port.service, port.product, port.version) if part)
        yield Text(f"  {port.name}  {what}", f"  {port.name}  {what}")
    if len(result.ports) > 60:
        more = len(result.ports) - 60
        yield Text(f"  ほか{more}個（result.json にあります）", f"  and {more} more (in result.json)")
    if result.completeness is not None and result.completeness.expected_missed is not None:
        figure, loss = result.completeness.expected_missed, result.loss
        shown = Text(
            f"  見落としたポートの見込み: 多くても{figure:.2g}個",
            f"  Open ports expected to be missed: {figure:.2g} at most",
        )
        if loss is not None:
            share = f"{loss.both * 100:.2g} %"
            shown = Text(f"{shown.ja}（応答の損失 {share}）", f"{shown.en} (loss {share})")
        yield shown
    for note in result.notes:
        yield Text(f"  {note.ja}", f"  {note.en}")


NO_CONSENT = Text(
    "「{file}」に同意が一件もありません。診断するアドレスの同意を書いてください。",
    "“{file}” holds no consent. Write one for each address to be scanned.",
)
NO_FILE = Text(
    "「{file}」を読めません（{why}）。場所と名前を確かめてください。",
    "Cannot read “{file}” ({why}). Check its place and name.",
)
