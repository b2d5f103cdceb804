"""What a scan shows, as findings: every reader of signs is asked about every open port, then the address as a whole.

A reader only adds: what nobody asked makes no finding, and what could not be told makes one that says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from sekisho.domain.diagnosis.findings import Certainty, Finding, merged
from sekisho.domain.diagnosis.knowledge import FindingKnowledge, LineContext
from sekisho.domain.diagnosis.results import AddressScan, CheckState, ObservedPort
from sekisho.domain.diagnosis.signs import (
    accounts,
    files,
    pages,
    remote_desktop,
    services,
    ssh,
    strangers_answered,
    tls,
    vpn,
    weaknesses,
)
from sekisho.domain.diagnosis.signs.sight import Reader, Sight
from sekisho.domain.text import Text

MANY_OPEN = 500
"""Open TCP ports beyond which a device in front is thought to answer for all; no host of a hospital has so many."""
MOST_OPEN, ENOUGH_ASKED = 0.5, 100
"""The same when at least so many ports were asked and more than this part of them is open."""

READERS: tuple[Reader, ...] = (
    services.open_port,
    services.unknown_service,
    services.product_seen,
    services.tftp_answers,
    vpn.ike,
    remote_desktop.remote_desktop,
    remote_desktop.remote_control,
    remote_desktop.proxy,
    files.smb,
    files.ftp,
    files.shared_folders,
    ssh.ssh,
    tls.tls,
    tls.certificate,
    strangers_answered.snmp,
    strangers_answered.dns,
    strangers_answered.ntp,
    strangers_answered.upnp,
    strangers_answered.ipmi,
    strangers_answered.databases,
    pages.web_product,
    pages.build_date,
    pages.login_in_clear,
    accounts.default_accounts,
    weaknesses.tested_weaknesses,
    weaknesses.backdoors,
    weaknesses.windows_support,
)


def findings_of(
    scan: AddressScan,
    *,
    today: date,
    knowledge: FindingKnowledge,
    lines: Sequence[LineContext] = (),
    place: str = "",
    missed: str = "",
    why_incomplete: Text | None = None,
) -> tuple[Finding, ...]:
    """Return the findings of one scan, the gravest first. `lines` are those behind the address.

    `place` names the connection when its address changes (see `Finding`). `missed` and `why_incomplete` say how many open
    ports a scan that is not complete may have missed, and why.
    """
    sight = Sight(scan, knowledge, today, tuple(lines), place)
    ports = sight.ports()
    if _is_everything_open(scan, ports):
        count = str(len([port for port in ports if port.protocol == "tcp"]))
        behind = [sight.finding("everything-open", certainty=Certainty.UNKNOWN, said=f"{count} open", count=count)]
        ports = tuple(port for port in ports if _spoke(port))
    else:
        behind = []
    found = [finding for port in ports for reader in READERS for finding in reader(sight, port)]
    address = _of_address(sight, missed, why_incomplete)
    return merged([*behind, *found, *_not_done(sight), *address])


def _is_everything_open(scan: AddressScan, ports: Sequence[ObservedPort]) -> bool:
    count = sum(port.protocol == "tcp" for port in ports)
    asked = sum(covered.count for covered in scan.covered if covered.protocol == "tcp")
    return count > MANY_OPEN or (asked >= ENOUGH_ASKED and count > asked * MOST_OPEN)


def _spoke(port: ObservedPort) -> bool:
    """Return True when something stands behind an open port beside the handshake."""
    return bool(port.scripts) or (port.basis == "probed" and port.service.rstrip("?") not in {"", "tcpwrapped"})


def _of_address(sight: Sight, missed: str, why: Text | None) -> Iterator[Finding]:
    scan = sight.scan
    if not scan.is_complete:
        found = sight.finding("not-complete", certainty=Certainty.UNKNOWN, missed=missed)
        yield replace(found, facts={**found.facts, **_both("reason", why)})
    if not scan.is_up:
        yield sight.finding("no-answer", certainty=Certainty.UNKNOWN)


def _both(name: str, text: Text | None) -> dict[str, str]:
    return {} if text is None else {f"{name}.ja": text.ja, f"{name}.en": text.en}


def _not_done(sight: Sight) -> Iterator[Finding]:
    for port in sight.scan.open_ports:
        for check in sight.checks_of(port):
            if check.state is CheckState.FAILED:
                yield sight.finding(
                    "check-not-done",
                    port,
                    subject=check.check,
                    certainty=Certainty.UNKNOWN,
                    said=check.rule,
                    check=check.check,
                    reason=check.rule,
                )
