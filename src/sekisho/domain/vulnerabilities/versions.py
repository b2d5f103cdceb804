"""Versions of software and their orders: every maker counts in its own way, and some versions cannot be compared at all.

A version is read by an order (`version_orders.ORDERS`) into a `Version`: a key, or a span of keys when only its first
numbers are known ("7.2" of a product that counts three numbers lies anywhere from 7.2.0 on). Answers are three-valued:
UNKNOWN when a version cannot be read, when two lines of releases have no common order (IOS 15.2(4)M6 and 15.2(4)E8),
or when the span lies on both sides of a bound. `equal`, `at_least`, `at_most`, `before` and `after`
are the comparisons.

Laws, which the tests try on every order: within one line the order is total (one of less, equal, greater; transitive);
what is comparable stays consistent across lines; a version equals itself however it is spelled.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from sekisho.domain.tri import Tri
from sekisho.domain.values import dataclass

Item = tuple[int, int, str]
"""One element of a key: rank, number, word. Elements of all orders have this form, so that any two keys compare."""
Key = tuple[Item, ...]

MAX_LENGTH = 200
"""No version is longer; anything longer is no version."""
_PRE, _END, _POST, _NUMBER, _TOP = 0, 1, 2, 3, 9
END: Item = (_END, 0, "")
"""Ends a key: below it lie pre-releases, above it everything that follows a release."""
TOP: Item = (_TOP, 0, "")
"""Above every element: ends the span of a version whose later numbers are unknown."""


def number(value: int) -> Item:
    """Return the element of a number."""
    return (_NUMBER, value, "")


def word(text: str) -> Item:
    """Return the element of letters that come after the plain release: 1.1.1l is later than 1.1.1, za later than z."""
    return (_POST, len(text), text)


def before_release(stage: int, text: str = "") -> Item:
    """Return the element of a pre-release; `stage` orders development, alpha, beta and candidate."""
    return (_PRE, stage, text)


@dataclass(frozen=True, slots=True)
class Version:
    """A version that an order has read.

    `low` and `high` are the same for a whole version. Two versions compare when they are of one `family` and either of
    one `line` or of different `era` (Cisco's T line of 12.4 and the later 15.0M; two lines of one era never compare).
    """

    low: Key
    high: Key
    family: str = ""
    line: str = ""
    era: tuple[int, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Return True when every number is known."""
        return self.low == self.high

    def compares_with(self, other: "Version") -> bool:
        """Return True when the two have a common order."""
        return self.family == other.family and (self.line == other.line or self.era != other.era)


Reader = Callable[[str], Version | None]


def whole(key: Key, family: str = "", line: str = "", era: tuple[int, ...] = ()) -> Version:
    """Return a version whose every number is known."""
    return Version(key, key, family, line, era)


def of_numbers(numbers: tuple[int, ...], parts: int, tail: Key = (END,), family: str = "") -> Version:
    """Return the version of `numbers`; when there are fewer than `parts`, all that begin with them."""
    items = tuple(number(one) for one in numbers)
    if len(numbers) >= parts:
        return whole(items + tail, family)
    missing = parts - len(numbers)
    return Version((*items, *(number(0),) * missing, END), (*items, TOP), family)


@dataclass(frozen=True, slots=True)
class VersionOrder:
    """How one maker counts. `read` returns None for what is none of its versions; `join` adds CPE's update to a version.

    `origin` says where the rule was learnt, and `certainty` how sure it is: "documented", "observed" or "assumed".
    `update` finds in a version what CPE calls its update (the hotfix of PAN-OS, the p1 of OpenSSH).
    """

    name: str
    read: Reader
    join: Callable[[str, str], str]
    origin: str
    certainty: str = "observed"
    update: re.Pattern[str] | None = None

    def release(self, text: str) -> str:
        """Return the version without its update: 10.2.9 of 10.2.9-h1."""
        found = self.update.search(text.strip()) if self.update else None
        return text.strip()[: found.start()] if found else text.strip()


@lru_cache(maxsize=200_000)
def read_version(order: VersionOrder, text: str) -> Version | None:
    """Return the version `text` in `order`, None when it is none. Full-width characters must be folded before."""
    trimmed = text.strip()
    if not trimmed or len(trimmed) > MAX_LENGTH:
        return None
    return order.read(trimmed)


def at_least(version: Version, bound: Version) -> Tri:
    """Tell whether `version` is `bound` or later."""
    if not version.compares_with(bound):
        return Tri.UNKNOWN
    if version.low >= bound.low:
        return Tri.YES
    return Tri.NO if version.high < bound.low else Tri.UNKNOWN


def before(version: Version, bound: Version) -> Tri:
    """Tell whether `version` is earlier than `bound`."""
    return ~at_least(version, bound)


def at_most(version: Version, bound: Version) -> Tri:
    """Tell whether `version` is `bound` or earlier. "7.2 and earlier" leaves open whether 7.2.5 is meant."""
    if not version.compares_with(bound):
        return Tri.UNKNOWN
    if version.high <= bound.low:
        return Tri.YES
    return Tri.NO if version.low > bound.high else Tri.UNKNOWN


def after(version: Version, bound: Version) -> Tri:
    """Tell whether `version` is later than `bound`."""
    return ~at_most(version, bound)


def equal(version: Version, other: Version) -> Tri:
    """Tell whether the two are the same. Of two lines of releases no version is the same, although neither is earlier."""
    if version.is_whole and other.is_whole:
        return Tri.of(version.compares_with(other) and version.low == other.low)
    return Tri.NO if version.high < other.low or other.high < version.low else Tri.UNKNOWN
