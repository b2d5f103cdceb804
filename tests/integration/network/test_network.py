"""The network of a hospital: versions of its map, configurations without secrets, pages, what-if, change requests."""

import io
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from sekisho.adapters.network.needs_table import NeedChange, read_needs, write_needs
from sekisho.apps.network import actions, configurations, needs, queries
from sekisho.apps.network.analysis import analysis_of
from sekisho.apps.network.comparison import compared, figures_of, line_verdict
from sekisho.apps.network.models import (
    ChangeRequest,
    DeviceConfigurationFile,
    NeedsTable,
    NetworkPlan,
    UnparsedConfigurationLine,
)
from sekisho.apps.network.pages.tidiness import untidy_rules
from sekisho.apps.network.pages.what_if import NoSuchChoice, changes_chosen, proposal_keys
from sekisho.catalogue.samples import sample_folder
from sekisho.domain.network.model import DeclaredFlow
from sekisho.domain.network.services import parse_services
from sekisho.domain.tri import Tri
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.files.actions import content_of
from sekisho.foundation.files.models import StoredFile
from sekisho.foundation.files.sniffing import FileRefused
from sekisho.foundation.jobs.actions import run_job
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db
AOBA = sample_folder("aoba")
SECRET = "FAKE-SECRET-DO-NOT-USE"
SMALL = b"""
segments:
  - {id: lan, cidr: 10.0.0.0/24, gateway: rt1}
  - {id: srv, cidr: 10.0.1.0/24, gateway: rt1}
nodes:
  - {id: ehr, name: "EHR", addresses: [10.0.1.10], role: ehr, critical: 3, listens: [tcp/3389, tcp/443]}
  - {id: pc, addresses: [10.0.0.20], role: pc, listens: [tcp/3389]}
lines:
  - {id: l1, kind: internet-vpn, terminates: {device: rt1, interface: wan}, source: 203.0.113.0/29}
devices:
  - id: rt1
    interfaces: [{id: wan}, {id: lan1, segment: lan, address: 10.0.0.1}, {id: lan2, segment: srv, address: 10.0.1.1}]
rulesets:
  - device: rt1
    at: {interface: wan, direction: in}
    default: deny
    rules:
      - {seq: 10, action: permit, src: [203.0.113.0/29], dst: [10.0.1.0/24], service: [tcp/443, tcp/3389]}
flows: [{src: l1, dst: ehr, service: tcp/443, owner: IT, until: 2099-03-31}]
backups: [{id: nas, of: ehr, on: ehr, connect: always-on, generations: 3}]
"""


@pytest.fixture(autouse=True)
def _in_scope(cast: Cast) -> Any:
    with hospital_scope(cast.hospital):
        yield


def add(cast: Cast, raw: bytes = SMALL, base: int | None = None) -> NetworkPlan:
    reading = actions.read_plan(cast.hospital, raw)
    return actions.add_plan(
        cast.hospital, network=reading.network, source="upload", by=cast.alice, base=base, problems=reading.problems
    )


def drop(cast: Cast, name: str, content: bytes) -> DeviceConfigurationFile:
    taken, _is_new = configurations.take_in(cast.hospital, name=name, content=content, by=cast.alice)
    configurations.read_one(taken, by=cast.alice)
    return taken


def url(path: str = "") -> str:
    return f"/h/MINATO/network/{path}"


# ---- versions ----


def test_plan_is_kept_as_written_anew_and_counts_up(cast: Cast) -> None:
    first = add(cast)
    second = add(cast, SMALL.replace(b"seq: 10", b"seq: 20"))
    assert (first.number, second.number) == (1, 2)
    again = actions.read_plan(cast.hospital, content_of(first.file)).network
    assert again == analysis_of(first).network
    assert queries.current_plan(cast.hospital) == second
    assert AuditEvent.objects.filter(verb="network.plan.added").count() == 2


def test_plan_of_an_editor_who_saw_an_older_version_is_refused(cast: Cast) -> None:
    add(cast)
    with pytest.raises(actions.PlanMoved):
        add(cast, SMALL.replace(b"seq: 10", b"seq: 20"), base=0)
    assert NetworkPlan.objects.count() == 1


def test_same_content_makes_no_version(cast: Cast) -> None:
    add(cast)
    with pytest.raises(actions.NothingChanged):
        add(cast)
    assert NetworkPlan.objects.count() == 1


def test_going_back_makes_a_new_version_of_the_old_content(cast: Cast) -> None:
    first = add(cast)
    add(cast, SMALL.replace(b"seq: 10", b"seq: 20"))
    restored = actions.restore_plan(first, by=cast.alice, base=2)
    assert (restored.number, restored.restored_from, restored.content_hash) == (3, first, first.content_hash)


def test_upload_tells_problems_by_line_and_keeps_the_rest(cast: Cast) -> None:
    broken = SMALL.replace(b"addresses: [10.0.0.20]", b"addresses: [10.0.0.999]")
    client = signed_in(cast.alice)
    answer = client.post(
        url("plan/upload/"), {"file": SimpleUploadedFile("network.yaml", broken), "base": "0"}, follow=True
    )
    body = answer.content.decode()
    plan = NetworkPlan.objects.get()
    assert plan.problems
    assert plan.problems[0]["message"]["ja"] in body
    line = next(n for n, text in enumerate(broken.decode().split("\n"), 1) if "999" in text)
    assert plan.problems[0]["line"] == line
    assert "ehr" in {node.id for node in analysis_of(plan).network.nodes}


@pytest.mark.parametrize("raw", [b"", b"\x00\x01\x02", b"- 1\n- 2", b"a: &a [*a]", b"segments: {{{", b"[" * 5000])
def test_upload_that_is_no_map_is_refused_with_a_reason(cast: Cast, raw: bytes) -> None:
    client = signed_in(cast.alice)
    answer = client.post(url("plan/upload/"), {"file": SimpleUploadedFile("network.yaml", raw), "base": "0"})
    assert answer.status_code == 422
    assert "field__error" in answer.content.decode()
    assert not NetworkPlan.objects.exists()


# ---- configurations ----


def test_no_secret_of_a_configuration_is_stored(cast: Cast, storage: Path) -> None:
    raw = (AOBA / "configs" / "rt-catering.txt").read_bytes()
    assert raw.count(SECRET.encode()) >= 4
    taken = drop(cast, "rt-catering.txt", raw)
    assert taken.redacted >= 4
    assert StoredFile.objects.count() == 1
    kept = b"".join(path.read_bytes() for path in storage.rglob("*") if path.is_file())
    assert kept
    assert SECRET.encode() not in kept
    assert kept.count(b"\n") == raw.replace(b"\r\n", b"\n").count(b"\n"), "line numbers hold"
    told = str([list(event.changes.items()) for event in AuditEvent.objects.all()])
    assert SECRET not in told


def test_configuration_is_read_with_vendor_coverage_and_rules(cast: Cast) -> None:
    taken = drop(cast, "rt-catering.txt", (AOBA / "configs" / "rt-catering.txt").read_bytes())
    assert (taken.state, taken.vendor, taken.model, taken.percent) == ("read", "yamaha", "RTX1210", 100)
    assert taken.rules >= 4


def test_the_very_same_file_is_kept_once(cast: Cast) -> None:
    raw = (AOBA / "configs" / "rt-ehr.txt").read_bytes()
    first, is_new = configurations.take_in(cast.hospital, name="a.txt", content=raw, by=cast.alice)
    second, again = configurations.take_in(cast.hospital, name="a.txt", content=raw, by=cast.alice)
    assert (is_new, again, first.pk) == (True, False, second.pk)


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n" + b"x" * 100, b"PK\x03\x04broken", bytes(range(256)) * 20]
)
def test_what_is_no_configuration_is_refused_and_not_stored(cast: Cast, content: bytes) -> None:
    with pytest.raises(FileRefused):
        configurations.take_in(cast.hospital, name="x", content=content, by=cast.alice)
    assert not StoredFile.objects.exists()


def test_unknown_vendor_fails_with_what_to_do(cast: Cast) -> None:
    taken = drop(cast, "memo.txt", "ただのメモです。\n設定ではありません。\n".encode())
    assert taken.state == "failed"
    assert taken.failure["ja"]
    assert taken.failure["en"]


def test_many_files_are_read_by_one_job_and_lead_to_their_list(cast: Cast) -> None:
    add(cast, (AOBA / "network.yaml").read_bytes())
    client = signed_in(cast.alice)
    files = [SimpleUploadedFile(path.name, path.read_bytes()) for path in sorted((AOBA / "configs").glob("*"))]
    answer = client.post(url("configurations/upload/"), {"file": files})
    job = Job.objects.get()
    assert answer["Location"].endswith(f"/jobs/{job.pk}/")
    run_job.func(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.total, job.result["url"]) == ("done", len(files), url("configurations/"))
    body = client.get(url("configurations/")).content.decode()
    assert body.count('class="coverage"') == len(files)
    assert 'value="map:rt-catering" selected' in body


def test_tied_configuration_takes_the_place_of_what_was_declared(cast: Cast) -> None:
    add(cast, (AOBA / "network.yaml").read_bytes())
    taken = drop(cast, "rt-catering.txt", (AOBA / "configs" / "rt-catering.txt").read_bytes())
    plan = configurations.tie(cast.hospital, choices={taken: "map:rt-catering"}, by=cast.alice, base=1)
    assert plan is not None
    network = analysis_of(plan).network
    mine = [ruleset for ruleset in network.rulesets if ruleset.device == "rt-catering"]
    assert {ruleset.source for ruleset in mine} == {"parsed:rt-catering.txt"}
    rule = next(rule for ruleset in mine for rule in ruleset.rules if rule.seq == 1030)
    assert rule.origin is not None
    assert rule.origin.text.strip().startswith("ip filter 1030")
    taken.refresh_from_db()
    assert taken.device == "rt-catering"
    assert line_verdict(analysis_of(plan), "line-4") is Tri.YES


def test_newer_configuration_replaces_the_earlier_one_of_its_device(cast: Cast) -> None:
    add(cast, (AOBA / "network.yaml").read_bytes())
    raw = (AOBA / "configs" / "rt-catering.txt").read_bytes()
    old = drop(cast, "rt-catering.txt", raw)
    configurations.tie(cast.hospital, choices={old: "map:rt-catering"}, by=cast.alice, base=None)
    safe = raw.replace(b"secure filter in 1010 1020 1030 1040", b"secure filter in 1010 1020")
    new = drop(cast, "rt-catering.txt", safe)
    plan = configurations.tie(cast.hospital, choices={new: "map:rt-catering"}, by=cast.alice, base=None)
    assert plan is not None
    assert line_verdict(analysis_of(plan), "line-4") is Tri.NO
    old.refresh_from_db()
    assert old.replaced_at is not None
    assert [one.pk for one in queries.configurations_of(cast.hospital)] == [new.pk]


def test_map_can_begin_with_configurations_alone(cast: Cast) -> None:
    from sekisho.apps.register import actions as register

    register.add_line(cast.hospital, answers={}, devices={1: {"maker": "YAMAHA", "model": "RTX1210"}}, by=cast.alice)
    taken = drop(cast, "rt-catering.txt", (AOBA / "configs" / "rt-catering.txt").read_bytes())
    place = next(one for one in queries.places_for(cast.hospital, None) if one.key.startswith("register:"))
    plan = configurations.tie(cast.hospital, choices={taken: place.key}, by=cast.alice, base=0)
    assert plan is not None
    network = analysis_of(plan).network
    assert [device.id for device in network.devices] == ["line-1-device-1"]
    assert "10.10.20.0/24" in {segment.id for segment in network.segments}
    taken.refresh_from_db()
    assert taken.register_device == place.record
    assert signed_in(cast.alice).get(url()).status_code == 200


def test_line_not_understood_is_ticked_off_with_a_remark_and_stays_unknown(cast: Cast) -> None:
    raw = b"ip lan1 address 10.0.0.1/24\nip filter 10 pass * * tcp * 443\nip lan1 secure filter in 10 77\nip filter 77 frobnicate * *\n"
    taken = drop(cast, "rtx.txt", raw)
    line = taken.unparsed_lines.exclude(bearing="other").first()
    assert line is not None
    assert queries.open_lines(cast.hospital) >= 1
    client = signed_in(cast.alice)
    path = url(f"configurations/lines/{line.pk}/")
    assert client.post(path, {"remark": "", "version": "0"}, headers={"HX-Request": "true"}).status_code == 422
    answer = client.post(path, {"remark": "保守会社：使っていない行", "version": "0"}, headers={"HX-Request": "true"})
    assert "保守会社：使っていない行" in answer.content.decode()
    line.refresh_from_db()
    assert (line.ticked_by, line.version) == (cast.alice, 1)
    with pytest.raises(configurations.TickedMeanwhile):
        configurations.tick(line, remark="x", version=0, by=cast.alice)
    configurations.untick(line, version=1, by=cast.alice)
    assert UnparsedConfigurationLine.objects.get(pk=line.pk).ticked_at is None


# ---- pages ----


@pytest.fixture
def aoba(cast: Cast) -> Client:
    add(cast, (AOBA / "network.yaml").read_bytes())
    taken = drop(cast, "rt-catering.txt", (AOBA / "configs" / "rt-catering.txt").read_bytes())
    configurations.tie(cast.hospital, choices={taken: "map:rt-catering"}, by=cast.alice, base=None)
    return signed_in(cast.alice)


def test_start_page_counts_lines_and_names_the_worst(aoba: Client) -> None:
    body = aoba.get(url()).content.decode()
    assert "1152" in body
    assert "確実に届く" in body
    assert "rt-dialysis" in body, "what is unknown is named"


def test_why_names_device_rule_line_and_text_and_leads_to_the_file(aoba: Client) -> None:
    body = aoba.get(url("why/"), {"src": "line-4", "dst": "catering-sv", "service": "tcp/3389"}).content.decode()
    assert "通じます" in body
    assert "規則 1030" in body
    assert "ip filter 1030 pass 172.31.20.0/24 10.10.20.0/24 tcp * 3389" in body
    assert "?line=54#line-54" in body
    assert "この行がなければ" in body


def test_why_never_says_that_an_unknown_device_lets_pass(aoba: Client) -> None:
    body = aoba.get(url("why/"), {"src": "line-11", "dst": "ehr-db", "service": "tcp/445"}).content.decode()
    assert "分かりません" in body
    assert "rt-dialysis」の設定がありません" in body
    hop = body.split("rt-dialysis</strong>")[1].split("</li>")[0]
    assert "そのまま通ります" not in hop


@pytest.mark.parametrize(
    "asked",
    [
        {"src": "nobody", "dst": "ehr-db"},
        {"src": "line-4", "dst": "line-1"},
        {"src": "line-4", "dst": "ehr-db", "service": "<script>"},
        {"src": "line-4", "dst": "ehr-db", "service": "tcp/9"},
        {"src": "line-4"},
    ],
)
def test_why_with_a_strange_question_asks_again(aoba: Client, asked: dict[str, str]) -> None:
    answer = aoba.get(url("why/"), asked)
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode().replace("<script src", "").replace('<script id="ui-words"', "")


def test_entry_page_shows_way_loss_and_copies(aoba: Client) -> None:
    body = aoba.get(url("entry/"), {"line": "line-4"}).content.decode()
    for said in ("1152", "給食管理", "電子カルテ データベース", "媒体を抜いてあるので", "<svg"):
        assert said in body, said
    assert aoba.get(url("entry/"), {"line": "line-99"}).status_code == 404


def test_smallest_change_is_proved_and_stops_the_line(aoba: Client, cast: Cast) -> None:
    body = aoba.get(url("entry/changes/"), {"line": "line-4"}, headers={"HX-Request": "true"}).content.decode()
    assert "証明済み" in body
    assert "<html" not in body
    plan = queries.current_plan(cast.hospital)
    assert plan is not None
    analysis = analysis_of(plan)
    changes = changes_chosen(analysis, proposal_keys(analysis, 3))
    after = analysis.after(changes)
    assert line_verdict(analysis, "line-4") is Tri.YES
    assert line_verdict(after, "line-4") is Tri.NO
    assert compared(analysis, after).broken == ()


def test_board_shows_lost_and_surviving_copies(aoba: Client) -> None:
    body = aoba.get(url("backups/")).content.decode()
    assert "fate--no" in body
    assert "fate--yes" in body
    assert body.index("医事会計") < body.index("電子カルテ データベース"), "systems without a copy come first"


def test_matrix_cell_leads_to_the_reason(aoba: Client) -> None:
    body = aoba.get(url("matrix/")).content.decode()
    assert "pair--allowed" in body
    assert "pair--blocked" in body
    first = body.split('class="pair pair--allowed" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "通じます" in aoba.get(first.split("#")[0]).content.decode()


@pytest.mark.parametrize("kind", ["svg", "pdf", "drawio"])
def test_sheet_is_taken_as_a_file_and_the_trail_tells(aoba: Client, kind: str) -> None:
    answer = aoba.get(url("sheets/file/"), {"name": "paths-line-4", "kind": kind})
    assert answer.status_code == 200
    assert len(answer.content) > 1000
    assert AuditEvent.objects.filter(verb="network.sheet.downloaded").count() == 1
    assert aoba.get(url("sheets/file/"), {"name": "paths-line-4", "kind": "exe"}).status_code == 404


# ---- needs as a table ----


def test_needs_come_back_from_the_table_as_they_went(cast: Cast) -> None:
    network = analysis_of(add(cast, (AOBA / "network.yaml").read_bytes())).network
    for language in ("ja", "en"):
        reading = read_needs(write_needs(network, language), network)
        assert reading.problems == ()
        assert {row.change for row in reading.rows} == {NeedChange.SAME}
        assert reading.applied() == network.flows


def _edited(content: bytes, edit: Any) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    edit(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_table_with_rows_missing_new_changed_ended_and_wrong(cast: Cast) -> None:
    plan = add(cast, (AOBA / "network.yaml").read_bytes())
    network = analysis_of(plan).network

    def edit(sheet: Any) -> None:
        sheet.delete_rows(3)  # a row that is missing takes nothing away
        sheet["F2"] = "新しい部署"
        sheet["I3"] = "はい"
        sheet.append(["line-5", "", "pacs-sv", "", "tcp/104", "放射線科", date(2027, 3, 31), "", ""])
        sheet.append(["nobody", "", "pacs-sv", "", "tcp/104", "", "", "", ""])
        sheet.append(["line-5", "", "pacs-sv", "", "なんでも", "", "", "", ""])
        sheet.append(["line-5", "", "pacs-sv", "", "tcp/4242", "", "いつか", "", ""])

    table = needs.take_in(
        plan, name="必要な通信.xlsx", content=_edited(write_needs(network, "ja"), edit), by=cast.alice
    )
    reading = needs.reading_of(table)
    kinds = [row.change for row in reading.rows]
    assert (kinds.count(NeedChange.NEW), kinds.count(NeedChange.CHANGED), kinds.count(NeedChange.ENDED)) == (1, 1, 1)
    assert [one["row"] for one in table.problems] == [33, 34, 35]
    assert len(reading.left) == 1
    accepted = needs.accept(table, by=cast.alice)
    assert accepted is not None
    flows = analysis_of(accepted).network.flows
    assert len(flows) == len(network.flows)  # one new, one ended
    assert DeclaredFlow("line-5", "pacs-sv", parse_services("tcp/104"), "放射線科", date(2027, 3, 31)) in flows
    assert network.flows[1] in flows, "the missing row stays"
    with pytest.raises(needs.AlreadyDecided):
        needs.accept(table, by=cast.alice)


def test_table_is_not_taken_over_when_the_map_has_moved(cast: Cast) -> None:
    plan = add(cast)
    content = _edited(write_needs(analysis_of(plan).network, "ja"), lambda sheet: sheet.__setitem__("F2", "X"))
    table = needs.take_in(plan, name="t.xlsx", content=content, by=cast.alice)
    add(cast, SMALL.replace(b"seq: 10", b"seq: 20"))
    with pytest.raises(actions.PlanMoved):
        needs.accept(table, by=cast.alice)
    assert NeedsTable.objects.get().state == "checked"


def test_table_is_sent_seen_and_taken_over_on_the_pages(cast: Cast) -> None:
    plan = add(cast)
    client = signed_in(cast.alice)
    content = client.get(url("matrix/needs.xlsx")).content
    changed = _edited(content, lambda sheet: sheet.__setitem__("F2", "別の部署"))
    answer = client.post(url("matrix/needs/upload/"), {"file": SimpleUploadedFile("needs.xlsx", changed)}, follow=True)
    assert "別の部署" in answer.content.decode()
    assert queries.current_plan(cast.hospital) == plan, "nothing is taken over before somebody decides"
    client.post(answer.redirect_chain[-1][0] + "decide/")
    now = queries.current_plan(cast.hospital)
    assert now is not None
    assert analysis_of(now).network.flows[0].owner == "別の部署"


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04" + b"\x00" * 200])
def test_table_that_is_no_workbook_is_refused(cast: Cast, content: bytes) -> None:
    add(cast)
    answer = signed_in(cast.alice).post(url("matrix/needs/upload/"), {"file": SimpleUploadedFile("x.xlsx", content)})
    assert answer.status_code == 422
    assert not NeedsTable.objects.exists()


# ---- what-if and change requests ----


def test_closing_a_line_is_answered_and_tells_the_broken_need(cast: Cast) -> None:
    analysis = analysis_of(add(cast))
    comparison = compared(analysis, analysis.after(changes_chosen(analysis, ["close:0"])))
    assert (comparison.before.lines_sure, comparison.after.lines_sure) == (1, 0)
    assert [(need.source, need.target, need.owner) for need in comparison.broken] == [("l1", "ehr", "IT")]
    assert {(pair.source, pair.target) for pair in comparison.closed} == {("l1", "srv")}
    assert comparison.opened == ()


def test_taking_out_a_rule_closes_only_what_it_let_pass(cast: Cast) -> None:
    analysis = analysis_of(add(cast))
    comparison = compared(analysis, analysis.after(changes_chosen(analysis, ["rule:0:10"])))
    assert figures_of(analysis).lines_sure == 1
    assert comparison.after.lines_sure == 0


@pytest.mark.parametrize(
    "key",
    ["close:9", "close:-1", "close:x", "rule:0:11", "rule:7:10", "cable:0:9", "drop:1", "", "cut:0:99", "close:0:0"],
)
def test_choice_that_names_nothing_is_refused(cast: Cast, key: str) -> None:
    analysis = analysis_of(add(cast))
    with pytest.raises(NoSuchChoice):
        changes_chosen(analysis, [key])


def test_what_if_page_answers_htmx_with_the_answer_alone(cast: Cast) -> None:
    add(cast)
    client = signed_in(cast.alice)
    part = client.get(url("what-if/"), {"change": "close:0"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "figures" in part
    whole = client.get(url("what-if/"), {"change": "close:0"}).content.decode()
    assert 'value="close:0" checked' in whole
    gone = client.get(url("what-if/"), {"change": "close:5"})
    assert "いまの地図にありません" in gone.content.decode()


def _saved(cast: Cast) -> ChangeRequest:
    add(cast)
    client = signed_in(cast.alice)
    client.post(
        url("what-if/save/"), {"base": "1", "change": "rule:0:10", "title": "規則10を外す", "reason": "要らない"}
    )
    return ChangeRequest.objects.get()


def test_change_request_keeps_numbers_and_goes_its_way(cast: Cast) -> None:
    saved = _saved(cast)
    assert (saved.state, saved.before["lines_sure"], saved.after["lines_sure"]) == ("draft", 1, 0)
    client = signed_in(cast.alice)
    path = url(f"changes/{saved.pk}/move/")
    assert client.post(path, {"to": "done", "version": "1"}).status_code == 422, "a draft was not sent yet"
    client.post(path, {"to": "sent", "version": "1", "answer": "12月の作業で"})
    assert client.post(path, {"to": "returned", "version": "2"}).status_code == 422, "giving back needs a reason"
    assert client.post(path, {"to": "done", "version": "1"}).status_code == 409, "somebody was faster"
    client.post(path, {"to": "returned", "version": "2", "answer": "別の案で"})
    client.post(path, {"to": "sent", "version": "3"})
    client.post(path, {"to": "done", "version": "4"})
    saved.refresh_from_db()
    assert (saved.state, saved.version, saved.moved_by) == ("done", 5, cast.alice)
    verbs = list(
        AuditEvent.objects.filter(verb__startswith="network.change.").order_by("pk").values_list("verb", flat=True)
    )
    assert [verb.rpartition(".")[2] for verb in verbs] == ["saved", "sent", "returned", "sent", "done"]
    assert "規則10を外す" in client.get(url("changes/"), {"state": "done"}).content.decode()
    assert "規則10を外す" not in client.get(url("changes/"), {"state": "draft"}).content.decode()


def test_change_request_gives_the_vendor_commands_that_were_read_back(aoba: Client, cast: Cast) -> None:
    aoba.post(url("what-if/save/"), {"base": "2", "change": ["cut:3:0", "offline:0"], "title": "給食の回線を絞る"})
    body = aoba.get(url(f"changes/{ChangeRequest.objects.get().pk}/")).content.decode()
    assert "読み直して確かめ済み" in body
    assert "ip tunnel secure filter in 1041 1010 1020 1030 1040" in body, "the change"
    assert "no ip filter 1041" in body, "the way back"
    assert "作業の手順" in body, "what is no command is a work order"
    assert SECRET not in body


def test_change_request_of_an_older_map_says_so(cast: Cast) -> None:
    saved = _saved(cast)
    add(cast, SMALL.replace(b"seq: 10", b"seq: 20"))
    body = signed_in(cast.alice).get(url(f"changes/{saved.pk}/")).content.decode()
    assert "前の地図で作った依頼です" in body
    assert "規則 10" in body


def test_change_request_without_a_change_or_for_an_older_map_is_not_saved(cast: Cast) -> None:
    add(cast)
    client = signed_in(cast.alice)
    client.post(url("what-if/save/"), {"base": "1", "title": "なにもない"})
    client.post(url("what-if/save/"), {"base": "7", "change": "close:0", "title": "古い"})
    client.post(url("what-if/save/"), {"base": "1", "change": "close:0", "title": " "})
    assert not ChangeRequest.objects.exists()


# ---- who may ----


def test_director_sees_and_takes_but_does_not_change(cast: Cast) -> None:
    plan = add(cast)
    client = signed_in(cast.bob)
    assert client.get(url()).status_code == 200
    assert client.get(url(f"plan/{plan.pk}/network.yaml")).status_code == 200
    assert client.post(url("plan/upload/")).status_code == 403
    assert "この版に戻す" not in client.get(url("plan/")).content.decode()


def test_vendor_sees_nothing_of_the_network(cast: Cast) -> None:
    add(cast)
    assert signed_in(cast.sam).get(url()).status_code == 403


def test_map_in_memory_is_never_another_hospitals(cast: Cast) -> None:
    """The same content gives the same analysis; names and records come from each hospital itself."""
    plan = add(cast)
    with hospital_scope(cast.other_hospital):
        reading = actions.read_plan(cast.other_hospital, SMALL)
        other = actions.add_plan(cast.other_hospital, network=reading.network, source="upload", by=cast.mallory, base=0)
        assert queries.current_plan(cast.other_hospital) == other
    assert plan.content_hash == other.content_hash
    assert replace(analysis_of(plan).network) == analysis_of(other).network
    assert signed_in(cast.mallory).get(url()).status_code == 404


def test_untidy_rules_are_listed_and_the_empty_table_is_given_out(aoba: Client) -> None:
    body = aoba.get(url("configurations/")).content.decode()
    assert "片付けたほうがよい規則" in body
    content = aoba.get(url("configurations/form.xlsx")).content
    assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames


def test_written_line_that_works_one_way_is_not_called_idle(cast: Cast) -> None:
    """A Si-R filter is written once and holds for both directions."""
    add(cast, (AOBA / "network.yaml").read_bytes())
    taken = drop(cast, "rt-ehr.txt", (AOBA / "configs" / "rt-ehr.txt").read_bytes())
    plan = configurations.tie(cast.hospital, choices={taken: "map:rt-ehr"}, by=cast.alice, base=None)
    assert plan is not None
    rows = untidy_rules(analysis_of(plan), lambda _file, _line: "")
    assert not [row for row in rows if "3389" in row["written"]]
