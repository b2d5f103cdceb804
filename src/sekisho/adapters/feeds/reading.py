"""What all readers of feeds give: their records, the source's own date, and how many entries could not be read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sekisho.domain.vulnerabilities.advisories import Advisory, Exploited, Likelihood
from sekisho.domain.vulnerabilities.lifecycles import LifeCycle

Record = Advisory | Exploited | Likelihood | LifeCycle


@dataclass
class FeedReading:
    """One pass over one file. `as_of`, `skipped` and `total` are right when the records have been read to the end.

    `skipped` counts entries that are no entries of this kind; `total` is how many the source says it has in all.
    """

    name: str = ""
    as_of: datetime | None = None
    skipped: int = 0
    total: int | None = None


Reader = Callable[[BinaryIO, FeedReading], Iterator[Record]]
