"""A workbook on its way into the register, over the pages that a clerk uses."""

import logging
from pathlib import Path

import pytest

from sekisho.apps.register import actions as register
from sekisho.apps.register.models import Line
from sekisho.apps.workbooks.models import Upload
from sekisho.domain.facts import Unknown
from sekisho.domain.register.records import Register
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.audit.queries import history_of
from sekisho.foundation.files.models import StoredFile
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope
from tests.cast import Cast
from tests.integration.workbooks.desk import (
    Desk,
    aoba,
    changed,
    everything_in_the_database,
    everything_stored,
    three_lines,
)
from tests.samples.hostile_workbooks import HOSTILE
from tests.samples.workbooks import (
    SECRETS,
    answer_cell,
    credential_sheet,
    credentials_in_remarks,
    record_row,
    reversed_rows,
    sheet_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return Desk(cast.alice, cast.hospital)


@pytest.fixture
def small(cast: Cast, desk: Desk) -> Desk:
    three_lines(cast.hospital, cast.alice)
    return desk


def verbs() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))


def edit(book: bytes, number: int, column: str, value: object, repetition: int = 0) -> bytes:
    def change(workbook) -> None:
        answer_cell(sheet_of(workbook, "lines"), "lines", number, column, repetition).value = value

    return changed(book, change)


# --- taking in -------------------------------------------------------------------------------------------------------
def test_sample_is_stored_marked_and_waits_for_a_decision(desk: Desk, storage: Path) -> None:
    upload = desk.take_in(aoba())
    assert (upload.state, upload.name) == ("checked", "別紙2-1.xlsx")
    assert (storage / upload.file.path).read_bytes() == aoba()
    assert upload.marked.name == "別紙2-1_確認結果.xlsx"
    assert desk.register == Register(), "nothing enters the register before somebody decides"
    page = desk.page(upload)
    assert "直すまで取り込めない行（3行）" in page
    for reason in ("C16", "N17", "H23"):
        assert f"「回線・機器情報記入シート」{reason}：" in page
    assert desk.client.get(f"{desk.home}{upload.pk}/marked.xlsx").content == (storage / upload.marked.path).read_bytes()
    assert "workbooks.upload.checked" in verbs()


def test_accepting_takes_over_the_good_rows_and_holds_the_others_back(desk: Desk) -> None:
    upload = desk.bring(aoba())
    numbers = {line.number for line in desk.register.lines}
    assert numbers == set(range(1, 19)) - {8, 9, 15}
    assert len(desk.register.terminals) == 5
    assert desk.register.basics.name
    assert (upload.state, upload.decided_by_id) == ("accepted", desk.user.pk)
    assert upload.outcome["held"] == ["lines-8", "lines-9", "lines-15"]
    written = verbs()
    assert written.count("register.line.added") == 15
    assert written[-1] == "workbooks.upload.accepted"


def test_same_file_again_changes_nothing(desk: Desk) -> None:
    desk.bring(aoba())
    before = desk.register
    events = AuditEvent.objects.filter(verb__startswith="register.").count()
    desk.bring(aoba())
    assert desk.register == before
    assert AuditEvent.objects.filter(verb__startswith="register.").count() == events


def test_rows_with_only_gaps_are_taken_over_only_when_asked(small: Desk) -> None:
    def add(workbook) -> None:
        sheet = sheet_of(workbook, "lines")
        answer_cell(sheet, "lines", 4, "circuit_id").value = "CAF00004"
        answer_cell(sheet, "lines", 4, "purpose").value = "電子カルテの保守"

    book = changed(small.export(), add)
    upload = small.take_in(book)
    assert 'name="accept_gaps"' in small.page(upload)
    small.accept(upload)
    assert 4 not in {line.number for line in small.register.lines}
    small.bring(book, gaps=True)
    assert next(line for line in small.register.lines if line.number == 4).circuit_id == "CAF00004"


def test_errors_are_held_back_even_when_gaps_are_accepted(desk: Desk) -> None:
    desk.bring(aoba(), gaps=True)
    assert {8, 9, 15}.isdisjoint(line.number for line in desk.register.lines)


def test_new_upload_takes_the_place_of_the_one_that_waits(small: Desk) -> None:
    first = small.take_in(small.export())
    small.take_in(small.export())
    assert small.upload(first.pk).state == "discarded"
    event = AuditEvent.objects.get(verb="workbooks.upload.discarded")
    assert (event.object_id, event.actor_id) == (str(first.pk), small.user.pk)
    assert small.accept(first, fingerprint="0" * 32)["Location"] == f"{small.home}{first.pk}/"


def test_upload_without_a_file_says_so(desk: Desk) -> None:
    answer = desk.client.post(f"{desk.home}upload/", {})
    assert answer.status_code == 422
    assert "ファイルを選んでから送ってください。" in answer.content.decode()


def test_large_upload_is_refused_before_it_is_read(desk: Desk, settings) -> None:
    settings.UPLOAD_LIMIT_BYTES = 1024 * 1024
    answer = desk.send(b"PK\x03\x04" + bytes(1024 * 1024))
    assert answer.status_code == 422
    assert "1 MB までにしてください" in answer.content.decode()


# --- round trip ------------------------------------------------------------------------------------------------------
def test_exported_register_comes_back_unchanged(desk: Desk) -> None:
    desk.bring(aoba())
    before = desk.register
    upload = desk.take_in(desk.export())
    events = AuditEvent.objects.filter(verb__startswith="register.").count()
    desk.accept(upload)
    assert desk.upload(upload.pk).outcome == {"done": [], "held": []}
    assert desk.register == before
    assert AuditEvent.objects.filter(verb__startswith="register.").count() == events


def test_one_edited_cell_changes_one_answer_with_old_and_new_in_the_history(small: Desk) -> None:
    before = small.register
    upload = small.bring(edit(small.export(), 1, "carrier", "KDDI"), gaps=True)
    assert [entry["new"] for entry in upload.outcome["done"]] == [{"carrier": "KDDI"}]
    after = small.register
    assert after.lines[0].carrier == "KDDI"
    assert (after.lines[1:], after.terminals, after.basics) == (before.lines[1:], before.terminals, before.basics)
    with hospital_scope(small.hospital):
        event = history_of(Line.objects.get(number=1)).first()
    assert event.changes == {"carrier": ["NTT東日本", "KDDI"]}
    assert (event.actor_id, event.reason) == (small.user.pk, "別紙2-1「別紙2-1.xlsx」の取り込み")


def test_device_cell_changes_the_device_and_a_new_one_is_added(small: Desk) -> None:
    book = edit(small.export(), 1, "model", "RTX1300", repetition=1)
    book = edit(edit(book, 1, "maker", "Fortinet", repetition=2), 1, "model", "FortiGate-60F", repetition=2)
    small.bring(book, gaps=True)
    names = [device.name for device in small.register.lines[0].devices]
    assert names == ["ヤマハ RTX1300", "Fortinet FortiGate-60F"]


def test_blank_cell_keeps_what_the_register_knows(small: Desk) -> None:
    small.bring(edit(small.export(), 1, "remarks", None), gaps=True)
    assert small.register.lines[0].remarks == "平日のみ使用"


def test_delete_word_clears_the_answer(small: Desk) -> None:
    upload = small.take_in(edit(small.export(), 1, "remarks", "（削除）"))
    assert "（削除）" in small.page(upload)
    small.accept(upload, gaps=True)
    assert small.register.lines[0].remarks is None


def test_unknown_in_a_cell_becomes_an_open_question(small: Desk) -> None:
    small.bring(edit(small.export(), 3, "provider", "不明（契約書を探している）"), gaps=True)
    assert small.register.lines[2].provider == Unknown("契約書を探している")
    assert "契約書を探している" in small.client.get(f"/h/{small.hospital.code}/register/questions/").content.decode()


def test_row_that_the_file_lacks_deletes_nothing(small: Desk) -> None:
    def drop(workbook) -> None:
        sheet = sheet_of(workbook, "lines")
        sheet.delete_rows(record_row(sheet, "lines", 3))

    before = small.register
    upload = small.take_in(changed(small.export(), drop))
    assert "ファイルにない" in small.page(upload)
    small.accept(upload, gaps=True)
    assert small.register == before


def test_rows_are_known_by_their_hidden_id_in_any_order(small: Desk) -> None:
    before = small.register
    small.bring(reversed_rows(small.export()), gaps=True)
    assert small.register == before
    small.bring(edit(reversed_rows(small.export()), 3, "provider", "架空ネット"), gaps=True)
    assert [line.provider for line in small.register.lines] == [None, None, "架空ネット"]


def test_renumbered_row_is_still_the_same_record(small: Desk) -> None:
    """A clerk who sorts by hand may number anew: the id decides, not the label."""

    def renumber(workbook) -> None:
        sheet = sheet_of(workbook, "lines")
        rows = [record_row(sheet, "lines", number) for number in (1, 3)]
        for row, label in zip(rows, ("回線3", "回線1"), strict=True):
            cell = next(cell for cell in sheet[row][:3] if str(cell.value).startswith("回線"))
            cell.value = label

    before = {line.row_id: line.circuit_id for line in small.register.lines}
    small.bring(changed(small.export(), renumber), gaps=True)
    assert {line.row_id: line.circuit_id for line in small.register.lines} == before


# --- deciding --------------------------------------------------------------------------------------------------------
def test_register_that_moved_meanwhile_is_shown_anew_and_nothing_is_written(small: Desk, cast: Cast) -> None:
    upload = small.take_in(edit(small.export(), 1, "carrier", "KDDI"))
    seen = small.fingerprint(upload)
    with hospital_scope(cast.hospital):
        register.change_answers(Line.objects.get(number=1), answers={"carrier": "ソフトバンク"}, by=cast.sumi)
    events = AuditEvent.objects.count()
    answer = small.accept(upload, gaps=True, fingerprint=seen)
    assert answer.status_code == 409
    assert "ソフトバンク" in answer.content.decode()
    assert small.register.lines[0].carrier == "ソフトバンク"
    assert (small.upload(upload.pk).state, AuditEvent.objects.count()) == ("checked", events)
    assert small.accept(upload, gaps=True).status_code == 302
    assert small.register.lines[0].carrier == "KDDI"


def test_accept_without_a_fingerprint_writes_nothing(small: Desk) -> None:
    upload = small.take_in(edit(small.export(), 1, "carrier", "KDDI"))
    assert small.client.post(f"{small.home}{upload.pk}/accept/", {"accept_gaps": "1"}).status_code == 409
    assert small.register.lines[0].carrier == "NTT東日本"


def test_discarded_upload_stays_on_record_and_cannot_be_accepted(small: Desk) -> None:
    upload = small.take_in(edit(small.export(), 1, "carrier", "KDDI"))
    seen = small.fingerprint(upload)
    small.post(upload, "discard")
    assert (small.upload(upload.pk).state, small.upload(upload.pk).decided_by_id) == ("discarded", small.user.pk)
    assert verbs().count("workbooks.upload.discarded") == 1
    small.accept(upload, gaps=True, fingerprint=seen)
    small.post(upload, "discard")
    small.post(upload, "undo")
    assert small.register.lines[0].carrier == "NTT東日本"
    assert verbs().count("workbooks.upload.discarded") == 1


def test_fault_in_the_middle_of_accepting_leaves_nothing(small: Desk, monkeypatch) -> None:
    upload = small.take_in(edit(edit(small.export(), 1, "carrier", "KDDI"), 3, "provider", "AsahiNet"))
    before, events = small.register, AuditEvent.objects.count()
    real, calls = register.change_answers, []

    def failing(subject, **options):
        calls.append(subject)
        if len(calls) == 2:
            raise RuntimeError("power cut")
        return real(subject, **options)

    monkeypatch.setattr(register, "change_answers", failing)
    with pytest.raises(RuntimeError):
        small.accept(upload, gaps=True)
    assert len(calls) == 2
    assert small.register == before
    assert (small.upload(upload.pk).state, AuditEvent.objects.count()) == ("checked", events)


# --- undoing ---------------------------------------------------------------------------------------------------------
def test_undo_puts_everything_back(small: Desk) -> None:
    before = small.register
    book = edit(edit(small.export(), 1, "remarks", "（削除）"), 2, "carrier", "KDDI")
    book = edit(edit(book, 1, "maker", "Fortinet", 2), 1, "terminator_location", "別館 1F")
    book = edit(edit(book, 4, "circuit_id", "CAF00004"), 4, "carrier", "KDDI")
    upload = small.bring(book, gaps=True)
    assert len(small.register.lines) == 4
    small.post(upload, "undo")
    assert small.register == before
    assert small.upload(upload.pk).state == "undone"
    assert verbs()[-1] == "workbooks.upload.undone"
    events = AuditEvent.objects.count()
    small.post(upload, "undo")
    assert AuditEvent.objects.count() == events, "a second undo does nothing"


def test_undo_leaves_what_others_changed_since(small: Desk, cast: Cast) -> None:
    book = edit(edit(small.export(), 1, "carrier", "KDDI"), 1, "remarks", "夜も使用")
    book = edit(book, 4, "circuit_id", "CAF00004")
    upload = small.bring(book, gaps=True)
    with hospital_scope(cast.hospital):
        register.change_answers(Line.objects.get(number=1), answers={"carrier": "ソフトバンク"}, by=cast.sumi)
        register.change_answers(Line.objects.get(number=4), answers={"carrier": "NTT西日本"}, by=cast.sumi)
    answer = small.client.post(f"{small.home}{upload.pk}/undo/", follow=True)
    lines = {line.number: line for line in small.register.lines}
    assert (lines[1].carrier, lines[1].remarks) == ("ソフトバンク", "平日のみ使用")
    assert lines[4].carrier == "NTT西日本", "a line that somebody has worked on does not disappear"
    body = answer.content.decode()
    assert "回線1（CAF00001）" in body
    assert "回線4（CAF00004）" in body


def test_undo_keeps_an_added_line_whose_box_or_device_was_worked_on(small: Desk, cast: Cast) -> None:
    book = edit(edit(small.export(), 4, "circuit_id", "CAF00004"), 4, "terminator_kind", "ONU")
    book = edit(edit(book, 5, "circuit_id", "CAF00005"), 5, "maker", "YAMAHA", 1)
    upload = small.bring(book, gaps=True)
    with hospital_scope(cast.hospital):
        box = Line.objects.get(number=4).terminator
        register.change_answers(box, answers={"asset_label": "A-102"}, by=cast.sumi)
        device = Line.objects.get(number=5).devices.get()
        register.change_answers(device, answers={"model": "RTX830"}, by=cast.sumi)
    small.post(upload, "undo")
    assert {4, 5} <= {line.number for line in small.register.lines}


# --- what is refused ---------------------------------------------------------------------------------------------------
def test_workbook_of_another_hospital_is_refused(small: Desk, cast: Cast) -> None:
    other = Desk(cast.mallory, cast.other_hospital)
    answer = other.send(small.export())
    assert answer.status_code == 422
    assert "別の医療機関のために書き出されたものです" in answer.content.decode()
    with all_hospitals(reason="test"):
        assert not Upload.objects.exists()
        assert not StoredFile.objects.exists()


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_file_is_refused_with_words_and_nothing_is_stored(desk: Desk, storage: Path, name: str) -> None:
    answer = desk.send(HOSTILE[name](aoba()), name="=cmd|'..\\..\\<img src=x>.xlsx")
    body = answer.content.decode()
    assert answer.status_code == 422
    error = body.split('role="alert"', 1)[-1]
    assert "ください" in error
    assert "<img src=x>" not in body
    assert not list(storage.rglob("*"))
    with all_hospitals(reason="test"):
        assert not Upload.objects.exists()


@pytest.mark.parametrize("mutation", [credential_sheet, credentials_in_remarks], ids=lambda m: m.__name__)
def test_credentials_are_kept_nowhere_and_the_other_rows_are_read(desk: Desk, storage: Path, caplog, mutation) -> None:
    caplog.set_level(logging.DEBUG)
    upload = desk.take_in(mutation(aoba()))
    assert upload.held_credentials
    assert upload.file is None, "the file as it came holds the secrets"
    assert "アカウントやパスワードが入っていました" in desk.page(upload)
    pages = [desk.page(upload), desk.client.get(desk.home).content.decode()]
    desk.accept(upload, gaps=True)
    assert len(desk.register.lines) >= 14
    pages += [desk.page(upload), desk.client.get(f"/h/{desk.hospital.code}/history/").content.decode()]
    marked = desk.client.get(f"{desk.home}{upload.pk}/marked.xlsx")
    stored = list(everything_stored(storage))
    assert marked.status_code == 200
    assert stored
    database = everything_in_the_database()
    for secret in SECRETS[:2]:
        assert secret not in database
        assert secret not in caplog.text
        assert not [page for page in pages if secret in page]
        for name, content in stored:
            assert secret.encode() not in content, name
            assert secret.encode("utf-16-le") not in content, name


def test_file_name_of_a_stranger_is_only_a_name(small: Desk, storage: Path) -> None:
    upload = small.take_in(small.export(), name="..\\..\\etc/passwd\x00\u202e<b>.xlsx")
    assert "/" not in upload.name
    assert "\\" not in upload.name
    assert "\u202e" not in upload.name
    assert "<b>" not in small.page(upload)
    assert all(storage in path.parents for path in storage.rglob("*"))


def test_director_may_read_but_not_hand_in(cast: Cast, small: Desk) -> None:
    director = Desk(cast.bob, cast.hospital)
    book = small.export()
    assert director.send(book).status_code == 403
    upload = small.take_in(edit(book, 1, "carrier", "KDDI"))
    assert 'name="fingerprint"' not in director.page(upload)
    assert director.accept(upload, fingerprint=small.fingerprint(upload)).status_code == 403


def test_mistake_in_one_contact_holds_back_that_answer_only(small: Desk) -> None:
    with hospital_scope(small.hospital):
        for position, name in ((1, "青葉"), (2, "若葉")):
            register.set_contact(small.hospital, position=position, answers={"family_name": name}, by=small.user)

    def change(workbook) -> None:
        sheet = sheet_of(workbook, "basic")
        cells = [cell for row in sheet.iter_rows() for cell in row]
        column = next(cell.column for cell in cells if str(cell.value).startswith("メールアドレス"))
        for name, address in (("青葉", "not an address"), ("若葉", "wakaba@minato.example")):
            row = next(cell.row for cell in cells if cell.value == name)
            sheet.cell(row, column).value = address

    upload = small.take_in(changed(small.export(), change))
    small.accept(upload)
    contacts = small.register.basics.contacts
    assert [contact.email for contact in contacts] == [None, "wakaba@minato.example"]
