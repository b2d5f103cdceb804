"""The second stage against real services: what each check finds, what it leaves alone, and where its packets go."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from sekisho.adapters.evidence.folder import Evidence
from sekisho.adapters.nmap.parse import parse_nmap_xml
from sekisho.adapters.scanners.checks import CheckRun, Surroundings, run_check
from sekisho.catalogue.checks import load_checks
from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.domain.diagnosis.checks import NEVER_SENT_TO, plan_checks
from sekisho.domain.diagnosis.consents import Permit
from sekisho.domain.diagnosis.deriving import findings_of
from sekisho.domain.diagnosis.findings import Finding
from sekisho.domain.diagnosis.results import AddressScan, CheckState
from tests.scan_lab import Host, Lab, Service, lab
from tests.scan_lab.services import (
    MEGABYTES,
    TAR_PIT,
    TERMINAL_ESCAPES,
    certificate,
    dnsmasq,
    nginx,
    openssh,
    snmpd,
    strongswan,
    vsftpd,
    xrdp,
)

pytestmark = pytest.mark.network

OPEN, TIGHT, HOSTILE = "203.0.113.10", "203.0.113.20", "203.0.113.30"
TODAY = date(2026, 11, 21)


def resolver() -> Service:
    """Return dnsmasq that answers strangers about a name which is not its own, as an open resolver does."""
    service = dnsmasq()
    return replace(service, command=(*service.command, "--address=/www.wikipedia.org/192.0.2.81"))


@pytest.fixture(scope="module")
def built() -> Iterator[Lab]:
    hosts = [
        Host(
            OPEN,
            tcp=[9100],
            services=(
                openssh(is_weak=True),
                nginx(443, with_certificate=certificate("FGT60E4Q16000000", to_days=-3)),
                nginx(8443, with_certificate=certificate("old.lab.example", bits=1024), is_weak=True),
                nginx(80, body="<html><head><title>RTX830</title></head></html>"),
                xrdp(security="negotiate"),
                strongswan(),
                snmpd(),
                vsftpd(),
                resolver(),
            ),
        ),
        Host(
            HOSTILE,
            tcp={
                22: TAR_PIT,
                21: TERMINAL_ESCAPES,
                80: MEGABYTES,
                3389: MEGABYTES,
                6379: TERMINAL_ESCAPES,
            },
        ),
        Host(TIGHT, services=(openssh(passwords=False), xrdp(security="tls"), vsftpd(anonymous=False))),
    ]
    with lab(hosts=hosts, seconds=600) as running:
        yield running


class Seen:
    """What the second stage brought for one address."""

    def __init__(self, scan: AddressScan, runs: list[CheckRun], findings: tuple[Finding, ...], out: Path) -> None:
        self.scan, self.runs, self.findings, self.out = scan, runs, findings, out

    @property
    def kinds(self) -> set[tuple[str, str, str]]:
        """Return port, kind and subject of every finding."""
        return {(finding.port_name, finding.kind, finding.subject) for finding in self.findings}

    def state(self, check: str) -> CheckState:
        return next(run.result.state for run in self.runs if run.result.check == check)


def examined(running: Lab, address: str, tcp: str, udp: str, out: Path, *, detect: bool = True) -> Seen:
    asked = [
        ("-sS", *(("-sV", "--version-intensity", "2") if detect else ()), "-p", tcp),
        *([("-sU", "-p", udp)] if udp else []),
    ]
    scans = []
    for options in asked:
        done = running.run(["nmap", "-n", "-Pn", *options, "-oX", "-", address], timeout=180)
        scans += parse_nmap_xml(done.stdout.encode()).scans
    ports = tuple(port for scan in scans for port in scan.ports)
    permit = Permit(
        "H001", ("1",), ip_address(address), frozenset({"tcp", "udp"}), 400, datetime.now(UTC) + timedelta(hours=1)
    )
    plan = plan_checks(address, ports, load_checks().checks, permit)
    around = Surroundings(
        address=ip_address(address),
        evidence=Evidence(out, ip_address(address)),
        command=lambda argv: running.command(argv),
        is_raw=True,
        rate=400,
        now=lambda: datetime.now(UTC),
        stop=lambda: False,
    )
    runs = [run_check(planned, around) for planned in plan.planned]
    around.evidence.close()
    whole = AddressScan(
        address=address,
        started_at=scans[0].started_at,
        is_up=True,
        ports=ports,
        tool=scans[0].tool,
        covered=tuple(covered for scan in scans for covered in scan.covered),
        asked_services=True,
        checks=tuple(run.result for run in runs),
    )
    return Seen(whole, runs, findings_of(whole, today=TODAY, knowledge=load_finding_knowledge()), out)


@pytest.fixture(scope="module")
def loose(built: Lab, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return examined(built, OPEN, "21,22,53,80,443,3389,8443,9100", "53,161,500,4500", tmp_path_factory.mktemp("loose"))


@pytest.fixture(scope="module")
def tight(built: Lab, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return examined(built, TIGHT, "21,22,3389", "", tmp_path_factory.mktemp("tight"))


def test_checks_find_what_each_loose_service_lets_happen(loose: Seen) -> None:
    expected = {
        ("21/tcp", "ftp-anonymous", ""),
        ("22/tcp", "ssh-weak", "kex"),
        ("443/tcp", "cert-expired", ""),
        ("443/tcp", "cert-self-signed", ""),
        ("443/tcp", "cert-factory", "fortigate"),
        ("443/tcp", "tls-below-high-security", ""),
        ("8443/tcp", "tls-old-protocol", "TLSv1.0"),
        ("8443/tcp", "tls-old-protocol", "TLSv1.1"),
        ("8443/tcp", "tls-weak-cipher", "anonymous"),
        ("8443/tcp", "cert-weak", "short-key"),
        ("80/tcp", "management-page", "yamaha"),
        ("3389/tcp", "rdp-no-nla", ""),
        ("3389/tcp", "rdp-old-encryption", "native"),
        ("53/udp", "dns-open-resolver", ""),
        ("161/udp", "snmp-public", ""),
        ("500/udp", "ike-aggressive", ""),
        ("500/udp", "ike-weak", "3des"),
        ("500/udp", "ike-weak", "md5"),
        ("500/udp", "ike-weak", "group2"),
    }
    assert expected - loose.kinds == set()


def test_checks_find_nothing_at_services_that_are_tight(tight: Seen) -> None:
    kinds = {kind for _, kind, _ in tight.kinds}
    assert kinds & {"ftp-anonymous", "rdp-old-encryption", "ssh-weak", "ssh-v1"} == set()
    assert tight.state("ftp") is CheckState.SILENT


def test_a_check_that_always_speaks_is_no_clean_result_when_it_is_silent(tight: Seen) -> None:
    """xrdp that insists on TLS gives nmap's script an answer only now and then; without one it is "not looked at".

    A service that never gives one is among the hostile ones below.
    """
    run = next(run for run in tight.runs if run.result.check == "rdp-security")
    proof = next(check.proof for check in load_checks().checks if check.id == "rdp-security")
    written = parse_nmap_xml((tight.out / run.commands[-1].file).read_bytes()).scans
    said = [script.output for scan in written for port in scan.ports for script in port.scripts]
    is_answered = any(proof.search(output) for output in said)
    assert run.result.state is (CheckState.DONE if is_answered else CheckState.FAILED)
    assert (("3389/tcp", "check-not-done", "rdp-security") in tight.kinds) is not is_answered


def test_every_check_keeps_its_raw_output_with_hash(loose: Seen) -> None:
    for run in loose.runs:
        if run.result.state is CheckState.FAILED:
            continue
        assert run.commands
        assert run.result.sha256
        assert (loose.out / run.result.evidence).is_file()
    named = {finding.evidence[0].file for finding in loose.findings if finding.kind == "ike-aggressive"}
    assert named
    assert all((loose.out / file).is_file() for file in named)


def test_no_check_sends_anything_to_a_printer(loose: Seen, built: Lab) -> None:
    assert not {("tcp", 9100)} & {(run.result.protocol, run.result.port) for run in loose.runs}
    assert ("tcp", 9100) in NEVER_SENT_TO


def test_packets_go_to_the_examined_addresses_only(loose: Seen, tight: Seen, built: Lab) -> None:
    counters = built.counters()
    assert dict(counters.outside) == {}
    assert counters.packets(OPEN) > 100


def test_each_check_stays_below_the_packets_it_names(loose: Seen, built: Lab, tmp_path: Path) -> None:
    """What the catalogue says of a check is what the pace reckons with."""
    by_check = {check.id: check.packets for check in load_checks().checks}
    for planned_id, protocol, port in (
        ("ike-main", "udp", 500),
        ("snmp", "udp", 161),
        ("ssh", "tcp", 22),
        ("tls", "tcp", 443),
    ):
        planned = next(
            one
            for one in plan_checks(OPEN, loose.scan.ports, load_checks().checks, _permit()).planned
            if (one.check.id, one.protocol, one.port) == (planned_id, protocol, port)
        )
        before = built.counters().packets(OPEN)
        evidence = Evidence(tmp_path / planned_id, ip_address(OPEN))
        run_check(
            planned,
            Surroundings(
                ip_address(OPEN),
                evidence,
                lambda argv: built.command(argv),
                True,
                400,
                lambda: datetime.now(UTC),
                lambda: False,
            ),
        )
        evidence.close()
        sent = built.counters().packets(OPEN) - before
        assert 0 < sent <= by_check[planned_id], f"{planned_id}: {sent}"


def _permit() -> Permit:
    return Permit(
        "H001", ("1",), ip_address(OPEN), frozenset({"tcp", "udp"}), 400, datetime.now(UTC) + timedelta(hours=1)
    )


def test_what_findings_say_has_no_control_characters(loose: Seen) -> None:
    knowledge = load_finding_knowledge()
    for finding in loose.findings:
        title = knowledge.spoken(finding).title
        said = [title.ja, title.en, *finding.facts.values(), *(evidence.said for evidence in finding.evidence)]
        assert all(text.isprintable() for text in said)


def test_hostile_services_end_in_time_and_leave_nothing_that_moves_a_cursor(built: Lab, tmp_path: Path) -> None:
    """Megabytes, terminal escapes and a tar pit: each check comes to an end, and what is not known is said."""
    started = time.monotonic()
    seen = examined(built, HOSTILE, "21,22,80,3389,6379", "", tmp_path, detect=False)
    assert time.monotonic() - started < 300
    assert {run.result.check for run in seen.runs} >= {"ftp", "ssh", "web-product", "rdp-security", "databases"}
    assert {seen.state(check) for check in ("rdp-security", "ssh")} == {CheckState.FAILED}
    for run in seen.runs:
        assert all(len(output.output) < 5000 for output in run.result.outputs)
        assert all(value.isprintable() for output in run.result.outputs for _, value in output.elements)
    assert {("22/tcp", "open-port", ""), ("3389/tcp", "check-not-done", "rdp-security")} <= seen.kinds
    kept = [path for path in tmp_path.rglob("check-*") if path.is_file()]
    assert kept
    assert max(path.stat().st_size for path in kept) < 2_000_000
