"""What the commands on a case folder share: their arguments, and how they speak of a case."""

from argparse import ArgumentTypeError, Namespace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from sekisho.assessment.case import Case
from sekisho.assessment.folder import CaseUnreadable, read_case
from sekisho.cli.main import DONE, PROBLEMS, CannotDo, Parser, both
from sekisho.domain.judgement.level import LevelVerdict
from sekisho.domain.judgement.summary import summarise
from sekisho.domain.text import Text
from sekisho.domain.workbook.checks import place_and_message

JAPAN = timezone(timedelta(hours=9), "JST")
SHOWN_PROBLEMS = 20


def add_case_arguments(parser: Parser) -> None:
    """Add the folder and the time of the judgement."""
    parser.add_argument(
        "case",
        type=Path,
        metavar="CASE_DIR",
        help=both("workbook.xlsx などを入れたフォルダ", "folder with workbook.xlsx and the other files"),
    )
    parser.add_argument(
        "--at",
        type=moment,
        metavar="ISO",
        help=both(
            "判定の日時。同じ日時なら同じ結果になる", "time of the judgement; the same time gives the same files"
        ),
    )


def moment(written: str) -> datetime:
    """Return the aware time that `--at` gives: ISO 8601; without an offset it is Japanese time.

    Raises:
        argparse.ArgumentTypeError: it is no such time.
    """
    try:
        at = datetime.fromisoformat(written.strip())
        at = at if at.tzinfo else at.replace(tzinfo=JAPAN)
        at.astimezone(JAPAN)  # a time at the very edge of the calendar cannot be moved
    except (ValueError, OverflowError):
        raise ArgumentTypeError(
            both("--at は 2026-11-21T09:00:00+09:00 の形で書く", "write --at like 2026-11-21T09:00:00+09:00")
        ) from None
    return at


def given_case(options: Namespace) -> Case:
    """Return the case of the folder that was named.

    Raises:
        CannotDo: it cannot be read.
    """
    try:
        return read_case(options.case, options.at or datetime.now(JAPAN).replace(microsecond=0))
    except CaseUnreadable as error:
        raise CannotDo(error.message) from None


def status_of(case: Case) -> int:
    """Return the exit status that the problems of `case` call for."""
    return PROBLEMS if case.problems else DONE


def case_lines(case: Case, level: LevelVerdict, language: str) -> list[str]:
    """Return what is said of a case: its level, the notes, the first problems."""
    said = [summarise(level).within(language)]
    said += [f"・{note.within(language)}" for note in (*level.notes, *case.notes)]
    if case.problems:
        said.append(_PROBLEMS.filled(count=len(case.problems)).within(language))
    said += [f"  {place_and_message(problem).within(language)}" for problem in case.problems[:SHOWN_PROBLEMS]]
    if len(case.problems) > SHOWN_PROBLEMS:
        said.append(_MORE.filled(count=len(case.problems) - SHOWN_PROBLEMS).within(language))
    return said


_PROBLEMS = Text("直すところ、確かめるところ：{count}件", "To mend or to check: {count}")
_MORE = Text("  ほか {count}件（--json ですべて出ます）", "  and {count} more (--json prints all)")
