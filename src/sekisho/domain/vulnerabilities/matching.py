"""Which advisories a product has: affected, not affected, or cannot be told, each with its reason.

`match` is the whole of it for one product; `Matcher` keeps what it worked out for a product, for many devices.
"""

from datetime import date
from enum import Enum

from sekisho.domain.text import Text
from sekisho.domain.tri import Tri
from sekisho.domain.values import dataclass
from sekisho.domain.vulnerabilities.advisories import Exploited, Likelihood, Score, Source
from sekisho.domain.vulnerabilities.knowledge import Knowledge
from sekisho.domain.vulnerabilities.priority import Priority, Situation
from sekisho.domain.vulnerabilities.products import Product


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
    product: Product, knowledge: Knowledge, *, today: date, situation: Situation | None = None, unaffected: bool = False
) -> tuple[Match, ...]:
    """Return the CVEs of `product`, the most urgent first; those that do not affect it only when `unaffected`."""
    raise NotImplementedError
