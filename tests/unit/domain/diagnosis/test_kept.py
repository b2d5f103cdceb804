"""Scans and findings survive being written as JSON, whatever is in them; damaged values are refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.diagnosis.findings import Finding
from sekisho.domain.diagnosis.kept import (
    KeptUnreadable,
    finding_from_plain,
    finding_to_plain,
    scan_from_plain,
    scan_to_plain,
)
from sekisho.domain.diagnosis.results import AddressScan, CheckResult, CheckState, ObservedPort
from sekisho.domain.text import Text

TIMES = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC))
CHECKS = st.builds(
    CheckResult,
    check=st.text(),
    protocol=st.sampled_from(["tcp", "udp"]),
    port=st.integers(1, 65535),
    state=st.sampled_from(CheckState),
    started_at=st.none() | TIMES,
    ended_at=st.none() | TIMES,
    why=st.none() | st.builds(Text, st.text(), st.text()),
)
SCANS = st.builds(
    AddressScan,
    address=st.just("203.0.113.1"),
    started_at=st.none() | TIMES,
    ended_at=st.none() | TIMES,
    ports=st.lists(st.from_type(ObservedPort), max_size=3).map(tuple),
    checks=st.lists(CHECKS, max_size=2).map(tuple),
)


@given(SCANS)
def test_scan_comes_back_as_it_was(scan: AddressScan) -> None:
    assert scan_from_plain(json.loads(json.dumps(scan_to_plain(scan)))) == scan


@given(
    st.builds(
        Finding,
        kind=st.text(),
        address=st.text(),
        facts=st.dictionaries(st.text(), st.text(), max_size=4),
        evidence=st.just(()),
    )
)
def test_finding_comes_back_as_it_was(finding: Finding) -> None:
    back = finding_from_plain(json.loads(json.dumps(finding_to_plain(finding))))
    assert back == finding
    assert dict(back.facts) == dict(finding.facts)


def test_field_that_older_values_lack_gets_its_default_and_unknown_ones_are_passed_over() -> None:
    kept = {"address": "203.0.113.1", "started_at": None, "is_up": True, "ports": [], "once_there": 1}
    assert scan_from_plain(kept) == AddressScan("203.0.113.1", None, True, ())


@pytest.mark.parametrize(
    "kept",
    [
        None,
        [],
        "x",
        {},
        {"address": 1, "started_at": None, "is_up": True, "ports": []},
        {"address": "a", "started_at": "yesterday", "is_up": True, "ports": []},
        {"address": "a", "started_at": None, "is_up": True, "ports": "tcp"},
        {
            "address": "a",
            "started_at": None,
            "is_up": True,
            "ports": [],
            "covered": [{"protocol": "tcp", "ranges": [[1]]}],
        },
        {
            "address": "a",
            "started_at": None,
            "is_up": True,
            "ports": [{"protocol": "tcp", "port": True, "state": "open"}],
        },
    ],
)
def test_damaged_value_is_refused(kept: Any) -> None:
    with pytest.raises(KeptUnreadable):
        scan_from_plain(kept)
