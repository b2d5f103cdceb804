"""What the page of one finding shows."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from sekisho.apps.findings import moves, queries, rechecks
from sekisho.apps.findings.knowledge import products_behind
from sekisho.apps.findings.lists import severity_shown, status_shown
from sekisho.apps.findings.models import Finding, FindingEvidence
from sekisho.apps.findings.words import history
from sekisho.apps.network import queries as network
from sekisho.apps.network.analysis import Analysis, analysis_of
from sekisho.apps.network.comparison import line_verdict
from sekisho.apps.network.pages import links
from sekisho.apps.network.pages.start import VERDICTS, verdict_word
from sekisho.domain.diagnosis.findings import Certainty
from sekisho.domain.diagnosis.statuses import WHY_REOPENED
from sekisho.foundation.accounts.models import User
from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.audit.queries import history_of
from sekisho.foundation.files.actions import FileDamaged
from sekisho.foundation.tenancy import access
from sekisho.foundation.ui.components import Fact, Record
from sekisho.foundation.ui.statuses import Status as Shown
from sekisho.foundation.ui.texts import speak

MOST_EVIDENCE = 50


@dataclass(frozen=True, slots=True)
class Behind:
    """What can be reached behind one line, by the network engine. `hosts_maybe` are further ones of which it cannot be told."""

    line: str
    status: Shown
    word: str
    hosts: int
    hosts_maybe: int
    url: str


def finding_context(finding: Finding, user: User) -> dict[str, Any]:
    """Return what the page of a finding shows to `user`."""
    may = access.permissions_of(user, finding.hospital)
    lines = [tie.line for tie in finding.line_ties.select_related("line__hospital").order_by("line__number")]
    standing = finding.standing()
    evidence = list(
        finding.evidence.select_related("observation__run", "observation__file", "raw")[: MOST_EVIDENCE + 1]
    )
    return {
        "found": finding,
        "text": queries.spoken(finding, queries.line_contexts(finding)),
        "severity": severity_shown(finding),
        "status": status_shown(finding),
        "standing": standing,
        "why_reopened": speak(WHY_REOPENED[standing.why_reopened]) if standing.why_reopened in WHY_REOPENED else "",
        "lines": lines,
        "evidence": evidence[:MOST_EVIDENCE],
        "more_evidence": max(0, finding.evidence.count() - MOST_EVIDENCE),
        "behind": behind_lines(finding) if Permission.NETWORK_VIEW in may else [],
        "products": products_behind(finding) if Permission.WEAKNESS_VIEW in may else [],
        "transitions": moves.moves_for(finding, user) if Permission.FINDING_MOVE in may else (),
        "recheck": _recheck(finding) if Permission.FINDING_RECHECK in may else None,
        "record": Record(facts=_facts(finding), history=history(history_of(finding)[:100])),
    }


def _facts(finding: Finding) -> list[Fact]:
    latest: FindingEvidence | None = finding.evidence.first()
    source = latest.source if latest else ""
    certainty = Certainty(finding.certainty)
    status = Shown.UNKNOWN if certainty in {Certainty.ROUGH, Certainty.UNKNOWN} else None
    facts = [
        Fact(_("アドレス"), finding.address, source=source, on=finding.last_seen_at),
        Fact(_("入口（ポート）"), finding.port_name or _("アドレス全体")),
        Fact(_("確かさ"), speak(certainty.word), status=status),
        Fact(_("初めて見つかった日時"), finding.first_seen_at),
        Fact(_("最後に見つかった日時"), finding.last_seen_at),
    ]
    product = " ".join(finding.facts.get(name, "") for name in ("product", "version")).strip()
    if product:
        facts.insert(2, Fact(_("装置やソフトの名乗り"), product, source=source))
    if finding.facts.get("cve"):
        facts.insert(2, Fact(_("弱点の番号（CVE）"), finding.facts["cve"], source=finding.facts.get("scanner", source)))
    if finding.facts.get("remedy"):
        facts.append(
            Fact(_("調べた道具が勧めること"), finding.facts["remedy"], source=finding.facts.get("scanner", ""))
        )
    return facts


def _recheck(finding: Finding) -> dict[str, Any]:
    try:
        rechecks.consents_for(finding)
    except rechecks.NotConsented as refused:
        return {"is_allowed": False, "opens_at": refused.opens_at}
    return {"is_allowed": True, "opens_at": None}


def behind_lines(finding: Finding) -> list[Behind]:
    """Return what a break-in through each line of the finding costs, as far as a map of the inside tells; [] without one."""
    plan = network.current_plan(finding.hospital)
    records = list(finding.line_ties.values_list("line_id", flat=True))
    if plan is None or not records:
        return []
    try:
        analysis = analysis_of(plan)
    except FileDamaged:
        return []
    ties = network.line_ties(finding.hospital, analysis.network)
    names = [name for record in records if (name := ties.in_map(record))]
    return [_behind(finding.hospital.code, analysis, name) for name in names]


def _behind(code: str, analysis: Analysis, line: str) -> Behind:
    verdict, blast = line_verdict(analysis, line), analysis.assessed.blasts[line]
    name = next((one.name or one.id for one in analysis.network.lines if one.id == line), line)
    return Behind(
        name, VERDICTS[verdict], verdict_word(verdict), blast.hosts, blast.hosts_maybe, links.entry(code, line)
    )


def evidence_url(evidence: FindingEvidence, code: str) -> str:
    """Return where the raw file behind a piece of evidence is downloaded, "" when there is none."""
    if evidence.raw_id is None and evidence.observation.file_id is None:
        return ""
    return reverse("findings:evidence", kwargs={"hospital_code": code, "piece_id": evidence.pk})
