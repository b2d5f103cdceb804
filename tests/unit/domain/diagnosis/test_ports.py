"""Sets of ports as people, command lines and ledgers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.diagnosis.ports import ALL_TCP, NotPorts, count_of, numbers_in, ranges_from, ranges_text, spans_text


@given(st.sets(st.integers(1, 65535), max_size=300))
def test_ports_survive_being_written(ports: set[int]) -> None:
    assert set(numbers_in(ranges_from(ranges_text(ports)))) == ports


def test_all_tcp_is_every_number_but_zero() -> None:
    assert count_of(ALL_TCP) == 65535
    assert spans_text(ALL_TCP) == "1-65535"


def test_touching_and_overlapping_ranges_become_one() -> None:
    assert ranges_from("5-9,1-4,8-12,3389") == ((1, 12), (3389, 3389))


@pytest.mark.parametrize(
    "text",
    ["0", "65536", "80-22", "http", "1-", "-5", "1,,2", " ", "1-2-3", "１", "99999999999999", "+80", "80;id", "T:80"],
)
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(NotPorts):
        ranges_from(text)
