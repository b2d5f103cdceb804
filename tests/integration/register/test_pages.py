"""The register over its pages: every deed, forms with mistakes, photos, and records that are not one's own."""

import io
import re
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from sekisho.apps.register import actions, queries
from sekisho.apps.register.models import Attachment, Contract, Device, Line, OpenQuestion, Terminal, Vendor
from sekisho.domain.facts import Unknown
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.files.models import StoredFile
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db

HOME = "/h/MINATO/register/"


@pytest.fixture(autouse=True)
def scope(cast: Cast):
    with hospital_scope(cast.hospital):
        yield


@pytest.fixture
def client(cast: Cast) -> Any:
    return signed_in(cast.alice)


@pytest.fixture
def line(cast: Cast) -> Line:
    return actions.add_line(
        cast.hospital,
        answers={"circuit_id": "CAF00001", "carrier": Unknown("総務に確認中"), "terminator_kind": "onu"},
        devices={1: {"maker": "YAMAHA", "model": Unknown("ラベルが見えない")}},
        by=cast.alice,
    )


def url(name: str, record: Any = None) -> str:
    kwargs = {"hospital_code": "MINATO"} | ({"record_id": record.pk} if record is not None else {})
    return reverse(f"register:{name}", kwargs=kwargs)


def verbs() -> list[str]:
    return list(AuditEvent.objects.filter(verb__startswith="register.").order_by("pk").values_list("verb", flat=True))


def fresh(record: Any) -> Any:
    return type(record).objects.get(pk=record.pk)


# --- adding ----------------------------------------------------------------------------------------------------------
def test_line_is_added_with_what_was_written_and_why(client: Any) -> None:
    answer = client.post(
        url("line_add"),
        {
            "circuit_id": "ＣＡＦ０００９９",
            "terminator_location": "本館 2F サーバ室",
            "carrier_unknown": "1",
            "carrier_reason": "総務に確認中",
            "reason": "請求書で見つけた",
        },
    )
    line = Line.objects.get()
    assert answer["Location"] == url("line_detail", line)
    assert (line.circuit_id, line.answer("carrier")) == ("CAF00099", Unknown("総務に確認中"))
    assert str(line.terminator.place) == "本館 2F サーバ室"
    added = AuditEvent.objects.get(verb="register.line.added")
    assert (added.reason, added.changes["circuit_id"]) == ("請求書で見つけた", [None, "CAF00099"])
    assert verbs() == ["register.line.added", "register.place.added", "register.terminator.added"]


WRONG = [
    ("line_add", {"global_address": "999.1.1.1", "purpose": "<i>x"}, "global_address"),
    ("line_add", {"circuit_id": "x" * 500}, "circuit_id"),
    ("line_add", {"carrier": "NTT東日本", "carrier_unknown": "1"}, "carrier"),
    ("vendor_add", {"name": "", "phone": "03-0000-0000"}, "name"),
    ("vendor_add", {"name": "会社", "email": "not-an-address"}, "email"),
    ("contract_add", {"title": "保守", "starts_on": "2027-01-01", "ends_on": "2026-01-01"}, "ends_on"),
    ("contract_add", {"title": "保守", "starts_on": "きのう"}, "starts_on"),
    ("contract_add", {"title": "保守", "line": str(uuid.uuid4())}, "line"),
]


@pytest.mark.parametrize(("name", "sent", "field"), WRONG)
def test_form_with_a_mistake_is_shown_again_and_nothing_is_written(
    client: Any, name: str, sent: dict[str, str], field: str
) -> None:
    answer = client.post(url(name), sent)
    body = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in body or f"#id_{field}" in body
    for value in sent.values():
        if len(value) < 100 and "-4" not in value and value not in ("", "1", "きのう"):
            assert value.replace("<", "&lt;").replace(">", "&gt;") in body
    assert "<i>x" not in body
    assert verbs() == []


@pytest.mark.parametrize(
    "value", ["a\x00b", "\ud800x".encode("utf-8", "surrogatepass").decode("utf-8", "replace"), "👻" * 30]
)
def test_strange_characters_make_no_fault(client: Any, value: str) -> None:
    for name, field in (("line_add", "remarks"), ("line_add", "circuit_id"), ("vendor_add", "name")):
        assert client.post(url(name), {field: value}).status_code in {302, 422}
    sent = {"carrier_unknown": "1", "carrier_reason": value, "reason": value}
    assert client.post(url("line_add"), sent).status_code in {302, 422}
    for page in ("", "vendors/", "questions/"):
        assert client.get(f"{HOME}{page}", {"q": value}).status_code == 200


def test_device_is_added_below_its_line(client: Any, line: Line) -> None:
    client.post(url("device_add_below", line), {"maker": "Fortinet", "model": "FortiGate-60F"})
    assert [device.position for device in Device.objects.all()] == [1, 2]
    assert client.post(reverse("register:device_add", kwargs={"hospital_code": "MINATO"})).status_code == 404


def test_terminal_and_contract_are_added(client: Any, line: Line) -> None:
    assert client.post(url("terminal_add"), {"host_name": "PC0001"}).status_code == 302
    vendor = actions.vendor_named(line.hospital, "みなとメディカル", by=None)
    sent = {"title": "保守", "line": line.pk, "vendor": vendor.pk, "ends_on": "2027-03-31", "reason": "契約書"}
    assert client.post(url("contract_add"), sent).status_code == 302
    contract = Contract.objects.get()
    assert (contract.line, contract.vendor, str(contract.ends_on)) == (line, vendor, "2027-03-31")
    assert Terminal.objects.get().host_name == "PC0001"
    assert AuditEvent.objects.get(verb="register.contract.added").reason == "契約書"


def test_adding_a_vendor_that_exists_never_empties_it(client: Any) -> None:
    client.post(url("vendor_add"), {"name": "みなとメディカル", "phone": "03-0000-0000"})
    before = Vendor.objects.get().answers()
    answer = client.post(url("vendor_add"), {"name": "みなと　メディカル".replace("　", ""), "email": ""})
    assert answer.status_code == 422
    assert "もう登録されています" in answer.content.decode()
    assert Vendor.objects.get().answers() == before


def test_vendor_out_of_use_comes_back_when_it_is_named_again(client: Any, cast: Cast) -> None:
    vendor = actions.vendor_named(cast.hospital, "みなとメディカル", by=cast.alice)
    actions.change_answers(vendor, answers={"phone": "03-0000-0000"}, by=cast.alice)
    actions.retire(vendor, reason="取引が終わった", by=cast.alice)
    assert client.post(url("vendor_add"), {"name": "みなとメディカル"}).status_code == 302
    assert (fresh(vendor).is_retired, fresh(vendor).phone) == (False, "03-0000-0000")
    actions.retire(fresh(vendor), reason="取引が終わった", by=cast.alice)
    line = actions.add_line(cast.hospital, answers={"vendor_name": "みなとメディカル"}, by=cast.alice)
    assert line.vendor == vendor
    assert list(queries.vendors_in_use()) == [vendor]


# --- changing, retiring, restoring ------------------------------------------------------------------------------------
def test_edit_writes_the_change_with_its_reason(client: Any, line: Line) -> None:
    page = client.get(url("line_edit", line)).content.decode()
    assert 'value="CAF00001"' in page
    sent = {
        "circuit_id": "CAF00002",
        "carrier_unknown": "1",
        "carrier_reason": "総務に確認中",
        "terminator_kind": "onu",
    }
    client.post(url("line_edit", line), {**sent, "reason": "現物で確認"})
    event = AuditEvent.objects.filter(verb="register.line.changed").get()
    assert (event.changes, event.reason) == ({"circuit_id": ["CAF00001", "CAF00002"]}, "現物で確認")


@pytest.mark.parametrize(
    "base", ["[", "[" * 100_000, "[1]", '{"circuit_id": {"a": 1}}', '"x"', '{"circuit_id": ["\\u0000"]}']
)
def test_base_that_nobody_sent_honestly_makes_no_fault(client: Any, line: Line, base: str) -> None:
    answer = client.post(url("line_edit", line), {"circuit_id": "CAF00002", "base": base})
    assert answer.status_code in {302, 409, 422}


def test_retired_line_leaves_lists_and_questions_and_comes_back_whole(client: Any, line: Line) -> None:
    assert {question.key for question in queries.open_questions()} == {"carrier", "model"}
    assert client.post(url("line_retire", line), {"reason": " "}).status_code == 422
    client.post(url("line_retire", line), {"reason": "2026年3月に解約"})
    assert not queries.lines_in_use().exists()
    assert not queries.open_questions().exists(), "nobody is asked about a line that is gone, nor its devices"
    assert "2026年3月に解約" in client.get(url("retired_list")).content.decode()
    body = client.post(url("line_retire", line), {"reason": "もう一度"}, follow=True).content.decode()
    assert "すでに使わなくなった印が付いています" in body
    client.post(url("line_restore", line))
    client.post(url("line_restore", line))
    assert {question.key for question in queries.open_questions()} == {"carrier", "model"}
    assert verbs()[-2:] == ["register.line.retired", "register.line.restored"]


def test_restore_of_a_number_that_was_given_away_says_so(client: Any, line: Line, cast: Cast) -> None:
    actions.retire(line, reason="解約", by=cast.alice)
    actions.add_line(cast.hospital, answers={}, number=1, by=cast.alice)
    assert "いま別の記録が使っています" in client.post(url("line_restore", line), follow=True).content.decode()
    assert fresh(line).is_retired


def test_box_that_lines_share_keeps_its_questions_when_one_goes(client: Any, line: Line, cast: Cast) -> None:
    actions.change_answers(line.terminator, answers={"terminator_location": Unknown("")}, by=cast.alice)
    second = actions.add_line(cast.hospital, answers={}, by=cast.alice)
    client.post(url("line_share", second), {"terminator": str(line.terminator_id)})
    assert fresh(second).terminator_id == line.terminator_id
    client.post(url("line_retire", line), {"reason": "解約"})
    assert [question.key for question in queries.open_questions()] == ["terminator_location"]
    client.post(url("line_share", second), {"terminator": "own"})
    assert fresh(second).terminator_id != line.terminator_id
    for chosen in ("", "nonsense", str(uuid.uuid4())):
        assert client.post(url("line_share", second), {"terminator": chosen}).status_code == 404


def test_sharing_a_box_overwrites_nothing_that_came_in_meanwhile(line: Line, cast: Cast) -> None:
    second = actions.add_line(cast.hospital, answers={}, by=cast.alice)
    actions.change_answers(second, answers={"provider": "ぷらら"}, by=cast.sumi)
    actions.share_terminator(second, terminator=line.terminator, by=cast.alice)
    assert fresh(second).provider == "ぷらら"


# --- photos ----------------------------------------------------------------------------------------------------------
def photo() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "SECRET-CAMERA"
    exif.get_ifd(0x8825).update({1: "N", 2: (35.0, 41.0, 22.0)})
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "JPEG", exif=exif)
    return out.getvalue() + b"APPENDED-SECRET"


def attach(client: Any, record: Any, content: bytes, name: str = "写真.jpg", kind: str = "line") -> Any:
    sent = {"file": SimpleUploadedFile(name, content), "caption": "サーバ室の<b>箱"}
    return client.post(url(f"{kind}_attach", record), sent, follow=True)


def test_photo_loses_where_and_with_what_it_was_taken(client: Any, line: Line) -> None:
    body = attach(client, line, photo()).content.decode()
    assert "サーバ室の&lt;b&gt;箱" in body
    stored = StoredFile.objects.get()
    taken = client.get(f"/h/MINATO/files/{stored.pk}/")
    assert b"SECRET" not in taken.content
    assert not Image.open(io.BytesIO(taken.content)).getexif()
    shown = client.get(f"/h/MINATO/files/{stored.pk}/?inline=1")
    assert (shown["Content-Type"], shown["Content-Disposition"][:6]) == ("image/jpeg", "inline")
    assert AuditEvent.objects.filter(verb="files.file.downloaded").count() == 1, "looking is not taking"


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.jpg", b"<script>alert(1)</script>"), ("x.png", b"\x89PNG\r\n\x1a\n" + bytes(50)), ("x.exe", b"MZ" + bytes(90)),
     ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"), ("x.txt", b"")],
)  # fmt: skip
def test_file_that_may_not_be_kept_is_refused_with_words(client: Any, line: Line, name: str, content: bytes) -> None:
    body = attach(client, line, content, name).content.decode()
    assert "ファイルを付けました。" not in body
    assert "ください" in body
    assert not StoredFile.objects.exists()
    assert "register.attachment.added" not in verbs()


def test_attachment_is_removed_and_put_back_once_each(client: Any, line: Line) -> None:
    attach(client, line, photo())
    attachment = Attachment.objects.get()
    remove, restore = (
        reverse(f"register:attachment_{deed}", kwargs={"hospital_code": "MINATO", "attachment_id": attachment.pk})
        for deed in ("remove", "restore")
    )
    for _n in range(2):
        assert client.post(remove).status_code == 302
    assert not queries.attachments_of(line).exists()
    for _n in range(2):
        client.post(restore)
    assert queries.attachments_of(line).get() == attachment
    told = [verb for verb in verbs() if "attachment" in verb]
    assert told == [f"register.attachment.{deed}" for deed in ("added", "removed", "restored")]


# --- questions and exports --------------------------------------------------------------------------------------------
def test_question_keeps_who_was_asked(client: Any, line: Line) -> None:
    question = OpenQuestion.objects.get(key="carrier")
    ask = reverse("register:question_ask", kwargs={"hospital_code": "MINATO", "question_id": question.pk})
    assert (
        "確認先（だれに聞いたか）を書いてください。"
        in client.post(ask, {"asked_whom": ""}, follow=True).content.decode()
    )
    client.post(ask, {"asked_whom": "総務課 <鈴木>"})
    assert "総務課 &lt;鈴木&gt;" in client.get(url("question_list")).content.decode()
    assert AuditEvent.objects.get(verb="register.question.asked").changes == {"asked_whom": ["", "総務課 <鈴木>"]}
    actions.change_answers(line, answers={"carrier": "KDDI"}, by=None)
    assert client.post(ask, {"asked_whom": "x"}).status_code == 404, "it is answered now"


@pytest.mark.parametrize("kind", ["line", "device", "terminal", "place", "vendor", "contract", "terminator"])
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_every_list_is_exported_with_a_record(client: Any, line: Line, kind: str, file_format: str) -> None:
    address = reverse(f"register:{kind}_export", kwargs={"hospital_code": "MINATO", "file_format": file_format})
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    assert AuditEvent.objects.filter(verb="register.list.exported").count() == 1


# --- somebody else's -------------------------------------------------------------------------------------------------
def test_records_of_another_hospital_do_not_exist_under_ones_own_code(line: Line, cast: Cast) -> None:
    stranger = signed_in(cast.mallory)
    attachment_file = SimpleUploadedFile("x.txt", b"x")
    other = Line.objects.get().devices.get()
    for kind, record in (("line", line), ("device", other), ("terminator", line.terminator)):
        for deed in ("detail", "edit", "save", "retire", "restore", "attach"):
            address = reverse(f"register:{kind}_{deed}", kwargs={"hospital_code": "OKANOUE", "record_id": record.pk})
            sent = {"reason": "x", "file": attachment_file, "field": "carrier"}
            assert stranger.get(address).status_code in {404, 405}
            assert stranger.post(address, sent).status_code in {404, 405}
    before = verbs()
    share = reverse("register:line_share", kwargs={"hospital_code": "OKANOUE", "record_id": line.pk})
    assert stranger.post(share, {"terminator": "own"}).status_code == 404
    with hospital_scope(cast.other_hospital):
        own = actions.add_line(cast.other_hospital, answers={}, by=cast.mallory)
    share = reverse("register:line_share", kwargs={"hospital_code": "OKANOUE", "record_id": own.pk})
    assert stranger.post(share, {"terminator": str(line.terminator_id)}).status_code == 404
    contract = reverse("register:contract_add", kwargs={"hospital_code": "OKANOUE"})
    assert stranger.post(contract, {"title": "x", "line": str(line.pk)}).status_code == 422
    assert [verb for verb in verbs() if verb not in before] == []


def test_list_of_unknowns_names_record_question_and_reason(client: Any, line: Line) -> None:
    body = client.get(url("question_list")).content.decode()
    assert re.search(r"回線1（CAF00001）.*総務に確認中", body, re.DOTALL)
    assert "ラベルが見えない" in body
