"""CONSENTS.json: exactly what is written counts; whatever cannot be read exactly allows nothing."""

import json
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.adapters.consents_file import KEYS, MESSAGES, ConsentsUnreadable, read_consents

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "hospital": "H001", "line": "CAF00001", "address": "203.0.113.2", "from": "2026-11-21T09:00:00+09:00",
    "until": "2026-11-21T17:00:00+09:00", "protocols": ["tcp", "udp"], "max_packets_per_second": 400, "dynamic": False,
    "confirmed_on": None, "signed_by": "院長 山田", "withdrawn_at": None,
}  # fmt: skip


def read(*entries: object) -> Any:
    return read_consents(json.dumps(list(entries)).encode())


def rules(*entries: object) -> list[tuple[int, str, str]]:
    return [(one.entry, one.key, one.rule) for one in read(*entries).problems]


def test_the_example_of_the_contract_is_read_whole() -> None:
    consents = read(GOOD)
    assert not consents.problems
    (one,) = consents.consents
    assert (one.hospital, one.line, str(one.address)) == ("H001", "CAF00001", "203.0.113.2")
    assert one.starts_at == datetime(2026, 11, 21, tzinfo=UTC)
    assert (one.protocols, one.packets_per_second) == ({"tcp", "udp"}, 400)
    permit = consents.scope(NOW).permit_for(ip_address("203.0.113.2"))
    assert permit is not None
    assert permit.ends_at == one.ends_at


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"address": "203.0.113.0/24"}, ("address", "range")),
        ({"address": "203.0.113.2/32"}, ("address", "range")),
        ({"address": "203.0.113.1-203.0.113.9"}, ("address", "range")),
        ({"address": "vpn.hospital.example"}, ("address", "host-name")),
        ({"address": "203.0.113.2:443"}, ("address", "host-name")),
        ({"address": "203.0.113.2\u0000"}, ("address", "host-name")),
        ({"address": "2001:db8::1%eth0"}, ("address", "host-name")),
        ({"address": "0x7f.1"}, ("address", "host-name")),
        ({"address": 3405803778}, ("address", "no-text")),
        ({"address": None}, ("address", "no-address")),
        ({"address": ["203.0.113.2"]}, ("address", "no-text")),
        ({"from": "2026-11-21T09:00:00"}, ("from", "no-zone")),
        ({"until": "2026-11-21"}, ("until", "no-zone")),
        ({"until": "17:00"}, ("until", "no-instant")),
        ({"from": "2026-02-30T09:00:00+09:00"}, ("from", "no-instant")),
        ({"from": 1795226400}, ("from", "no-instant")),
        ({"withdrawn_at": "yesterday"}, ("withdrawn_at", "no-instant")),
        ({"withdrawn_at": False}, ("withdrawn_at", "no-instant")),
        ({"confirmed_on": "21.11.2026"}, ("confirmed_on", "no-day")),
        ({"protocols": "tcp"}, ("protocols", "no-protocols")),
        ({"protocols": []}, ("protocols", "no-protocols")),
        ({"protocols": ["tcp", "icmp"]}, ("protocols", "no-protocols")),
        ({"protocols": [["tcp"]]}, ("protocols", "no-protocols")),
        ({"max_packets_per_second": "400"}, ("max_packets_per_second", "no-number")),
        ({"max_packets_per_second": True}, ("max_packets_per_second", "no-number")),
        ({"max_packets_per_second": 399.5}, ("max_packets_per_second", "no-number")),
        ({"dynamic": "no"}, ("dynamic", "no-flag")),
        ({"default_accounts": 1}, ("default_accounts", "no-flag")),
        ({"hospital": " "}, ("hospital", "no-text")),
        ({"line": 7}, ("line", "no-text")),
        ({"withdrawn_on": "2026-11-20T09:00:00+09:00"}, ("withdrawn_on", "key-unknown")),
    ],
)
def test_a_slip_allows_nothing_and_is_told_by_its_place(change: dict[str, Any], expected: tuple[str, str]) -> None:
    found = read({**GOOD, "address": "203.0.113.9", "line": "other"}, {**GOOD, **change})
    assert [(one.entry, one.key, one.rule) for one in found.problems] == [(2, *expected)]
    assert [str(permit.address) for permit in found.scope(NOW).permits] == ["203.0.113.9"]


def test_an_unreadable_entry_closes_its_address_for_the_others_too() -> None:
    found = read(GOOD, {**GOOD, "withdrawn_at": "2026-11-21 12:00 頃"})
    assert found.scope(NOW).permits == ()
    assert [one.rule for one in found.scope(NOW).refusals] == ["doubtful"]


def test_a_key_that_stands_twice_is_refused() -> None:
    raw = json.dumps([GOOD]).replace(
        '"max_packets_per_second": 400', '"max_packets_per_second": 10, "max_packets_per_second": 900'
    )
    found = read_consents(raw.encode())
    assert [(one.key, one.rule) for one in found.problems] == [("max_packets_per_second", "key-twice")]
    assert not found.scope(NOW).permits


def test_a_dynamic_line_may_wait_for_its_address() -> None:
    found = read({**GOOD, "address": None, "dynamic": True})
    assert not found.problems
    assert [one.rule for one in found.scope(NOW).refusals] == ["no-address"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{}",
        b'"x"',
        b"null",
        b"[NaN]",
        b"[Infinity]",
        b"\xff\xfe[",
        b"[" * 100_000,
        b"[1" + b"0" * 5000 + b"e",
        b" " * 16_000_001,
    ],
)
def test_a_file_that_is_no_list_of_consents_is_refused_whole(raw: bytes) -> None:
    with pytest.raises(ConsentsUnreadable):
        read_consents(raw)


@pytest.mark.parametrize("entry", [None, 1, "x", [], [GOOD]])
def test_an_entry_that_is_no_object_is_told(entry: object) -> None:
    assert rules(GOOD, entry) == [(2, "", "no-entry")]


def test_a_file_cut_at_any_byte_allows_nothing() -> None:
    raw = json.dumps([GOOD, {**GOOD, "withdrawn_at": "2026-11-21T10:00:00+09:00"}], indent=1).encode()
    for at in range(len(raw)):
        with pytest.raises(ConsentsUnreadable):
            read_consents(raw[:at])


def test_a_byte_order_mark_does_no_harm() -> None:
    assert len(read_consents(b"\xef\xbb\xbf" + json.dumps([GOOD]).encode()).consents) == 1


@given(
    st.dictionaries(
        st.sampled_from(sorted(KEYS)),
        st.none() | st.integers() | st.text(max_size=20) | st.lists(st.text(max_size=3), max_size=3),
    )
)
def test_whatever_stands_in_an_entry_it_is_read_or_told(entry: dict[str, Any]) -> None:
    found = read(entry)
    assert bool(found.problems) != bool(found.consents)
    assert not found.scope(NOW).permits or found.consents
    assert all(one.rule in MESSAGES and "{" not in one.message.ja.replace("{ }", "") for one in found.problems)
