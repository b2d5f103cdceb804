"""Every write about a hospital's network map: versions, change requests. Configurations: `configurations.py`."""

import hashlib
import re
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from sekisho.adapters.documents.drawing_pdf import draw_pdf
from sekisho.adapters.drawings.drawio import draw_drawio
from sekisho.adapters.drawings.svg import draw_svg
from sekisho.adapters.network.read import NetworkReading, read_network_model
from sekisho.adapters.network.write import network_yaml
from sekisho.adapters.yaml_file import FileProblem, YamlUnreadable
from sekisho.apps.network import queries
from sekisho.apps.network.analysis import analysis_of
from sekisho.apps.network.comparison import Comparison
from sekisho.apps.network.models import ChangeRequest, NetworkPlan
from sekisho.assessment.sheets import NetworkSheets, file_stems
from sekisho.domain.drawing.parts import Drawing
from sekisho.domain.network.changes import Change
from sekisho.domain.network.model import Network
from sekisho.domain.network.stored_changes import change_to_plain
from sekisho.domain.text import Text
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.files.actions import content_of, store
from sekisho.foundation.files.sniffing import PLAIN, FileRefused, SniffedFile
from sekisho.foundation.tenancy.models import Hospital

FILE_NAME = "network.yaml"
MOST_PROBLEMS = 500
"""Told of one file; whoever mends these sees the rest the next time."""


class PlanMoved(Exception):
    """Somebody else has made a newer version of the map since the page was opened. Nothing was written."""


class NothingChanged(Exception):
    """The new content is that of the version in force."""


class ChangedMeanwhile(Exception):
    """Somebody else has moved the change request since the page was opened. Nothing was written."""


class NotPossible(Exception):
    """The change request cannot go from its state to that one, or a reason is missing."""


# --- Versions of the map -----------------------------------------------------------------------------------------------
def read_plan(hospital: Hospital, content: bytes) -> NetworkReading:
    """Return what a network.yaml says; the configurations that its devices name are those handed in by these names.

    Raises:
        FileRefused: the file as a whole cannot be read, or says nothing; the message says where and how to mend it.
    """
    files = {
        configuration.name: content_of(configuration.file)
        for configuration in queries.configurations_of(hospital)
        if configuration.state == configuration.State.READ
    }
    files |= {f"configs/{name}": content for name, content in files.items()}
    try:
        known = queries.line_names(hospital)
        reading = read_network_model(content, configurations=files, other_sources=known)
    except YamlUnreadable as error:
        raise FileRefused(error.message) from error
    network = reading.network
    if not (network.segments or network.nodes or network.devices or network.lines):
        raise FileRefused(SAYS_NOTHING)
    return reading


SAYS_NOTHING = Text(
    "地図に載せるものが一つも読めませんでした。segments（区画）か devices（装置）を一つ以上書いてから送ってください。",
    "Nothing for the map could be read. Please write at least one segment or device and send it again.",
)


@transaction.atomic
def add_plan(
    hospital: Hospital,
    *,
    network: Network,
    source: str,
    by: User | None,
    base: int | None,
    note: str = "",
    problems: Iterable[FileProblem] = (),
    restored_from: NetworkPlan | None = None,
) -> NetworkPlan:
    """Make a new version of the map. `base` is the number of the version that the person saw, 0 for none, None for any.

    Raises:
        PlanMoved: another version came in since `base`.
        NothingChanged: the map says this already.
    """
    Hospital.objects.select_for_update().get(pk=hospital.pk)
    last = NetworkPlan.objects.filter(hospital=hospital).aggregate(n=Max("number"))["n"] or 0
    if base is not None and base != last:
        raise PlanMoved
    content = network_yaml(network)
    current = queries.current_plan(hospital)
    if current is not None and current.content_hash == hashlib.sha256(content).hexdigest():
        raise NothingChanged
    file = store(hospital=hospital, file=SniffedFile(FILE_NAME, PLAIN, content), by=by)
    plan = NetworkPlan.objects.create(
        hospital=hospital,
        number=last + 1,
        source=source,
        note=note.strip()[:200],
        file=file,
        content_hash=file.sha256,
        problems=[_problem(problem) for problem in list(problems)[:MOST_PROBLEMS]],
        restored_from=restored_from,
        made_by=by,
    )
    counts = {"devices": len(network.devices), "nodes": len(network.nodes), "lines": len(network.lines)}
    changes: dict[str, list[Any]] = {"sha256": [None, file.sha256]} | {key: [None, n] for key, n in counts.items()}
    record("network.plan.added", plan, by=by, changes=changes, reason=plan.note)
    return plan


def _problem(problem: FileProblem) -> dict[str, Any]:
    return {"line": problem.line, "rule": problem.rule, "message": problem.message.as_dict()}


def restore_plan(plan: NetworkPlan, *, by: User, base: int) -> NetworkPlan:
    """Put an earlier version in force again, as a new version.

    Raises:
        PlanMoved: another version came in since `base`.
        NothingChanged: it is in force already.
    """
    network = analysis_of(plan).network
    return add_plan(
        plan.hospital,
        network=network,
        source=NetworkPlan.Source.RESTORED,
        by=by,
        base=base,
        note=plan.note,
        restored_from=plan,
    )


@transaction.atomic
def take_plan(plan: NetworkPlan, *, by: User) -> bytes:
    """Return the content of a version; the trail keeps who took it."""
    record("network.plan.downloaded", plan, by=by)
    return content_of(plan.file)


def on_screen(drawing: Drawing, language: str, page: int) -> str:
    """Return one page of a drawing as SVG, every text escaped.

    Raises:
        ValueError: there is no such page.
    """
    return draw_svg(drawing, language, page=page)


@transaction.atomic
def take_sheet(
    plan: NetworkPlan, *, name: str, kind: str, language: str, sheets: NetworkSheets, by: User
) -> tuple[str, bytes]:
    """Return file name and content of a printable sheet as "svg", "pdf" or "drawio"; the trail keeps who took it.

    Raises:
        KeyError: there is no such sheet, or no such kind of file.
    """
    drawing = sheets[name]
    content = {
        "svg": lambda: draw_svg(drawing, language).encode(),
        "drawio": lambda: draw_drawio(drawing, language).encode(),
        "pdf": lambda: draw_pdf(drawing, language, made_at=timezone.localtime(plan.made_at)),
    }[kind]()
    file = f"{plan.hospital.code}_{file_stems(sheets.names)[name]}_{timezone.localdate():%Y%m%d}_{plan.number}.{kind}"
    record("network.sheet.downloaded", plan, by=by, changes={"file": [None, file]})
    return file, content


# --- Change requests ---------------------------------------------------------------------------------------------------
@transaction.atomic
def save_change_request(
    plan: NetworkPlan,
    *,
    title: str,
    reason: str,
    changes: tuple[Change, ...],
    comparison: Comparison,
    by: User,
) -> ChangeRequest:
    """Keep a what-if as a request, with the numbers that were shown.

    Raises:
        NotPossible: there is no change, or no title.
    """
    if not changes or not title.strip():
        raise NotPossible
    Hospital.objects.select_for_update().get(pk=plan.hospital_id)
    number = (ChangeRequest.objects.filter(hospital=plan.hospital).aggregate(n=Max("number"))["n"] or 0) + 1
    saved = ChangeRequest.objects.create(
        hospital=plan.hospital,
        number=number,
        title=title.strip()[:200],
        reason=reason.strip()[:2000],
        plan=plan,
        changes=[change_to_plain(change) for change in changes],
        before=comparison.before.as_plain(),
        after=comparison.after.as_plain(),
        closed=[pair.as_plain() for pair in comparison.closed],
        opened=[pair.as_plain() for pair in comparison.opened],
        broken=[need.as_plain() for need in comparison.broken],
        made_by=by,
    )
    record("network.change.saved", saved, by=by, changes={"changes": [None, len(changes)]}, reason=saved.reason)
    return saved


@transaction.atomic
def take_commands(change: ChangeRequest, text: str, *, part: str, by: User) -> tuple[str, bytes]:
    """Return file name and content of what is handed to a vendor; the trail keeps who took it.

    `part` says what of the request it is: a device and "change" or "rollback", or "all".
    """
    file = f"{change.hospital.code}_change-{change.number}_{_UNSAFE.sub('-', part).strip('-')}.txt"
    record("network.change.downloaded", change, by=by, changes={"file": [None, file]})
    return file, text.encode()


_UNSAFE = re.compile(r"[^\w.-]+")
"""What has no place in a file name on any system."""


MOVES: dict[str, frozenset[str]] = {
    ChangeRequest.State.DRAFT: frozenset({ChangeRequest.State.SENT}),
    ChangeRequest.State.SENT: frozenset({ChangeRequest.State.DONE, ChangeRequest.State.RETURNED}),
    ChangeRequest.State.RETURNED: frozenset({ChangeRequest.State.SENT}),
    ChangeRequest.State.DONE: frozenset(),
}
"""Where a change request may go from where it is."""


@transaction.atomic
def move_change_request(change: ChangeRequest, *, to: str, answer: str, version: int, by: User) -> ChangeRequest:
    """Send a change request, note it as done, or give it back with a reason.

    Raises:
        ChangedMeanwhile: it was moved since `version`.
        NotPossible: it cannot go there from where it is, or it is given back without a reason.
    """
    locked = ChangeRequest.objects.select_for_update(of=("self",)).get(pk=change.pk)
    if locked.version != version:
        raise ChangedMeanwhile
    if to not in MOVES[locked.state] or (to == ChangeRequest.State.RETURNED and not answer.strip()):
        raise NotPossible
    before = locked.state
    locked.state, locked.answer, locked.version = to, answer.strip()[:2000], locked.version + 1
    locked.moved_at, locked.moved_by = timezone.now(), by
    locked.save()
    changes = {"state": [before, to]}
    if to == ChangeRequest.State.SENT:
        record("network.change.sent", locked, by=by, changes=changes, reason=locked.answer)
    elif to == ChangeRequest.State.DONE:
        record("network.change.done", locked, by=by, changes=changes, reason=locked.answer)
    else:
        record("network.change.returned", locked, by=by, changes=changes, reason=locked.answer)
    return locked
