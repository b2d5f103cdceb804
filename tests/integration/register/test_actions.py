"""The register's writes against a real database: nothing lost, everything on the trail, nobody else's data."""

import pytest
from django.db import IntegrityError, transaction

from sekisho.apps.register import actions, queries
from sekisho.apps.register.conflicts import ChangedMeanwhile, FieldConflict
from sekisho.apps.register.models import Device, Line, OpenQuestion, Place, Vendor
from sekisho.domain.facts import Unknown
from sekisho.domain.register.records import Register
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import NotInTransaction, record
from sekisho.foundation.audit.models import AuditEvent, AuditTrailIsAppendOnly
from sekisho.foundation.audit.queries import history_of
from sekisho.foundation.files.actions import FileDamaged, content_of, store_upload
from sekisho.foundation.files.sniffing import PLAIN
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import NoHospitalInScope, OutsideScope, all_hospitals, hospital_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    return User.objects.create_user("clerk@minato.example", "long enough phrase", name="港 花子")


@pytest.fixture
def hospital() -> Hospital:
    return Hospital.objects.create(code="H001", name="みなと病院")


@pytest.fixture
def other() -> Hospital:
    return Hospital.objects.create(code="H002", name="よその病院")


@pytest.fixture
def in_scope(hospital: Hospital):
    with hospital_scope(hospital):
        yield


@pytest.fixture
def line(hospital: Hospital, clerk: User, in_scope: None) -> Line:
    return actions.add_line(
        hospital,
        answers={
            "circuit_id": "CAF00001",
            "communication": "internet_vpn",
            "terminator_location": "本館 2F　サーバ室",
            "terminator_kind": "onu",
            "vendor_name": "みなとメディカル株式会社",
            "carrier": Unknown("総務に確認中"),
        },
        devices={1: {"maker": "YAMAHA", "model": "RTX1210"}},
        by=clerk,
        source="別紙2-1",
    )


def test_add_line_keeps_box_place_vendor_and_devices(line: Line) -> None:
    line = Line.objects.get(pk=line.pk)
    assert (line.number, line.terminator.terminator_location) == (1, "本館 2F　サーバ室")
    assert line.terminator.place == Place.objects.get(label="本館 2F サーバ室")
    assert line.vendor == Vendor.objects.get(name="みなとメディカル株式会社")
    assert [str(device) for device in line.devices.all()] == ["YAMAHA RTX1210"]
    assert line.answer("carrier") == Unknown("総務に確認中")


def test_register_of_gives_back_what_was_written(hospital: Hospital, line: Line) -> None:
    register = queries.register_of(hospital)
    (record_,) = register.lines
    assert record_.row_id == str(line.pk)
    assert record_.terminator_kind == "onu"
    assert record_.carrier == Unknown("総務に確認中")
    assert record_.provider is None
    assert record_.devices[0].name == "YAMAHA RTX1210"


def test_register_of_an_empty_hospital_is_empty(hospital: Hospital, in_scope: None) -> None:
    assert queries.register_of(hospital) == Register()


def test_change_answers_writes_old_and_new_into_the_trail(line: Line, clerk: User) -> None:
    actions.change_answers(line, answers={"carrier": "NTT東日本"}, by=clerk, reason="請求書で確認")
    event = history_of(line).first()
    assert event.verb == "register.line.changed"
    assert event.changes == {"carrier": [{"unknown": "総務に確認中"}, "NTT東日本"]}
    assert (event.actor_label, event.reason, event.hospital_id) == ("港 花子", "請求書で確認", line.hospital_id)


def test_change_answers_without_a_change_writes_nothing(line: Line, clerk: User) -> None:
    before = AuditEvent.objects.count(), Line.objects.get(pk=line.pk).version
    actions.change_answers(line, answers={"circuit_id": "CAF00001"}, by=clerk)
    assert (AuditEvent.objects.count(), Line.objects.get(pk=line.pk).version) == before


def test_second_editor_of_the_same_answer_sees_both_values(line: Line, clerk: User) -> None:
    seen = line.answers()
    actions.change_answers(line, answers={"provider": "ぷらら"}, by=clerk)
    with pytest.raises(ChangedMeanwhile) as met:
        actions.change_answers(line, answers={"provider": "AsahiNet", "fqdn": "a.example"}, base=seen, by=clerk)
    assert met.value.conflicts == (FieldConflict("provider", None, "ぷらら", "AsahiNet"),)
    assert Line.objects.get(pk=line.pk).fqdn is None, "nothing of a refused change is written"


def test_second_editor_of_another_answer_loses_nothing(line: Line, clerk: User) -> None:
    seen = line.answers()
    actions.change_answers(line, answers={"provider": "ぷらら"}, by=clerk)
    actions.change_answers(line, answers={**seen, "fqdn": "a.example"}, base=seen, by=clerk)
    line = Line.objects.get(pk=line.pk)
    assert (line.provider, line.fqdn) == ("ぷらら", "a.example")


def test_conflict_in_the_terminator_undoes_the_whole_change(line: Line, clerk: User) -> None:
    base = {**line.answers(), "terminator_location": "古い場所", "terminator_kind": "onu"}
    with pytest.raises(ChangedMeanwhile):
        actions.change_answers(
            line, answers={"fqdn": "a.example", "terminator_location": "新しい場所"}, base=base, by=clerk
        )
    assert Line.objects.get(pk=line.pk).fqdn is None


def test_an_unknown_answer_is_an_open_question_until_it_is_known(line: Line, clerk: User) -> None:
    question = OpenQuestion.objects.get(key="carrier", closed_at__isnull=True)
    assert question.reason == "総務に確認中"
    actions.change_answers(line, answers={"carrier": Unknown("業者に確認中")}, by=clerk)
    question.refresh_from_db()
    assert (question.reason, question.closed_at) == ("業者に確認中", None)
    actions.change_answers(line, answers={"carrier": "NTT東日本"}, by=clerk)
    assert not queries.open_questions().exists()
    assert OpenQuestion.objects.count() == 1, "the question and its answer stay on record"


def test_retire_keeps_the_record_and_restore_brings_it_back(line: Line, clerk: User) -> None:
    actions.retire(line, reason="解約した", by=clerk)
    assert not queries.lines_in_use().exists()
    assert queries.retired_lines().get() == line
    assert not queries.open_questions().exists()
    with pytest.raises(actions.AlreadyRetired):
        actions.retire(line, reason="もう一度", by=clerk)
    actions.restore(line, by=clerk)
    assert queries.lines_in_use().get() == line
    assert queries.open_questions().get().key == "carrier"


def test_restore_refuses_when_the_number_was_given_away(hospital: Hospital, line: Line, clerk: User) -> None:
    actions.retire(line, reason="解約した", by=clerk)
    actions.add_line(hospital, answers={}, number=1, by=clerk)
    with pytest.raises(actions.StillInUse):
        actions.restore(line, by=clerk)


def test_numbers_are_never_used_again_by_themselves(hospital: Hospital, line: Line, clerk: User) -> None:
    actions.retire(line, reason="解約した", by=clerk)
    assert actions.add_line(hospital, answers={}, by=clerk).number == 2


def test_two_devices_cannot_stand_in_one_place(line: Line, clerk: User) -> None:
    with pytest.raises(actions.StillInUse):
        actions.add_device(line, answers={}, position=1, by=clerk)
    assert actions.add_device(line, answers={"maker": "Fortinet"}, by=clerk).position == 2


def test_lines_may_share_one_box_and_part_again(hospital: Hospital, line: Line, clerk: User) -> None:
    second = actions.add_line(hospital, answers={"circuit_id": "CAF00002"}, by=clerk)
    actions.share_terminator(second, terminator=line.terminator, by=clerk)
    assert next(r for r in queries.register_of(hospital).lines if r.number == 2).terminator_kind == "onu"
    actions.change_answers(line, answers={"terminator_location": "別館"}, by=clerk)
    assert next(r for r in queries.register_of(hospital).lines if r.number == 2).terminator_location == "別館"
    second = Line.objects.get(pk=second.pk)
    actions.share_terminator(second, terminator=None, by=clerk)
    assert second.terminator_id != line.terminator_id


# --- tenancy fails closed --------------------------------------------------------------------------------------------
def test_no_query_without_a_hospital_in_scope(hospital: Hospital, clerk: User) -> None:
    with hospital_scope(hospital):
        line = actions.add_line(hospital, answers={}, by=clerk)
    for read in (
        lambda: Line.objects.all(),
        lambda: Line.objects.count(),
        lambda: queries.lines_in_use(),
        lambda: line.devices.all(),
        lambda: queries.register_of(hospital),
        lambda: line.save(),
    ):
        with pytest.raises(NoHospitalInScope):
            read()


def test_another_hospitals_records_do_not_exist(other: Hospital, hospital: Hospital, line: Line, clerk: User) -> None:
    with hospital_scope(other):
        assert not Line.objects.filter(pk=line.pk).exists()
        assert queries.register_of(hospital) == Register()
        assert queries.subject("line", line.pk) is None
        with pytest.raises(OutsideScope):
            line.save()
        with pytest.raises(OutsideScope):
            line.delete()
        with pytest.raises(OutsideScope):
            Device.objects.bulk_create([Device(hospital=hospital, line=line, position=9)])
        with pytest.raises(OutsideScope):
            actions.add_line(hospital, answers={}, by=clerk)
    with all_hospitals(reason="test"):
        assert Line.objects.filter(pk=line.pk).exists()


def test_scopes_nest_and_end(hospital: Hospital, other: Hospital, line: Line) -> None:
    with all_hospitals(reason="test"), hospital_scope(other):
        assert Line.objects.count() == 0
    assert Line.objects.count() == 1


# --- audit trail -----------------------------------------------------------------------------------------------------
def test_the_trail_can_only_grow(line: Line) -> None:
    event = history_of(line).first()
    for change in (event.save, event.delete, lambda: AuditEvent.objects.all().delete()):
        with pytest.raises(AuditTrailIsAppendOnly):
            change()
    with pytest.raises(AuditTrailIsAppendOnly):
        AuditEvent.objects.update(reason="x")


@pytest.mark.django_db(transaction=True)
def test_no_event_outside_a_transaction() -> None:
    with pytest.raises(NotInTransaction):
        record("register.line.changed", by=None)


@pytest.mark.django_db(transaction=True)
def test_a_change_that_fails_leaves_no_event(hospital: Hospital, clerk: User) -> None:
    @transaction.atomic
    def add_and_fail() -> None:
        actions.add_line(hospital, answers={"circuit_id": "CAF1"}, by=clerk)
        raise RuntimeError

    with hospital_scope(hospital):
        with pytest.raises(RuntimeError):
            add_and_fail()
        assert not Line.objects.exists()
    assert not AuditEvent.objects.exists()


# --- the database itself refuses ---------------------------------------------------------------------------------------
def test_the_database_refuses_two_lines_of_one_number(hospital: Hospital, line: Line) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Line.objects.create(hospital=hospital, number=1)


# --- files -------------------------------------------------------------------------------------------------------------
def test_a_stored_file_comes_back_only_while_it_is_whole(
    hospital: Hospital, clerk: User, in_scope: None, settings, tmp_path
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }
    stored = store_upload(
        hospital=hospital, name="メモ.txt", content="回線の控え".encode(), allowed=frozenset({PLAIN}), by=clerk
    )
    assert content_of(stored).decode() == "回線の控え"
    (tmp_path / stored.path).write_bytes(b"tampered")
    with pytest.raises(FileDamaged):
        content_of(stored)
