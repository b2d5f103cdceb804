"""`sekisho terms` publishes what hospitals agree to, and never changes what somebody has agreed to."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sekisho.apps.programme import actions
from sekisho.apps.programme.models import Terms
from sekisho.apps.programme.queries import terms_in_force
from sekisho.cli import database
from sekisho.cli.main import main
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _database_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite has made it."""
    monkeypatch.setattr(database, "prepare_django", lambda: None)
    monkeypatch.setattr(database, "migrate", lambda: None)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "terms.txt"
    file.write_text("1. 目的\n調べて、　安全にします。\n", encoding="utf-8")
    return file


def publish(file: Path, *more: str, version: str = "2.0", on: str = "2026-12-01") -> int:
    return main(
        ["terms", "publish", str(file), "--version", version, "--title", "規約　本文", "--effective-on", on, *more]
    )


def test_publish_adds_the_version_that_hospitals_see_from_its_day(text: Path, capsys: Any) -> None:
    assert publish(text, "--lang", "ja") == 0
    assert "2026-12-01" in capsys.readouterr().out
    terms = terms_in_force(date(2026, 12, 1))
    assert terms is not None
    assert (terms.version, terms.text) == ("2.0", "1. 目的\n調べて、　安全にします。")
    assert terms_in_force(date(2026, 11, 30)) is None
    assert AuditEvent.objects.filter(verb="programme.terms.published").count() == 1


def test_publish_speaks_json(text: Path, capsys: Any) -> None:
    assert publish(text, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["version"], document["effective_on"]) == ("2.0", "2026-12-01")
    assert len(document["sha256"]) == 64


def test_publish_twice_changes_nothing_and_tells_the_trail_once(text: Path) -> None:
    assert publish(text) == publish(text) == 0
    assert Terms.objects.count() == 1
    assert AuditEvent.objects.filter(verb="programme.terms.published").count() == 1


def test_publish_mends_a_version_that_nobody_has_agreed_to(text: Path) -> None:
    publish(text)
    text.write_text("書き直しました。", encoding="utf-8")
    assert publish(text, on="2026-12-15") == 0
    terms = Terms.objects.get()
    assert (terms.text, terms.effective_on) == ("書き直しました。", date(2026, 12, 15))


@pytest.mark.parametrize(
    ("new_text", "on"), [("別の約束", "2026-12-01"), ("1. 目的\n調べて、　安全にします。", "2027-01-01")]
)
def test_publish_refuses_to_change_what_somebody_has_agreed_to(
    text: Path, cast: Cast, capsys: Any, new_text: str, on: str
) -> None:
    publish(text)
    before = Terms.objects.get()
    with hospital_scope(cast.hospital):
        actions.agree(cast.hospital, terms=before, signed_name="有栖 あや", by=cast.alice)
    text.write_text(new_text, encoding="utf-8")
    capsys.readouterr()
    assert publish(text, "--lang=en", on=on) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "new --version" in said.err
    assert said.err.count("\n") == 1
    after = Terms.objects.get()
    assert (after.sha256, after.effective_on) == (before.sha256, before.effective_on)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        ("規約".encode("cp932"), "no UTF-8"),
        (b"%PDF-1.7\n\x00\x01", "no text"),
        (b"a" * 500_001, "too large"),
    ],
    ids=["nothing", "blank", "shift-jis", "pdf", "huge"],
)
def test_publish_refuses_what_is_no_text(tmp_path: Path, capsys: Any, content: bytes, word: str) -> None:
    file = tmp_path / "terms.txt"
    file.write_bytes(content)
    assert publish(file, "--lang", "en") == 2
    said = capsys.readouterr().err
    assert word in said
    assert said.count("\n") == 1
    assert not Terms.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"version": ""}, {"version": "x" * 21}, {"version": "1\n2"}, {"on": "2026-13-01"}, {"on": "明日"}],
    ids=str,
)
def test_publish_refuses_arguments_that_make_no_sense(text: Path, capsys: Any, wrong: dict[str, str]) -> None:
    assert publish(text, **wrong) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not Terms.objects.exists()


def test_publish_says_which_file_is_not_there(tmp_path: Path, capsys: Any) -> None:
    assert publish(tmp_path / "gone.txt", "--lang", "ja") == 2
    assert "gone.txt" in capsys.readouterr().err


def test_publish_drops_the_mark_and_line_ends_that_notepad_writes(tmp_path: Path) -> None:
    file = tmp_path / "terms.txt"
    file.write_bytes("\ufeff一\r\n二\r\n".encode())
    publish(file)
    assert Terms.objects.get().text == "一\n二"


def test_list_counts_the_hospitals_that_agreed(text: Path, cast: Cast, capsys: Any) -> None:
    publish(text, version="1.0", on="2026-01-01")
    publish(text, version="2.0")
    with hospital_scope(cast.hospital):
        actions.agree(cast.hospital, terms=Terms.objects.get(version="1.0"), signed_name="有栖", by=cast.alice)
    capsys.readouterr()
    assert main(["terms", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["terms"]
    assert [(entry["version"], entry["agreed"]) for entry in listed] == [("2.0", 0), ("1.0", 1)]
    assert main(["terms", "list", "--lang", "en"]) == 0
    assert "agreed by 1" in capsys.readouterr().out
