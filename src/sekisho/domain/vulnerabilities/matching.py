"""Which advisories a product has: affected, not affected, or cannot be told, each with its reason.

`match` is the whole of it for one product; a `Matcher` keeps what it worked out, for many devices.

Of several sources that speak of one CVE the maker's own is heard first, then NVD, then the others; a source that gives
no versions (JVN's are prose, the exploited catalogue has none) can only say that the product is named: UNKNOWN.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from functools import lru_cache

from sekisho.domain.text import Text
from sekisho.domain.tri import Tri
from sekisho.domain.vulnerabilities.advisories import Advisory, Exploited, Likelihood, Score, Source
from sekisho.domain.vulnerabilities.candidates import Candidate, Heard, Places, candidates_of, hear
from sekisho.domain.vulnerabilities.claims import Installed, installed
from sekisho.domain.vulnerabilities.knowledge import Knowledge
from sekisho.domain.vulnerabilities.lifecycles import LifeCycle, support_of
from sekisho.domain.vulnerabilities.match_wording import reason_of
from sekisho.domain.vulnerabilities.priority import Priority, Situation, Urgency, prioritise
from sekisho.domain.vulnerabilities.products import ANY, NOT_APPLICABLE, Product
from sekisho.domain.vulnerabilities.verdicts import Ground


class Confidence(Enum):
    """How sure a match is, in percent (the idea, and the figures, are those of the scanner Vuls)."""

    EXACT = 100
    ROUGH = 80
    PRODUCT_ONLY = 10


@dataclass(frozen=True, slots=True)
class Match:
    """One CVE against one product. `verdict`: YES affected, NO not affected, UNKNOWN cannot be told; `reason` says why.

    `exploited` None and `epss` None are "not listed" and "no estimate". `end_of_support` is the last day of the product's
    support, None when unknown. `advisory` is the source that was heard, `ground` what it says; `version` is set where the
    reason quotes it.
    """

    cve: str
    verdict: Tri
    confidence: Confidence
    priority: Priority
    advisory: Advisory
    ground: Ground
    exploited: Exploited | None = None
    epss: Likelihood | None = None
    cvss: Score | None = None
    japanese: str = ""
    end_of_support: date | None = None
    own: Installed | None = field(default=None, repr=False)

    @property
    def reason(self) -> Text:
        """Return why, in one sentence."""
        return reason_of(self.advisory, self.ground, self.own)

    @property
    def source(self) -> Source:
        """Return the source that was heard."""
        return self.advisory.source

    @property
    def fixed_in(self) -> tuple[str, ...]:
        """Return the versions that end the ranges the product lies in, as written by the source."""
        highs = (one.high for one in self.ground.claims if one.high and not one.high_included)
        return tuple(dict.fromkeys(highs))

    @property
    def title(self) -> Text:
        """Return what the CVE is about: JVN's title in Japanese where there is one."""
        named = self.exploited.title if self.exploited else ""
        if self.source is Source.JVN:
            return Text(self.advisory.title, named or self.advisory.title)
        english = self.advisory.title or named or self.advisory.summary
        return Text(self.japanese or english, english)

    @property
    def ransomware(self) -> bool:
        """Return True when use in ransomware attacks is known; False says nothing."""
        return self.exploited is not None and self.exploited.ransomware


def match(
    product: Product,
    knowledge: Knowledge,
    *,
    today: date,
    situation: Situation | None = None,
    unaffected: bool = False,
) -> tuple[Match, ...]:
    """Return the CVEs of `product`, the most urgent first; those that do not affect it only when `unaffected`."""
    return Matcher(knowledge).match(product, today=today, situation=situation, unaffected=unaffected)


_MOST_KEPT = 4_000_000
"""References to matches kept in results: 32 MB."""


class Matcher:
    """Matches many products against one knowledge. Keeps what it worked out; begins anew when the knowledge changes.

    Two devices with the same answer share its `Match`.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._revision = knowledge.revision
        self._forget()

    def _forget(self) -> None:
        self._candidates: dict[tuple[str, ...], tuple[Candidate, ...]] = {}
        self._places: dict[tuple[tuple[str, ...], str, str, str, bool], Places] = {}
        self._matches: dict[
            tuple[Situation, date | None, bool], dict[tuple[Heard, Installed | None], tuple[int, Match]]
        ] = {}
        self._lifecycles: dict[str, Sequence[LifeCycle]] = {}
        self._forget_results()

    def _forget_results(self) -> None:
        self._results: dict[tuple[Product, date, Situation, bool], tuple[Match, ...]] = {}
        self._kept = 0

    def match(
        self, product: Product, *, today: date, situation: Situation | None = None, unaffected: bool = False
    ) -> tuple[Match, ...]:
        """Return the CVEs of `product`, the most urgent first; those that do not affect it only when `unaffected`."""
        if self._knowledge.revision != self._revision:
            self._revision = self._knowledge.revision
            self._forget()
        asked = (product, today, situation or Situation(), unaffected)
        found = self._results.get(asked)
        if found is None:
            found = self._matched(*asked)
            self._kept += len(found) + 1
            if self._kept > _MOST_KEPT:
                self._forget_results()
                self._matches.clear()
            self._results[asked] = found
        return found

    def lifecycles_of(self, key: str) -> Sequence[LifeCycle]:
        """Return the life cycles of the product `key`, asked for once."""
        found = self._lifecycles.get(key)
        if found is None:
            found = self._lifecycles[key] = tuple(self._knowledge.lifecycles_of(key))
        return found

    def _matched(self, product: Product, today: date, situation: Situation, unaffected: bool) -> tuple[Match, ...]:
        own = _installed(product)
        until = support_of(product, self, on=today).until
        is_rough = _is_rough(product, own)
        matches = self._matches.setdefault((situation, until, is_rough), {})
        # Candidates come by weight; what remains to be ordered by is the level and the verdict.
        levels: list[list[Match]] = [[] for _ in range(len(Urgency) * len(Tri))]
        for heard in self._heard(product, own, unaffected):
            quoted = own if heard.ground.verdict is Tri.UNKNOWN else None
            placed = matches.get((heard, quoted))
            if placed is None:
                one = _one(heard, is_rough, situation, until, quoted)
                placed = matches[heard, quoted] = (_level(one), one)
            levels[placed[0]].append(placed[1])
        return tuple(one for level in levels for one in level)

    def _heard(self, product: Product, own: Installed, unaffected: bool) -> Iterable[Heard]:
        candidates = self._candidates.get(product.keys)
        if candidates is None:
            advisories = (one for key in product.keys for one in self._knowledge.advisories_of(key))
            candidates = self._candidates[product.keys] = candidates_of(advisories, self._knowledge)
        version = own.version
        if version is None or own.is_mended_in_place:
            answers = (hear(one, product, own) for one in candidates)
            return (one for one in answers if unaffected or one.ground.verdict is not Tri.NO)
        line = (product.keys, own.order.name, version.family, version.line, version.is_whole)
        places = self._places.get(line)
        if places is None:
            places = self._places[line] = Places.of(candidates, product.names, own.order, version)
        return places.answers(product, own, unaffected=unaffected)


_URGENCIES, _VERDICTS = tuple(Urgency), (Tri.YES, Tri.UNKNOWN, Tri.NO)


def _level(one: Match) -> int:
    return _URGENCIES.index(one.priority.urgency) * len(_VERDICTS) + _VERDICTS.index(one.verdict)


@lru_cache(maxsize=50_000)
def _installed(product: Product) -> Installed:
    return installed(product)


def _one(heard: Heard, is_rough: bool, situation: Situation, until: date | None, own: Installed | None) -> Match:
    candidate = heard.candidate
    confidence = _confidence(heard, is_rough)
    priority = prioritise(
        heard.ground.verdict,
        is_sure=confidence is not Confidence.PRODUCT_ONLY,
        exploited=candidate.exploited,
        epss=candidate.epss,
        cvss=candidate.cvss,
        situation=situation,
    )
    return Match(
        cve=candidate.cve,
        verdict=heard.ground.verdict,
        confidence=confidence,
        priority=priority,
        advisory=heard.advisory,
        ground=heard.ground,
        exploited=candidate.exploited,
        epss=candidate.epss,
        cvss=candidate.cvss,
        japanese=candidate.japanese,
        end_of_support=until,
        own=own,
    )


def _is_rough(product: Product, own: Installed) -> bool:
    """Return True when the version was concluded, or is of an order that was not confirmed with its maker."""
    has_letters = own.order.name == "generic" and any(letter.isalpha() for letter in own.text)
    is_assumed = own.order.name != "generic" and own.order.certainty == "assumed"
    return product.is_rough or own.is_mended_in_place or has_letters or is_assumed


def _confidence(heard: Heard, is_rough: bool) -> Confidence:
    claims = heard.ground.claims
    names_only = bool(claims) and all(one.version in (ANY, NOT_APPLICABLE) and not one.has_bounds for one in claims)
    if not heard.advisory.source.gives_versions or names_only:
        return Confidence.PRODUCT_ONLY
    return Confidence.ROUGH if is_rough or heard.ground.verdict is Tri.UNKNOWN else Confidence.EXACT


def gaps(product: Product, knowledge: Knowledge, matches: Sequence[Match]) -> tuple[Text, ...]:
    """Return what the knowledge cannot answer about `product`: silence of the feeds never means safety."""
    found = []
    if not product.version.strip():
        found.append(_NO_VERSION)
    elif installed(product).version is None:
        found.append(_UNREADABLE_VERSION.filled(version=product.version[:60]))
    if not matches and not any(knowledge.advisories_of(key) for key in product.keys):
        found.append(_NEVER_NAMED.filled(product=product.label or ", ".join(product.keys)))
    return tuple(found)


_NO_VERSION = Text(
    "版が分からないため、影響の有無を決められません。機器の画面やコマンドで版を確かめてください。",
    "The version is unknown, so nothing can be ruled out. Read it from the device.",
)
_UNREADABLE_VERSION = Text(
    "版「{version}」の書き方を読み取れません。機器に表示されるとおりに書いてください。",
    "The version “{version}” cannot be read. Write it as the device shows it.",
)
_NEVER_NAMED = Text(
    "「{product}」は、取り込んだ脆弱性情報に一度も出てきません。安全という意味ではありません。メーカーの公開情報を確かめてください。",
    "“{product}” is never named in the feeds at hand. That does not mean it is safe: check what its maker publishes.",
)
