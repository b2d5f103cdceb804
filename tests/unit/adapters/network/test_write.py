"""What is written as network.yaml reads back as the same network."""

from random import Random

import pytest
from hypothesis import given, settings

from sekisho.adapters.network.read import read_network_model
from sekisho.adapters.network.write import network_yaml
from sekisho.domain.network.model import Network, Segment, Unread
from sekisho.domain.network.ranges import Ranges
from tests.oracles.random_networks import Shape, networks, random_network


@given(networks())
@settings(max_examples=40)
def test_network_yaml_reads_back_equal(network: Network) -> None:
    reading = read_network_model(network_yaml(network))
    assert reading.network == network


@pytest.mark.parametrize("seed", range(20))
def test_network_yaml_reads_back_equal_for_large_networks(seed: int) -> None:
    network = random_network(Random(seed), Shape(devices=(8, 8), lans=(2, 3), rules=(5, 9), filtered=0.7, unknown=0.2))
    assert read_network_model(network_yaml(network)).network == network


def test_network_yaml_of_nothing_is_an_empty_file() -> None:
    assert read_network_model(network_yaml(Network())).network == Network()


@pytest.mark.parametrize("name", ["yes", "2027-03-31", "0x10", "1.0", "null", "{a: b}", "~", "- x", "# x", "回線「7」"])
def test_network_yaml_keeps_names_that_yaml_takes_for_something_else(name: str) -> None:
    network = Network(segments=(Segment(name, Ranges(((1, 2),)), zone=name, name=name),))
    assert read_network_model(network_yaml(network)).network == network


def test_network_yaml_keeps_what_was_not_understood() -> None:
    network = read_network_model(b"devices: [{id: r}]").network
    with_unread = Network(devices=network.devices, unread=(Unread("r", "r.txt", 12, "ip policy x", "???"),))
    assert read_network_model(network_yaml(with_unread)).network == with_unread
