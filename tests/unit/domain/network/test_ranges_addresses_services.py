"""Sets of numbers, and the addresses and services written with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.network.addresses import (
    ANY_ADDRESS,
    NotAnAddress,
    address_number,
    address_text,
    addresses_text,
    parse_addresses,
    prefixes_of,
)
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import (
    ANY_SERVICE,
    NotAService,
    parse_services,
    service_number,
    service_text,
    services_text,
)

SPANS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=6
)


def _numbers(ranges: Ranges) -> set[int]:
    return {number for first, last in ranges.spans for number in range(first, last + 1)}


class TestRanges:
    @given(SPANS, SPANS)
    def test_set_operations_are_those_of_sets(self, one, other):
        a, b = Ranges.of(one), Ranges.of(other)
        assert _numbers(a | b) == _numbers(a) | _numbers(b)
        assert _numbers(a & b) == _numbers(a) & _numbers(b)
        assert _numbers(a - b) == _numbers(a) - _numbers(b)
        assert a.covers(b) == (_numbers(b) <= _numbers(a))
        assert a.overlaps(b) == bool(_numbers(a) & _numbers(b))
        assert a.size == len(_numbers(a))
        assert all((n in a) == (n in _numbers(a)) for n in range(80))

    @given(SPANS)
    def test_equal_sets_are_equal_values_however_they_were_written(self, spans):
        ranges = Ranges.of(spans)
        assert Ranges.of((n, n) for n in reversed(sorted(_numbers(ranges)))) == ranges
        assert all(later[0] > earlier[1] + 1 for earlier, later in zip(ranges.spans, ranges.spans[1:], strict=False))

    def test_of_refuses_a_span_that_ends_before_it_begins(self):
        with pytest.raises(ValueError, match="5-3"):
            Ranges.of([(5, 3)])


class TestAddresses:
    @pytest.mark.parametrize(
        ("text", "size"),
        [
            ("10.0.0.1", 1),
            ("10.0.0.0/24", 256),
            ("10.0.0.5-10.0.0.9", 5),
            ("10.0.0.5-9", 5),
            ("2001:db8::/64", 1 << 64),
        ],
    )
    def test_parse_addresses_knows_every_writing(self, text, size):
        assert parse_addresses(text).size == size

    def test_parse_addresses_clears_host_bits(self):
        assert parse_addresses("10.0.0.77/24") == parse_addresses("10.0.0.0/24")

    def test_any_is_both_families(self):
        assert parse_addresses(["10.0.0.1", "any"]) == ANY_ADDRESS
        assert address_number("255.255.255.255") in ANY_ADDRESS
        assert address_number("::") in ANY_ADDRESS

    def test_the_families_do_not_touch(self):
        joined = parse_addresses(["255.255.255.255", "::"])
        assert len(joined.spans) == 2

    @pytest.mark.parametrize(
        "text", ["", "10.0.0", "10.0.0.256", "10.0.0.9-10.0.0.5", "10.0.0.1-::5", "１０.0.0.1", "10.0.0.0/33", "x"]
    )
    def test_parse_addresses_refuses_what_is_none(self, text):
        with pytest.raises(NotAnAddress):
            parse_addresses(text)

    @given(st.lists(st.tuples(st.integers(0, 2**32 - 300), st.integers(0, 299)), min_size=1, max_size=5))
    def test_what_is_written_is_read_back(self, pairs):
        ranges = Ranges.of((first, first + size) for first, size in pairs)
        assert parse_addresses(addresses_text(ranges)) == ranges

    @given(st.integers(0, 2**32 - 5000), st.integers(0, 4999))
    def test_prefixes_make_up_the_span(self, first, size):
        assert parse_addresses(prefixes_of((first, first + size))) == Ranges(((first, first + size),))

    def test_address_text_of_ipv6(self):
        assert address_text(address_number("2001:db8::1")) == "2001:db8::1"


class TestServices:
    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("tcp/443", ["tcp/443"]),
            ("TCP/1000-2000", ["tcp/1000-2000"]),
            ("udp", ["udp"]),
            ("icmp", ["icmp"]),
            ("esp", ["esp"]),
            ("ip/200", ["ip/200"]),
            ("any", ["any"]),
            ("ip", ["any"]),
        ],
    )
    def test_services_are_read_and_written(self, text, written):
        assert services_text(parse_services(text)) == written

    def test_any_holds_every_protocol(self):
        assert ANY_SERVICE.covers(parse_services(["tcp", "udp", "icmp", "esp", "ip/255"]))

    @pytest.mark.parametrize("text", ["", "tcp/", "tcp/99999", "tcp/5-3", "http", "tcp/-1", "ip/256", "tcp/４４３"])
    def test_parse_services_refuses_what_is_none(self, text):
        with pytest.raises(NotAService):
            parse_services(text)

    def test_service_text_leaves_out_ports_where_there_are_none(self):
        assert service_text(service_number(50)) == "esp"
        assert service_text(service_number(17, 53)) == "udp/53"
