"""Answers saved one by one: what is stored, what is refused, what two editors get to see."""

from typing import Any

import pytest
from django.urls import reverse

from sekisho.apps.register import actions, queries
from sekisho.apps.register.models import Line
from sekisho.domain.facts import Unknown
from sekisho.foundation.accounts.permissions import Role
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.audit.queries import history_of
from sekisho.foundation.audit.seen import Seen
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast, make_user, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(cast: Cast) -> Line:
    answers = {"carrier": "NTT東日本", "communication": "ip_vpn", "terminator_kind": "onu", "purpose": "catering"}
    with hospital_scope(cast.hospital):
        return actions.add_line(cast.hospital, answers=answers, by=cast.alice)


def save(cast: Cast, line: Line, field: str, *, user: Any = None, version: str = "", **sent: str) -> Any:
    address = reverse("register:line_save", kwargs={"hospital_code": cast.hospital.code, "record_id": line.pk})
    body = {"field": field, "version": version or str(Seen.now()), **sent}
    return signed_in(user or cast.alice).post(address, body)


def answers(cast: Cast, line: Line) -> dict[str, Any]:
    with hospital_scope(cast.hospital):
        return queries.line_answers(Line.objects.select_related("terminator").get(pk=line.pk))


def colleague(cast: Cast) -> Any:
    return make_user("chie@minato.example", "千枝 智恵", (Role.HOSPITAL_STAFF, cast.hospital, ""))


def test_one_answer_is_saved_with_its_reason_and_the_others_stay(cast: Cast, line: Line) -> None:
    before = answers(cast, line)
    response = save(cast, line, "carrier", carrier="KDDI", reason="請求書で確かめた")
    assert response.status_code == 200
    assert set(response.json()) == {"version"}
    assert answers(cast, line) == {**before, "carrier": "KDDI"}
    event = history_of(line).first()
    assert event is not None
    assert (event.changes, event.reason) == ({"carrier": ["NTT東日本", "KDDI"]}, "請求書で確かめた")


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"carrier": ""}, None),
        ({"carrier_unknown": "1", "carrier_reason": "総務に確認中"}, Unknown("総務に確認中")),
        ({"carrier": "ＮＴＴ東日本"}, "NTT東日本"),
    ],
)
def test_unknown_and_empty_are_answers_too(cast: Cast, line: Line, sent: dict[str, str], stored: Any) -> None:
    assert save(cast, line, "carrier", **sent).status_code == 200
    found = answers(cast, line)["carrier"]
    assert found == stored or (isinstance(stored, str) and found is not None)


def test_answer_about_the_box_goes_to_the_box(cast: Cast, line: Line) -> None:
    assert save(cast, line, "terminator_kind", terminator_kind="HGW").status_code == 200
    assert answers(cast, line)["terminator_kind"] == "hgw"


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("global_address", {"global_address": "not an address"}),
        ("communication", {"communication": "made-up"}),
        ("carrier", {"carrier": "KDDI", "carrier_unknown": "1"}),
        ("number", {"number": "7"}),
        ("hospital_id", {"hospital_id": "1"}),
        ("reason", {"reason": "x"}),
        ("", {}),
    ],
)
def test_what_cannot_be_read_or_is_no_question_is_refused_in_words(
    cast: Cast, line: Line, field: str, sent: dict[str, str]
) -> None:
    before, events = answers(cast, line), AuditEvent.objects.filter(verb__startswith="register.").count()
    response = save(cast, line, field, **sent)
    assert response.status_code == 422
    assert all(response.json()["errors"])
    assert answers(cast, line) == before
    assert AuditEvent.objects.filter(verb__startswith="register.").count() == events


@pytest.mark.parametrize(
    ("field", "mine", "theirs", "shown"),
    [
        ("carrier", "KDDI", {"carrier": "ソフトバンク"}, "ソフトバンク"),
        ("communication", "internet_vpn", {"communication": "internet"}, "インターネット"),
        ("terminator_kind", "ctu", {"terminator_kind": "hgw"}, "HGW"),
        ("carrier", "KDDI", {"carrier_unknown": "1", "carrier_reason": "調べ中"}, "不明（調べ中）"),
    ],
)
def test_second_editor_gets_both_values_and_nothing_is_overwritten(
    cast: Cast, line: Line, field: str, mine: str, theirs: dict[str, str], shown: str
) -> None:
    opened = str(Seen.now())
    other = colleague(cast)
    assert save(cast, line, field, user=other, version=opened, **theirs).status_code == 200
    stored = answers(cast, line)[field]
    answer = save(cast, line, field, version=opened, **{field: mine})
    assert answer.status_code == 409
    told = answer.json()
    assert (told["theirs"], told["by"]) == (shown, other.name)
    assert told["values"] == {key: [value] for key, value in theirs.items()}
    assert answers(cast, line)[field] == stored
    # Having seen it, the editor decides; a third change in between would be shown again.
    assert save(cast, line, field, version=told["version"], **{field: mine}).status_code == 200
    assert answers(cast, line)[field] != stored


def test_the_same_answer_twice_and_answers_to_other_questions_do_not_collide(cast: Cast, line: Line) -> None:
    opened = str(Seen.now())
    other = colleague(cast)
    assert save(cast, line, "carrier", user=other, version=opened, carrier="KDDI").status_code == 200
    assert save(cast, line, "carrier", version=opened, carrier="KDDI").status_code == 200
    assert save(cast, line, "provider", version=opened, provider="OCN").status_code == 200


@pytest.mark.parametrize("version", ["x", "-1", "1;carrier:x", ";;", "1;carrier"])
def test_a_strange_version_has_seen_nothing(cast: Cast, line: Line, version: str) -> None:
    save(cast, line, "carrier", user=colleague(cast), carrier="ソフトバンク")
    assert save(cast, line, "carrier", version=version, carrier="KDDI").status_code == 409


def test_a_version_beyond_every_number_is_no_fault(cast: Cast, line: Line) -> None:
    assert save(cast, line, "carrier", version="9" * 30, carrier="KDDI").status_code in {200, 409, 422}


def test_strangers_and_readers_save_nothing(cast: Cast, line: Line) -> None:
    assert save(cast, line, "carrier", user=cast.mallory, carrier="x").status_code == 404
    assert save(cast, line, "carrier", user=cast.mina, carrier="x").status_code == 404
    assert answers(cast, line)["carrier"] == "NTT東日本"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("給食", True),
        ("IP-VPN", True),
        ("ｉｐ－ｖｐｎ", True),
        ("ONU", True),
        ("給食 IP-VPN", True),
        ("給食 モバイル", False),
    ],
)
def test_list_search_finds_the_words_of_options(cast: Cast, line: Line, words: str, found: bool) -> None:
    address = reverse("register:line_list", kwargs={"hospital_code": cast.hospital.code})
    body = signed_in(cast.alice).get(address, {"q": words}).content.decode()
    assert (f"/register/{line.pk}/" in body) is found


def test_list_search_speaks_the_readers_language(cast: Cast, line: Line) -> None:
    address = reverse("register:line_list", kwargs={"hospital_code": cast.hospital.code})
    client = signed_in(cast.alice)
    client.cookies["django_language"] = "en"
    assert f"/register/{line.pk}/" in client.get(address, {"q": "catering"}).content.decode()


def test_history_search_finds_deeds_by_their_words(cast: Cast, line: Line) -> None:
    address = reverse("hospital:history", kwargs={"hospital_code": cast.hospital.code})
    client = signed_in(cast.alice)
    assert "回線を登録した" in client.get(address, {"q": "登録した"}).content.decode()
    assert "回線を登録した" not in client.get(address, {"q": "取り下げた"}).content.decode()


def test_seeing_the_drawing_as_a_thumbnail_is_not_taking_a_copy(cast: Cast, line: Line) -> None:
    address = reverse("overview:thumbnail", kwargs={"hospital_code": cast.hospital.code})
    response = signed_in(cast.alice).get(address)
    assert response["Content-Type"].startswith("image/svg+xml")
    assert not AuditEvent.objects.filter(verb="overview.drawing.downloaded").exists()
