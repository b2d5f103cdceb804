"""The page of a change request: what is to be done, what it does, what may happen next."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from sekisho.adapters.changes.proposal import proposals_for
from sekisho.apps.network import queries
from sekisho.apps.network.actions import MOVES
from sekisho.apps.network.analysis import analysis_of
from sekisho.apps.network.comparison import Figures
from sekisho.apps.network.configurations import vendor_name
from sekisho.apps.network.models import ChangeRequest, NetworkPlan
from sekisho.apps.network.pages.what_if import figures_rows
from sekisho.apps.network.words import Names, change_label
from sekisho.domain.network.stored_changes import changes_from_plain
from sekisho.foundation.files.actions import content_of
from sekisho.foundation.ui.texts import sign, speak

STATUSES = {
    ChangeRequest.State.DRAFT: "unanswered",
    ChangeRequest.State.SENT: "info",
    ChangeRequest.State.DONE: "ok",
    ChangeRequest.State.RETURNED: "caution",
}


def change_context(found: ChangeRequest, current: NetworkPlan | None) -> dict[str, Any]:
    """Return what the page of a change request shows; its numbers are those of the version it was made for."""
    network = analysis_of(found.plan).network
    names = Names(network)
    changes = changes_from_plain(found.changes)
    return {
        "found": found,
        "here": str(found),
        "status": STATUSES[ChangeRequest.State(found.state)],
        "changes": [change_label(names, change) for change in changes],
        "rows": figures_rows(Figures(**found.before), Figures(**found.after)),
        "closed": [
            pair | {"source": names.end(pair["source"]), "target": names.end(pair["target"])} for pair in found.closed
        ],
        "opened": [
            pair | {"source": names.end(pair["source"]), "target": names.end(pair["target"])} for pair in found.opened
        ],
        "broken": [
            need | {"source": names.end(need["source"]), "target": names.end(need["target"])} for need in found.broken
        ],
        "moves": [(to, label) for to, label in _moves() if to in MOVES[found.state]],
        "is_old": current is not None and current.pk != found.plan_id,
        "current": current,
    }


def proposals_shown(found: ChangeRequest) -> list[dict[str, Any]]:
    """Return the change for the devices' vendors: commands that were read back, or a work order, with the way back."""
    network = analysis_of(found.plan).network
    names = Names(network)
    files = {name: content_of(one.file) for name, one in queries.configurations_behind(found.plan).items()}
    proposals = proposals_for(changes_from_plain(found.changes), network, files, reason=found.title)
    return [
        {
            "id": proposal.device,
            "device": names.device(proposal.device),
            "vendor": vendor_name(proposal.vendor) if proposal.vendor else "",
            "text": proposal.change_text,
            "rollback": proposal.rollback_text,
            "verified": proposal.verified,
            "notes": proposal.notes,
        }
        for proposal in proposals
    ]


def commands_text(found: ChangeRequest, proposals: Iterable[dict[str, Any]]) -> str:
    """Return everything that is handed to the vendors as one text: for each device the change and the way back."""
    parts = [f"# {found}"]
    for proposal in proposals:
        state = _("コマンド：読み直して確かめ済み") if proposal["verified"] else _("作業の手順")
        head = " / ".join(part for part in (proposal["device"], proposal["vendor"], state) if part)
        notes = "".join(f"# {speak(note)}\n" for note in proposal["notes"])
        for title, text in ((_("変える"), proposal["text"]), (_("元に戻す"), proposal["rollback"])):
            parts.append(f"# ==== {head}{sign('：')}{title} ====\n{notes}{text.rstrip()}")
    return "\n\n".join(parts) + "\n"


def _moves() -> list[tuple[str, str]]:
    return [
        (ChangeRequest.State.SENT.value, _("保守会社に依頼したことにする")),
        (ChangeRequest.State.DONE.value, _("作業が終わったことにする")),
        (ChangeRequest.State.RETURNED.value, _("理由を付けて差し戻す")),
    ]
