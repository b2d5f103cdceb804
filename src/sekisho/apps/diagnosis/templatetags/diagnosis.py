"""How consents, ports and the figure of completeness are shown."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from sekisho.apps.diagnosis.ledger import WORKBOOK, Standing
from sekisho.apps.diagnosis.models import AddressConfirmation, RunAddress, ScanConsent
from sekisho.apps.diagnosis.pages import status_of
from sekisho.domain.diagnosis.completeness import ENOUGH
from sekisho.foundation.ui.calendar_words import moment_words
from sekisho.foundation.ui.templatetags.ui import status
from sekisho.foundation.ui.texts import speak

register = template.Library()


@register.simple_tag
def standing_status(standing: Standing) -> SafeString:
    """Draw how a consent stands."""
    return status(*status_of(standing))


@register.simple_tag
def standing_reason(standing: Standing) -> str:
    """Return why a consent allows nothing now; "" when it does, or when its status says it all."""
    if standing.refusal is None or standing.rule in {"not-yet", "over", "not-signed"}:
        return ""
    if standing.rule == "withdrawn" and standing.row.withdrawn_reason:
        return standing.row.withdrawn_reason
    return speak(standing.refusal.reason)


@register.simple_tag
def confirmation_way(way: str) -> str:
    """Return how an address was looked up, in words."""
    return _("別紙2-1 で") if way == WORKBOOK else str(AddressConfirmation.Way(way).label)


@register.simple_tag
def window(row: ScanConsent) -> str:
    """Return from when to when a consent is for; a day that is the same is said once."""
    starts, ends = timezone.localtime(row.starts_at), timezone.localtime(row.ends_at)
    end = f"{ends:%H:%M}" if starts.date() == ends.date() else moment_words(ends)
    return f"{moment_words(starts)} – {end}"


@register.filter
def of(mapping: Mapping[str, Any], key: object) -> Any:
    """Return what a mapping holds for a key; None when it holds nothing."""
    return mapping.get(str(key)) if mapping else None


@register.filter
def protocols(names: Iterable[str]) -> str:
    """Return protocols as "TCP / UDP"."""
    return " / ".join(sorted(name.upper() for name in names))


@register.filter
def percent(share: float | None) -> str:
    """Return a share as "1.2 %"."""
    return "" if share is None else f"{share * 100:.2g} %"


@register.simple_tag
def missed(row: RunAddress) -> SafeString | str:
    """Draw how many open ports are expected to be missed: the figure, or that it cannot be told."""
    if row.expected_missed is not None:
        shown = f"{row.expected_missed:.4f}" if row.expected_missed >= 0.0001 else "0.0001"
        words = _("%(n)s個より少ない") if row.expected_missed < 0.0001 else _("%(n)s個")
        kind = "ok" if row.state == RunAddress.State.COMPLETE and row.expected_missed < ENOUGH else "unknown"
        return status(kind, words % {"n": shown})
    if row.is_finished:
        return status("unknown", _("言えません"))
    return format_html('<span class="table__none">{}</span>', _("まだ"))


@register.simple_tag
def port_status(state: str) -> SafeString:
    """Draw the state of a port in words."""
    words = {
        "open": _("開いている"),
        "open|filtered": _("開いているかもしれない"),
        "filtered": _("答えがない"),
        "unfiltered": _("届くが、開いているか分からない"),
        "closed": _("閉じている"),
        "closed|filtered": _("閉じているか、答えがない"),
    }
    kinds = {"open": "caution", "closed": "no"}
    return status(kinds.get(state, "unknown"), words.get(state, state))
