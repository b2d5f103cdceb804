"""EPSS: the chance that a CVE is exploited within 30 days.

The first line is a remark with the model and the day (`#model_version:v2025.03.14,score_date:2025-09-03T12:55:00Z`), also
seen with `+0000` or the day alone, and not at all in old files; then a heading and one line per CVE.

Source: FIRST, EPSS data files.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from sekisho.adapters.feeds.reading import FeedReading
from sekisho.adapters.feeds.refusals import CUT, FeedRefused, malformed
from sekisho.adapters.feeds.values import cve_of, number_of, time_of
from sekisho.domain.vulnerabilities.advisories import Likelihood

_LONGEST_LINE = 500


def read_epss(stream: BinaryIO, reading: FeedReading) -> Iterator[Likelihood]:
    """Yield the estimates.

    Raises:
        FeedRefused: cut, or no such file.
    """
    model, columns = "", None
    while line := _line(stream):
        if line.startswith("#"):
            model, reading.as_of = _remark(line)
            continue
        fields = [field.strip().strip('"') for field in line.split(",")]
        if columns is None:
            columns = _columns(fields)
            continue
        found = _likelihood(fields, columns, model, reading)
        if found is None:
            reading.skipped += 1
        else:
            yield found
    if columns is None:
        raise malformed("CSV")


def _line(stream: BinaryIO) -> str:
    """Return the next line with something in it, "" at the end. The last one must be ended too: else it was cut."""
    while raw := stream.readline(_LONGEST_LINE):
        if not raw.endswith(b"\n") and (len(raw) == _LONGEST_LINE or raw.count(b",") < 2):
            raise malformed("CSV") if len(raw) == _LONGEST_LINE else FeedRefused(CUT)
        line = raw.decode("utf-8-sig", errors="replace").strip()
        if line:
            return line
    return ""


def _remark(line: str) -> tuple[str, datetime | None]:
    fields = dict(part.split(":", 1) for part in line.lstrip("# ").split(",") if ":" in part)
    return fields.get("model_version", "").strip()[:40], time_of(fields.get("score_date", "").strip())


def _columns(fields: list[str]) -> tuple[int, int, int]:
    names = [field.casefold() for field in fields]
    try:
        return names.index("cve"), names.index("epss"), names.index("percentile")
    except ValueError:
        raise malformed("CSV") from None


def _likelihood(
    fields: list[str], columns: tuple[int, int, int], model: str, reading: FeedReading
) -> Likelihood | None:
    if len(fields) <= max(columns):
        return None
    cve, probability, percentile = (fields[at] for at in columns)
    chance, rank = number_of(probability, 0, 1), number_of(percentile, 0, 1)
    if not (number := cve_of(cve)) or chance is None or rank is None:
        return None
    return Likelihood(number, chance, rank, model, reading.as_of.date() if reading.as_of else None)
