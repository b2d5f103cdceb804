"""What lies behind a device counts for how soon to act, when a map of the inside has its line."""

from typing import Any

import pytest
from django.utils import timezone

from sekisho.apps.network import actions as network
from sekisho.apps.vulnerabilities import pages
from sekisho.apps.vulnerabilities.models import HospitalProduct
from sekisho.apps.vulnerabilities.situations import situation_of
from sekisho.domain.tri import Tri
from sekisho.domain.vulnerabilities.priority import Situation, Urgency
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast
from tests.factories.feeds import fortios, nvd, nvd_cve
from tests.integration.vulnerabilities.conftest import Load, add_device

pytestmark = pytest.mark.django_db(transaction=True)
FLAT = """
segments: [{{id: lan, cidr: 10.0.0.0/24, gateway: rt1}}]
nodes:
  - {{id: ehr, name: "EHR", addresses: [10.0.0.10], role: ehr, critical: 3, listens: [tcp/3389]}}
  - {{id: pcs, addresses: [10.0.0.20], listens: [tcp/3389], count: 40}}
lines: [{{id: l1, number: {number}, kind: internet-vpn, terminates: {{device: rt1, interface: wan}}, source: 203.0.113.0/29}}]
devices:
  - id: rt1
    interfaces: [{{id: wan}}, {{id: lan1, segment: lan, address: 10.0.0.1}}]
rulesets:
  - device: rt1
    at: {{interface: wan, direction: in}}
    default: deny
    rules: [{{seq: 10, action: permit, src: [any], dst: [any], service: [{service}]}}]
"""


@pytest.fixture(autouse=True)
def _in_scope(cast: Cast) -> Any:
    with hospital_scope(cast.hospital):
        yield


def draw(cast: Cast, *, number: int, service: str) -> None:
    read = network.read_plan(cast.hospital, FLAT.format(number=number, service=service).encode())
    network.add_plan(cast.hospital, network=read.network, source="upload", by=cast.alice, base=None)


def use_of(device: Any) -> HospitalProduct:
    return HospitalProduct.objects.select_related("product", "hospital", "device").get(device=device)


def test_without_a_map_what_lies_behind_is_unknown(cast: Cast) -> None:
    assert situation_of(use_of(add_device(cast))) == Situation(Tri.UNKNOWN, None, None)


def test_line_that_the_map_lacks_is_unknown_too(cast: Cast) -> None:
    device = add_device(cast)
    draw(cast, number=device.line.number + 7, service="tcp/3389")
    assert situation_of(use_of(device)) == Situation(Tri.UNKNOWN, None, None)


def test_open_way_to_the_records_raises_what_is_planned(cast: Cast, load: Load) -> None:
    load(nvd(nvd_cve("CVE-2026-0001", fortios()), at=timezone.now().strftime("%Y-%m-%dT00:00:00.000")))
    device = add_device(cast)
    before = pages.matches_shown(use_of(device), "yes", today=timezone.localdate())[0][0]
    draw(cast, number=device.line.number, service="tcp/3389")
    situation = situation_of(use_of(device))
    assert (situation.reach, situation.critical) == (41, 1)
    after = pages.matches_shown(use_of(device), "yes", today=timezone.localdate())[0][0]
    assert before.match.priority.situation.critical is None
    assert after.match.priority.urgency == max(Urgency.SOON, before.match.priority.urgency - 1)
    assert len(after.why) == len(before.why) + 1, "the reason names what lies behind"


def test_closed_line_reaches_nothing(cast: Cast) -> None:
    device = add_device(cast)
    draw(cast, number=device.line.number, service="tcp/9")
    situation = situation_of(use_of(device))
    assert (situation.reach, situation.critical) == (0, 0)
