"""Knowledge about vulnerabilities: what matching asks, and a form of it in memory that can be made from rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from sekisho.domain.vulnerabilities.advisories import Advisory, Exploited, Likelihood, Source, SourceState
from sekisho.domain.vulnerabilities.lifecycles import LifeCycle


class Knowledge(Protocol):
    """What matching asks. Answers are the same as long as `revision` is."""

    @property
    def revision(self) -> str:
        """Return a word that changes whenever the knowledge does."""
        ...

    def advisories_of(self, key: str) -> Sequence[Advisory]:
        """Return the advisories that name the product `key` (`o:fortinet:fortios`) as vulnerable, from all sources."""
        ...

    def exploited(self, cve: str) -> Exploited | None:
        """Return the entry of the catalogue of exploited vulnerabilities; None when it has none, which proves nothing."""
        ...

    def likelihood(self, cve: str) -> Likelihood | None:
        """Return EPSS's estimate, None when it has none."""
        ...

    def japanese(self, cve: str) -> Advisory | None:
        """Return JVN's words about it (title, summary, remedy), None when JVN has none."""
        ...

    def lifecycles_of(self, key: str) -> Sequence[LifeCycle]:
        """Return the life cycles of the product `key`."""
        ...

    def states(self) -> Sequence[SourceState]:
        """Return how old each source is."""
        ...


class KnowledgeBase:
    """Knowledge in memory. Make it whole; it does not change."""

    def __init__(
        self,
        advisories: Iterable[Advisory] = (),
        exploited: Iterable[Exploited] = (),
        likelihoods: Iterable[Likelihood] = (),
        lifecycles: Iterable[LifeCycle] = (),
        states: Iterable[SourceState] = (),
        revision: str = "memory",
    ) -> None:
        self._advisories: dict[str, list[Advisory]] = {}
        self._japanese: dict[str, Advisory] = {}
        known = tuple(advisories)
        with_versions = {one.cve for one in known if one.source.gives_versions and one.configurations}
        for advisory in known:
            if advisory.source is Source.KEV and advisory.cve in with_versions:
                # The catalogue's words are no names; they count only where nobody else names a product.
                continue
            for name in advisory.vulnerable_names():
                self._advisories.setdefault(name.key, []).append(advisory)
            if advisory.source is Source.JVN:
                self._japanese[advisory.cve] = advisory
        self._exploited: Mapping[str, Exploited] = {one.cve: one for one in exploited}
        self._likelihoods: Mapping[str, Likelihood] = {one.cve: one for one in likelihoods}
        self._lifecycles: dict[str, list[LifeCycle]] = {}
        for cycle in lifecycles:
            for key in cycle.keys:
                self._lifecycles.setdefault(key, []).append(cycle)
        self._states = tuple(states)
        self._revision = revision

    @property
    def revision(self) -> str:
        """Return the word given when it was made."""
        return self._revision

    def advisories_of(self, key: str) -> Sequence[Advisory]:
        """Return the advisories that name the product `key` as vulnerable."""
        return self._advisories.get(key, ())

    def exploited(self, cve: str) -> Exploited | None:
        """Return the catalogue's entry, or None."""
        return self._exploited.get(cve)

    def likelihood(self, cve: str) -> Likelihood | None:
        """Return EPSS's estimate, or None."""
        return self._likelihoods.get(cve)

    def japanese(self, cve: str) -> Advisory | None:
        """Return JVN's words, or None."""
        return self._japanese.get(cve)

    def lifecycles_of(self, key: str) -> Sequence[LifeCycle]:
        """Return the life cycles of the product `key`."""
        return self._lifecycles.get(key, ())

    def states(self) -> Sequence[SourceState]:
        """Return how old each source is."""
        return self._states
