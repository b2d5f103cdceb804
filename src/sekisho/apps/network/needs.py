"""The declared needs of a hospital's network（必要な通信）: taken out as a table, taken in with a dry run."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction

from sekisho.adapters.configurations.redaction import redact
from sekisho.adapters.network.needs_table import NeedChange, NeedRow, NeedsReading, RowProblem, read_needs, write_needs
from sekisho.adapters.workbooks.refusals import UnreadableWorkbook
from sekisho.apps.network import actions, queries
from sekisho.apps.network.analysis import analysis_of
from sekisho.apps.network.models import NeedsTable, NetworkPlan
from sekisho.domain.network.model import DeclaredFlow
from sekisho.domain.network.services import parse_services, services_text
from sekisho.domain.text import Text
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.files.sniffing import FileRefused


class AlreadyDecided(Exception):
    """The table was taken over or discarded before."""


@transaction.atomic
def take_table(plan: NetworkPlan, *, language: str, by: User) -> bytes:
    """Return the needs in force as .xlsx; the trail keeps who took them."""
    record("network.needs.exported", plan, by=by)
    return write_needs(analysis_of(plan).network, "en" if language.startswith("en") else "ja")


@transaction.atomic
def take_in(plan: NetworkPlan, *, name: str, content: bytes, by: User) -> NeedsTable:
    """Read a table and keep what it says until somebody decides; the file itself is not kept.

    Raises:
        FileRefused: it is no workbook that can be read safely.
    """
    try:
        reading = read_needs(content, analysis_of(plan).network)
    except UnreadableWorkbook as error:
        raise FileRefused(error.text) from None
    table = NeedsTable.objects.create(
        hospital=plan.hospital,
        name=_presentable(name),
        plan=plan,
        rows=[_to_plain(row) for row in reading.rows],
        problems=[{"row": one.row, "message": one.message.as_dict()} for one in reading.problems],
        left=len(reading.left),
        uploaded_by=by,
    )
    record("network.needs.checked", table, by=by, changes={"problems": [None, len(reading.problems)]})
    return table


def _presentable(name: str) -> str:
    plain = "".join(c for c in name.replace("\\", "/").rsplit("/", 1)[-1] if c.isprintable())
    return plain[-180:].strip() or "needs.xlsx"


def reading_of(table: NeedsTable) -> NeedsReading:
    """Return what a kept table says, against the version of the map it was read for."""
    in_force = {(flow.source, flow.target, flow.service): flow for flow in analysis_of(table.plan).network.flows}
    rows = tuple(_from_plain(row, in_force) for row in table.rows)
    named = {(row.flow.source, row.flow.target, row.flow.service) for row in rows}
    problems = tuple(RowProblem(one["row"], Text(**one["message"])) for one in table.problems)
    return NeedsReading(rows, problems, tuple(flow for key, flow in in_force.items() if key not in named))


def accept(table: NeedsTable, *, by: User) -> NetworkPlan | None:
    """Take the table over as a new version of the map; None when it changes nothing.

    Raises:
        AlreadyDecided: see there.
        PlanMoved: a newer version of the map came in since the table was read.
    """
    with transaction.atomic():
        locked = _locked(table)
        current = queries.current_plan(table.hospital)
        if current is None or current.pk != locked.plan_id:
            raise actions.PlanMoved
        network = replace(analysis_of(current).network, flows=reading_of(locked).applied())
        try:
            plan = actions.add_plan(
                table.hospital,
                network=network,
                source=NetworkPlan.Source.EXCEPTIONS,
                by=by,
                base=current.number,
                note=locked.name,
            )
        except actions.NothingChanged:
            plan = None
        locked.state = NeedsTable.State.ACCEPTED
        locked.save(update_fields=["state"])
        record("network.needs.accepted", locked, by=by)
    return plan


@transaction.atomic
def discard(table: NeedsTable, *, by: User) -> None:
    """Take nothing over.

    Raises:
        AlreadyDecided: see there.
    """
    locked = _locked(table)
    locked.state = NeedsTable.State.DISCARDED
    locked.save(update_fields=["state"])
    record("network.needs.discarded", locked, by=by)


def _locked(table: NeedsTable) -> NeedsTable:
    locked = NeedsTable.objects.select_for_update(of=("self",)).select_related("plan", "plan__file").get(pk=table.pk)
    if locked.state != NeedsTable.State.CHECKED:
        raise AlreadyDecided
    return locked


def _to_plain(row: NeedRow) -> dict[str, Any]:
    flow = row.flow
    return {
        "row": row.row,
        "change": row.change.value,
        "source": flow.source,
        "target": flow.target,
        "services": services_text(flow.service),
        "owner": redact(flow.owner).text,
        "until": flow.until.isoformat() if flow.until else None,
        "reason": redact(flow.reason).text,
    }


def _from_plain(value: dict[str, Any], in_force: dict[Any, DeclaredFlow]) -> NeedRow:
    flow = DeclaredFlow(
        value["source"],
        value["target"],
        parse_services(value["services"]),
        value["owner"],
        date.fromisoformat(value["until"]) if value["until"] else None,
        value["reason"],
    )
    before = in_force.get((flow.source, flow.target, flow.service))
    return NeedRow(value["row"], flow, NeedChange(value["change"]), before)
