"""How findings are shown: how soon, where they stand, what one look tells of a port."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sekisho.apps.findings.lists import SEVERITIES, severity_shown, status_shown, title_of, url_of
from sekisho.apps.findings.models import Finding
from sekisho.domain.diagnosis.findings import Severity
from sekisho.domain.diagnosis.port_history import Glimpse
from sekisho.foundation.ui.templatetags.ui import status
from sekisho.foundation.ui.texts import speak

register = template.Library()


@register.simple_tag
def severity_status(finding: Finding) -> SafeString:
    """Draw how soon somebody has to act."""
    return status(*severity_shown(finding))


@register.simple_tag
def severity_of(severity: Severity | None) -> SafeString | str:
    """Draw a severity; "" for none."""
    return status(SEVERITIES[severity], speak(severity.word)) if severity else ""


@register.simple_tag
def finding_status(finding: Finding) -> SafeString:
    """Draw where a finding stands today."""
    return status(*status_shown(finding))


@register.simple_tag
def finding_link(finding: Finding) -> SafeString:
    """Draw a link to a finding by what it is called."""
    return format_html('<a href="{}">{}</a>', url_of(finding), title_of(finding))


@register.simple_tag
def glimpse(seen: Glimpse, answer: str = "") -> SafeString:
    """Draw what one look tells of a port: shape, word, and what answered."""
    said = format_html('<span class="table__sub">{}</span>', answer) if answer else ""
    return format_html(
        '<span class="glimpse glimpse--{}"><span aria-hidden="true">{}</span> {}</span>{}',
        seen.value,
        seen.shape,
        speak(seen.word),
        said,
    )


@register.filter
def line_status(pair: Any) -> SafeString:
    """Draw what is seen of a line."""
    line, kind = pair
    return status(kind, speak(line.sight.word))
