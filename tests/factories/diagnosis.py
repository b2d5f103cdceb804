"""Consents, and results of a diagnosis written by hand, for tests that need no packet to be sent."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from sekisho.apps.diagnosis import consents
from sekisho.apps.diagnosis.models import ScanConsent
from sekisho.apps.programme import actions as programme
from sekisho.apps.programme import queries as programme_queries
from sekisho.apps.register import actions as register
from sekisho.domain.diagnosis.completeness import Completeness
from sekisho.domain.diagnosis.consents import Scope
from sekisho.domain.diagnosis.results import ObservedPort
from sekisho.domain.diagnosis.runs import AddressResult, CommandRecord, Progress, RunResult, Stage, State
from sekisho.domain.text import Text
from sekisho.foundation.accounts.models import User
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import hospital_scope

ADDRESS = "203.0.113.10"
WANTED = {
    "scan_wanted": "wanted",
    "ehr_connection": "yes",
    "communication": "internet_vpn",
    "global_ip": "yes",
}


def agree_to_terms(hospital: Hospital, by: User) -> None:
    """Publish terms and let the hospital agree, unless it has."""
    terms = programme_queries.terms_in_force(date(2026, 11, 21)) or programme.publish_terms(
        version="1.0", title="規約", text="本文", effective_on=date(2026, 4, 1), by=None
    )
    if programme_queries.consent_in_force(hospital, terms) is None:
        programme.agree(hospital, terms=terms, signed_name=by.name, by=by)


def make_line(hospital: Hospital, by: User, address: str | None = ADDRESS, **answers: Any) -> Any:
    """Add a line that can be scanned; without an address a dynamic one."""
    kind = {"address_assignment": "fixed", "global_address": address} if address else {"address_assignment": "dynamic"}
    return register.add_line(hospital, answers=WANTED | kind | answers, by=by, source="test")


def conditions(**given: Any) -> consents.Conditions:
    """Return conditions that hold now."""
    now = timezone.now()
    return consents.Conditions(
        **{
            "starts_at": now - timedelta(hours=1),
            "ends_at": now + timedelta(hours=8),
            "stop_contact": "06-0000-0000",
            **given,
        }
    )


def prepared(hospital: Hospital, by: User, line: Any = None, **given: Any) -> ScanConsent:
    """Return a consent that nobody has signed."""
    with hospital_scope(hospital):
        agree_to_terms(hospital, by)
        line = line or make_line(hospital, by)
        return consents.prepare(hospital, lines=[line], conditions=conditions(**given), by=by)[0]


def signed(hospital: Hospital, by: User, line: Any = None, **given: Any) -> ScanConsent:
    """Return a consent that is in force."""
    row = prepared(hospital, by, line, **given)
    with hospital_scope(hospital):
        return consents.sign(row, signed_name=by.name, version=row.version, by=by)


# --- Results by hand ----------------------------------------------------------------------------------------------------
def address_result(address: str, state: State = State.COMPLETE, **given: Any) -> AddressResult:
    """Return what a run brings for one address with an open VPN and a web page."""
    now = timezone.now()
    command = CommandRecord(
        argv=("nmap", "-n", "-Pn", "-p1-65535", address),
        tool="nmap",
        version="7.93",
        started_at=now,
        ended_at=now,
        file=f"{address}/block-1.xml",
        sha256="a" * 64,
    )
    complete = Completeness(
        expected_missed=0.0002, is_shown=True, why=Text("測った損失から計算。", "From measured loss.")
    )
    given = {
        "hospital": "MINATO",
        "lines": ("回線1",),
        "protocols": ("tcp", "udp"),
        "ports": (
            ObservedPort("tcp", 443, "open", service="https", product="FortiGate SSL-VPN"),
            ObservedPort("udp", 500, "open", service="isakmp"),
        ),
        "packets": 131_070,
        "packets_per_second": 300,
        "completeness": complete,
        "commands": (command,),
        "started_at": now,
        "ended_at": now,
        **given,
    }
    return AddressResult(address=address, state=state, **given)


def run_result(*addresses: AddressResult, outside: int = 0) -> RunResult:
    """Return the result of a run in a namespace."""
    now = timezone.now()
    return RunResult(
        started_at=now, ended_at=now, gate="namespace", tools={"nmap": "7.93"}, addresses=addresses,
        packets_outside=outside,
    )  # fmt: skip


def scanner(
    state: State = State.COMPLETE, *, seen: list[Any] | None = None, until: Callable[..., bool] | None = None
) -> Callable[..., RunResult]:
    """Return what may stand in for `run_diagnosis`: it reports, asks what is allowed as the real one does, and ends.

    `seen` collects the scopes and other arguments. `until(scope, stop)` is asked again and again while it "scans"; True
    ends it, and what is then no longer allowed is `stopped`.
    """

    def scan(consents: Any, out: Any, **asked: Any) -> RunResult:
        import time

        scope: Scope = asked["scope"](timezone.now())
        if seen is not None:
            seen.append((scope, asked))
        found = []
        for permit in scope.permits:
            address = str(permit.address)
            asked["report"](Progress(address, Stage.TCP, 1, 100, 65_535, 290.0, 1, 220.0, Text("始めた", "begun")))
            began = time.monotonic()
            while until is not None and time.monotonic() - began < 10:
                if until(asked["scope"](timezone.now()), asked["stop"]):
                    break
                time.sleep(0.05)
            left = asked["scope"](timezone.now()).permit_for(permit.address)
            ended = state if left is not None and not asked["stop"]() else State.STOPPED
            found.append(address_result(address, ended))
        return run_result(*found)

    return scan


def at(hours: float) -> datetime:
    """Return the time in so many hours."""
    return timezone.now() + timedelta(hours=hours)
