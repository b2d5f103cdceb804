"""Advisories as plain values: which versions of which products a CVE names, how bad it is, whether it is exploited.

Configurations are those of NVD (API 2.0): alternatives of each other; a configuration joins its nodes by AND or OR; only
a claim with `is_vulnerable` can raise a finding, the others say what the product runs on.
"""

from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum

from sekisho.domain.text import Text
from sekisho.domain.values import dataclass
from sekisho.domain.vulnerabilities.products import ANY, ProductName


class Source(Enum):
    """Where an advisory comes from. The order is that of trust in its versions: a maker knows its own product best."""

    FORTINET = "fortinet"
    MSRC = "msrc"
    NVD = "nvd"
    CVE = "cve"
    JVN = "jvn"
    KEV = "kev"

    @property
    def rank(self) -> int:
        """Return the place in the order of trust, 0 first."""
        return _RANKS[self]

    @property
    def gives_versions(self) -> bool:
        """Return False for sources that name products only: their versions are prose, or absent."""
        return self not in (Source.JVN, Source.KEV)


_RANKS = {source: rank for rank, source in enumerate(Source)}


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of a node: a product, and the versions meant.

    `version` is `*` (any, within the bounds), `-` (not applicable: no version we detect) or exact; `update` likewise.
    A bound that is "" is absent. `low_included` and `high_included` say whether the bound itself is meant. `on_software`
    is CPE's target software (`wordpress`, `windows`), `*` when any.
    """

    name: ProductName
    is_vulnerable: bool = True
    version: str = ANY
    update: str = ANY
    low: str = ""
    low_included: bool = True
    high: str = ""
    high_included: bool = False
    on_software: str = ANY

    @property
    def has_bounds(self) -> bool:
        """Return True when a bound is given."""
        return bool(self.low or self.high)


@dataclass(frozen=True, slots=True)
class Node:
    """Claims joined by OR, or by AND when `is_all`; `negate` turns the answer round."""

    claims: tuple[Claim, ...]
    is_all: bool = False
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Configuration:
    """Nodes joined by OR, or by AND when `is_all`."""

    nodes: tuple[Node, ...]
    is_all: bool = False
    negate: bool = False

    def claims(self) -> Iterator[Claim]:
        """Yield every claim of every node."""
        for node in self.nodes:
            yield from node.claims


@dataclass(frozen=True, slots=True)
class Score:
    """A CVSS base score, 0.0 to 10.0. `version` is "4.0", "3.1", "3.0" or "2.0"; `source` is who scored."""

    version: str
    base: float
    severity: str = ""
    vector: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Advisory:
    """What one source says about one CVE. `modified_at` decides which of two copies is newer."""

    cve: str
    source: Source
    configurations: tuple[Configuration, ...] = ()
    scores: tuple[Score, ...] = ()
    title: str = ""
    summary: str = ""
    remedy: str = ""
    status: str = ""
    published_at: datetime | None = None
    modified_at: datetime | None = None
    references: tuple[str, ...] = ()
    weaknesses: tuple[str, ...] = ()

    @property
    def is_withdrawn(self) -> bool:
        """Return True when the number was rejected: it says nothing about any product."""
        return self.status.casefold() == "rejected"

    def vulnerable_names(self) -> frozenset[ProductName]:
        """Return the products it can raise a finding for."""
        return frozenset(claim.name for one in self.configurations for claim in one.claims() if claim.is_vulnerable)


@dataclass(frozen=True, slots=True)
class Exploited:
    """An entry of CISA's catalogue of known exploited vulnerabilities. `ransomware` False means "not known", never "no"."""

    cve: str
    added_on: date
    ransomware: bool = False
    due_on: date | None = None
    maker: str = ""
    product: str = ""
    title: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Likelihood:
    """EPSS: the probability (0 to 1) of exploitation within 30 days, and its rank (0 to 1) among all CVEs."""

    cve: str
    probability: float
    percentile: float
    model: str = ""
    scored_on: date | None = None


@dataclass(frozen=True, slots=True)
class SourceState:
    """How old the knowledge of one source is. `as_of` is the source's own date, None when it does not say."""

    source: str
    as_of: datetime | None
    records: int
    read_at: datetime | None = None
    note: Text | None = None
