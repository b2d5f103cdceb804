"""What became of a finding: fixed only when the same thing was asked again and was not there."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.domain.diagnosis.comparison import REASONS, Change, Coverage, compare
from sekisho.domain.diagnosis.findings import Evidence, Finding
from sekisho.domain.diagnosis.results import AddressScan, CheckResult, CheckState, Covered, ObservedPort

KNOWN = load_finding_knowledge()
AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
A = "203.0.113.10"
ALL_TCP = Covered("tcp", ((1, 65535),))


def opened(number: int, protocol: str = "tcp", state: str = "open") -> ObservedPort:
    return ObservedPort(protocol, number, state)


def scan(*ports: ObservedPort, covered: tuple[Covered, ...] = (ALL_TCP,), **more: object) -> AddressScan:
    return AddressScan(A, AT, True, ports, covered=covered, **more)  # type: ignore[arg-type]


def port_finding(number: int = 3389, protocol: str = "tcp") -> Finding:
    return Finding("open-port", A, (), protocol, number)


def rdp(check: str = "rdp-enum-encryption", **more: object) -> Finding:
    return Finding("rdp-no-nla", A, (), "tcp", 3389, evidence=(Evidence("nmap 7.93", check=check),), **more)  # type: ignore[arg-type]


def became(earlier: Finding, later_scan: AddressScan | None, *later: Finding) -> tuple[Change, str]:
    scans = [later_scan] if later_scan else []
    (one,) = compare([earlier], later, Coverage.of(scans), KNOWN)
    return one.change, one.rule


FIXED, STILL, UNSEEN = Change.FIXED, Change.STILL_OPEN, Change.NOT_LOOKED_AT


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (scan(), (FIXED, "")),
        (scan(opened(3389, state="closed")), (FIXED, "")),
        (scan(opened(3389, state="filtered")), (FIXED, "")),
        (None, (UNSEEN, "address-not-scanned")),
        (scan(covered=(Covered("tcp", ((1, 1024),)),)), (UNSEEN, "port-not-asked")),
        (scan(covered=()), (UNSEEN, "port-not-asked")),
        (scan(covered=(Covered("udp", ((1, 65535),)),)), (UNSEEN, "port-not-asked")),
        (scan(is_complete=False), (UNSEEN, "incomplete")),
        (scan(opened(3389, state="closed"), is_complete=False), (FIXED, "")),
        (scan(opened(3389, state="unfiltered")), (UNSEEN, "silent")),
        (replace(scan(), is_up=False), (UNSEEN, "incomplete")),
    ],
)
def test_an_open_port_is_fixed_only_when_it_was_asked_and_is_not_open(
    later: AddressScan | None, expected: tuple[Change, str]
) -> None:
    assert became(port_finding(), later) == expected


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (scan(covered=(Covered("udp", ((500, 500),)),)), (FIXED, "")),
        (scan(opened(500, "udp", "open|filtered"), covered=(Covered("udp", ((500, 500),)),)), (UNSEEN, "silent")),
        (
            scan(covered=(Covered("udp", ((1, 600),)),), undecided=(Covered("udp", ((1, 600),)),)),
            (UNSEEN, "silent"),
        ),
        (scan(opened(500, "udp", "closed"), covered=(Covered("udp", ((500, 500),)),)), (FIXED, "")),
        (scan(opened(500)), (UNSEEN, "port-not-asked")),
    ],
)
def test_the_silence_of_udp_proves_nothing(later: AddressScan, expected: tuple[Change, str]) -> None:
    assert became(port_finding(500, "udp"), later) == expected


def check(name: str, state: CheckState, *asks: str, port: int = 3389) -> CheckResult:
    return CheckResult(name, "tcp", port, state, asks=asks)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (scan(opened(3389)), (UNSEEN, "check-not-asked")),
        (scan(opened(3389), asked_services=True), (UNSEEN, "check-not-asked")),
        (scan(opened(3389), checks=(check("rdp-security", CheckState.DONE, "rdp-enum-encryption"),)), (FIXED, "")),
        (scan(opened(3389), checks=(check("rdp-security", CheckState.SILENT, "rdp-enum-encryption"),)), (FIXED, "")),
        (
            scan(opened(3389), checks=(check("rdp-security", CheckState.FAILED, "rdp-enum-encryption"),)),
            (UNSEEN, "check-not-asked"),
        ),
        (
            scan(opened(3389), checks=(check("rdp-security", CheckState.SKIPPED, "rdp-enum-encryption"),)),
            (UNSEEN, "check-not-asked"),
        ),
        (
            scan(opened(3389), checks=(check("rdp-security", CheckState.DONE, "rdp-enum-encryption", port=3390),)),
            (UNSEEN, "check-not-asked"),
        ),
        (scan(opened(3389), asked_scripts=frozenset({"rdp-enum-encryption"})), (FIXED, "")),
        (scan(opened(3389), asked_scripts=frozenset({"nessus:*"})), (UNSEEN, "check-not-asked")),
        (scan(), (FIXED, "")),
    ],
)
def test_what_a_check_showed_is_fixed_only_when_it_was_asked_again(
    later: AddressScan, expected: tuple[Change, str]
) -> None:
    assert became(rdp(), later) == expected


def test_what_another_scanner_showed_needs_that_scanner_again() -> None:
    finding = Finding(
        "imported", A, (), "tcp", 443, "nessus:153953", evidence=(Evidence("Nessus", check="nessus:153953"),)
    )
    assert became(finding, scan(opened(443), asked_services=True)) == (UNSEEN, "check-not-asked")
    assert became(finding, scan(opened(443), asked_scripts=frozenset({"nessus:*"}))) == (FIXED, "")
    about_host = replace(finding, protocol="", port=0)
    assert became(about_host, scan(opened(443))) == (UNSEEN, "check-not-asked")
    assert became(about_host, scan(asked_scripts=frozenset({"nessus:*"}))) == (FIXED, "")


def test_a_version_that_was_not_asked_for_is_no_version_that_is_gone() -> None:
    seen = Finding("product-seen", A, (), "tcp", 443, "nginx")
    assert became(seen, scan(opened(443))) == (UNSEEN, "check-not-asked")
    assert became(seen, scan(opened(443), asked_services=True)) == (FIXED, "")


def test_still_open_tells_which_facts_have_changed() -> None:
    old = Finding("product-seen", A, (), "tcp", 443, "nginx", {"version": "1.18", "product": "nginx"})
    new = replace(old, facts={"version": "1.22", "product": "nginx"})
    (one,) = compare([old], [new], Coverage.of([scan(opened(443))]), KNOWN)
    assert (one.change, one.changed, one.finding) == (STILL, ("version",), new)


def test_new_says_when_it_had_only_not_been_looked_at_before() -> None:
    narrow = Coverage.of([scan(covered=(Covered("tcp", ((1, 1024),)),))])
    later = Coverage.of([scan(opened(3389))])
    (one,) = compare([], [port_finding()], later, KNOWN, before=narrow)
    assert (one.change, one.rule) == (Change.NEW, "first-looked")
    (one,) = compare([], [port_finding()], later, KNOWN, before=Coverage.of([scan()]))
    assert (one.change, one.rule) == (Change.NEW, "")


def test_a_dynamic_line_is_compared_across_its_addresses() -> None:
    old = replace(port_finding(), place="line:回線3")
    moved = replace(scan(), address="198.51.100.7")
    assert compare([old], [], Coverage.of([moved]), KNOWN)[0].rule == "address-not-scanned"
    coverage = Coverage.of([moved], place_of=lambda address: "line:回線3")
    assert compare([old], [], coverage, KNOWN)[0].change is FIXED


def test_one_of_several_scans_that_looked_is_enough() -> None:
    coverage = Coverage.of([scan(covered=(Covered("tcp", ((1, 1024),)),)), scan()])
    assert compare([port_finding()], [], coverage, KNOWN)[0].change is FIXED


def test_every_reason_is_there_in_both_languages() -> None:
    assert all(text.ja and text.en for text in REASONS.values())
    assert all(change.word.ja and change.word.en and change.shape for change in Change)


PORTS = st.sampled_from([22, 53, 443, 3389])
FINDINGS = st.lists(st.builds(port_finding, PORTS, st.sampled_from(["tcp", "udp"])), max_size=6)
SCANS = st.builds(
    lambda ports, first, is_complete: scan(
        *ports, covered=(Covered("tcp", ((first, 65535),)),), is_complete=is_complete
    ),
    st.lists(st.builds(opened, PORTS, state=st.sampled_from(["closed", "filtered"])), max_size=3),
    st.integers(1, 4000),
    st.booleans(),
)


@given(FINDINGS, FINDINGS, st.lists(SCANS, max_size=2))
def test_compare_names_every_finding_once_and_fixes_nothing_it_did_not_ask(
    earlier: list[Finding], later: list[Finding], scans: list[AddressScan]
) -> None:
    compared = compare(earlier, later, Coverage.of(scans), KNOWN)
    assert sorted(one.finding.key for one in compared) == sorted({one.key for one in (*earlier, *later)})
    for one in compared:
        if one.change is FIXED:
            assert any(scan.was_asked(one.finding.protocol, one.finding.port) for scan in scans)
        if one.change in {Change.NEW, STILL}:
            assert one.finding.key in {finding.key for finding in later}
