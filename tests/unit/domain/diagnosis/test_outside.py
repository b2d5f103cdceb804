"""The page for the director: the worst first, unknown is not quiet, what has no room is counted."""

from datetime import UTC, date, datetime
from itertools import product

import pytest

from sekisho.domain.diagnosis.findings import Severity
from sekisho.domain.diagnosis.outside import (
    MOST_DEEDS,
    MOST_DOORS,
    MOST_LINES,
    Deed,
    Door,
    SeenLine,
    Sight,
    outside_view,
    sight_of,
)
from sekisho.domain.text import Text

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SAID = Text("a", "a")


def line(name: str, sight: Sight, doors: int = 0) -> SeenLine:
    opened = tuple(Door(f"{n}/tcp", SAID, None) for n in range(doors))
    return SeenLine(name, "", "203.0.113.1", sight, opened, seen_on=date(2026, 11, 1))


@pytest.mark.parametrize(
    ("severities", "looked", "meant", "expected"),
    [
        ([Severity.URGENT, Severity.NOTE], True, True, Sight.DANGER),
        ([Severity.SOON], False, True, Sight.DANGER),
        ([Severity.SOON], True, False, Sight.DANGER),
        ([Severity.PLANNED, Severity.UNKNOWN], True, True, Sight.CARE),
        ([Severity.UNKNOWN], True, True, Sight.UNKNOWN),
        ([Severity.NOTE], True, True, Sight.QUIET),
        ([], True, True, Sight.QUIET),
        ([], False, True, Sight.UNKNOWN),
        ([], False, False, Sight.NOT_MEANT),
    ],
)
def test_sight_of_a_line(severities: list[Severity], looked: bool, meant: bool, expected: Sight) -> None:
    assert sight_of(severities, is_looked_at=looked, is_meant=meant) is expected


def test_nothing_is_quiet_that_was_not_looked_at() -> None:
    for severity, meant in product([None, *Severity], [True, False]):
        found = [severity] if severity else []
        assert sight_of(found, is_looked_at=False, is_meant=meant) is not Sight.QUIET


def test_worst_line_comes_first_and_gives_the_answer() -> None:
    view = outside_view("H", NOW, [line("q", Sight.QUIET), line("u", Sight.UNKNOWN), line("d", Sight.DANGER)], [])
    assert [one.name for one in view.lines] == ["d", "u", "q"]
    assert view.sight is Sight.DANGER
    assert "3本のうち1本" in view.answer.ja


def test_unknown_line_is_not_safe() -> None:
    view = outside_view("H", NOW, [line("q", Sight.QUIET), line("u", Sight.UNKNOWN)], [])
    assert "安全とは言えません" in view.answer.ja


def test_no_lines_is_not_safe_either() -> None:
    view = outside_view("H", NOW, [], [])
    assert "分かりません" in view.answer.ja
    assert view.sight is Sight.NOT_MEANT


def test_what_has_no_room_is_counted() -> None:
    lines = [line(str(n), Sight.DANGER, doors=MOST_DOORS + 5) for n in range(MOST_LINES + 3)]
    deeds = [Deed(Severity.PLANNED, SAID, "x", SAID, SAID)] * (MOST_DEEDS + 2)
    view = outside_view("H", NOW, lines, [*deeds, Deed(Severity.URGENT, SAID, "y", SAID, SAID)])
    assert (len(view.lines), view.more_lines) == (MOST_LINES, 3)
    assert (len(view.lines[0].doors), view.lines[0].more_doors) == (MOST_DOORS, 5)
    assert (len(view.deeds), view.more_deeds) == (MOST_DEEDS, 3)
    assert view.deeds[0].where == "y"
