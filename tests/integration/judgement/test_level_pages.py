"""A hospital's level: its answers, the files beside the register, and a person's level in place of the computed one."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from sekisho.apps.judgement import actions, case_files, queries
from sekisho.apps.judgement.models import CaseFile, CurrentLevel, DeclaredFact, LevelOverride
from sekisho.apps.network import actions as network
from sekisho.catalogue.samples import sample_folder
from sekisho.domain.facts import Unknown
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.audit.seen import Seen
from sekisho.foundation.files.models import StoredFile
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db

HOME = "/h/MINATO/level/"
AOBA = sample_folder("aoba")
FACT, OTHER = queries.facts()[0], queries.facts()[1]
ONE, TWO = FACT.options[0].code, FACT.options[1].code


@pytest.fixture
def scope(cast: Cast):
    with hospital_scope(cast.hospital):
        yield


def save(client: Any, answer: str, *, seen: object = "", field: str = FACT.key) -> Any:
    return client.post(f"{HOME}questions/save/", {"field": field, field: answer, "version": str(seen)})


def answer_of(cast: Cast, fact: str = FACT.key) -> Any:
    with hospital_scope(cast.hospital):
        return queries.declarations_of(cast.hospital).facts[fact].value


def declared(verb: str = "judgement.fact.declared") -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(verb=verb).order_by("pk"))


# --- answers ---------------------------------------------------------------------------------------------------------
def test_answer_is_saved_with_its_event_and_counts_up(cast: Cast) -> None:
    client = signed_in(cast.alice)
    assert save(client, ONE).status_code == 200
    assert save(client, TWO).status_code == 200
    assert answer_of(cast) == TWO
    assert [event.changes for event in declared()] == [{FACT.key: [None, ONE]}, {FACT.key: [ONE, TWO]}]
    with hospital_scope(cast.hospital):
        kept = DeclaredFact.objects.get(fact=FACT.key)
    assert (kept.version, kept.declared_by_id) == (2, cast.alice.pk)


def test_same_answer_again_writes_nothing(cast: Cast) -> None:
    client = signed_in(cast.alice)
    save(client, ONE)
    save(client, ONE)
    assert len(declared()) == 1


def test_unknown_is_an_answer_with_its_reason(cast: Cast) -> None:
    sent = {"field": FACT.key, f"{FACT.key}_unknown": "1", f"{FACT.key}_reason": "業者に確認中"}
    assert signed_in(cast.alice).post(f"{HOME}questions/save/", sent).status_code == 200
    assert answer_of(cast) == Unknown("業者に確認中")


@pytest.mark.parametrize("answer", ["no-such-option", "<script>", "x" * 5000, "a\x00b"])
def test_answer_that_is_not_offered_is_refused(cast: Cast, answer: str) -> None:
    refused = save(signed_in(cast.alice), answer)
    assert refused.status_code == 422
    assert refused.json()["errors"]
    assert not declared()


def test_question_that_there_is_not_is_refused(cast: Cast) -> None:
    answer = signed_in(cast.alice).post(f"{HOME}questions/save/", {"field": "reason", "reason": "x"})
    assert answer.status_code == 422
    assert not declared()


def test_change_that_the_editor_has_not_seen_is_shown_with_both_values(cast: Cast) -> None:
    alice, sumi = signed_in(cast.alice), signed_in(cast.sumi)
    seen = Seen.now()
    save(sumi, ONE, seen=seen)
    answer = save(alice, TWO, seen=seen)
    met = answer.json()
    assert answer.status_code == 409
    assert met["by"] == "墨田 まり"
    assert met["theirs"] == FACT.options[0].label.ja
    assert met["values"] == {FACT.key: [ONE]}
    assert answer_of(cast) == ONE, "nothing was written"
    assert save(alice, TWO, seen=met["version"]).status_code == 200, "who has seen it decides"
    assert answer_of(cast) == TWO


def test_conflict_about_one_question_does_not_hide_one_about_another(cast: Cast) -> None:
    alice, sumi = signed_in(cast.alice), signed_in(cast.sumi)
    seen = Seen.now()
    save(sumi, ONE, seen=seen)
    save(sumi, OTHER.options[0].code, seen=seen, field=OTHER.key)
    met = save(alice, TWO, seen=seen).json()
    second = save(alice, OTHER.options[1].code, seen=met["version"], field=OTHER.key)
    assert second.status_code == 409


def test_own_second_tab_is_no_conflict(cast: Cast) -> None:
    client = signed_in(cast.alice)
    seen = Seen.now()
    assert save(client, ONE, seen=seen).status_code == 200
    assert save(client, TWO, seen=seen).status_code == 200
    assert answer_of(cast) == TWO


def test_same_answer_as_another_gave_is_no_conflict(cast: Cast) -> None:
    seen = Seen.now()
    save(signed_in(cast.sumi), ONE, seen=seen)
    assert save(signed_in(cast.alice), ONE, seen=seen).status_code == 200
    assert len(declared()) == 1


def test_whole_form_saves_only_what_changed_and_keeps_remarks(cast: Cast, scope: None) -> None:
    actions.declare(cast.hospital, fact=FACT.key, answer=ONE, remark="2025年の図面で確認", by=cast.alice)
    sent = {FACT.key: ONE, OTHER.key: OTHER.options[0].code, "seen": str(Seen.now())}
    assert signed_in(cast.alice).post(f"{HOME}questions/", sent).status_code == 302
    assert [list(event.changes) for event in declared()] == [[FACT.key], [OTHER.key]]
    assert DeclaredFact.objects.get(fact=FACT.key).remark == "2025年の図面で確認"
    assert DeclaredFact.objects.count() == 2, "questions that nobody answered leave no rows"


def test_whole_form_never_overwrites_what_the_editor_has_not_seen(cast: Cast) -> None:
    alice = signed_in(cast.alice)
    page = alice.get(f"{HOME}questions/").content.decode()
    seen = str(Seen.now())
    assert f'name="seen" value="{seen}"' in page
    save(signed_in(cast.sumi), ONE)
    sent = {FACT.key: TWO, OTHER.key: OTHER.options[0].code, "seen": seen}
    answer = alice.post(f"{HOME}questions/", sent)
    body = answer.content.decode()
    assert answer.status_code == 409
    assert FACT.options[0].label.ja in body
    assert "墨田 まり" in body
    assert answer_of(cast) == ONE
    assert len(declared()) == 1, "nothing of a refused form is written"
    assert alice.post(f"{HOME}questions/", {**sent, "seen": str(Seen.now())}).status_code == 302
    assert answer_of(cast) == TWO


def test_form_with_a_mistake_keeps_what_was_chosen(cast: Cast) -> None:
    sent = {FACT.key: "no-such-option", OTHER.key: OTHER.options[1].code}
    answer = signed_in(cast.alice).post(f"{HOME}questions/", sent)
    assert answer.status_code == 422
    assert f'value="{OTHER.options[1].code}"' in answer.content.decode()
    assert not declared()


def test_director_reads_and_cannot_answer(cast: Cast) -> None:
    director = signed_in(cast.bob)
    assert director.get(f"{HOME}questions/").status_code == 200
    assert director.post(f"{HOME}questions/", {FACT.key: ONE}).status_code == 403
    assert save(director, ONE).status_code == 403
    assert not declared()


# --- files beside the register ------------------------------------------------------------------------------------------
FILES = {
    "survey": AOBA / "survey.yaml",
    "scan": AOBA / "nmap" / "line-04.xml",
}


def add(client: Any, kind: str, content: bytes, name: str = "x") -> str:
    sent = {"kind": kind, "file": SimpleUploadedFile(name, content)}
    answer = client.post(f"{HOME}files/add/", sent, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize("kind", sorted(FILES))
def test_file_is_added_and_the_level_page_opens_with_it(cast: Cast, storage: Path, kind: str) -> None:
    path = FILES[kind]
    body = add(signed_in(cast.alice), kind, path.read_bytes(), path.name)
    assert "ファイルを加えました" in body
    assert path.name in body
    with hospital_scope(cast.hospital):
        kept = CaseFile.objects.get()
        assert (storage / kept.file.path).read_bytes() == path.read_bytes()
        assert case_files.case_of(cast.hospital, at=kept.added_at).sources[0].sha256 == kept.file.sha256
    assert declared("judgement.case-file.added")[0].changes["kind"] == [None, kind]


BROKEN = {
    "not yaml": b"a: [1,\n b",
    "empty": b"",
    "binary": bytes(range(256)) * 10,
    "entity": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><nmaprun>&f;</nmaprun>',
    "other xml": b"<html><body>x</body></html>",
    "deep": b"[" * 20000,
    "list": b"- 1\n- 2\n",
    "object": b"!!python/object/apply:os.system ['id']",
}


@pytest.mark.parametrize("kind", sorted(FILES))
@pytest.mark.parametrize("name", sorted(BROKEN))
def test_broken_file_is_refused_with_words_and_not_kept(cast: Cast, storage: Path, kind: str, name: str) -> None:
    body = add(signed_in(cast.alice), kind, BROKEN[name])
    assert "ファイルを加えました" not in body
    assert "ください" in body
    assert not list(storage.rglob("*"))
    with all_hospitals(reason="test"):
        assert not CaseFile.objects.exists()
        assert not StoredFile.objects.exists()


def test_new_survey_file_replaces_the_former_and_scans_add_up(cast: Cast) -> None:
    client = signed_in(cast.alice)
    for _n in range(2):
        add(client, "survey", FILES["survey"].read_bytes(), "survey.yaml")
    for scan in sorted((AOBA / "nmap").glob("*.xml")):
        add(client, "scan", scan.read_bytes(), scan.name)
    with hospital_scope(cast.hospital):
        in_use = [case_file.kind for case_file in queries.case_files(cast.hospital)]
        assert sorted(in_use) == ["scan", "scan", "survey"]
        assert CaseFile.objects.count() == 4, "the replaced file stays on record"


def test_the_map_in_force_gives_systems_and_network_to_the_judgement(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        reading = network.read_plan(cast.hospital, (AOBA / "network.yaml").read_bytes())
        network.add_plan(cast.hospital, network=reading.network, source="upload", by=cast.alice, base=0)
        case = case_files.case_of(cast.hospital, at=timezone.now())
    assert case.network is not None
    assert "ehr-db" in {node.id for node in case.network.nodes}
    assert "ehr-db" in {system.id for system in case.systems}
    assert [source.path for source in case.sources] == ["network.yaml"]
    assert "ネットワークの地図は第1版" in signed_in(cast.alice).get(HOME).content.decode()


def test_damaged_file_is_left_out_and_told_and_mended_by_adding_it_again(cast: Cast, storage: Path) -> None:
    client = signed_in(cast.alice)
    add(client, "survey", FILES["survey"].read_bytes(), "survey.yaml")
    with hospital_scope(cast.hospital):
        path = storage / CaseFile.objects.get().file.path
    path.write_bytes(b"tampered")
    AuditEvent.objects.latest("pk")
    body = client.get(HOME).content.decode()
    assert "survey.yaml は、保管した後に壊れたので" in body
    body = add(client, "survey", FILES["survey"].read_bytes(), "survey.yaml")
    assert "保管した後に壊れた" not in body


# --- the level itself ------------------------------------------------------------------------------------------------
def test_page_keeps_the_level_for_lists(cast: Cast, scope: None) -> None:
    assert not CurrentLevel.objects.exists()
    client = signed_in(cast.alice)
    client.get(HOME)
    first = CurrentLevel.objects.get()
    assert first.level == case_files.verdict_of(cast.hospital).level
    save(client, ONE)
    client.get(HOME)
    again = CurrentLevel.objects.get()
    assert again.computed_at > first.computed_at
    assert json.dumps(again.verdict, ensure_ascii=False)


def test_override_needs_reason_and_level_and_is_the_secretariats_only(cast: Cast, scope: None) -> None:
    sumi = signed_in(cast.sumi)
    for sent in ({"level": "3", "reason": "  "}, {"level": "4", "reason": "x"}, {"reason": "x"}, {}):
        body = sumi.post(f"{HOME}override/", sent, follow=True).content.decode()
        assert "レベルと理由の両方を入れてください。" in body
    for person in (cast.alice, cast.bob, cast.sora, cast.dai):
        client = signed_in(person)
        assert client.post(f"{HOME}override/", {"level": "3", "reason": "x"}).status_code == 403
        assert client.post(f"{HOME}override/withdraw/").status_code == 403
        assert 'name="level"' not in client.get(HOME).content.decode()
    assert not LevelOverride.objects.exists()


def test_override_stands_beside_the_computed_level_until_it_is_withdrawn(cast: Cast, scope: None) -> None:
    sumi = signed_in(cast.sumi)
    computed = case_files.verdict_of(cast.hospital).level
    sumi.post(f"{HOME}override/", {"level": "2", "reason": "現地で分離を確認した"})
    sumi.post(f"{HOME}override/", {"level": "3", "reason": "<b>再確認</b>"})
    first, second = LevelOverride.objects.order_by("made_at")
    assert (first.withdrawn_by_id, second.withdrawn_at) == (cast.sumi.pk, None)
    assert (second.level, second.computed_level, second.reason) == (3, computed, "<b>再確認</b>")
    body = signed_in(cast.alice).get(HOME).content.decode()
    assert "&lt;b&gt;再確認&lt;/b&gt;" in body
    assert "墨田 まり" in body
    sumi.post(f"{HOME}override/withdraw/")
    sumi.post(f"{HOME}override/withdraw/")
    assert queries.override_in_force(cast.hospital) is None
    assert LevelOverride.objects.count() == 2, "both stay on record"
    verbs = AuditEvent.objects.filter(verb__startswith="judgement.level").order_by("pk").values_list("verb", flat=True)
    made, withdrawn = "judgement.level.overridden", "judgement.level.override-withdrawn"
    assert list(verbs) == [made, withdrawn, made, withdrawn]
