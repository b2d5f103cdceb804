"""From consents to findings: a whole run through the gate against real services, read back and compared."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.network.diagnosis.running import consent, finished, result_of, started, write_consents
from tests.scan_lab import Host, Lab, lab
from tests.scan_lab.services import nginx, openssh, snmpd, strongswan, vsftpd

pytestmark = pytest.mark.network

ADDRESS = "203.0.113.10"
Found = tuple[str, int, str, str]


@pytest.fixture(scope="module")
def built() -> Iterator[Lab]:
    services = (openssh(is_weak=True), vsftpd(), snmpd(), strongswan(), nginx(80, body="<title>RTX830</title>"))
    with lab(hosts=[Host(ADDRESS, services=services)], seconds=600) as running:
        yield running


@pytest.fixture(scope="module")
def run(built: Lab, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("run")
    consents = write_consents(folder / "c.json", [consent(ADDRESS, rate=1000, protocols=["tcp", "udp"])])
    process = started(built, consents, folder / "out", "--udp", "161,500,4500", tcp="20-120", services=True)
    _, document = finished(process, timeout=400)
    return folder / "out", document


def told(document: dict[str, Any]) -> set[Found]:
    findings = result_of(document, ADDRESS)["findings"]
    return {(one["protocol"], one["port"], one["kind"], one["subject"]) for one in findings}


def test_a_run_finds_through_the_gate_what_the_services_let_happen(run: tuple[Path, dict[str, Any]]) -> None:
    expected = {
        ("tcp", 21, "ftp-anonymous", ""),
        ("tcp", 22, "ssh-weak", "kex"),
        ("tcp", 80, "management-page", "yamaha"),
        ("udp", 161, "snmp-public", ""),
        ("udp", 500, "ike-aggressive", ""),
        ("udp", 500, "ike-weak", "3des"),
    }
    assert expected - told(run[1]) == set()


def test_nothing_went_anywhere_else_and_nobody_tried_to_sign_in(built: Lab, run: tuple[Path, dict[str, Any]]) -> None:
    assert dict(built.counters().outside) == {}
    assert run[1]["packets_outside"] in {0, None}
    checks = result_of(run[1], ADDRESS)["checks"]
    accounts = [check for check in checks if check["check"] == "default-accounts"]
    assert accounts
    assert {(check["state"], check["rule"]) for check in accounts} == {("skipped", "no-login-consent")}


def test_every_finding_of_a_check_names_evidence_that_is_there_as_it_was_kept(run: tuple[Path, dict[str, Any]]) -> None:
    out, document = run
    pieces = [piece for one in result_of(document, ADDRESS)["findings"] for piece in one["evidence"] if piece["sha256"]]
    assert pieces
    for piece in pieces:
        assert hashlib.sha256((out / piece["file"]).read_bytes()).hexdigest() == piece["sha256"]


def test_the_result_is_read_back_and_compares_with_itself_as_still_there(run: tuple[Path, dict[str, Any]]) -> None:
    result = run[0] / "result.json"
    done = subprocess.run(
        [sys.executable, "-m", "sekisho.cli.main", "diagnose", "read", "--json", result, "--against", result],
        capture_output=True, text=True, timeout=120, check=False, env=os.environ,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    document = json.loads(done.stdout)
    assert {one["change"] for one in document["comparison"]} == {"still_open"}
    assert {tuple(one["key"][1:]) for one in document["findings"]} == told(run[1])
