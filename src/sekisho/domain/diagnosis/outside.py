"""What the internet sees of a hospital, for its director: one page of plain values.

Every line is on it, also those that nobody has looked at: they are unknown, never clean. What does not fit on one page
is counted, not left out silently (`more`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from sekisho.domain.diagnosis.findings import Severity
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.text import Text

MOST_LINES, MOST_DOORS, MOST_DEEDS = 14, 8, 4


class Sight(Enum):
    """What is seen of one line from outside. A word and a shape."""

    DANGER = "danger"
    CARE = "care"
    UNKNOWN = "unknown"
    QUIET = "quiet"
    NOT_MEANT = "not_meant"

    @property
    def word(self) -> Text:
        """Return the word that the page prints."""
        return _WORDS[self]

    @property
    def shape(self) -> str:
        """Return the sign that stands before the word."""
        return {"danger": "▲", "care": "◆", "unknown": "？", "quiet": "○", "not_meant": "－"}[self.value]


_WORDS = {
    Sight.DANGER: Text("危ない入口が見える", "dangerous doors can be seen"),
    Sight.CARE: Text("直すところがある", "something to mend"),
    Sight.UNKNOWN: Text("分からない", "not known"),
    Sight.QUIET: Text("危ない入口は見えない", "no dangerous door seen"),
    Sight.NOT_MEANT: Text("対象外", "out of scope"),
}
_ORDER = tuple(Sight)


@dataclass(frozen=True, slots=True)
class Door:
    """One port that answers from outside. `severity` is the gravest of what was found there, None for nothing."""

    name: str
    service: Text
    severity: Severity | None


@dataclass(frozen=True, slots=True)
class SeenLine:
    """One line as the internet sees it. `seen_on` is the day of the last look, None for never; `why` says what is not known."""

    name: str
    purpose: str
    address: str
    sight: Sight
    doors: tuple[Door, ...] = ()
    more_doors: int = 0
    seen_on: date | None = None
    why: Text | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """One of the things to do first: what was found, where, what to do and who does it."""

    severity: Severity
    title: Text
    where: str
    action: Text
    who: Text


@dataclass(frozen=True, slots=True)
class OutsideView:
    """The whole page. `lines` the worst first; `more_lines` and `more_deeds` are what had no room."""

    hospital: str
    made_at: datetime
    answer: Text
    sight: Sight
    counts: tuple[tuple[Sight, int], ...]
    lines: tuple[SeenLine, ...]
    deeds: tuple[Deed, ...]
    more_lines: int = 0
    more_deeds: int = 0


def outside_view(hospital: str, made_at: datetime, lines: Sequence[SeenLine], deeds: Sequence[Deed]) -> OutsideView:
    """Return the page from every line and everything that is to be done."""
    ordered = sorted(lines, key=lambda line: (_ORDER.index(line.sight), -len(line.doors), line.name))
    counts = tuple((sight, sum(line.sight is sight for line in lines)) for sight in Sight)
    sight = next((kind for kind, count in counts if count and kind is not Sight.NOT_MEANT), Sight.NOT_MEANT)
    graver = sorted(deeds, key=lambda deed: deed.severity.rank)
    return OutsideView(
        hospital=hospital,
        made_at=made_at,
        answer=_answer(dict(counts), len(lines)),
        sight=sight,
        counts=counts,
        lines=tuple(_trimmed(line) for line in ordered[:MOST_LINES]),
        deeds=tuple(graver[:MOST_DEEDS]),
        more_lines=max(0, len(lines) - MOST_LINES),
        more_deeds=max(0, len(deeds) - MOST_DEEDS),
    )


def sight_of(severities: Sequence[Severity], *, is_looked_at: bool, is_meant: bool) -> Sight:
    """Return what is seen of a line: of `severities` what is open there. Nothing found is quiet only when it was looked at."""
    if Severity.URGENT in severities or Severity.SOON in severities:
        return Sight.DANGER
    if not is_meant and not severities:
        return Sight.NOT_MEANT
    if Severity.PLANNED in severities:
        return Sight.CARE
    if not is_looked_at or Severity.UNKNOWN in severities:
        return Sight.UNKNOWN
    return Sight.QUIET


def _trimmed(line: SeenLine) -> SeenLine:
    doors = sorted(line.doors, key=lambda door: (door.severity.rank if door.severity else 99, door.name))
    return SeenLine(
        line.name,
        line.purpose,
        line.address,
        line.sight,
        tuple(doors[:MOST_DOORS]),
        max(0, len(doors) - MOST_DOORS) + line.more_doors,
        line.seen_on,
        line.why,
    )


def _answer(counts: dict[Sight, int], total: int) -> Text:
    if not total:
        return _NO_LINES
    if counts[Sight.DANGER]:
        return _DANGER.filled(n=counts[Sight.DANGER], total=total)
    if counts[Sight.UNKNOWN]:
        return _UNKNOWN.filled(n=counts[Sight.UNKNOWN], total=total)
    if counts[Sight.CARE]:
        return _CARE.filled(n=counts[Sight.CARE], total=total)
    return _QUIET if counts[Sight.QUIET] else _NONE_MEANT


_NO_LINES = Text(
    "回線がまだ登録されていないので、何が見えるかは分かりません。台帳に回線を登録することが最初の一歩です。",
    "No line is registered yet, so what can be seen is not known. The first step is to register the lines.",
)
_DANGER = Text(
    "インターネットから、侵入に使われる入口が見えています（回線{total}本のうち{n}本）。下の「まずすること」から始めてください。",
    "Doors that intruders use can be seen from the internet, on {n} of {total} lines. Begin with “First of all” below.",
)
_UNKNOWN = Text(
    "危ない入口は見つかっていませんが、まだ分からない回線があります（回線{total}本のうち{n}本）。安全とは言えません。",
    "No dangerous door was found, but {n} of {total} lines are not known. This does not mean that all is well.",
)
_CARE = Text(
    "急いで閉める入口は見えていません。計画して直すところのある回線があります（回線{total}本のうち{n}本）。",
    "No door has to be shut at once. {n} of {total} lines have something to mend as planned.",
)
_QUIET = Text(
    "調べた回線では、危ない入口は見えていません。装置の更新が止まると変わるので、定期的に調べ直してください。",
    "No dangerous door can be seen on the lines examined. That changes when updates stop: have it examined regularly.",
)
_NONE_MEANT = Text(
    "インターネットから調べる対象の回線はありません（閉域の回線などです）。",
    "No line is to be examined from the internet (they are closed lines and the like).",
)


ALL_TCP = 65_535


def is_whole(scan: AddressScan) -> bool:
    """Return True for a scan that asked every TCP port, missed nothing and was answered: only it can find nothing."""
    asked = sum(covered.count for covered in scan.covered if covered.protocol == "tcp")
    return scan.is_complete and scan.is_up and asked >= ALL_TCP
