"""What is known of findings: their kinds with a clerk's words, names of codes, meanings of ports, ends of Windows builds.

The catalogue fills it (`sekisho.catalogue.findings`). A sentence may name only the facts that its kind declares, and a
fact that is not known is said as 不明: a gap never disappears into a smooth sentence.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sekisho.domain.diagnosis.findings import Finding, FindingText, Severity
from sekisho.domain.diagnosis.meanings import PortMeaning, meaning_of
from sekisho.domain.diagnosis.results import ObservedPort
from sekisho.domain.diagnosis.strangers import visible_line
from sekisho.domain.text import Text

ALWAYS_KNOWN = frozenset({"port", "address", "lines"})
"""Places that every sentence may use."""
UNKNOWN = Text("不明", "unknown")
OTHER_KIND = "imported"


@dataclass(frozen=True, slots=True)
class LineContext:
    """What is said about the line behind an address: `communication` is the register's code, `purpose` its words."""

    reference: str
    communication: str = ""
    purpose: Text | None = None


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One kind of finding. `facts` are those its sentences may name; `needs` the checks that must have run before its
    absence means anything: ids of checks, "port" (asking the port is enough) or "service" (version detection).

    `expected_on` are forms of communication on which it is no more than information. `is_attention` makes it count for
    注目情報. `title` to `check` are in the order in which people read them.
    """

    id: str
    severity: Severity
    title: Text
    what: Text
    why: Text
    action: Text
    who: str
    check: Text
    facts: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ("port",)
    expected_on: frozenset[str] = frozenset()
    is_attention: bool = True

    @property
    def sentences(self) -> tuple[Text, ...]:
        """Return title, what, why, action and check: what a person reads, in order."""
        return self.title, self.what, self.why, self.action, self.check


@dataclass(frozen=True, slots=True)
class WindowsRelease:
    """One name that a build of Windows goes by, and when its support ends. `extended_until` is the paid extension."""

    build: int
    name: str
    ends_on: date
    extended_until: date | None = None


@dataclass(frozen=True, slots=True)
class PageSign:
    """Words by which a web page tells what it belongs to; `kind` is that of the finding it makes."""

    product: str
    kind: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class JargonTerm:
    """A word that no clerk need know. Sentences explain it where they first use it."""

    word: str
    meaning: Text


@dataclass(frozen=True, slots=True)
class FindingKnowledge:
    """All of it. `names` speaks codes: "weakness:md5" is what the value "md5" of the fact "weakness" is called."""

    version: str
    kinds: Mapping[str, FindingKind]
    names: Mapping[str, Text]
    people: Mapping[str, Text]
    ports: Sequence[PortMeaning]
    other_port: PortMeaning
    windows: Sequence[WindowsRelease] = ()
    terms: Sequence[JargonTerm] = ()
    pages: Sequence[PageSign] = ()
    plugins: Mapping[str, str] = field(default_factory=dict)
    """Kinds by a tool's own name of a check: "nessus:57608" -> "smb-signing"."""

    def meaning_of(self, port: ObservedPort) -> PortMeaning:
        """Return what an open port means: by what answered when it did say so, else by its number."""
        return meaning_of(port, self.ports, self.other_port)

    def meaning(self, name: str) -> PortMeaning:
        """Return the meaning with the id `name`; that of unknown ports when there is none."""
        return next((meaning for meaning in self.ports if meaning.id == name), self.other_port)

    def is_attention(self, finding: Finding) -> bool:
        """Return True when the finding makes the line's 注目情報 say 注意: something to do, and not mere information."""
        kind = self.kinds.get(finding.kind)
        return finding.severity is not Severity.NOTE and (kind is None or kind.is_attention)

    def spoken(self, finding: Finding, lines: Iterable[LineContext] = ()) -> FindingText:
        """Return the sentences of `finding`; `lines` are those it names, as far as known.

        A kind that this edition does not know (from a result of a later one) is told as another scanner's report is.
        """
        kind = self.kinds.get(finding.kind)
        if kind is None:
            source = finding.evidence[0].source if finding.evidence else ""
            facts = {"scanner": source, **finding.facts, "title": f"{finding.kind} {finding.subject}".strip()}
            return self.spoken(replace(finding, kind=OTHER_KIND, facts=facts), lines)
        behind = [line for line in lines if line.reference in finding.lines]
        places = self._places(kind, finding)
        said = [text.filled(**places) for text in kind.sentences]
        title, what, why, action, check = said
        return FindingText(title, what, self._why_here(why, behind), action, self.people[kind.who], check)

    def _places(self, kind: FindingKind, finding: Finding) -> dict[str, Text]:
        facts = dict(finding.facts) | {
            "port": finding.port_name,
            "address": finding.address,
            "lines": "、".join(finding.lines),
        }
        places = {name: self._told(name, facts) for name in kind.facts | ALWAYS_KNOWN}
        if "meaning" in kind.facts:
            meaning = self.meaning(finding.facts.get("meaning", ""))
            places |= {"service": meaning.service, "meaning": meaning.meaning, "ask": meaning.ask}
        return places

    def _told(self, name: str, facts: Mapping[str, str]) -> Text:
        """Return one fact in words; a fact of both languages stands as "reason.ja" and "reason.en"."""
        japanese, english = facts.get(f"{name}.ja", ""), facts.get(f"{name}.en", "")
        if japanese and english:
            return Text(visible_line(japanese), visible_line(english))
        return self.name_of(name, facts.get(name, ""))

    def name_of(self, fact: str, value: str) -> Text:
        """Return how people read the value of a fact: its name (several codes are joined by "+"), a date in words, the
        value itself, or 不明.
        """
        if not value:
            return UNKNOWN
        parts = [self.names.get(f"{fact}:{part}") for part in value.split("+")]
        known = [part for part in parts if part is not None]
        if len(known) == len(parts):
            return Text("、".join(part.ja for part in known), ", ".join(part.en for part in known))
        return _spoken_date(value) or Text(shown := visible_line(value), shown)

    def _why_here(self, why: Text, lines: Sequence[LineContext]) -> Text:
        told = [self._of_line(line) for line in lines]
        return Text("".join([why.ja, *(t.ja for t in told)]), " ".join([why.en, *(t.en for t in told)]))

    def _of_line(self, line: LineContext) -> Text:
        communication = self.names.get(f"communication:{line.communication}", UNKNOWN)
        return _THIS_LINE.filled(
            line=visible_line(line.reference), communication=communication, purpose=line.purpose or UNKNOWN
        )


_THIS_LINE = Text(
    "回線「{line}」（通信形態：{communication}、用途：{purpose}）で見つかりました。",
    "It was found on line “{line}” (communication: {communication}; use: {purpose}).",
)
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_WEEKDAYS = "月火水木金土日"


def _spoken_date(value: str) -> Text | None:
    if not (match := _DAY.fullmatch(value)):
        return None
    try:
        day = date(*map(int, match.groups()))
    except ValueError:
        return None
    return Text(f"{day.year}年{day.month}月{day.day}日（{_WEEKDAYS[day.weekday()]}）", value)
