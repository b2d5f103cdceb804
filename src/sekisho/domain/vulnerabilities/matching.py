"""Which advisories a product has: affected, not affected, or cannot be told, each with its reason.

`match` is the whole of it for one product; a `Matcher` keeps what it worked out, for many devices.

Of several sources that speak of one CVE the maker's own is heard first, then NVD, then the others; a source that gives
no versions (JVN's are prose, the exploited catalogue has none) can only say that the product is named: UNKNOWN.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import Enum

from sekisho.domain.text import Text
from sekisho.domain.tri import Tri
from sekisho.domain.values import dataclass, replace
from sekisho.domain.vulnerabilities.advisories import Advisory, Exploited, Likelihood, Score, Source
from sekisho.domain.vulnerabilities.claims import Installed, installed
from sekisho.domain.vulnerabilities.knowledge import Knowledge
from sekisho.domain.vulnerabilities.lifecycles import support_of
from sekisho.domain.vulnerabilities.match_wording import reason_of
from sekisho.domain.vulnerabilities.priority import Priority, Situation, Urgency, prioritise
from sekisho.domain.vulnerabilities.products import ANY, Product
from sekisho.domain.vulnerabilities.verdicts import Ground, ground_of


class Confidence(Enum):
    """How sure a match is, in percent (the idea, and the figures, are those of the scanner Vuls)."""

    EXACT = 100
    ROUGH = 80
    PRODUCT_ONLY = 10


@dataclass(frozen=True, slots=True)
class Match:
    """One CVE against one product. `verdict`: YES affected, NO not affected, UNKNOWN cannot be told; `reason` says why.

    `fixed_in` are the versions that end the ranges the product lies in, as written by the source. `exploited` None and
    `epss` None are "not listed" and "no estimate". `end_of_support` is the last day of the product's support, if known.
    """

    cve: str
    verdict: Tri
    reason: Text
    confidence: Confidence
    priority: Priority
    source: Source
    exploited: Exploited | None = None
    epss: Likelihood | None = None
    cvss: Score | None = None
    fixed_in: tuple[str, ...] = ()
    title: Text = Text("", "")
    end_of_support: date | None = None

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


class Matcher:
    """Matches many products against one knowledge. Keeps results per product; begins anew when the knowledge changes."""

    def __init__(self, knowledge: Knowledge, *, kept: int = 50_000) -> None:
        self._knowledge = knowledge
        self._revision = knowledge.revision
        self._kept = kept
        self._by_names: dict[tuple[str, ...], tuple[_Candidates, ...]] = {}
        self._results: dict[tuple[Product, date, Situation, bool], tuple[Match, ...]] = {}

    def match(
        self, product: Product, *, today: date, situation: Situation | None = None, unaffected: bool = False
    ) -> tuple[Match, ...]:
        """Return the CVEs of `product`, the most urgent first; those that do not affect it only when `unaffected`."""
        self._forget_what_is_old()
        asked = (product, today, situation or Situation(), unaffected)
        found = self._results.get(asked)
        if found is None:
            found = self._results[asked] = self._matched(*asked)
        return found

    def _forget_what_is_old(self) -> None:
        if self._knowledge.revision != self._revision or len(self._results) > self._kept:
            self._results.clear()
        if self._knowledge.revision != self._revision:
            self._by_names.clear()
            self._revision = self._knowledge.revision

    def _matched(self, product: Product, today: date, situation: Situation, unaffected: bool) -> tuple[Match, ...]:
        own = installed(product)
        until = support_of(product, self._knowledge, on=today).until
        found = []
        for candidates in self._candidates(product.keys):
            advisory, ground = _heard(candidates, product, own)
            if ground.verdict is Tri.NO and not unaffected:
                continue
            found.append(self._one(candidates, advisory, ground, product, own, situation))
        if until:
            found = [replace(one, end_of_support=until) for one in found]
        return tuple(sorted(found, key=_by_urgency))

    def _candidates(self, keys: tuple[str, ...]) -> "tuple[_Candidates, ...]":
        found = self._by_names.get(keys)
        if found is None:
            advisories = (one for key in keys for one in self._knowledge.advisories_of(key))
            found = self._by_names[keys] = _grouped(advisories, self._knowledge)
        return found

    def _one(
        self,
        candidates: "_Candidates",
        advisory: Advisory,
        ground: Ground,
        product: Product,
        own: Installed,
        situation: Situation,
    ) -> Match:
        confidence = _confidence(advisory, ground, product, own)
        return Match(
            cve=candidates.cve,
            verdict=ground.verdict,
            reason=reason_of(advisory, ground, product, own),
            confidence=confidence,
            priority=prioritise(
                ground.verdict,
                is_sure=confidence is not Confidence.PRODUCT_ONLY,
                exploited=candidates.exploited,
                epss=candidates.epss,
                cvss=candidates.cvss,
                situation=situation,
            ),
            source=advisory.source,
            exploited=candidates.exploited,
            epss=candidates.epss,
            cvss=candidates.cvss,
            fixed_in=_fixed_in(ground),
            title=_title(candidates, advisory),
        )


def _title(candidates: "_Candidates", advisory: Advisory) -> Text:
    named = candidates.exploited.title if candidates.exploited else ""
    if advisory.source is Source.JVN:
        return Text(advisory.title, named or advisory.title)
    english = advisory.title or named or advisory.summary
    return Text(candidates.japanese or english, english)


@dataclass(frozen=True, slots=True)
class _Candidates:
    """What all sources say about one CVE, the most trusted first. `japanese` is JVN's title."""

    cve: str
    advisories: tuple[Advisory, ...]
    cvss: Score | None
    exploited: Exploited | None
    epss: Likelihood | None
    japanese: str


def _grouped(advisories: Iterable[Advisory], knowledge: Knowledge) -> tuple[_Candidates, ...]:
    by_cve: dict[str, dict[Source, Advisory]] = {}
    for advisory in advisories:
        if not advisory.is_withdrawn:
            by_cve.setdefault(advisory.cve, {})[advisory.source] = advisory
    return tuple(_with_its_facts(cve, by_source.values(), knowledge) for cve, by_source in by_cve.items())


def _with_its_facts(cve: str, advisories: Iterable[Advisory], knowledge: Knowledge) -> _Candidates:
    ordered = tuple(sorted(advisories, key=lambda one: one.source.rank))
    japanese = knowledge.japanese(cve)
    return _Candidates(
        cve=cve,
        advisories=ordered,
        cvss=best_score(score for one in ordered for score in one.scores),
        exploited=knowledge.exploited(cve),
        epss=knowledge.likelihood(cve),
        japanese=japanese.title if japanese else "",
    )


def best_score(scores: Iterable[Score]) -> Score | None:
    """Return the score of the newest version of CVSS; of equals the first."""
    return max(scores, key=lambda one: one.version, default=None)


def _heard(candidates: _Candidates, product: Product, own: Installed) -> tuple[Advisory, Ground]:
    """Return the most trusted source that can tell, else the most trusted one that names the product."""
    heard: list[tuple[Advisory, Ground]] = []
    for advisory in candidates.advisories:
        ground = ground_of(advisory, product, own)
        if not advisory.source.gives_versions:
            if heard:
                break
            return advisory, replace(ground, verdict=Tri.UNKNOWN)
        if own.is_mended_in_place and ground.verdict is Tri.YES:
            ground = replace(ground, verdict=Tri.UNKNOWN)
        if ground.verdict is not Tri.UNKNOWN:
            return advisory, ground
        heard.append((advisory, ground))
    return heard[0]


def _confidence(advisory: Advisory, ground: Ground, product: Product, own: Installed) -> Confidence:
    names_only = ground.claims and all(one.version == ANY and not one.has_bounds for one in ground.claims)
    if not advisory.source.gives_versions or names_only:
        return Confidence.PRODUCT_ONLY
    has_letters = own.order.name == "generic" and any(letter.isalpha() for letter in own.text)
    is_assumed = own.order.name != "generic" and own.order.certainty == "assumed"
    if product.is_rough or own.is_mended_in_place or has_letters or is_assumed or ground.verdict is Tri.UNKNOWN:
        return Confidence.ROUGH
    return Confidence.EXACT


def _fixed_in(ground: Ground) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.high for one in ground.claims if one.high and not one.high_included))


def _by_urgency(one: Match) -> tuple[Urgency, int, int, int, float, float, str]:
    """Order by level; within it what affects, what ransomware uses, what is exploited, likely, severe; newest CVE last."""
    return (
        one.priority.urgency,
        (Tri.YES, Tri.UNKNOWN, Tri.NO).index(one.verdict),
        0 if one.ransomware else 1,
        0 if one.exploited else 1,
        -(one.epss.probability if one.epss else 0.0),
        -(one.cvss.base if one.cvss else 0.0),
        one.cve,
    )


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
