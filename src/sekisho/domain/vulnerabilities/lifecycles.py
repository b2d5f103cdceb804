"""How long a maker supports a release, judged on a given day. A date that nobody published stays unknown."""

from datetime import date
from enum import Enum

from sekisho.domain.text import Text
from sekisho.domain.values import dataclass


class SupportStatus(Enum):
    """`ENDING` is still supported, with the end within half a year; `EXTENDED` only for those who pay for more."""

    SUPPORTED = "supported"
    ENDING = "ending"
    EXTENDED = "extended"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Cycle:
    """One release line. `version` is its first numbers ("7.2") or, where the maker counts builds, the build ("10.0.19045").

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
    """The release lines of a product. `keys` are names as in `ProductName.key`; `source` names file and day."""

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
