"""What a single host may do: its declared needs, the updates of its antivirus, and nothing else."""

from datetime import date

import pytest

from sekisho.adapters.host_firewalls.allow_list import Way, allow_list
from sekisho.catalogue.antivirus_updates import load_antivirus_updates
from sekisho.domain.network.addresses import address_number, parse_addresses
from sekisho.domain.network.model import DeclaredFlow, ExternalLine, Network, Node, SourceNat
from sekisho.domain.network.ranges import EMPTY
from sekisho.domain.network.services import parse_services

TODAY = date(2026, 11, 21)
HOST = Node("ct", parse_addresses("10.0.64.10"), name="CTの操作卓")
PACS = Node("pacs", parse_addresses("10.0.2.10-10.0.2.13"))
NOWHERE = Node("lost", EMPTY)
LINE = ExternalLine("line-1", parse_addresses("172.31.1.0/24"))


def network(*flows: DeclaredFlow, **more) -> Network:
    return Network(nodes=(HOST, PACS, NOWHERE), lines=(LINE,), flows=flows, **more)


def flow(source: str, target: str, service: str = "tcp/104", **more) -> DeclaredFlow:
    return DeclaredFlow(source, target, parse_services(service), **more)


def test_needs_of_the_host_are_allowed_in_their_direction_only():
    found = allow_list(
        network(flow("ct", "pacs"), flow("line-1", "ct", "tcp/3389"), flow("pacs", "lost")), "ct", today=TODAY
    )
    assert [(one.way, one.label, one.services) for one in found.allowed] == [
        (Way.OUT, "pacs", parse_services("tcp/104")),
        (Way.IN, "line-1", parse_services("tcp/3389")),
    ]
    assert found.allowed[0].peers == PACS.addresses
    assert found.allowed[1].peers == LINE.source


def test_a_need_that_has_ended_is_left_out_and_told():
    found = allow_list(network(flow("ct", "pacs", until=date(2026, 11, 20))), "ct", today=TODAY)
    assert found.allowed == ()
    assert any("期限" in note.ja for note in found.notes)


def test_a_need_on_its_last_day_still_stands():
    assert len(allow_list(network(flow("ct", "pacs", until=TODAY)), "ct", today=TODAY).allowed) == 1


def test_an_end_without_an_address_is_told_and_never_becomes_everyone():
    found = allow_list(network(flow("lost", "ct"), flow("ct", "gone")), "ct", today=TODAY)
    assert found.allowed == ()
    assert sum("アドレスが分からない" in note.ja for note in found.notes) == 2


def test_a_line_from_the_whole_internet_is_not_allowed():
    open_line = ExternalLine("wan", parse_addresses("0.0.0.0/0"))
    found = allow_list(Network(nodes=(HOST,), lines=(open_line,), flows=(flow("wan", "ct"),)), "ct", today=TODAY)
    assert found.allowed == ()
    assert any("広すぎ" in note.ja for note in found.notes)


def test_a_host_without_needs_is_told_before_everything_stops():
    assert "すべての通信が止まります" in allow_list(network(), "ct", today=TODAY).notes[0].ja


def test_senders_behind_a_translation_are_allowed_under_both_addresses():
    nat = SourceNat("rt", "lan1", LINE.source, address_number("10.0.64.1"))
    found = allow_list(network(flow("line-1", "ct"), source_nats=(nat,)), "ct", today=TODAY)
    assert found.allowed[0].peers == LINE.source | parse_addresses("10.0.64.1")
    assert any("10.0.64.1" in note.ja for note in found.notes)


def test_update_sources_by_name_stay_names_until_a_person_enters_addresses():
    product = load_antivirus_updates()["trend-apex-one"]
    found = allow_list(network(flow("ct", "pacs")), "ct", today=TODAY, updates=[product])
    updates = [one for one in found.allowed if not one.peers]
    assert "*.activeupdate.trendmicro.com" in {one.label for one in updates}
    assert len(updates) == len(product.destinations)
    assert any("自動では調べません" in note.ja for note in found.notes)


def test_with_a_server_inside_the_makers_servers_are_not_reached():
    product = load_antivirus_updates()["trend-apex-one"]
    server = {"": parse_addresses("10.0.1.34")}
    found = allow_list(network(), "ct", today=TODAY, updates=[product], update_addresses=server)
    assert [one.peers for one in found.allowed] == [server[""]]
    assert found.allowed[0].way is Way.OUT


def test_uncertain_update_sources_are_told_with_their_source():
    product = load_antivirus_updates()["kaspersky"]
    found = allow_list(network(), "ct", today=TODAY, updates=[product])
    assert any(product.source.ja in note.ja for note in found.notes)


def test_an_unknown_host_is_an_error():
    with pytest.raises(KeyError):
        allow_list(network(), "nobody", today=TODAY)
