"""What to do first: a level with its reasons, from exploitation, exposure, likelihood, severity and what lies behind.

The table, first line that holds:

| level | affected, and |
|---|---|
| NOW | exploited in ransomware attacks; or exploited and not surely out of reach from outside |
| SOON | exploited; or not surely out of reach, and likely (EPSS 0.1 or more) or critical (CVSS 9.0 or more) |
| PLANNED | likely; critical; or high (7.0 or more) and not surely out of reach |
| WATCHED | everything else |

A system critical to care behind the device raises PLANNED and WATCHED by one. What cannot be told is never NOW: first
find out; nor is what only names the product. Unknown exposure counts as exposed.
"""

from enum import IntEnum

from sekisho.domain.text import Text
from sekisho.domain.tri import Tri
from sekisho.domain.values import dataclass
from sekisho.domain.vulnerabilities.advisories import Exploited, Likelihood, Score

LIKELY = 0.1
CRITICAL, HIGH = 9.0, 7.0


class Urgency(IntEnum):
    """How soon to act. 1 is first; NONE is for what does not affect the product."""

    NOW = 1
    SOON = 2
    PLANNED = 3
    WATCHED = 4
    NONE = 9


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the product stands.

    `exposed`: reachable from outside over this line. `reach`: how many nodes an intruder on the device reaches behind it,
    `critical`: how many of them are critical to care; None is unknown (no network was described).
    """

    exposed: Tri = Tri.UNKNOWN
    reach: int | None = None
    critical: int | None = None


@dataclass(frozen=True, slots=True)
class Priority:
    """How soon to act, and what that rests on."""

    urgency: Urgency
    verdict: Tri = Tri.UNKNOWN
    situation: Situation = Situation()
    exploited: Exploited | None = None
    epss: Likelihood | None = None
    cvss: Score | None = None

    @property
    def reasons(self) -> tuple[Text, ...]:
        """Return why it is that level, the weightiest reason first; none for what does not affect the product."""
        if self.urgency is Urgency.NONE:
            return ()
        return _reasons(self.verdict, self.exploited, self.epss, self.cvss, self.situation)


def prioritise(
    verdict: Tri,
    *,
    is_sure: bool,
    exploited: Exploited | None,
    epss: Likelihood | None,
    cvss: Score | None,
    situation: Situation,
) -> Priority:
    """Return how soon to act. `is_sure` is False when only the product is named, without versions."""
    if verdict is Tri.NO:
        return Priority(Urgency.NONE, verdict)
    urgency = _urgency(exploited, epss, cvss, situation)
    if urgency > Urgency.SOON and situation.critical:
        urgency = Urgency(urgency - 1)
    if urgency is Urgency.NOW and (verdict is Tri.UNKNOWN or not is_sure):
        urgency = Urgency.SOON
    return Priority(urgency, verdict, situation, exploited, epss, cvss)


def _urgency(exploited: Exploited | None, epss: Likelihood | None, cvss: Score | None, situation: Situation) -> Urgency:
    open_to_outside = situation.exposed is not Tri.NO
    likely = epss is not None and epss.probability >= LIKELY
    base = cvss.base if cvss else 0.0
    if exploited:
        return Urgency.NOW if exploited.ransomware or open_to_outside else Urgency.SOON
    if open_to_outside and (likely or base >= CRITICAL):
        return Urgency.SOON
    if likely or base >= CRITICAL or (base >= HIGH and open_to_outside):
        return Urgency.PLANNED
    return Urgency.WATCHED


def _reasons(
    verdict: Tri, exploited: Exploited | None, epss: Likelihood | None, cvss: Score | None, situation: Situation
) -> tuple[Text, ...]:
    reasons = []
    if exploited and exploited.ransomware:
        reasons.append(_RANSOMWARE.filled(day=exploited.added_on))
    elif exploited:
        reasons.append(_EXPLOITED.filled(day=exploited.added_on))
    if verdict is Tri.UNKNOWN:
        reasons.append(_FIND_OUT)
    reasons.append(_EXPOSED[situation.exposed])
    if situation.critical:
        reasons.append(_CRITICAL_BEHIND.filled(count=situation.critical))
    elif situation.reach:
        reasons.append(_BEHIND.filled(count=situation.reach))
    if epss:
        reasons.append(_LIKELY.filled(percent=f"{epss.probability * 100:.1f}"))
    if cvss:
        reasons.append(_SEVERE.filled(version=cvss.version, base=f"{cvss.base:.1f}"))
    return tuple(reasons)


_RANSOMWARE = Text(
    "ランサムウェア攻撃での悪用が確認されています（{day} 公表）。",
    "Known to be used in ransomware attacks (published {day}).",
)
_EXPLOITED = Text("悪用が確認されています（{day} 公表）。", "Known to be exploited (published {day}).")
_FIND_OUT = Text(
    "影響を受けるかまだ判断できません。まず、判断できない理由に書かれた点を確かめてください。",
    "Whether it is affected cannot be told yet: first find out what the reason names.",
)
_EXPOSED = {
    Tri.YES: Text("この回線の外から届きます。", "Reachable from outside over this line."),
    Tri.NO: Text("この回線の外からは届かないことを確かめています。", "Shown not to be reachable from outside."),
    Tri.UNKNOWN: Text(
        "外から届くかどうかが分からないため、届くものとして扱います。",
        "Whether it is reachable from outside is unknown; it is treated as if it were.",
    ),
}
_CRITICAL_BEHIND = Text(
    "この機器の先に、診療に欠かせない機器が {count} 台あります。", "{count} systems critical to care lie behind it."
)
_BEHIND = Text("この機器の先に、{count} 台の機器があります。", "{count} systems lie behind it.")
_LIKELY = Text(
    "30日以内に悪用される見込みは {percent}% です（EPSS）。",
    "Estimated chance of exploitation within 30 days: {percent}% (EPSS).",
)
_SEVERE = Text("深刻度は {base} です（CVSS {version}、10点満点）。", "Severity {base} of 10 (CVSS {version}).")
