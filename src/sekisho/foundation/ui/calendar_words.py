"""Days and times as a reader expects them: 2026年11月21日（土） in Japanese, 21 November 2026 (Sat) in English."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext


def _local(value: date | datetime) -> date | datetime:
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value


def day_words(value: date | datetime) -> str:
    """Return the day with its weekday."""
    return format_date(_local(value), pgettext("date format", "Y年n月j日（D）"))


def moment_words(value: datetime) -> str:
    """Return day and minute in the portal's time zone."""
    return format_date(_local(value), pgettext("date format", "Y年n月j日（D）H:i"))


def due_words(due: date, today: date) -> str:
    """Return how far away a due date is."""
    days = (due - today).days
    if days < 0:
        return ngettext("%(days)s日過ぎています", "%(days)s日過ぎています", -days) % {"days": -days}
    if days == 0:
        return _("今日まで")
    if days == 1:
        return _("明日まで")
    return ngettext("あと%(days)s日", "あと%(days)s日", days) % {"days": days}


def duration_words(seconds: int) -> str:
    """Return a time left in the largest fitting unit, rounded up: nobody minds being early."""
    if seconds < 60:
        return ngettext("約%(n)s秒", "約%(n)s秒", seconds) % {"n": max(1, seconds)}
    if seconds < 3600:
        minutes = -(-seconds // 60)
        return ngettext("約%(n)s分", "約%(n)s分", minutes) % {"n": minutes}
    hours = -(-seconds // 3600)
    return ngettext("約%(n)s時間", "約%(n)s時間", hours) % {"n": hours}
