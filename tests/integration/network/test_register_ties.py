"""The network's pages and the register know each other: lines that the map lacks, links both ways, files for vendors."""

import time
from typing import Any

import pytest
from django.test import Client

from sekisho.apps.network import actions, configurations, queries
from sekisho.apps.network.analysis import analysis_of
from sekisho.apps.network.models import ChangeRequest, DeviceConfigurationFile, NetworkPlan
from sekisho.apps.network.pages import matrix as matrix_page
from sekisho.apps.network.pages.start import start_context
from sekisho.apps.register import actions as register
from sekisho.apps.register.models import Line
from sekisho.catalogue.samples import sample_folder
from sekisho.domain.tri import Tri
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db
AOBA = sample_folder("aoba")
SAFE = b"""
segments: [{id: lan, cidr: 10.0.0.0/24, gateway: rt1}, {id: srv, cidr: 10.0.1.0/24, gateway: rt1}]
nodes:
  - {id: ehr, name: "EHR", addresses: [10.0.1.10], role: ehr, critical: 3, listens: [tcp/3389]}
lines: [{id: l1, number: 1, terminates: {device: rt1, interface: wan}, source: 203.0.113.0/29}]
devices:
  - id: rt1
    interfaces: [{id: wan}, {id: lan1, segment: lan, address: 10.0.0.1}, {id: lan2, segment: srv, address: 10.0.1.1}]
rulesets: [{device: rt1, at: {interface: wan, direction: in}, default: deny, rules: []}]
backups: [{id: tape, of: ehr, on: ehr, connect: manual-eject, generations: 3}]
"""


@pytest.fixture(autouse=True)
def _in_scope(cast: Cast) -> Any:
    with hospital_scope(cast.hospital):
        yield


def add(cast: Cast, raw: bytes = SAFE) -> NetworkPlan:
    network = actions.read_plan(cast.hospital, raw).network
    return actions.add_plan(cast.hospital, network=network, source="upload", by=cast.alice, base=None)


def add_line(cast: Cast, number: int, circuit: str = "", *devices: dict[str, str]) -> Line:
    below = dict(enumerate(devices, 1))
    answers = {"circuit_id": circuit} if circuit else {}
    return register.add_line(cast.hospital, answers=answers, number=number, devices=below, by=cast.alice, source="test")


def start_of(cast: Cast, plan: NetworkPlan) -> dict[str, Any]:
    analysis = analysis_of(plan)
    ties = queries.line_ties(cast.hospital, analysis.network)
    return start_context("MINATO", analysis, open_lines=0, ties=ties)


def url(path: str = "") -> str:
    return f"/h/MINATO/network/{path}"


# ---- lines that only the register has ----


def test_line_that_the_map_lacks_counts_as_unknown(cast: Cast) -> None:
    plan = add(cast)
    add_line(cast, 1)
    before = start_of(cast, plan)["figures"]
    assert (before.lines, before.lines_maybe, before.lines_none) == (1, 0, 1)
    add_line(cast, 2)
    add_line(cast, 3, "CAF0001")
    context = start_of(cast, plan)
    figures = context["figures"]
    assert (figures.lines, figures.lines_maybe, figures.lines_none) == (3, 2, 1)
    assert figures.hosts_maybe == figures.hosts_all, "nobody knows what such a line reaches"
    assert [row["verdict"] for row in context["lines"]] == [Tri.UNKNOWN, Tri.UNKNOWN, Tri.NO], "safe lines come last"
    assert [one.number for one in context["missing"]] == [2, 3]
    assert context["next"] is not None, "somebody must find out"


def test_start_page_lists_the_missing_lines_and_never_reads_as_safe(cast: Cast) -> None:
    add(cast)
    line = add_line(cast, 7, "CAF0007")
    body = signed_in(cast.alice).get(url()).content.decode()
    assert "台帳の「回線7（CAF0007）」が地図にありません。" in body
    assert "number: 7 の回線として書き足してください" in body
    assert "台帳にあって地図にない回線が1本あります" in body
    assert f'href="/h/MINATO/register/{line.pk}/"' in body
    assert "どの回線から入られても、控えが一つは残ります。" not in body
    add_line(cast, 1)
    register.retire(line, reason="解約", by=cast.alice)
    body = signed_in(cast.alice).get(url()).content.decode()
    assert "地図にありません" not in body
    assert "どの回線から入られても、控えが一つは残ります。" in body


@pytest.mark.parametrize(
    ("written", "number", "circuit", "is_known"),
    [
        ("id: l1, number: 4", 4, "", True),
        ("id: line-4", 4, "", True),
        ("id: 回線4", 4, "", True),
        ("id: CAF0004", 4, "CAF0004", True),
        ("id: line-4, number: 5", 4, "", False),
        ("id: l4", 4, "", False),
        ("id: CAF0004", 4, "CAF9999", False),
        ("id: line-40", 4, "", False),
    ],
)
def test_line_is_known_by_number_else_by_name(
    cast: Cast, written: str, number: int, circuit: str, is_known: bool
) -> None:
    line = add_line(cast, number, circuit)
    plan = add(cast, SAFE.replace(b"id: l1, number: 1", written.encode()))
    ties = queries.line_ties(cast.hospital, analysis_of(plan).network)
    assert bool(ties.in_map(line.pk)) is is_known
    assert [one.record for one in ties.missing] == ([] if is_known else [line.pk])


def test_lines_of_another_hospital_are_not_missing_here(cast: Cast) -> None:
    plan = add(cast)
    with hospital_scope(cast.other_hospital):
        register.add_line(cast.other_hospital, answers={}, number=9, devices={}, by=cast.mallory, source="test")
    assert not queries.line_ties(cast.hospital, analysis_of(plan).network).missing


# ---- links both ways ----


def test_line_of_the_register_leads_to_its_entry_and_back(cast: Cast) -> None:
    add(cast)
    line, client = add_line(cast, 1), signed_in(cast.alice)
    page = client.get(f"/h/MINATO/register/{line.pk}/").content.decode()
    assert url(f"lines/{line.pk}/") in page
    entry = client.get(url(f"lines/{line.pk}/"))
    assert (entry.status_code, entry["Location"]) == (302, url("entry/?line=l1"))
    body = client.get(entry["Location"]).content.decode()
    assert f'href="/h/MINATO/register/{line.pk}/"' in body
    assert f'href="{url("why/")}"' in body, "two clicks from the register to why"
    assert f'href="/h/MINATO/register/{line.pk}/"' in client.get(url()).content.decode()


def test_line_that_the_map_lacks_leads_to_what_is_said_of_it(cast: Cast) -> None:
    line, client = add_line(cast, 8), signed_in(cast.alice)
    assert client.get(url(f"lines/{line.pk}/"))["Location"] == url(), "without a map: how to get one"
    add(cast)
    assert client.get(url(f"lines/{line.pk}/"))["Location"] == url("#line-8")
    assert 'id="line-8"' in client.get(url()).content.decode()
    assert signed_in(cast.mallory).get(url(f"lines/{line.pk}/")).status_code == 404


def _tied(cast: Cast, place: str) -> DeviceConfigurationFile:
    """Put the sample's configuration in as that of a place of the map or of the register."""
    content = (AOBA / "configs" / "rt-catering.txt").read_bytes()
    taken, _is_new = configurations.take_in(cast.hospital, name="rt-catering.txt", content=content, by=cast.alice)
    configurations.read_one(taken, by=cast.alice)
    configurations.tie(cast.hospital, choices={taken: place}, by=cast.alice, base=None)
    taken.refresh_from_db()
    return taken


def test_device_of_the_register_leads_to_its_configuration_and_back(cast: Cast) -> None:
    add(cast)
    device, client = add_line(cast, 4, "", {"maker": "YAMAHA"}).devices.get(), signed_in(cast.alice)
    page = client.get(f"/h/MINATO/register/devices/{device.pk}/").content.decode()
    assert url(f"devices/{device.pk}/") in page
    nothing = client.get(url(f"devices/{device.pk}/"), follow=True)
    assert "の設定は、まだ決まっていません" in nothing.content.decode()
    taken = _tied(cast, f"register:{device.pk}")
    there = client.get(url(f"devices/{device.pk}/"))
    assert there["Location"] == url(f"configurations/{taken.pk}/")
    assert f'href="/h/MINATO/register/devices/{device.pk}/"' in client.get(there["Location"]).content.decode()


def test_configuration_of_a_device_of_the_map_is_that_of_the_lines_only_device(cast: Cast) -> None:
    plan = add(cast, (AOBA / "network.yaml").read_bytes())
    assert next(one for one in analysis_of(plan).network.devices if one.id == "rt-catering").line_number == 4
    line = add_line(cast, 4, "", {"maker": "YAMAHA"})
    taken = _tied(cast, "map:rt-catering")
    client = signed_in(cast.alice)
    device = line.devices.get()
    assert client.get(url(f"devices/{device.pk}/"))["Location"] == url(f"configurations/{taken.pk}/")
    body = client.get(url(f"configurations/{taken.pk}/")).content.decode()
    assert f"{url('entry/')}?line=line-4" in body, "and the line that ends there"
    switch = register.add_device(line, answers={"maker": "Cisco"}, by=cast.alice)
    assert client.get(url(f"devices/{device.pk}/"))["Location"] == url(f"configurations/{taken.pk}/"), "the maker says"
    assert client.get(url(f"devices/{switch.pk}/"))["Location"] == url("configurations/")
    register.add_device(line, answers={"maker": "Yamaha", "model": "RTX1210"}, by=cast.alice)
    assert client.get(url(f"devices/{device.pk}/"))["Location"] == url("configurations/"), "of two nobody guesses"


# ---- files for vendors ----


@pytest.fixture
def request_of_aoba(cast: Cast) -> tuple[Client, ChangeRequest]:
    add(cast, (AOBA / "network.yaml").read_bytes())
    _tied(cast, "map:rt-catering")
    client = signed_in(cast.alice)
    client.post(url("what-if/save/"), {"base": "2", "change": ["cut:3:0", "offline:0"], "title": "給食の回線を絞る"})
    return client, ChangeRequest.objects.get()


def test_commands_are_taken_as_text_and_the_trail_tells(request_of_aoba: tuple[Client, ChangeRequest]) -> None:
    client, saved = request_of_aoba
    page, path = client.get(url(f"changes/{saved.pk}/")), url(f"changes/{saved.pk}/commands/")
    assert path in page.content.decode()
    proposals = page.context["proposals"]
    change = client.get(path, {"device": "0", "part": "change"})
    assert change.content.decode() == proposals[0]["text"], "to the letter, so that it can be put in as it is"
    assert change["Content-Type"] == "text/plain; charset=utf-8"
    assert 'attachment; filename="MINATO_change-1_rt-catering_change.txt"' in change["Content-Disposition"]
    back = client.get(path, {"device": "0", "part": "rollback"}).content.decode()
    assert back == proposals[0]["rollback"] != proposals[0]["text"]
    whole = client.get(path).content.decode()
    for proposal in proposals:
        assert proposal["text"].rstrip() in whole
        assert proposal["rollback"].rstrip() in whole
    files = [event.changes["file"][1] for event in AuditEvent.objects.filter(verb="network.change.downloaded")]
    assert sorted(files) == [
        f"MINATO_change-1_{part}.txt" for part in ("all", "rt-catering_change", "rt-catering_rollback")
    ]


@pytest.mark.parametrize("asked", [{"device": "99"}, {"device": "-1"}, {"device": "０"}, {"device": "0", "part": "x"}])
def test_commands_of_what_is_not_there_are_not_found(
    request_of_aoba: tuple[Client, ChangeRequest], asked: dict[str, str]
) -> None:
    client, saved = request_of_aoba
    assert client.get(url(f"changes/{saved.pk}/commands/"), asked).status_code == 404
    assert not AuditEvent.objects.filter(verb="network.change.downloaded").exists()


def test_work_orders_speak_the_language_of_who_looks(cast: Cast, request_of_aoba: tuple[Client, ChangeRequest]) -> None:
    """What is remembered for one reader is not shown to another in the wrong language."""
    client, saved = request_of_aoba
    path = url(f"changes/{saved.pk}/commands/")
    japanese = client.get(path).content.decode()
    assert "読み直して確かめ済み" in japanese
    User.objects.filter(pk=cast.alice.pk).update(language="en")
    english = signed_in(cast.alice).get(path).content.decode()
    assert "読み直して確かめ済み" not in english
    assert english.startswith("# ")


# ---- large maps ----


def test_matrix_sorts_the_nodes_into_departments_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    sort = matrix_page.groups_of_nodes
    monkeypatch.setattr(matrix_page, "groups_of_nodes", lambda *given: (calls.append(1), sort(*given))[1])
    add(cast, wide_network(segments=6, rules=60))
    assert signed_in(cast.alice).get(url("matrix/")).status_code == 200
    assert len(calls) == 1


def test_pages_of_a_large_map_take_less_than_a_second_once_computed(cast: Cast) -> None:
    """120 departments, 1,200 hosts, 6,000 rules, 40 lines; processor time, so that a busy machine fails nobody."""
    add(cast, wide_network(segments=120, rules=6000))
    client = signed_in(cast.alice)
    pages = ("", "matrix/", "why/", "why/?src=l1&dst=h5-1&service=tcp/3389", "entry/?line=l1", "what-if/")
    took = {}
    for path in (*pages, "what-if/?change=close:0"):
        client.get(url(path))
        began = time.process_time()
        assert client.get(url(path)).status_code == 200
        took[path] = time.process_time() - began
    assert max(took.values()) < 1.0, took


def wide_network(*, segments: int, rules: int) -> bytes:
    """Return a map of a core with as many departments: each lets some others in by remote desktop or files."""
    ports = (22, 80, 135, 443, 445, 1521, 3306, 3389, 5900)
    nets = [f"10.{n // 250}.{n % 250}" for n in range(segments)]
    parts = ["segments:"]
    parts += [f"- {{id: s{n}, cidr: {net}.0/24, department: D{n}, gateway: core}}" for n, net in enumerate(nets)]
    parts += ["nodes:"]
    parts += [
        f"- {{id: h{n}-{k}, addresses: [{net}.{10 + k}], critical: {3 if k == 9 else 0}, listens: [tcp/{ports[k % 9]}, tcp/3389]}}"
        for n, net in enumerate(nets)
        for k in range(10)
    ]
    parts += ["devices:", "- id: core", "  interfaces:"]
    parts += [f"  - {{id: v{n}, segment: s{n}, address: {net}.1/24}}" for n, net in enumerate(nets)]
    lines = range(min(40, segments))
    for n in lines:
        parts += [f"- id: rt{n}", f"  interfaces: [{{id: wan}}, {{id: lan, segment: s{n}, address: {nets[n]}.250/24}}]"]
        parts += [f"  routes: [{{prefix: 10.0.0.0/8, via: {nets[n]}.1}}]"]
    parts += ["lines:"]
    parts += [f"- {{id: l{n}, source: 172.16.{n}.0/24, terminates: {{device: rt{n}, interface: wan}}}}" for n in lines]
    parts += ["rulesets:"]
    for n, net in enumerate(nets):
        parts += [f"- device: core\n  at: {{interface: v{n}, direction: in}}\n  default: deny\n  rules:"]
        parts += [
            f"  - {{seq: {k + 1}, action: {'deny' if k % 4 == 3 else 'permit'}, src: [{net}.{k % 9 * 16}/28],"
            f" dst: [{nets[(n * 7 + k * 11) % segments]}.0/24], service: [tcp/{ports[k % 9]}]}}"
            for k in range(rules // segments)
        ]
    return "\n".join(parts).encode()
