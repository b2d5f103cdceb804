"""Ask again about one finding, inside the consent that is in force now: a small run for its port alone."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from sekisho.apps.diagnosis import ledger, runs
from sekisho.apps.diagnosis.ledger import Standing
from sekisho.apps.diagnosis.models import DiagnosisRun
from sekisho.apps.findings.models import Finding
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record


class NotConsented(Exception):
    """No consent in force covers the finding's line and protocol. `opens_at` is when the next one begins, if any."""

    def __init__(self, opens_at: Any = None) -> None:
        super().__init__("no consent in force")
        self.opens_at = opens_at


def consents_for(finding: Finding) -> list[Standing]:
    """Return the consents in force now by which the finding may be asked about again.

    Raises:
        NotConsented: see there.
    """
    lines = set(finding.line_ties.values_list("line_id", flat=True))
    standings = [
        one for one in ledger.ledger_of(finding.hospital, timezone.now()).standings() if one.row.line_id in lines
    ]
    wanted = finding.protocol or "tcp"
    allowed = [one for one in standings if one.permit is not None and wanted in one.permit.protocols]
    if not allowed:
        raise NotConsented(min((one.opens_at for one in standings if one.opens_at is not None), default=None))
    return allowed


def asked_for(finding: Finding) -> dict[str, Any]:
    """Return what is asked of the address: the finding's port with all its checks; everything when it has no port."""
    if not finding.port:
        return {}
    nothing: list[list[int]] = []
    ports = {"tcp": nothing, "udp": nothing} | {finding.protocol: [[finding.port, finding.port]]}
    return {**ports, "services": True, "checks": True}


@transaction.atomic
def start(finding: Finding, *, by: User) -> DiagnosisRun:
    """Start the run.

    Raises:
        NotConsented: no consent in force allows it now.
        runs.Stopped, runs.AlreadyRunning, runs.NothingToScan: see there.
    """
    consents = [one.row.pk for one in consents_for(finding)]
    run = runs.start_run(finding.hospital, by=by, consents=consents, asked=asked_for(finding))
    record("findings.recheck.started", finding, by=by, changes={"run": [None, str(run)]})
    return run
