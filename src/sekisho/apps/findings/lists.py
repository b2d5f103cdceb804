"""The list of findings: one pattern for screen, search, export and bulk moves."""

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sekisho.apps.findings import queries
from sekisho.apps.findings.models import Finding, FindingLine
from sekisho.apps.register import queries as register
from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.domain.diagnosis.findings import Certainty, Severity
from sekisho.domain.diagnosis.statuses import Status
from sekisho.foundation.ui.components import Words
from sekisho.foundation.ui.lists import Column, Filter, ListPattern
from sekisho.foundation.ui.statuses import Status as Shown
from sekisho.foundation.ui.texts import listed, speak, spoken

SEVERITIES = {
    Severity.URGENT: Shown.DANGER,
    Severity.SOON: Shown.WARNING,
    Severity.UNKNOWN: Shown.UNKNOWN,
    Severity.PLANNED: Shown.CAUTION,
    Severity.NOTE: Shown.INFO,
}
STATUSES = {
    Status.OPEN: Shown.WARNING,
    Status.IN_WORK: Shown.INFO,
    Status.FIXED_TO_VERIFY: Shown.CAUTION,
    Status.VERIFIED_FIXED: Shown.OK,
    Status.ACCEPTED: Shown.NO,
    Status.FALSE_POSITIVE: Shown.NO,
}
NO_LINE = "_none"
ACTIVE = "_active"


def url_of(finding: Finding) -> str:
    """Return the address of a finding's page."""
    return reverse("findings:finding", kwargs={"hospital_code": finding.hospital.code, "finding_id": finding.pk})


def title_of(finding: Finding) -> str:
    """Return what a finding is called, in the reader's language."""
    return speak(queries.spoken(finding).title)


def severity_shown(finding: Finding) -> tuple[Shown, str]:
    """Return how soon somebody has to act, as a kind of status and a word."""
    severity = Severity(finding.severity)
    return SEVERITIES[severity], speak(severity.word)


def status_shown(finding: Finding) -> tuple[Shown, str]:
    """Return where a finding stands today, as a kind of status and a word."""
    status = finding.standing().status
    return STATUSES[status], speak(status.word)


def kind_name(kind: str) -> str:
    """Return what findings of a kind are called, with "…" where a single one says more."""
    known = load_finding_knowledge().kinds.get(kind)
    if known is None:
        return kind
    return speak(
        known.title.filled(**dict.fromkeys(known.facts | {"port", "address", "lines", "service", "meaning"}, "…"))
    )


def _kinds() -> list[tuple[str, Words]]:
    present = Finding.objects.order_by("kind").values_list("kind", flat=True).distinct()
    return sorted(((kind, kind_name(kind)) for kind in present), key=lambda one: one[1])


def _lines() -> list[tuple[str, Words]]:
    found: list[tuple[str, Words]] = [(str(line.pk), str(line)) for line in register.lines_in_use()]
    return [*found, (NO_LINE, _("どの回線か分からない"))]


def _of_line(values: Sequence[str]) -> Q:
    ties = FindingLine.objects.filter(line_id__in=[value for value in values if value != NO_LINE])
    chosen = Q(pk__in=ties.values("finding_id"))
    return chosen | ~Q(pk__in=FindingLine.objects.values("finding_id")) if NO_LINE in values else chosen


def _of_status(values: Sequence[str]) -> Q:
    wanted = {*values, *(queries.ACTIVE if ACTIVE in values else ())}
    return Q(stands__in=wanted)


def _statuses() -> list[tuple[str, Words]]:
    each: list[tuple[str, Words]] = [(status.value, spoken(status.word)) for status in Status]
    return [(ACTIVE, _("まだ終わっていないもの")), *each]


FINDINGS = ListPattern(
    name="findings.finding",
    noun=_("見つかったこと"),
    columns=[
        Column("number", _("番号"), order=("number",), shown=False, numeric=True),
        Column("title", _("何が見つかったか"), value=title_of, link=url_of, fixed=True),
        Column(
            "severity",
            _("急ぎ方"),
            value=lambda one: severity_shown(one)[1],
            order=("severity_rank", "number"),
            template="findings/cells/severity.html",
        ),
        Column(
            "status",
            _("状態"),
            value=lambda one: status_shown(one)[1],
            order=("stands",),
            template="findings/cells/status.html",
        ),
        Column("lines", _("回線"), value=lambda one: listed(one.lines), template="findings/cells/lines.html"),
        Column("port", _("入口"), value="port_name", order=("port", "protocol")),
        Column("address", _("アドレス"), order=("address",), shown=False),
        Column(
            "last_seen",
            _("最後に見つかった日"),
            value=lambda one: timezone.localtime(one.last_seen_at).date() if one.last_seen_at else None,
            order=("last_seen_at",),
        ),
        Column(
            "first_seen",
            _("初めて見つかった日"),
            value=lambda one: timezone.localtime(one.first_seen_at).date() if one.first_seen_at else None,
            order=("first_seen_at",),
            shown=False,
        ),
        Column("expires", _("見直す日"), value="expires_on", order=("expires_on",), shown=False),
        Column("certainty", _("確かさ"), value=lambda one: speak(Certainty(one.certainty).word), shown=False),
        Column("who", _("だれがするか"), value=lambda one: speak(queries.spoken(one).who), shown=False),
        Column("action", _("何をするか"), value=lambda one: speak(queries.spoken(one).action), shown=False),
        Column("reason", _("理由"), shown=False),
    ],
    default_order=("severity_rank", "-last_seen_at", "number"),
    filters=[
        Filter("status", _("状態"), choices=_statuses, condition=_of_status),
        Filter(
            "severity",
            _("急ぎ方"),
            choices=lambda: [(one.value, spoken(one.word)) for one in sorted(Severity, key=lambda s: s.rank)],
            condition=lambda values: Q(severity__in=values),
        ),
        Filter("line", _("回線"), choices=_lines, condition=_of_line),
        Filter("kind", _("種類"), choices=_kinds, condition=lambda values: Q(kind__in=values)),
    ],
    search_fields=["words", "address", "reason"],
    search_hint=_("見つかったもの、回線、アドレス、製品の名前"),
)
