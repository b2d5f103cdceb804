"""What is known about a product's CVEs, made ready for asking version by version.

A product of many installations is asked for again and again with other versions, and some makers' products have
thousands of CVEs. So the bounds of all plain claims are put in order once; a version is then one place (or two) between
them, and a claim two numbers to compare with. Versions at the same place have the same answers, which are kept. Claims
with conditions, or with bounds that do not compare with this line of versions, are judged one by one (`verdicts`).

`answers` says the same as `verdicts.ground_of` for each advisory; the tests hold them together.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sekisho.domain.tri import Tri
from sekisho.domain.vulnerabilities.advisories import Advisory, Claim, Exploited, Likelihood, Score, Source
from sekisho.domain.vulnerabilities.claims import Installed, is_release_word
from sekisho.domain.vulnerabilities.knowledge import Knowledge
from sekisho.domain.vulnerabilities.products import ANY, NOT_APPLICABLE, Product, ProductName
from sekisho.domain.vulnerabilities.verdicts import Ground, ground_of
from sekisho.domain.vulnerabilities.versions import Key, Version, VersionOrder, read_version


@dataclass(frozen=True, slots=True)
class Candidate:
    """What all sources say about one CVE, the most trusted first. `japanese` is JVN's title."""

    cve: str
    advisories: tuple[Advisory, ...]
    cvss: Score | None
    exploited: Exploited | None
    epss: Likelihood | None
    japanese: str


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """The source that was heard about a candidate, and what it says. Compared by identity: equal answers are shared."""

    candidate: Candidate
    advisory: Advisory
    ground: Ground


def candidates_of(advisories: Iterable[Advisory], knowledge: Knowledge) -> tuple[Candidate, ...]:
    """Return the advisories by CVE, withdrawn ones left out, the weightiest first: what a report lists first."""
    by_cve: dict[str, dict[Source, Advisory]] = {}
    for advisory in advisories:
        if not advisory.is_withdrawn:
            by_cve.setdefault(advisory.cve, {})[advisory.source] = advisory
    found = [_candidate(cve, by_source.values(), knowledge) for cve, by_source in by_cve.items()]
    return tuple(sorted(found, key=_weight))


def _weight(one: Candidate) -> tuple[int, int, float, float, str]:
    """Order by ransomware, exploitation, likelihood, severity; of equals by number."""
    return (
        0 if one.exploited and one.exploited.ransomware else 1,
        0 if one.exploited else 1,
        -(one.epss.probability if one.epss else 0.0),
        -(one.cvss.base if one.cvss else 0.0),
        one.cve,
    )


def _candidate(cve: str, advisories: Iterable[Advisory], knowledge: Knowledge) -> Candidate:
    ordered = tuple(sorted(advisories, key=lambda one: one.source.rank))
    japanese = knowledge.japanese(cve)
    return Candidate(
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


def hear(candidate: Candidate, product: Product, own: Installed) -> Heard:
    """Return the most trusted source that can tell, else the most trusted one that names the product."""
    heard: Heard | None = None
    for advisory in candidate.advisories:
        ground = ground_of(advisory, product, own)
        if not advisory.source.gives_versions:
            return heard or Heard(candidate, advisory, Ground(Tri.UNKNOWN, ground.claims))
        if own.is_mended_in_place and ground.verdict is Tri.YES:
            ground = Ground(Tri.UNKNOWN, ground.claims, ground.conditions)
        if ground.verdict is not Tri.UNKNOWN:
            return Heard(candidate, advisory, ground)
        heard = heard or Heard(candidate, advisory, ground)
    assert heard is not None  # noqa: S101  # a candidate has an advisory
    return heard


# Places

_MOST_PLACES = 2_000


@dataclass(frozen=True, slots=True)
class _Span:
    """A plain claim: the first and the last place that it means. `of_release`: its update does not matter."""

    first: int
    last: int
    of_release: bool
    claim: Claim


@dataclass(slots=True)
class Places:
    """The candidates of one product for one line of its maker's versions.

    Places count 0, 1, 2 ...: an odd one is a bound itself, an even one lies between two bounds.
    """

    candidates: tuple[Candidate, ...]
    _bounds: list[Key] = field(default_factory=list)
    _spans: list[tuple[_Span, ...] | None] = field(default_factory=list)
    _kept: dict[tuple[int, int, int, int, bool], list[Heard | Candidate]] = field(default_factory=dict)
    _shared: dict[tuple[int, Tri, tuple[int, ...]], Heard] = field(default_factory=dict)

    @classmethod
    def of(
        cls, candidates: tuple[Candidate, ...], names: tuple[ProductName, ...], order: VersionOrder, line: Version
    ) -> "Places":
        """Put the bounds of all plain claims in order, as seen from the line of versions that `line` is of."""
        plain = [_plain_claims(one, names, order, line) for one in candidates]
        keys = sorted({key for claims in plain if claims is not None for one in claims for key in one.keys})
        places = cls(candidates, keys)
        for claims in plain:
            places._spans.append(None if claims is None else tuple(places._span(one) for one in claims))
        return places

    def answers(self, product: Product, own: Installed, *, unaffected: bool = True) -> Iterator[Heard]:
        """Yield what is heard of every candidate for this version, in their order; NO only when `unaffected`."""
        for one in self._at(own, unaffected):
            if type(one) is Heard:
                yield one
                continue
            assert isinstance(one, Candidate)  # noqa: S101  # there is nothing else in the list
            heard = hear(one, product, own)
            if unaffected or heard.ground.verdict is not Tri.NO:
                yield heard

    def _at(self, own: Installed, unaffected: bool) -> list[Heard | Candidate]:
        """Return the answers of the place of `own`; a candidate itself where it has to be judged by itself."""
        assert own.version is not None  # noqa: S101  # without a version there is no place
        release = own.release or own.version
        asked = (
            self._place(own.version.low),
            self._place(own.version.high),
            self._place(release.low),
            self._place(release.high),
        )
        kept = self._kept.get((*asked, unaffected))
        if kept is None:
            if len(self._kept) > _MOST_PLACES:
                self._kept.clear()
            answers = (
                one if spans is None else self._heard(at, one, spans, asked)
                for at, (one, spans) in enumerate(zip(self.candidates, self._spans, strict=True))
            )
            kept = self._kept[*asked, unaffected] = [
                one for one in answers if unaffected or not isinstance(one, Heard) or one.ground.verdict is not Tri.NO
            ]
        return kept

    def _heard(
        self, at: int, candidate: Candidate, spans: tuple[_Span, ...], asked: tuple[int, int, int, int]
    ) -> Heard:
        """Return the answer of a plain candidate. Versions that the same claims mean share one."""
        yes: list[int] = []
        unknown: list[int] = []
        for number, span in enumerate(spans):
            low, high = asked[2:] if span.of_release else asked[:2]
            if span.first <= low and high <= span.last:
                yes.append(number)
            elif low <= span.last and high >= span.first:
                unknown.append(number)
        verdict = Tri.YES if yes else Tri.UNKNOWN if unknown else Tri.NO
        key = (at, verdict, tuple(yes or unknown))
        found = self._shared.get(key)
        if found is None:
            claims = tuple(spans[number].claim for number in key[2])
            found = self._shared[key] = Heard(candidate, candidate.advisories[0], Ground(verdict, claims))
        return found

    def _place(self, key: Key) -> int:
        at = bisect_left(self._bounds, key)
        return 2 * at + (at < len(self._bounds) and self._bounds[at] == key)

    def _span(self, one: "_Plain") -> _Span:
        first = 0 if one.low is None else self._place(one.low) + (not one.claim.low_included and not one.is_exact)
        last = 2 * len(self._bounds) + 1
        if one.high is not None:
            last = self._place(one.high) - (not one.claim.high_included and not one.is_exact)
        return _Span(first, last, one.of_release, one.claim)


@dataclass(frozen=True, slots=True)
class _Plain:
    claim: Claim
    low: Key | None
    high: Key | None
    is_exact: bool = False
    of_release: bool = False

    @property
    def keys(self) -> tuple[Key, ...]:
        return tuple(key for key in (self.low, self.high) if key is not None)


def _plain_claims(
    candidate: Candidate, names: tuple[ProductName, ...], order: VersionOrder, line: Version
) -> list[_Plain] | None:
    """Return the claims that can mean a version of this line, None when there is more to judge than versions.

    Plain is a candidate of one source whose configurations are lists: no AND, no negation, no target software.
    """
    advisory = candidate.advisories[0]
    if not advisory.source.gives_versions or any(one.source.gives_versions for one in candidate.advisories[1:]):
        return None
    found: list[_Plain] = []
    for configuration in advisory.configurations:
        if configuration.is_all or configuration.negate:
            return None
        for node in configuration.nodes:
            if node.is_all or node.negate:
                return None
            for claim in node.claims:
                if not claim.is_vulnerable or claim.name not in names:
                    continue
                if is_release_word(claim, order):
                    return None
                if claim.version == NOT_APPLICABLE:
                    continue
                plain = _plain(claim, order, line)
                if plain is None:
                    return None
                if plain is not _OTHER_LINE:
                    found.append(plain)
    return found


_OTHER_LINE = _Plain(Claim(ProductName("", "", "")), None, None)


def _plain(claim: Claim, order: VersionOrder, line: Version) -> _Plain | None:
    """Return the claim with its bounds read; None when it needs to be judged by itself."""
    if claim.on_software not in (ANY, NOT_APPLICABLE):
        return None
    if claim.version != ANY:
        return _exact(claim, order, line)
    low = read_version(order, claim.low) if claim.low else None
    high = read_version(order, claim.high) if claim.high else None
    for text, bound, is_strict in ((claim.low, low, claim.low_included), (claim.high, high, not claim.high_included)):
        if not text:
            continue
        if bound is None or (bound.family, bound.line) != (line.family, line.line):
            return None
        if not bound.is_whole and not is_strict:
            # "7.2 and earlier" leaves open whether 7.2.5 is meant.
            return None
    return _Plain(claim, low.low if low else None, high.low if high else None)


def _exact(claim: Claim, order: VersionOrder, line: Version) -> _Plain | None:
    wanted = claim.version if claim.update in (ANY, NOT_APPLICABLE) else order.join(claim.version, claim.update)
    version = read_version(order, wanted)
    if version is None:
        # No version that this order can read is spelled so; the one at hand has been read.
        return _OTHER_LINE
    if not version.is_whole:
        return None
    if (version.family, version.line) != (line.family, line.line):
        return _OTHER_LINE if line.is_whole else None
    return _Plain(claim, version.low, version.low, is_exact=True, of_release=claim.update == ANY)
