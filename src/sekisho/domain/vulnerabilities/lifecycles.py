"""How long a maker supports a release, judged on a given day. A date that nobody published stays unknown."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from enum import Enum
from typing import Protocol

from sekisho.domain.text import Text
from sekisho.domain.values import dataclass
from sekisho.domain.vulnerabilities.products import Product
from sekisho.domain.vulnerabilities.version_orders import ORDERS
from sekisho.domain.vulnerabilities.versions import END, TOP, read_version

NOTICE = timedelta(days=183)
"""So long before its end support is said to be ending: one budget half-year."""


class SupportStatus(Enum):
    """`ENDING` is still supported, with the end within half a year; `EXTENDED` only for those who pay for more."""

    SUPPORTED = "supported"
    ENDING = "ending"
    EXTENDED = "extended"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Cycle:
    """One release line. `version` is its first numbers ("7.2") or, where the maker counts builds, the build ("10.0.19045");
    "" is every version (the life of a model, not of its software).

    `active_until`, `supported_until`, `extended_until` are last days, included; None is unknown. `has_ended` is what the
    source says where it gives no date. `edition` narrows it ("w", "e", "lts", "iot-lts", "server"), "" is any.
    """

    name: str
    version: str
    label: str = ""
    released_on: date | None = None
    active_until: date | None = None
    supported_until: date | None = None
    extended_until: date | None = None
    has_ended: bool | None = None
    latest: str = ""
    edition: str = ""


@dataclass(frozen=True, slots=True)
class LifeCycle:
    """The release lines of a product. `keys` are names as in `ProductName.key`; `source` names where it was published."""

    product: str
    keys: tuple[str, ...]
    cycles: tuple[Cycle, ...]
    source: str = ""
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Support:
    """Whether a product is supported on the day asked. `until` is the last day, None when unknown."""

    status: SupportStatus
    reason: Text
    until: date | None = None
    cycle: str = ""
    latest: str = ""
    source: str = ""


class HasLifeCycles(Protocol):
    """What knows life cycles."""

    def lifecycles_of(self, key: str) -> Sequence[LifeCycle]:
        """Return the life cycles of the product `key`."""
        ...


def support_of(product: Product, knowledge: HasLifeCycles, *, on: date) -> Support:
    """Return whether `product` is supported on the day `on`. Lines that cannot be told apart must agree, else unknown."""
    lifecycles = [one for key in product.keys for one in knowledge.lifecycles_of(key)]
    if not lifecycles:
        return Support(SupportStatus.UNKNOWN, _NOT_PUBLISHED.filled(product=product.label or "この製品"))
    answers = []
    for lifecycle in lifecycles:
        answers += [judged(cycle, lifecycle, on) for cycle in cycles_of(product, lifecycle)]
    if not answers:
        return Support(SupportStatus.UNKNOWN, _NO_CYCLE.filled(version=product.version or "?"))
    if len({answer.status for answer in answers}) > 1:
        lines = "、".join(dict.fromkeys(f"{answer.cycle} {answer.until or ''}".strip() for answer in answers))
        return Support(SupportStatus.UNKNOWN, _EDITIONS.filled(lines=lines[:200]), source=answers[0].source)
    # Of several lines that agree, the earliest end is told: it is the one that binds.
    return min(answers, key=lambda answer: answer.until or date.max)


def cycles_of(product: Product, lifecycle: LifeCycle) -> list[Cycle]:
    """Return the release lines that the product's version belongs to: the longest beginning wins, editions narrow."""
    fitting: list[tuple[int, Cycle]] = []
    for cycle in lifecycle.cycles:
        length = _shared_numbers(product, cycle.version)
        if length is not None:
            fitting.append((length, cycle))
    longest = max((length for length, _ in fitting), default=0)
    found = [cycle for length, cycle in fitting if length == longest]
    of_edition = [cycle for cycle in found if cycle.edition == product.edition]
    return (of_edition or [cycle for cycle in found if not cycle.edition]) if product.edition else found


_NUMBERS = re.compile(r"\d+(?:\.\d+)*", re.ASCII)


def _shared_numbers(product: Product, beginning: str) -> int | None:
    """Return how many numbers `beginning` has when the product's version begins with them, else None."""
    if not beginning:
        return 0
    order = ORDERS.get(product.order, ORDERS["generic"])
    if order.name == "generic":
        # Keys of this order leave out zeros at the end, which tell 2.0 from 2.4 here.
        found, start = _NUMBERS.search(product.version), _NUMBERS.fullmatch(beginning)
        if not found or not start:
            return None
        mine, wanted = found[0].split("."), start[0].split(".")
        mine += ["0"] * (len(wanted) - len(mine))
        return len(wanted) if [int(one) for one in mine[: len(wanted)]] == [int(one) for one in wanted] else None
    version, line = read_version(order, product.version), read_version(order, beginning)
    if version is None or line is None:
        return None
    key = tuple(item for item in line.high if item not in (END, TOP))
    return len(key) if version.low[: len(key)] == key else None


def judged(cycle: Cycle, lifecycle: LifeCycle, on: date) -> Support:
    """Return the state of one release line on the day `on`."""
    status, until = _status(cycle, on)
    name = cycle.label or cycle.name
    source = f"{lifecycle.source} ({lifecycle.as_of})" if lifecycle.as_of else lifecycle.source
    said = _SAID[status].filled(product=f"{lifecycle.product} {name}".strip(), until=until or "?")
    return Support(status, said, until, name, cycle.latest, source)


def _status(cycle: Cycle, on: date) -> tuple[SupportStatus, date | None]:
    until = cycle.supported_until
    if until is None:
        # "Has ended" without a day was said when the table was made; "has not ended" may have changed since.
        return (SupportStatus.ENDED if cycle.has_ended else SupportStatus.UNKNOWN), None
    if on <= until:
        return (SupportStatus.ENDING if until - on <= NOTICE else SupportStatus.SUPPORTED), until
    if cycle.extended_until and on <= cycle.extended_until:
        return SupportStatus.EXTENDED, until
    return SupportStatus.ENDED, until


_SAID = {
    SupportStatus.SUPPORTED: Text(
        "{product} は {until} までサポートされます。", "{product} is supported until {until}."
    ),
    SupportStatus.ENDING: Text(
        "{product} のサポートは {until} に終わります。更新の計画を立ててください。",
        "Support of {product} ends on {until}. Plan its replacement.",
    ),
    SupportStatus.EXTENDED: Text(
        "{product} の通常のサポートは {until} に終わりました。延長サポートの契約がある場合だけ修正が届きます。",
        "Regular support of {product} ended on {until}. Fixes come only under a paid extension.",
    ),
    SupportStatus.ENDED: Text(
        "{product} のサポートは終わっています（{until}）。修正は届きません。更新してください。",
        "Support of {product} has ended ({until}). No fixes come any more: replace it.",
    ),
    SupportStatus.UNKNOWN: Text(
        "{product} のサポート期限は公表された資料で確かめられていません。",
        "The end of support of {product} is not known.",
    ),
}
_NOT_PUBLISHED = Text(
    "{product} のサポート期限は、手元の資料にありません（不明）。メーカーに確かめてください。",
    "The end of support of {product} is not in the data at hand (unknown). Ask the maker.",
)
_NO_CYCLE = Text(
    "版 {version} がどのサポート区分に入るか分かりません（不明）。",
    "To which release line version {version} belongs is unknown.",
)
_EDITIONS = Text(
    "エディションによって期限が違うため決められません（{lines}）。エディションを確かめてください。",
    "The end differs by edition ({lines}). Find out the edition.",
)
