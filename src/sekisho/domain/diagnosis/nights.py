"""Windows that come back every day, such as every night from 22:00 to 5:00, as the stretches of time they mean.

Source: programme deck 2024 (a diagnosis needs nobody on site; small lines are scanned when nobody works on them).
"""

from datetime import datetime, time, timedelta

from sekisho.domain.diagnosis.consents import JAPAN

Stretch = tuple[datetime, datetime]


def stretches(
    starts_at: datetime, ends_at: datetime, daily_from: time | None, daily_until: time | None
) -> tuple[Stretch, ...]:
    """Return what of `starts_at` to `ends_at` (aware, the end exclusive) lies in the daily window, in order.

    The window is told by clocks of Japan; one whose end is not after its start goes over midnight. Without one (either
    is None) it is the whole time. Equal times are a whole day.
    """
    if daily_from is None or daily_until is None:
        return ((starts_at, ends_at),)
    if starts_at >= ends_at:
        return ()
    found = []
    day = starts_at.astimezone(JAPAN).date() - timedelta(days=1)
    while day <= ends_at.astimezone(JAPAN).date():
        opens = datetime.combine(day, daily_from, JAPAN)
        last = day if daily_until > daily_from else day + timedelta(days=1)
        closes = datetime.combine(last, daily_until, JAPAN)
        start, end = max(opens, starts_at), min(closes, ends_at)
        if start < end:
            found.append((start, end))
        day += timedelta(days=1)
    return tuple(found)
