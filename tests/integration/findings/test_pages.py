"""The pages of findings: what each role sees and may do, and that refused moves say why and change nothing."""

import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from sekisho.apps.diagnosis.models import DiagnosisRun
from sekisho.apps.findings.models import BulkMove, Finding, Observation
from sekisho.apps.findings.reports import take_in
from sekisho.apps.findings.runs import keep_run
from sekisho.apps.register import actions as register
from sekisho.domain.diagnosis.consents import MIN_RATE
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast, signed_in
from tests.factories.diagnosis import make_line, signed
from tests.factories.findings import RDP, a_result, a_run, a_scan, nessus_xml, nmap_xml

pytestmark = pytest.mark.django_db
BASE = "/h/MINATO/findings/"


def a_picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), "white").save(out, "PNG")
    return out.getvalue()


def fresh(finding: Finding) -> Finding:
    with hospital_scope(finding.hospital):
        return Finding.objects.get(pk=finding.pk)


def move(client: Client, finding: Finding, to: str, **given: Any) -> Any:
    data = {"to": to, "version": fresh(finding).version, "reason": "", "proof": "", **given}
    return client.post(f"{BASE}{finding.pk}/move/", data)


# --- Reading ------------------------------------------------------------------------------------------------------------
def test_list_shows_what_is_not_settled_and_says_what_to_do(cast: Cast, found: dict[int, Finding]) -> None:
    client = signed_in(cast.alice)
    assert client.get(BASE).headers["Location"].endswith("?f.status=_active")
    page = client.get(BASE, follow=True).content.decode()
    assert "遠隔操作" in page or "リモートデスクトップ" in page
    assert "CAF0000001" in page
    assert "443/tcp" not in page  # gone since the second run
    assert "443/tcp" in client.get(f"{BASE}?f.status=verified_fixed").content.decode()


def test_filters_by_line_severity_kind_and_search(cast: Cast, found: dict[int, Finding], line: Any) -> None:
    client = signed_in(cast.alice)

    def shown(query: str) -> set[str]:
        page = client.get(f"{BASE}?{query}").content.decode()
        return {name for name in ("3389/tcp", "500/udp", "443/tcp") if f">{name}<" in page or f"（{name}）" in page}

    assert shown(f"f.line={line.pk}") == {"3389/tcp", "500/udp", "443/tcp"}
    assert shown("f.line=_none") == set()
    assert shown("f.kind=open-port&q=3389") == {"3389/tcp"}
    assert shown("q=CAF0000001 500") == {"500/udp"}
    assert shown(f"f.severity={found[500].severity}&f.status=open&q=500") == {"500/udp"}
    assert shown("f.status=accepted") == set()


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_export_is_exactly_what_is_filtered_and_is_recorded(
    cast: Cast, found: dict[int, Finding], file_format: str
) -> None:
    client = signed_in(cast.alice)
    answer = client.get(f"{BASE}export/{file_format}/?f.status=open&f.kind=open-port&cols=title&cols=port&cols=action")
    assert answer.status_code == 200
    if file_format == "csv":
        lines = answer.content.decode("utf-8-sig").splitlines()
        assert len(lines) == 3
        assert {"3389/tcp", "500/udp"} <= set(answer.content.decode("utf-8-sig").replace("\r\n", ",").split(","))
    assert AuditEvent.objects.filter(verb="findings.list.exported", actor=cast.alice).count() == 1
    assert client.get(f"{BASE}export/pdf/").status_code == 404


def test_finding_page_answers_the_five_questions_in_both_languages(cast: Cast, found: dict[int, Finding]) -> None:
    client = signed_in(cast.alice)
    page = client.get(f"{BASE}{found[3389].pk}/").content.decode()
    for question in ("これは何ですか", "なぜ、ここで問題", "何をすればよい", "だれがするか", "どう確かめますか"):
        assert question in page
    assert "画像の遠隔読影" in page
    assert "block-1.xml" in page
    User.objects.filter(pk=cast.alice.pk).update(language="en")
    english = signed_in(cast.alice).get(f"{BASE}{found[3389].pk}/").content.decode()
    assert "What is it" in english


def test_hostile_words_of_a_service_are_text(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        items = [(99999, "<script>alert(1)</script>", 443, "4")]
        take_in(cast.hospital, name="<b>.nessus", content=nessus_xml(items, at=timezone.now()), by=cast.alice)
        finding = Finding.objects.get(kind="imported")
    page = signed_in(cast.alice).get(f"{BASE}{finding.pk}/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


# --- Who sees what ------------------------------------------------------------------------------------------------------
def test_stranger_and_administrator_see_nothing(cast: Cast, found: dict[int, Finding]) -> None:
    assert signed_in(cast.mallory).get(BASE).status_code == 404
    assert signed_in(cast.ada).get(BASE).status_code == 404
    elsewhere = f"/h/OKA/findings/{found[3389].pk}/"
    assert signed_in(cast.mallory).get(elsewhere).status_code == 404


def test_vendor_sees_and_moves_only_findings_of_lines_in_its_name(cast: Cast, found: dict[int, Finding]) -> None:
    with hospital_scope(cast.hospital):
        other = make_line(cast.hospital, cast.alice, address="203.0.113.77", circuit_id="CAF0000002")
        run = a_run(cast.hospital, other, address="203.0.113.77")
        keep_run(run, a_result(a_scan(RDP, at=timezone.now(), address="203.0.113.77")))
        theirs = Finding.objects.get(kind="open-port", address="203.0.113.77")
    client = signed_in(cast.sam)
    page = client.get(BASE, follow=True).content.decode()
    assert str(found[3389].pk) in page
    assert str(theirs.pk) not in page
    assert client.get(f"{BASE}{theirs.pk}/").status_code == 404
    assert move(client, theirs, "in_work").status_code == 404
    assert move(client, found[3389], "in_work").status_code == 302
    assert fresh(found[3389]).status == "in_work"
    for closed in ("looks/", "compare/", "outside/", "export/csv/"):
        assert client.get(BASE + closed).status_code == 403
    posted = {"selected": [str(theirs.pk), str(found[500].pk)]}
    assert str(theirs.pk) not in client.post(f"{BASE}bulk/", posted).content.decode()


# --- Moving -------------------------------------------------------------------------------------------------------------
def test_accepting_needs_reason_and_day_and_says_so_at_the_field(cast: Cast, found: dict[int, Finding]) -> None:
    client, finding = signed_in(cast.alice), found[3389]
    answer = move(client, finding, "accepted")
    assert answer.status_code == 422
    assert "理由を書いてください" in answer.content.decode()
    far = timezone.localdate() + timedelta(days=800)
    assert "1年以内" in move(client, finding, "accepted", reason="待つ", expires_on=far).content.decode()
    assert fresh(finding).status == "open"
    soon = timezone.localdate() + timedelta(days=30)
    assert move(client, finding, "accepted", reason="来月に装置を替える", expires_on=soon).status_code == 302
    row = fresh(finding)
    assert (row.status, row.expires_on, row.moved_by, row.version) == ("accepted", soon, cast.alice, 2)
    event = AuditEvent.objects.get(verb="findings.finding.moved")
    assert event.reason == "来月に装置を替える"
    assert event.changes["status"] == ["open", "accepted"]


def test_false_positive_needs_the_diagnostician_and_evidence(cast: Cast, found: dict[int, Finding]) -> None:
    finding = found[3389]
    assert move(signed_in(cast.alice), finding, "false_positive", reason="x", proof="y").status_code == 422
    client = signed_in(cast.dai)
    answer = move(client, finding, "false_positive", reason="別の装置の返事")
    assert answer.status_code == 422
    assert "根拠" in answer.content.decode()
    picture = SimpleUploadedFile("画面.png", a_picture(), content_type="image/png")
    assert move(client, finding, "false_positive", reason="別の装置の返事", proof_file=picture).status_code == 302
    row = fresh(finding)
    assert row.status == "false_positive"
    assert row.proof_file is not None
    assert row.proof == "画面.png"
    assert row.expires_on is not None


def test_file_that_is_no_picture_is_refused_and_nothing_moves(cast: Cast, found: dict[int, Finding]) -> None:
    page = SimpleUploadedFile("proof.png", b"<html><script>1</script></html>", content_type="image/png")
    answer = move(signed_in(cast.dai), found[3389], "false_positive", reason="x", proof_file=page)
    assert answer.status_code == 422
    assert fresh(found[3389]).status == "open"


def test_move_of_a_page_that_is_no_longer_true_is_refused(cast: Cast, found: dict[int, Finding]) -> None:
    finding = found[3389]
    assert move(signed_in(cast.alice), finding, "in_work").status_code == 302
    late = move(signed_in(cast.sumi), finding, "fixed_to_verify", version=1)
    assert late.status_code == 409
    assert "見ている間に" in late.content.decode()
    assert fresh(finding).status == "in_work"


def test_what_was_put_away_opens_on_its_day_and_the_reopening_is_written_at_the_next_move(
    cast: Cast, found: dict[int, Finding]
) -> None:
    finding, today = found[3389], timezone.localdate()
    client = signed_in(cast.alice)
    move(client, finding, "accepted", reason="来週", expires_on=today + timedelta(days=7))
    with hospital_scope(cast.hospital):
        Finding.objects.filter(pk=finding.pk).update(expires_on=today)
    page = client.get(f"{BASE}{finding.pk}/").content.decode()
    assert "決めておいた期限が来た" in page
    assert str(finding.pk) in client.get(f"{BASE}?f.status=_active").content.decode()
    assert move(client, finding, "in_work").status_code == 302
    verbs = AuditEvent.objects.filter(object_id=str(finding.pk)).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["findings.finding.moved", "findings.finding.reopened", "findings.finding.moved"]
    assert fresh(finding).reopened == 1


@pytest.mark.parametrize("who", ["sora", "bob", "dai"])
def test_each_role_is_offered_only_its_own_moves(cast: Cast, found: dict[int, Finding], who: str) -> None:
    page = signed_in(getattr(cast, who)).get(f"{BASE}{found[3389].pk}/").content.decode()
    offered = {
        word for word in ("in_work", "accepted", "false_positive", "verified_fixed") if f'value="{word}"' in page
    }
    assert offered == {"sora": set(), "bob": {"in_work", "accepted"}, "dai": {"false_positive", "verified_fixed"}}[who]


# --- Many ---------------------------------------------------------------------------------------------------------------
def test_many_are_previewed_moved_and_taken_back(cast: Cast, found: dict[int, Finding]) -> None:
    client = signed_in(cast.alice)
    chosen = {"selected": [str(found[3389].pk), str(found[500].pk), str(found[443].pk), str(uuid.uuid4()), "x"]}
    preview = client.post(f"{BASE}bulk/", chosen)
    assert "まだ何も変わっていません" in preview.content.decode()
    fields = {
        "finding": [f"{one.pk}:{fresh(one).version}" for one in found.values()],
        "to": "in_work",
        "reason": "着手",
    }
    shown = client.post(f"{BASE}bulk/move/", fields).content.decode()
    assert "変わるもの：2件" in shown
    assert "変えられないもの：1件" in shown
    assert fresh(found[500]).status == "open"
    done = client.post(f"{BASE}bulk/move/", fields | {"confirmed": "1"}, follow=True).content.decode()
    assert "2件を「対応中」にしました" in done
    assert "1件は変えられなかった" in done
    assert [fresh(found[port]).status for port in (3389, 500, 443)] == ["in_work", "in_work", "verified_fixed"]
    with hospital_scope(cast.hospital):
        batch = BulkMove.objects.get()
    # Only who made it may take it back, and what others have moved since stays.
    assert "変えた本人だけ" in signed_in(cast.sumi).post(f"{BASE}bulk/{batch.pk}/undo/", follow=True).content.decode()
    assert fresh(found[3389]).status == "in_work"
    move(signed_in(cast.sumi), found[500], "fixed_to_verify")
    client.post(f"{BASE}bulk/{batch.pk}/undo/")
    assert [fresh(found[port]).status for port in (3389, 500)] == ["open", "fixed_to_verify"]
    assert "もう元に戻して" in client.post(f"{BASE}bulk/{batch.pk}/undo/", follow=True).content.decode()


def test_many_with_stale_versions_are_left_alone(cast: Cast, found: dict[int, Finding]) -> None:
    client = signed_in(cast.alice)
    move(signed_in(cast.sumi), found[500], "in_work")
    fields = {"finding": [f"{found[500].pk}:1", "junk", f"{found[3389].pk}:99999999999"], "confirmed": "1"}
    answer = client.post(f"{BASE}bulk/move/", fields | {"to": "fixed_to_verify", "reason": "x"}, follow=True)
    assert "2件は変えられなかった" in answer.content.decode()
    assert fresh(found[500]).status == "in_work"


# --- Files of other scanners --------------------------------------------------------------------------------------------
def test_file_is_taken_in_and_says_what_it_did(cast: Cast, found: dict[int, Finding]) -> None:
    client = signed_in(cast.alice)
    later = nmap_xml(("tcp", 3389), ("tcp", 23), at=timezone.now())
    answer = client.post(f"{BASE}looks/upload/", {"file": SimpleUploadedFile("a.xml", later)}, follow=True)
    assert "取り込みました" in answer.content.decode()
    assert "a.xml" in answer.content.decode()
    again = client.post(f"{BASE}looks/upload/", {"file": SimpleUploadedFile("b.xml", later)}, follow=True)
    assert "同じファイル" in again.content.decode()


@pytest.mark.parametrize(
    "content", [b"hello", b"<?xml version='1.0'?><nmaprun>", b"\x00" * 50], ids=["text", "cut", "zeros"]
)
def test_broken_file_is_refused_at_the_upload(cast: Cast, content: bytes) -> None:
    client = signed_in(cast.dai)
    answer = client.post(f"{BASE}looks/upload/", {"file": SimpleUploadedFile("a.xml", content)})
    assert answer.status_code == 422
    assert "field__error" in answer.content.decode()
    with hospital_scope(cast.hospital):
        assert not Observation.objects.exists()
    assert client.post(f"{BASE}looks/upload/", {}).status_code == 422


def test_evidence_is_given_with_its_hash_and_recorded_and_a_damaged_one_is_not(
    cast: Cast, line: Any, storage: Any
) -> None:
    content = nmap_xml(("tcp", 3389), at=timezone.now())
    with hospital_scope(cast.hospital):
        take_in(cast.hospital, name="a.xml", content=content, by=cast.alice)
        piece = Finding.objects.get(kind="open-port").evidence.get()
    client = signed_in(cast.dai)
    answer = client.get(f"{BASE}evidence/{piece.pk}/")
    assert answer.content == content
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert AuditEvent.objects.filter(verb="findings.evidence.downloaded").count() == 1
    assert signed_in(cast.sora).get(f"{BASE}evidence/{piece.pk}/").status_code == 403
    for path in storage.rglob("*"):
        if path.is_file():
            path.write_bytes(b"other")
    assert client.get(f"{BASE}evidence/{piece.pk}/").status_code == 302
    assert AuditEvent.objects.filter(verb="findings.evidence.downloaded").count() == 1


# --- Comparing, ports, outside ------------------------------------------------------------------------------------------
def test_comparison_tells_new_fixed_still_open_and_not_looked_at(cast: Cast, found: dict[int, Finding]) -> None:
    client = signed_in(cast.bob)
    page = client.get(f"{BASE}compare/").content.decode()
    sections = {
        name: page.split(f'<section id="{name}"')[1].split("</section>")[0] for name in ("new", "fixed", "still_open")
    }
    assert "500/udp" in sections["new"]
    assert "443/tcp" in sections["fixed"]
    assert "3389/tcp" in sections["still_open"]
    with hospital_scope(cast.hospital):
        numbers = {one.number: str(one.pk) for one in Observation.objects.all()}
    backwards = client.get(f"{BASE}compare/?earlier={numbers[2]}&later={numbers[1]}").content.decode()
    assert "新しい診断です" in backwards
    same = client.get(f"{BASE}compare/?earlier={numbers[2]}&later={numbers[2]}").content.decode()
    assert "別々の診断" in same
    assert client.get(f"{BASE}compare/?earlier=x&later=y").status_code == 200


def test_comparison_without_two_looks_says_so(cast: Cast) -> None:
    assert "まだ二つありません" in signed_in(cast.alice).get(f"{BASE}compare/").content.decode()


def test_ports_over_time(cast: Cast, found: dict[int, Finding]) -> None:
    client = signed_in(cast.sora)
    with hospital_scope(cast.hospital):
        row = Observation.objects.get(number=1).addresses.get()
    page = client.get(f"{BASE}ports/{row.pk}/").content.decode()
    https = page.split(">443/tcp</th>")[1].split("</tr>")[0]
    assert https.index("glimpse--open") < https.index("glimpse--shut")
    assert "nginx 1.18.0" in https


def test_outside_page_and_pdf(cast: Cast, found: dict[int, Finding]) -> None:
    with hospital_scope(cast.hospital):
        make_line(cast.hospital, cast.alice, address=None, circuit_id="CAF0000009")
        make_line(cast.hospital, cast.alice, address="203.0.113.200", communication="ip_vpn", global_ip="no")
    client = signed_in(cast.bob)
    page = client.get(f"{BASE}outside/").content.decode()
    assert "3389/tcp" in page
    assert "動的IP" in page
    answer = client.get(f"{BASE}outside/pdf/")
    assert answer.content.startswith(b"%PDF")
    assert AuditEvent.objects.filter(verb="findings.outside.downloaded", actor=cast.bob).count() == 1


def test_outside_of_a_hospital_without_lines_is_not_safe(cast: Cast) -> None:
    assert "何が見えるかは分かりません" in signed_in(cast.bob).get(f"{BASE}outside/").content.decode()


# --- Asking again -------------------------------------------------------------------------------------------------------
def test_recheck_starts_a_run_for_that_port_inside_the_consent(
    cast: Cast, found: dict[int, Finding], line: Any, settings: Any, tmp_path: Any
) -> None:
    settings.DIAGNOSIS_DIR = tmp_path / "diagnosis"
    client = signed_in(cast.alice)
    refused = client.post(f"{BASE}{found[3389].pk}/recheck/", follow=True).content.decode()
    assert "同意がない" in refused
    consent = signed(cast.hospital, cast.alice, line, packets_per_second=MIN_RATE)
    page = client.get(f"{BASE}{found[3389].pk}/").content.decode()
    assert "これだけ調べ直す" in page
    answer = client.post(f"{BASE}{found[3389].pk}/recheck/")
    with hospital_scope(cast.hospital):
        run = DiagnosisRun.objects.get(state="waiting")
    assert answer.headers["Location"] == f"/h/MINATO/diagnosis/runs/{run.pk}/"
    assert run.consents == [str(consent.pk)]
    assert run.asked == {"tcp": [[3389, 3389]], "udp": [], "services": True, "checks": True}
    assert AuditEvent.objects.filter(verb="findings.recheck.started").count() == 1
    # A second click leads to the run that is under way.
    assert client.post(f"{BASE}{found[3389].pk}/recheck/").headers["Location"] == answer.headers["Location"]
    assert signed_in(cast.bob).post(f"{BASE}{found[3389].pk}/recheck/").status_code == 403


def test_recheck_of_a_udp_port_asks_udp_alone_and_outside_the_window_says_when(
    cast: Cast, found: dict[int, Finding], line: Any
) -> None:
    now = timezone.now()
    signed(cast.hospital, cast.alice, line, starts_at=now + timedelta(hours=5), ends_at=now + timedelta(hours=9))
    client = signed_in(cast.dai)
    said = client.post(f"{BASE}{found[500].pk}/recheck/", follow=True).content.decode()
    assert "時間帯の外" in said
    with hospital_scope(cast.hospital):
        assert not DiagnosisRun.objects.filter(state="waiting").exists()


def test_result_of_a_recheck_closes_the_finding(cast: Cast, found: dict[int, Finding], line: Any) -> None:
    from sekisho.domain.diagnosis.results import Covered

    with hospital_scope(cast.hospital):
        only = (Covered("tcp", ((3389, 3389),)),)
        keep_run(a_run(cast.hospital, line), a_result(a_scan(at=timezone.now(), covered=only)))
    assert fresh(found[3389]).status == "verified_fixed"
    assert fresh(found[500]).status == "open"
    page = signed_in(cast.alice).get(f"{BASE}{found[3389].pk}/").content.decode()
    assert "直ったことを確認" in page


def test_start_page_leads_to_what_is_urgent_until_somebody_begins(cast: Cast, found: dict[int, Finding]) -> None:
    client = signed_in(cast.alice)
    page = client.get("/h/MINATO/").content.decode()
    assert "急いで直すところを見る" in page
    with hospital_scope(cast.hospital):
        urgent = list(Finding.objects.filter(status="open", severity__in=["urgent", "soon"]))
    assert urgent
    for finding in urgent:
        move(client, finding, "in_work")
    assert "急いで直すところを見る" not in client.get("/h/MINATO/").content.decode()


def test_devices_of_the_line_are_named_with_what_is_known(cast: Cast, found: dict[int, Finding], line: Any) -> None:
    with hospital_scope(cast.hospital):
        register.add_device(line, position=1, answers={"maker": "Fortinet", "model": "FortiGate-60F"}, by=cast.alice)
    page = signed_in(cast.alice).get(f"{BASE}{found[3389].pk}/").content.decode()
    assert "FortiGate-60F" in page
    assert "/h/MINATO/weaknesses/products/" in page
    assert "FortiGate-60F" not in signed_in(cast.sam).get(f"{BASE}{found[3389].pk}/").content.decode()
