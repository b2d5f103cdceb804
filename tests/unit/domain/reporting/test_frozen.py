"""Stored reports: the same report comes back, and equal reports have equal hashes."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from sekisho.domain.reporting.document import ReportIssue
from sekisho.domain.reporting.frozen import ReportUnreadable, report_from_json, report_hash, report_to_json
from tests.factories.reporting import ASSESSED_AT, report


@pytest.mark.parametrize("count", [0, 1, 18])
def test_report_comes_back_from_its_stored_form(count):
    made = report(count, issue=ReportIssue(2, ASSESSED_AT, "事務局 田中"))
    assert report_from_json(report_to_json(made)) == made


def test_stored_form_is_plain_ascii_and_canonical():
    stored = report_to_json(report(3))
    assert stored.isascii()
    assert stored == report_to_json(report_from_json(stored))


def test_hash_changes_with_any_change_and_only_then():
    made = report(3)
    assert report_hash(made) == report_hash(report(3))
    assert report_hash(made) != report_hash(replace(made, code="H002"))
    assert report_hash(made) != report_hash(replace(made, assessed_at=ASSESSED_AT + timedelta(seconds=1)))


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"format": 1}',
        '{"format": 1, "report": {"$": "Evil"}}',
        "[" * 100_000,
        '{"format":1,"report":7}',
    ],
)
def test_reading_refuses_what_is_no_report(stored):
    with pytest.raises(ReportUnreadable) as refused:
        report_from_json(stored)
    assert refused.value.message.ja


def test_reading_refuses_a_later_format():
    stored = json.dumps({**json.loads(report_to_json(report(1))), "format": 99})
    with pytest.raises(ReportUnreadable, match="99"):
        report_from_json(stored)
