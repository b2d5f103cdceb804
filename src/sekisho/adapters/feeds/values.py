"""Plain values as feeds write them: texts, days and times, numbers. Anything unexpected is absent, never a guess."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

CVE = re.compile(r"CVE-\d{4}-\d{4,19}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SHORT_ZONE = re.compile(r"([+-]\d{2})(\d{2})$")


def text_at(entry: Any, key: str, *, limit: int = 300) -> str:
    """Return the text under `key`, without control characters, "" when there is none."""
    value = entry.get(key) if isinstance(entry, dict) else None
    return clean(value, limit) if isinstance(value, str) else ""


def clean(text: str, limit: int) -> str:
    """Return `text` without control characters and bidirectional marks, at most `limit` characters."""
    return _CONTROL.sub(" ", text[: limit * 2]).strip()[:limit]


def dicts_at(entry: Any, key: str) -> Iterator[dict[str, Any]]:
    """Yield the objects in the list under `key`."""
    values = entry.get(key) if isinstance(entry, dict) else None
    if isinstance(values, list):
        yield from (value for value in values if isinstance(value, dict))


def time_of(text: object) -> datetime | None:
    """Return an instant; a time without a zone is UTC, as NVD and MSRC write it. None when it is none."""
    if not isinstance(text, str) or len(text) > 40:
        return None
    written = _SHORT_ZONE.sub(r"\1:\2", text.strip()) if "T" in text else text.strip()
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def day_of(value: object) -> date | None:
    """Return a day, of text or as YAML made it; None when it is none."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = time_of(value)
    return found.date() if found else None


def number_of(value: object, least: float, most: float) -> float | None:
    """Return a number within its bounds, None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and least <= number <= most else None


def cve_of(value: object) -> str:
    """Return a CVE number, "" when it is none."""
    text = value.strip().upper() if isinstance(value, str) else ""
    return text if CVE.fullmatch(text) else ""
