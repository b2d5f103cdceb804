"""The cut of the sample hospital: written for the devices whose configuration is there, and it does what it says."""

from datetime import date
from pathlib import Path

import pytest

from sekisho.adapters.changes.proposal import proposals_for
from sekisho.adapters.changes.vendors import writer
from sekisho.adapters.network.read import read_network_model
from sekisho.adapters.network.reconfigured import Tie, with_configurations
from sekisho.assessment.network import assess_network
from sekisho.domain.network.model import Network
from sekisho.domain.network.services import parse_services
from sekisho.domain.tri import Tri

AOBA = Path("src/sekisho/catalogue/samples/aoba")
TODAY = date(2026, 11, 21)
FILES = {file.name: file.read_bytes() for file in sorted((AOBA / "configs").iterdir())}
TIES = {Path(name).stem: Tie(Path(name).stem, name) for name in FILES}


@pytest.fixture(scope="module")
def network() -> Network:
    drawn = read_network_model((AOBA / "network.yaml").read_bytes()).network
    return with_configurations(drawn, TIES, FILES).network


@pytest.fixture(scope="module")
def cut(network):
    return assess_network(network, today=TODAY).cut()


def after_typing(proposals) -> dict[str, bytes]:
    """Return the configurations once somebody has typed what is proposed."""
    files = dict(FILES)
    for one in proposals:
        if one.verified:
            tool = writer(one.vendor)
            name = TIES[one.device].config
            commands = [line for line in one.change_text.split("\n") if line and not line.startswith(tool.COMMENT)]
            commands = [line for line in commands if line not in ("configure terminal", "configure", "end")]
            if one.vendor == "fortios":
                commands = [line for line in one.change_text.split("\n") if line and not line.startswith("#")]
            files[name] = tool.applied(files[name].decode(), commands).encode()
    return files


def test_every_device_with_a_configuration_gets_commands_that_were_proved(network, cut):
    proposals = proposals_for(cut, network, FILES)
    verified = {one.device: one.vendor for one in proposals if one.verified}
    assert verified["rt-catering"] == "yamaha"
    assert verified["fw-pacs"] == "fortios"
    changed = {one.device for one in proposals if not one.verified}
    assert changed.isdisjoint(TIES)
    assert sum(len(one.changes) for one in proposals) == len(cut.changes)


def test_after_typing_the_catering_line_reaches_its_server_and_nothing_else(network, cut):
    proposals = proposals_for(cut, network, FILES)
    after = with_configurations(network, TIES, after_typing(proposals)).network
    reach = assess_network(after, today=TODAY).reach
    (dietary,) = parse_services("tcp/8443")
    (desktop,) = parse_services("tcp/3389")
    (shares,) = parse_services("tcp/445")
    assert reach.answer("line-4", "catering-sv", dietary) is Tri.YES
    for node in ("catering-sv", "catering-pc"):
        assert reach.answer("line-4", node, desktop) is Tri.NO
        assert reach.answer("line-4", node, shares) is Tri.NO


def test_after_typing_no_declared_need_is_broken(network, cut):
    proposals = proposals_for(cut, network, FILES)
    after = with_configurations(network, TIES, after_typing(proposals)).network
    before_reach, after_reach = (assess_network(one, today=TODAY).reach for one in (network, after))
    for flow in network.flows:
        service = flow.service.first
        if before_reach.answer(flow.source, flow.target, service) is Tri.YES:
            assert after_reach.answer(flow.source, flow.target, service) is Tri.YES, flow


def test_after_typing_the_lines_written_for_lose_no_critical_system(network, cut):
    proposals = proposals_for(cut, network, FILES)
    after = with_configurations(network, TIES, after_typing(proposals)).network
    spreads = assess_network(after, today=TODAY).spreads
    critical = {node.id for node in network.nodes if node.critical >= 3}
    for line in ("line-4", "line-5"):
        fallen = {taking.node for taking in spreads[line].takings}
        assert not critical & fallen


def test_scripts_say_in_japanese_what_they_do_and_hold_no_secret(network, cut):
    for one in proposals_for(cut, network, FILES):
        assert "FAKE-SECRET" not in repr(one)
        if one.verified:
            assert one.change_text.split("\n")[0][2:].startswith("関所 Sekisho：")
            assert "変更：" in one.change_text
            assert one.notes
