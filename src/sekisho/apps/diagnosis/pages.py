"""What the pages show: the ledger by line, a consent, a run."""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sekisho.apps.diagnosis import confirmations, ledger, stops
from sekisho.apps.diagnosis.ledger import Confirmed, Ledger, Standing
from sekisho.apps.diagnosis.models import AddressConfirmation, ConfirmationLink, DiagnosisRun, RunAddress, ScanConsent
from sekisho.apps.diagnosis.words import history
from sekisho.apps.programme import queries as programme
from sekisho.apps.register import queries as register
from sekisho.apps.register.display import as_text
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.diagnosis.obstacles import Obstacle, Weight, obstacles_of
from sekisho.foundation.audit.queries import history_of
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.ui.components import Fact, NextThing
from sekisho.foundation.ui.statuses import Status
from sekisho.foundation.ui.texts import speak

_ORDER = {"ready": 0, "missing": 1, "out-of-scope": 2}


@dataclass(slots=True)
class LineRow:
    """One line of the ledger: what stands in the way, what was looked up, its consents."""

    line: register.Line
    address: str
    obstacles: tuple[Obstacle, ...]
    confirmed: Confirmed | None = None
    standings: list[Standing] = field(default_factory=list)

    @property
    def purpose(self) -> str:
        """Return what the line is for, in words; "" when nobody has said."""
        return as_text(load_edition().sheet("lines").column("purpose"), self.line.answer("purpose"))

    @property
    def kind(self) -> str:
        """Return "ready", "missing" or "out-of-scope"."""
        weights = {one.weight for one in self.obstacles}
        if Weight.OUT_OF_SCOPE in weights:
            return "out-of-scope"
        return "missing" if Weight.MISSING in weights else "ready"

    @property
    def is_dynamic(self) -> bool:
        """Return True for a line whose address changes."""
        return bool(self.line.address_assignment == "dynamic")

    @property
    def is_confirmed_today(self) -> bool:
        """Return True when the address was looked up today."""
        return self.confirmed is not None and self.confirmed.day == confirmations.today()


def line_rows(hospital: Hospital, found: Ledger) -> list[LineRow]:
    """Return the lines in use with their consents, those that can be scanned first."""
    written = {one.row_id: one for one in register.register_of(hospital).lines}
    lines = list(register.lines_in_use().filter(hospital=hospital))
    confirmed = ledger.confirmations([line.pk for line in lines if line.address_assignment == "dynamic"])
    standings: dict[uuid.UUID, list[Standing]] = defaultdict(list)
    for standing in found.standings():
        standings[standing.row.line_id].append(standing)
    rows = []
    for line in lines:
        told = confirmed.get(line.pk)
        is_today = told is not None and told.day == confirmations.today()
        obstacles = obstacles_of(written[str(line.pk)], is_confirmed_today=is_today)
        address = (str(told.address) if told else "") if line.address_assignment == "dynamic" else _fixed(line)
        rows.append(LineRow(line, address, obstacles, told, standings[line.pk]))
    return sorted(rows, key=lambda row: (_ORDER[row.kind], row.line.number))


def _fixed(line: register.Line) -> str:
    address = ledger.address_of(line)
    return str(address) if address is not None else str(line.global_address or "")


def status_of(standing: Standing) -> tuple[str, str]:
    """Return how a consent stands as a kind of status and a word."""
    if standing.permit is not None:
        return "ok", _("いま診断できます")
    shown = {
        "not-signed": ("unanswered", _("署名を待っています")),
        "withdrawn": ("no", _("取り下げ")),
        "over": ("no", _("期間が終わりました")),
        "not-yet": ("info", _("期間の前です")),
        "not-confirmed-today": ("caution", _("今日の確認がまだです")),
        "no-address": ("caution", _("今日の確認がまだです")),
    }
    return shown.get(standing.rule, ("warning", _("診断できません")))


def ledger_context(hospital: Hospital) -> dict[str, Any]:
    """Return what the ledger's page shows."""
    now = timezone.now()
    found = ledger.ledger_of(hospital, now)
    rows = line_rows(hospital, found)
    crossing = ledger.overlapping([row for row in found.rows if row.signed_at is not None and row.ends_at > now])
    unsigned = [row for row in found.rows if row.signed_at is None]
    terms = programme.terms_in_force(timezone.localdate())
    return {
        "rows": [row for row in rows if row.kind != "out-of-scope"],
        "left_out": [row for row in rows if row.kind == "out-of-scope"],
        "ready": sum(row.kind == "ready" for row in rows),
        "allowed": sum(any(one.permit for one in row.standings) for row in rows),
        "unsigned": unsigned,
        "crossing": {str(key): others for key, others in crossing.items()},
        "has_terms": programme.consent_in_force(hospital, terms) is not None,
        "here": _("同意の台帳"),
    }


def consent_context(row: ScanConsent) -> dict[str, Any]:
    """Return what the page of one consent shows."""
    now = timezone.now()
    found = ledger.ledger_of(row.hospital, now)
    standing = found.standing(row) if row.pk in found.by_row else None
    links = ConfirmationLink.objects.filter(line=row.line, day=confirmations.today()).select_related("sent_by")
    return {
        "found": row,
        "here": str(row),
        "standing": standing,
        "facts": facts_of(row),
        "overlaps": ledger.overlapping(found.rows).get(row.pk, []),
        "confirmations": AddressConfirmation.objects.filter(line=row.line)[:10] if row.is_dynamic else [],
        "links": links if row.is_dynamic else [],
        "confirmed": ledger.confirmations([row.line_id]).get(row.line_id) if row.is_dynamic else None,
        "today": confirmations.today(),
        "history": history(history_of(row)),
    }


def facts_of(row: ScanConsent) -> list[Fact]:
    """Return the conditions of a consent, for reading."""
    daily = f"{row.daily_from:%H:%M} – {row.daily_until:%H:%M}" if row.daily_from and row.daily_until else _("一日中")
    facts = [
        Fact(_("アドレス"), row.address or _("診断の日に確かめる（動的IP）")),
        Fact(_("始まり"), row.starts_at),
        Fact(_("終わり"), row.ends_at),
        Fact(_("毎日の時間帯"), daily),
        Fact(_("調べるもの"), ", ".join(name.upper() for name in row.protocols)),
        Fact(_("一秒間に送る数（パケット）の上限"), str(row.packets_per_second)),
        Fact(_("止めるときの連絡先"), row.stop_contact or None),
        Fact(
            _("監視している会社への連絡"),
            row.get_monitoring_display(),
            source=row.monitoring_note,
            status=Status.CAUTION if row.monitoring == ScanConsent.Monitoring.UNKNOWN else None,
        ),
    ]
    if row.signed_at is not None:
        facts.append(Fact(_("署名"), row.signed_name, source=str(row.signed_by), on=row.signed_at))
        facts.append(Fact(_("規約の版と照合番号"), f"{row.terms_version} {row.terms_sha256}"))
    accounts = row.accounts_signed_name if row.default_accounts else _("同意していない")
    facts.append(Fact(_("初期アカウントを試すこと"), accounts, on=row.accounts_signed_at))
    if row.withdrawn_at is not None:
        facts.append(
            Fact(
                _("取り下げ"), row.withdrawn_reason, source=str(row.withdrawn_by), on=row.withdrawn_at, status=Status.NO
            )
        )
    if row.remarks:
        facts.append(Fact(_("備考"), row.remarks))
    return facts


# --- Runs ---------------------------------------------------------------------------------------------------------------
def run_status(run: DiagnosisRun) -> str:
    """Return the kind of status with which a run is shown."""
    return {"waiting": "unanswered", "running": "info", "done": "ok", "stopped": "no", "failed": "danger"}[run.state]


def address_status(row: RunAddress) -> str:
    """Return the kind of status with which an address of a run is shown: what is not shown to be whole is unknown."""
    return {
        "waiting": "unanswered",
        "running": "info",
        "complete": "ok",
        "incomplete": "unknown",
        "stopped": "no",
        "refused": "no",
    }[row.state]


def run_context(run: DiagnosisRun) -> dict[str, Any]:
    """Return what the live page of a run shows."""
    rows = list(run.addresses.all())
    in_force = list(stops.in_force(run.hospital, run))
    lefts = [row.seconds_left for row in rows if row.seconds_left is not None]
    return {
        "found": run,
        "status": run_status(run),
        "rows": [(row, address_status(row)) for row in rows],
        "events": run.events.all()[:80],
        "stops": in_force,
        "seconds_left": max(lefts) if lefts and not run.is_over else None,
        "has_left": any(not row.is_finished for row in rows),
        "open_ports": sum(row.open_ports for row in rows),
        "packets": sum(row.packets or 0 for row in rows) if any(row.packets is not None for row in rows) else None,
        "here": str(run),
        "percent": sum(100 if row.is_finished else (row.percent or 0) for row in rows) // len(rows) if rows else 0,
        "reasons": stop_reasons(),
    }


def stop_reasons() -> list[str]:
    """Return the usual reasons for stopping, the first one chosen beforehand: in an emergency nobody writes."""
    return [
        _("急いで止めました（理由は後で書きます）"),
        _("インターネットや電子カルテが遅い、つながらない"),
        _("装置が止まった、再起動した"),
        _("診療を優先する"),
        _("同意や日時が間違っていた"),
    ]


def start_context(hospital: Hospital, may_run: bool) -> dict[str, Any]:
    """Return what the first page of the diagnosis shows."""
    now = timezone.now()
    found = ledger.ledger_of(hospital, now)
    runs = list(DiagnosisRun.objects.filter(hospital=hospital).select_related("job", "made_by", "hospital")[:20])
    return {
        "runs": [(run, run_status(run)) for run in runs],
        "active": [run for run in runs if not run.is_over],
        "stops": list(stops.in_force(hospital)),
        "next": _next(hospital, found, now, runs, may_run),
        "reasons": stop_reasons(),
        "regions": settings.REGIONS,
    }


def _next(
    hospital: Hospital, found: Ledger, now: datetime, runs: list[DiagnosisRun], may_run: bool
) -> NextThing | None:
    def url(name: str, **more: Any) -> str:
        return reverse(f"diagnosis:{name}", kwargs={"hospital_code": hospital.code, **more})

    active = next((run for run in runs if not run.is_over), None)
    if active is not None:
        why = active.reason or _("進み具合、見つかった入口、残り時間が分かります。止めることもできます。")
        return NextThing(_("進んでいる診断を見る"), why, _("見る"), url("run", run_id=active.pk))
    unsigned = [row for row in found.rows if row.signed_at is None]
    if unsigned:
        why = _("署名がないと、診断は始まりません。内容を読んで、病院として同意できる方が署名します。")
        return NextThing(_("用意された同意に署名する"), why, _("内容を読む"), url("consents_sign"))
    ready = any(one.permit or one.opens_at for one in found.standings())
    if ready and may_run:
        why = _("何を診断し、何を診断しないかを見てから始めます。")
        return NextThing(_("診断を始める"), why, _("内容を確かめる"), url("run_start"))
    if ready:
        return None
    why = _("インターネット側から、開いている入口がないかを調べます。回線ごとに、いつ調べてよいかを決めます。")
    return NextThing(_("診断の同意を用意する"), why, _("同意の台帳を開く"), url("consents"))


def waiting_for_hospital(hospital: Hospital, now: datetime) -> NextThing | None:
    """Return what the diagnosis needs of the hospital: a signature, today's address, a consent; None when nothing."""
    url = reverse("diagnosis:consents", kwargs={"hospital_code": hospital.code})
    found = ledger.ledger_of(hospital, now)
    standings = found.standings()
    if any(one.row.signed_at is None for one in standings):
        return NextThing(
            _("診断の同意に署名する"),
            _("署名がないと、診断は始まりません。内容を読んで、病院として同意できる方が署名します。"),
            _("内容を読む"),
            reverse("diagnosis:consents_sign", kwargs={"hospital_code": hospital.code}),
        )
    if any(one.rule in _TODAY and _is_open(one, found) for one in standings):
        return NextThing(
            _("今日のアドレスを確かめる"),
            _("日によって変わるアドレスの回線です。診断の当日に確かめたアドレスだけを診断します。"),
            _("同意の台帳を開く"),
            url,
            status=Status.CAUTION,
        )
    if any(row.kind == "ready" and not row.standings for row in line_rows(hospital, found)):
        return NextThing(
            _("診断の同意を用意する"),
            _("インターネット側から、開いている入口がないかを調べます。回線ごとに、いつ調べてよいかを決めます。"),
            _("同意の台帳を開く"),
            url,
        )
    return None


_TODAY = frozenset({"not-confirmed-today", "no-address"})


def _is_open(standing: Standing, found: Ledger) -> bool:
    return any(one.starts_at <= found.now < one.ends_at for one in found.by_row[standing.row.pk])


def address_context(row: RunAddress) -> dict[str, Any]:
    """Return what the page of one address of a run shows."""
    result = row.result
    completeness = result.get("completeness") or {}
    ports = sorted(result.get("ports", []), key=lambda one: (one.get("state") != "open", one["protocol"], one["port"]))
    why = completeness.get("why")
    return {
        "row": row,
        "here": row.address,
        "run": row.run,
        "status": address_status(row),
        "ports": ports[:500],
        "more_ports": max(0, len(ports) - 500),
        "passes": result.get("passes") or {},
        "loss": result.get("loss") or {},
        "completeness": completeness,
        "completeness_why": (why.get(_language()) if isinstance(why, dict) else why) or "",
        "notes": [
            note.get(_language(), "") if isinstance(note, dict) else str(note) for note in result.get("notes", [])
        ],
        "evidence": row.evidence.all(),
    }


def _language() -> str:
    from django.utils.translation import get_language

    return "en" if get_language() == "en" else "ja"


def spoken_obstacles(obstacles: tuple[Obstacle, ...]) -> list[tuple[str, str]]:
    """Return obstacles as (words, key of the register)."""
    return [(speak(one.text), one.key) for one in obstacles]
