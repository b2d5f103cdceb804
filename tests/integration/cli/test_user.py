"""`sekisho user` against a database of its own, in a process of its own, as an administrator runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sekisho.cli.main import main
from sekisho.foundation.accounts.models import User

GOOD = "azure kettle parade 42"


@pytest.fixture
def sekisho(tmp_path: Path) -> Any:
    """Return a function that runs the command with an empty state folder and no terminal."""

    def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "SEKISHO_STATE_DIR": str(tmp_path / "state"), "LANG": "ja_JP.UTF-8", "LC_ALL": ""}
        environment.pop("DATABASE_URL", None)
        return subprocess.run(
            [sys.executable, "-m", "sekisho.cli.main", "user", *arguments],
            input=given,
            capture_output=True,
            text=True,
            env=environment,
            timeout=120,
        )

    return run


def _create(sekisho: Any, email: str = "ada@sekisho.example", *more: str) -> dict[str, Any]:
    done = sekisho("create", email, "--name", "安達", "--json", *more)
    assert (done.returncode, done.stderr) == (0, "")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_life_of_an_account(sekisho: Any) -> None:
    made = _create(sekisho, "Ada@Sekisho.example", "--role", "administrator")
    assert made["email"] == "ada@sekisho.example"
    assert made["roles"] == [{"role": "administrator", "hospital": "", "vendor": ""}]
    assert len(made["password"]) >= 20

    twice = sekisho("create", "ADA@sekisho.example", "--name", "x")
    assert (twice.returncode, twice.stdout) == (2, "")
    assert twice.stderr.count("\n") == 1
    assert "もうあります" in twice.stderr

    assert sekisho("assign", "ada@sekisho.example", "secretariat").returncode == 0
    assert sekisho("disable", "ada@sekisho.example", "--reason", "退職").returncode == 0
    listed = json.loads(sekisho("list", "--json").stdout)["users"]
    assert [(u["email"], u["active"], len(u["roles"])) for u in listed] == [("ada@sekisho.example", False, 2)]
    assert made["password"] not in str(listed)
    text = sekisho("list").stdout
    assert "停止" in text
    assert sekisho("enable", "ada@sekisho.example", "--reason", "復職").returncode == 0
    assert json.loads(sekisho("list", "--json").stdout)["users"][0]["active"] is True
    reset = json.loads(sekisho("reset-second-factor", "ada@sekisho.example", "--reason", "紛失", "--json").stdout)
    assert reset["removed"] == 0


def test_password_from_standard_input_is_checked_and_never_printed(sekisho: Any) -> None:
    weak = sekisho("create", "a@example.com", "--name", "a", "--password-stdin", given="short\n")
    assert weak.returncode == 2
    assert "パスワードを使えません" in weak.stderr
    assert json.loads(sekisho("list", "--json").stdout) == {"users": []}, "nothing half-written"
    good = sekisho("create", "a@example.com", "--name", "a", "--password-stdin", given=f"{GOOD}\n")
    assert good.returncode == 0
    assert GOOD not in good.stdout
    changed = sekisho("set-password", "a@example.com", "--json", "--generate-password")
    assert len(json.loads(changed.stdout)["password"]) == 23


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("create", "not-an-address", "--name", "x"), "メールアドレスではありません"),
        (("create", "a@example.com", "--name", "x", "--role", "king"), "hospital_staff"),
        (("create", "a@example.com", "--name", "x", "--role", "director"), "--hospital"),
        (("create", "a@example.com", "--name", "x", "--role", "ministry", "--hospital", "H1"), "--hospital"),
        (("create", "a@example.com", "--name", "x", "--role", "vendor", "--hospital", "H1"), "--vendor"),
        (("create", "a@example.com", "--name", "x", "--role", "director", "--hospital", "H1"), "H1"),
        (("create", "a@example.com"), "--name"),
        (("assign", "nobody@example.com", "ministry"), "アカウントがありません"),
        (("disable", "nobody@example.com", "--reason", "x"), "アカウントがありません"),
        (("disable", "nobody@example.com"), "--reason"),
        (("list", "--hospital", "H1"), "H1"),
        ((), "ACTION"),
    ],
)
@pytest.mark.django_db
def test_what_cannot_be_done_is_said_in_one_line(
    arguments: tuple[str, ...], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["user", *arguments, "--lang", "ja"])
    printed = capsys.readouterr()
    assert (status, printed.out) == (2, "")
    assert word in printed.err
    assert printed.err.strip().count("\n") == 0
    assert not User.objects.exists()


def test_database_that_cannot_be_opened_is_said_in_one_line(sekisho: Any, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "sekisho.sqlite3").write_bytes(b"this is not a database, whatever its name says" * 100)
    done = sekisho("list")
    assert done.returncode == 2
    assert "データベースを使えません" in done.stderr
    assert "Traceback" not in done.stderr
