"""result.json both ways: what a run wrote is read back, and what somebody edited is refused."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.adapters.diagnosis_result import ResultUnreadable, read_result
from sekisho.adapters.nmap.parse import parse_nmap_xml
from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.domain.diagnosis.deriving import findings_of
from sekisho.domain.diagnosis.results import AddressScan, CheckResult, CheckState
from sekisho.domain.diagnosis.run_document import document_of
from sekisho.domain.diagnosis.runs import AddressResult, RunResult, State

SAMPLES = Path(__file__).parents[2] / "samples" / "nmap"
AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)


def scan() -> AddressScan:
    (seen,) = parse_nmap_xml((SAMPLES / "checks_tls.xml").read_bytes()).scans
    check = CheckResult("tls", "tcp", 443, CheckState.DONE, asks=("ssl-cert",), tool="nmap 7.93", started_at=AT)
    return replace(seen, started_at=AT, ended_at=AT, checks=(check,))


def result(state: State = State.COMPLETE) -> RunResult:
    seen = scan()
    found = findings_of(seen, today=TODAY, knowledge=load_finding_knowledge())
    one = AddressResult(
        seen.address, "H001", ("CAF1",), state, ports=seen.ports, checks=seen.checks, findings=found, scan=seen,
        started_at=AT, ended_at=AT,
    )  # fmt: skip
    refused = AddressResult("203.0.113.99", "H001", ("CAF2",), State.REFUSED)
    return RunResult(AT, AT, "namespace", {"nmap": "7.93"}, (one, refused))


def document() -> dict[str, Any]:
    return json.loads(json.dumps(document_of(result())))


def raw(changed: object) -> bytes:
    return json.dumps(changed, ensure_ascii=False).encode()


def test_what_a_run_wrote_is_read_back() -> None:
    (seen,), findings = read_result(raw(document()))
    written = scan()
    assert (seen.address, seen.is_complete, seen.covered) == (written.address, True, written.covered)
    assert {(port.name, port.product, port.scripts) for port in seen.ports} == {
        (port.name, port.product, port.scripts) for port in written.ports
    }
    assert seen.checks[0].asks == ("ssl-cert",)
    assert {finding.key for finding in findings} == {finding.key for finding in result().addresses[0].findings}
    assert findings[0].evidence == result().addresses[0].findings[0].evidence


def test_a_refused_address_was_not_scanned_and_an_incomplete_one_shows_nothing() -> None:
    (seen,), _ = read_result(raw(document()))
    assert seen.address != "203.0.113.99"
    (incomplete,), _ = read_result(raw(json.loads(json.dumps(document_of(result(State.INCOMPLETE))))))
    assert not incomplete.is_complete


@pytest.mark.parametrize(
    "bad",
    [
        b"", b"{", b"[]", b"null", b'"x"', b'{"format": "other/1"}', b"\xff\xfe", b"[" * 100_000,
        b'{"format": "sekisho-diagnosis/1", "addresses": {}}', b'{"format": "sekisho-diagnosis/1", "addresses": [1]}',
    ],
)  # fmt: skip
def test_what_is_no_result_is_refused(bad: bytes) -> None:
    with pytest.raises(ResultUnreadable) as refused:
        read_result(bad)
    assert refused.value.message.ja


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("address",), "not an address"),
        (("address",), "203.0.113.0/24"),
        (("state",), None),
        (("ports", 0, "port"), 70_000),
        (("ports", 0, "port"), "x"),
        (("ports", 0, "protocol"), 6),
        (("covered", 0, "ranges"), [[5, 1]]),
        (("covered", 0, "ranges"), [[1, 99999]]),
        (("findings", 0, "severity"), "terrible"),
        (("findings", 0, "facts"), [1]),
        (("checks", 0, "state"), "maybe"),
    ],
)
def test_values_that_cannot_be_refuse_the_file(path: tuple[str | int, ...], value: object) -> None:
    changed = deepcopy(document())
    part: Any = changed["addresses"][0]
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    if path == ("state",):
        del part["state"]
    with pytest.raises(ResultUnreadable):
        read_result(raw(changed))


def test_texts_are_made_visible_again() -> None:
    changed = document()
    changed["addresses"][0]["ports"][0]["product"] = "x\x1b[2J\u202e"
    (seen,), _ = read_result(raw(changed))
    assert seen.ports[0].product == "x\\x1b[2J\\u202e"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["address", "state", "ports", "findings", "covered"]), inner, max_size=4)))  # fmt: skip
def test_any_json_is_read_or_refused(value: object) -> None:
    whole = {"format": "sekisho-diagnosis/1", "addresses": [value]}
    try:
        scans, _ = read_result(raw(whole))
    except ResultUnreadable:
        return
    assert len(scans) <= 1
