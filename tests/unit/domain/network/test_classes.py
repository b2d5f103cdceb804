"""Positions of bits: few, scattered and dense ones are gone through differently and come out alike."""

from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.network.classes import positions


@given(st.sets(st.integers(0, 5_000), max_size=60))
def test_positions_of_scattered_bits_come_lowest_first(wanted):
    assert list(positions(sum(1 << at for at in wanted))) == sorted(wanted)


@given(st.integers(0, (1 << 3_000) - 1))
def test_positions_of_dense_bits_are_those_that_are_set(bits):
    found = list(positions(bits))
    assert found == [at for at in range(bits.bit_length()) if bits >> at & 1]


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 700))
def test_positions_of_a_run_of_bits_with_gaps(many, step, first):
    wanted = list(range(first, first + many * step, step))
    assert list(positions(sum(1 << at for at in wanted))) == wanted


def test_nothing_has_no_position():
    assert list(positions(0)) == []
